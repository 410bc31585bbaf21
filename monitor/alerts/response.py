"""Alerts about one series of missions: objectives that are not met, at risk, or left behind by a drift.

Thin rules over verdicts: whether something is a breach was decided in the core, by tests that may be looked at
after every mission. Which objective that is about is its duty's to say, and the alert's label: only those that page
are tested for breach and drift, and those with a ticket open it once their verdict is sure.

**A page is for a change, and told once**: it fires while the change is news, a day, and again only if that becomes
worse. What lasts is a ticket: that an objective is not met, of an area as of a pool, is nobody's night. All of them
keep still while nobody can see (`monitor.alerts.rule`).
"""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import JUDGED, SIGHT, greatest, news, of_leaf_areas, selector
from monitor.alerts.rule import DAY, EPISODE, HOUR, MINUTE, NEW, WORSE, Group, Rule, Severity
from monitor.alerts.text import PLACE, Blank, Label, drift_score, judged, left, standing, target_minutes, text
from monitor.core.alarm import Baseline, Level
from monitor.core.onset import Onset
from monitor.core.service import Duty
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.core.windows import PARTS
from monitor.metrics import AREA, BASELINE, BREACHES, CATEGORY, CHANGES, DUTY, OBJECTIVE, SERVICE, VERDICTS, WINDOW
from monitor.words.speaker import phrase

YEAR: Final = (WINDOW, "=", "year")
MONTH: Final = (WINDOW, "=", "28d")
NEWEST: Final = (WINDOW, "=", "last100")
EPISODES: Final = {NEW: Onset.CHANGED, WORSE: Onset.WORSE}
"""What is told of an episode: that it began, and once more that it became worse."""


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
    group: Group = "response",
    **more: Blank,
) -> Rule:
    """`summary` says `how` things stand, `description` what `more` holds; the page opens with the window `opens`."""
    blanks = {"objective": Label(OBJECTIVE), "minutes": target_minutes(), **more}
    told = {EPISODE: Label(EPISODE)} if EPISODE in by else {}
    return Rule(
        name=name, severity=severity, group=group, condition=condition, labels=(SERVICE, *by), sight=SIGHT,
        frozen=True, for_seconds=for_seconds, keep_firing_seconds=keep_firing_seconds,
        summary=text(summary, **PLACE, **told, how=how), description=text(description, **blanks), window=opens,
    )  # fmt: skip


def _breach(level: Level) -> str:
    return f"{greatest(selector(metrics.RESPONSE_BREACH_LEVEL), *JUDGED)} == {BREACHES[level]:g}"


def _drift(baseline: Baseline) -> str:
    alarm = selector(metrics.RESPONSE_DRIFT_ALARM, (BASELINE, "=", baseline))
    return of_leaf_areas(f"{greatest(alarm, *JUDGED)} == 1")


def _change(news_seconds: int) -> str:
    """Each step that is new, by the label that makes it an alert of its own."""
    level = greatest(selector(metrics.RESPONSE_CHANGE_LEVEL), *JUDGED)
    steps = (
        f'label_replace({{}}, "{EPISODE}", "{word}", "", "")'.format(f"{level} >= {CHANGES[step]:g}")
        for word, step in EPISODES.items()
    )
    return "\nor\n".join(news(one, *JUDGED, lasting=news_seconds) for one in steps)


def _surely_missed(duty: Duty, *windows: str) -> str:
    """By the objectives of that duty: the official verdict, where chance does not explain it."""
    verdict = greatest(selector(metrics.RESPONSE_VERDICT, (WINDOW, "=~", "|".join(windows))), *JUDGED, WINDOW)
    those = greatest(selector(metrics.RESPONSE_OBJECTIVE_INFO, (DUTY, "=", duty)), OBJECTIVE)
    return f"{verdict} == {VERDICTS[State.MISSED, Evidence.STRONG]:g}\nand on ({SERVICE}, {OBJECTIVE}) {those}"


def changed(news_seconds: int = DAY) -> Rule:
    """Missions have begun to be late more often, and this is news for so many seconds."""
    return _rule(
        "ResponseDriftOverTarget", Severity.PAGE, of_leaf_areas(f"(\n{_change(news_seconds)}\n)"), opens="last100",
        by=(*JUDGED, EPISODE), keep_firing_seconds=DAY, group="news",
        summary=phrase(
            "{area}, {category}, {episode}: late far more often than {objective} allows, {how} of the last 100"
        ),
        how=standing(NEWEST),
        description=phrase(
            "The newest missions are late much more often than the objective {objective} ({minutes} min) allows, and "
            "than they were before: something has changed. CUSUM {score}. Told once, for a day; if it lasts, it is a "
            "ticket."
        ),
        score=drift_score(Baseline.TARGET),
    )  # fmt: skip


RULES: Final = (
    _rule(
        "ResponseObjectiveBreached", Severity.TICKET, _breach(Level.BREACH), opens="year",
        keep_firing_seconds=DAY,
        summary=phrase("{area}, {category}: {objective} is breached, {how} this year"), how=standing(YEAR),
        description=phrase(
            "The objective {objective} ({minutes} min) is not met by the {missions} missions of this year, or of its "
            "part to date, and that is not chance: a test made for being looked at all the time has passed its "
            "threshold. The ticket lasts until the period ends."
        ),
        missions=judged(YEAR),
    ),
    _rule(
        "ResponseObjectiveAtRisk", Severity.TICKET, _breach(Level.WARNING), opens="28d",
        keep_firing_seconds=DAY,
        summary=phrase("{area}, {category}: {objective} is at risk, {how} over 28 d"), how=standing(MONTH),
        description=phrase(
            "The objective {objective} ({minutes} min) is probably not met, but the evidence does not carry a "
            "breach. This year: {left}."
        ),
        left=left(YEAR),
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
