"""W3C Web Annotations: all evidence and mentions, one annotation for each stretch of words that anything rests on."""

from __future__ import annotations

import base64
import json
from typing import Any

from belarus_iran_pact.core.table import Tables, fields, primary_key
from belarus_iran_pact.explaining import Joined, Words, mentioned
from belarus_iran_pact.models import TABLES

from ..descriptor import CREATOR, LICENCE_TITLE, LICENCE_URL, TITLE

_CONTEXT = "http://www.w3.org/ns/anno.jsonld"

# How many characters of the sentence a quote is given with on each side, to tell it from the same words elsewhere.
_AROUND = 48


def web_annotations(tables: Tables, version: str) -> str:
    """The annotations as JSON-LD text: a collection of one page, one annotation on each line.

    Each annotation has a body for each row of `evidence` and of `mentions` with its span: the cell described, or questioned
    where the words contradict it, or the row that a mention picks out. The ids of annotations are fragments of this file's own
    address, wherever that is, and the cells described are named by addresses relative to it. A source is named by its
    SHA-256 in the form of RFC 6920 (`ni:`), since it has no address.
    """
    names = {row["source_id"]: _source_name(row) for row in tables["sources"]}
    items = [
        {
            "id": f"#{source_id}.{start}-{end}",
            "type": "Annotation",
            "body": bodies,
            "target": _target(names[source_id], words),
        }
        for (source_id, start, end), (words, bodies) in _bodies(tables).items()
    ]
    head = {
        "@context": _CONTEXT,
        "id": "#collection",
        "type": "AnnotationCollection",
        "label": TITLE,
        "creator": {"type": "Organization", "name": CREATOR},
        "rights": LICENCE_URL,
        "dc:rights": LICENCE_TITLE,
        "schema:version": version,
        "dcterms:source": [
            {
                "id": names[row["source_id"]],
                "type": "Text",
                "format": "text/plain",
                "language": row["language"],
                "label": row["headline"],
                "dcterms:identifier": row["source_id"],
            }
            for row in tables["sources"]
        ],
        "total": len(items),
        "first": {"id": "#page", "type": "AnnotationPage", "partOf": "#collection", "startIndex": 0, "items": []},
    }
    before, _, after = json.dumps(head, indent=2, ensure_ascii=False).rpartition("[]")
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    return f"{before}[\n{lines}\n]{after}\n"


def _bodies(tables: Tables) -> dict[tuple[str, int, int], tuple[Words, list[dict[str, Any]]]]:
    """For each stretch of words, in the order of the text, what rests on it: the cells, then what is mentioned."""
    joined = Joined(tables.__getitem__)
    found: dict[tuple[str, int, int], tuple[Words, list[dict[str, Any]]]] = {}
    lines = {
        name: {row[primary_key(TABLES[name])]: at for at, row in enumerate(tables[name], start=2)} for name in TABLES
    }
    columns = {name: {item.name: at for at, item in enumerate(fields(TABLES[name]), start=1)} for name in TABLES}

    def bodies(row: dict[str, Any]) -> list[dict[str, Any]]:
        return found.setdefault((row["source_id"], row["start_char"], row["end_char"]), (joined.words(row), []))[1]

    for row in tables["evidence"]:
        name, row_id, column = row["table_name"], row["row_id"], row["column_name"]
        cell = f"cell={lines[name][row_id]},{columns[name][column]}"
        purpose = "questioning" if row["stance"] == "contradicts" else "describing"
        bodies(row).append(_body(name, cell, f"{name}/{row_id}/{column}", purpose))
    for row in tables["mentions"]:
        name, row_id = mentioned(row)
        bodies(row).append(_body(name, f"row={lines[name][row_id]}", f"{name}/{row_id}", "identifying"))
    return {span: found[span] for span in sorted(found)}


def _body(table: str, fragment: str, label: str, purpose: str) -> dict[str, Any]:
    # The fragment names a row or cell of the CSV file by position (RFC 7111); the header is row 1.
    return {"type": "SpecificResource", "purpose": purpose, "label": label, "source": f"csv/{table}.csv#{fragment}"}


def _target(source: str, words: Words) -> dict[str, Any]:
    """A stretch of words, by two selectors."""
    around = {"prefix": words.before[-_AROUND:], "suffix": words.after[:_AROUND]}
    quote = {"type": "TextQuoteSelector", "exact": words.quote} | {name: text for name, text in around.items() if text}
    position = {"type": "TextPositionSelector", "start": words.start, "end": words.end}
    return {"source": source, "selector": [quote, position]}


def _source_name(row: dict[str, Any]) -> str:
    digest = base64.urlsafe_b64encode(bytes.fromhex(row["sha256"])).decode("ascii").rstrip("=")
    return f"ni:///sha-256;{digest}"
