"""The rules of the manual: each law's check is put to cases, and notices a row that breaks the rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, build_faults, edit, line_of
from test_laws import PUBLISHED, Edited, change, fill, filled, first, more

from belarus_iran_pact import __version__
from belarus_iran_pact.core.content import Content
from belarus_iran_pact.core.laws import executable, laws_of
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.verify import verify_package
from belarus_iran_pact.models import DATASET
from belarus_iran_pact.rules import BY_EVERY_LAW, CODES, RULES, certainty_of, date_of, judged, laws_by_rule, untested

Breaker = Callable[[Edited], Any]
ELSEWHERE = {"start_char": 0, "end_char": 9}
HEADLINE = PUBLISHED["passages"]["passage_id"][0].as_py()


def removed(table: str, **wanted: Any) -> Breaker:
    """Take away the first row that has what is wanted."""
    return lambda tables: tables[table].remove(first(tables[table], **wanted))


def other_words(table: str, column: str, **wanted: Any) -> Breaker:
    """Let a cell rest on the article's first word."""

    def breaker(tables: Edited) -> None:
        evidence = first(tables["evidence"], table_name=table, column_name=column, **wanted)
        for row in tables["evidence"]:
            if all(row[name] == evidence[name] for name in ("table_name", "row_id", "column_name")):
                row.update(ELSEWHERE | {"quote": "Exclusive", "passage_id": HEADLINE})

    return breaker


def reversed_link(tables: Edited) -> None:
    link = tables["event_links"][0]
    ends = {"event_id": link["related_event_id"], "related_event_id": link["event_id"]}
    more("event_links", **ends, event_link_id="event-link-extra")(tables)


def turned_round(tables: Edited) -> None:
    link = first(tables["event_links"], relation="maybe_same_as")
    link["event_id"], link["related_event_id"] = link["related_event_id"], link["event_id"]


def swapped_claims(tables: Edited) -> None:
    claims = tables["claims"]
    claims[0], claims[-1] = claims[-1], claims[0]


def cue_over_its_scope(tables: Edited) -> None:
    cue = first(tables["cues"], cue_id="cue-4-confirmed")
    cue["start_char"], cue["end_char"] = cue["scope_start_char"], cue["scope_end_char"]


def said_twice(tables: Edited) -> None:
    one, other, *_ = [row for row in tables["claims"] if row["voice_actor_id"] == "actor-article"]
    other["proposition"] = one["proposition"]


def of_event(column: str, value: Any, event: str) -> Breaker:
    return change("events", column, value, event_id=f"event-{event}")


def of_actor(column: str, value: Any, actor: str) -> Breaker:
    return change("actors", column, value, actor_id=f"actor-{actor}")


def of_claim(column: str, value: Any, claim: str) -> Breaker:
    return change("claims", column, value, claim_id=f"claim-{claim}")


TRAINING = {"event_id": "event-training"}
CONTENT = {"row_id": "provision-training"}

