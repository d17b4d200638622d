#!/usr/bin/env python
"""Measure, as ratios within one run, what the project promises of its speed.

    python scripts/bench.py [--runs N]

Each measurement is the median of N cold processes, run in turn so that the machine's moods fall on all alike; the
build's own steps are timed inside each of N cold builds. Lower is better throughout. Nothing is written. Libraries that
are not installed are left out: the extra `bench` has them.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    runs = parser.parse_args().runs
    events = str(ROOT / "dataset" / "parquet" / "events.parquet")
    with tempfile.TemporaryDirectory() as folder:
        code = BUILD.format(scripts=str(ROOT / "scripts"), seeds=str(ROOT / "seeds"), folder=folder)
        steps = [_output(code) for _ in range(runs)]
    print(f"{runs} cold processes each, medians, {_versions()}")
    own, validation = (statistics.median(float(step.split()[at]) for step in steps) for at in (0, 1))
    _report("build without its last step / that step, frictionless's validation", own, validation)
    load, read_table = _medians([LOAD, READ_TABLE.format(events=events)], runs)
    _report("load('events') / pyarrow.parquet.read_table of the same file", load, read_table)
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
