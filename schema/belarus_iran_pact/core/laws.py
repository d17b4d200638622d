"""The laws of the data: one list of checks over whole tables, made with Arrow.

    for breach in breaches(DATASET, tables): ...

The build checks the tables against the laws before it writes them; `verify` checks published files. A breach names a row
and a column; the caller knows which file and line they come from.

Columns are checked as a whole; plain Python handles only distinct spans, passages, and the few tables that others are
computed from.
Time and memory grow with the number of rows.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from functools import partial, reduce
from graphlib import CycleError, TopologicalSorter
from string import ascii_lowercase
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import PydanticCustomError

from .column import JOINT, ORIGINS, Origin, Rule, speaks_for
from .content import Breach, Content, as_array, differs, groups, in_order, is_in, row_numbers, words_of, zipped
from .edtf import bounds
from .judging import Slot, labels, slots
from .table import Dataset, Field, Part, Rows, composed_id, fields, primary_key
from .vocabulary import Mark, Vocabulary

LIMIT = 20
"""At most this many breaches of one kind in one column are listed; the others are only counted."""

MOST_BLANK = 20
"""No source has this many times the characters of its passages."""


# --- What a law is ---

Check = Callable[[Content], Iterator[Breach]]


class Asked(Enum):
    """When a law is checked, in this order."""

    FIRST = auto()
    """Always. These laws are about single cells and links."""
    ALWAYS = auto()
    OF_SOUND_CELLS = auto()
    """Only where the first ones hold: the check relies on what they guarantee."""
    LAST = auto()
    """Only where all others hold."""
    OF_SUCCESSORS = auto()
    """Only of tables that are to replace others (`vanished`), which the build alone knows."""


@dataclass(frozen=True)
class Law:
    """A law of the data.

    Attributes:
        number: its principle's, with a letter if that has several checks.
        sentence: what it says.
        rules: for a law of the dataset's own, the rules of its manual that it checks, by id.
        of_version: whether it is asked only of tables of the dataset's own version.
    """

    number: str
    name: str
    sentence: str
    check: Check
    asked: Asked
    rules: tuple[str, ...] = ()
    of_version: bool = False


LAWS: list[Law] = []
"""The laws of every dataset, by number."""


def laws_of(dataset: Dataset) -> list[Law]:
    """All laws that a dataset obeys, by number: those of every dataset, and its own."""
    return sorted([*LAWS, *dataset.laws()], key=lambda law: (int(law.number.rstrip(ascii_lowercase)), law.number))


def breaches(
    dataset: Dataset, tables: Mapping[str, pa.Table], *, same_version: bool = True, limit: int | None = LIMIT
) -> Iterator[Breach]:
    """All breaches of the laws in the tables of a dataset.

    Args:
        dataset: what the tables should conform to.
        tables: every table by name, with the columns and types of its model. Views that are left out are not judged.
        same_version: whether the tables are of the dataset's own version, so that their terms must be defined as in it.
        limit: at most this many breaches of one kind in one column are listed; a last breach gives the number of the rest.
    """
    content = Content(dataset, tables, limit)
    broken: set[Asked] = set()
    asked = [law for law in laws_of(dataset) if law.asked is not Asked.OF_SUCCESSORS]
    for law in sorted(asked, key=lambda law: law.asked.value):
        if law.of_version and not same_version:
            continue
        if (law.asked is Asked.OF_SOUND_CELLS and Asked.FIRST in broken) or (law.asked is Asked.LAST and broken):
            continue
        for breach in _of(law, content):
            broken.add(law.asked)
            yield breach


def vanished(
    dataset: Dataset,
    tables: Mapping[str, pa.Table],
    replaced: Mapping[str, pa.Table],
    retired: Collection[tuple[str, str | None]],
) -> Iterator[Breach]:
    """What vanishes with tables that are to be replaced: breaches of the law against it, one for each table.

    Args:
        dataset: what the tables are.
        tables: every table by name.
        replaced: the tables to be replaced, by name, of any version; the first column is the primary key.
        retired: tables and ids whose end is explained; with None for the id, of a whole table.
    """
    content = Content(dataset, tables, limit=None, replaced=replaced, retired=retired)
    for law in LAWS:
        if law.asked is Asked.OF_SUCCESSORS:
            yield from _of(law, content)


def _of(law: Law, content: Content) -> Iterator[Breach]:
    for breach in law.check(content):
        yield replace(breach, law=law.number, why=f"{breach.why} (law {law.number})")


def coverage(dataset: Dataset, tables: Mapping[str, pa.Table]) -> tuple[int, int]:
    """How many word characters of the sources are under evidence, and how many there are in all.

    Args:
        dataset: what the tables are.
        tables: tables by name, at least those of passages, evidence and residue.
    """
    content = Content(dataset, tables, limit=None)
    words = [(at, *word.span()) for at, text in enumerate(content.texts) for word in words_of(text)]
    covered = sum(sum(content.coded[at][start:end]) for at, start, end in words)
    return covered, sum(end - start for _, start, end in words)


def executable(dataset: Dataset, rules: Rows) -> str:
    """How much of the manual a program decides, as a sentence.

    Args:
        dataset: what the rules are of.
        rules: the rows of the table of rules.
    """
    status, statuses = _status_of_rules(dataset)
    counts = Counter(row[status] for row in rules)
    decided = sum(counts[term] for term in statuses.marked(Mark.EXECUTABLE))
    each = ", ".join(f"{counts[term.term]} {term.label.lower()}" for term in statuses)
    return f"{decided} of the manual's {len(rules)} rules ({decided / len(rules):.0%}) are executable: {each}"


def _status_of_rules(dataset: Dataset) -> tuple[str, Vocabulary]:
    """The column that says how far a program decides a rule, and its vocabulary."""
    columns = fields(dataset.tables[dataset.part(Part.RULES)])
    (found,) = ((item.name, item.column.vocabulary) for item in columns if item.column.vocabulary is not None)
    return found


def _law(number: str, text: str, asked: Asked = Asked.ALWAYS, *, of_version: bool = False) -> Callable[[Check], Check]:
    """Add a check to the list of laws; `text` is the law's name, a colon, and its sentence."""
    name, sentence = text.split(": ", 1)

    def listed(check: Check) -> Check:
        LAWS.append(Law(number, name, sentence, check, asked, of_version=of_version))
        return check

    return listed


