"""Looks back at a period: every series, by one set of parameters or two, with what came afterwards.

Decides how often a series is looked at, and how far ahead. Refuses to know where missions come from, and how what was
found is printed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count
from math import isnan
from typing import Final

import numpy as np

from monitor.alerts.rule import Severity
from monitor.backtest import calm
from monitor.backtest.document import Backtest, Evidence, Outcome, Told
from monitor.backtest.episodes import Episode, Seen, episodes, seen_at
from monitor.backtest.firing import DRIFTS, LEFT_OUT, firing
from monitor.backtest.parameters import differences
from monitor.backtest.what_if import Asked, what_if
from monitor.core import alarm
from monitor.core.alarm import DAY, Baseline, Rules, watched
from monitor.core.calendar import Period, Unit
from monitor.core.figures import Count
from monitor.core.hindsight import Hindsight, looked_at, of_series
from monitor.core.history import History
from monitor.core.service import Objective, Series, Service
from monitor.core.snapshot import over_period
from monitor.core.stats import chosen
from monitor.core.stats.day_correlation import DayCorrelation, day_correlation
from monitor.core.timeline import Timeline
from monitor.core.verdict import judge
from monitor.core.windows import Span, span_of

MOST_LOOKS: Final = 4_000
"""Of a series in a year. Where it has more missions, only every so many are looked at."""
AFTER_DAYS: Final = 90.0
FALL_TRIES: Final = 9
_YEAR: Final = 366 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a backtest is asked. `rules`: one set, or two that are compared. `fall`: a share (0 to 1)."""

    period: Period
    rules: Sequence[Rules]
    units: Sequence[Unit]
    what_if: Sequence[Asked] = ()
    calm_years: int = 0
    fall: float | None = None
    area: str | None = None
    category: str | None = None
    seed: int = 1

    def series(self, service: Service) -> list[Series]:
        """Those that are asked for and exist on some day of the period, as the service declares them."""
        last = self.period.after - timedelta(days=1)
        return [
            (area, category)
            for area, category in service.judged_series
            if self.area in (None, area)
            and self.category in (None, category)
            and service.lasts(area, self.period.first, last)
        ]

    def steps(self, service: Service) -> int:
        """Series to be looked at, at most, each as often as it is."""
        return len(self.series(service)) * len(self.rules) * (1 + self.calm_years + (self.fall is not None))


def known_until(history: History, period: Period, now: float) -> float | None:
    """The end of what is known of a period (epoch seconds): its own, or the newest mission's; None without any."""
    span = span_of(period, history.grid)
    newest = [at for one in history.whole() if (at := one.newest_at(min(now, span.end))) is not None]
    if not newest or max(newest) < span.start:
        return None
    later = any(one.size(Span(span.end, now + DAY)) for one in history.whole())
    return span.end if later else min(span.end, now, max(newest) + history.service.longest_seconds)


def look_back(
    history: History,
    asked: Question,
    *,
    until: float,
    now: float,
    abandoned_after_seconds: float,
    seen: Callable[[int], None] = lambda _done: None,
) -> Backtest:
    """Everything that was asked, of what is known `until` then (epoch seconds, `known_until`).

    `seen` is told how many series were looked at so far.
    """
    service, whole = history.service, span_of(asked.period, history.grid)
    span = Span(whole.start, until)
    listed = asked.series(service)
    objectives = [one for one, _ in watched(service.objectives)]
    past = [of_series(history, *series, asked.units, span) for series in listed] if objectives else []
    done = count(1)
    outcomes = [_outcome(past, rules, span, asked, lambda: seen(next(done))) for rules in asked.rules]
    paged = {(one.episode.area, one.episode.category) for found in outcomes for one in found.of(Severity.PAGE)}
    judged = partial(over_period, history, now=now, abandoned_after_seconds=abandoned_after_seconds)
    months = [(month, judged(month, only=paged)) for month in history.grid.calendar.months(asked.period)]
    return Backtest(
        service=service,
        grid=history.grid,
        period=asked.period,
        span=span,
        whole=until >= whole.end,
        watched=objectives,
        outcomes=outcomes,
        what_ifs=[
            one
            for question in asked.what_if
            for one in what_if(
                history, asked.period, question, now=now, abandoned_after_seconds=abandoned_after_seconds
            )
            if (one.area, one.category) in listed
        ],
        months={
            series: [(month, row) for month, rows in months for row in rows if (row.area, row.category) == series]
            for series in listed
            if series in paged
        },
        together=_together([one for one in past if _can_page(one, span)], objectives, until),
        not_asked=LEFT_OUT,
    )


