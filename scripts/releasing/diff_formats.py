"""What differs between two packages, for people (text, Markdown), for the changelog, and for programs (JSON lines)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from belarus_iran_pact.core import NAME

from .compare import CellChange, Changes, RowChange, SchemaChange
from .retired import is_given

# Rows with composed ids come and go by the hundred, with their parents: so many of each table are named.
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
        lines += ["", as_changelog(changes).rstrip("\n")]
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
    """The counts for the changelog: how many rows of each table came, went, and changed since the version before."""
    if not changes.counts:
        return f"No row differs from {changes.old}.\n"
    lines = [f"| rows since {changes.old} | added | removed | changed |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| `{name}` | {' | '.join(map(str, counts))} |" for name, counts in changes.counts.items()]
    return "\n".join(lines) + "\n"


def as_json_lines(changes: Changes) -> str:
    """For programs: one object on each line, told apart by `change`; the last one is the summary."""
    return "".join(json.dumps(item, ensure_ascii=False, default=str) + "\n" for item in _objects(changes))


def _objects(changes: Changes) -> Iterator[dict[str, Any]]:
    for change in changes.schema:
        where = {"table": change.table or None, "column": change.column}
        yield {"change": "schema", **where, "what": change.what, "level": change.level.name.lower()}
    for change in changes.files:
        yield {"change": "file", "path": change.table, "what": change.what, "level": change.level.name.lower()}
    for row in changes.rows:
        kind, level = "row_added" if row.added else "row_removed", row.level.name.lower()
        fate = {"successors": row.retired.successors, "reason": row.retired.reason} if row.retired else {}
        yield {"change": kind, "table": row.table, "id": row.row_id, "level": level, **fate, "row": row.row}
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


def _sections(
    changes: Changes, cells: list[str], code: Callable[[str], str], escaped: Callable[[str], str]
) -> dict[str, list[str]]:
    """What differs, as lines below each title; titles without lines are left out."""
    sections = {
        "Schema": [f"{escaped(_schema(change))} ({change.level.name})" for change in changes.schema],
        "Rows": [*_row_lines(changes, code)],
        "Cells": cells,
        "Files": [f"{code(change.table)}: {change.what} ({change.level.name})" for change in changes.files],
    }
    return {title: lines for title, lines in sections.items() if lines}


def _verdict(changes: Changes) -> str:
    if not changes.level:
        return "nothing differs"
    return f"smallest bump {changes.level.name}, to {changes.smallest}"


def _schema(change: SchemaChange) -> str:
    place = ".".join(part for part in (change.table, change.column) if part)
    return f"{place}: {change.what}" if place else change.what


def _row_lines(changes: Changes, code: Callable[[str], str]) -> Iterator[str]:
    groups: dict[tuple[str, bool], list[RowChange]] = {}
    for change in changes.rows:
        groups.setdefault((change.table, change.added), []).append(change)
    for (table, added), members in groups.items():
        sign, shown = "added" if added else "removed", members if is_given(table) else members[:SHOWN]
        for change in shown:
            fate = "" if added or not is_given(table) else " (UNEXPLAINED)"
            if change.retired:
                fate = f" ({change.retired.fate})"
            yield f"{table}: {sign} {code(change.row_id)}{fate} ({change.level.name})"
        if len(members) > len(shown):
            yield f"{table}: {sign} {len(members) - len(shown)} more; --format jsonl lists them"


def _why(cell: CellChange) -> list[str]:
    lines = [
        f"{row['passage_id']} [{row['start']}:{row['end']}] {_value(row['quote'])} ({row['basis']}, {row['stance']})"
        for row in cell.evidence
    ]
    for row in cell.gaps:
        quote = f", {row['passage_id']} {_value(row['quote'])}" if row["quote"] else ""
        candidate = f", perhaps {row['candidate']}" if row["candidate"] else ""
        lines.append(f"empty: {row['reason']}{candidate}{quote}")
    return lines or [f"no evidence: the column is {cell.origin or 'of no origin'}"]


def _value(value: Any) -> str:
    return "null" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _code(text: str) -> str:
    return f"`{text}`"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
