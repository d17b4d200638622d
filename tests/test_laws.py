"""The laws: each is broken in the published tables, in memory, and must be seen where it is broken."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import SOURCE, append, build_faults, line_of, list_file

import belarus_iran_pact as bip
import build
from belarus_iran_pact.core.column import Column
from belarus_iran_pact.core.content import Breach, Content
from belarus_iran_pact.core.laws import LAWS, LIMIT, _why_no_value, breaches, vanished
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Field, ValueType, fields, primary_key
from belarus_iran_pact.models import DATASET, TABLES, Source

Row = dict[str, Any]

PUBLISHED: dict[str, pa.Table] = {name: bip.load(name) for name in DATASET.tables}
SPANS = (*DATASET.spans, ("passages", "start_char", "end_char", "text"))
NOT_QUOTED = dict.fromkeys(("passage_id", "start_char", "end_char", "quote"))
INFERRED = {"basis": "inferred", "rule": "place_is_country"}
CELL = ("table_name", "row_id", "column_name")


class Edited(dict[str, list[Row]]):
    """The published tables as rows, each made when it is asked for: to be edited, and judged."""

    def __missing__(self, name: str) -> list[Row]:
        self[name] = PUBLISHED[name].to_pylist()
        return self[name]

    def breaches(self, **options: Any) -> list[Breach]:
        return list(breaches(DATASET, PUBLISHED | arrow_tables(DATASET, self), **options))


Breaker = Callable[[Edited], tuple[str, Row | None]]
"""Breaks a law in the tables; the table and row where that is to be seen (None: a row is missing)."""


def first(rows: list[Row], **wanted: Any) -> Row:
    """The first row with these values; a function given for a value tells whether it will do."""

    def fits(value: Any, want: Any) -> bool:
        return bool(want(value)) if callable(want) else value == want

    return next(row for row in rows if all(fits(row[name], want) for name, want in wanted.items()))


def filled(value: Any) -> bool:
    return value is not None


def change(table: str, column: str, value: Any, /, **wanted: Any) -> Breaker:
    """Put a value, or what a function makes of the old one, into a cell of the first row that has what is wanted."""

    def breaker(tables: Edited) -> tuple[str, Row]:
        row = first(tables[table], **wanted)
        row[column] = value(row[column]) if callable(value) else value
        return table, row

    return breaker


def fill(table: str, values: Row, /, **wanted: Any) -> Breaker:
    """Put values into several cells of the first row that has what is wanted."""

    def breaker(tables: Edited) -> tuple[str, Row]:
        row = first(tables[table], **wanted)
        row |= values
        return table, row

    return breaker


def more(table: str, at: int = 0, **values: Any) -> Breaker:
    """Add a copy of a row, with other values."""

    def breaker(tables: Edited) -> tuple[str, Row]:
        tables[table].append(tables[table][at] | values)
        return table, tables[table][-1]

    return breaker


def only_explanation(rows: list[Row]) -> Row:
    """An explanation that is the only one of its cell, and from which nothing is derived."""
    counts = Counter(tuple(row[name] for name in CELL) for row in rows)
    alone = (row for row in rows if counts[tuple(row[name] for name in CELL)] == 1)
    return first(list(alone), column_name=lambda name: name in ("kind", "type", "signed_edtf"))


def row_explained(tables: Edited, explanation: Row) -> tuple[str, Row]:
    """The row whose cell is explained, and its table."""
    table = explanation["table_name"]
    return table, first(tables[table], **{primary_key(TABLES[table]): explanation["row_id"]})


def of_another_source(tables: Edited) -> tuple[str, Row]:
    more("sources", source_id="other", path="seeds/other.txt")(tables)
    return change("mentions", "source_id", "other")(tables)


def other_words_everywhere(tables: Edited) -> tuple[str, Row]:
    """The article reads otherwise, in every table alike: only the source's own hash can tell."""
    passage = first(tables["passages"], text=lambda text: " and " in text)
    at = passage["start_char"] + passage["text"].index(" and ") + 1
    for name, start, _, column in SPANS:
        for row in tables[name]:
            if row["passage_id"] == passage["passage_id"] and row[start] is not None:
                letters = enumerate(row[column], row[start])
                row[column] = "".join("xyz"[n - at] if 0 <= n - at < 3 else letter for n, letter in letters)
    return "sources", tables["sources"][0]


