"""The network as a picture: the agreement and the events in the middle, who has a part in them on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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

TITLE = "Network of actors"


@dataclass(frozen=True)
class _Tie:
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

    @property
    def middle(self) -> int:
        """How far down its middle is."""
        return self.y + self.height // 2


def network_picture(tables: Tables, *, alone: bool) -> str:
    """The picture as SVG."""
    ties = [
        *(
            _Tie(row["actor_id"], f"agreements/{row['agreement_id']}", row["role"])
            for row in tables["agreement_actors"]
        ),
        *(_Tie(row["actor_id"], f"events/{row['event_id']}", row["role"]) for row in tables["event_actors"]),
    ]
    labels = {f"agreements/{row['agreement_id']}": row["label"] for row in tables["agreements"]}
    labels |= {f"events/{row['event_id']}": row["label"] for row in tables["events"]}
    status = {f"events/{row['event_id']}": row["status"] for row in tables["events"]}
    side = _sides(tables)
    whats, actors = _ordered(ties, side, [*labels], [f"events/{row['event_id']}" for row in tables["timeline"]])
    ports = {what: _ports(what, ties, side, actors) for what in whats}
    names = {row["actor_id"]: lines_of(row["name"], _SIDE_CHARACTERS) for row in tables["actors"]}
    boxes: dict[str, _Box] = {}
    for what in whats:
        lines = lines_of(labels[what], _MIDDLE_CHARACTERS)
        boxes[what] = _Box(lines, LINE * (len(lines) + max(map(len, ports[what]))) + 12)
    for actor in actors:
        boxes[actor] = _Box(names[actor], LINE * len(names[actor]) + 10)
    headings = _place(tables, boxes, whats, actors, side, ties)
    picture = Picture(
        _WIDTH,
        max(box.y + box.height for box in boxes.values()) + 10 if boxes else _TOP,
        TITLE,
        f"{len(actors)} of {len(names)} actors have a part in {len(whats)} of {len(labels)} events and agreements; each "
        "line's end names the role. The list of actors has the same, and those without a part.",
        alone=alone,
    )
    _legend(picture)
    for text, x, y in headings:
        picture.text(x, y, text, style="strong")
    _draw_ties(picture, boxes, whats, ports, ties, side)
    for what in whats:
        box = boxes[what]
        agreement = what.startswith("agreements/")
        picture.row(what)
        picture.box(
            box.x, box.y, _MIDDLE_WIDTH, box.height, "deal" if agreement else f"event {status[what]}", round_by=3
        )
        picture.text(box.x + 8, box.y + 16, box.lines, style="strong" if agreement else "")
        for at_left, own in zip((True, False), ports[what], strict=True):
            for at, tie in enumerate(own):
                x = box.x + 14 if at_left else box.x + _MIDDLE_WIDTH - 14
                y = box.y + LINE * (len(box.lines) + at) + 18
                picture.text(x, y, tie.role, style="soft small", anchor="start" if at_left else "end")
    for actor in actors:
        box = boxes[actor]
        picture.row(f"actors/{actor}")
        picture.box(box.x, box.y, _SIDE, box.height, f"node {side[actor]}", round_by=8)
        picture.text(box.x + 8, box.y + 17, box.lines)
    return picture.svg()


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
    known = {what: at for at, what in enumerate([*whats[: len(whats) - len(timeline)], *timeline])}
    middle = sorted({tie.what for tie in ties}, key=lambda what: (not what.startswith("agreements/"), known[what]))
    on_top = sum(what.startswith("agreements/") for what in middle)
    left = sorted({tie.actor for tie in ties if side[tie.actor] == "first"})
    right = sorted({tie.actor for tie in ties if side[tie.actor] != "first"})
    best: tuple[int, list[str], list[str]] | None = None
    for _ in range(_SWEEPS):
        at = _places(middle)
        left = _by_mean(left, [(tie.actor, at[tie.what]) for tie in ties])
        # The second party's actors stand above the others.
        right = _by_mean(right, [(tie.actor, at[tie.what]) for tie in ties])
        right.sort(key=lambda actor: side[actor] == "other")
        crossings = sum(_crossings(ties, column, middle) for column in (left, right))
        if best is None or crossings < best[0]:
            best = (crossings, middle, [*left, *right])
        # Both columns are stretched to one scale, in whole numbers.
        scale = {actor: place * len(right) for actor, place in _places(left).items()}
        scale |= {actor: place * len(left) for actor, place in _places(right).items()}
        middle = middle[:on_top] + _by_mean(middle[on_top:], [(tie.what, scale[tie.actor]) for tie in ties])
    assert best is not None
    return best[1], best[2]


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


def _ports(what: str, ties: list[_Tie], side: dict[str, str], actors: list[str]) -> tuple[list[_Tie], list[_Tie]]:
    """Where lines arrive, left and right, in the order of the actors."""
    at = _places(actors)
    own = sorted((tie for tie in ties if tie.what == what), key=lambda tie: (at[tie.actor], tie.role))
    return ([tie for tie in own if side[tie.actor] == "first"], [tie for tie in own if side[tie.actor] != "first"])


def _place(
    tables: Tables,
    boxes: dict[str, _Box],
    whats: list[str],
    actors: list[str],
    side: dict[str, str],
    ties: list[_Tie],
) -> list[tuple[str, int, int]]:
    """Give every box its place, and return the headings, each with its place.

    Actors are level with what they have a part in, as far as there is room.
    """
    y = _TOP
    for what in whats:
        boxes[what].x, boxes[what].y = _MIDDLE, y
        y += boxes[what].height + 10
    bottom = y
    states = {row["actor_id"]: row["name"] for row in tables["actors"] if row["kind"] == "state"}
    headings = []
    for x, groups in ((10, ("first",)), (_WIDTH - 10 - _SIDE, ("second", "other"))):
        members = [actor for group in groups for actor in actors if side[actor] == group]
        needed = sum(boxes[actor].height + 12 for actor in members) + 34 * len({side[actor] for actor in members})
        y, group = _TOP, ""
        for actor in members:
            box = boxes[actor]
            wanted = _mean(boxes[tie.what].middle for tie in ties if tie.actor == actor) - box.height // 2
            if side[actor] != group:
                first = group == ""
                group = side[actor]
                y = y if first else max(y + 12, min(wanted - 34, bottom - needed))
                named = [states[other] for other in members if side[other] == group and other in states]
                headings.append(("Others" if group == "other" or not named else named[0], x, y + 12))
                y += 24
                needed -= 34
            y = max(y, min(wanted, bottom - needed))
            box.x, box.y = x, y
            y += box.height + 12
            needed -= box.height + 12
    return headings


def _mean(values: Iterable[int]) -> int:
    found = list(values)
    return sum(found) // len(found)


def _draw_ties(
    picture: Picture,
    boxes: dict[str, _Box],
    whats: list[str],
    ports: dict[str, tuple[list[_Tie], list[_Tie]]],
    ties: list[_Tie],
    side: dict[str, str],
) -> None:
    # Lines leave an actor one below the other, in the order in which they arrive.
    used: dict[str, int] = defaultdict(int)
    for what in whats:
        target = boxes[what]
        for at_left, own in zip((True, False), ports[what], strict=True):
            for at, tie in enumerate(own):
                box = boxes[tie.actor]
                used[tie.actor] += 1
                of = sum(other.actor == tie.actor for other in ties) + 1
                leave = box.y + box.height * used[tie.actor] // of
                arrive = target.y + LINE * (len(target.lines) + at) + 14
                picture.between(f"actors/{tie.actor}", what)
                if at_left:
                    _draw_tie(picture, tie.role, box.x + _SIDE, leave, target.x, arrive, side[tie.actor])
                else:
                    _draw_tie(picture, tie.role, box.x, leave, target.x + _MIDDLE_WIDTH, arrive, side[tie.actor])


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
    samples: tuple[tuple[int, str, Callable[[int], None]], ...] = (
        (10, "acts, takes part", lambda x: _draw_tie(picture, "party", x, 18, x + 43, 18, "other")),
        (180, "is acted on, addressed, or host", lambda x: _draw_tie(picture, "host", x, 18, x + 43, 18, "other")),
        (430, "channel, beneficiary", lambda x: _draw_tie(picture, "channel", x, 18, x + 43, 18, "other")),
    )
    for x, label, draw in samples:
        draw(x)
        picture.text(x + 50, 22, label)
    x = 10
    for style, label in (
        ("deal", "agreement"),
        ("event occurred", "occurred or ongoing"),
        ("event planned", "planned"),
        ("event hypothetical", "hypothetical"),
    ):
        picture.box(x, 40, 30, 16, style, round_by=3)
        picture.text(x + 38, 52, label)
        x += 70 + 7 * len(label)
