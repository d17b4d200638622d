"""What a column is: its meaning, its origin, and what its values may be.

A row model (see `table`) annotates each field with a `Column`. Pydantic calls it to check values; the Arrow schema,
the Table Schema and the codebook read it. Nothing about a column is written anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .vocabulary import Vocabulary

Origin = Literal["key", "source", "coder", "inferred", "derived", "reference", "note"]

ORIGINS: dict[Origin, str] = {
    "key": "An id or a link; it resolves.",
    "source": "What the article states; every value has evidence, every null a gap.",
    "coder": "A judgement on the article's words; every value has the words judged as evidence, every null a gap.",
    "inferred": "Follows from the article by a written rule; every value has evidence naming the rule, every null a gap.",
    "derived": "Computed from other columns; recomputes equal.",
    "reference": "Outside knowledge; the column names its authority; null where not verified or not applicable.",
    "note": "A remark on a hard decision; null where there is none.",
}

EXPLAINED_ORIGINS: frozenset[Origin] = frozenset({"source", "coder", "inferred"})
"""Origins whose every cell needs evidence (a value) or a gap (a null)."""

JOINT = ";"
"""What stands between terms that are joined in one cell."""

ID_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
SHA256_PATTERN = r"[0-9a-f]{64}"
# The forms of EDTF level 0 to 2 that a coder needs: years, months, days, unspecified X, qualifiers, intervals.
# Whether the calendar has such a day (month 13, 30 February), `edtf.bounds` tells.
_EDTF_DAY = r"(-([0-3][0-9]|XX)[?~%]?)?"
_EDTF_MONTH = rf"(-XX[?~%]?(-XX[?~%]?)?|-[01][0-9][?~%]?{_EDTF_DAY})?"
_EDTF_DATE = rf"[0-9X]{{4}}[?~%]?{_EDTF_MONTH}"
EDTF_PATTERN = rf"(\.\.|{_EDTF_DATE})(/(\.\.|{_EDTF_DATE}))?"

PATH_STEP = re.compile(r"(\w+)(\((?:(\w+)(?:=(\w+))?)?\))?")
"""A step of a path from a row to cells; steps are joined by full stops.

