"""Two readings: nothing on a sheet tells a code, and no code that was read twice changes alone."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import krippendorff
import pytest
from conftest import SOURCE, build_faults, edit, line_of, list_file

import build
import release
import second_reading
from belarus_iran_pact.core.judging import alpha, slots, unread, values_of
from belarus_iran_pact.core.releases import ReleaseError
from belarus_iran_pact.core.table import Tables, fields
from belarus_iran_pact.explaining import Joined
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.views import views
from curation.readings import FILE, Lines, file_text, merged
from publication.package import write_package


@pytest.fixture(scope="module")
def agreeing(tables: Tables) -> str:
    """The file of a reading that has all codes as the coding has them, which nobody read."""
    lines: dict[str, Lines] = defaultdict(dict)
    for name, row_id in unread(DATASET, tables | {"readings": []}):
        lines[name][row_id] = ()
    for name, rows in lines.items():
        coded = values_of(DATASET, tables, name)
        rows |= {row_id: coded[row_id] for row_id in rows}
    return file_text(merged([], lines))


@pytest.fixture
def read(seeds: Path, agreeing: str) -> Path:
    """The coding folder of seeds that were read twice."""
    (seeds / SOURCE / FILE).write_text(agreeing, encoding="utf-8")
    list_file(seeds, f"{SOURCE}/{FILE}")
    return seeds / SOURCE


def faults(read: Path) -> list[str]:
    return [fault.removeprefix(f"{SOURCE}/") for fault in build_faults(read.parent)]


def adjudicate(file: Path, table: str, row_id: str, column: str, first: str, decision: str) -> int:
    """Add an adjudication to the table's group; its line."""
    text = f"  adjudications:\n    - {{row_id: {row_id}, column_name: {column}, first: {first}, decision: {decision}, reason: R}}\n"
    content = file.read_text(encoding="utf-8")
    start = content.index(f"- table_name: {table}\n")
    end = content.find("\n- table_name: ", start)
    end = len(content) if end < 0 else end
    file.write_text(f"{content[:end]}{text}{content[end:]}", encoding="utf-8")
    return content[:end].count("\n") + 2


# --- What is read twice cannot change alone ---


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("events", "{type: signing,", "{type: meeting,", "events.type of event-signing differ: meeting and signing"),
        ("actors", "named: true", "named: false", "differ: false and true"),
        ("claims", "voice_actor_id: actor-headline", "voice_actor_id: actor-article", "differ: actor-article and actor-head"),
        ("events", "agreement_id: agreement-belarus-iran-2026-plan", "", "differ: None and agreement-belarus-iran-2026-plan"),
        ("events", "date_edtf: XXXX-08", "date_edtf: XXXX-07", "differ: XXXX-07 and XXXX-08"),
        ("events", "plover_contexts: diplomatic", "plover_contexts: military;diplomatic", "differ: military;diplomatic and"),
        ("agreements", "not_stated: [", "undisclosed: {columns: signed_edtf, quote: signed}, not_stated: [", "differ: "),
        ("events", "{signatory: [actor-belarus", "{host: [actor-belarus", "unknown id event-signing.actor-belarus.signatory"),
        ("mentions", "{actor_id: actor-iran, form: name", "{actor_id: actor-belarus, form: name", "unknown id actor-iran."),
    ],
)  # fmt: skip
def test_code_changes_alone(read: Path, file: str, old: str, new: str, said: str) -> None:
    """A code of the coding is changed alone, and the build does not notice: a term, a truth, a voice, a link, a date, a gap."""
    assert faults(read) == []
    edit(read / f"{file}.yaml", old, new)
    assert [fault for fault in faults(read) if fault.startswith(FILE) and said in fault]


def test_order_of_joined_terms_counts(read: Path) -> None:
    """Joined terms in another order count as a difference."""
    file = read / "events.yaml"
    content = file.read_text(encoding="utf-8")
    joined = re.search(r"plover_contexts: (\w+);(\w+)", content)
    assert joined is not None
    edit(file, joined[0], f"plover_contexts: {joined[2]};{joined[1]}")
    assert faults(read) == []


