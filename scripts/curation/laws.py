"""Step 4, check: the laws of the data, over whole tables.

The same functions judge the rows made from the seeds, before anything is written, and the rows read back from
published files. A breach names a cell; whoever calls knows the file and line where that cell stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from belarus_iran_pact.core.edtf import bounds
from belarus_iran_pact.core.table import Field, Row, fields, primary_key
from belarus_iran_pact.models import CELL_REFERENCES, SPAN_TEXTS, TABLES
from belarus_iran_pact.views import Tables, derived_values, views
from belarus_iran_pact.vocabularies import VOCABULARIES

from .faults import did_you_mean


@dataclass(frozen=True)
class Breach:
    """A cell (or row, without a column) that breaks a law: what, why, and what to do."""

    table: str
    row_id: str
    column: str | None
    what: str
    why: str
    remedy: str


def breaches(tables: Tables, unread: frozenset[str] | set[str] = frozenset()) -> Iterator[Breach]:
    """All breaches of the laws in the tables.

    `unread` names tables known to be incomplete; links to their rows are not judged.
    """
    yield from keys_hold(tables, unread)
    yield from one_of_is_filled(tables)
    yield from parents_have_no_cycle(tables)
    yield from spans_are_verbatim(tables)
    yield from cells_are_explained(tables)
    yield from words_are_accounted_for(tables, unread)
    yield from inference_is_marked(tables)
    yield from vocabularies_are_published(tables, unread)
    yield from dates_are_real(tables)
    yield from derived_recomputes(tables)


def keys_hold(tables: Tables, unread: frozenset[str] | set[str] = frozenset()) -> Iterator[Breach]:
    """Law 6: primary keys are unique, and every foreign key resolves."""
    ids = _ids(tables)
    incomplete = _with_dependents(unread)
    for name, model in TABLES.items():
        key = primary_key(model)
        seen = set()
        for row in tables[name]:
            if row[key] in seen:
                yield Breach(
                    name, row[key], key, f"the {name} row {row[key]} is there twice", "ids are unique", "keep one"
                )
            seen.add(row[key])
        for item in fields(model):
            target = item.column.references
            if target is None or target in incomplete:
                continue
            linked = [row for row in tables[name] if row[item.name] is not None]
            if linked and not ids[target]:
                yield Breach(
                    name,
                    linked[0][key],
                    item.name,
                    f"{name}.{item.name} links to {target}, of which there is no row",
                    "every link resolves",
                    f"restore {target}.yaml",
                )
                continue
            for row in linked:
                value = row[item.name]
                if value not in ids[target]:
                    yield Breach(
                        name,
                        row[key],
                        item.name,
                        f"unknown id {value} in {item.name}",
                        f"no row of {target} has it",
                        did_you_mean(value, sorted(ids[target]), f"ids of {target}"),
                    )
    for name in CELL_REFERENCES:
        key = primary_key(TABLES[name])
        for row in tables[name]:
            table, row_id, column = row["table_name"], row["row_id"], row.get("column_name")
            if table is None or table in incomplete:
                continue
            if table not in TABLES:
                what, known = f"unknown table {table} in table_name", list(TABLES)
            elif row_id not in ids[table]:
                what, known = f"unknown id {row_id} in row_id", sorted(ids[table])
            elif column is not None and column not in TABLES[table].model_fields:
                what, known = f"unknown column {column} in column_name", list(TABLES[table].model_fields)
            else:
                continue
            word = what.split()[2]
            yield Breach(
                name, row[key], None, what, "a reference names what is there", did_you_mean(word, known, "known ones")
            )


def one_of_is_filled(tables: Tables) -> Iterator[Breach]:
    """Law 6: where a row refers to one of several things, it names exactly one, whole."""
    for name, model in TABLES.items():
        choices = model.table.one_of
        for row in tables[name] if choices else ():
            filled = [choice for choice in choices if any(row[column] is not None for column in choice)]
            if len(filled) != 1 or any(row[column] is None for column in filled[0]):
                shown = " or ".join(", ".join(choice) for choice in choices)
                yield Breach(
                    name,
                    row[primary_key(model)],
                    None,
                    f"a row of {name} fills {' and '.join(', '.join(choice) for choice in filled) or 'none of its links'}",
                    "it refers to exactly one thing",
                    f"fill {shown}",
                )


def parents_have_no_cycle(tables: Tables) -> Iterator[Breach]:
    """Law 6: nothing is its own ancestor, by a column that links a table to itself, or by `part_of` links."""
    for name, model in TABLES.items():
        key = primary_key(model)
        for item in fields(model):
            if item.column.references == name:
                parents = {row[key]: [row[item.name]] for row in tables[name] if row[item.name] is not None}
                yield from _cycles(parents, name, item.name)
    wholes = defaultdict(list)
    for row in tables["event_links"]:
        if row["relation"] == "part_of":
            wholes[row["event_id"]].append(row["related_event_id"])
    yield from _cycles(wholes, "events", None)


def _cycles(parents: dict[str, list[str]], table: str, column: str | None) -> Iterator[Breach]:
    reported: set[str] = set()
    for start in parents:
        path, stack = {start: start}, [start]
        while stack:
            here = stack.pop()
            for parent in parents.get(here, ()):
                if parent == start and start not in reported:
                    chain = [here]
                    while chain[-1] != start:
                        chain.append(path[chain[-1]])
                    reported.update(chain)
                    shown = " -> ".join([*reversed(chain), start])
                    yield Breach(
                        table,
                        start,
                        column,
                        f"a cycle among parents: {shown}",
                        "nothing is part of itself",
                        "break the cycle",
                    )
                elif parent not in path:
                    path[parent] = here
                    stack.append(parent)


def spans_are_verbatim(tables: Tables) -> Iterator[Breach]:
    """Law 1: a span lies within its passage, holds at least a character, and its text is the passage's there."""
    passages = {row["passage_id"]: row for row in tables["passages"]}
    for name, text_column in SPAN_TEXTS.items():
        key = primary_key(TABLES[name])
        for row in tables[name]:
            parts = [row[column] for column in ("source_id", "passage_id", "start", "end", text_column)]
            if all(part is None for part in parts):
                continue
            passage = passages.get(row["passage_id"])
            if passage is None:
                continue  # A broken key, reported as such.
            inside = None not in parts and passage["start"] <= row["start"] < row["end"] <= passage["end"]
            if not inside or row["source_id"] != passage["source_id"]:
                yield Breach(
                    name,
                    row[key],
                    "start",
                    f"the span {row['start']}-{row['end']} is not within {row['passage_id']}",
                    f"the passage spans {passage['start']}-{passage['end']}",
                    "correct the span",
                )
            elif passage["text"][row["start"] - passage["start"] : row["end"] - passage["start"]] != row[text_column]:
                yield Breach(
                    name, row[key], text_column, f"{text_column} is not the text at {row['start']}-{row['end']}",
                    "a span's text is cut from its source", "restore the quote or the span",
                )  # fmt: skip
    for row in tables["passages"]:
        if len(row["text"]) != row["end"] - row["start"]:
            yield Breach(
                "passages",
                row["passage_id"],
                "text",
                "the text is not as long as its span",
                "a span's text is cut from its source",
                "restore the passage",
            )
    spelled = defaultdict(set)
    for row in tables["evidence"]:
        if row["stance"] == "supports":
            spelled[(row["table_name"], row["row_id"], row["column_name"])].add(row["quote"])
    for name, item, row_id, row in _cells(tables, lambda _, item: item.column.verbatim):
        value = row[item.name]
        quotes = spelled[(name, row_id, item.name)]
        if value is not None and quotes and value not in quotes:
            yield Breach(
                name,
                row_id,
                item.name,
                f"{value!r} is not spelled as quoted",
                f"{item.name} is verbatim, and its evidence reads {' | '.join(sorted(quotes))!r}",
                "write the printed words",
            )


