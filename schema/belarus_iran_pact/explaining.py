"""Why a value is there: from a cell to the words it rests on, and from a sentence to all that rests on it.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
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

MARK_START, MARK_END = "«", "»"


# --- Answers ---


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
        row: the row of `evidence` or `gaps` that gives the reason, as "TABLE/ID"; "" where the column itself does.
    """

    text: str
    words: Words | None
    row: str = ""


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

    def _lines(self) -> Iterator[tuple[str, str]]:
        # What there is to say besides the reasons.
        yield "value", "empty" if self.value is None else str(self.value)
        yield "means", self.meaning
        yield "origin", self.origin
        if self.voice is not None:
            yield "voice", f"{self.voice} ({self.certainty})"

    def __repr__(self) -> str:
        reasons = [(reason.text, str(reason.words or "")) for reason in self.reasons]
        return f"{self.table} / {self.row_id} / {self.column}\n{_aligned([*self._lines(), *reasons])}"

    def _repr_html_(self) -> str:
        rows = [(heading, escape(text)) for heading, text in self._lines()]
        rows += [(escape(reason.text), reason.words.html() if reason.words else "") for reason in self.reasons]
        return _html_table(rows, f"{self.table} / {self.row_id} / {self.column}")


@dataclass(frozen=True)
class RowExplanation:
    """Why a row is as it is: one explanation for each cell."""

    table: str
    row_id: str
    cells: tuple[CellExplanation, ...]

    def __repr__(self) -> str:
        return f"{self.table} / {self.row_id}\n{_aligned(self._lines())}"

    def _lines(self) -> Iterator[tuple[str, str]]:
        for cell in self.cells:
            reasons = [f"{item.text}: {item.words.short()}" if item.words else item.text for item in cell.reasons]
            yield cell.column, "\n  ".join([_value_text(cell), *reasons])

    def _repr_html_(self) -> str:
        rows = []
        for cell in self.cells:
            reasons = [
                escape(item.text) + (f": <q>{escape(item.words.quote)}</q>" if item.words else "")
                for item in cell.reasons
            ]
            rows.append((escape(cell.column), escape(_value_text(cell)), "<br>".join(reasons)))
        return _html_table(rows, f"{self.table} / {self.row_id}")


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

    def __repr__(self) -> str:
        lines = [f"[{self.ordinal}] {self.text}"]
        for table, row_id, cells in self.rows:
            columns: dict[str, list[str]] = defaultdict(list)
            for column, quote in cells:
                columns[quote].append(column)
            lines.append(f"  {table} / {row_id}")
            lines += [f"    {MARK_START}{quote}{MARK_END} {', '.join(names)}" for quote, names in columns.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for table, row_id, cells in self.rows:
            words = [f"{escape(column)}: <mark>{escape(quote)}</mark>" for column, quote in cells]
            rows.append((escape(table), escape(row_id), "<br>".join(words)))
        return _html_table(rows, f"[{self.ordinal}] {self.text}")


@dataclass(frozen=True)
class Mentions:
    """The mentions of an actor: how each is expressed, and the words in their sentence."""

    actor_id: str
    name: str
    mentions: tuple[tuple[str, Words], ...]

    def __repr__(self) -> str:
        return f"{self.name} ({self.actor_id})\n{_aligned((form, str(words)) for form, words in self.mentions)}"

    def _repr_html_(self) -> str:
        rows = [(escape(form), words.html()) for form, words in self.mentions]
        return _html_table(rows, f"{self.name} ({self.actor_id})")


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
    found.sort(key=lambda row: (row["source_id"], row["start"]))
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
            cells[(item["table_name"], item["row_id"])].append((item["start"], item["column_name"], item["quote"]))
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
        """The words of a row that has a span (`passage_id`, `start`, `end`)."""
        passage = self.rows("passages")[row["passage_id"]]
        text, start, end = passage["text"], row["start"] - passage["start"], row["end"] - passage["start"]
        cut = text[:start], text[start:end], text[end:]
        return Words(passage["passage_id"], passage["ordinal"], *cut, row["start"], row["end"])

    def reasons(self, table: str, row_id: str) -> list[tuple[str, Reason]]:
        """The evidence and the gaps of a row, in this order: for each the column and the reason."""
        return [
            (row["column_name"], self._reason(kind, row)) for kind, row in self._explaining.get((table, row_id), ())
        ]

    def cell(self, table: str, row_id: str, item: Field) -> CellExplanation:
        """All there is to say about a cell."""
        row, column = self.rows(table)[row_id], item.column
        rows = self._explaining.get((table, row_id), ())
        reasons = [self._reason(kind, found) for kind, found in rows if found["column_name"] == item.name]
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
    def _explaining(self) -> dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]:
        """The rows of `evidence` and `gaps` by the row that they explain, each with its table's name."""
        found: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for kind in ("evidence", "gaps"):
            for row in self.rows(kind).values():
                found[(row["table_name"], row["row_id"])].append((kind, row))
        return dict(found)

    def _reason(self, kind: str, row: dict[str, Any]) -> Reason:
        text = _basis(row) if kind == "evidence" else why_empty(row)
        return Reason(text, self.words(row) if row["quote"] else None, f"{kind}/{row[primary_key(TABLES[kind])]}")

    def _voice(self, table: str, row: dict[str, Any]) -> tuple[str, str] | tuple[None, None]:
        """Whose word a row is and how sure, by itself or by the row that it belongs to."""
        if "voice_actor_id" in row and "factuality" in row:
            name = self.rows("actors")[row["voice_actor_id"]]["name"]
            return name, FACTUALITY.label(row["factuality"]).lower()
        within = TABLES[table].table.within
        if within is None:
            return None, None
        return self._voice(within, self.rows(within)[row[primary_key(TABLES[within])]])


def why_empty(gap: dict[str, Any]) -> str:
    """Why a cell is empty, from a row of `gaps`."""
    label = GAP_REASON.label(gap["reason"]).lower()
    return label if gap["candidate"] is None else f"{label}, possibly {gap['candidate']}"


def _basis(evidence: dict[str, Any]) -> str:
    if evidence["stance"] == "contradicts":
        return f"contradicted ({evidence['asserted_value']})"
    if evidence["rule"] is not None:
        return f"{evidence['basis']} by the rule {INFERENCE_RULE.label(evidence['rule']).lower()}"
    return str(evidence["basis"])


@functools.cache
def _installed() -> Joined:
    """The installed tables."""
    return Joined(lambda table: load(table).to_pylist())  # type: ignore[call-overload]


# --- Printing ---


def _value_text(cell: CellExplanation) -> str:
    return "-" if cell.value is None else str(cell.value)


def _aligned(pairs: Iterable[tuple[str, str]]) -> str:
    listed = list(pairs)
    width = max((len(heading) for heading, _ in listed), default=0)
    indent = "\n" + " " * (width + 4)
    return "\n".join(f"  {heading:<{width}}  {text.replace(chr(10), indent)}".rstrip() for heading, text in listed)


def _html_table(rows: Iterable[Sequence[str]], caption: str) -> str:
    """Rows of cells that are HTML already, as a table; the first cell heads its row."""
    lines = [f"<tr><th>{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>" for first, *rest in rows]
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"