def other_bytes(table: str, column: str, by: int) -> Breaker:
    """A count that the source's text is rebuilt by is changed, and its hash with it, so that none would fit."""

    def breaker(tables: Edited) -> tuple[str, Row]:
        tables[table][-1][column] += by
        tables["sources"][0]["sha256"] = "0" * 64
        return "sources", tables["sources"][0]

    return breaker


def dropped(explanations: str) -> Breaker:
    def breaker(tables: Edited) -> tuple[str, Row]:
        explanation = only_explanation(tables[explanations])
        tables[explanations].remove(explanation)
        return row_explained(tables, explanation)

    return breaker


def evidence_for_empty_cell(tables: Edited) -> tuple[str, Row]:
    gap = first(tables["gaps"], column_name=lambda name: name in ("parent_actor_id", "country"))
    judged = first(tables["evidence"], basis="judged", stance="supports")
    tables["evidence"].append(judged | {name: gap[name] for name in CELL} | {"evidence_id": "evidence-extra"})
    return row_explained(tables, gap)


def gap_for_filled_cell(tables: Edited) -> tuple[str, Row]:
    evidence = only_explanation(tables["evidence"])
    gap = first(tables["gaps"], reason="not_stated")
    tables["gaps"].append(gap | {name: evidence[name] for name in CELL} | {"gap_id": "gap-extra"})
    return row_explained(tables, evidence)


def unaccounted_word(tables: Edited) -> tuple[str, Row]:
    row = tables["residue"].pop(0)
    return "passages", first(tables["passages"], passage_id=row["passage_id"])


def word_seen_only_by_a_mention(tables: Edited) -> tuple[str, Row]:
    """The words of an actor's mention are quoted by the mention's own evidence alone."""
    mention = tables["mentions"][0]
    span = range(mention["start_char"], mention["end_char"])
    tables["evidence"][:] = [
        row
        for row in tables["evidence"]
        if row["table_name"] in ("mentions", "sources") or not {*span} & {*range(row["start_char"], row["end_char"])}
    ]
    return "passages", first(tables["passages"], passage_id=mention["passage_id"])


def residue_under_evidence(tables: Edited) -> tuple[str, Row]:
    coded = first(tables["evidence"], table_name="events", column_name="type")
    span = {name: coded[name] for name in ("source_id", "passage_id", "start_char", "end_char")}
    return more("residue", **span, text=coded["quote"], residue_id="residue-extra")(tables)


def link_to_an_empty_table(tables: Edited) -> tuple[str, Row]:
    tables["agreements"].clear()
    return "events", first(tables["events"], agreement_id=filled)


def cycle_of_provisions(tables: Edited) -> tuple[str, Row]:
    part = first(tables["provisions"], parent_provision_id=filled)
    whole = first(tables["provisions"], provision_id=part["parent_provision_id"])
    whole["parent_provision_id"] = part["provision_id"]
    return "provisions", min(part, whole, key=tables["provisions"].index)


def cycle_of_events(tables: Edited) -> tuple[str, Row]:
    link = first(tables["event_links"], relation="part_of")
    link["related_event_id"] = link["event_id"]
    return "events", first(tables["events"], event_id=link["event_id"])


def undefined_term(tables: Edited) -> tuple[str, Row]:
    row = tables["actors"][0]
    tables["terms"].remove(first(tables["terms"], vocabulary="actor_kind", term=row["kind"]))
    return "actors", row


def term_without_crosswalk(tables: Edited) -> tuple[str, Row]:
    term = tables["terms"][0]
    tables["crosswalk"][:] = [row for row in tables["crosswalk"] if row["term_id"] != term["term_id"]]
    return "terms", term


def reference_to_an_empty_table(tables: Edited) -> tuple[str, Row]:
    tables["event_links"].clear()
    return "evidence", first(tables["evidence"], table_name="event_links")


def candidate(table: str, column: str, text: str) -> Breaker:
    """Let an ambiguous gap be of this cell, and name a candidate."""
    return fill("gaps", {"table_name": table, "column_name": column, "candidate": text}, reason="ambiguous")


def dyad_less(tables: Edited) -> tuple[str, None]:
    tables["dyads"].pop(0)
    return "dyads", None


def rule_less(tables: Edited) -> tuple[str, None]:
    tables["rules"].remove(first(tables["rules"], status="checked", rule_id="V5"))
    return "rules", None


