"""Step 5, publish: write the package into a folder, and check what was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from belarus_iran_pact.core.codebook import codebook
from belarus_iran_pact.core.reading import csv_conversion, sealed
from belarus_iran_pact.core.schemas import arrow_schema
from belarus_iran_pact.core.table import Tables
from belarus_iran_pact.loading import verify
from belarus_iran_pact.models import DATASET, TABLES
from curation.faults import Faults, Place

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
    """Write the tables, the codebook, the metadata in other formats, and datapackage.json into an empty `folder`."""
    for part in (*FORMS, "pictures"):
        (folder / part).mkdir(parents=True)
    for name, model in TABLES.items():
        table = pa.Table.from_pylist(tables[name], schema=arrow_schema(model))
        pa.csv.write_csv(table, folder / "csv" / f"{name}.csv")
        pq.write_table(table, folder / "parquet" / f"{name}.parquet", **_PARQUET)
    files = {f"{form}/{name}.{form}": fixity(folder / form / f"{name}.{form}") for form in FORMS for name in TABLES}
    texts = {
        "CODEBOOK.md": codebook(DATASET, TITLE, tables),
        "croissant.json": croissant(tables, version, files),
        "csv-metadata.json": csvw(version),
        "annotations.jsonld": web_annotations(tables, version),
        "README.md": dataset_card(tables, version),
        "explorer.html": explorer(tables, version),
        **{f"pictures/{name}": picture for name, picture in pictures(tables).items()},
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    # Last, since it lists the others.
    (folder / "datapackage.json").write_bytes(sealed(descriptor(folder, tables, version)).encode())


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


def check_package(folder: Path, faults: Faults) -> None:
    """Judge a written package by its files alone, as `verify` does for users."""
    for fault in verify(folder).faults:
        faults.add(Place(folder / fault.file, fault.line or 1), fault.what, fault.why, fault.remedy)


def check_with_frictionless(folder: Path, faults: Faults) -> None:
    """Validate a written package with frictionless itself: whatever it rejects is a fault."""
    import frictionless  # Slow to import, and needed in this step only.

    report = frictionless.validate(str(folder / "datapackage.json"))
    found = [("the package", "datapackage.json", error) for error in report.errors]
    found += [(task.name, task.place or "datapackage.json", error) for task in report.tasks for error in task.errors]
    for name, file, error in found:
        place = Place(folder / file, getattr(error, "row_number", 1))
        remedy = "mend the descriptor, the model or the data"
        faults.add(place, f"frictionless rejects {name}", " ".join(error.message.split()), remedy)


def differences(built: Path, published: Path) -> Iterator[tuple[str, str]]:
    """The files that differ between two package folders, and for each what is wrong."""
    names = {
        file.relative_to(root).as_posix() for root in (built, published) for file in root.rglob("*") if file.is_file()
    }
    for name in sorted(names):
        left, right = built / name, published / name
        if not right.exists():
            yield name, "is missing"
        elif not left.exists():
            yield name, "is not part of the package"
        elif left.read_bytes() != right.read_bytes():
            yield name, "differs"
