"""Alerts about what arrives: missions in progress that are late already, missing times, a silent feed.

Per district, since a night with few patrols hits all its classes. Missions in progress are believed for an hour
without events only: after that they may have ended unheard.
"""

from typing import Final

from monitor.alerts.promql import DISTRICTS, FEED_KNOWN, SERIES, SIGHT, STORE_UP, greatest, selector
from monitor.alerts.rule import DAY, HOUR, MINUTE, Rule, Severity
from monitor.alerts.setup import MANY_OVERDUE
from monitor.alerts.text import DISTRICT_NAME, ago, over_classes
from monitor.exporter import metrics
from monitor.exporter.metrics import DISTRICT, WINDOW

QUIET_SECONDS: Final = HOUR
UNMEASURED_SHARE: Final = 0.15
UNMEASURED_LEAST_MISSIONS: Final = 20

_LAST_RECORD: Final = greatest(selector(metrics.LAST_RECORD_TIMESTAMP_SECONDS))
_FEED_STALE: Final = greatest(selector(metrics.FEED_STALE))
_READ: Final = f"{STORE_UP}\nand on () {FEED_KNOWN}"
"""Whether the feed is alive may be believed: the store is reached, and was read."""


def _unmeasured() -> str:
    """More missing times than a true share of 15 % would give by chance (two standard deviations)."""
    unmeasured = _sum(selector(metrics.RESPONSE_MISSIONS_UNMEASURED, (WINDOW, "=", "28d"), DISTRICTS))
    measured = _sum(selector(metrics.RESPONSE_MISSIONS_MEASURED, (WINDOW, "=", "28d"), DISTRICTS))
    missions = f"({unmeasured} + {measured})"
    spread = f"2 * sqrt({UNMEASURED_SHARE * (1 - UNMEASURED_SHARE):g} * {missions})"
    return (
        f"{unmeasured} > {UNMEASURED_SHARE:g} * {missions} + {spread}\n"
        f"and on ({DISTRICT}) {missions} >= {UNMEASURED_LEAST_MISSIONS}"
    )


def _sum(vector: str) -> str:
    return f"sum by ({DISTRICT}) ({greatest(vector, *SERIES)})"


def overdue(missions: int = MANY_OVERDUE) -> Rule:
    """So many missions in progress past the requirement, in one district at once, are a page."""
    late, opened = over_classes(metrics.RESPONSE_MISSIONS_OVERDUE), over_classes(metrics.RESPONSE_MISSIONS_OPEN)
    return Rule(
        name="ResponseMissionsOverdue",
        severity=Severity.PAGE,
        group="response",
        condition=f"{_sum(selector(metrics.RESPONSE_MISSIONS_OVERDUE, DISTRICTS))} >= {missions}",
        labels=(DISTRICT,),
        sight=f"{SIGHT}\nand on () time() - {_LAST_RECORD} < {QUIET_SECONDS}",
        frozen=True,
        for_seconds=2 * MINUTE,
        keep_firing_seconds=10 * MINUTE,
        summary=f"{DISTRICT_NAME}: {late} missions in progress are past the requirement, of {opened} open",
        description=(
            f"Nobody is on scene yet in {late} urgent missions of this district, although the requirement's time is "
            "over. They are late already, whatever comes; the percentiles do not show them yet."
        ),
        window="24h",
    )


RULES: Final = (
    Rule(
        name="ResponseMeasurementMissing",
        severity=Severity.TICKET,
        group="response",
        condition=_unmeasured(),
        labels=(DISTRICT,),
        sight=SIGHT,
        frozen=True,
        for_seconds=HOUR,
        keep_firing_seconds=DAY,
        summary=(
            f"{DISTRICT_NAME}: {over_classes(metrics.RESPONSE_MISSIONS_UNMEASURED, (WINDOW, '28d'))} missions of "
            f"28 d cannot be measured, {over_classes(metrics.RESPONSE_MISSIONS_MEASURED, (WINDOW, '28d'))} can"
        ),
        description=(
            "More than 15 % of this district's urgent missions lack a time stamp, by more than chance explains. What "
            "cannot be measured is in no percentile: the district may be better or worse than its figures."
        ),
    ),
    Rule(
        name="ResponseFeedStale",
        severity=Severity.PAGE,
        group="response",
        condition=f"{_FEED_STALE} == 1\nand on () {_LAST_RECORD} > 0",
        sight=_READ,
        for_seconds=2 * MINUTE,
        summary=f"No mission event for {ago(metrics.LAST_RECORD_TIMESTAMP_SECONDS, HOUR)} h",
        description=(
            "The feed has been silent for longer than plausible. Every verdict to date is no_data, and alerts about "
            "response times stand still: none begins, none ends."
        ),
        window="24h",
    ),
    Rule(
        name="ResponseFeedEmpty",
        severity=Severity.TICKET,
        group="response",
        condition=f"{_FEED_STALE} == 1\nunless on () {_LAST_RECORD} > 0",
        sight=_READ,
        for_seconds=HOUR,
        summary="No mission event has ever arrived",
        description=(
            "The monitor runs and its store is empty. On a new installation this ends with the first event; "
            "otherwise it reads the wrong topic or the wrong store."
        ),
        window="24h",
    ),
)
