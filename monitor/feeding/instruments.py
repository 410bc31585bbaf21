"""What a feed measures of itself, under the names of the metric vocabulary: counts by topic, nothing of a mission."""

from collections import Counter as Counts
from collections.abc import Iterable
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge

from monitor import metrics as vocabulary
from monitor.core.batch import DeadLetter
from monitor.core.mission import Reason
from monitor.feeds.rows import Notice, What, Why
from monitor.worker.instruments import Measuring

REASONS: Final = (*Why, Reason.BATCH_TOO_LARGE, Reason.BATCH_UNREADABLE, Reason.TOO_LARGE)
"""Of every dead letter that a feed writes: by what a record says, never unpacked, or too large when mapped."""


class Place(NamedTuple):
    """A partition of a source's topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}"


class FeedInstruments(Measuring[Place]):
    """Those of a feed."""

    def __init__(self, service: str, topics: Iterable[str], registry: CollectorRegistry | None = None) -> None:
        """`service` is the slug of the service whose missions are told; `topics` are those that are read."""
        super().__init__(
            service, vocabulary.FEED_LAG_RECORDS, lambda place: (place.topic, str(place.partition)), registry
        )
        self.batch_seconds = self._histogram(vocabulary.FEED_BATCH_SECONDS)
        self.retries = self._of_service(Counter, vocabulary.FEED_RETRIES)
        self.assigned = self._of_service(Gauge, vocabulary.FEED_PARTITIONS_ASSIGNED)
        self._records = self._make(Counter, vocabulary.FEED_RECORDS)
        self._events = self._make(Counter, vocabulary.FEED_EVENTS)
        self._refused = self._make(Counter, vocabulary.FEED_REFUSED)
        self._noticed = self._make(Counter, vocabulary.FEED_NOTICED)
        self._lost = self._make(Counter, vocabulary.FEED_LOST_OFFSETS)
        for topic in topics:  # there from the start: what begins above 0 would be no rise
            for counter in (self._records, self._events, self._lost):
                counter.labels(service, topic)
            for reason in REASONS:
                self._refused.labels(service, topic, reason)
            for what in What:
                self._noticed.labels(service, topic, what)

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
