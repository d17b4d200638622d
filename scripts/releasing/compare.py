"""What differs between two published packages, and the smallest version bump that the rule of the README allows for it.

Two kinds of id are told apart. Those that are given (an event's, a term's) are what users and other tables refer to: one that
disappears breaks them. Those composed of other columns (a participation's, a piece of evidence's) say again what their row
says: a row that goes with such an id, or comes in the place of another, is a corrected value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from belarus_iran_pact.core.content import differs
from belarus_iran_pact.core.releases import version_key
from belarus_iran_pact.core.table import primary_key
from belarus_iran_pact.models import TABLES

from .packages import Package, PublishedTable
from .retired import Retired, RetiredIds, is_given

Row = dict[str, Any]


class Level(IntEnum):
    """How much a change asks of the version."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


EXPLANATIONS = ("evidence", "gaps")

# Of a column: what only says otherwise what it is. All else that a schema says of a column defines it.
_WORDING = ("title", "description", "authority", "nullMeans", "example")


@dataclass(frozen=True)
class SchemaChange:
    """A change of what the package says of a table or column, or of itself (`table` is then "")."""

    table: str
    column: str | None
    what: str
    level: Level


@dataclass(frozen=True)
class RowChange:
    """A row that came (`added`) or went, whole; for one that went with a given id, what became of it."""

    table: str
    row_id: str
    added: bool
    row: Row
    level: Level
    retired: Retired | None = None


@dataclass(frozen=True)
class CellChange:
    """A cell with another value than before, and what explains the new one: rows of `evidence`, or of `gaps` for a null."""

    table: str
    row_id: str
    column: str
    old: Any
    new: Any
    origin: str | None
    level: Level
    evidence: list[Row]
    gaps: list[Row]


@dataclass(frozen=True)
class Counts:
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
    """Given ids that went without an entry in retired.yaml, and retired ones that are there: one line each."""

    @property
    def level(self) -> Level:
        """The largest level of any change."""
        every: Iterable[SchemaChange | RowChange | CellChange] = [*self.schema, *self.rows, *self.cells, *self.files]
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
        return {
            table: Counts(added[table], removed[table], changed[table])
            for table in named
            if added[table] or removed[table] or changed[table]
        }


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
    changes.schema += _package_changes(old, new)
    for name in dict.fromkeys([*old.tables, *new.tables]):
        if name not in new.tables:
            changes.schema.append(SchemaChange(name, None, "table removed", Level.MAJOR))
            changes.rows += [
                _row(name, row, old.tables[name], added=False) for row in old.tables[name].rows.to_pylist()
            ]
        elif name not in old.tables:
            changes.schema.append(SchemaChange(name, None, "table added", Level.MINOR))
            changes.rows += [_row(name, row, new.tables[name], added=True) for row in new.tables[name].rows.to_pylist()]
        else:
            changes.schema += _schema_changes(name, old.tables[name], new.tables[name])
            rows, cells = _table_changes(name, old.tables[name], new.tables[name])
            changes.rows += rows
            changes.cells += cells
    changes.files += _file_changes(old, new)
    changes.cells = _explained(changes.cells, new)
    changes.rows = [_with_fate(change, retired) for change in _levelled(changes.rows, changes.cells)]
    changes.faults += unexplained(changes.rows, retired) + used_again(new, retired)
    return changes


# --- Ids ---


def unexplained(rows: Iterable[RowChange], retired: RetiredIds) -> list[str]:
    """A line for each given id that went and is not retired."""
    return [
        f"{change.table} {change.row_id} is gone without successor or reason; add it to seeds/retired.yaml"
        for change in rows
        if not change.added and is_given(change.table) and _fate(change.table, change.row_id, retired) is None
    ]


def used_again(package: Package, retired: RetiredIds) -> list[str]:
    """A line for each retired id that a package has."""
    ids = {name: set(table.rows[table.key].to_pylist()) for name, table in package.tables.items()}
    return [
        f"{table} {row_id} is retired, and no id is ever used again; give the row another id"
        for table, row_id in retired
        if row_id is not None and row_id in ids.get(table, ())
    ]


def given_ids(package: Package) -> set[tuple[str, str]]:
    """Every id of a package that must not disappear unexplained, with its table."""
    return {
        (name, row_id)
        for name, table in package.tables.items()
        if is_given(name)
        for row_id in table.rows[table.key].to_pylist()
    }


def _fate(table: str, row_id: str, retired: RetiredIds) -> Retired | None:
    return retired.get((table, row_id)) or retired.get((table, None))


