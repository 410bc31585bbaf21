"""The pipeline: whether the monitor itself keeps up, what it refused, and what an operator does about it."""

from typing import Final

from monitor import metrics
from monitor.alerts.pipeline import EXPORTER_JOB, FEED_JOB, WORKER_JOB
from monitor.alerts.promql import Matcher
from monitor.dashboards.frame import PIPELINE, Names, Shelf, dashboard, instance_variable
from monitor.dashboards.palette import BLUE, GREY, ORANGE, SLATE, VERMILLION
from monitor.dashboards.panels import (
    BYTES,
    COUNT,
    MINUTES,
    RATE,
    SECONDS,
    Panel,
    Query,
    coloured,
    drawn,
    figures,
    lines,
    note,
    steps,
)
from monitor.dashboards.queries import HERE, RATE_WINDOW, age, chosen, counted, inside, newest, quantile
from monitor.dashboards.shared import in_order, text_rows
from monitor.dashboards.words import Words
from monitor.metrics import OUTCOME, PARTITION, REASON, TOPIC, Metric

INSTANCE: Final[Matcher] = ("instance", "=~", "$instance")
QUANTILES: Final = ((0.5, BLUE), (0.99, VERMILLION))
MEMORY: Final = f'process_resident_memory_bytes{{job=~"{EXPORTER_JOB}|{WORKER_JOB}|{FEED_JOB}"}}'
"""Of the Prometheus client library, not of our vocabulary: every program in a shared Prometheus has one."""
LEAST_ROWS: Final = 11
"""Of a shelf: a laptop shows the first of them, and asks for no other."""


def pipeline(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    del names
    rows = {
        "keeping_up": (_lag(words), _quantiles(words, "delay", metrics.EVENT_DELAY_SECONDS)),
        "checkpoints": (_quantiles(words, "checkpoints", metrics.CHECKPOINT_SECONDS), _batches(words)),
        "events": (_outcomes(words), _dead_letters(words)),
        "consistency": (_fencing(words), _losses(words)),
        "feeds": (_feed_lag(words), _feed_records(words)),
        "resources": (_memory(words), _store(words)),
    }
    return dashboard(
        PIPELINE, words, [instance_variable(words)],
        [
            Shelf(3, [(in_order(words), 8), (_workers(words), 7), (_trouble(words), 9)]),
            *(_shelf(words, key, panels) for key, panels in rows.items()),
        ],
    )  # fmt: skip


def _shelf(words: Words, key: str, panels: tuple[Panel, Panel]) -> Shelf:
    """Two panels, and beside them what to do when they look wrong: as high as that text is."""
    advice = words(f"advice.{key}")
    beside = [*((panel, 8) for panel in panels), (note(words.head("advice"), advice), 8)]
    return Shelf(max(LEAST_ROWS, text_rows(advice, 8)), beside, title=words(f"row.{key}"))


def _of_workers(metric: Metric, function: str = "") -> str:
    """A worker's metric with the chosen instances; `instance` is Prometheus' own label."""
    series = f"{metric.name}{{{inside((HERE, INSTANCE))}}}"
    return f"{function}({series}[{RATE_WINDOW}])" if function else series


def _workers(words: Words) -> Panel:
    return figures(
        words.head("workers"),
        [
            Query(newest(metrics.WORKERS, by=()), words("name.living")),
            Query(f"sum({_of_workers(metrics.PARTITIONS_ASSIGNED)})", words("name.partitions")),
        ],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (1, SLATE)),
    )


def _trouble(words: Words) -> Panel:
    return figures(
        words.head("trouble"),
        [
            Query(f"sum(max by ({REASON}) (increase({chosen(metrics.DEAD_LETTERS)}[$__range])))", words("name.dead")),
            Query(f"max(increase({chosen(metrics.LOST_OFFSETS)}[$__range]))", words("name.lost")),
            Query(f"max(increase({chosen(metrics.SEALED_EARLY)}[$__range]))", words("name.sealed_early")),
        ],
        unit=COUNT,
        thresholds=steps((None, SLATE), (1, ORANGE)),
        decimals=0,
    )


