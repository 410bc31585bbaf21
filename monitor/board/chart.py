"""The chart of one series: P80, share within the requirement, and number of missions, week by week, as SVG.

Decides scales and marks only. A week without missions is a gap in every line, never a zero. Colours come from the
stylesheet by what a mark is; nothing in here is styled in place, for the page's policy forbids it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

from monitor.board.words import Words
from monitor.core.weeks import Week

WIDTH: Final = 880
LEFT: Final = 44
RIGHT: Final = 58
_REQUIREMENT: Final = "requirement"
_PERCENT: Final = 80
_STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240)


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the stacked panels: where it lies, and the largest value on its scale."""

    top: int
    height: int
    largest: float

    def y(self, value: float) -> float:
        """The height of a value."""
        return self.top + self.height * (1 - min(value, self.largest) / self.largest)


def chart(weeks: Sequence[Week], words: Words, *, described: str) -> str:
    """The three panels over the same weeks; `described` tells in words what is drawn."""
    x = _columns(len(weeks))
    p80 = Panel(24, 120, _largest_minutes(weeks))
    share = Panel(178, 76, 100.0)
    count = Panel(288, 52, float(_ceiling(max(1, *(week.figures.measured for week in weeks)), 2)))
    parts = [
        _heading(words.chart_p80, p80),
        _scale(p80, _ticks(p80.largest)),
        _target(weeks, p80, x, words),
        _intervals(weeks, p80, x),
        _line(weeks, x, p80, _minutes),
        _marks(weeks, x, p80, _minutes, words),
        _heading(words.chart_share, share),
        _scale(share, [0, 50, 100]),
        _level("target", share.y(_PERCENT)),
        f'<text class="tick" x="{WIDTH}" y="{share.y(_PERCENT) + 4:.1f}" text-anchor="end">{_PERCENT} %</text>',
        _line(weeks, x, share, _share),
        _marks(weeks, x, share, _share, words),
        _heading(words.chart_count, count),
        _scale(count, [0, int(count.largest)]),
        _bars(weeks, x, count, words),
        _dates(weeks, x, count.top + count.height + 16),
    ]
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} 362" role="img" aria-label="{escape(described)}">'
        + "".join(parts)
        + "</svg>"
    )


def _columns(count: int) -> Callable[[int], float]:
    width = (WIDTH - LEFT - RIGHT) / count
    return lambda place: LEFT + width * (place + 0.5)


def _minutes(week: Week) -> float | None:
    seconds = week.figures.values[_REQUIREMENT]
    return None if seconds is None else seconds / 60


def _share(week: Week) -> float | None:
    ratio = week.verdicts[_REQUIREMENT].within_ratio
    return None if ratio is None else 100 * ratio


def _largest_minutes(weeks: Sequence[Week]) -> float:
    """Room for every point and target; intervals may be cut off, or one quiet week would flatten all others."""
    shown = [value for week in weeks if (value := _minutes(week)) is not None]
    targets = [target / 60 for week in weeks if (target := week.verdicts[_REQUIREMENT].target_seconds) is not None]
    return float(_ceiling(1.15 * max([*shown, *targets, 1.0]), 5))


