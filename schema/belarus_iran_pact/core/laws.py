"""The laws of the data: one list, over whole tables, by Arrow.

    for breach in breaches(DATASET, tables): ...

The build asks the laws of the tables before it writes them, `verify` asks them of published files. A breach names a row and a
column; whoever calls knows the file and line where they stand.

Columns are judged whole; plain Python sees distinct spans, passages, and the few tables that others are computed from. Time and
memory grow with the number of rows.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from functools import partial, reduce
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import PydanticCustomError

from .column import ORIGINS
from .content import (
    Breach,
    Content,
    as_array,
    as_number,
    differs,
    distinct,
    in_order,
    row_numbers,
    rows_having,
    rows_where,
    words_of,
    zipped,
)
from .edtf import bounds
from .table import Dataset, Field, Part, fields, primary_key
from .vocabulary import Mark

LIMIT = 20
"""So many breaches of one kind in one column are listed one by one; of the others the number is told."""


# --- What a law is ---

Check = Callable[[Content], Iterator[Breach]]


class _Asked(Enum):
    """When a law is asked; in this order."""

    FIRST = auto()
    """Always. These laws are about single cells."""
    ALWAYS = auto()
    OF_SOUND_CELLS = auto()
    """Only where the first ones hold: the law's check computes with what they vouch for."""
    LAST = auto()
    """Only where all others hold."""


@dataclass(frozen=True)
class Law:
    """A law of the data.

    Attributes:
        number: the number of the principle, and a letter for each check of it.
        name: the law in a few words.
        sentence: what holds.
        check: finds the breaches in the tables' content.
        asked: when the law is asked.
    """

    number: str
    name: str
    sentence: str
    check: Check
    asked: _Asked


LAWS: list[Law] = []
"""The laws, by number."""


def breaches(
    dataset: Dataset, tables: Mapping[str, pa.Table], *, same_version: bool = True, limit: int | None = LIMIT
) -> Iterator[Breach]:
    """All breaches of the laws in the tables of a dataset.

    Args:
        dataset: what the tables are to be.
        tables: every table by name, with the columns and types of its model. Views may be left out, and are then not judged.
        same_version: whether the tables are of the dataset's very version, so that its terms are defined as there.
        limit: so many breaches of one kind in one column are listed; of further ones a last breach tells the number.
    """
    content = Content(dataset, tables, same_version, limit)
    broken: set[_Asked] = set()
    for law in sorted(LAWS, key=lambda law: law.asked.value):
        if (law.asked is _Asked.OF_SOUND_CELLS and _Asked.FIRST in broken) or (law.asked is _Asked.LAST and broken):
            continue
        for breach in law.check(content):
            broken.add(law.asked)
            yield replace(breach, law=law.number, why=f"{breach.why} (law {law.number})")


def coverage(dataset: Dataset, tables: Mapping[str, pa.Table]) -> tuple[int, int]:
    """How many word characters of the sources stand under evidence, and how many there are.

    Args:
        dataset: what the tables are.
        tables: by name at least those of passages, evidence and residue.
    """
    content = Content(dataset, tables, same_version=True, limit=None)
    words = [(at, *word.span()) for at, text in enumerate(content.texts) for word in words_of(text)]
    covered = sum(sum(content.coded[at][start:end]) for at, start, end in words)
    return covered, sum(end - start for _, start, end in words)


def _law(number: str, name: str, asked: _Asked = _Asked.ALWAYS) -> Callable[[Check], Check]:
    """Put a check into the list of laws; its docstring is the law's sentence."""

    def listed(check: Check) -> Check:
        LAWS.append(Law(number, name, " ".join((check.__doc__ or "").split()), check, asked))
        return check

    return listed


# --- 1. Verbatim ---


@_law("1a", "Quotes are printed words")
def _spans_are_verbatim(content: Content) -> Iterator[Breach]:
    """A span is whole and lies within a passage of its own source, and its text is the passage's text there: code points,
    counted from 0, the end excluded."""
    for name, spans in content.spans.items():
        column = content.dataset.span_texts[name]
        yield from content.at(
            name,
            spans.stray,
            "start",
            "the span {start}-{end} is not within {passage_id}",
            "a span is whole, and within a passage of its own source",
            "correct the span",
        )
        quotes = as_array(content.tables[name][column]).take(spans.rows)
        codes, samples = distinct(spans.passage, spans.start, spans.end, quotes)
        parts = (part.take(samples) for part in (spans.passage, spans.start, spans.end, quotes))
        wrong = [
            code
            for code, (passage, start, end, quote) in enumerate(zipped(*parts))
            if content.texts[passage][start:end] != quote
        ]
        yield from content.at(
            name,
            rows_having(codes, wrong, spans.rows),
            column,
            f"{column} is not the text at {{start}}-{{end}}",
            "a span's text is cut from its source",
            "restore the quote or the span",
        )


