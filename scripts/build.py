#!/usr/bin/env python
"""Build the data package from the seeds: read, anchor, normalise, check, publish.

    python scripts/build.py            build dataset/, all at once or not at all
    python scripts/build.py --check    build beside it, and exit 1 if dataset/ is not what the seeds give

Exit codes: 0 done; 1 faults, each printed as `file:line: what; why; what to do`; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import belarus_iran_pact
from belarus_iran_pact.core.placing import place, workspace
from belarus_iran_pact.models import TABLES
from belarus_iran_pact.views import views
from curation.authorities import check_cameo, check_pins
from curation.derive import Tables
from curation.faults import BuildFailed, Faults, Place
from curation.laws import breaches, coverage
from curation.normalise import normalise
from curation.read import read_seeds
from publication import package as publish
from releasing.retired import FILE, check_retired, read_retired

ROOT = Path(__file__).resolve().parent.parent


def tables_from(seeds: Path) -> Tables:
    """The tables that the seeds give.

    Raises:
        BuildFailed: with every fault found.
    """
    faults = Faults()
    read = read_seeds(seeds, list(TABLES), faults)
    retired = read_retired(seeds / FILE, faults)
    if not read.documents:
        faults.raise_any()
    normalised = normalise(read, faults)
    check_pins(normalised.tables, normalised.place, read.documents, faults)
    check_cameo(normalised.tables, normalised.place, seeds, faults)
    check_retired(normalised, retired, read.unread | normalised.incomplete, faults)
    for breach in breaches(normalised.tables, read.unread | normalised.incomplete):
        if (breach.table, breach.row_id, breach.column) not in normalised.attempted:
            place = normalised.place(breach.table, breach.row_id, breach.column)
            faults.add(place, breach.what, breach.why, breach.remedy)
    faults.raise_any()
    return normalised.tables | views(normalised.tables)


def build(seeds: Path, dataset: Path, *, check_only: bool = False) -> Tables:
    """Build the package and put it at `dataset`, or with `check_only` compare it with what is there.

    Raises:
        BuildFailed: with every fault found; `dataset` is as it was.
    """
    if check_only:
        tables = tables_from(seeds)
        with tempfile.TemporaryDirectory() as folder:
            staged = Path(folder) / "dataset"
            _stage(staged, tables)
            _compare(staged, dataset)
        return tables
    with workspace(dataset) as work:
        tables = tables_from(seeds)
        staged = work / "dataset"
        try:
            _stage(staged, tables)
        except BuildFailed as failure:
            raise BuildFailed([fault.moved(staged, dataset) for fault in failure.faults]) from None
        place(staged, dataset)
    return tables


def _compare(staged: Path, dataset: Path) -> None:
    """Raise `BuildFailed` with every file of `dataset` that is not as in `staged`."""
    faults = Faults()
    for name, what in publish.differences(staged, dataset):
        faults.add(
            Place(dataset / name),
            f"not what the seeds give: {name} {what}",
            "the published package must be what the seeds give",
            "run: python scripts/build.py",
        )
    faults.raise_any()


def _stage(folder: Path, tables: Tables) -> None:
    """Write the package into `folder` and check what was written, with frictionless last."""
    publish.write_package(folder, tables, belarus_iran_pact.__version__)
    faults = Faults()
    written = publish.check_package(folder, faults)
    if written is not None and written != tables:
        faults.add(
            Place(folder), "what was written is not what was built", "one content has three forms", "report this"
        )
    faults.raise_any()
    publish.check_with_frictionless(folder, faults)
    faults.raise_any()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if dataset/ is not what the seeds give"
    )
    parser.add_argument(
        "--seeds", type=Path, default=ROOT / "seeds", help="the seeds folder (default: the repository's)"
    )
    parser.add_argument(
        "--dataset", type=Path, default=ROOT / "dataset", help="the folder to publish (default: the repository's)"
    )
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        tables = build(options.seeds.resolve(), options.dataset.resolve(), check_only=options.check)
    except BuildFailed as failure:
        for fault in failure.faults:
            print(fault.text(Path.cwd()), file=sys.stderr)
        print(f"{len(failure.faults)} fault(s); nothing was published", file=sys.stderr)
        return 1
    width = max(map(len, tables))
    for name, rows in tables.items():
        print(f"{name:<{width}} {len(rows):>6} rows")
    covered, words = coverage(tables)
    print(f"{covered} of {words} word characters ({covered / words:.1%}) are under evidence, the rest under residue")
    done = "is what the seeds give" if options.check else "is built"
    print(
        f"{options.dataset.name}/ {done}: version {belarus_iran_pact.__version__}, {time.perf_counter() - started:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
