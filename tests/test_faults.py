"""Law 10: a build that fails names every fault with its file and line, says what to do, and publishes nothing."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, SOURCE, append, build_faults, edit, files_of, line_of, row_of

ARTICLE = f"{SOURCE}.txt"
ACTORS = f"{SOURCE}/actors.yaml"
AGREEMENTS = f"{SOURCE}/agreements.yaml"
EVENTS = f"{SOURCE}/events.yaml"
MENTIONS = f"{SOURCE}/mentions.yaml"
PROVISIONS = f"{SOURCE}/provisions.yaml"
RESIDUE = f"{SOURCE}/residue.yaml"
SOURCES = f"{SOURCE}/sources.yaml"
CROSSWALK = "reference/crosswalk.yaml"

BELARUS = "actor_id: actor-belarus\n"
VISIT = "event_id: event-august-visit\n"
EXERCISE = "event_id: event-exercise\n"


def assert_only(faults: list[str], file: str, line: int, *parts: str) -> None:
    """There is one fault, at this place, and it has these parts in this order."""
    assert len(faults) == 1, faults
    assert_says(faults[0], file, line, *parts)


def assert_says(fault: str, file: str, line: int, *parts: str) -> None:
    """The fault is at this place, and has these parts in this order."""
    place, _, message = fault.partition(": ")
    assert place == f"{file}:{line}", fault
    at = 0
    for part in parts:
        assert part in message[at:], f"{part!r} is not in (or not in this order in) {message!r}"
        at = message.index(part, at) + len(part)


def test_good_seeds_have_no_fault(seeds: Path) -> None:
    """The build finds fault with good seeds: then every other test here would pass for the wrong reason."""
    assert build_faults(seeds) == []


# --- Quotes ---


def mention(seeds: Path, fields: str) -> int:
    """Add a mention of Belarus, which depends on nothing else in the coding; its line."""
    return append(seeds / MENTIONS, f"- {{actor_id: actor-belarus, form: name, {fields}}}")


@pytest.mark.parametrize(
    ("fields", "what", "why", "remedy"),
    [
        pytest.param(
            "quote: with a joint naval exercise—scheduled",
            f"is not in {ARTICLE}",
            "the nearest passage is 5 (line 5): 'with a joint military exercise—scheduled'; "
            "the quote has 'naval' for printed 'military'",
            "copy the quote from the article, character by character",
            id="a-word-differs",
        ),
        pytest.param(
            "quote: Zanzibar",
            f"is not in {ARTICLE}",
            "shares no word with the quote",
            "copy the quote from the article",
            id="no-word-is-shared",
        ),
        pytest.param(
            "quote: Valery Revenko, passage: 5",
            "is not in passage 5",
            "it stands in passage 3",
            "correct 'passage'",
            id="stands-in-another-passage",
        ),
        pytest.param(
            "quote: elaru, passage: 2",
            "is not in passage 2",
            "in the middle of a word",
            "quote whole words",
            id="cuts-a-word",
        ),
    ],
)
def test_quote_not_in_article(seeds: Path, fields: str, what: str, why: str, remedy: str) -> None:
    """A quote that the article does not have is taken, or its fault does not show the nearest words."""
    line = mention(seeds, fields)
    assert_only(build_faults(seeds), MENTIONS, line, what, why, remedy)


def test_quote_across_two_sentences(seeds: Path) -> None:
    """A quote of printed words that runs over a sentence's end is said not to be printed."""
    line = mention(seeds, "quote: Alexander Lukashenko. The two leaders")
    assert_only(build_faults(seeds), MENTIONS, line, "sentence")


def test_quote_occurring_more_than_once(seeds: Path) -> None:
    """A quote that stands in several places is pinned to one of them by chance."""
    line = mention(seeds, "quote: Revenko")
    assert_only(
        build_faults(seeds),
        MENTIONS,
        line,
        "the quote Revenko occurs 2 times",
        "passages 3, 4",
        "narrow it down with 'passage' and 'occurrence'",
    )


def test_quote_occurring_twice_in_its_passage(seeds: Path) -> None:
    """Giving the passage is taken for enough where the quote stands in it twice."""
    line = mention(seeds, "quote: its, passage: 15")
    assert_only(build_faults(seeds), MENTIONS, line, "the quote its occurs 2 times", "'occurrence'")


@pytest.mark.parametrize(
    ("typed", "printed", "characters"),
    [
        pytest.param("Iran's General Staff", "Iran’s General Staff", ["U+0027", "U+2019"], id="apostrophe"),
        pytest.param("a joint military exercise-scheduled", "exercise—scheduled", ["U+002D", "U+2014"], id="dash"),
        pytest.param(
            "that 'there are no closed topics'", "‘there", ["U+0027", "U+2018", "U+2019"], id="quotation-mark"
        ),
    ],
)
def test_straight_characters_for_curly_ones(seeds: Path, typed: str, printed: str, characters: list[str]) -> None:
    """A straight apostrophe typed for a curly one gives a message in which the two look alike."""
    line = mention(seeds, f'quote: "{typed}"')
    faults = build_faults(seeds)
    assert_only(faults, MENTIONS, line, "is not in", "straight", "copy the printed words", printed)
    for character in characters:
        assert character in faults[0]