def _ceiling(value: float, step: int) -> int:
    return int(-(-value // step) * step)


def _ticks(largest: float) -> list[int]:
    step = next((step for step in _STEPS if largest / step <= 5), int(largest))
    return list(range(0, int(largest) + 1, step))


def _heading(text: str, panel: Panel) -> str:
    return f'<text class="heading" x="{LEFT}" y="{panel.top - 9}">{escape(text)}</text>'


def _level(kind: str, y: float) -> str:
    return f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _scale(panel: Panel, ticks: Sequence[int]) -> str:
    return "".join(
        f"{_level('grid', panel.y(tick))}"
        f'<text class="tick" x="{LEFT - 6}" y="{panel.y(tick) + 4:.1f}" text-anchor="end">{tick}</text>'
        for tick in ticks
    )


def _target(weeks: Sequence[Week], panel: Panel, x: Callable[[int], float], words: Words) -> str:
    """The target in force, as steps: it changes with the year."""
    half = (x(1) - x(0)) / 2 if len(weeks) > 1 else (WIDTH - LEFT - RIGHT) / 2
    path: list[str] = []
    before: float | None = None
    for place, week in enumerate(weeks):
        target = week.verdicts[_REQUIREMENT].target_seconds
        if target is not None:
            y = panel.y(target / 60)
            path.append(
                f"{'M' if before is None else 'L'}{x(place) - half:.1f} {y:.1f}L{x(place) + half:.1f} {y:.1f}"
            )
        before = target
    if not path:
        return ""
    named = "" if before is None else f"{words.requirement_short} {words.target(before)}"
    return (
        f'<path class="target" d="{"".join(path)}"/><text class="tick" x="{WIDTH}" text-anchor="end" '
        f'y="{0.0 if before is None else panel.y(before / 60) + 4:.1f}">{escape(named)}</text>'
    )


def _intervals(weeks: Sequence[Week], panel: Panel, x: Callable[[int], float]) -> str:
    drawn = []
    for place, week in enumerate(weeks):
        interval = week.figures.intervals[_REQUIREMENT]
        if _minutes(week) is None:
            continue
        low = panel.y(0.0 if interval.lower is None else interval.lower / 60)
        high = panel.y(panel.largest if interval.upper is None else interval.upper / 60)
        drawn.append(
            f'<line class="whisker" x1="{x(place):.1f}" x2="{x(place):.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
        )
    return "".join(drawn)


def _line(
    weeks: Sequence[Week], x: Callable[[int], float], panel: Panel, value: Callable[[Week], float | None]
) -> str:
    """Pieces between neighbouring weeks that both have a value."""
    points = [(x(place), value(week)) for place, week in enumerate(weeks)]
    pieces = [
        f"M{x1:.1f} {panel.y(y1):.1f}L{x2:.1f} {panel.y(y2):.1f}"
        for (x1, y1), (x2, y2) in pairwise(points)
        if y1 is not None and y2 is not None
    ]
    return f'<path class="line" d="{"".join(pieces)}"/>' if pieces else ""


def _marks(
    weeks: Sequence[Week],
    x: Callable[[int], float],
    panel: Panel,
    value: Callable[[Week], float | None],
    words: Words,
) -> str:
    drawn = []
    for place, week in enumerate(weeks):
        found = value(week)
        if found is None:
            continue
        verdict = week.verdicts[_REQUIREMENT]
        shape = _mark(x(place), panel.y(found), str(verdict.state), running=week.running)
        drawn.append(f"<g>{_tip(week, words)}{shape}</g>")
    return "".join(drawn)


def _mark(x: float, y: float, state: str, *, running: bool) -> str:
    """A disc where met, a diamond where missed: told apart without colour. Hollow while the week runs."""
    kind = f"mark {state}{' running' if running else ''}"
    if state == "missed":
        return f'<path class="{kind}" d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _bars(weeks: Sequence[Week], x: Callable[[int], float], panel: Panel, words: Words) -> str:
    width = (x(1) - x(0)) * 0.7 if len(weeks) > 1 else 20.0
    return "".join(
        f'<g>{_tip(week, words)}<rect class="bar{" running" if week.running else ""}" x="{x(place) - width / 2:.1f}" '
        f'y="{panel.y(week.figures.measured):.1f}" width="{width:.1f}" '
        f'height="{panel.top + panel.height - panel.y(week.figures.measured):.1f}"/></g>'
        for place, week in enumerate(weeks)
        if week.figures.measured
    )


def _dates(weeks: Sequence[Week], x: Callable[[int], float], y: int) -> str:
    return "".join(
        f'<text class="tick" x="{x(place):.1f}" y="{y}" text-anchor="middle">'
        f"{week.monday.day}.{week.monday.month}.</text>"
        for place, week in enumerate(weeks)
        if (len(weeks) - 1 - place) % 4 == 0
    )


def _tip(week: Week, words: Words) -> str:
    """What a pointer over a mark is told."""
    value, verdict = _minutes(week), week.verdicts[_REQUIREMENT]
    p80 = "–" if value is None else f"{words.number(value)} {words.minutes}"
    ratio = verdict.within_ratio
    share = "" if ratio is None else f", {words.share} {words.share_of(ratio)}"
    day = words.week_of.format(day=week.monday.isoformat())
    return f"<title>{escape(f'{day}: P80 {p80}{share}, n {week.figures.measured}')}</title>"
