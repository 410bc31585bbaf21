"""The chart of one series: P80, share within the requirement, and number of missions, week by week.

Decides scales, and where what is marked; the template draws it as SVG. A week without missions is a gap in every
line, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from monitor.core.verdict import State
from monitor.core.weeks import Week
from monitor.words.speaker import Speaker

WIDTH: Final = 880
LEFT: Final = 44
RIGHT: Final = WIDTH - 58
_REQUIREMENT: Final = "requirement"
_PERCENT: Final = 80
_STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240)
_BAR: Final = 0.7
"""Width of a bar, as a share of its week's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A week's column: where its middle is, what its marks say, and what a pointer over them is told."""

    x: float
    state: State
    running: bool
    tip: str


class Panel:
    """One of the stacked panels over the same weeks. Values are given in its own unit, None is a gap."""

    def __init__(self, heading: str, *, top: int, height: int, largest: float, ticks: Sequence[int]) -> None:
        self.heading, self.top = heading, top
        self._height, self._largest = height, largest
        self.ticks = [(tick, self.y(tick)) for tick in ticks]
        self.line = self.target = self.target_named = ""
        self.target_y: float | None = None
        self.marks: Sequence[tuple[Place, float]] = ()
        self.bars: Sequence[tuple[Place, float]] = ()
        self.whiskers: Sequence[tuple[float, float, float]] = ()

    def y(self, value: float) -> float:
        """The height of a value."""
        return round(self.top + self._height * (1 - min(value, self._largest) / self._largest), 1)

    @property
    def bottom(self) -> int:
        """The height of 0."""
        return self.top + self._height

    def draw(self, places: Sequence[Place], values: Sequence[float | None]) -> None:
        """Mark each value, and join those of neighbouring weeks."""
        points = [
            (place, None if value is None else self.y(value)) for place, value in zip(places, values, strict=True)
        ]
        self.marks = [(place, y) for place, y in points if y is not None]
        self.line = "".join(
            f"M{one.x} {here}L{other.x} {there}"
            for (one, here), (other, there) in pairwise(points)
            if here is not None and there is not None
        )

    def aim(self, edges: Sequence[float], targets: Sequence[float | None], named: str) -> None:
        """Draw the target in force, as steps, for it changes with the year; `named` is the newest."""
        path, before, week = "", None, 0
        for target, weeks in groupby(targets):
            begin, week = week, week + len(list(weeks))
            if target is not None:
                y = self.y(target)
                path += f"M{edges[begin]} {y}" if before is None else f"V{y}"
                path += f"H{edges[week]}"
            before = target
        self.target = path
        if before is not None:
            self.target_named, self.target_y = named, self.y(before)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The panels, and the days that stand under them."""

    panels: Sequence[Panel]
    days: Sequence[tuple[float, str]]
    bar: float
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT


def drawing(weeks: Sequence[Week], say: Speaker) -> Drawing:
    """What the chart of these weeks shows."""
    width = (RIGHT - LEFT) / len(weeks)
    edges = [round(LEFT + width * number, 1) for number in range(len(weeks) + 1)]
    places = [
        Place(
            round(LEFT + width * (number + 0.5), 1), week.verdicts[_REQUIREMENT].state, week.running, _tip(week, say)
        )
        for number, week in enumerate(weeks)
    ]
    minutes = [_minutes(week.figures.values[_REQUIREMENT]) for week in weeks]
    targets = [_minutes(week.verdicts[_REQUIREMENT].target_seconds) for week in weeks]
    ratios = [week.verdicts[_REQUIREMENT].within_ratio for week in weeks]
    # Room for every point and target; intervals may be cut off, or one quiet week would flatten all others.
    longest = _ceiling(1.15 * max([value for value in (*minutes, *targets) if value is not None] + [1.0]), 5)
    most = _ceiling(max(1, *(week.figures.first.measured for week in weeks)), 2)

    p80 = Panel(say("P80 by week, minutes"), top=24, height=120, largest=longest, ticks=_ticks(longest))
    p80.draw(places, minutes)
    p80.aim(edges, targets, " ".join((say("req."), say.plain(targets[-1]))))
    p80.whiskers = [
        (place.x, p80.y(_minutes(interval.lower) or 0.0), p80.y(_minutes(interval.upper) or longest))
        for place, week in zip(places, weeks, strict=True)
        for interval in [week.figures.intervals[_REQUIREMENT]]
        if week.figures.values[_REQUIREMENT] is not None
    ]
    share = Panel(say("Share within the requirement, by week"), top=178, height=76, largest=100, ticks=(0, 50, 100))
    share.draw(places, [None if ratio is None else 100 * ratio for ratio in ratios])
    share.aim(edges, [_PERCENT] * len(weeks), f"{_PERCENT} %")
    count = Panel(say("Measured missions by week"), top=288, height=52, largest=most, ticks=(0, most))
    count.bars = [
        (place, count.y(week.figures.first.measured))
        for place, week in zip(places, weeks, strict=True)
        if week.figures.first.measured
    ]
    days = [(place.x, f"{week.monday.day}.{week.monday.month}.") for place, week in zip(places, weeks, strict=True)]
    return Drawing((p80, share, count), days[::-1][::4], round(_BAR * width, 1))


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def _ceiling(value: float, step: int) -> int:
    return int(-(-value // step) * step)


def _ticks(largest: int) -> list[int]:
    step = next((step for step in _STEPS if largest / step <= 5), largest)
    return list(range(0, largest + 1, step))


def _tip(week: Week, say: Speaker) -> str:
    value, ratio = _minutes(week.figures.values[_REQUIREMENT]), week.verdicts[_REQUIREMENT].within_ratio
    told = ["P80 –" if value is None else " ".join(("P80", say.number(value), say("min")))]
    if ratio is not None:
        told.append(" ".join((say("share within"), say.share_reached(ratio))))
    told.append(f"n {week.figures.first.measured}")
    return ": ".join((say("week of {day}", day=week.monday.isoformat()), ", ".join(told)))