# --- 1. Verbatim ---


@_law(
    "1a",
    "Quotes are printed words: A span is whole and lies within a passage of its own source, and its text is the "
    "passage's text there: code points, counted from 0, the end excluded.",
)
def _spans_are_verbatim(content: Content) -> Iterator[Breach]:
    for name, start_column, end_column, column in content.dataset.spans:
        if name not in content.tables:
            continue
        spans, stray = content.spans[(name, column)]
        place = f"{{{start_column}}}-{{{end_column}}}"
        yield from content.at(name, stray, start_column)(
            f"the span {place} is not within {{passage_id}}; "
            "a span is whole, and within a passage of its own source; correct the span"
        )
        quotes = content.tables[name][column].take(spans["row"])
        wrong: list[int] = []
        for passage, start, end, quote, rows in groups(spans["passage"], spans["start"], spans["end"], quotes):
            if content.texts[passage][start:end] != quote:
                wrong += rows.as_py()
        yield from content.at(name, spans["row"].take(pa.array(wrong, pa.int64())), column)(
            f"{column} is not the text at {place}; a span's text is cut from its source; restore the quote or the span"
        )


@_law("1b", "Passages fill their spans: A passage's text is as long as its span.")
def _passages_fill_their_spans(content: Content) -> Iterator[Breach]:
    name, passages = content.part(Part.PASSAGES)
    length = pc.cast(pc.utf8_length(passages["text"]), pa.int64())
    wrong = pc.not_equal(length, pc.subtract(passages["end_char"], passages["start_char"]))
    yield from content.at(name, wrong, "text")(
        "the text is not as long as its span; a span's text is cut from its source; restore the passage"
    )


@_law(
    "1c",
    "Sources are pinned: The text rebuilt from a source's passages has the counts and the SHA-256 of the source. Only where "
    "other blanks than one space or line feeds stand between passages it cannot be rebuilt.",
    Asked.OF_SOUND_CELLS,
)
def _sources_are_whole(content: Content) -> Iterator[Breach]:
    passages: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    columns = content.part(Part.PASSAGES)[1].select(["source_id", "start_char", "line", "text"]).columns
    for source_id, *passage in zipped(*columns):
        passages[source_id].append(tuple(passage))
    name, sources = content.part(Part.SOURCES)
    wrong = {}
    for row, source in enumerate(sources.to_pylist()):
        try:
            text = rebuilt_text(sorted(passages[source["source_id"]]), source["character_count"])
        except ValueError as error:
            wrong[row] = str(error)
            continue
        if text is not None:
            found = {
                "character_count": len(text),
                "byte_count": len(text.encode()),
                "line_count": len(text.splitlines()),
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            }
            if other := [column for column, value in found.items() if source[column] != value]:
                wrong[row] = f"give a different {', '.join(other)}"
    yield from content.at(name, wrong, "sha256")(
        "the passages of {id} {said}; a source's bytes are pinned, and its passages are cut from them; "
        f"restore the passages, or the row of {name}; after its last words, a source has line feeds only"
    )


def rebuilt_text(passages: Sequence[tuple[int, int, str]], character_count: int) -> str | None:
    """A source's text from its passages (start, line, text), or None where it is not certain what stands between them.

    It is certain between sentences of a line (one space), between lines (as many line feeds as they are apart), and at the end
    (line feeds, as many as characters are left).

    Raises:
        ValueError: the passages contradict each other or the count; the message says how.
    """
    # What is untrue may be huge: no text is made before it is known to have room, or is mostly blanks.
    if character_count > MOST_BLANK * sum(len(words) for *_, words in passages):
        raise ValueError(f"are only a small part of {character_count} characters")
    text, last_line = "", 1
    for start, line, words in passages:
        room, needed = start - len(text), line - last_line or bool(text)
        if not 0 <= needed <= room <= character_count - len(text) - len(words):
            raise ValueError(f"cannot have line {line} begin, or go on, at {start}")
        if room > needed:
            return None
        text, last_line = text + ("\n" * (line - last_line) or " " * room) + words, line
    return text + "\n" * (character_count - len(text))


@_law(
    "1d",
    "Verbatim values are spelled as printed: A value of a verbatim column is spelled exactly as one of the quotes "
    "that support it.",
)
def _values_are_spelled_as_quoted(content: Content) -> Iterator[Breach]:
    quotes = as_array(content.part(Part.EVIDENCE)[1]["quote"])
    for (name, column), item in content.explained.items():
        if not item.column.verbatim:
            continue
        rows, cells = content.supporting[(name, column)]
        printed, values = quotes.take(rows), as_array(content.tables[name][column]).take(cells)
        wrong = pc.and_not(pc.is_valid(values), is_in(cells, cells.filter(pc.equal(values, printed))))
        read = defaultdict(set)
        for row, quote in zipped(cells.filter(wrong), printed.filter(wrong)):
            read[row].add(quote)
        said = {row: f"{' | '.join(sorted(texts))!r:.100}" for row, texts in read.items()}
        yield from content.at(name, said, column)(
            f"{{{column}!r}} is not spelled as quoted; {column} is verbatim, and its evidence reads {{said}}; "
            "write the printed words"
        )


# --- 2. Every cell explains itself ---


@_law(
    "2a",
    "Every cell explains itself: In every column of origin source, coder or inferred, a value has evidence for it and"
    " no gap; an empty cell has a gap that says why, and no evidence.",
)
def _cells_are_explained(content: Content) -> Iterator[Breach]:
    gaps = content.explanations(Part.GAPS)
    reasons = ", ".join(content.vocabulary(Part.GAPS, "reason").values())
    for name, column in content.explained:
        filled = pc.is_valid(content.tables[name][column])
        empty = pc.invert(filled)
        every = row_numbers(len(filled))
        evidence, gap = (is_in(every, found[(name, column)][1]) for found in (content.supporting, gaps))
        cell = f"{name}.{column} of {{id}}"
        yield from content.at(name, pc.and_not(filled, evidence), column)(
            f"{cell} has a value but no evidence; every value rests on words of a source; "
            "add evidence that quotes those words, or empty the cell and give a gap"
        )
        yield from content.at(name, pc.and_(filled, gap), column)(
            f"{cell} has a value and a gap; a gap says why a cell is empty; remove one of them"
        )
        yield from content.at(name, pc.and_not(empty, gap), column)(
            f"{cell} is empty but has no gap; every null says why; "
            f"add a gap with a reason ({reasons}), or a value with evidence"
        )
        yield from content.at(name, pc.and_(empty, evidence), column)(
            f"{cell} is empty and has evidence; evidence supports a value; write the value, or remove the evidence"
        )


