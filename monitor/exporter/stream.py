"""`/api/v1/stream`: tells pages that there is something new, as server-sent events.

Decides how often (at most about twice a second), how many listeners, for how long, and when to say that nothing
happened. An event names the published state; what it holds is fetched from the page itself, rendered once for
everybody, so a slow listener costs one pending event and no more. Whoever finds no place asks for the page again and
again instead, as the board does.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import hdrs, web

from monitor.exporter.refresh import Refresh
from monitor.http.connection import peer_of
from monitor.http.problem import problem
from monitor.published import Published, StoreState

PAUSE_SECONDS: Final = 0.4
"""Shorter than the worker's time between checkpoints: in step with it, an event would always come a little late."""
HEARTBEAT_SECONDS: Final = 15.0
LISTENERS: Final = 100
LISTENERS_OF_A_PEER: Final = 24
"""Whoever wants all places has to come from several addresses. A proxy is one peer."""
AGE_SECONDS: Final = 900.0
"""A stream ends after this time at most: its listener comes again, others may come before it."""
SPREAD: Final = 0.25
"""So much of the age is drawn by lot: those who came together do not all come again together."""
RETRY_SECONDS: Final = 30
"""How long somebody who found no place should stay away."""
SLOW_SECONDS: Final = 30.0
"""Who does not take an event for so long is no longer there."""


class StreamEvent(msgspec.Struct):
    """One event's data: the state published at `at`, sent at `now` (a client's clock may differ). Epoch seconds."""

    at: float
    now: float
    loaded: bool
    feed_stale: bool
    store: StoreState
    store_read_at: float | None
    last_record_at: float | None


class Stream:
    """The listeners of one refresh loop. Event ids begin with a name of this process: it alone knows its states."""

    def __init__(
        self,
        refresh: Refresh,
        clock: Callable[[], float],
        *,
        listeners: int = LISTENERS,
        of_a_peer: int = LISTENERS_OF_A_PEER,
        age_seconds: float = AGE_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._refresh = refresh
        self._clock = clock
        self._places = listeners
        self._places_of_a_peer = of_a_peer
        self._age_seconds = age_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._life = secrets.token_hex(4)
        self._marked: Published | None = None
        self._number = 0
        self._closing = asyncio.Event()
        self._listening = Counter[str]()

    @property
    def listening(self) -> int:
        """How many there are."""
        return self._listening.total()

    def close(self) -> None:
        """End all streams, and take no new listeners."""
        self._closing.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One listener, until it leaves or the service ends."""
        peer = peer_of(request.transport and request.transport.get_extra_info("peername"))
        full = self.listening >= self._places or self._listening[peer] >= self._places_of_a_peer
        if self._closing.is_set() or full:
            detail = f"No place left for another listener: ask for the page instead, and again in {RETRY_SECONDS} s."
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, **{"Retry-After": str(RETRY_SECONDS)})
        self._listening[peer] += 1
        try:
            return await self._tell(request)
        finally:
            self._listening[peer] -= 1
            self._listening += Counter()  # forgets who has left

    async def _tell(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        if request.method == hdrs.METH_HEAD:  # its answer ends here: whoever asked so listens to nothing
            return response
        end = time.monotonic() + self._age_seconds * (1 - SPREAD * secrets.randbelow(1000) / 1000)
        seen = request.headers.get("Last-Event-ID") or request.query.get("last", "")
        with suppress(ConnectionError, TimeoutError):  # the listener has left, which is its right
            await _write(response, b"retry: 2000\n\n")
            while not self._closing.is_set() and (left := end - time.monotonic()) > 0:
                published = self._refresh.published
                name = self._name(published)
                if name != seen:
                    seen = name
                    await _write(response, self._event(name, published))
                    await self._unless_closing(asyncio.sleep(PAUSE_SECONDS), PAUSE_SECONDS)
                elif not await self._unless_closing(
                    self._refresh.after(published), min(left, self._heartbeat_seconds)
                ):
                    await _write(response, b": still here\n\n")
        return response

    def _name(self, published: Published) -> str:
        if published is not self._marked:
            self._marked = published
            self._number += 1
        return f"{self._life}-{self._number}"

    def _event(self, name: str, published: Published) -> bytes:
        snapshot = published.snapshot
        data = StreamEvent(
            at=snapshot.at,
            now=self._clock(),
            loaded=published.loaded,
            feed_stale=snapshot.stale,
            store=published.store,
            store_read_at=published.read_at,
            last_record_at=snapshot.last_record_at,
        )
        return b"id: %s\nevent: state\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))

    async def _unless_closing(self, waited_for: Coroutine[Any, Any, object], seconds: float) -> bool:
        """Whether it came about within the time; the end of the service counts as if."""
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(waited_for),
            asyncio.create_task(self._closing.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return bool(done)


async def _write(response: web.StreamResponse, part: bytes) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(part)