UNCLEAN = [
    ("unseen or not assigned: '\\x00'", "NUL\0"),
    ("unseen or not assigned: '\\x1b'", "\x1b[31mred"),
    ("unseen or not assigned: '\\n'", "two\nlines"),
    ("unseen or not assigned: '\\u202e'", "moc.\u202ekcats"),
    ("unseen or not assigned: '\\u200b'", "zero\u200bwidth"),
    ("unseen or not assigned: '\\xad'", "soft\u00adhyphen"),
    ("unseen or not assigned: '\\ufe0f'", "drawn\ufe0f"),
    ("unseen or not assigned: '\\u3164'", "\u3164"),
    ("unseen or not assigned: '\\u0378'", "no such letter \u0378"),
    ("unseen or not assigned: '\\ue000'", "private \ue000"),
    ("begins or ends with blanks", "   "),
    ("begins or ends with blanks", "\u00a0Minsk"),
    ("begins or ends with blanks", "Minsk "),
    ("a word in several scripts: 'Mi\\u043d'", "Mi\u043dsk"),
    ("a word in several scripts: '\\u0406ran'", "\u0406ran"),
    ("a word in several scripts: 'Iran\\u2019\\u0455'", "Iran’\u0455"),
    ("is not in NFC: 'e\\u0301' for '\\xe9'", "e\u0301"),
]

OTHER_DYAD = {"happening_dyad_id": "event-moscow-demands.BLR.IRN", "happening_id": "event-moscow-demands"} | {
    "source_iso_alpha3": "BLR",
    "target_iso_alpha3": "IRN",
}

RULED = {"basis": "inferred", "rule": "no_attribution"}

FOR_SECOND = {"decision": "second", "reason": "the words say so"}


def read_as(column: str = "kind", value: str | None = "state", **values: Any) -> Breaker:
    """Add a reading of a cell of Belarus, for whom the coding has `kind` state and no parent, since that is not applicable."""

    def breaker(tables: Edited) -> tuple[str, Row]:
        row = dict.fromkeys(item.name for item in fields(TABLES["readings"]))
        row |= {"reading_id": f"actors.actor-belarus.{column}", "table_name": "actors", "row_id": "actor-belarus"}
        row |= {"column_name": column}
        row |= {"source_id": SOURCE, "first_value": value, "second_value": value, "agree": True} | values
        tables["readings"].append(row)
        return "readings", row

    return breaker


def code_edited_alone(tables: Edited) -> tuple[str, Row]:
    found = read_as()(tables)
    change("actors", "kind", "person", actor_id="actor-belarus")(tables)
    return found


