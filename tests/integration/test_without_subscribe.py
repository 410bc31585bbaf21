"""A Redis that lets nobody subscribe: a hint only spares waiting, so everything works, a little later."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Station, event
from tests.servers.components import require
from tests.servers.kafka import ApacheKafka

pytestmark = pytest.mark.integration


class MuteRedis(EmbeddedRedis):
    """With SUBSCRIBE renamed away, as some hosters do."""

    def command(self) -> list[str]:
        return [*super().command(), "--rename-command", "SUBSCRIBE", ""]


@pytest.fixture
async def mute_redis() -> AsyncIterator[MuteRedis]:
    """The Redis of this machine without the command."""
    async with MuteRedis(executable=require("redis-server")) as server:
        yield server


async def test_the_exporter_serves_and_follows_without_subscribe(
    apache_kafka: ApacheKafka, mute_redis: MuteRedis, topic: str, tmp_path: Path
) -> None:
    """Ready, told once why it asks every second, and what is counted shows long before the next regular refresh."""
    station = await Station(apache_kafka, mute_redis.url, topic, tmp_path).open()
    try:
        port = free_port()
        exporter = station.start("exporter", "--port", str(port), name="exporter", EXPORTER__REFRESH_SECONDS="600")
        station.worker()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

            async def says(path: str, words: str) -> bool:
                exporter.require_running()
                try:
                    async with session.get(path) as response:
                        return response.status == 200 and words in await response.text()
                except aiohttp.ClientError:
                    return False

            await wait_until(lambda: says("/readyz", "ready"), "readiness", timeout_seconds=READY_SECONDS)
            sent = await station.produce([event(f"m{number}") for number in range(30)])
            await station.all_stored(sent)
            await wait_until(
                lambda: says("/metrics", 'monitor_events_total{outcome="new",service="norwegian-police"} 30.0'),
                "the missions to show",
            )
            await asyncio.sleep(3.0)  # a few more questions
        said = station.log("exporter")
        assert said.count("does not let us SUBSCRIBE") == 1
        assert "Traceback" not in said
        assert await exporter.stopped() == 0
    finally:
        await station.close()
