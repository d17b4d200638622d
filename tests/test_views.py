"""The views: what they say. That they follow from the tables is a law."""

from __future__ import annotations

import belarus_iran_pact as bip
from belarus_iran_pact.models import DATASET
from belarus_iran_pact.views import views
from belarus_iran_pact.vocabularies import AGREEMENT_ROLE, EVENT_ROLE, Side

TABLES = {name: bip.load(name).to_pylist() for name in DATASET.tables}


def dyads(*events: str) -> list[tuple[str, str, str]]:
    return [
        (row["source_iso_alpha3"], row["target_iso_alpha3"], row["direction"])
        for row in TABLES["dyads"]
        if row["event_id"] in events
    ]


def test_mutual_pair_counted_twice() -> None:
    """A signing stands once, with both states on the same footing."""
    assert dyads("event-signing") == [("BLR", "IRN", "mutual")]


def test_direction_lost() -> None:
    """The visitor is the source, and the one who demands; the host and the one demanded of are targets."""
    assert dyads("event-august-visit") == [("IRN", "BLR", "directed")]
    assert dyads("event-moscow-demands") == [("RUS", "BLR", "directed")]


def test_people_and_bodies_not_resolved_to_their_state() -> None:
    """Presidents, officials and delegations stand for their states; the West is no state and has no dyad."""
    assert dyads("event-august-meeting", "event-minsk-meeting") == [("BLR", "IRN", "mutual")] * 2
    assert dyads("event-lukashenko-reiteration") == [("BLR", "RUS", "directed")]


def test_state_paired_with_itself() -> None:
    """A state and its own body are no dyad."""
    assert all(row["source_iso_alpha3"] != row["target_iso_alpha3"] for row in TABLES["dyads"])


def test_event_missing_from_the_timeline() -> None:
    """Each event is in the timeline once, dated ones first in order."""
    timeline = TABLES["timeline"]
    assert sorted(row["event_id"] for row in timeline) == sorted(row["event_id"] for row in TABLES["events"])
    assert [row["ordinal"] for row in timeline] == list(range(1, len(timeline) + 1))
    dated = [row["date_earliest"] for row in timeline if row["date_earliest"]]
    assert dated == sorted(dated)
    assert all(row["date_earliest"] for row in timeline[: len(dated)])


def test_inferred_date_told_as_stated() -> None:
    """The timeline says which part of a date is inferred, and why there is none."""
    told = {row["event_id"]: (row["when"], row["where"]) for row in TABLES["timeline"]}
    assert told["event-august-visit"][0] == "in August (inferred: 2025?-08)"
    assert told["event-exercise"] == ("undisclosed", "on the territory of one of the two nations (open: BLR or IRN)")
    assert told["event-signing"] == ("undated", "not stated")


def test_views_that_depend_on_order() -> None:
    """The views have the same rows whatever the order of the rows they are computed from, but for ties."""
    turned = {name: list(reversed(rows)) for name, rows in TABLES.items()}
    first = {row["dyad_id"]: row for row in views(TABLES)["dyads"]}
    assert {row["dyad_id"]: row for row in views(turned)["dyads"]} == first


def test_role_that_stands_on_no_side() -> None:
    """A role says nothing of what its holders do to others: the views crash at it, and the network draws it wrongly."""
    for roles in (EVENT_ROLE, AGREEMENT_ROLE):
        assert sorted(term for side in Side for term in roles.marked(side)) == sorted(roles.values())
