"""Why a value is there: from a cell to the words it rests on, and from a sentence to everything that rests on it.

    explain("events", "event-minsk-meeting", "place_name")    a cell
    explain("events", "event-minsk-meeting")                  a row
    mentions_of("actor-revenko")                              an actor's mentions
    sentence(4)                                               all that rests on a sentence

Each answer prints readably in a terminal and shows as HTML in a notebook. `Joined` finds the answers in any tables given as
rows; the functions ask it about the installed ones.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .core.column import ORIGINS
from .core.messages import UsageError, unknown
from .core.table import Field, fields, primary_key
from .loading import load
from .models import TABLES
from .vocabularies import FACTUALITY, GAP_REASON, INFERENCE_RULE

if TYPE_CHECKING:
    from ._names import TableName

# --- Answers ---


class _Marked(str):
    """Words of a source, which a terminal shows in guillemets and a notebook marked."""

    __slots__ = ()


Line = tuple[str, ...]
"""A line of an answer, in parts, of which some are marked."""

Row = tuple[str, list[Line]]
"""Lines of an answer under their heading."""


def _text(line: Line) -> str:
    return "".join(f"«{part}»" if isinstance(part, _Marked) else part for part in line)


def _html(line: Line) -> str:
    return "".join(f"<mark>{escape(part)}</mark>" if isinstance(part, _Marked) else escape(part) for part in line)


class _Answer:
    """What all answers share: a title, and below it headed lines, which print as text and show as an HTML table."""

    def _told(self) -> tuple[str, list[Row]]:
        raise NotImplementedError

    def __repr__(self) -> str:
        title, rows = self._told()
        width = max((len(heading) for heading, _ in rows), default=0)
        indent = "\n" + " " * (width + 4)
        texts = [(heading, "\n".join(map(_text, lines))) for heading, lines in rows]
        told = (f"  {heading:<{width}}  {text.replace(chr(10), indent)}".rstrip() for heading, text in texts)
        return "\n".join([title, *told])

    def _repr_html_(self) -> str:
        title, rows = self._told()
        told = (
            f"<tr><th>{escape(heading)}</th><td>{'<br>'.join(map(_html, lines))}</td></tr>" for heading, lines in rows
        )
        return f"<table><caption>{escape(title)}</caption>{''.join(told)}</table>"


@dataclass(frozen=True)
class Words:
    """Words of a source in their sentence.

    Attributes:
        passage_id: the sentence.
        ordinal: its number within the source, from 1.
        before, quote, after: the sentence, cut at the words quoted.
        start, end: the words' place in the source, in Unicode code points from 0, `end` excluded.
    """

    passage_id: str
    ordinal: int
    before: str
    quote: str
    after: str
    start: int
    end: int

    def __str__(self) -> str:
        return _text(self.line())

    def line(self) -> Line:
        """The sentence's number and words, those quoted marked."""
        return f"[{self.ordinal}] {self.before}", _Marked(self.quote), self.after


@dataclass(frozen=True)
class Reason:
    """One reason for a cell's value, or for its being empty.

    Attributes:
        text: how the value rests on the words, or why the cell is empty.
        words: the words, where there are any.
        row: the row of `evidence` or `gaps` that gives the reason, as "TABLE/ID"; "" where the column itself does.
    """

    text: str
    words: Words | None
    row: str = ""


@dataclass(frozen=True, repr=False)
class CellExplanation(_Answer):
    """Why a cell has its value, or none.

    Attributes:
        table, row_id, column: the cell.
        value: its value; None where it is empty.
        meaning: what the column means.
        origin: where the column's values come from.
        voice: the name of whoever says so; None where the table has no voice.
        certainty: how sure that voice is, in words; None likewise.
        reasons: evidence for the value, or gaps where it is empty.
    """

    table: str
    row_id: str
    column: str
    value: object
    meaning: str
    origin: str
    voice: str | None
    certainty: str | None
    reasons: tuple[Reason, ...]

    def _told(self) -> tuple[str, list[Row]]:
        told = {
            "value": "empty" if self.value is None else str(self.value),
            "means": self.meaning,
            "origin": self.origin,
        }
        if self.voice is not None:
            told["voice"] = f"{self.voice} ({self.certainty})"
        rows: list[Row] = [(heading, [(text,)]) for heading, text in told.items()]
        rows += [(reason.text, [reason.words.line()] if reason.words else []) for reason in self.reasons]
        return f"{self.table} / {self.row_id} / {self.column}", rows