@_law("1b", "Passages fill their spans")
def _passages_fill_their_spans(content: Content) -> Iterator[Breach]:
    """A passage's text is as long as its span."""
    name, passages = content.part(Part.PASSAGES)
    length = pc.cast(pc.utf8_length(passages["text"]), pa.int64())
    yield from content.at(
        name,
        rows_where(pc.not_equal(length, pc.subtract(passages["end"], passages["start"]))),
        "text",
        "the text is not as long as its span",
        "a span's text is cut from its source",
        "restore the passage",
    )


@_law("1c", "Sources are pinned", _Asked.OF_SOUND_CELLS)
def _sources_are_whole(content: Content) -> Iterator[Breach]:
    """The text rebuilt from a source's passages has the source's SHA-256, wherever nothing but plain blanks stands between
    them."""
    passages: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    columns = content.part(Part.PASSAGES)[1].select(["source_id", "start", "line", "text"]).columns
    for source_id, *passage in zipped(*columns):
        passages[source_id].append(tuple(passage))
    name, sources = content.part(Part.SOURCES)
    wrong = {}
    for row, source in enumerate(sources.to_pylist()):
        rebuilt = _rebuilt(sorted(passages[source["source_id"]]), source["character_count"])
        if rebuilt is not None:
            found = {
                "byte_count": len(rebuilt.encode()),
                "line_count": len(rebuilt.splitlines()),
                "sha256": hashlib.sha256(rebuilt.encode()).hexdigest(),
            }
            if other := [column for column, value in found.items() if source[column] != value]:
                wrong[row] = ", ".join(other)
    yield from content.at(
        name,
        wrong,
        "sha256",
        "the passages of {id} give another {said}",
        "a source's bytes are pinned, and its passages are cut from them",
        f"restore the passages, or the row of {name}",
        said=wrong,
    )


@_law("1d", "Verbatim values are spelled as printed")
def _values_are_spelled_as_quoted(content: Content) -> Iterator[Breach]:
    """A value of a verbatim column is spelled exactly as one of the quotes that support it."""
    supporting = content.supporting
    quotes = as_array(content.part(Part.EVIDENCE)[1]["quote"])
    for name, item in content.explained:
        if not item.column.verbatim:
            continue
        first_cell, count = content.first_cell[(name, item.name)], content.tables[name].num_rows
        own = pc.and_(pc.greater_equal(supporting.cells, first_cell), pc.less(supporting.cells, first_cell + count))
        rows = pc.subtract(supporting.cells.filter(own), first_cell)
        own_quotes = quotes.take(supporting.rows.filter(own))
        values = as_array(content.tables[name][item.name])
        same = pc.equal(values.take(rows), own_quotes)
        every = row_numbers(count)
        quoted = pc.and_(pc.is_valid(values), pc.is_in(every, value_set=rows))
        wrong = rows_where(pc.and_(quoted, pc.invert(pc.is_in(every, value_set=rows.filter(same)))))
        read = defaultdict(set)
        for row, quote in zipped(rows, own_quotes) if wrong else ():
            read[row].add(quote)
        yield from content.at(
            name,
            wrong,
            item.name,
            f"{{{item.name}!r}} is not spelled as quoted",
            f"{item.name} is verbatim, and its evidence reads {{said}}",
            "write the printed words",
            said={row: f"{' | '.join(sorted(read[row]))!r:.100}" for row in wrong},
        )


# --- 2. Every cell explains itself ---


