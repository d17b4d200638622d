"""Step 2, form: expand what a coder writes, short forms included, into rows with their words, evidence and gaps.

All tables are written in the same form, which follows from their models; `seeds/CODING.md` shows it with examples. A file
lists rows, and groups of rows with what they have in common. A list of one item may be written as the item alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic_core import PydanticCustomError

from belarus_iran_pact.core.column import Column
from belarus_iran_pact.core.table import Field, Row, fields, primary_key
from belarus_iran_pact.models import TABLES

from .faults import Faults, Place, did_you_mean
from .read import Entry, Fields, Text, put

SPAN_COLUMNS = ("source_id", "passage_id", "start_char", "end_char")
WORDS = ("quote", "passage", "occurrence")
ROWS, CODE, SAID, RULE, SCOPE, EVIDENCE, GAPS = "rows", "code", "said", "rule", "scope", "evidence", "gaps"
_BOOLEANS = {"true": True, "false": False}
_FORMS = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "date": "a day"}
_REASONS = {
    "bad_edtf": ("it is not an EDTF date", "write a date such as 2026, XXXX-08, 2025?-08 or 2026-03/2026-05"),
    "empty_text": ("an empty text is not a value", "remove the column and give a gap"),
}
_MAPPINGS = {
    CODE: ("it holds several columns on one line", "write code: {column: value, column: value}"),
    SAID: ("it maps each actor to the words that attribute the statement", "write said: {actor: quote}"),
    GAPS: ("it names columns by reason", "write gaps: {reason: [column, ...]}"),
    ROWS: ("it has a line for each row", "write rows: {row: [value, ...]}"),
}


@dataclass(frozen=True)
class Words:
    """A quote, and where to find it: the number of its sentence, and which occurrence is meant."""

    quote: Text
    passage: Text | None = None
    occurrence: Text | None = None


@dataclass(frozen=True)
class Explanation:
    """An evidence item or a gap: the cells it is for, its words if it has any, and its other columns."""

    columns: list[Field]
    words: Words | None
    values: dict[str, Any]
    place: Place


@dataclass(frozen=True)
class Coded:
    """A row as it was coded.

    Attributes:
        given: the fields as written, and where.
        values: the columns written, by name; one whose value is at fault is None.
        words: the row's own quote.
        verbatim: the words that stand as values, by column.
        scope: the words that the row's quote reaches.
        rule: the rule by which its inferable cells follow from its words.
        said: the words that attribute what is said, by the id of whose word it is.
        nested: the rows written within this one.
    """

    table: str
    source_id: str | None
    given: Fields
    values: dict[str, Any]
    words: Words | None
    verbatim: dict[str, Words]
    scope: Words | None
    rule: str | None
    said: dict[str, list[Words]]
    evidence: list[Explanation]
    gaps: list[Explanation]
    nested: list[Coded]


def coded_rows(entry: Entry, faults: Faults) -> list[Coded]:
    """The rows of an entry: one, or those of a group; for outside knowledge, one that has columns only."""
    rows = [entry.fields] if entry.source_id is None else _ungrouped(entry.fields, faults)
    return [_row(entry.table, given, entry.source_id, None, faults) for given in rows]


def foreign_evidence(entry: Entry, faults: Faults) -> Iterator[tuple[str, str, Explanation]]:
    """Evidence that one source has for (or against) cells of a row coded from another: table, row id, evidence."""
    given = Fields(entry.fields.place, entry.fields)
    table, row_id = (text_of(given, name, faults) for name in ("table_name", "row_id"))
    for name in ("table_name", "row_id"):
        if given.pop(name, None) is None:
            _missing(name, "evidence", given.place, faults)
    if table is not None and table not in TABLES:
        remedy = did_you_mean(table, TABLES, "tables")
        faults.add(table.place, f"unknown table {table}", "evidence explains a cell of a table", remedy)
    elif table is not None and row_id is not None:
        yield str(table), str(row_id), _evidence(TABLES[table], given, None, faults)


# --- Groups and rows ---


def _ungrouped(item: Fields, faults: Faults) -> list[Fields]:
    """The rows of a group, each with the fields they share; a row outside any group comes alone."""
    common = _with_code(item, faults)
    grouped = mappings(common.pop(ROWS), ROWS, faults) if ROWS in common else [Fields(item.place)]
    rows = [_with_code(row, faults) for row in grouped]
    for row in rows:
        own = row.get(SAID)
        row.update({key: value for key, value in common.items() if key not in row})
        _check_voices(own, [row], faults)
        if isinstance(own, Fields) and isinstance(common.get(SAID), Fields):
            row[SAID] = Fields(own.place, common[SAID] | own)
    _check_voices(common.get(SAID), rows, faults)
    return rows


def _check_voices(said: Any, rows: list[Fields], faults: Faults) -> None:
    """Report each voice that `said` attributes words to and no row has."""
    for voice in said if isinstance(said, Fields) else ():
        if not any(voice in row.values() for row in rows):
            why, remedy = "no row here has that voice", "correct the voice, or remove the words"
            faults.add(said.place_of(voice), f"said names {voice}", why, remedy)


def _with_code(given: Fields, faults: Faults) -> Fields:
    """The fields of a row or group, including those under `code`."""
    flat = Fields(given.place)
    for key, value in given.items():
        columns = mapping(given, CODE, faults) if key == CODE else {key: value}
        for column, cell in columns.items():
            put(flat, column, cell, faults)
    return flat


def _row(table: str, given: Fields, source_id: str | None, passage: Text | None, faults: Faults) -> Coded:
    """A row and those nested in it; `passage` is the sentence that the enclosing row quotes."""
    model = TABLES[table]
    children = [child for child in TABLES.values() if child.table.within == table]
    keys = [] if source_id is None else [*WORDS, EVIDENCE, GAPS, *map(_key, children)]
    keys += [SAID for item in fields(model) if item.column.voice]
    scoped = SCOPE if f"{SCOPE}_text" in model.model_fields else None
    (rule,) = [item for item in fields(TABLES[EVIDENCE]) if item.name == RULE]
    inferable = any(item.column.inferable for item in fields(model))
    keys += [key for key in (scoped, RULE if inferable else None) if key]
    if scoped and scoped not in given:
        _missing(scoped, table, given.place, faults)
    reject_unknown(given, [*_authored(model), *keys], f"a row of {table}", faults)
    passage = text_of(given, "passage", faults) or passage
    verbatim, own = {}, None
    for name, item in _authored(model).items():
        if name not in given and not item.nullable and item.column.default is None:
            _missing(name, table, given.place, faults)
        if item.column.verbatim and isinstance(given.get(name), Text):
            verbatim[name] = Words(given[name], passage)
            own = verbatim[name] if item.column.row_quote else own
    return Coded(
        table,
        source_id,
        given,
        {name: value_of(given, item, table, faults) for name, item in _authored(model).items() if name in given},
        _words(given, passage, faults, needed_by=table if model.table.anchored else None) or own,
        verbatim,
        Words(given[SCOPE], passage) if scoped and isinstance(given.get(SCOPE), Text) else None,
        value_of(given, rule, EVIDENCE, faults) if inferable else None,
        _said(given, passage, faults),
        [_evidence(model, item, passage, faults) for item in mappings(given.get(EVIDENCE), EVIDENCE, faults)],
        list(_gaps(model, mapping(given, GAPS, faults), passage, faults)),
        [
            _row(child.table.name, row, source_id, passage, faults)
            for child in children
            for item in mappings(_linked(child, given.get(_key(child))), _key(child), faults)
            for row in _written_out(child, _with_code(item, faults), faults)
        ],
    )


def _linked(child: type[Row], value: Any) -> Any:
    """Rows that hold nothing but a link may be written as the ids linked."""
    links = [name for name, item in _authored(child).items() if not item.nullable]
    return [
        Fields(item.place, [(Text.at(links[0], item.place), item)])
        if isinstance(item, Text) and len(links) == 1
        else item
        for item in one_or_many(value)
    ]


def _key(child: type[Row]) -> str:
    """The key under which a table's rows stand in those of another: `event_actors` as `actors` in `events`."""
    return child.table.name.removeprefix(primary_key(TABLES[str(child.table.within)]).removesuffix("id"))