def cells_are_explained(tables: Tables) -> Iterator[Breach]:
    """Law 2: a value of an explained column has evidence for it and no gap; a null has a gap and no evidence for it."""
    evidence, gaps = defaultdict(list), defaultdict(list)
    for row in tables["evidence"]:
        if row["stance"] == "supports":
            evidence[(row["table_name"], row["row_id"], row["column_name"])].append(row["evidence_id"])
        elif row["asserted_value"] is None:
            yield Breach(
                "evidence",
                row["evidence_id"],
                "asserted_value",
                "contradicting evidence asserts no value",
                "what it speaks for must be known",
                "add asserted_value",
            )
    for row in tables["gaps"]:
        gaps[(row["table_name"], row["row_id"], row["column_name"])].append(row)
        if row["reason"] in ("undisclosed", "ambiguous") and row["quote"] is None:
            yield Breach(
                "gaps",
                row["gap_id"],
                "quote",
                f"a gap that is {row['reason']} quotes no words",
                "the source's words leave the cell open",
                "add the quote",
            )
        if row["reason"] == "ambiguous" and row["candidate"] is None:
            yield Breach(
                "gaps",
                row["gap_id"],
                "candidate",
                "an ambiguous gap names no candidate",
                "each value that the words allow is a gap of its own",
                "add the candidate",
            )
        if row["reason"] != "ambiguous" and row["candidate"] is not None:
            yield Breach(
                "gaps",
                row["gap_id"],
                "candidate",
                f"a gap that is {row['reason']} names a candidate",
                "only ambiguous words offer candidates",
                "take it away, or make the reason ambiguous",
            )
    for name, item, row_id, row in _cells(tables, _is_explained):
        cell = (name, row_id, item.name)
        if row[item.name] is not None:
            if not evidence[cell]:
                yield Breach(
                    *cell,
                    f"{name}.{item.name} of {row_id} has a value and no evidence",
                    "every value rests on words of a source",
                    "quote the words in an evidence item that supports it, or empty the cell and give a gap",
                )
            if gaps[cell]:
                yield Breach(
                    *cell,
                    f"{name}.{item.name} of {row_id} has a value and a gap",
                    "a gap says why a cell is empty",
                    "take one of them away",
                )
        else:
            if not gaps[cell]:
                yield Breach(
                    *cell,
                    f"{name}.{item.name} of {row_id} is empty and has no gap",
                    "every null says why",
                    f"add a gap with a reason ({', '.join(VOCABULARIES['gap_reason'].values())}), or a value with evidence",
                )
            if evidence[cell]:
                yield Breach(
                    *cell,
                    f"{name}.{item.name} of {row_id} is empty and has evidence",
                    "evidence supports a value",
                    "write the value, or take the evidence away",
                )
    explained = {
        (name, item.name) for name, model in TABLES.items() for item in fields(model) if _is_explained(model, item)
    }
    for name in ("evidence", "gaps"):
        for row in tables[name]:
            if (row["table_name"], row["column_name"]) not in explained:
                yield Breach(
                    name,
                    row[primary_key(TABLES[name])],
                    "column_name",
                    f"{row['table_name']}.{row['column_name']} takes no evidence or gap",
                    "there is no such column, or its origin is none of source, coder, inferred",
                    "correct the column",
                )


