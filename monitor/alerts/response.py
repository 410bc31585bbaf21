"""Alerts about one series of missions: the requirement, drift, and the goal.

Thin rules over verdicts: whether something is a breach was decided in the core, by tests that may be looked at
after every mission. Which objective that is about is its duty's to say, and the alert's label: only those that page
are tested for breach and drift, and those with a ticket open it once their verdict is sure. An area's breach is
somebody's night; the pool's is nobody's alone, so it is a ticket. All of them keep still while nobody can see
(`monitor.alerts.rule`).
"""

from typing import Final

from monitor.alerts.promql import AREAS, JUDGED, POOL, SIGHT, Matcher, greatest, selector
from monitor.alerts.rule import DAY, HOUR, MINUTE, Rule, Severity
from monitor.alerts.text import AIM, WHERE, Text, allowed, drift_score, share, target, text
from monitor.core.alarm import Baseline, Level
from monitor.core.service import Duty
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.exporter import metrics
from monitor.exporter.metrics import BASELINE, BREACHES, DUTY, OBJECTIVE, SERVICE, VERDICTS, WINDOW


def _rule(
    name: str,
    severity: Severity,
    condition: str,
    *,
    summary: Text,
    description: Text,
    window: str,
    for_seconds: int = 5 * MINUTE,
    keep_firing_seconds: int = 0,
) -> Rule:
    return Rule(
        name=name, severity=severity, group="response", condition=condition, labels=(SERVICE, *JUDGED), sight=SIGHT,
        frozen=True, for_seconds=for_seconds, keep_firing_seconds=keep_firing_seconds,
        summary=text(*WHERE, ": ", *summary), description=description, window=window,
    )  # fmt: skip


def _breach(level: Level, *areas: Matcher) -> str:
    return f"{greatest(selector(metrics.RESPONSE_BREACH_LEVEL, *areas), *JUDGED)} == {BREACHES[level]:g}"


def _drift(baseline: Baseline) -> str:
    alarm = selector(metrics.RESPONSE_DRIFT_ALARM, (BASELINE, "=", baseline), AREAS)
    return f"{greatest(alarm, *JUDGED)} == 1"


def _surely_missed(duty: Duty, window: str) -> str:
    """By the objectives of that duty: the official verdict, where chance does not explain it."""
    verdict = greatest(selector(metrics.RESPONSE_VERDICT, (WINDOW, "=", window)), *JUDGED)
    those = greatest(selector(metrics.RESPONSE_OBJECTIVE_INFO, (DUTY, "=", duty)), OBJECTIVE)
    return f"{verdict} == {VERDICTS[State.MISSED, Evidence.STRONG]:g}\nand on ({SERVICE}, {OBJECTIVE}) {those}"


RULES: Final = (
    _rule(
        "ResponseRequirementBreached", Severity.PAGE, _breach(Level.PAGE, AREAS), window="year",
        keep_firing_seconds=HOUR,
        summary=text(f"the {AIM} is breached; ", *share("year"), " within it this year"),
        description=text(
            f"The {AIM} (", *target(), ") is not met, and that is not chance: the test of the tertial or the year to "
            "date, which may be looked at all the time, has passed the threshold of a page. This tertial: ",
            *share("tertial"), ".",
        ),
    ),
    _rule(
        "ResponseNationalRequirementBreached", Severity.TICKET, _breach(Level.PAGE, POOL), window="year",
        keep_firing_seconds=DAY,
        summary=text(f"the {AIM} is breached; ", *share("year"), " within it this year"),
        description=text(
            f"The pool of all areas does not meet its {AIM} (", *target(), "), and that is not chance. No page: "
            "areas that breach their own have theirs. This tertial: ", *share("tertial"), ".",
        ),
    ),
    _rule(
        "ResponseRequirementAtRisk", Severity.TICKET, _breach(Level.WARNING), window="28d",
        keep_firing_seconds=DAY,
        summary=text(f"the {AIM} is at risk; ", *share("28d"), " within it over 28 d"),
        description=text(
            f"The {AIM} (", *target(), ") is probably not met, but the evidence does not carry a page. Late missions "
            "that the year still allows: ", allowed("year"), " (negative: overdrawn).",
        ),
    ),
    _rule(
        "ResponseDriftOverTarget", Severity.PAGE, _drift(Baseline.REQUIREMENT), window="last100",
        summary=text(f"late far more often than the {AIM} allows; ", *share("last100"), " within it"),
        description=text(
            f"The newest missions are late much more often than the {AIM} (", *target(), ") allows: something has "
            "changed. CUSUM ", drift_score(Baseline.REQUIREMENT), ".",
        ),
    ),
    _rule(
        "ResponseDriftOwnLevel", Severity.TICKET, _drift(Baseline.OWN_YEAR), window="last100",
        summary=text("late more often than in its own past year; ", *share("last100"), f" within the {AIM}"),
        description=text(
            "The newest missions are late more often than this series' own past year would suggest, whether or not "
            f"the {AIM} (", *target(), ") is met. CUSUM ", drift_score(Baseline.OWN_YEAR), ".",
        ),
    ),
    _rule(
        "ResponseGoalMissed", Severity.TICKET, _surely_missed(Duty.TICKET, "tertial"), window="tertial",
        for_seconds=HOUR, keep_firing_seconds=DAY,
        summary=text(*share("tertial"), f" within the {AIM} this tertial"),
        description=text(
            f"The {AIM} (", *target(), ") is missed this tertial, with strong evidence. Late missions that it still "
            "allows: ", allowed("tertial"), " (negative: overdrawn).",
        ),
    ),
)  # fmt: skip
