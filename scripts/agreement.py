#!/usr/bin/env python
"""Compare two codings of the same article: which spans both found, and how far they agree on what they coded.

    python scripts/agreement.py FIRST SECOND [--article FILE]
    python scripts/agreement.py FIRST SECOND --differences         what to settle, row by row, with the words

FIRST and SECOND are coding folders (`seeds/NAME/` is one). Printed are

- for each table precision, recall and F1 of SECOND's spans against FIRST's, exact and overlapping, and F1 of the words in the
  spans of rows that overlap, those of all other rows counting as not found; rows of link tables count
  only where they link the same rows, and rows without words of their own rest on those of the rows that they link;
- for each coded column of the rows that overlap one to one the share of equal values and Krippendorff's alpha (nominal); an
  empty cell is a value, and joined terms are equal if they are the same set;
- for each label of a closed list how many rows have it, and alpha of this label against all others;
- which tables and columns reach the aims of the manual.

With --differences: what only FIRST has (<), what only SECOND has (>), and each cell in which a pair of rows differs, with the
words that either gives for it or the reason why it is empty. `open_questions` are about the sources' silence, have no words to
be paired by, and are left out. Writes nothing.

Exit codes: 0 compared; 1 a folder has faults; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from belarus_iran_pact.core.column import as_text
from belarus_iran_pact.core.content import words_of
from belarus_iran_pact.core.judging import Slot, alpha, slot_name, slots
from belarus_iran_pact.core.table import Field, Row, Tables, fields, primary_key
from belarus_iran_pact.models import TABLES
from curation.faults import Faults
from curation.form import SPAN_COLUMNS
from curation.normalise import normalise
from curation.read import Seeds, read_coding, read_document
from releasing.diff_formats import why

Spans = frozenset[tuple[int, int]]
Rows = dict[str, dict[str, Any]]
"""Rows by id."""
Parts = dict[str, list[Any]]
"""Cells of rows, those of the second coding with the first's ids, by the id of the row."""
Labels = tuple[str, ...]
"""A cell's value: its terms in order where several are joined, else one."""

# What two codings of one article should reach: overlap F1 of these tables, alpha of columns with so many rows and two labels.
AIMED_AT = ("events", "event_links", "provisions", "claims")
LEAST_F1, LEAST_ALPHA, LEAST_ROWS = 0.9, 0.8, 20

EMPTY = ("(empty)",)
SPANS_LINE = "{:<18}{:>6}{:>7}   {:>8}{:>6}{:>6}   {:>9}{:>6}{:>6}   {:>6}"
COLUMNS_LINE = "{:<36}{:>6}{:>8}{:>8}{:>8}"
LABELS_LINE = "{:<52}{:>6}{:>8}{:>8}"


@dataclass(frozen=True)
class Paired:
    """A table in two codings: the rows of each and their spans, by id, and which rows are pairs, second's ids by first's."""

    model: type[Row]
    rows: tuple[Rows, Rows]
    spans: tuple[dict[str, Spans], dict[str, Spans]]
    pairs: dict[str, str]

    @property
    def counts(self) -> tuple[int, int]:
        """How many rows each coding has."""
        return len(self.rows[0]), len(self.rows[1])


class Judged(NamedTuple):
    """A coded column: its name with that of its table, whether its list of labels is closed, and each pair's labels."""

    name: str
    closed: bool
    pairs: dict[str, tuple[Labels, Labels]]


# --- Which rows are pairs ---


def scores(found: int, first: int, second: int) -> tuple[float | None, ...]:
    """Precision, recall and F1 of the second coding's rows, the first being the reference; None where undefined."""
    shares = ((found, second), (found, first), (2 * found, first + second))
    return tuple(part / whole if whole else None for part, whole in shares)


