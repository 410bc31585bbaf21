"""The PromQL of the dashboards that is more than one selector: shares, matrices, names, quantiles of histograms.

Names and labels come from the vocabulary through `selector`, which refuses any other. Several exporters publish the
same stored state, so every expression takes the greatest of them, of the service that is chosen.
"""

from typing import Final

from scipy import stats

from monitor import metrics
from monitor.alerts.promql import SERIES, Matcher, greatest, selector
from monitor.core.service import Duty
from monitor.metrics import AREA, CATEGORY, DUTY, NAME, OBJECTIVE, SERVICE, WINDOW, Metric

RATE_WINDOW: Final = "$__rate_interval"
HERE: Final[Matcher] = (SERVICE, "=", f"${SERVICE}")
ROOT: Final = "root"
"""The variable that holds the area which lies within none."""
WHOLE: Final[Matcher] = (AREA, "=", f"${ROOT}")
PARTS: Final[Matcher] = (AREA, "!=", f"${ROOT}")
CHOSEN: Final[Matcher] = (OBJECTIVE, "=", f"${OBJECTIVE}")
VERDICT_TEXT: Final = "verdict"
TIME_TEXT: Final = "time"
CELL: Final = "cell"
INFO: Final = {AREA: metrics.RESPONSE_AREA_INFO, CATEGORY: metrics.RESPONSE_CATEGORY_INFO}
ROW: Final = "row"
COLUMN: Final = "column"
Z: Final = float(stats.norm.ppf(0.975))
"""Of a 95 % interval."""


def at(*more: Matcher, window: str = f"${WINDOW}") -> tuple[Matcher, ...]:
    """Matchers of one window, judged by the objective that is chosen."""
    return (CHOSEN, (WINDOW, "=", window), *more)


def chosen(metric: Metric, *matchers: Matcher) -> str:
    """The series of the service that is chosen."""
    return selector(metric, HERE, *matchers)


def newest(metric: Metric, *matchers: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The value that all exporters agree on."""
    return greatest(chosen(metric, *matchers), *by)


def share(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The share within the target, NaN where nothing is judged; nothing of a mean, which has none."""
    within, judged = _counts(*place, by=by)
    return f"{within} / {judged}"


def share_bound(sign: str, *place: Matcher) -> str:
    """An end of the 95 % interval of the share: Wilson's, as `core.stats.wilson` has it. `sign` is + or -."""
    within, judged = _counts(*place, by=SERIES)
    middle = f"{within} + {Z**2 / 2:.5f}"
    spread = f"{Z:.5f} * sqrt({within} * ({judged} - {within}) / {judged} + {Z**2 / 4:.5f})"
    return f"({middle} {sign} {spread})\n/ ({judged} + {Z**2:.5f})"


def by_area(value: str) -> str:
    """A value of each area and category, with what people call both: rows and columns of a table."""
    return _named(_named(value, AREA, ROW), CATEGORY, COLUMN)


def by_objective(value: str) -> str:
    """A value of each objective and category: rows and columns of a table."""
    return _named(f'label_replace(\n{value},\n"{ROW}", "$1", "{OBJECTIVE}", "(.*)")', CATEGORY, COLUMN)


def places(value: str) -> str:
    """A value of each area, with what people call it."""
    return _named(value, AREA, ROW)


def _named(value: str, label: str, into: str) -> str:
    """The value with one more label: the name of what `label` holds; any of them where exporters disagree."""
    one = f"topk by ({SERVICE}, {label}) (1, {greatest(chosen(INFO[label]), label, NAME)})"
    return (
        f"(\n{value}\n)\n* on ({SERVICE}, {label}) group_left ({into})\n"
        f'label_replace({one}, "{into}", "$1", "{NAME}", "(.*)")'
    )


def judged_cells(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """One sample per series, worst first, whose label `cell` reads like `3 12.3` (the verdict, and minutes).

    Worst first: the verdict with its evidence, then the share that was late. A table can colour a text by what it
    says, but not a number by another one.
    """
    those = ", ".join((SERVICE, *by))
    verdict = newest(metrics.RESPONSE_VERDICT, *place, by=by)
    minutes = f"round({newest(metrics.RESPONSE_TIME_SECONDS, *place, by=by)} / 60, 0.1)"
    late = f"1 - {share(*place, by=by)} >= 0\n    or 0 * {verdict}"
    return (
        f"label_join(\n  (\n    {verdict}\n    + ({late})\n  )\n"
        f'  * on ({those}) group_left ({VERDICT_TEXT}) count_values by ({those}) ("{VERDICT_TEXT}", {verdict})\n'
        f'  * on ({those}) group_left ({TIME_TEXT}) count_values by ({those}) ("{TIME_TEXT}", {minutes}),\n'
        f'  "{CELL}", " ", "{VERDICT_TEXT}", "{TIME_TEXT}"\n)'
    )


def left(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """What a period still allows: late missions, of a mean seconds; of several parts of the year the least."""
    return "\nor ".join(
        f"min by ({SERVICE}, {', '.join(by)}) ({chosen(metric, *place)})"
        for metric in (metrics.RESPONSE_LATE_BUDGET_MISSIONS, metrics.RESPONSE_SPARE_SECONDS)
    )


def with_duties_first() -> str:
    """Every objective, those that page before those that open tickets."""
    those = [greatest(chosen(metrics.RESPONSE_OBJECTIVE_INFO, (DUTY, "=", duty)), OBJECTIVE) for duty in Duty]
    return "sort_desc(" + " or ".join(f"{len(those) - place} * {one}" for place, one in enumerate(those)) + ")"


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


def _counts(*place: Matcher, by: tuple[str, ...]) -> tuple[str, str]:
    within, judged = metrics.RESPONSE_MISSIONS_WITHIN_TARGET, metrics.RESPONSE_MISSIONS_JUDGED
    return newest(within, *place, by=by), newest(judged, *place, by=by)


def inside(matchers: tuple[Matcher, ...]) -> str:
    """Between the braces, also for labels that Prometheus adds."""
    return ",".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
