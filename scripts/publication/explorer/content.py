"""What the page shows, as plain values for its template: sentences cut into segments, rows with their cells and words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from belarus_iran_pact.core.laws import coverage
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Field, Rows, Tables, description, fields, primary_key
from belarus_iran_pact.core.vocabulary import Term
from belarus_iran_pact.explaining import Joined, Words, mentioned
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.vocabularies import FACTUALITY, GAP_REASON, QUESTION_STATUS

from .segments import Span, segments

KINDS = {
    "mention": ("Mention", "words that pick out an actor, event, agreement, provision or place"),
    "event": ("Event", "words that tell of an event"),
    "provision": ("Provision", "words for what the plan holds"),
    "claim": ("Claim", "words that say, or take for granted, a proposition"),
    "voice": ("Attribution", "words that say whose word it is"),
    "cue": ("Cue", "words that hedge, negate, attribute or put into the future"),
}
"""What words are marked as: the legend's name of it, and what it means."""

_TITLES = {
    "events": "label",
    "agreements": "label",
    "provisions": "label",
    "claims": "statement",
    "discrepancies": "description",
    "actors": "name",
    "places": "name",
    "cues": "text",
    "sources": "headline",
}
# The column whose evidence is the words of a row itself, rather than of one of its values. Words for actors and discrepancies
# are those of the rows that belong to them; a cue is a stretch of words.
_OWN_WORDS: dict[str, str | None] = {
    **_TITLES,
    "provisions": "wording",
    "claims": "proposition",
    "places": "name_as_printed",
    "discrepancies": None,
    "actors": None,
    "cues": None,
}
_MARKED = {
    ("events", "label"): "event",
    ("provisions", "wording"): "provision",
    ("claims", "proposition"): "claim",
}
_SURE = {"CT+": "certain", "PR+": "probable", "PS+": "possible", "CT-": "not", "PR-": "not", "PS-": "not"}
# What is shown as quotes and links rather than as cells.
_SPAN_COLUMNS = {
    "passage_id",
    "start_char",
    "end_char",
    "text",
    "quote",
    "scope_start_char",
    "scope_end_char",
}
_CELL_COLUMNS = {"table_name", "row_id", "column_name"}
# The columns whose values are badges of a row, each with its badge's style; then those that give one where they hold.
_BADGES = {"status": "status", "commitment": "commitment", "stage": "stage", "resolution": "resolution"}
_BADGES |= {"type": "kind", "kind": "kind", "area": "kind"}
_REMARKS = {
    "count_once": ("counted", "counted"),
    "centerpiece": ("centerpiece", "centerpiece"),
    "presupposed": ("taken for granted", "presupposed"),
    "quoted": ("in quotation marks", "quoted"),
}


class Badge(NamedTuple):
    """A short word in a box. `style` is the name of its style, and tells what it is a badge of."""

    text: str
    style: str


class Cell(NamedTuple):
    """A cell: its column, its value in words, the value as it is in the file where that differs, and where it links to.

    An empty cell has reasons instead: for each the gap's address and the reason.
    """

    column: str
    text: str | None
    code: str = ""
    link: str = ""
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Card:
    """A row with everything that there is to say about it.

    Attributes:
        empty: the columns that are empty by what they mean, rather than by a gap: by what that says.
        quotes: the words that it rests on; for each reason the cells that they explain, by the address of the evidence and
            the column.
        nested: the rows that belong to it.
    """

    table: str
    row_id: str
    row: dict[str, Any]
    cells: list[Cell]
    empty: dict[str, list[str]]
    quotes: dict[Words, dict[str, list[tuple[str, str]]]]
    nested: list[Card]
    badges: list[Badge]

    @property
    def address(self) -> str:
        """The row's address on the page."""
        return f"{self.table}/{self.row_id}"

    @property
    def key(self) -> str:
        """The primary key's name."""
        return primary_key(TABLES[self.table])

    @property
    def title(self) -> str:
        """What the row is called."""
        return str(self.row[_TITLES[self.table]])

    @cached_property
    def words(self) -> list[Words]:
        """The row's own words."""
        if TABLES[self.table].table.anchored:
            return list(self.quotes)[:1]
        own = _OWN_WORDS[self.table]
        if own is None:
            return [words for row in self.nested for words in row.quotes]
        return [
            words
            for words, why in self.quotes.items()
            if any(own == column for cells in why.values() for _, column in cells)
        ]

    @property
    def sentences(self) -> list[tuple[str, int]]:
        """The sentences of the row's own words, each once, by passage and number."""
        return list(dict.fromkeys((at.passage_id, at.ordinal) for at in self.words))