@functools.cache
def _authored(model: type[Row]) -> dict[str, Field]:
    """The columns that a coder may write: not those that are derived, composed, inherited, or found by a quote."""
    parent = model.table.within
    made = {primary_key(TABLES[parent])} if parent else set()
    made |= {primary_key(model)} if model.table.id_from else set()
    made |= {*SPAN_COLUMNS, f"{SCOPE}_start_char", f"{SCOPE}_end_char"} - {primary_key(model)}
    return {item.name: item for item in fields(model) if item.column.origin != "derived" and item.name not in made}


def _written_out(model: type[Row], given: Fields, faults: Faults) -> Iterator[Fields]:
    """The rows of `{TERM: id, TERM: [id, id], column: value, ...}`: one for each id, with what stands beside for all.

    The term fills the coded column that the table's ids are made of, and the id the link that it fits.
    """
    columns = [*_authored(model), *WORDS, RULE, EVIDENCE, GAPS]
    coded = {item.name: item.column.vocabulary for item in fields(model) if item.name in model.table.id_from}
    known = {term: name for name, vocabulary in coded.items() if vocabulary for term in vocabulary.values()}
    terms = [key for key in given if key not in columns]
    if not known or not terms:
        yield given
        return
    reject_unknown(given, [*known, *columns], f"a row of {model.table.name}", faults)
    for term in terms:
        for linked in one_or_many(given[term]) if term in known else ():
            link = _link_for(linked, model, faults)
            if link is not None:
                row = Fields(linked.place, {key: value for key, value in given.items() if key not in terms})
                put(row, Text.at(known[term], given.place_of(term)), Text.at(term, given.place_of(term)), faults)
                put(row, Text.at(link, linked.place), linked, faults)
                yield row