def test_unknown_passage(seeds: Path) -> None:
    """The number of a passage that does not exist passes, or empties every cell of the row."""
    line = edit(seeds / ACTORS, "passage: 2\n", "passage: 99\n", after=BELARUS)
    assert_only(
        build_faults(seeds), ACTORS, line, "passage 99 does not exist", "has passages 1 to", "give one of these"
    )


@pytest.mark.parametrize("occurrence", ["0", "3", "-1", "last"])
def test_occurrence_out_of_range(seeds: Path, occurrence: str) -> None:
    """An occurrence that there is not counts from the end, or crashes."""
    line = mention(seeds, f"quote: its, passage: 15, occurrence: {occurrence}")
    assert_only(
        build_faults(seeds),
        MENTIONS,
        line,
        f"occurrence {occurrence} of its does not exist",
        "it occurs 2 time(s)",
        "count the occurrences from 1",
    )


def test_quote_that_alone_covers_words(seeds: Path) -> None:
    """One mistyped quote is reported again for each word that no other quote covers."""
    line = edit(seeds / RESIDUE, "quote: Photos", "quote: Fotos")
    assert_only(build_faults(seeds), RESIDUE, line, "the quote Fotos is not in", "copy the quote from the article")


def test_quote_with_other_white_space(seeds: Path) -> None:
    """A doubled space, which nobody sees, is reported as something else."""
    line = mention(seeds, 'quote: "Valery  Revenko"')
    faults = build_faults(seeds)
    assert_only(faults, MENTIONS, line, "is not in", "Valery Revenko")
    assert "sentence" not in faults[0]


def test_empty_quote(seeds: Path) -> None:
    """A quote left empty matches between all characters."""
    line = mention(seeds, "quote: ")
    faults = build_faults(seeds)
    assert_only(faults, MENTIONS, line, "quote", "empty")
    assert len(faults[0]) < 1000


@pytest.mark.parametrize("fields", ["quote: [its], passage: 15", "quote: its, passage: [15]",
                                    "quote: its, passage: 15, occurrence: [1]"])  # fmt: skip
def test_list_where_a_text_belongs(seeds: Path, fields: str) -> None:
    """A list written for a quote, passage or occurrence crashes the build."""
    line = mention(seeds, fields)
    assert_only(build_faults(seeds), MENTIONS, line, "list")


def test_list_for_the_quote_of_a_row(seeds: Path) -> None:
    """A row whose quote is a list is published with values that rest on nothing."""
    line = edit(seeds / ACTORS, "  quote: ", "  quote: [Belarus]\n  note: ", after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, line, "quote", "list")


# --- Ids ---


def test_unknown_id(seeds: Path) -> None:
    """A link to no row dangles, or its fault does not help to find the right id."""
    line = edit(seeds / EVENTS, "voice_actor_id: ", "voice_actor_id: actor-articel # ", after=VISIT)
    assert_only(
        build_faults(seeds),
        EVENTS,
        line,
        "unknown id actor-articel in voice_actor_id",
        "no row of actors has it",
        "did you mean 'actor-article'? the ids of actors are: ",
    )


def test_unknown_id_in_a_nested_row(seeds: Path) -> None:
    """A link to no row dangles where it is written within another row."""
    line = edit(seeds / EVENTS, "actor_id: actor-pezeshkian", "actor_id: actor-pezeshkien", after=VISIT)
    assert_only(build_faults(seeds), EVENTS, line, "unknown id actor-pezeshkien", "did you mean 'actor-pezeshkian'?")


def test_duplicate_id(seeds: Path) -> None:
    """Two rows share an id, and one of them is lost."""
    file = seeds / ACTORS
    first = line_of(file, f"- {BELARUS}")
    line = append(file, row_of(file, BELARUS.strip()))
    assert_only(
        build_faults(seeds),
        ACTORS,
        line,
        "the actors row actor-belarus is there twice",
        f"it stands at actors.yaml:{first} already",
        "give this one another id",
    )


def test_reference_for_unknown_actor(seeds: Path) -> None:
    """Outside knowledge about an actor that there is not is dropped without a word."""
    line = edit(seeds / "reference/actors.yaml", "actor-russia", "actor-rusia")
    assert_only(
        build_faults(seeds),
        "reference/actors.yaml",
        line,
        "unknown actor_id actor-rusia",
        "no row of actors has it",
        "did you mean 'actor-russia'?",
    )


@pytest.mark.parametrize(("written", "meant"), [("wikidata", "wikidata_id"), ("kind", "name")])
def test_unknown_column_in_reference(seeds: Path, written: str, meant: str) -> None:
    """A column that outside knowledge may not fill is filled, or dropped without a word."""
    line = append(seeds / "reference/actors.yaml", f"  - {{actor_id: actor-belarus, {written}: Q184}}")
    assert_only(
        build_faults(seeds),
        "reference/actors.yaml",
        line,
        f"unknown field {written}",
        "it is no field of reference for actors",
        "the fields are: ",
        meant,
    )


