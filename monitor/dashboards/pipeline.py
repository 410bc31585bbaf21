"""The pipeline: whether the monitor itself keeps up, what it refused, and what an operator does about it."""

from typing import Final

from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from monitor import metrics
from monitor.alerts.promql import Matcher
from monitor.dashboards.frame import PIPELINE_UID, Names, PanelBuilder, Shelf, begun, filled, instance_variable
from monitor.dashboards.freshness import banner
from monitor.dashboards.palette import BLUE, GREY, ORANGE, SKY, SLATE, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    SECONDS,
    Head,
    Query,
    coloured,
    drawn,
    figures,
    lines,
    not_a_number,
    note,
    steps,
)
from monitor.dashboards.queries import HERE, RATE_WINDOW, age, chosen, counted, inside, newest, quantile
from monitor.dashboards.words import Words
from monitor.metrics import OUTCOME, PARTITION, REASON, Metric

INSTANCE: Final[Matcher] = ("instance", "=~", "$instance")
QUANTILES: Final = ((0.5, SKY), (0.95, BLUE), (0.99, VERMILLION))
FAR_BEHIND: Final = 10_000
"""Records: a worker takes a tenth of a second for so many."""
OPERATIONS: Final = "ops"
EVENTS: Final = "eps"
MEMORY: Final = "process_resident_memory_bytes"
"""Of the Prometheus client library, not of our vocabulary."""


def pipeline(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    del names
    dashboard = begun(
        words("pipeline.title"), words("pipeline.description"), PIPELINE_UID, words, since="now-6h", refresh="10s"
    ).with_variable(instance_variable(words))
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(4, [(_workers(words), 8), (_trouble(words), 16)]),
            Shelf(8, [(_lag(words), 9), (_delay(words), 9), (_advice(words, "keeping_up"), 6)],
                  title=words("row.keeping_up")),
            Shelf(8, [(_checkpoints(words), 9), (_batches(words), 9), (_advice(words, "checkpoints"), 6)],
                  title=words("row.checkpoints")),
            Shelf(8, [(_outcomes(words), 9), (_dead_letters(words), 9), (_advice(words, "events"), 6)],
                  title=words("row.events")),
            Shelf(8, [(_fencing(words), 9), (_losses(words), 9), (_advice(words, "consistency"), 6)],
                  title=words("row.consistency")),
            Shelf(8, [(_memory(words), 9), (_store(words), 9), (_advice(words, "resources"), 6)],
                  title=words("row.resources")),
        ],
    )  # fmt: skip


def _head(words: Words, key: str) -> Head:
    return Head(words(f"{key}.title"), words(f"{key}.description"))


def _advice(words: Words, key: str) -> PanelBuilder:
    return note(_head(words, "advice"), words(f"advice.{key}"))


def _of_workers(metric: Metric, function: str = "") -> str:
    """A worker's metric with the chosen instances; `instance` is Prometheus' own label."""
    series = f"{metric.name}{{{inside((HERE, INSTANCE))}}}"
    return f"{function}({series}[{RATE_WINDOW}])" if function else series


def _workers(words: Words) -> PanelBuilder:
    return figures(
        _head(words, "workers"),
        [
            Query(newest(metrics.WORKERS, by=()), words("name.living")),
            Query(f"count({_of_workers(metrics.PARTITIONS_ASSIGNED)})", words("name.workers")),
            Query(f"sum({_of_workers(metrics.PARTITIONS_ASSIGNED)})", words("name.partitions")),
        ],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (1, SLATE)),
        mappings=[not_a_number("?")],
    )


def _trouble(words: Words) -> PanelBuilder:
    return figures(
        _head(words, "trouble"),
        [
            Query(f"sum({_of_workers(metrics.CONSUMER_LAG_RECORDS)})", words("name.lag")),
            Query(f"sum(max by ({REASON}) (increase({chosen(metrics.DEAD_LETTERS)}[$__range])))", words("name.dead")),
            Query(f"max(increase({chosen(metrics.LOST_OFFSETS)}[$__range]))", words("name.lost")),
            Query(f"max(increase({chosen(metrics.SEALED_EARLY)}[$__range]))", words("name.sealed_early")),
        ],
        unit=COUNT,
        thresholds=steps((None, SLATE), (1, ORANGE)),
        mappings=[not_a_number("?")],
        decimals=0,
    ).override_by_name(
        words("name.lag"),
        [models.DynamicConfigValue("thresholds", steps((None, SLATE), (FAR_BEHIND, ORANGE)).build())],
    )


