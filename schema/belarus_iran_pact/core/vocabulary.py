"""What a closed vocabulary is: a list of terms, each with a label and a definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Term:
    """One allowed value of a vocabulary: the value itself, a label for people, and when to choose it."""

    term: str
    label: str
    definition: str


@dataclass(frozen=True)
class Vocabulary:
    """A closed list of terms; `value in vocabulary` tells whether a value is allowed."""

    name: str
    description: str
    terms: tuple[Term, ...]

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return frozenset(term.term for term in self.terms)

    def __contains__(self, value: object) -> bool:
        return value in self._allowed

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def label(self, value: str) -> str:
        """The label of a term.

        Raises:
            KeyError: `value` is no term of the vocabulary.
        """
        return self._labels[value]

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {term.term: term.label for term in self.terms}

    def values(self) -> list[str]:
        """The allowed values, in the order of definition."""
        return [term.term for term in self.terms]

    def term_id(self, term: str) -> str:
        """The id of a term in the published `terms` table."""
        return f"{self.name}.{term}"
