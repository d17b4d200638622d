"""explain(), mentions_of(), sentence(): right answers, readable in a terminal and safe in a notebook."""

from __future__ import annotations

import re

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import explaining
from belarus_iran_pact.core.table import fields
from belarus_iran_pact.explaining import CellExplanation, RowExplanation
from belarus_iran_pact.models import TABLES


def cell(table: str, row_id: str, column: str) -> CellExplanation:
    found = bip.explain(table, row_id, column)  # type: ignore[arg-type]
    assert isinstance(found, CellExplanation)
    return found


def test_value_without_its_words() -> None:
    """A value's explanation lacks its words, its basis, its voice or how sure that is."""
    found = cell("events", "event-minsk-meeting", "place_name")
    assert (found.value, found.voice, found.certainty) == ("Minsk", "Valery Revenko", "certain")
    (reason,) = found.reasons
    assert reason.words is not None
    assert (reason.text, reason.words.quote, reason.words.ordinal) == ("stated", "Minsk", 4)
    assert "a meeting in «Minsk» between" in str(found)
    assert found.origin.startswith("source:")


def test_null_without_its_reason() -> None:
    """An empty cell's explanation lacks its reason, its candidates or the words."""
    found = cell("events", "event-exercise", "place_country")
    assert found.value is None
    assert [reason.text for reason in found.reasons] == ["ambiguous, possibly BLR", "ambiguous, possibly IRN"]
    assert "value                    empty" in str(found)


def test_part_of_an_explanation_left_out() -> None:
    """A rule, a contradiction, the voice of a row's parent, or the authority of a value from outside is left out."""
    found = cell("events", "event-august-visit", "date_inferred_edtf")
    assert all("inferred by the rule the year before the plan" in reason.text for reason in found.reasons)
    texts = [reason.text for reason in cell("agreements", "agreement-belarus-iran-2026-plan", "publicity").reasons]
    assert "contradicted (secret)" in texts
    assert cell("event_actors", "event-signing.actor-iran.signatory", "role").voice == "Valery Revenko"
    assert "Authority: Correlates of War state system." in cell("actors", "actor-iran", "cow_code").origin
    (reason,) = cell("actors", "actor-revenko", "cow_code").reasons
    assert (reason.text, reason.words) == ("Not a state.", None)


def test_row_that_cannot_be_explained() -> None:
    """Some row of some table crashes the explanation, lacks a column, or prints without all its values."""
    for name, model in TABLES.items():
        row_id, row = next(iter(explaining._installed().rows(name).items()))
        found = bip.explain(name, row_id)  # type: ignore[arg-type]
        assert isinstance(found, RowExplanation)
        assert [item.column for item in found.cells] == [item.name for item in fields(model)]
        assert all(str(value).split("\n")[0] in str(found) for value in row.values() if value is not None)


def test_explanation_of_other_tables() -> None:
    """Tables other than the installed ones are explained by the installed ones' rows."""
    tables = {name: [dict(row) for row in explaining._installed().rows(name).values()] for name in TABLES}
    for row in tables["evidence"]:
        row["basis"] = "judged"
    reasons = explaining.Joined(tables.__getitem__).reasons("events", "event-minsk-meeting")
    assert {reason.text for _, reason in reasons if reason.row.startswith("evidence/")} >= {"judged"}
    assert not [reason for _, reason in reasons if reason.text == "stated"]


def test_wrong_names() -> None:
    """A wrong table, row or column is not named, or not with the closest right one."""
    for ask, says in (
        (lambda: bip.explain("event", "event-signing"), "no table 'event'. Did you mean 'events'?"),  # type: ignore[arg-type]
        (lambda: bip.explain("events", "event-sining"), "no row 'event-sining'. Did you mean 'event-signing'?"),
        (lambda: bip.explain("events", "event-signing", "place_nam"), "'place_nam'. Did you mean 'place_name'?"),
        (lambda: bip.mentions_of("actor-nobody"), "no row 'actor-nobody'. "),
        (lambda: bip.sentence(99), "no sentences have the number 99"),
    ):
        with pytest.raises(ValueError, match=re.escape(says)):
            ask()


def test_mention_left_out() -> None:
    """An actor's mentions are not all there, or not in order."""
    found = bip.mentions_of("actor-moscow")
    rows = [row for row in bip.load("mentions").to_pylist() if row["actor_id"] == "actor-moscow"]
    assert [words.start for _, words in found.mentions] == sorted(row["start"] for row in rows)
    assert {words.quote for _, words in found.mentions} == {"Moscow", "its"}


def test_row_left_out_of_a_sentence() -> None:
    """A row that rests on a sentence is not listed under it."""
    evidence = bip.load("evidence").to_pylist()
    for ordinal in range(1, 23):
        found = bip.sentence(ordinal)
        expected = {(row["table_name"], row["row_id"]) for row in evidence if row["passage_id"] == found.passage_id}
        assert {(table, row_id) for table, row_id, _ in found.rows} == expected
    assert str(bip.sentence(9)) == str(bip.sentence(bip.sentence(9).passage_id))


def test_markup_in_a_notebook() -> None:
    """Text with markup in it is shown as markup by a notebook."""
    words = explaining.Words("p", 1, "<b>", "<script>", "&", 0, 8)
    hostile = CellExplanation("t", "<i>", "c", "<u>", "m", "o", "<s>", "certain", (explaining.Reason("<x>", words),))
    html = hostile._repr_html_() + RowExplanation("t", "<i>", (hostile,))._repr_html_()
    assert not any(tag in html for tag in ("<b>", "<script>", "<i>", "<u>", "<s>", "<x>"))
    assert "<mark>&lt;script&gt;</mark>" in html
    for shown in (bip.sentence(4), bip.mentions_of("actor-iran"), bip.explain("events", "event-signing")):
        assert shown._repr_html_().count("<table>") == 1
