"""Alerts about the monitor itself: whether anybody could see if response times went wrong.

A page where the monitor is blind, a ticket where it has lost or refused something. Refuses to know missions.
"""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import Matcher, greatest, grouped, seen, selector
from monitor.alerts.rule import MINUTE, Rule, Severity
from monitor.alerts.text import Figure, Label, ago, newest, text
from monitor.metrics import PARTITION, REASON, SERVICE, TOPIC, Metric

EXPORTER_JOB: Final = "response-exporter"
WORKER_JOB: Final = "response-worker"
FEED_JOB: Final = "response-feed"
UP: Final = "up"
COMPONENT: Final = "component"
LAG_WINDOW: Final = "10m"
DEAD_LETTERS_WINDOW: Final = "6h"
DEAD_LETTERS_LEAST: Final = 5
DEAD_LETTERS_SHARE: Final = 0.001


def _absent() -> str:
    """By service where the targets of each bear its label; else, or where there are no targets, of all of them."""
    parts = []
    for component, job in (("exporter", EXPORTER_JOB), ("worker", WORKER_JOB)):
        up = greatest(f'{UP}{{job="{job}"}}')
        parts.append(f'label_replace({up} == 0 or absent({up}), "{COMPONENT}", "{component}", "", "")')
    # Not every service has a feed: who has one names its targets.
    parts.append(f'label_replace({greatest(f"""{UP}{{job="{FEED_JOB}"}}""")} == 0, "{COMPONENT}", "feed", "", "")')
    return "\nor\n".join(parts)


def _lagging() -> str:
    """Never caught up for ten minutes, and more records behind than those ten minutes have brought forward."""
    behind = greatest(f"min_over_time({selector(metrics.CONSUMER_LAG_RECORDS)}[{LAG_WINDOW}])", PARTITION)
    offset = selector(metrics.NEXT_OFFSET)
    done = greatest(f"max_over_time({offset}[{LAG_WINDOW}]) - min_over_time({offset}[{LAG_WINDOW}])", PARTITION)
    return f"{behind} > 0\nunless on ({SERVICE}, {PARTITION})\n{done} > {behind}"


def _feed_lagging() -> str:
    """For ten minutes never as little behind as it was at worst in the ten before: it stands, or falls back."""
    lag, by = selector(metrics.FEED_LAG_RECORDS), (TOPIC, PARTITION)
    least = greatest(f"min_over_time({lag}[{LAG_WINDOW}])", *by)
    most = greatest(f"max_over_time({lag}[{LAG_WINDOW}] offset {LAG_WINDOW})", *by)
    return f"{least} > 0\nand on ({SERVICE}, {TOPIC}, {PARTITION})\n{least} >= {most}"


def _feed_seen(metric: Metric) -> str:
    """Whether a feed may be believed; also once it has been gone for an hour although the exporter is seen.

    It alone bears witness of itself: what fired while it was taken away for good would be gone on with for ever. That
    a feed should be there and is not, `MonitorAbsent` tells.
    """
    lately = f"count by ({SERVICE}) (last_over_time({selector(metric)}[1h]))"
    return f"{seen(metric)}\nor\n{seen(metrics.STORE_UP)}\nunless on ({SERVICE}) {lately}"


def _feed_refuses() -> str:
    """Of each topic, over all processes of the feed: each counts what it has carried itself."""

    def risen(metric: Metric) -> str:
        return f"sum {grouped(TOPIC)} (increase({selector(metric)}[{DEAD_LETTERS_WINDOW}]))"

    refused = risen(metrics.FEED_REFUSED)
    many = f"{refused} > {DEAD_LETTERS_SHARE:g} * {risen(metrics.FEED_RECORDS)}"
    return f"{refused} >= {DEAD_LETTERS_LEAST}\nand on ({SERVICE}, {TOPIC}) {many}"


def _lost() -> str:
    """Of mission events, which every exporter tells; or of a source's topic, which each feed tells of itself."""
    of_events = f"{greatest(f'increase({selector(metrics.LOST_OFFSETS)}[1h])')} > 0"
    return f"{of_events}\nor\nsum {grouped()} (increase({selector(metrics.FEED_LOST_OFFSETS)}[1h])) > 0"


