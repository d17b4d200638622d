"""The laws of the data over whole published tables, by Arrow: what `verify` asks of them.

Each law is a method that gives its breaches. Columns are judged whole; plain Python sees distinct spans, passages, and the few
tables that others are computed from. Time and memory grow with the number of rows.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..models import CELL_REFERENCES, SPAN_TEXTS, TABLES
from ..views import Tables, derived_values, views
from ..vocabularies import VOCABULARIES
from .edtf import bounds
from .table import Field, fields, primary_key

LIMIT = 20
"""So many faults of one kind are listed one by one; of the others the number is told."""

GET_ANEW = "get the package anew: belarus-iran-pact download"

# Evidence for these tables does not account for words: a mention says that a word was seen, not what it says, and the
# headline as a source's title covers the headline whatever it claims.
NOT_CODED_FROM = ("mentions", "sources")

ALLOWED_BASIS = {"source": ("stated", "judged"), "coder": ("judged",), "inferred": ("inferred",)}
"""By a column's origin, how values may rest on words."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, why that is wrong, and what to do.

    Attributes:
        file: path within the package.
        line: line of the CSV file, from 1; None where a whole file is meant, or a row of a Parquet file.
        row_id: the row's primary key; None where a whole file is meant.
        what, why, remedy: texts without closing punctuation.
    """

    file: str
    line: int | None
    row_id: str | None
    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}; {self.why}; {self.remedy}"


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


class Laws:
    """The laws over the tables of a package.

    Args:
        tables: every table by name, of the columns and types of its model.
        form: "csv" or "parquet", the files that faults name.
        same_version: whether the package is of the version of the models; its terms are then those of the vocabularies.
    """

    def __init__(self, tables: dict[str, pa.Table], form: str, same_version: bool) -> None:
        self.tables = tables
        self.form = form
        self.same_version = same_version
        self.keys = {name: _array(tables[name][primary_key(model)]) for name, model in TABLES.items()}
        self.explained = [
            (name, item)
            for name, model in TABLES.items()
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

    def faults(self) -> Iterator[Fault]:
        """All breaches. What is computed is recomputed only where what it is computed from keeps the laws."""
        rows = list(self.rows_fit_their_models())
        yield from rows
        lawful = [
            *self.keys_hold(),
            *self.references_resolve(),
            *self.one_of_is_filled(),
            *self.parents_have_no_cycle(),
            *self.spans_are_verbatim(),
            *self.passages_fill_their_spans(),
            *self.values_are_spelled_as_quoted(),
            *self.explanations_are_whole(),
            *self.cells_are_explained(),
            *self.words_are_accounted_for(),
            *self.inference_is_marked(),
            *self.vocabularies_are_published(),
            *self.terms_have_crosswalks(),
            *self.dates_are_real(),
        ]
        if not rows:
            lawful += [*self.sources_are_whole(), *self.derived_recomputes()]
        yield from lawful
        if not rows and not lawful:
            yield from self.views_recompute()

    def _at(
        self, table: str, rows: Iterable[int], what: str, why: str, remedy: str, said: Mapping[int, str] | None = None
    ) -> Iterator[Fault]:
        """Faults at rows, counted from 0. `what` names columns in braces; `{said}` is what `said` has for the row."""
        listed = list(rows)
        for count, row in enumerate(listed[: LIMIT + 1]):
            cells = self.tables[table].slice(row, 1).to_pylist()[0]
            text = what.format(said=said[row] if said else "", id=self.keys[table][row].as_py(), **_shortened(cells))
            if count == LIMIT:
                text = f"and {len(listed) - LIMIT} more such, the next: {text}"
            yield self._fault(table, row, text, why, remedy)

    def _fault(self, table: str, row: int, what: str, why: str, remedy: str) -> Fault:
        line = row + 2 if self.form == "csv" else None
        return Fault(f"{self.form}/{table}.{self.form}", line, str(self.keys[table][row].as_py()), what, why, remedy)

    def _columns(self, wanted: Callable[[Field], object]) -> Iterator[tuple[str, Field, pa.ChunkedArray]]:
        for name, model in TABLES.items():
            for item in fields(model):
                if wanted(item):
                    yield name, item, self.tables[name][item.name]

    # Rows, keys and links

    def rows_fit_their_models(self) -> Iterator[Fault]:
        """Required cells have values, no text is empty, terms are of their vocabulary, patterns are met."""
        for name, item, values in self._columns(lambda _: True):
            what = f"{name}.{item.name} is {{{item.name}!r}}"
            if not item.nullable and values.null_count:
                yield from self._at(name, _where(pc.is_null(values)), what, "it is required", "fill it")
            if item.type != "text":
                continue
            column = item.column
            is_key = item.name == primary_key(TABLES[name])
            if column.vocabulary is not None:
                terms = pa.array([*column.vocabulary.values(), None], pa.string())
                wrong = pc.invert(pc.is_in(values, value_set=terms))
                yield from self._at(
                    name, _where(wrong), what, f"it is not a term of {column.vocabulary.name}", "use one of its terms"
                )
            # A link is as well formed as the key that it resolves to.
            elif column.pattern is not None and (column.references is None or is_key):
                wrong = pc.invert(pc.match_substring_regex(values, f"^(?:{column.pattern})$"))
                yield from self._at(name, _where(wrong), what, f"it does not match {column.pattern}", "correct it")
            else:
                yield from self._at(
                    name, _where(pc.equal(values, "")), what, "it is an empty text", "make it a null, or fill it"
                )

    def keys_hold(self) -> Iterator[Fault]:
        """Law 6: primary keys are unique, and every foreign key resolves."""
        for name, key in self.keys.items():
            if pc.count_distinct(key, mode="all").as_py() != len(key):
                again = pc.not_equal(pc.index_in(key, value_set=key), _range(len(key)))
                yield from self._at(
                    name, _where(again), f"the {name} row {{id}} is there twice", "ids are unique", "keep one"
                )
        for name, item, values in self._columns(lambda item: item.column.references):
            target = str(item.column.references)
            lost = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=self.keys[target])))
            yield from self._at(
                name,
                _where(lost),
                f"unknown id {{{item.name}}} in {item.name}",
                f"no row of {target} has it",
                "correct the link",
            )

    def references_resolve(self) -> Iterator[Fault]:
        """Law 6: rows that name a row or cell of any table name one that there is."""
        for name in CELL_REFERENCES:
            for references in self._references(name):
                lost: dict[str, list[int]] = {}
                if references.table is None:
                    lost["table_name"] = references.rows.to_pylist()
                else:
                    lost["row_id"] = references.rows.filter(pc.is_null(references.targets)).to_pylist()
                    if "column_name" in self.tables[name].column_names:
                        columns = _array(self.tables[name]["column_name"]).take(references.rows)
                        known = pa.array([*TABLES[references.table].model_fields, None], pa.string())
                        strange = pc.invert(pc.is_in(columns, value_set=known))
                        lost["column_name"] = references.rows.filter(strange).to_pylist()
                for column, rows in lost.items():
                    kind = column.removesuffix("_name").replace("row_id", "id")
                    yield from self._at(
                        name,
                        rows,
                        f"unknown {kind} {{{column}}} in {column}",
                        "a reference names what is there",
                        "correct the reference",
                    )

    def _references(self, name: str) -> Iterator[_References]:
        """The rows of a table of references, by the table that they refer to; rows that name none are left out."""
        names = _array(self.tables[name]["table_name"]).dictionary_encode()
        ids = _array(self.tables[name]["row_id"])
        for code, table in enumerate(names.dictionary.to_pylist()):
            rows = pc.indices_nonzero(pc.equal(names.indices, pa.scalar(code, names.indices.type)))
            if table in TABLES:
                yield _References(table, rows, pc.index_in(ids.take(rows), value_set=self.keys[table]))
            else:
                yield _References(None, rows, pa.nulls(len(rows), pa.int32()))

    def one_of_is_filled(self) -> Iterator[Fault]:
        """Law 6: where a row refers to one of several things, it names exactly one, whole."""
        for name, model in TABLES.items():
            choices = model.table.one_of
            if not choices:
                continue
            filled = [[_number(pc.is_valid(self.tables[name][column])) for column in choice] for choice in choices]
            touched = reduce(pc.add, [reduce(pc.max_element_wise, columns) for columns in filled])
            whole = reduce(pc.add, [reduce(pc.min_element_wise, columns) for columns in filled])
            rows = _where(pc.or_(pc.not_equal(touched, 1), pc.not_equal(whole, 1)))
            yield from self._at(
                name,
                rows,
                f"a row of {name} fills {{said}}",
                "it refers to exactly one thing",
                f"fill {' or '.join(', '.join(choice) for choice in choices)}",
                {row: self._filled(name, row, choices) for row in rows[: LIMIT + 1]},
            )

    def _filled(self, name: str, row: int, choices: Sequence[tuple[str, ...]]) -> str:
        (cells,) = self.tables[name].slice(row, 1).to_pylist()
        filled = [choice for choice in choices if any(cells[column] is not None for column in choice)]
        return " and ".join(", ".join(choice) for choice in filled) or "none of its links"

    def parents_have_no_cycle(self) -> Iterator[Fault]:
        """Law 6: nothing is its own ancestor, by a column that links a table to itself, or by `part_of` links."""
        for name, item, values in self._columns(lambda item: item.column.references):
            if item.column.references == name:
                yield from self._cycles(name, self.keys[name], values)
        links = self.tables["event_links"]
        links = links.filter(pc.equal(links["relation"], "part_of"))
        yield from self._cycles("events", links["event_id"], links["related_event_id"])

    def _cycles(self, table: str, children: Any, parents: Any) -> Iterator[Fault]:
        graph: dict[str, set[str]] = {}
        for child, parent in _rows(children, parents):
            if parent is not None:
                graph.setdefault(child, set()).add(parent)
        while True:
            try:
                TopologicalSorter(graph).prepare()
                return
            except CycleError as error:
                cycle = error.args[1][::-1]
            at = pc.index_in(pa.array(cycle), value_set=self.keys[table]).drop_null().to_pylist()
            what = f"a cycle among parents: {' -> '.join(cycle)}"
            yield self._fault(table, min(at, default=0), what, "nothing is part of itself", "break the cycle")
            # Taken out, so that the next one is found.
            for child, parent in itertools.pairwise(cycle):
                graph[child].discard(parent)

    # Spans

    @cached_property
    def _texts(self) -> list[str]:
        return [text or "" for text in self.tables["passages"]["text"].to_pylist()]

    @cached_property
    def _spans(self) -> dict[str, _Spans]:
        """By table, the spans that lie within their passage, and the rows whose spans do not."""
        passages = self.tables["passages"]
        first, last, source = (_array(passages[column]) for column in ("start", "end", "source_id"))
        found = {}
        for name, text_column in SPAN_TEXTS.items():
            columns = ("source_id", "passage_id", "start", "end", text_column)
            parts = [_array(self.tables[name][column]) for column in columns]
            own_source, passage_id, start, end, _ = parts
            blanks = reduce(pc.add, [_number(pc.is_null(part)) for part in parts])
            passage = pc.index_in(passage_id, value_set=self.keys["passages"])
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
                stray=_where(stray),
            )
        return found

    def spans_are_verbatim(self) -> Iterator[Fault]:
        """Law 1: a span lies within its passage, holds at least a character, and its text is the passage's there."""
        for name, column in SPAN_TEXTS.items():
            spans = self._spans[name]
            yield from self._at(
                name,
                spans.stray,
                "the span {start}-{end} is not within {passage_id}",
                "a span is whole, and within a passage of its own source",
                "correct the span",
            )
            quotes = _array(self.tables[name][column]).take(spans.rows)
            codes, samples = _distinct(spans.passage, spans.start, spans.end, quotes)
            parts = (part.take(samples) for part in (spans.passage, spans.start, spans.end, quotes))
            wrong = [
                code
                for code, (passage, start, end, quote) in enumerate(_rows(*parts))
                if self._texts[passage][start:end] != quote
            ]
            yield from self._at(
                name,
                _having(codes, wrong, spans.rows),
                f"{column} is not the text at {{start}}-{{end}}",
                "a span's text is cut from its source",
                "restore the quote or the span",
            )

    def passages_fill_their_spans(self) -> Iterator[Fault]:
        """Law 1: a passage's text is as long as its span."""
        passages = self.tables["passages"]
        length = pc.cast(pc.utf8_length(passages["text"]), pa.int64())
        yield from self._at(
            "passages",
            _where(pc.not_equal(length, pc.subtract(passages["end"], passages["start"]))),
            "the text is not as long as its span",
            "a span's text is cut from its source",
            "restore the passage",
        )

    def sources_are_whole(self) -> Iterator[Fault]:
        """Law 1: where only plain blanks stand between passages, the text rebuilt from them has the source's SHA-256."""
        passages: dict[str, list[tuple[int, int, str]]] = {}
        columns = self.tables["passages"].select(["source_id", "start", "line", "text"]).columns
        for source, start, line, text in _rows(*columns):
            passages.setdefault(source, []).append((start, line, text))
        wrong = {}
        for row, source in enumerate(self.tables["sources"].to_pylist()):
            rebuilt = _rebuilt(sorted(passages.get(source["source_id"], [])), source["character_count"])
            if rebuilt is not None:
                found = {
                    "byte_count": len(rebuilt.encode()),
                    "line_count": len(rebuilt.splitlines()),
                    "sha256": hashlib.sha256(rebuilt.encode()).hexdigest(),
                }
                other = [column for column, value in found.items() if source[column] != value]
                if other:
                    wrong[row] = ", ".join(other)
        yield from self._at(
            "sources",
            wrong,
            "the passages of {id} give another {said}",
            "a source's bytes are pinned, and its passages are cut from them",
            "restore the passages, or the row of sources",
            wrong,
        )

    # Explanations

    @cached_property
    def _supporting(self) -> _Explanations:
        explanations = self._explanations("evidence")
        stance = _array(self.tables["evidence"]["stance"]).take(explanations.rows)
        supports = pc.equal(stance, "supports")
        return _Explanations(explanations.rows.filter(supports), explanations.cells.filter(supports))

    def _explanations(self, name: str) -> _Explanations:
        """The rows that explain a cell that there is."""
        named = _array(self.tables[name]["column_name"])
        rows, cells = [pa.array([], pa.uint64())], [pa.array([], pa.int64())]
        for references in self._references(name):
            columns = [item.name for table, item in self.explained if table == references.table]
            if references.table is None or not columns:
                continue
            first_cells = pa.array([self.first_cell[(references.table, column)] for column in columns], pa.int64())
            column = pc.index_in(named.take(references.rows), value_set=pa.array(columns, pa.string()))
            cell = pc.add(first_cells.take(column), references.targets)
            rows.append(references.rows.filter(pc.is_valid(cell)))
            cells.append(cell.drop_null())
        return _Explanations(pa.concat_arrays(rows), pa.concat_arrays(cells))

    def values_are_spelled_as_quoted(self) -> Iterator[Fault]:
        """Law 1: a verbatim value is spelled as one of the quotes that support it."""
        supporting = self._supporting
        quotes = _array(self.tables["evidence"]["quote"])
        for name, item in self.explained:
            if not item.column.verbatim:
                continue
            first_cell, count = self.first_cell[(name, item.name)], self.tables[name].num_rows
            own = pc.and_(pc.greater_equal(supporting.cells, first_cell), pc.less(supporting.cells, first_cell + count))
            rows = pc.subtract(supporting.cells.filter(own), first_cell)
            values = _array(self.tables[name][item.name])
            same = pc.equal(values.take(rows), quotes.take(supporting.rows.filter(own)))
            every = _range(count)
            quoted = pc.and_(pc.is_valid(values), pc.is_in(every, value_set=rows))
            yield from self._at(
                name,
                _where(pc.and_(quoted, pc.invert(pc.is_in(every, value_set=rows.filter(same))))),
                f"{{{item.name}!r}} is not spelled as quoted",
                f"{item.name} is verbatim, and none of its evidence reads so",
                "write the printed words",
            )

    def cells_are_explained(self) -> Iterator[Fault]:
        """Law 2: a value has evidence for it and no gap; a null has a gap and no evidence for it."""
        every = _range(self.cell_count)
        evidence = pc.is_in(every, value_set=self._supporting.cells)
        gap = pc.is_in(every, value_set=self._explanations("gaps").cells)
        filled = pa.concat_arrays(
            [pa.array([], pa.bool_())]
            + [_array(pc.is_valid(self.tables[name][item.name])) for name, item in self.explained]
        )
        empty = pc.invert(filled)
        laws = (
            (
                pc.and_not(filled, evidence),
                "has a value and no evidence",
                "every value rests on words of a source",
                "quote the words in evidence that supports it",
            ),
            (pc.and_(filled, gap), "has a value and a gap", "a gap says why a cell is empty", "take one of them away"),
            (pc.and_not(empty, gap), "is empty and has no gap", "every null says why", "add a gap with a reason"),
            (
                pc.and_(empty, evidence),
                "is empty and has evidence",
                "evidence supports a value",
                "write the value, or take the evidence away",
            ),
        )
        for broken, what, why, remedy in laws:
            if not pc.any(broken).as_py():
                continue
            for name, item in self.explained:
                own = broken.slice(self.first_cell[(name, item.name)], self.tables[name].num_rows)
                yield from self._at(name, _where(own), f"{name}.{item.name} of {{id}} {what}", why, remedy)

    def explanations_are_whole(self) -> Iterator[Fault]:
        """Law 2: evidence and gaps say all that their kind asks for, of columns that take them."""
        evidence, gaps = self.tables["evidence"], self.tables["gaps"]
        ambiguous = pc.equal(gaps["reason"], "ambiguous")
        quoting = pc.is_in(gaps["reason"], value_set=pa.array(["undisclosed", "ambiguous"]))
        yield from self._at(
            "evidence",
            _where(pc.and_(pc.not_equal(evidence["stance"], "supports"), pc.is_null(evidence["asserted_value"]))),
            "contradicting evidence asserts no value",
            "what it speaks for must be known",
            "add asserted_value",
        )
        yield from self._at(
            "gaps",
            _where(pc.and_(quoting, pc.is_null(gaps["quote"]))),
            "a gap that is {reason} quotes no words",
            "the source's words leave the cell open",
            "add the quote",
        )
        yield from self._at(
            "gaps",
            _where(pc.and_(ambiguous, pc.is_null(gaps["candidate"]))),
            "an ambiguous gap names no candidate",
            "each value that the words allow is a gap of its own",
            "add the candidate",
        )
        yield from self._at(
            "gaps",
            _where(pc.and_(pc.invert(ambiguous), pc.is_valid(gaps["candidate"]))),
            "a gap that is {reason} names a candidate",
            "only ambiguous words offer candidates",
            "take it away, or make the reason ambiguous",
        )
        for name in ("evidence", "gaps"):
            codes, pairs = self._combinations(name, "table_name", "column_name")
            yield from self._at(
                name,
                _having(codes, [code for code, pair in enumerate(pairs) if pair not in self.first_cell]),
                "{table_name}.{column_name} takes no evidence or gap",
                "there is no such column, or its origin is none of source, coder, inferred",
                "correct the column",
            )

    def _combinations(self, name: str, *columns: str) -> tuple[pa.Array, list[tuple[Any, ...]]]:
        """The distinct combinations of values of columns, and for each row the number of its own."""
        parts = [_array(self.tables[name][column]) for column in columns]
        codes, samples = _distinct(*parts)
        return codes, list(_rows(*(part.take(samples) for part in parts)))

    def words_are_accounted_for(self) -> Iterator[Fault]:
        """Law 3: each word character of a source lies under evidence or under residue, and under one of them only."""
        outside = pc.is_in(self.tables["evidence"]["table_name"], value_set=pa.array(NOT_CODED_FROM))
        coded = self._covered("evidence", _array(pc.invert(outside)))
        left = self._covered("residue")
        lost: dict[int, str] = {}
        for passage, text in enumerate(self._texts):
            under = int.from_bytes(coded[passage], "little") | int.from_bytes(left[passage], "little")
            covered = under.to_bytes(len(text), "little")
            if 0 in covered:
                words = [word for word in re.finditer(r"\w+", text) if 0 in covered[word.start() : word.end()]]
                if words:
                    start = self.tables["passages"]["start"][passage].as_py() or 0
                    lost[passage] = ", ".join(f"{word.group()!r} at {start + word.start()}" for word in words[:LIMIT])
        yield from self._at(
            "passages",
            lost,
            "the word {said} is under no evidence and no residue",
            "every word is accounted for",
            "code what it says, or list it in residue with a reason",
            lost,
        )
        spans = self._spans["residue"]
        yield from self._at(
            "residue",
            [
                row
                for row, passage, start, end in _rows(spans.rows, spans.passage, spans.start, spans.end)
                if any(
                    1 in coded[passage][start + word.start() : start + word.end()]
                    for word in re.finditer(r"\w+", self._texts[passage][start:end])
                )
            ],
            "the residue {text!r} is under evidence as well",
            "residue is what nothing was coded from",
            "take it away, or narrow the quote that covers it",
        )

    def _covered(self, name: str, wanted: pa.Array | None = None) -> list[bytearray]:
        """For each passage a byte for each character: 1 where a span of the table lies over it."""
        marks = [bytearray(len(text)) for text in self._texts]
        spans = self._spans[name]
        parts = [spans.passage, spans.start, spans.end]
        if wanted is not None:
            mask = wanted.take(spans.rows)
            parts = [part.filter(mask) for part in parts]
        _, samples = _distinct(*parts)
        for passage, start, end in _rows(*(part.take(samples) for part in parts)):
            # A passage that is shorter than its span is a fault of its own.
            last = min(end, len(marks[passage]))
            marks[passage][start:last] = b"\1" * (last - start)
        return marks

    def inference_is_marked(self) -> Iterator[Fault]:
        """Law 4: evidence is `inferred`, with its rule, exactly for columns of that origin."""
        origins = {(name, item.name): item.column.origin for name, model in TABLES.items() for item in fields(model)}
        codes, combinations = self._combinations("evidence", "table_name", "column_name", "basis")
        wrong = [
            code
            for code, (table, column, basis) in enumerate(combinations)
            if basis not in ALLOWED_BASIS.get(origins.get((table, column), "key"), (basis,))
        ]
        yield from self._at(
            "evidence",
            _having(codes, wrong),
            "the basis {basis} does not fit {column_name}",
            "values are stated, judged or inferred as their column's origin says",
            "correct the basis",
        )
        evidence = self.tables["evidence"]
        inferred, ruled = pc.equal(evidence["basis"], "inferred"), pc.is_valid(evidence["rule"])
        for broken, number in ((pc.and_not(inferred, ruled), "no"), (pc.and_not(ruled, inferred), "a")):
            yield from self._at(
                "evidence",
                _where(broken),
                f"evidence for {{column_name}} is {{basis}} and has {number} rule",
                "what is inferred names its rule, and nothing else has one",
                f"the rules are: {', '.join(VOCABULARIES['inference_rule'].values())}",
            )

    # Vocabularies, dates, and what is computed

    def vocabularies_are_published(self) -> Iterator[Fault]:
        """Law 7: every coded value is a row of `terms`."""
        terms = self.tables["terms"]
        published = set(_rows(terms["vocabulary"], terms["term"]))
        for vocabulary in VOCABULARIES.values():
            lost = [term for term in vocabulary.values() if (vocabulary.name, term) not in published]
            using = self._columns(lambda item, vocabulary=vocabulary: item.column.vocabulary is vocabulary)  # type: ignore[misc]
            for name, item, values in using if lost else ():
                yield from self._at(
                    name,
                    _where(pc.is_in(values, value_set=pa.array(lost, pa.string()))),
                    f"{{{item.name}}} of {vocabulary.name} is not in terms",
                    "every coded value is defined there",
                    "restore the term",
                )

    def terms_have_crosswalks(self) -> Iterator[Fault]:
        """Law 7: every term is set beside another scheme, or beside none, and is defined as the codebook has it."""
        terms = self.tables["terms"]
        crossed = pc.is_in(terms["term_id"], value_set=_array(self.tables["crosswalk"]["term_id"]))
        yield from self._at(
            "terms",
            _where(pc.invert(crossed)),
            "the term {id} has no crosswalk row",
            "every term says what it corresponds to elsewhere",
            "add one; match: none is an answer",
        )
        if not self.same_version:
            return
        defined = {
            (vocabulary.term_id(term.term), vocabulary.name, term.term, term.label, term.definition)
            for vocabulary in VOCABULARIES.values()
            for term in vocabulary
        }
        found = _rows(*(terms[column] for column in ("term_id", "vocabulary", "term", "label", "definition")))
        yield from self._at(
            "terms",
            [row for row, term in enumerate(found) if term not in defined],
            "the term {id} is defined otherwise in this version",
            "the codebook and this table say the same",
            GET_ANEW,
        )

    def dates_are_real(self) -> Iterator[Fault]:
        """EDTF dates exist in the calendar, and end no earlier than they start."""
        for name, item, values in self._columns(lambda item: item.column.edtf):
            wrong = [value for value in pc.unique(values).to_pylist() if value is not None and not _is_date(value)]
            yield from self._at(
                name,
                _having(values, wrong),
                f"{item.name}: {{{item.name}!r}} is no valid EDTF date",
                "dates follow EDTF (ISO 8601-2)",
                "correct the date, for example 2026, XXXX-08 or 2026-03/2026-05",
            )

    def derived_recomputes(self) -> Iterator[Fault]:
        """Derived cells equal what their definition gives."""
        needed = {name: self.tables[name].to_pylist() for name in ("events", "agreements", "provisions", "sources")}
        needed["passages"] = self.tables["passages"].select(["passage_id", "source_id", "start", "text"]).to_pylist()
        needed["evidence"] = self._evidence_for("provisions", "wording")
        for (name, column), by_id in derived_values(needed).items():
            table = self.tables[name]
            expected = [by_id[row_id] for row_id in self.keys[name].to_pylist()]
            rows = _where(differs(table[column], pa.array(expected, table.schema.field(column).type)))
            yield from self._at(
                name,
                rows,
                f"{name}.{column} of {{id}} is {{{column}}}, and it recomputes to {{said}}",
                "derived values follow from others",
                "restore the value",
                {row: f"{expected[row]!s:.60}" for row in rows},
            )

    def _evidence_for(self, table: str, column: str) -> list[dict[str, Any]]:
        evidence = self.tables["evidence"]
        of_cells = pc.and_(pc.equal(evidence["table_name"], table), pc.equal(evidence["column_name"], column))
        rows: list[dict[str, Any]] = evidence.filter(of_cells).to_pylist()
        return rows

    def views_recompute(self) -> Iterator[Fault]:
        """Views equal what they are computed to be. To be asked of tables that break no other law."""
        gaps = self.tables["gaps"]
        needed: Tables = {name: self.tables[name].to_pylist() for name in ("actors", "events", "event_actors")}
        needed["evidence"] = self._evidence_for("events", "label")
        needed["gaps"] = gaps.filter(pc.equal(gaps["table_name"], "events")).to_pylist()
        for name, rows in views(needed).items():
            key = primary_key(TABLES[name])
            computed = {row[key]: row for row in rows}
            found = self.tables[name].to_pylist()
            yield from self._at(
                name,
                [at for at, row in enumerate(found) if computed.pop(row[key], None) != row],
                f"the {name} row {{id}} is not as computed",
                "views are computed",
                "restore the view",
            )
            for row_id in list(computed)[:LIMIT]:
                what = f"the {name} row {row_id} is missing"
                yield Fault(
                    f"{self.form}/{name}.{self.form}", None, row_id, what, "views are computed", "restore the view"
                )


