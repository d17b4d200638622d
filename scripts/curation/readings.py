"""Second readings: the file `readings.yaml` of a coding folder, and the rows of `readings` that it gives.

    - table_name: provision_actors
      columns: [role]
      rows:
        provision-training.actor-iran.beneficiary: beneficiary
      adjudications:
        - {row_id: ROW, column_name: role, first: TERM, decision: second, reason: why the second reading is right}

A line of `rows` has what the second reading has in these columns: a value, the reason why the cell is empty, or `"null"` for an
empty cell that needs none. The first reading is the coding itself; where the two differ, an adjudication says what the first was, and
which of them the cell now follows.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belarus_iran_pact.core.judging import Slot, filled, labels, slot_name, slots, values_of
from belarus_iran_pact.core.table import Part, Row, Tables, fields
from belarus_iran_pact.models import DATASET, TABLES

from .faults import Faults, Place, did_you_mean
from .form import mapping, mappings, one_or_many, reject_unknown, text_of
from .read import Fields, Text, read_yaml, rows_of

READINGS = DATASET.part(Part.READINGS)
FILE = f"{READINGS}.yaml"
NULL = "null"
KEYS = ("table_name", "columns", "rows", "adjudications")
ADJUDICATION = ("row_id", "column_name", "first", "decision", "reason")
WIDTH = 160

Lines = dict[str, tuple[str | None, ...]]
"""What a reading has in some slots of a table, by row id."""


@dataclass(frozen=True)
class Group:
    """Lines of one table, all with the same slots, and what was adjudicated, by row id and slot.

    An adjudication has the columns `first`, `decision` and `reason`.
    """

    model: type[Row]
    slots: tuple[Slot, ...]
    lines: Lines
    adjudications: dict[tuple[str, str], Fields] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


def group_of(given: Fields, faults: Faults) -> Group | None:
    """What an item of the file says; None after a fault that leaves nothing to go by."""
    reject_unknown(given, KEYS, "an item of readings", faults)
    table = text_of(given, "table_name", faults)
    if table is None or table not in TABLES or not slots(TABLES[table]):
        known = [name for name, model in TABLES.items() if slots(model)]
        what = "table_name is missing" if table is None else f"{table} has no judged columns"
        place = given.place if table is None else table.place
        faults.add(place, what, "a reading is of a table's judged columns", did_you_mean(table or "", known, "tables"))
        return None
    by_name = {slot_name(slot): slot for slot in slots(TABLES[table])}
    names = one_or_many(given.get("columns"))
    for name in names:
        if name not in by_name:
            remedy = did_you_mean(str(name), by_name, "columns")
            faults.add(name.place, f"unknown column {name}", f"nothing in {table} is judged under this name", remedy)
    if not names or any(name not in by_name for name in names):
        if not names:
            faults.add(
                given.place_of("columns"),
                "no columns",
                "the values of each line are in their order",
                "name the columns",
            )
        return None
    group = Group(TABLES[table], tuple(by_name[name] for name in names), {})
    rows = mapping(given, "rows", faults)
    for row_id, value in rows.items():
        values = one_or_many(value)
        if len(values) != len(names) or not all(isinstance(item, Text) for item in values):
            what, why = f"{row_id} has {len(values)} values", f"there are {len(names)} columns: {', '.join(names)}"
            faults.add(rows.place_of(row_id), what, why, f'write a value for each, or "{NULL}"')
            continue
        group.lines[str(row_id)] = tuple(None if item == NULL else str(item) for item in values)
        group.places[str(row_id)] = rows.place_of(row_id)
    for item in mappings(given.get("adjudications"), "adjudications", faults):
        _adjudicate(group, item, faults)
    return group


def _adjudicate(group: Group, item: Fields, faults: Faults) -> None:
    reject_unknown(item, ADJUDICATION, "an adjudication", faults)
    missing = [name for name in ADJUDICATION if text_of(item, name, faults) is None]
    for name in missing:
        why = "it says which cell is meant, what the first reading was, which of the two holds, and why"
        faults.add(item.place, f"the adjudication has no {name}", why, f"add {name}")
    cell = str(item.get("row_id")), str(item.get("column_name"))
    if missing:
        return
    if cell[0] not in group.lines or cell[1] not in map(slot_name, group.slots):
        what = f"an adjudication of {cell[1]} of {cell[0]}"
        why = f"the lines above have no second reading of it in {group.model.table.name}"
        faults.add(item.place, what, why, did_you_mean(cell[0], group.lines, "rows"))
    elif cell in group.adjudications:
        faults.add(item.place, f"{cell[1]} of {cell[0]} is adjudicated twice", "one decision holds", "keep one")
    else:
        group.adjudications[cell] = item


def add_readings(groups: Sequence[tuple[str, Group]], tables: Tables) -> Iterator[tuple[dict[str, Any], Place, Place]]:
    """The rows of the table of readings that the groups of each source give, and where each and its adjudication are written."""
    values: dict[str, Lines] = {}
    for source_id, group in groups:
        name, names = group.model.table.name, [slot_name(slot) for slot in slots(group.model)]
        if name not in values:
            values[name] = values_of(DATASET, tables, name)
        rows = {row[fields(group.model)[0].name]: row for row in tables[name]}
        for row_id, line in group.lines.items():
            coded = dict(zip(names, values[name].get(row_id, ()), strict=False))
            for slot, second in zip(group.slots, line, strict=True):
                ruling = group.adjudications.get((row_id, slot_name(slot)))
                # That a row does not exist is a fault of its own; nothing else is to follow from it.
                first = coded[slot_name(slot)] if coded else second
                if ruling is not None:
                    first = None if ruling["first"] == NULL else str(ruling["first"])
                row: dict[str, Any] = dict.fromkeys(item.name for item in fields(TABLES[READINGS]))
                row |= {"source_id": source_id, "table_name": name, "row_id": row_id}
                row["column_name"] = filled(rows.get(row_id, {}), slot).name
                # Terms that are joined have no order.
                row |= {"first_value": first, "second_value": first if labels(first) == labels(second) else second}
                if ruling is not None:
                    row |= {"decision": str(ruling["decision"]), "reason": str(ruling["reason"])}
                yield row, group.places[row_id], ruling.place if ruling else group.places[row_id]


# --- The file ---

_HEAD = """\
# A second reading: for each row of the coding what the second reader has in the judged columns, in the order of `columns`; for an
# empty cell its reason. scripts/second_reading.py writes it; adjudications are written by hand. seeds/CODING.md, part 4, tells how.
"""


def groups_in(file: Path, faults: Faults) -> list[Group]:
    """The groups of a coding folder's file; none where there is no file."""
    content = read_yaml(file, faults) if file.is_file() else None
    found = (group_of(item, faults) for item in rows_of(content, file, faults))
    return [group for group in found if group is not None]


