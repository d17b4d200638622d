"""What is computed from the tables: derived columns, and the views.

One definition for both sides: the build fills these columns and tables with it, and the laws recompute them.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from datetime import date
from typing import Any

from .core.edtf import bounds
from .core.table import Rows, Tables
from .vocabularies import EVENT_ROLE, FACTUALITY, Side

_CLOSED = re.compile(r"[.!?][’”'\")]*$")


# --- Derived columns ---


def passage_kind(ordinal: int, text: str) -> str:
    """Headline, body or boilerplate, from a passage's place in its source and its closing punctuation."""
    if ordinal == 1:
        return "headline"
    return "body" if _CLOSED.search(text) else "boilerplate"


DERIVED_FROM: dict[str, dict[str, str]] = {
    "events": {},
    "agreements": {},
    "provisions": {},
    "sources": {},
    "passages": {},
    "evidence": {"table_name": "provisions", "column_name": "wording"},
}


def derived_values(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    """The values of derived columns, by table and column, then by row id; the texts of spans are not among them.

    Args:
        tables: at least the rows that `DERIVED_FROM` names.
    """
    return {
        **_bounds(tables["events"], "events", "event_id", ("date_inferred_edtf", "date_edtf"), "date"),
        **_bounds(tables["agreements"], "agreements", "agreement_id", ("period_edtf",), "period"),
        ("provisions", "ordinal"): _provision_ordinals(tables),
        ("sources", "path"): {row["source_id"]: f"seeds/{row['source_id']}.txt" for row in tables["sources"]},
        **_passages(tables["passages"]),
    }


def _bounds(rows: Rows, table: str, key: str, columns: tuple[str, ...], prefix: str) -> dict[tuple[str, str], Any]:
    earliest, latest = {}, {}
    for row in rows:
        text = next((row[column] for column in columns if row[column] is not None), None)
        try:
            earliest[row[key]], latest[row[key]] = (None, None) if text is None else bounds(text)
        except ValueError:  # A bad date is a fault of its own; it bounds nothing.
            earliest[row[key]] = latest[row[key]] = None
    return {(table, f"{prefix}_earliest"): earliest, (table, f"{prefix}_latest"): latest}


def _provision_ordinals(tables: Tables) -> dict[str, int]:
    spans: dict[str, tuple[str, int, int]] = {}
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"]) == ("provisions", "wording"):
            span = (row["source_id"], row["start"], -row["end"])
            spans[row["row_id"]] = min(span, spans.get(row["row_id"], span))
    by_agreement = defaultdict(list)
    for row in tables["provisions"]:
        by_agreement[row["agreement_id"]].append(row["provision_id"])
    return {
        provision: ordinal
        for members in by_agreement.values()
        for ordinal, provision in enumerate(sorted(members, key=lambda id_: (spans.get(id_, ("", 0, 0)), id_)), start=1)
    }


def _passages(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    ordinals: Counter[str] = Counter()
    ordinal, kind = {}, {}
    for row in sorted(rows, key=lambda row: (row["source_id"], row["start"])):
        ordinals[row["source_id"]] += 1
        ordinal[row["passage_id"]] = ordinals[row["source_id"]]
        kind[row["passage_id"]] = passage_kind(ordinals[row["source_id"]], row["text"])
    return {("passages", "ordinal"): ordinal, ("passages", "kind"): kind}


# --- Views ---

VIEWS_FROM: dict[str, dict[str, str]] = {
    "actors": {},
    "events": {},
    "event_actors": {},
    "evidence": {"table_name": "events", "column_name": "label"},
    "gaps": {"table_name": "events"},
}


def views(tables: Tables) -> Tables:
    """The rows of the views, by name, from at least the rows that `VIEWS_FROM` names, in which the laws hold."""
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
    side_of = {role: side for side in Side for role in EVENT_ROLE.marked(side)}
    sides: dict[str, dict[Side, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in tables["event_actors"]:
        code = country[row["actor_id"]]
        if code in states:
            sides[row["event_id"]][side_of[row["role"]]].add(code)
    rows = []
    for event in tables["events"]:
        own = sides[event["event_id"]]
        directed = sorted((a, b) for a in own[Side.SOURCE] for b in own[Side.TARGET] if a != b)
        mutual = itertools.combinations(sorted(own[Side.MUTUAL]), 2)
        for direction, pairs in (("directed", directed), ("mutual", mutual)):
            rows += [_dyad(event, states[source], states[target], direction) for source, target in pairs]
    return rows


def _dyad(event: dict[str, Any], source: dict[str, Any], target: dict[str, Any], direction: str) -> dict[str, Any]:
    codes = {
        f"{side}_{code}": state[code]
        for code in ("iso_alpha3", "cow_code", "gw_code")
        for side, state in (("source", source), ("target", target))
    }
    copied = ("event_id", "type", "status", "cameo_code", "plover_event", "plover_mode", "plover_context")
    return {
        "dyad_id": f"{event['event_id']}.{source['iso_alpha3']}.{target['iso_alpha3']}",
        "direction": direction,
        **codes,
        **{
            column: event[column]
            for column in (*copied, "date_earliest", "date_latest", "voice_actor_id", "factuality")
        },
    }
