"""The laws hold in what is published: each is broken in a copy of the package, and the check must see it."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from conftest import append, build_faults, line_of

import build
from belarus_iran_pact.core.schemas import arrow_schema
from belarus_iran_pact.core.table import fields, primary_key
from belarus_iran_pact.models import TABLES, Source
from curation.faults import Faults
from publication import package as publish

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Breaker = Callable[[Tables], tuple[str, Row]]
"""Breaks a law in the tables; the table and row where the check should see it."""


@pytest.fixture
def folder(package: Path, tmp_path: Path) -> Path:
    """A copy of the built package, to break."""
    return shutil.copytree(package, tmp_path / "dataset")


def package_faults(folder: Path) -> list[str]:
    """The faults that the check finds in a written package."""
    faults = Faults()
    publish.check_package(folder, faults)
    return [fault.text(folder) for fault in faults.sorted()]


def rewrite(folder: Path, table: str, rows: list[Row], *forms: str) -> None:
    """Write the rows of a table in the forms given, as the build would."""
    content = pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table]))
    if "csv" in forms:
        pyarrow.csv.write_csv(content, folder / "csv" / f"{table}.csv")
    if "parquet" in forms:
        pq.write_table(content, folder / "parquet" / f"{table}.parquet")


def break_package(folder: Path, breaker: Breaker) -> tuple[str, int]:
    """Break the package in both forms; the table and the CSV line where the check should see it."""
    tables = publish.read_tables(folder, "parquet")
    before = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    table, row = breaker(tables)
    for name, rows in tables.items():
        if rows != before[name]:
            rewrite(folder, name, rows, "csv", "parquet")
    return table, tables[table].index(row) + 2


def assert_caught(faults: list[str], table: str, line: int, what: str) -> None:
    """One of the faults is at this line of the table and says this."""
    place = f"csv/{table}.csv:{line}: "
    assert [fault for fault in faults if fault.startswith(place) and what in fault], faults


# --- Rows to break, found by what they are and not by name ---


def first(rows: list[Row], **wanted: Any) -> Row:
    """The first row with these values."""
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def cell(explanation: Row) -> tuple[str, str, str]:
    """The cell that a row of evidence or gaps explains."""
    return explanation["table_name"], explanation["row_id"], explanation["column_name"]


def only_explanation(rows: list[Row]) -> Row:
    """An explanation that is the only one of its cell, and from which nothing is derived."""
    counts = Counter(map(cell, rows))
    return next(row for row in rows if counts[cell(row)] == 1 and row["column_name"] in ("kind", "type", "signed_edtf"))


def row_explained(tables: Tables, explanation: Row) -> Row:
    """The row whose cell is explained."""
    table, row_id, _ = cell(explanation)
    return first(tables[table], **{primary_key(TABLES[table]): row_id})


# --- The laws ---


def test_unbroken_package(folder: Path) -> None:
    """The check finds fault with a good package: then every other test here would pass for the wrong reason."""
    assert package_faults(folder) == []


def test_rewritten_package(folder: Path) -> None:
    """Rewriting alone breaks a package: then the tests here would see their own doing."""
    for name, rows in publish.read_tables(folder, "parquet").items():
        rewrite(folder, name, rows, "csv", "parquet")
    assert package_faults(folder) == []


def changed_quote(tables: Tables) -> tuple[str, Row]:
    row = tables["evidence"][0]
    row["quote"] = row["quote"].swapcase()
    return "evidence", row


def changed_mention(tables: Tables) -> tuple[str, Row]:
    row = tables["mentions"][0]
    row["text"] = row["text"].swapcase()
    return "mentions", row


def changed_gap_quote(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["gaps"] if row["quote"] is not None)
    row["quote"] = row["quote"].swapcase()
    return "gaps", row


def shifted_start(tables: Tables) -> tuple[str, Row]:
    row = tables["evidence"][0]
    row["start"] += 1
    return "evidence", row


def start_outside_passage(tables: Tables) -> tuple[str, Row]:
    row = tables["mentions"][-1]
    row["start"] = 0
    return "mentions", row


def half_a_span(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["gaps"] if row["start"] is not None)
    row["start"] = None
    return "gaps", row


def span_of_another_source(tables: Tables) -> tuple[str, Row]:
    other = {**tables["sources"][0], "source_id": "other", "path": "seeds/other.txt"}
    tables["sources"].append(other)
    row = tables["mentions"][0]
    row["source_id"] = "other"
    return "mentions", row


def cut_passage(tables: Tables) -> tuple[str, Row]:
    row = tables["passages"][1]
    row["text"] = row["text"][:-1]
    return "passages", row


def misspelt_verbatim_value(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["actors"] if row["name_as_printed"] is not None)
    row["name_as_printed"] = row["name_as_printed"].swapcase()
    return "actors", row


def dangling_link(tables: Tables) -> tuple[str, Row]:
    row = tables["event_actors"][0]
    row["actor_id"] = "actor-nobody"
    return "event_actors", row


def evidence_for_no_row(tables: Tables) -> tuple[str, Row]:
    row = tables["evidence"][0]
    row["row_id"] = "no-such-row"
    return "evidence", row


def evidence_for_no_table(tables: Tables) -> tuple[str, Row]:
    row = tables["evidence"][0]
    row["table_name"] = "evnts"
    return "evidence", row


def duplicate_key(tables: Tables) -> tuple[str, Row]:
    row = {**tables["passages"][0]}
    # The copy differs in a column without meaning for keys, so that it is found at its own line.
    row["line"] += 1
    tables["passages"].append(row)
    return "passages", row


def cycle_of_provisions(tables: Tables) -> tuple[str, Row]:
    part = next(row for row in tables["provisions"] if row["parent_provision_id"] is not None)
    whole = first(tables["provisions"], provision_id=part["parent_provision_id"])
    whole["parent_provision_id"] = part["provision_id"]
    return "provisions", min(part, whole, key=tables["provisions"].index)


def cycle_of_events(tables: Tables) -> tuple[str, Row]:
    link = first(tables["event_links"], relation="part_of")
    link["related_event_id"] = link["event_id"]
    return "events", first(tables["events"], event_id=link["event_id"])


def unknown_term(tables: Tables) -> tuple[str, Row]:
    row = tables["actors"][0]
    row["kind"] = "no_such_kind"
    return "actors", row


def undefined_term(tables: Tables) -> tuple[str, Row]:
    row = tables["actors"][0]
    tables["terms"].remove(first(tables["terms"], vocabulary="actor_kind", term=row["kind"]))
    return "actors", row


def bad_date(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["agreements"] if row["period_edtf"] is not None)
    row["period_edtf"] = "2026-13"
    return "agreements", row


def dropped_evidence(tables: Tables) -> tuple[str, Row]:
    evidence = only_explanation(tables["evidence"])
    tables["evidence"].remove(evidence)
    return evidence["table_name"], row_explained(tables, evidence)


def dropped_gap(tables: Tables) -> tuple[str, Row]:
    gap = only_explanation(tables["gaps"])
    tables["gaps"].remove(gap)
    return gap["table_name"], row_explained(tables, gap)


def evidence_for_empty_cell(tables: Tables) -> tuple[str, Row]:
    gap = next(row for row in tables["gaps"] if row["column_name"] in ("parent_actor_id", "country"))
    judged = first(tables["evidence"], basis="judged", stance="supports")
    tables["evidence"].append({**judged, **dict(zip(("table_name", "row_id", "column_name"), cell(gap), strict=True))})
    tables["evidence"][-1]["evidence_id"] = "evidence-extra"
    return gap["table_name"], row_explained(tables, gap)


def gap_for_filled_cell(tables: Tables) -> tuple[str, Row]:
    evidence = only_explanation(tables["evidence"])
    gap = first(tables["gaps"], reason="not_stated")
    tables["gaps"].append({**gap, **dict(zip(("table_name", "row_id", "column_name"), cell(evidence), strict=True))})
    tables["gaps"][-1]["gap_id"] = "gap-extra"
    return evidence["table_name"], row_explained(tables, evidence)


def ambiguity_without_candidate(tables: Tables) -> tuple[str, Row]:
    row = first(tables["gaps"], reason="ambiguous")
    row["candidate"] = None
    return "gaps", row


def unquoted_nondisclosure(tables: Tables) -> tuple[str, Row]:
    row = first(tables["gaps"], reason="undisclosed")
    row |= dict.fromkeys(("source_id", "passage_id", "start", "end", "quote"))
    return "gaps", row


def inference_in_source_column(tables: Tables) -> tuple[str, Row]:
    row = first(tables["evidence"], basis="stated")
    row |= {"basis": "inferred", "rule": first(tables["terms"], vocabulary="inference_rule")["term"]}
    return "evidence", row


def inference_without_rule(tables: Tables) -> tuple[str, Row]:
    row = first(tables["evidence"], basis="inferred")
    row["rule"] = None
    return "evidence", row


def contradiction_without_value(tables: Tables) -> tuple[str, Row]:
    row = first(tables["evidence"], stance="contradicts")
    row["asserted_value"] = None
    return "evidence", row


def changed_first_day(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["events"] if row["date_earliest"] is not None)
    row["date_earliest"] -= timedelta(days=1)
    return "events", row


def changed_ordinal(tables: Tables) -> tuple[str, Row]:
    row = tables["provisions"][0]
    row["ordinal"] += 1
    return "provisions", row


def unaccounted_word(tables: Tables) -> tuple[str, Row]:
    row = tables["residue"].pop(0)
    return "passages", first(tables["passages"], passage_id=row["passage_id"])


def residue_under_evidence(tables: Tables) -> tuple[str, Row]:
    coded = first(tables["evidence"], table_name="events", column_name="type")
    span = {name: coded[name] for name in ("source_id", "passage_id", "start", "end")}
    tables["residue"].append({**tables["residue"][0], **span, "text": coded["quote"], "residue_id": "residue-extra"})
    return "residue", tables["residue"][-1]


def claim_about_two_things(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["claim_about"] if row["actor_id"] is not None)
    row["agreement_id"] = tables["agreements"][0]["agreement_id"]
    return "claim_about", row


def claim_about_nothing(tables: Tables) -> tuple[str, Row]:
    row = next(row for row in tables["claim_about"] if row["actor_id"] is not None)
    row["actor_id"] = None
    return "claim_about", row


def term_without_crosswalk(tables: Tables) -> tuple[str, Row]:
    term = tables["terms"][0]
    tables["crosswalk"][:] = [row for row in tables["crosswalk"] if row["term_id"] != term["term_id"]]
    return "terms", term


def verdict_on_no_row(tables: Tables) -> tuple[str, Row]:
    row = tables["scope_verdicts"][0]
    row["row_id"] = "no-such-row"
    return "scope_verdicts", row


def empty_text(tables: Tables) -> tuple[str, Row]:
    row = tables["actors"][0]
    row["note"] = ""
    return "actors", row


@pytest.mark.parametrize(
    ("breaker", "what"),
    [
        (changed_quote, "quote is not the text at"),
        (changed_mention, "text is not the text at"),
        (changed_gap_quote, "quote is not the text at"),
        (shifted_start, "quote is not the text at"),
        (start_outside_passage, "is not within"),
        (half_a_span, "is not within"),
        (span_of_another_source, "is not within"),
        (cut_passage, "not as long as its span"),
        (misspelt_verbatim_value, "is not spelled as quoted"),
        (dangling_link, "unknown id actor-nobody in actor_id"),
        (evidence_for_no_row, "unknown id no-such-row in row_id"),
        (evidence_for_no_table, "evnts"),
        (duplicate_key, "is there twice"),
        (cycle_of_provisions, "a cycle among parents"),
        (cycle_of_events, "a cycle among parents"),
        (unknown_term, "is not a term of actor_kind"),
        (undefined_term, "is not in terms"),
        (bad_date, "the calendar does not have"),
        (dropped_evidence, "has a value and no evidence"),
        (dropped_gap, "is empty and has no gap"),
        (evidence_for_empty_cell, "is empty and has evidence"),
        (gap_for_filled_cell, "has a value and a gap"),
        (ambiguity_without_candidate, "an ambiguous gap names no candidate"),
        (unquoted_nondisclosure, "a gap that is undisclosed quotes no words"),
        (inference_in_source_column, "the basis inferred does not fit"),
        (inference_without_rule, "is inferred and has no rule"),
        (contradiction_without_value, "contradicting evidence asserts no value"),
        (changed_first_day, "it recomputes to"),
        (changed_ordinal, "it recomputes to"),
        (unaccounted_word, "is under no evidence and no residue"),
        (residue_under_evidence, "is under evidence as well"),
        (claim_about_two_things, "fills actor_id and agreement_id"),
        (claim_about_nothing, "fills none of its links"),
        (term_without_crosswalk, "has no crosswalk row"),
        (verdict_on_no_row, "unknown id no-such-row in row_id"),
        (empty_text, "is an empty text"),
    ],
)
def test_broken_law(folder: Path, breaker: Breaker, what: str) -> None:
    """A law is broken in the published files, in both forms alike, and the check sees nothing."""
    table, line = break_package(folder, breaker)
    assert_caught(package_faults(folder), table, line, what)


# --- One content, three forms ---


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_changed_value_in_one_form(folder: Path, form: str) -> None:
    """CSV and Parquet differ in a cell that breaks no other law."""
    rows = publish.read_tables(folder, form)["actors"]
    rows[1]["name"] += " (changed)"
    rewrite(folder, "actors", rows, form)
    (fault,) = package_faults(folder)
    assert fault.startswith("csv/actors.csv:3: actors differs between CSV and Parquet")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_dropped_row_in_one_form(folder: Path, form: str) -> None:
    """One form has a row less than the other."""
    rows = publish.read_tables(folder, form)["terms"]
    rewrite(folder, "terms", rows[:-1], form)
    faults = package_faults(folder)
    assert_caught(faults, "terms", len(rows) + 1, "terms differs between CSV and Parquet")


def test_null_made_empty_text(folder: Path) -> None:
    """CSV has an empty text where Parquet has a null, and the two are read alike."""
    file = folder / "csv/actors.csv"
    header, row, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    assert ",," in row
    file.write_text("".join([header, row.replace(",,", ',"",', 1), *rest]), encoding="utf-8")
    assert_caught(package_faults(folder), "actors", 2, "actors differs between CSV and Parquet")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_unreadable_form(folder: Path, form: str) -> None:
    """A missing file crashes the check."""
    (folder / form / f"events.{form}").unlink()
    (fault,) = package_faults(folder)
    assert fault.startswith(f"{form}:1: the {form} files cannot be read")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_garbled_form(folder: Path, form: str) -> None:
    """A garbled file crashes the check."""
    (folder / form / f"events.{form}").write_bytes(b"\x00\xff\x00")
    assert package_faults(folder)


# --- Many sources ---

OTHER = "001_other"
HEADLINE = "Minsk denies that a military plan was signed"
SENTENCE = "The plan with Iran was finalized but not signed."


def add_source(seeds: Path, agreement_id: str) -> Path:
    """Add a made-up second article whose headline contradicts the stage of an agreement; its file of evidence."""
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
    add_evidence(file, agreement_id, HEADLINE, "stage", "stance: contradicts", "asserted_value: finalized")
    return file


def add_evidence(file: Path, agreement_id: str, quote: str, column: str, *more: str) -> int:
    """Let the second article speak to a cell of an agreement; the line where its evidence begins."""
    lines = [f"row_id: {agreement_id}", f"quote: {quote}", f"supports: [{column}]", *more]
    return append(file, "\n  ".join(["- table_name: agreements", *lines]))


@pytest.fixture
def agreement_id(package: Path) -> str:
    """An agreement coded from the first article."""
    return str(publish.read_tables(package, "parquet")["agreements"][0]["agreement_id"])


def test_second_source_contradicts_a_cell(seeds: Path, package: Path, agreement_id: str, tmp_path: Path) -> None:
    """A second article cannot speak to a cell coded from the first without a change of the tables' shape."""
    file = add_source(seeds, agreement_id)
    add_evidence(file, agreement_id, SENTENCE, "stage", "stance: contradicts", "asserted_value: finalized")
    build.build(seeds, tmp_path / "dataset")
    before = publish.read_tables(package, "parquet")
    after = publish.read_tables(tmp_path / "dataset", "parquet")

    added = [row for row in after["evidence"] if row["source_id"] == OTHER and row["table_name"] != "sources"]
    assert {cell(row) for row in added} == {("agreements", agreement_id, "stage")}
    assert {(row["stance"], row["asserted_value"]) for row in added} == {("contradicts", "finalized")}
    assert [(row["passage_id"], row["quote"]) for row in added] == [
        (f"{OTHER}.s01", HEADLINE),
        (f"{OTHER}.s02", SENTENCE),
    ]
    assert [row for row in after["evidence"] if row["source_id"] != OTHER] == before["evidence"]
    assert after["agreements"] == before["agreements"]
    assert [row["source_id"] for row in after["sources"]] == [*(row["source_id"] for row in before["sources"]), OTHER]
    assert {name: list(rows[0]) for name, rows in after.items()} == {
        name: list(rows[0]) for name, rows in before.items()
    }


