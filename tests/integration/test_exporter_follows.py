"""Exporter and worker side by side: every series from the start, and the report's figures for Prometheus."""

import asyncio
import json
import math
import subprocess
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics
from monitor.demo.processes import free_port
from monitor.simulator import history
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Station
from tests.presets import police

DAYS = 45
SERVICE = police().slug
OF_MEANS = {metrics.RESPONSE_SPARE_SECONDS.name}
"""What the police have none of."""
WITH_THE_FIRST_CHECKPOINT = {metrics.NEXT_OFFSET.name, metrics.WATERMARK_TIMESTAMP_SECONDS.name}
WITH_THE_WORKERS_SIGN = {metrics.PARTITION_HELD.name, metrics.PARTITION_SLOWED.name}
"""Of partitions nothing is told before one is known: by its checkpoint, or by a worker that lives and keeps it."""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

pytestmark = pytest.mark.integration


async def fetch(port: int, path: str = "metrics") -> str:
    """What is served there; empty while nobody listens."""

    def read() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                body: bytes = answer.read()
                return body.decode()
        except OSError:
            return ""

    return await asyncio.to_thread(read)


async def read_samples(port: int) -> Samples:
    """Every sample by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(await fetch(port))
        for sample in family.samples
    }


def complaints(promtool: Path, text: str) -> str:
    """What promtool has to say about an exposition."""
    judged = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    return judged.stdout + judged.stderr


def missing_families(samples: Samples, wanted: tuple[metrics.Metric, ...]) -> set[str]:
    """Metrics without a single sample."""
    found = {name for name, _ in samples} | {name.removesuffix("_count") for name, _ in samples}
    return {metric.name for metric in wanted} - found


async def test_every_series_is_there_from_the_start_and_follows_the_workers_to_the_reports_figures(
    kafka_station: Station, promtool: Path
) -> None:
    """Before the first event everything is exposed; after the last one n, P50, P80 and within agree."""
    station = kafka_station
    serving, working = free_port(), free_port()
    station.start("exporter", "--port", str(serving), name="exporter")
    worker = station.worker(WORKER__METRICS_PORT=str(working))
    await station.owning(worker)

    async def loaded() -> bool:
        return (metrics.EVENTS.name, frozenset({("service", SERVICE), ("outcome", "new")})) in await read_samples(
            serving
        )

    async def lagging_known() -> bool:
        return not missing_families(await read_samples(working), metrics.WORKER)

    await wait_until(loaded, "the exporter to have read the empty store", timeout_seconds=READY_SECONDS)
    await wait_until(lagging_known, "the worker to expose everything", timeout_seconds=READY_SECONDS)
    empty = await read_samples(serving)
    missing = missing_families(empty, metrics.EXPORTER)
    assert missing - WITH_THE_WORKERS_SIGN - OF_MEANS == WITH_THE_FIRST_CHECKPOINT
    for port in (serving, working):
        assert complaints(promtool, await fetch(port)) == ""

    now = datetime.now(UTC)
    events = [(one.key.encode(), one.value) for one in history(end=now, days=DAYS, seed=3)]
    sent = await station.produce(events)
    await station.all_stored(sent)
    period = str(now.astimezone(ZoneInfo("Europe/Oslo")).year)

    async def caught_up() -> bool:
        samples = await read_samples(serving)
        return sum(value for (name, _), value in samples.items() if name == metrics.NEXT_OFFSET.name) == sent

    await wait_until(caught_up, "the exporter to catch up", timeout_seconds=READY_SECONDS)
    samples = await read_samples(serving)
    assert set(empty) <= set(samples)
    assert missing_families(samples, metrics.EXPORTER) == OF_MEANS
    rows = {(row["area"], row["category"]): row for row in await rows_of(station, period)}
    assert rows.keys() == set(police().judged_series)
    for row in rows.values():
        compare(samples, row)
    for port in (serving, working):
        assert complaints(promtool, await fetch(port)) == ""
    page = await fetch(serving, "?window=year")
    assert f"{rows['national', 'urban']['objectives']['requirement']['value_seconds'] / 60:.1f}" in page
    assert await worker.stopped() == 0


async def rows_of(station: Station, period: str) -> list[dict[str, Any]]:
    """The report's rows."""
    rows: list[dict[str, Any]] = json.loads(await station.report(period))["rows"]
    return rows


def compare(samples: Samples, row: dict[str, Any]) -> None:
    """One area and category: the window `year` on /metrics against the report of that year."""
    place = {("service", SERVICE), ("area", row["area"]), ("category", row["category"]), ("window", "year")}

    def shown(metric: metrics.Metric, **labels: str) -> float:
        return samples[metric.name, frozenset(place | set(labels.items()))]

    for slug, clock in row["clocks"].items():
        assert shown(metrics.RESPONSE_MISSIONS_MEASURED, clock=slug) == clock["measured"]
    for slug, objective in row["objectives"].items():
        seconds = shown(metrics.RESPONSE_TIME_SECONDS, objective=slug)
        if objective["value_seconds"] is None:
            assert math.isnan(seconds)
        else:
            assert seconds == objective["value_seconds"]
        assert shown(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, objective=slug) == objective["within"]
