"""The views: tables computed from the others, for reading (timeline) and for joining (dyads)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date
from typing import Any

from belarus_iran_pact.vocabularies import FACTUALITY

from .derive import Rows, Tables

VIEWS = ("timeline", "dyads")

# Roles by what their holders do to each other; the others (channel, beneficiary) stand in no relation between states.
SOURCE_ROLES = frozenset({"initiator", "visitor", "speaker"})
TARGET_ROLES = frozenset({"target", "host", "addressee"})
MUTUAL_ROLES = frozenset({"signatory", "participant", "contributor"})


def views(tables: Tables) -> Tables:
    """The rows of the views, by name, from those of the other tables."""
    return {"timeline": _timeline(tables), "dyads": _dyads(tables)}


def _timeline(tables: Tables) -> Rows:
    names = {row["actor_id"]: row["name"] for row in tables["actors"]}
    actors: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables["event_actors"]:
        actors[row["event_id"]][names[row["actor_id"]]].append(row["role"])
    quotes: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"], row["stance"]) == ("events", "label", "supports"):
            quotes[row["row_id"]].append((row["source_id"], row["start"], row["quote"]))
    reasons: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in tables["gaps"]:
        if row["table_name"] == "events":
            reasons[(row["row_id"], row["column_name"])].append(row)
    in_order = sorted(tables["events"], key=lambda event: event["date_earliest"] or date.max)
    return [
        {
            "event_id": event["event_id"],
            "ordinal": ordinal,
            "date_earliest": event["date_earliest"],
            "date_latest": event["date_latest"],
            "when": _when(event, reasons[(event["event_id"], "date_text")]),
            "who": "; ".join(f"{name} ({', '.join(roles)})" for name, roles in actors[event["event_id"]].items())
            or "nobody named",
            "what": event["label"],
            "where": _where(event, reasons[(event["event_id"], "place_country")]),
            "status": event["status"],
            "voice": names[event["voice_actor_id"]],
            "certainty": FACTUALITY.label(event["factuality"]).lower(),
            "quote": " ... ".join(quote for *_, quote in sorted(quotes[event["event_id"]])),
        }
        for ordinal, event in enumerate(in_order, start=1)
    ]


def _when(event: dict[str, Any], gaps: Rows) -> str:
    if event["date_text"] is None:
        return "undisclosed" if any(gap["reason"] == "undisclosed" for gap in gaps) else "undated"
    inferred = event["date_inferred_edtf"]
    return str(event["date_text"]) if inferred is None else f"{event['date_text']} (inferred: {inferred})"


def _where(event: dict[str, Any], country_gaps: Rows) -> str:
    if event["place_text"] is None:
        return "not stated"
    candidates = [gap["candidate"] for gap in country_gaps if gap["candidate"] is not None]
    return f"{event['place_text']} (open: {' or '.join(candidates)})" if candidates else str(event["place_text"])


def _dyads(tables: Tables) -> Rows:
    country = {row["actor_id"]: row["country"] for row in tables["actors"]}
    states = {row["iso_alpha3"]: row for row in tables["actors"] if row["iso_alpha3"] is not None}
    sides: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in tables["event_actors"]:
        code = country[row["actor_id"]]
        if code in states:
            for side, roles in (("source", SOURCE_ROLES), ("target", TARGET_ROLES), ("mutual", MUTUAL_ROLES)):
                if row["role"] in roles:
                    sides[row["event_id"]][side].add(code)
    rows = []
    for event in tables["events"]:
        own = sides[event["event_id"]]
        directed = sorted((a, b) for a in own["source"] for b in own["target"] if a != b)
        mutual = itertools.combinations(sorted(own["mutual"]), 2)
        for direction, pairs in (("directed", directed), ("mutual", mutual)):
            for source, target in pairs:
                rows.append(_dyad(event, states[source], states[target], direction))
    return rows


def _dyad(event: dict[str, Any], source: dict[str, Any], target: dict[str, Any], direction: str) -> dict[str, Any]:
    codes = {
        f"{side}_{code}": state[code]
        for code in ("iso_alpha3", "cow_code", "gw_code")
        for side, state in (("source", source), ("target", target))
    }
    copied = [
        "event_id",
        "type",
        "status",
        "cameo_code",
        "plover_event",
        "plover_mode",
        "plover_context",
        "date_earliest",
        "date_latest",
        "voice_actor_id",
        "factuality",
    ]
    return {
        "dyad_id": f"{event['event_id']}.{source['iso_alpha3']}.{target['iso_alpha3']}",
        "direction": direction,
        **codes,
        **{column: event[column] for column in copied},
    }
