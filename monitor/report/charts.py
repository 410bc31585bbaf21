"""The charts of a report: districts against their requirement, and the nation month by month.

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
from monitor.report.document import Judged, Month, Report, ReportRow, evidence_of
from monitor.report.words import area_named
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


def standing(report: Report, settlement: str, say: Speaker, *, title: str) -> Drawing | None:
    """Each district's P80 and its interval as minutes from its own requirement, worst first; None where none has."""
    rows = _rows(report, settlement)
    if not rows:
        return None
    left, right, top = 112, 590, 24
    bottom = top + _ROW * len(rows)
    low, high = _limits([row.requirement for row in rows])
    x = _scale(low, high, left, right)
    ticks = _ticks(low, high)
    heights = [round(top + _ROW * (number + 0.5), 1) for number in range(len(rows))]
    texts = [Text(right + 8, top - 8, "start", " / ".join(("P80", say("requirement"))), quiet=True)]
    for y, row in zip(heights, rows, strict=True):
        judged = row.requirement
        told = " / ".join((_exactly(judged, say), say.plain(judged.target_minutes)))
        texts += [
            Text(left - 8, y + 4, "end", area_named(say, report, row.area)),
            Text(right + 8, y + 4, "start", told),
        ]
    texts += [Text(x(tick), bottom + 14, "middle", _signed(tick, say), quiet=True) for tick in ticks]
    texts.append(Text((left + right) / 2, bottom + 30, "middle", say("minutes from the requirement"), quiet=True))
    return Drawing(
        name=f"standing-{settlement}",
        title=title,
        said=say(
            "{title}, worst first. {rows}", title=title, rows=" ".join(_row_said(report, row, say) for row in rows)
        ),
        height=bottom + 36,
        grid="".join(f"M{x(tick)} {top}V{bottom}" for tick in ticks) + f"M{left} {bottom}H{right}",
        target=f"M{x(0)} {top}V{bottom}",
        line="",
        marks=[
            _mark(row.requirement, y, x, (low, high), offset=row.requirement.target_minutes or 0.0)
            for y, row in zip(heights, rows, strict=True)
        ],
        texts=texts,
    )


def trend(months: Sequence[Month], settlement: str, say: Speaker, *, title: str) -> Drawing | None:
    """The nation's P80 month by month with its interval and the requirement; None where there is nothing to show."""
    shown = [month for month in months if month.judged.minutes is not None]
    if not shown:
        return None
    left, right, top, bottom = 36, 596, 18, 150
    low, high = _around([month.judged for month in shown])
    y = _scale(low, high, bottom, top)
    width = (right - left) / len(months)
    places = [round(left + width * (number + 0.5), 1) for number in range(len(months))]
    ticks = [tick for tick in _ticks(low, high, most=5) if tick == int(tick)]
    targets = [month.judged.target_minutes for month in months]
    texts = [Text(left, top - 7, "start", say("P80, minutes"), quiet=True)]
    texts += [Text(left - 6, y(tick) + 4, "end", say.plain(tick), quiet=True) for tick in ticks]
    texts += [
        Text(place, bottom + 14, "middle", say.month(month.first)[:3], quiet=True)
        for place, month in zip(places, months, strict=True)
    ]
    if (target := targets[-1]) is not None:
        texts.append(Text(right + 6, y(target) + 4, "start", " ".join((say("requirement"), say.plain(target)))))
    points = " ".join(
        say(
            "{month}: {minutes} min, n {missions}, {verdict}.",
            month=say.month(month.first),
            minutes=say.number(month.judged.minutes or 0.0, 2),
            missions=month.judged.figures.first.measured,
            verdict=say(STATES[month.judged.state]),
        )
        for month in shown
    )
    values = [None if month.judged.minutes is None else y(month.judged.minutes) for month in months]
    return Drawing(
        name=f"trend-{settlement}",
        title=title,
        said=say("{title}. {points}", title=title, points=points),
        height=bottom + 20,
        grid="".join(f"M{left} {y(tick)}H{right}" for tick in ticks) + f"M{left} {bottom}H{right}",
        target="".join(
            f"M{round(place - width / 2, 1)} {y(target)}h{round(width, 1)}"
            for place, target in zip(places, targets, strict=True)
            if target is not None
        ),
        line=_joined(places, values),
        marks=[
            _mark(month.judged, place, y, (low, high), upright=True)
            for place, month in zip(places, months, strict=True)
            if month.judged.minutes is not None
        ],
        texts=texts,
    )


