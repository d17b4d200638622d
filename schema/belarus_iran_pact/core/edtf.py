"""Dates in the Extended Date/Time Format (ISO 8601-2:2019, Annex A): the days that they allow, and what they leave in doubt."""

from __future__ import annotations

import calendar
import functools
import re
from datetime import date

from .column import EDTF_PATTERN

Bounds = tuple[date | None, date | None]


@functools.cache
def bounds(text: str) -> Bounds:
    """The first and last day of an EDTF date or interval in the forms of `column.EDTF_PATTERN`.

    None where it gives no year to count from. The tests hold this function to the answers of an EDTF parser.

    Raises:
        ValueError: the text is of no such form, names a day that the calendar does not have, or ends before it starts.
    """
    if text == ".." or not re.fullmatch(EDTF_PATTERN, text):
        raise ValueError(f"{text!r} is no valid EDTF date")
    first, _, last = text.partition("/")
    try:
        earliest, latest = _edge(first, lower=True), _edge(last or first, lower=False)
    except ValueError as error:
        raise ValueError(f"{text!r} names a day that the calendar does not have") from error
    if earliest is not None and latest is not None and earliest > latest:
        raise ValueError(f"{text!r} ends before it starts")
    return earliest, latest


_DOUBTS = {"?": "uncertain", "~": "approximate", "%": "uncertain and approximate"}


def doubt(text: str) -> str:
    """What an EDTF date leaves in doubt, in words, such as "year uncertain"; empty where it leaves nothing."""
    if "/" in text:
        doubts = zip(("start", "end"), map(doubt, text.split("/")), strict=True)
        return "; ".join(f"{edge}: {said}" for edge, said in doubts if said)
    units = list(zip(("year", "month", "day"), text.split("-"), strict=False))
    # A qualifier is for its unit and all that stand to the left of it.
    return ", ".join(
        f"{' and '.join(name for name, _ in units[: at + 1])} {_DOUBTS[unit[-1]]}"
        for at, (_, unit) in enumerate(units)
        if unit[-1] in _DOUBTS
    )


def _edge(text: str, *, lower: bool) -> date | None:
    if text == "..":
        return None
    year, month, day = [*re.sub("[?~%]", "", text).split("-"), "XX", "XX"][:3]
    # 2000 is a leap year: a day without a year exists if some year has it.
    of_year = 2000 if year == "XXXX" else int(year.replace("X", "0" if lower else "9"))
    of_month = (1 if lower else 12) if month == "XX" else int(month)
    last = calendar.monthrange(of_year, of_month)[1] if 1 <= of_month <= 12 else 0
    edge = date(of_year, of_month, (1 if lower else last) if day == "XX" else int(day))
    return None if year == "XXXX" else edge
