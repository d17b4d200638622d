"""Whether published files are whole and keep the laws of the data, judged from the files alone.

Three steps, each as far as the one before allows: the files are those that the descriptor lists, byte for byte; the tables can
be read and are of the right shape, the same in CSV and Parquet; the laws hold. Columns are judged whole, by Arrow; plain Python
sees distinct spans, passages, and the few tables that are computed from others.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import NAME, reading
from .content import differs, first
from .laws import breaches, laws_of
from .messages import fault_text
from .reading import DESCRIPTOR, MAX_FILES, SEAL, MissingFileError, Package, PackageError, shown
from .schemas import arrow_schema, table_schema
from .table import Dataset

GET_ANEW = f"get the package anew: {NAME} download"


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
        return fault_text(place, self.what, self.why, self.remedy)


@dataclass(frozen=True, repr=False)
class Report:
    """What verification found. True where it found no fault.

    Attributes:
        folder: the package verified, a folder or an archive.
        version: the package's version; empty where its descriptor cannot be read.
        files: how many files were compared with their hashes.
        rows: how many rows were judged.
        pinned_by: what vouches for the descriptor, which lists the hashes of all other files.
        faults: what is wrong, in the order of the steps.
        not_asked: the numbers of the laws that were not asked, since they are this version's and the package is of another.
    """

    folder: str
    version: str
    files: int
    rows: int
    pinned_by: tuple[str, ...]
    faults: tuple[Fault, ...]
    not_asked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no fault."""
        return not self.faults

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        verdict = {0: "no faults", 1: "1 fault"}.get(len(self.faults), f"{len(self.faults)} faults")
        head = f"{NAME} {self.version} in {self.folder}: {verdict} in {self.files} files, {self.rows} rows"
        pinned = f"{DESCRIPTOR} is pinned by: {', '.join(self.pinned_by) or 'nothing'}"
        skipped = [f"not asked, since the package is of another version: laws {', '.join(self.not_asked)}"]
        lines = (head, pinned, *(skipped if self.not_asked else ()), *self.faults)
        return "\n".join(shown(line, 1000) for line in lines)

    __repr__ = __str__


def verify_package(path: Path, dataset: Dataset, version: str) -> Report:
    """Judge a published package by its files alone.

    Args:
        path: the package's folder, its `datapackage.json`, or an archive.
        dataset: what the tables are to be.
        version: the version that the dataset is of.

    Raises:
        FileNotFoundError: there is no such folder or file.
    """
    judging = _Judging(dataset, version)
    try:
        judging.judge(path)
    except PackageError as error:
        judging.refuse(error)
    pinned_by, faults = tuple(judging.pinned_by), tuple(dict.fromkeys(judging.faults))
    not_asked = [law.number for law in laws_of(dataset) if law.of_version and judging.found != version]
    return Report(str(path), judging.found, judging.files, judging.rows, pinned_by, faults, tuple(not_asked))