# Evidence for these tables does not account for words: a mention says that a word was seen, not what it says, and the
# headline as a source's title covers the headline whatever it claims.
NOT_CODED_FROM = frozenset({"mentions", "sources"})


def words_are_accounted_for(tables: Tables, unread: frozenset[str] | set[str] = frozenset()) -> Iterator[Breach]:
    """Law 3: each word character of a source lies under evidence or under residue, and under one of them only."""
    if unread:
        return
    coded, left = _covered(tables)
    for passage in tables["passages"]:
        source, offset = passage["source_id"], passage["start"]
        for word in re.finditer(r"\w+", passage["text"]):
            characters = {(source, offset + at) for at in range(word.start(), word.end())}
            if not characters <= coded | left:
                yield Breach(
                    "passages",
                    passage["passage_id"],
                    None,
                    f"the word {word.group()!r} at {offset + word.start()} of {source} is under no evidence and no residue",
                    "every word is accounted for",
                    "code what it says, or list it in residue.yaml with a reason",
                )
    for row in tables["residue"]:
        words = [
            (row["source_id"], row["start"] + at)
            for match in re.finditer(r"\w+", row["text"] or "")
            for at in range(match.start(), match.end())
        ]
        if any(character in coded for character in words):
            yield Breach(
                "residue",
                row["residue_id"],
                None,
                f"the residue {row['text']!r} is under evidence as well",
                "residue is what nothing was coded from",
                "take it away, or narrow the quote that covers it",
            )


def coverage(tables: Tables) -> tuple[int, int]:
    """How many word characters of the sources stand under evidence, and how many there are."""
    coded, _ = _covered(tables)
    characters = [
        (passage["source_id"], passage["start"] + at)
        for passage in tables["passages"]
        for match in re.finditer(r"\w+", passage["text"])
        for at in range(match.start(), match.end())
    ]
    return sum(character in coded for character in characters), len(characters)


def _covered(tables: Tables) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    coded = {
        (row["source_id"], at)
        for row in tables["evidence"]
        if row["table_name"] not in NOT_CODED_FROM
        for at in range(row["start"], row["end"])
    }
    left = {(row["source_id"], at) for row in tables["residue"] for at in range(row["start"], row["end"])}
    return coded, left


