"""Whether somebody should be told: the breach of one series' paging objectives, and their drift.

Only what has begun wakes anybody (`core.onset`); how sure a breach is, is for working hours.

Decides from the missions in the order they rang (drift: from the counts of all days, sealed or not), recomputed from
scratch, so that history and correction always agree. What may be looked at after every mission is decided by tests
made for that (docs/statistics.md, with the false alarms and delays that these parameters give); a bare "over its
threshold" never is. Everything is judged as of one moment, which stands still while the feed is silent: silence
neither raises an alarm nor ends one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.core.calendar import Unit
from monitor.core.day_counts import DayCounts
from monitor.core.digest import Floats
from monitor.core.drift import Chart
from monitor.core.onset import Onset, onset_of
from monitor.core.percent import Percent
from monitor.core.service import Duty, Objective
from monitor.core.slices import Grid
from monitor.core.stats import beta_mixture, binomial, chosen, cusum
from monitor.core.stats.beta_mixture import Watched
from monitor.core.stats.cusum import Drift, Shift
from monitor.core.stats.dispersion import Dispersion, dispersion
from monitor.core.timeline import Kept, Timeline
from monitor.core.windows import PARTS, Span, Window

DAY: Final = 86_400.0


class Level(StrEnum):
    """How sure it is that the objective is not met; the value is the metric label. None of them wakes anybody."""

    NONE = "none"
    WARNING = "warning"
    BREACH = "breach"


class Baseline(StrEnum):
    """What a drift is measured from; the value is the metric label."""

    TARGET = "target"
    OWN_YEAR = "own_year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The parameters; the defaults are those chosen by simulation (`stats.chosen`, docs/statistics.md).

    Only an onset pages, found by a CUSUM, which is made for being looked at all the time. That a period is missed is
    a ticket, by a test of that kind as well; so is the exact test of the last `window_days`, which is for one look.
    """

    period_page_alpha: float = chosen.PERIOD_PAGE_ALPHA
    period_warning_alpha: float = chosen.PERIOD_TICKET_ALPHA
    window_days: int = 28
    window_warning_p_value: float = chosen.WINDOW_TICKET_P_VALUE
    shift: Shift = chosen.DRIFT
    """Of an objective of `chosen.PERCENT` per cent; of another, and of a series' own level, as large in odds."""
    correlation: float = chosen.DAY_CORRELATION
    per_volume: float = chosen.DRIFT_PER_VOLUME
    drift_threshold: float = chosen.DRIFT_PAGE_THRESHOLD
    drift_warning_threshold: float = chosen.DRIFT_TICKET_THRESHOLD
    baseline_days: int = 365
    watch_days: int = 90
    """A day's own level is what the `baseline_days` before it showed, but for the last so many of them."""
    baseline_missions: int = 50
    """Fewer missions give no level of one's own."""

    def __post_init__(self) -> None:
        """Raises ValueError where parameters cannot be together, or at all."""
        if not 0 < self.correlation < 1:
            raise ValueError(f"correlation={self.correlation:g}: must be above 0 and below 1")
        if self.watch_days >= self.baseline_days:
            raise ValueError(f"watch_days={self.watch_days}: must be below baseline_days={self.baseline_days}")

    @property
    def chart(self) -> Chart:
        """What a day says for drift."""
        return Chart(shift=self.shift, correlation=self.correlation, per_volume=self.per_volume)


def periods_of(windows: Iterable[Window]) -> tuple[Unit, ...]:
    """The periods whose evidence is watched to date: those of the calendar that the service is judged by."""
    return tuple(window.unit for window in windows if window.unit is not None)


def to_date(units: Iterable[Unit], as_of: float, grid: Grid) -> dict[Unit, Span]:
    """The periods that hold a moment (epoch seconds), each up to it."""
    spans = {unit: Window(unit, unit=unit).span(as_of, grid) for unit in units}
    return {unit: span for unit, span in spans.items() if span is not None}


