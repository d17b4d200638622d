"""What a table is: a pydantic model of its rows, and what is known about it besides its columns."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from .column import Column


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
            rows. `reference`: in a file of outside knowledge. `build`: nowhere, they are made.
        within: the table in whose rows the coder writes this table's rows, under this one's name without the other's noun.
        grounds_whole: whether a row's quote is evidence for the row that it is written in as well.
        column_groups: names for sets of columns that mostly have one gap in common.
        anchored: whether each row is itself a span that the coder quotes.
        explained: whether law 2 (evidence or a gap for each cell) applies; not to the rows that are explanations.
        one_of: sets of columns of which a row fills exactly one, and leaves the others empty.
    """

    name: str
    group: str
    id_from: tuple[str, ...] = ()
    id_hashed: bool = False
    rows_from: Literal["coding", "cells", "reference", "build"] = "coding"
    within: str | None = None
    grounds_whole: bool = False
    column_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anchored: bool = False
    explained: bool = True
    one_of: tuple[tuple[str, ...], ...] = ()


class Row(BaseModel):
    """A row of a table. Models are strict: no value is converted, no column may be missing or added."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    table: ClassVar[Table]


ValueType = Literal["text", "integer", "boolean", "date"]
_VALUE_TYPES: dict[Any, ValueType] = {str: "text", int: "integer", bool: "boolean", date: "date"}


@dataclass(frozen=True)
class Field:
    """A column in its place: its name, the type of its values, whether it may be null, and what it means."""

    name: str
    type: ValueType
    nullable: bool
    column: Column


def fields(model: type[Row]) -> tuple[Field, ...]:
    """The columns of a table in their published order; the first is the primary key."""
    return _read_fields(model)


def primary_key(model: type[Row]) -> str:
    """The name of the table's primary key, its first column."""
    return fields(model)[0].name


def description(model: type[Row]) -> str:
    """What the table holds: the model's docstring as one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").split())


@functools.cache
def _read_fields(model: type[Row]) -> tuple[Field, ...]:
    found = []
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        members = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
        (value_type,) = (member for member in members if member is not type(None))
        (column,) = (item for item in info.metadata if isinstance(item, Column))
        found.append(Field(name, _VALUE_TYPES[value_type], type(None) in members, column))
    return tuple(found)
