"""Why a value is there: from a cell to the words it rests on, and from a sentence to everything that rests on it.

    explain("events", "event-minsk-meeting", "place_id")        a cell
    explain("events", "event-minsk-meeting")                    a row
    explain("timeline", "event-august-visit", "date_words")     a cell that is computed: from which cells, and their words
    mentions_of("actor-revenko")                                where a thing is mentioned
    sentence(4)                                                 all that rests on a sentence

Each answer prints readably in a terminal and shows as HTML in a notebook. `Joined` finds the answers in any tables given as
rows; the functions ask it about the installed ones.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .core.column import ORIGINS, PATH_STEP
from .core.edtf import doubt
from .core.judging import filled, slots
from .core.messages import UsageError, unknown
from .core.table import Field, fields, primary_key
from .loading import load
from .models import DATASET, TABLES
from .vocabularies import FACTUALITY, GAP_REASON, INFERENCE_RULE, RESOLUTION

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

    def shares(self, span: dict[str, Any]) -> bool:
        """Whether a row's span has some of these words."""
        same = span["passage_id"] == self.passage_id
        return bool(same and self.start < span["end_char"] and span["start_char"] < self.end)

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
        rule: the rule by which the value follows from the words, a term of `inference_rule`; None where none is needed.
        candidate: a value that the words allow, where the cell is open between several.
    """

    text: str
    words: Words | None
    row: str = ""
    rule: str | None = None
    candidate: str | None = None


@dataclass(frozen=True, repr=False)
class CellExplanation(_Answer):
    """Why a cell has its value, or none.

    Attributes:
        table, row_id, column: the cell.
        value: its value; None where it is empty.
        meaning: what the column means.
        origin: where the column's values come from.
        voice: the name of whoever says so; None where the table has no voice, or nobody says the value: it is computed,
            follows by a rule, or comes from outside.
        certainty: how sure that voice is, in words; of an inferred date what it leaves in doubt, such as "year uncertain",
            None where that is nothing.
        author_certainty: how sure the article's own voice is of what the voice says; None where that is not told apart.
        rules: the rules by which the value follows from the words, each with its definition.
        reasons: evidence for the value, or gaps where it is empty.
        computed_from: the cells from which the value is computed, each explained in turn.
        computed_from_all: the columns, as "TABLE.COLUMN", that are searched as a whole to compute the value.
        discrepancies: those that the cell, or words that it rests on, are a side of, each with how it is resolved.
        readings: whether the code was read twice, and if the readings differ, both with what was decided and why; None where the
            column is not judged.
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
    author_certainty: str | None = None
    rules: tuple[str, ...] = ()
    computed_from: tuple[CellExplanation, ...] = ()
    computed_from_all: tuple[str, ...] = ()
    discrepancies: tuple[str, ...] = ()
    readings: str | None = None

    def _told(self) -> tuple[str, list[Row]]:
        told = [("value", _shown(self.value)), ("means", self.meaning), ("origin", self.origin)]
        told += [("read", self.readings)] if self.readings is not None else []
        if self.voice is not None:
            itself = f"; the article's own voice: {self.author_certainty}" if self.author_certainty else ""
            told.append(("voice", f"{self.voice} ({self.certainty}){itself}"))
        told += [("rule", rule) for rule in self.rules]
        if self.voice is None and self.certainty is not None:
            told.append(("certainty", self.certainty))
        rows: list[Row] = [(heading, [(text,)]) for heading, text in told]
        rows += [
            (reason.text, [reason.words.line()]) if reason.words else ("why", [(reason.text,)])
            for reason in self.reasons
        ]
        rows += [("discrepancy", [(text,)]) for text in self.discrepancies]
        rows += [("from", cell._as_origin()) for cell in self._origins()]
        if self.computed_from_all:
            rows.append(("from", [(f"{', '.join(self.computed_from_all)}, of all rows",)]))
        return f"{self.table} / {self.row_id} / {self.column}", rows

    def _origins(self) -> tuple[CellExplanation, ...]:
        """The cells that it is computed from, and those that these are computed from, each once."""
        found: dict[Cell, CellExplanation] = {}
        for cell in self.computed_from:
            found |= {(each.table, each.row_id, each.column): each for each in (cell, *cell._origins())}
        return tuple(found.values())

    def _as_origin(self) -> list[Line]:
        doubted = f" ({self.certainty})" if self.rules and self.certainty else ""
        lines: list[Line] = [(f"{self.table} / {self.row_id} / {self.column}: {_shown(self.value)}{doubted}",)]
        for reason in self.reasons:
            lines.append((f"  {reason.text}: ", *reason.words.line()) if reason.words else (f"  {reason.text}",))
        return lines


