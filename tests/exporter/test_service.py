"""The web service: every answer comes from the published state, and none of them can be abused."""

import asyncio
import re
import socket
import subprocess
import sys
import zlib
from itertools import product
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from monitor.board.assets import SCRIPT
from monitor.exporter.collector import AreaInfo, PublishedCollector
from monitor.exporter.compliance import Answer
from monitor.exporter.refresh import Refresh
from monitor.exporter.scrapes import FORMATS, Scrapes, format_wanted, text_of
from monitor.exporter.service import Service, serve
from monitor.http.problem import CONTENT_TYPE, Problem
from monitor.http.server import AddressUnavailable
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.exporter.serving import Get, served, status_is
from tests.exporter.world import HOUR, World, missions


async def test_metrics_are_served_in_both_formats(get: Get) -> None:
    """Text for everybody, OpenMetrics for who asks for it; nonsense in the header gets text."""
    status, text, headers = await get("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert f"{MEASURED} 3.0\n" in text
    _, told, headers = await get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert len(list(parse_openmetrics(told))) == text.count("# TYPE")
    again = (await get("/metrics", Accept="application/openmetrics-text; version=x"))[1]
    assert of_figures(again) == of_figures(text)


def of_figures(text: str) -> str:
    """All but what the process tells of itself, which is of the moment."""
    return text.partition("# HELP process_")[0]


PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,/;q=0.1"
)
ACCEPTED = [
    ("", "text/plain; version=0.0.4; charset=utf-8"),
    ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
    ("text/html, text/*;q=0.1", "text/plain; version=0.0.4; charset=utf-8"),
    ("text/html", "text/plain; version=0.0.4; charset=utf-8"),
    ("text/plain;version=1.0.0;escaping=values", "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"),
    ("text/plain;version=9, text/plain;q=0.1", "text/plain; version=0.0.4; charset=utf-8"),
    (
        "application/openmetrics-text;version=1.0.0;q=0, text/plain;version=1.0.0",
        "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
    ),
    (
        PROMETHEUS_3,
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
    ),
    (
        PROMETHEUS_2,
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
    ),
]


@pytest.mark.parametrize(("accept", "content_type"), ACCEPTED)
def test_the_format_is_the_one_that_is_wanted_most(accept: str, content_type: str) -> None:
    """By quality and version; names keep their form whatever the escaping; who takes none of ours gets text."""
    assert format_wanted(accept).content_type == content_type


