"""Step 1, read: the seeds as they are, every YAML value knowing the line it stands on.

YAML is read as text only: `NO` stays "NO" and `010` stays "010"; the row models decide what a value is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from belarus_iran_pact.models import TABLES

from .faults import Faults, Place

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Text(str):
    """A YAML scalar and the place where it stands."""

    place: Place

    @classmethod
    def at(cls, value: str, place: Place) -> Self:
        """The text `value`, standing at `place`."""
        text = cls(value)
        text.place = place
        return text


class Items(list[Any]):
    """A YAML sequence and the place where it starts."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class Fields(dict[str, Any]):
    """A YAML mapping and the place where it starts; its keys are `Text`, so they know theirs."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place

    def place_of(self, key: str) -> Place:
        """Where `key` stands, or where the mapping starts if it has no such key."""
        for own in self:
            if own == key and isinstance(own, Text):
                return own.place
        return self.place


@dataclass(frozen=True)
class Document:
    """An article as received: its file, bytes and text."""

    source_id: str
    file: Path
    content: bytes
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Entry:
    """An item of a file: the table it is meant for, what it says, and the source it was coded from, if any."""

    table: str
    fields: Fields
    source_id: str | None


@dataclass(frozen=True)
class Seeds:
    """Everything read: articles by source id, entries in file order, and what is added to coded rows, by table."""

    documents: dict[str, Document] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    reference: dict[str, tuple[Text, Items]] = field(default_factory=dict)


REFERENCE_FOLDER = "reference"


def read_seeds(folder: Path, faults: Faults) -> Seeds:
    """Read a seeds folder.

    `NAME.txt` is an article, the folder `NAME/` beside it holds its coding, one file `TABLE.yaml` for each table;
    `reference/` holds outside knowledge. Faults go to `faults`; what can be read is returned all the same.
    """
    seeds = Seeds()
    if not folder.is_dir():
        faults.add(Place(folder), "there is no seeds folder", "the build reads everything from it", "create it")
        return seeds
    articles = sorted(folder.glob("*.txt"))
    if not articles:
        why, remedy = "a source is a file NAME.txt in this folder", "put the article's file here"
        faults.add(Place(folder), "no article", why, remedy)
    for file in articles:
        document = read_document(file, faults)
        if document is not None:
            seeds.documents[document.source_id] = document
        coding = folder / file.stem
        if not (coding / "sources.yaml").is_file():
            why = f"each article has a coding folder that says what is known of it, and {file.name} has none"
            remedy = "write it, with the sha256 of the article"
            faults.add(Place(coding / "sources.yaml"), "the file is missing", why, remedy)
        seeds.entries.extend(read_coding(coding, file.stem, faults))
    for coding in sorted(path for path in folder.glob("*/") if path.name != REFERENCE_FOLDER):
        article = folder / f"{coding.name}.txt"
        if not article.is_file():
            why = f"the coding folder {coding.name} is for the article of that name"
            remedy = "put the article's file here, or take the coding folder away"
            faults.add(Place(article), "the file is missing", why, remedy)
    _read_reference(folder / REFERENCE_FOLDER, seeds, faults)
    return seeds


def read_coding(folder: Path, source_id: str, faults: Faults) -> list[Entry]:
    """The entries of one coding folder, in the order of the tables."""
    coded = [
        name
        for name, model in TABLES.items()
        if model.table.rows_from in ("coding", "cells") and model.table.within is None
    ]
    _reject_others(folder, coded, "a coding file is named for the table whose rows it holds", faults)
    return [
        Entry(table, item, source_id)
        for table in coded
        if (file := folder / f"{table}.yaml").is_file()
        for item in rows_of(read_yaml(file, faults), file, faults)
    ]


def _reject_others(folder: Path, tables: list[str], why: str, faults: Faults) -> None:
    for file in sorted(folder.glob("*.yaml")):
        if file.stem not in tables:
            remedy = f"rename it; the tables are: {', '.join(tables)}"
            faults.add(Place(file), "the file is for no table", why, remedy)


def rows_of(content: Any, file: Path, faults: Faults) -> Iterator[Fields]:
    """The mappings of a YAML list; anything else is a fault."""
    if content is None:
        return
    if not isinstance(content, Items):
        faults.add(Place(file), "not a list", "a coding file is a list of rows", "begin each row with '- '")
        return
    for item in content:
        if isinstance(item, Fields):
            yield item
        else:
            what = f"not a row: {item!s:.40}"
            faults.add(item.place, what, "a row is a list item of 'column: value' lines", "write it so")


def read_yaml(file: Path, faults: Faults) -> Any:
    """A YAML file as `Fields`, `Items` and `Text`; None after a fault."""
    read = _read(file, faults)
    if read is None:
        return None
    _, text = read
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark, position = getattr(error, "problem_mark", None), getattr(error, "position", None)
        line = mark.line + 1 if mark else text.count("\n", 0, position or 0) + 1
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
        began = getattr(error, "context_mark", None)
        if began is not None and began.line + 1 != line:
            problem += f" (in what begins on line {began.line + 1})"
        faults.add(Place(file, line), "malformed YAML", problem, "mend the indentation, quotes or brackets here")
        return None
    if node is None:
        faults.add(Place(file), "the file is empty", "it holds no YAML value", "write its rows, or delete it")
        return None
    aliases = (
        [token for token in yaml.scan(text, Loader=_LOADER) if isinstance(token, yaml.AliasToken)]
        if "&" in text
        else []
    )
    for alias in aliases:
        why = "each value is written where it counts, so that its line is its own"
        faults.add(Place(file, alias.start_mark.line + 1), "a YAML alias", why, "write the value out")
    return None if aliases else _value(node, file, faults)


def _value(node: Any, file: Path, faults: Faults) -> Any:
    """A YAML node and all below it."""
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Text.at(node.value, place)
    if isinstance(node, yaml.SequenceNode):
        items = Items(place)
        items.extend(_value(item, file, faults) for item in node.value)
        return items
    mapping = Fields(place)
    for key, value in node.value:
        put(mapping, _value(key, file, faults), _value(value, file, faults), faults)
    return mapping


def put(mapping: Fields, key: Any, value: Any, faults: Faults) -> None:
    """Add a key to a mapping; a fault if it is there already."""
    if not isinstance(key, Text):
        faults.add(mapping.place, "a key that is not text", "keys are column names", "write a column name")
    elif key in mapping:
        why = f"it stands on line {mapping.place_of(key).line} already"
        faults.add(key.place, f"the key {key!s} stands twice", why, "keep one of them")
    else:
        mapping[key] = value


def read_document(file: Path, faults: Faults) -> Document | None:
    """An article's file; None after a fault."""
    read = _read(file, faults)
    return None if read is None else Document(file.stem, file, *read)


