"""The chart of one objective: its statistic, the share within target, and the number of missions, week by week.

Decides scales, and where what is marked; the template draws it as SVG. A week without missions is a gap in every
line, never a zero. A mean has no share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from monitor.board.frame import View
from monitor.core.service import Objective
from monitor.core.verdict import State
from monitor.core.weeks import Week
from monitor.words import durations
from monitor.words.durations import Notation
from monitor.words.speaker import NONE
from monitor.words.verdicts import share_reached

WIDTH: Final = 880
LEFT: Final = 64
"""Room for `1:30:00`, the longest that a tick says."""
RIGHT: Final = WIDTH - 58
TOP: Final = 24
_GAP: Final = 34
"""Room for the heading of the next panel."""
_DAYS: Final = 22
"""Room for the days under the last."""
_STATISTIC, _SHARE, _COUNT = 120, 76, 52
"""Heights of the panels."""
_STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Between ticks: round numbers, of minutes as of seconds."""
_MOST_TICKS: Final = 5
_BAR: Final = 0.7
"""Width of a bar, as a share of its week's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A week's column: where its middle is, what its marks say, and what a pointer over them is told."""

    x: float
    state: State
    running: bool
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The weeks that all panels stand over, and where; `edges` are one more."""

    objective: Objective
    weeks: Sequence[Week]
    edges: Sequence[float]
    places: Sequence[Place]

    @property
    def pairs(self) -> Iterator[tuple[Place, Week]]:
        """Each week with its place."""
        return zip(self.places, self.weeks, strict=True)


class Panel:
    """One of the stacked panels over the same weeks. Values are given in its own unit, None is a gap."""

    def __init__(
        self, heading: str, *, top: int, height: int, largest: float, ticks: Sequence[tuple[float, str]]
    ) -> None:
        self.heading, self.top = heading, top
        self._height, self._largest = height, largest
        self.ticks = [(named, self.y(tick)) for tick, named in ticks]
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
    height: int
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT


def drawing(view: View, category: str, weeks: Sequence[Week], objective: Objective) -> Drawing:
    """What the chart of these weeks shows of an objective."""
    width = (RIGHT - LEFT) / len(weeks)
    columns = Columns(
        objective=objective,
        weeks=weeks,
        edges=[round(LEFT + width * number, 1) for number in range(len(weeks) + 1)],
        places=[
            Place(
                round(LEFT + width * (number + 0.5), 1),
                week.verdicts[objective.slug].state,
                week.running,
                _tip(view, category, week, objective),
            )
            for number, week in enumerate(weeks)
        ],
    )
    panels = [_statistic(view, view.notation(category, objective), columns)]
    if objective.percentile is not None:
        panels.append(_share(view, columns, float(objective.percentile), top=panels[-1].bottom + _GAP))
    panels.append(_count(view, columns, top=panels[-1].bottom + _GAP))
    days = [(place.x, f"{week.monday.day}.{week.monday.month}.") for place, week in columns.pairs]
    return Drawing(panels, days[::-1][::4], round(_BAR * width, 1), panels[-1].bottom + _DAYS)


def _statistic(view: View, how: Notation, columns: Columns) -> Panel:
    objective, slug, weeks = columns.objective, columns.objective.slug, columns.weeks
    values = [week.figures.values[slug] for week in weeks]
    targets = [week.verdicts[slug].target_seconds for week in weeks]
    # Room for every point and target; intervals may be cut off, or one quiet week would flatten all others.
    highest = 1.15 * max([value for value in (*values, *targets) if value is not None], default=how.unit)
    ticks = _ticks(highest / how.unit)
    longest = float(ticks[-1] * how.unit)
    panel = Panel(
        view.say("{statistic} by week, {unit}", statistic=view.statistic(objective), unit=view.say(how.value)),
        top=TOP,
        height=_STATISTIC,
        largest=longest,
        ticks=[(tick * how.unit, durations.plainly(view.say, how, tick * how.unit)) for tick in ticks],
    )
    panel.draw(columns.places, values)
    panel.aim(columns.edges, targets, durations.plainly(view.say, how, targets[-1]))
    panel.whiskers = [
        (place.x, panel.y(interval.lower or 0.0), panel.y(longest if interval.upper is None else interval.upper))
        for place, week in columns.pairs
        for interval in [week.figures.intervals[slug]]
        if week.figures.values[slug] is not None
    ]
    return panel


def _share(view: View, columns: Columns, percent: float, *, top: int) -> Panel:
    ticks = [(tick, str(tick)) for tick in (0, 50, 100)]
    panel = Panel(view.say("Share within the target, by week"), top=top, height=_SHARE, largest=100, ticks=ticks)
    ratios = [week.verdicts[columns.objective.slug].within_ratio for week in columns.weeks]
    panel.draw(columns.places, [None if ratio is None else 100 * ratio for ratio in ratios])
    panel.aim(columns.edges, [percent] * len(ratios), f"{view.say.plain(percent)} %")
    return panel


def _count(view: View, columns: Columns, *, top: int) -> Panel:
    measured = [(place, week.figures.of(columns.objective).measured) for place, week in columns.pairs]
    most = max(2, *(count + count % 2 for _, count in measured))
    ticks = [(0, "0"), (most, view.say.count(most))]
    panel = Panel(view.say("Measured missions by week"), top=top, height=_COUNT, largest=most, ticks=ticks)
    panel.bars = [(place, panel.y(count)) for place, count in measured if count]
    return panel


def _ticks(highest: float) -> list[int]:
    """From 0 to the first that nothing is above."""
    step = next((step for step in _STEPS if highest / step <= _MOST_TICKS), _STEPS[-1])
    return list(range(0, int(highest // step) * step + step + 1, step))


def _tip(view: View, category: str, week: Week, objective: Objective) -> str:
    say, verdict, figures = view.say, week.verdicts[objective.slug], week.figures
    value = view.value(category, figures, verdict)
    told = [
        " ".join((view.statistic(objective), value, *([] if value == NONE else [view.unit(category, objective)])))
    ]
    if verdict.within_ratio is not None:
        told.append(" ".join((say("share within"), share_reached(say, verdict))))
    told.append(f"n {figures.of(objective).measured}")
    return ": ".join((say("week of {day}", day=week.monday.isoformat()), ", ".join(told)))
