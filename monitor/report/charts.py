"""The charts of a report: areas against their own threshold, and the pool of all month by month.

Decides what is drawn where, the same every time; the template writes it as SVG. A verdict is told by shape as well as
by colour: a disc is met, a diamond is missed, hollow may be chance. Each chart says in words what it shows.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.core.ranking import worst_first
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.report.cells import Cells
from monitor.report.document import Judged, Report, ReportRow
from monitor.words import names
from monitor.words.durations import MINUTE, Notation
from monitor.words.speaker import Speaker
from monitor.words.verdicts import STATES

WIDTH: Final = 700
"""A column of A4, in CSS pixels; so are all lengths here."""
_ROW: Final = 22.5
_SHAPES: Final = {
    State.MET: "m-4.3 0a4.3 4.3 0 1 0 8.6 0a4.3 4.3 0 1 0 -8.6 0z",
    State.MISSED: "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",
}
_UNJUDGED: Final = "m-3.8 -3.8h7.6v7.6h-7.6z"
_ARROWS: Final = {
    (False, -1): "l5 -3.5v7z",
    (False, 1): "l-5 -3.5v7z",
    (True, -1): "l-3.5 -5h7z",
    (True, 1): "l-3.5 5h7z",
}
"""From the tip: upright or lying, at the lower or the upper end."""
_TICKS: Final = 7
_MOST: Final = 40
"""Areas of a chart: as many as a sheet of paper holds; the worst of them."""

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A result with its interval, as paths; an end that is not bounded, or beyond the chart, is an arrow."""

    state: State
    hollow: bool
    shape: str
    stem: str
    arrows: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, with what of it stands at (x, y): its start, middle or end."""

    x: float
    y: float
    anchor: str
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One chart. `said` tells in words what it shows; lines are paths."""

    name: str
    title: str
    said: str
    height: float
    grid: str
    target: str
    line: str
    marks: Sequence[Mark]
    texts: Sequence[Text]


def standing(cells: Cells, report: Report, category: str, slug: str, *, title: str) -> Drawing | None:
    """Each area's result and its interval, as distance from its own threshold, worst first; None where none has."""
    say, every = cells.say, _rows(report, category, slug)
    if not every:
        return None
    rows = every[:_MOST]
    shown = [_Shown(row.judged(slug), cells) for row in rows]
    left, right, top = 112, 590, 24
    bottom = top + _ROW * len(rows)
    low, high = _limits(shown)
    x = _scale(low, high, left, right)
    ticks = _ticks(low, high)
    heights = [round(top + _ROW * (number + 0.5), 1) for number in range(len(rows))]
    axis = say("seconds from the threshold") if shown[0].unit == 1 else say("minutes from the threshold")
    statistic = names.headed(names.statistic(say, shown[0].judged.objective))
    texts = [Text(right + 8, top - 8, "start", f"{statistic} / {say('threshold')}", quiet=True)]
    called = [names.area(say, report.service, row.area) for row in rows]
    for y, area, one in zip(heights, called, shown, strict=True):
        texts += [
            Text(left - 8, y + 4, "end", area),
            Text(right + 8, y + 4, "start", f"{one.decimals} / {cells.threshold(one.judged).text}"),
        ]
    texts += [Text(x(tick), bottom + 14, "middle", _signed(tick, say), quiet=True) for tick in ticks]
    texts.append(Text((left + right) / 2, bottom + 30, "middle", axis, quiet=True))
    if len(every) > len(rows):
        told = say("the {shown} worst of {areas}", shown=len(rows), areas=len(every))
        texts.append(Text(left - 8, bottom + 14, "end", told, quiet=True))
    said = " ".join(f"{area}: {one.said}" for area, one in zip(called, shown, strict=True))
    return Drawing(
        name=f"standing-{category}-{slug}",
        title=title,
        said=say("{title}, worst first. {rows}", title=title, rows=said),
        height=bottom + 36,
        grid="".join(f"M{x(tick)} {top}V{bottom}" for tick in ticks) + f"M{left} {bottom}H{right}",
        target=f"M{x(0)} {top}V{bottom}",
        line="",
        marks=[
            _mark(one, y, x, (low, high), offset=one.threshold or 0.0) for y, one in zip(heights, shown, strict=True)
        ],
        texts=texts,
    )


def trend(cells: Cells, report: Report, category: str, slug: str, *, title: str) -> Drawing | None:
    """The pool of all month by month with its interval and threshold; None where there is nothing to show."""
    say, months = cells.say, report.months[category]
    every = [_Shown(month.judged(slug), cells) for month in months]
    shown = [one for one in every if one.value is not None]
    if not shown:
        return None
    left, right, top, bottom = 36, 596, 18, 150
    low, high = _around(shown)
    y = _scale(low, high, bottom, top)
    width = (right - left) / len(months)
    places = [round(left + width * (number + 0.5), 1) for number in range(len(months))]
    ticks = [tick for tick in _ticks(low, high, most=5) if tick == int(tick)]
    unit = say("seconds") if every[0].unit == 1 else say("minutes")
    statistic = names.headed(names.statistic(say, every[0].judged.objective))
    texts = [Text(left, top - 7, "start", f"{statistic}, {unit}", quiet=True)]
    texts += [Text(left - 6, y(tick) + 4, "end", say.plain(tick), quiet=True) for tick in ticks]
    texts += [
        Text(place, bottom + 14, "middle", say.month(month.first)[:3], quiet=True)
        for place, month in zip(places, months, strict=True)
    ]
    if (target := every[-1].threshold) is not None:
        told = " ".join((say("threshold"), cells.threshold(every[-1].judged).text))
        texts.append(Text(right + 6, y(target) + 4, "start", told))
    points = " ".join(
        say("{month}: {said}", month=say.month(month.first), said=one.said)
        for month, one in zip(months, every, strict=True)
        if one.value is not None
    )
    return Drawing(
        name=f"trend-{category}-{slug}",
        title=title,
        said=say("{title}. {points}", title=title, points=points),
        height=bottom + 20,
        grid="".join(f"M{left} {y(tick)}H{right}" for tick in ticks) + f"M{left} {bottom}H{right}",
        target="".join(
            f"M{round(place - width / 2, 1)} {y(one.threshold)}h{round(width, 1)}"
            for place, one in zip(places, every, strict=True)
            if one.threshold is not None
        ),
        line=_joined(places, [None if one.value is None else y(one.value) for one in every]),
        marks=[
            _mark(one, place, y, (low, high), upright=True)
            for place, one in zip(places, every, strict=True)
            if one.value is not None
        ],
        texts=texts,
    )


