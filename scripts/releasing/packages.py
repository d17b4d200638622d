"""Reading a published package, of this version or another, from a folder or an archive: schemas, rows and file hashes.

What a package says of itself is all that is used, not this version's models; so packages of any version can be compared.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from belarus_iran_pact.core.releases import ReleaseError, file_of, read_index
from belarus_iran_pact.core.schemas import csv_conversion
from belarus_iran_pact.core.verify import SEAL

DESCRIPTOR = "datapackage.json"
PARQUET_SUFFIX = "-parquet"

_ARROW_TYPES = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
# A member larger than this is not read: no descriptor is, and all others must be of the size that the descriptor says.
_MAX_DESCRIPTOR = 64 << 20


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
        name: where it was read from, for people.
        version: its version.
        properties: what its descriptor says besides version, resources, and its own hash.
        tables: its tables by name.
        forms: the forms that it holds, of "csv" and "parquet".
        files: SHA-256 of its other files, by path, as the descriptor gives it.
    """

    name: str
    version: str
    properties: dict[str, Any]
    tables: dict[str, PublishedTable] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)


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
        if path.is_dir():
            return _read(path.as_posix(), lambda name, _: (path / name).read_bytes())
        if path.name == DESCRIPTOR:
            return read_package(path.parent)
        with zipfile.ZipFile(path) as archive:
            return _read(path.as_posix(), _members(archive))
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        text = " ".join(str(error).split())
        raise ReleaseError(f"{path}: no package can be read: {type(error).__name__}: {text}") from None


def _members(archive: zipfile.ZipFile) -> Callable[[str, int], bytes]:
    """How to read the files of a package that stands at an archive's top, or in the one folder there."""
    tops = {name for name in archive.namelist() if name.rpartition("/")[2] == DESCRIPTOR and name.count("/") < 2}
    if len(tops) != 1:
        raise ValueError(f"the archive has no {DESCRIPTOR}, or several")
    top = tops.pop().removesuffix(DESCRIPTOR)

    def read(name: str, size: int) -> bytes:
        member = archive.getinfo(f"{top}{name}")
        if member.file_size > size:
            raise ValueError(f"{name} has {member.file_size} bytes, more than the {size} expected")
        return archive.read(member)

    return read


def _read(name: str, read: Callable[[str, int], bytes]) -> Package:
    content = json.loads(read(DESCRIPTOR, _MAX_DESCRIPTOR))
    properties = {key: value for key, value in content.items() if key not in ("version", "resources", SEAL)}
    package = Package(name, str(content["version"]), properties)
    # CSV first where both are there: its resource says what the columns are.
    for resource in sorted(content["resources"], key=lambda item: not item["path"].endswith(".csv")):
        path = resource["path"]
        if "schema" not in resource:
            if not path.endswith(".parquet"):
                package.files[path] = resource["hash"]
            else:
                package.forms.add("parquet")
            continue
        form = "parquet" if path.endswith(".parquet") else "csv"
        package.forms.add(form)
        data = read(path, resource["bytes"])
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != resource["hash"]:
            raise ValueError(f"{path} is not the file that the descriptor describes: its hash differs")
        table = _table(resource, form, data)
        package.tables[table.resource["name"]] = table
    return package


def _table(resource: dict[str, Any], form: str, data: bytes) -> PublishedTable:
    schema = resource["schema"]
    names = [item["name"] for item in schema["fields"]]
    if form == "parquet":
        resource["name"] = resource["name"].removesuffix(PARQUET_SUFFIX)
        for foreign in schema.get("foreignKeys", []):
            foreign["reference"]["resource"] = foreign["reference"]["resource"].removesuffix(PARQUET_SUFFIX)
        rows = pq.ParquetFile(io.BytesIO(data)).read()
    else:
        types = {item["name"]: _ARROW_TYPES.get(item["type"], pa.string()) for item in schema["fields"]}
        rows = pa.csv.read_csv(
            io.BytesIO(data),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=csv_conversion(types),
        )
    if rows.column_names != names:
        raise ValueError(f"the columns of {resource['path']} are not those of its schema")
    (key,) = schema["primaryKey"]
    if rows[key].null_count or len(rows[key].unique()) != len(rows):
        raise ValueError(f"{resource['path']} has rows without an id, or several with one")
    return PublishedTable(resource, key, rows)
