"""Whether published files are whole and keep the laws of the data, judged from the files alone.

Three steps, each as far as the one before allows: the files are those that the descriptor lists, byte for byte; the tables can
be read and are of the right shape, the same in CSV and Parquet; the laws hold. Columns are judged whole, by Arrow; plain Python
sees distinct spans, passages, and the few tables that are computed from others.

Whoever changes a note, a picture or the order of rows can mend every hash within the package, and no law is broken. Such a
change is found where something outside of the package pins it: then its descriptor, which lists the hash of each file, is
compared with the one that was published. Where nothing does, the report says so.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import NAME, reading
from .codebook import codebook
from .content import differs, first
from .laws import breaches, laws_of
from .messages import UsageError, fault_text
from .reading import CODEBOOK, DESCRIPTOR, MAX_FILES, SEAL, MissingFileError, Package, PackageError, shown
from .releases import ReleaseError, listed_hashes, sha256_of
from .schemas import arrow_schema, table_schema
from .table import Dataset, Part

GET_ANEW = f"get the package anew: {NAME} download"
RECORD = "the RECORD of the installed wheel"
_DATA = "_data"
"""The folder of the data in an installed wheel."""

Released = Callable[[str, str], tuple[str, Path]]
"""Gives for a version and a form ("all", "csv", "parquet") what the release is called, and its package's folder.

It raises a `UsageError` where there is no such release."""


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


_UNPINNED = (
    "unpinned: nothing outside of the package says what was published, so a change that breaks no law goes unseen where its "
    f"hashes were mended too; to compare it with its release: {NAME} verify PATH --from ADDRESS"
)


@dataclass(frozen=True, repr=False)
class Report:
    """What verification found. True where it found no fault.

    Attributes:
        folder: the package verified, a folder or an archive.
        version: the package's version; empty where its descriptor cannot be read.
        files: how many files were compared with their hashes.
        rows: how many rows were judged.
        pinned_by: what outside of the package pins it, and was compared with it; empty where nothing does.
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
        pinned = f"pinned by: {', '.join(self.pinned_by)}" if self.pinned_by else _UNPINNED
        skipped = [f"not asked, since the package is of another version: laws {', '.join(self.not_asked)}"]
        lines = (head, pinned, *(skipped if self.not_asked else ()), *self.faults)
        return "\n".join(shown(line, 1000) for line in lines)

    __repr__ = __str__


def verify_package(path: Path, dataset: Dataset, version: str, released: Released | None = None) -> Report:
    """Judge a published package by its files, and by what pins them.

    Args:
        path: the package's folder, its `datapackage.json`, or an archive.
        dataset: what the tables are to be.
        version: the version that the dataset is of.
        released: finds the release that the package is to be compared with.

    Raises:
        FileNotFoundError: there is no such folder or file.
    """
    judging = _Judging(dataset, version, released)
    try:
        judging.judge(path)
    except PackageError as error:
        judging.refuse(error)
    pinned_by, faults = tuple(judging.pinned_by), tuple(dict.fromkeys(judging.faults))
    not_asked = [law.number for law in laws_of(dataset) if law.of_version and judging.found != version]
    return Report(str(path), judging.found, judging.files, judging.rows, pinned_by, faults, tuple(not_asked))


