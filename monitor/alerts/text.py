"""The words of an alert: literal text and the figures that it names, each asked for when the alert fires.

A figure is a value here, and says what is asked for; how it is asked and printed is each renderer's: Prometheus'
templates (`monitor.alerts.template`) and Grafana's (`monitor.dashboards.alerting`). It is the last one known within
six hours, so that a page still tells its numbers while the exporter is away; what is not known reads as "?". It never
is the `$value` of the condition: that is 1 while an alert goes on unseen. Literal text may hold `{{ $labels.… }}`,
which both read alike.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from monitor.alerts.promql import JUDGED, SERIES, Matcher, greatest, grouped, selector
from monitor.core.alarm import Baseline
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, BASELINE, CATEGORY, NAME, PARTITION, WINDOW, Metric

UNKNOWN: Final = "?"
REMEMBERED: Final = "6h"
MOST_FIGURES: Final = 3
"""In one text: whoever is woken wants the numbers that decide, and the page that is linked has the others."""
Here = tuple[Matcher, ...]
"""What selects the series of one alert; nothing for those of all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number: `asked` gives PromQL with one sample per combination of the alert's labels, printed as `form`."""

    asked: Callable[[Here], str]
    form: str = "%.0f"


@dataclass(frozen=True, slots=True)
class AreaName:
    """What people call the alert's area; its slug where that is not known."""

    def asked(self, here: Here) -> str:
        """PromQL with a sample per name."""
        return f"max by ({NAME}) ({_lately(metrics.RESPONSE_AREA_INFO, here)})"


Text = tuple[str | Figure | AreaName, ...]


def text(*parts: str | Figure | AreaName) -> Text:
    """The parts behind each other."""
    return parts


WHERE: Final[Text] = (AreaName(), f", {{{{ $labels.{CATEGORY} }}}}")
"""`Øst, rural`."""
AIM: Final = f"{{{{ $labels.{metrics.OBJECTIVE} }}}}"
"""`requirement`."""


def share(window: str) -> Text:
    """`71 % of 84 missions`: judged missions within their target."""
    over = (WINDOW, "=", window)

    def judged(here: Here) -> str:
        return _newest(metrics.RESPONSE_MISSIONS_JUDGED, here, over, by=JUDGED)

    def ratio(here: Here) -> str:
        return f"100 * {_newest(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, here, over, by=JUDGED)} / {judged(here)}"

    return text(Figure(ratio, "%.3g"), " % of ", Figure(judged), " missions")


def target() -> Text:
    """`16 min`: the target in force."""
    seconds = metrics.RESPONSE_TIME_TARGET_SECONDS
    return text(Figure(lambda here: f"{_newest(seconds, here, by=JUDGED)} / 60", "%g"), " min")


def allowed(window: str) -> Figure:
    """How many more late missions the target allows."""
    return Figure(lambda here: _newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, here, (WINDOW, "=", window), by=JUDGED))


def drift_score(baseline: Baseline) -> Figure:
    """Where the CUSUM stands."""
    fixed = (BASELINE, "=", baseline)
    return Figure(lambda here: _newest(metrics.RESPONSE_DRIFT_SCORE, here, fixed, by=JUDGED), "%.1f")


def over_categories(metric: Metric, *fixed: Matcher) -> Figure:
    """A count summed over the categories of the alert's area."""
    return Figure(lambda here: f"sum {grouped(AREA)} ({greatest(_lately(metric, here, *fixed), *SERIES)})")


def ago(moment: Metric, unit_seconds: int) -> Figure:
    """How long ago a moment was, in units of so many seconds."""
    return Figure(lambda here: f"(time() - {_newest(moment, here)}) / {unit_seconds}", "%.1f")


def at_partition(metric: Metric) -> Figure:
    """What a metric says of the alert's partition."""
    return Figure(lambda here: _newest(metric, here, by=(PARTITION,)))


def _newest(metric: Metric, here: Here, *fixed: Matcher, by: Iterable[str] = ()) -> str:
    lately = _lately(metric, here, *fixed)
    return f"max({lately})" if here else greatest(lately, *by)


def _lately(metric: Metric, here: Here, *fixed: Matcher) -> str:
    """`here` may name more than a metric has: a mission in progress has no objective."""
    those = [one for one in here if one[0] in metric.labels]
    return f"last_over_time({selector(metric, *fixed, *those)}[{REMEMBERED}])"
