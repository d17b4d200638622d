"""The Arrow schema of a table, derived from its row model."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv

from .models import Field, Row, ValueType, description, fields

_ARROW_TYPES: dict[ValueType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
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


def csv_conversion(types: pa.Schema | dict[str, pa.DataType]) -> pyarrow.csv.ConvertOptions:
    """How the published CSV files are read back: an empty cell is a null, and nothing else is."""
    return pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        true_values=["true"],
        false_values=["false"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


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