@_law("2a", "Every cell explains itself")
def _cells_are_explained(content: Content) -> Iterator[Breach]:
    """In every column of origin source, coder or inferred, a value has evidence for it and no gap; an empty cell has a gap that
    says why, and no evidence."""
    every = row_numbers(content.cell_count)
    evidence = pc.is_in(every, value_set=content.supporting.cells)
    gap = pc.is_in(every, value_set=content.explanations(content.dataset.part(Part.GAPS)).cells)
    filled = pa.concat_arrays(
        [pa.array([], pa.bool_())]
        + [as_array(pc.is_valid(content.tables[name][item.name])) for name, item in content.explained]
    )
    empty = pc.invert(filled)
    reasons = ", ".join(content.vocabulary(Part.GAPS, "reason").values())
    laws = (
        (
            pc.and_not(filled, evidence),
            "has a value and no evidence",
            "every value rests on words of a source",
            "quote the words in evidence that supports it, or empty the cell and give a gap",
        ),
        (pc.and_(filled, gap), "has a value and a gap", "a gap says why a cell is empty", "take one of them away"),
        (
            pc.and_not(empty, gap),
            "is empty and has no gap",
            "every null says why",
            f"add a gap with a reason ({reasons}), or a value with evidence",
        ),
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
        for name, item in content.explained:
            own = broken.slice(content.first_cell[(name, item.name)], content.tables[name].num_rows)
            what_here = f"{name}.{item.name} of {{id}} {what}"
            yield from content.at(name, rows_where(own), item.name, what_here, why, remedy)


@_law("2b", "Explanations are whole")
def _explanations_are_whole(content: Content) -> Iterator[Breach]:
    """Evidence against a value says for which value it speaks; a gap quotes the words that leave the cell open, where there are
    any, and names a candidate exactly where they allow several values; both are for columns that take them."""
    evidence_name, evidence = content.part(Part.EVIDENCE)
    gaps_name, gaps = content.part(Part.GAPS)
    against = pc.invert(content.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE))
    quotes, offers = (content.marked(Part.GAPS, "reason", mark) for mark in (Mark.QUOTES, Mark.OFFERS))
    open_to = " or ".join(content.vocabulary(Part.GAPS, "reason").marked(Mark.OFFERS))
    yield from content.at(
        evidence_name,
        rows_where(pc.and_(against, pc.is_null(evidence["asserted_value"]))),
        "asserted_value",
        "contradicting evidence asserts no value",
        "what it speaks for must be known",
        "add asserted_value",
    )
    yield from content.at(
        gaps_name,
        rows_where(pc.and_(quotes, pc.is_null(gaps["quote"]))),
        "quote",
        "a gap that is {reason} quotes no words",
        "the source's words leave the cell open",
        "add the quote",
    )
    yield from content.at(
        gaps_name,
        rows_where(pc.and_(offers, pc.is_null(gaps["candidate"]))),
        "candidate",
        "a gap that is {reason} names no candidate",
        "each value that the words allow is a gap of its own",
        "add the candidate",
    )
    yield from content.at(
        gaps_name,
        rows_where(pc.and_(pc.invert(offers), pc.is_valid(gaps["candidate"]))),
        "candidate",
        "a gap that is {reason} names a candidate",
        "only words that allow several values offer candidates",
        f"take it away, or make the reason {open_to}",
    )
    for name in (evidence_name, gaps_name):
        codes, pairs = content.combinations(name, "table_name", "column_name")
        yield from content.at(
            name,
            rows_having(codes, [code for code, pair in enumerate(pairs) if pair not in content.first_cell]),
            "column_name",
            "{table_name}.{column_name} takes no evidence or gap",
            "there is no such column, or its origin is none of source, coder, inferred",
            "correct the column",
        )


# --- 3. Every word is accounted for ---


@_law("3", "Every word is accounted for")
def _words_are_accounted_for(content: Content) -> Iterator[Breach]:
    """Each word of a source lies under evidence, or under residue with the reason why nothing was coded from it; not under
    both."""
    name, passages = content.part(Part.PASSAGES)
    residue = content.dataset.part(Part.RESIDUE)
    lost: dict[int, str] = {}
    for row, (text, coded, left) in enumerate(zip(content.texts, content.coded, content.covered(residue), strict=True)):
        under = int.from_bytes(coded, "little") | int.from_bytes(left, "little")
        covered = under.to_bytes(len(text), "little")
        words = [word for word in words_of(text) if 0 in covered[slice(*word.span())]] if 0 in covered else []
        if words:
            start = passages["start"][row].as_py() or 0
            lost[row] = ", ".join(f"{word.group()!r} at {start + word.start()}" for word in words[:LIMIT])
    yield from content.at(
        name,
        lost,
        None,
        "the word {said} is under no evidence and no residue",
        "every word is accounted for",
        f"code what it says, or list it in {residue} with a reason",
        said=lost,
    )
    spans = content.spans[residue]
    yield from content.at(
        residue,
        [
            row
            for row, passage, start, end in zipped(spans.rows, spans.passage, spans.start, spans.end)
            if any(
                1 in content.coded[passage][start + word.start() : start + word.end()]
                for word in words_of(content.texts[passage][start:end])
            )
        ],
        None,
        "the residue {text!r} is under evidence as well",
        "residue is what nothing was coded from",
        "take it away, or narrow the quote that covers it",
    )


