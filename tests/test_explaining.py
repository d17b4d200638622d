"""explain(), mentions_of(), sentence(): right answers, readable in a terminal and safe in a notebook."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import explaining
from belarus_iran_pact.core.column import Column
from belarus_iran_pact.core.edtf import doubt
from belarus_iran_pact.core.table import Field, fields, primary_key
from belarus_iran_pact.explaining import CellExplanation, Joined, RowExplanation
from belarus_iran_pact.models import DATASET, TABLES


def cell(table: str, row_id: str, column: str) -> CellExplanation:
    found = bip.explain(table, row_id, column)  # type: ignore[arg-type]
    assert isinstance(found, CellExplanation)
    return found


def test_value_without_its_words() -> None:
    """A value's explanation lacks its words, its basis, its voice, or how sure that and the article's own are."""
    found = cell("events", "event-minsk-meeting", "place_text")
    assert (found.value, found.voice, found.certainty) == ("Minsk", "Valery Revenko", "certain")
    (reason,) = found.reasons
    assert reason.words is not None
    assert (reason.text, reason.words.quote, reason.words.ordinal) == ("stated", "Minsk", 4)
    assert "a meeting in «Minsk» between" in str(found)
    assert found.origin.startswith("source:")
    denied = str(cell("claims", "claim-closed-topics", "proposition"))
    assert "Alexander Lukashenko (certainly not); the article's own voice: left open" in denied


def test_null_without_its_reason() -> None:
    """An empty cell's explanation lacks its reason, its candidates or the words."""
    found = cell("events", "event-exercise", "place_id")
    assert found.value is None
    reasons = ["ambiguous, possibly place-belarus", "ambiguous, possibly place-iran", "undisclosed"]
    assert [reason.text for reason in found.reasons] == reasons
    assert "value                              empty" in str(found)
    assert "the territory of one of the two nations" in str(found)


def test_part_of_an_explanation_left_out() -> None:
    """A contradiction, the voice of a row's parent, or the authority of a value from outside is left out."""
    texts = [reason.text for reason in cell("agreements", "agreement-belarus-iran-2026-plan", "publicity").reasons]
    assert "contradicted (secret)" in texts
    assert cell("event_actors", "event-signing.actor-iran.signatory", "role").voice == "Valery Revenko"
    assert "Authority: Correlates of War state system." in cell("actors", "actor-iran", "cow_code").origin
    (reason,) = cell("actors", "actor-revenko", "cow_code").reasons
    assert (reason.text, reason.words) == ("Not a state.", None)


def test_disagreement_left_out() -> None:
    """A cell is told as settled though its words, or it, are a side of a discrepancy; or a sentence told to support what it denies."""
    signed = "The plan is signed, no place given, and the agreement is finalized at a meeting in Minsk. (unresolved)"
    assert signed in cell("agreements", "agreement-belarus-iran-2026-plan", "stage").discrepancies
    assert signed in str(cell("events", "event-signing", "type"))
    (misspelt,) = cell("actors", "actor-pezeshkian", "name_as_printed").discrepancies
    assert misspelt.endswith("(corrected)")
    assert not cell("actors", "actor-pezeshkian", "country").discrepancies
    assert "«Secret» publicity (against: secret)" in str(bip.sentence(1))
    headline = cell("claims", "claim-headline-secret", "factuality")
    assert (headline.voice, headline.author_certainty) == ("The headline", "left open")


def test_inferred_value_told_as_said() -> None:
    """A value that follows by a rule is told as somebody's word, without the rule, or without what it leaves in doubt."""
    found = cell("events", "event-august-visit", "date_inferred_edtf")
    assert (found.voice, found.certainty) == (None, "year uncertain")
    assert [rule.partition(":")[0] for rule in found.rules] == ["The year before the plan"]
    assert all("inferred by the rule the year before the plan" in reason.text for reason in found.reasons)
    assert "  certainty " in str(found)
    assert cell("places", "place-minsk", "country").rules[0].startswith("Officials at home: ")


