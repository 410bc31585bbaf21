"""The dump of an event loop names every task and the place where it waits, and no values."""

import asyncio
from collections.abc import AsyncIterator

from monitor.worker.stacks import stacks


async def secrets() -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield "mission-4711"


async def inner(mission: str) -> None:
    async for found in secrets():
        assert found != mission


async def outer() -> None:
    await inner("mission-4711")


async def test_a_task_is_told_from_its_beginning_to_where_it_waits() -> None:
    """Through coroutines and generators, to the future at the end."""
    task = asyncio.create_task(outer(), name="the-task")
    await asyncio.sleep(0)
    told = stacks(asyncio.get_running_loop())
    task.cancel()
    paragraph = told[told.index("the-task:") :]
    places = [paragraph.index(name) for name in ("outer", "inner", "secrets", "Event.wait", "Future")]
    assert places == sorted(places)
    assert "4711" not in told
