"""Croissant 1.0, and with it schema.org: the package as dataset search engines and machine-learning tools read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from belarus_iran_pact.core import NAME
from belarus_iran_pact.core.column import Column
from belarus_iran_pact.core.table import Field, Row, Tables, ValueType, description, fields, primary_key
from belarus_iran_pact.models import MODELS, TABLES

from ..descriptor import CREATOR, DESCRIPTION, KEYWORDS, LICENCE_URL, TITLE, citation

_CROISSANT = "http://mlcommons.org/croissant/"

_DATA_TYPES: dict[ValueType, str] = {
    "text": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
}

# Readers of Croissant know Parquet by this name, not by the registered media type that came later.
_MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/x-parquet"}

# Every term of the standard's own context, whether the package uses it or not: readers compare contexts by their keys.
_OWN_TERMS = """
citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes isLiveDataset jsonPath key
md5 parentField path recordSet references regex repeated replace samplingRate separator source subField transform
"""


def croissant(tables: Tables, version: str, files: Mapping[str, Mapping[str, Any]]) -> str:
    """The Croissant file as JSON-LD text.

    `files` holds `bytes` and `hash` (`sha256:` and 64 digits) of each table's CSV and Parquet file, by path in the package.

    Two properties that the specification asks for, `url` and `datePublished`, are absent: the package has no address and no
    date of its own. Whoever publishes it adds them.
    """
    creator = {"@type": "sc:Organization", "name": CREATOR}
    content = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": f"{_CROISSANT}1.0",
        "name": NAME,
        "alternateName": TITLE,
        "description": DESCRIPTION,
        "version": version,
        "license": LICENCE_URL,
        "creator": creator,
        "publisher": creator,
        "keywords": list(KEYWORDS),
        "inLanguage": sorted({row["language"] for row in tables["sources"]}),
        "citeAs": citation(version),
        "distribution": [_file(path, known) for path, known in files.items()],
        "recordSet": [_record_set(model) for model in MODELS],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _context() -> dict[str, Any]:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": _CROISSANT,
        "rai": f"{_CROISSANT}RAI/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        **{term: f"cr:{term}" for term in _OWN_TERMS.split()},
    }


def _file(path: str, known: Mapping[str, Any]) -> dict[str, Any]:
    form, _, name = path.partition("/")
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": name,
        "description": f"The table {name.removesuffix(f'.{form}')} as {'Parquet' if form == 'parquet' else 'CSV'}.",
        "contentUrl": path,
        "contentSize": f"{known['bytes']} B",
        "encodingFormat": _MEDIA_TYPES[form],
        "sha256": known["hash"].removeprefix("sha256:"),
    }


def _record_set(model: type[Row]) -> dict[str, Any]:
    name = model.table.name
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description(model),
        "key": {"@id": f"{name}/{primary_key(model)}"},
        "field": [_field(name, item) for item in fields(model)],
    }


def _field(table: str, item: Field) -> dict[str, Any]:
    content: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{item.name}",
        "name": item.name,
        "description": _meaning(item.column),
        "dataType": _DATA_TYPES[item.type],
        "source": _column(table, item.name),
    }
    target = item.column.references
    if target is not None:
        # By file and column, not by field: mlcroissant 1.1 joins what is referenced, and where that is a field it cannot read
        # a table that references itself or two others.
        content["references"] = _column(target, primary_key(TABLES[target]))
    return content


def _column(table: str, column: str) -> dict[str, Any]:
    # Not of the CSV: readers of Croissant guess how its text is typed, and "057" becomes 57.
    return {"fileObject": {"@id": f"parquet/{table}.parquet"}, "extract": {"column": column}}


def _meaning(column: Column) -> str:
    terms = column.vocabulary and f"those of the vocabulary `{column.vocabulary.name}` in `terms`."
    more = {
        "Terms": terms,
        "Unit": column.unit and f"{column.unit}.",
        "Authority": column.authority and f"{column.authority}.",
    }
    told = (f"{what}: {text}" for what, text in {**more, "Null": column.null_means}.items() if text is not None)
    return " ".join([column.description, *told])