def row_spans(tables: Tables, model: type[Row]) -> dict[str, Spans]:
    """For each row of a table, by id, the spans it rests on: its own, or the evidence for what identifies it.

    That is its first explained column of free text (label, text, name as printed), or where it has none its role; and
    where that cell is empty, all evidence of the row. Rows of which no column is explained rest on the rows that they link.
    """
    name, key = model.table.name, primary_key(model)
    if model.table.anchored:
        return {row[key]: frozenset({(row["start_char"], row["end_char"])}) for row in tables[name]}
    explained = [item for item in fields(model) if item.column.explained]
    if not explained:
        linked = {item.name: row_spans(tables, TABLES[str(item.column.references)]) for item in _links(model)}
        return {
            row[key]: frozenset().union(*(spans.get(row[column], ()) for column, spans in linked.items()))
            for row in tables[name]
        }
    column = wording(model) or explained[0].name
    every: dict[str, set[tuple[int, int]]] = {row[key]: set() for row in tables[name]}
    identifying: dict[str, set[tuple[int, int]]] = {row_id: set() for row_id in every}
    for row in tables["evidence"]:
        if row["table_name"] == name and row["row_id"] in every:
            for spans in (every, identifying) if row["column_name"] == column else (every,):
                spans[row["row_id"]].add((row["start_char"], row["end_char"]))
    return {row_id: frozenset(found or every[row_id]) for row_id, found in identifying.items()}


def wording(model: type[Row]) -> str | None:
    """The column that says in free words what a row is: its first explained one (label, proposition, name as printed)."""
    explained = [item for item in fields(model) if item.column.explained and item.type == "text"]
    codes = {item.name for slot in slots(model) for item in slot}
    return next((item.name for item in explained if item.name not in codes), None)


def found_exactly(first: dict[str, Spans], second: dict[str, Spans]) -> int:
    """How many rows have the same spans in both, each row counted once."""
    return (Counter(first.values()) & Counter(second.values())).total()


def word_score(table: Paired, text: str) -> float | None:
    """F1 of the words of the second coding's rows, in pairs of rows; None where no row has words."""
    words = [word.span() for word in words_of(text)]
    first, second = (
        {
            id_: {word for word in words for span in own if span[0] <= word[0] and word[1] <= span[1]}
            for id_, own in side.items()
        }
        for side in table.spans
    )
    shared = sum(len(first[left] & second[right]) for left, right in table.pairs.items())
    return scores(shared, *(sum(map(len, side.values())) for side in (first, second)))[-1]


def match(
    first: dict[str, Spans],
    second: dict[str, Spans],
    links: tuple[Parts, Parts] = ({}, {}),
    names: tuple[Parts, Parts] = ({}, {}),
    wordings: tuple[dict[str, str], dict[str, str]] = ({}, {}),
) -> dict[str, str]:
    """Pair rows that share characters one to one, the closest pairs first; second's ids by first's.

    Only rows that link the same are paired. How close they are is the share of characters that they have in common plus the
    share of words that their wordings have: several claims may rest on one sentence. Of rows that are equally close, those
    with equal names (by default their ids) are paired first: one expression may pick out several actors, one actor have
    several roles, each in a row of its own. Then those that were written first; never by any other code, which would favour
    agreement.
    """
    characters = [{row: _characters(spans) for row, spans in side.items()} for side in (first, second)]
    words = [{row: set(text.lower().split()) for row, text in side.items()} for side in wordings]
    pairs = []
    for at, (left, own) in enumerate(characters[0].items()):
        for other_at, (right, other) in enumerate(characters[1].items()):
            shared = len(own & other)
            if shared and links[0].get(left) == links[1].get(right):
                same = names[0].get(left, [left]) == names[1].get(right, [right])
                said, also = words[0].get(left, set()), words[1].get(right, set())
                close = shared / len(own | other) + len(said & also) / (len(said | also) or 1)
                pairs.append((-close, not same, at, other_at, left, right))
    paired: dict[str, str] = {}
    taken: set[str] = set()
    for *_, left, right in sorted(pairs):
        if left not in paired and right not in taken:
            paired[left] = right
            taken.add(right)
    return paired


def _characters(spans: Spans) -> frozenset[int]:
    return frozenset(at for start, end in spans for at in range(start, end))


def pair_tables(first: Tables, second: Tables) -> dict[str, Paired]:
    """Each table that either coding has rows of, in the order of the tables."""
    coded = [model for model in TABLES.values() if model.table.explained and not model.table.part]
    found: dict[str, Paired] = {}
    # Those last whose rows are told apart by what they link, which must be paired before.
    for model in sorted(coded, key=_told_by_links):
        name, key = model.table.name, primary_key(model)
        if not first[name] and not second[name]:
            continue
        rows = {row[key]: row for row in first[name]}, {row[key]: row for row in second[name]}
        spans = row_spans(first, model), row_spans(second, model)
        links = _links(model) if model.table.within else []
        told = [item for item in fields(model) if item.name in set(model.table.id_from) - set(SPAN_COLUMNS)]
        column = wording(model)
        texts = [{row_id: row[column] or "" for row_id, row in side.items()} if column else {} for side in rows]
        pairs = match(*spans, _parts(rows, links, found), _parts(rows, told, found), (texts[0], texts[1]))
        found[name] = Paired(model, rows, spans, pairs)
    return {name: found[name] for name in TABLES if name in found}


