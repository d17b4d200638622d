"""Whether published files are whole and keep the laws of the data, judged from the files alone.

    verify()                  the installed data, or a checkout's `dataset/`
    verify("some/folder")     a downloaded package

Three steps, each as far as the one before allows: the files are those that the descriptor lists, byte for byte; the tables can
be read and are of the right shape, the same in CSV and Parquet; the laws hold. Columns are judged whole, by Arrow; plain Python
sees distinct spans, passages, and the few tables that are computed from others.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..loading import data_folder
from ..models import DATASET, TABLES
from .content import differs, first
from .laws import breaches
from .schemas import arrow_schema, csv_conversion, table_schema

DISTRIBUTION = "belarus-iran-pact"
GET_ANEW = f"get the package anew: {DISTRIBUTION} download"
DESCRIPTOR = "datapackage.json"
FORMS = ("csv", "parquet")

_BLOCK = 1 << 20


# --- What is answered ---


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, why that is wrong, and what to do.

    Attributes:
        file: path within the package.
        line: line of the CSV file, from 1; None where a whole file is meant, or a row of a Parquet file.
        row_id: the row's primary key; None where a whole file is meant.
        what, why, remedy: texts without closing punctuation.
    """

    file: str
    line: int | None
    row_id: str | None
    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}; {self.why}; {self.remedy}"


@dataclass(frozen=True, repr=False)
class Report:
    """What verification found. True where it found no fault.

    Attributes:
        folder: the package verified.
        version: the package's version; empty where its descriptor cannot be read.
        files: how many files were compared with their hashes.
        rows: how many rows were judged.
        pinned_by: what vouches for the descriptor, which lists the hashes of all other files.
        faults: what is wrong, in the order of the steps.
    """

    folder: str
    version: str
    files: int
    rows: int
    pinned_by: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no fault."""
        return not self.faults

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        count = len(self.faults)
        verdict = "no faults" if self.ok else f"{count} fault{'' if count == 1 else 's'}"
        pinned = ", ".join(self.pinned_by) or "nothing"
        head = f"{DISTRIBUTION} {self.version} in {self.folder}: {verdict} in {self.files} files, {self.rows} rows"
        return "\n".join([head, f"{DESCRIPTOR} is pinned by: {pinned}", *map(str, self.faults)])

    __repr__ = __str__


def verify(path: str | os.PathLike[str] | None = None) -> Report:
    """Judge a published package by its files alone.

    Args:
        path: the package's folder, or its `datapackage.json`; by default the installed data.

    Returns:
        A report, true where there are no faults; printed, it lists each as `file:line: what; why; what to do`.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    folder = Path(data_folder() if path is None else path)
    if folder.name == DESCRIPTOR and folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {str(folder)!r}; give the folder that holds {DESCRIPTOR}")
    package = _Package(folder)
    package.judge()
    return Report(
        str(folder),
        package.version,
        package.files,
        package.rows,
        tuple(package.pinned_by),
        tuple(package.faults),
    )


# --- The descriptor's own hash ---

SEAL = "descriptorHash"
_NO_SEAL = "sha256:" + "0" * 64
_SEALED = re.compile(rb'"descriptorHash": "sha256:([0-9a-f]{64})"')


def sealed(descriptor: dict[str, Any]) -> str:
    """The text of `datapackage.json` with its own hash in it: JSON with `descriptorHash` as last property.

    The hash is the SHA-256 of the very text with zeros for its 64 digits.
    """
    content = {**{name: value for name, value in descriptor.items() if name != SEAL}, SEAL: _NO_SEAL}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    before, after = text.rsplit(_NO_SEAL, 1)
    return f"{before}sha256:{hashlib.sha256(text.encode()).hexdigest()}{after}"


def _seal_holds(content: bytes) -> bool | None:
    """Whether a descriptor has the hash that it says; None where it says none."""
    found = list(_SEALED.finditer(content))
    if not found:
        return None
    digits = found[-1]
    zeroed = content[: digits.start(1)] + b"0" * 64 + content[digits.end(1) :]
    return hashlib.sha256(zeroed).hexdigest().encode() == digits.group(1)


