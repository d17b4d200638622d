"""Step 2, the form: what a coder writes, with its short forms written out, as rows with their words, evidence and gaps.

Every table has the same form, which follows from its model; `seeds/CODING.md` shows it with examples. A file lists rows, and
groups of rows with what they have in common. Whatever may stand several times may also stand alone, without its list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
ROWS, CODE, SAID, RULE, EVIDENCE, GAPS = "rows", "code", "said", "rule", "evidence", "gaps"
SCOPE = "scope"
SCOPE_COLUMNS = ("scope_start_char", "scope_end_char")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Words:
    """A quote, and where it is to be found: the number of its sentence, and which of several it is."""

    quote: Text
    passage: Text | None = None
    occurrence: Text | None = None


@dataclass(frozen=True)
class Explanation:
    """An evidence item or a gap: the cells it is for, its words if it has any, and its other columns."""

    columns: tuple[Field, ...]
    words: Words | None
    values: dict[str, Any]
    place: Place


@dataclass(frozen=True)
class Coded:
    """A row as it was coded.

    Attributes:
        values: the columns written, by name; a column whose value is at fault is None.
        places: where each column is written.
        words: the row's own quote.
        verbatim: the words that stand as values, by column.
        scope: the words that the row's quote reaches.
        said: the words that attribute what is said, by the id of whose word it is.
        rule: the rule by which its inferable cells follow from its words.
        nested: the rows written within this one.
    """

    table: str
    source_id: str | None
    place: Place
    values: dict[str, Any]
    places: dict[str, Place]
    words: Words | None = None
    scope: Words | None = None
    verbatim: dict[str, Words] = field(default_factory=dict)
    rule: str | None = None
    said: dict[str, list[Words]] = field(default_factory=dict)
    evidence: tuple[Explanation, ...] = ()
    gaps: tuple[Explanation, ...] = ()
    nested: tuple[Coded, ...] = ()


def coded_rows(entry: Entry, faults: Faults) -> list[Coded]:
    """The rows of an entry: one, or those of a group."""
    if entry.source_id is None:
        return [_reference_row(entry.table, entry.fields, faults)]
    return [_row(entry.table, given, entry.source_id, None, faults) for given in _ungrouped(entry.fields, faults)]


def foreign_evidence(entry: Entry, faults: Faults) -> Iterator[tuple[str, str, Explanation]]:
    """Evidence that one source has for (or against) cells of a row coded from another: table, row id, evidence."""
    given = Fields(entry.fields.place)
    given.update(entry.fields)
    table, row_id = (_text(given, name, faults) for name in ("table_name", "row_id"))
    for name, value in (("table_name", table), ("row_id", row_id)):
        if value is None:
            _missing(name, "evidence", given.place, faults)
        given.pop(name, None)
    if table is not None and table not in TABLES:
        remedy = did_you_mean(table, TABLES, "tables")
        faults.add(table.place, f"unknown table {table}", "evidence is for a cell", remedy)
    elif table is not None and row_id is not None:
        yield str(table), str(row_id), _evidence(TABLES[table], given, None, faults)


# --- Groups and rows ---


def _ungrouped(item: Fields, faults: Faults) -> list[Fields]:
    """The rows of a group, each with what the group says of all; a row that is in no group is alone."""
    common = _with_code(item, faults)
    if ROWS not in common:
        return [common]
    rows = [_with_code(row, faults) for row in mappings(common.pop(ROWS), ROWS, faults)]
    group_said = common.pop(SAID, None)
    for row in rows:
        for key, value in common.items():
            row.setdefault(key, value)
        if isinstance(group_said, Fields) and isinstance(row.setdefault(SAID, Fields(item.place)), Fields):
            row[SAID] = _joined(row[SAID], group_said)
        elif group_said is not None:
            row[SAID] = group_said
    if isinstance(group_said, Fields):
        for voice in group_said:
            if not any(voice in row.values() for row in rows):
                why, remedy = "no row of the group is in that voice", "correct the voice, or take the words away"
                faults.add(group_said.place_of(voice), f"said names {voice}", why, remedy)
    return rows


def _with_code(given: Fields, faults: Faults) -> Fields:
    """The fields of a row or group, those of its code sheet among them."""
    flat = Fields(given.place)
    for key, value in given.items():
        if key != CODE:
            put(flat, key, value, faults)
        elif isinstance(value, Fields):
            for column, cell in value.items():
                put(flat, column, cell, faults)
        else:
            why, remedy = "it holds several columns on one line", "write code: {column: value, column: value}"
            faults.add(value.place, "code is no mapping", why, remedy)
    return flat


def _joined(own: Fields, common: Fields) -> Fields:
    joined = Fields(own.place)
    joined.update(common)
    joined.update(own)
    return joined


def _reference_row(table: str, given: Fields, faults: Faults) -> Coded:
    """A whole row of outside knowledge: nothing of it is quoted from an article."""
    authored = _authored(TABLES[table])
    reject_unknown(given, [item.name for item in authored], f"a row of {table}", faults)
    return Coded(table, None, given.place, _values(table, given, authored, faults), _places(given))


def _row(table: str, given: Fields, source_id: str, passage: Text | None, faults: Faults) -> Coded:
    """A row and those within it; `passage` is the sentence that the row it is within quotes."""
    model = TABLES[table]
    authored = _authored(model)
    children = {child.table.nested_as: name for name, child in TABLES.items() if child.table.within == table}
    inferable = [RULE] if any(item.column.inferable for item in fields(model)) else []
    scoped = [SCOPE] if SCOPE_COLUMNS[0] in model.model_fields else []
    allowed = [
        *(item.name for item in authored),
        *WORDS,
        *scoped,
        CODE,
        SAID,
        *inferable,
        EVIDENCE,
        GAPS,
        *filter(None, children),
    ]
    reject_unknown(given, allowed, f"a row of {table}", faults)
    passage = _text(given, "passage", faults) or passage
    verbatim = {
        item.name: Words(given[item.name], passage)
        for item in authored
        if item.column.verbatim and isinstance(given.get(item.name), Text)
    }
    own = [verbatim[item.name] for item in authored if item.column.row_quote and item.name in verbatim]
    words = _words(given, passage, faults) if "quote" in given else next(iter(own), None)
    if model.table.anchored and "quote" not in given:
        _missing("quote", table, given.place, faults)
    if scoped and SCOPE not in given:
        _missing(SCOPE, table, given.place, faults)
    scope = _text(given, SCOPE, faults)
    (rule_field,) = [item for item in fields(TABLES[EVIDENCE]) if item.name == RULE]
    return Coded(
        table,
        source_id,
        given.place,
        _values(table, given, authored, faults),
        _places(given),
        words,
        None if scope is None else Words(scope, passage),
        verbatim,
        value_of(given, rule_field, EVIDENCE, faults) if inferable else None,
        _said(given, passage, faults),
        tuple(_evidence(model, item, passage, faults) for item in mappings(given.get(EVIDENCE), EVIDENCE, faults)),
        tuple(_gaps(model, given, passage, faults)),
        tuple(
            _row(child, nested, source_id, passage, faults)
            for key, child in children.items()
            for item in mappings(_linked(TABLES[child], given.get(str(key))), str(key), faults)
            for nested in _written_out(TABLES[child], item, faults)
        ),
    )


def _linked(model: type[Row], value: Any) -> Any:
    """Rows that hold nothing but a link are written as the ids linked."""
    links = [item.name for item in _authored(model) if not item.nullable]
    if len(links) != 1:
        return value
    rows = []
    for item in _one_or_many(value):
        row = item
        if isinstance(item, Text):
            row = Fields(item.place)
            row[Text.at(links[0], item.place)] = item
        rows.append(row)
    return rows


def _written_out(model: type[Row], given: Fields, faults: Faults) -> Iterator[Fields]:
    """The rows of `{TERM: id, TERM: [id, id], column: value, ...}`: one for each id, with what stands beside for all.

    The term fills the coded column that the table's ids are made of, and the id the link that it fits.
    """
    coded = [item for item in fields(model) if item.name in model.table.id_from and item.column.vocabulary]
    columns = [*(item.name for item in _authored(model)), *WORDS, RULE, EVIDENCE, GAPS]
    terms = [key for key in given if key not in columns]
    if not coded or not terms:
        yield given
        return
    known = coded[0].column.vocabulary.values() if coded[0].column.vocabulary else []
    reject_unknown(given, [*known, *columns], f"a row of {model.table.name}", faults)
    links = [item for item in _authored(model) if item.column.references and item.column.origin == "key"]
    for term in terms:
        for linked in _one_or_many(given[term]) if term in known else ():
            item = _link_for(linked, links, faults)
            if item is not None:
                row = Fields(linked.place)
                row.update({key: value for key, value in given.items() if key not in terms})
                put(row, Text.at(coded[0].name, given.place_of(term)), Text.at(term, given.place_of(term)), faults)
                put(row, Text.at(item.name, linked.place), linked, faults)
                yield row


def _link_for(linked: Any, links: list[Field], faults: Faults) -> Field | None:
    """The link column that an id is for: the only one, or the one whose rows' ids begin like this one."""
    if not isinstance(linked, Text):
        faults.add(
            linked.place, "a list or mapping stands for an id", "a term is given the ids of rows", "write the id"
        )
        return None
    nouns = [primary_key(TABLES[str(item.column.references)]).removesuffix("id").replace("_", "-") for item in links]
    for item, noun in zip(links, nouns, strict=True):
        if len(links) == 1 or linked.startswith(noun):
            return item
    remedy = did_you_mean(linked, nouns, "beginnings")
    faults.add(linked.place, f"unknown sort of id {linked}", "its beginning does not say which table it is of", remedy)
    return None


