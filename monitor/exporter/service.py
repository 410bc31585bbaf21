"""The exporter's web service: metrics, health, board and API, all from the latest published state.

Decides what every answer carries, and how the service begins and ends. `/healthz`: this process answers. `/readyz`:
200 once everything was read and as long as the figures move with the clock; the store being down does not make it
unready (the last figures are the best there are, and taking them away helps nobody), but the body says so. State
that this program cannot read does: somebody has to act. No access log; no figure is computed here.
"""

import asyncio
import errno
import logging
import re
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from monitor import clock as wall
from monitor.exporter.collector import PublishedCollector
from monitor.exporter.exposition import Encode, Exposition, Piece, gzipped, plain
from monitor.exporter.pages import Pages
from monitor.exporter.published import Published, StoreState
from monitor.exporter.refresh import Refresh
from monitor.exporter.stream import Stream
from monitor.settings import Configuration
from monitor.store.port import Store
from monitor.wiring import empty_history, snapshot_terms

OLD_AFTER_REFRESHES: Final = 3
"""A snapshot older than this many refresh periods is no longer ready: the loop hangs."""
_RENAMING: Final = re.compile(r"escaping=(?!underscores|allow-utf-8)")
"""Schemes that write names otherwise than the vocabulary: rare, and left to the client library."""
_END: Final = b"# EOF\n"
"""What OpenMetrics ends with."""
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_log = logging.getLogger(__name__)


class AddressUnavailable(Exception):  # noqa: N818 - a fact about the machine; the message says what to do
    """The exporter cannot listen where it was told to."""


