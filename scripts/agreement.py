#!/usr/bin/env python
"""Compare two codings of the same article: which spans both found, and how far they agree on what they coded.

    python scripts/agreement.py FIRST SECOND [--article FILE]

FIRST and SECOND are coding folders (`seeds/NAME/` is one). For each table it prints precision, recall and F1 of
SECOND's spans against FIRST's, exact and overlapping (rows of link tables only where they link the same rows), and for
each coded column of the rows that overlap one to one the share of equal values and Krippendorff's alpha (nominal). A
table that only one folder has is left out. Writes nothing.

Exit codes: 0 compared; 1 a folder has faults; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np

from belarus_iran_pact.core.table import Field, Row, Tables, fields, primary_key
from belarus_iran_pact.models import TABLES
from curation.faults import Faults
from curation.form import SPAN_COLUMNS
from curation.normalise import normalise
from curation.read import Seeds, read_coding, read_document

Spans = frozenset[tuple[int, int]]
Links = dict[str, list[Any]]
"""What rows of a link table link, by the id of the row."""


SPANS_LINE = "{:<18}{:>6}{:>7}   {:>8}{:>6}{:>6}   {:>9}{:>6}{:>6}"
COLUMNS_LINE = "{:<36}{:>6}{:>8}{:>8}"


def scores(found: int, first: int, second: int) -> tuple[float | None, ...]:
    """Precision, recall and F1 of the second coding's rows, the first being the reference; None where undefined."""
    shares = ((found, second), (found, first), (2 * found, first + second))
    return tuple(part / whole if whole else None for part, whole in shares)


def row_spans(tables: Tables, model: type[Row]) -> dict[str, Spans]:
    """For each row of a table, by id, the spans it rests on: its own, or the evidence for what identifies it.

    That is its first explained column of free text (label, text, name as printed), or where it has none its role; and
    where that cell is empty, all evidence of the row.
    """
    name, key = model.table.name, primary_key(model)
    if model.table.anchored:
        return {row[key]: frozenset({(row["start_char"], row["end_char"])}) for row in tables[name]}
    explained = [item for item in fields(model) if item.column.explained]
    coded = coded_fields(model)
    column = next((item.name for item in explained if item.type == "text" and item not in coded), explained[0].name)
    every: dict[str, set[tuple[int, int]]] = {row[key]: set() for row in tables[name]}
    identifying: dict[str, set[tuple[int, int]]] = {row_id: set() for row_id in every}
    for row in tables["evidence"]:
        if row["table_name"] == name and row["row_id"] in every:
            for spans in (every, identifying) if row["column_name"] == column else (every,):
                spans[row["row_id"]].add((row["start_char"], row["end_char"]))
    return {row_id: frozenset(found or every[row_id]) for row_id, found in identifying.items()}


def found_exactly(first: dict[str, Spans], second: dict[str, Spans]) -> int:
    """How many rows have the same spans in both, each row counted once."""
    return (Counter(first.values()) & Counter(second.values())).total()


def match(
    first: dict[str, Spans], second: dict[str, Spans], links: tuple[Links, Links] = ({}, {}), *, ids_given: bool = False
) -> dict[str, str]:
    """Pair rows one to one by overlap of their characters, the closest pairs first; second's ids by first's.

    Rows that overlap equally are paired by id, where the coders gave it (`ids_given`), then in the order in which they
    were written, never by what was coded on them: that would favour agreement. Only rows of equal `links` are paired.
    """
    characters = [{row: _characters(spans) for row, spans in side.items()} for side in (first, second)]
    pairs = []
    for at, (left, own) in enumerate(characters[0].items()):
        for other_at, (right, other) in enumerate(characters[1].items()):
            shared = len(own & other)
            if shared and links[0].get(left) == links[1].get(right):
                pairs.append((-shared / len(own | other), ids_given and left != right, at, other_at, left, right))
    paired: dict[str, str] = {}
    for *_, left, right in sorted(pairs):
        if left not in paired and right not in paired.values():
            paired[left] = right
    return paired


def _characters(spans: Spans) -> frozenset[int]:
    return frozenset(at for start, end in spans for at in range(start, end))


def coded_fields(model: type[Row]) -> list[Field]:
    """The columns compared: judgements and statements on closed sets (terms, yes or no, links to other rows)."""
    return [
        item
        for item in fields(model)
        if item.column.explained and (item.column.vocabulary or item.column.references or item.type == "boolean")
    ]


