"""The PromQL of the dashboards that is more than one selector: shares, the matrix, quantiles of histograms.

Names and labels come from the vocabulary through `selector`, which refuses any other. Several exporters publish the
same stored state, so every expression takes the greatest of them, of the service that is chosen.
"""

from typing import Final

from scipy import stats

from monitor.alerts.promql import SERIES, Matcher, greatest, selector
from monitor.core.service import Objective
from monitor.exporter import metrics
from monitor.exporter.metrics import OBJECTIVE, SERVICE, WINDOW, Metric

RATE_WINDOW: Final = "$__rate_interval"
HERE: Final[Matcher] = (SERVICE, "=", f"${SERVICE}")
VERDICT_TEXT: Final = "verdict"
TIME_TEXT: Final = "time"
CELL: Final = "cell"
Z: Final = float(stats.norm.ppf(0.975))
"""Of a 95 % interval."""


def at(objective: Objective, *more: Matcher, window: str = "$window") -> tuple[Matcher, ...]:
    """Matchers of one judged window."""
    return ((OBJECTIVE, "=", objective.slug), (WINDOW, "=", window), *more)


def chosen(metric: Metric, *matchers: Matcher) -> str:
    """The series of the service that is chosen."""
    return selector(metric, HERE, *matchers)


def newest(metric: Metric, *matchers: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The value that all exporters agree on."""
    return greatest(chosen(metric, *matchers), *by)


def share(*place: Matcher) -> str:
    """The share within the target, NaN where nothing is judged."""
    return f"{newest(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, *place)} / {_judged(*place)}"


def share_bound(sign: str, *place: Matcher) -> str:
    """An end of the 95 % interval of the share: Wilson's, as `core.stats.wilson` has it. `sign` is + or -."""
    within, judged = newest(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, *place), _judged(*place)
    middle = f"{within} + {Z**2 / 2:.5f}"
    spread = f"{Z:.5f} * sqrt({within} * ({judged} - {within}) / {judged} + {Z**2 / 4:.5f})"
    return f"({middle} {sign} {spread})\n/ ({judged} + {Z**2:.5f})"


def matrix(*place: Matcher) -> str:
    """One sample per series, worst first, whose label `cell` reads like `3 12.3` (the verdict, and minutes).

    Worst first: the verdict with its evidence, then the share that was late. A table can colour a text by what it
    says, but not a number by another one.
    """
    by = ", ".join((SERVICE, *SERIES))
    verdict = newest(metrics.RESPONSE_VERDICT, *place)
    minutes = f"round({newest(metrics.RESPONSE_TIME_SECONDS, *place)} / 60, 0.1)"
    late = f"1 - {share(*place)} >= 0\n    or 0 * {verdict}"
    return (
        f"sort_desc(label_join(\n  (\n    {verdict}\n    + ({late})\n  )\n"
        f'  * on ({by}) group_left ({VERDICT_TEXT}) count_values by ({by}) ("{VERDICT_TEXT}", {verdict})\n'
        f'  * on ({by}) group_left ({TIME_TEXT}) count_values by ({by}) ("{TIME_TEXT}", {minutes}),\n'
        f'  "{CELL}", " ", "{VERDICT_TEXT}", "{TIME_TEXT}"\n))'
    )


def quantile(metric: Metric, share: float, *matchers: Matcher) -> str:
    """A quantile of a histogram over all workers that were chosen."""
    buckets = f"{metric.name}_bucket{{{inside((HERE, *matchers))}}}"
    return f"histogram_quantile({share:g}, sum by (le) (rate({buckets}[{RATE_WINDOW}])))"


def counted(metric: Metric, *matchers: Matcher) -> str:
    """Observations a second of a histogram."""
    return f"sum(rate({metric.name}_count{{{inside((HERE, *matchers))}}}[{RATE_WINDOW}]))"


def age(metric: Metric) -> str:
    """Seconds since a moment that is told as a timestamp."""
    return f"time() - {newest(metric, by=())}"


def _judged(*place: Matcher) -> str:
    return newest(metrics.RESPONSE_MISSIONS_JUDGED, *place)


def inside(matchers: tuple[Matcher, ...]) -> str:
    """Between the braces, also for labels that Prometheus adds."""
    return ",".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