def _with_fate(change: RowChange, retired: RetiredIds) -> RowChange:
    fate = None if change.added else _fate(change.table, change.row_id, retired)
    return RowChange(change.table, change.row_id, change.added, change.row, change.level, fate)


# --- Schemas and files ---


def _package_changes(old: Package, new: Package) -> Iterator[SchemaChange]:
    for name in dict.fromkeys([*old.properties, *new.properties]):
        if old.properties.get(name) != new.properties.get(name):
            level = Level.MAJOR if name == "name" else Level.PATCH
            yield SchemaChange("", None, f"the package's {name} is another", level)


def _schema_changes(name: str, old: PublishedTable, new: PublishedTable) -> Iterator[SchemaChange]:
    ignored = {"bytes", "hash", "rowCount", "schema"}
    if old.resource["format"] != new.resource["format"] and "csv" in (old.resource["format"], new.resource["format"]):
        ignored |= old.resource.keys() | new.resource.keys()  # An archive of CSV files beside one of Parquet files.
    for key in dict.fromkeys([*old.resource, *new.resource]):
        if key not in ignored and old.resource.get(key) != new.resource.get(key):
            level = Level.PATCH if key in _WORDING else Level.MAJOR
            yield SchemaChange(name, None, _said(key, old.resource.get(key), new.resource.get(key)), level)
    left, right = old.resource["schema"], new.resource["schema"]
    for key in dict.fromkeys([*left, *right]):
        if key == "foreignKeys":
            yield from _foreign_key_changes(name, left.get(key, []), right.get(key, []))
        elif key != "fields" and left.get(key) != right.get(key):
            yield SchemaChange(name, None, _said(key, left.get(key), right.get(key)), Level.MAJOR)
    for column in dict.fromkeys([*old.fields, *new.fields]):
        if column not in new.fields:
            yield SchemaChange(name, column, "column removed", Level.MAJOR)
        elif column not in old.fields:
            yield SchemaChange(name, column, "column added", Level.MAJOR)
        else:
            yield from _column_changes(name, column, old.fields[column], new.fields[column])
    order = [[item for item in one.fields if item in other.fields] for one, other in ((old, new), (new, old))]
    if order[0] != order[1]:
        yield SchemaChange(name, None, f"columns in another order: {', '.join(order[1])}", Level.MAJOR)


def _foreign_key_changes(name: str, old: list[Row], new: list[Row]) -> Iterator[SchemaChange]:
    for keys, others, what, level in (
        (old, new, "no longer a foreign key", Level.MINOR),
        (new, old, "now a foreign key", Level.MAJOR),
    ):
        for key in keys:
            if key not in others:
                target = key["reference"]["resource"] or name
                yield SchemaChange(name, ", ".join(key["fields"]), f"{what} to {target}", level)


def _column_changes(name: str, column: str, old: Row, new: Row) -> Iterator[SchemaChange]:
    for key in dict.fromkeys([*old, *new]):
        left, right = old.get(key), new.get(key)
        if left == right:
            continue
        if key == "constraints":
            yield from _constraint_changes(name, column, left or {}, right or {})
        else:
            yield SchemaChange(name, column, _said(key, left, right), Level.PATCH if key in _WORDING else Level.MAJOR)


def _constraint_changes(name: str, column: str, old: Row, new: Row) -> Iterator[SchemaChange]:
    for key in dict.fromkeys([*old, *new]):
        left, right = old.get(key), new.get(key)
        if left == right:
            continue
        if key == "enum" and left and right:
            gone, come = [term for term in left if term not in right], [term for term in right if term not in left]
            if gone:
                yield SchemaChange(name, column, f"terms removed: {', '.join(map(str, gone))}", Level.MAJOR)
            if come:
                yield SchemaChange(name, column, f"terms added: {', '.join(map(str, come))}", Level.MINOR)
            if not gone and not come:
                yield SchemaChange(name, column, "terms in another order", Level.PATCH)
        elif key == "required":
            what = "may now be null" if left else "may no longer be null"
            yield SchemaChange(name, column, what, Level.MINOR if left else Level.MAJOR)
        else:
            # A rule that is gone lets more through, which breaks nobody's data; a new or another one may not.
            yield SchemaChange(name, column, _said(key, left, right), Level.MINOR if right is None else Level.MAJOR)


def _said(key: str, old: Any, new: Any) -> str:
    if key in _WORDING:
        return f"{key} reworded"
    if old is None or new is None:
        return f"{key} removed: {old}" if new is None else f"{key} added: {new}"
    return f"{key} changed: {old} -> {new}"


