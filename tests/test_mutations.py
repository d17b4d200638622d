"""No wrong code goes unnoticed: single changes of meaning, made at random but the same in every run, and the share that is noticed.

`pytest -n0 -s tests/test_mutations.py` prints the share by kind. Each kind has two floors, without the second readings and
with them: copies of values alone would reach any figure. What stays unseen, and why:

| kind | what no check sees |
| --- | --- |
| hedge dropped | propositions and labels are free text: only a word that the rules ask for, or a copy, is compared |
| candidate | which values an open cell may have is judged once; readings have the reason of the gap alone |
| evidence moved | other words of the same sentence that overlap what the rule asks for, or are for a cell of which no rule asks anything |
| evidence dropped | where the row's own quote is as good, the cell rests on that |
| attribution dropped | the claim then rests on the attribution of its cue, or of its group |
| scope of a cue, wording, printed date | other words of the sentence: the extent is a judgement, and spans are read once |
| rule of inference | that a rule is one of the column's is not asked; only some are recomputed |
| cue dropped from a claim | the strongest cue decides the value: a second one may go |
| status of a question | a question of a column is taken for one that a gap makes, and not read, though some are written by hand |
| order of claims | by the quotes only; claims with one quote have the order in which they were found |
| outside knowledge, rule | lists from elsewhere, and what the manual says of itself, are compared with nothing in the package |
| definition of a term, note, coder's words | free text that nothing repeats, where no pin holds it |
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import ROOT, SOURCE, build_faults, edit
from mutating import CELL_KINDS, CODED_CELLS, SEED_KINDS, Cell, Change, cells_of, changes_of
from test_verify import mend_descriptor, rewrite

import build
from belarus_iran_pact.core.codebook import codebook
from belarus_iran_pact.core.judging import slot_name
from belarus_iran_pact.core.laws import breaches, vanished
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Tables
from belarus_iran_pact.loading import verify
from belarus_iran_pact.models import DATASET, TABLES
from curation import normalise
from curation.faults import BuildFailed, Faults, Place
from curation.form import Coded, coded_rows
from curation.read import Entry, Fields, Seeds, Text, read_seeds
from curation.readings import FILE as READINGS_FILE
from curation.readings import READINGS, file_text, groups_in
from releasing.retired import FILE as RETIRED
from releasing.retired import read_retired

SEEDS = ROOT / "seeds"
OF_READINGS = (READINGS, "reliability")
PER_SEED_KIND, PER_CELL_KIND = 10, 20

FLOORS: dict[str, tuple[int, int]] = {
    # Changes in the seeds
    "factuality": (100, 100),
    "author_factuality": (100, 100),
    "content_factuality": (100, 100),
    "voice": (100, 100),
    "attribution dropped": (30, 30),
    "role": (90, 100),
    "actor of a role": (100, 100),
    "event type": (100, 100),
    "status": (30, 100),
    "CAMEO code": (100, 100),
    "PLOVER event": (100, 100),
    "PLOVER mode": (100, 100),
    "PLOVER contexts": (90, 100),
    "date": (100, 100),
    "inferred date": (100, 100),
    "printed date": (70, 70),
    "place": (100, 100),
    "place precision": (100, 100),
    "country": (100, 100),
    "kind of place": (50, 100),
    "agreement of an event": (80, 100),
    "provision of an event": (100, 100),
    "relation": (90, 100),
    "related event": (80, 100),
    "area": (50, 100),
    "commitment": (100, 100),
    "centerpiece": (0, 100),
    "wording": (30, 30),
    "kind of claim": (20, 100),
    "presupposed": (10, 100),
    "quoted": (100, 100),
    "restated claim": (100, 100),
    "role of what a claim is about": (50, 100),
    "what a claim is about": (60, 100),
    "kind of cue": (100, 100),
    "actor of a cue": (100, 100),
    "scope of a cue": (90, 90),
    "cue dropped from a claim": (70, 70),
    "hedge dropped": (20, 20),
    "quote moved": (60, 80),
    "evidence moved": (50, 50),
    "evidence dropped": (30, 30),
    "rule of inference": (70, 70),
    "reason of a gap": (100, 100),
    "candidate": (20, 20),
    "kind of actor": (100, 100),
    "named": (100, 100),
    "parent of an actor": (90, 100),
    "parent of a place": (0, 100),
    "parent of a provision": (30, 100),
    "printed name": (100, 100),
    "what is mentioned": (70, 100),
    "form of a mention": (90, 100),
    "mention dropped": (70, 100),
    "kind of discrepancy": (50, 100),
    "resolution": (70, 100),
    "claim of a side": (90, 100),
    "status of a question": (40, 100),
    "reason of residue": (0, 100),
    "row dropped": (100, 100),
    "order of claims": (70, 70),
    # Cells of published files
    "judged term": (95, 100),
    "judged link": (90, 100),
    "judged date": (100, 100),
    "role or link": (95, 95),
    "given id": (100, 100),
    "composed id": (100, 100),
    "derived": (100, 100),
    "view": (100, 100),
    "article or span": (95, 95),
    "printed words": (100, 100),
    "evidence": (100, 100),
    "gap": (100, 100),
    "readings": (0, 100),
    "outside knowledge": (40, 40),
    "definition of a term": (85, 85),
    "rule": (50, 50),
    "coder's words": (85, 85),
    "note": (0, 0),
}
"""By kind: how many in a hundred changes are noticed at least, without second readings and with them."""


class FirstFault(Faults):
    """Stops the build at its first fault: more are not asked for here."""

    def add(self, place: Place, what: str, why: str, remedy: str) -> None:
        super().add(place, what, why, remedy)
        self.raise_any()


@functools.cache
def read() -> tuple[Seeds, Seeds]:
    """The seeds as they are, without second readings and with them."""
    seeds = read_seeds(SEEDS, Faults())
    entries = [entry for entry in seeds.entries if entry.table != READINGS]
    for entry in entries:
        if TABLES[entry.table].table.rows_from != "cells":
            _CODED[id(entry)] = entry, coded_rows(entry, FirstFault())
    return Seeds(seeds.documents, entries, seeds.reference, seeds.rules), seeds


@functools.cache
def built(with_readings: bool) -> Tables:
    return tables_from(read()[with_readings])


_CODED: dict[int, tuple[Entry, list[Coded]]] = {}


def coded_once(entry: Entry, faults: Faults) -> list[Coded]:
    """The rows of an entry; made once for those that no change touches, which are the same objects each time."""
    known = _CODED.get(id(entry))
    if known is None or known[0] is not entry:
        return coded_rows(entry, faults)
    return known[1]


def tables_from(seeds: Seeds) -> Tables:
    """What the build makes of seeds that were read already, but for the views."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalise, "coded_rows", coded_once)
        patch.setattr(build, "Faults", FirstFault)
        patch.setattr(build, "read_seeds", lambda *_: seeds)
        patch.setattr(build, "views", lambda _: {})
        return build.tables_from(SEEDS)


