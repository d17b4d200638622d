"""What is computed from the tables: derived columns, and the views.

One definition for both sides: the build fills these columns and tables with it, and `verify` recomputes them from published
files. It needs the standard library only.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from .core.edtf import bounds, doubt
from .core.judging import alpha, labels
from .core.table import Rows, Tables
from .vocabularies import CAMEO_CODE, EVENT_ROLE, EVENT_STATUS, EVENT_TYPE, FACTUALITY, Side

_CLOSED = re.compile(r"[.!?][’”'\")]*$")


# --- Derived columns ---


DERIVED_FROM: dict[str, dict[str, tuple[str, ...]]] = {
    "events": {},
    "event_actors": {},
    "event_links": {},
    "actors": {},
    "places": {},
    "mentions": {},
    "agreements": {},
    "provisions": {},
    "provision_actors": {},
    "claims": {},
    "claim_cues": {},
    "cues": {},
    "sources": {},
    "passages": {},
    "terms": {},
    "readings": {},
    "evidence": {"table_name": ("provisions", "event_actors", "provision_actors"), "column_name": ("wording", "role")},
}


def derived_values(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    """The values of derived columns, by table and column, then by row id; the texts of spans are not among them.

    Args:
        tables: at least the rows that `DERIVED_FROM` names.
    """
    happenings = _happenings(tables)
    occurred = {row["event_id"] for row in tables["events"] if row["status"] in _HAPPENED}
    return {
        **_bounds(tables["events"], "events", "event_id", ("date_inferred_edtf", "date_edtf"), "date"),
        **_bounds(tables["agreements"], "agreements", "agreement_id", ("period_edtf",), "period"),
        ("events", "date_basis"): {row["event_id"]: _date_basis(row) for row in tables["events"]},
        ("events", "place_country"): _place_countries(tables),
        ("events", "happening_id"): happenings,
        ("events", "count_once"): {id_: main == id_ and id_ in occurred for id_, main in happenings.items()},
        ("event_actors", "basis"): _role_bases(tables, "event_actors", "event_actor_id"),
        ("provision_actors", "basis"): _role_bases(tables, "provision_actors", "provision_actor_id"),
        ("provisions", "ordinal"): _provision_ordinals(tables),
        ("claims", "statement"): _statements(tables),
        ("sources", "path"): {row["source_id"]: f"seeds/{row['source_id']}.txt" for row in tables["sources"]},
        ("terms", "quad_class"): {row["term_id"]: _quad_class(row) for row in tables["terms"]},
        ("readings", "agree"): {
            row["reading_id"]: labels(row["first_value"]) == labels(row["second_value"]) for row in tables["readings"]
        },
        **_passages(tables["passages"]),
    }


def _bounds(
    rows: Rows, table: str, key: str, columns: tuple[str, ...], prefix: str
) -> dict[tuple[str, str], dict[str, date | None]]:
    earliest: dict[str, date | None] = {}
    latest: dict[str, date | None] = {}
    for row in rows:
        text = next((row[column] for column in columns if row[column] is not None), None)
        try:
            earliest[row[key]], latest[row[key]] = (None, None) if text is None else bounds(text)
        except ValueError:  # A bad date is a fault of its own; it bounds nothing.
            earliest[row[key]] = latest[row[key]] = None
    return {(table, f"{prefix}_earliest"): earliest, (table, f"{prefix}_latest"): latest}


def _date_basis(event: dict[str, Any]) -> str:
    if event["date_inferred_edtf"] is not None:
        return "inferred"
    return "none" if event["date_edtf"] is None else "stated"


def _place_countries(tables: Tables) -> dict[str, str | None]:
    countries = {row["place_id"]: row["country"] for row in tables["places"]}
    return {row["event_id"]: countries.get(row["place_id"]) for row in tables["events"]}


def _role_bases(tables: Tables, table: str, key: str) -> dict[str, str]:
    """Whether the evidence of each row's role says it, or all of it infers it."""
    bases = defaultdict(set)
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"]) == (table, "role"):
            bases[row["row_id"]].add(row["basis"])
    return {row[key]: "inferred" if bases[row[key]] == {"inferred"} else "stated" for row in tables[table]}