BROKEN: dict[tuple[str, str], Breaker] = {
    ("11b", "Q1"): change("evidence", "end_char", lambda end: end - 1, quote=lambda quote: quote[-2:].isalpha()),
    ("11c", "M1"): removed("mentions", text="Belarus", form="name"),
    ("11c", "Q3"): of_actor("name_as_printed", "Revenko", "revenko"),
    ("11d", "M2"): change("mentions", "text", lambda text: f"{text}’s", form="name"),
    ("11d", "M3"): change("mentions", "form", "name", text="their"),
    ("11d", "M4"): fill("mentions", ELSEWHERE, provision_id=filled),
    ("11d", "M5"): change("mentions", "text", "joint"),
    ("11e", "A2"): of_actor("kind", "state", "moscow"),
    ("11e", "A4"): of_actor("parent_actor_id", None, "headline"),
    ("11e", "A5"): of_actor("kind", "group", "belarus"),
    ("11e", "A6"): of_actor("named", True, "analysts"),
    ("11e", "A7"): removed("gaps", row_id="actor-belarus", column_name="parent_actor_id"),
    ("11e", "A8"): of_actor("country", "RUS", "revenko"),
    ("11e", "N10"): of_actor("cow_code", 370, "russia"),
    ("11f", "A9"): of_actor("note", None, "pezeshkian"),
    ("11f", "X2"): change("discrepancies", "resolution", "corrected", kind="internal_tension"),
    ("11g", "W1"): change("places", "country", "IRN", place_id="place-belarus"),
    ("11g", "W2"): of_event("place_id", "place-minsk", "august-meeting"),
    ("11g", "W3"): of_event("place_precision", "unplaced", "august-visit"),
    ("11h", "D1"): of_event("date_edtf", "XXXX-09", "august-visit"),
    ("11h", "D2"): of_event("date_inferred_edtf", "2024?-08", "august-visit"),
    ("11h", "Q2"): other_words("events", "date_edtf"),
    ("11i", "E7"): of_event("status", "ongoing", "training"),
    ("11i", "E9"): of_event("cameo_code", "042", "minsk-meeting"),
    ("11i", "G1"): change("gaps", "reason", "not_applicable", row_id="event-minsk-meeting", column_name="plover_mode"),
    ("11j", "E5"): change("event_actors", "actor_id", "actor-analysts", role="speaker"),
    ("11j", "E10"): other_words("event_actors", "role", rule=None),
    ("11j", "E11"): change("event_actors", "role", "visitor", event_id="event-minsk-meeting"),
    ("11j", "E12"): change("event_actors", "role", "initiator", event_id="event-potential-sanctions"),
    ("11j", "P9"): other_words("provision_actors", "role", rule=None),
    ("11k", "E8"): of_event("provision_id", None, "training"),
    ("11k", "L4"): change("event_links", "relation", "follows", relation="part_of"),
    ("11k", "P3"): other_words("provisions", "wording"),
    ("11k", "P4"): change("provisions", "voice_actor_id", "actor-revenko", parent_provision_id=filled),
    ("11k", "P8"): of_event("factuality", "PS+", "training"),
    ("11l", "E8"): of_event("agreement_id", None, "confirmation"),
    ("11l", "L1"): reversed_link,
    ("11l", "L2"): change("event_links", "relation", "announces", relation="part_of"),
    ("11l", "L3"): fill("event_links", {"event_id": "event-august-visit", "related_event_id": "event-cooperation-2026"}, relation="follows"),
    ("11l", "L5"): change("event_links", "relation", "maybe_same_as", relation="occurs_during"),
    ("11l", "L6"): turned_round,
    ("11l", "L7"): change("event_links", "related_event_id", "event-signing", relation="maybe_part_of"),
    ("11l", "L8"): removed("event_links", event_id="event-delegation-discussions", relation="maybe_part_of"),
    ("11m", "P1"): change("agreements", "laterality", "multilateral"),
    ("11m", "P2"): change("agreement_actors", "role", "negotiator", role="announcer"),
    ("11n", "P6"): change("provisions", "area", "logistics", area="training"),
    ("11n", "P7"): change("provisions", "commitment", "agreed", commitment="potential"),
    ("11n", "P8"): change("provisions", "content_factuality", "CT+", content_factuality="Uu"),
    ("11o", "C15"): change("claims", "proposition", "He has a plan."),
    ("11o", "E13"): change("events", "label", lambda label: f"{label}."),
    ("11o", "P5"): change("provisions", "label", "Co-development", commitment="potential"),
    ("11p", "E6"): of_event("voice_actor_id", "actor-headline", "august-visit"),
    ("11p", "Q2"): other_words("claims", "voice_actor_id", value="actor-revenko"),
    ("11p", "V1"): of_claim("voice_actor_id", "actor-article", "agreement-finalized"),
    ("11p", "V3"): change("claim_cues", "cue_id", "cue-3-shared", cue_id="cue-9-suggest"),
    ("11p", "V4"): change("claims", "voice_actor_id", "actor-article", voice_actor_id="actor-regional-observers"),
    ("11p", "V5"): of_claim("voice_actor_id", "actor-headline", "signing-official"),
    ("11q", "F4"): change("claims", "author_factuality", "CT+", quoted=True),
    ("11q", "F5"): other_words("claims", "author_factuality", row_id="claim-headline-2026"),
    ("11r", "F1"): other_words("events", "factuality", value="PS+"),
    ("11r", "F2"): of_claim("factuality", "PR+", "closed-topics"),
    ("11r", "F3"): fill("cues", {"scope_start_char": 0, "scope_end_char": 9}, kind="negation"),
    ("11r", "K5"): removed("claim_cues", cue_id="cue-4-confirmed"),
    ("11r", "Q2"): other_words("claims", "factuality", value="PS+"),
    ("11r", "Q4"): cue_over_its_scope,
    ("11r", "V2"): fill("cues", {"scope_start_char": 0, "scope_end_char": 9}, cue_id="cue-4-confirmed"),
    ("11s", "K1"): change("cues", "actor_id", None, kind="attribution"),
    ("11s", "K2"): change("cues", "text", lambda text: text.strip("‘’"), kind="quotation"),
    ("11s", "K3"): change("cues", "kind", "hedge", kind="negation"),
    ("11s", "K4"): change("cues", "scope_start_char", 0),
    ("11t", "C1"): said_twice,
    ("11t", "C2"): lambda tables: tables["claim_about"].clear(),
    ("11t", "C10"): change("claim_about", "actor_id", "actor-iran", actor_id="actor-office-president-belarus"),
    ("11t", "C11"): lambda tables: tables["claim_about"].clear(),
    ("11t", "C14"): swapped_claims,
    ("11u", "C16"): change("claims", "kind", "context", kind="speculation"),
    ("11u", "C17"): change("claims", "presupposed", True, factuality="Uu"),
    ("11u", "C18"): change("claims", "quoted", True, quoted=False),
    ("11u", "C19"): change("claims", "restates_claim_id", None, restates_claim_id=filled),
    ("11t", "C20"): change("claim_about", "role", "topic", role="subject"),
    ("11v", "X1"): change("discrepancy_sides", "side", "second"),
    ("11w", "O1"): change("open_questions", "quote", None, status="undisclosed"),
}  # fmt: skip