`column` is the row's cell; where it is a link, it leads on to the row linked, or while it is open to the candidates.
`TABLE(column)` leads to the rows of a table that have the row's own value in this column, `TABLE(column=own)` to those that
have in it the row's value of another column, `TABLE()` to all rows.
"""


@dataclass(frozen=True)
class Default:
    """What a cell is where the coder leaves it out, because a written rule decides it.

    Attributes:
        where: the column that the rule looks at; `link.column` looks at the row linked.
        is_: the value that makes the rule apply.
        like: the column whose value and evidence the cell then shares.
        gap: the reason why the cell is then empty.
    """

    where: str
    is_: str
    like: str | None = None
    gap: str | None = None


@dataclass(frozen=True)
class Rule:
    """A written rule by which a cell's value follows where no words say it.

    Attributes:
        where: the column that the rule looks at; `link.column` looks at the row linked.
        is_: the value that makes the rule apply.
        rule: the rule's name, as evidence gives it.
    """

    where: str
    is_: str
    rule: str


@dataclass(frozen=True)
class Column:
    """Everything known about one column besides its name and type.

    Attributes:
        description: what a value means, as one or two sentences.
        origin: where values come from; decides whether cells need evidence or gaps.
        vocabulary: the closed list of allowed terms, if there is one.
        references: the table whose primary key the values are, if the column is a foreign key.
        joined: whether a value may be several terms of the vocabulary, joined by `;`.
        inferable: whether a value may also follow by a written rule, in a column of another origin than `inferred`.
        follows: the rule by which a value follows from another column, wherever it applies.
        pattern: a regular expression that whole values match.
        edtf: whether values are EDTF dates.
        verbatim: whether a value must be spelled exactly as one of the quotes that support it.
        certainty: whether a value says how sure a voice is of what the row says.
        authority: for `reference` columns, who vouches for the values.
        unit: unit of measurement, or for codes the scheme.
        null_means: what an empty cell says.
        question: what the field asks, where a gap leaves the cell open: the question, and who asks it.
        voice: whether it names whose word the row is; the words that attribute the row are its evidence.
        rests_on: what its evidence is, where there is such: `voice` for the words that attribute the row; or the key under
            which rows are written within this one, for the words of those linked that bear on how sure a voice is.
        row_quote: whether its words are the row's quote, where the coder gives none.
        default: what it is where the coder leaves it out.
        computed_from: the cells that a derived value is computed from, with their evidence and gaps, as paths (`PATH_STEP`).
        measured: for a fact about the document itself, how to get it from the document's bytes.
    """

    description: str
    origin: Origin
    vocabulary: Vocabulary | None = None
    joined: bool = False
    inferable: bool = False
    follows: Rule | None = None
    references: str | None = None
    pattern: str | None = None
    edtf: bool = False
    verbatim: bool = False
    voice: bool = False
    certainty: bool = False
    authority: str | None = None
    unit: str | None = None
    null_means: str | None = None
    question: tuple[str, str] | None = None
    rests_on: str | None = None
    row_quote: bool = False
    default: Default | None = None
    computed_from: tuple[str, ...] = ()
    measured: Callable[[bytes], int] | None = None

    @property
    def explained(self) -> bool:
        """Whether the column's origin asks for evidence or a gap in every cell."""
        return self.origin in EXPLAINED_ORIGINS

    @property
    def terms_pattern(self) -> str | None:
        """A regular expression that values match whole: a term, or joined terms. Its syntax is Python's, JSON Schema's and CSVW's."""
        if self.vocabulary is None:
            return None
        # Not `re.escape`: it puts a backslash before "-" and others too, which other dialects refuse.
        terms = "|".join(re.sub(r"[\\^$.|?*+(){}\[\]]", r"\\\g<0>", term) for term in self.vocabulary.values())
        return f"({terms})({JOINT}({terms}))*" if self.joined else terms

    def terms(self, value: str) -> list[str]:
        """The terms that a value of the column's vocabulary is made of."""
        return value.split(JOINT) if self.joined else [value]

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern or "")

    def check(self, value: Any) -> Any:
        """Return `value` unchanged, or raise `PydanticCustomError` when it is not one the column may hold."""
        if value is None:
            return value
        if value == "":
            raise PydanticCustomError("empty_text", "is an empty text")
        if self.vocabulary is not None and not all(term in self.vocabulary for term in self.terms(value)):
            raise PydanticCustomError(
                "unknown_term", "is not a term of {vocabulary}", {"vocabulary": self.vocabulary.name}
            )
        if self.pattern is not None and not self._compiled.fullmatch(value):
            kind = "bad_edtf" if self.edtf else "bad_pattern"
            raise PydanticCustomError(kind, "does not match {pattern}", {"pattern": self.pattern})
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))


def _of_origin(origin: Origin) -> Callable[..., Column]:
    def column(description: str, **details: Any) -> Column:
        return Column(description, origin, **details)

    column.__doc__ = f"A column of origin `{origin}`: {ORIGINS[origin]}"
    return column


key = _of_origin("key")
source = _of_origin("source")
coder = _of_origin("coder")
inferred = _of_origin("inferred")
derived = _of_origin("derived")
reference = _of_origin("reference")


def identifier(description: str, **details: Any) -> Column:
    """A text id: letters, digits, `_`, `.`, `+` and `-`, so that it is safe in file names and addresses."""
    return Column(description, "key", pattern=ID_PATTERN, **details)


def link(table: str, description: str, **details: Any) -> Column:
    """A foreign key to `table`."""
    return Column(description, details.pop("origin", "key"), references=table, pattern=ID_PATTERN, **details)


def edtf(origin: Origin, description: str, **details: Any) -> Column:
    """A date in the Extended Date/Time Format (ISO 8601-2:2019, Annex A)."""
    return Column(description, origin, edtf=True, pattern=EDTF_PATTERN, unit="EDTF", **details)


def note() -> Column:
    """The coder's remark on a hard decision."""
    return Column("The coder's remark on a hard decision.", "note", null_means="Nothing to remark.")


# --- What evidence speaks for ---


def as_text(value: Any) -> str | None:
    """A cell's value as `evidence.value` has it: as in the CSV files."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def speaks_for(value: str | None, cell: Any, column: Column) -> bool:
    """Whether evidence for `value` supports a cell: it is the cell's value, or one of its terms where several are joined."""
    text = as_text(cell)
    return text is not None and (value == text or (column.joined and value in text.split(JOINT)))