def inference_is_marked(tables: Tables) -> Iterator[Breach]:
    """Law 4: evidence is `inferred`, with its rule, exactly for columns of that origin."""
    origins = {(name, item.name): item.column.origin for name, model in TABLES.items() for item in fields(model)}
    allowed = {"source": ("stated", "judged"), "coder": ("judged",), "inferred": ("inferred",)}
    for row in tables["evidence"]:
        origin = origins.get((row["table_name"], row["column_name"]))
        if origin in allowed and row["basis"] not in allowed[origin]:
            yield Breach(
                "evidence",
                row["evidence_id"],
                "basis",
                f"the basis {row['basis']} does not fit {row['column_name']}",
                f"the column's origin is {origin}",
                f"make it {' or '.join(allowed[origin])}",
            )
        if (row["rule"] is not None) != (row["basis"] == "inferred"):
            yield Breach(
                "evidence",
                row["evidence_id"],
                "rule",
                f"evidence for {row['column_name']} is {row['basis']} and has {'no' if row['rule'] is None else 'a'} rule",
                "what is inferred names its rule, and nothing else has one",
                f"the rules are: {', '.join(VOCABULARIES['inference_rule'].values())}",
            )


def vocabularies_are_published(tables: Tables, unread: frozenset[str] | set[str] = frozenset()) -> Iterator[Breach]:
    """Law 7: every coded value is a row of `terms`, and every term is set beside another scheme, or beside none."""
    published = defaultdict(set)
    for row in tables["terms"]:
        published[row["vocabulary"]].add(row["term"])
    crossed = {row["term_id"] for row in tables["crosswalk"]}
    for row in tables["terms"]:
        if row["term_id"] not in crossed and "crosswalk" not in unread:
            yield Breach(
                "terms",
                row["term_id"],
                None,
                f"the term {row['term_id']} has no crosswalk row",
                "every term says what it corresponds to elsewhere",
                "add a row to seeds/reference/crosswalk.yaml; match: none is an answer",
            )
    for name, item, row_id, row in _cells(tables, lambda _, item: item.column.vocabulary):
        vocabulary, value = item.column.vocabulary, row[item.name]
        if vocabulary is not None and value is not None and value not in published[vocabulary.name]:
            if value in vocabulary or name == "terms":
                what = f"{value} of {vocabulary.name} is not in terms"
            else:
                continue  # An unknown term: the row model reports it.
            yield Breach(name, row_id, item.name, what, "every coded value is defined there", "rebuild")


def dates_are_real(tables: Tables) -> Iterator[Breach]:
    """EDTF dates exist in the calendar, and end no earlier than they start."""
    for name, item, row_id, row in _cells(tables, lambda _, item: item.column.edtf):
        value = row[item.name]
        if value is None or not re.fullmatch(item.column.pattern or "", value):
            continue  # What does not even look like a date is reported by the row model.
        try:
            bounds(value)
        except ValueError as error:
            yield Breach(
                name,
                row_id,
                item.name,
                f"{item.name}: {error}",
                "dates follow EDTF (ISO 8601-2)",
                "correct the date, for example 2026, XXXX-08 or 2026-03/2026-05",
            )


def derived_recomputes(tables: Tables) -> Iterator[Breach]:
    """Derived cells equal what their definition gives."""
    for (name, column), values in derived_values(tables).items():
        key = primary_key(TABLES[name])
        for row in tables[name]:
            if row[column] != values[row[key]]:
                yield Breach(
                    name,
                    row[key],
                    column,
                    f"{name}.{column} of {row[key]} is {row[column]!r:.60}",
                    f"it recomputes to {values[row[key]]!r:.60}",
                    "rebuild",
                )


def views_recompute(tables: Tables) -> Iterator[Breach]:
    """Views equal what they are computed to be. To be asked of tables that break no other law."""
    for name, rows in views(tables).items():
        key = primary_key(TABLES[name])
        published = {row[key]: row for row in tables[name]}
        for row in rows:
            if published.pop(row[key], None) != row:
                yield Breach(
                    name,
                    row[key],
                    None,
                    f"the {name} row {row[key]} is not as computed",
                    "views are computed",
                    "rebuild",
                )
        for row_id in published:
            yield Breach(
                name, row_id, None, f"the {name} row {row_id} is not computed", "views are computed", "rebuild"
            )


def _is_explained(model: type[Row], item: Field) -> bool:
    return model.table.explained and item.column.explained


def _cells(
    tables: Tables, wanted: Callable[[type[Row], Field], object]
) -> Iterator[tuple[str, Field, str, dict[str, Any]]]:
    """The cells of the columns wanted: table, column, row id, row."""
    for name, model in TABLES.items():
        key = primary_key(model)
        for item in fields(model):
            if wanted(model, item):
                for row in tables[name]:
                    yield name, item, row[key], row


def _ids(tables: Tables) -> dict[str, set[str]]:
    return {name: {row[primary_key(model)] for row in tables[name]} for name, model in TABLES.items()}


def _with_dependents(names: frozenset[str] | set[str]) -> set[str]:
    """The tables named, and those whose rows are written within theirs."""
    return set(names) | {name for name, model in TABLES.items() if model.table.within in names}