class Service:
    """The handlers, over one refresh loop."""

    def __init__(self, configuration: Configuration, refresh: Refresh, clock: Callable[[], float]) -> None:
        self._configuration = configuration
        self._refresh = refresh
        self._clock = clock
        self._pages = Pages(configuration, refresh, rules=snapshot_terms(configuration).alarms)
        self._registry = CollectorRegistry()
        self._registry.register(PublishedCollector(lambda: refresh.published, names=self._pages.names))
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)  # under the client library's own names, as everybody has them
        self._stream = Stream(refresh, clock)
        self._exposition = Exposition()
        self._thread = ThreadPoolExecutor(1, "metrics")

    def application(self) -> web.Application:
        """The routes as an aiohttp application."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/metrics", self.metrics),
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                *self._pages.routes(),
                web.get("/api/v1/stream", self._stream.handle),
            ]
        )
        application.on_response_prepare.append(_secure)
        application.on_shutdown.append(self._end_streams)
        application.on_cleanup.append(self._end_thread)
        return application

    async def _end_streams(self, _application: web.Application) -> None:
        self._stream.close()

    async def _end_thread(self, _application: web.Application) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def healthz(self, _request: web.Request) -> web.Response:
        """Whether the process answers."""
        return web.Response(text="alive\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        """Whether the figures can be relied on."""
        published = self._refresh.published
        refresh_seconds = self._configuration.settings.exporter.refresh_seconds
        age = self._clock() - published.snapshot.at
        if published.store is StoreState.UNREADABLE:
            return _unready(f"the store holds what this program cannot read: {published.problem}")
        if not published.loaded:
            return _unready(f"not everything has been read from the store yet: {published.problem or 'wait'}")
        if age > OLD_AFTER_REFRESHES * refresh_seconds:
            return _unready(f"the figures are {age:.0f} s old, they should be renewed every {refresh_seconds:g} s")
        if not published.store_up:
            return web.Response(text=f"ready, with the last figures: {published.problem}\n")
        return web.Response(text="".join(f"{line}\n" for line in ("ready", *_of_workers(published))))

    async def metrics(self, request: web.Request) -> web.Response:
        """The exposition, in the format asked for. Figures are rendered once per published state."""
        try:
            encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        except (TypeError, ValueError):  # a version that is no number
            encode, content_type = choose_encoder("")
        published = self._refresh.published
        process = encode(self._process).removesuffix(_END)
        compressed = "gzip" in request.headers.get("Accept-Encoding", "")
        body = await asyncio.get_running_loop().run_in_executor(
            self._thread, self._rendered, published, encode, content_type, process, compressed
        )
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        return web.Response(body=body, headers=headers | ({"Content-Encoding": "gzip"} if compressed else {}))

    async def render_ahead(self) -> None:
        """Render the first figures before anybody asks: for thousands of series it takes longer than ever after."""
        published = self._refresh.published
        while not published.loaded:
            published = await self._refresh.after(published)
        encode, content_type = choose_encoder("")
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._thread, self._rendered, published, encode, content_type, b"", True
            )
        except Exception:  # noqa: BLE001 - whoever asks next is told, too
            _log.exception("the first figures could not be rendered")

    def _rendered(
        self, published: Published, encode: Encode, content_type: str, process: bytes, compressed: bool
    ) -> bytes:
        """Runs in one thread, always the same: see `refresh`."""
        if _RENAMING.search(content_type):
            pieces = [Piece(process), Piece(encode(self._registry))]
        else:
            end = _END if content_type.startswith("application/openmetrics-text") else b""
            names = self._pages.names(published)
            pieces = [Piece(process), *self._exposition.render(published, names, encode, end)]
        return gzipped(pieces) if compressed else plain(pieces)


def _of_workers(published: Published) -> Iterable[str]:
    """What is to be said about those who count: the figures are the best there are, and somebody has to act."""
    workforce = published.workforce
    if workforce is None:
        yield "whether a worker runs is not known: the store tells of none"
    elif not workforce.workers:
        yield "NO WORKER gives a sign of life: nothing is counted until one is started"
    else:
        if published.unheld:
            yield f"partitions {published.unheld} are kept by no worker: what they bring is not counted"
        if workforce.slowed:
            yield f"partitions {sorted(workforce.slowed)} bring a flood of invalid records and are slowed down"


def _unready(reason: str) -> web.Response:
    return web.Response(status=503, text=f"not ready: {reason}\n")


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "response-time-monitor"  # in place of versions


async def serve(
    configuration: Configuration,
    store: Store,
    *,
    host: str,
    port: int,
    stop: asyncio.Event,
    ready: Callable[[str], None] | None = None,
    clock: Callable[[], float] = wall.now,
) -> None:
    """Serve until `stop` is set; `ready` gets the URL once the port is open. The store stays the caller's.

    Raises AddressUnavailable, with what to do, where it cannot listen.
    """
    refresh = Refresh(
        store, empty_history(configuration), snapshot_terms(configuration),
        refresh_seconds=configuration.settings.exporter.refresh_seconds, clock=clock,
    )  # fmt: skip
    service = Service(configuration, refresh, clock)
    runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    tasks: list[asyncio.Task[object]] = []
    try:
        url = await _listen(runner, host, port)
        tasks = [asyncio.create_task(refresh.run()), asyncio.create_task(stop.wait())]
        ending = tasks.copy()
        tasks.append(asyncio.create_task(service.render_ahead()))
        if ready is not None:
            ready(url)
        done, _ = await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a fault of the refresh loop ends the service: it would show old figures for ever
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        refresh.close()


async def _listen(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as fault:
        raise AddressUnavailable(_advice(fault, host, port)) from fault
    chosen = runner.addresses[0][1]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{chosen}/"


def _advice(fault: OSError, host: str, port: int) -> str:
    where = f"cannot listen on {host} port {port}: "
    if isinstance(fault, socket.gaierror):
        return where + "the name of the host is unknown; give an address of this machine with --host"
    if fault.errno == errno.EADDRINUSE:
        return where + (
            "another program uses it; stop that one, or choose another port with --port or MONITOR_EXPORTER__PORT "
            "(0: any free one)"
        )
    if fault.errno == errno.EADDRNOTAVAIL:
        return where + "this machine has no such address; give one that it has with --host or MONITOR_EXPORTER__HOST"
    if fault.errno == errno.EACCES:
        return where + "not permitted; ports below 1024 need privileges, choose a higher one with --port"
    return where + (fault.strerror or str(fault))
