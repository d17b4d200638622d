#!/usr/bin/env python
"""Measure, as ratios within one run, what the project promises of its speed.

    python scripts/bench.py [--runs N] [--rows N ...]

Each ratio is of medians of N cold processes, run in turn so that the machine's moods fall on all alike. Lower is better
throughout. Libraries that are not installed are left out: the extra `bench` has them.

With --rows, `verify` is measured alone instead, in one cold process each, on packages of about so many rows of evidence: the
published one stands many times side by side, every id with a number of its own, so that all laws still hold.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from belarus_iran_pact.core.codebook import codebook
from belarus_iran_pact.core.content import Content
from belarus_iran_pact.core.reading import CODEBOOK, DESCRIPTOR, sealed
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Part, Tables, composed_id, primary_key
from belarus_iran_pact.models import DATASET, TABLES
from publication.descriptor import fixity

ROOT = Path(__file__).resolve().parent.parent

EVENTS = ROOT / "dataset" / "parquet" / "events.parquet"
PACKAGE = ROOT / "dataset" / DESCRIPTOR
FRAMES = ("pandas", "polars")
LIBRARIES = ("vega_datasets", "palmerpenguins", *FRAMES)

# What is measured, by a short name.
SNIPPETS = {
    "build": f"""
import sys, tempfile
from pathlib import Path
sys.path.insert(0, {str(ROOT / "scripts")!r})
import build
from publication import package as publish
from curation.faults import Faults
tables = build.tables_from(Path({str(ROOT / "seeds")!r}))
with tempfile.TemporaryDirectory() as folder:
    publish.write_package(Path(folder) / "dataset", tables, "0")
    faults = Faults()
    publish.check_package(Path(folder) / "dataset", faults)
    faults.raise_any()
""",
    "frictionless": f"import frictionless; frictionless.validate({str(PACKAGE)!r})",
    "verify": f"import belarus_iran_pact as bip; bip.verify({str(PACKAGE)!r})",
    "load": "import belarus_iran_pact as bip; bip.load('events')",
    "read_table": f"import pyarrow.parquet as pq; pq.read_table({str(EVENTS)!r})",
    # Popular dataset packages, each loading a table that it carries.
    "vega_datasets": "from vega_datasets import data; data.cars()",
    "palmerpenguins": "from palmerpenguins import load_penguins; load_penguins()",
    **{library: f"import {library}" for library in FRAMES},
    **{f"load {name}": f"import belarus_iran_pact as bip; bip.load('events', backend={name!r})" for name in FRAMES},
    "import": "import belarus_iran_pact",
    "nothing": "pass",
}
# What is printed, of what to what.
RATIOS = (
    ("build without its last step / that step, frictionless's validation", "build", "frictionless"),
    ("load('events') / pyarrow.parquet.read_table of the same file", "load", "read_table"),
    ("verify / frictionless's validation of CSV alone", "verify", "frictionless"),
    *((f"load('events') / cold load of a table of {name}", "load", name) for name in LIBRARIES[:2]),
    *((f"load('events', backend={name!r}) / import {name} alone", f"load {name}", name) for name in FRAMES),
)

# Prints seconds, peak memory in kilobytes, faults and rows.
VERIFY_LARGE = """
import resource, sys, time, belarus_iran_pact as bip
started = time.perf_counter()
report = bip.verify({!r})
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(report.faults), report.rows)
"""
# The vocabularies stay as they are, since a term stays one term.
SHARED = ("terms", "crosswalk", "rules")


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="cold processes for each measurement (default: 11)")
    rows_help = "measure verify on about so many rows of evidence"
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help=rows_help)
    options = parser.parse_args()
    for rows in options.rows or ():
        _verify_large(rows)
    if options.rows:
        return 0
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    seconds = _medians({name: code for name, code in SNIPPETS.items() if name.split()[-1] not in missing}, options.runs)
    pandas = "without" if "pandas" in missing else "with"
    versions = f"Python {platform.python_version()}, pyarrow {pa.__version__}, {pandas} pandas"
    print(f"{options.runs} cold processes each, medians, {versions}")
    for what, measured, against in RATIOS:
        if against in seconds:
            own, other = seconds[measured], seconds[against]
            print(f"{what}: {own / other:.2f} ({own:.3f} s / {other:.3f} s)")
    own, bare = seconds["import"], seconds["nothing"]
    print(f"import belarus_iran_pact over python -c pass: {1000 * (own - bare):+.1f} ms ({own / bare:.2f} times)")
    return 0


# --- verify on large packages ---


def _verify_large(wanted: int) -> None:
    package = ROOT / "dataset"
    rows = pq.read_metadata(package / "parquet" / "evidence.parquet").num_rows
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
    read = {name: pq.read_table(package / "parquet" / f"{name}.parquet") for name in TABLES}
    several = [name for name in TABLES if name not in SHARED and not TABLES[name].table.view]
    copies = [_copied({name: read[name].to_pylist() for name in several}, number) for number in range(times)]
    tables = read | arrow_tables(DATASET, {name: [row for copy in copies for row in copy[name]] for name in several})
    views = Content(DATASET, tables, limit=None).computed(DATASET.views)
    tables |= arrow_tables(DATASET, views)
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
        elif file.name == CODEBOOK:
            title, rules = str(descriptor["title"]), DATASET.part(Part.RULES)
            text = codebook(DATASET, title, {**tables, rules: tables[rules].to_pylist()})
            file.write_text(text, encoding="utf-8", newline="\n")
        else:
            continue
        listed.append(resource | fixity(file))
    (folder / DESCRIPTOR).write_text(sealed(descriptor | {"resources": listed}), encoding="utf-8")


def _copied(tables: Tables, number: int) -> Tables:
    """The rows with other ids, wherever these stand: in links, in evidence for links, and in what follows from them."""
    given = [name for name in tables if TABLES[name].table.gives_ids]
    ids = {
        row[key]: f"{row[key]}-n{number}"
        for name in given
        for key in [primary_key(TABLES[name])]
        for row in tables[name]
    }
    copied: Tables = {}
    for name in (*given, *(name for name in tables if name not in given)):  # Ids that are composed hold given ones.
        model = TABLES[name]
        key = primary_key(model)
        copied[name] = [
            {column: ids.get(value, value) if isinstance(value, str) else value for column, value in row.items()}
            for row in tables[name]
        ]
        for old, row in zip(tables[name], copied[name], strict=True):
            if name not in given:
                row[key] = ids[old[key]] = composed_id(model, row)
            if name == "sources":
                row["path"] = f"seeds/{row[key]}.txt"
    return copied


# --- Measuring ---


def _medians(snippets: dict[str, str], runs: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in snippets}
    for _ in range(runs + 1):
        for name, code in snippets.items():
            started = time.perf_counter()
            _output(code)
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}  # The first warms the disk's cache.


def _output(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