def test_reference_row_that_is_no_mapping(seeds: Path) -> None:
    """A reference row written without its column names crashes the build."""
    line = append(seeds / "reference/actors.yaml", "  - actor-belarus")
    assert_only(build_faults(seeds), "reference/actors.yaml", line, "not a row: actor-belarus")


def test_reference_for_no_table(seeds: Path) -> None:
    """A reference file with a misspelt name is read by nobody, and nobody is told."""
    (seeds / "reference/actors.yaml").rename(seeds / "reference/actor.yaml")
    assert_only(build_faults(seeds), "reference/actor.yaml", 1, "the file is for no table", "actors")


def test_coding_file_for_no_table(seeds: Path) -> None:
    """A coding file with a misspelt name is read by nobody, and nobody is told."""
    (seeds / SOURCE / "event.yaml").write_text("- event_id: event-x\n", encoding="utf-8")
    assert_only(build_faults(seeds), f"{SOURCE}/event.yaml", 1, "the file is for no table", "the tables are: events")


@pytest.mark.parametrize(
    ("file", "row"),
    [
        (f"{SOURCE}/gaps.yaml", "{table_name: actors, row_id: actor-belarus, column_name: x, reason: not_stated}"),
        (f"{SOURCE}/passages.yaml", f"{{passage_id: x, source_id: {SOURCE}, start: 1, end: 3}}"),
        (
            f"{SOURCE}/terms.yaml",
            "{term_id: stance.neutral, vocabulary: stance, term: neutral, label: x, definition: x}",
        ),
        ("reference/evidence.yaml", "{table_name: actors, row_id: actor-belarus, quote: Minsk, supports: [kind]}"),
    ],
)
def test_file_for_a_table_that_is_not_coded(seeds: Path, file: str, row: str) -> None:
    """Rows that the build makes itself are taken from a file, or crash it."""
    append(seeds / file, f"- {row}")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{file}:1: ")


# --- Values ---


def test_unknown_term(seeds: Path) -> None:
    """A value outside the closed vocabulary is taken, or its fault does not list what is allowed."""
    line = edit(seeds / ACTORS, "kind: state\n", "kind: stat\n", after=BELARUS)
    assert_only(
        build_faults(seeds),
        ACTORS,
        line,
        "actors.kind of actor-belarus is 'stat'",
        "the vocabulary actor_kind is closed",
        "did you mean 'state'? the terms of actor_kind are: state, government_body",
    )


def test_unknown_reason_of_a_gap(seeds: Path) -> None:
    """One misspelt reason is reported once for each column that it is given for."""
    line = edit(seeds / SOURCES, "reason: not_stated, columns: [publisher", "reason: not_statd, columns: [publisher")
    assert_only(build_faults(seeds), SOURCES, line, "not_statd", "gap_reason", "did you mean 'not_stated'?")


def test_unknown_stance(seeds: Path) -> None:
    """One misspelt stance is reported for each cell, and the cells as unexplained besides."""
    line = edit(seeds / SOURCES, "supports: [language]", "supports: [language], stance: suports")
    assert_only(build_faults(seeds), SOURCES, line, "suports", "stance", "did you mean 'supports'?")


def test_unknown_rule(seeds: Path) -> None:
    """Evidence is inferred by a rule that nobody wrote down."""
    line = edit(seeds / EVENTS, "rule: place_is_country", "rule: place_is_a_country", after=VISIT)
    assert_only(
        build_faults(seeds), EVENTS, line, "place_is_a_country", "inference_rule", "did you mean 'place_is_country'?"
    )


def test_unknown_field(seeds: Path) -> None:
    """A misspelt field is dropped without a word."""
    line = edit(seeds / ACTORS, "  kind: ", "  remark: It is a state.\n  kind: ", after=BELARUS)
    assert_only(
        build_faults(seeds),
        ACTORS,
        line,
        "unknown field remark",
        "it is no field of a row of actors",
        "the fields are: ",
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "after"),
    [
        pytest.param(EVENTS, "date_text: ", "date_earliest: 2025-08-01\n  date_text: ", VISIT, id="derived-column"),
        pytest.param(EVENTS, "role: visitor", "role: visitor, rank: 1", VISIT, id="in-a-nested-row"),
        pytest.param(SOURCES, "supports: [language]", "supports: [language], because: x", "", id="in-evidence"),
        pytest.param(SOURCES, "columns: [publisher", "why: x, columns: [publisher", "", id="in-a-gap"),
    ],
)
def test_unknown_field_elsewhere(seeds: Path, file: str, old: str, new: str, after: str) -> None:
    """A field that is the build's to fill, or that an item does not have, is dropped without a word."""
    line = edit(seeds / file, old, new, after=after)
    assert_only(build_faults(seeds), file, line, "unknown field ", "the fields are: ")