class _Shown:
    """What is drawn of one result, in the unit of the chart: minutes, or seconds where thresholds are brief."""

    def __init__(self, judged: Judged, cells: Cells) -> None:
        self.judged = judged
        self.unit = 1 if cells.how(judged) is Notation.SECONDS else MINUTE
        self.value, self.threshold, self.lower, self.upper = (
            None if seconds is None else seconds / self.unit
            for seconds in (judged.seconds, judged.threshold, *judged.interval)
        )
        result = cells.result(judged)
        self.decimals = result.note or result.text
        self.said = cells.say(
            "{value}, threshold {threshold}, interval {interval}, n {missions}, {verdict}.",
            value=self.decimals,
            threshold=cells.threshold(judged).text,
            interval=cells.interval(judged).text,
            missions=cells.say.count(judged.measured),
            verdict=cells.say(STATES[judged.state]),
        )

    @property
    def ends(self) -> list[float]:
        """Of its interval, those that it has."""
        return [end for end in (self.lower, self.upper) if end is not None]


def _rows(report: Report, category: str, slug: str) -> list[ReportRow]:
    """The areas of a category that have both a result and a threshold, worst first."""
    rows = [report.row(area, category) for area in report.compared_areas]
    shown = [row for row in rows if None not in (row.judged(slug).seconds, row.judged(slug).threshold)]
    return sorted(shown, key=lambda row: worst_first([row.judged(slug).verdict]))


def _scale(low: float, high: float, begin: float, end: float) -> Scale:
    return lambda value: round(begin + (end - begin) * (value - low) / (high - low), 1)


def _ticks(low: float, high: float, *, most: int = _TICKS) -> list[float]:
    """Round numbers within, a few of them, always the same distance apart."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if (high - low) / step <= most)
    return [round(step * number, 6) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _limits(shown: Sequence[_Shown]) -> tuple[float, float]:
    """Room for every result, and for intervals as far as they do not push everything else together."""
    results = [(one.value or 0.0) - (one.threshold or 0.0) for one in shown]
    ends = [end - (one.threshold or 0.0) for one in shown for end in one.ends]
    most = max(1.0, *(abs(result) for result in results))
    low, high = min(*results, *ends, -1.0), max(*results, *ends, 1.0)
    return max(low, -1.6 * most) - 0.06 * most, min(high, 1.6 * most) + 0.06 * most


def _around(shown: Sequence[_Shown]) -> tuple[float, float]:
    """Room for results, thresholds and most of the intervals; not from zero, for the marks are no bars."""
    low, high = [], []
    for one in shown:
        value = one.value or 0.0
        target = value if one.threshold is None else one.threshold
        low.append(min(value, target, max(one.lower or 0.0, 0.6 * value)))
        high.append(max(value, target, min(one.upper or 2 * value, 1.6 * value)))
    room = max(0.12 * (max(high) - min(low)), 0.5)
    return max(0.0, min(low) - room), max(high) + room


def _mark(
    one: _Shown,
    place: float,
    at: Scale,
    limits: tuple[float, float],
    *,
    offset: float = 0.0,
    upright: bool = False,
) -> Mark:
    def point(along: float) -> str:
        return f"{place} {along}" if upright else f"{along} {place}"

    ends, arrows = [], ""
    for end, edge, side in ((one.lower, limits[0], -1), (one.upper, limits[1], 1)):
        beyond = end is None or not limits[0] <= end - offset <= limits[1]
        ends.append(point(at(edge if end is None or beyond else end - offset)))
        if beyond:
            arrows += f"M{ends[-1]}{_ARROWS[upright, side]}"
    return Mark(
        state=one.judged.state,
        hollow=one.judged.evidence is Evidence.NONE,
        shape=f"M{point(at((one.value or 0.0) - offset))}{_SHAPES.get(one.judged.state, _UNJUDGED)}",
        stem=f"M{ends[0]}L{ends[1]}",
        arrows=arrows,
    )


def _joined(places: Sequence[float], values: Sequence[float | None]) -> str:
    """A line through the values, with a gap where there is none."""
    path, apart = "", True
    for place, value in zip(places, values, strict=True):
        if value is not None:
            path += f"{'M' if apart else 'L'}{place} {value}"
        apart = value is None
    return path


def _signed(tick: float, say: Speaker) -> str:
    return say.signed(tick, 0 if tick == int(tick) else 1)
