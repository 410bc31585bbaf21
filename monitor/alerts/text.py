"""The words of an alert: a phrase, and what stands in its blanks when the alert fires.

What stands in a blank is a value here, and says what is asked for; how it is asked and printed is each renderer's:
Prometheus' templates (`monitor.alerts.template`) and Grafana's (`monitor.dashboards.alerting`). A figure is the last
one known within six hours, so that a page still tells its numbers while the exporter is away; what is not known reads
as "?". It never is the `$value` of the condition: that is 1 while an alert goes on unseen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final

from monitor import metrics
from monitor.alerts.promql import SERIES, Matcher, greatest, grouped, of_leaf_categories, selector
from monitor.core.alarm import Baseline
from monitor.metrics import AREA, BASELINE, CATEGORY, NAME, OBJECTIVE, WINDOW, Metric

UNKNOWN: Final = "?"
KNOWN: Final = ">= -Inf"
"""Behind a query: lets every number pass and NaN not, which is not known."""
REMEMBERED: Final = "6h"
MOST_FIGURES: Final = 3
"""In one text: whoever is woken wants the numbers that decide, and the page that is linked has the others."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The series that a figure is asked of: those of one alert, which `here` selects, or of all alerts of a rule.

    `by` are the rule's labels. A metric may have fewer of them: a mission in progress has no objective.
    """

    by: tuple[str, ...]
    here: tuple[Matcher, ...] = ()

    def newest(self, metric: Metric, *fixed: Matcher) -> str:
        """What all exporters agree on, one sample per alert."""
        lately = self.lately(metric, *fixed)
        if self.here:
            return f"max({lately})"
        return greatest(lately, *(label for label in self.by if label in metric.by))

    def lately(self, metric: Metric, *fixed: Matcher) -> str:
        """The last samples known."""
        those = [one for one in self.here if one[0] in metric.labels]
        return f"last_over_time({selector(metric, *fixed, *those)}[{REMEMBERED}])"


@dataclass(frozen=True, slots=True)
class Label:
    """What the alert is labelled with."""

    name: str


@dataclass(frozen=True, slots=True)
class AreaName:
    """What people call the alert's area; its slug where that is not known."""

    def asked(self, scope: Scope) -> str:
        """PromQL with a sample per name."""
        return f"max by ({NAME}) ({scope.lately(metrics.RESPONSE_AREA_INFO)})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number: `asked` gives PromQL with one sample per alert, printed as `form`."""

    asked: Callable[[Scope], str]
    form: str = "%.0f"


@dataclass(frozen=True, slots=True)
class Way:
    """A phrase with one figure, in the blank `{figure}`."""

    said: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """Several ways to tell how things stand; the first whose figure is known is told."""

    ways: tuple[Way, ...]


Blank = Label | AreaName | Figure | FirstKnown


@dataclass(frozen=True, slots=True)
class Text:
    """A phrase in English with `{name}` for each of its blanks. Raises ValueError where these are not the same."""

    said: str
    blanks: Mapping[str, Blank] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {name for _, name, _, _ in Formatter().parse(self.said) if name is not None}
        if named != self.blanks.keys():
            raise ValueError(f"{self.said!r}: its blanks are {sorted(named)}, given are {sorted(self.blanks)}")

    @property
    def figures(self) -> Iterator[Figure]:
        """Every number that may be asked for."""
        for blank in self.blanks.values():
            if isinstance(blank, Figure):
                yield blank
            elif isinstance(blank, FirstKnown):
                yield from (way.figure for way in blank.ways)

    def filled(self, say: Callable[[str], str], printed: Callable[[Blank], str]) -> str:
        """The text in the words of a language, its blanks as a renderer prints them."""
        return say(self.said).format(**{name: printed(blank) for name, blank in self.blanks.items()})


def text(said: str, /, **blanks: Blank) -> Text:
    """A phrase and its blanks; `text` and `Way` mark their phrases for the catalogues, as `phrase` does."""
    return Text(said, blanks)


PLACE: Final[Mapping[str, Blank]] = {"area": AreaName(), "category": Label(CATEGORY), "objective": Label(OBJECTIVE)}
"""Whose missions, and by which of their objectives."""


def standing(*over: Matcher) -> FirstKnown:
    """How a series stands by its objective: `71 % within it`; by a mean, which has no share, `52 s over it`."""

    def share(scope: Scope) -> str:
        within = scope.newest(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, *over)
        return f"100 * {within} / {scope.newest(metrics.RESPONSE_MISSIONS_JUDGED, *over)}"

    return FirstKnown((Way("{figure} % within it", Figure(share, "%.3g")), _over(*over)))


def left(*over: Matcher) -> FirstKnown:
    """How many more of the missions so far could have been late; of a mean, how far it is over."""
    budget = Figure(lambda scope: scope.newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *over))
    return FirstKnown(
        (
            Way(
                "of the missions so far {figure} more could have been late (negative: so many too many were)", budget
            ),
            _over(*over),
        )
    )


def _over(*over: Matcher) -> Way:
    def seconds(scope: Scope) -> str:
        value = scope.newest(metrics.RESPONSE_TIME_SECONDS, *over)
        target = scope.newest(metrics.RESPONSE_TIME_TARGET_SECONDS)
        if scope.here:
            return f"{value} - {target}"
        return f"{value} - on ({', '.join(one for one in scope.by if one != WINDOW)}) group_left () {target}"

    return Way("{figure} s over it", Figure(seconds))


def judged(*over: Matcher) -> Figure:
    """Missions that decide."""
    return Figure(lambda scope: scope.newest(metrics.RESPONSE_MISSIONS_JUDGED, *over))


def target_minutes() -> Figure:
    """The target in force."""
    return Figure(lambda scope: f"{scope.newest(metrics.RESPONSE_TIME_TARGET_SECONDS)} / 60", "%.4g")


def drift_score(baseline: Baseline) -> Figure:
    """Where the CUSUM stands."""
    return Figure(lambda scope: scope.newest(metrics.RESPONSE_DRIFT_SCORE, (BASELINE, "=", baseline)), "%.1f")


def over_categories(metric: Metric, *fixed: Matcher) -> Figure:
    """A count summed over the categories of the alert's area, and what else it is labelled with."""

    def summed(scope: Scope) -> str:
        more = tuple(label for label in scope.by if label in metric.by and label not in SERIES)
        each = greatest(scope.lately(metric, *fixed), *SERIES, *more)
        once = of_leaf_categories(each, remembered=REMEMBERED).replace("\n", " ")
        return f"sum {grouped(AREA, *more)} ({once})"

    return Figure(summed)


def ago(moment: Metric, unit_seconds: int) -> Figure:
    """How long ago a moment was, in units of so many seconds."""
    return Figure(lambda scope: f"(time() - {scope.newest(moment)}) / {unit_seconds}", "%.1f")


def in_units(length: Metric, unit_seconds: int) -> Figure:
    """A length of time, in units of so many seconds."""
    return Figure(lambda scope: f"{scope.newest(length)} / {unit_seconds}", "%.1f")


def newest(metric: Metric) -> Figure:
    """What a metric says of the alert's own labels, such as its partition."""
    return Figure(lambda scope: scope.newest(metric))
