"""CSV on the Web: types, keys and descriptions of the CSV files, as a group of tables."""

from __future__ import annotations

import json
from typing import Any

from belarus_iran_pact.core.table import Field, Row, ValueType, description, fields, primary_key
from belarus_iran_pact.models import MODELS, TABLES

from ..descriptor import CREATOR, DESCRIPTION, KEYWORDS, LICENCE_URL, TITLE

_DATATYPES: dict[ValueType, str | dict[str, str]] = {
    "text": "string",
    "integer": "integer",
    "number": "double",
    "boolean": {"base": "boolean", "format": "true|false"},
    "date": {"base": "date", "format": "yyyy-MM-dd"},
}


def csvw(version: str) -> str:
    """The metadata of the group of tables as JSON text; its addresses of CSV files are relative to the package."""
    content = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": TITLE,
        "dc:description": DESCRIPTION,
        "dc:creator": CREATOR,
        "dc:license": {"@id": LICENCE_URL},
        "dc:subject": list(KEYWORDS),
        "schema:version": version,
        "dialect": {
            "encoding": "utf-8",
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
            "lineTerminators": ["\n"],
            # Else a row that begins with "#" is a comment.
            "commentPrefix": None,
        },
        "null": "",
        "tables": [_table(model) for model in MODELS],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _table(model: type[Row]) -> dict[str, Any]:
    columns = [
        {
            "name": item.name,
            "titles": item.name,
            "dc:description": item.column.description,
            "datatype": _datatype(item),
            "required": not item.nullable,
        }
        for item in fields(model)
    ]
    schema: dict[str, Any] = {"columns": columns, "primaryKey": primary_key(model)}
    foreign = [_foreign_key(item.name, item.column.references) for item in fields(model) if item.column.references]
    if foreign:
        schema["foreignKeys"] = foreign
    name = model.table.name
    return {"url": f"csv/{name}.csv", "dc:title": name, "dc:description": description(model), "tableSchema": schema}


def _foreign_key(column: str, target: str) -> dict[str, Any]:
    reference = {"resource": f"csv/{target}.csv", "columnReference": primary_key(TABLES[target])}
    return {"columnReference": column, "reference": reference}


def _datatype(item: Field) -> str | dict[str, str]:
    # CSVW has no list of allowed values; a regular expression says the same.
    pattern = item.column.terms_pattern or item.column.pattern
    if pattern is None:
        return _DATATYPES[item.type]
    return {"base": "string", "format": f"^({pattern})$"}
