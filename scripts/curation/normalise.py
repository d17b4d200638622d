"""Step 4, normalise: coded rows become the tables' rows, and their quotes become evidence and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belarus_iran_pact import vocabularies
from belarus_iran_pact.core.column import JOINT, Default, Rule, as_text, speaks_for
from belarus_iran_pact.core.table import Field, Part, Tables, composed_id, fields, primary_key
from belarus_iran_pact.core.vocabulary import Mark
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.rules import laws_by_rule
from belarus_iran_pact.views import derived_values
from belarus_iran_pact.vocabularies import VOCABULARIES

from .anchor import Article, Span, anchor, split
from .faults import Faults, Place, did_you_mean
from .form import (
    SPAN_COLUMNS,
    Coded,
    Explanation,
    Words,
    coded_rows,
    foreign_evidence,
    mappings,
    reject_unknown,
    value_of,
)
from .read import Items, Seeds, Text
from .readings import READINGS, Group, add_readings, group_of

_BASIS = {"source": "stated", "coder": "judged", "inferred": "inferred"}


@dataclass
class Normalised:
    """The tables, and where in the seeds each row and cell was written."""

    articles: dict[str, Article]
    faults: Faults
    tables: Tables = field(default_factory=lambda: {name: [] for name in TABLES})
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    coded: dict[tuple[str, Any], Coded] = field(default_factory=dict)
    places: dict[tuple[str, str, str | None], Place] = field(default_factory=dict)

    def place(self, table: str, row_id: str, column: str | None = None) -> Place:
        """Where a cell was written, else its row."""
        return self.places.get((table, row_id, column)) or self.places[(table, row_id, None)]

    def put(self, table: str, row: dict[str, Any], place: Place) -> bool:
        """Add a row; False, with a fault, if its id is taken."""
        row_id = row[primary_key(TABLES[table])]
        earlier = self.places.setdefault((table, row_id, None), place)
        if (table, row_id) in self.rows:
            what, why = f"the {table} row {row_id} occurs twice", f"it is at {earlier.file.name}:{earlier.line}"
            self.faults.add(place, what, f"{why} already", "give this one another id, or merge the two")
            return False
        self.rows[(table, row_id)] = row
        self.tables[table].append(row)
        return True


@dataclass(frozen=True)
class _Written:
    """A row of a table, what it was coded as, and the words that its cells rest on for want of more particular ones."""

    row: dict[str, Any]
    coded: Coded
    words: tuple[Words, ...]


def normalise(seeds: Seeds, faults: Faults) -> Normalised:
    """Make the rows of all tables from what was read. Faults go to `faults`; the tables are whole if there are none."""
    result = Normalised({name: split(document) for name, document in seeds.documents.items()}, faults)
    for article in result.articles.values():
        for passage in article.passages:
            result.put("passages", dict(vars(passage)), Place(article.document.file, passage.line))
    coded, foreign, read = [], [], []
    for entry in seeds.entries:
        where = TABLES[entry.table].table.rows_from
        if where == "sheet":
            read.append((str(entry.source_id), group_of(entry.fields, faults)))
        elif where == "cells":
            foreign += [(entry.source_id, *evidence) for evidence in foreign_evidence(entry, faults)]
        else:
            coded += coded_rows(entry, faults)
    written = [item for row in coded for item in _write(row, {}, (), result)]
    for item in written:
        _apply_rules(item, result)
    for item in written:
        _explain(item, result)
    for source_id, table, row_id, evidence in foreign:
        if (table, row_id) in result.rows:
            _put_all("evidence", table, row_id, evidence, source_id, result)
        else:
            remedy = did_you_mean(row_id, [known for name, known in result.rows if name == table], "ids")
            faults.add(evidence.place, f"unknown id {row_id} in row_id", f"no row of {table} has it", remedy)
    _add_terms(result)
    _add_rules(seeds, result)
    for table, (match, rows) in seeds.reference.items():
        _merge_reference(table, match, rows, result)
    if not faults:
        _add_what_follows([(source_id, group) for source_id, group in read if group is not None], result)
    return result


# --- Rows ---


def _write(coded: Coded, inherited: dict[str, Any], words: tuple[Words, ...], result: Normalised) -> Iterator[_Written]:
    """Add a coded row and those within it, which inherit its id, and its words where they have none."""
    model = TABLES[coded.table]
    table, key = model.table, primary_key(model)
    row: dict[str, Any] = dict.fromkeys(item.name for item in fields(model)) | coded.values | inherited
    for item in fields(model):
        if coded.source_id is not None and item.column.measured:
            row[item.name] = item.column.measured(result.articles[coded.source_id].document.content)
        if item.name == "source_id" and not item.nullable and coded.source_id is not None:
            row[item.name] = coded.source_id
    if table.anchored:
        span = _span(coded.words, coded.source_id, result)
        if span is None:
            return
        row |= _span_columns(span, coded.table)
    elif coded.words is not None and "passage_id" in row:
        span = _span(coded.words, coded.source_id, result)
        row |= _span_columns(span, coded.table) if span else {}
    if coded.scope is not None:
        scope = _span(coded.scope, coded.source_id, result)
        if scope is None:
            return
        row |= {"scope_start_char": scope.start_char, "scope_end_char": scope.end_char, "scope_text": scope.text}
    if table.id_from:
        row[key] = composed_id(model, row)
    if row[key] is None or not result.put(coded.table, row, coded.given.place):
        return
    result.places |= {(coded.table, row[key], str(name)): coded.given.place_of(name) for name in coded.given}
    result.coded[(coded.table, row[key])] = coded
    words = (coded.words,) if coded.words else words
    grounding = tuple(item.words for item in coded.nested if item.words and TABLES[item.table].table.grounds_whole)
    yield _Written(row, coded, words or grounding)
    for nested in coded.nested:
        yield from _write(nested, {key: row[key]}, words, result)


def _apply_rules(item: _Written, result: Normalised) -> None:
    """Fill the cells that the coder left to a written rule."""
    coded = item.coded
    model = TABLES[coded.table]
    with_gap = {column.name for gap in coded.gaps for column in gap.columns}
    for column in fields(model):
        default = column.column.default
        if default is None or column.name in coded.values or column.name in with_gap:
            continue
        if not _applies(default, item, result):
            if not column.nullable:
                why = f"no rule decides it here, and a row of {coded.table} cannot be without it"
                result.faults.add(coded.given.place, f"{column.name} is missing", why, f"add {column.name}")
        elif default.like is not None:
            item.row[column.name] = item.row[default.like]
        else:
            gap = Explanation([column], None, {"reason": default.gap}, coded.given.place)
            _put_all("gaps", coded.table, item.row[primary_key(model)], gap, coded.source_id, result)


def _applies(default: Default | Rule, item: _Written, result: Normalised) -> bool:
    """Whether a rule decides the row's cell."""
    name, _, linked_name = default.where.partition(".")
    row = item.row
    if linked_name:
        (link,) = [other for other in fields(TABLES[item.coded.table]) if other.name == name]
        linked = result.rows.get((str(link.column.references), row[name]))
        if linked is None:  # A link to a missing row is reported elsewhere; this fault would only follow from it.
            return True
        row, name = linked, linked_name
    return bool(row[name] == default.is_)


