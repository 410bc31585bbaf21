"""Two running monitors to ask: exporters over stores that the core has filled, workers' and feeds' own metrics.

Everything real but the way the events came: partitions of the core write their checkpoints to a store in memory.
"""

import asyncio
import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import yaml

from monitor.alerts import files
from monitor.alerts.prometheus import GROUPS
from monitor.alerts.setup import Setup
from monitor.core.batch import DeadLetter
from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.exporter.service import serve
from monitor.feeding.instruments import FeedInstruments, Place
from monitor.feeds.rows import Notice, What, Why
from monitor.settings import FeedSettings, WorkerSettings
from monitor.store.memory import MemoryStore
from monitor.worker.exposing import exposing
from monitor.worker.instruments import Instruments
from tests.eventually import wait_until
from tests.exporter.world import DAY, HOUR, Rec, World, event
from tests.grafana.services import fire

SCRAPES = 3
WORST = {"norwegian-police": "vest", "fire": "hills"}
"""The area of each service that breaches."""
SILENT = (("finnmark", "urban"), ("troms", "rural"))
"""Without missions: one has no target either."""
FAR_BEHIND = 1_000_000
REFUSED = 10
FIRST_DAYS = 4
SOURCE = "dispatch.missions"
"""What the feed reads."""


def well_into_a_tertial(now: float) -> float:
    """The present, or some days later where a tertial has just begun and has no figures yet."""
    local = datetime.fromtimestamp(now, ZoneInfo("Europe/Oslo"))
    begun = local.month in (1, 5, 9) and local.day <= FIRST_DAYS
    return now + FIRST_DAYS * DAY if begun else now


class Prometheus:
    """What Prometheus answers about the moment `at`, which a later scrape that fails cannot change."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self.at = time.time()

    def get(self, path: str, **parameters: str | float) -> Any:
        """The data of an answer; the test fails with Prometheus' own words where there is none."""
        address = f"{self.url}/api/v1/{path}?{urlencode({key.rstrip('_'): one for key, one in parameters.items()})}"
        with urlopen(address, timeout=10) as answer:  # noqa: S310 - an http address of our own
            body = json.load(answer)
        assert body["status"] == "success", body
        return body["data"]

    def instant(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        result = self.get("query", query=expression, time=self.at)
        assert result["resultType"] == "vector", expression
        return list(result["result"])

    def over_time(self, expression: str) -> list[dict[str, Any]]:
        """The series of a range query up to that moment."""
        span = {"start": self.at - 6, "end": self.at, "step": 2.0}
        return list(self.get("query_range", query=expression, **span)["result"])

    def labels(self, series: str, label: str) -> list[str]:
        """The values of a label."""
        return list(self.get(f"label/{label}/values", **{"match[]": series}))


async def fill(world: World) -> None:
    """Districts that meet, miss and lack; a year's history; missions in progress, late, unmeasured, refused."""
    chance = random.Random(7)  # noqa: S311 - invented missions
    told: list[object] = []
    service = world.configuration.service
    worst = WORST[service.slug]
    for place, (area, category) in enumerate(service.told_series):
        if (area, category) in SILENT:
            continue
        late = 0.6 if area == worst else 0.006 * place
        for number in range(400):
            rang = world.clock.now - HOUR - number * (0.9 * DAY)
            told.append(
                event(
                    f"{area}-{category}-{number}",
                    district=area,
                    settlement=category,
                    rang=rang,
                    minutes=25.0 if chance.random() < late else 4.0 + 8 * chance.random(),
                )
            )
    here = {"district": worst, "settlement": service.leaf_categories[0]}
    rang = world.clock.now - HOUR / 2
    told += [event(f"open-{number}", **here, minutes=None, rang=rang) for number in range(3)]
    told += [event("unmeasured", **here, rang=rang, on_scene_at=None, status="closed"), b"no JSON"]
    await world.tell(told)


def feed_of(service: str) -> FeedInstruments:
    """A feed that is behind on one of its two partitions."""
    feed = FeedInstruments(service, [SOURCE])
    feed.assigned.set(2)
    feed.lag(Place(SOURCE, 0), FAR_BEHIND)
    feed.lag(Place(SOURCE, 1), 0)
    return feed


async def go_on(world: World, instruments: Instruments, feed: FeedInstruments) -> None:
    """Events, refusals and measurements keep coming, as rates and increases need them."""
    letter = DeadLetter(Rec(0, None, b"no JSON"), Why.UNREADABLE, "")
    while True:
        for seconds in (0.002, 0.02, 0.2, 2.0):
            instruments.checkpoint_seconds.observe(seconds)
            instruments.batch_seconds.observe(seconds / 10)
            instruments.event_delay_seconds.observe(seconds * 5)
            feed.batch_seconds.observe(seconds / 10)
        feed.carried(SOURCE, records=100, events=95, letters=[letter] * 5, notices=[Notice(What.MIDNIGHT)])
        (area, category), *_ = world.configuration.service.told_series
        again = event("again", district=area, settlement=category, rang=world.clock.now - HOUR)
        await world.tell([again, *([b"no JSON", b"[]", b"{}"] * 5)])
        await asyncio.sleep(1)


async def _monitored(
    world: World, worker_port: int, feed_port: int, stop: asyncio.Event, ready: Callable[[str], None]
) -> None:
    """One service's exporter, worker and feed, until it is stopped."""
    plain = world.configuration
    worker = WorkerSettings(metrics_port=worker_port, metrics_host=LOOPBACK)
    configured = replace(plain, settings=plain.settings.model_copy(update={"worker": worker}))
    await fill(world)
    instruments = Instruments(plain.service.slug)
    instruments.assigned.set(2)
    instruments.lag(0, FAR_BEHIND)
    instruments.lag(1, 0)
    feed = feed_of(plain.service.slug)
    feeding = FeedSettings(metrics_port=feed_port, metrics_host=LOOPBACK)
    async with exposing(worker, instruments), exposing(feeding, feed):
        going = asyncio.create_task(go_on(world, instruments, feed))
        await serve(
            configured, MemoryStore(world.backing), host=LOOPBACK, port=0, stop=stop, ready=ready, clock=world.clock
        )
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going


@contextlib.contextmanager
def monitors(worker_ports: Sequence[int], feed_ports: Sequence[int]) -> Iterator[list[int]]:
    """Serve both services, each with exporter, worker and feed, from a thread of their own; gives exporters' ports.

    They do not limit their log lines: those filters are the process's, and would swallow what other tests wait for.
    """
    started = threading.Event()
    ports: list[int] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    worlds = [World(refresh_seconds=5), World(configured=fire())]
    for world in worlds:
        world.clock.now = well_into_a_tertial(time.time())

    async def run() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))

        def ready(url: str) -> None:
            ports.append(int(url.rstrip("/").rpartition(":")[2]))
            if len(ports) == len(worlds):
                started.set()

        await asyncio.gather(
            *(
                _monitored(world, worker, feed, stop, ready)
                for world, worker, feed in zip(worlds, worker_ports, feed_ports, strict=True)
            )
        )

    thread = threading.Thread(target=asyncio.run, args=(run(),), name="monitors under test")
    try:
        with patch("monitor.http.server.seldom", lambda *_names: contextlib.nullcontext()):
            thread.start()
            assert started.wait(60), "the exporters did not start"
        yield ports
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


