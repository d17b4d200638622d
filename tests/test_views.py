"""The views and derived columns: what they say, on small made-up rows. That they follow from the tables is a law."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact.core.edtf import bounds
from belarus_iran_pact.core.table import Rows, Tables, fields
from belarus_iran_pact.models import TABLES
from belarus_iran_pact.views import derived_values, views
from belarus_iran_pact.vocabularies import AGREEMENT_ROLE, EVENT_ROLE, FACTUALITY, Side

STATES = {"BLR": 370, "IRN": 630, "RUS": 365, "PSE": None}


def row_of(table: str, **values: Any) -> dict[str, Any]:
    """A row with these values, and nulls."""
    return dict.fromkeys(item.name for item in fields(TABLES[table])) | values


def made_up(
    events: dict[str, dict[str, Any]],
    links: tuple[tuple[str, str, str], ...] = (),
    roles: tuple[tuple[str, str, str], ...] = (),
) -> Tables:
    """Tables of events alone, with links (event, relation, event) and roles of actors (event, actor, role).

    The states are actors, by their codes. An event is dated by `date`, in EDTF; it has occurred, and is a meeting, unless it says
    otherwise.
    """
    tables: Tables = {name: [] for name in TABLES}
    common = {"type": "meeting", "status": "occurred", "factuality": "CT+", "author_factuality": "CT+"}
    for name, given in events.items():
        edtf = given.get("date")
        own = common | {column: value for column, value in given.items() if column != "date"}
        row = row_of("events", event_id=name, label=name, voice_actor_id="BLR", date_edtf=edtf, **own)
        row["date_earliest"], row["date_latest"] = bounds(edtf or "XXXX")
        row["date_basis"] = "stated" if edtf else "none"
        tables["events"].append(row)
    for left, relation, right in links:
        tables["event_links"].append(row_of("event_links", event_id=left, relation=relation, related_event_id=right))
    for event, actor, role in roles:
        names = {"event_actor_id": f"{event}.{actor}.{role}", "event_id": event, "actor_id": actor}
        tables["event_actors"].append(row_of("event_actors", **names, role=role, basis="stated"))
    for code, cow in STATES.items():
        codes = {"country": code, "iso_alpha3": code, "cow_code": cow, "gw_code": cow}
        tables["actors"].append(row_of("actors", actor_id=code, name=code, kind="state", named=True, **codes))
    derived = derived_values(tables)
    for column in ("happening_id", "count_once"):
        for row in tables["events"]:
            row[column] = derived[("events", column)][row["event_id"]]
    return tables


# --- Happenings ---


def happenings(tables: Tables) -> dict[str, str]:
    return {row["event_id"]: row["happening_id"] for row in tables["events"]}


@pytest.mark.parametrize("relation", ["maybe_same_as", "occurs_during", "part_of", "maybe_part_of"])
def test_happening_counted_twice(relation: str) -> None:
    """A visit, the meeting in it and the talks at that meeting count as three."""
    tables = made_up(
        {"talks": {"type": "talks"}, "meeting": {}, "visit": {"type": "visit"}},
        (("talks", relation, "meeting"), ("meeting", relation, "visit")),
    )
    assert len(set(happenings(tables).values())) == 1
    assert [row["count_once"] for row in tables["events"]].count(True) == 1
    if relation != "maybe_same_as":
        assert set(happenings(tables).values()) == {"visit"}


@pytest.mark.parametrize(
    ("left", "relation"), [("finalization", "occurs_during"), ("statement", "maybe_part_of"), ("meeting", "follows")]
)
def test_two_happenings_counted_once(left: str, relation: str) -> None:
    """A signing at a meeting, a remark at talks, or what only follows, is lost in another happening."""
    tables = made_up({"a": {"type": left}, "b": {}}, (("a", relation, "b"),))
    assert happenings(tables) == {"a": "a", "b": "b"}
    assert all(row["count_once"] for row in tables["events"])


def test_plan_counted_as_a_happening() -> None:
    """What is planned or possible is counted; or stands for what occurred, which then is not."""
    tables = made_up(
        {"plan": {"status": "planned"}, "guess": {"status": "hypothetical"}, "held": {}, "now": {"status": "ongoing"}},
        (("held", "maybe_same_as", "plan"),),
    )
    assert happenings(tables) == {"plan": "held", "guess": "guess", "held": "held", "now": "now"}
    assert {row["event_id"] for row in tables["events"] if row["count_once"]} == {"held", "now"}


# --- The timeline ---


def told(tables: Tables) -> list[str]:
    timeline = views(tables)["timeline"]
    assert [row["ordinal"] for row in timeline] == list(range(1, len(tables["events"]) + 1))
    return [row["event_id"] for row in timeline]


def test_later_told_before_earlier() -> None:
    """Days that do not overlap are told in the wrong order, where another event's days lie across both or have no end."""
    # `first` waits for an event without a date, so that it is the others that must wait.
    dates = {"open": "2026-02/..", "across": "2026-01-01/2026-01-10", "first": "2026-01-01/2026-01-05", "undated": None}
    tables = made_up({name: {"date": date} for name, date in dates.items()}, (("first", "follows", "undated"),))
    order = told(tables)
    assert order.index("undated") < order.index("first") < order.index("open")


