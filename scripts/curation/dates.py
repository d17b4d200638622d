"""EDTF dates: calendar validity, and the first and last day that a date allows."""

from __future__ import annotations

import functools
from datetime import date

import edtf


@functools.cache  # Parsing is slow, and the same few dates are asked for by every check.
def bounds(text: str) -> tuple[date | None, date | None]:
    """The first and last day of an EDTF date or interval; None where it gives no year to count from.

    Raises:
        ValueError: the text is no EDTF date, or ends before it starts.
    """
    try:
        edtf.parse_edtf(text)
    except (edtf.parser.edtf_exceptions.EDTFParseException, TypeError) as error:  # TypeError: "../XXXX".
        raise ValueError(f"{text!r} is no valid EDTF date") from error
    first, _, last = text.partition("/")
    try:
        earliest, latest = _edge(first, lower=True), _edge(last or first, lower=False)
    except (ValueError, edtf.parser.edtf_exceptions.EDTFParseException) as error:
        # Also where the year is 0: the calendar that dates are counted in here begins with year 1.
        raise ValueError(f"{text!r} names a day that the calendar does not have") from error
    if earliest is not None and latest is not None and earliest > latest:
        raise ValueError(f"{text!r} ends before it starts")
    return earliest, latest


def _edge(text: str, *, lower: bool) -> date | None:
    # An open end, or a year of which nothing is known, bounds nothing: the parser would say year 0 or 9999.
    if text == "..":
        return None
    if text.startswith("XXXX"):
        edtf.parse_edtf("2000" + text[4:])  # Its day exists in some year: in a leap year.
        return None
    parsed = edtf.parse_edtf(text)
    struct = parsed.lower_strict() if lower else parsed.upper_strict()
    return date(*struct[:3])
