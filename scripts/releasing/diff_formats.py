"""What differs between two packages, for people (text, Markdown), for the changelog, and for programs (JSON lines)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from publication.descriptor import NAME

from .compare import CellChange, Changes, RowChange, SchemaChange
from .retired import is_given

# Rows with composed ids come and go by the hundred, with their parents: so many of each table are named.
SHOWN = 10


def as_text(changes: Changes) -> str:
    """For reading on a terminal."""
    lines = [f"{NAME} {changes.old} -> {changes.new}", _verdict(changes)]
    if changes.counts:
        width = max(map(len, changes.counts))
        lines += ["", f"{'table':<{width}} {'added':>7} {'removed':>7} {'changed':>7}"]
        lines += [
            f"{table:<{width}} {counts.added:>7} {counts.removed:>7} {counts.changed:>7}"
            for table, counts in changes.counts.items()
        ]
    if changes.schema:
        lines += ["", "schema", *(f"  {_schema(change)} ({change.level.name})" for change in changes.schema)]
    if changes.rows:
        lines += ["", "rows", *(f"  {line}" for line in _row_lines(changes, str))]
    if changes.cells:
        lines += ["", "cells"]
        for cell in changes.cells:
            lines.append(f"  {cell.table} {cell.row_id} {cell.column}: {_value(cell.old)} -> {_value(cell.new)}")
            lines += [f"      {line}" for line in _why(cell)]
    if changes.files:
        lines += ["", "files", *(f"  {change.table}: {change.what} ({change.level.name})" for change in changes.files)]
    return "\n".join(lines) + "\n"


def as_markdown(changes: Changes) -> str:
    """For release notes and reviews; headings are of the third level, so that it can stand in a section."""
    lines = [f"{NAME} {changes.old} → {changes.new}: {_verdict(changes)}."]
    if changes.counts:
        lines += ["", as_changelog(changes).rstrip("\n")]
    if changes.schema:
        lines += ["", "### Schema", ""]
        lines += [f"- {_escaped(_schema(change))} ({change.level.name})" for change in changes.schema]
    if changes.rows:
        lines += ["", "### Rows", "", *(f"- {line}" for line in _row_lines(changes, _code))]
    if changes.cells:
        lines += ["", "### Cells", "", "| cell | old | new | why |", "| --- | --- | --- | --- |"]
        for cell in changes.cells:
            why = "<br>".join(_escaped(line) for line in _why(cell))
            name = f"{cell.table} {cell.row_id} {cell.column}"
            lines.append(f"| {_code(name)} | {_escaped(_value(cell.old))} | {_escaped(_value(cell.new))} | {why} |")
    if changes.files:
        lines += ["", "### Files", ""]
        lines += [f"- {_code(change.table)}: {change.what} ({change.level.name})" for change in changes.files]
    return "\n".join(lines) + "\n"


def as_changelog(changes: Changes) -> str:
    """The counts for the changelog: how many rows of each table came, went, and changed since the version before."""
    if not changes.counts:
        return f"No row differs from {changes.old}.\n"
    lines = [f"| rows since {changes.old} | added | removed | changed |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| `{table}` | {counts.added} | {counts.removed} | {counts.changed} |"
        for table, counts in changes.counts.items()
    ]
    return "\n".join(lines) + "\n"


def as_json_lines(changes: Changes) -> str:
    """For programs: one object on each line, told apart by `change`; the last one is the summary."""
    return "".join(json.dumps(item, ensure_ascii=False, default=str) + "\n" for item in _objects(changes))


def _objects(changes: Changes) -> Iterator[dict[str, Any]]:
    for change in changes.schema:
        yield {"change": "schema", "table": change.table or None, "column": change.column} | _what(change)
    for change in changes.files:
        yield {"change": "file", "path": change.table} | _what(change)
    for row in changes.rows:
        level = row.level.name.lower()
        yield {
            "change": "row_added" if row.added else "row_removed",
            "table": row.table,
            "id": row.row_id,
            "level": level,
            **({} if row.retired is None else {"successors": row.retired.successors, "reason": row.retired.reason}),
            "row": row.row,
        }
    for cell in changes.cells:
        yield {
            "change": "cell",
            "table": cell.table,
            "id": cell.row_id,
            "column": cell.column,
            "origin": cell.origin,
            "level": cell.level.name.lower(),
            "old": cell.old,
            "new": cell.new,
            "evidence": cell.evidence,
            "gaps": cell.gaps,
        }
    yield {
        "change": "summary",
        "old": changes.old,
        "new": changes.new,
        "level": changes.level.name.lower(),
        "smallest_version": changes.smallest,
        "rows": {table: vars(counts) for table, counts in changes.counts.items()},
        "faults": changes.faults,
    }


def _what(change: SchemaChange) -> dict[str, str]:
    return {"what": change.what, "level": change.level.name.lower()}


def _verdict(changes: Changes) -> str:
    if not changes.level:
        return "nothing differs"
    return f"smallest bump {changes.level.name}, to {changes.smallest}"


def _schema(change: SchemaChange) -> str:
    place = ".".join(part for part in (change.table, change.column) if part)
    return f"{place}: {change.what}" if place else change.what


def _row_lines(changes: Changes, quoted: Callable[[str], str]) -> Iterator[str]:
    groups: dict[tuple[str, bool], list[RowChange]] = {}
    for change in changes.rows:
        groups.setdefault((change.table, change.added), []).append(change)
    for (table, added), members in groups.items():
        sign = "added" if added else "removed"
        shown = members if is_given(table) else members[:SHOWN]
        for change in shown:
            if added or not is_given(table):
                fate = ""
            else:
                fate = f" ({change.retired.fate})" if change.retired else " (UNEXPLAINED)"
            yield f"{table}: {sign} {quoted(change.row_id)}{fate} ({change.level.name})"
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
