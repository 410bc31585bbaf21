"""What a feed measures of itself, under the names of the metric vocabulary: counts by topic, nothing of a mission."""

from collections import Counter as Counts
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from monitor import metrics as vocabulary
from monitor.core.batch import DeadLetter
from monitor.feeds.rows import Notice
from monitor.metrics import Metric

T = TypeVar("T", Counter, Gauge)


class Place(NamedTuple):
    """A partition of a source's topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}"


class FeedInstruments:
    """Counters, gauges and a histogram in a registry of their own."""

    def __init__(self, service: str, topics: Iterable[str], registry: CollectorRegistry | None = None) -> None:
        """`service` is the slug of the service whose missions are told; `topics` are those that are read."""
        self._service = service
        self.registry = registry or CollectorRegistry()
        took = vocabulary.FEED_BATCH_SECONDS
        self.batch_seconds = Histogram(
            took.name, took.help, took.labels, registry=self.registry, buckets=took.buckets
        ).labels(service)
        self.retries = self._make(Counter, vocabulary.FEED_RETRIES).labels(service)
        self.assigned = self._make(Gauge, vocabulary.FEED_PARTITIONS_ASSIGNED).labels(service)
        self._records = self._make(Counter, vocabulary.FEED_RECORDS)
        self._events = self._make(Counter, vocabulary.FEED_EVENTS)
        self._refused = self._make(Counter, vocabulary.FEED_REFUSED)
        self._noticed = self._make(Counter, vocabulary.FEED_NOTICED)
        self._lost = self._make(Counter, vocabulary.FEED_LOST_OFFSETS)
        self._lag = self._make(Gauge, vocabulary.FEED_LAG_RECORDS)
        self._lags: set[Place] = set()
        for topic in topics:  # there from the start: what begins above 0 would be no rise
            for counter in (self._records, self._events, self._lost):
                counter.labels(service, topic)

    def carried(
        self, topic: str, *, records: int, events: int, letters: Iterable[DeadLetter], notices: Iterable[Notice]
    ) -> None:
        """What became of records, now that Kafka has all of it."""
        self._records.labels(self._service, topic).inc(records)
        self._events.labels(self._service, topic).inc(events)
        for reason, times in Counts(letter.reason for letter in letters).items():
            self._refused.labels(self._service, topic, reason).inc(times)
        for what, times in Counts(notice.what for notice in notices).items():
            self._noticed.labels(self._service, topic, what).inc(times)

    def lost(self, topic: str, offsets: int) -> None:
        """Offsets that the source's topic no longer holds, and that were never read."""
        self._lost.labels(self._service, topic).inc(offsets)

    def lag(self, number: Place, records: int) -> None:
        """Records of a partition that were written but not yet carried."""
        self._lags.add(number)
        self._lag.labels(self._service, number.topic, str(number.partition)).set(records)

    def keep_lags(self, numbers: set[Place]) -> None:
        """Forget the lag of partitions that another feed process has now."""
        for gone in self._lags - numbers:
            self._lag.remove(self._service, gone.topic, str(gone.partition))
        self._lags &= numbers

    def _make(self, kind: type[T], metric: Metric) -> T:
        return kind(metric.name, metric.help, metric.labels, registry=self.registry)
