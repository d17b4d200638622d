"""Changes of meaning, each made alone: one in the seeds as they were read, or one cell of the published tables.

Every kind of change lists all that it can do, and a sample of that is drawn, which is the same in every run.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

from belarus_iran_pact.core.judging import slots
from belarus_iran_pact.core.table import Field, Tables, fields, primary_key
from belarus_iran_pact.models import DATASET, TABLES
from curation.form import CODE, EVIDENCE, GAPS, ROWS, SAID, SCOPE
from curation.read import Entry, Fields, Items, Seeds, Text
from curation.readings import READINGS

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """What to put where in an entry of the seeds; None takes away. A change of no path takes the entry away."""

    said: str
    entry: int
    puts: tuple[tuple[Path, Any], ...]

    def made(self, seeds: Seeds) -> Seeds:
        """The seeds with this change."""
        entries = list(seeds.entries)
        if self.puts[0][0] == ():
            del entries[self.entry]
        else:
            content = _copy(entries[self.entry].fields)
            for path, value in self.puts:
                _put(content, path, value)
            entries[self.entry] = Entry(entries[self.entry].table, content, entries[self.entry].source_id)
        return replace(seeds, entries=entries)


@dataclass(frozen=True)
class Site:
    """A row as it is written: in which entry, where in it, in which group."""

    entry: int
    table: str
    path: Path
    row: Fields
    group: Fields

    def find(self, column: str) -> tuple[Path, Any]:
        """Where to write a column of the row, and what it holds now."""
        code = self.row.get(CODE, {})
        if column in code:
            return (*self.path, CODE, column), code[column]
        held = self.row.get(column, self.group.get(CODE, {}).get(column, self.group.get(column)))
        return (*self.path, column), held

    @property
    def row_id(self) -> str:
        """The row's id, or its quote where the id is composed."""
        return str(self.row.get(primary_key(TABLES[self.table]), self.row.get("quote")))

    def change(self, said: str, *puts: tuple[Path, Any]) -> Change:
        """A change of this row."""
        return Change(f"{self.table} {self.row_id}: {said}", self.entry, puts)


def _copy(value: Any) -> Any:
    if isinstance(value, Fields):
        return Fields(value.place, ((key, _copy(item)) for key, item in value.items()))
    return Items(value.place, map(_copy, value)) if isinstance(value, Items) else value


def _put(content: Any, path: Path, value: Any) -> None:
    *within, last = path
    for step in within:
        content = content[step]
    if value is None:
        del content[last]
    elif isinstance(last, int):
        content[last] = value
    else:
        key = next((own for own in content if own == last), Text.at(last, content.place))
        content[key] = Text.at(value, content.place) if type(value) is str else value


class Seen:
    """The seeds and the tables that they give, as the kinds look at them; and chance."""

    def __init__(self, seeds: Seeds, tables: Tables, kind: str) -> None:
        self.tables = tables
        self.kind = kind
        self.chance = random.Random()
        self.sites: dict[str, list[Site]] = defaultdict(list)
        self.ids = {name: [row[primary_key(TABLES[name])] for row in rows] for name, rows in tables.items()}
        for at, entry in enumerate(seeds.entries):
            if entry.source_id is None or entry.table == READINGS:
                continue
            given = entry.fields
            for number, row in enumerate(given.get(ROWS, ())):
                self.sites[entry.table].append(Site(at, entry.table, (ROWS, number), row, given))
            if ROWS not in given:
                self.sites[entry.table].append(Site(at, entry.table, (), given, Fields(given.place)))

    def rows(self, *tables: str) -> Iterator[Site]:
        """The rows of some tables or all. Chance starts anew with each, so that a correction of one leaves the others' changes."""
        for site in (site for table in tables or [*self.sites] for site in self.sites[table]):
            self.chance = random.Random(f"{self.kind} {site.table} {site.row_id}")
            yield site

    def other(self, values: Any, *held: str) -> str | None:
        """One of the values that is not held."""
        found = [value for value in values if value not in held]
        return self.chance.choice(found) if found else None

    def words(self, passage: Any, held: str) -> str | None:
        """As many words as are held, from elsewhere in the same sentence, where they stand once."""
        text = next((row["text"] for row in self.tables["passages"] if str(row["ordinal"]) == passage), "")
        spans = [match.span() for match in re.finditer(r"\w+(?:[’'-]\w+)*", text)]
        size = max(1, min(len(re.findall(r"\w+(?:[’'-]\w+)*", held)), len(spans) - 1))
        runs = [text[spans[at][0] : spans[at + size - 1][1]] for at in range(len(spans) - size + 1)]
        return self.other([run for run in runs if text.count(run) == 1], held)


