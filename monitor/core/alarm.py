"""Whether somebody should be told: the requirement's breach, and drift, of one series.

Decides from the missions in the order they rang, recomputed from scratch, so that history and correction always
agree. What may be looked at after every mission is decided by tests made for that (docs/statistics.md, with the
false alarms and delays that these parameters give); a bare "P80 over requirement" never is. Everything is judged
as of one moment, which stands still while the feed is silent: silence neither raises an alarm nor ends one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.slices import Grid
from monitor.core.stats import beta_mixture, binomial, cusum
from monitor.core.stats.beta_mixture import Watched
from monitor.core.stats.cusum import Drift, Shift
from monitor.core.timeline import PERCENTS, Timeline
from monitor.core.windows import Span, Unit, Window

DAY: Final = 86_400.0
REQUIREMENT: Final = 80


class Level(StrEnum):
    """What to do about the requirement; the value is the metric label."""

    NONE = "none"
    WARNING = "warning"
    PAGE = "page"


class Baseline(StrEnum):
    """What a drift is measured from; the value is the metric label."""

    REQUIREMENT = "requirement"
    OWN_YEAR = "own_year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The parameters, chosen by simulation (benchmarks/alert_quality.py). Alphas are chances of a false alarm."""

    period_page_alpha: float = 0.005
    period_warning_alpha: float = 0.05
    window_days: int = 28
    window_page_alpha: float = 0.0001
    window_warning_alpha: float = 0.01
    shift: Shift = field(default_factory=lambda: Shift(0.20, 0.40))
    drift_threshold: float = 6.5
    baseline_days: int = 365
    watch_days: int = 90
    """The own-level drift watches this many days; its level is what the rest of `baseline_days` showed."""
    baseline_missions: int = 50
    """Fewer missions give no level of one's own."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the tests say of one series. `drift` by baseline, None where there are too few missions for a level.

    `periods` by (unit, percentile): the anytime-valid evidence against the target, period to date.
    """

    level: Level
    drift: dict[Baseline, Drift | None]
    periods: dict[tuple[Unit, int], Watched]
    window_p_value: float


def assess(timeline: Timeline, rules: Rules, units: tuple[Unit, ...], *, as_of: float, grid: Grid) -> Alarm:
    """The alarm of a series as of a moment (epoch seconds)."""
    until = grid.floor(as_of) + grid.seconds
    spans = {unit: Window(unit, unit=unit).span(as_of, grid) for unit in units}
    # Costly and the same from hour to hour, as long as no mission comes or is corrected: kept with the timeline.
    periods, drift = timeline.derived(
        ("alarm", rules, tuple(spans.items()), until),
        lambda: (_periods(timeline, spans), _drifts(timeline, rules, grid, until)),
    )
    recent = timeline.lates(REQUIREMENT, Span(grid.floor(as_of - rules.window_days * DAY), until))
    p_value = binomial.breach_p_value(int(len(recent) - recent.sum()), len(recent), REQUIREMENT)
    level = _level(rules, [seen.p_value for (_, percent), seen in periods.items() if percent == REQUIREMENT], p_value)
    return Alarm(level=level, drift=drift, periods=periods, window_p_value=p_value)


def _periods(timeline: Timeline, spans: Mapping[Unit, Span | None]) -> dict[tuple[Unit, int], Watched]:
    return {
        (unit, percent): beta_mixture.watch(timeline.lates(percent, span), percent)
        for unit, span in spans.items()
        if span is not None
        for percent in PERCENTS
    }


def _drifts(timeline: Timeline, rules: Rules, grid: Grid, until: float) -> dict[Baseline, Drift | None]:
    return {
        Baseline.REQUIREMENT: _drift(timeline.lates(REQUIREMENT, Span(float("-inf"), until)), rules.shift, rules),
        Baseline.OWN_YEAR: _own_drift(timeline, rules, grid, until),
    }


def _level(rules: Rules, period_p_values: list[float], window_p_value: float) -> Level:
    period = min(period_p_values, default=1.0)
    if period <= rules.period_page_alpha or window_p_value <= rules.window_page_alpha:
        return Level.PAGE
    if period <= rules.period_warning_alpha or window_p_value <= rules.window_warning_alpha:
        return Level.WARNING
    return Level.NONE


def _own_drift(timeline: Timeline, rules: Rules, grid: Grid, until: float) -> Drift | None:
    begins = grid.floor(until - rules.watch_days * DAY)
    before = timeline.lates(REQUIREMENT, Span(grid.floor(until - rules.baseline_days * DAY), begins))
    if len(before) < rules.baseline_missions:
        return None
    return _drift(timeline.lates(REQUIREMENT, Span(begins, until)), cusum.from_level(float(before.mean())), rules)


def _drift(lates: NDArray[np.bool_], shift: Shift, rules: Rules) -> Drift | None:
    return cusum.watch(lates, shift, rules.drift_threshold) if len(lates) else None