async def test_no_header_gets_around_what_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a client words what it accepts, a state is rendered once for each format and encoding there is."""
    await world.tell(missions(3))
    refresh = world.refresh()
    reading = asyncio.create_task(refresh.run())
    published = await refresh.after(refresh.published)
    reading.cancel()
    scrapes = Scrapes(lambda published: PublishedCollector(published, windows=("28d",)))
    rendered = []
    render = scrapes._rendered
    monkeypatch.setattr(scrapes, "_rendered", lambda *told: rendered.append(told[1:]) or render(*told))
    media = ("text/plain", "application/openmetrics-text", "*/*", "nonsense;;")
    for kind, escaping, version, coding, quality in product(
        media, ("values", "dots", "x"), ("0.0.4", "1.0.0", "2.0.0"), ("gzip", "identity", "*"), ("0", "0.5", "1")
    ):
        headers = {
            "Accept": f"{kind};version={version};escaping={escaping}",
            "Accept-Encoding": f"{coding};q={quality}",
        }
        await scrapes.answer(published, make_mocked_request("GET", "/metrics", headers=headers))
    scrapes.close()
    assert len(rendered) == len(set(rendered)) == len(FORMATS) * 2


@pytest.mark.parametrize("path", ["/metrics", "/", "/api/v1/compliance", SCRIPT.path])
async def test_who_refuses_gzip_gets_none(get: Get, path: str) -> None:
    """`q=0` means never; the same bytes either way."""
    _, packed, headers = await get(path, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    for refusing in ("gzip;q=0", "gzip;q=0, *", "identity, *;q=0"):
        _, text, headers = await get(path, **{"Accept-Encoding": refusing})
        assert "Content-Encoding" not in headers
        assert of_figures(text) == of_figures(packed)


@pytest.mark.skipif(sys.platform != "linux", reason="the client library reads /proc")
async def test_the_process_is_told_as_it_is_now(get: Get) -> None:
    """Memory and processor time of the exporter, under the names that dashboards everywhere know; never cached."""

    async def seconds() -> float:
        (line,) = re.findall(r"^process_cpu_seconds_total (\S+)$", (await get("/metrics"))[1], re.MULTILINE)
        return float(line)

    assert "\nprocess_resident_memory_bytes " in (await get("/metrics"))[1]
    first = await seconds()

    async def more() -> bool:
        return await seconds() > first

    await wait_until(more, "the service to have worked")


async def test_areas_and_categories_are_named_with_their_place(get: Get) -> None:
    """As the targets in force print them, for texts that people read; by slug where they do not."""
    _, text, _ = await get("/metrics")
    told = {line for line in text.splitlines() if line.startswith(("response_area_info", "response_category_info"))}
    leaf = 'kind="leaf",name="{}",service="norwegian-police",within="{}"}} 1.0'
    assert len(told) == 13 + 3
    assert told >= {
        'response_area_info{area="oslo",' + leaf.format("Oslo", "national"),
        'response_area_info{area="vest",' + leaf.format("Vest", "national"),
        'response_category_info{category="urban",' + leaf.format("urban", ""),
    }
    assert [line for line in told if 'kind="pool"' in line] == [line for line in told if 'area="national"' in line]


MEASURED = (
    'response_missions_measured{area="oslo",category="urban",clock="response",service="norwegian-police",'
    'window="28d"}'
)
EVIL = {"oslo": AreaInfo('Os"lo\\ {0}\n%s ø')}


async def test_a_compressed_text_is_one_member_and_says_what_the_library_would(world: World) -> None:
    """Every client understands it; plain or compressed, before anything was read or after, it is the same text."""
    await world.tell(missions(3))
    refresh = world.refresh()
    reading = asyncio.create_task(refresh.run())
    unread, read = refresh.published, await refresh.after(refresh.published)
    reading.cancel()
    for published, wanted in product((unread, read), FORMATS):
        collector = PublishedCollector(published, windows=("28d",), areas=lambda _: EVIL)
        registry = CollectorRegistry()
        registry.register(collector)
        body, end = text_of(collector, wanted, compressed=False).ended(b"more\n" + wanted.end)
        assert body + end == wanted.encode(registry).removesuffix(wanted.end) + b"more\n" + wanted.end
        text = text_of(collector, wanted, compressed=True)
        for ending in (b"more\n" + wanted.end, b"", b"other"):
            single = zlib.decompressobj(31)
            assert single.decompress(b"".join(text.ended(ending))) == body + ending
            assert (single.eof, single.unused_data) == (True, b"")


async def test_metrics_are_compressed_on_request(get: Get) -> None:
    """A scrape of everything fits in a few packets."""
    _, _, headers = await get("/metrics", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert int(headers["Content-Length"]) < 30_000


async def test_metrics_follow_the_published_state(get: Get, world: World) -> None:
    """What was rendered once is not served again after a change."""
    await get("/metrics")
    await world.tell(missions(2, name="more"))
    line = f"{MEASURED} 5.0\n"

    async def told() -> bool:
        return line in (await get("/metrics"))[1]

    await wait_until(told, "the new count")


async def test_the_first_figures_are_rendered_before_anybody_asks() -> None:
    """A first scrape of thousands of series must not take longer than a scraper waits: it finds its text made."""
    world = World(refresh_seconds=600.0)  # nothing else is published meanwhile, however slow the machine
    await world.tell(missions(3, late=1))
    refresh = world.refresh()
    service = Service(world.configuration, refresh, world.clock, world.reading)
    reading = asyncio.create_task(refresh.run())
    await service.render_ahead()
    reading.cancel()
    published, rendered = refresh.published, service._scrapes._rendered
    assert published.loaded
    service._scrapes._rendered = lambda *_: pytest.fail("rendered only now")  # type: ignore[method-assign]
    asked = make_mocked_request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
    assert (await service._scrapes.answer(published, asked)).status == 200
    service._scrapes._rendered = rendered  # type: ignore[method-assign]
    service._scrapes.close()


async def test_every_answer_carries_the_security_headers(get: Get) -> None:
    """Also errors: no sniffing, no referrer, nothing loaded, no version told."""
    for path in (
        "/",
        "/area/oslo",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/compliance",
        "/api/v1/areas/x",
        "/api/v1/openapi.json",
        SCRIPT.path,
        "/nothing",
        "/?window=x",
    ):
        _, _, headers = await get(path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "aiohttp" not in headers["Server"]


NOT_THERE = [
    ("GET", "/api", 404, ""),
    ("GET", "/api/", 404, ""),
    ("GET", "/api/v1/<b>nothing</b>", 404, ""),
    ("GET", "/api/v1/compliance/", 404, ""),
    ("POST", "/api/v2", 404, ""),
    ("POST", "/api/v1/compliance", 405, "GET, HEAD"),
    ("DELETE", "/api/v1/areas/oslo", 405, "GET, HEAD"),
    ("PROPFIND", "/api/v1/stream", 405, "GET, HEAD"),
    ("OPTIONS", "/api/v1/periods/2024", 405, "GET, HEAD"),
]


@pytest.mark.parametrize(("method", "path", "status", "allow"), NOT_THERE)
async def test_the_api_tells_programs_what_is_not_there(
    url: str, method: str, path: str, status: int, allow: str
) -> None:
    """Problem details with what to do, nothing of the request, and what may be asked instead."""
    async with aiohttp.request(method, f"{url.rstrip('/')}{path}") as response:
        text = await response.text()
        assert (response.status, response.content_type) == (status, CONTENT_TYPE)
        assert response.headers.get("Allow", "") == allow
    assert msgspec.json.decode(text, type=Problem).status == status
    assert "nothing</b>" not in text


async def test_head_is_answered_like_get_without_a_body(url: str) -> None:
    """Headers tell what a GET would give."""
    for path in ("", "metrics", "api/v1/compliance", "healthz"):
        async with aiohttp.request("HEAD", url + path) as response:
            assert (response.status, await response.read()) == (200, b"")
            assert int(response.headers["Content-Length"]) > 0


async def test_a_foreign_name_is_refused_by_every_path(get: Get) -> None:
    """A page of somebody else, whose name was made to lead here, reads nothing."""
    for path in ("/", "/metrics", "/healthz", "/readyz", "/api/v1/compliance", "/api/v1/stream", "/nothing"):
        status, text, headers = await get(path, Host="rebound.example")
        assert (status, headers["Content-Type"]) == (421, CONTENT_TYPE)
        assert "MONITOR_EXPORTER__HOSTS" in text
        assert "rebound" not in text
    assert await status_is(get, "/healthz", 200)


async def test_an_unknown_path_is_a_plain_404(get: Get) -> None:
    """Nothing of the request is repeated."""
    status, text, headers = await get("/<b>nothing</b>")
    assert (status, headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "<b>" not in text


async def test_readiness_tells_every_state_apart(world: World) -> None:
    """Unready until loaded, and with unreadable state; ready with the last figures while the store is down."""
    await world.tell(missions(3))
    world.backing.reachable = False
    async with served(world) as get:
        assert await status_is(get, "/healthz", 200)
        status, text, _ = await get("/readyz")
        assert status == 503
        assert text.startswith("not ready: not everything has been read from the store yet")
        world.backing.reachable = True
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        assert (await get("/readyz"))[1] == "ready\n"
        world.backing.reachable = False

        async def told() -> bool:
            status, text, _ = await get("/readyz")
            return status == 200 and text.startswith("ready, with the last figures: the store in memory")

        await wait_until(told, "readiness without the store")
        world.backing.reachable = True
        world.spoil()
        await wait_until(lambda: status_is(get, "/readyz", 503), "unreadiness")
        assert "schema version 99" in (await get("/readyz"))[1]
        assert await status_is(get, "/healthz", 200)


async def test_figures_that_no_longer_move_are_not_ready() -> None:
    """A loop that hangs is noticed by the age of what it published."""
    world = World(refresh_seconds=600.0)
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        world.clock.now += HOUR
        status, text, _ = await get("/readyz")
        assert (status, text) == (503, "not ready: the figures are 3600 s old, they should be renewed every 600 s\n")


async def test_a_taken_port_is_told_with_what_to_do(world: World) -> None:
    """The message names the port and the option; nothing stays open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnavailable, match=rf"port {port}: another program uses it.*--port"):
            await serve(world.configuration, world.reading, host="127.0.0.1", port=port, stop=asyncio.Event())