@dataclass(frozen=True, repr=False)
class RowExplanation(_Answer):
    """Why a row is as it is: one explanation for each cell."""

    table: str
    row_id: str
    cells: tuple[CellExplanation, ...]

    def _told(self) -> tuple[str, list[Row]]:
        rows = []
        for cell in self.cells:
            lines: list[Line] = [("-" if cell.value is None else str(cell.value),)]
            for reason in cell.reasons:
                words = (f": [{reason.words.ordinal}] ", _Marked(reason.words.quote)) if reason.words else ()
                lines.append((f"  {reason.text}", *words))
            rows.append((cell.column, lines))
        return f"{self.table} / {self.row_id}", rows


@dataclass(frozen=True, repr=False)
class Sentence(_Answer):
    """A sentence and all that rests on it.

    Attributes:
        passage_id: the sentence.
        ordinal: its number within the source, from 1.
        text: its words.
        rows: each row that rests on it: table, row id, and for each column that does the words.
    """

    passage_id: str
    ordinal: int
    text: str
    rows: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]

    def _told(self) -> tuple[str, list[Row]]:
        rows: list[Row] = []
        for table, row_id, cells in self.rows:
            columns: dict[str, list[str]] = defaultdict(list)
            for column, quote in cells:
                columns[quote].append(column)
            lines: list[Line] = [(_Marked(quote), f" {', '.join(names)}") for quote, names in columns.items()]
            rows.append((f"{table} / {row_id}", lines))
        return f"[{self.ordinal}] {self.text}", rows

    def __repr__(self) -> str:
        # Whole sentences are quoted again and again: they have lines of their own.
        title, rows = self._told()
        return "\n".join([title, *("\n    ".join([f"  {heading}", *map(_text, lines)]) for heading, lines in rows)])


@dataclass(frozen=True, repr=False)
class Mentions(_Answer):
    """The mentions of an actor: how each is expressed, and the words in their sentence."""

    actor_id: str
    name: str
    mentions: tuple[tuple[str, Words], ...]

    def _told(self) -> tuple[str, list[Row]]:
        return f"{self.name} ({self.actor_id})", [(form, [words.line()]) for form, words in self.mentions]


# --- Questions ---


def explain(table: TableName, row_id: str, column: str | None = None) -> CellExplanation | RowExplanation:
    """Why a cell has its value or is empty; without `column`, the same for the whole row.

    Args:
        table: the table's name.
        row_id: the row's primary key.
        column: the column's name.

    Returns:
        A `CellExplanation`, or without `column` a `RowExplanation`.

    Raises:
        ValueError: there is no such table, row or column; the message names close ones.
    """
    if table not in TABLES:
        raise unknown("table", table, TABLES)
    joined = _installed()
    joined.row(table, row_id)
    columns = {item.name: item for item in fields(TABLES[table])}
    if column is None:
        return RowExplanation(table, row_id, tuple(joined.cell(table, row_id, item) for item in columns.values()))
    if column not in columns:
        raise unknown("column", column, columns, f"columns of {table}")
    return joined.cell(table, row_id, columns[column])


def mentions_of(actor_id: str) -> Mentions:
    """All mentions of an actor, in the order of the text.

    Raises:
        ValueError: there is no such actor; the message names close ones.
    """
    joined = _installed()
    name = joined.row("actors", actor_id)["name"]
    found = [row for row in joined.rows("mentions").values() if row["actor_id"] == actor_id]
    found.sort(key=lambda row: (row["source_id"], row["start_char"]))
    return Mentions(actor_id, name, tuple((row["form"], joined.words(row)) for row in found))


def sentence(passage: str | int) -> Sentence:
    """A sentence with every row that rests on it: by evidence, as a mention, or as a side of a discrepancy.

    Args:
        passage: a passage's id, or its number where there is a single source.

    Raises:
        ValueError: there is no such passage, or its number does not tell which source is meant.
    """
    joined = _installed()
    if isinstance(passage, int):
        matching = [row_id for row_id, row in joined.rows("passages").items() if row["ordinal"] == passage]
        if len(matching) != 1:
            known = ", ".join(joined.rows("passages"))
            raise UsageError(f"{len(matching) or 'no'} sentences have the number {passage}; the sentences are: {known}")
        passage = matching[0]
    row = joined.row("passages", passage)
    cells: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
    for item in joined.rows("evidence").values():
        if item["passage_id"] == passage:
            cells[(item["table_name"], item["row_id"])].append((item["start_char"], item["column_name"], item["quote"]))
    order = {name: at for at, name in enumerate(TABLES)}
    keys = sorted(cells, key=lambda key: (order[key[0]], min(cells[key])[0]))
    rows = tuple((*key, tuple((column, quote) for _, column, quote in cells[key])) for key in keys)
    return Sentence(passage, row["ordinal"], row["text"], rows)