@pytest.mark.parametrize(
    ("date", "says"),
    [
        ("2025-08", ""),
        ("2025?-08", "year uncertain"),
        ("2025-08~", "year and month approximate"),
        ("2025?-08-03%", "year uncertain, year and month and day uncertain and approximate"),
        ("2025?/2026", "start: year uncertain"),
        ("../2026~", "end: year approximate"),
    ],
)
def test_doubt_about_another_part_of_a_date(date: str, says: str) -> None:
    """What a date leaves in doubt is told of another part of it, in other words, or where there is none."""
    assert doubt(date) == says


def test_computed_cell_without_its_words() -> None:
    """A computed cell does not lead to the cells it is computed from and their words, be it of a view or open in the source."""
    found = cell("timeline", "event-august-visit", "date_words")
    assert [(origin.table, origin.row_id, origin.column) for origin in found.computed_from] == [
        ("events", "event-august-visit", "date_text"),
        ("events", "event-august-visit", "date_inferred_edtf"),
    ]
    assert "events / event-august-visit / date_text: in August" in str(found)
    assert "Belarus «in August», during" in str(found)
    assert "date_inferred_edtf: 2025?-08 (year uncertain)" in str(found)
    assert "from events.date_text, events.date_inferred_edtf" in str(bip.explain("timeline", "event-august-visit"))
    # A computed cell that is computed from a computed one leads on to that one's words.
    assert "date_inferred_edtf: 2025?-08" in str(cell("timeline", "event-august-visit", "date_earliest"))
    # Where a link is open, its candidates are followed.
    shown = str(cell("events", "event-exercise", "place_country"))
    assert "ambiguous, possibly place-belarus: [5] " in shown
    assert "places / place-iran / country: IRN" in shown
    assert "mentions.text, mentions.form, " in str(cell("claims", "claim-headline-secret", "statement"))
    assert "«Minsk»" in str(cell("mentions", bip.mentions_of("place-minsk").rows[0]["mention_id"], "text"))


def test_row_that_cannot_be_explained() -> None:
    """Some row of some table crashes the explanation, lacks a column, or prints without all its values."""
    for name, model in TABLES.items():
        row_id, row = next(iter(explaining._installed().rows(name).items()), (None, {}))
        if row_id is None:
            continue  # Of readings there may be none.
        found = bip.explain(name, row_id)  # type: ignore[arg-type]
        assert isinstance(found, RowExplanation)
        assert [item.column for item in found.cells] == [item.name for item in fields(model)]
        assert list(found) == list(found.cells)
        assert all(str(value).split("\n")[0] in str(found) for value in row.values() if value is not None)


def test_explanation_of_other_tables() -> None:
    """Tables other than the installed ones are explained by the installed ones' rows."""
    tables = {name: [dict(row) for row in explaining._installed().rows(name).values()] for name in TABLES}
    for row in tables["evidence"]:
        row["basis"] = "judged"
    reasons = Joined(tables.__getitem__).reasons("events", "event-minsk-meeting")
    assert {reason.text for _, reason in reasons if reason.row.startswith("evidence/")} >= {"judged"}
    assert not [reason for _, reason in reasons if reason.text == "stated"]


def test_computed_column_without_origins() -> None:
    """A derived column does not say what it is computed from, though it is neither words of a source nor counted in its file."""
    cut = {(table, text) for table, *_, text in DATASET.spans} | {("passages", "text"), ("passages", "line")}
    silent = {
        (name, item.name)
        for name, model in TABLES.items()
        for item in fields(model)
        if item.column.origin == "derived" and not item.column.computed_from and item.column.measured is None
    }
    assert silent == cut


