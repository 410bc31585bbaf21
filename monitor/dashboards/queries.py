"""The PromQL of the dashboards that is more than one selector: matrices, names, shares, quantiles of histograms.

Names and labels come from the vocabulary through `selector`, which refuses any other. Several exporters publish the
same stored state, so every expression takes the greatest of them, of the service that is chosen. None asks for more
than three series: what a query costs is what it selects, and a wall screen asks all day.
"""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import SERIES, Matcher, greatest, selector
from monitor.alerts.rule import ALERTS
from monitor.core.service import Duty
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.metrics import AREA, CATEGORY, DUTY, NAME, OBJECTIVE, SERVICE, VERDICTS, WINDOW, Metric

RATE_WINDOW: Final = "$__rate_interval"
REMEMBERED: Final = "26h"
"""A day with an hour to spare on either side: how far apart samples of the past may be."""
HERE: Final[Matcher] = (SERVICE, "=", f"${SERVICE}")
ROOT: Final = "root"
"""The variable that holds the area which lies within none."""
WHOLE: Final[Matcher] = (AREA, "=", f"${ROOT}")
PARTS: Final[Matcher] = (AREA, "!=", f"${ROOT}")
CHOSEN: Final[Matcher] = (OBJECTIVE, "=", f"${OBJECTIVE}")
CELL: Final = "cell"
ROW: Final = "row"
"""Slug and name of an area, in one text: a matrix has but one field for its rows."""
BETWEEN: Final = "|"
FIRING: Final = ("alertname", AREA, CATEGORY)
INFO: Final = {AREA: metrics.RESPONSE_AREA_INFO, CATEGORY: metrics.RESPONSE_CATEGORY_INFO}
_VERDICT: Final = "verdict"
_TIME: Final = "time"


def at(*more: Matcher, window: str = f"${WINDOW}") -> tuple[Matcher, ...]:
    """Matchers of one window, judged by the objective that is chosen."""
    return (CHOSEN, (WINDOW, "=", window), *more)


def chosen(metric: Metric, *matchers: Matcher) -> str:
    """The series of the service that is chosen."""
    return selector(metric, HERE, *matchers)


