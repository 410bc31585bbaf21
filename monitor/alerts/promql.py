"""PromQL from the vocabulary: every name and label is checked when the expression is made.

Several exporters publish the same stored state, so each expression takes the greatest of them; `max` passes over
the NaN of one that has not read yet. Several services may share one Prometheus, so every aggregation keeps them
apart: nothing of one says anything about another.
"""

from typing import Final

from monitor.core.targets import NATIONAL
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, CATEGORY, OBJECTIVE, SERVICE, Metric

Matcher = tuple[str, str, str]
"""Label, operator, value."""

SERIES: Final = (AREA, CATEGORY)
JUDGED: Final = (*SERIES, OBJECTIVE)
AREAS: Final[Matcher] = (AREA, "!=", NATIONAL)
POOL: Final[Matcher] = (AREA, "=", NATIONAL)
_OPERATORS: Final = ("=", "!=", "=~", "!~")


def selector(metric: Metric, *matchers: Matcher) -> str:
    """The series of a metric. Raises ValueError for a label that the metric does not have."""
    for label, operator, _ in matchers:
        if label not in metric.labels or operator not in _OPERATORS:
            raise ValueError(f"{metric.name} cannot be selected by {label} {operator}: it has {metric.labels}")
    inside = ",".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
    return f"{metric.name}{{{inside}}}" if inside else metric.name


def greatest(vector: str, *by: str) -> str:
    """The same from all exporters, one sample per service and combination of `by`."""
    return f"max {grouped(*by)} ({vector})"


def grouped(*by: str) -> str:
    """How an aggregation keeps services apart, and `by`."""
    return f"by ({', '.join((SERVICE, *by))})"


def seen(metric: Metric) -> str:
    """Empty unless somebody shows the metric now.

    Prometheus gives what it saw last for five minutes more wherever it missed the end: it was away itself, or nobody
    told it that a target is gone.
    """
    return f"time() - {greatest(f'timestamp({selector(metric)})')} < {SEEN_SECONDS}"


SEEN_SECONDS: Final = 90
"""Longer than a minute between two scrapes, and shorter than any page waits: what was true once cannot outlast the
waiting, so nothing begins to fire on numbers of somebody who is gone."""
STORE_UP: Final = f"{greatest(selector(metrics.STORE_UP))} == 1\nand on ({SERVICE}) {seen(metrics.STORE_UP)}"
FEED_KNOWN: Final = f"{greatest(selector(metrics.FEED_STALE))} >= 0"
"""The exporter has read the store once: before, the value is NaN."""
SIGHT: Final = f"{greatest(selector(metrics.FEED_STALE))} == 0\nand on ({SERVICE}) {STORE_UP}"
"""The exporter answers, has read the store and reaches it now, and the feed is alive."""