def alpha(pairs: list[tuple[Any, Any]]) -> float | None:
    """Krippendorff's alpha, nominal, for pairs of values; None where all are the same, which leaves it undefined.

    A null is a decision like any other and counts as a value.
    """
    domain = sorted({str(value) for pair in pairs for value in pair})
    if len(domain) < 2:
        return None
    data = np.array([[domain.index(str(value)) for value in side] for side in zip(*pairs, strict=True)])
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))


def read_tables(folder: Path, article: Path, faults: Faults) -> Tables:
    """The tables that a coding folder gives for an article; laws that need the whole package are not asked."""
    document = read_document(article, faults)
    documents = {} if document is None else {article.stem: document}
    entries = read_coding(folder, article.stem, faults) if documents else []
    return normalise(Seeds(documents, entries), faults).tables


def compare(first: Tables, second: Tables) -> str:
    """The comparison as text: a table of spans, then a table of columns."""
    names = [
        name
        for name, model in TABLES.items()
        if model.table.explained and name not in ("passages", "sources") and first[name] and second[name]
    ]
    spans = {name: (row_spans(first, TABLES[name]), row_spans(second, TABLES[name])) for name in names}
    matched: dict[str, dict[str, str]] = {}
    # Link tables last: their rows are paired only if they link rows that are paired.
    for name in sorted(names, key=lambda name: TABLES[name].table.within is not None):
        links = _links(name, first, {}), _links(name, second, matched)
        matched[name] = match(*spans[name], links, ids_given=not TABLES[name].table.id_from)
    lines = [SPANS_LINE.format("table", "first", "second", "exact P", "R", "F1", "overlap P", "R", "F1")]
    for name in names:
        counts = [len(side) for side in spans[name]]
        shares = [*scores(found_exactly(*spans[name]), *counts), *scores(len(matched[name]), *counts)]
        lines.append(SPANS_LINE.format(name, *counts, *map(_number, shares)))
    lines += ["", COLUMNS_LINE.format("column", "rows", "equal", "alpha")]
    for name in names:
        left, right = ({row[primary_key(TABLES[name])]: row for row in side[name]} for side in (first, second))
        rows = [(left[a], right[b]) for a, b in matched[name].items()]
        for item in coded_fields(TABLES[name]) if rows else ():
            pairs = [(own[item.name], _translated(other[item.name], item, matched)) for own, other in rows]
            equal = sum(a == b for a, b in pairs) / len(pairs)
            label = f"{name}.{item.name}"
            lines.append(COLUMNS_LINE.format(label, len(pairs), _number(equal), _number(alpha(pairs))))
    return "\n".join(lines)


def _links(name: str, tables: Tables, matched: dict[str, dict[str, str]]) -> Links:
    """What each row of a link table links, as the first coding names it; none for other tables."""
    model = TABLES[name]
    if model.table.within is None:
        return {}
    links = [item for item in fields(model) if item.column.references and item.column.origin == "key"]
    links = [item for item in links if item.name not in SPAN_COLUMNS]
    return {
        row[primary_key(model)]: [_translated(row[item.name], item, matched) for item in links] for row in tables[name]
    }


def _translated(value: Any, item: Field, matched: dict[str, dict[str, str]]) -> Any:
    """A link in the second coding as the id that the first has for the same row: each coder gives ids of their own."""
    target = item.column.references
    if target is None or value is None or target not in matched:
        return value
    back = {second: first for first, second in matched[target].items()}
    return back.get(value, f"unmatched {value}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path, help="a coding folder, taken as the reference")
    parser.add_argument("second", type=Path, help="another coding folder of the same article")
    parser.add_argument("--article", type=Path, help="the article (default: FIRST with the suffix .txt)")
    options = parser.parse_args(arguments)
    first = options.first.resolve()
    article = (options.article or first.parent / f"{first.name}.txt").resolve()
    for needed in (first, options.second):
        if not needed.is_dir():
            parser.error(f"{needed} is not a folder")
    if not article.is_file():
        parser.error(f"there is no article at {article}: give it with --article")
    faults = Faults()
    tables = [read_tables(folder, article, faults) for folder in (first, options.second.resolve())]
    for fault in faults.sorted():
        print(fault.text(Path.cwd()), file=sys.stderr)
    if faults:
        return 1
    print(compare(*tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