# --- The join and its wording ---


class Joined:
    """Tables joined: a row to what explains its cells, that to its words, the words to their sentence, a row to its voice.

    Args:
        rows_of: gives the rows of a table, by its name, as dictionaries of plain values; asked once for each table used.
    """

    def __init__(self, rows_of: Callable[[str], Iterable[dict[str, Any]]]) -> None:
        self._rows_of = rows_of
        self._rows: dict[str, dict[str, dict[str, Any]]] = {}

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        """A table's rows by primary key."""
        if table not in self._rows:
            key = primary_key(TABLES[table])
            self._rows[table] = {row[key]: row for row in self._rows_of(table)}
        return self._rows[table]

    def row(self, table: str, row_id: str) -> dict[str, Any]:
        """A row by its primary key.

        Raises:
            ValueError: there is no such row; the message names close ones.
        """
        rows = self.rows(table)
        if row_id not in rows:
            raise unknown("row", row_id, rows, f"rows of {table}")
        return rows[row_id]

    def words(self, row: dict[str, Any]) -> Words:
        """The words of a row that has a span (`passage_id`, `start_char`, `end_char`)."""
        passage = self.rows("passages")[row["passage_id"]]
        text, start, end = (
            passage["text"],
            row["start_char"] - passage["start_char"],
            row["end_char"] - passage["start_char"],
        )
        cut = text[:start], text[start:end], text[end:]
        return Words(passage["passage_id"], passage["ordinal"], *cut, row["start_char"], row["end_char"])

    def reasons(self, table: str, row_id: str) -> list[tuple[str, Reason]]:
        """The evidence and the gaps of a row, in this order: for each the column and the reason."""
        return self._reasons.get((table, row_id), [])

    def cell(self, table: str, row_id: str, item: Field) -> CellExplanation:
        """All there is to say about a cell."""
        row, column = self.rows(table)[row_id], item.column
        reasons = [reason for name, reason in self.reasons(table, row_id) if name == item.name]
        if row[item.name] is None and column.null_means and not reasons:
            reasons.append(Reason(column.null_means, None))
        voice, certainty = self._voice(table, row)
        return CellExplanation(
            table=table,
            row_id=row_id,
            column=item.name,
            value=row[item.name],
            meaning=column.description,
            origin=f"{column.origin}: {ORIGINS[column.origin]}"
            + (f" Authority: {column.authority}." if column.authority else ""),
            voice=voice,
            certainty=certainty,
            reasons=tuple(reasons),
        )

    @functools.cached_property
    def _reasons(self) -> dict[tuple[str, str], list[tuple[str, Reason]]]:
        found: dict[tuple[str, str], list[tuple[str, Reason]]] = defaultdict(list)
        for kind, wording in (("evidence", _basis), ("gaps", _why_empty)):
            for row_id, row in self.rows(kind).items():
                reason = Reason(wording(row), self.words(row) if row["quote"] else None, f"{kind}/{row_id}")
                found[row["table_name"], row["row_id"]].append((row["column_name"], reason))
        return found

    def _voice(self, table: str, row: dict[str, Any]) -> tuple[str, str] | tuple[None, None]:
        """Whose word a row is and how sure, by itself or by the row that it belongs to."""
        if "voice_actor_id" in row and "factuality" in row:
            name = self.rows("actors")[row["voice_actor_id"]]["name"]
            return name, FACTUALITY.label(row["factuality"]).lower()
        within = TABLES[table].table.within
        if within is None:
            return None, None
        return self._voice(within, self.rows(within)[row[primary_key(TABLES[within])]])


def mentioned(mention: dict[str, Any]) -> tuple[str, str]:
    """The table and the id of what a mention picks out."""
    links = {item.name: str(item.column.references) for item in fields(TABLES["mentions"])}
    ((column,),) = (columns for columns in TABLES["mentions"].table.one_of if mention[columns[0]] is not None)
    return links[column], mention[column]


def _why_empty(gap: dict[str, Any]) -> str:
    label = GAP_REASON.label(gap["reason"]).lower()
    return label if gap["candidate"] is None else f"{label}, possibly {gap['candidate']}"


def _basis(evidence: dict[str, Any]) -> str:
    if evidence["stance"] == "contradicts":
        return f"contradicted ({evidence['value']})"
    if evidence["rule"] is not None:
        return f"{evidence['basis']} by the rule {INFERENCE_RULE.label(evidence['rule']).lower()}"
    return str(evidence["basis"])


@functools.cache
def _installed() -> Joined:
    """The installed tables."""
    return Joined(lambda table: load(table).to_pylist())  # type: ignore[call-overload]