def _file_changes(old: Package, new: Package) -> Iterator[SchemaChange]:
    if old.forms != new.forms:
        return  # An archive of one form beside a whole package: what one does not hold has not gone.
    for path in sorted(old.files.keys() | new.files.keys()):
        if path not in new.files:
            yield SchemaChange(path, None, "file removed", Level.MAJOR)
        elif path not in old.files:
            yield SchemaChange(path, None, "file added", Level.MINOR)
        elif old.files[path] != new.files[path]:
            yield SchemaChange(path, None, "file changed", Level.PATCH)


# --- Rows and cells ---


def _row(name: str, row: Row, table: PublishedTable, *, added: bool) -> RowChange:
    return RowChange(name, str(row[table.key]), added, row, Level.NONE)


def _table_changes(name: str, old: PublishedTable, new: PublishedTable) -> tuple[list[RowChange], list[CellChange]]:
    old_ids, new_ids = (table.rows[table.key].cast(pa.string()) for table in (old, new))
    at = pc.index_in(new_ids, value_set=old_ids.combine_chunks())
    gone = pc.invert(pc.is_in(old_ids, value_set=new_ids.combine_chunks()))
    rows = [_row(name, row, old, added=False) for row in old.rows.filter(gone).to_pylist()]
    rows += [_row(name, row, new, added=True) for row in new.rows.filter(pc.is_null(at)).to_pylist()]
    before = old.rows.take(pc.drop_null(at))
    after = new.rows.filter(pc.is_valid(at))
    ids = new_ids.filter(pc.is_valid(at))
    cells = []
    for column, item in new.fields.items():
        if column not in old.fields or column == new.key:
            continue
        left, right = before[column], after[column]
        if left.type != right.type:
            left, right = left.cast(pa.string()), right.cast(pa.string())
        pinned = name in TABLES and column in TABLES[name].table.pinned
        level = Level.MAJOR if pinned else Level.PATCH
        changed = zip(*(values.filter(differs(left, right)).to_pylist() for values in (ids, left, right)), strict=True)
        cells += [CellChange(name, row, column, a, b, item.get("origin"), level, [], []) for row, a, b in changed]
    order = {row_id: at for at, row_id in enumerate(ids.to_pylist())} if cells else {}
    return rows, sorted(cells, key=lambda cell: order[cell.row_id])


def _explained(cells: list[CellChange], new: Package) -> list[CellChange]:
    """The same changes, with what explains the new values."""
    found: dict[str, dict[tuple[str, str, str], list[Row]]] = {}
    changed = pa.array(sorted({cell.row_id for cell in cells}), pa.string())
    for name in EXPLANATIONS:
        found[name] = {}
        if name in new.tables:
            rows = new.tables[name].rows
            for row in rows.filter(pc.is_in(rows["row_id"], value_set=changed)).to_pylist():
                found[name].setdefault(_cell(row), []).append(row)
    return [
        CellChange(
            **{
                **vars(cell),
                **{name: found[name].get((cell.table, cell.row_id, cell.column), []) for name in EXPLANATIONS},
            }
        )
        for cell in cells
    ]


def _cell(row: Row) -> tuple[str, str, str]:
    return row["table_name"], row["row_id"], row["column_name"]


def _levelled(rows: list[RowChange], cells: list[CellChange]) -> Iterator[RowChange]:
    """The same changes, each with its level.

    A composed row that came counts as new only where no other of the same owner went: else it stands in its place. What
    explains a changed cell, or a row that stands in another's place, goes with it.
    """
    changed = {(cell.table, cell.row_id, cell.column) for cell in cells}
    gone = Counter(_owner(change) for change in rows if not change.added)
    levels: dict[tuple[str, str], Level] = {}
    # Explanations last: their level follows from that of the row which they explain.
    for change in sorted(rows, key=lambda change: change.table in EXPLANATIONS):
        levels[(change.table, change.row_id)] = _level(change, changed, gone, levels)
    for change in rows:
        level = levels[(change.table, change.row_id)]
        yield RowChange(change.table, change.row_id, change.added, change.row, level)


def _level(
    change: RowChange,
    changed: set[tuple[str, str, str]],
    gone: Counter[tuple[str, ...]],
    levels: dict[tuple[str, str], Level],
) -> Level:
    if is_given(change.table):
        return Level.MINOR if change.added else Level.MAJOR
    if not change.added or TABLES[change.table].table.group == "Views":
        return Level.PATCH
    if change.table in EXPLANATIONS:
        cell = _cell(change.row)
        if cell in changed:
            return Level.PATCH
        if (cell[0], cell[1]) in levels:
            return levels[(cell[0], cell[1])]
    owner = _owner(change)
    if gone[owner] > 0:
        gone[owner] -= 1
        return Level.PATCH
    return Level.MINOR


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
