"""Derived columns: pure functions of other columns, used to fill them and, on published files, to recompute them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from belarus_iran_pact.models import SPAN_TEXTS, TABLES, primary_key

from . import dates
from .anchor import passage_kind

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]


def derived_values(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    """The value of every recomputable derived cell, by table and column, then by row id.

    `tables` holds every table by name. Spans' texts are cut from `passages`, so the sources' texts are not needed.
    """
    return {
        **_bounds(tables["events"], "events", "event_id", ("date_inferred_edtf", "date_edtf"), "date"),
        **_bounds(tables["agreements"], "agreements", "agreement_id", ("period_edtf",), "period"),
        ("provisions", "ordinal"): _provision_ordinals(tables),
        ("sources", "path"): {row["source_id"]: f"seeds/{row['source_id']}.txt" for row in tables["sources"]},
        **_passages(tables["passages"]),
        **_cut_texts(tables),
    }


def _bounds(rows: Rows, table: str, key: str, columns: tuple[str, ...], prefix: str) -> dict[tuple[str, str], Any]:
    earliest, latest = {}, {}
    for row in rows:
        text = next((row[column] for column in columns if row[column] is not None), None)
        try:
            earliest[row[key]], latest[row[key]] = (None, None) if text is None else dates.bounds(text)
        except ValueError:  # A bad date is a fault of its own; it bounds nothing.
            earliest[row[key]] = latest[row[key]] = None
    return {(table, f"{prefix}_earliest"): earliest, (table, f"{prefix}_latest"): latest}


def _provision_ordinals(tables: Tables) -> dict[str, int]:
    spans: dict[str, tuple[str, int, int]] = {}
    for row in tables["evidence"]:
        if (row["table_name"], row["column_name"]) == ("provisions", "wording"):
            span = (row["source_id"], row["start"], -row["end"])
            spans[row["row_id"]] = min(span, spans.get(row["row_id"], span))
    by_agreement = defaultdict(list)
    for row in tables["provisions"]:
        by_agreement[row["agreement_id"]].append(row["provision_id"])
    return {
        provision: ordinal
        for members in by_agreement.values()
        for ordinal, provision in enumerate(sorted(members, key=lambda id_: (spans.get(id_, ("", 0, 0)), id_)), start=1)
    }


def _passages(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    ordinals: Counter[str] = Counter()
    ordinal, kind = {}, {}
    for row in sorted(rows, key=lambda row: (row["source_id"], row["start"])):
        ordinals[row["source_id"]] += 1
        ordinal[row["passage_id"]] = ordinals[row["source_id"]]
        kind[row["passage_id"]] = passage_kind(ordinals[row["source_id"]], row["text"])
    return {("passages", "ordinal"): ordinal, ("passages", "kind"): kind}


def _cut_texts(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    passages = {row["passage_id"]: row for row in tables["passages"]}

    def cut(row: dict[str, Any]) -> str | None:
        passage = passages.get(row["passage_id"])
        if passage is None or row["start"] is None or row["end"] is None:
            return None
        return str(passage["text"][row["start"] - passage["start"] : row["end"] - passage["start"]])

    return {
        (name, column): {row[primary_key(TABLES[name])]: cut(row) for row in tables[name]}
        for name, column in SPAN_TEXTS.items()
    }