def _authored(model: type[Row]) -> list[Field]:
    """The columns that a coder may write: not those that are derived, composed, inherited, or found by a quote."""
    within = model.table.within
    inherited = None if within is None else primary_key(TABLES[within])
    return [
        item
        for item in fields(model)
        if not (
            item.column.origin == "derived"
            or item.name == inherited
            or (model.table.id_from and item.name == primary_key(model))
            or (item.name in (*SPAN_COLUMNS, *SCOPE_COLUMNS) and item.name != primary_key(model))
        )
    ]


def _values(table: str, given: Fields, authored: list[Field], faults: Faults) -> dict[str, Any]:
    for item in authored:
        if item.name not in given and not item.nullable and item.column.default is None:
            _missing(item.name, table, given.place, faults)
    return {item.name: value_of(given, item, table, faults) for item in authored if item.name in given}


def _places(given: Fields) -> dict[str, Place]:
    return {str(key): given.place_of(key) for key in given}


# --- Words, evidence and gaps ---


def _words(given: Fields, passage: Text | None, faults: Faults) -> Words | None:
    quote, own, occurrence = (_text(given, key, faults) for key in WORDS)
    return None if quote is None else Words(quote, own or passage, occurrence)


def _said(given: Fields, passage: Text | None, faults: Faults) -> dict[str, list[Words]]:
    """The words that attribute the row to a voice: `{id: quote}`, where a quote may have its own passage."""
    said = given.get(SAID)
    if said is None:
        return {}
    if not isinstance(said, Fields):
        why, remedy = "it says by which words whom a thing is attributed to", "write said: {actor: quote}"
        faults.add(said.place, "said is no mapping", why, remedy)
        return {}
    found: dict[str, list[Words]] = {}
    for voice, value in said.items():
        for item in _one_or_many(value):
            if isinstance(item, Fields):
                reject_unknown(item, list(WORDS), "words that are said", faults)
                words = _words(item, passage, faults)
            else:
                words = Words(item, passage) if isinstance(item, Text) else None
            if words is not None:
                found.setdefault(str(voice), []).append(words)
    return found


