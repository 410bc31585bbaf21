"""The words of an alert: templates that look the figures up when it fires.

Each figure is the last one known within six hours, so that a page still tells its numbers while the exporter is away;
what is not known reads as "?". Written for Prometheus' template language.
"""

from typing import Final

from monitor.alerts.promql import SERIES, greatest, selector
from monitor.core.alarm import Baseline
from monitor.exporter import metrics
from monitor.exporter.metrics import BASELINE, DISTRICT, NAME, PARTITION, PERCENTILE, SETTLEMENT, WINDOW, Metric

REQUIREMENT: Final = "80"
GOAL: Final = "50"
UNKNOWN: Final = "?"
_REMEMBERED: Final = "6h"


def _district_name() -> str:
    """`Øst`: what people call the alert's district; its slug where that is not known."""
    asked = greatest(_lately(metrics.RESPONSE_DISTRICT_INFO, (), (DISTRICT,)), NAME)
    return (
        f"{{{{ with printf `{asked}` $labels.{DISTRICT} | query }}}}"
        f'{{{{ . | first | label "{NAME}" }}}}{{{{ else }}}}{{{{ $labels.{DISTRICT} }}}}{{{{ end }}}}'
    )


def share(window: str, percentile: str) -> str:
    """`71 % of 84`: judged missions within their target."""
    place = ((WINDOW, window), (PERCENTILE, percentile))
    ratio = _shown(f"100 * {_here(metrics.RESPONSE_WITHIN_TARGET_RATIO, *place)}", "%.3g")
    return f"{ratio} % of {_shown(_here(metrics.RESPONSE_MISSIONS_JUDGED, *place))}"


def target(percentile: str) -> str:
    """`16 min`: the target in force."""
    seconds = _here(metrics.RESPONSE_TIME_TARGET_SECONDS, (PERCENTILE, percentile))
    return f"{_shown(f'{seconds} / 60', '%g')} min"


def requirement() -> str:
    """`71 % of 84 missions within 16 min over 28 d, 76 % of 812 this year; requirement 80 %`."""
    return (
        f"{share('28d', REQUIREMENT)} missions within {target(REQUIREMENT)} over 28 d, {share('year', REQUIREMENT)} "
        f"this year; requirement {REQUIREMENT} %"
    )


def figures() -> str:
    """The requirement over the usual windows, and what is in progress."""
    windows = ", ".join(
        f"{share(window, REQUIREMENT)} {words}"
        for window, words in (("28d", "over 28 d"), ("tertial", "this tertial"), ("year", "this year"))
    )
    opened, overdue = (
        _shown(_here(one)) for one in (metrics.RESPONSE_MISSIONS_OPEN, metrics.RESPONSE_MISSIONS_OVERDUE)
    )
    return f"Within {target(REQUIREMENT)}: {windows}. In progress: {opened}, past the requirement {overdue}."


def allowed(window: str, percentile: str) -> str:
    """How many more late missions the target allows."""
    return _shown(_here(metrics.RESPONSE_LATE_BUDGET_MISSIONS, (WINDOW, window), (PERCENTILE, percentile)))


def drift_score(baseline: Baseline) -> str:
    """Where the CUSUM stands."""
    return _shown(_here(metrics.RESPONSE_DRIFT_SCORE, (BASELINE, baseline)), "%.1f")


def over_classes(metric: Metric, *fixed: tuple[str, str]) -> str:
    """A count summed over the settlement classes of the alert's district."""
    return _shown(f"sum({greatest(_lately(metric, fixed, (DISTRICT,)), SETTLEMENT)})", by=(DISTRICT,))


def ago(moment: Metric, unit_seconds: int) -> str:
    """How long ago a moment was, in units of so many seconds."""
    return _shown(f"(time() - {greatest(_lately(moment, (), ()))}) / {unit_seconds}", "%.1f", by=())


def at_partition(metric: Metric) -> str:
    """What a metric says of the alert's partition."""
    return _shown(greatest(_lately(metric, (), (PARTITION,)), PARTITION), by=(PARTITION,))


def count(expression: str) -> str:
    """What an expression without labels gives. Not `$value`: that is 1 while an alert goes on unseen."""
    return _shown(expression, by=())


def _here(metric: Metric, *fixed: tuple[str, str]) -> str:
    """A metric of the alert's series; %q stands for district and class."""
    return greatest(_lately(metric, fixed, SERIES))


def _lately(metric: Metric, fixed: tuple[tuple[str, str], ...], by: tuple[str, ...]) -> str:
    matchers = (*((label, "=", value) for label, value in fixed), *((label, "=", "%q") for label in by))
    series = selector(metric, *matchers).replace('"%q"', "%q")  # %q brings its own quotes
    return f"last_over_time({series}[{_REMEMBERED}])"


def _shown(expression: str, form: str = "%.0f", *, by: tuple[str, ...] = SERIES) -> str:
    """The value of an expression as text; `by`: the alert's labels that its %q stand for. NaN is not known."""
    names = "".join(f" $labels.{label}" for label in by)
    query = f"printf `{expression} >= -Inf`{names} | query" if by else f"query `{expression} >= -Inf`"
    return f'{{{{ with {query} }}}}{{{{ . | first | value | printf "{form}" }}}}{{{{ else }}}}{UNKNOWN}{{{{ end }}}}'


DISTRICT_NAME: Final = _district_name()
"""`Øst`: what people call the alert's district."""
WHERE: Final = f"{DISTRICT_NAME}, {{{{ $labels.{SETTLEMENT} }}}}"