def test_misspelt_field_suggests_the_right_one(seeds: Path) -> None:
    """A misspelt column name is reported without the name that was meant."""
    line = edit(seeds / ACTORS, "  note: ", "  notes: ", after="actor_id: actor-article\n")
    assert_only(build_faults(seeds), ACTORS, line, "unknown field notes", "did you mean 'note'?")


def test_required_field_missing(seeds: Path) -> None:
    """A column that a row cannot be without is missing, and that is reported as three faults of other kinds."""
    row = line_of(seeds / ACTORS, f"- {BELARUS}")
    edit(seeds / ACTORS, "  kind: state\n", "", after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, row, "kind is missing", "cannot be without it", "add kind")


def test_wrong_boolean(seeds: Path) -> None:
    """A `yes` becomes true or false by chance, or the cell is called empty besides."""
    line = edit(seeds / ACTORS, "named: true", "named: yes", after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, line, "named is yes", "holds boolean", "write true or false")


def test_list_for_a_value(seeds: Path) -> None:
    """A list in a column of single values is stored as its text, or the cell is called empty besides."""
    line = edit(seeds / ACTORS, "kind: state\n", "kind: [state]\n", after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, line, "kind is a list or mapping", "write one value")


@pytest.mark.parametrize("written", ["2026-13", "last August", "2026-02-30", "2026-1X", "../2026-13", "2026-8", "0000"])
def test_bad_date(seeds: Path, written: str) -> None:
    """A date that no calendar has is published, crashes the build, or is reported twice."""
    line = edit(seeds / EVENTS, "date_edtf: XXXX-08", f"date_edtf: {written}", after=VISIT)
    assert_only(build_faults(seeds), EVENTS, line, "date_edtf", written, "EDTF", "2026")


def test_date_span_that_ends_before_it_starts(seeds: Path) -> None:
    """A span of dates runs backwards."""
    line = edit(seeds / EVENTS, "date_edtf: XXXX-08", "date_edtf: 2026-08/2026-03", after=VISIT)
    assert_only(
        build_faults(seeds),
        EVENTS,
        line,
        "date_edtf: '2026-08/2026-03' ends before it starts",
        "correct the date, for example",
    )


def test_empty_text(seeds: Path) -> None:
    """An empty text passes for a value, or for a null."""
    line = edit(seeds / ACTORS, "name: Belarus", 'name: ""', after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, line, "actors.name of actor-belarus is ''", "an empty text is no value")


# --- Evidence and gaps ---


def test_value_without_evidence(seeds: Path) -> None:
    """A value is published that rests on no words."""
    revenko = "actor_id: actor-revenko\n"
    edit(seeds / ACTORS, "supports: [kind, named]", "supports: [kind]", after=revenko)
    assert_only(
        build_faults(seeds),
        ACTORS,
        line_of(seeds / ACTORS, "named: ", after=revenko),
        "actors.named of actor-revenko has a value and no evidence",
        "every value rests on words of a source",
        "quote the words",
    )


def test_null_without_gap(seeds: Path) -> None:
    """A cell is empty and nobody says why."""
    edit(seeds / SOURCES, "columns: [publisher, ", "columns: [")
    assert_only(
        build_faults(seeds),
        SOURCES,
        line_of(seeds / SOURCES, "- source_id"),
        f"sources.publisher of {SOURCE} is empty and has no gap",
        "every null says why",
        "add a gap with a reason (not_stated, ",
    )


def test_value_with_a_gap(seeds: Path) -> None:
    """A cell has a value and a reason for having none."""
    edit(seeds / SOURCES, "columns: [publisher, ", "columns: [language, publisher, ")
    assert_only(
        build_faults(seeds),
        SOURCES,
        line_of(seeds / SOURCES, "language: "),
        f"sources.language of {SOURCE} has a value and a gap",
        "take one of them away",
    )


def test_null_with_evidence(seeds: Path) -> None:
    """An empty cell has evidence, for nothing."""
    edit(seeds / SOURCES, "supports: [language]", "supports: [language, publisher]")
    assert_only(
        build_faults(seeds),
        SOURCES,
        line_of(seeds / SOURCES, "- source_id"),
        f"sources.publisher of {SOURCE} is empty and has evidence",
        "write the value, or take the evidence away",
    )


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        pytest.param(
            "supports: [language]",
            "supports: [language, langage]",
            "supports names the column langage, which does not exist",
            "did you mean 'language'?",
            id="evidence-no-column",
        ),
        pytest.param(
            "supports: [language]",
            "supports: [language, sha256]",
            "supports names the column sha256, which takes no evidence or gap",
            "the columns to explain are: ",
            id="evidence-key-column",
        ),
        pytest.param(
            "columns: [publisher",
            "columns: [publishr, publisher",
            "columns names the column publishr, which does not exist",
            "did you mean 'publisher'?",
            id="gap-no-column",
        ),
    ],
)
def test_explanation_of_no_column(seeds: Path, old: str, new: str, what: str, remedy: str) -> None:
    """Evidence or a gap for a column that there is not, or that takes none, is dropped without a word."""
    line = edit(seeds / SOURCES, old, new)
    assert_only(build_faults(seeds), SOURCES, line, what, remedy)


