"""The Data Package v2 descriptor, derived from the row models and the files written."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from belarus_iran_pact.core import NAME
from belarus_iran_pact.core.schemas import table_schema
from belarus_iran_pact.core.table import Row, Tables, description
from belarus_iran_pact.models import DATASET, MODELS, TABLES

TITLE = "Belarus-Iran 2026 military cooperation plan: events, actors and provisions"

DESCRIPTION = (
    "One news article on the plan for military cooperation in 2026 that Belarus and Iran are reported to have signed, coded "
    "into validated tables. Every value points to the words of the article that it rests on, every empty cell says why it is "
    "empty, and each statement names who makes it and how certain they are. The data say what the article reports, not what "
    "happened. The licence covers the coding and not the article's own words, which are quoted as evidence and belong to "
    "their publisher."
)

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_TITLE = "Creative Commons Attribution 4.0, for the coding; the article's own text is excepted"

CREATOR = "The belarus-iran-pact project"
KEYWORDS = ("Belarus", "Iran", "military cooperation", "event data", "treaty data", "actors", "provenance")

# Whatever frictionless knows as "parquet" or "html", by format or by suffix, it takes for a table: for Parquet it then needs
# pandas, misjudges nullable columns and does not check the hash. Under a format of another name it checks bytes and hash.
PLAIN_PARQUET = ("apache-parquet", "application/vnd.apache.parquet")
_HTML = ("html-page", "text/html")
_CSV = ("csv", "text/csv")
_MARKDOWN = ("md", "text/markdown")
_SVG = ("svg", "image/svg+xml")

# What is published besides the tables: path, name, description, and format with media type.
_COMPANIONS = (
    ("CODEBOOK.md", "codebook", "Every table, column and term explained.", _MARKDOWN),
    (
        "croissant.json",
        "croissant",
        "Croissant 1.0, which extends schema.org: the package for dataset search engines and machine learning.",
        ("json", "application/ld+json"),
    ),
    (
        "csv-metadata.json",
        "csvw",
        "CSV on the Web: types, keys and descriptions of the CSV files.",
        ("json", "application/csvm+json"),
    ),
    (
        "annotations.jsonld",
        "annotations",
        "All evidence and mentions as W3C Web Annotations on the article's words.",
        ("jsonld", "application/ld+json"),
    ),
    ("README.md", "dataset-card", "A Hugging Face dataset card: one configuration for each table.", _MARKDOWN),
    (
        "explorer.html",
        "explorer",
        "The article and everything coded from it on one page, to open in a browser.",
        _HTML,
    ),
    ("pictures/timeline.svg", "timeline-picture", "The timeline of events as a picture.", _SVG),
    ("pictures/network.svg", "network-picture", "The network of actors as a picture.", _SVG),
)

# What repeats the tables to be looked at would double the wheel: it is in the repository and in the archives of releases.
NOT_IN_WHEEL = ("annotations.jsonld", "explorer.html", "pictures/timeline.svg", "pictures/network.svg")


def descriptor(folder: Path, tables: Tables, version: str) -> dict[str, Any]:
    """The descriptor of the package whose other files stand in `folder`.

    Only the CSV files are listed as tables. The others are plain files, of which validators check bytes and hash.
    """
    resources = [_table(folder, model, len(tables[model.table.name])) for model in MODELS]
    for name in TABLES:
        text = f"The table {name} as Parquet: same rows, types and nulls."
        resources.append(_file(folder, f"parquet/{name}.parquet", f"{name}-parquet", text, PLAIN_PARQUET))
    for path, name, text, kind in _COMPANIONS:
        place = {"inWheel": False} if path in NOT_IN_WHEEL else {}
        resources.append(_file(folder, path, name, text, kind, encoding="utf-8", **place))
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": version,
        "keywords": list(KEYWORDS),
        "licenses": [{"name": LICENCE, "path": LICENCE_URL, "title": LICENCE_TITLE}],
        "contributors": [{"title": CREATOR, "roles": ["creator", "publisher"]}],
        "sources": [
            {"title": row["headline"], "sourceId": row["source_id"], "sha256": row["sha256"]}
            for row in tables["sources"]
        ],
        "resources": resources,
    }


def _table(folder: Path, model: type[Row], rows: int) -> dict[str, Any]:
    name = model.table.name
    listed = _file(folder, f"csv/{name}.csv", name, description(model), _CSV, encoding="utf-8")
    return {"name": name, "type": "table"} | listed | {"rowCount": rows, "schema": table_schema(model, DATASET)}


def _file(folder: Path, path: str, name: str, text: str, kind: tuple[str, str], **more: Any) -> dict[str, Any]:
    listed = {"name": name, "path": path, "description": text, "format": kind[0], "mediatype": kind[1]}
    return listed | more | fixity(folder / path)


def citation(version: str) -> str:
    """How to cite this version of the package, in one line."""
    return f"{CREATOR}. {TITLE}. {NAME}, version {version}."


def fixity(file: Path) -> dict[str, Any]:
    """The size of a file as `bytes` and its SHA-256 as `hash`, spelled as in a descriptor."""
    content = file.read_bytes()
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
