"""Why a value is there: from a cell to the words it rests on, and from a sentence to all that rests on it.

    explain("events", "event-minsk-meeting", "place_name")    a cell
    explain("events", "event-minsk-meeting")                  a row
    mentions_of("actor-revenko")                              an actor's mentions
    sentence(4)                                               all that rests on a sentence

Each answer prints readably in a terminal and shows as HTML in a notebook.
"""

from __future__ import annotations

import difflib
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .core.column import ORIGINS
from .core.table import Field, fields, primary_key
from .loading import load
from .models import TABLES
from .vocabularies import FACTUALITY, GAP_REASON, INFERENCE_RULE

if TYPE_CHECKING:
    from ._names import TableName

MARK_START, MARK_END = "«", "»"


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
        return f"[{self.ordinal}] {self.before}{MARK_START}{self.quote}{MARK_END}{self.after}"

    def short(self) -> str:
        """The words without the rest of their sentence."""
        return f"[{self.ordinal}] {MARK_START}{self.quote}{MARK_END}"

    def html(self) -> str:
        """The sentence with the words marked."""
        return f"[{self.ordinal}] {escape(self.before)}<mark>{escape(self.quote)}</mark>{escape(self.after)}"


@dataclass(frozen=True)
class Reason:
    """One reason for a cell's value, or for its being empty.

    Attributes:
        text: how the value rests on the words, or why the cell is empty.
        words: the words, where there are any.
    """

    text: str
    words: Words | None


