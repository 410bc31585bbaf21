"""One objective of one series over weeks, months or years: its statistic, the share within, and how many missions.

Decides what each panel says of judged figures, in a speaker's words. A mean has no share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor.charts.drawing import Drawing, Point
from monitor.charts.panels import Panel, Stretch, stacked
from monitor.charts.scale import TIMES, ticks
from monitor.core.figures import Figures
from monitor.core.service import Objective
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import Verdict
from monitor.words import durations, names
from monitor.words.durations import Notation
from monitor.words.speaker import NONE, Speaker
from monitor.words.verdicts import STATES, share_reached

_STATISTIC, _SHARE, _COUNT = 130, 70, 44
"""Heights of the panels."""
_TICKS: Final = 5
_HEADROOM: Final = 1.35
"""Over the highest bar, for its figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of time, judged: `named` as in a sentence, `label` as under an axis."""

    named: str
    label: str
    running: bool
    figures: Figures
    verdict: Verdict

    @property
    def value(self) -> float | None:
        """The statistic as it is judged, in seconds."""
        seconds, objective = self.figures.values[self.verdict.objective.slug], self.verdict.objective
        return None if seconds is None else objective.rounding.read(seconds)


def over_time(
    say: Speaker,
    how: Notation,
    objective: Objective,
    stages: Sequence[Stage],
    *,
    name: str,
    title: str,
    shares: bool = True,
) -> Drawing:
    """The chart of at least one stretch; `shares`: whether the share within the threshold, if any, has a panel."""
    tips = [told(say, how, stage) for stage in stages]
    panels = [_statistic(say, how, objective, stages)]
    if shares and objective.percentile is not None and any(stage.verdict.share is not None for stage in stages):
        panels.append(_share(say, float(objective.percentile), stages))
    panels.append(_count(say, stages))
    stretches = [Stretch(stage.label, tip, stage.running) for stage, tip in zip(stages, tips, strict=True)]
    said = " ".join(f"{tip}." for stage, tip in zip(stages, tips, strict=True) if stage.value is not None)
    return stacked(name, title, said, stretches, panels)


def told(say: Speaker, how: Notation, stage: Stage) -> str:
    """A stretch in a line: "May 2024: P90 11.10 min, threshold 11, met, share within 81 %, n 84"."""
    verdict, objective = stage.verdict, stage.verdict.objective
    measured = f"n {say.count(stage.figures.of(objective).measured)}"
    parts = [f"{names.statistic(say, objective)} {NONE}"]
    if stage.value is not None:
        exact, target = stage.figures.exact[objective.slug], verdict.target_seconds
        value = durations.exactly(say, how, stage.value, target, exact=exact, rounding=objective.rounding)
        parts = [f"{names.statistic(say, objective)} {value} {say(how.value)}"]
        if target is not None:
            parts.append(f"{say('threshold')} {durations.plainly(say, how, target)}")
        parts.append(say(STATES[verdict.state]))
    if verdict.within_ratio is not None:
        parts.append(f"{say('share within')} {share_reached(say, verdict)}")
    return f"{stage.named}: {', '.join((*parts, measured))}"


def _point(stage: Stage, value: float | None, lower: float | None, upper: float | None) -> Point | None:
    """A mark of a stretch; one that runs, or may be chance, is hollow."""
    if value is None:
        return None
    hollow = stage.running or (stage.verdict.decided and stage.verdict.evidence is Evidence.NONE)
    return Point(value=value, lower=lower, upper=upper, state=stage.verdict.state, hollow=hollow)


def _statistic(say: Speaker, how: Notation, objective: Objective, stages: Sequence[Stage]) -> Panel:
    unit, around = how.unit, [stage.figures.intervals[objective.slug] for stage in stages]
    points = [
        _point(stage, stage.value, interval.lower, interval.upper)
        for stage, interval in zip(stages, around, strict=True)
    ]
    thresholds = [stage.verdict.target_seconds for stage in stages]
    low, high = _limits([one for one in points if one is not None], thresholds, unit)
    steps = TIMES if how is Notation.CLOCK else ()
    marked = [tick * unit for tick in ticks(low / unit, high / unit, most=_TICKS, steps=steps)]
    last = next((one for one in reversed(thresholds) if one is not None), None)
    exact = [stage.figures.exact[objective.slug] for stage in stages]
    return Panel(
        heading=f"{names.headed(names.statistic(say, objective))}, {say(how.value)}",
        height=_STATISTIC,
        low=low,
        high=high,
        ticks=[(tick, durations.plainly(say, how, tick)) for tick in marked],
        points=points,
        thresholds=thresholds,
        threshold="" if last is None else durations.plainly(say, how, last),
        figures=[
            ""
            if stage.value is None
            else durations.briefly(say, how, stage.value, target, exact=whole, rounding=objective.rounding)
            for stage, target, whole in zip(stages, thresholds, exact, strict=True)
        ],
    )


def _limits(points: Sequence[Point], thresholds: Sequence[float | None], unit: int) -> tuple[float, float]:
    """Room for results, thresholds and most of the intervals; not from zero, for the marks are no bars."""
    known = [one for one in thresholds if one is not None]
    low = [*known, *(max(one.lower or 0.0, 0.6 * one.value) for one in points), *(one.value for one in points)]
    high = [*known, *(min(one.upper or 2 * one.value, 1.6 * one.value) for one in points)]
    high += [one.value for one in points]
    room = max(0.12 * (max(high, default=unit) - min(low, default=0)), 0.5 * unit)
    return max(0.0, min(low, default=0) - room), max(high, default=unit) + room


def _share(say: Speaker, percent: float, stages: Sequence[Stage]) -> Panel:
    ratios = [stage.verdict.within_ratio for stage in stages]
    intervals = [stage.verdict.share for stage in stages]
    return Panel(
        heading=say("Share within the threshold, %"),
        height=_SHARE,
        low=0.0,
        high=100.0,
        ticks=[(0.0, "0"), (100.0, "100")],
        points=[
            _point(
                stage,
                None if ratio is None else 100 * ratio,
                None if around is None else 100 * around.lower,
                None if around is None else 100 * around.upper,
            )
            for stage, ratio, around in zip(stages, ratios, intervals, strict=True)
        ],
        thresholds=[percent] * len(stages),
        threshold=say.plain(percent),
        figures=[share_reached(say, stage.verdict) for stage in stages],
    )


def _count(say: Speaker, stages: Sequence[Stage]) -> Panel:
    measured = [stage.figures.of(stage.verdict.objective).measured for stage in stages]
    most = max(1, *measured)
    return Panel(
        heading=say("Measured missions"),
        height=_COUNT,
        low=0.0,
        high=_HEADROOM * most,
        ticks=[(0.0, "0"), (float(most), say.count(most))],
        bars=measured,
        figures=[say.count(count) for count in measured],
    )