def _lag(words: Words) -> PanelBuilder:
    return lines(
        _head(words, "lag"),
        [Query(f"max by ({PARTITION}) ({_of_workers(metrics.CONSUMER_LAG_RECORDS)})", "{{partition}}")],
        unit=COUNT,
        stacked=True,
    )


def _quantiles(words: Words, key: str, metric: Metric) -> PanelBuilder:
    panel = lines(
        _head(words, key),
        [Query(quantile(metric, share, INSTANCE), f"{share * 100:g} %") for share, _ in QUANTILES],
        unit=SECONDS,
    )
    return coloured(panel, ((f"{share * 100:g} %", colour) for share, colour in QUANTILES))


def _delay(words: Words) -> PanelBuilder:
    return _quantiles(words, "delay", metrics.EVENT_DELAY_SECONDS)


def _checkpoints(words: Words) -> PanelBuilder:
    return _quantiles(words, "checkpoints", metrics.CHECKPOINT_SECONDS)


def _batches(words: Words) -> PanelBuilder:
    named = (
        (metrics.BATCH_SECONDS, words("name.batches"), BLUE),
        (metrics.CHECKPOINT_SECONDS, words("name.checkpoints"), ORANGE),
    )
    panel = lines(
        _head(words, "batches"), [Query(counted(one, INSTANCE), name) for one, name, _ in named],
        unit=OPERATIONS,
    )  # fmt: skip
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _outcomes(words: Words) -> PanelBuilder:
    rate = f"max by ({OUTCOME}) (rate({chosen(metrics.EVENTS)}[{RATE_WINDOW}]))"
    return lines(_head(words, "outcomes"), [Query(rate, "{{outcome}}")], unit=EVENTS, stacked=True)


def _dead_letters(words: Words) -> PanelBuilder:
    more = f"max by ({REASON}) (increase({chosen(metrics.DEAD_LETTERS)}[{RATE_WINDOW}]))"
    return lines(_head(words, "dead_letters"), [Query(more, "{{reason}}")], unit=COUNT, stacked=True)


def _fencing(words: Words) -> PanelBuilder:
    named = (
        (metrics.FENCED_CHECKPOINTS, words("name.fenced"), VERMILLION),
        (metrics.REWINDS, words("name.rewinds"), ORANGE),
        (metrics.REDELIVERED_RECORDS, words("name.redelivered"), GREY),
        (metrics.STORE_RETRIES, words("name.retries"), BLUE),
    )
    panel = lines(
        _head(words, "fencing"),
        [Query(f"sum({_of_workers(one, 'increase')})", name) for one, name, _ in named],
        unit=COUNT,
    )
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _losses(words: Words) -> PanelBuilder:
    named = (
        (metrics.LOST_OFFSETS, words("name.lost"), VERMILLION),
        (metrics.SEALED_EARLY, words("name.sealed_early"), ORANGE),
    )
    panel = lines(_head(words, "losses"), [Query(newest(one, by=()), name) for one, name, _ in named], unit=COUNT)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _memory(words: Words) -> PanelBuilder:
    return lines(
        _head(words, "memory"),
        [Query(MEMORY, "{{job}} {{instance}}")],
        unit=units.BytesIEC,
        thresholds=steps((None, SLATE)),
    )


def _store(words: Words) -> PanelBuilder:
    tracked, read = words("name.tracked"), words("name.read")
    panel = lines(
        _head(words, "tracked"),
        [
            Query(newest(metrics.MISSIONS_TRACKED, by=()), tracked),
            Query(age(metrics.STORE_READ_TIMESTAMP_SECONDS), read),
        ],
        unit=COUNT,
    )
    return drawn(drawn(panel, tracked, BLUE), read, ORANGE, axisPlacement="right").override_by_name(
        read, [models.DynamicConfigValue("unit", SECONDS)]
    )