def _lag(words: Words) -> Panel:
    return lines(
        words.head("lag"),
        [Query(f"max by ({PARTITION}) ({_of_workers(metrics.CONSUMER_LAG_RECORDS)})", "{{partition}}")],
        unit=COUNT,
        stacked=True,
    )


def _quantiles(words: Words, key: str, metric: Metric) -> Panel:
    panel = lines(
        words.head(key),
        [Query(quantile(metric, share, INSTANCE), f"{share * 100:g} %") for share, _ in QUANTILES],
        unit=SECONDS,
    )
    return coloured(panel, ((f"{share * 100:g} %", colour) for share, colour in QUANTILES))


def _batches(words: Words) -> Panel:
    named = (
        (metrics.BATCH_SECONDS, words("name.batches"), BLUE),
        (metrics.CHECKPOINT_SECONDS, words("name.checkpoints"), ORANGE),
    )
    panel = lines(
        words.head("batches"), [Query(counted(one, INSTANCE), name) for one, name, _ in named],
        unit=RATE,
    )  # fmt: skip
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _outcomes(words: Words) -> Panel:
    rate = f"max by ({OUTCOME}) (rate({chosen(metrics.EVENTS)}[{RATE_WINDOW}]))"
    return lines(words.head("outcomes"), [Query(rate, "{{outcome}}")], unit=RATE, stacked=True)


def _dead_letters(words: Words) -> Panel:
    more = f"max by ({REASON}) (increase({chosen(metrics.DEAD_LETTERS)}[{RATE_WINDOW}]))"
    return lines(words.head("dead_letters"), [Query(more, "{{reason}}")], unit=COUNT, stacked=True)


def _fencing(words: Words) -> Panel:
    named = (
        (metrics.FENCED_CHECKPOINTS, words("name.fenced"), VERMILLION),
        (metrics.REWINDS, words("name.rewinds"), ORANGE),
        (metrics.REDELIVERED_RECORDS, words("name.redelivered"), GREY),
        (metrics.STORE_RETRIES, words("name.retries"), BLUE),
    )
    panel = lines(
        words.head("fencing"),
        [Query(f"sum({_of_workers(one, 'increase')})", name) for one, name, _ in named],
        unit=COUNT,
    )
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _losses(words: Words) -> Panel:
    named = (
        (metrics.LOST_OFFSETS, words("name.lost"), VERMILLION),
        (metrics.SEALED_EARLY, words("name.sealed_early"), ORANGE),
    )
    queries = [Query(f"max(increase({chosen(one)}[{RATE_WINDOW}]))", name) for one, name, _ in named]
    return coloured(lines(words.head("losses"), queries, unit=COUNT), ((name, colour) for _, name, colour in named))


def _feed_lag(words: Words) -> Panel:
    """Of all feeds, as below: the instances that one chooses are workers'."""
    lag = f"max by ({TOPIC}, {PARTITION}) ({chosen(metrics.FEED_LAG_RECORDS)})"
    head = words.head("feed_lag", without="none.feed")
    return lines(head, [Query(lag, "{{topic}} {{partition}}")], unit=COUNT, stacked=True)


def _feed_records(words: Words) -> Panel:
    carried = f"sum(rate({chosen(metrics.FEED_RECORDS)}[{RATE_WINDOW}]))"
    refused = f"sum by ({REASON}) (rate({chosen(metrics.FEED_REFUSED)}[{RATE_WINDOW}])) > 0"
    head = words.head("feed_records", without="none.feed")
    return lines(head, [Query(carried, words("name.carried")), Query(refused, "{{reason}}")], unit=RATE)


def _memory(words: Words) -> Panel:
    return lines(words.head("memory"), [Query(MEMORY, "{{job}} {{instance}}")], unit=BYTES)


def _store(words: Words) -> Panel:
    tracked, read = words("name.tracked"), words("name.read")
    queries = [
        Query(newest(metrics.MISSIONS_TRACKED, by=()), tracked),
        Query(age(metrics.STORE_READ_TIMESTAMP_SECONDS), read),
    ]
    panel = drawn(lines(words.head("tracked"), queries, unit=COUNT), tracked, BLUE)
    return drawn(panel, read, ORANGE, custom__axisPlacement="right", unit=MINUTES)
