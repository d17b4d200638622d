"""The coding of the article: the hard cases stay decided as the rules decide them, and nothing is merged or dropped."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SOURCE

import belarus_iran_pact as bip

EVENTS = {row["event_id"]: row for row in bip.load("events").to_pylist()}
ACTORS = {row["actor_id"]: row for row in bip.load("actors").to_pylist()}
PROVISIONS = {row["provision_id"]: row for row in bip.load("provisions").to_pylist()}
CLAIMS = {row["claim_id"]: row for row in bip.load("claims").to_pylist()}
CUES = {row["cue_id"]: row for row in bip.load("cues").to_pylist()}
CLAIM_CUES: dict[str, set[tuple[str, str]]] = defaultdict(set)
"""By claim, the kind and the words of the cues that stand on it."""
for _row in bip.load("claim_cues").to_pylist():
    CLAIM_CUES[_row["claim_id"]].add((CUES[_row["cue_id"]]["kind"], CUES[_row["cue_id"]]["text"]))
CELLS: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
for _row in [*bip.load("evidence").to_pylist(), *bip.load("gaps").to_pylist()]:
    CELLS[(_row["table_name"], _row["row_id"], _row["column_name"])].append(_row)


@pytest.mark.parametrize("file", sorted((ROOT / "seeds" / SOURCE).glob("*.yaml")), ids=lambda file: file.stem)
def test_sentence_other_than_printed(file: Path) -> None:
    """A sentence printed above a group is missing, or not the one that the group is coded from: it misleads coders."""
    sentences = {row["ordinal"]: row["text"] for row in bip.load("passages").to_pylist()}
    printed: set[int] = set()
    above: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        assert len(line) <= 160
        if line.startswith("- passage: "):
            ordinal = int(line.removeprefix("- passage: "))
            if ordinal not in printed or above:
                assert " ".join(text.lstrip("# ") for text in above) == f"{ordinal}. {sentences[ordinal]}"
            printed.add(ordinal)
        above = [*above, line] if line.startswith("#") else []


def test_minsk_at_the_signing() -> None:
    """Minsk carried from the finalization to the signing or to the August visit would be invented."""
    placed = {event for event, row in EVENTS.items() if row["place_id"] == "place-minsk"}
    assert placed == {"event-finalization", "event-minsk-meeting"}


@pytest.mark.parametrize("event", ["event-signing", "event-minsk-meeting", "event-announcement", "event-exercise"])
def test_date_that_nobody_states(event: str) -> None:
    """A date for what the article leaves undated would be invented."""
    row = EVENTS[event]
    assert row["date_edtf"] is row["date_inferred_edtf"] is row["date_earliest"] is row["date_latest"] is None


def test_year_of_the_august_visit() -> None:
    """A year stated for August, or bounds taken from a date without a year, would be more than the article says."""
    row = EVENTS["event-august-visit"]
    assert (row["date_edtf"], row["date_inferred_edtf"]) == ("XXXX-08", "2025?-08")
    assert (str(row["date_earliest"]), str(row["date_latest"])) == ("2025-08-01", "2025-08-31")
    assert {item["rule"] for item in CELLS[("events", "event-august-visit", "date_inferred_edtf")]} == {
        "year_before_plan"
    }


def test_host_of_the_exercise() -> None:
    """A host chosen for the exercise would be a guess: both countries are candidates, with the words."""
    gaps = CELLS[("events", "event-exercise", "place_id")]
    one_of = [gap for gap in gaps if gap["reason"] == "ambiguous"]
    assert sorted(gap["candidate"] for gap in one_of) == ["place-belarus", "place-iran"]
    assert all("one of the two nations" in gap["quote"] for gap in one_of)
    (undisclosed,) = (gap for gap in gaps if gap not in one_of)
    assert undisclosed["reason"] == "undisclosed" and "have not been disclosed" in undisclosed["quote"]
    roles = [row["role"] for row in bip.load("event_actors").to_pylist() if row["event_id"] == "event-exercise"]
    assert "host" not in roles


def test_misspelt_name_mended_silently() -> None:
    """A name corrected without keeping what is printed would put words into the article."""
    row = ACTORS["actor-pezeshkian"]
    assert (row["name"], row["name_as_printed"]) == ("Masoud Pezeshkian", "Masoud Puzhehan")


def test_potential_reaching_the_whole_list() -> None:
    """A hedge that reaches further than its word makes certain provisions potential."""
    potential = {name for name, row in PROVISIONS.items() if row["commitment"] == "potential"}
    assert potential == {"provision-co-development"}


def test_speculated_motive_among_the_provisions() -> None:
    """Topics, motives and remarks are not what was agreed."""
    wordings = " ".join(row["wording"] for row in PROVISIONS.values())
    assert not any(word in wordings for word in ("missile", "cyber", "food", "third parties"))


def test_troops_and_equipment_merged() -> None:
    """Troops and equipment from both countries are four facts."""
    parts = [row for row in PROVISIONS.values() if row["parent_provision_id"] == "provision-exercise-forces"]
    assert len(parts) == 4


@pytest.mark.parametrize(
    ("voice", "kinds"),
    [
        ("actor-analysts", {"exercise-demonstrates-commitment"}),
        ("actor-regional-observers", {"belarus-prioritizes-iran-over-russia"}),
        ("actor-lukashenko", {"belarus-open-to-any-topic", "closed-topics", "partnership-against-third-parties"}),
        ("actor-pezeshkian", set()),
    ],
)
def test_words_put_into_a_mouth(voice: str, kinds: set[str]) -> None:
    """What a voice puts forward is what the article attributes to it, and nothing else."""
    own = {name for name, row in CLAIMS.items() if row["voice_actor_id"] == voice and not row["presupposed"]}
    assert own == {f"claim-{kind}" for kind in kinds}


@pytest.mark.parametrize("claim", ["closed-topics", "partnership-against-third-parties", "timing-disclosed"])
def test_negation_lost(claim: str) -> None:
    """A denial without its negation would say the opposite."""
    row = CLAIMS[f"claim-{claim}"]
    assert row["factuality"] == "CT-"
    assert CLAIM_CUES[row["claim_id"]] & {("negation", "no"), ("negation", "not")}


def test_analysts_suggestion_taken_for_fact() -> None:
    """What analysts suggest commits neither them to more than a possibility nor the article to anything."""
    row = CLAIMS["claim-exercise-demonstrates-commitment"]
    assert (row["factuality"], row["author_factuality"]) == ("PS+", "Uu")
    assert ("hedge", "could") in CLAIM_CUES[row["claim_id"]]


def test_diversification_and_shift_alike() -> None:
    """The suggestion and its being taken for granted one sentence later differ."""
    suggested, shift = CLAIMS["claim-partnerships-diversify"], CLAIMS["claim-shift-happens"]
    assert (suggested["factuality"], suggested["presupposed"]) == ("PR+", False)
    assert (shift["factuality"], shift["presupposed"]) == ("CT+", True)


def test_signing_finalization_announcement_merged() -> None:
    """Signed, finalized, announced and confirmed are four events; the first two are linked as maybe the same."""
    links = {(row["event_id"], row["relation"], row["related_event_id"]) for row in bip.load("event_links").to_pylist()}
    assert {"event-signing", "event-finalization", "event-announcement", "event-confirmation"} <= set(EVENTS)
    assert ("event-signing", "maybe_same_as", "event-finalization") in links


@pytest.mark.parametrize(("table", "least"), [("actors", 30), ("claims", 100), ("provisions", 14), ("mentions", 95)])
def test_coding_grown_thin(table: str, least: int) -> None:
    """A table much thinner than independent codings of this article has merged or dropped something."""
    assert bip.load(table).num_rows >= least


def test_residue_grown_fat() -> None:
    """Words swept into residue would be words not coded."""
    connectives = [row for row in bip.load("residue").to_pylist() if row["reason"] != "boilerplate"]
    assert len(connectives) <= 12
    assert max(len(row["text"].split()) for row in connectives) == 1