Kind = Callable[[Seen], Iterator[Change]]


# --- Columns of rows ---


def _field(table: str, column: str) -> Field:
    return next(item for item in fields(TABLES[table]) if item.name == column)


def _otherwise(seen: Seen, item: Field, held: str) -> str | None:
    """Another value of the column, of those that it may hold."""
    if item.type == "boolean":
        return "false" if held == "true" else "true"
    if item.column.vocabulary:
        return seen.other(item.column.vocabulary.values(), *held.split(";"))
    if item.column.references:
        return seen.other(seen.ids[item.column.references], held)
    if item.column.edtf:
        years = re.sub(r"\d{4}", lambda year: str(int(year[0]) + seen.chance.choice((-1, 1))), held, count=1)
        months = re.sub(r"-(\d\d)", lambda month: f"-{int(month[1]) % 12 + 1:02d}", held, count=1)
        return seen.other([years, months], held)
    return None


def column(name: str, *tables: str) -> Kind:
    """Another value in a column."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site in seen.rows(*tables):
            path, held = site.find(name)
            new = None if held is None else _otherwise(seen, _field(site.table, name), held)
            if new is not None:
                yield site.change(f"{name} {held} -> {new}", (path, new))
            elif held is not None and name in site.row:
                yield site.change(f"{name} {held} -> nothing", (path, None))

    return changes


def either(*kinds: Kind) -> Kind:
    """A change of one of these kinds."""
    return lambda seen: (change for kind in kinds for change in kind(seen))


def country(seen: Seen) -> Iterator[Change]:
    """Another country of an actor or place."""
    for site in seen.rows("places", "actors"):
        path, held = site.find("country")
        if held is not None:
            new = str(seen.other(["BLR", "IRN", "RUS", "POL"], held))
            yield site.change(f"country {held} -> {new}", (path, new))


def words_of(name: str, *tables: str) -> Kind:
    """Other words of the sentence in a column, or as a row's quote."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site in seen.rows(*tables):
            held, passage = site.row.get(name), site.find("passage")[1]
            new = seen.words(passage, held) if isinstance(held, Text) and "occurrence" not in site.row else None
            if new is not None:
                yield site.change(f"{name} {held!s:.40} -> {new:.40}", ((*site.path, name), new))

    return changes


HEDGES = (
    r" ?\b(may|might|could|can|potential(ly)?|possibl[ey]|expected|planned|scheduled|will|would|are to|is to|not|no|"
    r"unlikely|likely|considered|according to the headline)\b"
)


def hedge(seen: Seen) -> Iterator[Change]:
    """A label or proposition without its hedge, negation or future."""
    for site in seen.rows("events", "provisions", "claims"):
        name = "proposition" if site.table == "claims" else "label"
        for match in re.finditer(HEDGES, site.row[name]):
            new = (site.row[name][: match.start()] + site.row[name][match.end() :]).strip()
            yield site.change(f"{name} without{match[0]}", ((*site.path, name), new))


# --- Rows within rows, and explanations ---


def _items(site: Site, key: str) -> Iterator[tuple[Path, Fields]]:
    held = site.row.get(key)
    if isinstance(held, Fields):
        yield (*site.path, key), held
    for at, item in enumerate(held if isinstance(held, Items) else ()):
        if isinstance(item, Fields):
            yield (*site.path, key, at), item


def _terms(seen: Seen, key: str, child: dict[str, str]) -> Iterator[tuple[Site, Path, Fields, str, list[str]]]:
    """Each `TERM: id` below a key: its site, the mapping, the term, and all terms."""
    for table, (nested, name) in ((table, text.split(".")) for table, text in child.items()):
        vocabulary = _field(nested, name).column.vocabulary
        terms = list(vocabulary.values()) if vocabulary else []
        for site in seen.rows(table):
            for path, item in _items(site, key):
                for term in item:
                    if term in terms:
                        yield site, path, item, str(term), terms


