"""Cutting a sentence where spans begin and end, so that marks may overlap in any way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Span:
    """Words that a row rests on.

    Attributes:
        start, end: where they stand, in Unicode code points of the source, `end` excluded.
        kind: what they are marked as, if they are marked.
        hint: what there is to say at the end of the words, such as what a cue does.
    """

    start: int
    end: int
    kind: str | None
    hint: str = ""


@dataclass(frozen=True)
class Segment:
    """A stretch of a sentence within which nothing begins or ends.

    Attributes:
        start, end: where it stands in the source.
        text: its words.
        kinds: the kinds of the spans over it, in the order of their names.
        hints: the hints of the spans that end with it, each once.
    """

    start: int
    end: int
    text: str
    kinds: tuple[str, ...]
    hints: tuple[str, ...]


def segments(text: str, offset: int, spans: Iterable[Span]) -> list[Segment]:
    """The segments of a sentence that starts at `offset`, in order; joined, their texts are the sentence.

    Raises:
        ValueError: a span is empty or does not lie within the sentence.
    """
    limit = offset + len(text)
    opening: dict[int, list[Span]] = defaultdict(list)
    cuts = {offset, limit}
    for span in spans:
        if not offset <= span.start < span.end <= limit:
            raise ValueError(f"{span} does not lie within the sentence from {offset} to {limit}")
        opening[span.start].append(span)
        cuts |= {span.start, span.end}
    found = []
    covering: list[Span] = []
    for start, end in pairwise(sorted(cuts)):
        covering = [span for span in covering if span.end > start] + opening[start]
        found.append(
            Segment(
                start=start,
                end=end,
                text=text[start - offset : end - offset],
                kinds=tuple(sorted({span.kind for span in covering if span.kind is not None})),
                hints=tuple(dict.fromkeys(span.hint for span in covering if span.hint and span.end == end)),
            )
        )
    return found
