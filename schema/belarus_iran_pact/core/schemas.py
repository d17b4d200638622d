"""The schemas of a table, derived from its row model: Arrow, and Table Schema (Data Package v2)."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from .column import JOINT
from .table import Dataset, Field, Row, Tables, ValueType, description, fields, primary_key

_ARROW_TYPES: dict[ValueType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def arrow_schema(model: type[Row]) -> pa.Schema:
    """The table's Arrow schema: one field for each column, nullability included.

    Each field's metadata has the column's `description` and `origin`, and its `vocabulary`, `references`, `authority`,
    `unit` and `null_means` where it has them; the schema's metadata has the table's `description`.
    """
    return pa.schema(
        [
            pa.field(item.name, _ARROW_TYPES[item.type], item.nullable, metadata=_metadata(item))
            for item in fields(model)
        ],
        metadata={"name": model.table.name, "description": description(model)},
    )


def arrow_tables(dataset: Dataset, tables: Tables) -> dict[str, pa.Table]:
    """Tables of rows as Arrow tables with their schemas; values must be of their column's type."""
    return {name: pa.Table.from_pylist(rows, arrow_schema(dataset.tables[name])) for name, rows in tables.items()}


def _metadata(item: Field) -> dict[str, str]:
    column = item.column
    known = {
        "description": column.description,
        "origin": column.origin,
        "vocabulary": column.vocabulary.name if column.vocabulary else None,
        "references": column.references,
        "authority": column.authority,
        "unit": column.unit,
        "null_means": column.null_means,
    }
    return {name: text for name, text in known.items() if text is not None}


_TABLE_SCHEMA_TYPES: dict[ValueType, str] = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
}


def table_schema(model: type[Row], dataset: Dataset) -> dict[str, Any]:
    """The table's schema as JSON-ready mapping: fields with types and constraints, primary key, foreign keys.

    Each field also has `origin`, and `vocabulary`, `authority`, `unit` and `nullMeans` where the column has them: custom
    properties, which the standard allows.
    """
    foreign = [
        _foreign_key(model, item.name, dataset.tables[item.column.references])
        for item in fields(model)
        if item.column.references
    ]
    schema: dict[str, Any] = {
        "fields": [_field(item, item.name == primary_key(model)) for item in fields(model)],
        "missingValues": [""],
        "primaryKey": [primary_key(model)],
    }
    if foreign:
        schema["foreignKeys"] = foreign
    return schema


def _foreign_key(model: type[Row], column: str, target: type[Row]) -> dict[str, Any]:
    # An empty name is how the standard spells "this same table".
    resource = "" if target is model else target.table.name
    return {"fields": [column], "reference": {"resource": resource, "fields": [primary_key(target)]}}


def _field(item: Field, is_key: bool) -> dict[str, Any]:
    column = item.column
    constraints: dict[str, Any] = {}
    if not item.nullable:
        constraints["required"] = True
    if is_key:
        constraints["unique"] = True
    if column.pattern is not None:
        constraints["pattern"] = column.pattern
    if column.vocabulary is not None and column.joined:
        term = f"({'|'.join(map(re.escape, column.vocabulary.values()))})"
        constraints["pattern"] = f"{term}({JOINT}{term})*"
    elif column.vocabulary is not None:
        constraints["enum"] = column.vocabulary.values()
    known = {
        "name": item.name,
        "type": _TABLE_SCHEMA_TYPES[item.type],
        "description": column.description,
        "constraints": constraints or None,
        "origin": column.origin,
        "vocabulary": column.vocabulary.name if column.vocabulary else None,
        "authority": column.authority,
        "unit": column.unit,
        "nullMeans": column.null_means,
    }
    return {name: value for name, value in known.items() if value is not None}