BROKEN: list[tuple[str, str, Breaker]] = [
    ("1a", "quote is not the text at", change("evidence", "quote", str.swapcase)),
    ("1a", "text is not the text at", change("mentions", "text", str.swapcase)),
    ("1a", "scope_text is not the text at", change("cues", "scope_text", str.swapcase)),
    ("1a", "is not within", change("mentions", "start_char", 0, passage_id=lambda name: not name.endswith("s01"))),
    ("1a", "is not within", change("cues", "scope_end_char", 10**6)),
    ("1a", "is not within", change("gaps", "start_char", None, start_char=filled)),
    ("1a", "is not within", of_another_source),
    ("1b", "not as long as its span", change("passages", "text", lambda text: text[:-1])),
    ("1c", "give a different sha256", other_words_everywhere),
    ("1c", "give a different sha256", other_bytes("sources", "character_count", 0)),
    ("1c", "give a different byte_count, line_count, sha256", other_bytes("sources", "character_count", 5)),
    ("1c", "cannot have line 21 begin, or go on, at ", other_bytes("sources", "character_count", -5)),
    ("1c", "are only a small part of ", other_bytes("sources", "character_count", 10**15)),
    ("1c", "cannot have line ", other_bytes("passages", "line", 1)),
    ("1c", "give a different ", other_bytes("passages", "line", -1)),
    ("1d", "is not spelled as quoted", change("actors", "name_as_printed", str.swapcase, name_as_printed=filled)),
    ("2a", "has a value but no evidence", dropped("evidence")),
    ("2a", "is empty but has no gap", dropped("gaps")),
    ("2a", "is empty and has evidence", evidence_for_empty_cell),
    ("2a", "has a value and a gap", gap_for_filled_cell),
    ("2b", "a gap that is undisclosed quotes no words", fill("gaps", NOT_QUOTED, reason="undisclosed")),
    ("2b", "a gap that is ambiguous names no candidate", change("gaps", "candidate", None, reason="ambiguous")),
    ("2b", "a gap that is not_stated names a candidate", change("gaps", "candidate", "x", reason="not_stated")),
    ("2b", "actors.note takes no evidence or gap", change("evidence", "column_name", "note", table_name="actors")),
    ("2c", "has the stance supports", change("evidence", "value", "visit", column_name="type", value="meeting")),
    ("2c", "has the stance contradicts", change("evidence", "stance", "contradicts", stance="supports")),
    ("2c", "has the stance supports", change("evidence", "stance", "supports", stance="contradicts")),
    (
        "2c",
        "for 'technology' has the stance supports",
        change("evidence", "value", "technology", value="economic;military"),
    ),
    ("3", "is under neither evidence nor residue", unaccounted_word),
    ("3", "is under neither evidence nor residue", word_seen_only_by_a_mention),
    ("3", "is under evidence as well", residue_under_evidence),
    (
        "4a",
        "the basis inferred does not fit",
        fill("evidence", INFERRED, basis="stated", column_name="name_as_printed"),
    ),
    ("4a", "the basis inferred does not fit", fill("evidence", INFERRED, table_name="agreement_actors")),
    (
        "4a",
        "the basis judged does not fit",
        fill("evidence", {"basis": "judged", "rule": None}, column_name="country", table_name="places"),
    ),
    ("4a", "is inferred and has no rule", change("evidence", "rule", None, basis="inferred")),
    ("4a", "is judged and has a rule", change("evidence", "rule", "place_is_country", basis="judged")),
    ("4b", "does not rest on the rule", fill("evidence", {"basis": "stated", "rule": None}, rule="no_attribution")),
    ("4b", "rests on the rule", fill("evidence", RULED, column_name="voice_actor_id", basis="stated")),
    ("5", "has no voice_actor_id", change("claims", "voice_actor_id", None)),
    ("5", "has no factuality", change("events", "factuality", None)),
    ("5", "has no author_factuality", change("events", "author_factuality", None)),
    ("5", "has no content_factuality", change("provisions", "content_factuality", None)),
    ("6a", "occurs twice", more("passages")),
    ("6b", "unknown id actor-nobody in actor_id", change("event_actors", "actor_id", "actor-nobody")),
    ("6b", "links to agreements, which has no rows", link_to_an_empty_table),
    ("6c", "unknown table evnts in table_name", change("evidence", "table_name", "evnts")),
    ("6c", "unknown id no-such-row in row_id", change("evidence", "row_id", "no-such-row")),
    ("6c", "unknown id no-such-row in row_id", change("scope_verdicts", "row_id", "no-such-row")),
    ("6c", "unknown column no_column in column_name", change("gaps", "column_name", "no_column")),
    ("6c", "event_links has no rows", reference_to_an_empty_table),
    (
        "6c",
        "unknown id no-such-row in answer_row_id",
        fill("open_questions", {"answer_table_name": "events", "answer_row_id": "no-such-row"}),
    ),
    ("6c", "unknown table None in answer_table_name", change("open_questions", "answer_row_id", "event-signing")),
    ("6d", "fills actor_id and agreement_id", change("claim_about", "agreement_id", "x", actor_id=filled)),
    ("6d", "fills none of its links", change("claim_about", "actor_id", None, actor_id=filled)),
    ("6d", "fills actor_id and event_id", change("mentions", "event_id", "event-signing", actor_id=filled)),
    ("6d", "fills none of its links", change("mentions", "agreement_id", None, agreement_id=filled)),
    ("6d", "fills table_name", change("discrepancy_sides", "column_name", None, column_name=filled)),
    ("6e", "a cycle among parents", cycle_of_provisions),
    ("6e", "a cycle among parents", cycle_of_events),
    (
        "6f",
        "recomputes to event-announcement.actor-revenko.host",
        change("event_actors", "role", "host", event_actor_id="event-announcement.actor-revenko.speaker"),
    ),
    ("6f", "recomputes to", change("event_actors", "event_actor_id", "event-signing.actor-x.speaker")),
    ("6f", "recomputes to evidence-", change("evidence", "evidence_id", "evidence-000000000000")),
    ("6f", "recomputes to gap-", change("gaps", "gap_id", "gap-000000000000")),
    ("7a", "is 'no_such_kind'", change("actors", "kind", "no_such_kind")),
    ("7a", "is 'military;no_such'", change("events", "plover_contexts", "military;no_such", plover_contexts=filled)),
    ("7b", "the candidate 'XYZ' cannot be a value of places.country", candidate("places", "country", "XYZ")),
    ("7b", "cannot be a value of actors.named", candidate("actors", "named", "maybe")),
    ("7b", "cannot be a value of actors.parent_actor_id", candidate("actors", "parent_actor_id", "actor-nobody")),
    ("7b", "cannot be a value of sources.language", candidate("sources", "language", "English")),
    ("7b", "cannot be a value of events.date_edtf", candidate("events", "date_edtf", "2026-13")),
    (
        "7b",
        "the value of evidence 'open' cannot be a value of agreements.publicity",
        change("evidence", "value", "open", stance="contradicts", column_name="publicity"),
    ),
    ("7c", "of actor_kind is not in terms", undefined_term),
    ("7d", "has no crosswalk row", term_without_crosswalk),
    ("7e", "is defined differently", change("terms", "definition", "Something else.")),
    ("7f", "the calendar does not have", change("agreements", "period_edtf", "2026-13")),
    ("8a", "actors.note of actor-belarus is ''", change("actors", "note", "", actor_id="actor-belarus")),
    ("8a", "is '184'", change("actors", "wikidata_id", "184", actor_id="actor-belarus")),
    ("8a", "passages.text", change("passages", "text", None)),
    (
        "8b",
        "recomputes to",
        change("events", "date_earliest", lambda day: day - timedelta(days=1), date_earliest=filled),
    ),
    ("8b", "recomputes to", change("provisions", "ordinal", lambda ordinal: ordinal + 1)),
    (
        "8b",
        "recomputes to event-signing",
        change("events", "happening_id", "event-finalization", event_id="event-finalization"),
    ),
    ("8b", "recomputes to False", change("events", "count_once", True, count_once=False)),
    ("8b", "recomputes to stated", change("event_actors", "basis", "inferred", basis="stated")),
    ("8b", "recomputes to inferred", change("provision_actors", "basis", "stated", basis="inferred")),
    ("8b", "recomputes to inferred", change("events", "date_basis", "stated", date_basis="inferred")),
    (
        "8b",
        "recomputes to",
        change("claims", "statement", lambda said: said.replace(" not ", " "), factuality="CT-"),
    ),
    ("8c", "differs from the computed one", change("timeline", "actors", "somebody else")),
    ("8c", "differs from the computed one", change("dyads", "goldstein", 1.5)),
    ("8c", "differs from the computed one", more("dyads", -1, **OTHER_DYAD)),
    ("8c", "is missing", dyad_less),
    ("11a", "is judgement and names laws", change("rules", "status", "judgement", status="checked")),
    ("11a", "is checked and names no law", change("rules", "laws", None, status="checked")),
    ("11a", "names 99", change("rules", "laws", "99", status="checked")),
    ("11a", "is missing", rule_less),
    ("13a", "is state where person was read", read_as(first_value="person", second_value="person")),
    ("13a", "is state where person was read", read_as(second_value="person", agree=False, **FOR_SECOND)),
    ("13a", "is not_applicable where not_stated was read", read_as("parent_actor_id", "not_stated")),
    ("13a", "is person where state was read", code_edited_alone),
    ("13b", "differ: state and person", read_as(second_value="person", agree=False)),
    ("13b", "differ: state and person", read_as(second_value="person", agree=False, decision="first")),
    ("13b", "and both are state", read_as(**FOR_SECOND)),
    ("13c", "name of actors is no judged column", read_as("name", "Belarus")),
    ("13c", "the reading nation of actors.kind", read_as("kind", "nation")),
    ("13c", "the reading None of actors.kind", read_as("kind", None)),
    ("13c", "the reading not_stated of actors.kind", read_as("kind", "not_stated")),
    ("13c", "the reading actor-nobody of actors.parent_actor_id", read_as("parent_actor_id", "actor-nobody")),
    *(("14", what, change("actors", "note", text, actor_id="actor-belarus")) for what, text in UNCLEAN),
    ("14", "is not in NFC", change("places", "name", "Me\u0301xico")),
    ("14", "terms.definition of", change("terms", "definition", "To\u200bday.")),
    (
        "14",
        "gaps.candidate of",
        fill("gaps", {"column_name": "label", "candidate": "To\u200bday."}, table_name="events"),
    ),
]


