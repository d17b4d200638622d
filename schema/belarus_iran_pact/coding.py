"""The coding as the rules of the manual look at it: rows, the words that they rest on, and what stands to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow.compute as pc

from .core.content import Content, is_in

Row = dict[str, Any]

OWN_VOICE = "article_voice"
CERTAINTY_KINDS = ("hedge", "negation", "futurity")
SAYING_KINDS = ("attribution", "quotation")


class Span(NamedTuple):
    """Words of a source: characters, half-open."""

    source_id: str
    start: int
    end: int

    def meets(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.source_id == other.source_id and self.start < other.end and other.start < self.end

    def within(self, other: Span) -> bool:
        """Whether all of it lies in the other."""
        return self.source_id == other.source_id and other.start <= self.start and self.end <= other.end


def span_of(row: Row, prefix: str = "") -> Span:
    """The span that a row has."""
    return Span(row["source_id"], row[f"{prefix}start_char"], row[f"{prefix}end_char"])


def any_meets(spans: Iterable[Span], others: Iterable[Span]) -> bool:
    """Whether some of the spans shares a character with some of the others."""
    others = list(others)
    return any(span.meets(other) for span in spans for other in others)


_GROUNDED = (
    *("voice_actor_id", "factuality", "author_factuality", "content_factuality", "commitment", "role", "relation"),
    *("date_edtf", "date_inferred_edtf", "period_edtf", "period_text", "place_id", "label", "type", "proposition"),
    *("wording", "country", "name_as_printed", "title", "kind", "form_text"),
)
"""The columns whose evidence the checks look at."""


class Coding:
    """Rows, and the words that they rest on, as the checks need them."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def __getitem__(self, name: str) -> list[Row]:
        return self.content.rows(name)

    @cached_property
    def by_id(self) -> dict[str, dict[str, Row]]:
        names = ("actors", "events", "agreements", "provisions", "places", "claims", "cues", "passages")
        return {name: {next(iter(row.values())): row for row in self[name]} for name in names}

    @cached_property
    def _evidence(self) -> dict[tuple[str, str, str], list[Row]]:
        evidence = self.content.tables["evidence"]
        wanted = pc.and_(is_in(evidence["column_name"], _GROUNDED), pc.equal(evidence["stance"], "supports"))
        found = defaultdict(list)
        for row in evidence.filter(wanted).to_pylist():
            found[(row["table_name"], row["row_id"], row["column_name"])].append(row)
        return found

    def evidence(self, table: str, row_id: str, column: str) -> list[Row]:
        """The evidence for a cell's value."""
        return self._evidence.get((table, row_id, column), [])

    def grounds(self, table: str, row_id: str, column: str) -> list[Span]:
        """The words that a cell's value rests on."""
        return [span_of(row) for row in self.evidence(table, row_id, column)]

    @cached_property
    def gaps(self) -> dict[tuple[str, str, str], set[str]]:
        """The reasons of each empty cell."""
        found = defaultdict(set)
        for row in self["gaps"]:
            found[(row["table_name"], row["row_id"], row["column_name"])].add(row["reason"])
        return found

    @cached_property
    def mentions(self) -> dict[str | None, list[Row]]:
        """The mentions of each actor, event, agreement, provision and place."""
        found = defaultdict(list)
        for row in self["mentions"]:
            found[thing_of(row)].append(row)
        return found

    def spoken_of(self, thing: str) -> list[Span]:
        """Where a thing is mentioned."""
        return [span_of(row) for row in self.mentions.get(thing, ())]

    @cached_property
    def claim_cues(self) -> dict[str, list[Row]]:
        """The cues that stand on each claim."""
        found = defaultdict(list)
        for row in self["claim_cues"]:
            found[row["claim_id"]].append(self.by_id["cues"][row["cue_id"]])
        return found

    @cached_property
    def about(self) -> dict[str, list[Row]]:
        """What each claim is about."""
        return grouped(self["claim_about"], "claim_id")

    def actors_about(self, claim_id: str) -> set[str]:
        """The actors that a claim is about."""
        return {row["actor_id"] for row in self.about.get(claim_id, ()) if row["actor_id"] is not None}

    @cached_property
    def event_actors(self) -> dict[str, list[Row]]:
        """Who takes part in each event."""
        return grouped(self["event_actors"], "event_id")

    @cached_property
    def links(self) -> dict[str, list[Row]]:
        """How each event stands to others."""
        return grouped(self["event_links"], "event_id")

    @cached_property
    def parties(self) -> dict[Any, set[str]]:
        """The parties of each agreement."""
        found = defaultdict(set)
        for row in self["agreement_actors"]:
            if row["role"] == "party":
                found[row["agreement_id"]].add(row["actor_id"])
        return found

    @cached_property
    def saying(self) -> dict[str, list[Row]]:
        """The cues that give each actor's words."""
        return grouped([row for row in self["cues"] if row["kind"] in SAYING_KINDS], "actor_id")

    @cached_property
    def judging(self) -> list[Row]:
        """The cues that bear on how sure a voice is."""
        return [row for row in self["cues"] if row["kind"] in CERTAINTY_KINDS]

    def own_voice(self, actor_id: str) -> bool:
        """Whether an actor is an article's own voice, or its headline's."""
        return bool(self.by_id["actors"][actor_id]["kind"] == OWN_VOICE)

    def of_headline(self, actor_id: str) -> bool:
        """Whether an actor is a headline's voice."""
        return self.own_voice(actor_id) and self.by_id["actors"][actor_id]["parent_actor_id"] is not None

    @cached_property
    def voiced(self) -> list[tuple[str, str, Row, list[Row]]]:
        """All that has a voice: table, id, row, and the evidence of what is said."""
        columns = {"events": "type", "agreements": "kind", "provisions": "wording", "claims": "proposition"}
        return [
            (table, row_id, row, self.evidence(table, row_id, column))
            for table, column in columns.items()
            for row_id, row in self.by_id[table].items()
        ]

    def attributions(self, table: str, row_id: str, row: Row) -> list[Row]:
        """The cues that give a row to its voice: a claim's own, and those among the words for the voice."""
        own = [cue for cue in self.claim_cues.get(row_id, ()) if cue["kind"] in SAYING_KINDS]
        words = self.grounds(table, row_id, "voice_actor_id")
        return own or [cue for cue in self.saying.get(row["voice_actor_id"], ()) if any_meets(words, [span_of(cue)])]


def thing_of(row: Row) -> str | None:
    """The one thing that a row links to, of several that it might."""
    kinds = ("actor", "event", "agreement", "provision", "place")
    return next((row[f"{kind}_id"] for kind in kinds if row[f"{kind}_id"] is not None), None)


def grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """Rows by the value of a column."""
    found = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