# --- 4. Nothing invented ---


@_law("4", "Inference says so")
def _inference_is_marked(content: Content) -> Iterator[Breach]:
    """The basis of evidence fits the origin of its column: stated or judged, judged alone, or inferred. What is inferred names
    its rule, and nothing else has one."""
    name, evidence = content.part(Part.EVIDENCE)
    basis = content.vocabulary(Part.EVIDENCE, "basis")
    fitting = {origin: basis.marked(origin) for origin in ORIGINS}
    origins = {(name, item.name): item.column.origin for name, item in content.explained}
    codes, combinations = content.combinations(name, "table_name", "column_name", "basis")
    misfits = defaultdict(list)
    for code, (table, column, value) in enumerate(combinations):
        origin = origins.get((table, column))
        if origin is not None and value not in fitting[origin]:
            misfits[origin].append(code)
    for origin, wrong in misfits.items():
        yield from content.at(
            name,
            rows_having(codes, wrong),
            "basis",
            "the basis {basis} does not fit {column_name}",
            f"the column's origin is {origin}",
            f"make it {' or '.join(fitting[origin])}",
        )
    by_rule, ruled = content.marked(Part.EVIDENCE, "basis", Mark.BY_RULE), pc.is_valid(evidence["rule"])
    for broken, number in ((pc.and_not(by_rule, ruled), "no"), (pc.and_not(ruled, by_rule), "a")):
        yield from content.at(
            name,
            rows_where(broken),
            "rule",
            f"evidence for {{column_name}} is {{basis}} and has {number} rule",
            "what is inferred names its rule, and nothing else has one",
            f"the rules are: {', '.join(content.vocabulary(Part.EVIDENCE, 'rule').values())}",
        )


# --- 5. Who, and how surely ---


@_law("5", "Who, and how surely", _Asked.FIRST)
def _voices_are_named(content: Content) -> Iterator[Breach]:
    """Whatever is coded as happening, agreed or said names whose word it is, and how sure that voice is of it."""
    for name, item, values in content.columns(lambda item: item.column.voice or item.column.certainty):
        yield from content.at(
            name,
            rows_where(pc.is_null(values)),
            item.name,
            f"{{id}} has no {item.name}",
            "all that is coded is somebody's word, held more or less surely",
            "name the voice, and how sure it is",
        )


# --- 6. Keys hold ---


@_law("6a", "Ids are unique")
def _ids_are_unique(content: Content) -> Iterator[Breach]:
    """Each row has an id of its own within its table."""
    for name, key in content.keys.items():
        if pc.count_distinct(key, mode="all").as_py() != len(key):
            again = pc.not_equal(pc.index_in(key, value_set=key), row_numbers(len(key)))
            yield from content.at(
                name, rows_where(again), None, f"the {name} row {{id}} is there twice", "ids are unique", "keep one"
            )


@_law("6b", "Links resolve")
def _links_resolve(content: Content) -> Iterator[Breach]:
    """Every link to another table names a row that is there."""
    for name, item, values in content.columns(lambda item: item.column.references):
        target = str(item.column.references)
        keys = content.keys[target]
        linked = pc.is_valid(values)
        if not len(keys):
            # One breach says it all; which of the links is at fault is no question.
            yield from content.at(
                name,
                rows_where(linked)[:1],
                item.name,
                f"{name}.{item.name} links to {target}, of which there is no row",
                "every link resolves",
                f"restore the rows of {target}",
            )
            continue
        yield from content.at(
            name,
            rows_where(pc.and_(linked, pc.invert(pc.is_in(values, value_set=keys)))),
            item.name,
            f"unknown id {{{item.name}}} in {item.name}",
            f"no row of {target} has it",
            "correct the link",
            choices=(f"ids of {target}", partial(in_order, keys)),
        )


