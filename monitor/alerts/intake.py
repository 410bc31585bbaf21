"""Alerts about what arrives: missions in progress that are late already, missing times, a silent feed.

Per area, since a night with few patrols hits all its categories. Missions in progress are believed for an hour
without events only: after that they may have ended unheard.
"""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import (
    FEED_KNOWN,
    SERIES,
    SIGHT,
    STORE_UP,
    greatest,
    grouped,
    of_leaf_areas,
    of_leaf_categories,
    selector,
)
from monitor.alerts.rule import DAY, EPISODE, HOUR, MINUTE, NEW, WORSE, Rule, Severity
from monitor.alerts.text import AreaName, Label, ago, in_units, newest, over_categories, text
from monitor.core.overdue import LEAST as LEAST_OVERDUE
from monitor.metrics import AREA, CLOCK, SERVICE, WINDOW

MONTH: Final = (WINDOW, "=", "28d")
QUIET_SECONDS: Final = HOUR
UNMEASURED_SHARE: Final = 0.15
UNMEASURED_LEAST_MISSIONS: Final = 20

_LAST_RECORD: Final = greatest(selector(metrics.LAST_RECORD_TIMESTAMP_SECONDS))
_FEED_STALE: Final = greatest(selector(metrics.FEED_STALE))
_READ: Final = f"{STORE_UP}\nand on ({SERVICE}) {FEED_KNOWN}"
"""Whether the feed is alive may be believed: the store is reached, and was read."""


def _unmeasured() -> str:
    """More missing times than a true share of 15 % would give by chance (two standard deviations)."""
    unmeasured = _sum(selector(metrics.RESPONSE_MISSIONS_UNMEASURED, MONTH), CLOCK)
    measured = _sum(selector(metrics.RESPONSE_MISSIONS_MEASURED, MONTH), CLOCK)
    missions = f"({unmeasured} + {measured})"
    spread = f"2 * sqrt({UNMEASURED_SHARE * (1 - UNMEASURED_SHARE):g} * {missions})"
    many = f"{unmeasured} > {UNMEASURED_SHARE:g} * {missions} + {spread}"
    return of_leaf_areas(f"{many}\nand on ({SERVICE}, {AREA}, {CLOCK}) {missions} >= {UNMEASURED_LEAST_MISSIONS}")


def _sum(vector: str, *by: str) -> str:
    return f"sum {grouped(AREA, *by)} ({of_leaf_categories(greatest(vector, *SERIES, *by))})"


def overdue(missions: int = LEAST_OVERDUE) -> Rule:
    """More missions on their way past the target of an objective that pages, in one area at once, than are usual.

    How many these are, the core works out for each area (`core.overdue`); never fewer than `missions`. Twice as many
    are worse, which is told once more.
    """
    late, reached = metrics.RESPONSE_MISSIONS_OVERDUE, metrics.RESPONSE_MISSIONS_PRESUMED_REACHED
    there = f"{_sum(selector(late))}\n- {_sum(selector(reached))}"
    limit = f"clamp_min({greatest(selector(metrics.RESPONSE_OVERDUE_LIMIT_MISSIONS), AREA)}, {missions})"
    steps = "\nor\n".join(
        f'label_replace({there}\n>= on ({SERVICE}, {AREA}) {times} * {limit}, "{EPISODE}", "{word}", "", "")'
        for word, times in ((NEW, 1), (WORSE, 2))
    )
    return Rule(
        name="ResponseMissionsOverdue",
        severity=Severity.PAGE,
        group="response",
        condition=of_leaf_areas(f"(\n{steps}\n)"),
        labels=(SERVICE, AREA, EPISODE),
        sight=f"{SIGHT}\nand on ({SERVICE}) time() - {_LAST_RECORD} < {QUIET_SECONDS}",
        frozen=True,
        for_seconds=2 * MINUTE,
        keep_firing_seconds=2 * HOUR,
        summary=text(
            "{area}, {episode}: {overdue} missions in progress are past their target, of {open} open",
            area=AreaName(),
            episode=Label(EPISODE),
            overdue=over_categories(late),
            open=over_categories(metrics.RESPONSE_MISSIONS_OPEN),
        ),
        description=text(
            "Nobody has arrived yet in these missions, although the target's time is over. Of these, {reached} are "
            "open for so long that they were probably reached and nobody registered it: they do not count here. "
            "{limit} others at once are no accident in this area.",
            reached=over_categories(reached),
            limit=newest(metrics.RESPONSE_OVERDUE_LIMIT_MISSIONS),
        ),
    )


RULES: Final = (
    Rule(
        name="ResponseMeasurementMissing",
        severity=Severity.TICKET,
        group="response",
        condition=_unmeasured(),
        labels=(SERVICE, AREA, CLOCK),
        sight=SIGHT,
        frozen=True,
        for_seconds=HOUR,
        keep_firing_seconds=DAY,
        summary=text(
            "{area}: by the clock {clock}, {unmeasured} missions of 28 d cannot be measured, {measured} can",
            area=AreaName(),
            clock=Label(CLOCK),
            unmeasured=over_categories(metrics.RESPONSE_MISSIONS_UNMEASURED, MONTH),
            measured=over_categories(metrics.RESPONSE_MISSIONS_MEASURED, MONTH),
        ),
        description=text(
            "More than 15 % of this area's missions have no value on the clock, by more than chance explains. What "
            "cannot be measured is in no figure: the area may be better or worse than these say.",
        ),
        window="28d",
    ),
    Rule(
        name="ResponseFeedStale",
        severity=Severity.PAGE,
        group="response",
        condition=f"{_FEED_STALE} == 1\nand on ({SERVICE}) {_LAST_RECORD} > 0",
        sight=_READ,
        for_seconds=2 * MINUTE,
        summary=text("No mission event for {hours} h", hours=ago(metrics.LAST_RECORD_TIMESTAMP_SECONDS, HOUR)),
        description=text(
            "The feed has been silent for longer than plausible: at this service's volume, and from that hour of the "
            "day on, {plausible} h may be chance. Every verdict to date is no_data, and alerts about response times "
            "stand still: none begins, none ends.",
            plausible=in_units(metrics.FEED_PATIENCE_SECONDS, HOUR),
        ),
    ),
    Rule(
        name="ResponseFeedEmpty",
        severity=Severity.TICKET,
        group="response",
        condition=f"{_FEED_STALE} == 1\nunless on ({SERVICE}) {_LAST_RECORD} > 0",
        sight=_READ,
        for_seconds=HOUR,
        summary=text("No mission event has ever arrived"),
        description=text(
            "The monitor runs and its store is empty. On a new installation this ends with the first event; "
            "otherwise it reads the wrong topic or the wrong store."
        ),
    ),
)
