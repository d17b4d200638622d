"""Retired ids: the build keeps them retired, and whoever follows their successors arrives at a row."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import SOURCE, append, build_faults, line_of

from releasing.retired import GIVEN

RETIRED = "retired.yaml"


def retire(seeds: Path, *items: str) -> None:
    """Write retired ids into the seeds, from line 2 on."""
    file = seeds / RETIRED
    file.write_text("# Retired\n" + "".join(f"- {item}\n" for item in items), encoding="utf-8")


def assert_faults(seeds: Path, entries: list[tuple[str, str | None]]) -> list[str]:
    """Of the entries, each has the fault that is said, and no other; the faults that stand elsewhere."""
    retire(seeds, *(item for item, _ in entries))
    faults = build_faults(seeds)
    for line, (item, said) in enumerate(entries, start=2):
        own = [fault for fault in faults if fault.startswith(f"{RETIRED}:{line}: ")]
        assert any(said in fault for fault in own) if said else not own, (item, faults)
    return [fault for fault in faults if not fault.startswith(f"{RETIRED}:")]


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
    ('{table: events, id: event-u, reason: "no\\u200bevent"}', "the reason has characters that are unseen"),
    ("event-x", "not a row"),
    ("{table: events, id: event-z, reason: gone}", None),
    ("{table: events, id: event-z, reason: gone}", "event-z of events is retired twice; it stands on line 13 already"),
]  # fmt: skip


def test_bad_entry_passes(seeds: Path) -> None:
    """A bad entry passes: it explains nothing, names a table that does not exist, or gives an id a second fate."""
    assert assert_faults(seeds, BAD) == []


FATES = [
    # Good: one successor, several, a chain, two with the same heir, a reason, a whole table.
    ("{table: events, id: event-a, successor: event-signing}", None),
    ("{table: events, id: event-b, successor: [event-signing, event-announcement], reason: split}", None),
    ("{table: events, id: event-c, successor: [event-a, event-b]}", None),
    ("{table: claims, id: claim-a, reason: an event}", None),
    ("{table: treaties, id: treaty-a, reason: see agreements}", None),
    ("{table: treaties, reason: now agreements}", None),
    ("{table: columns, id: claims.old, successor: [claims.statement, cues]}", None),
    ("{table: columns, id: treaties.old, reason: see agreements}", None),
    # In a circle, or ending nowhere
    ("{table: events, id: event-x, successor: event-y}", "event-x comes to be its own successor"),
    ("{table: events, id: event-y, successor: event-x}", "event-y comes to be its own successor"),
    ("{table: events, id: event-z, successor: [event-signing, event-v]}", "event-z: event-v is no row"),
    ("{table: events, id: event-w, successor: event-signin}",
     "event-w: event-signin is no row; who follows a successor must arrive at a row; did you mean 'event-signing'?"),
    ("{table: columns, id: claims.older, successor: claims.sentence}",
     "claims.older: claims.sentence is no row; who follows a successor must arrive at a row; did you mean"),
    # Used again, by a column, by a coded row and by one that the build makes
    ("{table: columns, id: claims.statement, reason: nobody reads it}", "the column claims.statement is there; retired.yaml:15 "),
    ("{table: events, id: event-minsk-meeting, reason: not an event}", None),
    (f"{{table: passages, id: {SOURCE}.s04, reason: no sentence}}", None),
]  # fmt: skip


def test_retired_id_is_used_again(seeds: Path) -> None:
    """A retired id is used again: who stored it finds another thing.

    Or successors go in a circle, or end at an id that was never there; or good entries are refused.
    """
    line = line_of(seeds / SOURCE / "events.yaml", "event_id: event-minsk-meeting\n")
    event, passage = assert_faults(seeds, FATES)
    assert event.startswith(
        f"{SOURCE}/events.yaml:{line}: the events row event-minsk-meeting has a retired id; retired.yaml:16 "
    )
    assert f"the passages row {SOURCE}.s04 has a retired id" in passage


def test_broken_file_is_passed_over(seeds: Path) -> None:
    """A broken file is passed over: retired ids would be free again."""
    append(seeds / RETIRED, "- {table: events")
    faults = build_faults(seeds)
    assert any(fault.startswith(f"{RETIRED}:") and "malformed YAML" in fault for fault in faults), faults


def test_repository_forgets_its_retired_ids(good_seeds: Path) -> None:
    """The repository forgets its retired ids: the file is not there, or its comment names other tables."""
    comment = (good_seeds / RETIRED).read_text(encoding="utf-8").partition("\n\n")[0]
    named = re.search(r"those of ([^.]*)\.", comment.replace("\n#", ""))
    assert named is not None
    assert set(re.findall(r"\w+", named[1])) - {"and"} == set(GIVEN)
