"""What the laws are asked of: whole tables, what several laws need to know of them, and the breaches found there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .table import Dataset, Field, Part, Tables, fields, primary_key
from .vocabulary import Mark, Vocabulary


@dataclass(frozen=True)
class Choices:
    """What a word that is no allowed one may have been meant for."""

    word: str
    noun: str
    allowed: Callable[[], list[str]]


@dataclass(frozen=True)
class Breach:
    """Where a law is broken: what is wrong, why that is wrong, and what to do.

    Attributes:
        table: the table's name.
        row: the row, from 0; None where a row is missing.
        row_id: the row's primary key.
        column: the column at fault; None where it is the row as a whole.
        what, why, remedy: texts without closing punctuation.
        choices: for a word that is none of those allowed, those.
        law: the number of the law.
    """

    table: str
    row: int | None
    row_id: str
    column: str | None
    what: str
    why: str
    remedy: str
    choices: Choices | None = None
    law: str = ""


# --- What is judged ---


@dataclass(frozen=True)
class _References:
    """Rows that refer to one table (None: to one that there is not), and for each the row there, null where there is none."""

    table: str | None
    rows: pa.Array
    targets: pa.Array


@dataclass(frozen=True)
class _Spans:
    """Spans that lie within their passage: their rows, the passage's row, and where they start and end within its text.

    `stray` are the rows of the spans that do not.
    """

    rows: pa.Array
    passage: pa.Array
    start: pa.Array
    end: pa.Array
    stray: list[int]


@dataclass(frozen=True)
class _Explanations:
    """Rows of evidence or gaps, and for each the number of the cell that it explains."""

    rows: pa.Array
    cells: pa.Array


class Content:
    """The tables judged, and what several laws need to know of them."""

    def __init__(self, dataset: Dataset, tables: Mapping[str, pa.Table], same_version: bool, limit: int | None) -> None:
        self.dataset = dataset
        self.tables = tables
        self.same_version = same_version
        self.limit = limit
        self.models = {name: model for name, model in dataset.tables.items() if name in tables}
        self.keys = {name: as_array(tables[name][primary_key(model)]) for name, model in self.models.items()}
        self.explained = [
            (name, item)
            for name, model in self.models.items()
            if model.table.explained
            for item in fields(model)
            if item.column.explained
        ]
        # All explained cells are numbered through, column by column: a cell's number is its column's first plus its row.
        self.first_cell: dict[tuple[str, str], int] = {}
        self.cell_count = 0
        for name, item in self.explained:
            self.first_cell[(name, item.name)] = self.cell_count
            self.cell_count += tables[name].num_rows

    def at(
        self,
        table: str,
        rows: Iterable[int],
        column: str | None,
        what: str,
        why: str,
        remedy: str,
        *,
        said: Mapping[int, str] | None = None,
        choices: tuple[str, Callable[[], list[str]]] | None = None,
        **more: str,
    ) -> Iterator[Breach]:
        """Breaches at rows.

        The texts name the row's columns in braces; `{id}` is its primary key, `{said}` what `said` has for it, and `more` has
        texts that would be taken for braces. `choices` has the noun and values for what `column` might have held.
        """
        listed = list(rows)
        limit = len(listed) if self.limit is None else self.limit
        for count, row in enumerate(listed[: limit + 1]):
            cells = self.tables[table].slice(row, 1).to_pylist()[0]
            known = _shortened(cells) | more | {"id": self.keys[table][row].as_py(), "said": said[row] if said else ""}
            more_such = f"and {len(listed) - limit} more such, the next: " if count == limit else ""
            yield Breach(
                table=table,
                row=row,
                row_id=str(known["id"]),
                column=column,
                what=more_such + what.format_map(known),
                why=why.format_map(known),
                remedy=remedy.format_map(known),
                choices=Choices(str(cells[column]), *choices) if choices and column else None,
            )

    def part(self, part: Part) -> tuple[str, pa.Table]:
        """The name and content of a table that the machine works with."""
        name = self.dataset.part(part)
        return name, self.tables[name]

    def vocabulary(self, part: Part, column: str) -> Vocabulary:
        """The vocabulary of a column of such a table."""
        found = self.field(self.dataset.part(part), column).column.vocabulary
        assert found is not None
        return found

    def marked(self, part: Part, column: str, mark: Mark) -> Any:
        """Where such a column's term has a mark."""
        terms = self.vocabulary(part, column).marked(mark)
        return pc.is_in(self.part(part)[1][column], value_set=pa.array(terms, pa.string()))

    def field(self, table: str, column: str) -> Field:
        """A column by name."""
        return next(item for item in fields(self.models[table]) if item.name == column)

    def columns(self, wanted: Callable[[Field], object]) -> Iterator[tuple[str, Field, pa.ChunkedArray]]:
        """The columns wanted of all tables: table, column, values."""
        for name, model in self.models.items():
            for item in fields(model):
                if wanted(item):
                    yield name, item, self.tables[name][item.name]

    def combinations(self, name: str, *columns: str) -> tuple[pa.Array, list[tuple[Any, ...]]]:
        """The distinct combinations of values of columns, and for each row the number of its own."""
        parts = [as_array(self.tables[name][column]) for column in columns]
        codes, samples = distinct(*parts)
        return codes, list(zipped(*(part.take(samples) for part in parts)))

    def needed(self, needs: Mapping[str, Mapping[str, str]]) -> Tables:
        """The rows that a computation needs."""
        found: Tables = {}
        for name, wanted in needs.items():
            table = self.tables[name]
            for column, value in wanted.items():
                table = table.filter(pc.equal(table[column], value))
            found[name] = table.to_pylist()
        return found

    def references(self, name: str) -> Iterator[_References]:
        """The rows of a table of references, by the table that they refer to; rows that name none are left out."""
        names = as_array(self.tables[name]["table_name"]).dictionary_encode()
        ids = as_array(self.tables[name]["row_id"])
        for code, table in enumerate(names.dictionary.to_pylist()):
            rows = pc.indices_nonzero(pc.equal(names.indices, pa.scalar(code, names.indices.type)))
            if table in self.models:
                yield _References(table, rows, pc.index_in(ids.take(rows), value_set=self.keys[table]))
            else:
                yield _References(None, rows, pa.nulls(len(rows), pa.int32()))

    @cached_property
    def texts(self) -> list[str]:
        """The passages' texts."""
        return [text or "" for text in self.part(Part.PASSAGES)[1]["text"].to_pylist()]

    @cached_property
    def spans(self) -> dict[str, _Spans]:
        """By table, the spans that lie within their passage, and the rows whose spans do not."""
        passages_name, passages = self.part(Part.PASSAGES)
        first, last, source = (as_array(passages[column]) for column in ("start", "end", "source_id"))
        found = {}
        for name, text_column in self.dataset.span_texts.items():
            if name not in self.tables:
                continue
            columns = ("source_id", "passage_id", "start", "end", text_column)
            parts = [as_array(self.tables[name][column]) for column in columns]
            own_source, passage_id, start, end, _ = parts
            blanks = reduce(pc.add, [as_number(pc.is_null(part)) for part in parts])
            passage = pc.index_in(passage_id, value_set=self.keys[passages_name])
            begin = pc.subtract(start, first.take(passage))
            conditions = [
                pc.greater_equal(begin, 0),
                pc.less(start, end),
                pc.less_equal(end, last.take(passage)),
                pc.equal(own_source, source.take(passage)),
                pc.equal(blanks, 0),
            ]
            good = pc.fill_null(reduce(pc.and_kleene, conditions), False)
            # A passage that there is not is a broken key, and reported as such.
            known = pc.or_(pc.is_valid(passage), pc.is_null(passage_id))
            stray = reduce(pc.and_, [known, pc.less(blanks, len(columns)), pc.invert(good)])
            rows = pc.indices_nonzero(good)
            begin = begin.take(rows)
            found[name] = _Spans(
                rows=rows,
                passage=pc.cast(passage.take(rows), pa.int64()),
                start=begin,
                end=pc.add(begin, pc.subtract(end.take(rows), start.take(rows))),
                stray=rows_where(stray),
            )
        return found

    @cached_property
    def coded(self) -> list[bytearray]:
        """For each passage a byte for each character: 1 where evidence that accounts for words lies over it."""
        name, evidence = self.part(Part.EVIDENCE)
        outside = [name for name, model in self.dataset.tables.items() if not model.table.accounts_for_words]
        within = pc.invert(pc.is_in(evidence["table_name"], value_set=pa.array(outside, pa.string())))
        return self.covered(name, as_array(within))

    def covered(self, name: str, wanted: pa.Array | None = None) -> list[bytearray]:
        """For each passage a byte for each character: 1 where a span of the table (of the rows wanted) lies over it."""
        marks = [bytearray(len(text)) for text in self.texts]
        spans = self.spans[name]
        parts = [spans.passage, spans.start, spans.end]
        if wanted is not None:
            mask = wanted.take(spans.rows)
            parts = [part.filter(mask) for part in parts]
        _, samples = distinct(*parts)
        for passage, start, end in zipped(*(part.take(samples) for part in parts)):
            # A passage that is shorter than its span is a fault of its own.
            last = min(end, len(marks[passage]))
            marks[passage][start:last] = b"\1" * (last - start)
        return marks

    @cached_property
    def supporting(self) -> _Explanations:
        """The rows of evidence that speak for the value of a cell that there is."""
        explanations = self.explanations(self.dataset.part(Part.EVIDENCE))
        supports = as_array(self.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE)).take(explanations.rows)
        return _Explanations(explanations.rows.filter(supports), explanations.cells.filter(supports))

    def explanations(self, name: str) -> _Explanations:
        """The rows that explain a cell that there is."""
        named = as_array(self.tables[name]["column_name"])
        rows, cells = [pa.array([], pa.uint64())], [pa.array([], pa.int64())]
        for references in self.references(name):
            columns = [item.name for table, item in self.explained if table == references.table]
            if references.table is None or not columns:
                continue
            first_cells = pa.array([self.first_cell[(references.table, column)] for column in columns], pa.int64())
            column = pc.index_in(named.take(references.rows), value_set=pa.array(columns, pa.string()))
            cell = pc.add(first_cells.take(column), references.targets)
            rows.append(references.rows.filter(pc.is_valid(cell)))
            cells.append(cell.drop_null())
        return _Explanations(pa.concat_arrays(rows), pa.concat_arrays(cells))