class Content:
    """Everything that the page shows."""

    def __init__(self, tables: Tables, version: str) -> None:
        self.tables = tables
        self.version = version
        self.anchors = sentence_addresses(tables["passages"])
        self.names = {row["actor_id"]: row["name"] for row in tables["actors"]}
        self.titles = {
            f"{name}/{row[primary_key(TABLES[name])]}": str(row[title])
            for name, title in _TITLES.items()
            for row in tables[name]
        }
        self.claims_by_cue = Counter(row["cue_id"] for row in tables["claim_cues"])
        self._joined = Joined(tables.__getitem__)
        self._within: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for name, model in TABLES.items():
            if model.table.within is not None:
                for row in tables[name]:
                    self._within[(model.table.within, row[primary_key(TABLES[model.table.within])])].append((name, row))
        for row in tables["mentions"]:
            self._within[mentioned(row)].append(("mentions", row))
        self.cards = {name: [self._card(name, row) for row in tables[name]] for name in _TITLES}
        self.card_of = {card.address: card for cards in self.cards.values() for card in cards}

    # --- The article ---

    def sources(self) -> list[tuple[Card, list[dict[str, Any]]]]:
        """The sources with their sentences.

        For each its row, its segments, the claims that it is the first to have words of, by table the other rows whose own
        words it has, and by table the number of all.
        """
        spans = self._spans()
        claims: dict[str, list[Card]] = defaultdict(list)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        resting: dict[str, dict[str, list[Card]]] = defaultdict(lambda: defaultdict(list))
        for name, cards in self.cards.items():
            for card in cards:
                for at, (passage_id, _) in enumerate(card.sentences):
                    counts[passage_id][name] += 1
                    if name == "claims" and at == 0:
                        claims[passage_id].append(card)
                    else:
                        resting[passage_id][name].append(card)
        passages = sorted(self.tables["passages"], key=lambda row: row["start_char"])
        return [
            (
                source,
                [
                    {
                        "row": row,
                        "segments": segments(row["text"], row["start_char"], spans[row["passage_id"]]),
                        "claims": claims[row["passage_id"]],
                        "resting": resting[row["passage_id"]],
                        "counts": counts[row["passage_id"]],
                    }
                    for row in passages
                    if row["source_id"] == source.row_id
                ],
            )
            for source in self.cards["sources"]
        ]

    def _spans(self) -> dict[str, list[Span]]:
        """All spans, by passage."""
        found: dict[str, list[Span]] = defaultdict(list)
        own_voices = {row["actor_id"] for row in self.tables["actors"] if row["kind"] == "article_voice"}

        def add(row: dict[str, Any], kind: str | None, hint: str = "") -> None:
            found[row["passage_id"]].append(Span(row["start_char"], row["end_char"], kind, hint))

        for row in self.tables["evidence"]:
            name, column = row["table_name"], row["column_name"]
            if column == "voice_actor_id" and self._joined.rows(name)[row["row_id"]][column] not in own_voices:
                add(row, "voice")
            else:
                add(row, _MARKED.get((name, column)))
        for row in self.tables["cues"]:
            add(row, "cue", _label("cues", "kind", row["kind"]))
        for name, kind in (("mentions", "mention"), ("discrepancy_sides", None), ("gaps", None)):
            for row in self.tables[name]:
                if row["start_char"] is not None:
                    add(row, kind)
        return found

    # --- Rows ---

    def _card(self, table: str, row: dict[str, Any], parent: str | None = None) -> Card:
        row_id = row[primary_key(TABLES[table])]
        return Card(
            table=table,
            row_id=row_id,
            row=row,
            cells=list(self._cells(table, row, parent)),
            empty=self._empty(table, row) if parent is None else {},
            quotes=self._quotes(table, row_id, row),
            nested=[self._card(name, child, table) for name, child in self._within[(table, row_id)]],
            badges=list(self._badges(table, row)) if parent is None else [],
        )

    def _cells(self, table: str, row: dict[str, Any], parent: str | None) -> Iterator[Cell]:
        # Title, note and rationale stand in a card's heading.
        hidden = {_TITLES[table], "note", "rationale"} if parent is None else {primary_key(TABLES[parent])}
        # Each sentence is of one source.
        hidden.add("source_id")
        if "passage_id" in row:
            hidden |= _SPAN_COLUMNS
        if "table_name" in row:
            hidden |= _CELL_COLUMNS
            if row["table_name"] is not None:
                address = f"{row['table_name']}/{row['row_id']}"
                yield Cell("row_id", f"{self.titles.get(address, address)} ({row['column_name']})", link=address)
        key, *items = fields(TABLES[table])
        for item in items:
            if item.name not in hidden:
                cell = self._cell(table, row[key.name], item)
                if cell.text is not None or cell.reasons:
                    yield cell

    def _empty(self, table: str, row: dict[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for item in fields(TABLES[table]):
            if row[item.name] is None and item.column.null_means is not None and item.column.origin != "note":
                found[item.column.null_means].append(item.name)
        return found

    def _cell(self, table: str, row_id: str, item: Field) -> Cell:
        found = self._joined.cell(table, row_id, item)
        if found.value is None:
            return Cell(item.name, None, reasons=tuple((gap.row, gap.text) for gap in found.reasons if gap.row))
        text = {"True": "yes", "False": "no"}.get(str(found.value), str(found.value))
        if item.column.references is not None:
            address = f"{item.column.references}/{text}"
            return Cell(item.name, self.titles.get(address, text), text, address)
        if item.column.vocabulary is not None:
            label = "; ".join(map(item.column.vocabulary.label, item.column.terms(text)))
            return Cell(item.name, label, "" if label.lower().replace(" ", "_") == text else text)
        return Cell(item.name, text)

    def _quotes(self, table: str, row_id: str, row: dict[str, Any]) -> dict[Words, dict[str, list[tuple[str, str]]]]:
        found: dict[Words, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        if "passage_id" in row:
            found[self._joined.words(row)] = defaultdict(list)
        for column, reason in self._joined.reasons(table, row_id):
            if reason.words is not None:
                # A gap has its address in the empty cell.
                address = reason.row if reason.row.startswith("evidence/") else ""
                found[reason.words][reason.text].append((address, column))
        return found

    def _badges(self, table: str, row: dict[str, Any]) -> Iterator[Badge]:
        if "voice_actor_id" in row:
            yield Badge(self.names[row["voice_actor_id"]], "voice")
            yield self.sure(row["factuality"])
        for column, style in _BADGES.items():
            if column in row:
                yield Badge(_label(table, column, row[column]), style)
        yield from (Badge(*badge) for column, badge in _REMARKS.items() if row.get(column))
        if row.get("country"):
            yield Badge(row["country"], "country")
        if row.get("actor_id") and table != "actors":
            yield Badge(self.names[row["actor_id"]], "voice")

    @staticmethod
    def sure(value: str) -> Badge:
        """How sure a voice is, as a badge."""
        return Badge(FACTUALITY.label(value).lower(), f"sure-{_SURE.get(value, 'open')}")

    # --- What the sections show besides rows ---

    def coverage(self) -> str:
        """How much of the article stands under evidence."""
        covered, words = coverage(DATASET, arrow_tables(DATASET, self.tables))
        return f"{covered / words:.1%}" if words else "none"

    def claim_counts(self) -> Counter[tuple[str, str]]:
        """The number of claims by voice and certainty; by voice and "" that of all, the voice with most of them first."""
        totals = Counter((row["voice_actor_id"], "") for row in self.tables["claims"])
        counts = Counter((row["voice_actor_id"], row["factuality"]) for row in self.tables["claims"])
        return Counter(dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))) + counts

    def used(self, column: str) -> list[tuple[str, str]]:
        """The terms that claims have in a column, by value and label."""
        used = {row[column] for row in self.tables["claims"]}
        return [
            (term, _label("claims", column, term)) for term in _VOCABULARIES["claims", column].values() if term in used
        ]

    def provision_tree(self, parent: str | None = None) -> list[tuple[Card, list[Any]]]:
        """The provisions, each with those that are parts of it."""
        ordered = sorted(self.cards["provisions"], key=lambda card: (card.row["agreement_id"], card.row["ordinal"]))
        within = [card for card in ordered if card.row["parent_provision_id"] == parent]
        return [(card, self.provision_tree(card.row_id)) for card in within]

    def parts_played(self, card: Card) -> list[tuple[str, str, str]]:
        """What an actor has a part in: role, address and title of each."""
        parts = ("agreement_actors", "agreements"), ("event_actors", "events"), ("provision_actors", "provisions")
        found = [
            (_label(name, "role", row["role"]), f"{table}/{row[primary_key(TABLES[table])]}")
            for name, table in parts
            for row in self.tables[name]
            if row["actor_id"] == card.row_id
        ]
        return [(role, address, self.titles[address]) for role, address in found]

    def happening(self, event: dict[str, Any]) -> str:
        """The address of the main event of the happening that an event belongs to; "" where it is that itself."""
        main: str = event["happening_id"]
        return "" if main == event["event_id"] else f"events/{main}"

    def events_at(self, place: Card) -> list[Card]:
        """The events that are located at a place."""
        return [card for card in self.cards["events"] if card.row["place_id"] == place.row_id]

    def questions(self) -> list[tuple[Term, Rows]]:
        """The open questions by status; those of which something is told come first."""
        found = [
            (term, [row for row in self.tables["open_questions"] if row["status"] == term.term])
            for term in QUESTION_STATUS
        ]
        return sorted(
            ((term, rows) for term, rows in found if rows),
            key=lambda group: sum(row["quote"] is None for row in group[1]) / len(group[1]),
        )

    def words_of(self, row: dict[str, Any]) -> Words | None:
        """The words that a row quotes, where it quotes any."""
        return self._joined.words(row) if row["quote"] is not None else None

    def plain(self, name: str) -> tuple[list[str], list[tuple[str, list[Any]]]]:
        """A table as it is: its columns, and each row's address and cells.

        Its key is in the addresses, being composed of other columns; and columns with no value are left out.
        """
        key, *items = fields(TABLES[name])
        rows = self.tables[name]
        used = [item.name for item in items if any(row[item.name] is not None for row in rows)]
        return used, [(f"{name}/{row[key.name]}", [row[column] for column in used]) for row in rows]

    def empty_cells(self) -> list[dict[str, Any]]:
        """Gaps by reason: its term, how many cells, and for each row and words a line; those with words come first.

        Rows of which a question does not arise are many and alike, so they have no lines.
        """
        found = []
        for term in GAP_REASON:
            gaps = [gap for gap in self.tables["gaps"] if gap["reason"] == term.term]
            groups: dict[tuple[Any, ...], Rows] = defaultdict(list)
            for gap in gaps if term.term != "not_applicable" else ():
                groups[gap["table_name"], gap["row_id"], gap["start_char"], gap["end_char"]].append(gap)
            cells = {(gap["table_name"], gap["row_id"], gap["column_name"]) for gap in gaps}
            told = any(gap["quote"] for gap in gaps)
            lines = [self._gap_line(members) for members in groups.values()]
            found.append({"term": term, "count": len(cells), "told": told, "lines": lines})
        return sorted((group for group in found if group["count"]), key=lambda group: not group["told"])

    def _gap_line(self, gaps: Rows) -> dict[str, Any]:
        address = f"{gaps[0]['table_name']}/{gaps[0]['row_id']}"
        targets = {item.name: item.column.references for item in fields(TABLES[gaps[0]["table_name"]])}

        def named(gap: dict[str, Any]) -> str:
            candidate = str(gap["candidate"])
            return self.titles.get(f"{targets[gap['column_name']]}/{candidate}", candidate)

        return {
            "address": address,
            "title": self.titles.get(address, gaps[0]["row_id"]),
            "columns": dict.fromkeys(gap["column_name"] for gap in gaps),
            "candidates": dict.fromkeys(named(gap) for gap in gaps if gap["candidate"] is not None),
            "words": self.words_of(gaps[0]),
        }

    def inventory(self) -> list[tuple[str, str, int]]:
        """Every table with what it holds and its number of rows."""
        return [(name, description(model), len(self.tables[name])) for name, model in TABLES.items()]


def sentence_addresses(passages: Rows) -> dict[str, str]:
    """Short addresses for passages: the last part of the id where that tells them apart, else the id."""
    short = {row["passage_id"]: str(row["passage_id"]).rpartition(".")[2] for row in passages}
    return short if len(set(short.values())) == len(short) else {passage_id: passage_id for passage_id in short}


_VOCABULARIES = {
    (name, item.name): item.column.vocabulary
    for name, model in TABLES.items()
    for item in fields(model)
    if item.column.vocabulary is not None
}


def _label(table: str, column: str, value: str) -> str:
    return _VOCABULARIES[table, column].label(value).lower()
