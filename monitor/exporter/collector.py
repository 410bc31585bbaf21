"""The published state as Prometheus metrics, made from one immutable value.

Decides which figure becomes which sample; names and labels are the vocabulary's. No I/O, no clock, no state of its
own. What NaN and absence mean is told in `monitor.metrics`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, get_args

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from monitor import metrics
from monitor.core import restated
from monitor.core.alarm import Alarm
from monitor.core.calendar import Unit
from monitor.core.figures import ClockFigures
from monitor.core.mission import Cause, Reason, instant
from monitor.core.outcomes import Outcome
from monitor.core.service import Clock, Statistic, named
from monitor.core.snapshot import Row, Standing
from monitor.core.stored import Head
from monitor.metrics import Metric
from monitor.published import Published

CALENDAR: Final = frozenset(get_args(Unit))
"""Windows that are official periods: they have a budget to spend, a rolling one gets back what it spent."""
LANGUAGE: Final = "en"
"""Of names in metrics."""


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """What people call an area, and the slug of the one that it lies within today; empty for the root."""

    name: str
    within: str = ""


class PublishedCollector(Collector):
    """Tells of one state, in those of its windows; `areas` says what is told of its areas."""

    def __init__(
        self,
        published: Published,
        *,
        windows: Iterable[str],
        areas: Callable[[Published], Mapping[str, AreaInfo]] = lambda _: {},
    ) -> None:
        self._published = published
        self._windows = frozenset(windows)
        self._areas = areas

    def collect(self) -> Iterable[Family]:
        """All families, in the order of the vocabulary."""
        published = self._published
        telling = _Telling(published)
        for row in published.snapshot.rows:
            if row.window in self._windows:
                telling.row(row)
        for standing in published.snapshot.standings:
            telling.standing(standing)
        telling.whole(self._areas(published))
        return telling.families.values()


class _Telling:
    """Which figure is which sample."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._service = published.snapshot.service
        self.families = {metric.name: _family(metric) for metric in metrics.EXPORTER}
        self._into = {metric.name: (metric.labels, self.families[metric.name].samples) for metric in metrics.EXPORTER}

    def _add(self, metric: Metric, value: float | None, *labels: str) -> None:
        """One sample; None is told as NaN. Labels in the vocabulary's order, without the service's."""
        told = math.nan if value is None else float(value)
        names, samples = self._into[metric.name]
        samples.append(Sample(metric.name, dict(zip(names, (self._service.slug, *labels), strict=True)), told))

    def _known(self, value: float) -> float | None:
        """A count: not known as long as nothing was read."""
        return value if self._published.loaded else None

    def row(self, row: Row) -> None:
        """One series in one window."""
        series, figures = (row.area, row.category), row.figures
        for clock in self._service.clocks:
            self._clock(row, clock, figures.clocks[clock.slug])
        if row.span is not None:
            self._add(metrics.RESPONSE_MISSIONS_EXCLUDED, self._known(figures.excluded), *series, row.window)
        for slug, verdict in row.verdicts.items():
            place, interval = (*series, slug, row.window), figures.intervals[slug]
            self._add(metrics.RESPONSE_TIME_SECONDS, figures.values[slug], *place)
            self._add(metrics.RESPONSE_TIME_LOWER_SECONDS, interval.lower, *place)
            self._add(metrics.RESPONSE_TIME_UPPER_SECONDS, interval.upper, *place)
            self._add(metrics.RESPONSE_MISSIONS_JUDGED, self._known(verdict.judged), *place)
            self._add(metrics.RESPONSE_VERDICT, metrics.VERDICTS[verdict.state, verdict.evidence], *place)
            if verdict.objective.statistic is Statistic.PERCENTILE:
                self._add(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, self._known(verdict.within or 0), *place)
                if row.window in CALENDAR:
                    self._add(metrics.RESPONSE_LATE_BUDGET_MISSIONS, verdict.late_budget, *place)
            elif row.window in CALENDAR:
                self._add(metrics.RESPONSE_SPARE_SECONDS, verdict.spare_seconds, *place)

    def _clock(self, row: Row, clock: Clock, figures: ClockFigures) -> None:
        place = (row.area, row.category, clock.slug)
        self._add(metrics.RESPONSE_MISSIONS_MEASURED, self._known(figures.measured), *place, row.window)
        if row.span is not None:
            unmeasured = self._known(figures.unmeasured_total)
            self._add(metrics.RESPONSE_MISSIONS_UNMEASURED, unmeasured, *place, row.window)
        if row.window == metrics.UNMEASURED_WINDOW:
            for cause in Cause:
                count = figures.unmeasured.get(cause, 0)
                if count or _expected(cause, clock):
                    by_cause = metrics.RESPONSE_MISSIONS_UNMEASURED_BY_CAUSE
                    self._add(by_cause, self._known(count), *place, cause, row.window)

    def standing(self, standing: Standing) -> None:
        """One series now."""
        series = (standing.area, standing.category)
        for slug, target in standing.targets.items():
            self._add(metrics.RESPONSE_TIME_TARGET_SECONDS, target, *series, slug)
        self._add(metrics.RESPONSE_MISSIONS_OPEN, self._known(standing.in_progress.open), *series)
        self._add(metrics.RESPONSE_MISSIONS_OVERDUE, self._known(standing.in_progress.overdue), *series)
        self._add(metrics.RESPONSE_MISSIONS_PRESUMED_REACHED, self._known(standing.in_progress.presumed), *series)
        self._add(metrics.RESPONSE_LAST_MISSION_TIMESTAMP_SECONDS, standing.last_rang_at, *series)
        for slug, alarm in standing.alarms.items():
            self._alarm(alarm, (*series, slug))

    def _alarm(self, alarm: Alarm, place: tuple[str, str, str]) -> None:
        self._add(metrics.RESPONSE_BREACH_LEVEL, self._known(metrics.BREACHES[alarm.level]), *place)
        self._add(metrics.RESPONSE_BREACH_P_VALUE, self._known(alarm.window_p_value), *place)
        change = None if alarm.onset is None else self._known(metrics.CHANGES[alarm.onset])
        self._add(metrics.RESPONSE_CHANGE_LEVEL, change, *place)
        for baseline, drift in alarm.drift.items():
            self._add(metrics.RESPONSE_DRIFT_SCORE, None if drift is None else drift.score, *place, baseline)
            self._add(metrics.RESPONSE_DRIFT_ALARM, None if drift is None else drift.alarm, *place, baseline)
        for unit, seen in alarm.periods.items():
            self._add(metrics.RESPONSE_PERIOD_E_VALUE, self._known(seen.highest), *place, unit)

    def whole(self, areas: Mapping[str, AreaInfo]) -> None:
        """What is told once, whatever the series."""
        service = self._service
        told = {area: areas.get(area, AreaInfo(area)) for area in service.judged_areas}
        for area, name in _apart({area: one.name for area, one in told.items()}).items():
            self._add(metrics.RESPONSE_AREA_INFO, 1, area, told[area].within, self._kind(area), name)
        called = _apart({one.slug: named(one.names, LANGUAGE, one.slug) for one in service.categories})
        for category in service.categories:
            kind = metrics.LEAF if category.slug in service.leaf_categories else metrics.POOL
            place = (category.slug, category.within or "", kind)
            self._add(metrics.RESPONSE_CATEGORY_INFO, 1, *place, called[category.slug])
        for one in service.objectives:
            percentile = "" if one.percentile is None else f"{one.percentile:g}"
            self._add(metrics.RESPONSE_OBJECTIVE_INFO, 1, one.slug, one.clock, one.statistic, percentile, one.duty)
            if one.percentile is not None:
                self._add(metrics.RESPONSE_OBJECTIVE_RATIO, float(one.percentile) / 100, one.slug)
        if self._published.loaded:
            self._counters(self._published.heads)
        self._pipeline()

    def _kind(self, area: str) -> str:
        """As of today, where a day more or less matters to nobody."""
        service, today = self._service, instant(self._published.snapshot.at).date()
        if not service.lasts(area, today, today):
            return metrics.FORMER
        return metrics.LEAF if service.is_leaf(area, today) else metrics.POOL

    def _counters(self, heads: Mapping[int, Head]) -> None:
        outcomes = _total(Outcome, (head.outcomes for head in heads.values()))
        for outcome, count in outcomes.items():
            self._add(metrics.EVENTS, count, outcome)
        for reason, count in _total(Reason, (head.dead_letters for head in heads.values())).items():
            self._add(metrics.DEAD_LETTERS, count, reason)
        self._add(metrics.SEALED_EARLY, sum(head.sealed_early for head in heads.values()))
        self._add(metrics.LOST_OFFSETS, sum(head.lost_offsets for head in heads.values()))
        self._add(metrics.RECORDS_AHEAD, sum(head.records_ahead for head in heads.values()))
        self._add(metrics.MOVED_ACROSS_PERIODS, sum(restated.total(head.moves) for head in heads.values()))
        for partition, head in sorted(heads.items()):
            self._add(metrics.NEXT_OFFSET, head.next_offset, str(partition))
            self._add(metrics.WATERMARK_TIMESTAMP_SECONDS, head.watermark, str(partition))

    def _pipeline(self) -> None:
        published = self._published
        snapshot = published.snapshot
        tracked = sum(head.missions for head in published.heads.values())
        self._add(metrics.MISSIONS_TRACKED, self._known(tracked))
        self._add(metrics.MISSIONS_LEFT_OUT, self._known(sum(snapshot.left_out.values())))
        self._add(metrics.LAST_RECORD_TIMESTAMP_SECONDS, snapshot.last_record_at)
        for area, missions in snapshot.overdue_limits.items():
            self._add(metrics.RESPONSE_OVERDUE_LIMIT_MISSIONS, self._known(missions), area)
        self._add(metrics.FEED_STALE, self._known(snapshot.stale))
        self._add(metrics.FEED_PATIENCE_SECONDS, self._known(snapshot.patience_seconds))
        self._add(metrics.STORE_UP, published.store_up)
        self._add(metrics.STORE_READ_TIMESTAMP_SECONDS, published.read_at)
        self._workforce()
        self._add(metrics.SNAPSHOT_TIMESTAMP_SECONDS, snapshot.at)

    def _workforce(self) -> None:
        workforce = self._published.workforce
        self._add(metrics.WORKERS, None if workforce is None else workforce.workers)
        held, slowed = (None, None) if workforce is None else (workforce.held, workforce.slowed)
        for metric, those in ((metrics.PARTITION_HELD, held), (metrics.PARTITION_SLOWED, slowed)):
            for partition in sorted(self._published.heads.keys() | (held or frozenset())):
                self._add(metric, None if those is None else partition in those, str(partition))


def _expected(cause: Cause, clock: Clock) -> bool:
    """Whether missions may have it: those that only older programs gave, or that the clock does not know, may not."""
    if cause is Cause.TOO_SHORT:
        return clock.shortest_seconds > 0
    return cause is not Cause.UNKNOWN


def _apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names by slug; what is called the same is told apart by its slug, or a table would show one for the other."""
    often = Counter(names.values())
    return {slug: name if often[name] == 1 else f"{name} ({slug})" for slug, name in names.items()}


def _family(metric: Metric) -> Family:
    name = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
    return Family(name, metric.help, metric.kind)


def _total(known: Iterable[str], parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name: every known one, and whatever a newer program has stored beside them."""
    totals = {str(name): 0 for name in known}
    for name, count in chain.from_iterable(part.items() for part in parts):
        totals[name] = totals.get(name, 0) + count
    return totals