def test_list_within_the_columns_supported(seeds: Path) -> None:
    """A list within the list of columns crashes the build."""
    line = edit(seeds / SOURCES, "supports: [language]", "supports: [language, [publisher]]")
    assert_only(build_faults(seeds), SOURCES, line, "supports")


def test_verbatim_value_not_spelled_as_quoted(seeds: Path) -> None:
    """A value said to be verbatim is not what its evidence reads."""
    line = edit(seeds / ACTORS, "name_as_printed: Masoud Puzhehan", "name_as_printed: Masoud Pezeshkian")
    edit(
        seeds / ACTORS,
        "  actor_offices:",
        "  evidence:\n    - {quote: Masoud Puzhehan, supports: [name_as_printed]}\n  actor_offices:",
        after="name_as_printed: Masoud Pezeshkian",
    )
    assert_only(
        build_faults(seeds),
        ACTORS,
        line,
        "'Masoud Pezeshkian' is not spelled as quoted",
        "name_as_printed is verbatim",
        "Masoud Puzhehan",
        "write the printed words",
    )


def test_verbatim_value_not_in_article(seeds: Path) -> None:
    """A value said to be verbatim, with no evidence of its own, stands nowhere in the article."""
    line = edit(seeds / ACTORS, "name_as_printed: Masoud Puzhehan", "name_as_printed: Masoud Pezeshkian")
    assert_only(build_faults(seeds), ACTORS, line, "the quote Masoud Pezeshkian is not in", "'Pezeshkian' for printed")


def test_ambiguous_gap_without_candidate(seeds: Path) -> None:
    """Words are called ambiguous and nobody says between what."""
    line = edit(seeds / EVENTS, "candidate: BLR, ", "", after=EXERCISE)
    assert_only(
        build_faults(seeds),
        EVENTS,
        line,
        "a gap that is ambiguous names no candidate",
        "each value that the words allow",
        "add the candidate",
    )


def test_undisclosed_gap_without_quote(seeds: Path) -> None:
    """A thing is called undisclosed and nobody says by which words."""
    line = edit(seeds / SOURCES, "reason: not_stated, columns: [publisher", "reason: undisclosed, columns: [publisher")
    assert_only(
        build_faults(seeds),
        SOURCES,
        line,
        "a gap that is undisclosed quotes no words",
        "leave the cell open",
        "add the quote",
    )


def test_candidate_of_a_gap_that_is_not_ambiguous(seeds: Path) -> None:
    """A gap with a candidate hides that the words are ambiguous."""
    line = edit(seeds / SOURCES, "columns: [publisher", "candidate: 2026, columns: [publisher")
    assert_only(build_faults(seeds), SOURCES, line, "names a candidate", "make the reason ambiguous")


def test_inference_without_rule(seeds: Path) -> None:
    """A value is inferred and nobody says by what rule."""
    line = edit(seeds / EVENTS, ", rule: place_is_country", "", after=VISIT)
    assert_only(
        build_faults(seeds),
        EVENTS,
        line,
        "evidence for place_country is inferred and has no rule",
        "what is inferred names its rule",
        "the rules are: ",
    )


def test_inference_in_a_column_of_another_origin(seeds: Path) -> None:
    """What is inferred stands in a column of what is judged."""
    line = edit(
        seeds / SOURCES, "supports: [language]", "supports: [language], basis: inferred, rule: place_is_country"
    )
    assert_only(build_faults(seeds), SOURCES, line, "the basis inferred does not fit language", "make it judged")


def test_contradiction_without_a_value(seeds: Path) -> None:
    """Words contradict a cell and nobody says what they assert instead."""
    line = edit(seeds / AGREEMENTS, ", asserted_value: finalized", "")
    assert_only(build_faults(seeds), AGREEMENTS, line, "contradicting evidence asserts no value", "add asserted_value")


# --- Cycles ---


def test_cycle_among_actors(seeds: Path) -> None:
    """Two actors each belong to the other."""
    staff = "actor_id: actor-general-staff-iran\n"
    changed = edit(seeds / ACTORS, "actor_id: actor-iran\n", "actor_id: actor-iranian-delegation\n", after=staff)
    assert line_of(seeds / ACTORS, "parent_actor_id: ", after=staff) == changed
    assert_only(
        build_faults(seeds),
        ACTORS,
        line_of(seeds / ACTORS, "parent_actor_id: ", after="actor_id: actor-iranian-delegation\n"),
        "a cycle among parents: actor-iranian-delegation -> actor-general-staff-iran -> actor-iranian-delegation",
        "nothing is part of itself",
        "break the cycle",
    )


