"""/readyz and /healthz of a worker, asked as Kubernetes asks them."""

import signal

import aiohttp

from monitor.demo.processes import LOOPBACK, free_port
from monitor.demo.servers import EmbeddedRedis
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Station


async def asked(port: int, path: str) -> tuple[int, str]:
    """Status and text; 0 where nobody listens."""
    try:
        async with aiohttp.ClientSession() as http, http.get(f"http://{LOOPBACK}:{port}/{path}") as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientConnectionError:
        return 0, ""


async def test_a_worker_is_ready_while_it_works_on_all_that_it_was_given(
    durable_station: Station, durable_redis: EmbeddedRedis
) -> None:
    """Not before it has joined; not while it cannot take over what a dead one left; alive all along."""
    station, port = durable_station, free_port()
    first, second = station.worker("first"), station.worker("second", WORKER__METRICS_PORT=str(port))
    seen: set[tuple[int, str]] = set()

    async def is_ready() -> bool:
        seen.add(await asked(port, "readyz"))
        return (200, "ready\n") in seen

    await wait_until(is_ready, f"a ready worker\n{station.logs()}", timeout_seconds=READY_SECONDS)
    assert {status for status, _ in seen} <= {0, 200, 503}
    await station.owning(first, second)
    assert durable_redis.child is not None
    durable_redis.child.signal(signal.SIGSTOP)
    try:
        # What it has it keeps counting: there is nobody who could do better.
        assert await asked(port, "healthz") == (200, "alive\n")
        first.kill()

        async def lacks() -> bool:
            status, text = await asked(port, "readyz")
            return status == 503 and "not taken over" in text

        await wait_until(lacks, f"a worker that is not ready\n{station.logs()}", timeout_seconds=READY_SECONDS)
        assert await asked(port, "healthz") == (200, "alive\n")
    finally:
        durable_redis.child.signal(signal.SIGCONT)
    await station.owning(second)

    async def again() -> bool:
        return (await asked(port, "readyz"))[0] == 200

    await wait_until(again, f"a ready worker again\n{station.logs()}", timeout_seconds=READY_SECONDS)