def test_unbroken_laws() -> None:
    """The laws find fault with good tables, or with rows made and unmade: then other tests pass for the wrong reason."""
    tables = Edited()
    assert tables.breaches() == []
    for name, table in PUBLISHED.items():
        assert len(tables[name]) == table.num_rows
    assert tables.breaches() == []


@pytest.mark.parametrize(("law", "what", "breaker"), BROKEN, ids=[f"{law} {what}" for law, what, _ in BROKEN])
def test_broken_law(law: str, what: str, breaker: Breaker) -> None:
    """A law is broken and nothing sees it, or it is said to be broken elsewhere."""
    tables = Edited()
    table, row = breaker(tables)
    at = None if row is None else next(at for at, other in enumerate(tables[table]) if other is row)
    found = tables.breaches()
    assert [
        breach for breach in found if (breach.law, breach.table, breach.row) == (law, table, at) and what in breach.what
    ], found


def test_law_that_nothing_breaks() -> None:
    """A law is listed whose check cannot fail, or that no test breaks."""
    numbers = [law.number for law in LAWS]
    numbers.remove("12")  # It needs tables to be replaced: below.
    assert list(dict.fromkeys(law for law, *_ in BROKEN)) == numbers


CLAIM = PUBLISHED["claims"]["claim_id"][3].as_py()
MENTIONS = PUBLISHED["mentions"].num_rows
Retired = set[tuple[str, str | None]]


