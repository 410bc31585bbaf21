"""The banner on top of every dashboard: whether what is below may be believed."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as models

from monitor import metrics
from monitor.alerts.promql import of_leaf_areas, of_leaf_categories
from monitor.dashboards.frame import PanelBuilder
from monitor.dashboards.palette import BLUE, GREY, ORANGE, SLATE, VERMILLION
from monitor.dashboards.panels import COUNT, FLAG, SECONDS, Head, Query, figures, flags, not_a_number, steps
from monitor.dashboards.queries import HERE, age, newest
from monitor.dashboards.words import Words

QUIET_SECONDS: Final = 3600
SILENT_SECONDS: Final = 21_600
OLD_SECONDS: Final = 60
DEAD_SECONDS: Final = 300


def banner(words: Words) -> list[tuple[PanelBuilder, int]]:
    """Feed, store, age of the figures and of the newest event, missions in progress."""
    return [
        (
            figures(
                Head(words("feed.title"), words("feed.description")),
                [Query(newest(metrics.FEED_STALE, by=()), words("name.feed"))],
                unit=FLAG,
                mappings=flags((words("feed.alive"), BLUE), (words("feed.silent"), VERMILLION)),
                thresholds=steps((None, GREY)),
            ),
            6,
        ),
        (
            figures(
                Head(words("store.title"), words("store.description")),
                [Query(newest(metrics.STORE_UP, by=()), words("name.store"))],
                unit=FLAG,
                mappings=flags((words("store.down"), VERMILLION), (words("store.up"), BLUE)),
                thresholds=steps((None, GREY)),
            ),
            6,
        ),
        (
            figures(
                Head(words("age.title"), words("age.description")),
                [
                    Query(age(metrics.LAST_RECORD_TIMESTAMP_SECONDS), words("name.event")),
                    Query(age(metrics.SNAPSHOT_TIMESTAMP_SECONDS), words("name.figures")),
                ],
                unit=SECONDS,
                thresholds=steps((None, SLATE), (QUIET_SECONDS, ORANGE), (SILENT_SECONDS, VERMILLION)),
                mappings=[not_a_number("?")],
                decimals=0,
            ).override_by_name(words("name.figures"), [_sooner()]),
            8,
        ),
        (
            figures(
                Head(words("overdue.now.title"), words("overdue.now.description")),
                [
                    Query(f"sum({_each_once(newest(metrics.RESPONSE_MISSIONS_OVERDUE))})", words("name.overdue")),
                ],
                unit=COUNT,
                thresholds=steps((None, SLATE), (1, ORANGE), (5, VERMILLION)),
                mappings=[not_a_number("?")],
            ),
            4,
        ),
    ]


def _each_once(missions: str) -> str:
    """Neither in the pools of areas nor in those of categories."""
    return of_leaf_areas(of_leaf_categories(missions, HERE), HERE)


def _sooner() -> models.DynamicConfigValue:
    """Figures are renewed every 15 s: a minute is late for them, where an hour is nothing for an event."""
    return models.DynamicConfigValue(
        "thresholds", steps((None, SLATE), (OLD_SECONDS, ORANGE), (DEAD_SECONDS, VERMILLION)).build()
    )
