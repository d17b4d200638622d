"""The Data Package v2 descriptor, derived from the row models and the files written."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from belarus_iran_pact.core.schemas import table_schema
from belarus_iran_pact.core.table import Tables, description
from belarus_iran_pact.models import DATASET, MODELS

NAME = "belarus-iran-pact"
TITLE = "Belarus-Iran 2026 military cooperation plan: events, actors and provisions"

DESCRIPTION = (
    "One news article on the plan for military cooperation that Belarus and Iran signed for 2026, coded into validated "
    "tables. Every value points at the words of the article that it rests on; every empty cell says why it is empty; each "
    "statement names its voice and how sure that voice is. The data speak for the article only, and the licence covers the "
    "coding, not the article's own words, which stand in `passages` and in quotes and are their publisher's."
)

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_TITLE = "Creative Commons Attribution 4.0, for the coding; the article's own text is excepted"

CREATOR = "The belarus-iran-pact project"
KEYWORDS = ("Belarus", "Iran", "military cooperation", "event data", "treaty data", "actors", "provenance")

# frictionless takes a file whose format is "parquet" or "html", given or guessed from its suffix, for a table: for Parquet it
# then needs pandas, misjudges nullable columns and does not check the hash. Under a format of another name it checks bytes
# and hash.
PLAIN_PARQUET = "apache-parquet"
PLAIN_HTML = "html-page"

# What is published besides the tables: name, path, description, format and media type.
# What repeats the tables for looking at them, and would double the wheel: it is in the repository and the archives of releases.
NOT_IN_WHEEL = ("annotations.jsonld", "explorer.html", "pictures/timeline.svg", "pictures/network.svg")

_COMPANIONS = (
    ("codebook", "CODEBOOK.md", "Every table, column and term explained.", "md", "text/markdown"),
    (
        "croissant",
        "croissant.json",
        "Croissant 1.0, which extends schema.org: the package for dataset search engines and machine learning.",
        "json",
        "application/ld+json",
    ),
    (
        "csvw",
        "csv-metadata.json",
        "CSV on the Web: types, keys and descriptions of the CSV files.",
        "json",
        "application/csvm+json",
    ),
    (
        "annotations",
        "annotations.jsonld",
        "All evidence and mentions as W3C Web Annotations on the article's words.",
        "jsonld",
        "application/ld+json",
    ),
    (
        "dataset-card",
        "README.md",
        "A Hugging Face dataset card: one configuration for each table.",
        "md",
        "text/markdown",
    ),
    (
        "explorer",
        "explorer.html",
        "The article and everything coded from it on one page, to open in a browser.",
        PLAIN_HTML,
        "text/html",
    ),
    ("timeline-picture", "pictures/timeline.svg", "The timeline of events as a picture.", "svg", "image/svg+xml"),
    ("network-picture", "pictures/network.svg", "The network of actors as a picture.", "svg", "image/svg+xml"),
)


def descriptor(folder: Path, tables: Tables, version: str) -> dict[str, Any]:
    """The descriptor of the package whose other files stand in `folder`.

    Parquet files, the codebook and the metadata in other formats are listed as plain files, with bytes and hash, and without a table's type: validators
    check those for plain files, and do not for Parquet tables.
    """
    resources: list[dict[str, Any]] = []
    for model in MODELS:
        name = model.table.name
        resources.append(
            {
                "name": name,
                "type": "table",
                "path": f"csv/{name}.csv",
                "description": description(model),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                **fixity(folder / "csv" / f"{name}.csv"),
                "rowCount": len(tables[name]),
                "schema": table_schema(model, DATASET),
            }
        )
    for model in MODELS:
        name = model.table.name
        resources.append(
            {
                "name": f"{name}-parquet",
                "path": f"parquet/{name}.parquet",
                "description": f"The table {name} as Parquet: same rows, types and nulls.",
                "format": PLAIN_PARQUET,
                "mediatype": "application/vnd.apache.parquet",
                **fixity(folder / "parquet" / f"{name}.parquet"),
            }
        )
    for name, path, text, file_format, mediatype in _COMPANIONS:
        resources.append(
            {
                "name": name,
                "path": path,
                "description": text,
                "format": file_format,
                "mediatype": mediatype,
                "encoding": "utf-8",
                **({"inWheel": False} if path in NOT_IN_WHEEL else {}),
                **fixity(folder / path),
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": version,
        "keywords": list(KEYWORDS),
        "licenses": [
            {
                "name": LICENCE,
                "path": LICENCE_URL,
                "title": LICENCE_TITLE,
            }
        ],
        "contributors": [{"title": CREATOR, "roles": ["creator", "publisher"]}],
        "sources": [
            {"title": row["headline"], "sourceId": row["source_id"], "sha256": row["sha256"]}
            for row in tables["sources"]
        ],
        "resources": resources,
    }


def citation(version: str) -> str:
    """How to cite this version of the package, in one line."""
    return f"{CREATOR}. {TITLE}. {NAME}, version {version}."


def fixity(file: Path) -> dict[str, Any]:
    """The size of a file as `bytes` and its SHA-256 as `hash`, spelled as in a descriptor."""
    content = file.read_bytes()
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
