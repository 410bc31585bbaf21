"""Alerts about one series of missions: the requirement, drift, and the goal.

Thin rules over verdicts: whether something is a breach was decided in the core, by tests that may be looked at
after every mission. A district's breach is somebody's night; the national pool's is nobody's alone, so it is a
ticket. All of them keep still while nobody can see (`monitor.alerts.rule`).
"""

from typing import Final

from monitor.alerts.promql import COUNTRY, DISTRICTS, SERIES, SIGHT, Matcher, greatest, selector
from monitor.alerts.rule import DAY, HOUR, MINUTE, Rule, Severity
from monitor.alerts.text import GOAL, WHERE, allowed, drift_score, figures, requirement, share, target
from monitor.core.alarm import Baseline, Level
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.exporter import metrics
from monitor.exporter.metrics import BASELINE, LEVEL, PERCENTILE, STATE, WINDOW


def _rule(
    name: str,
    severity: Severity,
    condition: str,
    *,
    summary: str,
    description: str,
    window: str = "28d",
    for_seconds: int = 5 * MINUTE,
    keep_firing_seconds: int = 0,
) -> Rule:
    return Rule(
        name=name, severity=severity, group="response", condition=condition, labels=SERIES, sight=SIGHT, frozen=True,
        for_seconds=for_seconds, keep_firing_seconds=keep_firing_seconds,
        summary=f"{WHERE}: {summary}", description=description, window=window,
    )  # fmt: skip


def _breach(level: Level, *area: Matcher) -> str:
    return f"{greatest(selector(metrics.RESPONSE_BREACH, (LEVEL, '=', level), *area), *SERIES)} == 1"


def _drift(baseline: Baseline) -> str:
    alarm = selector(metrics.RESPONSE_DRIFT_ALARM, (BASELINE, "=", baseline), DISTRICTS)
    return f"{greatest(alarm, *SERIES)} == 1"


def _goal_missed() -> str:
    place: tuple[Matcher, ...] = ((WINDOW, "=", "tertial"), (PERCENTILE, "=", GOAL))
    missed = selector(metrics.RESPONSE_COMPLIANCE, *place, (STATE, "=", State.MISSED))
    strong = selector(metrics.RESPONSE_EVIDENCE, *place, (LEVEL, "=", Evidence.STRONG))
    return f"{greatest(missed, *SERIES)} == 1\nand on ({', '.join(SERIES)}) {greatest(strong, *SERIES)} == 1"


RULES: Final = (
    _rule(
        "ResponseRequirementBreached", Severity.PAGE, _breach(Level.PAGE, DISTRICTS), keep_firing_seconds=HOUR,
        summary=requirement(),
        description="The requirement is not met, and that is not chance: the test of the tertial or the year to "
        f"date, which may be looked at all the time, has passed the threshold of a page. {figures()}",
    ),
    _rule(
        "ResponseNationalRequirementBreached", Severity.TICKET, _breach(Level.PAGE, COUNTRY), keep_firing_seconds=DAY,
        summary=requirement(),
        description="The pool of all districts does not meet the national requirement, and that is not chance. "
        f"No page: districts that breach their own have theirs. {figures()}",
    ),
    _rule(
        "ResponseRequirementAtRisk", Severity.TICKET, _breach(Level.WARNING), keep_firing_seconds=DAY,
        summary=f"{requirement()}; at risk",
        description="The requirement is probably not met, but the evidence does not carry a page. Late missions that "
        f"the year still allows: {allowed('year', '80')} (negative: overdrawn). {figures()}",
    ),
    _rule(
        "ResponseDriftOverTarget", Severity.PAGE, _drift(Baseline.REQUIREMENT), window="last100",
        summary=f"late far more often than the requirement allows; {share('last100', '80')} within {target('80')}",
        description="The newest missions are late much more often than one in five: something has changed. CUSUM "
        f"{drift_score(Baseline.REQUIREMENT)}. {figures()}",
    ),
    _rule(
        "ResponseDriftOwnLevel", Severity.TICKET, _drift(Baseline.OWN_YEAR), window="last100",
        summary=f"late more often than in its own past year; {share('last100', '80')} within {target('80')}",
        description="The newest missions are late more often than this series' own past year would suggest, whether "
        f"or not the requirement is met. CUSUM {drift_score(Baseline.OWN_YEAR)}. {figures()}",
    ),
    _rule(
        "ResponseGoalMissed", Severity.TICKET, _goal_missed(), window="tertial", for_seconds=HOUR,
        keep_firing_seconds=DAY,
        summary=f"{share('tertial', GOAL)} missions within {target(GOAL)} this tertial; goal 50 %",
        description="The goal (half of the missions) is missed this tertial, with strong evidence. Late missions "
        f"that it still allows: {allowed('tertial', GOAL)} (negative: overdrawn).",
    ),
)  # fmt: skip
