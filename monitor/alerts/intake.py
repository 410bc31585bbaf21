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
from monitor.alerts.rule import DAY, HOUR, MINUTE, Rule, Severity
from monitor.alerts.setup import MANY_OVERDUE
from monitor.alerts.text import AreaName, Label, ago, over_categories, text
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


def overdue(missions: int = MANY_OVERDUE) -> Rule:
    """So many missions in progress past the target of an objective that pages, in one area at once, are a page."""
    return Rule(
        name="ResponseMissionsOverdue",
        severity=Severity.PAGE,
        group="response",
        condition=of_leaf_areas(f"{_sum(selector(metrics.RESPONSE_MISSIONS_OVERDUE))} >= {missions}"),
        labels=(SERVICE, AREA),
        sight=f"{SIGHT}\nand on ({SERVICE}) time() - {_LAST_RECORD} < {QUIET_SECONDS}",
        frozen=True,
        for_seconds=2 * MINUTE,
        keep_firing_seconds=10 * MINUTE,
        summary=text(
            "{area}: {overdue} missions in progress are past their target, of {open} open",
            area=AreaName(),
            overdue=over_categories(metrics.RESPONSE_MISSIONS_OVERDUE),
            open=over_categories(metrics.RESPONSE_MISSIONS_OPEN),
        ),
        description=text(
            "Nobody has arrived yet in these missions, although the target's time is over. They are late already, "
            "whatever comes; the figures do not show them yet.",
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
            "The feed has been silent for longer than plausible. Every verdict to date is no_data, and alerts about "
            "response times stand still: none begins, none ends."
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
