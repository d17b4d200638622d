"""The query that comes to mind first gives the right answer: what people typed who know the field and not this package.

Each row is a question, the query typed, and the answer. Queries use no name that is not in the codebook.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pglast
import pytest

import belarus_iran_pact as bip
from belarus_iran_pact.models import TABLES, fields

AUGUST = (datetime.date(2025, 8, 1), datetime.date(2025, 8, 31))
BELARUS_AND_IRAN = "source_iso_alpha3 IN ('BLR', 'IRN') AND target_iso_alpha3 IN ('BLR', 'IRN')"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that every test may read."""
    with bip.connect() as connection:
        yield connection


# Of the plan
PLAN: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    (
        "what does the plan contain",
        "SELECT label, content_factuality FROM provisions WHERE parent_provision_id IS NULL ORDER BY ordinal",
        [
            ("A joint military exercise", "CT+"),
            ("Intelligence sharing", "Uu"),
            ("Training programs for military personnel", "Uu"),
            ("Co-development of defense technologies", "PS+"),
        ],
    ),
    (
        "which parties has it",
        "SELECT name FROM agreement_actors JOIN actors USING (actor_id) WHERE role = 'party' ORDER BY name",
        [("Belarus",), ("Iran",)],
    ),
    ("what period does it cover", "SELECT period_edtf, year(period_latest) FROM agreements", [("2026", 2026)]),
    ("is it a treaty of two or of many", "SELECT laterality FROM agreements", [("bilateral",)]),
    ("how far has it come", "SELECT stage, publicity FROM agreements", [("signed", "announced")]),
    ("what is the centerpiece", "SELECT label FROM provisions WHERE centerpiece", [("A joint military exercise",)]),
    (
        "what is only possible in it",
        "SELECT label FROM provisions WHERE content_factuality = 'PS+'",
        [("Co-development of defense technologies",)],
    ),
    (
        "what is the exercise to focus on, and how surely",
        "SELECT wording, content_factuality FROM provisions WHERE parent_provision_id = 'provision-exercise-focus' "
        "ORDER BY ordinal",
        [("counterterrorism", "PR+"), ("joint logistics", "PR+"), ("combined arms operations", "PR+")],
    ),
    (
        "who takes part in the intelligence sharing, and is that said",
        "SELECT name, basis FROM provision_actors JOIN actors USING (actor_id) "
        "WHERE provision_id = 'provision-intelligence-sharing' ORDER BY name",
        [("Belarus", "inferred"), ("Iran", "inferred")],
    ),
    (
        "may it be ended, renewed, is it in force",
        "SELECT column_name, status FROM open_questions WHERE row_id LIKE 'agreement-%' AND column_name IN "
        "('entry_into_force_edtf', 'renewal_text', 'termination_text') ORDER BY column_name",
        [("entry_into_force_edtf", "not_stated"), ("renewal_text", "not_stated"), ("termination_text", "not_stated")],
    ),
    (
        "a variable of ATOP by its name",
        "SELECT status FROM open_questions WHERE regexp_matches(asked_by, '\\bmilaid\\b')",
        [("not_stated",)],
    ),
    (
        "is the list of initiatives complete",
        "SELECT status, quote FROM open_questions WHERE question LIKE '%initiatives%'",
        [("partly", "a range of collaborative initiatives")],
    ),
    (
        "how many troops",
        "SELECT status FROM open_questions WHERE question ILIKE '%how many troops%'",
        [("not_stated",)],
    ),
    (
        "when and where is the exercise",
        "SELECT date_words, place, status FROM timeline WHERE label LIKE '%exercise%'",
        [("undisclosed", "open: Belarus or Iran", "planned")],
    ),
]