def term_of(key: str, **child: str) -> Kind:
    """Another term of a row within a row, for the same things."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site, path, item, term, terms in _terms(seen, key, child):
            new = seen.other(terms, *item)
            if new is not None:
                yield site.change(f"{key} {term} -> {new}", ((*path, new), item[term]), ((*path, term), None))

    return changes


def thing_of(key: str, **child: str) -> Kind:
    """Another thing in a row within a row: mostly one of the same table."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site, path, item, term, _ in _terms(seen, key, child):
            held = item[term]
            for at, one in enumerate(held if isinstance(held, Items) else [held]):
                kin = next((name for name, ids in seen.ids.items() if one in ids), "")
                new = seen.other(seen.ids[kin], *(held if isinstance(held, Items) else [held])) if kin else None
                where = (*path, term, at) if isinstance(held, Items) else (*path, term)
                if new is not None:
                    yield site.change(f"{key} {term} {one} -> {new}", (where, Text.at(new, one.place)))

    return changes


def dropped_within(key: str, *tables: str) -> Kind:
    """One of the items below a key taken away."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site in seen.rows(*tables):
            held = site.row.get(key)
            if isinstance(held, Items):
                for at in range(len(held)):
                    yield site.change(f"{key} without {held[at]!s:.60}", ((*site.path, key, at), None))
            elif held is not None:
                yield site.change(f"without {key} {held!s:.60}", ((*site.path, key), None))

    return changes


def evidence_moved(seen: Seen) -> Iterator[Change]:
    """Other words of the sentence in an evidence item."""
    for site in seen.rows():
        for path, item in _items(site, EVIDENCE):
            passage, held = item.get("passage", site.find("passage")[1]), item.get("quote")
            new = seen.words(passage, held) if held is not None and "occurrence" not in item else None
            if new is not None:
                yield site.change(f"evidence {held!s:.40} -> {new:.40}", ((*path, "quote"), new))


def rule(seen: Seen) -> Iterator[Change]:
    """Another rule, or none, by which a cell is said to follow."""
    vocabulary = _field("evidence", "rule").column.vocabulary
    for site in seen.rows():
        found = [*_items(site, EVIDENCE), *_items(site, "actors"), (site.path, site.row)]
        for path, item in found if vocabulary else ():
            if isinstance(item.get("rule"), Text):
                new = seen.other([*vocabulary.values(), ""], item["rule"])
                yield site.change(f"rule {item['rule']} -> {new or 'none'}", ((*path, "rule"), new or None))


def gap_reason(seen: Seen) -> Iterator[Change]:
    """Another reason why a cell is empty."""
    vocabulary = _field(GAPS, "reason").column.vocabulary
    for site in seen.rows():
        for reason, held in site.row.get(GAPS, {}).items() if vocabulary else ():
            new, path = str(seen.other(vocabulary.values(), *site.row[GAPS])), (*site.path, GAPS)
            several = held if isinstance(held, Items) else [held]
            for item in several:
                left = None
                if len(several) > 1:
                    left = Items(held.place, (other for other in held if other is not item))
                yield site.change(
                    f"gap {reason} -> {new} of {item!s:.40}", ((*path, new), item), ((*path, reason), left)
                )


def candidate(seen: Seen) -> Iterator[Change]:
    """Another candidate for an empty cell."""
    for site in seen.rows("events"):
        for reason, held in site.row.get(GAPS, {}).items():
            for at, item in enumerate(held if isinstance(held, Items) else [held]):
                if isinstance(item, Fields) and "candidate" in item:
                    new = _otherwise(seen, _field("events", item["columns"]), item["candidate"])
                    where = (GAPS, reason, at) if isinstance(held, Items) else (GAPS, reason)
                    said = f"candidate {item['candidate']} -> {new}"
                    yield site.change(said, ((*site.path, *where, "candidate"), new))


# --- Rows ---


def mention_of(seen: Seen) -> Iterator[Change]:
    """A mention of another thing: mostly one of the same table."""
    for site in seen.rows("mentions"):
        for item in fields(TABLES["mentions"]):
            if item.name in site.row and item.column.references and item.name not in ("source_id", "passage_id"):
                new = seen.other(seen.ids[item.column.references], site.row[item.name])
                if new is not None:
                    yield site.change(f"{item.name} {site.row[item.name]} -> {new}", ((*site.path, item.name), new))


def row_dropped(*tables: str) -> Kind:
    """A row taken away."""

    def changes(seen: Seen) -> Iterator[Change]:
        for site in seen.rows(*tables):
            yield site.change("the row is gone", (site.path, None))

    return changes


def order(seen: Seen) -> Iterator[Change]:
    """Two claims of one sentence in the other order."""
    for site in seen.rows("claims"):
        rows = site.group.get(ROWS, [])
        at = site.path[-1] if site.path else -1
        if isinstance(at, int) and 0 < at < len(rows):
            yield site.change("before the one before", ((ROWS, at), rows[at - 1]), ((ROWS, at - 1), rows[at]))


SAID_TABLES = ("events", "claims", "provisions", "agreements")
ACTING = {"events": "event_actors.role", "provisions": "provision_actors.role", "agreements": "agreement_actors.role"}
ABOUT = {"claims": "claim_about.role"}
LINKS = {"events": "event_links.relation"}
SIDES = {"discrepancies": "discrepancy_sides.side"}

SEED_KINDS: dict[str, Kind] = {
    "factuality": column("factuality", *SAID_TABLES),
    "author_factuality": column("author_factuality", *SAID_TABLES),
    "content_factuality": column("content_factuality", "provisions"),
    "voice": column("voice_actor_id", *SAID_TABLES),
    "attribution dropped": dropped_within(SAID),
    "role": term_of("actors", **ACTING),
    "actor of a role": thing_of("actors", **ACTING),
    "event type": column("type", "events"),
    "status": column("status", "events"),
    "CAMEO code": column("cameo_code", "events"),
    "PLOVER event": column("plover_event", "events"),
    "PLOVER mode": column("plover_mode", "events"),
    "PLOVER contexts": column("plover_contexts", "events"),
    "date": either(column("date_edtf", "events"), column("period_edtf", "agreements")),
    "inferred date": column("date_inferred_edtf", "events"),
    "printed date": words_of("date_text", "events"),
    "place": column("place_id", "events"),
    "place precision": column("place_precision", "events"),
    "country": country,
    "kind of place": column("kind", "places"),
    "agreement of an event": column("agreement_id", "events"),
    "provision of an event": column("provision_id", "events"),
    "relation": term_of("links", **LINKS),
    "related event": thing_of("links", **LINKS),
    "area": column("area", "provisions"),
    "commitment": column("commitment", "provisions"),
    "centerpiece": column("centerpiece", "provisions"),
    "wording": words_of("wording", "provisions"),
    "kind of claim": column("kind", "claims"),
    "presupposed": column("presupposed", "claims"),
    "quoted": column("quoted", "claims"),
    "restated claim": column("restates_claim_id", "claims"),
    "role of what a claim is about": term_of("about", **ABOUT),
    "what a claim is about": thing_of("about", **ABOUT),
    "kind of cue": column("kind", "cues"),
    "actor of a cue": column("actor_id", "cues"),
    "scope of a cue": words_of(SCOPE, "cues"),
    "cue dropped from a claim": dropped_within("cues", "claims"),
    "hedge dropped": hedge,
    "quote moved": words_of("quote"),
    "evidence moved": evidence_moved,
    "evidence dropped": dropped_within(EVIDENCE),
    "rule of inference": rule,
    "reason of a gap": gap_reason,
    "candidate": candidate,
    "kind of actor": column("kind", "actors"),
    "named": column("named", "actors"),
    "parent of an actor": column("parent_actor_id", "actors"),
    "parent of a place": column("parent_place_id", "places"),
    "parent of a provision": column("parent_provision_id", "provisions"),
    "printed name": words_of("name_as_printed", "actors", "places"),
    "what is mentioned": mention_of,
    "form of a mention": column("form", "mentions"),
    "mention dropped": row_dropped("mentions"),
    "kind of discrepancy": column("kind", "discrepancies"),
    "resolution": column("resolution", "discrepancies"),
    "claim of a side": thing_of("sides", **SIDES),
    "status of a question": column("status", "open_questions"),
    "reason of residue": column("reason", "residue"),
    "row dropped": row_dropped("events", "provisions", "claims", "cues", "discrepancies", "open_questions", "residue"),
    "order of claims": order,
}


# --- Cells of published files ---


@dataclass(frozen=True)
class Cell:
    """A cell of a table, and what to put in it."""

    table: str
    row: int
    column: str
    value: Any

    def made(self, tables: Tables) -> list[dict[str, Any]]:
        """The rows of the table with this change."""
        rows = list(tables[self.table])
        rows[self.row] = rows[self.row] | {self.column: self.value}
        return rows


def cell_kind(table: str, item: Field) -> str:
    """What a cell is."""
    model = TABLES[table]
    if table in (READINGS, "reliability"):
        return "readings"
    if model.table.view:
        return "view"
    if item.name == primary_key(model):
        return "given id" if model.table.gives_ids else "composed id"
    for name, kind in (("evidence", "evidence"), ("gaps", "gap"), ("terms", "definition of a term"), ("rules", "rule")):
        if table == name:
            return kind
    if table in ("crosswalk", "scope_verdicts") or item.column.origin == "reference":
        return "outside knowledge"
    if table in ("passages", "sources") or "char" in item.name or item.name in ("passage_id", "source_id"):
        return "article or span" if item.column.origin != "note" else "note"
    if item.column.verbatim or item.name in (DATASET.span_texts.get(table), "scope_text", "quote"):
        return "printed words"
    if item.column.origin in ("note", "derived"):
        return item.column.origin
    if any(item in slot for slot in slots(model)):
        return "judged link" if item.column.references else "judged date" if item.column.edtf else "judged term"
    if item.column.origin == "key" or item.column.references or item.column.vocabulary:
        return "role or link"
    return "coder's words"


CELL_KINDS = (
    *("judged term", "judged link", "judged date", "role or link", "given id", "composed id", "derived", "view"),
    *("article or span", "printed words", "evidence", "gap", "readings", "outside knowledge", "definition of a term"),
    *("rule", "coder's words", "note"),
)
CODED_CELLS = CELL_KINDS[: CELL_KINDS.index("readings") + 1]
"""Those of the article, its coding and what follows: not what comes from outside of both, nor what is written freely."""


def _edited(chance: random.Random, item: Field, held: Any, known: list[Any]) -> Any:
    others = [value for value in known if value not in (held, None)]
    if held is not None and item.nullable and chance.random() < 0.2:
        return None
    if item.type == "boolean":
        return not held
    if isinstance(held, date):
        return held + timedelta(days=chance.choice((-1, 1)))
    if item.type in ("integer", "number") and held is not None:
        return held + chance.choice((-1, 1))
    terms = [term for term in item.column.vocabulary.values() if term != held] if item.column.vocabulary else []
    if terms:
        return chance.choice(terms)
    words = str(held).split(" ")
    if held is not None and len(words) > 1 and chance.random() < 0.5:
        at = chance.randrange(len(words))
        return " ".join(words[:at] + words[at + 1 :])
    return chance.choice(others) if others else held


def cells_of(kind: str, tables: Tables, count: int) -> list[Cell]:
    """A sample of edits of cells of one kind: one of each column, then another, so that long tables do not crowd out the rest."""
    by_column: list[list[Cell]] = []
    for table, item in ((name, item) for name, model in TABLES.items() for item in fields(model)):
        rows = tables[table] if cell_kind(table, item) == kind else []
        known = sorted({row[item.name] for row in rows} - {None}, key=str)
        drawn = []
        for at, row in enumerate(rows):
            chance = random.Random(f"{table} {row[primary_key(TABLES[table])]} {item.name}")
            drawn.append((chance.random(), at, _edited(chance, item, row[item.name], known)))
        by_column.append([Cell(table, at, item.name, new) for _, at, new in sorted(drawn, key=lambda draw: draw[0])
                          if new != rows[at][item.name]])  # fmt: skip
    by_column = random.Random(kind).sample(by_column, len(by_column))
    by_rank = [cell for rank in zip_longest(*by_column) for cell in rank if cell is not None]
    return by_rank[:count]


def changes_of(kind: str, seeds: Seeds, tables: Tables, count: int) -> list[Change]:
    """A sample of changes of one kind in the seeds."""
    found: dict[str, Change] = {}
    for number in range(5):  # Of a kind that can change little, each row has several other values.
        if len(found) < count:
            seen = Seen(seeds, tables, f"{kind} {number}")
            found |= {change.said: change for change in SEED_KINDS[kind](seen)}
    return sorted(found.values(), key=lambda change: random.Random(f"{kind} {change.said}").random())[:count]