@pytest.mark.parametrize(
    "relation", ["follows", "repeats", "announces", "confirms", "occurs_during", "part_of", "maybe_part_of"]
)
def test_effect_told_before_its_cause(relation: str) -> None:
    """An event is told before what it follows, announces, or is a part of."""
    assert told(made_up({"a": {}, "b": {}}, (("a", relation, "b"),))) == ["b", "a"]


def test_plan_told_before_its_announcement() -> None:
    """What is still to come is told before the announcement that it will, since that announces it."""
    assert told(made_up({"plan": {"status": "planned"}, "news": {}}, (("news", "announces", "plan"),))) == [
        "news",
        "plan",
    ]


def test_happening_torn_apart() -> None:
    """What comes after a happening under one of its descriptions is told before the others."""
    tables = made_up(
        {
            "finalization": {"type": "finalization"},
            "news": {"type": "announcement"},
            "signing": {"type": "signing"},
            "meeting": {},
        },
        (
            ("news", "announces", "signing"),
            ("signing", "maybe_same_as", "finalization"),
            ("finalization", "occurs_during", "meeting"),
        ),
    )
    assert told(tables) == ["meeting", "signing", "finalization", "news"]


def test_part_told_away_from_its_whole() -> None:
    """What may be a part, or the first time of what it repeats, is told long after the whole; or keeps the whole waiting."""
    tables = made_up(
        {
            "first": {"type": "visit", "date": "2026-01"},
            "other": {"type": "signing"},
            "remark": {"type": "statement"},
            "again": {"type": "statement"},
            "earlier": {"type": "statement"},
        },
        (("remark", "maybe_part_of", "first"), ("again", "maybe_part_of", "first"), ("again", "repeats", "earlier")),
    )
    assert told(tables) == ["first", "remark", "earlier", "again", "other"]


def test_circle_of_links_never_ends() -> None:
    """Links that contradict each other, or the dates, hang the build, or lose an event; dates hold all the same."""
    tables = made_up(
        {"b": {"date": "2026-02"}, "a": {"date": "2026-01"}, "c": {}, "d": {}},
        (("a", "follows", "b"), ("c", "follows", "d"), ("d", "follows", "c"), ("c", "follows", "c")),
    )
    order = told(tables)
    assert sorted(order) == ["a", "b", "c", "d"]
    assert order.index("a") < order.index("b")


def test_place_in_the_order_without_its_basis() -> None:
    """The timeline does not say what places a row: its date, a link, or nothing."""
    tables = made_up(
        {"dated": {"date": "2026"}, "linked": {}, "other": {}, "twin": {}, "alone": {}},
        (("linked", "follows", "dated"), ("twin", "maybe_same_as", "other")),
    )
    basis = {row["event_id"]: row["order_basis"] for row in views(tables)["timeline"]}
    assert basis == {"dated": "date", "linked": "link", "other": "link", "twin": "link", "alone": "status"}