def test_wrong_names() -> None:
    """A wrong table, row or column is not named, or not with the closest right one."""
    for ask, says in (
        (lambda: bip.explain("event", "event-signing"), "no table 'event'. Did you mean 'events'?"),  # type: ignore[arg-type]
        (lambda: bip.explain("events", "event-sining"), "no row 'event-sining'. Did you mean 'event-signing'?"),
        (lambda: bip.explain("events", "event-signing", "place_i"), "'place_i'. Did you mean 'place_id'?"),
        (lambda: bip.mentions_of("actor-irann"), "no row 'actor-irann'. Did you mean 'actor-iran'?"),
        (lambda: bip.sentence(99), "no sentences have the number 99"),
    ):
        with pytest.raises(ValueError, match=re.escape(says)):
            ask()


def test_mention_left_out() -> None:
    """The mentions of a thing of some kind are not all there, not in order, or not the table's rows."""
    mentions = bip.load("mentions").to_pylist()
    for row_id in {explaining.mentioned(row) for row in mentions}:
        found = bip.mentions_of(row_id[1])
        rows = [row for row in mentions if explaining.mentioned(row) == row_id]
        assert list(found) == sorted(rows, key=lambda row: row["start_char"])
        assert len(found) == len(rows)
        assert [words.quote for words in found.words] == [row["text"] for row in found]
    assert {row["text"] for row in bip.mentions_of("actor-moscow")} == {"Moscow", "its"}


def test_row_left_out_of_a_sentence() -> None:
    """A row that rests on a sentence is not listed under it."""
    evidence = bip.load("evidence").to_pylist()
    for ordinal in range(1, 23):
        found = bip.sentence(ordinal)
        expected = {(row["table_name"], row["row_id"]) for row in evidence if row["passage_id"] == found.passage_id}
        assert {(table, row_id) for table, row_id, _ in found} == expected
        assert len(found) == len(expected)
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


# --- Where computed values come from ---

Tables = dict[str, list[dict[str, Any]]]
Cell = tuple[str, str, str]


def computed(tables: Tables) -> tuple[Tables, dict[Cell, Any]]:
    """The tables with every cell computed anew that is computed from others, and these cells."""
    tables, found = dict(tables), {}
    for (table, column), values in DATASET.derived.compute(tables).items():
        key = primary_key(TABLES[table])
        tables[table] = [{**row, column: values[row[key]]} for row in tables[table]]
        found |= {(table, row_id, column): value for row_id, value in values.items()}
    tables |= DATASET.views.compute(tables)
    for table, model in TABLES.items():
        if model.table.view:
            key = primary_key(model)
            found |= {(table, row[key], name): value for row in tables[table] for name, value in row.items()}
    return tables, {cell: value for cell, value in found.items() if column_of(cell).computed_from}


def column_of(cell: Cell) -> Column:
    return next(item.column for item in fields(TABLES[cell[0]]) if item.name == cell[2])


def origins(joined: Joined, cell: Cell) -> set[Cell]:
    """The cells that a cell's column names as those that it is computed from, and those that these are computed from."""
    found: set[Cell] = set()
    asked = [cell]
    for table, row_id, column in asked:
        for path in column_of((table, row_id, column)).computed_from:
            new = {other for other, _ in joined.cells(table, row_id, path)} - found
            found |= new
            asked += new
    return found


