"""Step 3, normalise: coded entries become rows of tables, and their quotes become evidence and gaps.

What a coder writes is, for every table alike: the columns by their own names; `evidence` and `gaps` beside them; and
the rows of dependent tables nested under the dependent table's name. `seeds/CODING.md` has the form with examples.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from belarus_iran_pact import vocabularies
from belarus_iran_pact.core.table import Field, Row, fields, primary_key
from belarus_iran_pact.core.vocabulary import Vocabulary
from belarus_iran_pact.models import TABLES
from belarus_iran_pact.vocabularies import VOCABULARIES

from .anchor import Article, Span, anchor, split
from .derive import Tables, derived_values
from .faults import Faults, Place, did_you_mean
from .read import Entry, Fields, Items, Seeds, Text, Unread, rows_of

SPAN_COLUMNS = ("source_id", "passage_id", "start", "end")
_DEFAULT_BASIS = {"source": "stated", "coder": "judged", "inferred": "inferred"}
_BOOLEANS = {"true": True, "false": False}


@dataclass
class Normalised:
    """The tables, and where in the seeds each row and cell was written."""

    tables: Tables = field(default_factory=lambda: {name: [] for name in TABLES})
    places: dict[tuple[str, str, str | None], Place] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    attempted: set[tuple[str, str, str]] = field(default_factory=set)
    """Cells whose evidence or gap was written but is at fault: reported there, so not called unexplained as well."""
    incomplete: set[str] = field(default_factory=set)
    """Tables of which a row was rejected; what links to it is not called unknown as well. `evidence` is one of them when
    a quote was lost, so that the words it would have covered are not called unaccounted for as well."""

    def place(self, table: str, row_id: str, column: str | None = None) -> Place:
        """Where a cell was written, else its row."""
        return self.places.get((table, row_id, column)) or self.places[(table, row_id, None)]


def normalise(seeds: Seeds, faults: Faults) -> Normalised:
    """Turn what was read into the rows of all tables, each value of its column's type."""
    result = Normalised(articles={name: split(document) for name, document in seeds.documents.items()})
    writer = _Writer(result, faults)
    for article in result.articles.values():
        for passage in article.passages:
            writer.put("passages", dict(vars(passage)), Place(article.document.file, passage.line))
    for entry in seeds.entries:
        writer.entry(entry)
    for table, (match, rows) in seeds.reference.items():
        if table not in seeds.unread:
            writer.merge_reference(table, match, rows)
    for vocabulary in VOCABULARIES.values():
        for term in vocabulary:
            row = {"term_id": vocabulary.term_id(term.term), "vocabulary": vocabulary.name, **vars(term)}
            writer.put("terms", row, Place(Path(vocabularies.__file__)))
    _sort_explanations(result.tables)
    for (table, column), values in derived_values(result.tables).items():
        key = primary_key(TABLES[table])
        for row in result.tables[table]:
            row[column] = values[row[key]]
    return result


@dataclass(frozen=True)
class _Context:
    """What holds for a row and those nested in it.

    Attributes:
        article: the article that is quoted.
        passage: where quotes stand, unless they say otherwise.
        quoted: the row's own quote, found or not, and where it was written.
    """

    article: Article
    passage: Text | None = None
    quoted: tuple[Span | None, Place] | None = None