@dataclass(frozen=True)
class CellExplanation:
    """Why a cell has its value, or none.

    Attributes:
        table, row_id, column: the cell.
        value: its value; None where it is empty.
        meaning: what the column means.
        origin: where the column's values come from.
        voice: whose word the row is, by name; None where the table has no voice.
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

    def lines(self) -> Iterator[tuple[str, str]]:
        """What there is to say, as pairs of a heading and a text."""
        yield "value", "empty" if self.value is None else str(self.value)
        yield "means", self.meaning
        yield "origin", self.origin
        if self.voice is not None:
            yield "voice", f"{self.voice} ({self.certainty})"
        for reason in self.reasons:
            yield reason.text, "" if reason.words is None else str(reason.words)

    def __str__(self) -> str:
        return f"{self.table} / {self.row_id} / {self.column}\n{_aligned(self.lines())}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cells = [(heading, escape(text)) for heading, text in self.lines()][: -len(self.reasons) or None]
        cells += [(reason.text, "" if reason.words is None else reason.words.html()) for reason in self.reasons]
        rows = "".join(f"<tr><th>{escape(heading)}</th><td>{text}</td></tr>" for heading, text in cells)
        return f"<table><caption>{escape(f'{self.table} / {self.row_id} / {self.column}')}</caption>{rows}</table>"


@dataclass(frozen=True)
class RowExplanation:
    """Why a row is as it is: one explanation for each cell."""

    table: str
    row_id: str
    cells: tuple[CellExplanation, ...]

    def __str__(self) -> str:
        return f"{self.table} / {self.row_id}\n" + _aligned(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[tuple[str, str]]:
        for cell in self.cells:
            value = "-" if cell.value is None else str(cell.value)
            reasons = [
                f"{reason.text}: {reason.words.short()}" if reason.words else reason.text for reason in cell.reasons
            ]
            yield cell.column, "\n".join([value, *(f"  {reason}" for reason in reasons)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(cell.column)}</th><td>{escape('-' if cell.value is None else str(cell.value))}</td><td>"
            + "<br>".join(
                escape(reason.text) + ("" if reason.words is None else f": <q>{escape(reason.words.quote)}</q>")
                for reason in cell.reasons
            )
            + "</td></tr>"
            for cell in self.cells
        )
        return f"<table><caption>{escape(f'{self.table} / {self.row_id}')}</caption>{rows}</table>"


@dataclass(frozen=True)
class Sentence:
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

    def __str__(self) -> str:
        lines = [f"[{self.ordinal}] {self.text}"]
        for table, row_id, cells in self.rows:
            columns: dict[str, list[str]] = defaultdict(list)
            for column, quote in cells:
                columns[quote].append(column)
            lines.append(f"  {table} / {row_id}")
            lines += [f"    {MARK_START}{quote}{MARK_END} {', '.join(names)}" for quote, names in columns.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(table)}</td><td>{escape(row_id)}</td><td>"
            + "<br>".join(f"{escape(column)}: <mark>{escape(quote)}</mark>" for column, quote in cells)
            + "</td></tr>"
            for table, row_id, cells in self.rows
        )
        return f"<p>[{self.ordinal}] {escape(self.text)}</p><table>{rows}</table>"


@dataclass(frozen=True)
class Mentions:
    """The mentions of an actor: how each is expressed, and the words in their sentence."""

    actor_id: str
    name: str
    mentions: tuple[tuple[str, Words], ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.actor_id})\n" + _aligned((form, str(words)) for form, words in self.mentions)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(form)}</td><td>{words.html()}</td></tr>" for form, words in self.mentions)
        return f"<table><caption>{escape(f'{self.name} ({self.actor_id})')}</caption>{rows}</table>"


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
    row = _row(table, row_id)
    if column is None:
        return RowExplanation(table, row_id, tuple(_cell(table, row_id, row, item) for item in fields(TABLES[table])))
    by_name = {item.name: item for item in fields(TABLES[table])}
    if column not in by_name:
        raise ValueError(_unknown("column", column, by_name, f"the columns of {table}"))
    return _cell(table, row_id, row, by_name[column])


def mentions_of(actor_id: str) -> Mentions:
    """All mentions of an actor, in the order of the text.

    Raises:
        ValueError: there is no such actor; the message names close ones.
    """
    actor = _row("actors", actor_id)
    found = [row for row in _rows("mentions").values() if row["actor_id"] == actor_id]
    found.sort(key=lambda row: (row["source_id"], row["start"]))
    return Mentions(actor_id, actor["name"], tuple((row["form"], _words(row)) for row in found))


def sentence(passage: str | int) -> Sentence:
    """A sentence with every row that rests on it: by evidence, as a mention, or as a side of a discrepancy.

    Args:
        passage: a passage's id, or its number where there is a single source.

    Raises:
        ValueError: there is no such passage, or its number does not tell which source is meant.
    """
    passages = _rows("passages")
    if isinstance(passage, int):
        matching = [row_id for row_id, row in passages.items() if row["ordinal"] == passage]
        if len(matching) != 1:
            raise ValueError(f"no single sentence {passage!r}; the sentences are: {', '.join(passages)}")
        passage = matching[0]
    row = _row("passages", passage)
    cells: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
    for item in _rows("evidence").values():
        if item["passage_id"] == passage:
            cells[(item["table_name"], item["row_id"])].append((item["start"], item["column_name"], item["quote"]))
    order = {name: at for at, name in enumerate(TABLES)}
    keys = sorted(cells, key=lambda key: (order[key[0]], min(cells[key])[0]))
    rows = tuple((*key, tuple((column, quote) for _, column, quote in cells[key])) for key in keys)
    return Sentence(passage, row["ordinal"], row["text"], rows)


def _cell(table: str, row_id: str, row: dict[str, Any], item: Field) -> CellExplanation:
    cell = (table, row_id, item.name)
    voice, certainty = _voice(table, row)
    evidence = [Reason(_basis(found), _words(found)) for found in _explanations("evidence")[cell]]
    gaps = [
        Reason(_why_empty(found), _words(found) if found["quote"] else None) for found in _explanations("gaps")[cell]
    ]
    authority = f" Authority: {item.column.authority}." if item.column.authority else ""
    null_means = item.column.null_means if row[item.name] is None and not gaps else None
    return CellExplanation(
        table=table,
        row_id=row_id,
        column=item.name,
        value=row[item.name],
        meaning=item.column.description,
        origin=f"{item.column.origin}: {ORIGINS[item.column.origin]}{authority}",
        voice=voice,
        certainty=certainty,
        reasons=(*evidence, *gaps, *((Reason(f"empty: {null_means}", None),) if null_means else ())),
    )


def _voice(table: str, row: dict[str, Any]) -> tuple[str | None, str | None]:
    """Whose word a row is and how sure, by itself or by the row that it belongs to."""
    if "voice_actor_id" in row and "factuality" in row:
        name = _rows("actors")[row["voice_actor_id"]]["name"]
        return name, FACTUALITY.label(row["factuality"]).lower()
    within = TABLES[table].table.within
    if within is None:
        return None, None
    return _voice(within, _rows(within)[row[primary_key(TABLES[within])]])


def _basis(evidence: dict[str, Any]) -> str:
    text = str(evidence["basis"])
    if evidence["rule"] is not None:
        text += f" by the rule {INFERENCE_RULE.label(evidence['rule']).lower()}"
    if evidence["stance"] == "contradicts":
        text = f"contradicted ({evidence['asserted_value']})"
    return text


def _why_empty(gap: dict[str, Any]) -> str:
    label = GAP_REASON.label(gap["reason"]).lower()
    return label if gap["candidate"] is None else f"{label}, maybe {gap['candidate']}"


def _words(row: dict[str, Any]) -> Words:
    passage = _rows("passages")[row["passage_id"]]
    text, start, end = passage["text"], row["start"] - passage["start"], row["end"] - passage["start"]
    return Words(
        passage["passage_id"], passage["ordinal"], text[:start], text[start:end], text[end:], row["start"], row["end"]
    )


@functools.cache
def _rows(table: str) -> dict[str, dict[str, Any]]:
    """A table's rows by primary key."""
    loaded = load(table)  # type: ignore[call-overload]
    return {row[primary_key(TABLES[table])]: row for row in loaded.to_pylist()}


@functools.cache
def _explanations(table: str) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """The rows of `evidence` or `gaps` by the cell that they explain."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(table).values():
        found[(row["table_name"], row["row_id"], row["column_name"])].append(row)
    return found


def _row(table: str, row_id: str) -> dict[str, Any]:
    rows = _rows(table)
    if row_id not in rows:
        raise ValueError(_unknown("row", row_id, rows, f"rows of {table}, among others"))
    return rows[row_id]


def _unknown(noun: str, word: str, known: Iterable[str], these: str) -> str:
    choices = list(known)
    close = difflib.get_close_matches(str(word), choices, n=1, cutoff=0.4)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no {noun} {word!r}.{hint} There are, as {these}: {', '.join(choices[:40])}"


def _aligned(pairs: Iterable[tuple[str, str]]) -> str:
    listed = list(pairs)
    width = max((len(heading) for heading, _ in listed), default=0)
    indent = "\n" + " " * (width + 4)
    return "\n".join(f"  {heading:<{width}}  {text.replace(chr(10), indent)}".rstrip() for heading, text in listed)
