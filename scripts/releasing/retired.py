"""Retired ids and columns: those that a release had and that are gone. Each has a successor or a reason, and is never used again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from belarus_iran_pact.core.laws import WHY_CLEAN, unclean
from belarus_iran_pact.core.table import primary_key
from belarus_iran_pact.models import TABLES
from curation.faults import Faults, Place, did_you_mean
from curation.normalise import Normalised
from curation.read import Fields, Text, read_yaml, rows_of

FILE = "retired.yaml"
COLUMNS = "columns"
"""What stands for the table where a column is retired; its id is then `table.column`, and a successor may be a table."""
_FIELDS = ("table", "id", "successor", "reason")


@dataclass(frozen=True)
class Retired:
    """An id that is gone, or with `row_id` None a whole table: what came in its place, or why nothing did."""

    table: str
    row_id: str | None
    successors: tuple[str, ...]
    reason: str | None
    place: Place

    @property
    def fate(self) -> str:
        """What became of it, in words."""
        parts = [f"now {', '.join(self.successors)}"] if self.successors else []
        return "; ".join([*parts, *([self.reason] if self.reason else [])])


RetiredIds = Mapping[tuple[str, str | None], Retired]
"""Retired ids by table and id."""


def is_given(table: str) -> bool:
    """Whether the ids of a table are given, to be referred to, and so must not disappear unexplained.

    The others are composed of other columns of the same row (`id_from` in the models), or are a view's: they say again what
    the row says, and change with it. Of a table that the models do not know any more, the ids count as given.
    """
    return table not in TABLES or TABLES[table].table.gives_ids


GIVEN = tuple(name for name in TABLES if is_given(name))


def read_retired(file: Path, faults: Faults) -> dict[tuple[str, str | None], Retired]:
    """The retired ids of a file; none where there is no file. What is wrong with it goes to `faults`."""
    found: dict[tuple[str, str | None], Retired] = {}
    if not file.is_file():
        return found
    items = list(rows_of(read_yaml(file, faults), file, faults))
    whole = {given["table"] for given in items if "id" not in given and isinstance(given.get("table"), Text)}
    for given in items:
        if wrong := list(_form_faults(given)) or list(_table_faults(given, whole)):
            for name, what, why, remedy in wrong:
                faults.add(given.place_of(name), what, why, remedy)
            continue
        table, row_id, reason = (
            None if given.get(name) is None else str(given[name]) for name in ("table", "id", "reason")
        )
        place, successors = given.place_of("id" if row_id else "table"), tuple(map(str, _successors(given)))
        retired = Retired(str(table), row_id, successors, reason, place)
        first = found.setdefault((retired.table, row_id), retired)
        if first is not retired:
            why = f"it stands on line {first.place.line} already"
            faults.add(place, f"{row_id or 'the table'} of {table} is retired twice", why, "keep one of them")
    places = {item.reason: item.place for item in found.values()}
    for parts, what, remedy in unclean(pa.array([*places], pa.string())):
        for text, part in parts.items():
            faults.add(places[text], f"the reason {what}: {part}", f"{WHY_CLEAN} (law 14)", remedy)
    return found


def _successors(given: Fields) -> Any:
    successors = given.get("successor", [])
    return [successors] if isinstance(successors, Text) else successors


def _form_faults(given: Fields) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong with the fields of an item: which field, what, why, and what to do."""
    for name in given:
        if name not in _FIELDS:
            why = "it is no field of a retired id"
            yield name, f"unknown field {name}", why, did_you_mean(name, _FIELDS, "fields")
    for name in ("table", "id", "reason"):
        if name in given and (not isinstance(given[name], Text) or not given[name]):
            yield name, f"{name} is not a text", "it is a single value", "write one value"
    successors = _successors(given)
    if not isinstance(successors, list) or not all(isinstance(item, Text) and item for item in successors):
        yield "successor", "successor is not an id", "it is one id or a list of ids", "write it so"
    if "table" not in given:
        yield "", "table is missing", "a retired id is one of a table", "add table"
    if not successors and "reason" not in given:
        what = f"{given.get('id', 'the table')} has neither successor nor reason"
        yield "", what, "who refers to it must learn what became of it", "add successor or reason"


def _table_faults(given: Fields, whole: set[Text]) -> Iterator[tuple[str, str, str, str]]:
    """The same of its table and id; `whole` are the tables that are retired whole."""
    table = given["table"]
    if "id" not in given:
        if table in TABLES:
            yield "table", "id is missing", f"the table {table} is there, so it is not retired whole", "add id"
    elif table not in TABLES and table not in whole and table != COLUMNS:
        remedy = did_you_mean(table, [*GIVEN, COLUMNS], "tables")
        yield "id", f"unknown table {table}", "a retired id is one of a table", remedy
    elif not is_given(table):
        why = "its ids are composed of other columns, and change with them"
        remedy = f"take it away; the tables whose ids are retired are: {', '.join(GIVEN)}"
        yield "id", f"an id of {table} is retired", why, remedy


def check_retired(normalised: Normalised, retired: RetiredIds, faults: Faults) -> None:
    """No row has a retired id, and whoever follows successors arrives at rows."""
    ids = {name: {str(row[primary_key(TABLES[name])]) for row in normalised.tables[name]} for name in GIVEN}
    ids[COLUMNS] = {*TABLES, *(f"{name}.{column}" for name, model in TABLES.items() for column in model.model_fields)}
    for (table, row_id), item in retired.items():
        if row_id is None or table not in ids:
            continue
        if row_id in ids[table]:
            why = f"{item.place.file.name}:{item.place.line} retires it, and no id is ever used again"
            if table == COLUMNS:
                faults.add(item.place, f"the column {row_id} is there", why, "give the column another name")
            else:
                what = f"the {table} row {row_id} has a retired id"
                faults.add(normalised.place(table, row_id), what, why, "give the row another id")
            continue
        for end, how in _dead_ends(item, retired, ids[table]):
            remedy = did_you_mean(end, sorted(ids[table]), f"ids of {table}")
            faults.add(item.place, f"{row_id}: {end} {how}", "who follows a successor must arrive at a row", remedy)


def _dead_ends(item: Retired, retired: RetiredIds, ids: set[str]) -> Iterator[tuple[str, str]]:
    """Ids at which following the successors of a retired id ends, at no row and no reason; and how."""
    seen: set[str] = set()
    ahead = list(item.successors)
    while ahead:
        row_id = ahead.pop(0)
        if row_id == item.row_id:
            yield row_id, "comes to be its own successor"
        elif row_id not in seen:
            following = retired.get((item.table, row_id))
            if following is not None:
                ahead += following.successors
            elif row_id not in ids:
                yield row_id, "is no row"
        seen.add(row_id)