@pytest.mark.parametrize(
    ("first", "decision", "fault"),
    [
        ("settlement", "first", None),
        ("region", "second", None),
        ("region", "first", "is settlement where region was read"),
    ],
)
def test_correction_is_refused(read: Path, first: str, decision: str, fault: str | None) -> None:
    """A difference that is adjudicated is refused; or the cell need not have what was decided."""
    if first == "settlement":
        edit(read / FILE, "place-minsk: [settlement", "place-minsk: [region")
    line = adjudicate(read / FILE, "places", "place-minsk", "kind", first, decision)
    found = faults(read)
    if fault:
        (only,) = found
        assert only.startswith(f"{FILE}:{line}: places.kind of place-minsk {fault}")
        return
    assert found == []
    (row,) = (row for row in build.tables_from(read.parent)["readings"] if row["decision"])
    assert (row["first_value"], row["agree"], row["reason"]) == (first, False, "R")
    assert row["second_value"] == ("region" if first == "settlement" else "settlement")


def test_both_readings_corrected_are_refused(read: Path) -> None:
    """A code that is corrected with its reading is refused, a role and a mention, whose ids repeat it, too."""
    given = "actor-belarus, quote: equipment from both countries}"
    edit(read / "provisions.yaml", f"{{contributor: {given}", f"{{participant: {given}")
    row_id = "provision-exercise-equipment-belarus.actor-belarus"
    edit(read / FILE, f"{row_id}.contributor: contributor", f"{row_id}.participant: participant")
    edit(
        read / "mentions.yaml",
        "{actor_id: actor-revenko, form: pronoun, quote: his}",
        "{actor_id: actor-x, form: pronoun, quote: his}",
    )
    edit(read / FILE, f"actor-revenko.{SOURCE}.429.432: [actor-revenko", f"actor-x.{SOURCE}.429.432: [actor-x")
    assert faults(read) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("claim-exclusive: [description", "claim-exclusive: [depiction", "the reading depiction of claims.kind of claim-exclusive"),
        ("claim-exclusive: [", "claim-inclusive: [", "unknown id claim-inclusive in row_id"),
        ("claim-exclusive: [description, ", "claim-exclusive: [", "claim-exclusive has 6 values; there are 7 columns"),
        ("columns: [relation]", "columns: [relations]", "unknown column relations"),
        ("columns: [relation]", "columns: []", "no columns"),
        ("table_name: cues", "table_name: clues", "clues has no judged columns"),
        ("table_name: cues", "table_name: passages", "passages has no judged columns"),
        ("  rows:\n", "  lines:\n", "unknown field lines"),
    ],
)  # fmt: skip
def test_reading_of_what_is_not_there(read: Path, old: str, new: str, said: str) -> None:
    """A reading of a row, a column or a table that is not there is taken, or one that is no term; or its line is not told."""
    line = edit(read / FILE, old, new)
    found = faults(read)
    assert any(re.match(rf"{FILE}:{line}: {re.escape(said)}", fault) for fault in found), found


@pytest.mark.parametrize(
    ("row_id", "column", "first", "decision", "said"),
    [
        ("place-minsk", "kind", "settlement", "second", "are decided between, and both are settlement"),
        ("place-pinsk", "kind", "settlement", "second", "the lines above have no second reading of it in places"),
        ("place-minsk", "name", "Minsk", "second", "the lines above have no second reading of it in places"),
        ("place-minsk", "kind", "region", "third", "is 'third'; it is an unknown term"),
        ("place-minsk", "kind", "[]", "second", "first is a list or mapping"),
    ],
)
def test_adjudication_of_nothing(read: Path, row_id: str, column: str, first: str, decision: str, said: str) -> None:
    """What needs no adjudication is adjudicated: readings that agree, a cell that was not read; or it decides for neither."""
    line = adjudicate(read / FILE, "places", row_id, column, first, decision)
    found = faults(read)
    assert any(fault.startswith(f"{FILE}:{line}: ") and said in fault for fault in found), found