def _read(file: Path, faults: Faults) -> tuple[bytes, str] | None:
    """A file's bytes and text; None after a fault."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start} (0x{error.object[error.start]:02x}) is not UTF-8"
        faults.add(Place(file, line), what, error.reason, "restore the file as UTF-8")
        return None
    except OSError as error:
        faults.add(Place(file), "the file cannot be read", error.strerror or str(error), "make it readable")
        return None
    if not text.strip():
        faults.add(Place(file), "the file is empty", "there is nothing to read", "restore its content, or delete it")
        return None
    return content, text


def _read_reference(folder: Path, seeds: Seeds, faults: Faults) -> None:
    """Read outside knowledge into `seeds`.

    A table that is outside knowledge stands there whole, as a list of rows. The file of another has `match`, the column
    that coded rows are matched on, and `rows`, what to add to them.
    """
    tables = [name for name, model in TABLES.items() if model.table.rows_from in ("coding", "reference")]
    _reject_others(folder, tables, "a reference file is named for the table that it adds to", faults)
    for table in tables:
        file = folder / f"{table}.yaml"
        whole = TABLES[table].table.rows_from == "reference"
        if not file.is_file():
            if whole:
                faults.add(Place(file), "the file is missing", f"the table {table} is written there", "restore it")
            continue
        content = read_yaml(file, faults)
        if whole and isinstance(content, Items):
            seeds.entries.extend(Entry(table, item, None) for item in rows_of(content, file, faults))
            continue
        match, rows = (content.get(key) if isinstance(content, Fields) else None for key in ("match", "rows"))
        if isinstance(match, Text) and isinstance(rows, Items) and not whole:
            seeds.reference[table] = (match, rows)
        elif content is not None:
            form = "a list of rows" if whole else "a mapping of 'match' (a column) and 'rows'"
            faults.add(Place(file), "not a reference file", f"for {table} it is {form}", "write it so")