def test_date_or_place_told_as_more_than_it_is() -> None:
    """The timeline tells an inferred date as stated, an open place as one, or what is undisclosed as undated."""
    tables = made_up(
        {
            "visit": {
                "date": "XXXX-08",
                "date_text": "in August",
                "date_inferred_edtf": "2025?-08",
                "place_id": "place",
            },
            "exercise": {"place_text": "in one of the two"},
            "post": {"place_text": "on X"},
            "talks": {},
        }
    )
    tables["places"] = [{"place_id": "place", "name": "Belarus"}, {"place_id": "other", "name": "Iran"}]
    gap = {"table_name": "events", "row_id": "exercise"}
    tables["gaps"] = [
        {**gap, "column_name": "date_text", "reason": "undisclosed", "candidate": None},
        {**gap, "column_name": "place_id", "reason": "ambiguous", "candidate": "place"},
        {**gap, "column_name": "place_id", "reason": "ambiguous", "candidate": "other"},
    ]
    assert {row["event_id"]: (row["date_words"], row["place"]) for row in views(tables)["timeline"]} == {
        "visit": ("in August (inferred: 2025-08, year uncertain)", "Belarus"),
        "exercise": ("undisclosed", "open: Belarus or Iran"),
        "post": ("undated", "on X"),
        "talks": ("undated", "not stated"),
    }


# --- Dyads ---

BOTH = (("a", "BLR", "participant"), ("a", "IRN", "participant"))


def dyads(tables: Tables) -> Rows:
    return views(tables)["dyads"]


def pairs(tables: Tables) -> list[tuple[str, str, str]]:
    return [(row["source_iso_alpha3"], row["target_iso_alpha3"], row["direction"]) for row in dyads(tables)]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("participant", "participant"), [("BLR", "IRN", "mutual")]),
        (("signatory", "signatory"), [("BLR", "IRN", "mutual")]),
        (("host", "visitor"), [("IRN", "BLR", "directed")]),
        (("target", "initiator"), [("IRN", "BLR", "directed")]),
        (("speaker", "addressee"), [("BLR", "IRN", "directed")]),
        (("speaker", "spoken_of"), []),
        (("speaker", "speaker"), []),
        (("initiator", "beneficiary"), []),
        (("participant", "channel"), []),
    ],
)
def test_pair_that_the_words_do_not_tell(roles: tuple[str, str], expected: list[tuple[str, str, str]]) -> None:
    """Whoever is only spoken of counts as acted on; or a pair on the same footing stands twice, or the wrong way round."""
    assert pairs(made_up({"a": {}}, (), (("a", "BLR", roles[0]), ("a", "IRN", roles[1])))) == expected


@pytest.mark.parametrize(("status", "count"), [("occurred", 1), ("ongoing", 1), ("planned", 0), ("hypothetical", 0)])
def test_plan_among_the_acts(status: str, count: int) -> None:
    """What is planned or possible is a row of acts; or what goes on is none."""
    assert len(dyads(made_up({"a": {"status": status}}, (), BOTH))) == count


def test_body_paired_with_its_state() -> None:
    """A body of a state is no actor of its state; or a state is paired with itself; or a bloc, or nobody's body, has a row."""
    tables = made_up({"a": {}}, (), (*BOTH, ("a", "staff", "participant"), ("a", "west", "participant")))
    tables["actors"].append(row_of("actors", actor_id="staff", name="Staff", kind="military_body", country="IRN"))
    tables["actors"].append(row_of("actors", actor_id="west", name="West", kind="bloc"))
    assert pairs(tables) == [("BLR", "IRN", "mutual")]
    tables["event_actors"] = [row for row in tables["event_actors"] if row["actor_id"] != "IRN"]
    assert pairs(tables) == [("BLR", "IRN", "mutual")]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("040", "057"), "057"),
        (("042", "046"), "046"),
        (("040", "042"), "042"),
        (("010", "040"), "040"),
        ((None, "010"), "010"),
        ((None, None), None),
    ],
)
def test_happening_under_the_wrong_code(codes: tuple[str | None, str | None], expected: str | None) -> None:
    """A happening has two rows; or it has another code than that which the code list lets take precedence, or its scores."""
    tables = made_up(
        {"a": {"cameo_code": codes[0]}, "b": {"cameo_code": codes[1], "type": "visit"}},
        (("a", "maybe_same_as", "b"),),
        (*BOTH, ("b", "BLR", "participant"), ("b", "IRN", "participant")),
    )
    tables["terms"] = [
        {"vocabulary": "cameo_code", "term": code, "goldstein": float(code), "quad_class": "verbal_cooperation"}
        for code in filter(None, codes)
    ]
    (row,) = dyads(tables)
    assert (row["cameo_code"], row["event_ids"], row["type"]) == (expected, "a;b", "meeting")
    assert row["goldstein"] == (float(expected) if expected else None)


