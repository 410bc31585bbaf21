"""The `/metrics` of a worker or a feed: one text, made once a second at most, behind connections that are bounded.

Beside it `/healthz`, that the process answers, and `/readyz`, whether its work goes on.

It is made on the loop that does the work, so nobody may have it made as often as he likes. One format for
everybody: plain text, which every scraper takes.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from monitor.http.body import SharedBody
from monitor.http.limits import Limits
from monitor.http.server import Address, serving
from monitor.settings import FeedSettings, WorkerSettings

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 1.0
"""How long a text is given out: scrapers ask every few seconds."""


class OwnMetrics:
    """What one worker tells of itself. `monotonic` in seconds."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        trouble: Callable[[], str | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`trouble`: why the work stands, None where it does not."""
        self._registry = registry
        self._trouble = trouble
        self._monotonic = monotonic
        self._text = b""
        self._until = -float("inf")

    def application(self) -> web.Application:
        """Answers `/metrics`, `/healthz` and `/readyz`, and nothing else."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/metrics", self._answer),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        return application

    def text(self) -> bytes:
        """The exposition, as it was made last if that is not long ago."""
        now = self._monotonic()
        if now >= self._until:
            self._text, self._until = generate_latest(self._registry), now + FRESH_SECONDS
        return self._text

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        trouble = self._trouble()
        return web.Response(text=f"{trouble or 'ready'}\n", status=503 if trouble else 200)

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.Response(body=SharedBody(self.text()), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


class Registered(Protocol):
    """Instruments, whatever they measure."""

    @property
    def registry(self) -> CollectorRegistry:
        """What is exposed of them."""


def _named(settings: WorkerSettings | FeedSettings, key: str) -> str:
    section = "feed" if isinstance(settings, FeedSettings) else "worker"
    return f"{section}.{key} (MONITOR_{section.upper()}__{key.upper()})"


@asynccontextmanager
async def exposing(
    settings: WorkerSettings | FeedSettings,
    instruments: Registered,
    *,
    trouble: Callable[[], str | None] = lambda: None,
    limits: Limits | None = None,
) -> AsyncIterator[str | None]:
    """Serve the process's own metrics where a port is configured; gives the URL. Raises AddressUnavailable.

    `trouble`: why the work stands, for `/readyz`.
    """
    if not settings.metrics_port:
        yield None
        return
    ProcessCollector(registry=instruments.registry)  # memory and CPU, under the client library's own names
    address = Address(
        host=settings.metrics_host, port=settings.metrics_port, hosts=settings.metrics_hosts,
        host_by=_named(settings, "metrics_host"),
        port_by=_named(settings, "metrics_port"),
        hosts_by=_named(settings, "metrics_hosts"),
    )  # fmt: skip
    async with serving(
        OwnMetrics(instruments.registry, trouble=trouble).application(), address, limits=limits
    ) as url:
        log.info("metrics at %smetrics", url)
        yield url
