"""The network as a picture: the agreement and the events in the middle, who has a part in them on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from belarus_iran_pact.core.table import Tables
from belarus_iran_pact.vocabularies import AGREEMENT_ROLE, EVENT_ROLE, Side

from .drawing import LINE, Picture, lines_of

_WIDTH = 720
_SIDE = 150
_MIDDLE, _MIDDLE_WIDTH = 222, 276
_SIDE_CHARACTERS = 21
_MIDDLE_CHARACTERS = 39
_TOP = 92
_ACTING = frozenset(term for roles in (EVENT_ROLE, AGREEMENT_ROLE) for term in roles.marked(Side.SOURCE, Side.MUTUAL))
_ASIDE = frozenset(term for roles in (EVENT_ROLE, AGREEMENT_ROLE) for term in roles.marked(Side.ASIDE))
_SWEEPS = 8


class _Tie(NamedTuple):
    """An actor's part in an event or agreement."""

    actor: str
    what: str
    role: str


@dataclass
class _Box:
    """A box in the picture."""

    lines: list[str]
    height: int
    x: int = 0
    y: int = 0


class Network:
    """What is drawn, and where: who has a part in which event or agreement, all by address."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.ties: list[_Tie] = []
        self.labels: dict[str, str] = {}
        for name, key in (("agreements", "agreement_id"), ("events", "event_id")):
            self.labels |= {f"{name}/{row[key]}": row["label"] for row in tables[name]}
            parts = tables[f"{name[:-1]}_actors"]
            self.ties += [_Tie(row["actor_id"], f"{name}/{row[key]}", row["role"]) for row in parts]
        self.side = _sides(tables)
        timeline = [f"events/{row['event_id']}" for row in tables["timeline"]]
        self.whats, self.actors = _ordered(self.ties, self.side, [*self.labels], timeline)
        self.ports = {what: self._ports_of(what) for what in self.whats}
        self.boxes: dict[str, _Box] = {}
        for what in self.whats:
            lines = lines_of(self.labels[what], _MIDDLE_CHARACTERS)
            self.boxes[what] = _Box(lines, LINE * (len(lines) + max(map(len, self.ports[what]))) + 12)
        names = {row["actor_id"]: row["name"] for row in tables["actors"]}
        for actor in self.actors:
            lines = lines_of(names[actor], _SIDE_CHARACTERS)
            self.boxes[actor] = _Box(lines, LINE * len(lines) + 10)

    def _ports_of(self, what: str) -> tuple[list[_Tie], list[_Tie]]:
        """Where lines arrive, left and right, in the order of the actors."""
        own = sorted(
            (tie for tie in self.ties if tie.what == what), key=lambda tie: (self.actors.index(tie.actor), tie.role)
        )
        left = [tie for tie in own if self.side[tie.actor] == "first"]
        return left, [tie for tie in own if tie not in left]

    def picture(self, *, alone: bool) -> str:
        """The picture as SVG."""
        headings = self._place()
        picture = Picture(
            _WIDTH,
            max(box.y + box.height for box in self.boxes.values()) + 10 if self.boxes else _TOP,
            "Network of actors",
            f"{len(self.actors)} of {len(self.side)} actors have a part in {len(self.whats)} of {len(self.labels)} events "
            "and agreements; each line's end names the role. The list of actors has the same, and those without a part.",
            alone=alone,
        )
        _legend(picture)
        for text, x, y in headings:
            picture.text(x, y, text, style="strong")
        self._draw_ties(picture)
        status = {f"events/{row['event_id']}": row["status"] for row in self._tables["events"]}
        for what in self.whats:
            box = self.boxes[what]
            picture.row(what)
            style = f"event {status[what]}" if what in status else "deal"
            picture.box(box.x, box.y, _MIDDLE_WIDTH, box.height, style, round_by=3)
            picture.text(box.x + 8, box.y + 16, box.lines, style="" if what in status else "strong")
            left, right = self.ports[what]
            for own, x, anchor in ((left, box.x + 14, "start"), (right, box.x + _MIDDLE_WIDTH - 14, "end")):
                for at, tie in enumerate(own):
                    y = box.y + LINE * (len(box.lines) + at) + 18
                    picture.text(x, y, tie.role, style="soft small", anchor=anchor)
        for actor in self.actors:
            box = self.boxes[actor]
            picture.row(f"actors/{actor}")
            picture.box(box.x, box.y, _SIDE, box.height, f"node {self.side[actor]}", round_by=8)
            picture.text(box.x + 8, box.y + 17, box.lines)
        return picture.svg()

    def _place(self) -> list[tuple[str, int, int]]:
        """Give every box its place, and return the headings, each with its place.

        Actors are level with what they have a part in, as far as there is room.
        """
        y = _TOP
        for what in self.whats:
            self.boxes[what].x, self.boxes[what].y = _MIDDLE, y
            y += self.boxes[what].height + 10
        bottom = y
        states = {row["actor_id"]: row["name"] for row in self._tables["actors"] if row["kind"] == "state"}
        headings = []
        for x, groups in ((10, ("first",)), (_WIDTH - 10 - _SIDE, ("second", "other"))):
            members = [actor for group in groups for actor in self.actors if self.side[actor] == group]
            sides = {self.side[actor] for actor in members}
            needed = sum(self.boxes[actor].height + 12 for actor in members) + 34 * len(sides)
            y, group = _TOP, ""
            for actor in members:
                box = self.boxes[actor]
                own = [self.boxes[tie.what] for tie in self.ties if tie.actor == actor]
                levels = [other.y + other.height // 2 for other in own]
                wanted = sum(levels) // len(levels) - box.height // 2
                if self.side[actor] != group:
                    y = y if group == "" else max(y + 12, min(wanted - 34, bottom - needed))
                    group = self.side[actor]
                    named = [states[other] for other in members if self.side[other] == group and other in states]
                    headings.append(("Others" if group == "other" or not named else named[0], x, y + 12))
                    y += 24
                    needed -= 34
                y = max(y, min(wanted, bottom - needed))
                box.x, box.y = x, y
                y += box.height + 12
                needed -= box.height + 12
        return headings

    def _draw_ties(self, picture: Picture) -> None:
        # Lines leave an actor one below the other, in the order in which they arrive.
        used: dict[str, int] = defaultdict(int)
        for what in self.whats:
            target = self.boxes[what]
            for own, start, end in zip(self.ports[what], (_SIDE, 0), (0, _MIDDLE_WIDTH), strict=True):
                for at, tie in enumerate(own):
                    box = self.boxes[tie.actor]
                    used[tie.actor] += 1
                    of = sum(other.actor == tie.actor for other in self.ties) + 1
                    leave = box.y + box.height * used[tie.actor] // of
                    arrive = target.y + LINE * (len(target.lines) + at) + 14
                    picture.between(f"actors/{tie.actor}", what)
                    side = self.side[tie.actor]
                    _draw_tie(picture, tie.role, box.x + start, leave, target.x + end, arrive, side)


def _sides(tables: Tables) -> dict[str, str]:
    """For each actor whether it is of the first party's country, the second's, or neither."""
    country = {row["actor_id"]: row["country"] for row in tables["actors"]}
    parties = [country[row["actor_id"]] for row in tables["agreement_actors"] if row["role"] == "party"]
    codes = dict.fromkeys(code for code in parties if code is not None)
    sides = dict(zip(codes, ("first", "second"), strict=False))
    return {actor: sides.get(code, "other") for actor, code in country.items()}


def _ordered(
    ties: list[_Tie], side: dict[str, str], whats: list[str], timeline: list[str]
) -> tuple[list[str], list[str]]:
    """What there is to take part in, and who does, in an order in which few lines cross.

    Each in turn is put level with the mean of its neighbours, the agreements staying on top; the best order met is kept.
    Only comparisons of sums of whole numbers decide, so that the order is the same on any machine.
    """
    known = _places([*whats[: len(whats) - len(timeline)], *timeline])
    deals = [what for what in whats if what.startswith("agreements/")]
    middle = sorted({tie.what for tie in ties}, key=lambda what: (what not in deals, known[what]))
    on_top = len({*middle} & {*deals})
    left = sorted({tie.actor for tie in ties if side[tie.actor] == "first"})
    right = sorted({tie.actor for tie in ties} - {*left})
    met: list[tuple[int, list[str], list[str]]] = []
    for _ in range(_SWEEPS):
        at = _places(middle)
        left = _by_mean(left, [(tie.actor, at[tie.what]) for tie in ties])
        # The second party's actors stand above the others.
        right = _by_mean(right, [(tie.actor, at[tie.what]) for tie in ties])
        right.sort(key=lambda actor: side[actor] == "other")
        met.append((sum(_crossings(ties, column, middle) for column in (left, right)), middle, [*left, *right]))
        # Both columns are stretched to one scale, in whole numbers.
        scale = {actor: place * len(right) for actor, place in _places(left).items()}
        scale |= {actor: place * len(left) for actor, place in _places(right).items()}
        middle = middle[:on_top] + _by_mean(middle[on_top:], [(tie.what, scale[tie.actor]) for tie in ties])
    _, middle, actors = min(met, key=lambda order: order[0])
    return middle, actors


def _places(ordered: list[str]) -> dict[str, int]:
    return {item: at for at, item in enumerate(ordered)}


def _by_mean(items: list[str], values: Iterable[tuple[str, int]]) -> list[str]:
    own: dict[str, list[int]] = defaultdict(list)
    for item, value in values:
        own[item].append(value)
    # Means in thousandths; equal ones stay in order.
    return sorted(items, key=lambda item: 1000 * sum(own[item]) // len(own[item]))


def _crossings(ties: list[_Tie], column: list[str], middle: list[str]) -> int:
    near, far = _places(column), _places(middle)
    lines = [(near[tie.actor], far[tie.what]) for tie in ties if tie.actor in near]
    return sum((a - c) * (b - d) < 0 for at, (a, b) in enumerate(lines) for c, d in lines[:at])


def _draw_tie(picture: Picture, role: str, x: int, y: int, to_x: int, to_y: int, style: str) -> None:
    step = 7 if x < to_x else -7
    if role in _ACTING:
        picture.curve(x, y, to_x - step, to_y, f"edge {style}")
        picture.shape([(to_x, to_y), (to_x - step, to_y - 4), (to_x - step, to_y + 4)], f"tip {style}")
    elif role in _ASIDE:
        picture.curve(x, y, to_x, to_y, f"edge aside {style}")
    else:
        picture.curve(x + step, y, to_x, to_y, f"edge acted-on {style}")
        picture.shape([(x, y), (x + step, y - 4), (x + step, y + 4)], f"tip {style}")


def _legend(picture: Picture) -> None:
    samples = (10, "party", "acts, takes part"), (180, "host", "is acted on, addressed, or host")
    for x, role, label in (*samples, (430, "channel", "channel, beneficiary")):
        _draw_tie(picture, role, x, 18, x + 43, 18, "other")
        picture.text(x + 50, 22, label)
    x = 10
    styles = {"deal": "agreement", "event occurred": "occurred or ongoing"}
    for style, label in (styles | {"event planned": "planned", "event hypothetical": "hypothetical"}).items():
        picture.box(x, 40, 30, 16, style, round_by=3)
        picture.text(x + 38, 52, label)
        x += 70 + 7 * len(label)
