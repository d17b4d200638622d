"""What the laws check: whole tables, what several laws need to know about them, and the breaches found."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from .judging import reasons_of
from .table import Computed, Dataset, Field, Part, Rows, fields, primary_key
from .vocabulary import Mark, Vocabulary

T = TypeVar("T")
Words = Callable[[], list[str]]


@dataclass(frozen=True)
class Choices:
    """The allowed words, one of which an unknown word may have meant."""

    word: str
    noun: str
    allowed: Words


@dataclass(frozen=True)
class Breach:
    """Where a law is broken: what is wrong, why that is wrong, and what to do.

    Attributes:
        row: the row, from 0; None where a row is missing. Of rows that are dropped, the first, where they were.
        row_id: the row's primary key.
        column: the column at fault; None where it is the row as a whole.
        what, why, remedy: texts without closing punctuation.
        choices: for a word that is none of those allowed, those.
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


class Content:
    """The tables being checked, and what several laws need to know about them."""

    def __init__(
        self,
        dataset: Dataset,
        tables: Mapping[str, pa.Table],
        limit: int | None,
        replaced: Mapping[str, pa.Table] | None = None,
        retired: Collection[tuple[str, str | None]] = (),
    ) -> None:
        self.dataset = dataset
        self.tables = tables
        self.limit = limit
        self.replaced = replaced or {}
        self.retired = retired
        self.models = {name: model for name, model in dataset.tables.items() if name in tables}
        self.keys = {name: as_array(tables[name][primary_key(model)]) for name, model in self.models.items()}
        self._rows: dict[str, Rows] = {}
        self._shared: dict[Callable[[Content], Any], Any] = {}
        self.explained = {
            (name, item.name): item
            for name, item, _, _ in self.columns(lambda item: item.column.explained)
            if self.models[name].table.explained
        }

    def at(
        self, table: str, rows: Any, column: str | None = None, choices: tuple[str, Words] | None = None
    ) -> Callable[[str], Iterator[Breach]]:
        """Where a law is broken; to be called with the text of the breaches, `what; why; remedy`.

        The text names the row's columns in braces; `{id}` is its primary key.

        Args:
            rows: their numbers, or a mask that is true for them. A mapping has for each row what is `{said}` of it.
            column: the column at fault.
            choices: a noun for, and the values of, what `column` might have held.
        """
        return partial(self._breaches, table, rows, column, choices)

    def _breaches(
        self, table: str, rows: Any, column: str | None, choices: tuple[str, Words] | None, text: str
    ) -> Iterator[Breach]:
        said = rows if isinstance(rows, dict) else {}
        if isinstance(rows, pa.Array | pa.ChunkedArray):
            rows = (pc.indices_nonzero(rows) if pa.types.is_boolean(rows.type) else rows).to_pylist()
        listed = sorted(rows)
        limit = len(listed) if self.limit is None else self.limit
        for count, row in enumerate(listed[: limit + 1]):
            cells = self.tables[table].slice(row, 1).to_pylist()[0]
            row_id = str(self.keys[table][row].as_py())
            known = {name: _shortened(value) for name, value in cells.items()} | {"id": row_id, "said": said.get(row)}
            # The braces are filled last: what they are filled with may hold a semicolon.
            what, why, remedy = (part.format_map(known) for part in text.split("; ", 2))
            if count == limit:
                what = f"and {len(listed) - limit} more such, the next: {what}"
            meant = Choices(str(cells[column]), *choices) if choices and column else None
            yield Breach(table, row, row_id, column, what, why, remedy, meant)

    def part(self, part: Part) -> tuple[str, pa.Table]:
        """The name and content of a table that the machinery itself works with."""
        name = self.dataset.part(part)
        return name, self.tables[name]

    def vocabulary(self, part: Part, column: str) -> Vocabulary:
        """The vocabulary of a column of such a table."""
        found = self.field(self.dataset.part(part), column).column.vocabulary
        assert found is not None
        return found

    def marked(self, part: Part, column: str, mark: Mark) -> Any:
        """Where such a column's term has a mark."""
        return is_in(self.part(part)[1][column], self.vocabulary(part, column).marked(mark))

    def field(self, table: str, column: str) -> Field:
        """A column by name."""
        return next(item for item in fields(self.models[table]) if item.name == column)

    def columns(self, wanted: Callable[[Field], T | None]) -> Iterator[tuple[str, Field, T, pa.ChunkedArray]]:
        """The columns of all tables of which something is wanted: the table, the column, what is wanted, the values."""
        for name, model in self.models.items():
            for item in fields(model):
                if found := wanted(item):
                    yield name, item, found, self.tables[name][item.name]

    def computed(self, computed: Computed[T]) -> T:
        """What is computed from the rows of the tables."""
        needed = {}
        for name, wanted in computed.needs.items():
            table = self.tables[name]
            for column, values in wanted.items():
                table = table.filter(is_in(table[column], values))
            needed[name] = table.to_pylist()
        return computed.compute(needed)

    def rows(self, name: str) -> Rows:
        """The rows of a table as plain Python values."""
        if name not in self._rows:
            self._rows[name] = self.tables[name].to_pylist()
        return self._rows[name]

    def shared(self, make: Callable[[Content], T]) -> T:
        """What `make` makes of the tables; made once, for all that ask."""
        if make not in self._shared:
            self._shared[make] = make(self)
        made: T = self._shared[make]
        return made

    def row_id(self, table: str, row: int) -> str:
        """The primary key of a row."""
        return str(self.keys[table][row].as_py())

    def row_number(self, table: str, row_id: str) -> int:
        """The number of the row that has a primary key."""
        return int(pc.index(self.keys[table], row_id).as_py())

    @cached_property
    def texts(self) -> list[str]:
        """The passages' texts."""
        return [text or "" for text in self.part(Part.PASSAGES)[1]["text"].to_pylist()]

    @cached_property
    def spans(self) -> dict[tuple[str, str], tuple[pa.Table, pa.Array]]:
        """By table and column of the text, the spans that lie within their passage, and where there are others.

        Of each span the table has its `row`, the row of its `passage`, and `start` and `end` within the passage's text.
        """
        passages_name, passages = self.part(Part.PASSAGES)
        first, last, source = (as_array(passages[column]) for column in ("start_char", "end_char", "source_id"))
        found = {}
        for name, start_column, end_column, text_column in self.dataset.spans:
            if name not in self.tables:
                continue
            own_source = as_array(self.tables[name]["source_id"])
            columns = ("passage_id", start_column, end_column, text_column)
            passage_id, start, end, _ = parts = [as_array(self.tables[name][column]) for column in columns]
            blanks = reduce(pc.add, [pc.cast(pc.is_null(part), pa.int64()) for part in parts])
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
            stop = pc.add(begin, pc.subtract(end, start))
            spans = {"row": row_numbers(len(good)), "passage": passage, "start": begin, "end": stop}
            found[(name, text_column)] = pa.table(spans).filter(good), stray
        return found

    @cached_property
    def coded(self) -> list[bytearray]:
        """For each passage a byte for each character: 1 where evidence that accounts for words lies over it."""
        name, evidence = self.part(Part.EVIDENCE)
        outside = [name for name, model in self.dataset.tables.items() if not model.table.accounts_for_words]
        return self.covered(name, pc.invert(is_in(evidence["table_name"], outside)))

    def covered(self, name: str, wanted: Any = None) -> list[bytearray]:
        """For each passage a byte for each character: 1 where a span of the table (of the rows wanted) lies over it."""
        marks = [bytearray(len(text)) for text in self.texts]
        spans, _ = self.spans[(name, self.dataset.span_texts[name])]
        if wanted is not None:
            spans = spans.filter(wanted.take(spans["row"]))
        for passage, start, end, _ in groups(spans["passage"], spans["start"], spans["end"]):
            # A passage that is shorter than its span is a fault of its own.
            last = min(end, len(marks[passage]))
            marks[passage][start:last] = b"\1" * (last - start)
        return marks

    @cached_property
    def supporting(self) -> dict[tuple[str, str], tuple[pa.Array, pa.Array]]:
        """The rows of evidence that speak for the value of a cell, as `explanations` has them."""
        return self.explanations(Part.EVIDENCE, as_array(self.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE)))

    def gap_reasons(self, table: str, column: str) -> dict[str, str]:
        """Why cells of a column are empty, by row id; several reasons are joined."""
        return self._gap_reasons.get((table, column), {})

    @cached_property
    def _gap_reasons(self) -> dict[tuple[str, str], dict[str, str]]:
        found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        _, gaps = self.part(Part.GAPS)
        for (table, row_id, column), reasons in reasons_of(
            gaps.select(["table_name", "row_id", "column_name", "reason"]).to_pylist()
        ).items():
            found[(table, column)][row_id] = reasons
        return found

    def explanations(self, part: Part, wanted: Any = None) -> dict[tuple[str, str], tuple[pa.Array, pa.Array]]:
        """For each explained column, the rows (of those wanted) that explain its cells, and for each its cell's row."""
        none = pa.array([], pa.int64()), pa.array([], pa.int32())
        found = dict.fromkeys(self.explained, none)
        _, explaining = self.part(part)
        ids = as_array(explaining["row_id"])
        for table, column, own in groups(explaining["table_name"], explaining["column_name"]):
            if (table, column) in found:
                rows = own.values if wanted is None else own.values.filter(wanted.take(own.values))
                cells = pc.index_in(ids.take(rows), value_set=self.keys[table])
                found[(table, column)] = rows.filter(pc.is_valid(cells)), cells.drop_null()
        return found


def _shortened(value: Any) -> Any:
    return f"{value[:57]}..." if isinstance(value, str) and len(value) > 60 else value


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


def is_in(values: Any, wanted: Iterable[Any]) -> Any:
    """Where a column has one of the values wanted."""
    return pc.is_in(values, value_set=wanted if isinstance(wanted, pa.Array) else pa.array(wanted, values.type))


def row_numbers(count: int) -> pa.Array:
    """The whole numbers below `count`."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), 1)


def groups(*columns: Any) -> Iterator[tuple[Any, ...]]:
    """The distinct combinations of values of columns, each with the numbers of its rows as an Arrow scalar, a list."""
    names = [str(number) for number in range(len(columns))]
    table = pa.table([*columns, row_numbers(len(columns[0]))], names=[*names, "rows"])
    # Threads would give the groups in another order each time.
    found = table.group_by(names, use_threads=False).aggregate([("rows", "list")])
    return zip(*(found[name].to_pylist() for name in names), found["rows_list"], strict=True)


def in_order(column: pa.Array) -> list[str]:
    return sorted(column.to_pylist())


def zipped(*columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in columns), strict=True)


def words_of(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"\w+", text)