@_law(
    "2b",
    "Explanations are whole: A gap quotes the words that leave the cell open, where there are any, and names a "
    "candidate if and only if they allow several values; evidence and gaps are only for columns that take them.",
)
def _explanations_are_whole(content: Content) -> Iterator[Breach]:
    name, gaps = content.part(Part.GAPS)
    quotes, offers = (content.marked(Part.GAPS, "reason", mark) for mark in (Mark.QUOTES, Mark.OFFERS))
    yield from content.at(name, pc.and_(quotes, pc.is_null(gaps["quote"])), "quote")(
        "a gap that is {reason} quotes no words; the source's words leave the cell open; add the quote"
    )
    yield from content.at(name, pc.and_(offers, pc.is_null(gaps["candidate"])), "candidate")(
        "a gap that is {reason} names no candidate; each value that the words allow is a gap of its own; "
        "add the candidate"
    )
    open_to = " or ".join(content.vocabulary(Part.GAPS, "reason").marked(Mark.OFFERS))
    yield from content.at(name, pc.and_not(pc.is_valid(gaps["candidate"]), offers), "candidate")(
        "a gap that is {reason} names a candidate; only words that allow several values offer candidates; "
        f"remove it, or make the reason {open_to}"
    )
    for part in (Part.EVIDENCE, Part.GAPS):
        name, explaining = content.part(part)
        wrong: list[int] = []
        for table, column, rows in groups(explaining["table_name"], explaining["column_name"]):
            if (table, column) not in content.explained:
                wrong += rows.as_py()
        yield from content.at(name, wrong, "column_name")(
            "{table_name}.{column_name} takes no evidence or gap; "
            "the column does not exist, or its origin is not source, coder or inferred; correct the column"
        )


@_law(
    "2c",
    "The stance follows from the value: Evidence supports a cell if and only if the value that it speaks for is the cell's, "
    "or one of those joined in it.",
)
def _stances_follow(content: Content) -> Iterator[Breach]:
    name, evidence = content.part(Part.EVIDENCE)
    values = as_array(evidence["value"])
    supports = as_array(content.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE))
    wrong: list[int] = []
    for (table, column), (rows, cells) in content.explanations(Part.EVIDENCE).items():
        held = as_array(pc.cast(content.tables[table][column], pa.string())).take(cells)
        explained = content.explained[(table, column)].column
        for value, cell, supporting, own in groups(values.take(rows), held, supports.take(rows)):
            if supporting != speaks_for(value, cell, explained):
                wrong += rows.take(own.values).to_pylist()
    yield from content.at(name, wrong, "stance")(
        "evidence for {value!r} has the stance {stance}; the stance follows from the value and the cell's; "
        "restore the stance, or the value"
    )


# --- 3. Every word is accounted for ---


@_law(
    "3",
    "Every word is accounted for: Each word of a source lies under evidence, or under residue with the reason why "
    "nothing was coded from it; not under both.",
)
def _words_are_accounted_for(content: Content) -> Iterator[Breach]:
    name, passages = content.part(Part.PASSAGES)
    residue = content.dataset.part(Part.RESIDUE)
    lost: dict[int, str] = {}
    for row, (text, coded, left) in enumerate(zip(content.texts, content.coded, content.covered(residue), strict=True)):
        under = int.from_bytes(coded, "little") | int.from_bytes(left, "little")
        covered = under.to_bytes(len(text), "little")
        words = [word for word in words_of(text) if 0 in covered[slice(*word.span())]] if 0 in covered else []
        if words:
            start = passages["start_char"][row].as_py() or 0
            lost[row] = ", ".join(f"{word.group()!r} at {start + word.start()}" for word in words[:LIMIT])
    yield from content.at(name, lost)(
        "the word {said} is under neither evidence nor residue; every word is accounted for; "
        f"code what it says, or list it in {residue} with a reason"
    )
    twice = [
        row
        for row, passage, start, end in zipped(
            *content.spans[(residue, content.dataset.span_texts[residue])][0].columns
        )
        if any(
            1 in content.coded[passage][start + word.start() : start + word.end()]
            for word in words_of(content.texts[passage][start:end])
        )
    ]
    yield from content.at(residue, twice)(
        "the residue {text!r} is under evidence as well; residue is text that nothing was coded from; "
        "remove it, or narrow the quote that covers it"
    )


# --- 4. Nothing invented ---


@_law(
    "4a",
    "Inference says so: The basis of evidence fits its column's origin: stated or judged for source, judged for "
    "coder, inferred for inferred, and where the column says that its values may be. What is inferred names its rule, and nothing else has "
    "one.",
)
def _inference_is_marked(content: Content) -> Iterator[Breach]:
    name, evidence = content.part(Part.EVIDENCE)
    basis = content.vocabulary(Part.EVIDENCE, "basis")
    fitting = {origin: basis.marked(origin) for origin in ORIGINS}
    misfits: dict[Origin, list[int]] = defaultdict(list)
    for table, column, value, rows in groups(evidence["table_name"], evidence["column_name"], evidence["basis"]):
        item = content.explained.get((table, column))
        by_rules = item is not None and item.column.inferable and value in basis.marked(Mark.BY_RULE)
        if item is not None and value not in fitting[item.column.origin] and not by_rules:
            misfits[item.column.origin] += rows.as_py()
    for origin, misfit in misfits.items():
        yield from content.at(name, misfit, "basis")(
            f"the basis {{basis}} does not fit {{column_name}}; the column's origin is {origin}; "
            f"make it {' or '.join(fitting[origin])}"
        )
    by_rule, ruled = content.marked(Part.EVIDENCE, "basis", Mark.BY_RULE), pc.is_valid(evidence["rule"])
    rules = ", ".join(content.vocabulary(Part.EVIDENCE, "rule").values())
    for broken, number in ((pc.and_not(by_rule, ruled), "no"), (pc.and_not(ruled, by_rule), "a")):
        yield from content.at(name, broken, "rule")(
            f"evidence for {{column_name}} is {{basis}} and has {number} rule; "
            f"what is inferred names its rule, and nothing else has one; the rules are: {rules}"
        )


