"""What the page shows, as plain values for its template: sentences cut into segments, rows with their cells and words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from belarus_iran_pact.core.laws import coverage
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.table import Field, Rows, Tables, description, fields, primary_key
from belarus_iran_pact.core.vocabulary import Vocabulary
from belarus_iran_pact.explaining import Joined, Words
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.vocabularies import CLAIM_KIND, FACTUALITY, GAP_REASON

from .segments import Segment, Span, segments

KINDS = {
    "actor": ("Actor", "words that pick out an actor"),
    "event": ("Event", "words that tell of an event"),
    "provision": ("Provision", "words for what the plan holds"),
    "claim": ("Claim", "words that say, or take for granted, a proposition"),
    "voice": ("Attribution", "words that say whose word it is"),
    "cue": ("Hedge or negation", "words that say how sure, or that it is not so"),
}
"""What words are marked as: the legend's name of it, and what it means."""


@dataclass(frozen=True)
class Badge:
    """A short word in a box. `style` is the name of its style, and tells what it is a badge of."""

    text: str
    style: str


# The column whose evidence is the words of a row itself, rather than of one of its values.
_OWN_WORDS = {
    "events": "label",
    "agreements": "label",
    "provisions": "wording",
    "claims": "text",
    "discrepancies": "description",
    "actors": "name_as_printed",
    "sources": "headline",
}
_MARKED = {
    ("events", "label"): "event",
    ("provisions", "wording"): "provision",
    ("claims", "text"): "claim",
    ("claims", "cue_text"): "cue",
}
_TITLES = {**_OWN_WORDS, "actors": "name", "provisions": "label"}
_SURE = {"CT+": "certain", "PR+": "probable", "PS+": "possible", "CT-": "not", "PR-": "not", "PS-": "not"}
# What is shown as quotes and links rather than as cells.
_SPAN_COLUMNS = {"source_id", "passage_id", "start", "end", "text", "quote"}
_CELL_COLUMNS = {"table_name", "row_id", "column_name"}
# The columns whose values are badges of a row, each with its badge's style.
_BADGES = {"status": "status", "commitment": "commitment", "stage": "stage", "resolution": "resolution"}
_BADGES |= {"type": "kind", "kind": "kind", "area": "kind"}
_REMARKS = {
    "centerpiece": Badge("centerpiece", "centerpiece"),
    "presupposed": Badge("taken for granted", "presupposed"),
    "direct_quote": Badge("in quotation marks", "quoted"),
}


@dataclass(frozen=True)
class Quote:
    """Words that a row rests on.

    Attributes:
        sentence: the sentence's address.
        words: the words.
        why: for each reason the cells that they explain, each by the address of its evidence and its column.
    """

    sentence: str
    words: Words
    why: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def span(self) -> tuple[str, int, int]:
        """Where the words stand: sentence, start and end."""
        return (self.sentence, self.words.start, self.words.end)

    def columns(self) -> set[str]:
        """The columns that the words explain."""
        return {column for cells in self.why.values() for _, column in cells}


GapLine = tuple[str, str, list[str], str, Quote | None]
"""Gaps of one row with the same words: the row's address and title, the columns, the candidates, and the words."""


@dataclass(frozen=True)
class Cell:
    """A cell: its column, its value in words, the value as it is in the file where that differs, and where it links to.

    An empty cell has reasons instead: for each the gap's address, if there is one, and the reason.
    """

    column: str
    text: str | None
    code: str
    link: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Card:
    """A row with everything that there is to say about it."""

    table: str
    row_id: str
    address: str
    title: str
    row: dict[str, Any]
    badges: tuple[Badge, ...]
    cells: tuple[Cell, ...]
    quotes: tuple[Quote, ...]
    nested: tuple[Card, ...]

    @property
    def key(self) -> str:
        """The primary key's name."""
        return primary_key(TABLES[self.table])

    @property
    def sentences(self) -> list[tuple[str, int]]:
        """The sentences of the row's own words, each once, by address and number."""
        own = _OWN_WORDS.get(self.table)
        quotes = [quote for quote in self.quotes if own is None or own in quote.columns()]
        return list(dict.fromkeys((quote.sentence, quote.words.ordinal) for quote in quotes))


@dataclass(frozen=True)
class Sentence:
    """A sentence of a source, and what rests on it."""

    address: str
    number: int
    row_address: str
    kind: str
    start: int
    end: int
    segments: list[Segment]
    voices: list[tuple[str, list[tuple[Badge, int]]]]
    taken_for_granted: int
    rows: list[tuple[str, list[Card]]]