def test_pair_under_the_code_of_others() -> None:
    """Who takes part in a meeting counts as a signatory, since two others sign there; or an act that names no pair is lost."""
    tables = made_up(
        {"a": {"cameo_code": "057"}, "b": {"cameo_code": "040"}, "c": {"cameo_code": "046"}},
        (("a", "maybe_same_as", "b"), ("c", "maybe_same_as", "b")),
        (*BOTH, ("b", "RUS", "participant"), ("b", "IRN", "participant")),
    )
    assert {
        (row["source_state"], row["target_state"]): (row["cameo_code"], row["event_ids"]) for row in dyads(tables)
    } == {
        ("BLR", "IRN"): ("057", "a;c"),
        ("IRN", "RUS"): ("046", "b;c"),
    }


def test_date_wider_than_known() -> None:
    """A happening has the wide date of one of its events though another has a narrow one; or a year out of several."""
    events: dict[str, dict[str, Any]] = {"a": {"date": "2025/2026"}, "b": {"date": "2025-08"}, "c": {}}
    links = (("a", "maybe_same_as", "b"), ("b", "maybe_same_as", "c"))
    (row,) = dyads(made_up(events, links, BOTH))
    assert (row["year"], row["date_earliest"], row["date_latest"], row["date_basis"]) == (
        2025,
        datetime.date(2025, 8, 1),
        datetime.date(2025, 8, 31),
        "stated",
    )
    (wide,) = dyads(made_up({"a": {"date": "2025/2026"}}, (), BOTH))
    assert (wide["year"], wide["date_basis"]) == (None, "stated")


def test_state_without_a_code() -> None:
    """A state that a code list leaves out crashes the build; or the number of a pair depends on who acts."""
    roles = (("a", "PSE", "participant"), ("a", "IRN", "visitor"), ("a", "BLR", "host"), ("a", "RUS", "participant"))
    found = {
        (row["source_state"], row["target_state"]): row["cow_dyad"] for row in dyads(made_up({"a": {}}, (), roles))
    }
    assert found == {("IRN", "BLR"): 370630, ("PSE", "RUS"): None}


@pytest.mark.parametrize(
    ("bases", "expected"), [(("stated", "stated"), "stated"), (("stated", "inferred"), "inferred")]
)
def test_inferred_pair_told_as_stated(bases: tuple[str, str], expected: str) -> None:
    """That a pair acts is told as said though it follows by a rule for one of them."""
    tables = made_up({"a": {}}, (), BOTH)
    for row, basis in zip(tables["event_actors"], bases, strict=True):
        row["basis"] = basis
    assert [row["basis"] for row in dyads(tables)] == [expected]


def test_views_that_depend_on_order() -> None:
    """The dyads have the same rows whatever the order of the rows they are computed from."""
    tables: Tables = {name: bip.load(name).to_pylist() for name in TABLES}
    turned = {name: list(reversed(rows)) for name, rows in tables.items()}
    assert {row["happening_dyad_id"]: row for row in dyads(turned)} == {
        row["happening_dyad_id"]: row for row in dyads(tables)
    }


def test_role_that_stands_on_no_side() -> None:
    """A role says nothing of what its holders do to others: the views crash at it, and the network draws it wrongly."""
    for roles in (EVENT_ROLE, AGREEMENT_ROLE):
        assert sorted(term for side in Side for term in roles.marked(side)) == sorted(roles.values())


# --- Statements ---

PERSON = {"name": "Ann Bee", "kind": "person"}
GROUP = {"name": "Observers of the region", "kind": "group", "named": False}
ARTICLE = {"name": "The article", "kind": "article_voice", "named": False}


def statement(
    voice: dict[str, Any],
    factuality: str,
    proposition: str,
    *cues: str,
    presupposed: bool = False,
    kind: str = "report",
) -> str:
    """The statement of a claim, with the kinds of the cues that stand on it."""
    tables = made_up({})
    tables["actors"].append(row_of("actors", **{"actor_id": "voice", "named": True, **voice}))
    claim = {"claim_id": "claim", "voice_actor_id": "voice", "factuality": factuality, "kind": kind}
    tables["claims"] = [row_of("claims", **claim, proposition=proposition, presupposed=presupposed)]
    tables["cues"] = [{"cue_id": cue, "kind": cue} for cue in cues]
    tables["claim_cues"] = [{"claim_id": "claim", "cue_id": cue} for cue in cues]
    return str(derived_values(tables)[("claims", "statement")]["claim"])