def vanishing(
    rows: Callable[[Edited], object], retired: Retired = frozenset(), replaced: dict[str, pa.Table] | None = None
) -> list[Breach]:
    """What vanishes when edited tables replace the published ones, and others."""
    rows(tables := Edited())
    edited = PUBLISHED | arrow_tables(DATASET, tables)
    return list(vanished(DATASET, edited, PUBLISHED | (replaced or {}), retired))


def without(table: str, *at: int) -> Callable[[Edited], object]:
    """Take the rows with these numbers away."""
    return lambda tables: tables.update({table: [row for n, row in enumerate(tables[table]) if n not in at]})


def test_row_vanishes() -> None:
    """A row with a given id is dropped, and nobody sees it, or which it was; or it is retired and refused all the same."""
    (breach,) = vanishing(without("claims", 3))
    assert (breach.law, breach.table, breach.row, breach.row_id) == ("12", "claims", 3, CLAIM)
    assert breach.what == f"1 row(s) of claims would be dropped: {CLAIM}"
    (breach,) = vanishing(without("claims", *range(60)), {("claims", CLAIM), ("events", "event-signing")})
    assert breach.what.count("claim-") == 59
    assert vanishing(without("claims", 3), {("claims", CLAIM)}) == []
    assert vanishing(without("claims", 3), {("claims", None)}) == []


def test_rows_vanish() -> None:
    """More than a tenth of a table whose ids are composed is dropped, and nobody sees it; or a correction is refused."""
    tenth = MENTIONS // 10
    assert vanishing(without("mentions", *range(tenth))) == []
    (breach,) = vanishing(without("mentions", *range(tenth + 1)))
    assert breach.what.startswith(f"{tenth + 1} row(s) of mentions would be dropped: ")
    (breach,) = vanishing(lambda tables: tables["dyads"].clear())
    assert (breach.law, breach.table) == ("12", "dyads")

    def reworded(tables: Edited) -> None:
        for row in tables["evidence"]:
            row["evidence_id"] += "x"

    assert vanishing(reworded) == []


def test_row_vanishes_with_what_it_belongs_to() -> None:
    """Rows that belong to a retired one must be kept, or be said to be meant, one table after the other."""
    agreement = PUBLISHED["agreements"]["agreement_id"][0].as_py()
    everything = without("agreement_actors", *range(PUBLISHED["agreement_actors"].num_rows))
    assert [breach.table for breach in vanishing(everything)] == ["agreement_actors"]
    assert vanishing(everything, {("agreements", agreement)}) == []


def test_outside_knowledge_vanishes() -> None:
    """The end of a file of outside knowledge is cut off, all rows stay, and nobody sees that their values are gone."""
    (breach,) = vanishing(change("actors", "wikidata_id", None, actor_id="actor-x"))
    assert (breach.law, breach.column, breach.row_id) == ("12", "wikidata_id", "actor-x")
    assert breach.what == "1 value(s) of wikidata_id of actors would be dropped: actor-x"
    assert vanishing(change("terms", "definition", None)) == []
    assert vanishing(change("actors", "note", None, note=filled)) == []


def test_tables_of_another_version_vanish() -> None:
    """What another version published vanishes unseen, or stops every build, because its tables or columns were others."""
    old = {"claims": PUBLISHED["claims"].select(["claim_id"]), "treaties": pa.table({"treaty_id": [1, 2]})}
    (breach,) = vanishing(without("claims"), replaced=old)
    assert breach.what == "2 row(s) of treaties would be dropped: 1, 2"
    assert vanishing(without("claims"), {("treaties", None)}, old) == []


