"""A running refresh loop, or a service, ended with its test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import aiohttp
import pytest

from monitor.exporter.refresh import Refresh
from tests.eventually import wait_until
from tests.exporter.serving import Get, listening, served, status_is
from tests.exporter.world import World, missions

Running = Callable[[World], Awaitable[Refresh]]


@pytest.fixture
def world() -> World:
    """A store in memory that nobody has written to."""
    return World()


@pytest.fixture
async def get(world: World) -> AsyncIterator[Get]:
    """The service over three missions, loaded."""
    await world.tell(missions(3, late=1))
    async with served(world) as ask:
        await wait_until(lambda: status_is(ask, "/readyz", 200), "readiness")
        yield ask


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    """The address of the service over three missions, loaded."""
    await world.tell(missions(3, late=1))
    async with listening(world) as address:
        async with aiohttp.ClientSession(address) as session:
            await wait_until(lambda: answers(session, "/readyz"), "readiness")
        yield address


async def answers(session: aiohttp.ClientSession, path: str) -> bool:
    """Whether the path is answered with 200."""
    async with session.get(path) as response:
        return response.status == 200


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    """Starts the loop of a world and waits until it has tried to read."""
    tasks: list[asyncio.Task[object]] = []

    async def start(world: World) -> Refresh:
        refresh = world.refresh()
        first = refresh.published
        tasks.append(asyncio.create_task(refresh.run()))
        await wait_until(lambda: tasks[-1].done() or refresh.published is not first, "a first reading")
        return refresh

    yield start
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task  # an error of the loop fails the test
