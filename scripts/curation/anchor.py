"""Step 3, anchor: split each article into sentences, and find the characters that each quote covers."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from belarus_iran_pact.views import passage_kind

from .faults import Faults
from .read import Document, Text

# A sentence ends at a full stop, question or exclamation mark, with closing quotation marks, before a capital letter;
# `U.S. and` is no end because no capital follows.
_SENTENCE_END = re.compile(r"(?<=[.!?])[’”'\")]*(?=\s+[A-Z‘“])")

# What keyboards type for the characters that articles print.
_TYPED = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "—": "-", "–": "-", "\u00a0": " "})

# Between two such characters nothing may be cut.
_WITHIN_WORD = re.compile(r"\w\w")


@dataclass(frozen=True)
class Span:
    """Characters of a source: half-open, counted in Unicode code points from 0."""

    source_id: str
    passage_id: str
    start_char: int
    end_char: int
    text: str


@dataclass(frozen=True)
class Passage:
    """A sentence of a source."""

    passage_id: str
    source_id: str
    ordinal: int
    line: int
    kind: str
    start_char: int
    end_char: int
    text: str


@dataclass(frozen=True)
class Article:
    """A document with its sentences."""

    document: Document
    passages: tuple[Passage, ...]


def split(document: Document) -> Article:
    """The document's passages: the first line is the headline, a later line without a closing mark is boilerplate."""
    passages: list[Passage] = []
    offset = 0
    for line_number, line in enumerate(document.text.split("\n"), start=1):
        for start, end in _sentences(line):
            text = line[start:end]
            ordinal = len(passages) + 1
            name, kind = f"{document.source_id}.s{ordinal:02d}", passage_kind(ordinal, text)
            at = (ordinal, line_number, kind, offset + start, offset + end)
            passages.append(Passage(name, document.source_id, *at, text))
        offset += len(line) + 1
    return Article(document, tuple(passages))


def _sentences(line: str) -> Iterator[tuple[int, int]]:
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(line)), len(line)]
    for start, end in itertools.pairwise(cuts):
        stripped = line[start:end].strip()
        if stripped:
            first = line.index(stripped, start)
            yield first, first + len(stripped)


def anchor(
    quote: Text, article: Article, faults: Faults, passage: Text | None = None, occurrence: Text | None = None
) -> Span | None:
    """Find `quote` in one sentence of the article; None after a fault.

    `passage` (a sentence's number) and `occurrence` (counted from 1 within what is searched) narrow down a quote that
    occurs more than once in the article. Words are never cut: a quote begins and ends where words do.
    """
    if not quote.strip():
        remedy = "quote the words, or remove it"
        faults.add(quote.place, "the quote is empty", "it must be words of the article", remedy)
        return None
    searched = tuple(item for item in article.passages if passage in (None, str(item.ordinal)))
    if passage is not None and not searched:
        why = f"{article.document.source_id} has passages 1 to {len(article.passages)}"
        faults.add(passage.place, f"passage {passage} does not exist", why, "give one of these")
        return None
    found = [span for item in searched for span in _matches(quote, item)]
    if occurrence is not None:
        if not (occurrence.isdecimal() and 1 <= int(occurrence) <= len(found)):
            what = f"occurrence {occurrence} of {quote!s:.60} does not exist"
            why = f"it occurs {len(found)} time(s) in what is searched"
            faults.add(occurrence.place, what, why, "count the occurrences from 1")
            return None
        return found[int(occurrence) - 1]
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(str(int(span.passage_id.rpartition(".s")[2])) for span in found)
        why = f"it occurs in passages {where}, and a quote must point at one place"
        remedy = "narrow it down with 'passage' and 'occurrence', or quote more words"
        faults.add(quote.place, f"the quote {quote!s:.80} occurs {len(found)} times", why, remedy)
        return None
    where = article.document.file.name if passage is None else f"passage {passage}"
    faults.add(quote.place, f"the quote {quote!s:.80} is not in {where}", *_why_not_found(quote, searched, article))
    return None


def _matches(quote: str, passage: Passage) -> Iterator[Span]:
    """Where the quote stands in the passage as whole words."""
    text = passage.text
    at = text.find(quote)
    while at >= 0:
        end = at + len(quote)
        if not any(_WITHIN_WORD.fullmatch(text, cut - 1, cut + 1) for cut in (at, end) if cut):
            yield Span(passage.source_id, passage.passage_id, passage.start_char + at, passage.start_char + end, quote)
        at = text.find(quote, at + 1)


def _why_not_found(quote: Text, searched: tuple[Passage, ...], article: Article) -> tuple[str, str]:
    """Why a quote is not in the passages searched, and what to do."""
    typed = quote.translate(_TYPED)
    for passage in searched:
        at = passage.text.translate(_TYPED).find(typed)
        if at >= 0:
            printed = passage.text[at : at + len(quote)]
            if printed == quote:
                return "it begins or ends in the middle of a word", "quote whole words"
            pairs = sorted({(a, b) for a, b in zip(quote, printed, strict=True) if a != b})
            what = " and ".join(f"{a!r} (U+{ord(a):04X}) for {b!r} (U+{ord(b):04X})" for a, b in pairs)
            why = "straight quotation marks, apostrophes or dashes are typed where curly or long ones are printed"
            return f"it has {what}: {why}", f"copy the printed words: {printed}"
    for passage in article.passages:
        if passage not in searched and any(_matches(quote, passage)):
            return f"it is in passage {passage.ordinal}", "correct 'passage'"
    folded = " ".join(quote.split())
    if folded != quote and any(folded in " ".join(passage.text.split()) for passage in searched):
        return "its white space differs from the printed text", f"copy the printed words: {folded}"
    if folded in " ".join(article.document.text.split()):
        return "it crosses the end of a sentence", "quote from one sentence; use several evidence items"
    matchers = [difflib.SequenceMatcher(None, passage.text, quote, autojunk=False) for passage in searched]
    shared = [matcher.find_longest_match().size for matcher in matchers]
    nearest = searched[shared.index(max(shared))]
    why = f"the nearest passage is {nearest.ordinal} (line {nearest.line}): {_difference(quote, nearest.text)}"
    return why, "copy the quote from the article, character by character"


def _difference(quote: str, text: str) -> str:
    """The words of the nearest stretch of `text`, and how `quote` departs from them."""
    quoted, printed = quote.split(), text.split()
    matcher = difflib.SequenceMatcher(None, quoted, printed, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return f"{text!r}, which shares no word with the quote"
    first = max(blocks[0].b - blocks[0].a, 0)
    last = min(blocks[-1].b + blocks[-1].size + len(quoted) - blocks[-1].a - blocks[-1].size, len(printed))
    stretch = printed[first:last]
    changes = [
        f"{' '.join(quoted[a:b])!r} for printed {' '.join(stretch[c:d])!r}"
        for tag, a, b, c, d in difflib.SequenceMatcher(None, quoted, stretch, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    return f"{' '.join(stretch)!r}; the quote has {', '.join(changes)}"
