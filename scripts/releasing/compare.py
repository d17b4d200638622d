"""What differs between two published packages, and the smallest version bump that the rule of the README allows for it.

Two kinds of id are told apart. Those that are given (an event's, a term's) are what users and other tables refer to: one that
disappears breaks them. Those composed of other columns (a participation's, a piece of evidence's) say again what their row
says: a row that goes with such an id, or comes in the place of another, is a corrected value.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from belarus_iran_pact.core import reading
from belarus_iran_pact.core.content import differs
from belarus_iran_pact.core.reading import FORMS, PARQUET_SUFFIX, SEAL, PackageError
from belarus_iran_pact.core.releases import ReleaseError, file_of, read_index, version_key
from belarus_iran_pact.core.table import primary_key
from belarus_iran_pact.models import TABLES

from .retired import COLUMNS, FILE, Retired, RetiredIds, is_given

Row = dict[str, Any]


class Level(IntEnum):
    """How much a change asks of the version."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


EXPLANATIONS = ("evidence", "gaps")

ADDED, REMOVED, RENAMED, RETYPED = "column added", "column removed", "renamed to ", "type changed: "
TABLE_ADDED, TABLE_REMOVED = "table added", "table removed"

# Of a column: what only says otherwise what it is. All else that a schema says of a column defines it.
_WORDING = ("title", "description", "authority", "nullMeans", "example")


# --- Packages: what one says of itself is all that is used, so that any versions can be compared ---


@dataclass(frozen=True)
class PublishedTable:
    """A table as published: its resource in the descriptor, its primary key, and its rows."""

    resource: Row
    key: str
    rows: pa.Table

    @property
    def fields(self) -> dict[str, Row]:
        """The columns by name, as the Table Schema has them."""
        return {item["name"]: item for item in self.resource["schema"]["fields"]}


class Package(NamedTuple):
    """A published package: what it says besides, its tables, its forms ("csv", "parquet"), its other files' SHA-256."""

    version: str
    properties: Row
    tables: dict[str, PublishedTable]
    forms: tuple[str, ...]
    files: dict[str, str]


def find_package(given: str, releases: Path | None) -> Package:
    """Read a package by folder, archive, or version of a releases folder.

    Raises:
        ReleaseError: there is none, or it cannot be read.
    """
    if Path(given).is_dir() or Path(given).is_file():
        return read_package(Path(given))
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
    said = {key: value for key, value in package.descriptor.items() if key not in ("version", "resources", SEAL)}
    files = {at: str(item.get("hash")) for at, item in package.resources.items() if Path(at).suffix[1:] not in FORMS}
    return Package(package.version, said, tables, package.forms, files)


def _table(package: reading.Package, name: str) -> PublishedTable:
    resource = package.resource(name)
    path, schema = resource["path"], resource["schema"]
    package.check(path)
    rows, key = package.table(name), schema.get("primaryKey")
    if not (isinstance(key, list) and len(key) == 1 and key[0] in rows.column_names):
        raise PackageError(path, f"has {key} as primary key", "a table has one column as its key")
    if rows[key[0]].null_count or len(rows[key[0]].unique()) != len(rows):
        raise PackageError(path, "has rows without an id, or several with one", "an id is of one row")
    if path.endswith(".parquet"):
        resource["name"] = resource["name"].removesuffix(PARQUET_SUFFIX)
        for foreign in schema.get("foreignKeys", []):
            foreign["reference"]["resource"] = foreign["reference"]["resource"].removesuffix(PARQUET_SUFFIX)
    return PublishedTable(resource, key[0], rows)


# --- Changes ---


@dataclass(frozen=True)
class SchemaChange:
    """A change of what the package says of a table or column, or of itself (`table` is then "").

    A column goes by its name in the new package where it has one; for one that went or has another name now, `retired`
    says what became of it.
    """

    table: str
    column: str | None
    what: str
    level: Level
    retired: Retired | None = None


@dataclass
class RowChange:
    """A row that came (`added`) or went, whole; for one that went with a given id, what became of it."""

    table: str
    row_id: str
    added: bool
    row: Row
    level: Level = Level.NONE
    retired: Retired | None = None


@dataclass
class CellChange:
    """A cell with another value than before, and what explains the new one: rows of `evidence`, or of `gaps` for a null."""

    table: str
    row_id: str
    column: str
    old: Any
    new: Any
    origin: str | None
    level: Level
    evidence: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)


class Counts(NamedTuple):
    """How many rows of a table came, went, and changed in some cell."""

    added: int
    removed: int
    changed: int


