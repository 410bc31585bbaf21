"""A published state to show: Oslo met, Vest missed with strong evidence, one mission on its way for too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from monitor.exporter.refresh import Refresh
from tests.eventually import wait_until
from tests.exporter.world import World, event, missions


@pytest.fixture
def world() -> World:
    """A store in memory that nobody has written to."""
    return World()


@pytest.fixture
async def refresh(world: World) -> AsyncIterator[Refresh]:
    """A loop that has read the world once."""
    await world.tell([
        *missions(40, late=3),
        *missions(30, late=15, name="v", district="vest"),
        event("waiting", minutes=None, district="vest"),
    ])  # fmt: skip
    loop = world.refresh()
    first = loop.published
    task = asyncio.create_task(loop.run())
    await wait_until(lambda: loop.published is not first, "a first reading")
    yield loop
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
