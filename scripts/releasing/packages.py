"""A published package as it is compared with another: rows, what its descriptor says of them, and its other files.

What a package says of itself is all that is used, not this version's models; so packages of any version can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from belarus_iran_pact.core import reading
from belarus_iran_pact.core.reading import FORMS, PARQUET_SUFFIX, SEAL, PackageError
from belarus_iran_pact.core.releases import ReleaseError, file_of, read_index


@dataclass(frozen=True)
class PublishedTable:
    """A table as published: its resource in the descriptor, its primary key, and its rows."""

    resource: dict[str, Any]
    key: str
    rows: pa.Table

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The columns by name, as the Table Schema has them."""
        return {item["name"]: item for item in self.resource["schema"]["fields"]}


@dataclass(frozen=True)
class Package:
    """A published package.

    Attributes:
        version: its version.
        properties: what its descriptor says besides version, resources, and its own hash.
        tables: its tables by name.
        forms: the forms that it holds, of "csv" and "parquet".
        files: SHA-256 of its other files, by path, as the descriptor gives it.
    """

    version: str
    properties: dict[str, Any]
    tables: dict[str, PublishedTable]
    forms: tuple[str, ...]
    files: dict[str, str]


def find_package(given: str, releases: Path | None) -> Package:
    """Read a package by folder, archive, or version of a releases folder.

    Raises:
        ReleaseError: there is none, or it cannot be read.
    """
    path = Path(given)
    if path.is_dir() or path.is_file():
        return read_package(path)
    if releases is None:
        raise ReleaseError(f"no folder or archive {given}")
    return read_package(file_of(releases, read_index(releases), given, "all"))


def read_package(path: Path) -> Package:
    """Read a package from a folder, from its datapackage.json, or from an archive.

    Raises:
        ReleaseError: it cannot be read, or a table is not what its descriptor says.
    """
    try:
        package = reading.open_package(path)
        tables = {name: _table(package, name) for name in package.table_names()}
    except (FileNotFoundError, PackageError) as error:
        raise ReleaseError(f"{path}: no package can be read: {error}") from None
    return Package(
        package.version,
        {key: said for key, said in package.descriptor.items() if key not in ("version", "resources", SEAL)},
        tables,
        package.forms,
        {path: str(item.get("hash")) for path, item in package.resources.items() if Path(path).suffix[1:] not in FORMS},
    )


def _table(package: reading.Package, name: str) -> PublishedTable:
    resource = package.resource(name)
    path, schema = resource["path"], resource["schema"]
    package.check(path)
    rows = package.table(name)
    key = schema.get("primaryKey")
    if not (isinstance(key, list) and len(key) == 1 and key[0] in rows.column_names):
        raise PackageError(path, f"has {key} as primary key", "a table has one column as its key")
    if rows[key[0]].null_count or len(rows[key[0]].unique()) != len(rows):
        raise PackageError(path, "has rows without an id, or several with one", "an id is of one row")
    if path.endswith(".parquet"):
        resource["name"] = resource["name"].removesuffix(PARQUET_SUFFIX)
        for foreign in schema.get("foreignKeys", []):
            foreign["reference"]["resource"] = foreign["reference"]["resource"].removesuffix(PARQUET_SUFFIX)
    return PublishedTable(resource, key[0], rows)