def _together(past: Sequence[Hindsight], objectives: Sequence[Objective], until: float) -> dict[str, DayCorrelation]:
    # Those that missions name: of a pool beside its parts each mission would count twice.
    whole = [one.whole() for one in past if one.category in one.service.leaf_categories]
    found = {
        one.slug: day_correlation(
            (timeline.days(one, until, past[0].grid) for timeline in whole), usual=chosen.DAY_CORRELATION
        )
        for one in objectives
    }
    return {slug: one for slug, one in found.items() if one is not None}


def _outcome(
    past: Sequence[Hindsight], rules: Rules, span: Span, asked: Question, seen: Callable[[], None]
) -> Outcome:
    told: list[Told] = []
    looks = 0
    for one in past:
        found, looked = _of_series(one, rules, span)
        told += found
        looks += looked
        seen()
    told.sort(key=lambda one: (one.episode.begin, one.episode.area, one.episode.category, one.episode.alert))
    paging = [one for one in past if _can_page(one, span)]
    study = calm.Study(past=paging, rules=rules, span=span, look=_seen, seed=asked.seed, seen=seen)
    return Outcome(
        rules=rules,
        changed=differences(Rules(), rules),
        told=told,
        looks=looks,
        calm=study.calm_years(asked.calm_years) if asked.calm_years else None,
        falls=None if asked.fall is None else study.falls(asked.fall, FALL_TRIES),
    )


def _of_series(one: Hindsight, rules: Rules, span: Span) -> tuple[list[Told], int]:
    moments = looked_at(one, span).tolist()
    most = max(1.0, MOST_LOOKS * (span.end - span.start) / _YEAR)
    looks = count()

    def look(at: float) -> Seen:
        next(looks)
        return _seen(one, rules, at)

    seen = seen_at(moments, look, stride=1 + int(len(moments) // most))
    whole = one.whole()
    return [_told(one, whole, rules, each, span) for each in episodes(one.area, one.category, seen)], next(looks)


def _told(one: Hindsight, whole: Timeline, rules: Rules, episode: Episode, span: Span) -> Told:
    objective = one.service.objective(episode.objective)
    after = Span(episode.begin, max(episode.begin, min(episode.begin + AFTER_DAYS * DAY, span.end)))
    later = _count(whole, objective, after)
    target = float(one.judge(objective, np.array([episode.begin]))[0])
    return Told(
        episode=episode,
        evidence=_evidence(one, rules, episode, objective),
        after=judge(
            objective, later, target_seconds=None if isnan(target) else target, measured=later.judged, stale=False
        ),
        after_days=(after.end - after.start) / DAY,
    )


def _evidence(one: Hindsight, rules: Rules, episode: Episode, objective: Objective) -> Evidence:
    """What the alert stands on: the drift, where it is about one, else the first test that explains it."""
    known, found, at = one.known(episode.begin), episode.alarm, episode.begin
    month = Span(one.grid.floor(at - rules.window_days * DAY), one.grid.floor(at) + one.grid.seconds)
    recent = partial(Evidence, window=f"{rules.window_days}d", count=_count(known, objective, month))
    about = DRIFTS.get(episode.alert)
    if about is not None and (drift := found.drift[about]) is not None:
        return recent(value=drift.score, limit=rules.drift_threshold, is_score=True)
    periods = {unit: found.periods[unit].p_value for unit in alarm.deciding(one.units)}
    for unit, p_value in sorted(periods.items(), key=lambda period: period[1]):
        for limit in (rules.period_page_alpha, rules.period_warning_alpha):
            if p_value <= limit:
                so_far = _count(known, objective, alarm.to_date((unit,), at, one.grid)[unit])
                return Evidence(window=unit, count=so_far, value=p_value, limit=limit)
    early = found.drift[Baseline.TARGET]
    if found.window_p_value <= rules.window_warning_p_value or early is None:
        return recent(value=found.window_p_value, limit=rules.window_warning_p_value)
    return recent(value=early.score, limit=rules.drift_warning_threshold, is_score=True)


def _count(timeline: Timeline, objective: Objective, span: Span) -> Count:
    return timeline.within_span(span, abandoned_before=float("-inf")).counts[objective.slug]


def _seen(one: Hindsight, rules: Rules, at: float) -> Seen:
    alarms = one.alarms(rules, at)
    return Seen(fires=firing(alarms, leaf=_leaf(one, at)), alarms=alarms)


def _leaf(one: Hindsight, at: float) -> bool:
    return one.service.is_leaf(one.area, date.fromordinal(one.grid.day_of(at)))


def _can_page(one: Hindsight, span: Span) -> bool:
    """An area that missions name, with missions."""
    return _leaf(one, span.end - 1) and bool(len(one.moments(span)))