@_law(
    "4b",
    "Rules hold wherever they apply: Where a column has a rule by which its values follow from another column, exactly those "
    "values to which it applies rest on it.",
)
def _rules_hold_where_they_apply(content: Content) -> Iterator[Breach]:
    name, evidence = content.part(Part.EVIDENCE)
    given = as_array(evidence["rule"])
    for (table, column), item in content.explained.items():
        follows = item.column.follows
        if follows is None:
            continue
        rows, cells = content.supporting[(table, column)]
        applies = _applies(content, table, follows).take(cells)
        rests = pc.fill_null(pc.equal(given.take(rows), follows.rule), False)
        for wrong, what in (
            (pc.and_not(applies, rests), "does not rest on"),
            (pc.and_not(rests, applies), "rests on"),
        ):
            remedy = "correct the rule, or the value that it follows from"
            yield from content.at(name, rows.filter(pc.fill_null(wrong, False)), "rule")(
                f"evidence for {column} {what} the rule {follows.rule}; "
                f"it applies where {follows.where} is {follows.is_}, and nowhere else; {remedy}"
            )


def _applies(content: Content, table: str, rule: Rule) -> pa.Array:
    """Where a rule applies in a table; null where the row that it looks at does not exist, a fault of its own."""
    name, _, linked = rule.where.partition(".")
    values = as_array(content.tables[table][name])
    target = content.field(table, name).column.references
    if linked and target:
        values = as_array(content.tables[target][linked]).take(pc.index_in(values, content.keys[target]))
    return pc.equal(values, rule.is_)


# --- 5. Who, and how surely ---


@_law(
    "5",
    "Who, and how surely: Whatever is coded as happening, agreed or said names its voice, which is who says so, and how "
    "sure that voice is.",
    Asked.FIRST,
)
def _voices_are_named(content: Content) -> Iterator[Breach]:
    for name, item, _, values in content.columns(lambda item: item.column.voice or item.column.certainty):
        yield from content.at(name, pc.is_null(values), item.name)(
            f"{{id}} has no {item.name}; everything coded is somebody's statement, made with some certainty; "
            "name the voice, and how sure it is"
        )


# --- 6. Keys hold ---


@_law("6a", "Ids are unique: Each row has an id of its own within its table.")
def _ids_are_unique(content: Content) -> Iterator[Breach]:
    for name, key in content.keys.items():
        if pc.count_distinct(key, mode="all").as_py() != len(key):
            again = pc.not_equal(pc.index_in(key, value_set=key), row_numbers(len(key)))
            yield from content.at(name, again)(f"the {name} row {{id}} occurs twice; ids are unique; keep one")


@_law("6b", "Links resolve: Every link to another table names a row that is there.", Asked.FIRST)
def _links_resolve(content: Content) -> Iterator[Breach]:
    emptied: set[str] = set()
    for name, item, target, values in content.columns(lambda item: item.column.references):
        keys = content.keys[target]
        lost = pc.indices_nonzero(pc.and_not(pc.is_valid(values), is_in(values, keys)))
        if len(keys):
            yield from content.at(name, lost, item.name, (f"ids of {target}", partial(in_order, keys)))(
                f"unknown id {{{item.name}}} in {item.name}; no row of {target} has it; correct the link"
            )
        elif len(lost) and target not in emptied:
            # One breach is enough: every link to the table is broken in the same way.
            emptied.add(target)
            yield from content.at(name, lost[:1], item.name)(
                f"{name}.{item.name} links to {target}, which has no rows; every link resolves; "
                f"restore the rows of {target}"
            )


@_law("6c", "References resolve: Where a row names a table, a row and a column, they exist.")
def _references_resolve(content: Content) -> Iterator[Breach]:
    for name, prefix in content.dataset.cell_references:
        table_name, row_id, column_name = (f"{prefix}{suffix}" for suffix in ("table_name", "row_id", "column_name"))
        referring = content.tables[name]
        for table, group in groups(referring[table_name]):
            rows = group.values
            lost: dict[str, tuple[pa.Array, Callable[[], list[str]]]] = {}
            if table in content.models and not len(content.keys[table]):
                # One breach is enough: every reference to the table is broken in the same way.
                yield from content.at(name, rows[:1], row_id)(
                    f"{row_id} is {{{row_id}}}, and {table} has no rows; a reference names something that exists; "
                    f"restore the rows of {table}"
                )
            elif table in content.models:
                keys = content.keys[table]
                lost[row_id] = pc.invert(is_in(referring[row_id].take(rows), keys)), partial(in_order, keys)
                if column_name in referring.column_names:
                    known = [item.name for item in fields(content.models[table])]
                    strange = pc.invert(is_in(referring[column_name].take(rows), [*known, None]))
                    lost[column_name] = strange, partial(list, known)
            else:
                named = pc.or_(pc.is_valid(referring[table_name]), pc.is_valid(referring[row_id]))
                lost[table_name] = named.take(rows), partial(list, content.models)
            for column, (broken, allowed) in lost.items():
                kind = column.removeprefix(prefix).removesuffix("_name").replace("row_id", "id")
                yield from content.at(name, rows.filter(as_array(broken)), column, ("known ones", allowed))(
                    f"unknown {kind} {{{column}}} in {column}; a reference names something that exists; correct the reference"
                )