def test_law_without_its_sentence() -> None:
    """Users are told of a law by a number alone."""
    assert all(law.name and law.sentence.endswith(".") for law in LAWS)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "x", ""),
        ("boolean", "true", "yes"),
        ("integer", "3", "3.5"),
        ("number", "-3.5", "some"),
        ("date", "2026-01-31", "2026-02-31"),
    ],
)
def test_value_of_another_type(kind: ValueType, good: str, bad: str) -> None:
    """Evidence speaks for a value that its column cannot hold, or not for one that it can."""
    (content, item) = (
        Content(DATASET, PUBLISHED, limit=None),
        Field("x", kind, True, Column("", "coder")),
    )
    assert _why_no_value(content, item, good) is None
    assert _why_no_value(content, item, bad)


def test_valid_candidate_refused() -> None:
    """A candidate that its column could hold is refused."""
    for table, column, text in (("actors", "named", "true"), ("actors", "parent_actor_id", "actor-iran")):
        tables = Edited()
        candidate(table, column, text)(tables)
        assert not [breach for breach in tables.breaches() if breach.law == "7b"]


def test_joined_term_refused() -> None:
    """Evidence for one of the terms that a cell joins does not count as speaking for the cell."""
    tables = Edited()
    change("evidence", "value", "economic", value="economic;military")(tables)
    assert [breach.law for breach in tables.breaches()] == ["6f"], "the id hashes the value"


def test_breach_told_again_for_what_follows() -> None:
    """A link to nobody is told again for each word that attributes the row, and for its computed sentence; or an emptied table
    for each link to it.
    """
    tables = Edited()
    _, claim = change("claims", "voice_actor_id", "actor-nobody", voice_actor_id="actor-analysts")(tables)
    for row in tables["evidence"]:
        if (row["row_id"], row["column_name"]) == (claim["claim_id"], "voice_actor_id"):
            row["value"] = "actor-nobody"
    assert [breach.law for breach in tables.breaches()] == ["6b"]
    tables = Edited()
    tables["actors"].clear()
    found = Counter((breach.law, breach.table) for breach in tables.breaches())
    referring = {name for name, _ in DATASET.cell_references}
    assert {law for law, _ in found} == {"6b", "6c"}
    assert sum(found[("6b", name)] for name in TABLES) == 1
    assert all(found[("6c", name)] <= 1 for name in referring)


def test_terms_of_another_version() -> None:
    """A package of another version, whose terms may be defined otherwise, is judged by this version's definitions."""
    tables = Edited()
    change("terms", "definition", "Something else.")(tables)
    assert tables.breaches(same_version=False) == []


def test_word_without_its_choices() -> None:
    """Whoever tells of an unknown word cannot say which are allowed."""
    tables = Edited()
    change("actors", "kind", "stat")(tables)
    change("event_actors", "actor_id", "actor-nobody")(tables)
    found = {breach.law: breach.choices for breach in tables.breaches() if breach.choices is not None}
    assert {law: (choices.word, choices.noun) for law, choices in found.items()} == {
        "7a": ("stat", "terms of actor_kind"),
        "6b": ("actor-nobody", "ids of actors"),
    }
    assert "state" in found["7a"].allowed()
    assert "actor-iran" in found["6b"].allowed()


def test_many_breaches_are_counted() -> None:
    """A breach in every row floods the report, or the report hides how many there are."""
    tables = Edited()
    for row in tables["evidence"]:
        row["quote"] += "!"
    told = [breach.what for breach in tables.breaches() if breach.law == "1a"]
    assert len(told) == LIMIT + 1
    assert told[-1].startswith(f"and {len(tables['evidence']) - LIMIT} more such, the next: quote is not the text")
    assert len([breach for breach in tables.breaches(limit=None) if breach.law == "1a"]) == len(tables["evidence"])


def test_offsets_that_count_bytes() -> None:
    """Offsets are taken for bytes or UTF-16 units: an article with an emoji fails, or hides a wrong quote."""
    tables = Edited()
    for name, start, _, column in SPANS:
        for row in tables[name]:
            if row[start] == 0:
                row[column] = "\U0001f4dc" + row[column][1:]
    assert {breach.law for breach in tables.breaches()} <= {"1c", "1d"}
    change("evidence", "quote", lambda quote: "B" + quote[1:], start_char=0)(tables)
    assert [breach for breach in tables.breaches() if breach.law == "1a"]


