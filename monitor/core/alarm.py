"""Whether somebody should be told: the breach of one series' paging objectives, and their drift.

Only a change wakes anybody (`core.change`); how sure a breach is, is for working hours.

Decides from the missions in the order they rang, recomputed from scratch, so that history and correction always
agree. What may be looked at after every mission is decided by tests made for that (docs/statistics.md, with the
false alarms and delays that these parameters give); a bare "over its threshold" never is. Everything is judged
as of one moment, which stands still while the feed is silent: silence neither raises an alarm nor ends one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.core.calendar import Unit
from monitor.core.change import Change, change_of
from monitor.core.percent import Percent
from monitor.core.service import Duty, Objective
from monitor.core.slices import Grid
from monitor.core.stats import beta_mixture, binomial, chosen, cusum
from monitor.core.stats.beta_mixture import Watched
from monitor.core.stats.cusum import Drift, Shift
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

    Only a change pages, found by a CUSUM, which is made for being looked at all the time. That a period is missed is
    a ticket, by a test of that kind as well; so is the exact test of the last `window_days`, which is for one look.
    """

    period_page_alpha: float = chosen.PERIOD_PAGE_ALPHA
    period_warning_alpha: float = chosen.PERIOD_TICKET_ALPHA
    window_days: int = 28
    window_warning_p_value: float = chosen.WINDOW_TICKET_P_VALUE
    shift: Shift = chosen.DRIFT
    drift_threshold: float = chosen.DRIFT_PAGE_THRESHOLD
    drift_warning_threshold: float = chosen.DRIFT_TICKET_THRESHOLD
    baseline_days: int = 365
    watch_days: int = 90
    """The own-level drift watches this many days; its level is what the rest of `baseline_days` showed."""
    baseline_missions: int = 50
    """Fewer missions give no level of one's own."""


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

    `periods`: the anytime-valid evidence against the target, period to date. `change`: what may page; None of a pool.
    """

    level: Level
    change: Change | None
    drift: dict[Baseline, Drift | None]
    periods: dict[Unit, Watched]
    window_p_value: float


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
        ever = self._lates(Span(float("-inf"), ends.until))
        early = None if pooled else _drift(ever, rules.shift, rules.drift_warning_threshold)
        return Alarm(
            level=_level(
                rules,
                [periods[unit].p_value for unit in deciding(periods)],
                p_value,
                drifting=early is not None and early.alarm,
            ),
            change=None if pooled else self._change(ever, ends.until),
            drift={
                Baseline.TARGET: None if pooled else _drift(ever, rules.shift, rules.drift_threshold),
                Baseline.OWN_YEAR: None if pooled else self._own_drift(ends.until),
            },
            periods=periods,
            window_p_value=p_value,
        )

    def _lates(self, span: Span) -> NDArray[np.bool_]:
        return self.timeline.lates(self.objective, span)

    def _own_drift(self, until: float) -> Drift | None:
        before, recent = self._past_year(until)
        if len(before) < self.rules.baseline_missions:
            return None
        return _drift(recent, cusum.from_level(float(before.mean())), self.rules.drift_threshold)

    def _change(self, ever: NDArray[np.bool_], until: float) -> Change:
        before, recent = self._past_year(until)
        rules = self.rules
        return change_of(
            ever, recent, before, percent=self.percent, shift=rules.shift, threshold=rules.drift_threshold
        )

    def _past_year(self, until: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """What a series' own level is, and what is held against it."""
        rules, begins = self.rules, self.grid.floor(until - self.rules.watch_days * DAY)
        before = self._lates(Span(self.grid.floor(until - rules.baseline_days * DAY), begins))
        return before, self._lates(Span(begins, until))


def _level(rules: Rules, period_p_values: list[float], window_p_value: float, *, drifting: bool) -> Level:
    period = min(period_p_values, default=1.0)
    if period <= rules.period_page_alpha:
        return Level.BREACH
    if period <= rules.period_warning_alpha or window_p_value <= rules.window_warning_p_value or drifting:
        return Level.WARNING
    return Level.NONE


def _drift(lates: NDArray[np.bool_], shift: Shift, threshold: float) -> Drift | None:
    return cusum.watch(lates, shift, threshold) if len(lates) else None