def merged(earlier: Sequence[Group], taken: dict[str, Lines]) -> list[Group]:
    """Groups with the lines taken, by table, in place of earlier ones of the same rows, in the order of the tables."""
    found: list[Group] = []
    for name, model in TABLES.items():
        lines = taken.get(name, {})
        mine = [group for group in earlier if group.model is model]
        for group in mine:
            for row_id in lines:
                group.lines.pop(row_id, None)
        whole = next((group for group in mine if group.slots == slots(model)), None)
        if whole is not None:
            whole.lines.update(lines)
        elif lines:
            mine.append(Group(model, slots(model), dict(lines)))
        found += [group for group in mine if group.lines]
    return found


def file_text(groups: Sequence[Group]) -> str:
    """The text of the file."""
    parts = [_HEAD]
    for group in groups:
        lines = [f"- table_name: {group.model.table.name}"]
        lines += _wrapped(f"  columns: [{', '.join(map(slot_name, group.slots))}]")
        lines.append("  rows:")
        for row_id, line in group.lines.items():
            values = [_scalar(NULL if value is None else value) for value in line]
            lines += _wrapped(f"    {row_id}: " + (values[0] if len(values) == 1 else f"[{', '.join(values)}]"))
        lines += ["  adjudications:"] if group.adjudications else []
        for item in group.adjudications.values():
            lines += _wrapped(f"    - {{{', '.join(f'{key}: {_scalar(str(item[key]))}' for key in ADJUDICATION)}}}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False)


def _scalar(value: str) -> str:
    """A text as YAML, quoted where it is more than plain words and marks that mean nothing there."""
    plain = value != NULL and re.fullmatch(r"[A-Za-z0-9][\w.;+/-]*[\w+-]|[A-Za-z0-9]", value)
    return value if plain else json.dumps(value, ensure_ascii=False)