def _evidence(model: type[Row], given: Fields, passage: Text | None, faults: Faults) -> Explanation:
    values = _explanation_values(EVIDENCE, given, "supports", faults)
    if "quote" not in given:
        _missing("quote", EVIDENCE, given.place, faults)
    columns = _columns(model, given.get("supports"), "supports", given.place, faults)
    return Explanation(columns, _words(given, passage, faults), values, given.place)


def _gaps(model: type[Row], given: Fields, passage: Text | None, faults: Faults) -> Iterator[Explanation]:
    """The gaps of `{reason: [column, ...]}`; in place of a column a mapping may have `columns`, a candidate and words."""
    gaps = given.get(GAPS)
    if gaps is not None and not isinstance(gaps, Fields):
        faults.add(
            gaps.place, "gaps is no mapping", "it names columns by reason", "write gaps: {reason: [column, ...]}"
        )
        return
    (reason_field,) = [item for item in fields(TABLES[GAPS]) if item.name == "reason"]
    for key, value in (gaps or {}).items():
        place = gaps.place_of(key) if gaps is not None else given.place
        reason = {"reason": _checked(str(key), reason_field, GAPS, place, faults)}
        items = _one_or_many(value)
        plain = [item for item in items if not isinstance(item, Fields)]
        if plain or not items:
            yield Explanation(_columns(model, plain, str(key), place, faults), None, reason, place)
        for item in items:
            if isinstance(item, Fields):
                values = reason | _explanation_values(GAPS, item, "columns", faults, written=("reason",))
                columns = _columns(model, item.get("columns"), "columns", item.place, faults)
                yield Explanation(columns, _words(item, passage, faults), values, item.place)