def changes(tables: Tables, table: str, item: Field, rows: Sequence[int]) -> Iterator[Tables]:
    """Tables in which a column has other values in some rows, or other evidence or gaps."""
    others: list[Any] = item.column.vocabulary.values() if item.column.vocabulary else []
    others = others or list({row[item.name]: None for row in tables[table] if row[item.name] is not None})[:4]
    others += ["2020-01"] * item.column.edtf + [None] * (item.nullable and item.column.origin != "reference")
    for at in range(min(len(others), 4)):
        changed = list(tables[table])
        for row in rows:
            # What comes from outside belongs together: a state has all its codes, and what is none has none.
            if item.column.origin != "reference" or changed[row][item.name] is not None:
                changed[row] = {**changed[row], item.name: others[(at + row) % len(others)]}
        yield {**tables, table: changed}
    cells = {(table, tables[table][row][primary_key(TABLES[table])], item.name) for row in rows}
    for part, change in (
        ("evidence", {"basis": "inferred"}),
        ("evidence", {"basis": "stated", "quote": "x", "start_char": 0}),
        ("gaps", {"reason": "undisclosed", "candidate": None}),
    ):
        at_cells = [(row["table_name"], row["row_id"], row["column_name"]) in cells for row in tables[part]]
        if any(at_cells):
            explained = zip(tables[part], at_cells, strict=True)
            yield {**tables, part: [{**row, **change} if own else row for row, own in explained]}


def gone(cell: Cell, value: Any) -> Any:
    """What a cell counts as that is no longer there: another value, if its row's id names the value."""
    return None if cell[2] in TABLES[cell[0]].table.id_from else value


def place_of(cell: Cell) -> tuple[str, str]:
    """A cell's table and column; the table alone for rows put together from several, which are chosen for the whole row."""
    return cell[0], "" if TABLES[cell[0]].table.id_from and TABLES[cell[0]].table.view else cell[2]


def spread(tables: Tables, *columns: str) -> Tables:
    """Tables whose events differ in columns, so that it shows which of them speaks for a happening."""
    for item in fields(TABLES["events"]):
        if item.name in columns:
            tables = next(changes(tables, "events", item, range(len(tables["events"]))))
    bases = ["stated", "inferred"]
    return {**tables, "evidence": [{**row, "basis": bases[at % 2]} for at, row in enumerate(tables["evidence"])]}


@pytest.mark.slow
def test_origin_that_lies() -> None:
    """A computed column does not name a column that its values follow, or names one that they do not follow."""
    installed = {name: bip.load(name).to_pylist() for name in TABLES}
    # Those that differ and a few of the others show as much as all, in a fiftieth of the time.
    installed["readings"] = [row for at, row in enumerate(installed["readings"]) if not row["agree"] or at % 50 == 0]
    ends, followed = set(), set()
    coded = [item.name for item in fields(TABLES["events"]) if item.column.vocabulary or item.column.edtf]
    spreads = [("status",), [name for name in coded if name not in ("status", "type")]]
    for tables, before in (computed(spread(installed, *columns)) for columns in spreads):
        joined = Joined(tables.__getitem__)
        named = {cell: origins(joined, cell) for cell in before}
        ends |= {
            (*place_of(cell), *other[::2])
            for cell in named
            for path in column_of(cell).computed_from
            for other, at_end in joined.cells(*cell[:2], path)
            if at_end and other[2] != primary_key(TABLES[other[0]])
        }
        inputs = {(table, column) for found in named.values() for table, _, column in found}
        for name in {*DATASET.derived.needs, *DATASET.views.needs} - {"evidence", "gaps"}:
            key, *items = fields(TABLES[name])
            every = range(len(tables[name]))
            parts = [[row for row in every if row >> bit & 1 == half] for bit in range(2) for half in (0, 1)]
            for item, rows in itertools.product(items, [every, *parts]):
                if rows != every and (name, item.name) not in inputs:
                    continue
                places = {(name, tables[name][row][key.name], item.name) for row in rows}
                for changed in changes(tables, name, item, rows):
                    again, after = computed(changed)
                    joined = Joined(again.__getitem__)
                    differing = {cell for cell, value in before.items() if after.get(cell, gone(cell, value)) != value}
                    for cell in differing:
                        found = named[cell]
                        if cell in after and not found & places:
                            found = origins(joined, cell)
                            assert found & places, f"{cell} follows {name}.{item.name}"
                        followed |= {(*place_of(cell), *other[::2]) for other in found & (places | differing)}
    assert ends - followed == set()
