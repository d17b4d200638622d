"""Retired ids: those that a release had and that are gone. Each has a successor or a reason, and is never used again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from belarus_iran_pact.core.table import primary_key
from belarus_iran_pact.models import TABLES
from curation.faults import Faults, Place, did_you_mean
from curation.normalise import Normalised
from curation.read import Fields, Items, Text, read_yaml, rows_of

FILE = "retired.yaml"
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
    return table not in TABLES or not (TABLES[table].table.id_from or TABLES[table].table.group == "Views")


GIVEN = tuple(name for name in TABLES if is_given(name))


def read_retired(file: Path, faults: Faults) -> dict[tuple[str, str | None], Retired]:
    """The retired ids of a file; none where there is no file. What is wrong with it goes to `faults`."""
    found: dict[tuple[str, str | None], Retired] = {}
    if not file.is_file():
        return found
    content = read_yaml(file, faults)
    items = list(rows_of(content, file, faults))
    whole = {str(given["table"]) for given in items if "id" not in given and isinstance(given.get("table"), Text)}
    for given in items:
        retired = _retired(given, whole, faults)
        if retired is None:
            continue
        key = (retired.table, retired.row_id)
        if key in found:
            what = f"{retired.row_id or 'the table'} of {retired.table} is retired twice"
            why = f"it stands on line {found[key].place.line} already"
            faults.add(retired.place, what, why, "keep one of them")
        else:
            found[key] = retired
    return found


def _retired(given: Fields, whole: set[str], faults: Faults) -> Retired | None:
    """One item of the file; None after a fault."""
    sound = True

    def fault(place: Place, what: str, why: str, remedy: str) -> None:
        nonlocal sound
        sound = False
        faults.add(place, what, why, remedy)

    for name in given:
        if name not in _FIELDS:
            why = "it is no field of a retired id"
            fault(given.place_of(name), f"unknown field {name}", why, did_you_mean(name, _FIELDS, "fields"))
    for name in ("table", "id", "reason"):
        if name in given and (not isinstance(given[name], Text) or not given[name]):
            fault(given.place_of(name), f"{name} is not a text", "it is a single value", "write one value")
    successors = given.get("successor", Items(given.place))
    if isinstance(successors, Text):
        successors = [successors]
    if not isinstance(successors, list) or not all(isinstance(item, Text) and item for item in successors):
        fault(given.place_of("successor"), "successor is not an id", "it is one id or a list of ids", "write it so")
        successors = []
    if "table" not in given:
        fault(given.place, "table is missing", "a retired id is one of a table", "add table")
    if not successors and "reason" not in given:
        fault(
            given.place,
            f"{given.get('id', 'the table')} has neither successor nor reason",
            "who refers to it must learn what became of it",
            "add successor or reason",
        )
    if not sound:
        return None
    table, row_id = str(given["table"]), given.get("id")
    place = given.place_of("id" if "id" in given else "table")
    if row_id is None and table in TABLES:
        fault(place, "id is missing", f"the table {table} is there, so it is not retired whole", "add id")
    elif row_id is not None and table not in TABLES and table not in whole:
        fault(place, f"unknown table {table}", "a retired id is one of a table", did_you_mean(table, GIVEN, "tables"))
    elif row_id is not None and not is_given(table):
        fault(
            place,
            f"an id of {table} is retired",
            "its ids are composed of other columns, and change with them",
            f"take it away; the tables whose ids are retired are: {', '.join(GIVEN)}",
        )
    if not sound:
        return None
    reason = str(given["reason"]) if "reason" in given else None
    return Retired(table, None if row_id is None else str(row_id), tuple(map(str, successors)), reason, place)


def check_retired(normalised: Normalised, retired: RetiredIds, faults: Faults) -> None:
    """No row has a retired id, and whoever follows successors arrives at rows."""
    ids = {name: {str(row[primary_key(TABLES[name])]) for row in normalised.tables[name]} for name in GIVEN}
    for (table, row_id), item in retired.items():
        if row_id is None or table not in TABLES:
            continue
        if row_id in ids[table]:
            faults.add(
                normalised.place(table, row_id),
                f"the {table} row {row_id} has a retired id",
                f"{item.place.file.name}:{item.place.line} retires it, and no id is ever used again",
                "give the row another id",
            )
        else:
            for what in _dead_ends(item, retired, ids[table]):
                remedy = did_you_mean(what.split()[0], sorted(ids[table]), f"ids of {table}")
                faults.add(item.place, f"{row_id}: {what}", "who follows a successor must arrive at a row", remedy)


def _dead_ends(item: Retired, retired: RetiredIds, ids: set[str]) -> Iterator[str]:
    """Where following the successors of a retired id does not arrive at a row, or at a reason."""
    seen: set[str] = set()
    ahead = list(item.successors)
    while ahead:
        row_id = ahead.pop(0)
        if row_id == item.row_id:
            yield f"{row_id} comes to be its own successor"
        elif row_id not in seen:
            following = retired.get((item.table, row_id))
            if following is not None:
                ahead += following.successors
            elif row_id not in ids:
                yield f"{row_id} is no row"
        seen.add(row_id)