def _parts(rows: tuple[Rows, Rows], items: list[Field], paired: dict[str, Paired]) -> tuple[Parts, Parts]:
    """The cells of some columns, for each coding; empty without columns."""
    first, second = (
        {row_id: [_linked(row[item.name], item, known) for item in items] for row_id, row in side.items() if items}
        for side, known in zip(rows, ({}, paired), strict=True)
    )
    return first, second


def _told_by_links(model: type[Row]) -> bool:
    return model.table.within is not None or bool(model.table.one_of)


def _links(model: type[Row]) -> list[Field]:
    """The columns of a table that link it, other than those that say where its words are."""
    return [
        item
        for item in fields(model)
        if item.column.references and item.column.origin == "key" and item.name not in SPAN_COLUMNS
    ]


def _linked(value: Any, item: Field, paired: dict[str, Paired]) -> Any:
    """A link in the second coding as the id that the first has for the same row: each coder gives ids of their own."""
    target = item.column.references
    if value is None or target not in paired:
        return value
    back = {second: first for first, second in paired[target].pairs.items()}
    return back.get(value, f"unmatched {value}")


# --- How far they agree ---


def judged(paired: dict[str, Paired]) -> Iterator[Judged]:
    """The coded columns of the tables in which there are pairs; columns of which a row fills exactly one are one column."""
    for name, table in paired.items():
        for slot in slots(table.model) if table.pairs else ():
            pairs = {
                left: (_labels(table.rows[0][left], slot, {}), _labels(table.rows[1][right], slot, paired))
                for left, right in table.pairs.items()
            }
            closed = slot[0].column.vocabulary is not None or slot[0].type == "boolean"
            yield Judged(f"{name}.{slot_name(slot)}", closed, pairs)


def _labels(row: dict[str, Any], slot: Slot, paired: dict[str, Paired]) -> Labels:
    for item in slot:
        value = _linked(row[item.name], item, paired)
        if value is not None:
            return tuple(sorted(item.column.terms(value))) if item.column.joined else (str(as_text(value)),)
    return EMPTY


def label_alpha(pairs: list[tuple[Labels, Labels]], label: str) -> float | None:
    """Alpha of one label against all others."""
    return alpha([(label in own, label in other) for own, other in pairs])


def read_tables(folder: Path, article: Path, faults: Faults) -> Tables:
    """The tables that a coding folder gives for an article; laws that need the whole package are not asked."""
    document = read_document(article, faults)
    documents = {} if document is None else {article.stem: document}
    entries = read_coding(folder, article.stem, faults) if documents else []
    return normalise(Seeds(documents, entries), faults).tables


# --- What is printed ---


def report(paired: dict[str, Paired], text: str) -> str:
    """The figures of codings of a text: a table of spans, one of columns, one of labels, and which aims are reached."""
    lines = [SPANS_LINE.format("table", "first", "second", "exact P", "R", "F1", "overlap P", "R", "F1", "words")]
    aimed: dict[str, float | None] = {}
    alphas: dict[str, float | None] = {}
    for name, table in paired.items():
        overlap = scores(len(table.pairs), *table.counts)
        shares = [*scores(found_exactly(*table.spans), *table.counts), *overlap, word_score(table, text)]
        lines.append(SPANS_LINE.format(name, *table.counts, *map(_number, shares)))
        aimed |= {name: overlap[-1]} if name in AIMED_AT else {}
    lines += ["", COLUMNS_LINE.format("column", "rows", "labels", "equal", "alpha")]
    by_label = ["", LABELS_LINE.format("label", "first", "second", "alpha")]
    for name, closed, by_row in judged(paired):
        pairs = list(by_row.values())
        labels = sorted({label for pair in pairs for side in pair for label in side})
        whole, equal = alpha(pairs), sum(a == b for a, b in pairs) / len(pairs)
        lines.append(COLUMNS_LINE.format(name, len(pairs), len(labels), _number(equal), _number(whole)))
        if len(pairs) >= LEAST_ROWS and len(labels) > 1:
            alphas[name] = whole
        for label in labels if closed and len(labels) > 1 else ():
            counts = (sum(label in pair[side] for pair in pairs) for side in (0, 1))
            by_label.append(LABELS_LINE.format(f"{name}={label}", *counts, _number(label_alpha(pairs, label))))
    lines += [*by_label, "", _aim("overlap F1 of tables", aimed, LEAST_F1)]
    lines.append(_aim(f"alpha of columns with {LEAST_ROWS} rows and two labels or more", alphas, LEAST_ALPHA))
    return "\n".join(lines)