def test_views_left_out() -> None:
    """The build cannot ask the laws before it has computed the views, which it may compute only of lawful tables."""
    coded = {name: table for name, table in PUBLISHED.items() if not TABLES[name].table.view}
    assert len(coded) < len(PUBLISHED)
    assert list(breaches(DATASET, coded)) == []


# --- Many sources ---

OTHER = "001_other"
HEADLINE = "Minsk denies that a military plan was signed"
SENTENCE = "The plan with Iran was finalized but not signed."


AGREEMENT = PUBLISHED["agreements"]["agreement_id"][0].as_py()


@pytest.fixture
def evidence_file(seeds: Path) -> Path:
    """The file of evidence of a made-up second article, whose headline contradicts the stage of an agreement."""
    article = f"{HEADLINE}\n{SENTENCE}\n".encode()
    (seeds / f"{OTHER}.txt").write_bytes(article)
    folder = seeds / OTHER
    folder.mkdir()
    empty = [item.name for item in fields(Source) if item.column.explained and item.nullable]
    (folder / "sources.yaml").write_text(
        f"- source_id: {OTHER}\n"
        f"  headline: {HEADLINE}\n"
        "  language: en\n"
        f"  sha256: {hashlib.sha256(article).hexdigest()}\n"
        f"  quote: {HEADLINE}\n"
        f"  gaps: {{not_stated: [{', '.join(empty)}]}}\n",
        encoding="utf-8",
    )
    file = folder / "evidence.yaml"
    list_file(seeds, f"{OTHER}.txt", f"{OTHER}/sources.yaml", f"{OTHER}/evidence.yaml")
    add_evidence(file, HEADLINE, "stage", "value: finalized")
    return file


def add_evidence(file: Path, quote: str, column: str, *rest: str, row_id: str = AGREEMENT) -> int:
    """Let the second article speak to a cell of an agreement; the line where its evidence begins."""
    lines = ["- table_name: agreements", f"row_id: {row_id}", f"quote: {quote}", f"supports: [{column}]", *rest]
    return append(file, "\n  ".join(lines))


def test_second_source_speaks_to_a_cell(seeds: Path, evidence_file: Path) -> None:
    """A second article can contradict or corroborate no cell coded from the first unless the tables' shape changes."""
    add_evidence(evidence_file, SENTENCE, "stage", "value: finalized")
    add_evidence(evidence_file, SENTENCE, "label")
    before, after = Edited(), build.tables_from(seeds)
    columns = ("row_id", "column_name", "stance", "value", "basis", "passage_id", "quote")
    added = [row for row in after["evidence"] if row["source_id"] == OTHER and row["table_name"] != "sources"]
    assert sorted((tuple(row[name] for name in columns) for row in added), key=str) == [
        (AGREEMENT, "label", "supports", before["agreements"][0]["label"], "judged", f"{OTHER}.s02", SENTENCE),
        (AGREEMENT, "stage", "contradicts", "finalized", "judged", f"{OTHER}.s01", HEADLINE),
        (AGREEMENT, "stage", "contradicts", "finalized", "judged", f"{OTHER}.s02", SENTENCE),
    ]
    assert [row for row in after["evidence"] if row["source_id"] != OTHER] == before["evidence"]
    assert after["agreements"] == before["agreements"]
    assert [row["source_id"] for row in after["sources"]] == [*(row["source_id"] for row in before["sources"]), OTHER]
    assert {name: set(rows[0]) for name, rows in after.items() if rows} == {
        name: set(table.column_names) for name, table in PUBLISHED.items() if after[name]
    }


def test_second_source_speaks_to_no_row(seeds: Path, evidence_file: Path) -> None:
    """Evidence for a row that there is not is published, or its fault points elsewhere."""
    line = add_evidence(evidence_file, SENTENCE, "label", row_id=f"{AGREEMENT}x")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{OTHER}/evidence.yaml:{line}: unknown id {AGREEMENT}x in row_id; ")
    assert f"did you mean {AGREEMENT!r}?" in fault


def test_second_source_is_quoted_from_itself(seeds: Path, evidence_file: Path) -> None:
    """Evidence of the second article is looked for in the first."""
    add_evidence(evidence_file, SENTENCE, "label")
    add_evidence(evidence_file, "a comprehensive plan", "kind")
    line = line_of(evidence_file, "quote: a comprehensive plan")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{OTHER}/evidence.yaml:{line}: the quote a comprehensive plan is not in {OTHER}.txt; ")