@pytest.mark.parametrize(
    ("factuality", "said", "granted"),
    [
        ("CT+", "says that", "takes it for granted that"),
        ("PR+", "presents it as probable that", "takes it for granted that it is probable that"),
        ("PS+", "presents it as possible that", "takes it for granted that it is possible that"),
        ("CT-", "denies that", "takes it for granted that it is not the case that"),
        ("PR-", "presents it as improbable that", "takes it for granted that it is improbable that"),
        (
            "PS-",
            "presents it as possible that it is not the case that",
            "takes it for granted that it is possible that it is not the case that",
        ),
        ("CTu", "knows whether", "takes it for granted that it is known whether"),
        ("Uu", "leaves it open whether", "takes it for granted that it is open whether"),
    ],
)
def test_statement_surer_than_the_claim(factuality: str, said: str, granted: str) -> None:
    """A hedge, a negation, the voice, or that it is taken for granted, is lost in the sentence that is shown."""
    assert factuality in FACTUALITY
    assert statement(PERSON, factuality, "The pact is signed.") == f"Ann Bee {said} the pact is signed."
    assert (
        statement(PERSON, factuality, "The pact is signed.", presupposed=True)
        == f"Ann Bee {granted} the pact is signed."
    )
    assert statement(GROUP, factuality, "The pact is signed.").startswith("Observers of the region ")
    verb = said.split(maxsplit=1)[0]
    plural = {"denies": "deny"}.get(verb, verb.removesuffix("s"))
    assert f"region {plural} " in statement(GROUP, factuality, "The pact is signed.")


def test_intention_told_as_open() -> None:
    """What is planned, and not said to come about, is told as said, or as left open without the plan."""
    planned = "says only that it is planned that"
    assert statement(PERSON, "Uu", "Talks will be held.", "futurity") == f"Ann Bee {planned} talks will be held."
    assert statement(PERSON, "CT+", "Talks will be held.", "futurity") == "Ann Bee says that talks will be held."
    granted = "takes it for granted only that it is planned that"
    assert (
        statement(PERSON, "Uu", "Talks will be held.", "futurity", presupposed=True)
        == f"Ann Bee {granted} talks will be held."
    )


def test_speculation_told_as_saying() -> None:
    """What somebody speculates about is told as what they say, or leave out."""
    said = "Observers of the region speculate about whether, or to what extent, it will work."
    assert statement(GROUP, "Uu", "It will work.", "futurity", kind="speculation") == said
    assert statement(PERSON, "CT+", "It works.", kind="speculation") == "Ann Bee says that it works."


@pytest.mark.parametrize(
    ("proposition", "said"),
    [
        ("The place has been disclosed.", "the place has not been disclosed."),
        ("Talks will be held.", "talks will not be held."),
        ("The pact that was signed has effect.", "it is not the case that the pact that was signed has effect."),
        ("What is planned covers oil.", "it is not the case that what is planned covers oil."),
        ("All states have signed.", "it is not the case that all states have signed."),
        ("BLR or IRN has signed.", "it is not the case that BLR or IRN has signed."),
        ("The pact BLR has signed is secret.", "it is not the case that the pact BLR has signed is secret."),
        ("IRN plays a part.", "it is not the case that IRN plays a part."),
    ],
)
def test_negation_of_something_else(proposition: str, said: str) -> None:
    """A text is told to deny what it does not speak of, since the negation stands at another verb; or it denies, as a person does."""
    assert statement(ARTICLE, "CT-", proposition) == f"The article says that {said}"


def test_statement_that_cannot_be_quoted() -> None:
    """A claim has no sentence, or one that does not begin with its voice, has a capital in the midst, or does not end."""
    names = {row["actor_id"]: row["name"] for row in bip.load("actors").to_pylist()}
    for row in bip.load("claims").to_pylist():
        said, voice = row["statement"], names[row["voice_actor_id"]]
        assert re.match(
            rf"({re.escape(voice)} |According to \w+ \w+, {voice[0]}?{re.escape(voice[1:])} )", said, re.I
        ), said
        assert re.search(r"""[^.][.]["”’]?$""", said), said
        assert not re.search(r"\b(that|whether) (The|An?|There|It|Discussions) ", said), said