@functools.cache
def published(with_readings: bool) -> tuple[Tables, dict[str, pa.Table]]:
    tables = build.tables_from(SEEDS)
    if not with_readings:
        tables |= {name: [] for name in OF_READINGS}
    return tables, arrow_tables(DATASET, tables)


def build_fails(change: Change, with_readings: bool) -> bool:
    """Whether the build stops at a change: at a fault, a broken law, or a published row that would vanish."""
    try:
        tables = tables_from(change.made(read()[with_readings]))
    except BuildFailed:
        return True
    earlier = arrow_tables(DATASET, built(with_readings))
    retired = read_retired(SEEDS / RETIRED, Faults())
    return any(vanished(DATASET, arrow_tables(DATASET, tables), earlier, retired))


def verify_fails(cell: Cell, with_readings: bool) -> bool:
    """Whether `verify` finds an edit made in every form, with the hashes mended, of a package that nothing pins."""
    tables, arrow = published(with_readings)
    edited = cell.made(tables)
    changed = arrow | arrow_tables(DATASET, {cell.table: edited})
    if any(breaches(DATASET, changed)):
        return True
    return codebook(DATASET, "", tables) != codebook(DATASET, "", tables | {cell.table: edited})


@functools.cache
def noticed(kind: str) -> tuple[int, int, int, tuple[str, ...]]:
    """How many changes of a kind are noticed without the readings, and with; how many were made; which go unnoticed."""
    changes: list[Change] | list[Cell]
    fails: Callable[[Any, bool], bool]
    if kind in SEED_KINDS:
        changes, fails = changes_of(kind, read()[0], built(False), PER_SEED_KIND), build_fails
    else:
        changes, fails = cells_of(kind, published(True)[0], PER_CELL_KIND), verify_fails
    alone = [change for change in changes if kind == "readings" or not fails(change, False)]
    # What is noticed without the readings is noticed with them: they only add to what is asked.
    both = [change for change in alone if fails(change, True)]
    unseen = tuple(str(change) for change in alone if change not in both)
    return len(changes) - len(alone), len(changes) - len(unseen), len(changes), unseen


