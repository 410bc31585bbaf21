"""Which alert fires on what the core says of a series: the conditions of `monitor.alerts.response`, as predicates.

Prometheus decides it live, by PromQL; a test runs promtool over both and holds them equal. Severity, and how long a
condition must hold and is held, are the rule's own. Alerts that nobody can look back at are named in `LEFT_OUT`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from monitor import alerts
from monitor.alerts.rule import Rule
from monitor.core.alarm import Alarm, Baseline, Level

Condition = Callable[[Alarm, bool], bool]
"""Of the alarm of an objective, and whether its area is one that missions name."""
DRIFTS: Final[Mapping[str, Baseline]] = {
    "ResponseDriftOverTarget": Baseline.TARGET,
    "ResponseDriftOwnLevel": Baseline.OWN_YEAR,
}
"""Alerts about a drift, and from what."""


def _drifting(baseline: Baseline) -> Condition:
    def holds(alarm: Alarm, leaf: bool) -> bool:
        drift = alarm.drift[baseline]
        return leaf and drift is not None and drift.alarm

    return holds


CONDITIONS: Final[Mapping[str, Condition]] = {
    "ResponseObjectiveBreached": lambda alarm, leaf: leaf and alarm.level is Level.PAGE,
    "ResponsePoolBreached": lambda alarm, leaf: not leaf and alarm.level is Level.PAGE,
    "ResponseObjectiveAtRisk": lambda alarm, _leaf: alarm.level is Level.WARNING,
    **{alert: _drifting(baseline) for alert, baseline in DRIFTS.items()},
}
LEFT_OUT: Final = (
    "ResponseObjectiveMissed",  # a verdict: the report of the period tells it
    "ResponseMissionsOverdue",  # of missions in progress: what was open when is known no more
    "ResponseMeasurementMissing",
    "ResponseFeedStale",
    "ResponseFeedEmpty",
)
RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in alerts.RULES if rule.name in CONDITIONS}


def firing(alarms: Mapping[str, Alarm], *, leaf: bool) -> frozenset[tuple[str, str]]:
    """The alerts that fire on the alarms of a series, each with its objective."""
    return frozenset(
        (name, objective)
        for objective, alarm in alarms.items()
        for name, holds in CONDITIONS.items()
        if holds(alarm, leaf)
    )
