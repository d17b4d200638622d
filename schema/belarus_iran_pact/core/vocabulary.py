"""What a closed vocabulary is: a list of terms, each with a label and a definition."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property


class Mark(Enum):
    """What the machine must know of terms, whatever their spelling.

    A term that says how a value rests on words is marked, besides, with the origins of the columns that it fits.
    """

    FOR_VALUE = auto()
    """The words speak for the cell's value."""
    BY_RULE = auto()
    """The value follows by a rule, which is named."""
    QUOTES = auto()
    """The gap quotes the words that leave the cell open."""
    OFFERS = auto()
    """The gap names a candidate: a value that the words allow."""
    CERTAINTY = auto()
    """Words of this kind bear on how sure a voice is."""
    EXECUTABLE = auto()
    """A program decides the rule, or part of it."""
    BY_LAW = auto()
    """Laws do so."""
    PART_OF = auto()
    """What stands in the relation is a part of what it stands to."""
    SECOND = auto()
    """Of two readings the second holds."""


@dataclass(frozen=True)
class Term:
    """One allowed value of a vocabulary: the value itself, a label for people, and when to choose it."""

    term: str
    label: str
    definition: str


@dataclass(frozen=True)
class Vocabulary:
    """A closed list of terms; `value in vocabulary` tells whether a value is allowed.

    Attributes:
        name, description: what the vocabulary is called, and what its terms tell.
        terms: the terms, in the order of definition.
        marks: pairs of a term and a mark by which code knows terms of its kind: a `Mark`, or what the dataset distinguishes.
        set_beside: whether each of its terms is set beside other schemes, or said to have no counterpart.
    """

    name: str
    description: str
    terms: tuple[Term, ...]
    marks: frozenset[tuple[str, Hashable]] = frozenset()
    set_beside: bool = False

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {term.term: term.label for term in self.terms}

    def __contains__(self, value: object) -> bool:
        return value in self._labels

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def label(self, value: str) -> str:
        """The label of a term.

        Raises:
            KeyError: `value` is no term of the vocabulary.
        """
        return self._labels[value]

    def values(self) -> list[str]:
        """The allowed values, in the order of definition."""
        return list(self._labels)

    def marked(self, *marks: Hashable) -> list[str]:
        """The terms that have one of the marks, in the order of definition."""
        return [term for term in self.values() if any((term, mark) in self.marks for mark in marks)]

    def term_id(self, term: str) -> str:
        """The id of a term in the published `terms` table."""
        return f"{self.name}.{term}"