def breached(number: str, tables: Edited) -> list[str]:
    """The rules that a law finds broken."""
    (law,) = [law for law in RULES if law.number == number]
    content = Content(DATASET, PUBLISHED | arrow_tables(DATASET, tables), limit=None)
    return [
        match[1] for breach in law.check(content) if (match := re.search(r"by rule (\w+) of the manual", breach.why))
    ]


@pytest.mark.parametrize(("number", "rule"), BROKEN, ids=" ".join)
def test_broken_rule(number: str, rule: str) -> None:
    """A row breaks a rule of the manual, and the law that is said to check it sees nothing."""
    tables = Edited()
    BROKEN[(number, rule)](tables)
    assert rule in breached(number, tables)


def test_rule_that_no_case_tests() -> None:
    """A rule is said to hold though no row puts it to the test, or no example breaks it."""
    assert untested(Content(DATASET, PUBLISHED, limit=None)) == []
    stated = {(law.number, rule) for law in RULES for rule in law.rules}
    assert stated == set(judged(Content(DATASET, PUBLISHED, limit=None))) == set(BROKEN)
    assert all(not breached(law.number, Edited()) for law in RULES)


def test_rule_that_nothing_tests_unsaid() -> None:
    """Rules of discrepancies count as checked where there is no discrepancy."""
    tables = Edited()
    tables["discrepancies"].clear()
    tables["discrepancy_sides"].clear()
    found = untested(Content(DATASET, PUBLISHED | arrow_tables(DATASET, tables), limit=None))
    assert {rule.partition(" ")[0] for rule in found} == {"X1", "X2"}


def test_law_skipped_unsaid() -> None:
    """Laws of this version's manual are asked of a package of another version, or are skipped and it is not said."""
    asked, not_asked = (verify_package(ROOT / "dataset", DATASET, version) for version in (__version__, "0.0.1"))
    assert asked.not_asked == () and "not asked" not in str(asked)
    assert {law.number for law in RULES} < set(not_asked.not_asked)
    assert "not asked, since the package is of another version: laws 7e, 11a, 11b" in str(not_asked)


def test_rules_of_manual_and_laws() -> None:
    """A law of every dataset is said to check a rule, and there is no such law or rule."""
    rules = PUBLISHED["rules"].to_pylist()
    assert set(BY_EVERY_LAW) <= {law.number for law in laws_of(DATASET)}
    assert {row["rule_id"]: row["laws"] for row in rules if row["laws"]} == {
        rule: ";".join(laws) for rule, laws in laws_by_rule().items()
    }