@_law(
    "6d", "One thing of several: A row that may refer to one of several things refers to exactly one, and completely."
)
def _one_of_is_filled(content: Content) -> Iterator[Breach]:
    for name, model in content.models.items():
        choices = model.table.one_of
        columns = list(itertools.chain.from_iterable(choices))
        said: dict[int, str] = {}
        for *cells, rows in (
            groups(*(pc.is_valid(content.tables[name][column]) for column in columns)) if choices else ()
        ):
            filled = set(itertools.compress(columns, cells))
            begun = [choice for choice in choices if filled.intersection(choice)]
            if len(begun) != 1 or not filled.issuperset(begun[0]):
                said |= dict.fromkeys(rows.as_py(), " and ".join(map(", ".join, begun)) or "none of its links")
        yield from content.at(name, said)(
            f"a row of {name} fills {{said}}; it refers to exactly one thing; "
            f"fill {' or '.join(map(', '.join, choices))}"
        )


@_law("6e", "Nothing is part of itself: Nothing is its own whole or parent, directly or through others.")
def _parents_have_no_cycle(content: Content) -> Iterator[Breach]:
    for name, item, target, values in content.columns(lambda item: item.column.references):
        if target == name:
            yield from _cycles(content, name, item.name, content.keys[name], values)
    for name, model in content.models.items():
        if model.table.part_of is not None:
            part, whole, relation = model.table.part_of
            vocabulary = content.field(name, relation).column.vocabulary
            things = content.field(name, part).column.references
            assert vocabulary is not None and things is not None
            links = content.tables[name]
            links = links.filter(is_in(links[relation], vocabulary.marked(Mark.PART_OF)))
            yield from _cycles(content, things, None, links[part], links[whole])


@_law(
    "6f",
    "Composed ids recompute: An id that is composed of other columns, or is their hash, equals what is composed of its row.",
    Asked.OF_SOUND_CELLS,
)
def _composed_ids_recompute(content: Content) -> Iterator[Breach]:
    for name, model in content.models.items():
        key, composing = primary_key(model), model.table.id_from
        rows = content.tables[name].select([key, *composing]).to_pylist() if composing else []
        expected = {at: composed_id(model, row) for at, row in enumerate(rows)}
        wrong = {at: row_id for at, row_id in expected.items() if rows[at][key] != row_id}
        yield from content.at(name, wrong, key)(
            f"the {name} row {{id}} recomputes to {{said}}; its id is composed of {', '.join(composing)}; "
            "restore the id, or the columns"
        )


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
        first_row = min((row for row in at if row is not None), default=None)
        turn = at.index(first_row) if first_row is not None else 0
        cycle = [*cycle[turn:], *cycle[: turn + 1]]
        what = f"a cycle among parents: {' -> '.join(cycle)}"
        yield Breach(table, first_row, cycle[0], column, what, "nothing is part of itself", "break the cycle")
        # Taken out, so that the next one is found.
        for child, parent in itertools.pairwise(cycle):
            graph[child].pop(parent, None)


# --- 7. Closed vocabularies ---


@_law("7a", "Vocabularies are closed: Every coded value is a term of its column's vocabulary.", Asked.FIRST)
def _terms_are_known(content: Content) -> Iterator[Breach]:
    for name, item, vocabulary, values in content.columns(lambda item: item.column.vocabulary):
        distinct = [value for value in pc.unique(values).to_pylist() if value is not None]
        strange = [value for value in distinct if not all(term in vocabulary for term in item.column.terms(value))]
        wrong = is_in(values, strange)
        yield from content.at(name, wrong, item.name, (f"terms of {vocabulary.name}", vocabulary.values))(
            f"{name}.{item.name} of {{id}} is {{{item.name}!r}}; "
            f"it is an unknown term: the vocabulary {vocabulary.name} is closed; use one of its terms"
        )


@_law(
    "7b",
    "Other values are possible values: The candidate that a gap names, and the value that evidence speaks for where it is "
    "not the cell's, are values that their column could hold.",
)
def _other_values_are_possible(content: Content) -> Iterator[Breach]:
    # What is wrong with the cell's own value, the laws of cells and links tell, once.
    own = as_array(content.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE))
    none = pa.repeat(False, content.part(Part.GAPS)[1].num_rows)
    for part, held, noun, told in (
        (Part.GAPS, "candidate", "candidate", none),
        (Part.EVIDENCE, "value", "value of evidence", own),
    ):
        name, explaining = content.part(part)
        for table, column, value, is_own, rows in groups(
            *(explaining[key] for key in ("table_name", "column_name", held)), told
        ):
            item = content.explained.get((table, column))
            if item is None or value is None or is_own:
                continue
            if why := _why_no_value(content, item, value):
                vocabulary = item.column.vocabulary
                choices = None if vocabulary is None else (f"terms of {vocabulary.name}", vocabulary.values)
                yield from content.at(name, dict.fromkeys(rows.as_py(), why), held, choices)(
                    f"the {noun} {{{held}!r}} cannot be a value of {table}.{column}; it {{said}}; correct it"
                )


def _why_no_value(content: Content, item: Field, text: str) -> str | None:
    """Why a text cannot be a value of a column; None where it can."""
    target = item.column.references
    if target is not None and pc.index(content.keys[target], text).as_py() < 0:
        return f"is not the id of any row of {target}"
    try:
        if item.type == "boolean" and text not in ("true", "false"):
            raise ValueError("is neither true nor false")
        if item.type in ("integer", "number"):
            (int if item.type == "integer" else float)(text)
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


@_law("7c", "Terms are published: Every coded value is a row of the table of terms.")
def _terms_are_published(content: Content) -> Iterator[Breach]:
    name, terms = content.part(Part.TERMS)
    published = set(zipped(terms["vocabulary"], terms["term"]))
    for table, item, vocabulary, values in content.columns(lambda item: item.column.vocabulary):
        lost = [term for term in vocabulary.values() if (vocabulary.name, term) not in published]
        yield from content.at(table, is_in(values, lost), item.name)(
            f"{{{item.name}}} of {vocabulary.name} is not in {name}; "
            "every coded value is defined there; restore the term"
        )


@_law(
    "7d",
    "Terms have counterparts, or have none: Every term of a vocabulary that is mapped to other schemes is mapped to one, or "
    "marked as having no counterpart.",
)
def _terms_have_crosswalks(content: Content) -> Iterator[Breach]:
    name, terms = content.part(Part.TERMS)
    crosswalk_name, crosswalk = content.part(Part.CROSSWALK)
    mapped = [name for name, vocabulary in content.dataset.vocabularies.items() if vocabulary.set_beside]
    asked = is_in(terms["vocabulary"], mapped)
    yield from content.at(name, pc.and_not(asked, is_in(terms["term_id"], as_array(crosswalk["term_id"]))))(
        f"the term {{id}} has no {crosswalk_name} row; every term says what it corresponds to elsewhere; "
        f"add one to {crosswalk_name}; 'match: none' is a valid answer"
    )