class Content:
    """Everything that the page shows."""

    def __init__(self, tables: Tables, version: str) -> None:
        self.tables = tables
        self.version = version
        self.titles = {
            f"{name}/{row[primary_key(TABLES[name])]}": _title(name, row) for name in _TITLES for row in tables[name]
        }
        self._joined = Joined(tables.__getitem__)
        self._anchors = sentence_addresses(tables["passages"])
        self._within: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for name in TABLES:
            parent = _parent(name)
            if parent is not None:
                for row in tables[name]:
                    self._within[(parent, row[primary_key(TABLES[parent])])].append((name, row))
        self.cards = {name: [self._card(name, row) for row in tables[name]] for name in _TITLES}
        self.card_of = {card.address: card for cards in self.cards.values() for card in cards}

    # --- The article ---

    def sources(self) -> list[tuple[Card, list[Sentence]]]:
        """The sources with their sentences."""
        spans = self._spans()
        resting = self._resting()
        home: dict[str, list[Card]] = defaultdict(list)
        for card in self.cards["claims"]:
            if card.sentences:
                home[card.sentences[0][0]].append(card)
        found = []
        for source in self.cards["sources"]:
            sentences = []
            for passage in sorted(self.tables["passages"], key=lambda row: row["start"]):
                if passage["source_id"] != source.row_id:
                    continue
                address = self._anchors[passage["passage_id"]]
                claims = home[address]
                sentences.append(
                    Sentence(
                        address=address,
                        number=passage["ordinal"],
                        row_address=f"passages/{passage['passage_id']}",
                        kind=passage["kind"],
                        start=passage["start"],
                        end=passage["end"],
                        segments=segments(passage["text"], passage["start"], spans[passage["passage_id"]]),
                        voices=self._voices(claims),
                        taken_for_granted=sum(card.row["presupposed"] for card in claims),
                        rows=[(name, cards) for name, cards in resting[address].items() if cards],
                    )
                )
            found.append((source, sentences))
        return found

    def _spans(self) -> dict[str, list[Span]]:
        """All spans, by passage."""
        found: dict[str, list[Span]] = defaultdict(list)
        own_voices = {row["actor_id"] for row in self.tables["actors"] if row["kind"] == "article_voice"}
        for row in self.tables["evidence"]:
            name, column = row["table_name"], row["column_name"]
            kind, hint = _MARKED.get((name, column)), ""
            explained = self._joined.rows(name)[row["row_id"]]
            if kind == "cue":
                hint = _cue_hint(explained["factuality"])
            elif column == "voice_actor_id" and explained[column] not in own_voices:
                kind = "voice"
            found[row["passage_id"]].append(Span(row["start"], row["end"], kind, f"{name}/{row['row_id']}", hint))
        for name, kind in (("mentions", "actor"), ("residue", None), ("discrepancy_sides", None), ("gaps", None)):
            for row in self.tables[name]:
                if row["start"] is not None:
                    address = f"{name}/{row[primary_key(TABLES[name])]}"
                    found[row["passage_id"]].append(Span(row["start"], row["end"], kind, address))
        return found

    def _resting(self) -> dict[str, dict[str, list[Card]]]:
        """For each sentence the rows whose own words stand in it, by table."""
        found: dict[str, dict[str, list[Card]]] = defaultdict(lambda: {name: [] for name in _TITLES})
        for name, cards in self.cards.items():
            for card in cards:
                if name == "actors":
                    places = [at.sentence for row in card.nested if row.table == "mentions" for at in row.quotes]
                elif name == "discrepancies":
                    places = [at.sentence for row in card.nested for at in row.quotes]
                else:
                    places = [address for address, _ in card.sentences]
                for address in dict.fromkeys(places):
                    found[address][name].append(card)
        return found

    def _voices(self, claims: list[Card]) -> list[tuple[str, list[tuple[Badge, int]]]]:
        counts = Counter((card.row["voice_actor_id"], card.row["factuality"]) for card in claims)
        voices = dict.fromkeys(card.row["voice_actor_id"] for card in claims)
        return [
            (
                self._name(voice),
                [(sure(term.term), counts[voice, term.term]) for term in FACTUALITY if counts[voice, term.term]],
            )
            for voice in voices
        ]

    # --- Rows ---

    def _card(self, table: str, row: dict[str, Any], parent: str | None = None) -> Card:
        row_id = row[primary_key(TABLES[table])]
        return Card(
            table=table,
            row_id=row_id,
            address=f"{table}/{row_id}",
            title=_title(table, row) if parent is None else "",
            row=row,
            badges=tuple(self._badges(table, row)) if parent is None else (),
            cells=tuple(self._cells(table, row, parent)),
            quotes=tuple(self._quotes(table, row_id, row)),
            nested=tuple(self._card(name, child, table) for name, child in self._within[(table, row_id)]),
        )

    def _cells(self, table: str, row: dict[str, Any], parent: str | None) -> Iterator[Cell]:
        # Title and note stand in a card's heading.
        hidden = {_TITLES[table], "note"} if parent is None else {primary_key(TABLES[parent])}
        if "passage_id" in row:
            hidden |= _SPAN_COLUMNS
        if "table_name" in row:
            hidden |= _CELL_COLUMNS
            if row["table_name"] is not None:
                address = f"{row['table_name']}/{row['row_id']}"
                yield Cell("row_id", f"{self.titles.get(address, address)} ({row['column_name']})", "", address, ())
        key, *items = fields(TABLES[table])
        for item in items:
            if item.name not in hidden:
                cell = self._cell(table, row[key.name], item)
                if parent is None or cell.text is not None or any(address for address, _ in cell.reasons):
                    yield cell

    def _cell(self, table: str, row_id: str, item: Field) -> Cell:
        found = self._joined.cell(table, row_id, item)
        if found.value is None:
            return Cell(item.name, None, "", "", tuple((reason.row, reason.text) for reason in found.reasons))
        text = {"True": "yes", "False": "no"}.get(str(found.value), str(found.value))
        if item.column.references is not None:
            address = f"{item.column.references}/{text}"
            return Cell(item.name, self.titles.get(address, text), text, address, ())
        if item.column.vocabulary is not None:
            label = item.column.vocabulary.label(text)
            return Cell(item.name, label, "" if label.lower().replace(" ", "_") == text else text, "", ())
        return Cell(item.name, text, "", "", ())

    def _quotes(self, table: str, row_id: str, row: dict[str, Any]) -> list[Quote]:
        found: dict[tuple[str, int, int], Quote] = {}

        def at(words: Words) -> Quote:
            quote = self._quote(words)
            return found.setdefault(quote.span, quote)

        if "passage_id" in row:
            at(self._joined.words(row))
        for column, reason in self._joined.reasons(table, row_id):
            if reason.words is not None:
                # A gap has its address in the empty cell.
                address = reason.row if reason.row.startswith("evidence/") else ""
                at(reason.words).why.setdefault(reason.text, []).append((address, column))
        return list(found.values())

    def _quote(self, words: Words) -> Quote:
        return Quote(self._anchors[words.passage_id], words)

    def _badges(self, table: str, row: dict[str, Any]) -> Iterator[Badge]:
        if "voice_actor_id" in row:
            yield Badge(self._name(row["voice_actor_id"]), "voice")
            yield sure(row["factuality"])
        for column, style in _BADGES.items():
            if column in row:
                yield Badge(_label(table, column, row[column]).lower(), style)
        for column, badge in _REMARKS.items():
            if row.get(column):
                yield badge
        if row.get("country"):
            yield Badge(row["country"], "country")

    def _name(self, actor_id: str) -> str:
        return str(self._joined.rows("actors")[actor_id]["name"])

    # --- What the sections show besides rows ---

    def coverage(self) -> str:
        """How much of the article stands under evidence."""
        covered, words = coverage(DATASET, arrow_tables(DATASET, self.tables))
        return f"{covered / words:.1%}" if words else "none"

    def voices_table(self) -> tuple[list[Badge], list[tuple[str, str, list[tuple[str, int]], int]]]:
        """Claims counted by voice and certainty: the certainties there are; and for each voice id, name, counts, sum."""
        counts = Counter((row["voice_actor_id"], row["factuality"]) for row in self.tables["claims"])
        used = [value for value, _ in self.certainties()]
        totals = Counter(row["voice_actor_id"] for row in self.tables["claims"])
        rows = [
            (voice, self._name(voice), [(value, counts[voice, value]) for value in used], total)
            for voice, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        ]
        return [sure(value) for value in used], rows

    def claim_kinds(self) -> list[tuple[str, str]]:
        """The kinds of claims there are, by value and label."""
        return self._used(CLAIM_KIND, "kind")

    def certainties(self) -> list[tuple[str, str]]:
        """The certainties of claims there are, by value and label."""
        return self._used(FACTUALITY, "factuality")

    def _used(self, vocabulary: Vocabulary, column: str) -> list[tuple[str, str]]:
        used = {row[column] for row in self.tables["claims"]}
        return [(term.term, term.label) for term in vocabulary if term.term in used]

    def provision_tree(self) -> list[tuple[Card, list[Any]]]:
        """The provisions, each with those that are parts of it."""
        children: dict[str | None, list[Card]] = defaultdict(list)
        for card in sorted(self.cards["provisions"], key=lambda card: (card.row["agreement_id"], card.row["ordinal"])):
            children[card.row["parent_provision_id"]].append(card)

        def below(parent: str | None) -> list[tuple[Card, list[Any]]]:
            return [(card, below(card.row_id)) for card in children[parent]]

        return below(None)

    def parts_played(self, card: Card) -> list[tuple[str, str, str]]:
        """What an actor has a part in: role, address and title of each."""
        found = []
        for name, table in (
            ("agreement_actors", "agreements"),
            ("event_actors", "events"),
            ("provision_actors", "provisions"),
        ):
            for row in self.tables[name]:
                if row["actor_id"] == card.row_id:
                    address = f"{table}/{row[primary_key(TABLES[table])]}"
                    found.append((_label(name, "role", row["role"]).lower(), address, self.titles[address]))
        return found

    def empty_cells(self) -> list[tuple[str, str, int, list[GapLine], bool]]:
        """Gaps by reason: its label and definition, how many cells, one line for each row, and whether words are told.

        Rows of which a question does not arise are many and alike, so they are counted by table instead.
        """
        found = []
        for term in GAP_REASON:
            gaps = [gap for gap in self.tables["gaps"] if gap["reason"] == term.term]
            groups: dict[tuple[Any, ...], Rows] = defaultdict(list)
            for gap in gaps:
                by_row = (gap["table_name"], gap["row_id"], gap["start"], gap["end"])
                groups[(gap["table_name"], gap["column_name"]) if term.term == "not_applicable" else by_row].append(gap)
            lines = [self._gap_line(members, counted=term.term == "not_applicable") for members in groups.values()]
            cells = {(gap["table_name"], gap["row_id"], gap["column_name"]) for gap in gaps}
            if gaps:
                found.append((term.label, term.definition, len(cells), lines, any(line[4] for line in lines)))
        # What the article itself speaks of comes first.
        return sorted(found, key=lambda group: not group[4])

    def _gap_line(self, gaps: Rows, *, counted: bool) -> GapLine:
        first = gaps[0]
        columns = list(dict.fromkeys(gap["column_name"] for gap in gaps))
        if counted:
            return ("", f"{len(gaps)} of {first['table_name']}", columns, "", None)
        address = f"{first['table_name']}/{first['row_id']}"
        words = None if first["start"] is None else self._quote(self._joined.words(first))
        candidates: dict[str, None] = dict.fromkeys(gap["candidate"] for gap in gaps if gap["candidate"] is not None)
        return (address, self.titles.get(address, str(first["row_id"])), columns, " or ".join(candidates), words)

    def plain_table(self, name: str) -> tuple[str, list[str], list[tuple[str, list[str]]]]:
        """A table as it is: what it holds, its columns, and for each row its address and values."""
        names = [item.name for item in fields(TABLES[name])]
        key = primary_key(TABLES[name])
        # Composed ids repeat what stands in the other columns.
        shown = names[1:] if TABLES[name].table.id_from or name in ("terms", "dyads") else names
        rows = [
            (f"{name}/{row[key]}", ["" if row[column] is None else str(row[column]) for column in shown])
            for row in self.tables[name]
        ]
        return description(TABLES[name]), shown, rows

    def inventory(self) -> list[tuple[str, str, int]]:
        """Every table with what it holds and its number of rows."""
        return [(name, description(model), len(self.tables[name])) for name, model in TABLES.items()]

    def event_when(self) -> list[tuple[dict[str, Any], Card]]:
        """The timeline's rows with their events."""
        return [(row, self.card_of[f"events/{row['event_id']}"]) for row in self.tables["timeline"]]


