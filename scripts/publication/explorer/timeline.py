"""The timeline as a picture: what has a stated date, what an inferred one, and what has none."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from belarus_iran_pact.core.table import Rows, Tables
from belarus_iran_pact.vocabularies import EVENT_RELATION, EVENT_STATUS

from .drawing import LINE, Picture, lines_of

_WIDTH = 720
_LABELS = 300
_LEFT, _RIGHT = _LABELS + 20, _WIDTH - 20
_LABEL_CHARACTERS = 44
_NOTE_CHARACTERS = 58
_MARKS = {"occurred": "dot", "ongoing": "dot", "planned": "ring", "hypothetical": "maybe"}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def timeline_picture(tables: Tables, *, alone: bool) -> str:
    """The picture as SVG."""
    events = {row["event_id"]: row for row in tables["events"]}
    order = [events[row["event_id"]] for row in tables["timeline"]]
    dated = [event for event in order if event["date_earliest"] is not None]
    undated = [event for event in order if event["date_earliest"] is None]
    notes = {event_id: lines_of(text, _NOTE_CHARACTERS) for event_id, text in _notes(tables).items()}
    heights = {}
    for event in order:
        beside = notes[event["event_id"]] if event in undated else []
        most = max(len(lines_of(event["label"], _LABEL_CHARACTERS)), len(beside))
        heights[event["event_id"]] = LINE * most + 9
    total = 172 + sum(heights.values())
    inferred = sum(event["date_inferred_edtf"] is not None for event in dated)
    summary = (
        f"Of {len(order)} events the article dates {len(dated) - inferred}; the date of {inferred} more is inferred by a "
        f"written rule; {len(undated)} have no date, and are listed with what else is told of their order."
    )
    picture = Picture(_WIDTH, total, "Timeline of events", summary, alone=alone)
    _legend(picture)
    axis = _Axis(dated)
    top = 84
    picture.text(10, top, "Dated", style="strong")
    bottom = top + 12 + sum(heights[event["event_id"]] for event in dated)
    if dated:
        axis.draw(picture, top, bottom)
    at = top + 12
    for event in dated:
        _label(picture, event, at)
        left, right = axis.x(event["date_earliest"]), axis.x(event["date_latest"], end=True)
        style = "stated" if event["date_inferred_edtf"] is None else "inferred"
        picture.box(left, at + 3, max(right - left, 4), 13, style)
        told = f"“{event['date_text'] or ''}”: {event['date_inferred_edtf'] or event['date_edtf'] or ''}"
        _beside_bar(picture, left, right, at + 13, told, on_bar=style == "stated")
        at += heights[event["event_id"]]
    picture.furniture()
    at += 34
    picture.text(10, at, "No date in the article", style="strong")
    picture.text(_LEFT, at, "what is told of their order", style="soft small")
    picture.line(10, at + 7, _RIGHT, at + 7, "rule")
    at += 12
    for event in undated:
        _label(picture, event, at)
        picture.text(_LEFT, at + 14, notes[event["event_id"]], style="soft small")
        at += heights[event["event_id"]]
    return picture.svg()


class _Axis:
    """Time from left to right, in whole months around the dated events."""

    def __init__(self, dated: Rows) -> None:
        self._first = min((_month(event["date_earliest"]) for event in dated), default=0) - 1
        self._last = max((_month(event["date_latest"]) for event in dated), default=0) + 1

    def x(self, day: date, *, end: bool = False) -> int:
        """Where a day stands; with `end`, where it ends."""
        thirtieths = _month(day) * 30 + min(day.day - (0 if end else 1), 30)
        whole = (self._last + 1 - self._first) * 30
        return _LEFT + (thirtieths - self._first * 30) * (_RIGHT - _LEFT) // whole

    def draw(self, picture: Picture, top: int, bottom: int) -> None:
        """Draw years above the lines of quarters; of years only, where there are many."""
        picture.line(_LEFT, top + 7, _RIGHT, top + 7, "rule")
        months = range(self._first, self._last + 2)
        step = 3 if len(months) < 60 else 12
        ticks = [month for month in months if month % step == 0]
        for month in ticks:
            x = self.x(date(month // 12, month % 12 + 1, 1))
            picture.line(x, top + (2 if month % 12 else -2), x, bottom, "rule")
        for month, following in pairwise([*ticks, self._last + 2]):
            x = self.x(date(month // 12, month % 12 + 1, 1))
            if month % 12 == 0:
                picture.text(x + 3, top + 1, str(month // 12), style="strong small")
            elif step == 3 and following - month >= 3:
                picture.text(x + 3, top + 1, _MONTHS[month % 12], style="soft small")


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _label(picture: Picture, event: dict[str, str], at: int) -> None:
    picture.row(f"events/{event['event_id']}")
    _mark(picture, 18, at + 10, event["status"])
    picture.text(34, at + 14, lines_of(event["label"], _LABEL_CHARACTERS))


def _mark(picture: Picture, x: int, y: int, status: str) -> None:
    picture.circle(x, y, 5, _MARKS.get(status, "ring"))
    if status == "ongoing":
        picture.line(x, y, x + 11, y, "dot")


def _beside_bar(picture: Picture, left: int, right: int, y: int, text: str, *, on_bar: bool) -> None:
    # Half an em a character is about what sans-serif digits and letters take at this size.
    if right + 8 + 6 * len(text) <= _RIGHT + 10:
        picture.text(right + 8, y, text, style="soft small")
    elif on_bar and left - _LEFT < 6 * len(text) + 8:
        picture.text(left, y + LINE + 2, text, style="soft small")
    else:
        picture.text(left - 8, y, text, style="soft small", anchor="end")


def _legend(picture: Picture) -> None:
    picture.text(10, 20, "Date:", style="soft")
    picture.box(60, 10, 26, 12, "stated")
    picture.text(92, 20, "stated by the article")
    picture.box(240, 10, 26, 12, "inferred")
    picture.text(272, 20, "inferred by a written rule")
    picture.text(10, 46, "Status:", style="soft")
    x = 68
    for term in EVENT_STATUS:
        _mark(picture, x, 42, term.term)
        picture.text(x + 16, 46, term.label.lower())
        x += 120


def _notes(tables: Tables) -> dict[str, str]:
    """For each event, what is known of its time other than a date."""
    labels = {row["event_id"]: row["label"] for row in tables["events"]}
    notes: dict[str, list[str]] = {event_id: [] for event_id in labels}
    for event in tables["events"]:
        if event["date_text"] is not None:
            notes[event["event_id"]].append(f"“{event['date_text']}”")
    for gap in tables["gaps"]:
        if (gap["table_name"], gap["column_name"], gap["reason"]) == ("events", "date_text", "undisclosed"):
            notes[gap["row_id"]].append("time undisclosed, says the article")
    for link in tables["event_links"]:
        relation = EVENT_RELATION.label(link["relation"]).lower()
        notes[link["event_id"]].append(f"{relation}: {labels[link['related_event_id']]}")
    return {event_id: "; ".join(told) or "nothing told" for event_id, told in notes.items()}