@dataclass
class Changes:
    """All that differs between two packages."""

    old: str
    new: str
    schema: list[SchemaChange] = field(default_factory=list)
    rows: list[RowChange] = field(default_factory=list)
    cells: list[CellChange] = field(default_factory=list)
    files: list[SchemaChange] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Given ids and columns that went without an entry in retired.yaml, and retired ones that are there: one line each."""

    @property
    def level(self) -> Level:
        """The largest level of any change."""
        every: Iterable[SchemaChange | RowChange | CellChange] = chain(self.schema, self.rows, self.cells, self.files)
        return max((change.level for change in every), default=Level.NONE)

    @property
    def smallest(self) -> str:
        """The smallest version that the new package may have."""
        return bumped(self.old, self.level)

    @property
    def counts(self) -> dict[str, Counts]:
        """The counts of each table in which some row came, went or changed, in the order of the tables."""
        added = Counter(change.table for change in self.rows if change.added)
        removed = Counter(change.table for change in self.rows if not change.added)
        changed = Counter(table for table, _ in {(change.table, change.row_id) for change in self.cells})
        named = dict.fromkeys([*TABLES, *sorted(added | removed | changed)])
        counts = {table: Counts(added[table], removed[table], changed[table]) for table in named}
        return {table: numbers for table, numbers in counts.items() if any(numbers)}


def bumped(version: str, level: Level) -> str:
    """The smallest version above `version` for a change of this level; before 1.0.0 anything may change."""
    major, minor, patch = version_key(version)
    if level is Level.NONE:
        return version
    if major == 0 or level is Level.PATCH:
        return f"{major}.{minor}.{patch + 1}"
    return f"{major}.{minor + 1}.0" if level is Level.MINOR else f"{major + 1}.0.0"


def compare(old: Package, new: Package, retired: RetiredIds) -> Changes:
    """All that differs between two packages; rows are told apart by primary key, and their order does not count."""
    changes = Changes(old.version, new.version)
    for key, _, _ in _differing(old.properties, new.properties):
        level = Level.MAJOR if key == "name" else Level.PATCH
        changes.schema.append(SchemaChange("", None, f"the package's {key} is another", level))
    for name in dict.fromkeys([*TABLES, *old.tables, *new.tables]):
        before, after = old.tables.get(name), new.tables.get(name)
        if before and after:
            renamed = _renamed(name, before, after, retired)
            changes.schema += _schema_changes(name, before, after, renamed, retired)
            _compare_rows(name, before, after, renamed, changes)
        elif table := before or after:
            what, level = (TABLE_REMOVED, Level.MAJOR) if before else (TABLE_ADDED, Level.MINOR)
            changes.schema.append(SchemaChange(name, None, what, level, retired.get((name, None))))
            changes.rows += _rows(name, table, table.rows, added=not before)
    if old.forms == new.forms:  # Else what an archive of one form does not hold has not gone.
        changes.files += _file_changes(old, new)
    _explain(changes.cells, new)
    _set_levels(changes)
    gone = [change for change in changes.rows if not change.added]
    for change in gone:
        change.retired = _fate(change.table, change.row_id, retired)
    columns = [(COLUMNS, f"{change.table}.{change.column}") for change in changes.schema if change.what == REMOVED]
    changes.faults += unexplained([*columns, *((change.table, change.row_id) for change in gone)], retired)
    changes.faults += used_again(new, retired)
    return changes


def _differing(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each key of which two mappings have other values, with the old and the new one; None where one has not the key."""
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


# --- Ids ---


def unexplained(gone: Iterable[tuple[str, str]], retired: RetiredIds) -> list[str]:
    """A line for each given id or column, of these that went, that is not retired."""
    return [
        f"{table} {row_id} is gone without successor or reason; add it to seeds/{FILE}"
        for table, row_id in gone
        if is_given(table) and _fate(table, row_id, retired) is None
    ]


def used_again(package: Package, retired: RetiredIds) -> list[str]:
    """A line for each retired id or column that a package has."""
    present = given_ids(package)
    return [
        f"{table} {row_id} is retired, and no id is ever used again; give it another"
        for table, row_id in retired
        if (table, row_id) in present
    ]


def given_ids(package: Package) -> set[tuple[str, str]]:
    """Every id of a package that must not disappear unexplained, with its table; columns are among them."""
    given = [(name, table) for name, table in package.tables.items() if is_given(name)]
    columns = {(COLUMNS, f"{name}.{column}") for name, table in package.tables.items() for column in table.fields}
    return columns | {(name, row_id) for name, table in given for row_id in table.rows[table.key].to_pylist()}


def _fate(table: str, row_id: str, retired: RetiredIds) -> Retired | None:
    whole = row_id.partition(".")[0] if table == COLUMNS else table
    return retired.get((table, row_id)) or retired.get((whole, None))


