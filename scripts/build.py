#!/usr/bin/env python
"""Build the data package from the seeds: read, write out the form, anchor, normalise, check, publish.

    python scripts/build.py            build dataset/, all at once or not at all
    python scripts/build.py --check    build beside it, and exit 1 if dataset/ is not what the seeds give
    python scripts/build.py --dropping    build even where published rows vanish

It also writes, or checks, schema/belarus_iran_pact/_names.py: type checkers read a `Literal` only where it is written out.

Exit codes: 0 done; 1 faults, each printed as `file:line: what; why; what to do`; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa

import belarus_iran_pact
from belarus_iran_pact.core.content import Content
from belarus_iran_pact.core.judging import told_unread, unread
from belarus_iran_pact.core.laws import breaches, coverage, executable, vanished
from belarus_iran_pact.core.placing import place, workspace
from belarus_iran_pact.core.reading import PackageError, open_package
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Part, Tables
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.rules import untested
from belarus_iran_pact.views import views
from curation.authorities import check_cameo, check_citations, check_pins
from curation.faults import BuildFailed, Fault, Faults, Place, did_you_mean
from curation.normalise import normalise
from curation.read import read_seeds
from publication import package as publish
from releasing.retired import FILE, check_retired, read_retired

ROOT = Path(__file__).resolve().parent.parent
NAMES = ROOT / "schema" / "belarus_iran_pact" / "_names.py"


def tables_from(seeds: Path) -> Tables:
    """The tables that the seeds give.

    Raises:
        BuildFailed: with every fault of the first step that finds any: reading files, making rows, asking the laws.
    """
    faults = Faults()
    read = read_seeds(seeds, faults)
    retired = read_retired(seeds / FILE, faults)
    faults.raise_any()
    normalised = normalise(read, faults)
    check_pins(normalised, read.documents, faults)
    misread = bool(faults)
    check_cameo(normalised, seeds, faults)
    check_citations(normalised, read.rules, faults)
    if misread:  # What follows from a fault of reading would be found again as broken laws.
        faults.raise_any()
    check_retired(normalised, retired, faults)
    coded = {name: rows for name, rows in normalised.tables.items() if not TABLES[name].table.view}
    for breach in breaches(DATASET, arrow_tables(DATASET, coded), limit=None):
        choices = breach.choices
        remedy = did_you_mean(choices.word, choices.allowed(), choices.noun) if choices else breach.remedy
        faults.add(normalised.place(breach.table, breach.row_id, breach.column), breach.what, breach.why, remedy)
    faults.raise_any()
    return coded | views(coded)


def build(seeds: Path, dataset: Path, *, check_only: bool = False, dropping: bool = False) -> Tables:
    """Build the package and put it at `dataset`, or with `check_only` compare it with what is there.

    With `dropping`, published rows may vanish.

    Raises:
        BuildFailed: with every fault found; `dataset` is as it was.
    """
    room: AbstractContextManager[str | Path] = tempfile.TemporaryDirectory() if check_only else workspace(dataset)
    with room as folder:
        tables = tables_from(seeds)
        if not (check_only or dropping):
            _refuse_dropping(tables, dataset, seeds / FILE)
        staged = Path(folder) / "dataset"
        try:
            _stage(staged, tables)
        except BuildFailed as failure:
            raise BuildFailed([fault.moved(staged, dataset) for fault in failure.faults]) from None
        if check_only:
            _compare(staged, dataset)
        else:
            place(staged, dataset)
    return tables


def _refuse_dropping(tables: Tables, dataset: Path, retired: Path) -> None:
    """Raise `BuildFailed` with every published row at `dataset` that would vanish, or with what keeps this from being known."""
    faults = Faults()
    replaced: dict[str, pa.Table] = {}
    for name, table in _published(dataset):
        if isinstance(table, PackageError):
            why = f"{table.why}, so what would vanish{name and f' of {name}'} is not known (law 12)"
            faults.add(Place(dataset / table.file), table.what, why, "restore it, or build with --dropping")
        else:
            replaced[name] = table
    for breach in vanished(DATASET, arrow_tables(DATASET, tables), replaced, read_retired(retired, Faults())):
        place = Place(dataset / "csv" / f"{breach.table}.csv", (breach.row or 0) + 2)
        faults.add(place, breach.what, breach.why, breach.remedy)
    faults.raise_any()


def _published(dataset: Path) -> Iterator[tuple[str, pa.Table | PackageError]]:
    """Each table published at `dataset`, from the first form in which it can be read, or why it can be read in none."""
    if not dataset.is_dir() or not any(dataset.iterdir()):
        return
    try:
        package = open_package(dataset)
    except PackageError as error:
        yield "", error
        return
    for name in package.table_names():
        for form in package.forms:
            try:
                found: pa.Table | PackageError = package.table(name, form)
                break
            except PackageError as error:
                found = error
        yield name, found


def _compare(staged: Path, dataset: Path) -> None:
    """Raise `BuildFailed` with every file of `dataset` that is not as in `staged`."""
    faults = Faults()
    for name, what in publish.differences(staged, dataset):
        why, remedy = "the published package must be what the seeds give", "run: python scripts/build.py"
        faults.add(Place(dataset / name), f"not what the seeds give: {name} {what}", why, remedy)
    faults.raise_any()


def _stage(folder: Path, tables: Tables) -> None:
    """Write the package into `folder` and check what was written, with frictionless last."""
    publish.write_package(folder, tables, belarus_iran_pact.__version__)
    faults = Faults()
    publish.check_package(folder, faults)
    if not faults and publish.read_tables(folder, "csv") != tables:
        what, why = "what was written is not what was built", "one content has three forms"
        faults.add(Place(folder), what, why, "report this")
    if not faults:
        publish.check_with_frictionless(folder, faults)
    faults.raise_any()


def names_module() -> str:
    """The text of the module that has the tables' names as a type."""
    names = "".join(f'    "{name}",\n' for name in TABLES)
    return (
        '"""The table names as a type. Generated by scripts/build.py from the row models; do not edit."""\n\n'
        f"from typing import Literal\n\nTableName = Literal[\n{names}]\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    check = "write nothing; exit 1 if dataset/ is not what the seeds give"
    parser.add_argument("--check", action="store_true", help=check)
    dropping = "rows that were published and are not retired may vanish"
    parser.add_argument("--dropping", action="store_true", help=dropping)
    for name, what in (("seeds", "the seeds folder"), ("dataset", "the folder to publish")):
        default = "(default: the repository's)"
        parser.add_argument(f"--{name}", type=Path, default=ROOT / name, help=f"{what} {default}")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        seeds, dataset = options.seeds.resolve(), options.dataset.resolve()
        tables = build(seeds, dataset, check_only=options.check, dropping=options.dropping)
        if NAMES.read_text(encoding="utf-8") != names_module():
            if options.check:
                what = "not what the models give"
                raise BuildFailed([Fault(Place(NAMES), what, "it is generated", "run: python scripts/build.py")])
            NAMES.write_text(names_module(), encoding="utf-8", newline="\n")
    except BuildFailed as failure:
        for fault in failure.faults:
            print(fault.text(Path.cwd()), file=sys.stderr)
        print(f"{len(failure.faults)} fault(s); nothing was published", file=sys.stderr)
        return 1
    width = max(map(len, tables))
    for name, rows in tables.items():
        print(f"{name:<{width}} {len(rows):>6} rows")
    covered, words = coverage(DATASET, arrow_tables(DATASET, tables))
    print(f"{covered} of {words} word characters ({covered / words:.1%}) are under evidence, the rest under residue")
    print(executable(DATASET, tables[DATASET.part(Part.RULES)]))
    if idle := untested(Content(DATASET, arrow_tables(DATASET, tables), limit=None)):
        print(f"no row puts to the test: {', '.join(idle)}")
    if left := unread(DATASET, tables):
        print(f"{told_unread(left)}; no release before they are")
    done = "is what the seeds give" if options.check else "is built"
    seconds = time.perf_counter() - started
    print(f"{options.dataset.name}/ {done}: version {belarus_iran_pact.__version__}, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
