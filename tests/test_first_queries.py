"""The query that comes to mind first gives the right answer: what people typed who know the field and not this package.

Each row is a question, the query typed, and the answer. Queries use no name that is not in the codebook.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pglast
import pytest
from sqlfluff.dialects.dialect_sparksql_keywords import RESERVED_KEYWORDS

import belarus_iran_pact as bip
from belarus_iran_pact.cli import main
from belarus_iran_pact.core.table import fields
from belarus_iran_pact.models import TABLES

Row = tuple[str, str, list[tuple[Any, ...]]]
"""What is asked, the query typed, and the rows that answer it."""

AUGUST = (datetime.date(2025, 8, 1), datetime.date(2025, 8, 31))
TERRITORY = "territory of one of the two nations"
UNDISCLOSED = "the specific location and timing of the drill have not been disclosed"
BELARUS_AND_IRAN = "source_iso_alpha3 IN ('BLR', 'IRN') AND target_iso_alpha3 IN ('BLR', 'IRN')"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that every test may read."""
    with bip.connect() as connection:
        yield connection


# Of the plan
PLAN: list[Row] = [
    (
        "what does the plan contain",
        "SELECT label, content_factuality FROM provisions WHERE parent_provision_id IS NULL ORDER BY ordinal",
        [
            ("A joint military exercise", "CT+"),
            ("Intelligence sharing", "Uu"),
            ("Training programs for military personnel", "Uu"),
            ("Potential co-development of defense technologies", "PS+"),
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
        [("Potential co-development of defense technologies",)],
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
        "when and where is the exercise",
        "SELECT date_words, place, status FROM timeline WHERE label LIKE '%exercise%'",
        [("undisclosed", "open: Belarus or Iran", "planned")],
    ),
]

# Of events, dates, places and dyads
EVENTS: list[Row] = [
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
        [("event-kremlin-acknowledgement",)],
    ),
    (
        "how many things happened",
        "SELECT sum(count_once::int), count(*) FROM events WHERE status IN ('occurred', 'ongoing')",
        [(10, 16)],
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
SAYINGS: list[Row] = [
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
        "SELECT statement FROM claims WHERE statement LIKE '%sanctions%' ORDER BY length(statement)",
        [
            ("The article takes it for granted that it is possible that sanctions will be imposed.",),
            ("The article takes it for granted that Belarus desires to hedge against potential sanctions.",),
            (
                "The article presents it as possible that the shift in Belarus's international partnerships reflects a desire "
                "of Belarus to hedge against potential sanctions.",
            ),
        ],
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
        "where is the accord named",
        "SELECT lower(text) FROM mentions WHERE agreement_id IS NOT NULL GROUP BY 1 ORDER BY min(start_char)",
        [
            ("secret 2026 military cooperation pact",),
            ("a comprehensive plan for bilateral military cooperation in 2026",),
            ("the agreement",),
            ("the plan",),
            ("the agreement with iran",),
        ],
    ),
    (
        "where is a region named",
        "SELECT text, count(*) FROM mentions JOIN places USING (place_id) WHERE kind = 'region' GROUP BY ALL ORDER BY ALL",
        [("Eastern Europe", 1), ("the region", 2)],
    ),
    (
        "what is said of Eastern Europe",
        "SELECT statement FROM claims JOIN claim_about USING (claim_id) JOIN places USING (place_id) "
        "WHERE name = 'Eastern Europe' AND NOT presupposed ORDER BY statement",
        [
            ("The article says that Belarus is in Eastern Europe.",),
            ("The article says that Iran has limited influence in Eastern Europe.",),
            ("The article says that Iran seeks to expand its presence in Eastern Europe through economic ties.",),
            ("The article says that Iran seeks to expand its presence in Eastern Europe through military ties.",),
            ("The article says that Iran seeks to expand its presence in Eastern Europe.",),
            ("The article says that Iran sees Belarus as a strategic partner in Eastern Europe.",),
        ],
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
        "whose word is what the plan contains",
        "SELECT DISTINCT name FROM provisions JOIN actors ON voice_actor_id = actor_id",
        [("The article",)],
    ),
]


# Of a scholar of international relations, who merges on country codes
SCHOLAR: list[Row] = [
    (
        "codes of the states",
        "SELECT iso_alpha2, iso_alpha3, wikidata_id FROM actors WHERE iso_alpha3 IS NOT NULL ORDER BY iso_alpha3",
        [("BY", "BLR", "Q184"), ("IR", "IRN", "Q794"), ("RU", "RUS", "Q159"), ("US", "USA", "Q30")],
    ),
    (
        "who acts on whom, is that said, and does the article vouch for it",
        "SELECT source_iso_alpha3, target_iso_alpha3, direction, basis, author_factuality FROM dyads ORDER BY type",
        [
            ("RUS", "BLR", "directed", "stated", "CT+"),
            ("BLR", "IRN", "mutual", "stated", "CT+"),
            ("BLR", "IRN", "mutual", "stated", "CT+"),
            ("BLR", "IRN", "directed", "stated", "CT+"),
            ("BLR", "IRN", "mutual", "stated", "CT+"),
        ],
    ),
    (
        "what is it called, and when and where was it signed",
        "SELECT form_text, signed_edtf, signed_place, formal_title FROM agreements",
        [("plan", None, None, None)],
    ),
    (
        "PLOVER of the visit",
        "SELECT plover_event, plover_mode, place_precision FROM events WHERE type = 'visit'",
        [("CONSULT", "visit", "country")],
    ),
    (
        "which states by COW and by GW code",
        "SELECT name, cow_code, gw_code FROM actors WHERE cow_code IS NOT NULL ORDER BY cow_code",
        [("United States", 2, 2), ("Russia", 365, 365), ("Belarus", 370, 370), ("Iran", 630, 630)],
    ),
    (
        "COW dyad number",
        "SELECT DISTINCT cow_dyad, source_state, target_state FROM dyads ORDER BY cow_dyad",
        [(365370, "Russia", "Belarus"), (370630, "Belarus", "Iran")],
    ),
    (
        "net cooperation by dyad",
        "SELECT cow_dyad, sum(goldstein) FROM dyads GROUP BY cow_dyad ORDER BY cow_dyad",
        [(365370, -5.0), (370630, 8.0 + 7.0 + 7.0 + 4.0)],
    ),
    ("does Russia act with Iran", "SELECT * FROM dyads WHERE cow_dyad = 365630", []),
    (
        "whose word is the signing of the dyad",
        "SELECT voice_actor_id FROM dyads WHERE type = 'signing'",
        [("actor-revenko",)],
    ),
    (
        "which acts of conflict, and did they happen",
        "SELECT type, status FROM events WHERE cameo_code >= '10' ORDER BY type",
        [("demand", "ongoing"), ("sanctioning", "hypothetical")],
    ),
    (
        "which states are to take part in the exercise",
        "SELECT name FROM event_actors JOIN actors USING (actor_id) JOIN events USING (event_id) "
        "WHERE type = 'exercise' AND kind = 'state' ORDER BY name",
        [("Belarus",), ("Iran",)],
    ),
    (
        "who hosts the exercise",
        "SELECT name FROM event_actors JOIN actors USING (actor_id) JOIN events USING (event_id) "
        "WHERE type = 'exercise' AND role = 'host'",
        [],
    ),
    (
        "where is the exercise",
        "SELECT place_text, place_country FROM events WHERE type = 'exercise'",
        [("the " + TERRITORY, None)],
    ),
    (
        "would it be an alliance, a defense cooperation agreement, a peace agreement",
        "SELECT dataset, verdict FROM scope_verdicts WHERE row_id = 'agreement-belarus-iran-2026-plan' ORDER BY dataset",
        [("ATOP", "out"), ("COW Formal Alliances", "out"), ("DCAD", "out"), ("PA-X", "out")],
    ),
    (
        "which issue areas of DCAD",
        "SELECT DISTINCT code_label FROM provisions JOIN crosswalk ON term_id = 'provision_area.' || area "
        "WHERE scheme = 'DCAD' AND parent_provision_id IS NULL ORDER BY code_label",
        [
            ("defense research and development",),
            ("exchange of classified information",),
            ("joint exercises, training and education",),
        ],
    ),
    (
        "is Belarus allied with Russia, and who says so",
        "SELECT statement FROM claims WHERE statement LIKE '%alliance%' ORDER BY length(statement)",
        [
            ("The article takes it for granted that Belarus has an alliance with Russia.",),
            (
                "Regional observers speculate about whether, or to what extent, Belarus will prioritize its relationship with "
                "Iran over its alliance with Russia.",
            ),
            (
                "The article says that regional observers speculate to what extent Belarus will prioritize its relationship "
                "with Iran over its alliance with Russia.",
            ),
            (
                "The article takes it for granted that regional observers were already speculating to what extent Belarus will "
                "prioritize its relationship with Iran over its alliance with Russia.",
            ),
        ],
    ),
]

# Of an analyst, who must know who says each thing and how surely
ANALYST: list[Row] = [
    (
        "who says that there is a plan, and does the article vouch for it",
        "SELECT name, factuality, author_factuality FROM agreements JOIN actors ON voice_actor_id = actor_id",
        [("Valery Revenko", "CT+", "CT+")],
    ),
    (
        "whose part in what is planned is inferred",
        "SELECT DISTINCT type, name, basis FROM events JOIN event_actors USING (event_id) JOIN actors USING (actor_id) "
        "WHERE status = 'planned' AND kind = 'state' ORDER BY ALL",
        [
            ("cooperation", "Belarus", "inferred"),
            ("cooperation", "Belarus", "stated"),
            ("cooperation", "Iran", "inferred"),
            ("cooperation", "Iran", "stated"),
            ("exercise", "Belarus", "stated"),
            ("exercise", "Iran", "stated"),
        ],
    ),
    (
        "which events rest on Revenko's word",
        "SELECT type FROM events JOIN actors ON voice_actor_id = actor_id WHERE name = 'Valery Revenko' ORDER BY type",
        [("conclusion_of_work",), ("cooperation",), ("finalization",), ("meeting",), ("signing",), ("talks",)],
    ),
    (
        "which events are not certain",
        "SELECT label, factuality FROM events WHERE factuality <> 'CT+' ORDER BY factuality, label",
        [
            ("Belarus and Iran may develop defense technologies together under the plan", "PS+"),
            ("Moscow may put pressure on Belarus", "PS+"),
            ("Sanctions may be imposed on Belarus, perhaps by Moscow", "PS+"),
            ("Belarus and Iran are to cooperate militarily in 2026 under the plan", "Uu"),
            ("Belarus and Iran are to hold training programs for military personnel under the plan", "Uu"),
            ("Belarus and Iran are to share intelligence under the plan", "Uu"),
        ],
    ),
    (
        "is the pact secret",
        "SELECT kind, resolution FROM discrepancies WHERE description LIKE '%secret%'",
        [("headline_vs_body", "body_preferred")],
    ),
    (
        "which words speak against a value",
        "SELECT column_name, value, quote FROM evidence WHERE stance = 'contradicts'",
        [("publicity", "secret", "Secret")],
    ),
    (
        "on what channel was it announced",
        "SELECT name FROM event_actors JOIN actors USING (actor_id) WHERE role = 'channel'",
        [("Valery Revenko's account on X",)],
    ),
    (
        "what offices has Revenko",
        "SELECT title FROM actor_offices JOIN actors USING (actor_id) WHERE name LIKE '%Revenko%' ORDER BY title",
        [
            ("Assistant of the Minister of Defense of Belarus",),
            ("Chief of the Department for International Military Cooperation",),
        ],
    ),
    (
        "which unnamed groups are quoted",
        "SELECT DISTINCT name FROM claims JOIN actors ON voice_actor_id = actor_id WHERE actors.kind = 'group' ORDER BY name",
        [("Analysts",), ("Regional observers",)],
    ),
    (
        "what does Iran's president say",
        "SELECT * FROM claims JOIN actors ON voice_actor_id = actor_id WHERE name LIKE '%Pezeshkian'",
        [],
    ),
    (
        "does the Kremlin speak of the plan",
        "SELECT count(agreement_id), count(*) > 0 FROM claims JOIN claim_about USING (claim_id) "
        "JOIN actors ON voice_actor_id = actors.actor_id WHERE name = 'The Kremlin'",
        [(0, True)],
    ),
    (
        "how sure is the diversification, and what becomes of the hedge",
        "SELECT kind, resolution FROM discrepancies WHERE description LIKE '%diversification%'",
        [("hedged_then_presupposed", "hedged_reading_preferred")],
    ),
    (
        "for whom does Moscow stand",
        "SELECT a.name, b.name FROM actors a JOIN actors b ON a.parent_actor_id = b.actor_id WHERE a.name IN ('Moscow', 'The Kremlin') "
        "ORDER BY a.name",
        [("Moscow", "Russia"), ("The Kremlin", "Russia")],
    ),
]

# Of a journalist, who wants a timeline and a network
JOURNALIST: list[Row] = [
    (
        "who signed, who says so, how surely, in what words",
        "SELECT actors, voice, certainty, quote FROM timeline WHERE label LIKE '%sign a plan%'",
        [
            (
                "Belarus (signatory); Iran (signatory)",
                "Valery Revenko",
                "certain",
                "Belarus and Iran have officially signed a comprehensive plan",
            )
        ],
    ),
    (
        "where is Minsk",
        "SELECT country, geonames_id, kind FROM places WHERE name = 'Minsk'",
        [("BLR", "625144", "settlement")],
    ),
    (
        "the timeline, unquoted",
        "SELECT date_words, label, place FROM timeline WHERE date_basis <> 'none' ORDER BY ordinal",
        [
            ("in August (inferred: 2025-08, year uncertain)", "The President of Iran visits Belarus", "Belarus"),
            ("in August (inferred: 2025-08, year uncertain)", "The presidents of Iran and Belarus meet", "Belarus"),
            ("in 2026", "Belarus and Iran are to cooperate militarily in 2026 under the plan", "not stated"),
        ],
    ),
    (
        "what happened in Minsk",
        "SELECT type FROM events JOIN places USING (place_id) WHERE name = 'Minsk' ORDER BY type",
        [("finalization",), ("meeting",)],
    ),
    (
        "who met in Minsk",
        "SELECT actors.name FROM events JOIN places USING (place_id) JOIN event_actors USING (event_id) "
        "JOIN actors USING (actor_id) WHERE places.name = 'Minsk' ORDER BY 1",
        [("Belarusian officials at the Minsk meeting",), ("Delegation from Iran's General Staff",)],
    ),
    (
        "which people are named, and how are they printed",
        "SELECT name, name_as_printed FROM actors WHERE kind = 'person' ORDER BY name",
        [
            ("Alexander Lukashenko", "Alexander Lukashenko"),
            ("Masoud Pezeshkian", "Masoud Puzhehan"),
            ("Valery Revenko", "Valery Revenko"),
        ],
    ),
    (
        "who visited whom",
        "SELECT role, name FROM event_actors JOIN actors USING (actor_id) WHERE role IN ('visitor', 'host') ORDER BY role",
        [("host", "Belarus"), ("visitor", "Masoud Pezeshkian")],
    ),
    (
        "who signed",
        "SELECT name, kind FROM event_actors JOIN actors USING (actor_id) WHERE role = 'signatory' ORDER BY name",
        [("Belarus", "state"), ("Iran", "state")],
    ),
    (
        "who announced it",
        "SELECT name FROM events JOIN event_actors USING (event_id) JOIN actors USING (actor_id) "
        "WHERE events.type = 'announcement' AND role = 'speaker'",
        [("Valery Revenko",)],
    ),
    (
        "what did Lukashenko say",
        "SELECT statement FROM claims JOIN actors ON voice_actor_id = actor_id "
        "WHERE name = 'Alexander Lukashenko' AND NOT presupposed ORDER BY statement",
        [
            (
                "Alexander Lukashenko denies that the partnership of Belarus and Iran is directed against third parties.",
            ),
            ("Alexander Lukashenko denies that there are closed topics between Belarus and Iran.",),
            ("Alexander Lukashenko says that Belarus is open to discussing any topic with Iran.",),
        ],
    ),
    (
        "was food spoken of",
        "SELECT statement FROM claims WHERE statement ILIKE '%food%'",
        [
            (
                "The article says that the issues that the presidents of Iran and Belarus discussed included cooperation in food "
                "supply chains.",
            )
        ],
    ),
    (
        "who belongs to Iran",
        "SELECT name FROM actors WHERE country = 'IRN' AND kind <> 'office' ORDER BY name",
        [
            ("Delegation from Iran's General Staff",),
            ("General Staff of Iran",),
            ("Iran",),
            ("Masoud Pezeshkian",),
            ("Troops of Iran in the joint exercise",),
        ],
    ),
    (
        "how long were the talks",
        "SELECT statement FROM claims WHERE statement LIKE '%several days%'",
        [
            (
                "Valery Revenko says that the discussions that preceded the conclusion of the Iranian delegation's work lasted "
                "several days.",
            )
        ],
    ),
    (
        "why would Belarus want it, and is that sure",
        "SELECT DISTINCT factuality FROM claims WHERE kind = 'motive' AND statement LIKE '%shift in Belarus%'",
        [("PS+",)],
    ),
]

# Of a researcher of language, who wants spans and labels of factuality
LINGUIST: list[Row] = [
    (
        "which words hedge",
        "SELECT text FROM cues WHERE kind = 'hedge' ORDER BY start_char",
        [
            ("is expected to",),
            ("potential",),
            ("could",),
            ("potential",),
            ("suggests",),
            ("may",),
            ("potential",),
            ("the extent to which",),
        ],
    ),
    (
        "which words negate, and what",
        "SELECT text, scope_text FROM cues WHERE kind = 'negation' ORDER BY start_char",
        [("not", "disclosed"), ("no", "closed topics"), ("not", "directed against third parties")],
    ),
    (
        "what is negated",
        "SELECT proposition FROM claims WHERE factuality LIKE '%-' ORDER BY proposition",
        [
            ("The partnership of Belarus and Iran is directed against third parties.",),
            ("The specific location of the joint military exercise has been disclosed.",),
            ("The timing of the joint military exercise has been disclosed.",),
            ("There are closed topics between Belarus and Iran.",),
        ],
    ),
    (
        "what does suggests reach",
        "SELECT scope_text FROM cues WHERE text = 'suggests'",
        [("a diversification of its international partnerships",)],
    ),
    (
        "how many sentences",
        "SELECT kind, count(*) FROM passages GROUP BY kind ORDER BY kind",
        [("body", 20), ("boilerplate", 1), ("headline", 1)],
    ),
    (
        "what refers to Revenko",
        "SELECT text, form FROM mentions JOIN actors USING (actor_id) WHERE name = 'Valery Revenko' ORDER BY start_char",
        [("Valery Revenko", "name"), ("who", "pronoun"), ("his", "pronoun"), ("Revenko", "name")],
    ),
    (
        "what refers to the exercise",
        "SELECT text FROM mentions WHERE event_id = 'event-exercise' ORDER BY start_char",
        [("a joint military exercise",), ("The exercise",), ("which",), ("the drill",), ("the exercise",)],
    ),
    (
        "how often are Belarus and Iran named",
        "SELECT name, count(*) FROM mentions JOIN actors USING (actor_id) WHERE form = 'name' AND text = name "
        "GROUP BY name HAVING count(*) > 9 ORDER BY name",
        [("Belarus", 15), ("Iran", 12)],
    ),
    (
        "which metonyms, how often",
        "SELECT text, count(*) FROM mentions WHERE form = 'metonym' GROUP BY text ORDER BY text",
        [("Moscow", 3), ("The Kremlin", 1)],
    ),
    ("which name is misspelled", "SELECT text FROM mentions WHERE form = 'misspelling'", [("Masoud Puzhehan",)]),
    (
        "which words are quoted but not vouched for",
        "SELECT DISTINCT scope_text FROM claims JOIN claim_cues USING (claim_id) JOIN cues USING (cue_id) "
        "WHERE quoted AND cues.kind = 'quotation' AND author_factuality = 'Uu' ORDER BY ALL",
        [("developing with dynamism",), ("there are no closed topics",)],
    ),
]

# Of a data engineer, who pins, and a curator, who adds the next report
ENGINEER_AND_CURATOR: list[Row] = [
    (
        "which file is it",
        "SELECT source_id, sha256, byte_count, character_count, line_count FROM sources",
        [("000_25b4411c60a1a6fd", "621d632a5a6ba211fa29fa258b404314c176ca2cc1f7c1e3960006657281b088", 3725, 3697, 21)],
    ),
    ("when was it published, by whom", "SELECT publisher, author, published_edtf FROM sources", [(None, None, None)]),
    (
        "why is the date of the signing empty",
        "SELECT reason, quote FROM gaps WHERE row_id = 'event-signing' AND column_name = 'date_edtf'",
        [("not_stated", None)],
    ),
    (
        "why is the place of the exercise empty",
        "SELECT reason, name, gaps.quote FROM gaps JOIN places ON candidate = place_id WHERE row_id = 'event-exercise' ORDER BY name",
        [("ambiguous", "Belarus", "the " + TERRITORY), ("ambiguous", "Iran", "the " + TERRITORY)],
    ),
    (
        "which dates are inferred, by what rule",
        "SELECT DISTINCT row_id, rule FROM evidence WHERE column_name = 'date_inferred_edtf' ORDER BY row_id",
        [("event-august-meeting", "year_before_plan"), ("event-august-visit", "year_before_plan")],
    ),
    (
        "what was coded from the sentence on provisions",
        "SELECT DISTINCT label FROM evidence JOIN provisions ON row_id = provision_id JOIN passages USING (passage_id) "
        "WHERE text LIKE 'The agreement also includes%' ORDER BY label",
        [
            ("Intelligence sharing",),
            ("Potential co-development of defense technologies",),
            ("Training programs for military personnel",),
        ],
    ),
    ("what was left uncoded as furniture", "SELECT text FROM residue WHERE reason = 'boilerplate'", [("Photos",)]),
    (
        "is it clear which region is meant",
        "SELECT kind, resolution FROM discrepancies WHERE description ILIKE '%the region%'",
        [("unclear_reference", "unresolved")],
    ),
    (
        "is the misspelling corrected",
        "SELECT resolution FROM discrepancies WHERE kind = 'misspelling'",
        [("corrected",)],
    ),
    (
        "which vocabulary has a term",
        "SELECT vocabulary FROM terms WHERE term = 'hedge'",
        [("cue_kind",)],
    ),
]

# Of what is asked and not said
QUESTIONS: list[Row] = [
    (
        "may it be ended, renewed, is it in force",
        "SELECT column_name, status FROM open_questions WHERE regexp_matches(question, 'terminated|renewed|into force') "
        "ORDER BY column_name",
        [("entry_into_force_edtf", "not_stated"), ("renewal_text", "not_stated"), ("termination_text", "not_stated")],
    ),
    *(
        (asked, f"SELECT status, quote FROM open_questions WHERE question ILIKE '%{words}%'", [(status, quote)])
        for asked, words, status, quote in (
            ("how many troops", "how many troops", "not_stated", "troops and equipment from both countries"),
            ("which units", "units", "not_stated", "troops and equipment from both countries"),
            ("how long is the exercise", "duration of the exercise", "not_stated", None),
            ("has the exercise a name", "exercise have a name", "not_stated", None),
            ("is the list of initiatives complete", "initiatives", "partly", "a range of collaborative initiatives"),
            (
                "is the list of provisions complete",
                "provisions",
                "partly",
                "The agreement also includes provisions for",
            ),
            ("is the list of issues complete", "list of issues", "partly", "a broad spectrum of issues, including"),
            (
                "is the list of fields of expertise complete",
                "expertise",
                "partly",
                "in areas such as missile technology and cyber defense",
            ),
            ("has anybody else confirmed it", "confirmed", "not_stated", "The announcement was made by Valery Revenko"),
            ("who may use the article's text", "may use", "not_stated", None),
            ("how long does it run", "duration of the plan", "partly", "in 2026"),
            ("is it secret", "secret", "partly", "Secret"),
            ("what does it oblige to", "obligation of", "not_stated", None),
            ("has it been ratified", "ratified", "not_stated", None),
            ("where is its text", "full text", "not_stated", None),
            ("what does it cost", "cost", "not_stated", None),
            ("is it the first", "first", "not_stated", None),
            ("who led the delegation", "led the delegation", "not_stated", "a delegation from Iran’s General Staff"),
            ("who was in the delegation", "how large", "not_stated", "a delegation from Iran’s General Staff"),
            ("who scheduled it", "who scheduled", "not_stated", "scheduled to take place"),
            ("who expects it", "who expects", "not_stated", "is expected to focus"),
            ("who highlights it", "who highlights", "not_stated", "highlighted as the centerpiece of the agreement"),
            (
                "to whom is it a demonstration",
                "demonstrate",
                "not_stated",
                "could serve as a demonstration of Belarus’s commitment",
            ),
            ("where is the post", "address of the post", "not_stated", "his X (formerly Twitter) account"),
            ("when is the exercise", "when will the exercise", "undisclosed", UNDISCLOSED),
            ("whose personnel is trained", "personnel", "not_stated", "training programs for military personnel"),
            ("are arms delivered", "arms transfers", "not_stated", None),
            ("where is the region", "in which region does Iran", "not_stated", "in the region"),
        )
    ),
]


ROWS = (*PLAN, *EVENTS, *SAYINGS, *SCHOLAR, *ANALYST, *JOURNALIST, *LINGUIST, *ENGINEER_AND_CURATOR, *QUESTIONS)


@pytest.mark.parametrize(("query", "answer"), [pytest.param(row[1], row[2], id=row[0]) for row in ROWS])
def test_first_query_is_wrong(connection: duckdb.DuckDBPyConnection, query: str, answer: list[tuple[Any, ...]]) -> None:
    """The first query is wrong: the plain reading of tables and columns gives another answer than the article."""
    assert connection.sql(query).fetchall() == answer


VARIABLES = {
    "question-agreement-belarus-iran-2026-plan-signed-edtf": "begyr begmo begday signYear signMonth signDay Dat",
    "question-agreement-belarus-iran-2026-plan-formal-title": "Agt",
    "question-agreement-belarus-iran-2026-plan-entry-into-force-edtf": "EIFYear EIFMonth EIFDay",
    "question-agreement-belarus-iran-2026-plan-renewal-text": "proren renewlgt renewType renewYears",
    "question-agreement-belarus-iran-2026-plan-termination-text": "renounce",
    "question-plan-duration": "speclgth length span",
    "question-plan-in-effect": "ineffect term termmode termcaus endyr terminated durationActual endYearEstimate",
    "question-plan-legal-form": "type",
    "question-plan-ratification": "estmode",
    "question-plan-registration": "UNTS",
    "question-plan-full-text": "fullText",
    "question-plan-secret-parts": "pubsecr secrart",
    "question-plan-obligations": "defense offense active neutral nonagg consul",
    "question-plan-conditions": "conditio",
    "question-plan-asymmetry": "asymm asymmetry",
    "question-plan-third-states": "thirdcom noothall seppeace",
    "question-plan-threat": "specthrt statthr1 statthr2",
    "question-plan-contact": "milcon",
    "question-plan-members": "bilat mem1 mem2 ccode1 ccode2",
    "question-plan-military-aid": "milaid",
    "question-plan-economic-aid": "ecaid nomicoop",
    "question-plan-costs": "contrib",
    "question-plan-bases": "base",
    "question-plan-command": "intcom subord",
    "question-plan-organization": "organ1 organ2 orgpurp1 orgpurp2",
    "question-plan-disputes": "conwtin medarb",
    "question-plan-accession": "proadd futmem",
    "question-plan-predecessor": "phase",
    "question-plan-framework": "compag natrefal OthAgr",
    "question-plan-further-agreements": "agprois",
    "question-plan-provisions-complete": "category1 category2 category3",
    "question-signing-who": "Part",
    "question-signing-witnesses": "ThrdPart",
    "question-exercise-time": "StartDate EndDate",
    "question-exercise-place": "Location",
    "question-exercise-name": "Ex_Name Series_Name",
    "question-exercise-units": "Air Land Sea Amphibious Cyber",
    "question-exercise-command-post": "CPX",
}
"""The variables of ATOP 5.1, DCAD, PA-X and MME, as those datasets spell them, and the question that each asks."""


def test_variable_finds_no_question(connection: duckdb.DuckDBPyConnection) -> None:
    """A variable of another dataset's codebook does not find the question that it asks, or one is named that none has."""
    found = {
        variable: connection.execute(
            "SELECT open_question_id FROM open_questions WHERE asked_by LIKE '%' || ? || '%'", [variable]
        ).fetchall()
        for variables in VARIABLES.values()
        for variable in variables.split()
    }
    lost = {v for question, variables in VARIABLES.items() for v in variables.split() if (question,) not in found[v]}
    named = connection.sql(
        "SELECT open_question_id, unnest(regexp_extract_all(asked_by, '(?:ATOP|DCAD|PA-X|MME) [^;]+')) FROM open_questions"
    ).fetchall()
    asked: dict[str, set[str]] = {}
    for question, names in named:
        asked.setdefault(question, set()).update(names.split(" ", 1)[1].split(", "))
    assert (lost, asked) == (set(), {question: set(variables.split()) for question, variables in VARIABLES.items()})


def test_panel_does_not_merge() -> None:
    """The panel does not merge: country codes are of another type than in a panel, or a year is not what it seems."""
    panel = pd.DataFrame({"ccode1": [370, 370], "ccode2": [630, 630], "year": [2025, 2026], "gdp": [1.0, 2.0]})
    acts = bip.load("dyads", backend="pandas")
    merged = panel.merge(
        acts, left_on=["ccode1", "ccode2", "year"], right_on=["source_cow_code", "target_cow_code", "year"]
    )
    assert merged[["year", "type", "date_basis"]].values.tolist() == [[2025, "visit", "inferred"]]


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command line answers, on standard output and standard error."""
    main(words)
    return "".join(capsys.readouterr())


def test_printed_name_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks for a name as the article prints it gets an empty table, and no word on where the name stands."""
    assert re.search(r"actor-pezeshkian|\b1 row\b", typed(capsys, "show", "actors", "--where", "name=Puzhehan"))


def test_explanation_leads_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A view's cell does not lead to columns and words; an inferred one does not name its rule and doubt."""
    view = typed(capsys, "explain", "timeline", "event-august-visit", "date_words")
    assert "date_inferred_edtf" in view and "«in August»" in view
    inferred = typed(capsys, "explain", "events", "event-august-visit", "date_inferred_edtf")
    assert "year uncertain" in inferred and "year before the plan" in inferred.lower() and "(certain)" not in inferred


def test_vouching_of_one_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the article vouches for the signing is not told where Revenko's certainty is."""
    told = typed(capsys, "explain", "events", "event-signing", "factuality")
    assert re.search(r"Valery Revenko \(certain\).*\bcertain\b", told, re.DOTALL)


def test_offsets_fit_no_text() -> None:
    """Offsets fit no text that one can get."""
    text = bip.text()
    assert len(text) == 3697
    for name, words in (("cues", "text"), ("mentions", "text"), ("evidence", "quote"), ("passages", "text")):
        rows = bip.load(name, backend="pandas")
        spans = zip(rows["start_char"], rows["end_char"], rows[words], strict=True)
        assert all(text[start:end] == said for start, end, said in spans), name


def test_mentions_are_no_rows() -> None:
    """What `mentions_of` gives cannot be gone through row by row."""
    rows = list(bip.mentions_of("actor-revenko"))
    assert [row["text"] for row in rows] == ["Valery Revenko", "who", "his", "Revenko"]


RESERVED = {
    "duckdb": {"end", "order", "when"},
    "postgresql": {"end", "order", "when"},
    "spark": {"end", "order", "when"},
    "sqlite": {"order", "when"},
}
"""Of `when`, `end`, `start` and `order`, those that each engine takes in quotation marks only."""


@pytest.mark.parametrize("engine", RESERVED)
def test_name_is_a_reserved_word(engine: str, connection: duckdb.DuckDBPyConnection) -> None:
    """A name is a reserved word: a table or column must be quoted in SQL. Each engine's own parser or list is asked."""
    names = {*TABLES, *(item.name for model in TABLES.values() for item in fields(model))}
    refused = {name for name in {*names, "when", "end", "start", "order"} if not taken(engine, name, connection)}
    assert refused == RESERVED[engine]


def taken(engine: str, name: str, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether an engine takes a name unquoted, of a table and of a column."""
    if engine == "spark":
        return name.upper() not in RESERVED_KEYWORDS
    create, query = (
        f"CREATE TEMP TABLE {name} ({name} TEXT)",
        f"SELECT {name} FROM {name} WHERE {name} = 'x' ORDER BY {name}",
    )
    try:
        if engine == "postgresql":
            pglast.parse_sql(f"{create}; {query}")
        elif engine == "sqlite":
            with contextlib.closing(sqlite3.connect(":memory:")) as sqlite:
                sqlite.execute(create)
                sqlite.execute(query)
        else:
            kinds = "SELECT keyword_category FROM duckdb_keywords() WHERE keyword_name = ?"
            connection.execute(f"SELECT {name} FROM (SELECT 1 AS {name}) AS {name} ORDER BY {name}")
            return not {*connection.execute(kinds, [name]).fetchall()} & {("reserved",), ("type_function",)}
    except (duckdb.ParserException, sqlite3.OperationalError, pglast.parser.ParseError):
        return False
    return True