def _renamed(name: str, old: PublishedTable, new: PublishedTable, retired: RetiredIds) -> dict[str, str]:
    """The columns of a table that only have another name now: their one successor is a new column of it. New names by old."""
    found: dict[str, str] = {}
    for column in old.fields:
        fate = _fate(COLUMNS, f"{name}.{column}", retired)
        if column not in new.fields and fate and len(fate.successors) == 1:
            table, _, now = fate.successors[0].partition(".")
            if table == name and now in new.fields and now not in (*old.fields, *found.values()):
                found[column] = now
    return found


# --- Schemas and files ---


def _schema_changes(
    name: str, old: PublishedTable, new: PublishedTable, renamed: dict[str, str], retired: RetiredIds
) -> Iterator[SchemaChange]:
    for column in old.fields:
        fate = _fate(COLUMNS, f"{name}.{column}", retired)
        if column in renamed:
            yield SchemaChange(name, column, f"{RENAMED}{renamed[column]}", Level.MAJOR, fate)
        elif column not in new.fields:
            yield SchemaChange(name, column, REMOVED, Level.MAJOR, fate)
    old = _with_names(old, renamed)
    for column in new.fields:
        if column not in old.fields:
            yield SchemaChange(name, column, ADDED, Level.MAJOR)
    ignored = {"bytes", "hash", "rowCount", "schema", "fields"}
    forms = {old.resource["format"], new.resource["format"]}
    if len(forms) > 1 and "csv" in forms:
        ignored |= old.resource.keys() | new.resource.keys()  # An archive of CSV files beside one of Parquet files.
    schemas = _differing(old.resource["schema"], new.resource["schema"])
    for key, left, right in chain(_differing(old.resource, new.resource), schemas):
        if key == "foreignKeys":
            kept = old.fields.keys() & new.fields.keys()
            own = ([key for key in keys or [] if kept.issuperset(key["fields"])] for keys in (left, right))
            yield from _foreign_key_changes(name, *own)
        elif key not in ignored:
            yield _said(name, None, key, left, right)
    for column, left, right in _differing(old.fields, new.fields):
        if left and right:
            yield from _column_changes(name, column, left, right)
    order = [[item for item in one.fields if item in other.fields] for one, other in ((old, new), (new, old))]
    if order[0] != order[1]:
        yield SchemaChange(name, None, f"columns in another order: {', '.join(order[1])}", Level.MAJOR)


def _with_names(table: PublishedTable, renamed: dict[str, str]) -> PublishedTable:
    """A table as it would be published if its columns had their new names; its rows are as they were."""
    schema = copy.deepcopy(table.resource["schema"])
    for item in schema["fields"]:
        item["name"] = renamed.get(item["name"], item["name"])
    schema["primaryKey"] = [renamed.get(column, column) for column in schema["primaryKey"]]
    for foreign in schema.get("foreignKeys", []):
        foreign["fields"] = [renamed.get(column, column) for column in foreign["fields"]]
    return replace(table, resource={**table.resource, "schema": schema})


def _foreign_key_changes(name: str, old: list[Row], new: list[Row]) -> Iterator[SchemaChange]:
    gone, come = [key for key in old if key not in new], [key for key in new if key not in old]
    for keys, what, level in (gone, "no longer", Level.MINOR), (come, "now", Level.MAJOR):
        for key in keys:
            target = key["reference"]["resource"] or name
            yield SchemaChange(name, ", ".join(key["fields"]), f"{what} a foreign key to {target}", level)


def _column_changes(name: str, column: str, old: Row, new: Row) -> Iterator[SchemaChange]:
    for key, left, right in _differing(old, new):
        if key != "constraints":
            yield _said(name, column, key, left, right)
    for key, left, right in _differing(old.get("constraints", {}), new.get("constraints", {})):
        if key == "enum" and left and right:
            gone, come = [term for term in left if term not in right], [term for term in right if term not in left]
            if gone:
                yield SchemaChange(name, column, f"terms removed: {', '.join(map(str, gone))}", Level.MAJOR)
            if come:
                yield SchemaChange(name, column, f"terms added: {', '.join(map(str, come))}", Level.MINOR)
            if not gone and not come:
                yield SchemaChange(name, column, "terms in another order", Level.PATCH)
        elif key == "required":
            what, level = ("may now be null", Level.MINOR) if left else ("may no longer be null", Level.MAJOR)
            yield SchemaChange(name, column, what, level)
        else:
            # A rule that is gone lets more through, which breaks nobody's data; a new or another one may not.
            yield _said(name, column, key, left, right, Level.MINOR if right is None else Level.MAJOR)


def _said(name: str, column: str | None, key: str, old: Any, new: Any, level: Level = Level.MAJOR) -> SchemaChange:
    if key in _WORDING:
        return SchemaChange(name, column, f"{key} reworded", Level.PATCH)
    if old is None or new is None:
        what = f"{key} removed: {old}" if new is None else f"{key} added: {new}"
    else:
        what = f"{key} changed: {old} -> {new}"
    return SchemaChange(name, column, what, level)