def newest(metric: Metric, *matchers: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The value that all exporters agree on."""
    return greatest(chosen(metric, *matchers), *by)


def known(metric: Metric, *matchers: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """The same at each step of a chart: whatever was told since the step before.

    What `monitor history` has told of the past is a sample a day. Prometheus forgets one after five minutes, and the
    steps of a long chart are hours apart: a plain selector would find nearly none.
    """
    return greatest(f"last_over_time({chosen(metric, *matchers)}[{RATE_WINDOW}])", *by)


def minutes(metric: Metric, *matchers: Matcher) -> str:
    """A time of a series over time, as a number of minutes: how Grafana writes seconds is English everywhere."""
    return f"{known(metric, *matchers)} / 60"


def share(*place: Matcher) -> str:
    """The share within the target, NaN where nothing is judged; nothing of a mean, which has none."""
    within, judged = metrics.RESPONSE_MISSIONS_WITHIN_TARGET, metrics.RESPONSE_MISSIONS_JUDGED
    return f"{known(within, *place)} / {known(judged, *place)}"


def by_area(value: str) -> str:
    """A value of each area with the area's name, and both in one text (`vest|Vest`): the rows of a table."""
    names = f"topk by ({SERVICE}, {AREA}) (1, {greatest(chosen(INFO[AREA]), AREA, NAME)})"
    named = f"(\n{value}\n)\n* on ({SERVICE}, {AREA}) group_left ({NAME}) {names}"
    return f'label_join(\n{named},\n"{ROW}", "{BETWEEN}", "{AREA}", "{NAME}")'


def judged_cells(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """One sample per series, whose label `cell` reads like `8 12.31` (the verdict, and minutes).

    Hundredths, and rounded up: what is over its target by however little then reads as more than that, and what keeps
    it never does.

    A table can colour a text by what it says, but not a number by another one. Texts in falling order are the worst
    first, once no target, which is nothing to do, stands as 0.
    """
    those = ", ".join((SERVICE, *by))
    verdict = newest(metrics.RESPONSE_VERDICT, *place, by=by)
    time = f"ceil({newest(metrics.RESPONSE_TIME_SECONDS, *place, by=by)} / 0.6) / 100"
    timed = f'count_values by ({those}) ("{_TIME}", {time})\n* on ({those}) group_left () {verdict}'
    without = VERDICTS[State.NO_TARGET, Evidence.NONE]
    told = f'count_values by ({those}, {_TIME}) ("{_VERDICT}",\n{timed})'
    return (
        f'label_join(label_replace(\n{told},\n"{_VERDICT}", "0", "{_VERDICT}", "{without}"), '
        f'"{CELL}", " ", "{_VERDICT}", "{_TIME}")'
    )


def cell_code(code: int) -> int:
    """How a verdict's code stands in a cell."""
    return 0 if code == VERDICTS[State.NO_TARGET, Evidence.NONE] else code


def turned(shown: str, *place: Matcher) -> str:
    """`shown` at the steps at which a verdict is found to have turned from or to missed, once for each turn.

    It is held against the newest one known before the step, up to a day and two hours old.
    """
    now, before = (
        f"({greatest(f'last_over_time({chosen(metrics.RESPONSE_VERDICT, *place)}[{span}]{since})', *SERIES)}"
        f" > bool {metrics.MISSED_ABOVE})"
        for span, since in ((RATE_WINDOW, ""), (REMEMBERED, " offset $__interval"))
    )
    return f"{shown}\nand ({now} != {before})"


def left(*place: Matcher, by: tuple[str, ...] = SERIES) -> str:
    """What a period still allows: late missions, of a mean seconds; of several parts of the year the least."""
    return "\nor ".join(
        f"min by ({SERVICE}, {', '.join(by)}) ({chosen(metric, *place)})"
        for metric in (metrics.RESPONSE_LATE_BUDGET_MISSIONS, metrics.RESPONSE_SPARE_SECONDS)
    )


def firing() -> str:
    """What fires, and since when that has been so (milliseconds); also what is of no service."""
    of = f'{SERVICE}=~"${SERVICE}|"'
    since = f'1000 * {ALERTS}_FOR_STATE{{{of}}}\nand ignoring (alertstate) {ALERTS}{{alertstate="firing",{of}}}'
    return f"min by ({', '.join(FIRING)}) (\n{since}\n)"


def by_duty() -> str:
    """Every objective with a number: those that page have a greater one than those that open tickets."""
    those = [greatest(chosen(metrics.RESPONSE_OBJECTIVE_INFO, (DUTY, "=", duty)), OBJECTIVE) for duty in Duty]
    return " or ".join(f"{len(those) - place} * {one}" for place, one in enumerate(those))


def quantile(metric: Metric, share: float, *matchers: Matcher) -> str:
    """A quantile of a histogram over all workers that were chosen."""
    buckets = f"{metric.name}_bucket{{{inside((HERE, *matchers))}}}"
    return f"histogram_quantile({share:g}, sum by (le) (rate({buckets}[{RATE_WINDOW}])))"


def counted(metric: Metric, *matchers: Matcher) -> str:
    """Observations a second of a histogram."""
    return f"sum(rate({metric.name}_count{{{inside((HERE, *matchers))}}}[{RATE_WINDOW}]))"


def age(metric: Metric) -> str:
    """Minutes since a moment that is told as a timestamp."""
    return f"(time() - {newest(metric, by=())}) / 60"


def inside(matchers: tuple[Matcher, ...]) -> str:
    """Between the braces, also for labels that Prometheus adds."""
    return ",".join(f'{label}{operator}"{value}"' for label, operator, value in matchers)
