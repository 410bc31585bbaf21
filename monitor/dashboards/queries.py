"""The PromQL of the dashboards that is more than one selector: verdict codes, the matrix, quantiles of histograms.

Names and labels come from the vocabulary through `selector`, which refuses any other. Several exporters publish the
same stored state, so every expression takes the greatest of them.
"""

from typing import Final

from monitor.alerts.promql import Matcher, greatest, selector
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.dashboards.palette import SHADES
from monitor.exporter import metrics
from monitor.exporter.metrics import DISTRICT, LEVEL, PERCENTILE, SETTLEMENT, STATE, WINDOW, Metric

GOAL: Final = "50"
REQUIREMENT: Final = "80"
SERIES: Final = (DISTRICT, SETTLEMENT)
RATE_WINDOW: Final = "$__rate_interval"
P80_TEXT: Final = "p80"
CELL: Final = "cell"


def at(percentile: str, *more: Matcher, window: str = "$window") -> tuple[Matcher, ...]:
    """Matchers of one judged window."""
    return ((WINDOW, "=", window), (PERCENTILE, "=", percentile), *more)


def newest(metric: Metric, *matchers: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The value that all exporters agree on."""
    return greatest(selector(metric, *matchers), *by)


def verdict_code(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """One number per series that says verdict and evidence: the codes of `SHADES`."""
    return "\n+ ".join(
        f"{shade.code} * {_holds(shade.state, place, by)}"
        + (f" * {_carried(shade.evidence, place, by)}" if shade.evidence else "")
        for shade in SHADES
        if shade.code
    )


def matrix(*place: Matcher) -> str:
    """One sample per series, worst first, whose label `cell` reads like `missed strong 12.3` (P80 in minutes).

    Worst first: the verdict's code with its evidence, then the share that was late. A table can colour a text by
    what it says, but not a number by another one.
    """
    by = ", ".join(SERIES)
    states = f"{newest(metrics.RESPONSE_COMPLIANCE, *place, by=(*SERIES, STATE))} == 1"
    levels = f"{newest(metrics.RESPONSE_EVIDENCE, *place, by=(*SERIES, LEVEL))} == 1"
    minutes = f"round({newest(metrics.RESPONSE_TIME_SECONDS, *place)} / 60, 0.1)"
    return (
        f"sort_desc(label_join(\n  (\n    {_score(*place)}\n  )\n"
        f"  * on ({by}) group_left ({STATE}) ({states})\n"
        f"  * on ({by}) group_left ({LEVEL}) ({levels})\n"
        f'  * on ({by}) group_left ({P80_TEXT}) count_values by ({by}) ("{P80_TEXT}", {minutes}),\n'
        f'  "{CELL}", " ", "{STATE}", "{LEVEL}", "{P80_TEXT}"\n))'
    )


def quantile(metric: Metric, share: float, *matchers: Matcher) -> str:
    """A quantile of a histogram over all workers that were chosen."""
    buckets = f"{metric.name}_bucket{{{_inside(matchers)}}}"
    return f"histogram_quantile({share:g}, sum by (le) (rate({buckets}[{RATE_WINDOW}])))"


def counted(metric: Metric, *matchers: Matcher) -> str:
    """Observations a second of a histogram."""
    return f"sum(rate({metric.name}_count{{{_inside(matchers)}}}[{RATE_WINDOW}]))"


def age(metric: Metric) -> str:
    """Seconds since a moment that is told as a timestamp."""
    return f"time() - {newest(metric, by=())}"


def _score(*place: Matcher) -> str:
    ratio = newest(metrics.RESPONSE_WITHIN_TARGET_RATIO, *place)
    return f"{verdict_code(*place)}\n    + (1 - ({ratio} >= 0 or 0 * {_holds(State.MET, place, SERIES)}))"


def _holds(state: State, place: tuple[Matcher, ...], by: tuple[str, ...]) -> str:
    return newest(metrics.RESPONSE_COMPLIANCE, *place, (STATE, "=", str(state)), by=by)


def _carried(evidence: Evidence, place: tuple[Matcher, ...], by: tuple[str, ...]) -> str:
    return newest(metrics.RESPONSE_EVIDENCE, *place, (LEVEL, "=", str(evidence)), by=by)


def _inside(matchers: tuple[Matcher, ...]) -> str:
    return ",".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
