"""The stream: what is new is told at once and once, silence is told as such, and nobody is kept for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from monitor.exporter import stream
from monitor.exporter.refresh import Refresh
from monitor.exporter.stream import Stream, StreamEvent
from tests.eventually import wait_until
from tests.exporter.conftest import Running
from tests.exporter.world import World, missions, shows


@asynccontextmanager
async def streamed(refresh: Refresh, world: World, **limits: float) -> AsyncIterator[tuple[Stream, TestClient]]:
    """A stream over a running loop, and a client of it."""
    told = Stream(refresh, world.clock, **limits)  # type: ignore[arg-type] - names and types are checked there
    application = web.Application()
    application.router.add_get("/", told.handle)
    async with TestClient(TestServer(application)) as client:
        yield told, client
        told.close()


async def event_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The next event's fields; comments and hints are skipped."""
    while True:
        part = (await asyncio.wait_for(response.content.readuntil(b"\n\n"), 5)).decode()
        fields = dict(line.split(": ", 1) for line in part.strip().splitlines() if not line.startswith(":"))
        if "data" in fields:
            return fields


@pytest.fixture
def quiet_world() -> World:
    """One that publishes when something changes, and hardly ever else."""
    return World(refresh_seconds=600.0)


async def test_the_present_state_is_told_at_once_and_every_change_after(quiet_world: World, running: Running) -> None:
    """Whoever comes late has missed nothing; a change is told well within a second."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world) as (_, client), client.get("/") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        first = await event_of(response)
        data = msgspec.json.decode(first["data"], type=StreamEvent)
        assert (first["event"], data.loaded, data.store, data.now) == ("state", True, "up", quiet_world.clock.now)
        await quiet_world.tell(missions(3))
        second = await event_of(response)
        assert second["id"] != first["id"]
        assert msgspec.json.decode(second["data"], type=StreamEvent).last_record_at == quiet_world.clock.now


async def test_who_has_seen_the_present_state_is_not_told_again(quiet_world: World, running: Running) -> None:
    """By header, as a browser sends it, or by query; the id of another process is no id."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world, heartbeat_seconds=0.05) as (_, client):
        async with client.get("/") as response:
            seen = (await event_of(response))["id"]
        for headers, query in (({"Last-Event-ID": seen}, {}), ({}, {"last": seen})):
            async with client.get("/", headers=headers, params=query) as response:
                assert await response.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
                assert await response.content.readuntil(b"\n\n") == b": still here\n\n"
        async with client.get("/", headers={"Last-Event-ID": "0-1"}) as response:
            assert (await event_of(response))["id"] == seen


async def test_a_burst_is_told_at_most_about_twice_a_second(world: World, running: Running) -> None:
    """A loop that publishes all the time makes no flood; the last state is always told."""
    refresh = await running(world)
    async with streamed(refresh, world) as (_, client), client.get("/") as response:
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            await event_of(response)
        assert asyncio.get_running_loop().time() - began > 2 * stream.PAUSE_SECONDS - 0.1


async def test_places_are_limited_and_given_back(quiet_world: World, running: Running) -> None:
    """One too many is sent away with when to come again; a place left is a place free."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world, listeners=1, heartbeat_seconds=0.05) as (told, client):
        async with client.get("/") as first:
            await event_of(first)
            async with client.get("/") as second:
                assert (second.status, second.headers["Retry-After"]) == (503, "30")
        await wait_until(lambda: told.listening == 0, "the place to be free")
        async with client.get("/") as third:
            assert third.status == 200


async def test_who_asks_for_the_head_alone_takes_no_place(quiet_world: World, running: Running) -> None:
    """`curl -I`, or a probe: the answer ends at once, and the next one on the same connection is answered."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world, listeners=1) as (told, client):
        for _ in range(3):
            async with asyncio.timeout(5), client.head("/") as response:
                assert response.status == 200
                assert response.headers["Content-Type"].startswith("text/event-stream")
        await wait_until(lambda: not told.listening, "the places to be free")


async def test_one_peer_does_not_get_every_place(quiet_world: World, running: Running) -> None:
    """Other addresses still find one."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world, of_a_peer=2) as (told, client), AsyncExitStack() as stack:
        for status in (200, 200, 503):
            response = await stack.enter_async_context(client.get("/"))
            assert response.status == status
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        other = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        response = await stack.enter_async_context(other.get(client.make_url("/")))
        assert (response.status, told.listening) == (200, 3)


async def test_no_stream_is_kept_for_ever(quiet_world: World, running: Running) -> None:
    """It ends, whole, and whoever comes again with its last id has missed nothing and is told nothing twice."""
    refresh = await running(quiet_world)
    async with streamed(refresh, quiet_world, age_seconds=0.5, heartbeat_seconds=600.0) as (told, client):
        async with client.get("/") as response:
            seen = (await event_of(response))["id"]
            assert b"data" not in await asyncio.wait_for(response.content.read(), 5)
        await wait_until(lambda: told.listening == 0, "the place to be free")
        async with client.get("/", headers={"Last-Event-ID": seen}) as response:
            assert b"data" not in await asyncio.wait_for(response.content.read(), 5)


async def test_closing_ends_every_stream(quiet_world: World, running: Running) -> None:
    """A service that stops is not held up by those who listen, and takes nobody new."""
    await quiet_world.tell(missions(1))
    refresh = await running(quiet_world)
    await shows(refresh, 1)
    async with streamed(refresh, quiet_world) as (told, client), client.get("/") as response:
        await event_of(response)
        told.close()
        assert await asyncio.wait_for(response.content.read(), 2) == b""
        async with client.get("/") as late:
            assert late.status == 503
