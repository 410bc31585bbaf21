"""Invented missions on their way to the topic: a history at once, then what happens now."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from monitor import clock
from monitor.kafka.sending import Outbox
from monitor.simulator import Emission, paced

LIVE_FLUSH_SECONDS: Final = 0.1


async def send_all(emissions: Iterable[Emission], outbox: Outbox) -> None:
    """Return when everything is confirmed."""
    for emission in emissions:
        await _put(outbox, emission)
    await outbox.settle()


async def send_live(emissions: Iterable[Emission], outbox: Outbox) -> None:
    """Each at its time."""
    async with _flushing(outbox):
        async for emission in paced(emissions, now=clock.utc_now):
            await _put(outbox, emission)


async def _put(outbox: Outbox, emission: Emission) -> None:
    await outbox.put(emission.key.encode(), emission.value)


@asynccontextmanager
async def _flushing(outbox: Outbox) -> AsyncIterator[None]:
    """Send what is queued ten times a second: live missions come one by one."""

    async def flush() -> None:
        while True:
            await asyncio.sleep(LIVE_FLUSH_SECONDS)
            await outbox.flush()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(flush())
        yield
        task.cancel()