@_law("6c", "References resolve")
def _references_resolve(content: Content) -> Iterator[Breach]:
    """Where a row names a table, a row and a column, those are there."""
    for name in content.dataset.cell_references:
        for references in content.references(name):
            lost: dict[str, tuple[list[int], Callable[[], list[str]]]] = {}
            if references.table is None:
                lost["table_name"] = (references.rows.to_pylist(), partial(list, content.models))
            else:
                keys = content.keys[references.table]
                missing = references.rows.filter(pc.is_null(references.targets)).to_pylist()
                lost["row_id"] = (missing, partial(in_order, keys))
                if "column_name" in content.tables[name].column_names:
                    columns = as_array(content.tables[name]["column_name"]).take(references.rows)
                    known = [item.name for item in fields(content.models[references.table])]
                    strange = pc.invert(pc.is_in(columns, value_set=pa.array([*known, None], pa.string())))
                    lost["column_name"] = (references.rows.filter(strange).to_pylist(), partial(list, known))
            for column, (rows, allowed) in lost.items():
                kind = column.removesuffix("_name").replace("row_id", "id")
                yield from content.at(
                    name,
                    rows,
                    column,
                    f"unknown {kind} {{{column}}} in {column}",
                    "a reference names what is there",
                    "correct the reference",
                    choices=("known ones", allowed),
                )


@_law("6d", "One thing of several")
def _one_of_is_filled(content: Content) -> Iterator[Breach]:
    """A row that may refer to one of several things refers to exactly one, whole."""
    for name, model in content.models.items():
        choices = model.table.one_of
        if not choices:
            continue
        filled = [[as_number(pc.is_valid(content.tables[name][column])) for column in choice] for choice in choices]
        touched = reduce(pc.add, [reduce(pc.max_element_wise, columns) for columns in filled])
        whole = reduce(pc.add, [reduce(pc.min_element_wise, columns) for columns in filled])
        rows = rows_where(pc.or_(pc.not_equal(touched, 1), pc.not_equal(whole, 1)))
        said = {}
        for row in rows:
            cells = content.tables[name].slice(row, 1).to_pylist()[0]
            named = [", ".join(choice) for choice in choices if any(cells[column] is not None for column in choice)]
            said[row] = " and ".join(named) or "none of its links"
        yield from content.at(
            name,
            rows,
            None,
            f"a row of {name} fills {{said}}",
            "it refers to exactly one thing",
            f"fill {' or '.join(', '.join(choice) for choice in choices)}",
            said=said,
        )


@_law("6e", "Nothing is part of itself")
def _parents_have_no_cycle(content: Content) -> Iterator[Breach]:
    """Nothing is its own whole or parent, at however many removes."""
    for name, item, values in content.columns(lambda item: item.column.references):
        if item.column.references == name:
            yield from _cycles(content, name, item.name, content.keys[name], values)
    for name, model in content.models.items():
        if model.table.part_of is not None:
            part, whole, relation = model.table.part_of
            vocabulary = content.field(name, relation).column.vocabulary
            target = content.field(name, part).column.references
            assert vocabulary is not None and target is not None
            links = content.tables[name]
            terms = pa.array(vocabulary.marked(Mark.PART_OF), pa.string())
            links = links.filter(pc.is_in(links[relation], value_set=terms))
            yield from _cycles(content, target, None, links[part], links[whole])


def _cycles(content: Content, table: str, column: str | None, children: Any, parents: Any) -> Iterator[Breach]:
    # Dictionaries for sets, so that which cycle is found first does not depend on hashes.
    graph: dict[str, dict[str, None]] = defaultdict(dict)
    for child, parent in zipped(children, parents):
        if parent is not None:
            graph[child][parent] = None
    while True:
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as error:
            cycle = error.args[1][:0:-1]
        at = pc.index_in(pa.array(cycle), value_set=content.keys[table]).to_pylist()
        rows = [row for row in at if row is not None]
        first_row = min(rows, default=None)
        turn = at.index(first_row) if rows else 0
        cycle = [*cycle[turn:], *cycle[: turn + 1]]
        what = f"a cycle among parents: {' -> '.join(cycle)}"
        yield Breach(table, first_row, cycle[0], column, what, "nothing is part of itself", "break the cycle")
        # Taken out, so that the next one is found.
        for child, parent in itertools.pairwise(cycle):
            graph[child].pop(parent, None)