def _installed() -> dict[Path, str]:
    """The descriptor and the licences that the wheel of this very code installed, each with its hash as the wheel's RECORD has it.

    Nothing where no wheel installed it. The descriptor comes first.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        wheel = distribution(NAME)
    except PackageNotFoundError:
        return {}
    own, found = Path(__file__).resolve().parents[1] / _DATA / DESCRIPTOR, {}
    # Not by `wheel.files`, which since Python 3.12 leaves out files that are missing.
    for path, *hashes in filter(None, csv.reader((wheel.read_text("RECORD") or "").splitlines())):
        if path.endswith(f"/{DESCRIPTOR}") or ".dist-info/licenses/" in path:
            found[Path(str(wheel.locate_file(path))).resolve()] = "".join(hashes[:1])
    return {own: found.pop(own), **found} if own in found else {}


def _recorded(file: Path) -> str:
    """The hash of a file as a RECORD would have it; empty where there is no file."""
    if not file.is_file():
        return ""
    return f"sha256={base64.urlsafe_b64encode(bytes.fromhex(sha256_of(file))).decode().rstrip('=')}"


class _Judging:
    """What is found while a package is judged, step by step; a `Report` explains the attributes."""

    def __init__(self, dataset: Dataset, version: str, released: Released | None) -> None:
        self.dataset = dataset
        self.version = version
        self.released = released
        self.found = ""
        self.files = 0
        self.rows = 0
        self.pinned_by: list[str] = []
        self.faults: list[Fault] = []

    def judge(self, path: Path) -> None:
        """Take the steps, each as far as the one before allows; a `PackageError` where there is no descriptor to go by."""
        files = reading.files_at(path)
        content = reading.descriptor_bytes(files)
        self._states_its_hash(content)
        package = Package(files, content)
        self.found = package.version
        self._is_as_published(package, content)
        for problem in package.problems:
            self.refuse(problem)
        self._files_are_as_listed(package)
        self._files_are_listed(package)
        same_version = self.version == package.version
        tables = self._tables(package, same_version) if self._shapes_are_known(package, same_version) else {}
        self.rows = sum(table.num_rows for table in tables.values())
        if len(tables) < len(self.dataset.tables):
            return
        if same_version:
            self._codebook_is_of(tables, package)
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

    def _states_its_hash(self, content: bytes) -> None:
        seal = reading.seal_holds(content)
        if seal is None:
            self._add(DESCRIPTOR, f"has no {SEAL}", "without its own hash, damage to it could go unseen")
        elif not seal:
            self._add(DESCRIPTOR, "has changed", f"its SHA-256 is not the one that it states as {SEAL}")

    def _is_as_published(self, package: Package, content: bytes) -> None:
        """Compare what was found with whatever pins it."""
        for name, file, expected, found in self._pins(package, content):
            if name not in self.pinned_by:
                self.pinned_by.append(name)
            if expected != found:
                self._add(file, "has changed", f"its SHA-256 is not the one in {name}")

    def _pins(self, package: Package, content: bytes) -> Iterator[tuple[str, str, str, str]]:
        """What pins the package, and a file, its SHA-256 when it was published and the one that it has, both written alike."""
        place, descriptor = package.files.place, hashlib.sha256(content).hexdigest()
        form = package.forms[0] if len(package.forms) == 1 else "all"
        if place.is_file():
            try:
                for name, sha256 in listed_hashes(place.resolve()):
                    yield f"{name} of its folder", place.name, sha256, sha256_of(place)
            except ReleaseError as error:
                self._add(place.name, "cannot be compared with what lists it", str(error), "restore that file")
        if installed := _installed():
            own = next(iter(installed))
            if own.parent == place.resolve():
                for file, recorded in installed.items():
                    yield RECORD, file.name, recorded, _recorded(file)
            elif package.version == self.version and _recorded(own) == installed[own]:
                yield f"the {DESCRIPTOR} of the installed wheel", DESCRIPTOR, _descriptor_hash(own, form), descriptor
        if self.released is not None:
            try:
                name, folder = self.released(package.version, form)
                yield name, DESCRIPTOR, sha256_of(folder / DESCRIPTOR), descriptor
            except UsageError as error:
                self._add(DESCRIPTOR, f"is of version {shown(package.version)!r}, form {form}", shown(error))

    def _files_are_as_listed(self, package: Package) -> None:
        self.files = len(package.resources)
        for path, item in package.resources.items():
            try:
                package.check(path)
            except MissingFileError as error:
                self.files -= 1
                # A wheel leaves out what repeats the tables for looking at them.
                if not (item.get("inWheel") is False and package.files.place.name == _DATA):
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

    def _codebook_is_of(self, tables: dict[str, pa.Table], package: Package) -> None:
        rules = self.dataset.part(Part.RULES)
        title = str(package.descriptor.get("title"))
        expected = codebook(self.dataset, title, {**tables, rules: tables[rules].to_pylist()})
        try:
            if package.read(CODEBOOK) != expected.encode():
                self._add(
                    CODEBOOK, "is not what it is generated as", "tables and vocabularies of this version define it"
                )
        except MissingFileError:
            pass  # That is reported already.
        except PackageError as error:
            self.refuse(error)

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


def _descriptor_hash(own: Path, form: str) -> str:
    """The SHA-256 of the descriptor that the installed package has in a form."""
    content = own.read_bytes()
    text = content if form == "all" else reading.sealed(reading.in_form(json.loads(content), form)).encode()
    return hashlib.sha256(text).hexdigest()


def _shape(schema: Any, whole: bool) -> object:
    """What a Table Schema says of columns: all, or only what the laws rely on, which is names, types and constraints."""
    try:
        return [item if whole else (item["name"], item["type"], item.get("constraints")) for item in schema["fields"]]
    except (TypeError, KeyError, AttributeError):
        return None
