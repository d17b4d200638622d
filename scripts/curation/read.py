"""Step 1, read: read the seeds as they are; every YAML value knows which line it is on.

YAML is read as text only: `NO` stays "NO" and `010` stays "010"; the row models decide what a value is.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from belarus_iran_pact.core.table import fields
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

    def __init__(self, place: Place, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.place = place


class Fields(dict[str, Any]):
    """A YAML mapping and the place where it starts; its keys are `Text`, so they know theirs."""

    def __init__(self, place: Place, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(items)
        self.place = place

    def place_of(self, key: str) -> Place:
        """Where `key` is, or where the mapping starts if it has no such key."""
        return next((own.place for own in self if own == key and isinstance(own, Text)), self.place)


@dataclass(frozen=True)
class Document:
    """A file as it is: its bytes and text. An article's file is named after the source."""

    source_id: str
    file: Path
    content: bytes
    text: str


@dataclass(frozen=True)
class Entry:
    """An item of a file: the table it is meant for, what it says, and the source it was coded from, if any."""

    table: str
    fields: Fields
    source_id: str | None


@dataclass(frozen=True)
class ManualRule:
    """A rule of the manual: its id, the heading that it stands under, where it stands and ends, and the laws that it cites there."""

    rule_id: str
    topic: str
    place: Place
    end: Place
    cited: str


@dataclass(frozen=True)
class Seeds:
    """Everything read: articles by source id, entries in file order, what is added to coded rows, by table, and the manual's rules."""

    documents: dict[str, Document] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    reference: dict[str, tuple[Text, Items]] = field(default_factory=dict)
    rules: list[ManualRule] = field(default_factory=list)


REFERENCE_FOLDER = "reference"
FILES = "files.yaml"
MANUAL = "CODING.md"
_EMPTY = "the file is empty", "it has nothing to read", "restore its content, or delete it"
_NULLS = ("~", "null", "Null", "NULL")


def read_seeds(folder: Path, faults: Faults) -> Seeds:
    """Read a seeds folder.

    `NAME.txt` is an article, the folder `NAME/` beside it holds its coding, one file `TABLE.yaml` for each table;
    `reference/` holds outside knowledge; `files.yaml` lists every file. Faults go to `faults`; what can be read is returned
    all the same.
    """
    seeds = Seeds()
    if not folder.is_dir():
        faults.add(Place(folder), "there is no seeds folder", "the build reads everything from it", "create it")
        return seeds
    listed = _listed_files(folder, faults)
    articles = {file.stem for file in folder.glob("*.txt") if file.is_file()}
    codings = {path.name for path in folder.glob("*/") if path not in listed} - {REFERENCE_FOLDER}
    if not articles:
        why, remedy = "a source is a file NAME.txt in this folder", "put the article's file here"
        faults.add(Place(folder), "no article", why, remedy)
    for name in sorted(articles | codings):
        article, sources = folder / f"{name}.txt", folder / name / "sources.yaml"
        if name not in articles:
            if article not in listed:
                why = f"the coding folder {name} belongs to the article of that name"
                remedy = "put the article's file here, or remove the coding folder"
                faults.add(Place(article), "the file is missing", why, remedy)
            continue
        document = read_document(article, faults)
        if document is not None:
            seeds.documents[name] = document
        if not sources.is_file() and sources not in listed:
            why = f"each article has a coding folder that describes it, and {article.name} has none"
            faults.add(Place(sources), "the file is missing", why, "write it, with the sha256 of the article")
        seeds.entries.extend(read_coding(sources.parent, name, faults))
    _read_reference(folder / REFERENCE_FOLDER, seeds, faults)
    seeds.rules.extend(_read_rules(folder / MANUAL, faults))
    return seeds


def _listed_files(folder: Path, faults: Faults) -> set[Path]:
    """Law 12: every file listed in `files.yaml` is there, and every file there, unless it is hidden, is listed."""
    file = folder / FILES
    content = read_yaml(file, faults)
    if content is None:
        return set()
    if not isinstance(content, Items) or not all(isinstance(name, Text) for name in content):
        faults.add(Place(file), "not a list of files", "it lists every file of the seeds", "write each as '- NAME'")
        return set()
    listed = {folder / name: name.place for name in content}
    for path, place in listed.items():
        if not path.is_file():
            what = "no regular file" if path.exists() else "the file is missing"
            remedy = "restore it, or take it from the list if it is meant to go"
            faults.add(Place(path), what, f"{FILES}:{place.line} lists it (law 12)", remedy)
        elif not path.stat().st_size:
            faults.add(Place(path), *_EMPTY)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if (
            path not in listed
            and path != file
            and not path.is_dir()
            and not any(part[0] == "." for part in inside.parts)
        ):
            remedy = f"add '- {inside.as_posix()}' to it, or take the file away"
            faults.add(
                Place(path), f"the file is not in {FILES}", "nobody would miss it if it vanished (law 12)", remedy
            )
    return {*listed}


def _read_rules(file: Path, faults: Faults) -> Iterator[ManualRule]:
    """The rules of the manual: list items that begin with an id in bold type."""
    document = read_lines(file, faults) if file.is_file() else None
    lines = document.text.splitlines() if document else []
    topic = ""
    for number, line in enumerate(lines, start=1):
        if heading := re.match(r"#+ (?:\d+\. )?(.*)", line):
            topic = heading[1]
        elif rule := re.match(r"- \*\*(\w+)\*\* ", line):
            end = number
            while end < len(lines) and lines[end].startswith(" "):
                end += 1
            cited = re.search(r"\[(\w+(?:, \w+)*)\]$", lines[end - 1])
            yield ManualRule(rule[1], topic, Place(file, number), Place(file, end), cited[1] if cited else "")