@_law(
    "7e",
    "Terms are defined once: Every published term has the label and the definition that this version's vocabularies "
    "give it.",
    of_version=True,
)
def _terms_are_defined_as_here(content: Content) -> Iterator[Breach]:
    name, terms = content.part(Part.TERMS)
    defined = {
        (vocabulary.term_id(term.term), vocabulary.name, term.term, term.label, term.definition)
        for vocabulary in content.dataset.vocabularies.values()
        for term in vocabulary
    }
    found = zipped(*(terms[column] for column in ("term_id", "vocabulary", "term", "label", "definition")))
    yield from content.at(name, [row for row, term in enumerate(found) if term not in defined])(
        "the term {id} is defined differently in this version; the codebook and this table say the same; "
        f"download the package again: {content.dataset.name} download"
    )


@_law(
    "7f",
    "Dates are real: Dates in EDTF (ISO 8601-2) name days that the calendar has, and end no earlier than they start.",
)
def _dates_are_real(content: Content) -> Iterator[Breach]:
    for name, item, _, values in content.columns(lambda item: item.column.edtf):
        wrong: dict[int, str] = {}
        for value, rows in groups(values):
            try:
                if value is not None:
                    bounds(value)
            except ValueError as error:
                wrong |= dict.fromkeys(rows.as_py(), str(error))
        yield from content.at(name, wrong, item.name)(
            f"{item.name}: {{said}}; dates follow EDTF (ISO 8601-2); "
            "correct the date, for example 2026, XXXX-08 or 2026-03/2026-05"
        )


# --- 8. One content ---


@_law(
    "8a",
    "Cells fit their columns: Required cells have values, values match their column's pattern, and no text is empty.",
    Asked.FIRST,
)
def _cells_fit_their_columns(content: Content) -> Iterator[Breach]:
    for name, item, column, values in content.columns(lambda item: item.column):
        what = f"{name}.{item.name} of {{id}} is {{{item.name}!r}}"
        if not item.nullable and not (column.voice or column.certainty):
            yield from content.at(name, pc.is_null(values), item.name)(f"{what}; it is required; fill it")
        if item.type != "text" or column.vocabulary is not None or column.edtf:
            continue
        # A link is as well formed as the key that it resolves to.
        is_key = item.name == primary_key(content.models[name])
        if column.pattern is not None and (column.references is None or is_key):
            wrong = pc.indices_nonzero(pc.invert(pc.match_substring_regex(values, f"^(?:{column.pattern})$")))
            yield from content.at(name, dict.fromkeys(wrong.to_pylist(), column.pattern), item.name)(
                f"{what}; it does not match {{said}}; correct it"
            )
        else:
            yield from content.at(name, pc.equal(values, ""), item.name)(
                f"{what}; an empty text is no value; make it a null, or fill it"
            )


@_law(
    "8b",
    "Derived values recompute: Derived cells equal what is computed from the cells that they derive from.",
    Asked.OF_SOUND_CELLS,
)
def _derived_recomputes(content: Content) -> Iterator[Breach]:
    for (name, column), by_id in content.computed(content.dataset.derived).items():
        values = content.tables[name][column]
        expected = pa.array([by_id[row_id] for row_id in content.keys[name].to_pylist()], values.type)
        wrong = pc.indices_nonzero(differs(values, expected)).to_pylist()
        yield from content.at(name, {row: f"{expected[row].as_py()!s:.60}" for row in wrong}, column)(
            f"{name}.{column} of {{id}} is {{{column}}}, but it recomputes to {{said}}; "
            "derived values follow from others; restore the value"
        )


@_law("8c", "Views recompute: The rows of views equal what is computed from the other tables.", Asked.LAST)
def _views_recompute(content: Content) -> Iterator[Breach]:
    if not any(model.table.view for model in content.models.values()):
        return
    for name, rows in content.computed(content.dataset.views).items():
        key = primary_key(content.models[name])
        computed = {row[key]: row for row in rows}
        found = content.tables[name].to_pylist()
        wrong = [at for at, row in enumerate(found) if computed.pop(row[key], None) != row]
        yield from content.at(name, wrong)(
            f"the {name} row {{id}} differs from the computed one; views are computed; restore the view"
        )
        for row_id in list(computed)[: content.limit]:
            what = f"the {name} row {row_id} is missing"
            yield Breach(name, None, row_id, None, what, "views are computed", "restore the view")


# --- 11. The manual is checked ---


@_law(
    "11a",
    "Rules and laws name each other: A rule of the manual has laws if and only if its status says that laws check it; these "
    "exist, and each law that is a rule of the manual is given there.",
    of_version=True,
)
def _rules_and_laws_agree(content: Content) -> Iterator[Breach]:
    name, rules = content.part(Part.RULES)
    named = {law.number: law.rules for law in laws_of(content.dataset)}
    column, statuses = _status_of_rules(content.dataset)
    by_law = statuses.marked(Mark.BY_LAW)
    wrong: dict[int, str] = {}
    for row, (rule, status, laws) in enumerate(zipped(content.keys[name], rules[column], rules["laws"])):
        given = set(laws.split(JOINT)) if laws else set()
        owed = {number for number, others in named.items() if rule in others}
        strange = {number for number in given - owed if named.get(number, (rule,))}
        if (status in by_law) != bool(given):
            wrong[row] = f"is {status} and names {'laws' if given else 'no law'}"
        elif strange or owed - given:
            wrong[row] = f"names {laws}, and not {', '.join(sorted(owed - given)) or 'known ones'}"
    yield from content.at(name, wrong, "laws")(
        "the rule {id} {said}; rules and laws name each other; correct the status, or the rules that the law names"
    )
    lost = sorted({rule for rules in named.values() for rule in rules} - set(content.keys[name].to_pylist()))
    for rule in lost:
        yield Breach(name, None, rule, None, f"the rule {rule} is missing", "laws name it", "restore the rule")


