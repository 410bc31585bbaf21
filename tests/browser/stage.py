"""What the browser looks at: the real service over a small world, or over a past that was invented."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from monitor.core.batch import Batch
from monitor.core.calendar import Calendar
from monitor.core.partition import Partition
from monitor.exporter.service import serve
from monitor.report.document import Report
from monitor.report.drawing_up import draw_up
from monitor.report.sources import from_lines
from monitor.settings import ExporterSettings, load
from monitor.simulator import history, world_of, year
from monitor.store.port import LifeSign
from monitor.wiring import empty_history, partition_policy
from tests.exporter.world import Rec, World, event

ROOT = Path(__file__).parents[2]
NOON = datetime(2024, 11, 20, 12, 0, tzinfo=UTC)
DAYS = 400


class Served:
    """A world with its service: may be stopped and begun again on the same port."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.url = ""
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; the second time on the port of the first."""
        self._stop = asyncio.Event()
        port = int(self.url.rsplit(":", 1)[1].strip("/")) if self.url else 0
        opened = asyncio.Future[str]()
        self._serving = asyncio.create_task(
            serve(
                self.world.configuration, self.world.reading, host="127.0.0.1", port=port, stop=self._stop,
                ready=opened.set_result, clock=self.world.clock,
            )
        )  # fmt: skip
        await asyncio.wait((opened, self._serving), return_when=asyncio.FIRST_COMPLETED)
        self.url = opened.result() if opened.done() else ""
        if not self.url:
            await self._serving

    async def stop(self) -> None:
        """End the service as SIGTERM does."""
        self._stop.set()
        if self._serving is not None:
            await self._serving


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Served]:
    """The service of a world on a free port, ended in any case."""
    service = Served(world)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@cache
def _past() -> tuple[Partition, list[Rec]]:
    """The nation's last 400 days as a worker has counted them, and the records."""
    settings = load(ROOT / "config" / "monitor.toml")
    partition = Partition.start(partition_policy(settings))
    records = [
        Rec(number, round(emission.at.timestamp() * 1000), emission.value)
        for number, emission in enumerate(history(end=NOON, days=DAYS, seed=2024))
    ]
    for start in range(0, len(records), 5000):
        part = records[start : start + 5000]
        partition.apply(Batch(start, start + len(part), part), NOON.timestamp())
    return partition, records


@cache
def told(period: str) -> Report:
    """The report of a period in the year that was invented after the published figures."""
    configuration = load(ROOT / "config" / "monitor.toml")
    known, now = empty_history(configuration), datetime(2025, 2, 1, tzinfo=UTC).timestamp()
    lines = (emission.value for emission in year(2024, seed=1))
    from_lines(known, partition_policy(configuration, sealing=False), lines, now=now)
    return draw_up(
        known, Calendar().period(period), now=now, abandoned_after_seconds=86_400, silent_after_seconds=21_600
    )


async def elsewhere(name: str) -> World:
    """A world of a service that came along, with a past in its own words."""
    world = World()
    settings = load(ROOT / "config" / "monitor.toml", service=name)
    changed = settings.settings.model_copy(update={"exporter": ExporterSettings(refresh_seconds=600.0)})
    world.configuration = replace(settings, settings=changed)
    world.clock.now = NOON.timestamp()
    partition = Partition.start(partition_policy(settings))
    past = history(end=NOON, days=90, seed=2024, world=world_of(settings, missions=20_000))
    records = [Rec(number, round(one.at.timestamp() * 1000), one.value) for number, one in enumerate(past)]
    partition.apply(Batch(0, len(records), records), NOON.timestamp())
    lease, _ = await world.store.claim(0)
    world.leases[0] = await world.store.checkpoint(lease, partition.checkpoint())
    world.partitions[0] = partition
    await world.store.sign(LifeSign("worker", frozenset(world.partitions)), for_seconds=3600.0)
    return world


async def nation() -> World:
    """A world with the shipped configuration and a past; a district in trouble, patrols on their way. Use once."""
    world = World()
    settings = load(ROOT / "config" / "monitor.toml")
    changed = settings.settings.model_copy(update={"exporter": ExporterSettings(refresh_seconds=600.0)})
    world.configuration = replace(settings, settings=changed)
    world.clock.now = NOON.timestamp()
    partition, _ = _past()
    _past.cache_clear()  # the partition goes on to live in this world
    lease, _ = await world.store.claim(0)
    world.leases[0] = await world.store.checkpoint(lease, partition.checkpoint())
    world.partitions[0] = partition
    now = world.clock.now
    storm = [
        event(f"storm-{number}", district="vest", settlement="town", rang=now - (1 + number * 7 % 190) * 3600.0,
              minutes=35.0 + number % 9)
        for number in range(24)
    ]  # fmt: skip
    waiting = [
        event("way-1", district="vest", settlement="town", rang=now - 1500.0, minutes=None),
        event("way-2", district="vest", settlement="town", rang=now - 240.0, minutes=None),
        event("way-3", district="oslo", settlement="urban", rang=now - 200.0, minutes=None),
        event("way-4", district="nordland", settlement="rural", rang=now - 2700.0, minutes=None),
    ]
    await world.tell([*storm, *waiting])
    return world