def _shortened(cells: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value[:57]}..." if isinstance(value, str) and len(value) > 60 else value
        for name, value in cells.items()
    }


# --- Helpers on columns ---


def differs(left: Any, right: Any) -> Any:
    """Where two columns differ; null equals null and nothing else."""
    unequal = pc.fill_null(pc.not_equal(left, right), False)
    return pc.or_(unequal, pc.not_equal(pc.is_null(left), pc.is_null(right)))


def first(mask: Any) -> int | None:
    """The first row where a mask is true."""
    at = pc.index(mask, True).as_py()
    return None if at < 0 else int(at)


def as_array(column: Any) -> pa.Array:
    """A column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def as_number(mask: Any) -> Any:
    return pc.cast(mask, pa.int64())


def rows_where(mask: Any) -> list[int]:
    """The rows where a mask is true, neither false nor null."""
    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found


def rows_having(values: Any, wanted: Sequence[Any], rows: pa.Array | None = None) -> list[int]:
    """The rows whose value is one of those wanted; `rows` has their numbers where these are not the values' own."""
    if not wanted:
        return []
    mask = pc.is_in(values, value_set=pa.array(wanted, values.type))
    found: list[int] = pc.indices_nonzero(mask).to_pylist() if rows is None else rows.filter(mask).to_pylist()
    return found


def row_numbers(count: int) -> pa.Array:
    """The whole numbers below `count`."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), 1)


def distinct(*columns: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The distinct combinations of columns: for each row the number of its own, and for each combination a row."""
    codes: Any = None
    for column in columns:
        encoded = column.dictionary_encode("encode")
        own = as_number(encoded.indices)
        if codes is not None:
            # Each factor is at most the number of rows, so this stays below 2^63.
            own = pc.add(pc.multiply(codes, max(len(encoded.dictionary), 1)), own)
            own = as_number(own.dictionary_encode().indices)
        codes = own
    return codes, pc.index_in(pc.unique(codes), value_set=codes)


def in_order(column: pa.Array) -> list[str]:
    return sorted(column.to_pylist())


def zipped(*columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in columns), strict=True)


def words_of(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"\w+", text)