def _recorded_hash(file: Path) -> str | None:
    """The SHA-256 of an installed file by its wheel's RECORD, in hexadecimal; None for files that no wheel installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution(NAME).files or []
    except PackageNotFoundError:
        return None
    for member in installed:
        if member.name == file.name and member.hash is not None and member.hash.mode == "sha256":
            located = Path(str(member.locate()))
            if located.exists() and located.samefile(file):
                digest = member.hash.value
                return base64.urlsafe_b64decode(digest + "=" * (-len(digest) % 4)).hex()
    return None


class _Judging:
    """What is found while a package is judged, step by step; a `Report` explains the attributes."""

    def __init__(self, dataset: Dataset, version: str) -> None:
        self.dataset = dataset
        self.version = version
        self.found = ""
        self.files = 0
        self.rows = 0
        self.pinned_by: list[str] = []
        self.faults: list[Fault] = []

    def judge(self, path: Path) -> None:
        """Take the steps, each as far as the one before allows; a `PackageError` where there is no descriptor to go by."""
        files = reading.files_at(path)
        content = reading.descriptor_bytes(files)
        self._descriptor_is_pinned(files.place / DESCRIPTOR, content)
        package = Package(files, content)
        self.found = package.version
        for problem in package.problems:
            self.refuse(problem)
        self._files_are_as_listed(package)
        self._files_are_listed(package)
        same_version = self.version == package.version
        tables = self._tables(package, same_version) if self._shapes_are_known(package, same_version) else {}
        self.rows = sum(table.num_rows for table in tables.values())
        if len(tables) < len(self.dataset.tables):
            return
        # Lines are told of the CSV files where there are any, since only they have lines.
        form = package.forms[0]
        for breach in breaches(self.dataset, tables, same_version=same_version):
            line = breach.row + 2 if form == "csv" and breach.row is not None else None
            self._add(f"{form}/{breach.table}.{form}", breach.what, breach.why, breach.remedy, line, breach.row_id)

    def refuse(self, error: PackageError) -> None:
        """Add what is wrong with the package as a fault."""
        self._add(error.file, error.what, error.why)

    def _add(
        self, file: str, what: str, why: str, remedy: str = GET_ANEW, line: int | None = None, row_id: str | None = None
    ) -> None:
        self.faults.append(Fault(file, line, row_id, what, why, remedy))

    # Step 1: files

    def _descriptor_is_pinned(self, file: Path, content: bytes) -> None:
        recorded, seal = _recorded_hash(file), reading.seal_holds(content)
        if recorded is not None:
            self.pinned_by.append("the RECORD of the installed wheel")
            if recorded != hashlib.sha256(content).hexdigest():
                self._add(DESCRIPTOR, "has changed", "its SHA-256 is not the one in the RECORD of the installed wheel")
        if seal is not None:
            self.pinned_by.append("the hash that it states of itself")
            if not seal:
                self._add(DESCRIPTOR, "has changed", f"its SHA-256 is not the one that it states as {SEAL}")
        elif recorded is None:
            self._add(DESCRIPTOR, f"has no {SEAL}", "without its own hash, a change in it could go unseen")

    def _files_are_as_listed(self, package: Package) -> None:
        self.files = len(package.resources)
        for path, item in package.resources.items():
            try:
                package.check(path)
            except MissingFileError as error:
                self.files -= 1
                # A wheel leaves out what repeats the tables for looking at them.
                if not (item.get("inWheel") is False and package.files.place.name == "_data"):
                    self.refuse(error)
            except PackageError as error:
                self.refuse(error)

    def _files_are_listed(self, package: Package) -> None:
        for count, path in enumerate(package.files.paths()):
            if count > MAX_FILES:
                self._add(DESCRIPTOR, f"is one of more than {MAX_FILES} files", "no package has so many")
                break
            if path not in package.resources and path != DESCRIPTOR:
                self._add(shown(path), "is not listed", f"a package holds what its {DESCRIPTOR} lists", "take it away")
        if not package.forms:
            self._add(DESCRIPTOR, "lists no tables", "a package has csv/ or parquet/, or both")
        for file in (f"{form}/{name}.{form}" for form in package.forms for name in self.dataset.tables):
            if file not in package.resources:
                self._add(DESCRIPTOR, f"lists no {file}", "each form has every table")

    # Step 2: tables

    def _shapes_are_known(self, package: Package, same_version: bool) -> bool:
        known = True
        for name, model in self.dataset.tables.items():
            try:
                described = package.resource(name)["schema"]
            except PackageError:
                continue  # What is not listed is reported as such.
            if _shape(described, same_version) == _shape(table_schema(model, self.dataset), same_version):
                continue
            if same_version:
                self._add(DESCRIPTOR, f"describes {name} otherwise", "the models of this version define columns")
                continue
            known = False
            theirs = shown(package.version)
            what = f"has columns of {name} that this version of {NAME} does not know so"
            remedy = f"verify it with its own: pip install {NAME}=={theirs}"
            self._add(DESCRIPTOR, what, f"the package is of version {theirs}", remedy)
        return known

    def _tables(self, package: Package, same_version: bool) -> dict[str, pa.Table]:
        """The tables that can be read, each from the first of the forms where it can."""
        found: dict[str, pa.Table] = {}
        for name, model in self.dataset.tables.items():
            schema = arrow_schema(model)
            read: dict[str, pa.Table] = {}
            for form in package.forms:
                try:
                    if f"{form}/{name}.{form}" in package.resources:
                        read[form] = package.table(name, form, schema)
                except MissingFileError:
                    continue  # That is reported already.
                except PackageError as error:
                    self.refuse(error)
            if "parquet" in read and same_version and not read["parquet"].schema.equals(schema, check_metadata=True):
                self._add(f"parquet/{name}.parquet", "describes its columns otherwise", "the models define them")
            if len(read) == 2:
                self._forms_are_equal(name, read["csv"], read["parquet"])
            if read:
                found[name] = next(iter(read.values()))
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
            self._add(f"csv/{name}.csv", what, why, GET_ANEW, row + 2, row_id)


def _shape(schema: Any, whole: bool) -> object:
    """What a Table Schema says of columns: all, or only what the laws rely on, which is names, types and constraints."""
    try:
        return [item if whole else (item["name"], item["type"], item.get("constraints")) for item in schema["fields"]]
    except (TypeError, KeyError, AttributeError):
        return None
