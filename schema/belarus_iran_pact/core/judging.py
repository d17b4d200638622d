"""What is judged in a row and so is read twice, when two readings agree, and how far they do.

A *slot* is a judged column; or columns of which each row fills exactly one, which are one judgement.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .column import JOINT, as_text
from .table import Dataset, Field, Part, Row, Tables, fields, primary_key

Slot = tuple[Field, ...]
Cell = tuple[str, str, str]
"""A cell: table, row id, column."""

_OF_SPAN = ("source_id", "passage_id")


@functools.cache
def slots(model: type[Row]) -> tuple[Slot, ...]:
    """What is judged in each row of a table: its terms, booleans, EDTF dates and links.

    Not judged are links that say where its words are, and of rows within others those that tell the row from the rest.
    """
    table = model.table
    if table.rows_from != "coding":
        return ()
    known_by = table.id_from if table.within else ()
    coded = [
        item for item in fields(model) if _is_code(item) and not (item.column.origin == "key" and item.name in known_by)
    ]
    choices = [item for item in coded if item.name in {name for names in table.one_of for name in names}]
    alone: list[Slot] = [(item,) for item in coded if item not in choices]
    return (*((tuple(choices),) if choices else ()), *alone)


def _is_code(item: Field) -> bool:
    column = item.column
    if column.explained:
        return bool(column.vocabulary or column.references or column.edtf) or item.type == "boolean"
    return column.origin == "key" and column.references is not None and item.name not in _OF_SPAN


def slot_name(slot: Slot) -> str:
    """The name of a slot: of its column, or of the first of several with a mark that there are more."""
    return slot[0].name if len(slot) == 1 else f"{slot[0].name}/..."


def filled(row: Mapping[str, Any], slot: Slot) -> Field:
    """The column of a slot that a row fills; the first if it fills none."""
    return next((item for item in slot if row.get(item.name) is not None), slot[0])


def reasons_of(gaps: Iterable[dict[str, Any]]) -> dict[Cell, str]:
    """Why cells are empty: the reason of each cell's gaps; several are joined, in alphabetical order."""
    found: dict[Cell, set[str]] = defaultdict(set)
    for gap in gaps:
        found[(gap["table_name"], gap["row_id"], gap["column_name"])].add(gap["reason"])
    return {cell: JOINT.join(sorted(reasons)) for cell, reasons in found.items()}


def values_of(dataset: Dataset, tables: Tables, table: str) -> dict[str, tuple[str | None, ...]]:
    """For each row of a table what it says in each slot, as text: its value, or the reason why it is empty, if it has one."""
    model = dataset.tables[table]
    key = primary_key(model)
    reasons = reasons_of(row for row in tables[dataset.part(Part.GAPS)] if row["table_name"] == table)
    return {
        row[key]: tuple(
            as_text(row[item.name]) if row[item.name] is not None else reasons.get((table, row[key], item.name))
            for item in (filled(row, slot) for slot in slots(model))
        )
        for row in tables[table]
    }


def judged_cells(dataset: Dataset, tables: Tables) -> Iterator[Cell]:
    """Every judged cell, in the order of the tables."""
    asked = {
        (name, item.name) for name, model in dataset.tables.items() for item in fields(model) if item.column.question
    }
    for name, model in dataset.tables.items():
        for row in tables[name] if slots(model) else ():
            # A question that a column asks is made of a gap, and says again what the gap says.
            if model.table.part is not Part.QUESTIONS or (row["table_name"], row["column_name"]) not in asked:
                for slot in slots(model):
                    yield name, row[primary_key(model)], filled(row, slot).name


def unread(dataset: Dataset, tables: Tables) -> dict[tuple[str, str], list[str]]:
    """The judged columns that have no second reading, by table and row id."""
    readings = tables[dataset.part(Part.READINGS)]
    read = {(row["table_name"], row["row_id"], row["column_name"]) for row in readings}
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in judged_cells(dataset, tables):
        if cell not in read:
            found[cell[:2]].append(cell[2])
    return found


def told_unread(rows: Mapping[tuple[str, str], list[str]], limit: int = 3) -> str:
    """How many rows are not yet read twice, and the first of them."""
    first = ", ".join(f"{table} {row_id}" for table, row_id in itertools.islice(rows, limit))
    rest = f" and {len(rows) - limit} more" if len(rows) > limit else ""
    return f"{len(rows)} rows have codes that were not read a second time: {first}{rest}"


# --- How far readings agree ---


def labels(value: str | None) -> frozenset[str]:
    """What a value says: its terms, whatever their order; nothing for an empty cell that needs no reason."""
    return frozenset(value.split(JOINT)) if value is not None else frozenset()


def alpha(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Krippendorff's alpha, nominal, for pairs of values; None where all are the same, which leaves it undefined.

    A null is a decision like any other and counts as a value.
    """
    counts = Counter(value for pair in pairs for value in pair)
    total = counts.total()
    # Of all ways to pair two of the values, how many pair different ones; twice, since either may come first.
    different = total**2 - sum(count**2 for count in counts.values())
    if not different:
        return None
    return 1 - (total - 1) * 2 * sum(first != second for first, second in pairs) / different