def _aim(what: str, figures: dict[str, float | None], least: float) -> str:
    """A line that says which figures miss an aim."""
    below = [f"{name} ({figure or 0.0:.3f})" for name, figure in figures.items() if (figure or 0.0) < least]
    reach = f"{len(figures) - len(below)} of {len(figures)} reach {least}"
    return f"{what}: {reach}; below: {', '.join(below) or 'none'}"


def differences(paired: dict[str, Paired], codings: tuple[Tables, Tables], text: str) -> str:
    """What the codings of a text do not share, row by row, in the order of its words; "" where they share all."""
    explained = _explained(codings[0]), _explained(codings[1])
    cells: dict[tuple[str, str], list[str]] = {}
    for judgement in judged(paired):
        name, _, column = judgement.name.partition(".")
        for left, values in judgement.pairs.items():
            if values[0] != values[1]:
                lines = cells.setdefault((name, left), [])
                lines.append(f"    {column}")
                for sign, row_id, labels, said in zip(
                    "<>", (left, paired[name].pairs[left]), values, explained, strict=True
                ):
                    words = "; ".join(said.get((name, row_id, column), ()))
                    lines.append(f"      {sign} {';'.join(labels)}  {words}".rstrip())
    found = []
    for name, table in paired.items():
        entries: list[tuple[list[tuple[int, int]], list[str]]] = []
        for side, sign, both in ((0, "<", table.pairs.keys()), (1, ">", set(table.pairs.values()))):
            for row_id in table.rows[side].keys() - both:
                spans = sorted(table.spans[side][row_id])
                entries.append((spans, [f"{sign} {row_id}: {_quoted(spans, text)}"]))
        for left, right in table.pairs.items():
            if (name, left) in cells:
                spans, ids = sorted(table.spans[0][left]), dict.fromkeys((left, right))
                entries.append((spans, [f"= {' / '.join(ids)}: {_quoted(spans, text)}", *cells[(name, left)]]))
        if entries:
            found.append(f"{name}: {table.counts[0]} rows < and {table.counts[1]} rows >, {len(table.pairs)} pairs")
            found += [f"  {line}" for _, entry in sorted(entries) for line in entry]
    return "\n".join(found)


def _explained(tables: Tables) -> dict[tuple[str, str, str], list[str]]:
    """For each cell the words that it rests on, or why it is empty."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for kind in ("evidence", "gaps"):
        for row in tables[kind]:
            said = why([row], []) if kind == "evidence" else why([], [row])
            found.setdefault((row["table_name"], row["row_id"], row["column_name"]), []).extend(said)
    return found


def _quoted(spans: list[tuple[int, int]], text: str) -> str:
    return f'"{" ... ".join(text[start:end] for start, end in spans)}"'


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path, help="a coding folder, taken as the reference")
    parser.add_argument("second", type=Path, help="another coding folder of the same article")
    parser.add_argument("--article", type=Path, help="the article (default: FIRST with the suffix .txt)")
    parser.add_argument("--differences", action="store_true", help="print what differs, row by row, instead of figures")
    options = parser.parse_args(arguments)
    first = options.first.resolve()
    article = (options.article or first.parent / f"{first.name}.txt").resolve()
    for needed in (first, options.second):
        if not needed.is_dir():
            parser.error(f"{needed} is not a folder")
    if not article.is_file():
        parser.error(f"there is no article at {article}: give it with --article")
    faults = Faults()
    codings = read_tables(first, article, faults), read_tables(options.second.resolve(), article, faults)
    for fault in faults.sorted():
        print(fault.text(Path.cwd()), file=sys.stderr)
    if faults:
        return 1
    paired = pair_tables(*codings)
    text = article.read_bytes().decode()
    print(differences(paired, codings, text) if options.differences else report(paired, text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
