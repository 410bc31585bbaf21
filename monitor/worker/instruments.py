"""What a worker process measures of itself, under the names of the metric vocabulary."""

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from monitor import metrics as vocabulary
from monitor.metrics import Metric

T = TypeVar("T", Counter, Gauge)


class Instruments:
    """Counters, gauges and histograms in a registry of their own: two workers in one process do not mix."""

    def __init__(self, service: str, registry: CollectorRegistry | None = None) -> None:
        """`service` is the slug of the service whose missions the worker counts."""
        self._service = service
        self.registry = registry or CollectorRegistry()
        self.checkpoint_seconds = self._histogram(vocabulary.CHECKPOINT_SECONDS)
        self.batch_seconds = self._histogram(vocabulary.BATCH_SECONDS)
        self.event_delay_seconds = self._histogram(vocabulary.EVENT_DELAY_SECONDS)
        self.rewinds = self._of_service(Counter, vocabulary.REWINDS)
        self.fenced = self._of_service(Counter, vocabulary.FENCED_CHECKPOINTS)
        self.redelivered = self._of_service(Counter, vocabulary.REDELIVERED_RECORDS)
        self.store_retries = self._of_service(Counter, vocabulary.STORE_RETRIES)
        self.assigned = self._of_service(Gauge, vocabulary.PARTITIONS_ASSIGNED)
        self._lag = self._make(Gauge, vocabulary.CONSUMER_LAG_RECORDS)
        self._lags: set[int] = set()

    def lag(self, partition: int, records: int) -> None:
        """Records of a partition that were written but not yet taken into account."""
        self._lags.add(partition)
        self._lag.labels(self._service, str(partition)).set(records)

    def keep_lags(self, partitions: set[int]) -> None:
        """Forget the lag of partitions that another worker has now, so that no stale value lingers."""
        for gone in self._lags - partitions:
            self._lag.remove(self._service, str(gone))
        self._lags &= partitions

    def _make(self, kind: type[T], metric: Metric) -> T:
        return kind(metric.name, metric.help, metric.labels, registry=self.registry)

    def _of_service(self, kind: type[T], metric: Metric) -> T:
        return self._make(kind, metric).labels(self._service)

    def _histogram(self, metric: Metric) -> Histogram:
        made = Histogram(metric.name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets)
        return made.labels(self._service)