def _explanation_values(
    table: str, given: Fields, columns: str, faults: Faults, written: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The columns of evidence or gaps that the coder may write."""
    own = [item for item in fields(TABLES[table]) if item.column.explained and item.name not in written]
    noun = "an evidence item" if table == EVIDENCE else "a gap"
    reject_unknown(given, [columns, *WORDS, *(item.name for item in own)], noun, faults)
    return {item.name: value_of(given, item, table, faults) for item in own if item.name in given}


def _columns(model: type[Row], names: Any, key: str, place: Place, faults: Faults) -> tuple[Field, ...]:
    """The columns named, those of named groups among them."""
    by_name = {item.name: item for item in fields(model)}
    groups = model.table.column_groups
    explained = [*(name for name, item in by_name.items() if item.column.explained), *groups]
    found = []
    if not names:
        why, remedy = "it must say which cells it explains", "name the columns"
        faults.add(place, f"no column under {key}", why, remedy)
    for name in _one_or_many(names):
        if not isinstance(name, Text):
            faults.add(name.place, f"{key} holds a list or mapping", "it lists columns", "write column names")
            continue
        if name in groups:
            found += [by_name[column] for column in groups[name]]
        elif name in by_name and by_name[name].column.explained:
            found.append(by_name[name])
        else:
            what, why = "which does not exist", f"it is not a column of {model.table.name}"
            if name in by_name:
                what, why = "which takes no evidence or gap", f"its origin is {by_name[name].column.origin}"
            remedy = did_you_mean(name, explained, "columns to explain")
            faults.add(name.place, f"{key} names the column {name}, {what}", why, remedy)
    return tuple(found)


# --- Values and faults ---


def value_of(given: Fields, item: Field, table: str, faults: Faults) -> Any:
    """A field as a value that the column may hold; None after a fault."""
    text = _text(given, item.name, faults)
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
        form = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "date": "a day"}[
            item.type
        ]
        faults.add(place, f"{item.name} is {text!s:.40}", f"{table}.{item.name} holds {item.type}", f"write {form}")
        return None
    try:
        return item.column.check(value)
    except PydanticCustomError as error:
        faults.add(place, f"{table}.{item.name} is {value!r:.60}", *_reason(error, value, item.column))
        return None


def _reason(error: PydanticCustomError, value: str, column: Column) -> tuple[str, str]:
    """Why a column refuses a value, and what to do."""
    vocabulary = column.vocabulary
    if error.type == "unknown_term" and vocabulary is not None:
        why = f"it is an unknown term: the vocabulary {vocabulary.name} is closed"
        return why, did_you_mean(value, vocabulary.values(), "terms")
    if error.type == "bad_edtf":
        return "it is no EDTF date", "write a date such as 2026, XXXX-08, 2025?-08 or 2026-03/2026-05"
    if error.type == "empty_text":
        return "an empty text is no value", "take the column away and give a gap"
    return f"it {error.message()}", "correct it"


def mappings(value: Any, key: str, faults: Faults) -> list[Fields]:
    """The mappings under a key, one or a list of them; anything else is a fault."""
    items = _one_or_many(value)
    for item in items:
        if not isinstance(item, Fields):
            what = f"not an item of {key}: {item!s:.40}"
            faults.add(item.place, what, "an item is 'name: value' lines", "write it so")
    return [item for item in items if isinstance(item, Fields)]


def _one_or_many(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _text(given: Fields, key: str, faults: Faults) -> Text | None:
    """A field that is a single value; None where there is none, or after a fault."""
    value = given.get(key)
    if value is None or isinstance(value, Text):
        return value
    faults.add(value.place, f"{key} is a list or mapping", "it is a single value", "write one value")
    return None


def reject_unknown(given: Fields, allowed: list[str], noun: str, faults: Faults) -> None:
    """A fault for each field that is not allowed."""
    for name in given:
        if name not in allowed:
            remedy = did_you_mean(name, allowed, "fields")
            faults.add(given.place_of(name), f"unknown field {name}", f"it is no field of {noun}", remedy)


def _missing(name: str, table: str, place: Place, faults: Faults) -> None:
    faults.add(place, f"{name} is missing", f"a row of {table} cannot be without it", f"add {name}")