def _file_changes(old: Package, new: Package) -> Iterator[SchemaChange]:
    for path, before, after in sorted(_differing(old.files, new.files)):
        what, level = "changed", Level.PATCH
        if not (before and after):
            what, level = ("removed", Level.MAJOR) if before else ("added", Level.MINOR)
        yield SchemaChange(path, None, f"file {what}", level)


# --- Rows and cells ---


def _rows(name: str, table: PublishedTable, rows: pa.Table, *, added: bool) -> list[RowChange]:
    return [RowChange(name, str(row[table.key]), added, row) for row in rows.to_pylist()]


def _compare_rows(
    name: str, old: PublishedTable, new: PublishedTable, renamed: dict[str, str], changes: Changes
) -> None:
    old_ids, new_ids = (table.rows[table.key].cast(pa.string()) for table in (old, new))
    at = pc.index_in(new_ids, value_set=old_ids.combine_chunks())
    gone = pc.invert(pc.is_in(old_ids, value_set=new_ids.combine_chunks()))
    changes.rows += _rows(name, old, old.rows.filter(gone), added=False)
    changes.rows += _rows(name, new, new.rows.filter(pc.is_null(at)), added=True)
    before, after, ids = (
        old.rows.take(pc.drop_null(at)),
        new.rows.filter(pc.is_valid(at)),
        new_ids.filter(pc.is_valid(at)),
    )
    cells, formerly = [], {now: column for column, now in renamed.items()}
    for column, item in new.fields.items():
        earlier = formerly.get(column, column)
        if earlier not in old.fields or column == new.key:
            continue
        left, right = before[earlier], after[column]
        if left.type != right.type:
            left, right = left.cast(pa.string()), right.cast(pa.string())
        pinned = name in TABLES and column in TABLES[name].table.pinned
        level = Level.MAJOR if pinned else Level.PATCH
        changed = zip(*(values.filter(differs(left, right)).to_pylist() for values in (ids, left, right)), strict=True)
        cells += [CellChange(name, row_id, column, a, b, item.get("origin"), level) for row_id, a, b in changed]
    order = {row_id: at for at, row_id in enumerate(ids.to_pylist())} if cells else {}
    changes.cells += sorted(cells, key=lambda cell: order[cell.row_id])


def _explain(cells: list[CellChange], new: Package) -> None:
    """Give each changed cell the rows that explain its new value."""
    changed = {(cell.table, cell.row_id, cell.column): cell for cell in cells}
    ids = pa.array(sorted({cell.row_id for cell in cells}), pa.string())
    for name in EXPLANATIONS:
        if name in new.tables:
            rows = new.tables[name].rows
            for row in rows.filter(pc.is_in(rows["row_id"], value_set=ids)).to_pylist():
                if cell := changed.get(_cell(row)):
                    getattr(cell, name).append(row)


def _cell(row: Row) -> tuple[str, str, str]:
    return row["table_name"], row["row_id"], row["column_name"]


def _set_levels(changes: Changes) -> None:
    """Give each row that came or went its level.

    A composed row that came counts as new only where no other of the same owner went: else it stands in its place. What
    explains a changed cell, or a row that stands in another's place, goes with it.
    """
    changed = {(cell.table, cell.row_id, cell.column) for cell in changes.cells}
    gone = Counter(_owner(change) for change in changes.rows if not change.added)
    levels: dict[tuple[str, str], Level] = {}
    # Explanations last: their level follows from that of the row which they explain.
    for change in sorted(changes.rows, key=lambda change: change.table in EXPLANATIONS):
        cell = _cell(change.row) if change.table in EXPLANATIONS else None
        if is_given(change.table):
            change.level = Level.MINOR if change.added else Level.MAJOR
        elif not change.added or TABLES[change.table].table.group == "Views" or cell in changed:
            change.level = Level.PATCH
        elif cell and cell[:2] in levels:
            change.level = levels[cell[:2]]
        else:
            owner = _owner(change)
            change.level = Level.PATCH if gone[owner] > 0 else Level.MINOR
            gone[owner] -= 1
        levels[(change.table, change.row_id)] = change.level


def _owner(change: RowChange) -> tuple[str, ...]:
    """What a composed row belongs to, within which one row may stand in the place of another."""
    if is_given(change.table):
        return (change.table, change.row_id)
    if change.table in EXPLANATIONS:
        return ("explanations", *_cell(change.row))
    table = TABLES[change.table].table
    if table.within is not None:
        column = primary_key(TABLES[table.within])
    else:
        column = "passage_id" if table.anchored else table.id_from[0]
    # A table may have lost the column by which this version tells its owners apart.
    return (change.table, str(change.row.get(column)))