# --- Evidence and gaps ---


def _explain(item: _Written, result: Normalised) -> None:
    """Add the evidence and gaps of a row."""
    coded = item.coded
    model = TABLES[coded.table]
    row_id = item.row[primary_key(model)]
    supported = set()
    for evidence in coded.evidence:
        _put_all("evidence", coded.table, row_id, evidence, coded.source_id, result)
        supported |= {
            column.name
            for column in evidence.columns
            if "value" not in evidence.values
            or speaks_for(evidence.values["value"], item.row[column.name], column.column)
        }
    for column in fields(model) if model.table.explained else ():
        if column.column.explained and item.row[column.name] is not None and column.name not in supported:
            rule = _rule(item, column, result)
            for words in _grounds(item, column, result):
                evidence = Explanation([column], words, rule, words.quote.place)
                _put_all("evidence", coded.table, row_id, evidence, coded.source_id, result)
    for gap in coded.gaps:
        _put_all("gaps", coded.table, row_id, gap, coded.source_id, result)


def _rule(item: _Written, column: Field, result: Normalised) -> dict[str, Any]:
    """How the evidence says that a cell follows by a rule, if it does."""
    follows = column.column.follows
    rule = item.coded.rule if column.column.inferable else None
    if rule is None and follows is not None and _applies(follows, item, result):
        rule = follows.rule
    return {} if rule is None else {"basis": "inferred", "rule": rule}