def test_share_of_manual() -> None:
    """The share that is printed is not that of the rows."""
    rules = PUBLISHED["rules"].to_pylist()
    judgement = sum(row["status"] == "judgement" for row in rules)
    assert executable(DATASET, rules).startswith(f"{len(rules) - judgement} of the manual's {len(rules)} rules")


def test_rule_without_row(seeds: Path) -> None:
    """A rule is added to the manual, or taken away, and nothing says how it is checked."""
    manual, reference = seeds / "CODING.md", seeds / "reference" / "rules.yaml"
    edit(manual, "- **A3** ", "- **A33** ")
    (fault,) = build_faults(seeds)
    assert fault.startswith(f"reference/rules.yaml:{line_of(reference, 'A3,')}: unknown rule_id A3; ")
    edit(reference, "rule_id: A3,", "rule_id: A33,")
    assert build_faults(seeds) == []
    edit(manual, "- **A4** ", "- **A3** One more.\n- **A4** ")
    faults = build_faults(seeds)
    assert [fault for fault in faults if fault.startswith(f"CODING.md:{line_of(manual, '- **A3** ')}: rules.status")], (
        faults
    )


def test_manual_cites_other_laws(seeds: Path) -> None:
    """A rule of the manual cites no law, one that does not check it, or one where a coder alone decides."""
    manual = seeds / "CODING.md"
    text = manual.read_text(encoding="utf-8")
    laws = laws_by_rule()
    ends = {rule: text.index(f" [{', '.join(laws[rule])}]\n", text.index(f"- **{rule}** ")) for rule in ("W2", "E9")}
    lines = {rule: text.count("\n", 0, at) + 1 for rule, at in ends.items()}
    edit(manual, f" [{', '.join(laws['E9'])}]\n", "\n", after="- **E9** ")
    edit(manual, f"[{', '.join(laws['W2'])}]\n", "[11z]\n", after="- **W2** ")
    assert [fault.partition(";")[0] for fault in build_faults(seeds)] == [
        f"CODING.md:{lines['W2']}: the rule W2 cites 11z",
        f"CODING.md:{lines['E9']}: the rule E9 cites no law",
    ]


def test_codes_of_manual() -> None:
    """The table of codes in the manual and that of the law differ."""
    manual = (ROOT / "seeds" / "CODING.md").read_text(encoding="utf-8")
    table = manual[manual.index("| the act |") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    types = {name for _, cell, *_ in rows for name in re.findall(r"`(\w+)`", cell)}
    assert types == set(CODES)
    for _, cell, cameo, plover in rows:
        event, mode, *_ = [*plover.split(", "), "", ""]
        for name in re.findall(r"`(\w+)`", cell) if "or" not in cameo.split() else ():
            for code in re.findall(r"\d+", cameo) or [None]:
                known = {(one, other, how) for one, other, how in CODES[name]}
                expected = None if event == "none" else event, mode if mode.isalpha() else None
                assert (code, *expected) in known, (name, code, expected)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("in August", "XXXX-08"),
        ("last November", "XXXX-11"),
        ("on 3 May 2031", "2031-05-03"),
        ("May 3, 2031", "2031-05-03"),
        ("in 2026", "2026"),
        ("previously", None),
        ("on Monday", None),
        ("between May and June", None),
        ("on the 3rd", None),
    ],
)
def test_date_in_words(text: str, date: str | None) -> None:
    """A date in words is read as another, or taken for one that EDTF cannot express."""
    assert date_of(text) == date


@pytest.mark.parametrize(
    ("cues", "value"),
    [
        ([], "CT+"),
        ([("attribution", "confirmed")], "CT+"),
        ([("negation", "not")], "CT-"),
        ([("hedge", "may"), ("negation", "not")], "PS-"),
        ([("hedge", "is unlikely to")], "PR-"),
        ([("hedge", "the extent to which"), ("futurity", "will")], "Uu"),
        ([("hedge", "potential"), ("futurity", "provisions for")], "PS+"),
        ([("futurity", "is set to")], "CT+"),
        ([("hedge", "purportedly")], None),
    ],
)
def test_certainty_of_cues(cues: list[tuple[str, str]], value: str | None) -> None:
    """Cues are read as another factuality than the manual gives."""
    assert certainty_of(cues) == value
