"""The schemas of a table, derived from its row model: Arrow, and Table Schema (Data Package v2)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .table import Dataset, Field, Row, Tables, ValueType, description, fields, primary_key

_TYPES: dict[ValueType, tuple[pa.DataType, str]] = {
    "text": (pa.string(), "string"),
    "integer": (pa.int64(), "integer"),
    "number": (pa.float64(), "number"),
    "boolean": (pa.bool_(), "boolean"),
    "date": (pa.date32(), "date"),
}
"""The types of values in Arrow and in Table Schema."""


def arrow_schema(model: type[Row]) -> pa.Schema:
    """The table's Arrow schema: one field for each column, nullability included.

    Each field's metadata has the column's `description` and `origin`, and its `vocabulary`, `references`, `authority`,
    `unit` and `null_means` where it has them; the schema's metadata has the table's `description`.
    """
    columns = [
        pa.field(item.name, _TYPES[item.type][0], item.nullable, metadata=_metadata(item)) for item in fields(model)
    ]
    return pa.schema(columns, metadata={"name": model.table.name, "description": description(model)})


def arrow_tables(dataset: Dataset, tables: Tables) -> dict[str, pa.Table]:
    """Tables of rows as Arrow tables with their schemas; values must be of their column's type."""
    return {name: pa.Table.from_pylist(rows, arrow_schema(dataset.tables[name])) for name, rows in tables.items()}


def _metadata(item: Field) -> dict[str, str]:
    column = item.column
    properties = {
        "description": column.description,
        "origin": column.origin,
        "vocabulary": column.vocabulary.name if column.vocabulary else None,
        "references": column.references,
        "authority": column.authority,
        "unit": column.unit,
        "null_means": column.null_means,
    }
    return _known(properties)


def table_schema(model: type[Row], dataset: Dataset) -> dict[str, Any]:
    """The table's schema as JSON-ready mapping: fields with types and constraints, primary key, foreign keys.

    Each field also has `origin`, and `vocabulary`, `authority`, `unit` and `nullMeans` where the column has them:
    custom properties, which the standard allows.
    """
    key = primary_key(model)
    schema: dict[str, Any] = {
        "fields": [_field(item, item.name == key) for item in fields(model)],
        "missingValues": [""],
        "primaryKey": [key],
    }
    links = [(item.name, item.column.references) for item in fields(model) if item.column.references]
    if links:
        schema["foreignKeys"] = [_foreign_key(model, name, dataset.tables[target]) for name, target in links]
    return schema


def _foreign_key(model: type[Row], column: str, target: type[Row]) -> dict[str, Any]:
    # An empty name is how the standard spells "this same table".
    resource = "" if target is model else target.table.name
    return {"fields": [column], "reference": {"resource": resource, "fields": [primary_key(target)]}}


def _field(item: Field, is_key: bool) -> dict[str, Any]:
    column = item.column
    constraints = {
        "required": not item.nullable or None,
        "unique": is_key or None,
        "pattern": column.terms_pattern if column.joined else column.pattern,
        "enum": column.vocabulary.values() if column.vocabulary and not column.joined else None,
    }
    properties = {
        "name": item.name,
        "type": _TYPES[item.type][1],
        "description": column.description,
        "constraints": _known(constraints) or None,
        "origin": column.origin,
        "vocabulary": column.vocabulary.name if column.vocabulary else None,
        "authority": column.authority,
        "unit": column.unit,
        "nullMeans": column.null_means,
    }
    return _known(properties)


def _known(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}
