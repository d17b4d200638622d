"""Step 5, publish: write the package into a folder, and check what was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from pydantic import ValidationError

from belarus_iran_pact.core.codebook import codebook
from belarus_iran_pact.core.schemas import arrow_schema, csv_conversion
from belarus_iran_pact.core.table import primary_key
from belarus_iran_pact.core.verify import sealed
from belarus_iran_pact.models import TABLES
from curation.derive import Tables
from curation.faults import Faults, Place
from curation.laws import breaches, views_recompute

from .descriptor import TITLE, descriptor, fixity
from .explorer import explorer, pictures
from .metadata.annotations import web_annotations
from .metadata.croissant import croissant
from .metadata.csvw import csvw
from .metadata.dataset_card import dataset_card

# The tables are small, written once, and installed many times: dictionaries and statistics would take more than they save.
_PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 9,
    "use_dictionary": False,
    "write_statistics": False,
}
FORMS = ("csv", "parquet")


def write_package(folder: Path, tables: Tables, version: str) -> None:
    """Write csv/, parquet/, the codebook, the metadata in other formats, and datapackage.json into an empty `folder`."""
    for form in FORMS:
        (folder / form).mkdir(parents=True)
    for name, model in TABLES.items():
        schema = arrow_schema(model)
        table = pa.Table.from_pylist(tables[name], schema=schema)
        pa.csv.write_csv(table, folder / "csv" / f"{name}.csv")
        pq.write_table(table, folder / "parquet" / f"{name}.parquet", **_PARQUET)
    row_counts = {name: len(rows) for name, rows in tables.items()}
    _write_text(folder / "CODEBOOK.md", codebook(TITLE, row_counts))
    files = {f"{form}/{name}.{form}": fixity(folder / form / f"{name}.{form}") for form in FORMS for name in TABLES}
    _write_text(folder / "croissant.json", croissant(tables, version, files))
    _write_text(folder / "csv-metadata.json", csvw(version))
    _write_text(folder / "annotations.jsonld", web_annotations(tables, version))
    _write_text(folder / "README.md", dataset_card(tables, version))
    _write_text(folder / "explorer.html", explorer(tables, version))
    (folder / "pictures").mkdir()
    for name, picture in pictures(tables).items():
        _write_text(folder / "pictures" / name, picture)
    content = descriptor(folder, tables, version)
    _write_text(folder / "datapackage.json", sealed(content))


def read_tables(folder: Path, form: str) -> Tables:
    """The tables of a written package, from its CSV or its Parquet files, as rows of plain Python values."""
    tables: Tables = {}
    for name, model in TABLES.items():
        file = folder / form / f"{name}.{form}"
        if form == "csv":
            options = csv_conversion(arrow_schema(model))
            tables[name] = pa.csv.read_csv(file, convert_options=options).to_pylist()
        else:
            with pq.ParquetFile(file) as parquet:
                tables[name] = parquet.read().to_pylist()
    return tables


def check_package(folder: Path, faults: Faults) -> Tables | None:
    """Re-check the laws on a written package alone: CSV equal to Parquet, rows fit their models, every law holds.

    Returns the tables, or None where they cannot be read.
    """
    forms: dict[str, Tables] = {}
    for form in ("csv", "parquet"):
        try:
            forms[form] = read_tables(folder, form)
        except (OSError, pa.ArrowException) as error:
            faults.add(
                Place(folder / form),
                f"the {form} files cannot be read",
                " ".join(str(error).split()),
                "rebuild: python scripts/build.py",
            )
    if len(forms) < 2:
        return None
    tables = forms["csv"]
    for name, model in TABLES.items():
        file = folder / "csv" / f"{name}.csv"
        if forms["parquet"][name] != tables[name]:
            # The first line where the two part: a row that differs, or the end of the shorter.
            both = list(zip(tables[name], forms["parquet"][name], strict=False))
            line = 2 + next((at for at, (left, right) in enumerate(both) if left != right), len(both))
            faults.add(
                Place(file, line), f"{name} differs between CSV and Parquet", "one content has three forms", "rebuild"
            )
        for line, row in enumerate(tables[name], start=2):
            try:
                model.model_validate(row)
            except ValidationError as error:
                for problem in error.errors():
                    what = f"{name}.{'.'.join(map(str, problem['loc']))} is {problem['input']!r:.60}"
                    faults.add(Place(file, line), what, f"it {problem['msg']}", "rebuild")
    if not faults:
        lines = {
            (name, row[primary_key(TABLES[name])]): at
            for name, rows in tables.items()
            for at, row in enumerate(rows, 2)
        }
        for breach in list(breaches(tables)) or views_recompute(tables):
            place = Place(folder / "csv" / f"{breach.table}.csv", lines.get((breach.table, breach.row_id), 1))
            faults.add(place, breach.what, breach.why, breach.remedy)
    return tables


def check_with_frictionless(folder: Path, faults: Faults) -> None:
    """Validate a written package with frictionless itself: whatever it rejects is a fault."""
    import frictionless  # Slow to import, and needed in this step only.

    report = frictionless.validate(str(folder / "datapackage.json"))
    for error in report.errors:
        faults.add(
            Place(folder / "datapackage.json"), "frictionless rejects the package", error.message, "mend the descriptor"
        )
    for task in report.tasks:
        for error in task.errors:
            line = getattr(error, "row_number", 1)
            place = Place(folder / (task.place or "datapackage.json"), line)
            faults.add(
                place,
                f"frictionless rejects {task.name}",
                " ".join(error.message.split()),
                "mend the model or the data",
            )


def differences(built: Path, published: Path) -> Iterator[tuple[str, str]]:
    """The files that differ between two package folders, and for each what is the matter."""
    names = sorted({_relative(file, root) for root in (built, published) for file in root.rglob("*") if file.is_file()})
    for name in names:
        left, right = built / name, published / name
        if not right.exists():
            yield name, "is missing"
        elif not left.exists():
            yield name, "is not part of the package"
        elif left.read_bytes() != right.read_bytes():
            yield name, "differs"


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _write_text(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8"))