def read_coding(folder: Path, source_id: str, faults: Faults) -> list[Entry]:
    """The entries of one coding folder, in the order of the tables."""
    rows_from = {name: model.table.rows_from for name, model in TABLES.items() if model.table.within is None}
    coded = [name for name, where in rows_from.items() if where in ("coding", "cells", "sheet")]
    _reject_others(folder, coded, "a coding file is named after the table whose rows it holds", faults)
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
            faults.add(Place(file), "the file belongs to no table", why, remedy)


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
            faults.add(item.place, what, "a row is a list item of 'column: value' lines", "write it that way")


def read_yaml(file: Path, faults: Faults) -> Any:
    """A YAML file as `Fields`, `Items` and `Text`; None after a fault."""
    document = read_lines(file, faults)
    if document is None:
        return None
    text = document.text
    try:
        node = yaml.compose(text, Loader=_LOADER)
        tokens = list(yaml.scan(text, Loader=_LOADER)) if "&" in text else []
    except yaml.YAMLError as error:
        _malformed(error, document, faults)
        return None
    if node is None:
        faults.add(Place(file), *_EMPTY)
        return None
    aliases = [token for token in tokens if isinstance(token, yaml.AliasToken)]
    for alias in aliases:
        why = "each value is written out where it is used, so that a fault can name its line"
        faults.add(Place(file, alias.start_mark.line + 1), "a YAML alias", why, "write the value out")
    return None if aliases else _value(node, file, faults)


def _malformed(error: yaml.YAMLError, document: Document, faults: Faults) -> None:
    mark, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else document.text.count("\n", 0, getattr(error, "position", 0)) + 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    if began is not None and began.line + 1 != line:
        problem += f" (in the value that begins on line {began.line + 1})"
    faults.add(Place(document.file, line), "malformed YAML", problem, "fix the indentation, quotes or brackets here")


def _value(node: Any, file: Path, faults: Faults) -> Any:
    """A YAML node and all below it."""
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        if not node.style and node.value in _NULLS:
            why, remedy = (
                "a null has no reason",
                "leave it out and give a gap, or write it in quotation marks if it is a text",
            )
            faults.add(place, f"a null of YAML: {node.value}", why, remedy)
        return Text.at(node.value, place)
    if isinstance(node, yaml.SequenceNode):
        return Items(place, (_value(item, file, faults) for item in node.value))
    mapping = Fields(place)
    for key, value in node.value:
        put(mapping, _value(key, file, faults), _value(value, file, faults), faults)
    return mapping


def put(mapping: Fields, key: Any, value: Any, faults: Faults) -> None:
    """Add a key to a mapping; report a fault if it is there already."""
    if not isinstance(key, Text):
        faults.add(mapping.place, "a key that is not text", "keys are column names", "write a column name")
    elif key in mapping:
        why = f"it is on line {mapping.place_of(key).line} already"
        faults.add(key.place, f"the key {key!s} occurs twice", why, "keep one of them")
    else:
        mapping[key] = value


def read_document(file: Path, faults: Faults) -> Document | None:
    """A file of text in UTF-8; None after a fault."""
    try:
        if file.exists() and not file.is_file():  # Opening a pipe would wait for whoever writes into it.
            raise OSError(errno.EINVAL, "it is no regular file")
        content = file.read_bytes()
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start} (0x{error.object[error.start]:02x}) is not UTF-8"
        faults.add(Place(file, line), what, error.reason, "restore the file as UTF-8")
    except OSError as error:
        faults.add(
            Place(file), "the file cannot be read", error.strerror or str(error), "restore it, or make it readable"
        )
    else:
        if text.strip():
            return Document(file.stem, file, content, text)
        faults.add(Place(file), *_EMPTY)
    return None


def read_lines(file: Path, faults: Faults) -> Document | None:
    """A file of whole lines, as curators write them; None after a fault."""
    document = read_document(file, faults)
    if document is None or document.text.endswith("\n"):
        return document
    line = document.text.count("\n") + 1
    why, remedy = "it may have been cut off (law 12)", "restore what follows, or end the line"
    faults.add(Place(file, line), "the file ends within a line", why, remedy)
    return None


def _read_reference(folder: Path, seeds: Seeds, faults: Faults) -> None:
    """Read outside knowledge into `seeds`.

    The file of a table that is all outside knowledge lists its rows. The file of any other table has `match`, the column that
    coded rows are matched on, and `rows`, what to add to them.
    """
    tables = [
        name for name, model in TABLES.items() if any(item.column.origin == "reference" for item in fields(model))
    ]
    _reject_others(folder, tables, "a reference file is named after the table that it adds to", faults)
    for table in tables:
        file = folder / f"{table}.yaml"
        whole = TABLES[table].table.rows_from == "reference"
        content = read_yaml(file, faults) if file.is_file() else None
        match, rows = (content.get(key) if isinstance(content, Fields) else None for key in ("match", "rows"))
        if whole and isinstance(content, Items):
            seeds.entries.extend(Entry(table, item, None) for item in rows_of(content, file, faults))
        elif not whole and isinstance(match, Text) and isinstance(rows, Items):
            seeds.reference[table] = (match, rows)
        elif content is not None:
            form = "a list of rows" if whole else "a mapping of 'match' (a column) and 'rows'"
            faults.add(Place(file), "not a reference file", f"for {table} it is {form}", "write it that way")
