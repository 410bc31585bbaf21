"""Somebody is told when no worker is left, whatever ended it; who cannot say that it lives counts all the same."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from redis.asyncio import Redis

from monitor.demo.processes import free_port
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.integration.station import PARTITIONS, READY_SECONDS, Station, event

TOLD_SECONDS = 30.0
EVERYTHING = frozenset(range(PARTITIONS))

pytestmark = pytest.mark.integration


async def is_not(answer: Callable[[], Awaitable[bool]]) -> bool:
    """The contrary."""
    return not await answer()


async def held(store: RedisStore) -> list[frozenset[int]]:
    """The partitions of each worker that lives."""
    return [sign.partitions for sign in await store.signs()]


async def test_the_end_of_the_last_worker_is_seen_within_seconds(station: Station) -> None:
    """Killed: once its sign has run out. Stopped: at once. The exporter says so, and both kept all until then."""
    port = free_port()
    station.start("exporter", "--port", str(port), name="exporter", EXPORTER__REFRESH_SECONDS="600")
    killed = station.worker("killed")

    async def told() -> bool:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session, session.get("/readyz") as response:
            return "NO WORKER" in await response.text()

    async def all_held() -> bool:
        return await held(station.store) == [EVERYTHING]

    async def nobody() -> bool:
        return not await station.store.signs()

    await wait_until(all_held, f"its sign\n{station.logs()}", timeout_seconds=READY_SECONDS)
    (sign,) = await station.store.signs()
    assert f"this worker is called {sign.worker}" in station.log("killed")
    assert not await told()
    killed.kill()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await wait_until(told, f"the exporter to say so\n{station.logs()}", timeout_seconds=TOLD_SECONDS)
    print(f"told {loop.time() - began:.1f} s after the last worker was killed")  # noqa: T201
    assert await nobody()
    station.children.remove(killed)
    stopped = station.worker("stopped")
    await wait_until(all_held, f"its sign\n{station.logs()}", timeout_seconds=READY_SECONDS)
    await wait_until(lambda: is_not(told), "the exporter to see it", timeout_seconds=TOLD_SECONDS)
    assert await stopped.stopped() == 0
    assert await nobody()
    began = loop.time()
    await wait_until(told, f"the exporter to say so\n{station.logs()}", timeout_seconds=TOLD_SECONDS)
    print(f"told {loop.time() - began:.1f} s after the last worker had stopped")  # noqa: T201


async def test_two_workers_say_which_partitions_each_keeps(kafka_station: Station) -> None:
    """Together all of them, none twice once they have settled."""
    station = kafka_station
    for name in ("one", "other"):
        station.worker(name)

    async def shared() -> bool:
        parts = await held(station.store)
        return len(parts) == 2 and all(parts) and parts[0] | parts[1] == EVERYTHING and not parts[0] & parts[1]

    await wait_until(shared, f"two signs\n{station.logs()}", timeout_seconds=READY_SECONDS)


async def test_a_refused_sign_of_life_does_not_stop_counting(kafka_station: Station) -> None:
    """A user without the right: told once, with what follows from it, and everything is counted."""
    station = kafka_station
    key = f"station:{station.topic}:workers"
    async with Redis.from_url(station.settings["MONITOR_REDIS__URL"]) as admin:
        user = f"user-{station.topic}"
        patterns = [f"~{{station:{station.topic}/*", f"~station:{station.topic}:partitions"]
        await admin.execute_command("ACL", "SETUSER", user, "on", ">pw", *patterns, "&*", "+@all")
        await admin.execute_command("SET", key, "something else")
        try:
            address = station.settings["MONITOR_REDIS__URL"].replace("redis://", f"redis://{user}:pw@")
            worker = station.worker("refused", REDIS__URL=address)
            sent = await station.produce([event(f"m{number}") for number in range(50)])
            await station.all_stored(sent)
            await wait_until(lambda: "takes no sign of life" in station.log("refused"), "the warning")
            await asyncio.sleep(2 * 3.0)
            assert station.log("refused").count("takes no sign of life") == 1
            assert "Traceback" not in station.log("refused")
            assert await worker.stopped() == 0
        finally:
            await admin.execute_command("DEL", key)
            await admin.execute_command("ACL", "DELUSER", user)
