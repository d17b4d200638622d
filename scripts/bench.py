#!/usr/bin/env python
"""Measure, as ratios within one run, what the project promises of its speed.

    python scripts/bench.py [--runs N] [--rows N ...]

Each ratio is of medians of N cold processes, run in turn so that the machine's moods fall on all alike; the build's own
steps are timed inside each of N cold builds. Lower is better throughout. Libraries that are not installed are left out: the
extra `bench` has them.

With --rows, `verify` is measured alone instead, in one cold process each, on packages of about so many rows of evidence: the
published one stands many times side by side, every id with a number of its own, so that all laws still hold.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from belarus_iran_pact.core.reading import DESCRIPTOR, sealed
from belarus_iran_pact.core.schemas import arrow_schema
from belarus_iran_pact.core.table import fields, primary_key
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.views import views

ROOT = Path(__file__).resolve().parent.parent

# Prints the seconds of a build without its last step, then of that last step: frictionless's validation.
BUILD = """
import sys, time
from pathlib import Path
started = time.perf_counter()
sys.path.insert(0, {scripts!r})
import build
from publication import package as publish
from curation.faults import Faults
tables = build.tables_from(Path({seeds!r}))
staged = Path({folder!r}) / str(time.time_ns())
publish.write_package(staged, tables, "0")
faults = Faults()
publish.check_package(staged, faults)
faults.raise_any()
middle = time.perf_counter()
publish.check_with_frictionless(staged, faults)
faults.raise_any()
print(middle - started, time.perf_counter() - middle)
"""

READ_TABLE = "import pyarrow.parquet as pq; pq.read_table({events!r})"
LOAD = "import belarus_iran_pact as bip; bip.load('events')"
VERIFY = "import belarus_iran_pact as bip; bip.verify({!r})"
FRICTIONLESS = "import frictionless; frictionless.validate({!r})"

# Prints seconds, peak memory in kilobytes, faults and rows.
VERIFY_LARGE = """
import resource, sys, time, belarus_iran_pact as bip
started = time.perf_counter()
report = bip.verify({!r})
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(report.faults), report.rows)
"""
# The vocabularies stay as they are, since a term stays one term; views are computed anew.
SHARED = ("terms", "crosswalk")
VIEWS = ("timeline", "dyads")

# Popular dataset packages, each loading a table that it carries; and what a frame costs above its library's import.
PACKAGES = {
    "vega_datasets": "from vega_datasets import data; data.cars()",
    "palmerpenguins": "from palmerpenguins import load_penguins; load_penguins()",
}
FRAMES = ("pandas", "polars")


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="cold processes for each measurement (default: 11)")
    parser.add_argument(
        "--rows", type=int, nargs="+", metavar="N", help="measure verify on about so many rows of evidence"
    )
    options = parser.parse_args()
    runs = options.runs
    for rows in options.rows or ():
        _verify_large(rows)
    if options.rows:
        return 0
    events = str(ROOT / "dataset" / "parquet" / "events.parquet")
    with tempfile.TemporaryDirectory() as folder:
        code = BUILD.format(scripts=str(ROOT / "scripts"), seeds=str(ROOT / "seeds"), folder=folder)
        steps = [_output(code) for _ in range(runs)]
    print(f"{runs} cold processes each, medians, {_versions()}")
    own, validation = (statistics.median(float(step.split()[at]) for step in steps) for at in (0, 1))
    _report("build without its last step / that step, frictionless's validation", own, validation)
    load, read_table = _medians([LOAD, READ_TABLE.format(events=events)], runs)
    _report("load('events') / pyarrow.parquet.read_table of the same file", load, read_table)
    package = str(ROOT / "dataset" / DESCRIPTOR)
    verify, other = _medians([VERIFY.format(package), FRICTIONLESS.format(package)], runs)
    _report("verify / frictionless's validation of CSV alone", verify, other)
    for package, code in PACKAGES.items():
        if importlib.util.find_spec(package):
            load, other = _medians([LOAD, code], runs)
            _report(f"load('events') / cold load of a table of {package}", load, other)
    for library in FRAMES:
        if importlib.util.find_spec(library):
            frame, alone = _medians([LOAD.replace(")", f", backend={library!r})"), f"import {library}"], runs)
            _report(f"load('events', backend={library!r}) / import {library} alone", frame, alone)
    imported, bare = _medians(["import belarus_iran_pact", "pass"], runs)
    print(
        f"import belarus_iran_pact over python -c pass: {1000 * (imported - bare):+.1f} ms ({imported / bare:.2f} times)"
    )
    return 0


# --- verify on large packages ---


def _verify_large(wanted: int) -> None:
    package = ROOT / "dataset"
    rows = pq.ParquetFile(package / "parquet" / "evidence.parquet").metadata.num_rows
    times = max(round(wanted / rows), 1)
    with tempfile.TemporaryDirectory() as folder:
        _blow_up(package, Path(folder), times)
        seconds, peak, faults, judged = _output(VERIFY_LARGE.format(folder)).split()
    print(
        f"verify of {judged} rows, {times * rows} of evidence: {float(seconds):.2f} s, "
        f"{1e6 * float(seconds) / int(judged):.2f} us a row, peak memory {int(peak) // 1024} MiB, {faults} faults"
    )


def _blow_up(package: Path, folder: Path, times: int) -> None:
    """Write a package that holds another `times` times, with ids made different by a number at their end."""
    read = {name: pq.ParquetFile(package / "parquet" / f"{name}.parquet").read() for name in TABLES}
    tables = {name: _repeated(name, table, times) for name, table in read.items()}
    rows = {name: tables[name].to_pylist() for name in ("actors", "events", "event_actors", "gaps")}
    evidence = tables["evidence"]
    rows["evidence"] = evidence.filter(pc.equal(evidence["column_name"], "label")).to_pylist()
    for name, computed in views(rows).items():
        tables[name] = pa.Table.from_pylist(computed, schema=arrow_schema(TABLES[name]))
    descriptor = json.loads((package / DESCRIPTOR).read_text(encoding="utf-8"))
    listed = []
    for form in ("csv", "parquet"):
        (folder / form).mkdir(parents=True)
    for resource in descriptor["resources"]:
        file = folder / resource["path"]
        if file.suffix == ".csv":
            pyarrow.csv.write_csv(tables[file.stem], file)
            resource["rowCount"] = tables[file.stem].num_rows
        elif file.suffix == ".parquet":
            pq.write_table(tables[file.stem], file)
        else:
            continue
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        listed.append(resource | {"bytes": file.stat().st_size, "hash": f"sha256:{digest}"})
    (folder / DESCRIPTOR).write_text(sealed(descriptor | {"resources": listed}), encoding="utf-8")


def _repeated(name: str, table: pa.Table, times: int) -> pa.Table:
    if name in SHARED or name in VIEWS:
        return table
    schema = table.schema
    links = {item.name for item in fields(TABLES[name]) if item.column.references}
    links |= {primary_key(TABLES[name])}
    if name in DATASET.cell_references:
        links |= {"row_id"}
    parts = []
    for number in range(times):
        columns: list[Any] = [
            pc.binary_join_element_wise(column, f"n{number}", ".") if column_name in links else column
            for column_name, column in zip(table.column_names, table.columns, strict=True)
        ]
        if name == "sources":
            at = table.column_names.index("path")
            columns[at] = pc.binary_join_element_wise("seeds/", columns[0], ".txt", "")
        parts.append(pa.Table.from_arrays(columns, schema=schema))
    return pa.concat_tables(parts).combine_chunks()


# --- Measuring ---


def _medians(snippets: list[str], runs: int) -> list[float]:
    seconds: list[list[float]] = [[] for _ in snippets]
    for _ in range(runs + 1):
        for at, code in enumerate(snippets):
            started = time.perf_counter()
            _output(code)
            seconds[at].append(time.perf_counter() - started)
    return [statistics.median(taken[1:]) for taken in seconds]  # The first warms the disk's cache.


def _report(what: str, measured: float, against: float) -> None:
    print(f"{what}: {measured / against:.2f} ({measured:.3f} s / {against:.3f} s)")


def _versions() -> str:
    code = (
        "import sys, pyarrow, importlib.util as u; print(f'Python {sys.version.split()[0]}, pyarrow {pyarrow.__version__}, '"
        " + ('with' if u.find_spec('pandas') else 'without') + ' pandas')"
    )
    return _output(code).strip()


def _output(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