@pytest.mark.slow
@pytest.mark.parametrize("kind", FLOORS)
def test_change_goes_unnoticed(kind: str) -> None:
    """More changes of a kind go unnoticed than did when its floors were set."""
    alone, both, made, unseen = noticed(kind)
    print(f"\n{kind:<34} {alone:>3} {both:>3} of {made}")
    assert made
    for number, floor in zip((alone, both), FLOORS[kind], strict=True):
        assert 100 * number >= floor * made, "\n".join(unseen)


@pytest.mark.slow
def test_most_changes_go_unnoticed() -> None:
    """Few changes were made, or of few kinds; or too many of all pass: changes in the seeds, edited cells of what is published."""
    assert {*FLOORS} == {*SEED_KINDS, *CELL_KINDS}
    assert len(SEED_KINDS) > 40
    total = 0
    for name, kinds, floor in (("seeds", SEED_KINDS, 90), ("files", CODED_CELLS, 95), ("all cells", CELL_KINDS, 80)):
        alone, both, made = (sum(noticed(kind)[at] for kind in kinds) for at in range(3))
        print(f"\n{name:<34} {alone:>3} {both:>3} of {made}: {alone / made:.1%} and {both / made:.1%}")
        assert 100 * both >= floor * made, name
        total += made if name != "files" else 0
    assert total >= 600


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["judged term", "outside knowledge", "definition of a term", "rule", "note"])
def test_cell_is_judged_otherwise_than_by_verify(package: Path, tmp_path: Path, kind: str) -> None:
    """An edit is counted as noticed though `verify` passes the package, or the other way round."""
    tables = published(False)[0]
    for number, cell in enumerate(cells_of(kind, tables, 3)):
        folder = shutil.copytree(package, tmp_path / str(number))
        rewrite(folder, cell.table, cell.made(tables), "csv", "parquet")
        mend_descriptor(folder)
        assert verify(folder).ok is not verify_fails(cell, False), cell


# --- What is not to be noticed ---


@dataclass(frozen=True)
class Reread:
    """What becomes of a second reading: it now has this value, too; or where `adjudicated`, it had it all along."""

    table: str
    row_id: str
    column: str
    value: str
    adjudicated: bool = False
    becomes: str | None = None

    def write(self, file: Path) -> None:
        """Write it into the file of readings."""
        groups = groups_in(file, Faults())
        (group,) = (item for item in groups if item.model is TABLES[self.table] and self.row_id in item.lines)
        at = [slot_name(slot) for slot in group.slots].index(self.column)
        line = group.lines.pop(self.row_id)
        group.lines[self.becomes or self.row_id] = (*line[:at], self.value, *line[at + 1 :])
        if self.adjudicated:
            ruling = {"row_id": self.row_id, "column_name": self.column, "first": line[at]}
            texts = {name: Text(value) for name, value in (ruling | {"decision": "second", "reason": "R"}).items()}
            group.adjudications[self.row_id, self.column] = Fields(Place(file), texts)
        file.write_text(file_text(groups), encoding="utf-8")


