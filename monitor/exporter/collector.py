"""The published state as Prometheus metrics, made from one immutable value.

Decides which figure becomes which sample; names and labels are the vocabulary's. No I/O, no clock, no state of its
own. What NaN and absence mean is told in `monitor.exporter.metrics`.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from monitor.core import restated
from monitor.core.alarm import Alarm, Level
from monitor.core.ledger import Outcome
from monitor.core.mission import Reason
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.binomial import Evidence
from monitor.core.stored import Head
from monitor.core.verdict import State, Verdict
from monitor.exporter import metrics
from monitor.exporter.metrics import Metric
from monitor.exporter.published import Published

Add = Callable[[Metric, float | None, tuple[str, ...]], object]
"""Takes a metric, its value (None: NaN), and its labels in the vocabulary's order."""


AddStates = Callable[[Metric, Iterable[str], str, tuple[str, ...]], object]
"""Takes a metric, all states, the present one, and the labels before the last, which names the state."""


class PublishedCollector(Collector):
    """Registers like any collector; `current` returns the state to expose, `names` those of its areas."""

    def __init__(
        self,
        current: Callable[[], Published],
        *,
        names: Callable[[Published], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._current = current
        self._names = names

    def describe(self) -> Iterable[Family]:
        """The families without samples, so that registering needs no state."""
        return describe()

    def collect(self) -> Iterable[Family]:
        """All families, in the order of the vocabulary."""
        published = self._current()
        families = {metric.name: _family(metric) for metric in metrics.EXPORTER}

        def add(metric: Metric, value: float | None, labels: tuple[str, ...]) -> None:
            told = math.nan if value is None else float(value)
            names = dict(zip(metric.labels, labels, strict=True))
            families[metric.name].samples.append(Sample(metric.name, names, told))

        def add_states(metric: Metric, states: Iterable[str], present: str, labels: tuple[str, ...]) -> None:
            for state in states:
                add(metric, state is present, (*labels, state))

        telling = Telling(published, add, add_states)
        for row in published.snapshot.rows:
            telling.row(row)
        for standing in published.snapshot.standings:
            telling.standing(standing)
        telling.whole(self._names(published))
        return families.values()


def describe() -> list[Family]:
    """The families of the vocabulary, without samples."""
    return [_family(metric) for metric in metrics.EXPORTER]


class Telling:
    """Which figure is which sample: hands metric, value and labels of each to `add`, always in the same order.

    One series in one window has two sets of states among its two dozen samples; `add_states` gets each as one.
    """

    def __init__(self, published: Published, add: Add, add_states: AddStates) -> None:
        self._published = published
        self._add = add
        self._add_states = add_states

    def whole(self, names: Mapping[str, str]) -> None:
        """What is told once, whatever the series."""
        for area in dict.fromkeys(standing.area for standing in self._published.snapshot.standings):
            self._add(metrics.RESPONSE_DISTRICT_INFO, 1, (area, names.get(area, area)))
        if self._published.loaded:
            self._counters(self._published.heads)
        self._pipeline()

    def _known(self, value: float) -> float | None:
        """A count: not known as long as nothing was read."""
        return value if self._published.loaded else None

    def row(self, row: Row) -> None:
        """One series in one window."""
        labels = (row.area, row.category, row.window)
        figures = row.figures
        self._add(metrics.RESPONSE_TIME_EXACT, self._known(figures.exact), labels)
        self._add(metrics.RESPONSE_MISSIONS_MEASURED, self._known(figures.measured), labels)
        if row.span is not None:
            self._add(metrics.RESPONSE_MISSIONS_UNMEASURED, self._known(figures.unmeasured), labels)
            self._add(metrics.RESPONSE_MISSIONS_EXCLUDED, self._known(figures.excluded), labels)
        for slug, verdict in row.verdicts.items():
            place = (*labels, str(verdict.objective.percentile))
            self._add(metrics.RESPONSE_TIME_SECONDS, figures.values[slug], place)
            self._add(metrics.RESPONSE_MISSIONS_JUDGED, self._known(verdict.judged), place)
            self._add(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, self._known(verdict.within), place)
            self._add(metrics.RESPONSE_WITHIN_TARGET_RATIO, verdict.within_ratio, place)
            self._add(metrics.RESPONSE_LATE_BUDGET_MISSIONS, verdict.late_budget, place)
            self._add_states(metrics.RESPONSE_COMPLIANCE, State, verdict.state, place)
            self._certainty(row, verdict, place)

    def _certainty(self, row: Row, verdict: Verdict, place: tuple[str, ...]) -> None:
        interval = row.figures.intervals[verdict.objective.slug]
        share, bounds = verdict.share, verdict.bounds
        self._add(metrics.RESPONSE_TIME_LOWER_SECONDS, interval.lower, place)
        self._add(metrics.RESPONSE_TIME_UPPER_SECONDS, interval.upper, place)
        self._add(metrics.RESPONSE_WITHIN_TARGET_LOWER_RATIO, share.lower if share else None, place)
        self._add(metrics.RESPONSE_WITHIN_TARGET_UPPER_RATIO, share.upper if share else None, place)
        if row.span is not None:
            self._add(metrics.RESPONSE_WITHIN_TARGET_PESSIMISTIC_RATIO, bounds.lower if bounds else None, place)
            self._add(metrics.RESPONSE_WITHIN_TARGET_OPTIMISTIC_RATIO, bounds.upper if bounds else None, place)
        if row.with_open is not None:
            self._add(metrics.RESPONSE_TIME_WITH_OPEN_SECONDS, row.with_open[verdict.objective.slug], place)
        self._add(metrics.RESPONSE_BREACH_P_VALUE, verdict.breach_p_value, place)
        self._add_states(metrics.RESPONSE_EVIDENCE, Evidence, verdict.evidence, place)

    def _alarm(self, alarm: Alarm, series: tuple[str, str]) -> None:
        for level in Level:
            self._add(metrics.RESPONSE_BREACH, self._known(alarm.level is level), (*series, level))
        for baseline, drift in alarm.drift.items():
            self._add(metrics.RESPONSE_DRIFT_SCORE, None if drift is None else drift.score, (*series, baseline))
            self._add(metrics.RESPONSE_DRIFT_ALARM, None if drift is None else drift.alarm, (*series, baseline))
        for (unit, objective), seen in alarm.periods.items():
            self._add(
                metrics.RESPONSE_PERIOD_E_VALUE, self._known(seen.highest), (*series, unit, str(objective.percentile))
            )

    def standing(self, standing: Standing) -> None:
        """One series now."""
        series = (standing.area, standing.category)
        for objective in self._published.snapshot.service.objectives:
            target = standing.targets[objective.slug]
            self._add(metrics.RESPONSE_TIME_TARGET_SECONDS, target, (*series, str(objective.percentile)))
        self._add(metrics.RESPONSE_MISSIONS_OPEN, self._known(standing.in_progress.open), series)
        self._add(metrics.RESPONSE_MISSIONS_OVERDUE, self._known(standing.in_progress.overdue), series)
        self._add(metrics.RESPONSE_LAST_MISSION_TIMESTAMP_SECONDS, standing.last_rang_at, series)
        self._alarm(standing.alarm, series)

    def _counters(self, heads: Mapping[int, Head]) -> None:
        outcomes = _total(Outcome, (head.outcomes for head in heads.values()))
        for outcome, count in outcomes.items():
            self._add(metrics.EVENTS, count, (outcome,))
        for reason, count in _total(Reason, (head.dead_letters for head in heads.values())).items():
            self._add(metrics.DEAD_LETTERS, count, (reason,))
        self._add(metrics.SEALED_EARLY, sum(head.sealed_early for head in heads.values()), ())
        self._add(metrics.LOST_OFFSETS, sum(head.lost_offsets for head in heads.values()), ())
        self._add(metrics.RECORDS_AHEAD, sum(head.records_ahead for head in heads.values()), ())
        self._add(metrics.MOVED_ACROSS_PERIODS, sum(restated.total(head.moves) for head in heads.values()), ())
        for partition, head in sorted(heads.items()):
            self._add(metrics.NEXT_OFFSET, head.next_offset, (str(partition),))
            self._add(metrics.WATERMARK_TIMESTAMP_SECONDS, head.watermark, (str(partition),))

    def _pipeline(self) -> None:
        published = self._published
        snapshot = published.snapshot
        tracked = sum(head.missions for head in published.heads.values())
        self._add(metrics.MISSIONS_TRACKED, self._known(tracked), ())
        self._add(metrics.MISSIONS_LEFT_OUT, self._known(sum(snapshot.left_out.values())), ())
        self._add(metrics.LAST_RECORD_TIMESTAMP_SECONDS, snapshot.last_record_at, ())
        self._add(metrics.FEED_STALE, self._known(snapshot.stale), ())
        self._add(metrics.STORE_UP, published.store_up, ())
        self._add(metrics.STORE_READ_TIMESTAMP_SECONDS, published.read_at, ())
        self._workforce()
        self._add(metrics.SNAPSHOT_TIMESTAMP_SECONDS, snapshot.at, ())

    def _workforce(self) -> None:
        workforce = self._published.workforce
        self._add(metrics.WORKERS, None if workforce is None else workforce.workers, ())
        held, slowed = (None, None) if workforce is None else (workforce.held, workforce.slowed)
        for metric, those in ((metrics.PARTITION_HELD, held), (metrics.PARTITION_SLOWED, slowed)):
            for partition in sorted(self._published.heads.keys() | (held or frozenset())):
                self._add(metric, None if those is None else partition in those, (str(partition),))


def _family(metric: Metric) -> Family:
    name = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
    return Family(name, metric.help, metric.kind)


def _total(known: Iterable[str], parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name: every known one, and whatever a newer program has stored beside them."""
    totals = {str(name): 0 for name in known}
    for name, count in chain.from_iterable(part.items() for part in parts):
        totals[name] = totals.get(name, 0) + count
    return totals