# --- 7. Closed vocabularies ---


@_law("7a", "Vocabularies are closed", _Asked.FIRST)
def _terms_are_known(content: Content) -> Iterator[Breach]:
    """Every coded value is a term of its column's vocabulary."""
    for name, item, values in content.columns(lambda item: item.column.vocabulary):
        vocabulary = item.column.vocabulary
        assert vocabulary is not None
        wrong = pc.invert(pc.is_in(values, value_set=pa.array([*vocabulary.values(), None], pa.string())))
        yield from content.at(
            name,
            rows_where(wrong),
            item.name,
            f"{name}.{item.name} of {{id}} is {{{item.name}!r}}",
            f"it is an unknown term: the vocabulary {vocabulary.name} is closed",
            "use one of its terms",
            choices=(f"terms of {vocabulary.name}", vocabulary.values),
        )


@_law("7b", "Candidates are possible values")
def _candidates_are_values(content: Content) -> Iterator[Breach]:
    """The candidate that a gap names is a value that its column could hold."""
    name = content.dataset.part(Part.GAPS)
    columns = {(table, item.name): item for table, item in content.explained}
    codes, named = content.combinations(name, "table_name", "column_name", "candidate")
    for code, (table, column, candidate) in enumerate(named):
        item = columns.get((table, column))
        if item is None or candidate is None or (table, column, candidate) in content.dataset.other_candidates:
            continue
        if why := _why_no_value(content, item, candidate):
            vocabulary = item.column.vocabulary
            yield from content.at(
                name,
                rows_having(codes, [code]),
                "candidate",
                f"the candidate {{candidate!r}} is no value of {table}.{column}",
                "it {because}",
                "correct the candidate",
                choices=None if vocabulary is None else (f"terms of {vocabulary.name}", vocabulary.values),
                because=why,
            )


def _why_no_value(content: Content, item: Field, text: str) -> str | None:
    """Why a text is no value of a column; None where it is one."""
    target = item.column.references
    if target is not None and pc.index(content.keys[target], text).as_py() < 0:
        return f"is the id of no row of {target}"
    try:
        if item.type == "boolean" and text not in ("true", "false"):
            raise ValueError("is neither true nor false")
        if item.type == "integer":
            int(text)
        elif item.type == "date":
            date.fromisoformat(text)
        elif item.column.edtf:
            bounds(text)
        elif item.type == "text":
            item.column.check(text)
    except PydanticCustomError as error:
        return error.message()
    except ValueError as error:
        return f"is refused: {error}"
    return None


@_law("7c", "Terms are published")
def _terms_are_published(content: Content) -> Iterator[Breach]:
    """Every coded value is a row of the table of terms."""
    name, terms = content.part(Part.TERMS)
    published = set(zipped(terms["vocabulary"], terms["term"]))
    for table, item, values in content.columns(lambda item: item.column.vocabulary):
        vocabulary = item.column.vocabulary
        assert vocabulary is not None
        lost = [term for term in vocabulary.values() if (vocabulary.name, term) not in published]
        yield from content.at(
            table,
            rows_having(values, lost),
            item.name,
            f"{{{item.name}}} of {vocabulary.name} is not in {name}",
            "every coded value is defined there",
            "restore the term",
        )


@_law("7d", "Terms have counterparts, or have none")
def _terms_have_crosswalks(content: Content) -> Iterator[Breach]:
    """Every term is set beside another scheme, or said to have no counterpart."""
    name, terms = content.part(Part.TERMS)
    crosswalk_name, crosswalk = content.part(Part.CROSSWALK)
    crossed = pc.is_in(terms["term_id"], value_set=as_array(crosswalk["term_id"]))
    yield from content.at(
        name,
        rows_where(pc.invert(crossed)),
        None,
        f"the term {{id}} has no {crosswalk_name} row",
        "every term says what it corresponds to elsewhere",
        f"add one to {crosswalk_name}; match: none is an answer",
    )


