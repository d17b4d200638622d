"""Retired ids: the build keeps them retired, and whoever follows their successors arrives at a row."""

from __future__ import annotations

from pathlib import Path

from conftest import SOURCE, append, build_faults, line_of

from releasing.retired import GIVEN

RETIRED = "retired.yaml"


def retire(seeds: Path, *items: str) -> None:
    """Write retired ids into the seeds, from line 2 on."""
    file = seeds / RETIRED
    file.write_text("# Retired\n" + "".join(f"- {item}\n" for item in items), encoding="utf-8")


def test_retired_id_is_used_again(seeds: Path) -> None:
    """A retired id is used again, by a coded row or one that the build makes: who stored it finds another thing."""
    line = line_of(seeds / SOURCE / "events.yaml", "event_id: event-signing\n")
    retire(
        seeds,
        "{table: events, id: event-signing, reason: not an event}",
        f"{{table: passages, id: {SOURCE}.s04, reason: no sentence}}",
    )
    event, passage = build_faults(seeds)
    assert event.startswith(
        f"{SOURCE}/events.yaml:{line}: the events row event-signing has a retired id; retired.yaml:2 "
    )
    assert f"the passages row {SOURCE}.s04 has a retired id" in passage


BAD = [
    ("{table: events, id: event-x}", "event-x has neither successor nor reason"),
    ("{id: event-x, reason: gone}", "table is missing"),
    ("{table: events, reason: gone}", "id is missing; the table events is there"),
    ("{table: event, id: event-y, reason: gone}",
     "unknown table event; a retired id is one of a table; did you mean 'events'?"),
    ("{table: mentions, id: m, reason: gone}", "an id of mentions is retired; its ids are composed"),
    ("{table: events, id: event-x, reasn: gone}", "unknown field reasn"),
    ("{table: events, id: event-x, successor: {a: b}}", "successor is not an id"),
    ("{table: events, id: [event-x], reason: gone}", "id is not a text"),
    ("{table: events, id: event-x, reason: ''}", "reason is not a text"),
    ("event-x", "not a row"),
    ("{table: events, id: event-z, reason: gone}", None),
    ("{table: events, id: event-z, reason: gone}", "event-z of events is retired twice; it stands on line 12 already"),
]  # fmt: skip


def test_bad_entry_passes(seeds: Path) -> None:
    """A bad entry passes: it explains nothing, names a table that does not exist, or gives an id a second fate."""
    retire(seeds, *(item for item, _ in BAD))
    faults = build_faults(seeds)
    for line, (item, said) in enumerate(BAD, start=2):
        own = [fault for fault in faults if fault.startswith(f"{RETIRED}:{line}: ")]
        assert any(said in fault for fault in own) if said else not own, (item, faults)


def test_successors_go_in_a_circle(seeds: Path) -> None:
    """Successors go in a circle, or end at an id that was never there."""
    retire(
        seeds,
        "{table: events, id: event-x, successor: event-y}",
        "{table: events, id: event-y, successor: event-x}",
        "{table: events, id: event-z, successor: [event-signing, event-v]}",
        "{table: events, id: event-w, successor: event-signin}",
    )
    first, second, third, fourth = build_faults(seeds)
    assert "event-x comes to be its own successor" in first
    assert "event-y comes to be its own successor" in second
    assert first.startswith(f"{RETIRED}:2: ")
    assert third.startswith(f"{RETIRED}:4: event-z: event-v is no row")
    assert fourth.startswith(f"{RETIRED}:5: event-w: event-signin is no row; ")
    assert "did you mean 'event-signing'?" in fourth


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


def test_repository_forgets_its_retired_ids(good_seeds: Path) -> None:
    """The repository forgets its retired ids: the file is not there, or its comment names other tables."""
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