@pytest.mark.parametrize("parent", ["provision-exercise", "provision-exercise-place"])
def test_cycle_among_provisions(seeds: Path, parent: str) -> None:
    """A provision is a part of itself, or of its own part."""
    exercise = "provision_id: provision-exercise\n"
    line = edit(seeds / PROVISIONS, "parent_provision_id: provision-initiatives", f"parent_provision_id: {parent}",
                after=exercise)  # fmt: skip
    assert_only(
        build_faults(seeds), PROVISIONS, line, "a cycle among parents: provision-exercise -> ", "break the cycle"
    )


# --- Files ---


def test_duplicate_key(seeds: Path) -> None:
    """The second of two equal keys silently wins."""
    line = edit(seeds / ACTORS, "  kind: state\n", "  kind: state\n  kind: group\n", after=BELARUS)
    assert_only(
        build_faults(seeds),
        ACTORS,
        line,
        "the key kind stands twice",
        f"it stands on line {line - 1} already",
        "keep one of them",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("  kind: state\n", "\tkind: state\n", id="tab"),
        pytest.param("  kind: state\n", "  kind: state: yes\n", id="two-colons"),
        pytest.param("  kind: state\n", " kind: state\n", id="indentation"),
        pytest.param("columns: [parent_actor_id]", "columns: [parent_actor_id", id="open-bracket"),
        pytest.param("kind: state\n", "kind: sta\x07te\n", id="control-character"),
    ],
)
def test_malformed_yaml(seeds: Path, old: str, new: str) -> None:
    """A file that is no YAML crashes the build, or brings faults about everything that it would have held."""
    line = edit(seeds / ACTORS, old, new, after=BELARUS)
    assert_only(build_faults(seeds), ACTORS, line, "malformed YAML", "mend the indentation, quotes or brackets here")


def test_yaml_alias(seeds: Path) -> None:
    """A value stands on a line other than where it counts, so that its faults point there."""
    edit(seeds / ACTORS, "kind: state\n", "kind: &kind state\n", after=BELARUS)
    line = edit(seeds / ACTORS, "kind: state\n", "kind: *kind\n", after="actor_id: actor-iran\n")
    assert_only(build_faults(seeds), ACTORS, line, "a YAML alias", "write the value out")


def test_not_a_list(seeds: Path) -> None:
    """A coding file without its list of rows is taken for an empty one."""
    (seeds / SOURCES).write_text(f"source_id: {SOURCE}\n", encoding="utf-8")
    assert_only(build_faults(seeds), SOURCES, 1, "not a list", "a coding file is a list of rows", "begin each row")


def test_changed_article_byte(seeds: Path) -> None:
    """An article is changed after it was coded, in a byte that no quote holds."""
    edit(seeds / ARTICLE, "partnership.\nThe announcement", "partnership. The announcement")
    assert_only(
        build_faults(seeds),
        SOURCES,
        line_of(seeds / SOURCES, "sha256: "),
        f"the bytes of {ARTICLE} are not those that were coded",
        "their SHA-256 is ",
        "restore the file; a new version of an article is a new source",
    )


def test_changed_article_word(seeds: Path) -> None:
    """An article is changed after it was coded, and only the quotes that it no longer has are reported."""
    edit(seeds / ARTICLE, "in Minsk", "in Mensk")
    pinned = f"{SOURCES}:{line_of(seeds / SOURCES, 'sha256: ')}: the bytes of {ARTICLE} are not those that were coded"
    assert [fault for fault in build_faults(seeds) if fault.startswith(pinned)]


