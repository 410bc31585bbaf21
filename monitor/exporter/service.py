"""The exporter's web service: metrics, health, board and API, all from the latest published state.

Decides what is found where, and how the service begins and ends; what a peer may ask for, `monitor.http` decides.
`/healthz`: this process answers. `/readyz`: 200 once everything was read and as long as the figures move with the
clock; the store being down does not make it unready (the last figures are the best there are, and taking them away
helps nobody), but the body says so. State that this program cannot read does: somebody has to act. Who may see what
is said in one table (`scopes`). No figure is computed here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from monitor import clock as wall
from monitor.exporter.collector import PublishedCollector
from monitor.exporter.mission_lists import MissionLists
from monitor.exporter.pages import Pages
from monitor.exporter.refresh import Refresh
from monitor.exporter.scopes import METRICS, METRICS_ALONE, SCOPES
from monitor.exporter.scrapes import Scrapes
from monitor.exporter.silences import Silences
from monitor.exporter.stream import Stream
from monitor.http.access import Scope
from monitor.http.guard import GRANTED, Protection
from monitor.http.problem import problem
from monitor.http.server import Address, serving
from monitor.listening.port import door_of
from monitor.listening.tokens import rules_of
from monitor.published import Published, StoreState
from monitor.settings import Configuration
from monitor.store.port import Store
from monitor.wiring import empty_history, snapshot_terms

OLD_AFTER_REFRESHES: Final = 3
"""A snapshot older than this many refresh periods is no longer ready: the loop hangs."""
API: Final = "/api"
ANSWERED: Final = "GET, HEAD"


class Service:
    """The handlers, over one refresh loop."""

    def __init__(
        self, configuration: Configuration, refresh: Refresh, clock: Callable[[], float], store: Store
    ) -> None:
        self._configuration = configuration
        self._refresh = refresh
        self._clock = clock
        self._pages = Pages(configuration, refresh, rules=snapshot_terms(configuration).alarms)
        windows, areas = configuration.settings.windows.exposed, self._pages.areas
        self._scrapes = Scrapes(lambda published: PublishedCollector(published, windows=windows, areas=areas))
        self._stream = Stream(refresh, clock)
        self._lists = MissionLists(configuration, store, clock)

    def application(self, *, metrics: bool = True) -> web.Application:
        """The routes as an aiohttp application; without `metrics` where they are found elsewhere."""
        application = web.Application(middlewares=[api_problems])
        application.add_routes(
            [
                *([web.get(METRICS, self.metrics)] if metrics else []),
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                *self._pages.routes(),
                web.get("/api/v1/stream", self._stream.handle),
                web.get("/api/v1/missions", self._lists.handle),
            ]
        )
        application.on_shutdown.append(self._end_streams)
        application.on_cleanup.append(self._end_thread)
        return application

    def metrics_application(self) -> web.Application:
        """Answers `/metrics`, and nothing else."""
        application = web.Application()
        application.add_routes([web.get(METRICS, self.metrics)])
        return application

    async def _end_streams(self, _application: web.Application) -> None:
        self._stream.close()

    async def _end_thread(self, _application: web.Application) -> None:
        self._scrapes.close()

    async def healthz(self, _request: web.Request) -> web.Response:
        """Whether the process answers."""
        return web.Response(text="alive\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether the figures can be relied on; why, for those alone who may see them."""
        answer = self._readiness()
        if Scope.FIGURES in request.get(GRANTED, ()):
            return answer
        return web.Response(status=answer.status, text="ready\n" if answer.status == HTTPStatus.OK else "not ready\n")

    def _readiness(self) -> web.Response:
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
        return await self._scrapes.answer(self._refresh.published, request)

    async def render_ahead(self) -> None:
        """Render the first figures before anybody asks: for thousands of series it takes longer than ever after."""
        published = self._refresh.published
        while not published.loaded:
            published = await self._refresh.after(published)
        await self._scrapes.render(published)


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


@web.middleware
async def api_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Programs are told problem details also where there is nothing, and what may be asked of what there is."""
    try:
        return await handler(request)
    except web.HTTPException as fault:
        if request.path != API and not request.path.startswith(f"{API}/"):
            raise
        if isinstance(fault, web.HTTPMethodNotAllowed):
            detail, headers = f"Only {ANSWERED} are answered here.", {"Allow": ANSWERED}
        else:
            detail, headers = "Nothing is found there: /api/v1/openapi.json lists everything.", {}
        return problem(HTTPStatus(fault.status), detail, **headers)


@asynccontextmanager
async def _listening(service: Service, configuration: Configuration, host: str, port: int) -> AsyncIterator[str]:
    """The ports of the settings, open; gives the URL of the first."""
    settings, rules = configuration.settings.exporter, rules_of(configuration.settings.access)
    apart = bool(settings.metrics_port)
    address = Address(
        host=host, port=port, hosts=settings.hosts,
        host_by="--host or MONITOR_EXPORTER__HOST",
        port_by="--port or MONITOR_EXPORTER__PORT",
        hosts_by="exporter.hosts (MONITOR_EXPORTER__HOSTS)",
    )  # fmt: skip
    scopes = {path: scope for path, scope in SCOPES.items() if path != METRICS or not apart}
    front = Protection(scopes=scopes, door=door_of(settings.web_config_file), rules=rules)
    async with AsyncExitStack() as ports:
        url = await ports.enter_async_context(
            serving(service.application(metrics=not apart), address, protection=front, logged=settings.access_log)
        )
        if apart:
            back = replace(
                address, host=settings.metrics_host, port=settings.metrics_port,
                host_by="exporter.metrics_host (MONITOR_EXPORTER__METRICS_HOST)",
                port_by="exporter.metrics_port (MONITOR_EXPORTER__METRICS_PORT)",
            )  # fmt: skip
            file = settings.metrics_web_config_file or settings.web_config_file
            behind = Protection(scopes=METRICS_ALONE, door=door_of(file), rules=rules)
            await ports.enter_async_context(
                serving(service.metrics_application(), back, protection=behind, logged=settings.access_log)
            )
        yield url


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

    Raises AddressUnavailable, with what to do, where it cannot listen; WebFileUnusable and TokensUnusable.
    """
    settings = configuration.settings.exporter
    asked = configuration.settings.alertmanager.url
    silences = Silences(asked, configuration.service, clock) if asked else None
    refresh = Refresh(
        store, empty_history(configuration), snapshot_terms(configuration),
        refresh_seconds=settings.refresh_seconds, clock=clock,
        silenced=lambda: silences.latest if silences else None,
    )  # fmt: skip
    service = Service(configuration, refresh, clock, store)
    try:
        async with _listening(service, configuration, host, port) as url:
            tasks: list[asyncio.Task[object]] = [asyncio.create_task(refresh.run()), asyncio.create_task(stop.wait())]
            ending = tasks.copy()
            tasks.append(asyncio.create_task(service.render_ahead()))
            if silences is not None:
                tasks.append(asyncio.create_task(silences.run()))
            if ready is not None:
                ready(url)
            try:
                done, _ = await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # a fault of the refresh loop ends the service: it would show old figures for ever
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        refresh.close()