async def test_an_unknown_host_is_told_with_what_to_do(world: World) -> None:
    """An address of another machine is refused by name."""
    with pytest.raises(AddressUnavailable, match=r"no such address.*--host"):
        await serve(world.configuration, world.reading, host="192.0.2.1", port=0, stop=asyncio.Event())


async def test_a_fault_of_the_loop_ends_the_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no exporter than one that shows old figures for ever."""

    async def broken(_self: Refresh) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Refresh, "run", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        await serve(world.configuration, world.reading, host="127.0.0.1", port=0, stop=asyncio.Event())


@pytest.mark.integration
async def test_figures_from_redis_are_served(redis_url: str) -> None:
    """The same path over a real store: loaded, followed, and dropped when the server is emptied."""
    store = RedisStore(redis_url, namespace="test:exporter")
    world = World(store=store)
    try:
        await world.tell(missions(3))
        async with served(world) as get:

            async def count(expected: int) -> bool:
                answer = msgspec.json.decode((await get("/api/v1/compliance"))[1], type=Answer)
                return [row.clocks["response"].measured for row in answer.rows or ()][2:3] == [expected]

            await wait_until(lambda: count(3), "the stored missions")
            await world.tell(missions(2, name="more"), partition=1)
            await wait_until(lambda: count(5), "the change")
            await store._client.flushall()
            await wait_until(lambda: count(0), "the emptied store")
    finally:
        await store.close()


async def test_the_command_announces_itself_and_stops_on_sigterm() -> None:
    """With no store in sight it says where it listens, stays unready, and ends with exit code 0 whoever listens."""
    program = Path(__file__).with_name("program.py")
    process = subprocess.Popen(  # noqa: ASYNC220 - a program of its own, as the user starts it
        [sys.executable, program, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=program.parents[2],
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            found = re.fullmatch(r"Exporter on (http://127\.0\.0\.1:\d+/)\n", line)
            assert found, process.stderr
            async with aiohttp.ClientSession(found[1]) as session:
                async with session.get("/readyz") as response:
                    assert response.status == 503
                async with session.get("/api/v1/stream") as stream:
                    assert await stream.content.readline() == b"retry: 2000\n"
                    process.terminate()
                    assert await asyncio.to_thread(process.wait, 10) == 0
        finally:
            process.kill()
