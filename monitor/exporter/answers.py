"""Rendered answers: kept for as long as they are true, compressed once, told apart by entity tags.

Decides headers of caching and the 304. Refuses to know what is in an answer. Tags are weak, for the same figures go
out plain and compressed; they name content, so two exporters over one store agree on them.
"""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from monitor.exporter.published import Published

KEPT: Final = 64
"""Answers kept at a time: addresses repeat what clients ask for, so they must not be hoarded."""
_SMALL: Final = 1_024


@dataclass(frozen=True, slots=True)
class Answer:
    """One body as it was rendered."""

    body: bytes
    gzipped: bytes | None
    content_type: str
    tag: str

    def response(self, request: web.Request, **headers: str) -> web.Response:
        """The answer for this request: 304 where the client has it already."""
        told = {"ETag": self.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Accept-Language"} | headers
        known = request.if_none_match or ()
        if any(one.value == "*" or f'"{one.value}"' == self.tag.removeprefix("W/") for one in known):
            return web.Response(status=304, headers=told)
        told["Content-Type"] = self.content_type
        if self.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self.gzipped, headers=told | {"Content-Encoding": "gzip"})
        return web.Response(body=self.body, headers=told)


def rendered(body: bytes, content_type: str) -> Answer:
    """A body made ready to be sent; runs long enough to belong in a thread."""
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    small = len(body) < _SMALL
    return Answer(body, None if small else gzip.compress(body, 5, mtime=0), content_type, f'W/"{tag}"')


class Answers:
    """By key and published state. The same question asked by many at once is answered once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Published, asyncio.Task[Answer]]] = OrderedDict()

    async def get(
        self, key: Hashable, published: Published, make: Callable[[], Awaitable[bytes]], content_type: str
    ) -> Answer:
        """The answer to `key` as of `published`; `make` renders its body where nobody has yet."""
        source, task = self._kept.get(key, (None, None))
        if task is None or source is not published or (task.done() and not _succeeded(task)):
            task = asyncio.create_task(_render(make, content_type))
            self._kept[key] = (published, task)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return await asyncio.shield(task)  # a client that leaves must not take it from the others


async def _render(make: Callable[[], Awaitable[bytes]], content_type: str) -> Answer:
    return await asyncio.to_thread(rendered, await make(), content_type)


def _succeeded(task: asyncio.Task[Answer]) -> bool:
    return not task.cancelled() and task.exception() is None