def sentence_addresses(passages: Rows) -> dict[str, str]:
    """Short addresses for passages: the last part of the id where that tells them apart, else the id."""
    short = {row["passage_id"]: str(row["passage_id"]).rpartition(".")[2] for row in passages}
    if len(set(short.values())) < len(short):
        return {passage_id: passage_id for passage_id in short}
    return short


def sure(value: str) -> Badge:
    """How sure a voice is, as a badge."""
    return Badge(FACTUALITY.label(value).lower(), f"sure-{_SURE.get(value, 'open')}")


def _cue_hint(factuality: str) -> str:
    # A cue that leaves its clause certain is one that puts it into the future.
    return "to come" if factuality == "CT+" else FACTUALITY.label(factuality).lower()


def _parent(name: str) -> str | None:
    """The table in whose rows' cards a table's rows are shown."""
    return "actors" if name == "mentions" else TABLES[name].table.within


def _title(table: str, row: dict[str, Any]) -> str:
    return str(row[_TITLES[table]])


def _label(table: str, column: str, value: str) -> str:
    return _VOCABULARIES_OF[table, column].label(value)


_VOCABULARIES_OF = {
    (name, item.name): item.column.vocabulary
    for name, model in TABLES.items()
    for item in fields(model)
    if item.column.vocabulary is not None
}