# Of events, dates, places and dyads
EVENTS: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    ("how many cities are named", "SELECT count(DISTINCT name) FROM places WHERE kind = 'settlement'", [(1,)]),
    (
        "signed agreements of the dyad",
        f"SELECT count(*) FROM dyads WHERE cameo_code = '057' AND {BELARUS_AND_IRAN}",
        [(1,)],
    ),
    (
        "acts between Belarus and Iran, once each",
        f"SELECT type FROM dyads WHERE {BELARUS_AND_IRAN} ORDER BY type",
        [("meeting",), ("signing",), ("statement",), ("visit",)],
    ),
    (
        "the same by country codes",
        "SELECT count(*) FROM dyads WHERE cow_dyad = 370630 AND source_cow_code + target_cow_code = 1000",
        [(4,)],
    ),
    ("who acts on Russia", "SELECT * FROM dyads WHERE target_iso_alpha3 = 'RUS'", []),
    (
        "what does Russia do to Belarus",
        "SELECT type, cameo_code, status FROM dyads WHERE source_state = 'Russia' AND target_state = 'Belarus'",
        [("demand", "102", "ongoing")],
    ),
    ("is anything planned among the acts", "SELECT * FROM dyads WHERE status NOT IN ('occurred', 'ongoing')", []),
    (
        "conflict or cooperation",
        "SELECT quad_class, count(*) FROM dyads GROUP BY ALL ORDER BY ALL",
        [("verbal_conflict", 1), ("verbal_cooperation", 4)],
    ),
    (
        "when was the visit",
        "SELECT date_text, date_edtf, date_inferred_edtf, date_earliest, date_latest, date_basis "
        "FROM events WHERE type = 'visit'",
        [("in August", "XXXX-08", "2025?-08", *AUGUST, "inferred")],
    ),
    (
        "which dates are stated",
        "SELECT event_id FROM events WHERE date_basis = 'stated'",
        [("event-cooperation-2026",)],
    ),
    ("acts a year", "SELECT year, date_basis FROM dyads WHERE year IS NOT NULL", [(2025, "inferred")]),
    (
        "the signing before what is planned",
        "SELECT (SELECT ordinal FROM timeline WHERE event_id = 'event-signing') < min(ordinal) "
        "FROM timeline WHERE status IN ('planned', 'hypothetical')",
        [(True,)],
    ),
    (
        "the visit before its announcement",
        "SELECT a.ordinal < b.ordinal FROM timeline a, timeline b "
        "WHERE a.event_id = 'event-august-visit' AND b.event_id = 'event-announcement'",
        [(True,)],
    ),
    (
        "what cannot be placed in the order",
        "SELECT event_id FROM timeline WHERE order_basis = 'status' AND status = 'occurred'",
        [("event-headline-finalization",), ("event-kremlin-acknowledgement",)],
    ),
    (
        "how many things happened",
        "SELECT sum(count_once::int), count(*) FROM events WHERE status IN ('occurred', 'ongoing')",
        [(10, 17)],
    ),
    (
        "where did they meet",
        "SELECT name, place_country FROM events JOIN places USING (place_id) WHERE type = 'meeting' ORDER BY name",
        [("Belarus", "BLR"), ("Minsk", "BLR")],
    ),
    (
        "codes of demand, talks and openness",
        "SELECT event_id, cameo_code, plover_event FROM events WHERE type IN ('demand', 'talks') "
        "OR event_id = 'event-lukashenko-openness' ORDER BY event_id",
        [
            ("event-august-discussion", "046", "CONSULT"),
            ("event-delegation-discussions", "046", "CONSULT"),
            ("event-lukashenko-openness", "036", "AGREE"),
            ("event-moscow-demands", "102", "REQUEST"),
        ],
    ),
    (
        "how cooperative by Goldstein",
        "SELECT max(goldstein), min(goldstein) FROM dyads",
        [(8.0, -5.0)],
    ),
    (
        "subjects of the August talks",
        "SELECT plover_contexts FROM events WHERE event_id = 'event-august-discussion'",
        [("economic;military",)],
    ),
    (
        "whom does Lukashenko address",
        "SELECT a.name FROM event_actors JOIN actors a USING (actor_id) WHERE role = 'addressee'",
        [("Iran",)],
    ),
]