def _recorded_hash(file: Path) -> str | None:
    """The SHA-256 of an installed file by its wheel's RECORD, in hexadecimal; None for files that no wheel installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution(DISTRIBUTION).files or []
    except PackageNotFoundError:
        return None
    for member in installed:
        if member.name == file.name and member.hash is not None and member.hash.mode == "sha256":
            located = Path(str(member.locate()))
            if located.exists() and located.samefile(file):
                digest = member.hash.value
                return base64.urlsafe_b64decode(digest + "=" * (-len(digest) % 4)).hex()
    return None


# --- The package ---


class _Package:
    """A package as it is judged, step by step; what is found is in the attributes, which a `Report` explains."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = ""
        self.files = 0
        self.rows = 0
        self.pinned_by: list[str] = []
        self.faults: list[Fault] = []

    def judge(self) -> None:
        """Take the steps, each as far as the one before allows."""
        from .. import __version__

        listed = self._read_descriptor()
        if listed is None:
            return
        self._files_are_as_listed(listed)
        same_version = self.version == __version__
        forms = [form for form in FORMS if any(path.startswith(f"{form}/") for path in listed)]
        if not forms:
            self._add(DESCRIPTOR, "lists no tables", "a package has csv/ or parquet/, or both")
        tables = self._tables(listed, forms, same_version) if self._shapes_are_known(listed, same_version) else {}
        self.rows = sum(table.num_rows for table in tables.values())
        if len(tables) == len(TABLES):
            # Lines are told of the CSV files where there are any, since only they have lines.
            form = forms[0]
            for breach in breaches(DATASET, tables, same_version=same_version):
                file = f"{form}/{breach.table}.{form}"
                line = breach.row + 2 if form == "csv" and breach.row is not None else None
                self.faults.append(Fault(file, line, breach.row_id, breach.what, breach.why, breach.remedy))

    def _add(self, file: str, what: str, why: str, remedy: str = GET_ANEW) -> None:
        self.faults.append(Fault(file, None, None, what, why, remedy))

    # Step 1: files

    def _read_descriptor(self) -> dict[str, dict[str, Any]] | None:
        """The resources by path; None where there is no descriptor to go by."""
        file = self.folder / DESCRIPTOR
        try:
            content = file.read_bytes()
        except OSError as error:
            self._add(DESCRIPTOR, "cannot be read", error.strerror or str(error))
            return None
        self._descriptor_is_pinned(file, content)
        try:
            descriptor = json.loads(content.decode("utf-8"))
            self.version = _text(descriptor["version"])
            resources = {_text(item["path"]): dict(item) for item in descriptor["resources"]}
            names = {_text(item["name"]) for item in resources.values()}
            count = len(descriptor["resources"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            self._add(DESCRIPTOR, "is no descriptor of a data package", f"{type(error).__name__}: {_one_line(error)}")
            return None
        if not len(resources) == len(names) == count:
            self._add(DESCRIPTOR, "lists a name or path twice", "each resource is listed once")
        return resources

    def _descriptor_is_pinned(self, file: Path, content: bytes) -> None:
        recorded = _recorded_hash(file)
        if recorded is not None:
            self.pinned_by.append("the RECORD of the installed wheel")
            if recorded != hashlib.sha256(content).hexdigest():
                self._add(DESCRIPTOR, "has changed", "its SHA-256 is not the one in the RECORD of the installed wheel")
        seal = _seal_holds(content)
        if seal is not None:
            self.pinned_by.append("the hash that it states of itself")
            if not seal:
                self._add(DESCRIPTOR, "has changed", f"its SHA-256 is not the one that it states as {SEAL}")
        elif recorded is None:
            self._add(DESCRIPTOR, f"has no {SEAL}", "without its own hash, a change in it could go unseen")

    def _files_are_as_listed(self, listed: dict[str, dict[str, Any]]) -> None:
        for path, item in listed.items():
            if _is_safe(path):
                self._bytes_are_as_listed(path, item)
            else:
                self._add(DESCRIPTOR, f"lists {path!r}", "paths stay within the package")
        for path in _files_below(self.folder):
            if path not in listed and path != DESCRIPTOR:
                self._add(path, "is not listed", f"a package holds what its {DESCRIPTOR} lists", "take it away")
        for form in FORMS:
            if any(path.startswith(f"{form}/") for path in listed):
                for name in TABLES:
                    if f"{form}/{name}.{form}" not in listed:
                        self._add(DESCRIPTOR, f"lists no {form}/{name}.{form}", "each form has every table")

    def _bytes_are_as_listed(self, path: str, item: dict[str, Any]) -> None:
        file = self.folder / path
        digest, size = hashlib.sha256(), 0
        try:
            if file.is_symlink():
                self._add(path, "is a link", "a package holds its files itself")
            with file.open("rb", buffering=0) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
        except FileNotFoundError:
            # A wheel leaves out what repeats the tables for looking at them.
            if item.get("inWheel") is False and self.folder.name == "_data":
                return
            self._add(path, "is missing", f"{DESCRIPTOR} lists it")
            return
        except OSError as error:
            self._add(path, "cannot be read", error.strerror or str(error))
            return
        self.files += 1
        if size != item.get("bytes"):
            self._add(path, f"has changed: {size} bytes", f"{DESCRIPTOR} says {item.get('bytes')}")
        elif f"sha256:{digest.hexdigest()}" != item.get("hash"):
            self._add(path, "has changed", f"its SHA-256 is not the one in {DESCRIPTOR}")

    # Step 2: tables

    def _shapes_are_known(self, listed: dict[str, dict[str, Any]], same_version: bool) -> bool:
        known = True
        for name, model in TABLES.items():
            # A package of Parquet files alone has the schemas there.
            paths = (f"{form}/{name}.{form}" for form in FORMS)
            described = next((listed[path]["schema"] for path in paths if "schema" in listed.get(path, {})), None)
            if described is None:
                continue
            expected = table_schema(model, DATASET)
            if same_version and _fields(described) != _fields(expected):
                self._add(DESCRIPTOR, f"describes {name} otherwise", "the models of this version define columns")
            elif not same_version and _shape(described) != _shape(expected):
                known = False
                self._add(
                    DESCRIPTOR,
                    f"has columns of {name} that this version of {DISTRIBUTION} does not know so",
                    f"the package is of version {self.version}",
                    f"verify it with its own: pip install {DISTRIBUTION}=={self.version}",
                )
        return known

    def _tables(self, listed: dict[str, dict[str, Any]], forms: list[str], same_version: bool) -> dict[str, pa.Table]:
        """The tables that can be read, each from the first of the forms where it can."""
        found: dict[str, pa.Table] = {}
        for name, model in TABLES.items():
            schema = arrow_schema(model)
            read: dict[str, pa.Table] = {}
            for form in forms:
                file = self.folder / form / f"{name}.{form}"
                try:
                    read[form] = _READERS[form](file, schema)
                except FileNotFoundError:
                    continue  # Missing files are reported as such.
                except (OSError, ValueError, pa.ArrowException) as error:
                    self._add(f"{form}/{name}.{form}", "cannot be read as this table", _one_line(error))
            if "parquet" in read and same_version and not read["parquet"].schema.equals(schema, check_metadata=True):
                self._add(f"parquet/{name}.parquet", "describes its columns otherwise", "the models define them")
            if len(read) == 2:
                self._forms_are_equal(name, read["csv"], read["parquet"])
            if read:
                found[name] = next(iter(read.values()))
                counted = listed.get(f"csv/{name}.csv", {}).get("rowCount", found[name].num_rows)
                if counted != found[name].num_rows:
                    self._add(DESCRIPTOR, f"says {counted} rows of {name}", f"there are {found[name].num_rows}")
        return found

    def _forms_are_equal(self, name: str, left: pa.Table, right: pa.Table) -> None:
        rows = min(left.num_rows, right.num_rows)
        places: list[tuple[int, str]] = []
        for column in left.column_names:
            if not left[column].equals(right[column]):
                at = first(differs(left[column].slice(0, rows), right[column].slice(0, rows)))
                places.append((rows, "number of rows") if at is None else (at, column))
        if places:
            row, where = min(places)
            row_id = left.column(0)[row].as_py() if row < left.num_rows else None
            what = f"{name} differs between CSV and Parquet in {where}"
            why = f"parquet/{name}.parquet is to hold the same rows, types and nulls"
            self.faults.append(Fault(f"csv/{name}.csv", row + 2, row_id, what, why, GET_ANEW))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


def _is_safe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and not set(path) & set("\\:\0")


def _files_below(folder: Path) -> Iterator[str]:
    """Everything below a folder that is no folder itself, by path within it, in order."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in sorted(files + linked):
            yield Path(place, name).relative_to(folder).as_posix()


def _fields(schema: Any) -> object:
    return schema.get("fields") if isinstance(schema, dict) else None


def _shape(schema: Any) -> object:
    """What the laws rely on in a Table Schema: columns' names, types and constraints."""
    try:
        return [(item["name"], item["type"], item.get("constraints")) for item in schema["fields"]]
    except (TypeError, KeyError, AttributeError):
        return None


def _one_line(error: Exception) -> str:
    return f"{' '.join(str(error).split()):.200}"


def _read_csv(file: Path, schema: pa.Schema) -> pa.Table:
    options = csv_conversion(schema)
    # Small files are read faster by one thread, and only the reader that takes one block after the other can tell the line.
    alone = pyarrow.csv.ReadOptions(use_threads=False)
    reading = alone if file.stat().st_size < _BLOCK else None
    try:
        table = pyarrow.csv.read_csv(file, convert_options=options, read_options=reading)
    except pa.ArrowInvalid:
        table = pyarrow.csv.read_csv(file, convert_options=options, read_options=alone)
    return _in_shape(table, schema)


def _read_parquet(file: Path, schema: pa.Schema) -> pa.Table:
    with pq.ParquetFile(file) as parquet:
        return _in_shape(parquet.read(use_threads=file.stat().st_size >= _BLOCK), schema)


_READERS: dict[str, Callable[[Path, pa.Schema], pa.Table]] = {"csv": _read_csv, "parquet": _read_parquet}


def _in_shape(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.column_names != schema.names:
        raise ValueError(f"its columns are {', '.join(table.column_names)}, not {', '.join(schema.names)}")
    for found, expected in zip(table.schema, schema, strict=True):
        if found.type != expected.type:
            raise ValueError(f"{found.name} is {found.type}, not {expected.type}")
    return table