def _link_for(linked: Any, model: type[Row], faults: Faults) -> str | None:
    """The link column that an id is for: the only one, or the one whose rows' ids begin as this one does."""
    if not isinstance(linked, Text):
        why, remedy = "a term takes the ids of rows", "write the id"
        faults.add(linked.place, "a list or mapping in place of an id", why, remedy)
        return None
    links = {
        primary_key(TABLES[item.column.references]).removesuffix("id").replace("_", "-"): name
        for name, item in _authored(model).items()
        if item.column.references and item.column.origin == "key"
    }
    name = next((name for begin, name in links.items() if len(links) == 1 or linked.startswith(begin)), None)
    if name is None:
        what, why = f"unknown kind of id {linked}", "its prefix does not say which table it belongs to"
        faults.add(linked.place, what, why, did_you_mean(linked, links, "prefixes"))
    return name


# --- Words, evidence and gaps ---


def _words(given: Fields, passage: Text | None, faults: Faults, needed_by: str | None = None) -> Words | None:
    if needed_by and "quote" not in given:
        _missing("quote", needed_by, given.place, faults)
    quote, own, occurrence = texts = [text_of(given, key, faults) for key in WORDS]
    sound = all(text is not None or key not in given for key, text in zip(WORDS, texts, strict=True))
    return Words(quote, own or passage, occurrence) if quote is not None and sound else None


def _said(given: Fields, passage: Text | None, faults: Faults) -> dict[str, list[Words]]:
    """The words that attribute the row to a voice: `{id: quote}`; a mapping may replace the quote to locate it."""
    found: dict[str, list[Words]] = {}
    for voice, value in mapping(given, SAID, faults).items():
        for item in one_or_many(value):
            listed = item if isinstance(item, Fields) else Fields(item.place, [(Text.at("quote", item.place), item)])
            reject_unknown(listed, WORDS, "words that are said", faults)
            words = _words(listed, passage, faults, needed_by=SAID)
            found.setdefault(str(voice), []).extend([words] if words else [])
    return found


def _evidence(model: type[Row], given: Fields, passage: Text | None, faults: Faults) -> Explanation:
    return _explanation(EVIDENCE, model, given, "supports", _words(given, passage, faults, needed_by=EVIDENCE), faults)


def _gaps(model: type[Row], gaps: Fields, passage: Text | None, faults: Faults) -> Iterator[Explanation]:
    """The gaps of `{reason: [column, ...]}`; a mapping of `columns`, a candidate and words may replace a column."""
    reason_field = next(item for item in fields(TABLES[GAPS]) if item.name == "reason")
    for key, value in gaps.items():
        place = gaps.place_of(key)
        reason = {"reason": _checked(key, reason_field, GAPS, place, faults)}
        items = one_or_many(value)
        plain = [item for item in items if not isinstance(item, Fields)]
        if plain or not items:
            yield Explanation(_columns(model, plain, key, place, faults), None, reason, place)
        for item in items:
            if isinstance(item, Fields):
                gap = _explanation(GAPS, model, item, "columns", _words(item, passage, faults), faults)
                yield replace(gap, values=gap.values | reason)


def _explanation(
    table: str, model: type[Row], given: Fields, key: str, words: Words | None, faults: Faults
) -> Explanation:
    """Evidence or a gap for the columns under `key`, with the other columns that a coder may write of it."""
    own = [item for item in fields(TABLES[table]) if item.column.explained and item.name != "reason"]
    reject_unknown(given, [key, *WORDS, *(item.name for item in own)], f"an item of {table}", faults)
    values = {item.name: value_of(given, item, table, faults) for item in own if item.name in given}
    return Explanation(_columns(model, given.get(key), key, given.place, faults), words, values, given.place)