def _provision_ordinals(tables: Tables) -> dict[str, int]:
    spans: dict[str, tuple[str, int, int]] = {}
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"]) == ("provisions", "wording"):
            span = (row["source_id"], row["start_char"], -row["end_char"])
            spans[row["row_id"]] = min(span, spans.get(row["row_id"], span))
    by_agreement = defaultdict(list)
    for row in tables["provisions"]:
        by_agreement[row["agreement_id"]].append(row["provision_id"])
    return {
        provision: ordinal
        for members in by_agreement.values()
        for ordinal, provision in enumerate(sorted(members, key=lambda id_: (spans.get(id_, ("", 0, 0)), id_)), start=1)
    }


def passage_kind(ordinal: int, text: str) -> str:
    """Headline, body or boilerplate, from a passage's place in its source and its closing punctuation."""
    if ordinal == 1:
        return "headline"
    return "body" if _CLOSED.search(text) else "boilerplate"


def _passages(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    ordinals: Counter[str] = Counter()
    ordinal, kind = {}, {}
    for row in sorted(rows, key=lambda row: (row["source_id"], row["start_char"])):
        ordinals[row["source_id"]] += 1
        ordinal[row["passage_id"]] = ordinals[row["source_id"]]
        kind[row["passage_id"]] = passage_kind(ordinals[row["source_id"]], row["text"])
    return {("passages", "ordinal"): ordinal, ("passages", "kind"): kind}


_QUAD_CLASSES = {
    **dict.fromkeys(("01", "02", "03", "04", "05"), "verbal_cooperation"),
    **dict.fromkeys(("06", "07", "08"), "material_cooperation"),
    **dict.fromkeys(("10", "11", "12", "13"), "verbal_conflict"),
    **dict.fromkeys(("15", "16", "17", "18", "19", "20"), "material_conflict"),
}


def _quad_class(term: dict[str, Any]) -> str | None:
    return _QUAD_CLASSES.get(term["term"][:2]) if term["vocabulary"] == CAMEO_CODE.name else None


# --- Happenings: events that are counted once ---

_HAPPENED = ("occurred", "ongoing")
_ENCOUNTERS = ("visit", "meeting", "talks")
_WITHIN = ("occurs_during", "part_of", "maybe_part_of")
_STATUS_RANK = {status: rank for rank, status in enumerate(EVENT_STATUS.values())}
_TYPE_RANK = {term: rank for rank, term in enumerate(EVENT_TYPE.values())}


def _happenings(tables: Tables) -> dict[str, str]:
    """The main event of the happening that each event belongs to.

    Events are joined by `maybe_same_as`, and by being within one another where both are encounters. The main one is, of those that
    happened if any did, one that is not within another of them; of several, the first by type and then by place in the table.
    """
    events = {row["event_id"]: row for row in tables["events"]}
    parent = {id_: id_ for id_ in events}

    def root(id_: str) -> str:
        while parent[id_] != id_:
            parent[id_] = parent[parent[id_]]
            id_ = parent[id_]
        return id_

    within = set()
    for link in tables["event_links"]:
        left, right = link["event_id"], link["related_event_id"]
        if left not in events or right not in events:
            continue  # A link that does not resolve is a fault of its own.
        encounters = events[left]["type"] in _ENCOUNTERS and events[right]["type"] in _ENCOUNTERS
        if link["relation"] == "maybe_same_as" or (link["relation"] in _WITHIN and encounters):
            parent[root(left)] = root(right)
            if link["relation"] in _WITHIN:
                within.add(left)
    members: dict[str, list[str]] = defaultdict(list)
    for id_ in events:
        members[root(id_)].append(id_)
    order = {id_: at for at, id_ in enumerate(events)}
    mains = {
        id_: min(
            group,
            key=lambda id_: (
                _STATUS_RANK[events[id_]["status"]],
                id_ in within,
                _TYPE_RANK[events[id_]["type"]],
                order[id_],
            ),
        )
        for id_, group in members.items()
    }
    return {id_: mains[root(id_)] for id_ in events}


# --- Statements: claims as sentences that can be quoted ---

_SAYS = {
    "CT+": ("says that", "say that"),
    "PR+": ("presents it as probable that", "present it as probable that"),
    "PS+": ("presents it as possible that", "present it as possible that"),
    "CT-": ("denies that", "deny that"),
    "PR-": ("presents it as improbable that", "present it as improbable that"),
    "PS-": (
        "presents it as possible that it is not the case that",
        "present it as possible that it is not the case that",
    ),
    "CTu": ("knows whether", "know whether"),
    "Uu": ("leaves it open whether", "leave it open whether"),
}
_SPECULATES = ("speculates about whether, or to what extent,", "speculate about whether, or to what extent,")
_PLANNED = ("says only that it is planned that", "say only that it is planned that")
_GRANTED = {
    "CT+": "that",
    "PR+": "that it is probable that",
    "PS+": "that it is possible that",
    "CT-": "that it is not the case that",
    "PR-": "that it is improbable that",
    "PS-": "that it is possible that it is not the case that",
    "CTu": "that it is known whether",
    "Uu": "that it is open whether",
}
_GRANTED_PLANNED = "only that it is planned that"

_DOUBTFUL = re.compile(
    r"\b(that|what|which|who|whom|whose|where|when|while|if|because|not|all|each|every|both|any|some|or)\b", re.I
)
_AUXILIARY = re.compile(r"\b(has|have|is|are|was|were|will)\b")


def _statements(tables: Tables) -> dict[str, str]:
    """Each claim as a sentence: who says it, how surely, and what. What is taken for granted is told as such."""
    # A link to nobody is a fault of its own.
    voices = {row["actor_id"]: row for row in tables["actors"]}
    kinds = {row["cue_id"]: row["kind"] for row in tables["cues"]}
    planned = {row["claim_id"] for row in tables["claim_cues"] if kinds.get(row["cue_id"]) == "futurity"}
    proper = _proper_words(tables)
    found = {}
    for claim in tables["claims"]:
        voice = voices.get(claim["voice_actor_id"], {"name": claim["voice_actor_id"], "kind": None})
        said = _uncapitalized(claim["proposition"], proper)
        verb, said = _verb(claim, voice, said, planned=claim["claim_id"] in planned and claim["factuality"] == "Uu")
        found[claim["claim_id"]] = f"{voice['name']} {verb} {said}"
    return found


def _verb(claim: dict[str, Any], voice: dict[str, Any], said: str, *, planned: bool) -> tuple[str, str]:
    """The verb of a statement with its conjunction, and what is said."""
    several, factuality = voice["kind"] == "group", claim["factuality"]
    if claim["presupposed"]:
        content = _GRANTED_PLANNED if planned else _GRANTED[factuality]
        return f"{'take' if several else 'takes'} it for granted {content}", said
    if claim["kind"] == "speculation" and factuality == "Uu":
        return _SPECULATES[several], said
    if planned:
        return _PLANNED[several], said
    if factuality == "CT-" and voice["kind"] == "article_voice":
        # A person denies; a text says that something is not so.
        return "says that", _negated(said)
    return _SAYS[factuality][several], said


def _negated(clause: str) -> str:
    """The clause with `not` after its auxiliary where there is no doubt which that is, else as denied as a whole."""
    if len(_AUXILIARY.findall(clause)) == 1 and not _DOUBTFUL.search(clause):
        return _AUXILIARY.sub(r"\g<0> not", clause)
    return f"it is not the case that {clause}"


_PROPER_FORMS = ("name", "misspelling", "adjective", "metonym")


def _proper_words(tables: Tables) -> set[str]:
    """The words that keep their capital at the beginning of a clause: those with which names and their adjectives begin."""
    names = [row["text"] for row in tables["mentions"] if row["form"] in _PROPER_FORMS]
    names += [name for row in tables["actors"] if row["kind"] == "person" for name in row["name"].split()]
    names += [row["name"] for row in tables["actors"] if row["named"]]
    return {found.group() for name in names if (found := re.match(r"\w+", name))} - {"The"}


def _uncapitalized(sentence: str, proper: set[str]) -> str:
    found = re.match(r"\w+", sentence)
    keeps = found is None or found.group() in proper or not found.group()[0].isupper()
    return sentence if keeps else sentence[0].lower() + sentence[1:]


# --- Views ---

VIEWS_FROM: dict[str, dict[str, tuple[str, ...]]] = {
    "actors": {},
    "events": {},
    "event_actors": {},
    "event_links": {},
    "places": {},
    "terms": {"vocabulary": (CAMEO_CODE.name,)},
    "evidence": {"table_name": ("events",), "column_name": ("label",)},
    "gaps": {"table_name": ("events",)},
    "readings": {},
}


def views(tables: Tables) -> Tables:
    """The rows of the views, by name, from those of the other tables."""
    return {"timeline": _timeline(tables), "dyads": _dyads(tables), "reliability": _reliability(tables["readings"])}


def _timeline(tables: Tables) -> Rows:
    names = {row["actor_id"]: row["name"] for row in tables["actors"]}
    actors: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables["event_actors"]:
        actors[row["event_id"]][names[row["actor_id"]]].append(row["role"].replace("_", " "))
    quotes: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"], row["stance"]) == ("events", "label", "supports"):
            quotes[row["row_id"]].append((row["source_id"], row["start_char"], row["quote"]))
    reasons: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in tables["gaps"]:
        if row["table_name"] == "events":
            reasons[(row["row_id"], row["column_name"])].append(row)
    places = {row["place_id"]: row["name"] for row in tables["places"]}
    linked = {id_ for pair in _order_links(tables) for id_ in pair}
    sizes = Counter(event["happening_id"] for event in tables["events"])
    linked |= {event["event_id"] for event in tables["events"] if sizes[event["happening_id"]] > 1}
    return [
        {
            "event_id": event["event_id"],
            "ordinal": ordinal,
            "order_basis": _order_basis(event, linked),
            "happening_id": event["happening_id"],
            "date_earliest": event["date_earliest"],
            "date_latest": event["date_latest"],
            "date_basis": event["date_basis"],
            "date_words": _date_words(event, reasons[(event["event_id"], "date_text")]),
            "actors": "; ".join(f"{name} ({', '.join(roles)})" for name, roles in actors[event["event_id"]].items())
            or "nobody named",
            "label": event["label"],
            "place": _place_words(event, places, reasons[(event["event_id"], "place_id")]),
            "status": event["status"],
            "voice": names[event["voice_actor_id"]],
            "certainty": FACTUALITY.label(event["factuality"]).lower(),
            "quote": " ... ".join(quote for *_, quote in sorted(quotes[event["event_id"]])),
        }
        for ordinal, event in enumerate(_in_order(tables), start=1)
    ]


def _order_basis(event: dict[str, Any], linked: set[str]) -> str:
    if event["date_earliest"] is not None:
        return "date"
    return "link" if event["event_id"] in linked else "status"


_EARLIER_RELATED = ("follows", "repeats", "announces", "confirms", *_WITHIN)
"""Relations whose related event is told first: it came before, or is the whole."""


def _order_links(tables: Tables) -> set[tuple[str, str]]:
    """Pairs of events, the first of which is told before the second.

    What is still to come is told after what happened, whatever announces it.
    """
    ranks = {row["event_id"]: _STATUS_RANK[row["status"]] for row in tables["events"]}
    return {
        (row["related_event_id"], row["event_id"])
        for row in tables["event_links"]
        if row["relation"] in _EARLIER_RELATED
        and row["event_id"] != row["related_event_id"]
        and ranks.get(row["related_event_id"], len(ranks)) <= ranks.get(row["event_id"], -1)
    }


def _in_order(tables: Tables) -> Iterator[dict[str, Any]]:
    """The events in the order that dates and links give.

    Where these leave it open: by status, then happening by happening in the order that dates and links give to happenings as wholes,
    what may be a part right after its whole, the main event first, then as in the table.
    """
    events = {row["event_id"]: row for row in tables["events"]}
    at = {id_: place for place, id_ in enumerate(events)}
    group = _wholes(tables, events)
    days = sorted({row["date_latest"] for row in events.values() if row["date_latest"]})
    # A day stands after the events that end by then, and before those that begin later.
    pairs: set[tuple[Any, Any]] = {*_order_links(tables), *itertools.pairwise(days)}
    starts: dict[str, date] = {}
    for id_, row in events.items():
        if row["date_latest"]:
            pairs.add((id_, row["date_latest"]))
        if row["date_earliest"]:
            starts[group[id_]] = min(row["date_earliest"], starts.get(group[id_], date.max))
            if ended := bisect.bisect_left(days, row["date_earliest"]):
                pairs.add((days[ended - 1], id_))
    # What waits for something else with a part alone does not keep the whole waiting.
    between = {
        (group.get(first, first), group.get(second, second))
        for first, second in pairs
        if second not in events or events[second]["happening_id"] == group[second]
    }
    groups = {id_: (_STATUS_RANK[events[id_]["status"]], starts.get(id_, date.max), at[id_]) for id_ in group.values()}
    place = {id_: number for number, id_ in enumerate(_told(groups, between, days))}
    ranks = {
        id_: (
            _STATUS_RANK[row["status"]],
            place[group[id_]],
            row["happening_id"] != group[id_],
            at[row["happening_id"]],
            row["happening_id"] != id_,
            at[id_],
        )
        for id_, row in events.items()
    }
    return (events[id_] for id_ in _told(ranks, pairs, days))


def _wholes(tables: Tables, events: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """For each event the happening that it is told with: its own, or that which its own may be a part of."""
    main = {id_: row["happening_id"] for id_, row in events.items()}
    whole = {
        main[row["event_id"]]: main[row["related_event_id"]]
        for row in tables["event_links"]
        if row["relation"] in _WITHIN
        and row["event_id"] in main
        and row["related_event_id"] in main
        and main[row["event_id"]] != main[row["related_event_id"]]
        and events[row["event_id"]]["status"] == events[row["related_event_id"]]["status"]
    }

    # What is said again has its first time told with it, since nothing else says when that was.
    for row in tables["event_links"]:
        earlier = row["related_event_id"]
        undated = main.get(earlier) == earlier and events[earlier]["date_earliest"] is None
        if row["relation"] == "repeats" and row["event_id"] in main and undated:
            whole.setdefault(earlier, main[row["event_id"]])

    def outermost(id_: str) -> str:
        seen = {id_}
        while (outer := whole.get(id_)) is not None and outer not in seen:
            seen.add(id_ := outer)
        return id_

    return {id_: outermost(happening) for id_, happening in main.items()}


def _told(ranks: Mapping[str, Any], pairs: set[tuple[Any, Any]], days: Iterable[date]) -> Iterator[str]:
    """The keys of `ranks`, the first of each pair before the second; the lowest rank first where pairs leave it open.

    A circle of pairs is broken where the rank is lowest. `days` stand in pairs and are not told themselves.
    """
    later: dict[Any, list[Any]] = defaultdict(list)
    waiting: Counter[Any] = Counter()
    for first, second in pairs:
        if first != second:
            later[first].append(second)
            waiting[second] += 1
    # Days come as soon as they can, since they keep others waiting.
    order: dict[Any, tuple[int, Any]] = {day: (0, day) for day in days} | {
        id_: (1, rank) for id_, rank in ranks.items()
    }
    ready = [(rank, node) for node, rank in order.items() if not waiting[node]]
    heapq.heapify(ready)
    untold = dict(order)
    while untold:
        if not ready:
            ready = [min((rank, id_) for id_, rank in untold.items() if id_ in ranks)]
        _, node = heapq.heappop(ready)
        if untold.pop(node, None) is None:
            continue
        if node in ranks:
            yield node
        for second in later[node]:
            waiting[second] -= 1
            if waiting[second] == 0:
                heapq.heappush(ready, (order[second], second))


def _date_words(event: dict[str, Any], gaps: Rows) -> str:
    if event["date_text"] is None:
        return "undisclosed" if any(gap["reason"] == "undisclosed" for gap in gaps) else "undated"
    inferred = event["date_inferred_edtf"]
    if inferred is None:
        return str(event["date_text"])
    said = ", ".join(filter(None, (re.sub("[?~%]", "", inferred), doubt(inferred))))
    return f"{event['date_text']} (inferred: {said})"


def _place_words(event: dict[str, Any], places: dict[str, str], gaps: Rows) -> str:
    if event["place_id"] is not None:
        return places[event["place_id"]]
    candidates = [str(places.get(gap["candidate"], gap["candidate"])) for gap in gaps if gap["candidate"]]
    if candidates:
        return f"open: {' or '.join(candidates)}"
    return "not stated" if event["place_text"] is None else str(event["place_text"])


# --- Dyads ---

_PRECEDENCE = {code: rank for rank, code in enumerate(("057", "046", "042", "043", "040"))}
"""CAMEO codes by which of them stands for a happening that has several, as the notes of the code list have it; others come after."""


def _code_rank(event: dict[str, Any]) -> tuple[bool, int]:
    return event["cameo_code"] is None, _PRECEDENCE.get(event["cameo_code"], len(_PRECEDENCE))


def _dyads(tables: Tables) -> Rows:
    country = {row["actor_id"]: row["country"] for row in tables["actors"]}
    states = {row["iso_alpha3"]: row for row in tables["actors"] if row["iso_alpha3"] is not None}
    scores = {row["term"]: row for row in tables["terms"] if row["vocabulary"] == CAMEO_CODE.name}
    events = {row["event_id"]: row for row in tables["events"]}
    members: dict[str, Rows] = defaultdict(list)
    for event in tables["events"]:
        if event["status"] in _HAPPENED:
            members[event["happening_id"]].append(event)
    parts: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in tables["event_actors"]:
        side = _SIDES.get(row["role"])
        if side and country[row["actor_id"]] in states and row["event_id"] in events:
            parts[row["event_id"]].append((side, country[row["actor_id"]], row["basis"]))
    rows = []
    for main, group in members.items():
        # By how they are coded, since the code's own event tells who acts on whom.
        ranked = sorted(group, key=_code_rank)
        pairs: dict[frozenset[str], tuple[str, str, str, str]] = {}
        of_event: dict[str, set[frozenset[str]]] = defaultdict(set)
        for event in ranked:
            for pair in _pairs(parts[event["event_id"]]):
                pairs.setdefault(frozenset(pair[:2]), pair)
                of_event[event["event_id"]].add(frozenset(pair[:2]))
        for states_paired, (source, target, direction, basis) in sorted(pairs.items(), key=lambda item: item[1]):
            # An event that pairs only others tells nothing of these two.
            own = [event for event in ranked if states_paired in of_event.get(event["event_id"], {states_paired})]
            rows.append(_dyad(events[main], own, (states[source], states[target]), direction, basis, scores))
    return rows


_SIDES = {
    role: side
    for side, mark in (("source", Side.SOURCE), ("target", Side.TARGET), ("mutual", Side.MUTUAL))
    for role in EVENT_ROLE.marked(mark)
}
"""How a role stands to the others of an event; those that stand aside (channel, beneficiary) are not among them."""


def _pairs(parts: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """Pairs of states in an event: source, target, direction, basis."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for side, state, basis in parts:
        found[side][state].add(basis)

    def basis_of(*each: set[str]) -> str:
        return "inferred" if any(bases == {"inferred"} for bases in each) else "stated"

    for source, bases in sorted(found["source"].items()):
        for target, others in sorted(found["target"].items()):
            if source != target:
                yield source, target, "directed", basis_of(bases, others)
    mutual = sorted(found["mutual"].items())
    for at, (source, bases) in enumerate(mutual):
        for target, others in mutual[at + 1 :]:
            yield source, target, "mutual", basis_of(bases, others)


def _dyad(
    main: dict[str, Any],
    ranked: Rows,
    pair: tuple[dict[str, Any], dict[str, Any]],
    direction: str,
    basis: str,
    scores: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    source, target = pair
    cow = (source["cow_code"], target["cow_code"])
    coded = ranked[0]
    score = scores.get(coded["cameo_code"], {})
    dated = min(
        (event for event in ranked if event["date_earliest"] and event["date_latest"]),
        key=lambda event: (event["date_latest"] - event["date_earliest"], event["date_earliest"]),
        default=None,
    )
    first, last = (dated["date_earliest"], dated["date_latest"]) if dated else (None, None)
    return {
        "happening_dyad_id": f"{main['event_id']}.{source['iso_alpha3']}.{target['iso_alpha3']}",
        "happening_id": main["event_id"],
        "event_ids": ";".join(sorted(event["event_id"] for event in ranked)),
        "source_state": source["name"],
        "target_state": target["name"],
        "source_iso_alpha3": source["iso_alpha3"],
        "target_iso_alpha3": target["iso_alpha3"],
        "direction": direction,
        "basis": basis,
        "source_cow_code": source["cow_code"],
        "target_cow_code": target["cow_code"],
        "cow_dyad": None if None in cow else min(cow) * 1000 + max(cow),
        "source_gw_code": source["gw_code"],
        "target_gw_code": target["gw_code"],
        "type": main["type"],
        "status": main["status"],
        "cameo_code": coded["cameo_code"],
        "goldstein": score.get("goldstein"),
        "quad_class": score.get("quad_class"),
        "plover_event": coded["plover_event"],
        "plover_mode": coded["plover_mode"],
        "plover_contexts": coded["plover_contexts"],
        "year": first.year if first and last and first.year == last.year else None,
        "date_earliest": first,
        "date_latest": last,
        "date_basis": dated["date_basis"] if dated else "none",
        "voice_actor_id": main["voice_actor_id"],
        "factuality": main["factuality"],
        "author_factuality": main["author_factuality"],
    }


# --- Reliability ---


def _reliability(readings: Rows) -> Rows:
    columns: dict[tuple[str, str], list[tuple[frozenset[str], frozenset[str]]]] = defaultdict(list)
    for row in readings:
        pair = labels(row["first_value"]), labels(row["second_value"])
        columns[(row["table_name"], row["column_name"])].append(pair)
    rows = []
    for (table, column), pairs in columns.items():
        rows.append(_agreement(table, column, None, pairs))
        for value in sorted(frozenset().union(*itertools.chain.from_iterable(pairs))):
            has = [(value in first, value in second) for first, second in pairs]
            rows.append(_agreement(table, column, value, has))
    return rows


def _agreement(table: str, column: str, value: str | None, pairs: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    """A row for pairs of readings, each of which is false where it has no value, or not this one."""
    reached = alpha(pairs)
    id_parts = [table, column, *([] if value is None else [re.sub(r"[^A-Za-z0-9_+-]+", "-", value)])]
    return {
        "reliability_id": ".".join(id_parts),
        "table_name": table,
        "column_name": column,
        "value": value,
        "cell_count": len(pairs),
        "first_count": sum(bool(first) for first, _ in pairs),
        "second_count": sum(bool(second) for _, second in pairs),
        "share_equal": round(sum(first == second for first, second in pairs) / len(pairs), 4),
        "alpha": None if reached is None else round(reached, 4),
    }