# Of who says what
SAYINGS: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    (
        "what did Lukashenko deny",
        "SELECT statement FROM claims JOIN actors ON voice_actor_id = actor_id "
        "WHERE name = 'Alexander Lukashenko' AND factuality = 'CT-' ORDER BY ALL",
        [
            (
                "Alexander Lukashenko denies that the partnership of Belarus and Iran is directed against third parties.",
            ),
            ("Alexander Lukashenko denies that there are closed topics between Belarus and Iran.",),
        ],
    ),
    (
        "is it said that sanctions are imposed",
        "SELECT statement FROM claims WHERE statement LIKE '%sanctions will be imposed%'",
        [("The article presents it as possible that sanctions will be imposed on Belarus.",)],
    ),
    ("how often is potential used", "SELECT count(*) FROM cues WHERE text = 'potential'", [(3,)]),
    (
        "which words are in quotation marks, by whom",
        "SELECT scope_text, name FROM cues JOIN actors USING (actor_id) WHERE cues.kind = 'quotation' ORDER BY start_char",
        [("there are no closed topics", "Alexander Lukashenko"), ("developing with dynamism", "The Kremlin")],
    ),
    (
        "which verbs introduce his words",
        "SELECT text FROM cues WHERE kind = 'attribution' AND actor_id = 'actor-lukashenko' ORDER BY start_char",
        [("emphasized",), ("stating",), ("reiterated",)],
    ),
    (
        "named sources",
        "SELECT DISTINCT name FROM cues JOIN actors USING (actor_id) WHERE cues.kind = 'attribution' AND named ORDER BY name",
        [("Alexander Lukashenko",), ("The Kremlin",), ("Valery Revenko",)],
    ),
    (
        "does the article vouch for the signing",
        "SELECT name, factuality, author_factuality FROM events JOIN actors ON voice_actor_id = actor_id "
        "WHERE type = 'signing'",
        [("Valery Revenko", "CT+", "CT+")],
    ),
    (
        "is the article sure that the pact is secret",
        "SELECT name, factuality, author_factuality FROM claims JOIN actors ON voice_actor_id = actor_id "
        "WHERE proposition LIKE '%secret%'",
        [("The headline", "CT+", "Uu")],
    ),
    (
        "has anybody else confirmed it",
        "SELECT status, quote FROM open_questions WHERE question LIKE '%confirms%'",
        [("partly", "The announcement was made by Valery Revenko")],
    ),
    (
        "where is the accord named",
        "SELECT lower(text) FROM mentions WHERE agreement_id IS NOT NULL GROUP BY 1 ORDER BY min(start_char)",
        [
            ("pact",),
            ("a comprehensive plan for bilateral military cooperation in 2026",),
            ("the agreement",),
            ("the plan",),
            ("the move",),
            ("the agreement with iran",),
        ],
    ),
    (
        "where is a region named",
        "SELECT text, count(*) FROM mentions JOIN places USING (place_id) WHERE kind = 'region' GROUP BY ALL ORDER BY ALL",
        [("Eastern Europe", 1), ("a region", 1), ("the region", 2)],
    ),
    (
        "what is said of Eastern Europe",
        "SELECT count(*) FROM claims JOIN claim_about USING (claim_id) WHERE place_id = 'place-eastern-europe'",
        [(6,)],
    ),
    (
        "what do the analysts say",
        "SELECT statement FROM claims WHERE voice_actor_id = 'actor-analysts' AND NOT presupposed",
        [
            (
                "Analysts present it as possible that the joint military exercise will serve as a demonstration of Belarus's "
                "commitment to deepening its ties with Iran.",
            )
        ],
    ),
    (
        "the sentence a factuality classifier must label",
        "SELECT cues.text, factuality FROM claims JOIN claim_cues USING (claim_id) JOIN cues USING (cue_id) "
        "WHERE claim_id = 'claim-partnerships-diversify'",
        [("suggests", "PR+")],
    ),
    (
        "words between offsets",
        "SELECT start_char, end_char, quote FROM evidence WHERE row_id = 'place-minsk' AND column_name = 'name_as_printed'",
        [(534, 539, "Minsk")],
    ),
    (
        "who may use the article's text",
        "SELECT status, rights FROM open_questions JOIN sources ON row_id = sources.source_id WHERE question ILIKE '%may use%'",
        [("not_stated", None)],
    ),
    (
        "whose word is what the plan contains",
        "SELECT DISTINCT name FROM provisions JOIN actors ON voice_actor_id = actor_id",
        [("The article",)],
    ),
]


@pytest.mark.parametrize(
    ("query", "answer"), [pytest.param(row[1], row[2], id=row[0]) for row in (*PLAN, *EVENTS, *SAYINGS)]
)
def test_first_query_is_wrong(connection: duckdb.DuckDBPyConnection, query: str, answer: list[tuple[Any, ...]]) -> None:
    """The first query is wrong: the plain reading of tables and columns gives another answer than the article."""
    assert connection.sql(query).fetchall() == answer


def test_panel_does_not_merge() -> None:
    """The panel does not merge: country codes are of another type than in a panel, or a year is not what it seems."""
    panel = pd.DataFrame({"ccode1": [370, 370], "ccode2": [630, 630], "year": [2025, 2026], "gdp": [1.0, 2.0]})
    acts = bip.load("dyads", backend="pandas")
    merged = panel.merge(
        acts, left_on=["ccode1", "ccode2", "year"], right_on=["source_cow_code", "target_cow_code", "year"]
    )
    assert merged[["year", "type", "date_basis"]].values.tolist() == [[2025, "visit", "inferred"]]


@pytest.mark.parametrize("engine", ["duckdb", "postgresql", "spark", "sqlite"])
def test_name_is_a_reserved_word(engine: str, connection: duckdb.DuckDBPyConnection) -> None:
    """A name is a reserved word: a table or column must be quoted in SQL. Each engine's own parser or list is asked."""
    names = {*TABLES, *(item.name for model in TABLES.values() for item in fields(model))}
    if engine == "spark":
        from sqlfluff.dialects.dialect_sparksql_keywords import RESERVED_KEYWORDS

        assert not {name.upper() for name in names} & set(RESERVED_KEYWORDS)
        return
    for name in names:
        query = f"SELECT {name} FROM (SELECT 1 AS {name}) AS t WHERE {name} = 1 ORDER BY {name}"
        if engine == "duckdb":
            connection.sql(query)
        elif engine == "sqlite":
            with contextlib.closing(sqlite3.connect(":memory:")) as sqlite:
                sqlite.execute(f"CREATE TABLE {name} ({name} TEXT)")
                sqlite.execute(f"SELECT {name} FROM {name} WHERE {name} = 'x' ORDER BY {name}")
        else:
            pglast.parse_sql(f"CREATE TABLE {name} ({name} TEXT); {query}")