# --- 12. Nothing vanishes ---


@_law(
    "12",
    "Nothing vanishes: Every file that the seeds list is there, and nothing else. Tables that replace published ones keep "
    "every row with a given id that is not retired, nine tenths of the rows of each table, not counting rows that refer to "
    "retired ids, and nine tenths of the values of each reference column; or the build is told that they are to go.",
    Asked.OF_SUCCESSORS,
)
def _nothing_vanishes(content: Content) -> Iterator[Breach]:
    retired = pa.array(sorted({row_id for _, row_id in content.retired if row_id is not None}), pa.string())
    for name, before in content.replaced.items():
        if (name, None) in content.retired:
            continue
        model = content.models.get(name)
        ids = as_array(pc.cast(before.column(0), pa.string()))
        left = pa.array([], pa.string()) if model is None else pc.cast(content.keys[name], pa.string())
        now = pc.index_in(ids, value_set=left)
        gone = pc.indices_nonzero(pc.is_null(now))
        if model is None or model.table.gives_ids:
            lost = [row for row in gone.to_pylist() if (name, ids[row].as_py()) not in content.retired]
            yield from _vanishing(name, None, lost, ids, "an id that was published stays, or is retired", most=len(ids))
        else:
            texts = [as_array(column) for column in before.columns if pa.types.is_string(column.type)]
            referring = reduce(pc.or_, [is_in(column, retired) for column in texts], is_in(ids, retired))
            lost = gone.filter(pc.invert(referring.take(gone))).to_pylist()
            added = len(left) - (len(ids) - len(gone))
            if 10 * (len(lost) - added) > len(ids):
                yield from _vanishing(name, None, lost, ids, "a table keeps nine tenths of its rows")
        for item in fields(model) if model is not None else ():
            if item.column.origin == "reference" and item.name in before.column_names:
                filled = pc.is_valid(as_array(before[item.name]))
                after = as_array(content.tables[name][item.name]).take(now)
                lost = pc.indices_nonzero(pc.and_(pc.and_(filled, pc.is_null(after)), pc.is_valid(now))).to_pylist()
                if 10 * len(lost) > (pc.sum(filled).as_py() or 0):
                    yield from _vanishing(name, item.name, lost, ids, "a column keeps nine tenths of its values")


def _vanishing(
    name: str, column: str | None, lost: list[int], ids: pa.Array, rule: str, most: int = LIMIT
) -> Iterator[Breach]:
    """The rows that are lost, or whose values of a column are, as one breach; at most so many of them are named."""
    if lost:
        named = [ids[row].as_py() for row in lost]
        listed = ", ".join(named[:most]) + (f" and {len(named) - most} more" if len(named) > most else "")
        what = f"{len(lost)} {'row(s)' if column is None else f'value(s) of {column}'} of {name} would be dropped: {listed}"
        remedy = "restore what is lost, retire given ids, or say that it is meant: --dropping"
        yield Breach(name, lost[0], named[0], column, what, rule, remedy)


# --- 13. Read twice ---


@_law(
    "13a",
    "Codes are as they were read: A judged cell that was read twice has the value of both readings; where these differ, of the one "
    "that was decided for.",
    Asked.OF_SOUND_CELLS,
)
def _codes_are_as_read(content: Content) -> Iterator[Breach]:
    for name, table, slot, rows in _readings(content):
        for item in slot:
            own = rows.filter(pc.equal(content.tables[name]["column_name"].take(rows), item.name))
            read = content.tables[name].take(own)
            cells = pc.index_in(as_array(read["row_id"]), value_set=content.keys[table])
            held = pc.cast(as_array(content.tables[table][item.name]), pa.string()).take(cells)
            empty = pc.is_null(held)
            if item.column.explained and pc.any(empty).as_py():
                gaps = content.gap_reasons(table, item.name)
                reasons = [gaps.get(row_id) for row_id in as_array(read["row_id"]).filter(empty).to_pylist()]
                held = pc.replace_with_mask(held, empty, pa.array(reasons, pa.string()))
            for_second = is_in(read["decision"], content.vocabulary(Part.READINGS, "decision").marked(Mark.SECOND))
            said = pc.if_else(for_second, read["second_value"], read["first_value"])
            wrong = pc.indices_nonzero(pc.and_(pc.is_valid(cells), differs(held, said)))
            told = {
                own[at].as_py(): f"{held[at].as_py()} where {said[at].as_py()} was read"
                for at in wrong.to_pylist()
                if labels(held[at].as_py()) != labels(said[at].as_py())
            }
            yield from content.at(name, told, "decision")(
                "{table_name}.{column_name} of {row_id} is {said}; a code that was read twice is what was read, or decided on; "
                f"restore it; or correct what {name} say of it, with the reason"
            )


@_law(
    "13b",
    "Differences are decided: Two readings that differ have a decision with its reason, and those that agree have none.",
)
def _differences_are_decided(content: Content) -> Iterator[Breach]:
    name, readings = content.part(Part.READINGS)
    decided = pc.and_(pc.is_valid(readings["decision"]), pc.is_valid(readings["reason"]))
    undecided = pc.and_(pc.is_null(readings["decision"]), pc.is_null(readings["reason"]))
    cell = "{table_name}.{column_name} of {row_id}"
    yield from content.at(name, pc.and_not(pc.invert(readings["agree"]), decided))(
        f"the readings of {cell} differ: {{first_value}} and {{second_value}}; each difference is decided, with the reason; "
        "restore the code if it is wrong, or adjudicate"
    )
    yield from content.at(name, pc.and_not(readings["agree"], undecided), "decision")(
        f"the readings of {cell} are decided between, and both are {{first_value}}; only differences are adjudicated; "
        "remove the adjudication"
    )