# --- Helpers on columns ---


def differs(left: Any, right: Any) -> Any:
    """Where two columns differ; null equals null and nothing else."""
    unequal = pc.fill_null(pc.not_equal(left, right), False)
    return pc.or_(unequal, pc.not_equal(pc.is_null(left), pc.is_null(right)))


def first(mask: Any) -> int | None:
    """The first row where a mask is true."""
    at = pc.index(mask, True).as_py()
    return None if at < 0 else int(at)


def _array(column: Any) -> pa.Array:
    """A column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def _number(mask: Any) -> Any:
    return pc.cast(mask, pa.int64())


def _where(mask: Any) -> list[int]:
    """The rows where a mask is true, neither false nor null."""
    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found


def _having(values: Any, wanted: Sequence[Any], rows: pa.Array | None = None) -> list[int]:
    """The rows whose value is one of those wanted; `rows` has their numbers where these are not the values' own."""
    if not wanted:
        return []
    mask = pc.is_in(values, value_set=pa.array(wanted, values.type))
    found: list[int] = pc.indices_nonzero(mask).to_pylist() if rows is None else rows.filter(mask).to_pylist()
    return found


def _range(count: int) -> pa.Array:
    """The whole numbers below `count`."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), 1)


def _distinct(*columns: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The distinct combinations of columns: for each row the number of its own, and for each combination a row."""
    codes: Any = None
    for column in columns:
        encoded = column.dictionary_encode("encode")
        own = _number(encoded.indices)
        if codes is not None:
            # Each factor is at most the number of rows, so this stays below 2^63.
            own = pc.add(pc.multiply(codes, max(len(encoded.dictionary), 1)), own)
            own = _number(own.dictionary_encode().indices)
        codes = own
    return codes, pc.index_in(pc.unique(codes), value_set=codes)


def _rows(*columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in columns), strict=True)


def _is_date(value: str) -> bool:
    try:
        bounds(value)
    except ValueError:
        return False
    return True


def _rebuilt(passages: Sequence[tuple[int, int, str]], character_count: int) -> str | None:
    """A source's text from its passages (start, line, text), or None where it is not certain what stands between them.

    Certain are a space between sentences of a line, and as many line feeds as lines lie between.
    """
    text, last_line = "", 1
    for start, line, words in passages:
        blank = "\n" * (line - last_line) or (" " if text else "")
        if start != len(text) + len(blank):
            return None
        text, last_line = text + blank + words, line
    ending = character_count - len(text)
    return text + "\n" * ending if ending in (0, 1) else None


def _shortened(cells: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value[:57]}..." if isinstance(value, str) and len(value) > 60 else value
        for name, value in cells.items()
        if name not in {"said", "id"}
    }