def _columns(model: type[Row], names: Any, key: str, place: Place, faults: Faults) -> list[Field]:
    """The columns named, including those of named groups."""
    by_name = {item.name: item for item in fields(model)}
    groups = model.table.column_groups
    explained = [*(name for name, item in by_name.items() if item.column.explained), *groups]
    found: list[Field] = []
    if not names:
        faults.add(place, f"no column under {key}", "it must say which cells it explains", "name the columns")
    for name in one_or_many(names):
        if not isinstance(name, Text):
            faults.add(name.place, f"{key} holds a list or mapping", "it lists columns", "write column names")
        elif name in explained:
            found += [by_name[column] for column in groups.get(name, [name])]
        else:
            what, why = "which does not exist", f"it is not a column of {model.table.name}"
            if name in by_name:
                what, why = "which takes no evidence or gap", f"its origin is {by_name[name].column.origin}"
            remedy = did_you_mean(name, explained, "columns to explain")
            faults.add(name.place, f"{key} names the column {name}, {what}", why, remedy)
    return found


# --- Values and faults ---


def value_of(given: Fields, item: Field, table: str, faults: Faults) -> Any:
    """A field as a value that the column may hold; None after a fault."""
    text = text_of(given, item.name, faults)
    return None if text is None else _checked(text, item, table, given[item.name].place, faults)


def _checked(text: str, item: Field, table: str, place: Place, faults: Faults) -> Any:
    value: Any = str(text)
    if item.type == "boolean":
        value = _BOOLEANS.get(text)
    elif item.type == "integer":
        value = int(text) if re.fullmatch(r"-?\d+", text) else None
    elif item.type == "number":
        value = float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None
    elif item.type == "date":
        value = date.fromisoformat(text) if re.fullmatch(r"\d{4}-[01]\d-[0-3]\d", text) else None
    if value is None:
        remedy = f"write {_FORMS[item.type]}"
        faults.add(place, f"{item.name} is {text!s:.40}", f"{table}.{item.name} holds {item.type}", remedy)
        return None
    try:
        return item.column.check(value)
    except PydanticCustomError as error:
        faults.add(place, f"{table}.{item.name} is {value!r:.60}", *_reason(error, value, item.column))
        return None


def _reason(error: PydanticCustomError, value: str, column: Column) -> tuple[str, str]:
    """Why a column refuses a value, and what to do."""
    if error.type == "unknown_term" and column.vocabulary is not None:
        why = f"it is an unknown term: the vocabulary {column.vocabulary.name} is closed"
        return why, did_you_mean(value, column.vocabulary.values(), "terms")
    return _REASONS.get(error.type) or (f"it {error.message()}", "correct it")


def mapping(given: Fields, key: str, faults: Faults) -> Fields:
    """The mapping under a key; an empty one where there is none, or after a fault."""
    value = given.get(key)
    if value is not None and not isinstance(value, Fields):
        faults.add(value.place, f"{key} is not a mapping", *_MAPPINGS[key])
    return value if isinstance(value, Fields) else Fields(given.place)


def mappings(value: Any, key: str, faults: Faults) -> list[Fields]:
    """The mappings under a key, one or a list of them; anything else is a fault."""
    found = []
    for item in one_or_many(value):
        if isinstance(item, Fields):
            found.append(item)
        else:
            what = f"not an item of {key}: {item!s:.40}"
            faults.add(item.place, what, "an item consists of 'name: value' lines", "write it that way")
    return found


def one_or_many(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def text_of(given: Fields, key: str, faults: Faults) -> Text | None:
    """A field that is a single value; None where there is none, or after a fault."""
    value = given.get(key)
    if value is None or isinstance(value, Text):
        return value
    faults.add(value.place, f"{key} is a list or mapping", "it is a single value", "write one value")
    return None


def reject_unknown(given: Fields, allowed: Sequence[str], noun: str, faults: Faults) -> None:
    """Report each field that is not allowed."""
    for name in given:
        if name not in allowed:
            why, remedy = f"it is not a field of {noun}", did_you_mean(name, allowed, "fields")
            faults.add(given.place_of(name), f"unknown field {name}", why, remedy)


def _missing(name: str, table: str, place: Place, faults: Faults) -> None:
    faults.add(place, f"{name} is missing", f"a row of {table} must have it", f"add {name}")