@contextlib.contextmanager
def prometheus(program: Path, folder: Path, jobs: Mapping[str, Sequence[int]]) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the ports of each job often enough for rates; its rules wait for nothing."""
    # With a minute as the usual pace no group has one of its own: all of them are evaluated as is said below.
    for place, text in files(Setup(longest_for_seconds=0, evaluation_seconds=60)).items():
        if "/rules/" in place:
            (folder / Path(place).name).write_text(text, encoding="utf-8")
    written = {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"},
        "rule_files": [f"{group}.yml" for group in GROUPS],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"{LOOPBACK}:{port}" for port in ports]}]}
            for job, ports in jobs.items()
        ],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    port = free_port()
    command = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--log.level=warn",
    ]
    asked = Prometheus(port)

    def scraped() -> bool:
        asked.at = time.time()
        try:
            counted = asked.instant(f"min(count_over_time(response_missions_open[1m])) >= {SCRAPES}")
            worker = asked.instant(f"min(count_over_time(monitor_partitions_assigned[1m])) >= {SCRAPES}")
        except OSError:
            return False
        if not (counted and worker and asked.instant("min(up) == 1")):
            return False
        feeds = f"sum by (service) (increase(monitor_feed_refused_total[1m])) >= {REFUSED}"
        fires = 'count by (service) (ALERTS{alertname="ResponseObjectiveBreached",alertstate="firing"})'
        refused = f"sum by (service) (increase(monitor_dead_letters_total[1m])) >= {REFUSED}"
        return all(len(asked.instant(one)) == len(WORST) for one in (fires, refused, feeds))

    with Child("prometheus", command) as child:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            try:
                runner.run(wait_until(scraped, "enough scrapes", timeout_seconds=120))
            except TimeoutError as fault:
                raise AssertionError(f"{fault}\n{child.log_tail()}") from fault
        yield asked
