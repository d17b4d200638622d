"""Retired ids: the build keeps them retired, and whoever follows their successors arrives at a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SOURCE, append, build_faults, edit, line_of

from releasing.retired import GIVEN

RETIRED = "retired.yaml"


def retire(seeds: Path, *items: str) -> int:
    """Write retired ids into the seeds; the line of the first."""
    file = seeds / RETIRED
    file.write_text("# Retired\n" + "".join(f"- {item}\n" for item in items), encoding="utf-8")
    return 2


def test_retired_id_is_used_again(seeds: Path) -> None:
    """A retired id is used again: whoever stored it would now find another thing under it."""
    file = seeds / SOURCE / "events.yaml"
    line = line_of(file, "- event_id: event-signing\n")
    retire(seeds, "{table: events, id: event-signing, reason: not an event}")
    (fault,) = build_faults(seeds)
    assert fault.startswith(
        f"{SOURCE}/events.yaml:{line}: the events row event-signing has a retired id; retired.yaml:2 "
    )


def test_retired_nested_id_is_used_again(seeds: Path) -> None:
    """A retired id is used again by a row that the build makes: passages and terms are not written by a coder."""
    retire(seeds, f"{{table: passages, id: {SOURCE}.s04, reason: no sentence}}")
    (fault,) = build_faults(seeds)
    assert f"the passages row {SOURCE}.s04 has a retired id" in fault


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{table: events, id: event-x}", "event-x has neither successor nor reason"),
        ("{id: event-x, reason: gone}", "table is missing"),
        ("{table: events, reason: gone}", "id is missing; the table events is there"),
        ("{table: event, id: event-x, reason: gone}", "unknown table event; a retired id is one of a table; did you mean 'events'?"),
        ("{table: mentions, id: m, reason: gone}", "an id of mentions is retired; its ids are composed"),
        ("{table: events, id: event-x, reasn: gone}", "unknown field reasn"),
        ("{table: events, id: event-x, successor: event-signin}", "event-x: event-signin is no row"),
        ("{table: events, id: event-x, successor: {a: b}}", "successor is not an id"),
        ("{table: events, id: [event-x], reason: gone}", "id is not a text"),
        ("{table: events, id: event-x, reason: ''}", "reason is not a text"),
        ("event-x", "not a row"),
    ],
    ids=lambda value: value[:60],
)  # fmt: skip
def test_bad_entry_passes(seeds: Path, item: str, said: str) -> None:
    """A bad entry passes: it explains nothing, or names a table or a successor that does not exist."""
    line = retire(seeds, item)
    faults = build_faults(seeds)
    assert faults
    assert all(fault.startswith(f"{RETIRED}:{line}: ") for fault in faults), faults
    assert any(said in fault for fault in faults), faults


def test_id_retired_twice(seeds: Path) -> None:
    """An id is retired twice, with two fates."""
    item = "{table: events, id: event-x, reason: gone}"
    retire(seeds, item, item)
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"{RETIRED}:3: event-x of events is retired twice; it stands on line 2 already")


def test_successors_go_in_a_circle(seeds: Path) -> None:
    """Successors go in a circle, or end at an id that was never there."""
    retire(
        seeds,
        "{table: events, id: event-x, successor: event-y}",
        "{table: events, id: event-y, successor: event-x}",
        "{table: events, id: event-z, successor: [event-signing, event-v]}",
    )
    first, second, third = build_faults(seeds)
    assert "event-x comes to be its own successor" in first
    assert "event-y comes to be its own successor" in second
    assert first.startswith(f"{RETIRED}:2: ")
    assert third.startswith(f"{RETIRED}:4: event-z: event-v is no row")


def test_good_entries_are_refused(seeds: Path) -> None:
    """Good entries are refused: one successor, several, a chain, two with the same heir, a reason, a whole table."""
    retire(
        seeds,
        "{table: events, id: event-a, successor: event-signing}",
        "{table: events, id: event-b, successor: [event-signing, event-announcement], reason: split}",
        "{table: events, id: event-c, successor: [event-a, event-b]}",
        "{table: claims, id: claim-a, reason: an event}",
        "{table: treaties, id: treaty-a, reason: see agreements}",
        "{table: treaties, reason: now agreements}",
    )
    assert build_faults(seeds) == []


def test_broken_file_is_passed_over(seeds: Path) -> None:
    """A broken file is passed over: retired ids would be free again."""
    append(seeds / RETIRED, "- {table: events")
    faults = build_faults(seeds)
    assert any(fault.startswith(f"{RETIRED}:") and "malformed YAML" in fault for fault in faults), faults


def test_successor_is_blamed_for_an_unreadable_file(seeds: Path) -> None:
    """A successor is blamed where a file cannot be read: one fault would drag another along."""
    retire(seeds, "{table: events, id: event-x, successor: event-signing}")
    edit(seeds / SOURCE / "events.yaml", "- event_id: event-signing", "- event_id: [event-signing")
    assert not [fault for fault in build_faults(seeds) if RETIRED in fault]


def test_repository_forgets_its_retired_ids(good_seeds: Path) -> None:
    """The repository forgets its retired ids: the file is not there, and its comment names other tables than the code."""
    comment = (good_seeds / RETIRED).read_text(encoding="utf-8").partition("\n\n")[0]
    assert set(GIVEN) == {
        "events",
        "actors",
        "agreements",
        "provisions",
        "claims",
        "discrepancies",
        "sources",
        "passages",
        "terms",
    }
    assert all(name in comment for name in GIVEN)
