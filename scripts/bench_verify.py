#!/usr/bin/env python
"""Measure `verify`: against frictionless on the published package, and alone on packages blown up to many evidence rows.

    python scripts/bench_verify.py [--runs N] [--rows N ...]

On the published package, medians of N runs each: within one process, run in turn, and in cold processes less the cost of
starting one. Blown up, the package stands N times side by side, every id with a number of its own, so that all laws still hold; time
and memory are those of one cold process each. Nothing is written but temporary files.
"""

from __future__ import annotations

import argparse
import hashlib
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
from belarus_iran_pact.loading import data_folder, verify
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.views import views

# The vocabularies are not blown up: a term stays one term.
SHARED = ("terms", "crosswalk")
VIEWS = ("timeline", "dyads")

VERIFY = """
import resource, sys, time
from belarus_iran_pact.loading import verify
started = time.perf_counter()
report = verify(sys.argv[1])
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(report.faults), report.rows)
"""
# pyarrow imports pandas, where that is installed, when it makes its first scalar.
IMPORT_ALONE = "import belarus_iran_pact.core.verify, pyarrow; pyarrow.scalar(1)"
COLD = "from belarus_iran_pact.loading import verify; verify({!r})"
FRICTIONLESS_ALONE = "import frictionless"
FRICTIONLESS = "import frictionless; frictionless.validate({!r})"


def blow_up(package: Path, folder: Path, times: int) -> None:
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


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="runs of each measurement (default: 11)")
    parser.add_argument("--rows", type=int, nargs="*", default=[125_000, 250_000, 500_000, 1_000_000], metavar="N")
    arguments = parser.parse_args()
    package = Path(data_folder())
    _against_frictionless(package, arguments.runs)
    for wanted in arguments.rows:
        _blown_up(package, wanted)
    return 0


def _against_frictionless(package: Path, runs: int) -> None:
    import frictionless

    descriptor = str(package / DESCRIPTOR)
    within: dict[str, list[float]] = {"frictionless": [], "verify": []}
    for _ in range(runs + 1):
        started = time.perf_counter()
        frictionless.validate(descriptor)
        middle = time.perf_counter()
        verify(package)
        within["frictionless"].append(middle - started)
        within["verify"].append(time.perf_counter() - middle)
    theirs, own = (statistics.median(within[name][1:]) for name in ("frictionless", "verify"))
    print(
        f"within one process, {runs} runs each, medians: frictionless / verify: {theirs / own:.1f} ({theirs:.3f} s / {own:.3f} s)"
    )
    snippets = [FRICTIONLESS.format(descriptor), FRICTIONLESS_ALONE, COLD.format(str(package)), IMPORT_ALONE]
    cold: list[list[float]] = [[] for _ in snippets]
    for _ in range(runs + 1):
        for at, code in enumerate(snippets):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
            cold[at].append(time.perf_counter() - started)
    whole, start, own_whole, own_start = (statistics.median(taken[1:]) for taken in cold)
    print(
        f"cold processes, {runs} runs each, medians: {whole / own_whole:.1f} ({whole:.3f} s / {own_whole:.3f} s); less start "
        f"and import: {(whole - start) / (own_whole - own_start):.1f} ({whole - start:.3f} s / {own_whole - own_start:.3f} s)"
    )


def _blown_up(package: Path, wanted: int) -> None:
    rows = pq.ParquetFile(package / "parquet" / "evidence.parquet").metadata.num_rows
    times = max(round(wanted / rows), 1)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "package"
        blow_up(package, folder, times)
        done = subprocess.run(
            [sys.executable, "-c", VERIFY, str(folder)], check=True, capture_output=True, encoding="utf-8"
        )
    seconds, peak, faults, judged = done.stdout.split()
    print(
        f"{times} times, {times * rows} evidence rows of {judged} rows: {float(seconds):.2f} s, "
        f"{1e6 * float(seconds) / int(judged):.2f} us a row, peak memory {int(peak) // 1024} MiB, {faults} faults"
    )


if __name__ == "__main__":
    sys.exit(main())
