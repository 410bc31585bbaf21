"""Silences on the board: a real Alertmanager is asked, and one that fails in any way takes nothing from a page."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from monitor.alerts.setup import Setup
from monitor.demo.processes import LOOPBACK, free_port
from monitor.demo.watchers import Alertmanager
from monitor.exporter import silences
from monitor.settings.sections import AlertmanagerSettings
from tests.eventually import wait_until
from tests.exporter.serving import Get, served
from tests.exporter.world import World, missions
from tests.servers.components import require

UNKNOWN = "Alertmanager has given no answer: which alerts are silenced is not known."
PACKED = gzip.compress(b" " * 20_000_000, 1)
VIEWS = ("/?lang=en", "/?lang=en&view=map", "/?lang=en&view=wall", "/area/vest?lang=en", "/why/vest?lang=en")


async def world_of(url: str) -> World:
    """A world whose board asks an Alertmanager."""
    world = World()
    settings = world.configuration.settings.model_copy(update={"alertmanager": AlertmanagerSettings(url=url)})
    world.configuration = replace(world.configuration, settings=settings)
    await world.tell(missions(20, late=12, district="vest", settlement="town"))
    return world


async def says(get: Get, path: str, text: str) -> bool:
    """Whether a page says it."""
    status, body, _ = await get(path)
    assert status == 200
    return text in body


async def silent(get: Get) -> bool:
    """Whether nothing is said of silences, not even that they are unknown."""
    status, body, _ = await get(VIEWS[2])
    assert status == 200
    return 'class="silence"' not in body


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked several times a second."""
    monkeypatch.setattr(silences, "ASK_SECONDS", 0.1)
    monkeypatch.setattr(silences, "ANSWER_SECONDS", 1.0)


@pytest.mark.integration
async def test_what_is_silenced_is_on_every_page_with_what_it_hides() -> None:
    """A real Alertmanager: an alert fires, it is silenced, the silence ends; then Alertmanager does."""
    program = require("prometheus-alertmanager")
    port = free_port()
    labels = {
        "alertname": "ResponseObjectiveBreached",
        "service": "norwegian-police",
        "area": "vest",
        "category": "town",
    }
    others = {"alertname": "ResponseObjectiveBreached", "service": "fire", "area": "hills", "category": "house"}
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    async with served(await world_of(f"http://{LOOPBACK}:{port}/")) as get, aiohttp.ClientSession() as session:
        await wait_until(lambda: says(get, VIEWS[0], UNKNOWN), "that there is no Alertmanager yet")
        async with Alertmanager(program, Setup(), port=port) as alertmanager:
            api = f"{alertmanager.url}/api/v2"

            async def silenced(**named: str) -> str:
                matchers = [{"name": name, "value": value, "isRegex": False} for name, value in named.items()]
                body = {
                    "matchers": matchers, "startsAt": datetime.now(UTC).isoformat(), "endsAt": until,
                    "createdBy": "Ola Nordmann", "comment": "Kari is ill",
                }  # fmt: skip
                async with session.post(f"{api}/silences", json=body) as answer:
                    assert answer.status == 200, await answer.text()
                    return str((await answer.json())["silenceID"])

            async with session.post(f"{api}/alerts", json=[{"labels": labels}, {"labels": others}]) as answer:
                assert answer.status == 200
            await wait_until(lambda: silent(get), "that nothing is silenced")
            assert not await says(get, VIEWS[0], 'class="silence"')
            await silenced(service="fire")
            one = await silenced(area="vest", category="town")
            held = "1 alert is held back: ResponseObjectiveBreached (Vest, town)."
            for path in VIEWS:
                await wait_until(
                    lambda path=path: says(get, path, "Vest, town. 1 alert is held back"), f"it on {path}"
                )  # type: ignore[misc]
            assert await says(get, VIEWS[0], held)
            for path in VIEWS[:3]:
                _, body, _ = await get(path)
                assert body.count('<b class="silenced">silenced</b>') == 1
                assert "Nordmann" not in body
                assert "ill" not in body.split("<main")[0]
                assert "fire" not in body
            async with session.delete(f"{api}/silence/{one}") as answer:
                assert answer.status == 200
            await wait_until(lambda: silent(get), "the silence to be over")
        await wait_until(lambda: says(get, VIEWS[2], UNKNOWN), "that Alertmanager is gone")
        assert await says(get, VIEWS[2], '<li class="bad">Silences')


async def late(request: web.Request) -> web.StreamResponse:
    """Begins an answer and never ends it."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"[")
    await asyncio.sleep(60)
    return answer


async def endless(request: web.Request) -> web.StreamResponse:
    """Goes on for as long as somebody reads."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" " * 65_536)


async def packed(_request: web.Request) -> web.Response:
    """A little that unpacks to a lot, asked for or not."""
    return web.Response(body=PACKED, headers={"Content-Encoding": "gzip"})


async def another(_request: web.Request) -> web.Response:
    """A page for people."""
    return web.Response(text="<html>", content_type="text/html")


async def elsewhere(_request: web.Request) -> web.Response:
    """Sends whoever asks to another machine."""
    raise web.HTTPFound("http://other.invalid/")


async def locked(_request: web.Request) -> web.Response:
    """Wants a login."""
    raise web.HTTPUnauthorized


@asynccontextmanager
async def peer(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Something that stands where Alertmanager should."""
    application = web.Application()
    application.add_routes([web.get("/{anything:.*}", handler)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (late, "no answer within 1 s"), (endless, "longer than"), (packed, "none of an Alertmanager's"),
        (another, "none of an Alertmanager's"), (elsewhere, "answers 302"), (locked, "answers 401"),
    ],
    ids=["late", "endless", "packed", "another", "elsewhere", "locked"],
)  # fmt: skip
async def test_whatever_stands_in_its_place_takes_nothing_from_a_page(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The page says that silences are not known, with all of its figures; the log says why, once."""
    caplog.set_level(logging.WARNING)
    async with peer(handler) as url, served(await world_of(url)) as get:
        await wait_until(lambda: told in caplog.text, "the reason in the log")
        await wait_until(lambda: says(get, VIEWS[0], "n 20"), "the figures")
        await wait_until(lambda: says(get, VIEWS[0], UNKNOWN), "that silences are not known")
        asked = asyncio.get_running_loop().time()
        await wait_until(lambda: asyncio.get_running_loop().time() > asked + 0.5, "some more attempts")
    assert caplog.text.count("what is silenced is not known") == 1


async def test_an_old_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks may hang, or have died of a fault of its own: then nobody knows."""
    monkeypatch.setattr(silences, "HOLDS_SECONDS", 0.3)
    monkeypatch.setattr(silences, "ASK_SECONDS", 600.0)

    async def none(_request: web.Request) -> web.Response:
        return web.json_response([])

    async with peer(none) as url, served(await world_of(url)) as get:
        await wait_until(lambda: silent(get), "an answer")
        await wait_until(lambda: says(get, VIEWS[0], UNKNOWN), "that it is old")


async def test_where_no_alertmanager_is_configured_nothing_is_said_of_silences() -> None:
    """Neither that there are none."""
    world = World()
    await world.tell(missions(3))
    async with served(world) as get:
        await wait_until(lambda: says(get, VIEWS[0], "n 3"), "the figures")
        for path in VIEWS:
            _, body, _ = await get(path)
            assert 'class="silence' not in body
            assert UNKNOWN not in body
            assert "Silences <b>" not in body
