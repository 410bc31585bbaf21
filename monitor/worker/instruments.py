"""What a worker process measures of itself, under the names of the metric vocabulary."""

from collections.abc import Callable
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from monitor import metrics as vocabulary
from monitor.metrics import Metric

T = TypeVar("T", Counter, Gauge)


K = TypeVar("K")
"""What a partition is called."""


class Measuring(Generic[K]):
    """Metrics in a registry of their own, so that two processes' do not mix, and how far each partition is behind."""

    def __init__(
        self, service: str, lag: Metric, labels: Callable[[K], tuple[str, ...]], registry: CollectorRegistry | None
    ) -> None:
        """`service` is the slug of the service whose missions it is about; `labels` are those of a partition."""
        self._service = service
        self._labels = labels
        self.registry = registry or CollectorRegistry()
        self._lag = self._make(Gauge, lag)
        self._lags: set[K] = set()

    def lag(self, number: K, records: int) -> None:
        """Records of a partition that were written but not yet taken into account."""
        self._lags.add(number)
        self._lag.labels(self._service, *self._labels(number)).set(records)

    def keep_lags(self, numbers: set[K]) -> None:
        """Forget the lag of partitions that another process has now, so that no stale value lingers."""
        for gone in self._lags - numbers:
            self._lag.remove(self._service, *self._labels(gone))
        self._lags &= numbers

    def _make(self, kind: type[T], metric: Metric) -> T:
        return kind(metric.name, metric.help, metric.labels, registry=self.registry)

    def _of_service(self, kind: type[T], metric: Metric) -> T:
        return self._make(kind, metric).labels(self._service)

    def _histogram(self, metric: Metric) -> Histogram:
        made = Histogram(metric.name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets)
        return made.labels(self._service)


class Instruments(Measuring[int]):
    """Those of a worker."""

    def __init__(self, service: str, registry: CollectorRegistry | None = None) -> None:
        """`service` is the slug of the service whose missions the worker counts."""
        super().__init__(service, vocabulary.CONSUMER_LAG_RECORDS, lambda partition: (str(partition),), registry)
        self.checkpoint_seconds = self._histogram(vocabulary.CHECKPOINT_SECONDS)
        self.batch_seconds = self._histogram(vocabulary.BATCH_SECONDS)
        self.event_delay_seconds = self._histogram(vocabulary.EVENT_DELAY_SECONDS)
        self.rewinds = self._of_service(Counter, vocabulary.REWINDS)
        self.fenced = self._of_service(Counter, vocabulary.FENCED_CHECKPOINTS)
        self.redelivered = self._of_service(Counter, vocabulary.REDELIVERED_RECORDS)
        self.store_retries = self._of_service(Counter, vocabulary.STORE_RETRIES)
        self.assigned = self._of_service(Gauge, vocabulary.PARTITIONS_ASSIGNED)
