"""A world with its web service on a free port, and what a client asks of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from monitor.exporter.service import serve
from tests.exporter.world import World

Get = Callable[..., Awaitable[tuple[int, str, Mapping[str, str]]]]


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[str]:
    """The service on a free port; what is yielded is its address."""
    stop, opened = asyncio.Event(), asyncio.Future[str]()
    serving = asyncio.create_task(
        serve(
            world.configuration, world.reading, host="127.0.0.1", port=0, stop=stop, ready=opened.set_result,
            clock=world.clock,
        )
    )  # fmt: skip
    yield await opened
    stop.set()
    await serving


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Get]:
    """The service on a free port; what is yielded gets a path: status, text, headers."""
    async with listening(world) as url, aiohttp.ClientSession(url) as session:

        async def get(path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
            async with session.get(path, headers=headers) as response:
                return response.status, await response.text(), response.headers

        yield get


async def status_is(get: Get, path: str, status: int) -> bool:
    """Whether the path answers so."""
    return (await get(path))[0] == status
