"""Alerts about one series of missions: objectives that are not met, at risk, or left behind by a drift.

Thin rules over verdicts: whether something is a breach was decided in the core, by tests that may be looked at
after every mission. Which objective that is about is its duty's to say, and the alert's label: only those that page
are tested for breach and drift, and those with a ticket open it once their verdict is sure. An area's breach is
somebody's night; a pool's is nobody's alone, so it is a ticket. All of them keep still while nobody can see
(`monitor.alerts.rule`).
"""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import JUDGED, SIGHT, greatest, of_leaf_areas, of_pooled_areas, selector
from monitor.alerts.rule import DAY, HOUR, MINUTE, Rule, Severity
from monitor.alerts.text import PLACE, Blank, Label, drift_score, judged, left, standing, target_minutes, text
from monitor.core.alarm import Baseline, Level
from monitor.core.service import Duty
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.core.windows import PARTS
from monitor.metrics import AREA, BASELINE, BREACHES, CATEGORY, DUTY, OBJECTIVE, SERVICE, VERDICTS, WINDOW
from monitor.words.speaker import phrase

YEAR: Final = (WINDOW, "=", "year")
MONTH: Final = (WINDOW, "=", "28d")
NEWEST: Final = (WINDOW, "=", "last100")


def _rule(
    name: str,
    severity: Severity,
    condition: str,
    *,
    summary: str,
    how: Blank,
    description: str,
    opens: str,
    for_seconds: int = 5 * MINUTE,
    keep_firing_seconds: int = 0,
    by: tuple[str, ...] = JUDGED,
    **more: Blank,
) -> Rule:
    """`summary` says `how` things stand, `description` what `more` holds; the page opens with the window `opens`."""
    blanks = {"objective": Label(OBJECTIVE), "minutes": target_minutes(), **more}
    return Rule(
        name=name, severity=severity, group="response", condition=condition, labels=(SERVICE, *by), sight=SIGHT,
        frozen=True, for_seconds=for_seconds, keep_firing_seconds=keep_firing_seconds,
        summary=text(summary, **PLACE, how=how), description=text(description, **blanks), window=opens,
    )  # fmt: skip


def _breach(level: Level) -> str:
    return f"{greatest(selector(metrics.RESPONSE_BREACH_LEVEL), *JUDGED)} == {BREACHES[level]:g}"


def _drift(baseline: Baseline) -> str:
    alarm = selector(metrics.RESPONSE_DRIFT_ALARM, (BASELINE, "=", baseline))
    return of_leaf_areas(f"{greatest(alarm, *JUDGED)} == 1")


def _surely_missed(duty: Duty, *windows: str) -> str:
    """By the objectives of that duty: the official verdict, where chance does not explain it."""
    verdict = greatest(selector(metrics.RESPONSE_VERDICT, (WINDOW, "=~", "|".join(windows))), *JUDGED, WINDOW)
    those = greatest(selector(metrics.RESPONSE_OBJECTIVE_INFO, (DUTY, "=", duty)), OBJECTIVE)
    return f"{verdict} == {VERDICTS[State.MISSED, Evidence.STRONG]:g}\nand on ({SERVICE}, {OBJECTIVE}) {those}"


RULES: Final = (
    _rule(
        "ResponseObjectiveBreached", Severity.PAGE, of_leaf_areas(_breach(Level.PAGE)), opens="year",
        keep_firing_seconds=HOUR,
        summary=phrase("{area}, {category}: {objective} is breached, {how} this year"), how=standing(YEAR),
        description=phrase(
            "The objective {objective} ({minutes} min) is not met by the {missions} missions of this year, or of its "
            "part to date, and that is not chance: a test made for being looked at all the time has passed the "
            "threshold of a page."
        ),
        missions=judged(YEAR),
    ),
    _rule(
        "ResponsePoolBreached", Severity.TICKET, of_pooled_areas(_breach(Level.PAGE)), opens="year",
        keep_firing_seconds=DAY,
        summary=phrase("{area}, {category}: {objective} is breached, {how} this year"), how=standing(YEAR),
        description=phrase(
            "The pool does not meet its objective {objective} ({minutes} min): {missions} missions this year, and "
            "that is not chance. No page: areas that breach their own have theirs."
        ),
        missions=judged(YEAR),
    ),
    _rule(
        "ResponseObjectiveAtRisk", Severity.TICKET, _breach(Level.WARNING), opens="28d",
        keep_firing_seconds=DAY,
        summary=phrase("{area}, {category}: {objective} is at risk, {how} over 28 d"), how=standing(MONTH),
        description=phrase(
            "The objective {objective} ({minutes} min) is probably not met, but the evidence does not carry a page. "
            "This year: {left}."
        ),
        left=left(YEAR),
    ),
    _rule(
        "ResponseDriftOverTarget", Severity.PAGE, _drift(Baseline.TARGET), opens="last100",
        summary=phrase("{area}, {category}: late far more often than {objective} allows, {how} of the last 100"),
        how=standing(NEWEST),
        description=phrase(
            "The newest missions are late much more often than the objective {objective} ({minutes} min) allows: "
            "something has changed. CUSUM {score}."
        ),
        score=drift_score(Baseline.TARGET),
    ),
    _rule(
        "ResponseDriftOwnLevel", Severity.TICKET, _drift(Baseline.OWN_YEAR), opens="last100",
        summary=phrase("{area}, {category}: late more often than in its own past year, by {objective}: {how}"),
        how=standing(NEWEST),
        description=phrase(
            "The newest missions are late more often than this series' own past year would suggest, whether or not "
            "the objective {objective} ({minutes} min) is met. CUSUM {score}."
        ),
        score=drift_score(Baseline.OWN_YEAR),
    ),
    _rule(
        "ResponseObjectiveMissed", Severity.TICKET, _surely_missed(Duty.TICKET, *PARTS),
        opens=f"{{{{ $labels.{WINDOW} }}}}", by=(AREA, CATEGORY, OBJECTIVE, WINDOW),
        for_seconds=HOUR, keep_firing_seconds=DAY,
        summary=phrase("{area}, {category}: {objective} is missed, {how} this period"), how=standing(),
        description=phrase(
            "The objective {objective} ({minutes} min) is missed in the {window} to date, with strong evidence. "
            "So far: {left}."
        ),
        left=left(), window=Label(WINDOW),
    ),
)  # fmt: skip