@pytest.mark.parametrize("file", [ARTICLE, ACTORS, EVENTS, SOURCES, "reference/actors.yaml", CROSSWALK])
def test_bad_utf8(seeds: Path, file: str) -> None:
    """A byte that is no UTF-8 crashes the build, or brings faults about everything coded from the file."""
    content = (seeds / file).read_bytes()
    at = content.index(b"\n", len(content) // 2)
    (seeds / file).write_bytes(content[:at] + b"\xff" + content[at:])
    line = content.count(b"\n", 0, at) + 1
    assert_only(build_faults(seeds), file, line, f"byte {at} (0xff) is not UTF-8", "restore the file as UTF-8")


@pytest.mark.parametrize("content", [b"", b" \n\n"], ids=["no-byte", "white-space"])
@pytest.mark.parametrize("file", [ARTICLE, ACTORS, EVENTS, SOURCES, "reference/actors.yaml", CROSSWALK])
def test_empty_file(seeds: Path, file: str, content: bytes) -> None:
    """An empty file passes, or brings faults about everything that it would have held."""
    (seeds / file).write_bytes(content)
    assert_only(build_faults(seeds), file, 1, "the file is empty", "restore its content, or delete it")


def test_file_of_comments_only(seeds: Path) -> None:
    """A coding file whose rows are all commented out passes for one with no rows."""
    (seeds / ACTORS).write_text("# Nothing yet.\n", encoding="utf-8")
    assert_only(build_faults(seeds), ACTORS, 1, "the file is empty", "write its rows, or delete it")


def test_missing_article(seeds: Path) -> None:
    """A coding without its article passes, or brings faults about everything coded from it."""
    (seeds / ARTICLE).unlink()
    # That no article is left is the same mistake, and a note on the folder is taken for no flood.
    faults = [fault for fault in build_faults(seeds) if not fault.startswith(".:1: no article;")]
    assert_only(faults, ARTICLE, 1, "the file is missing", f"the coding folder {SOURCE}", "put the article's file here")


def test_missing_sources_file(seeds: Path) -> None:
    """An article that nothing is known of passes, or brings a fault for every link to it."""
    (seeds / SOURCES).unlink()
    assert_only(build_faults(seeds), SOURCES, 1, "the file is missing", "has none", "write it, with the sha256")


def test_missing_seeds_folder(tmp_path: Path) -> None:
    """A mistyped folder builds an empty package."""
    assert_only(build_faults(tmp_path / "sedes"), ".", 1, "there is no seeds folder", "create it")


# --- All at once ---


def test_all_faults_in_one_run_in_order(seeds: Path) -> None:
    """A build stops at its first fault, so that mending takes as many runs as there are faults; or their order varies."""
    expected = [
        (MENTIONS, mention(seeds, "quote: Zanzibar"), "is not in"),
        (ACTORS, edit(seeds / ACTORS, "named: ", "remark: x\n  named: ", after="actor-iran\n"), "unknown field"),
        (SOURCES, edit(seeds / SOURCES, "supports: [language]", "supports: [language, x]"), "does not exist"),
        ("reference/actors.yaml", edit(seeds / "reference/actors.yaml", "actor-russia", "nobody"), "unknown actor_id"),
    ]
    assert_all(build_faults(seeds), expected)


def test_all_broken_laws_in_one_run_in_order(seeds: Path) -> None:
    """The first law that is broken hides the others."""
    expected = [
        (ACTORS, edit(seeds / ACTORS, "kind: state\n", "kind: stat\n", after=BELARUS), "unknown term"),
        (EVENTS, edit(seeds / EVENTS, "XXXX-08", "2026-13", after=VISIT), "EDTF"),
        (EVENTS, edit(seeds / EVENTS, "voice_actor_id: ", "voice_actor_id: nobody # ", after=VISIT), "unknown id"),
    ]
    assert_all(build_faults(seeds), expected)


def assert_all(faults: list[str], expected: list[tuple[str, int, str]]) -> None:
    """The faults are those expected, in the order of their files and lines."""
    assert len(faults) == len(expected), faults
    for fault, (file, line, what) in zip(faults, sorted(expected), strict=True):
        assert_says(fault, file, line, what)


def test_unaccounted_word(seeds: Path) -> None:
    """A word of the article is neither coded nor listed as residue."""
    edit(seeds / RESIDUE, "- {passage: 7, quote: While, reason: connective}\n", "")
    line = line_of(seeds / ARTICLE, "While the specific location")
    assert_only(
        build_faults(seeds),
        ARTICLE,
        line,
        "the word 'While'",
        "is under no evidence and no residue",
        "every word is accounted for",
        "code what it says, or list it in residue",
    )


def test_unaccounted_word_beside_another_fault(seeds: Path) -> None:
    """A word that is not accounted for is found only by the next run, once a fault that has no bearing on it is mended."""
    edit(seeds / RESIDUE, "- {passage: 7, quote: While, reason: connective}\n", "")
    edit(seeds / ACTORS, "kind: state\n", "kind: stat\n", after=BELARUS)
    faults = build_faults(seeds)
    assert len(faults) == 2, faults
    assert_says(next(fault for fault in faults if "unknown term" not in fault), ARTICLE, 7, "the word 'While'")


# --- The command line ---


def run_build(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script in `folder`, on the seeds and dataset that are there."""
    command = [sys.executable, str(ROOT / "scripts/build.py"), "--seeds", "seeds", "--dataset", "dataset", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_faulty_seeds_leave_the_dataset_as_it_was(seeds: Path, package: Path) -> None:
    """A failed build publishes half of its output, or says so nowhere."""
    dataset = shutil.copytree(package, seeds.parent / "dataset")
    (dataset / "README.txt").write_text("Not the build's.\n", encoding="utf-8")
    before = files_of(dataset)
    first = edit(seeds / ACTORS, "kind: state\n", "kind: stat\n", after=BELARUS)
    second = mention(seeds, "quote: Zanzibar")
    run = run_build(seeds.parent)
    assert run.returncode == 1
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert lines[0].startswith(f"seeds/{ACTORS}:{first}: ")
    assert lines[1].startswith(f"seeds/{MENTIONS}:{second}: ")
    assert len(lines) == 3
    assert "2 fault(s); nothing was published" in lines[2]
    assert files_of(dataset) == before


def test_faulty_seeds_make_no_dataset(seeds: Path) -> None:
    """A failed build leaves an empty or partial folder where there was none."""
    mention(seeds, "quote: Zanzibar")
    assert run_build(seeds.parent).returncode == 1
    assert not (seeds.parent / "dataset").exists()


def test_good_seeds_print_every_table(seeds: Path, package: Path) -> None:
    """A build does not say what it has built, or builds something else the second time."""
    run = run_build(seeds.parent)
    assert (run.returncode, run.stderr) == (0, "")
    printed = [line.split() for line in run.stdout.splitlines()]
    counts = {file.stem: len(csv_rows(file)) for file in (package / "csv").iterdir()}
    assert {line[0]: int(line[1]) for line in printed if line[2:] == ["rows"]} == counts
    assert files_of(seeds.parent / "dataset") == files_of(package)


def csv_rows(file: Path) -> list[list[str]]:
    """The rows of a CSV file below its header."""
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]


def test_check_accepts_what_was_built(seeds: Path, package: Path) -> None:
    """The check rejects the build's own output, or leaves traces."""
    shutil.copytree(package, seeds.parent / "dataset")
    before = files_of(seeds.parent)
    run = run_build(seeds.parent, "--check")
    assert (run.returncode, run.stderr) == (0, "")
    assert files_of(seeds.parent) == before


def change_a_byte(file: Path) -> None:
    """Change the last byte but one."""
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        pytest.param("csv/events.csv", change_a_byte, "differs", id="changed-csv"),
        pytest.param("parquet/gaps.parquet", change_a_byte, "differs", id="changed-parquet"),
        pytest.param("datapackage.json", change_a_byte, "differs", id="changed-descriptor"),
        pytest.param("CODEBOOK.md", Path.unlink, "is missing", id="missing"),
        pytest.param("csv/extra.csv", Path.touch, "is not part of the package", id="extra"),
        pytest.param("my notes.txt", Path.touch, "is not part of the package", id="extra-with-a-space"),
    ],
)
def test_check_names_the_file_that_differs(
    seeds: Path, package: Path, name: str, change: Callable[[Path], None], what: str
) -> None:
    """An edited dataset passes the check, or the check mends it."""
    dataset = shutil.copytree(package, seeds.parent / "dataset")
    change(dataset / name)
    before = files_of(seeds.parent)
    run = run_build(seeds.parent, "--check")
    assert run.returncode == 1
    (fault, _) = run.stderr.splitlines()
    assert_says(fault, f"dataset/{name}", 1, f"{name} {what}", "run: python scripts/build.py")
    assert files_of(seeds.parent) == before


