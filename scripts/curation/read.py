"""Step 1, read: the seeds as they are, every YAML value knowing the line it stands on.

YAML is read as text only: `NO` stays "NO" and `010` stays "010"; the row models decide what a value is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .faults import Faults, Place

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Text(str):
    """A YAML scalar and the place where it stands."""

    place: Place

    @classmethod
    def at(cls, value: str, place: Place) -> Text:
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
    """One row as a curator wrote it: the table it is meant for, its fields, and the source it was coded from, if any."""

    table: str
    fields: Fields
    source_id: str | None


@dataclass(frozen=True)
class Seeds:
    """Everything read: articles by source id, coded entries in file order, and outside knowledge by table."""

    documents: dict[str, Document]
    entries: list[Entry]
    reference: dict[str, tuple[Text, Items]]
    unread: set[str]
    """Tables of which a file could not be read: what links to their rows cannot be judged."""


REFERENCE_FOLDER = "reference"


def read_seeds(folder: Path, tables: list[str], faults: Faults) -> Seeds:
    """Read a seeds folder.

    `NAME.txt` is an article, the folder `NAME/` beside it holds its coding, one file `TABLE.yaml` for each table;
    `reference/` holds outside knowledge. Faults go to `faults`; what can be read is returned all the same.
    """
    documents: dict[str, Document] = {}
    entries: list[Entry] = []
    unread: set[str] = set()
    if not folder.is_dir():
        faults.add(Place(folder), "there is no seeds folder", "the build reads everything from it", "create it")
    articles = sorted(folder.glob("*.txt"))
    if folder.is_dir() and not articles:
        faults.add(
            Place(folder), "no article", "a source is a file NAME.txt in this folder", "put the article's file here"
        )
    for file in articles:
        document = read_document(file, faults)
        if document is not None:
            documents[document.source_id] = document
        coding = folder / file.stem
        if not (coding / "sources.yaml").is_file():
            faults.add(
                Place(coding / "sources.yaml"),
                "the file is missing",
                f"each article has a coding folder that says what is known of it, and {file.name} has none",
                "write it, with the sha256 of the article",
            )
        read, missed = read_coding(coding, file.stem, tables, faults)
        entries += read
        unread |= missed
    for coding in sorted(path for path in folder.glob("*/") if path.name != REFERENCE_FOLDER):
        if not (folder / f"{coding.name}.txt").is_file():
            faults.add(
                Place(folder / f"{coding.name}.txt"),
                "the file is missing",
                f"the coding folder {coding.name} is for the article of that name",
                "put the article's file here, or take the coding folder away",
            )
    reference = _read_reference(folder / REFERENCE_FOLDER, tables, entries, faults)
    return Seeds(documents, entries, reference, unread)


def read_coding(folder: Path, source_id: str, tables: list[str], faults: Faults) -> tuple[list[Entry], set[str]]:
    """The entries of one coding folder, in the order of `tables`, and the tables whose file could not be read."""
    entries = []
    unread = set()
    for file in sorted(folder.glob("*")):
        if file.suffix not in (".yaml", ".md") or (file.suffix == ".yaml" and file.stem not in tables):
            faults.add(
                Place(file),
                "the file is for no table",
                "a coding file is named for the table whose rows it holds, with the suffix .yaml",
                f"rename it; the tables are: {', '.join(tables)}",
            )
    for table in tables:
        file = folder / f"{table}.yaml"
        if file.is_file():
            content = read_yaml(file, faults)
            if content is None:
                unread.add(table)
            entries += [Entry(table, item, source_id) for item in rows_of(content, file, faults)]
    return entries, unread


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
            faults.add(
                item.place, f"not a row: {item!s:.40}", "a row is a list item of 'column: value' lines", "write it so"
            )


def read_yaml(file: Path, faults: Faults) -> Any:
    """A YAML file as `Fields`, `Items` and `Text`; None after a fault."""
    content = _read_bytes(file, faults)
    if content is None:
        return None
    text = _decode(file, content, faults)
    if text is None:
        return None
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        faults.add(Place(file, line), "malformed YAML", problem, "mend the indentation, quotes or brackets here")
        return None
    if node is None:
        faults.add(Place(file), "the file is empty", "it holds no YAML value", "write its rows, or delete it")
        return None
    return _construct(node, file, faults, set())


def _construct(node: Any, file: Path, faults: Faults, seen: set[int]) -> Any:
    place = Place(file, node.start_mark.line + 1)
    if id(node) in seen:
        faults.add(
            place,
            "a YAML alias",
            "each value is written where it counts, so that its line is its own",
            "write the value out",
        )
        return Text.at("", place)
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return Text.at(node.value, place)
    if isinstance(node, yaml.SequenceNode):
        items = Items(place)
        items.extend(_construct(item, file, faults, seen) for item in node.value)
        return items
    mapping = Fields(place)
    for key_node, value_node in node.value:
        key = _construct(key_node, file, faults, seen)
        value = _construct(value_node, file, faults, seen)
        if not isinstance(key, Text):
            faults.add(place, "a key that is not text", "keys are column names", "write a column name")
        elif key in mapping:
            first = mapping.place_of(key).line
            faults.add(
                key.place, f"the key {key!s} stands twice", f"it stands on line {first} already", "keep one of them"
            )
        else:
            mapping[key] = value
    return mapping


def read_document(file: Path, faults: Faults) -> Document | None:
    """An article's file; None after a fault."""
    content = _read_bytes(file, faults)
    if content is None:
        return None
    text = _decode(file, content, faults)
    return None if text is None else Document(file.stem, file, content, text)


def _read_bytes(file: Path, faults: Faults) -> bytes | None:
    try:
        content = file.read_bytes()
    except OSError as error:
        faults.add(Place(file), "the file cannot be read", error.strerror or str(error), "make it readable")
        return None
    if not content.strip():
        faults.add(Place(file), "the file is empty", "there is nothing to read", "restore its content, or delete it")
        return None
    return content


def _decode(file: Path, content: bytes, faults: Faults) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        bad = content[error.start]
        faults.add(
            Place(file, line),
            f"byte {error.start} (0x{bad:02x}) is not UTF-8",
            error.reason,
            "restore the file as UTF-8",
        )
        return None


def _read_reference(
    folder: Path, tables: list[str], entries: list[Entry], faults: Faults
) -> dict[str, tuple[Text, Items]]:
    """Outside knowledge by table: the column that coded rows are matched on, and what to add to them.

    A file that is a plain list has whole rows of its table instead; they join `entries`.
    """
    found: dict[str, tuple[Text, Items]] = {}
    for table in tables:
        file = folder / f"{table}.yaml"
        if not file.is_file():
            continue
        content = read_yaml(file, faults)
        if content is None:
            continue
        if isinstance(content, Items):
            entries += [Entry(table, item, None) for item in rows_of(content, file, faults)]
            continue
        match = content.get("match") if isinstance(content, Fields) else None
        rows = content.get("rows") if isinstance(content, Fields) else None
        if not isinstance(match, Text) or not isinstance(rows, Items):
            faults.add(
                Place(file), "not a reference file", "it has the keys 'match' (a column) and 'rows'", "write both"
            )
            continue
        found[table] = (match, rows)
    return found
