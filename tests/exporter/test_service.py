"""The web service: every answer comes from the published state, and none of them can be abused."""

import asyncio
import base64
import hashlib
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import aiohttp
import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from monitor.exporter.compliance import Answer
from monitor.exporter.page import POLICY, WORDS, page
from monitor.exporter.published import StoreState
from monitor.exporter.refresh import Refresh
from monitor.exporter.service import AddressUnavailable, serve
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.exporter.conftest import Running
from tests.exporter.world import HOUR, World, event, missions

Get = Callable[..., Awaitable[tuple[int, str, dict[str, str]]]]


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Get]:
    """The service on a free port; what is yielded gets a path: status, text, headers."""
    stop, opened = asyncio.Event(), asyncio.Future[str]()
    serving = asyncio.create_task(
        serve(
            world.configuration, world.reading, host="127.0.0.1", port=0, stop=stop, ready=opened.set_result,
            clock=world.clock,
        )
    )  # fmt: skip
    url = await opened

    async with aiohttp.ClientSession(url) as session:

        async def get(path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
            async with session.get(path, headers=headers) as response:
                return response.status, await response.text(), dict(response.headers)

        yield get
    stop.set()
    await serving


@pytest.fixture
async def get(world: World) -> AsyncIterator[Get]:
    """The service over three missions, loaded."""
    await world.tell(missions(3, late=1))
    async with served(world) as ask:
        await wait_until(lambda: status_is(ask, "/readyz", 200), "readiness")
        yield ask


async def status_is(get: Get, path: str, status: int) -> bool:
    """Whether the path answers so."""
    return (await get(path))[0] == status


class Cells(HTMLParser):
    """The texts of a table's rows, and everything a page loads or runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        self._open = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1].append(data)


async def test_metrics_are_served_in_both_formats(get: Get) -> None:
    """Text for everybody, OpenMetrics for who asks for it; nonsense in the header gets text."""
    status, text, headers = await get("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'response_missions_measured{district="oslo",settlement="urban",window="28d"} 3.0\n' in text
    _, told, headers = await get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert len(list(parse_openmetrics(told))) == text.count("# TYPE")
    assert (await get("/metrics", Accept="application/openmetrics-text; version=x"))[1] == text


async def test_metrics_are_compressed_on_request(get: Get) -> None:
    """A scrape of everything fits in a few packets."""
    _, _, headers = await get("/metrics", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert int(headers["Content-Length"]) < 60_000


async def test_metrics_follow_the_published_state(get: Get, world: World) -> None:
    """What was rendered once is not served again after a change."""
    await get("/metrics")
    await world.tell(missions(2, name="more"))
    line = 'response_missions_measured{district="oslo",settlement="urban",window="28d"} 5.0\n'

    async def told() -> bool:
        return line in (await get("/metrics"))[1]

    await wait_until(told, "the new count")


async def test_the_page_shows_the_snapshots_figures(world: World, running: Running) -> None:
    """13 areas by 3 classes: counts, minutes to one decimal and verdict words of the published rows."""
    await world.tell(missions(20, late=3))
    await world.tell([*missions(9, late=4, name="v", district="vest"), event("o", minutes=None, district="vest")])
    published = (await running(world)).published
    text = shown(world, published, "28d")
    rows = [row for row in Cells(text).rows if row[0] != "Area"]
    assert len(rows) == 39
    expected = []
    for row in published.snapshot.rows:
        if row.window == "28d":
            (now,) = [one for one in published.snapshot.standings if one.area == row.area and
                      one.settlement == row.settlement]  # fmt: skip
            judged = [
                (
                    "—"
                    if row.figures.percentiles[percent] is None
                    else f"{row.figures.percentiles[percent] / 60:.1f}",
                    "—" if verdict.target_seconds is None else f"{verdict.target_seconds / 60:g}",
                    WORDS[verdict.state],
                    "—" if verdict.late_budget is None else str(verdict.late_budget),
                )
                for percent, verdict in row.verdicts.items()
            ]
            counts = (row.figures.unmeasured, row.figures.excluded, now.in_progress.open, now.in_progress.overdue)
            expected.append([row.settlement, str(row.figures.measured), *chain(*judged), *map(str, counts)])
    assert [row[-len(expected[0]) :] for row in rows] == expected
    assert ["Oslo", "urban", "20", "8.0", "10", "met", "7", "8.0", "20", "met", "1", "0", "0", "0", "0"] in rows


def shown(world: World, published: object, window: str) -> str:
    """The page of a window."""
    return page(
        published,  # type: ignore[arg-type] - a Published, or one with something replaced
        window=window,
        windows=world.configuration.settings.windows.names,
        names={"oslo": "Oslo"},
        zone=world.configuration.grid.zone,
    )


async def test_the_window_is_chosen_by_a_link(get: Get) -> None:
    """Every configured window has its page; an unknown one is refused with the list, and not repeated."""
    _, text, _ = await get("/")
    links = re.findall(r'href="(/\?window=[^"]+)"', text)
    assert [link.partition("=")[2] for link in links] == [
        "24h", "7d", "90d", "365d", "last100", "month", "tertial", "year",
    ]  # fmt: skip
    for link in links:
        assert (await get(link))[0] == 200
    status, text, headers = await get("/?window=<script>alert(1)</script>")
    assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "script" not in text
    assert "24h, 7d, 28d" in text


async def test_what_comes_from_outside_is_escaped() -> None:
    """An area's name and a store's message cannot become markup."""
    world = World(oslo="<script>alert('Oslo')</script>")
    world.backing.reachable = False
    async with served(world) as get:
        _, text, _ = await get("/")
    assert "<script" not in text
    assert "&lt;script&gt;alert(&#x27;Oslo&#x27;)&lt;/script&gt;" in text
    problem = replace(world.refresh().published, problem='<img src="x">')
    assert "<img" not in shown(world, problem, "28d")


async def test_the_page_needs_nothing_and_is_allowed_nothing(get: Get) -> None:
    """No scripts, no resources; the policy admits the page's own style and nothing else."""
    _, text, headers = await get("/")
    assert headers["Content-Security-Policy"] == POLICY
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in POLICY
    assert not Cells(text).tags & {"script", "img", "link", "iframe", "object", "form"}
    assert not re.search(r' (style|on\w+|src)="', text)
    assert '<html lang="en">' in text


async def test_the_page_says_how_far_it_can_be_trusted(world: World, running: Running) -> None:
    """Unread, stale, store down, sketched: each is said in words."""
    unread = world.refresh().published
    text = shown(world, unread, "28d")
    assert "No figures yet: the store has not been read yet." in text
    assert {row[2] for row in Cells(text).rows[1:] if len(row) == 15} == {"—"}
    await world.tell(missions(3))
    published = (await running(world)).published
    assert "fresh" in shown(world, published, "28d")
    down = replace(published, store=StoreState.DOWN, problem="the cable is cut")
    assert "These figures are no longer updated: the cable is cut." in shown(world, down, "28d")
    stale = replace(published, snapshot=replace(published.snapshot, stale=True))
    assert "STALE" in shown(world, stale, "28d")
    assert "exact (nearest rank)" in shown(world, published, "28d")
    rows = [replace(row, figures=replace(row.figures, exact=False)) for row in published.snapshot.rows]
    sketched = replace(published, snapshot=replace(published.snapshot, rows=rows))
    assert "≈ 8.0" in shown(world, sketched, "28d")
    assert "sketched where marked" in shown(world, sketched, "28d")


async def test_json_is_the_snapshot(get: Get) -> None:
    """The API's answer fits its own schema and holds every row."""
    status, text, headers = await get("/api/v1/compliance")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    found = msgspec.json.decode(text, type=Answer)
    assert found.loaded
    assert len(found.series) == 39
    (oslo,) = [one for one in found.series if (one.district, one.settlement) == ("oslo", "urban")]
    assert oslo.name == "Oslo"
    windows = {window.window: window for window in oslo.windows}
    assert windows["28d"].measured == 3
    assert windows["last100"].unmeasured is None
    requirement = windows["28d"].judgements[1]
    assert (requirement.percentile, requirement.seconds, requirement.state) == (80, 1500.0, "missed")
    assert (requirement.judged, requirement.within, requirement.late_budget) == (3, 2, -1)


async def test_every_answer_carries_the_security_headers(get: Get) -> None:
    """Also errors: no sniffing, no referrer, nothing loaded, no version told."""
    for path in ("/", "/metrics", "/healthz", "/readyz", "/api/v1/compliance", "/nothing", "/?window=x"):
        _, _, headers = await get(path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "aiohttp" not in headers["Server"]


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
                return answer.loaded and answer.series[0].windows[2].measured == expected

            await wait_until(lambda: count(3), "the stored missions")
            await world.tell(missions(2, name="more"), partition=1)
            await wait_until(lambda: count(5), "the change")
            await store._client.flushall()
            await wait_until(lambda: count(0), "the emptied store")
    finally:
        await store.close()


async def test_the_command_announces_itself_and_stops_on_sigterm() -> None:
    """With no store in sight it says where it listens, stays unready, and ends with exit code 0."""
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
            async with aiohttp.ClientSession(found[1]) as session, session.get("/readyz") as response:
                assert response.status == 503
            process.terminate()
            assert await asyncio.to_thread(process.wait, 10) == 0
        finally:
            process.kill()