@_law("7e", "Terms are defined once")
def _terms_are_defined_as_here(content: Content) -> Iterator[Breach]:
    """Every published term has the label and the definition that this version's vocabularies give it."""
    if not content.same_version:
        return
    name, terms = content.part(Part.TERMS)
    defined = {
        (vocabulary.term_id(term.term), vocabulary.name, term.term, term.label, term.definition)
        for vocabulary in content.dataset.vocabularies.values()
        for term in vocabulary
    }
    found = zipped(*(terms[column] for column in ("term_id", "vocabulary", "term", "label", "definition")))
    yield from content.at(
        name,
        [row for row, term in enumerate(found) if term not in defined],
        None,
        "the term {id} is defined otherwise in this version",
        "the codebook and this table say the same",
        f"get the package anew: {content.dataset.name} download",
    )


@_law("7f", "Dates are real")
def _dates_are_real(content: Content) -> Iterator[Breach]:
    """Dates in EDTF (ISO 8601-2) name days that the calendar has, and end no earlier than they start."""
    for name, item, values in content.columns(lambda item: item.column.edtf):
        wrong = {}
        for value in pc.unique(values).to_pylist():
            try:
                if value is not None:
                    bounds(value)
            except ValueError as error:
                wrong[value] = str(error)
        for value, why in wrong.items():
            yield from content.at(
                name,
                rows_having(values, [value]),
                item.name,
                f"{item.name}: {{because}}",
                "dates follow EDTF (ISO 8601-2)",
                "correct the date, for example 2026, XXXX-08 or 2026-03/2026-05",
                because=why,
            )


# --- 8. One content ---


@_law("8a", "Cells fit their columns", _Asked.FIRST)
def _cells_fit_their_columns(content: Content) -> Iterator[Breach]:
    """Required cells have values, values match their column's pattern, and no text is empty."""
    for name, item, values in content.columns(lambda _: True):
        column = item.column
        what = f"{name}.{item.name} of {{id}} is {{{item.name}!r}}"
        if not item.nullable and values.null_count and not (column.voice or column.certainty):
            yield from content.at(name, rows_where(pc.is_null(values)), item.name, what, "it is required", "fill it")
        if item.type != "text" or column.vocabulary is not None or column.edtf:
            continue
        # A link is as well formed as the key that it resolves to.
        is_key = item.name == primary_key(content.models[name])
        if column.pattern is not None and (column.references is None or is_key):
            wrong = pc.invert(pc.match_substring_regex(values, f"^(?:{column.pattern})$"))
            yield from content.at(
                name,
                rows_where(wrong),
                item.name,
                what,
                "it does not match {because}",
                "correct it",
                because=column.pattern,
            )
        else:
            empty = rows_where(pc.equal(values, ""))
            yield from content.at(
                name, empty, item.name, what, "an empty text is no value", "make it a null, or fill it"
            )


@_law("8b", "Derived values recompute", _Asked.OF_SOUND_CELLS)
def _derived_recomputes(content: Content) -> Iterator[Breach]:
    """Derived cells equal what is computed from the cells that they derive from."""
    derived = content.dataset.derived
    for (name, column), by_id in derived.compute(content.needed(derived.needs)).items():
        table = content.tables[name]
        expected = [by_id[row_id] for row_id in content.keys[name].to_pylist()]
        rows = rows_where(differs(table[column], pa.array(expected, table.schema.field(column).type)))
        yield from content.at(
            name,
            rows,
            column,
            f"{name}.{column} of {{id}} is {{{column}}}, and it recomputes to {{said}}",
            "derived values follow from others",
            "restore the value",
            said={row: f"{expected[row]!s:.60}" for row in rows},
        )


@_law("8c", "Views recompute", _Asked.LAST)
def _views_recompute(content: Content) -> Iterator[Breach]:
    """The rows of views equal what is computed from the other tables."""
    if not any(model.table.view for model in content.models.values()):
        return
    views = content.dataset.views
    for name, rows in views.compute(content.needed(views.needs)).items():
        key = primary_key(content.models[name])
        computed = {row[key]: row for row in rows}
        found = content.tables[name].to_pylist()
        yield from content.at(
            name,
            [at for at, row in enumerate(found) if computed.pop(row[key], None) != row],
            None,
            f"the {name} row {{id}} is not as computed",
            "views are computed",
            "restore the view",
        )
        for row_id in list(computed)[: content.limit]:
            what = f"the {name} row {row_id} is missing"
            yield Breach(name, None, row_id, None, what, "views are computed", "restore the view")


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