class _Writer:
    """Writes entries into tables. Keeps what has been written, so that an id written twice is noticed."""

    def __init__(self, result: Normalised, faults: Faults) -> None:
        self.result = result
        self.faults = faults

    def put(self, table: str, row: dict[str, Any], place: Place) -> bool:
        """Add a row; False, with a fault, if its id is taken."""
        row_id = row[primary_key(TABLES[table])]
        earlier = self.result.places.get((table, row_id, None))
        if earlier is not None:
            self.faults.add(
                place,
                f"the {table} row {row_id} is there twice",
                f"it stands at {earlier.file.name}:{earlier.line} already",
                "give this one another id, or merge the two",
            )
            self.result.incomplete.add("evidence")
            return False
        self.result.places[(table, row_id, None)] = place
        self.result.tables[table].append(row)
        return True

    def entry(self, entry: Entry) -> None:
        """Write an entry and all that is nested in it."""
        if entry.source_id is None:
            self._reference_row(entry.table, entry.fields)
        elif entry.source_id in self.result.articles:
            context = _Context(self.result.articles[entry.source_id])
            if entry.table == "evidence":
                self._foreign_evidence(entry.fields, context)
            else:
                self._row(entry.table, entry.fields, context, {})
        # An article that could not be read is reported already.

    def _reference_row(self, table: str, given: Fields) -> None:
        """A whole row of outside knowledge: nothing of it is quoted from an article."""
        authored = list(_authored(TABLES[table], {}))
        self._reject_unknown(given, [item.name for item in authored], f"a row of {table}")
        self._put_authored(table, given, authored, {})

    def _row(self, table: str, given: Fields, context: _Context, inherited: dict[str, Any]) -> None:
        model = TABLES[table]
        children = [name for name, child in TABLES.items() if child.table.within == table]
        authored = list(_authored(model, inherited))
        directives = ["quote", "passage", "occurrence", "evidence", "gaps"]
        self._reject_unknown(given, [item.name for item in authored] + directives + children, f"a row of {table}")
        if isinstance(given.get("passage"), Text):
            context = replace(context, passage=given["passage"])
        if "quote" in given:
            context = replace(context, quoted=(self._span_of(given, context), given.place_of("quote")))
        generated = dict(inherited)
        if table == "sources":
            generated |= _document_facts(context.article)
        if model.table.anchored:
            if "quote" not in given:
                self._missing("quote", table, given)
            if context.quoted is None or context.quoted[0] is None:
                self.result.incomplete |= {table, "evidence"}
                return
            generated |= _span_columns(context.quoted[0])
        row = self._put_authored(table, given, authored, generated)
        if row is None:
            return
        self._explain(table, row, given, context)
        for child in children:
            for nested in self._mappings(given, child):
                self._row(child, nested, context, {primary_key(model): row[primary_key(model)]})

    def _put_authored(
        self, table: str, given: Fields, authored: list[Field], generated: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Add the row made of what was written and what was generated; None, after a fault, if it has no id of its own."""
        model = TABLES[table]
        row: dict[str, Any] = {item.name: None for item in fields(model)} | generated
        faulty = []
        for item in authored:
            if item.name in given:
                row[item.name] = self._value(given[item.name], item, table)
            elif not item.nullable:
                self._missing(item.name, table, given)
            if row[item.name] is None and (item.name in given or not item.nullable):
                faulty.append(item.name)
        if model.table.id_from:
            row[primary_key(model)] = _composed_id(model, row)
        row_id = row[primary_key(model)]
        self.result.attempted |= {(table, row_id, name) for name in faulty}
        if row_id is None:
            self.result.incomplete |= {table, "evidence"}
            return None
        if not self.put(table, row, given.place):
            return None
        for item in authored:
            self.result.places[(table, row_id, item.name)] = given.place_of(item.name)
        return row

    def _explain(self, table: str, row: dict[str, Any], given: Fields, context: _Context) -> None:
        """Evidence and gaps of a row.

        A cell rests on the evidence items that name it; else, if it is verbatim, on its own words; else on the quote of
        its row, or of the row that this one is nested in.
        """
        model = TABLES[table]
        row_id = row[primary_key(model)]
        supported: set[str] = set()
        for listed in self._mappings(given, "evidence"):
            supported |= self._evidence(table, row_id, listed, context)
        for item in fields(model):
            explained = item.column.explained and model.table.explained
            if row[item.name] is None or item.name in supported or not explained:
                continue
            value = given.get(item.name)
            if item.column.verbatim and isinstance(value, Text):
                span = anchor(value, context.article, self.faults, context.passage)
                self._put_evidence(table, row_id, item, span, value.place)
            elif context.quoted is not None and item.column.origin != "inferred":
                self._put_evidence(table, row_id, item, *context.quoted)
        if not isinstance(given.get("gaps", Items(given.place)), Items):
            self.result.attempted |= {(table, row_id, item.name) for item in fields(model) if row[item.name] is None}
        for gap in self._mappings(given, "gaps"):
            self._gap(table, row_id, gap, context)

    def _evidence(self, table: str, row_id: str, given: Fields, context: _Context) -> set[str]:
        """Write one evidence item; the columns that it names."""
        allowed = ["quote", "passage", "occurrence", "supports", "basis", "stance", "asserted_value", "rule"]
        self._reject_unknown(given, allowed, "an evidence item")
        named = list(self._columns(given, "supports", table))
        if "quote" not in given:
            self._missing("quote", "evidence", given)
        if "quote" not in given or not self._terms_known(given, "evidence"):
            self.result.attempted |= {(table, row_id, item.name) for item in named}
            self.result.incomplete.add("evidence")
            return {item.name for item in named}
        span = self._span_of(given, context)
        extra = {key: str(given[key]) for key in ("basis", "stance", "asserted_value", "rule") if key in given}
        for item in named:
            self._put_evidence(table, row_id, item, span, given.place, extra)
        return {item.name for item in named if given.get("stance", "supports") == "supports"}

    def _foreign_evidence(self, given: Fields, context: _Context) -> None:
        """Evidence that one source has for (or against) a cell of a row coded from another."""
        table, row_id = given.get("table_name"), given.get("row_id")
        if not isinstance(table, Text) or not isinstance(row_id, Text):
            self._missing("table_name, row_id", "evidence", given)
        elif table not in TABLES:
            self.faults.add(
                table.place, f"unknown table {table}", "evidence is for a cell", did_you_mean(table, TABLES, "tables")
            )
        else:
            rest = Fields(given.place)
            rest.update({key: value for key, value in given.items() if key not in ("table_name", "row_id")})
            self._evidence(table, str(row_id), rest, context)

    def _put_evidence(
        self, table: str, row_id: str, item: Field, span: Span | None, place: Place, extra: Mapping[str, str] = {}
    ) -> None:
        if span is None:
            self.result.attempted.add((table, row_id, item.name))
            self.result.incomplete.add("evidence")
            return
        row: dict[str, Any] = {
            "evidence_id": None,
            "table_name": str(table),
            "row_id": row_id,
            "column_name": item.name,
            "basis": _DEFAULT_BASIS[item.column.origin],
            "stance": "supports",
            "asserted_value": None,
            "rule": None,
            **_span_columns(span),
            "quote": None,
            **extra,
        }
        row["evidence_id"] = _composed_id(TABLES["evidence"], row)
        self.put("evidence", row, place)

    def _gap(self, table: str, row_id: str, given: Fields, context: _Context) -> None:
        allowed = ["columns", "reason", "candidate", "quote", "passage", "occurrence"]
        self._reject_unknown(given, allowed, "a gap")
        if "reason" not in given:
            self._missing("reason", "gaps", given)
        sound = "reason" in given and self._terms_known(given, "gaps")
        span = self._span_of(given, context)
        for item in self._columns(given, "columns", table):
            if not sound or ("quote" in given and span is None):
                self.result.attempted.add((table, row_id, item.name))
                continue
            row: dict[str, Any] = dict.fromkeys(item.name for item in fields(TABLES["gaps"]))
            row |= {"table_name": str(table), "row_id": row_id, "column_name": item.name}
            row |= {key: str(given[key]) for key in ("reason", "candidate") if key in given}
            row |= _span_columns(span) if span is not None else {}
            row["gap_id"] = _composed_id(TABLES["gaps"], row)
            self.put("gaps", row, given.place)

    def merge_reference(self, table: str, match: Text, rows: Items) -> None:
        """Fill `reference` columns of the rows whose column `match` has the value given."""
        model = TABLES[table]
        allowed = [item.name for item in fields(model) if item.column.origin == "reference"]
        by_name = {item.name: item for item in fields(model)}
        if match not in by_name:
            self.faults.add(
                match.place,
                f"unknown column {match}",
                f"rows of {table} are matched on it",
                did_you_mean(match, by_name, "columns"),
            )
            return
        for given in rows_of(rows, match.place.file, self.faults):
            self._reject_unknown(given, [str(match), *allowed], f"reference for {table}")
            wanted = given.get(str(match))
            matching = [row for row in self.result.tables[table] if wanted is not None and row[str(match)] == wanted]
            if not matching and table not in self.result.incomplete:
                known = {str(row[str(match)]) for row in self.result.tables[table] if row[str(match)] is not None}
                self.faults.add(
                    given.place,
                    f"unknown {match} {wanted}",
                    f"no row of {table} has it",
                    did_you_mean(str(wanted), sorted(known), "values"),
                )
            for row in matching:
                row_id = row[primary_key(model)]
                for name in allowed:
                    if name in given:
                        row[name] = self._value(given[name], by_name[name], table)
                        self.result.places[(table, row_id, name)] = given.place_of(name)

    # --- Small helpers: reading the fields of a mapping, with faults ---

    def _span_of(self, given: Fields, context: _Context) -> Span | None:
        """Where the quote of a row, evidence item or gap stands; None if it has none, or after a fault."""
        if not all(self._is_text(given, key) for key in ("quote", "passage", "occurrence")):
            return None
        if "quote" not in given:
            return None
        passage = given.get("passage", context.passage)
        return anchor(given["quote"], context.article, self.faults, passage, given.get("occurrence"))

    def _is_text(self, given: Fields, key: str) -> bool:
        """Whether a field is a single value, or absent; else a fault."""
        if key not in given or isinstance(given[key], Text):
            return True
        self.faults.add(given[key].place, f"{key} is a list or mapping", "it is a single value", "write one value")
        return False

    def _columns(self, given: Fields, key: str, table: str) -> Iterator[Field]:
        by_name = {item.name: item for item in fields(TABLES[table])}
        names = given.get(key)
        if not isinstance(names, Items) or not names:
            self.faults.add(
                given.place_of(key),
                f"no list of columns under {key}",
                "it must say which cells it explains",
                f"write {key}: [column, ...]",
            )
            return
        explained = [name for name, item in by_name.items() if item.column.explained]
        for name in names:
            if not isinstance(name, Text):
                self.faults.add(
                    name.place, f"{key} holds a list or mapping", "it lists columns", f"write {key}: [column, ...]"
                )
            elif name not in by_name:
                self.faults.add(
                    name.place,
                    f"{key} names the column {name}, which does not exist",
                    f"it is not a column of {table}",
                    did_you_mean(name, explained, "columns to explain"),
                )
            elif not by_name[name].column.explained:
                self.faults.add(
                    name.place,
                    f"{key} names the column {name}, which takes no evidence or gap",
                    f"its origin is {by_name[name].column.origin}",
                    did_you_mean(name, explained, "columns to explain"),
                )
            else:
                yield by_name[name]

    def _mappings(self, given: Fields, key: str) -> Iterator[Fields]:
        items = given.get(key)
        if items is None:
            return
        if not isinstance(items, Items):
            self.faults.add(
                given.place_of(key), f"{key} is not a list", "it holds one item for each row", "begin each with '- '"
            )
            return
        for item in items:
            if isinstance(item, Fields):
                yield item
            else:
                self.faults.add(
                    item.place, f"not an item of {key}: {item!s:.40}", "an item is 'name: value' lines", "write it so"
                )

    def _reject_unknown(self, given: Fields, allowed: list[str], noun: str) -> None:
        for name in given:
            if name not in allowed:
                self.result.incomplete.add("evidence")  # It may be a misspelt `quote`.
                self.faults.add(
                    given.place_of(name),
                    f"unknown field {name}",
                    f"it is no field of {noun}",
                    did_you_mean(name, allowed, "fields"),
                )

    def _terms_known(self, given: Fields, table: str) -> bool:
        """Whether the coded fields of an evidence item or a gap are terms: asked here once, not for each row it makes."""
        known = True
        for item in fields(TABLES[table]):
            vocabulary = item.column.vocabulary
            value = given.get(item.name)
            if not self._is_text(given, item.name):
                known = False
            elif vocabulary is not None and value is not None and value not in vocabulary:
                self.faults.add(
                    given.place_of(item.name), f"{item.name} is {str(value)!r:.60}", *_unknown_term(value, vocabulary)
                )
                known = False
        return known

    def _missing(self, name: str, table: str, given: Fields) -> None:
        self.result.incomplete.add("evidence")
        self.faults.add(given.place, f"{name} is missing", f"a row of {table} cannot be without it", f"add {name}")

    def _value(self, given: Any, item: Field, table: str) -> Any:
        """A YAML text as a value of the column's type; None after a fault."""
        if isinstance(given, Unread):
            return None
        if not isinstance(given, Text):
            self.faults.add(
                given.place, f"{item.name} is a list or mapping", f"the column holds {item.type}", "write one value"
            )
        elif item.type == "text":
            return str(given)
        elif item.type == "boolean" and given in _BOOLEANS:
            return _BOOLEANS[given]
        elif item.type == "integer" and re.fullmatch(r"-?\d+", given):
            return int(given)
        else:
            form = {"boolean": "true or false", "integer": "a whole number", "date": "a date"}[item.type]
            self.faults.add(
                given.place, f"{item.name} is {given!s:.40}", f"{table}.{item.name} holds {item.type}", f"write {form}"
            )
        return None


def _authored(model: type[Row], inherited: dict[str, Any]) -> Iterator[Field]:
    """The columns that a coder may write: not those that are derived, composed, inherited, or found by a quote."""
    for item in fields(model):
        generated = (
            item.column.origin == "derived"
            or item.name in inherited
            or (model.table.id_from and item.name == primary_key(model))
            or (model.table.anchored and item.name in SPAN_COLUMNS)
        )
        if not generated:
            yield item


def _document_facts(article: Article) -> dict[str, Any]:
    document = article.document
    return {
        "byte_count": len(document.content),
        "character_count": len(document.text),
        "line_count": len(document.text.splitlines()),
    }


def _span_columns(span: Span) -> dict[str, Any]:
    return {"source_id": span.source_id, "passage_id": span.passage_id, "start": span.start, "end": span.end}


def _composed_id(model: type[Row], row: dict[str, Any]) -> str:
    parts = [str(row[name]) for name in model.table.id_from if model.table.id_hashed or row[name] is not None]
    if model.table.id_hashed:
        digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return f"{primary_key(model).removesuffix('_id')}-{digest[:12]}"
    return ".".join(re.sub(r"[^A-Za-z0-9_+-]+", "-", part) for part in parts)


def _sort_explanations(tables: Tables) -> None:
    """Put evidence and gaps in the order of the cells that they explain."""
    table_at = {name: at for at, name in enumerate(TABLES)}
    column_at = {(name, item.name): at for name, model in TABLES.items() for at, item in enumerate(fields(model))}
    row_at = {
        (name, row[primary_key(TABLES[name])]): at for name, rows in tables.items() for at, row in enumerate(rows)
    }
    for name in ("evidence", "gaps"):
        tables[name].sort(
            key=lambda row: (
                table_at[row["table_name"]],
                row_at.get((row["table_name"], row["row_id"]), -1),
                column_at[(row["table_name"], row["column_name"])],
                row["source_id"] or "",
                row["start"] or 0,
            )
        )


def _unknown_term(value: Any, vocabulary: Vocabulary) -> tuple[str, str]:
    return (
        f"it is an unknown term: the vocabulary {vocabulary.name} is closed",
        did_you_mean(str(value), vocabulary.values(), "terms"),
    )