def test_second_source_supports_a_cell(seeds: Path, agreement_id: str) -> None:
    """A second article cannot corroborate a cell coded from the first."""
    add_evidence(add_source(seeds, agreement_id), agreement_id, SENTENCE, "label")
    evidence = build.tables_from(seeds)["evidence"]
    added = [row for row in evidence if row["source_id"] == OTHER and row["column_name"] == "label"]
    assert [(row["stance"], row["basis"], row["quote"]) for row in added] == [("supports", "judged", SENTENCE)]


def test_second_source_speaks_to_no_row(seeds: Path, agreement_id: str) -> None:
    """Evidence for a row that there is not is published, or its fault points elsewhere."""
    file = add_source(seeds, agreement_id)
    line = add_evidence(file, f"{agreement_id}x", SENTENCE, "label")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{OTHER}/evidence.yaml:{line}: unknown id {agreement_id}x in row_id; ")
    assert f"did you mean {agreement_id!r}?" in fault


def test_second_source_is_quoted_from_itself(seeds: Path, agreement_id: str) -> None:
    """Evidence of the second article is looked for in the first."""
    file = add_source(seeds, agreement_id)
    add_evidence(file, agreement_id, SENTENCE, "label")
    add_evidence(file, agreement_id, "a comprehensive plan", "kind")
    line = line_of(file, "quote: a comprehensive plan")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{OTHER}/evidence.yaml:{line}: the quote a comprehensive plan is not in {OTHER}.txt; ")