def _grounds(item: _Written, column: Field, result: Normalised) -> tuple[Words, ...]:
    """The words that a cell rests on if no evidence item names it, the most particular that there are.

    Those that are its value, if it is verbatim; those of the cell that a rule likens it to; the attribution, or the
    cell that it rests on; those of its row, which may be those of the row that this one is within.
    """
    coded, info = item.coded, column.column
    columns = {other.name: other for other in fields(TABLES[coded.table])}
    if column.name in coded.verbatim:
        return (coded.verbatim[column.name],)
    if info.default and info.default.like and _applies(info.default, item, result):
        return _grounds(item, columns[info.default.like], result)
    if info.voice or info.rests_on == "voice":
        voices = [item.row[name] for name, other in columns.items() if other.column.voice]
        own = tuple(words for voice in voices for words in coded.said.get(voice, ()))
    else:
        own = tuple(_linked_words(coded, info.rests_on, result)) if info.rests_on else ()
    return own or (item.words if info.origin != "inferred" else ())


def _linked_words(coded: Coded, key: str, result: Normalised) -> Iterator[Words]:
    """The words of the rows linked under a key that bear on how sure a voice is."""
    for nested in coded.nested:
        for item in fields(TABLES[nested.table]) if nested.table.endswith(f"_{key}") else ():
            linked = result.coded.get((str(item.column.references), nested.values.get(item.name)))
            for other in fields(TABLES[linked.table]) if linked else ():
                kinds = other.column.vocabulary.marked(Mark.CERTAINTY) if other.column.vocabulary else []
                if linked and linked.words and linked.values.get(other.name) in kinds:
                    yield linked.words


def _put_all(kind: str, table: str, row_id: str, given: Explanation, source_id: str | None, result: Normalised) -> None:
    """Add the rows of `evidence` or `gaps` that an explanation gives, one for each column."""
    span = _span(given.words, source_id, result)
    if span is None and (given.words is not None or kind == "evidence"):
        return  # The quote is at fault.
    model = TABLES[kind]
    for column in given.columns:
        row: dict[str, Any] = dict.fromkeys(item.name for item in fields(model))
        row |= {"table_name": table, "row_id": row_id, "column_name": column.name}
        row |= {"source_id": source_id} | given.values | ({} if span is None else _span_columns(span, kind))
        if kind == "evidence":
            cell = result.rows.get((table, row_id), {}).get(column.name)
            row["basis"] = row["basis"] or _BASIS[column.column.origin]
            row["value"] = as_text(cell) if row["value"] is None else row["value"]
            if row["value"] is None:
                _refuse_evidence(table, row_id, column, given.place, result)
                continue
            row["stance"] = "supports" if speaks_for(row["value"], cell, column.column) else "contradicts"
        row[primary_key(model)] = composed_id(model, row)
        result.put(kind, row, given.place)


def _refuse_evidence(table: str, row_id: str, column: Field, place: Place, result: Normalised) -> None:
    """Report evidence that gives no value, for a cell that has none either; not if the cell's own value is at fault."""
    coded = result.coded.get((table, row_id))
    if column.column.default is None and (coded is None or column.name not in coded.values):
        what, remedy = (
            f"{table}.{column.name} of {row_id} is empty and has evidence",
            "write the value, or remove the evidence",
        )
        result.faults.add(place, what, "evidence supports a value", remedy)


def _span(words: Words | None, source_id: str | None, result: Normalised) -> Span | None:
    if words is None or source_id is None:
        return None
    return anchor(words.quote, result.articles[source_id], result.faults, words.passage, words.occurrence)


def _span_columns(span: Span, table: str) -> dict[str, Any]:
    place = {"source_id": span.source_id, "passage_id": span.passage_id}
    return place | {"start_char": span.start_char, "end_char": span.end_char, DATASET.span_texts[table]: span.text}


# --- Outside knowledge, and what follows ---