def _shown(value: object) -> str:
    return "empty" if value is None else str(value)


@dataclass(frozen=True, repr=False)
class RowExplanation(_Answer):
    """Why a row is as it is: one explanation for each cell; iterating gives these."""

    table: str
    row_id: str
    cells: tuple[CellExplanation, ...]

    def __iter__(self) -> Iterator[CellExplanation]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def _told(self) -> tuple[str, list[Row]]:
        rows = []
        for cell in self.cells:
            lines: list[Line] = [("-" if cell.value is None else str(cell.value),)]
            for reason in cell.reasons:
                words = (f": [{reason.words.ordinal}] ", _Marked(reason.words.quote)) if reason.words else ()
                lines.append((f"  {reason.text}", *words))
            if columns := dict.fromkeys(f"{origin.table}.{origin.column}" for origin in cell.computed_from):
                lines.append((f"  from {', '.join([*columns, *cell.computed_from_all])}",))
            rows.append((cell.column, lines))
        return f"{self.table} / {self.row_id}", rows


@dataclass(frozen=True, repr=False)
class Sentence(_Answer):
    """A sentence and all that rests on it; iterating gives `rows`.

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

    def __iter__(self) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

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
    """The mentions of an actor, event, agreement, provision or place; iterating gives `rows`.

    Attributes:
        row_id: what is mentioned.
        name: its name or label.
        rows: the rows of `mentions`, as dictionaries of plain values, in the order of the text.
        words: for each row its words in their sentence.
    """

    row_id: str
    name: str
    rows: tuple[dict[str, Any], ...]
    words: tuple[Words, ...]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def _told(self) -> tuple[str, list[Row]]:
        told: list[Row] = [(row["form"], [words.line()]) for row, words in zip(self.rows, self.words, strict=True)]
        return f"{self.name} ({self.row_id})", told


# --- Questions ---


def explain(table: TableName, row_id: str, column: str | None = None) -> CellExplanation | RowExplanation:
    """Why a cell has its value or is empty; without `column`, the same for the whole row.

    A value that rests on words answers with these; one that follows by a rule with the rule and what it leaves in doubt; one
    that is computed, as all in `timeline` and `dyads` are, with the cells that it is computed from, and their words.

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


def mentions_of(row_id: str) -> Mentions:
    """All mentions of a thing, in the order of the text.

    Args:
        row_id: the id of an actor, event, agreement, provision or place.

    Returns:
        The rows of `mentions`, with their words; it has a length and can be iterated over.

    Raises:
        ValueError: there is no such thing; the message names close ones.
    """
    joined = _installed()
    things = {id_: row for table in _mentionable().values() for id_, row in joined.rows(table).items()}
    if row_id not in things:
        raise unknown("row", row_id, things, "rows that can be mentioned")
    found = [row for row in joined.rows("mentions").values() if mentioned(row)[1] == row_id]
    found.sort(key=lambda row: (row["source_id"], row["start_char"]))
    name = things[row_id].get("name") or things[row_id]["label"]
    return Mentions(row_id, name, tuple(found), tuple(map(joined.words, found)))


def sentence(passage: str | int) -> Sentence:
    """A sentence with every row that rests on it: by evidence for or against a cell, as a mention, or as a side of a discrepancy.

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
            against = f" (against: {item['value']})" if item["stance"] == "contradicts" else ""
            cell = item["start_char"], item["column_name"] + against, item["quote"]
            cells[(item["table_name"], item["row_id"])].append(cell)
    order = {name: at for at, name in enumerate(TABLES)}
    keys = sorted(cells, key=lambda key: (order[key[0]], min(cells[key])[0]))
    rows = tuple((*key, tuple((column, quote) for _, column, quote in cells[key])) for key in keys)
    return Sentence(passage, row["ordinal"], row["text"], rows)


# --- The join and its wording ---

Cell = tuple[str, str, str]
"""A cell: table, row id, column."""

Voice = tuple[str | None, str | None, str | None]
"""Whose word a row is, how sure that voice is, and how sure the article's own voice is; None where that is not told."""