def test_row_not_yet_read(read: Path, tmp_path: Path) -> None:
    """A row that was not read stops the build, is not listed, or is released."""
    line = line_of(read / FILE, "    claim-exclusive: [")
    content = (read / FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    (read / FILE).write_text("".join(content[: line - 1] + content[line:]), encoding="utf-8")
    tables = build.tables_from(read.parent)
    assert list(unread(DATASET, tables)) == [("claims", "claim-exclusive")]
    write_package(tmp_path / "tree" / "dataset", tables, "1.0.0")
    with pytest.raises(
        ReleaseError, match=r"^1 rows have codes .*: claims claim-exclusive; in a release every code was"
    ):
        release.refuse_unread(tmp_path / "tree")


# --- Sheets ---


def filled(sheets: Path, tables: Tables) -> None:
    """Fill blank sheets with what the coding has."""
    known = second_reading.sheets_of(tables)
    numbers = {line.row_id: line.number for sheet in known.values() for line in sheet.lines}
    for name, sheet in known.items():
        lines = {line.number: line.row_id for line in sheet.lines}
        coded, file = values_of(DATASET, tables, name), sheets / sheet.file
        texts = file.read_text(encoding="utf-8").splitlines()
        for at, text in enumerate(texts):
            if text and not text.startswith("#"):
                values = coded[lines[text.partition(" ")[0]]]
                said = " | ".join("null" if value is None else numbers.get(value, value) for value in values)
                texts[at] = f"{text.rsplit('|', len(values))[0]}| {said}"
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")


@pytest.fixture
def sheets(seeds: Path, tmp_path: Path) -> Path:
    """Blank sheets for the seeds."""
    assert second_reading.main(["blank", str(seeds / SOURCE), str(tmp_path / "sheets")]) == 0
    return tmp_path / "sheets"


def test_sheet_tells_codes(sheets: Path, tables: Tables) -> None:
    """A sheet tells what is to be judged: it holds an id of a row, or something in a slot."""
    given = {row_id for name in tables for row_id in values_of(DATASET, tables, name) if slots(TABLES[name])}
    for file in sheets.iterdir():
        text = file.read_text(encoding="utf-8")
        words = set(re.findall(r"[\w.+-]+", text))
        assert not words & given - {SOURCE}
        for line in text.splitlines():
            assert (
                not line
                or line.startswith("# ")
                or line == "#"
                or line.endswith(" | |" if line.count("|") > 2 else " |")
            )
    assert {file.stem for file in sheets.iterdir()} == {name for name, model in TABLES.items() if slots(model)}


def test_sheet_is_taken_for_something_else(seeds: Path, sheets: Path, tables: Tables, agreeing: str) -> None:
    """A filled sheet is taken for something else than it says: rows are confused, or values lost on the way."""
    filled(sheets, tables)
    assert second_reading.main(["take", str(seeds / SOURCE), str(sheets)]) == 0
    assert (seeds / SOURCE / FILE).read_text(encoding="utf-8") == agreeing


def test_adjudication_lost_when_more_is_taken(read: Path, tables: Tables, tmp_path: Path) -> None:
    """Earlier lines and adjudications are lost when a sheet with more rows is taken; or rows that were read are asked again."""
    adjudicate(read / FILE, "places", "place-minsk", "kind", "region", "second")
    content = (read / FILE).read_text(encoding="utf-8")
    line = next(text for text in content.splitlines() if text.startswith("    place-belarus: "))
    (read / FILE).write_text(content.replace(f"{line}\n", ""), encoding="utf-8")
    sheets = tmp_path / "sheets"
    assert second_reading.main(["blank", str(read), str(sheets)]) == 0
    (file,) = sheets.iterdir()
    assert len([text for text in file.read_text(encoding="utf-8").splitlines() if text and text[0] != "#"]) == 1
    known = second_reading.sheets_of(tables)
    for name in known:
        if name != "places":
            (sheets / known[name].file).write_text("", encoding="utf-8")
    filled(sheets, tables)
    assert second_reading.main(["take", str(read), str(sheets)]) == 0
    assert sorted((read / FILE).read_text(encoding="utf-8").splitlines()) == sorted(content.splitlines())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("place2 | Minsk | settlement", "place2 | Pinsk | settlement", "the line of place2 is not the one on the blank sheet"),
        ("place2 | Minsk | settlement |", "place2 | Minsk | settlement", "the line of place2 is not the one on the blank"),
        ("place2 | Minsk", "place9 | Minsk", "unknown row place9"),
        ("place2 | Minsk | settlement", "place2 | Minsk | ", "no value for kind"),
        ("place2 | Minsk | settlement | place4", "place2 | Minsk | settlement | place9", "unknown row place9 for parent_pl"),
        ("place2 | Minsk", "place1 | Iran | country | null | IRN\nplace1 | Iran", "place1 has two lines"),
    ],
)  # fmt: skip
def test_spoilt_sheet_is_taken(
    seeds: Path, sheets: Path, tables: Tables, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spoilt sheet is taken: with other words, too few values, or numbers that no row has."""
    filled(sheets, tables)
    edit(sheets / "places.txt", old, new)
    assert second_reading.main(["take", str(seeds / SOURCE), str(sheets)]) == 1
    assert said in capsys.readouterr().err
    assert not (seeds / SOURCE / FILE).exists()


def test_pronoun_for_two_is_read_crosswise(seeds: Path, sheets: Path, tables: Tables) -> None:
    """A pronoun for two actors has two lines that look alike, and counts as read wrongly if they are answered in another order."""
    filled(sheets, tables)
    text = (sheets / "mentions.txt").read_text(encoding="utf-8")
    one, other = re.findall(r"^mention\d+ \| their \| .*$", text, flags=re.MULTILINE)[:2]
    swapped = {one: one.rsplit(" | ", 2)[0], other: other.rsplit(" | ", 2)[0]}
    values = {line: line.removeprefix(begin) for line, begin in swapped.items()}
    assert values[one] != values[other]
    text = text.replace(one, swapped[one] + values[other]).replace(other, swapped[other] + values[one])
    (sheets / "mentions.txt").write_text(text, encoding="utf-8")
    assert second_reading.main(["take", str(seeds / SOURCE), str(sheets)]) == 0
    list_file(seeds, f"{SOURCE}/{FILE}")
    assert build_faults(seeds) == []


# --- What is published of them ---


def test_alpha_other_than_in_the_library() -> None:
    """Alpha is another than in the library krippendorff, for many labels or one, for few pairs or many."""
    random.seed(11)
    for count in (2, 3, 10, 200):
        for labels in ("ab", "abcdef"):
            pairs = [(random.choice(labels), random.choice(labels + 3 * labels[0])) for _ in range(count)]
            data: Any = [[ord(pair[side]) for pair in pairs] for side in (0, 1)]
            domain = sorted({*data[0], *data[1]})
            expected = None
            if len(domain) > 1:
                expected = krippendorff.alpha(
                    reliability_data=data, value_domain=domain, level_of_measurement="nominal"
                )
            assert alpha(pairs) == (None if expected is None else pytest.approx(expected))


def reading(column: str, first: str | None, second: str | None) -> dict[str, Any]:
    return {"table_name": "events", "column_name": column, "first_value": first, "second_value": second}


def test_average_hides_a_label(tables: Tables) -> None:
    """The average of a column hides a label that readings confuse; or a term among several, or an empty cell, is not counted."""
    readings = [reading("type", "visit", "visit")] * 3 + [reading("type", "talks", "visit")]
    readings += [reading("plover_contexts", "a;b", "b;a"), reading("plover_contexts", "a", None)]
    found = {
        (row["column_name"], row["value"]): tuple(row.values())[4:]
        for row in views(tables | {"readings": readings})["reliability"]
    }
    assert found == {
        ("type", None): (4, 4, 4, 0.75, 0.0),
        ("type", "talks"): (4, 1, 0, 0.75, 0.0),
        ("type", "visit"): (4, 3, 4, 0.75, 0.0),
        ("plover_contexts", None): (2, 2, 1, 0.5, 0.4),
        ("plover_contexts", "a"): (2, 2, 1, 0.5, 0.0),
        ("plover_contexts", "b"): (2, 1, 1, 1.0, 1.0),
    }


def test_reading_is_not_explained(read: Path) -> None:
    """An explanation does not tell whether a code was read twice, or how a difference was decided; or tells it of other cells."""
    adjudicate(read / FILE, "places", "place-minsk", "kind", "region", "second")
    read_twice = build.tables_from(read.parent)
    joined = Joined(lambda table: read_twice[table])

    def told(table: str, row_id: str, column: str) -> str | None:
        (item,) = (item for item in fields(TABLES[table]) if item.name == column)
        return joined.cell(table, row_id, item).readings

    assert told("places", "place-belarus", "kind") == "twice: agree"
    assert told("places", "place-minsk", "kind") == "twice: region and settlement; the second holds: R"
    assert told("places", "place-minsk", "name") is None
    mention = f"actor-belarus.{SOURCE}.11.18"
    assert (told("mentions", mention, "actor_id"), told("mentions", mention, "event_id")) == ("twice: agree", None)
    once = Joined(lambda table: [] if table == "readings" else read_twice[table])
    (item, *_) = slots(TABLES["places"])[0]
    assert once.cell("places", "place-minsk", item).readings == "once"
    assert "\n  read " in repr(once.cell("places", "place-minsk", item))