def _merge_reference(table: str, match: Text, rows: Items, result: Normalised) -> None:
    """Fill `reference` columns of the rows whose column `match` has the value given."""
    key = primary_key(TABLES[table])
    by_name = {item.name: item for item in fields(TABLES[table])}
    if match not in by_name:
        remedy = did_you_mean(match, by_name, "columns")
        result.faults.add(match.place, f"unknown column {match}", f"rows of {table} are matched on it", remedy)
        return
    fillable = [name for name, item in by_name.items() if item.column.origin == "reference"]
    known = sorted({str(row[match]) for row in result.tables[table] if row[match] is not None})
    # A row at fault may be the one meant; where there is no row at all, the links to them break a law.
    judged = known and not result.faults
    for given in mappings(rows, "rows", result.faults):
        reject_unknown(given, [str(match), *fillable], f"reference for {table}", result.faults)
        wanted = given.get(str(match))
        for row in result.tables[table]:
            for name in fillable if row[match] == wanted else ():
                if name in given:
                    row[name] = value_of(given, by_name[name], table, result.faults)
                    result.places[(table, row[key], name)] = given.place_of(name)
        if judged and wanted not in known:
            remedy = did_you_mean(str(wanted), known, "values")
            result.faults.add(given.place, f"unknown {match} {wanted}", f"no row of {table} has it", remedy)


def _add_terms(result: Normalised) -> None:
    for vocabulary in VOCABULARIES.values():
        for term in vocabulary:
            row: dict[str, Any] = dict.fromkeys(item.name for item in fields(TABLES["terms"]))
            row |= {"term_id": vocabulary.term_id(term.term), "vocabulary": vocabulary.name, **vars(term)}
            result.put("terms", row, Place(Path(vocabularies.__file__)))


def _add_rules(seeds: Seeds, result: Normalised) -> None:
    laws = laws_by_rule()
    table = DATASET.part(Part.RULES)
    for rule in seeds.rules:
        row: dict[str, Any] = dict.fromkeys(item.name for item in fields(TABLES[table]))
        row |= {"rule_id": rule.rule_id, "topic": rule.topic, "laws": JOINT.join(laws.get(rule.rule_id, ())) or None}
        result.put(table, row, rule.place)


def _add_what_follows(readings: list[tuple[str, Group]], result: Normalised) -> None:
    """Add questions, readings and derived columns, and put evidence and gaps in the order of the cells that they explain."""
    row_at = {key: at for at, key in enumerate(result.rows)}
    tables = list(TABLES)

    def cell(row: dict[str, Any]) -> tuple[Any, ...]:
        table, row_id, column = row["table_name"], row["row_id"], row["column_name"]
        at = list(TABLES[table].model_fields).index(column)
        return tables.index(table), row_at.get((table, row_id), -1), at, row["source_id"] or "", row["start_char"] or 0

    for name in ("evidence", "gaps"):
        result.tables[name].sort(key=cell)
    _add_questions(result)
    for row, place, decided_at in add_readings(readings, result.tables):
        row["reading_id"] = composed_id(TABLES[READINGS], row)
        if result.put(READINGS, row, place):
            result.places[(READINGS, row["reading_id"], "decision")] = decided_at
    result.tables[READINGS].sort(key=lambda row: cell(row | {"start_char": 0}))
    for (table, column), values in derived_values(result.tables).items():
        for row in result.tables[table]:
            row[column] = values[row[primary_key(TABLES[table])]]


def _add_questions(result: Normalised) -> None:
    """Add the questions that gaps leave open, for columns of which the field asks."""
    table = DATASET.part(Part.QUESTIONS)
    (status,) = [item.column.vocabulary for item in fields(TABLES[table]) if item.name == "status"]
    by_cell: dict[tuple[str, str, str], dict[str, Any]] = {}
    for gap in result.tables["gaps"]:
        by_cell.setdefault((gap["table_name"], gap["row_id"], gap["column_name"]), gap)
    for (name, row_id, column), gap in by_cell.items():
        (item,) = [item for item in fields(TABLES[name]) if item.name == column]
        if item.column.question and status and gap["reason"] in status:
            question, asked_by = item.column.question
            row: dict[str, Any] = dict.fromkeys(item.name for item in fields(TABLES[table]))
            row |= {item: gap[item] for item in ("table_name", "row_id", "column_name", *SPAN_COLUMNS, "quote")}
            row |= {"source_id": gap["source_id"] if gap["quote"] else None}
            row |= {"question": question, "asked_by": asked_by, "status": gap["reason"]}
            row[primary_key(TABLES[table])] = f"question-{row_id}-{column}".replace("_", "-")
            result.put(table, row, result.place("gaps", gap["gap_id"]))
