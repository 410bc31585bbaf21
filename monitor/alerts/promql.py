"""PromQL from the vocabulary: every name and label is checked when the expression is made.

Several exporters publish the same stored state, so each expression takes the greatest of them; `max` passes over
the NaN of one that has not read yet. Several services may share one Prometheus, so every aggregation keeps them
apart: nothing of one says anything about another.
"""

from typing import Final

from monitor import metrics
from monitor.metrics import AREA, CATEGORY, KIND, LEAF, OBJECTIVE, SERVICE, Metric

Matcher = tuple[str, str, str]
"""Label, operator, value."""

SERIES: Final = (AREA, CATEGORY)
JUDGED: Final = (*SERIES, OBJECTIVE)
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


def of_leaf_areas(vector: str, *here: Matcher) -> str:
    """What is of an area that missions name: whose night it is. `here` selects the service, where one is chosen."""
    return _of(vector, AREA, selector(metrics.RESPONSE_AREA_INFO, *here, (KIND, "=", LEAF)))


def of_leaf_categories(vector: str, *here: Matcher, remembered: str = "") -> str:
    """What is of a category that missions name: each mission once. `remembered`: for how long that is known."""
    info = selector(metrics.RESPONSE_CATEGORY_INFO, *here, (KIND, "=", LEAF))
    return _of(vector, CATEGORY, f"last_over_time({info}[{remembered}])" if remembered else info)


def _of(vector: str, label: str, those: str) -> str:
    return f"{vector}\nand on ({SERVICE}, {label}) {greatest(those, label)}"


def seconds(amount: int) -> str:
    """A duration in the largest unit that divides it: 5m, 90s, 1d."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if amount and amount % size == 0:
            return f"{amount // size}{unit}"
    return f"{amount}s"


def news(condition: str, *by: str, lasting: int) -> str:
    """What holds now, and did at no time of the seven days that went before the last `lasting` seconds, a day.

    So an episode is news once: however long it lasts, and although it goes and comes, or nobody can see it, for days.
    A condition that was never seen before is news from when it is seen. Looked at every hour; in a hurry, all of it
    scales with `lasting`.
    """
    range_, step = seconds(7 * lasting), seconds(max(1, lasting // 24))
    before = f"max_over_time((\n  {condition}\n)[{range_}:{step}] offset {seconds(lasting)})"
    return f"{condition}\nunless on ({', '.join((SERVICE, *by))})\n{before}"


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