def _rows(report: Report, settlement: str) -> list[ReportRow]:
    """The districts of a class that have both a result and a requirement, worst first."""
    rows = [report.row(area, settlement) for area in report.districts]
    shown = [row for row in rows if None not in (row.requirement.minutes, row.requirement.target_minutes)]
    return sorted(shown, key=lambda row: worst_first([row.requirement.verdict]))


def _scale(low: float, high: float, begin: float, end: float) -> Scale:
    return lambda value: round(begin + (end - begin) * (value - low) / (high - low), 1)


def _ticks(low: float, high: float, *, most: int = _TICKS) -> list[float]:
    """Round numbers within, a few of them, always the same distance apart."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if (high - low) / step <= most)
    return [round(step * number, 6) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _from_target(judged: Judged, minutes: float | None) -> float:
    return (minutes or 0.0) - (judged.target_minutes or 0.0)


def _limits(all_judged: Sequence[Judged]) -> tuple[float, float]:
    """Room for every result, and for intervals as far as they do not push everything else together."""
    results = [_from_target(judged, judged.minutes) for judged in all_judged]
    ends = [
        _from_target(judged, end)
        for judged in all_judged
        for end in (judged.lower_minutes, judged.upper_minutes)
        if end is not None
    ]
    most = max(1.0, *(abs(result) for result in results))
    low, high = min(*results, *ends, -1.0), max(*results, *ends, 1.0)
    return max(low, -1.6 * most) - 0.06 * most, min(high, 1.6 * most) + 0.06 * most


def _around(all_judged: Sequence[Judged]) -> tuple[float, float]:
    """Room for results, targets and most of the intervals; not from zero, for the marks are no bars."""
    low, high = [], []
    for judged in all_judged:
        minutes = judged.minutes or 0.0
        target = minutes if judged.target_minutes is None else judged.target_minutes
        low.append(min(minutes, target, max(judged.lower_minutes or 0.0, 0.6 * minutes)))
        high.append(max(minutes, target, min(judged.upper_minutes or 2 * minutes, 1.6 * minutes)))
    room = max(0.12 * (max(high) - min(low)), 0.5)
    return max(0.0, min(low) - room), max(high) + room


def _mark(
    judged: Judged,
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
    for end, edge, side in ((judged.lower_minutes, limits[0], -1), (judged.upper_minutes, limits[1], 1)):
        beyond = end is None or not limits[0] <= end - offset <= limits[1]
        ends.append(point(at(edge if end is None or beyond else end - offset)))
        if beyond:
            arrows += f"M{ends[-1]}{_ARROWS[upright, side]}"
    return Mark(
        state=judged.state,
        hollow=evidence_of(judged) is Evidence.NONE,
        shape=f"M{point(at((judged.minutes or 0.0) - offset))}{_SHAPES.get(judged.state, _UNJUDGED)}",
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


def _exactly(judged: Judged, say: Speaker) -> str:
    return say.exactly(judged.minutes or 0.0, judged.target_minutes, exact=judged.exact)


def _row_said(report: Report, row: ReportRow, say: Speaker) -> str:
    judged = row.requirement
    return say(
        "{area}: {minutes} min, requirement {target}, interval {interval}, {verdict}.",
        area=area_named(say, report, row.area),
        minutes=_exactly(judged, say),
        target=say.plain(judged.target_minutes),
        interval=say.between(judged.lower_minutes, judged.upper_minutes),
        verdict=say(STATES[judged.state]),
    )