@_law(
    "13c",
    "Readings are possible: A reading is of a judged column, and gives a value that the column could hold, or for an empty cell the "
    "reason, or nothing where the column asks for none.",
    Asked.OF_SOUND_CELLS,
)
def _readings_are_possible(content: Content) -> Iterator[Breach]:
    name, readings = content.part(Part.READINGS)
    judged = {table: {item.name for slot in slots(model) for item in slot} for table, model in content.models.items()}
    for table, column, rows in groups(readings["table_name"], readings["column_name"]):
        if table in judged and column not in judged[table]:
            yield from content.at(name, rows.values, "column_name", ("judged columns", partial(sorted, judged[table])))(
                f"{{column_name}} of {table} is no judged column; only codes are read twice; correct the column"
            )
    reasons = content.vocabulary(Part.GAPS, "reason")
    for _, table, slot, rows in _readings(content):
        for column in ("first_value", "second_value"):
            wrong: dict[int, str] = {}
            for value, own in groups(readings[column].take(rows)):
                # Several may be joined where each source gives its own.
                if all(item.column.explained and item.nullable for item in slot) and (
                    value is not None and all(reason in reasons for reason in labels(value))
                ):
                    continue
                found = [_why_not_read(content, item, value) for item in slot]
                if all(found):
                    wrong |= dict.fromkeys(rows.take(own.values).to_pylist(), str(found[0]))
            vocabulary = slot[0].column.vocabulary
            choices = None if vocabulary is None else (f"terms of {vocabulary.name}", vocabulary.values)
            yield from content.at(name, wrong, column, choices)(
                f"the reading {{{column}}} of {table}.{{column_name}} of {{row_id}} cannot be; it {{said}}; correct it"
            )


def _why_not_read(content: Content, item: Field, value: str | None) -> str | None:
    """Why a reading cannot be that of a column's cell; None where it can."""
    if value is not None:
        return _why_no_value(content, item, value)
    return "leaves out what each row has, or gives a reason for" if item.column.explained or not item.nullable else None


def _readings(content: Content) -> Iterator[tuple[str, str, Slot, pa.Array]]:
    """The readings of each slot: the name of their table, the slot's table, the slot, and their rows."""
    name, readings = content.part(Part.READINGS)
    found = {
        (table, column): rows.values for table, column, rows in groups(readings["table_name"], readings["column_name"])
    }
    for table, model in content.models.items():
        for slot in slots(model):
            if rows := [found[(table, item.name)] for item in slot if (table, item.name) in found]:
                yield name, table, slot, pa.concat_arrays(rows)


# --- 14. Clean text ---

WHY_CLEAN = "what is written is what is seen, and compares equal"

_UNSEEN = (
    r"[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]"
    r"|[\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FFA0}\x{E0100}-\x{E01EF}]"
)
"""Controls, format characters and what is not assigned; and letters, marks and symbols that are drawn as nothing."""

_ALIKE = (r"\p{Armenian}", r"\p{Cherokee}", r"\p{Cyrillic}", r"\p{Greek}", r"\p{Latin}")
"""Scripts that share shapes of letters. Others, such as those of Japanese, stand within one word by right."""
_MIXED = "|".join(
    rf"{script}[\p{{L}}\p{{M}}\p{{N}}'’]*[{''.join(other for other in _ALIKE if other != script)}]" for script in _ALIKE
)

_UNCLEAN = {
    _UNSEEN: ("has characters that are unseen or not assigned", "take them out"),
    r"^\p{Zs}+|\p{Zs}+$": ("begins or ends with blanks", "take them out; a text of blanks alone is no value"),
    _MIXED: ("has a word in several scripts", "write the word in one"),
}
"""By regular expression, in the syntax of RE2: what is wrong with a text in which it is found, and what to do."""


@_law(
    "14",
    "Clean text: Text that curators write is in Unicode's form NFC, does not begin or end with a blank, and has no control, "
    "bidirectional, zero-width or unassigned characters and no words of mixed scripts. Printed words stay as they are.",
)
def _text_is_clean(content: Content) -> Iterator[Breach]:
    columns = [
        (name, item.name, values)
        for name, item, column, values in content.columns(lambda item: item.column if item.type == "text" else None)
        if column.origin not in ("key", "derived") and not (column.verbatim or column.vocabulary or column.pattern)
    ]
    # All at once, since it takes time to make the automata.
    texts = pa.chunked_array([as_array(pc.unique(values)) for *_, values in columns], pa.string())
    for found, what, remedy in unclean(as_array(pc.unique(texts))):
        for name, column, values in columns if found else ():
            wrong = is_in(values, [*found])
            written = _written(content, name)
            rows = pc.indices_nonzero(wrong if written is None else pc.and_(wrong, written)).to_pylist()
            yield from content.at(name, {row: found[values[row].as_py()] for row in rows}, column)(
                f"{name}.{column} of {{id}} {what}: {{said}}; {WHY_CLEAN}; {remedy}"
            )


def unclean(texts: pa.Array) -> Iterator[tuple[dict[str, str], str, str]]:
    """What is wrong with texts, thing by thing: the part of each text at fault, spelled in ASCII; what; and what to do."""
    texts = texts.drop_null()
    for broken, said in _UNCLEAN.items():
        found = pc.extract_regex(texts, f"(?P<part>{broken})")
        wrong = pc.is_valid(found)
        parts = found.filter(wrong).field("part").to_pylist()
        yield dict(zip(texts.filter(wrong).to_pylist(), map(ascii, parts), strict=True)), *said
    composed = pc.utf8_normalize(texts, form="NFC")
    wrong = pc.not_equal(texts, composed)
    pairs = zipped(texts.filter(wrong), composed.filter(wrong))
    parts_of = {text: f"{text!a:.100} for {other!a:.100}" for text, other in pairs}
    yield parts_of, "is not in NFC", "write each letter with its marks as one character"


def _written(content: Content, name: str) -> pa.Array | None:
    """Where the texts of a table are a curator's; None for everywhere.

    What explains a verbatim cell is printed, and what is wrong with a cell's own value is told of the cell.
    """
    if name not in (content.dataset.part(Part.EVIDENCE), content.dataset.part(Part.GAPS)):
        return None
    explaining = content.tables[name]
    others: list[int] = []
    for table, column, rows in groups(explaining["table_name"], explaining["column_name"]):
        explained = content.explained.get((table, column))
        others += rows.as_py() if explained is not None and explained.column.verbatim else []
    if name == content.dataset.part(Part.EVIDENCE):
        others += pc.indices_nonzero(content.marked(Part.EVIDENCE, "stance", Mark.FOR_VALUE)).to_pylist()
    return pc.invert(is_in(row_numbers(explaining.num_rows), others))
