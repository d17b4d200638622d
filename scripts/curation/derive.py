"""Derived columns: pure functions of other columns, used to fill them and, on published files, to recompute them."""

from __future__ import annotations

from typing import Any

from belarus_iran_pact import views
from belarus_iran_pact.core.table import Rows, Tables, primary_key
from belarus_iran_pact.models import SPAN_TEXTS, TABLES

__all__ = ["Rows", "Tables", "derived_values"]


def derived_values(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    """The value of every recomputable derived cell, by table and column, then by row id.

    `tables` holds every table by name. Spans' texts are cut from `passages`, so the sources' texts are not needed.
    """
    return {**views.derived_values(tables), **_cut_texts(tables)}


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