def _risen(metric: Metric, *matchers: Matcher) -> str:
    """By how much a counter rose within the window, whatever its own labels say."""
    risen = f"increase({selector(metric, *matchers)}[{DEAD_LETTERS_WINDOW}])"
    return f"sum {grouped()} ({greatest(risen, *metric.by)})"


_DEAD: Final = _risen(metrics.DEAD_LETTERS)
_GRAVE: Final = _risen(metrics.DEAD_LETTERS, (REASON, "=~", "batch_.*|ledger_full"))
"""One is enough: a batch may hold any number of missions, and a ledger without room refuses all that are new."""


def _dead_letters() -> str:
    many = f"{_DEAD} > {DEAD_LETTERS_SHARE:g} * {_risen(metrics.EVENTS)}"
    return f"{_DEAD} >= {DEAD_LETTERS_LEAST}\nand on ({SERVICE}) {many}\nor\n{_GRAVE} > 0"


def _rewound() -> str:
    """Went up within the hour, or began above 0: a worker rewinds before it is first asked."""
    rewinds = selector(metrics.REWINDS)
    total = f"sum {grouped()}"
    return f"{total} (increase({rewinds}[1h])) > 0\nor\n{total} ({rewinds} unless {rewinds} offset 1h) > 0"


RULES: Final = (
    Rule(
        name="MonitorAbsent",
        severity=Severity.PAGE,
        condition=_absent(),
        labels=(SERVICE, COMPONENT),
        for_seconds=3 * MINUTE,
        summary=text("No {component} of the response-time monitor answers", component=Label(COMPONENT)),
        description=text(
            "Prometheus reaches none of them. Without exporter there are no verdicts; without worker no mission is "
            "counted; without feed none of its source arrives. Alerts about response times stand still."
        ),
    ),
    Rule(
        name="MonitorStoreDown",
        severity=Severity.PAGE,
        condition=f"{greatest(selector(metrics.STORE_UP))} == 0",
        sight=seen(metrics.STORE_UP),
        for_seconds=3 * MINUTE,
        summary=text("The store (Redis) does not answer, or holds what this program cannot read"),
        description=text(
            "The figures shown were read {minutes} min ago and are not renewed. Workers wait; nothing is lost as "
            "long as Kafka keeps the events. Alerts about response times stand still.",
            minutes=ago(metrics.STORE_READ_TIMESTAMP_SECONDS, MINUTE),
        ),
    ),
    Rule(
        name="MonitorNoWorker",
        severity=Severity.PAGE,
        condition=f"{greatest(selector(metrics.WORKERS))} == 0",
        sight=seen(metrics.WORKERS),
        for_seconds=0,  # a sign of life may already be ten seconds late, and Alertmanager waits before it tells
        summary=text("No worker is running: no mission is counted"),
        description=text(
            "None has given a sign of life in the store for ten seconds. What the source sends is kept by Kafka, and "
            "counted once a worker is started. Missions in progress seem to go on for ever meanwhile."
        ),
    ),
    Rule(
        name="MonitorInvalidFlood",
        severity=Severity.PAGE,
        condition=f"{greatest(selector(metrics.PARTITION_SLOWED), PARTITION)} > 0",
        labels=(SERVICE, PARTITION),
        sight=seen(metrics.PARTITION_SLOWED),
        keep_firing_seconds=10 * MINUTE,
        summary=text(
            "Partition {partition} brings a flood of invalid records and is slowed down",
            partition=Label(PARTITION),
        ),
        description=text(
            "Most of what it brings cannot be read and goes to the dead letters at a bounded pace; "
            "valid missions behind them wait. All other partitions go on."
        ),
    ),
    Rule(
        name="MonitorLagging",
        severity=Severity.PAGE,
        condition=_lagging(),
        labels=(SERVICE, PARTITION),
        sight=seen(metrics.CONSUMER_LAG_RECORDS),
        for_seconds=5 * MINUTE,
        summary=text(
            "Partition {partition}: the worker is {records} records behind and does not catch up",
            partition=Label(PARTITION),
            records=newest(metrics.CONSUMER_LAG_RECORDS),
        ),
        description=text(
            "For ten minutes there has been more to read than the worker got done. Missions in progress are told too "
            "late, or not at all."
        ),
    ),
    Rule(
        name="MonitorFeedLagging",
        severity=Severity.PAGE,
        condition=_feed_lagging(),
        labels=(SERVICE, TOPIC, PARTITION),
        sight=_feed_seen(metrics.FEED_LAG_RECORDS),
        for_seconds=5 * MINUTE,
        summary=text(
            "The feed is {records} records behind on partition {partition} of {topic} and does not catch up",
            records=newest(metrics.FEED_LAG_RECORDS),
            partition=Label(PARTITION),
            topic=Label(TOPIC),
        ),
        description=text(
            "What the source has written there does not become mission events, or too late. The worker counts what "
            "arrives and knows of nothing else: missions in progress are told too late, or not at all."
        ),
    ),
    Rule(
        name="MonitorFeedRefuses",
        severity=Severity.TICKET,
        condition=_feed_refuses(),
        labels=(SERVICE, TOPIC),
        sight=_feed_seen(metrics.FEED_RECORDS),
        for_seconds=5 * MINUTE,
        summary=text("The feed has refused records of {topic} within the last 6 h", topic=Label(TOPIC)),
        description=text(
            "They lie in the dead letter topic of {topic} with the reason and the original bytes, and are in no "
            "figure. `monitor dead-letters list --of` shows them.",
            topic=Label(TOPIC),
        ),
    ),
    Rule(
        name="MonitorDeadLetters",
        severity=Severity.TICKET,
        condition=_dead_letters(),
        sight=seen(metrics.DEAD_LETTERS),
        for_seconds=5 * MINUTE,
        summary=text(
            "{events} events of the last 6 h were refused",
            events=Figure(lambda scope: _risen(metrics.DEAD_LETTERS, *scope.here)),
        ),
        description=text(
            "They lie in the dead letter topic with the reason and the original bytes, and are in no figure. "
            "`monitor dead-letters list` shows them."
        ),
    ),
    Rule(
        name="MonitorEventsLost",
        severity=Severity.TICKET,
        condition=_lost(),
        sight=seen(metrics.LOST_OFFSETS),
        summary=text("Kafka removed events before they were read"),
        description=text(
            "The topic's retention is shorter than the workers, or a feed, were away. Missions of that time may be "
            "missing or open for ever; `monitor replay` sends them again from the source."
        ),
    ),
    Rule(
        name="MonitorRecordsAhead",
        severity=Severity.TICKET,
        condition=f"{greatest(f'increase({selector(metrics.RECORDS_AHEAD)}[1h])')} > 0",
        sight=seen(metrics.RECORDS_AHEAD),
        summary=text("Records claim to be of the future: a clock is wrong"),
        description=text(
            "They are believed no further than their arrival, so they hide no silence. But a clock of the source, of "
            "the broker or of the worker is wrong, and so may be the times of missions."
        ),
    ),
    Rule(
        name="MonitorMovedAcrossPeriods",
        severity=Severity.TICKET,
        condition=f"{greatest(f'increase({selector(metrics.MOVED_ACROSS_PERIODS)}[1h])')} > 0",
        sight=seen(metrics.MOVED_ACROSS_PERIODS),
        summary=text("Corrections have taken missions out of a calendar year, or into one that was closed"),
        description=text(
            "Figures of a closed year have changed. A true correction, a wrong date, or ids that are used again each "
            "year: then the old year loses its missions one by one. The report of either year says how many."
        ),
    ),
    Rule(
        name="MonitorStoreEmptied",
        severity=Severity.TICKET,
        condition=_rewound(),
        sight=seen(metrics.REWINDS),
        summary=text("The store was empty: the workers rebuild it from the beginning of the topic"),
        description=text(
            "Figures are complete again once the workers have caught up, as far back as the topic reaches. What is "
            "older is gone from the figures."
        ),
    ),
)
