"""What a table is, a pydantic model of its rows and what is known of it besides its columns; and what a dataset is."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from .column import Column
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from .laws import Law

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]
"""Tables by name, each as rows of plain Python values."""


class Part(Enum):
    """The tables that the machine itself works with. A dataset has each of them once, under a name of its own."""

    SOURCES = auto()
    PASSAGES = auto()
    EVIDENCE = auto()
    GAPS = auto()
    RESIDUE = auto()
    TERMS = auto()
    CROSSWALK = auto()
    QUESTIONS = auto()
    READINGS = auto()
    RULES = auto()


@dataclass(frozen=True)
class Table:
    """What is known about a table besides its columns.

    Attributes:
        name: the table's name.
        group: the question that the table answers.
        id_from: the columns that a row's id is composed of; empty where the coder gives the id.
        id_hashed: whether the composed id is a hash of those columns rather than their text.
        rows_from: where rows are written. `coding`: in a file of each article's folder, or in the rows of another table
            (`within`). `cells`: its rows explain cells and are written beside them; a file explains cells of other articles'
            rows. `sheet`: in a file of each article's folder, a line for all cells of a row of another table.
            `reference`: in a file of outside knowledge. `build`: nowhere, they are made.
        within: the table in whose rows the coder writes this table's rows, under this one's name without the other's noun.
        grounds_whole: whether a row's quote is evidence for the row that it is written in as well.
        column_groups: names for sets of columns that mostly have one gap in common.
        anchored: whether each row is itself a span that the coder quotes.
        explained: whether law 2 (evidence or a gap for each cell) applies; not to the rows that are explanations.
        one_of: sets of columns of which a row fills exactly one, and leaves the others empty.
        part: what the table is to the machine, if it is one of the tables that the machine works with.
        accounts_for_words: whether evidence for the table's rows accounts for the words quoted (law 3).
        part_of: for a table that relates rows of another, its columns for the part, the whole, and the relation. Relations
            are of part and whole where their term is marked `Mark.PART_OF`.
        pinned: columns that say which thing a given id stands for: another value there is another thing under an old id.
        view: whether the rows are computed from other tables.
    """

    name: str
    group: str
    id_from: tuple[str, ...] = ()
    id_hashed: bool = False
    rows_from: Literal["coding", "cells", "sheet", "reference", "build"] = "coding"
    within: str | None = None
    grounds_whole: bool = False
    column_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anchored: bool = False
    explained: bool = True
    one_of: tuple[tuple[str, ...], ...] = ()
    part: Part | None = None
    accounts_for_words: bool = True
    part_of: tuple[str, str, str] | None = None
    pinned: tuple[str, ...] = ()
    view: bool = False

    @property
    def gives_ids(self) -> bool:
        """Whether the ids are given, to be referred to; others are made from what the row says, and change with it."""
        return not (self.id_from or self.view)


class Row(BaseModel):
    """A row of a table. Models are strict: no value is converted, no column may be missing or added."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    table: ClassVar[Table]


ValueType = Literal["text", "integer", "number", "boolean", "date"]
_VALUE_TYPES: dict[Any, ValueType] = {str: "text", int: "integer", float: "number", bool: "boolean", date: "date"}


@dataclass(frozen=True)
class Field:
    """A column in its place: its name, the type of its values, whether it may be null, and what it means."""

    name: str
    type: ValueType
    nullable: bool
    column: Column


@functools.cache
def fields(model: type[Row]) -> tuple[Field, ...]:
    """The columns of a table in their published order; the first is the primary key."""
    found = []
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        members = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
        (value_type,) = (member for member in members if member is not type(None))
        (column,) = (item for item in info.metadata if isinstance(item, Column))
        found.append(Field(name, _VALUE_TYPES[value_type], type(None) in members, column))
    return tuple(found)


def primary_key(model: type[Row]) -> str:
    """The name of the table's primary key, its first column."""
    return fields(model)[0].name


def composed_id(model: type[Row], row: Mapping[str, Any]) -> str:
    """The id of a row of a table whose ids are composed, from the columns that its table names (`id_from`)."""
    parts = [str(row[name]) for name in model.table.id_from if model.table.id_hashed or row[name] is not None]
    if model.table.id_hashed:
        digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return f"{primary_key(model).removesuffix('_id')}-{digest[:12]}"
    return ".".join(re.sub(r"[^A-Za-z0-9_+-]+", "-", part) for part in parts)


def description(model: type[Row]) -> str:
    """What the table holds: the model's docstring as one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").split())


# --- Datasets ---

Result = TypeVar("Result")


@dataclass(frozen=True)
class Computed(Generic[Result]):
    """Something computed from the rows of tables.

    Attributes:
        compute: the function, from the rows needed.
        needs: the tables that it reads; for each the values that columns may have in the rows that it reads, `{}` for all.
    """

    compute: Callable[[Tables], Result]
    needs: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Dataset:
    """Everything the machinery knows about a dataset.

    Attributes:
        name: the name under which the dataset is distributed.
        models: the row models, in the order in which the tables are published.
        vocabularies: the closed vocabularies, by name.
        derived: computes derived columns, by table and column, then by row id.
        views: computes the tables that are views, by name.
        laws: gives the laws that the dataset has besides those of every dataset. A function, since laws need Arrow to be made.
    """

    name: str
    models: tuple[type[Row], ...]
    vocabularies: Mapping[str, Vocabulary]
    derived: Computed[dict[tuple[str, str], dict[str, Any]]]
    views: Computed[Tables]
    laws: Callable[[], Sequence[Law]] = tuple

    @cached_property
    def tables(self) -> dict[str, type[Row]]:
        """The row models by table name."""
        return {model.table.name: model for model in self.models}

    def part(self, part: Part) -> str:
        """The name of the table that the machine knows as `part`."""
        (name,) = (model.table.name for model in self.models if model.table.part is part)
        return name

    @cached_property
    def spans(self) -> tuple[tuple[str, str, str, str], ...]:
        """The spans within passages that rows have: table, columns of start and end, and the column of the span's text."""
        found = []
        for name, model in self.tables.items():
            for start in model.model_fields if model.table.part is not Part.PASSAGES else ():
                if start.endswith("start_char"):
                    prefix = start.removesuffix("start_char")
                    text = "quote" if not prefix and "quote" in model.model_fields else f"{prefix}text"
                    found.append((name, start, f"{prefix}end_char", text))
        return tuple(found)

    @cached_property
    def span_texts(self) -> dict[str, str]:
        """The tables whose rows have a span within a passage, and the column that holds the (main) span's text."""
        return {name: text for name, *_, text in reversed(self.spans)}

    @cached_property
    def cell_references(self) -> tuple[tuple[str, str], ...]:
        """Where rows name a row of any table by `table_name` and `row_id`, and mostly a cell by `column_name`.

        Each with the table, and what stands before these names.
        """
        return tuple(
            (name, column.removesuffix("table_name"))
            for name, model in self.tables.items()
            for column in model.model_fields
            if column.endswith("table_name") and f"{column.removesuffix('table_name')}row_id" in model.model_fields
        )