def deciding(units: Iterable[Unit]) -> tuple[Unit, ...]:
    """Those of them that decide: the year, and the shortest part of it that the service is judged by.

    Two tests, as were simulated: every further one would page for nothing as well. Evidence for the week, the month
    or a second part of the year is only shown.
    """
    part = [one for one in PARTS if one in units][:1]
    return (*part, *(one for one in units if one == "year"))


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the tests say of one objective of a series. `drift` by baseline, None where there is no level for it.

    `periods`: the anytime-valid evidence against the target, period to date. `onset`: what may page; None of a pool.
    `spread`: how far the missions of a day, and of a month, hang together, for who tunes; nothing is decided by it.
    Empty for a pool.
    """

    level: Level
    onset: Onset | None
    drift: dict[Baseline, Drift | None]
    periods: dict[Unit, Watched]
    window_p_value: float
    spread: dict[str, Dispersion] = field(default_factory=dict)


def watched(objectives: Iterable[Objective]) -> list[tuple[Objective, Percent]]:
    """The objectives that have an alarm: those that page, and for which that was simulated."""
    return [
        (one, one.percentile)
        for one in objectives
        if one.duty is Duty.PAGE and one.percentile is not None and chosen.simulated(one.percentile)
    ]


_ALARMS: Final = Kept[dict[str, Alarm]]()


def assess(
    timeline: Timeline, rules: Rules, spans: Mapping[Unit, Span], *, as_of: float, grid: Grid, pooled: bool
) -> dict[str, Alarm]:
    """The alarms of a series as of a moment (epoch seconds), by objective; none where none is watched.

    `spans`: the periods watched, up to that moment (`to_date`). A pool has no drift (`pooled`): its parts have.
    """
    until = grid.floor(as_of) + grid.seconds
    # Costly and the same from hour to hour, as long as no mission comes or is corrected: kept with the timeline.
    return timeline.derived(
        _ALARMS,
        (rules, spans, until, pooled),
        lambda: {
            one.slug: _Watch(timeline, one, percent, rules, grid).alarm(spans, Ends(as_of, until), pooled=pooled)
            for one, percent in watched(timeline.objectives)
        },
    )


class Ends(NamedTuple):
    """The moment judged, and the end of the slice that holds it (epoch seconds)."""

    as_of: float
    until: float


@dataclass(frozen=True, slots=True)
class _ByDay:
    """What the counts of local days say, whatever the time is."""

    drifting: bool
    """A ticket's worth."""
    onset: Onset | None
    drift: dict[Baseline, Drift | None]
    spread: dict[str, Dispersion]


_BY_DAY: Final = Kept[_ByDay]()
_NO_DAYS: Final = _ByDay(drifting=False, onset=None, drift=dict.fromkeys(Baseline), spread={})
"""Of a pool: its parts have them."""


@dataclass(frozen=True, slots=True)
class _Watch:
    timeline: Timeline
    objective: Objective
    percent: Percent
    rules: Rules
    grid: Grid

    def alarm(self, spans: Mapping[Unit, Span], ends: Ends, *, pooled: bool) -> Alarm:
        rules = self.rules
        periods = {unit: beta_mixture.watch(self._lates(span), self.percent) for unit, span in spans.items()}
        recent = self._lates(Span(self.grid.floor(ends.as_of - rules.window_days * DAY), ends.until))
        p_value = binomial.breach_p_value(int(len(recent) - recent.sum()), len(recent), self.percent)
        # The clock alone changes nothing of these: judged anew when a mission came, and not with every hour.
        by_day = _NO_DAYS if pooled else self.timeline.derived(
            _BY_DAY, (rules, self.timeline.known_until(ends.until)), lambda: self._by_day(ends.until),
            part=self.objective.slug,
        )  # fmt: skip
        return Alarm(
            level=_level(
                rules,
                [periods[unit].p_value for unit in deciding(periods)],
                p_value,
                drifting=by_day.drifting,
            ),
            onset=by_day.onset,
            drift=by_day.drift,
            periods=periods,
            window_p_value=p_value,
            spread=by_day.spread,
        )

    def _by_day(self, until: float) -> "_ByDay":
        rules = self.rules
        days = self.timeline.days(self.objective, until, self.grid)
        steps = rules.chart.over_target(days, self.percent)
        early = _drift(steps, rules.drift_warning_threshold)
        return _ByDay(
            drifting=early is not None and early.alarm,
            onset=onset_of(
                days, rules.chart, self.percent, threshold=rules.drift_threshold,
                lag_days=rules.watch_days, length_days=rules.baseline_days - rules.watch_days,
            ),
            drift={
                Baseline.TARGET: _drift(steps, rules.drift_threshold),
                Baseline.OWN_YEAR: _own_drift(days, rules),
            },
            spread={"day": dispersion(days.judged, days.late), "month": dispersion(*days.by_month())},
        )  # fmt: skip

    def _lates(self, span: Span) -> NDArray[np.bool_]:
        return self.timeline.lates(self.objective, span)


def _level(rules: Rules, period_p_values: list[float], window_p_value: float, *, drifting: bool) -> Level:
    period = min(period_p_values, default=1.0)
    if period <= rules.period_page_alpha:
        return Level.BREACH
    if period <= rules.period_warning_alpha or window_p_value <= rules.window_warning_p_value or drifting:
        return Level.WARNING
    return Level.NONE


def _drift(steps: Floats, threshold: float) -> Drift | None:
    return cusum.watch(steps, threshold) if len(steps) else None


def _own_drift(days: DayCounts, rules: Rules) -> Drift | None:
    """Of the days that had a level; None where the newest has none."""
    steps = rules.chart.over_own_level(
        days,
        lag_days=rules.watch_days,
        length_days=rules.baseline_days - rules.watch_days,
        least=rules.baseline_missions,
    )
    return _drift(steps[~np.isnan(steps)], rules.drift_threshold) if len(steps) and not np.isnan(steps[-1]) else None