_NOBODY: Voice = (None, None, None)

_SPANS = {(table, text): (start, end) for table, start, end, text in DATASET.spans}


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

    def words(self, row: dict[str, Any], start_column: str = "start_char", end_column: str = "end_char") -> Words:
        """The words of a row that has a span, by default from `start_char` to `end_char`, within its `passage_id`."""
        passage, first, last = self.rows("passages")[row["passage_id"]], row[start_column], row[end_column]
        text, start, end = passage["text"], first - passage["start_char"], last - passage["start_char"]
        cut = text[:start], text[start:end], text[end:]
        return Words(passage["passage_id"], passage["ordinal"], *cut, first, last)

    def reasons(self, table: str, row_id: str) -> list[tuple[str, Reason]]:
        """The evidence and the gaps of a row, in this order: for each the column and the reason."""
        return self._reasons.get((table, row_id), [])

    def cell(self, table: str, row_id: str, item: Field) -> CellExplanation:
        """All there is to say about a cell."""
        row, column = self.rows(table)[row_id], item.column
        value = row[item.name]
        reasons = [reason for name, reason in self.reasons(table, row_id) if name == item.name]
        if value is None and column.null_means and not reasons:
            reasons.append(Reason(column.null_means, None))
        if value is not None and (span := _SPANS.get((table, item.name))):
            reasons.append(Reason(f"printed at {row[span[0]]}-{row[span[1]]}", self.words(row, *span)))
        rules = dict.fromkeys(reason.rule for reason in reasons if reason.rule is not None)
        voice, certainty, author = self._voice(table, row) if column.explained and not rules else _NOBODY
        if rules and column.edtf:
            certainty = doubt(str(value)) or None
        return CellExplanation(
            table=table,
            row_id=row_id,
            column=item.name,
            value=value,
            meaning=column.description,
            origin=f"{column.origin}: {ORIGINS[column.origin]}"
            + (f" Authority: {column.authority}." if column.authority else ""),
            voice=voice,
            certainty=certainty,
            author_certainty=author,
            rules=tuple(f"{term.label}: {term.definition}" for term in INFERENCE_RULE if term.term in rules),
            reasons=tuple(reasons),
            computed_from=tuple(self._computed_from(table, row_id, item)),
            computed_from_all=tuple(path.replace("()", "") for path in column.computed_from if "()" in path),
            discrepancies=tuple(self._discrepancies(table, row_id, item.name, reasons)) if column.explained else (),
            readings=self._read_twice(table, row, item),
        )

    def _read_twice(self, table: str, row: dict[str, Any], item: Field) -> str | None:
        """Whether a judged cell was read twice, and how the readings differ; of columns of which one is filled, that one."""
        if not any(item in slot and item is filled(row, slot) for slot in slots(TABLES[table])):
            return None
        reading = self._readings.get((table, row[primary_key(TABLES[table])], item.name))
        if reading is None:
            return "once"
        if reading["agree"]:
            return "twice: agree"
        values = (_shown(reading[f"{which}_value"]) for which in ("first", "second"))
        return f"twice: {' and '.join(values)}; the {reading['decision']} holds: {reading['reason']}"

    @functools.cached_property
    def _readings(self) -> dict[Cell, dict[str, Any]]:
        return {(row["table_name"], row["row_id"], row["column_name"]): row for row in self.rows("readings").values()}

    def _discrepancies(self, table: str, row_id: str, column: str, reasons: list[Reason]) -> Iterator[str]:
        """The discrepancies with a side that is the cell, or a claim about its row that rests on words of the cell's."""
        for id_, discrepancy in self.rows("discrepancies").items():
            for side in self._sides.get(id_, ()):
                about = side["claim_id"] == row_id or (side["claim_id"], row_id) in self._about
                if (side["table_name"], side["row_id"], side["column_name"]) == (table, row_id, column) or (
                    about and any(reason.words and reason.words.shares(side) for reason in reasons)
                ):
                    yield f"{discrepancy['description']} ({RESOLUTION.label(discrepancy['resolution']).lower()})"
                    break

    @functools.cached_property
    def _sides(self) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for side in self.rows("discrepancy_sides").values():
            found[side["discrepancy_id"]].append(side)
        return found

    @functools.cached_property
    def _about(self) -> set[tuple[str, str]]:
        """Claims and the rows that they are about."""
        columns = [column for (column,) in TABLES["claim_about"].table.one_of]
        return {(row["claim_id"], row[column]) for row in self.rows("claim_about").values() for column in columns}

    def _computed_from(self, table: str, row_id: str, item: Field) -> Iterator[CellExplanation]:
        paths = [path for path in item.column.computed_from if "()" not in path]
        ends: dict[Cell, bool] = defaultdict(bool)
        for path in paths:
            for cell, at_end in self.cells(table, row_id, path):
                ends[cell] |= at_end
        for (name, id_, column), at_end in ends.items():
            (found,) = (other for other in fields(TABLES[name]) if other.name == column)
            # Of what leads to the cells, links that are judged are a part of the reason; keys are not.
            if at_end or found.column.explained:
                yield self.cell(name, id_, found)

    def cells(self, table: str, row_id: str, path: str) -> Iterator[tuple[Cell, bool]]:
        """The cells on a path from a row (see `PATH_STEP`), and of each whether it is at the path's end."""
        row, (step, _, rest) = self.rows(table)[row_id], path.partition(".")
        name, elsewhere, theirs, own = PATH_STEP.fullmatch(step).groups()  # type: ignore[union-attr]
        if elsewhere:
            if theirs:
                yield (table, row_id, own or theirs), False
            for id_, other in self.rows(name).items():
                if not theirs or other[theirs] == row[own or theirs]:
                    if theirs:
                        yield (name, id_, theirs), False
                    yield from self.cells(name, id_, rest)
            return
        yield (table, row_id, name), not rest
        if rest:
            (target,) = (item.column.references for item in fields(TABLES[table]) if item.name == name)
            linked = [row[name]]
            if row[name] is None:
                linked = [reason.candidate for column, reason in self.reasons(table, row_id) if column == name]
            for id_ in linked:
                if id_ is not None:
                    yield from self.cells(str(target), id_, rest)

    @functools.cached_property
    def _reasons(self) -> dict[tuple[str, str], list[tuple[str, Reason]]]:
        found: dict[tuple[str, str], list[tuple[str, Reason]]] = defaultdict(list)
        for kind, wording in (("evidence", _basis), ("gaps", _why_empty)):
            for row_id, row in self.rows(kind).items():
                reason = Reason(
                    wording(row),
                    self.words(row) if row["quote"] else None,
                    f"{kind}/{row_id}",
                    row.get("rule"),
                    row.get("candidate"),
                )
                found[row["table_name"], row["row_id"]].append((row["column_name"], reason))
        return found

    def _voice(self, table: str, row: dict[str, Any]) -> Voice:
        """Whose word a row is, and how sure that voice and the article's own are, by itself or by the row that it belongs to."""
        if "voice_actor_id" in row and "factuality" in row:
            actor = self.rows("actors")[row["voice_actor_id"]]
            sure, author = (FACTUALITY.label(row[column]).lower() for column in ("factuality", "author_factuality"))
            own = actor["kind"] == "article_voice" and actor["parent_actor_id"] is None
            return actor["name"], sure, None if own else author
        within = TABLES[table].table.within
        if within is None:
            return _NOBODY
        return self._voice(within, self.rows(within)[row[primary_key(TABLES[within])]])


@functools.cache
def _mentionable() -> dict[str, str]:
    """The columns of `mentions` of which each row fills one, and the table that each links to."""
    links = {item.name: str(item.column.references) for item in fields(TABLES["mentions"])}
    return {column: links[column] for (column,) in TABLES["mentions"].table.one_of}


def mentioned(mention: dict[str, Any]) -> tuple[str, str]:
    """The table and the id of what a mention picks out."""
    ((column, table),) = ((column, table) for column, table in _mentionable().items() if mention[column] is not None)
    return table, mention[column]


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