def test_check_of_a_missing_dataset(seeds: Path, package: Path) -> None:
    """The check passes, or crashes, where nothing was built."""
    run = run_build(seeds.parent, "--check")
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == len(files_of(package)) + 1
    (fault,) = [line for line in run.stderr.splitlines() if line.startswith("dataset/datapackage.json:")]
    assert_says(fault, "dataset/datapackage.json", 1, "datapackage.json is missing", "run: python scripts/build.py")
    assert not (seeds.parent / "dataset").exists()


def test_unknown_option(tmp_path: Path) -> None:
    """A mistyped option is ignored, and the build publishes all the same."""
    run = run_build(tmp_path, "--chekc")
    assert run.returncode == 2
    assert "--chekc" in run.stderr
    assert not (tmp_path / "dataset").exists()


# --- What comes from outside ---


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ('code: "057"', 'code: "075"', "unknown CAMEO code 075", "did you mean '057'?"),
        ("code_label: Sign formal agreement", "code_label: Sign", "is labelled Sign", "use that label"),
    ],
)
def test_cameo_code_that_the_list_does_not_have(seeds: Path, old: str, new: str, what: str, remedy: str) -> None:
    """A CAMEO code made up, or under a label of its own, is published."""
    line = edit(seeds / CROSSWALK, old, new)
    assert_only(build_faults(seeds), CROSSWALK, line, what, remedy)


def test_missing_code_list(seeds: Path) -> None:
    """Without the code list, codes go unchecked."""
    (seeds / "reference" / "cameo.csv").unlink()
    assert_only(build_faults(seeds), "reference/cameo.csv", 1, "the code list cannot be read", "restore it")


# --- Faults that follow from others ---


def test_flood_from_a_deleted_table(seeds: Path) -> None:
    """A coding file that is deleted is named a few times, not once for every row that links to it."""
    (seeds / ACTORS).unlink()
    faults = build_faults(seeds)
    assert len(faults) < 40
    assert any("no row of actors has it" in fault for fault in faults)


def test_flood_from_a_row_without_its_id(seeds: Path) -> None:
    """A row that lacks its id is named once, not once for every row that links to it."""
    line = line_of(seeds / ACTORS, BELARUS)
    edit(seeds / ACTORS, f"- {BELARUS}  ", "- ")
    assert_only(build_faults(seeds), ACTORS, line, "actor_id is missing")


def test_unclosed_quotation_mark(seeds: Path) -> None:
    """A quotation mark that is never closed is reported where reading failed, with no word of the row it is in."""
    line = line_of(seeds / ACTORS, BELARUS)
    edit(seeds / ACTORS, "name: Belarus\n", 'name: "Belarus\n')
    faults = build_faults(seeds)
    assert any("malformed YAML" in fault and f"begins on line {line}" in fault for fault in faults), faults