CORRECTIONS: dict[str, tuple[str, str, str, str, Reread | None]] = {
    "label": ("events", "event_id: event-signing\n", "sign a plan for military", "sign a plan for bilateral military", None),
    "note": ("actors", "actor_id: actor-x\n", "in one list only", "in one list, not in the other", None),
    "quote": ("claims", "claim-plan-comprehensive\n", "quote: a comprehensive plan", "quote: signed a comprehensive plan", None),
    "resolution": (
        "discrepancies", "discrepancy-exclusive\n", "resolution: unresolved", "resolution: body_preferred",
        Reread("discrepancies", "discrepancy-exclusive", "resolution", "body_preferred"),
    ),
    "resolution, adjudicated": (
        "discrepancies", "discrepancy-who-finalizes\n", "resolution: compatible", "resolution: unresolved",
        Reread("discrepancies", "discrepancy-who-finalizes", "resolution", "unresolved", adjudicated=True),
    ),
    "kind of claim": (
        "claims", "claim-signing-official\n", "kind: report", "kind: description",
        Reread("claims", "claim-signing-official", "kind", "description"),
    ),
    "kind of claim, adjudicated": (
        "claims", "claim-plan-comprehensive\n", "kind: assessment", "kind: description",
        Reread("claims", "claim-plan-comprehensive", "kind", "description", adjudicated=True),
    ),
    "kind of actor": (
        "actors", "actor_id: actor-military-personnel\n", "kind: group", "kind: military_body",
        Reread("actors", "actor-military-personnel", "kind", "military_body"),
    ),
    "contexts": (
        "events", "event_id: event-august-discussion\n", "plover_contexts: economic;military", "plover_contexts: military",
        Reread("events", "event-august-discussion", "plover_contexts", "military"),
    ),
    "status of a question": (
        "open_questions", "question-plan-contact\n", "status: partly",
        "status: answered\n      answer_table_name: provisions\n      answer_row_id: provision-exercise",
        Reread("open_questions", "question-plan-contact", "status", "answered"),
    ),
    "what is mentioned": (
        "mentions", "form: name, quote: Iran}\n", "- actor_id: actor-iranian-delegation\n      form: pronoun",
        "- actor_id: actor-general-staff-iran\n      form: pronoun",
        Reread("mentions", f"actor-iranian-delegation.{SOURCE}.613.618", "actor_id/...", "actor-general-staff-iran",
               becomes=f"actor-general-staff-iran.{SOURCE}.613.618"),
    ),
    "role of what a claim is about": (
        "claims", "claim-headline-military-cooperation\n", "object: event-cooperation-2026", "topic: event-cooperation-2026",
        Reread("claim_about", "claim-headline-military-cooperation.object.event-cooperation-2026", "role", "topic",
               becomes="claim-headline-military-cooperation.topic.event-cooperation-2026"),
    ),
}  # fmt: skip
"""By what is corrected: the file, after what, the old words and the new, and what becomes of the second reading."""


@pytest.mark.parametrize("what", CORRECTIONS)
def test_honest_correction_is_refused(tmp_path: Path, what: str) -> None:
    """A correction that has all that goes with it does not build at once."""
    seeds = shutil.copytree(SEEDS, tmp_path / "seeds")
    file, after, old, new, reread = CORRECTIONS[what]
    edit(seeds / SOURCE / f"{file}.yaml", old, new, after=after)
    if reread is not None:
        reread.write(seeds / SOURCE / READINGS_FILE)
    assert build_faults(seeds) == []
