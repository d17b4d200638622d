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
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 of the second coding's rows, the first being the reference; None where undefined."""

    found: int
    first: int
    second: int

    @property
    def precision(self) -> float | None:
        """The share of the second coding's rows that the first has too."""
        return self.found / self.second if self.second else None

    @property
    def recall(self) -> float | None:
        """The share of the first coding's rows that the second has too."""
        return self.found / self.first if self.first else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return 2 * self.found / (self.first + self.second) if self.first + self.second else None


def row_spans(tables: Tables, model: type[Row]) -> dict[str, Spans]:
    """For each row of a table, by id, the spans it rests on: its own, or the evidence for what identifies it.

    That is its first explained column of free text (label, text, name as printed), or where it has none its role; and
    where that cell is empty, all evidence of the row.
    """
    name, key = model.table.name, primary_key(model)
    if model.table.anchored:
        return {row[key]: frozenset({(row["start"], row["end"])}) for row in tables[name]}
    explained = [item for item in fields(model) if item.column.explained]
    free = [
        item for item in explained if item.type == "text" and not (item.column.vocabulary or item.column.references)
    ]
    column = (free or explained)[0].name
    identifying: dict[str, set[tuple[int, int]]] = {row[key]: set() for row in tables[name]}
    every: dict[str, set[tuple[int, int]]] = {row[key]: set() for row in tables[name]}
    for row in tables["evidence"]:
        if row["table_name"] == name and row["row_id"] in every:
            every[row["row_id"]].add((row["start"], row["end"]))
            if row["column_name"] == column:
                identifying[row["row_id"]].add((row["start"], row["end"]))
    return {row_id: frozenset(found or every[row_id]) for row_id, found in identifying.items()}


def exact_score(first: dict[str, Spans], second: dict[str, Spans]) -> Score:
    """Rows whose spans are the same in both, each row counted once."""
    common = Counter(first.values()) & Counter(second.values())
    return Score(common.total(), len(first), len(second))


def match(
    first: dict[str, Spans],
    second: dict[str, Spans],
    allowed: Callable[[str, str], bool] = lambda left, right: True,
    *,
    ids_given: bool = False,
) -> dict[str, str]:
    """Pair rows one to one by overlap of their characters, the closest pairs first; second's ids by first's.

    Rows that overlap equally are paired by id, where the coders gave it (`ids_given`), then in the order in which they
    were written, never by what was coded on them: that would favour agreement. Only `allowed` pairs are made.
    """
    characters = [{row: _characters(spans) for row, spans in side.items()} for side in (first, second)]
    pairs = []
    for at, (left, own) in enumerate(characters[0].items()):
        for other_at, (right, other) in enumerate(characters[1].items()):
            shared = len(own & other)
            if shared and allowed(left, right):
                pairs.append((-shared / len(own | other), ids_given and left != right, at, other_at, left, right))
    paired: dict[str, str] = {}
    taken: set[str] = set()
    for *_, left, right in sorted(pairs):
        if left not in paired and right not in taken:
            paired[left] = right
            taken.add(right)
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
        allowed = _same_links(name, first, second, matched)
        matched[name] = match(*spans[name], allowed, ids_given=not TABLES[name].table.id_from)
    lines = [
        f"{'table':<18}{'first':>6}{'second':>7}   {'exact P':>8}{'R':>6}{'F1':>6}   {'overlap P':>9}{'R':>6}{'F1':>6}"
    ]
    for name in names:
        exact = exact_score(*spans[name])
        overlap = Score(len(matched[name]), exact.first, exact.second)
        lines.append(
            f"{name:<18}{exact.first:>6}{exact.second:>7}   "
            f"{_number(exact.precision):>8}{_number(exact.recall):>6}{_number(exact.f1):>6}   "
            f"{_number(overlap.precision):>9}{_number(overlap.recall):>6}{_number(overlap.f1):>6}"
        )
    lines += ["", f"{'column':<36}{'rows':>6}{'equal':>8}{'alpha':>8}"]
    for name in names:
        key = primary_key(TABLES[name])
        left = {row[key]: row for row in first[name]}
        right = {row[key]: row for row in second[name]}
        for item in coded_fields(TABLES[name]):
            pairs = [
                (left[a][item.name], _translated(right[b][item.name], item, matched)) for a, b in matched[name].items()
            ]
            if pairs:
                equal = sum(a == b for a, b in pairs) / len(pairs)
                lines.append(
                    f"{name + '.' + item.name:<36}{len(pairs):>6}{_number(equal):>8}{_number(alpha(pairs)):>8}"
                )
    return "\n".join(lines)


def _same_links(
    name: str, first: Tables, second: Tables, matched: dict[str, dict[str, str]]
) -> Callable[[str, str], bool]:
    """Whether two rows of a link table link the same rows; of another table, any two rows may be the same."""
    model = TABLES[name]
    if model.table.within is None:
        return lambda left, right: True
    key = primary_key(model)
    links = [item for item in fields(model) if item.column.references and item.column.origin == "key"]
    links = [item for item in links if item.name not in SPAN_COLUMNS]
    own = {row[key]: [row[item.name] for item in links] for row in first[name]}
    other = {row[key]: [_translated(row[item.name], item, matched) for item in links] for row in second[name]}
    return lambda left, right: own[left] == other[right]


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
