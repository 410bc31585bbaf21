"""Which alert fires on what the core says of a series: the conditions of `monitor.alerts.response`, as predicates.

Prometheus decides it live, by PromQL; a test runs promtool over both and holds them equal. Severity, and how long a
condition must hold and is held, are the rule's own. Alerts that nobody can look back at are named in `LEFT_OUT`.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from monitor import alerts
from monitor.alerts.rule import NEW, WORSE, Rule
from monitor.core.alarm import Alarm, Baseline, Level
from monitor.core.onset import Onset

Condition = Callable[[Alarm, bool], bool]
"""Of the alarm of an objective, and whether its area is one that missions name."""
DRIFTS: Final[Mapping[str, Baseline]] = {
    "ResponseDriftOverTarget": Baseline.TARGET,
    "ResponseDriftOwnLevel": Baseline.OWN_YEAR,
}
"""Alerts about a drift, and from what."""


class Fires(NamedTuple):
    """An alert of an objective; `step` is what is new, of one that is told as news only."""

    alert: str
    objective: str
    step: str = ""


def _own_drift(alarm: Alarm, leaf: bool) -> bool:
    drift = alarm.drift[Baseline.OWN_YEAR]
    return leaf and drift is not None and drift.alarm


def _begun(*onsets: Onset) -> Condition:
    return lambda alarm, leaf: leaf and alarm.onset in onsets


CONDITIONS: Final[Mapping[tuple[str, str], Condition]] = {
    ("ResponseObjectiveBreached", ""): lambda alarm, _leaf: alarm.level is Level.BREACH,
    ("ResponseObjectiveAtRisk", ""): lambda alarm, _leaf: alarm.level is Level.WARNING,
    ("ResponseDriftOwnLevel", ""): _own_drift,
    ("ResponseDriftOverTarget", NEW): _begun(Onset.CHANGED, Onset.WORSE),
    ("ResponseDriftOverTarget", WORSE): _begun(Onset.WORSE),
}
"""By alert and step. What has a step is told while it is new (`promql.news`), which `episodes` sees to."""
LEFT_OUT: Final = (
    "ResponseObjectiveMissed",  # a verdict: the report of the period tells it
    "ResponseMissionsOverdue",  # of missions in progress: what was open when is known no more
    "ResponseMeasurementMissing",
    "ResponseFeedStale",
    "ResponseFeedEmpty",
)
ALERTS: Final = frozenset(alert for alert, _ in CONDITIONS)
RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in alerts.RULES if rule.name in ALERTS}


def firing(alarms: Mapping[str, Alarm], *, leaf: bool) -> frozenset[Fires]:
    """What fires on the alarms of a series, new or not."""
    return frozenset(
        Fires(alert, objective, step)
        for objective, alarm in alarms.items()
        for (alert, step), holds in CONDITIONS.items()
        if holds(alarm, leaf)
    )
