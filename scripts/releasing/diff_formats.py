"""What differs between two packages, for people (text, Markdown), for the changelog, and for programs (JSON lines)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from belarus_iran_pact.core import NAME
from belarus_iran_pact.core.column import EXPLAINED_ORIGINS
from belarus_iran_pact.models import TABLES

from .compare import (
    ADDED,
    REMOVED,
    RENAMED,
    RETYPED,
    TABLE_ADDED,
    TABLE_REMOVED,
    CellChange,
    Changes,
    Row,
    RowChange,
    SchemaChange,
)
from .retired import Retired, is_given

# New rows, and rows with composed ids, come by the hundred: so many of each table are named. Those of a new table are all new,
# and a hash names nothing.
SHOWN = 10


def as_text(changes: Changes) -> str:
    """For reading on a terminal."""
    lines = [f"{NAME} {changes.old} -> {changes.new}", _verdict(changes)]
    if changes.counts:
        width = max(map(len, changes.counts))
        rows = [("table", ("added", "removed", "changed")), *changes.counts.items()]
        lines += ["", *(f"{name:<{width}} {a:>7} {b:>7} {c:>7}" for name, (a, b, c) in rows)]
    cells = []
    for cell in changes.cells:
        cells.append(f"{cell.table} {cell.row_id} {cell.column}: {_value(cell.old)} -> {_value(cell.new)}")
        cells += [f"    {line}" for line in _why(cell)]
    for title, items in _sections(changes, cells, str, str).items():
        lines += ["", title.lower(), *(f"  {item}" for item in items)]
    return "\n".join(lines) + "\n"


def as_markdown(changes: Changes) -> str:
    """For release notes and reviews; headings are of the third level, so that it can stand in a section."""
    lines = [f"{NAME} {changes.old} → {changes.new}: {_verdict(changes)}."]
    if changes.counts:
        lines += ["", *_counts(changes)]
    cells = []
    for cell in changes.cells:
        name, why = f"{cell.table} {cell.row_id} {cell.column}", "<br>".join(map(_escaped, _why(cell)))
        cells.append(f"| {_code(name)} | {_escaped(_value(cell.old))} | {_escaped(_value(cell.new))} | {why} |")
    for title, items in _sections(changes, cells, _code, _escaped).items():
        lines += ["", f"### {title}", ""]
        if title == "Cells":
            lines += ["| cell | old | new | why |", "| --- | --- | --- | --- |", *items]
        else:
            lines += [f"- {item}" for item in items]
    return "\n".join(lines) + "\n"


def as_changelog(changes: Changes) -> str:
    """For the changelog: old and new columns, and how many rows of each table came, went, and changed."""
    columns = columns_table(changes)
    counts = _counts(changes) if changes.counts else [f"No row differs from {changes.old}."]
    return "\n".join([*columns, *([""] if columns else []), *counts]) + "\n"


def columns_table(changes: Changes) -> list[str]:
    """A Markdown table of the columns and tables that came, went, or have another name or type; no line if there are none.

    What happened to columns of one name in several tables stands in one row, and so do the new columns of a table.
    """
    gone: dict[tuple[str, str], list[str]] = {}
    retyped: dict[tuple[str, str], list[str]] = {}
    added: dict[str, list[str]] = {}
    for change in changes.schema:
        table, column = _code(change.table), _code(change.column or "")
        if change.what == ADDED:
            added.setdefault(table, []).append(column)
        elif change.what == TABLE_ADDED:
            added[table] = ["a new table"]
        elif change.what in (REMOVED, TABLE_REMOVED) or change.retired is not None:
            row = column if change.column else "the table", _became(change.retired, f"{change.table}.")
            gone.setdefault(row, []).append(table)
        elif change.what.startswith(RETYPED):
            retyped.setdefault((table, change.what.removeprefix(RETYPED)), []).append(column)
    lines = [f"| {', '.join(tables)} | {old} | {new} |" for (old, new), tables in gone.items()]
    for (table, types), columns in retyped.items():
        old, _, new = types.partition(" -> ")
        lines.append(f"| {table} | {', '.join(columns)}: {old} | {new} |")
    lines += [f"| {table} | | {', '.join(columns)} |" for table, columns in added.items()]
    head = [f"| table | {changes.old} | {changes.new} |", "| --- | --- | --- |"]
    return [*head, *lines] if lines else []


def _became(retired: Retired | None, own: str) -> str:
    """What became of a column, as Markdown; columns of its own table, whose names begin with `own`, without the table."""
    if retired is None:
        return ""
    successors = ", ".join(_code(successor.removeprefix(own)) for successor in retired.successors)
    return "; ".join(part for part in (successors, _escaped(retired.reason or "")) if part)


def _counts(changes: Changes) -> list[str]:
    """A Markdown table of the counts."""
    lines = [f"| rows since {changes.old} | added | removed | changed |", "| --- | ---: | ---: | ---: |"]
    return lines + [f"| `{name}` | {' | '.join(map(str, counts))} |" for name, counts in changes.counts.items()]


def as_json_lines(changes: Changes) -> str:
    """For programs: one object on each line, told apart by `change`; the last one is the summary."""
    return "".join(json.dumps(item, ensure_ascii=False, default=str) + "\n" for item in _objects(changes))


def _objects(changes: Changes) -> Iterator[dict[str, Any]]:
    for change in changes.schema:
        where = {"table": change.table or None, "column": change.column}
        level = change.level.name.lower()
        yield {"change": "schema", **where, "what": change.what, "level": level, **_fate(change.retired)}
    for change in changes.files:
        yield {"change": "file", "path": change.table, "what": change.what, "level": change.level.name.lower()}
    for row in changes.rows:
        kind, level = "row_added" if row.added else "row_removed", row.level.name.lower()
        yield {
            "change": kind,
            "table": row.table,
            "id": row.row_id,
            "level": level,
            **_fate(row.retired),
            "row": row.row,
        }
    for cell in changes.cells:
        said = {"id" if name == "row_id" else name: value for name, value in vars(cell).items()}
        yield {"change": "cell", **said, "level": cell.level.name.lower()}
    yield {
        "change": "summary",
        "old": changes.old,
        "new": changes.new,
        "level": changes.level.name.lower(),
        "smallest_version": changes.smallest,
        "rows": {table: counts._asdict() for table, counts in changes.counts.items()},
        "faults": changes.faults,
    }


def _fate(retired: Retired | None) -> dict[str, Any]:
    return {"successors": retired.successors, "reason": retired.reason} if retired else {}


def _sections(
    changes: Changes, cells: list[str], code: Callable[[str], str], escaped: Callable[[str], str]
) -> dict[str, list[str]]:
    """What differs, as lines below each title; titles without lines are left out."""
    sections = {
        "Schema": [*map(escaped, _schema_lines(changes))],
        "Rows": [*_row_lines(changes, code)],
        "Cells": cells,
        "Files": [f"{code(change.table)}: {change.what} ({change.level.name})" for change in changes.files],
    }
    return {title: lines for title, lines in sections.items() if lines}


def _verdict(changes: Changes) -> str:
    if not changes.level:
        return "nothing differs"
    return f"smallest bump {changes.level.name}, to {changes.smallest}"


def _schema_lines(changes: Changes) -> Iterator[str]:
    """A line for each change of schemas; columns of a table that changed in the same way share one."""
    groups: dict[tuple[str, str], list[str]] = {}
    for change in changes.schema:
        what = f"{change.what}{_parenthesis(change)} ({change.level.name})"
        groups.setdefault((change.table, what), []).extend([change.column] if change.column else [])
    for (table, what), columns in groups.items():
        place = ".".join(part for part in (table, ", ".join(columns)) if part)
        yield f"{place}: {what}" if place else what


def _parenthesis(change: SchemaChange | RowChange) -> str:
    """What became of what is gone, in parentheses."""
    renamed = gone = False
    if isinstance(change, SchemaChange):
        renamed, gone = change.what.startswith(RENAMED), change.what == REMOVED
    else:
        gone = not change.added and is_given(change.table)
    fate = "UNEXPLAINED" if gone else None
    if change.retired:
        fate = change.retired.reason if renamed else change.retired.fate
    return f" ({fate})" if fate else ""


def _row_lines(changes: Changes, code: Callable[[str], str]) -> Iterator[str]:
    groups: dict[tuple[str, bool], list[RowChange]] = {}
    for change in changes.rows:
        groups.setdefault((change.table, change.added), []).append(change)
    new = {change.table for change in changes.schema if change.what == TABLE_ADDED}
    for (table, added), members in groups.items():
        sign, shown = "added" if added else "removed", members
        if (added and table in new) or (table in TABLES and TABLES[table].table.id_hashed):
            shown = []
        elif added or not is_given(table):
            shown = members[:SHOWN]
        for change in shown:
            yield f"{table}: {sign} {code(change.row_id)}{_parenthesis(change)} ({change.level.name})"
        if len(members) > len(shown):
            more = " more" if shown else ""
            yield f"{table}: {sign} {len(members) - len(shown)}{more}; --format jsonl lists them"


def _why(cell: CellChange) -> list[str]:
    return why(cell.evidence, cell.gaps) or (["no evidence"] if cell.origin in EXPLAINED_ORIGINS else [])


def why(evidence: list[Row], gaps: list[Row]) -> list[str]:
    """What the rows of `evidence` and `gaps` of a cell say, each in a line."""
    lines = [f"{row['passage_id']} {_value(row['quote'])} ({row['basis']}, {row['stance']})" for row in evidence]
    for row in gaps:
        quote = f", {row['passage_id']} {_value(row['quote'])}" if row["quote"] else ""
        candidate = f", perhaps {row['candidate']}" if row["candidate"] else ""
        lines.append(f"empty: {row['reason']}{candidate}{quote}")
    return lines


def _value(value: Any) -> str:
    return "null" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _code(text: str) -> str:
    return f"`{text}`"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
