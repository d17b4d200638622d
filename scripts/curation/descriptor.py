"""The Data Package v2 descriptor, derived from the row models and the files written."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from belarus_iran_pact.models import MODELS, description
from belarus_iran_pact.table_schema import table_schema

from .derive import Tables

TITLE = "Belarus-Iran 2026 military cooperation plan: events, actors and provisions"

_DESCRIPTION = (
    "One news article on the plan for military cooperation that Belarus and Iran signed for 2026, coded into validated "
    "tables. Every value points at the words of the article that it rests on; every empty cell says why it is empty; each "
    "statement names its voice and how sure that voice is. The data speak for the article only, and the licence covers the "
    "coding, not the article's own words, which stand in `passages` and in quotes and are their publisher's."
)

_LICENCE_TITLE = "Creative Commons Attribution 4.0, for the coding; the article's own text is excepted"

# frictionless takes a file whose format is "parquet", given or guessed from its suffix, for a table: it then needs pandas,
# misjudges nullable columns and does not check the hash. Under a format of another name it checks bytes and hash.
PLAIN_PARQUET = "apache-parquet"


def descriptor(folder: Path, tables: Tables, version: str) -> dict[str, Any]:
    """The descriptor of the package whose CSV, Parquet and codebook files stand in `folder`.

    Parquet files and the codebook are listed as plain files, with bytes and hash, and without a table's type: validators
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
                **_fixity(folder / "csv" / f"{name}.csv"),
                "rowCount": len(tables[name]),
                "schema": table_schema(model),
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
                **_fixity(folder / "parquet" / f"{name}.parquet"),
            }
        )
    resources.append(
        {
            "name": "codebook",
            "path": "CODEBOOK.md",
            "description": "Every table, column and term explained.",
            "format": "md",
            "mediatype": "text/markdown",
            "encoding": "utf-8",
            **_fixity(folder / "CODEBOOK.md"),
        }
    )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "belarus-iran-pact",
        "title": TITLE,
        "description": _DESCRIPTION,
        "version": version,
        "keywords": ["Belarus", "Iran", "military cooperation", "event data", "treaty data", "actors", "provenance"],
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
                "title": _LICENCE_TITLE,
            }
        ],
        "contributors": [{"title": "The belarus-iran-pact project", "roles": ["creator", "publisher"]}],
        "sources": [
            {"title": row["headline"], "sourceId": row["source_id"], "sha256": row["sha256"]}
            for row in tables["sources"]
        ],
        "resources": resources,
    }


def _fixity(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
