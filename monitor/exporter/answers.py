"""Rendered answers: compressed once, told apart by entity tags.

Decides headers of caching and the 304. Refuses to know what is in an answer. Tags are weak, for the same figures go
out plain and compressed; they name content, so two exporters over one store agree on them.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from monitor.exporter.once import Once
from monitor.http.body import SharedBody
from monitor.http.negotiation import gzip_wanted
from monitor.published import Published

_SMALL: Final = 1_024
_WORTH_IT: Final = 0.9
"""What is packed already, as a workbook is, goes out as it is."""


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
        if self.gzipped is not None and gzip_wanted(request.headers.get("Accept-Encoding")):
            return web.Response(body=SharedBody(self.gzipped), headers=told | {"Content-Encoding": "gzip"})
        return web.Response(body=SharedBody(self.body), headers=told)


def rendered(body: bytes, content_type: str) -> Answer:
    """A body made ready to be sent; runs long enough to belong in a thread."""
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    packed = gzip.compress(body, 5, mtime=0) if len(body) >= _SMALL else body
    return Answer(body, packed if len(packed) < _WORTH_IT * len(body) else None, content_type, f'W/"{tag}"')


class Answers:
    """By key and published state. The same question asked by many at once is answered once."""

    def __init__(self) -> None:
        self._once = Once[Answer]()

    async def get(
        self, key: Hashable, published: Published, make: Callable[[], Awaitable[bytes]], content_type: str
    ) -> Answer:
        """The answer to `key` as of `published`; `make` renders its body where nobody has yet."""
        return await self._once.get(key, published, lambda: _render(make, content_type))


async def _render(make: Callable[[], Awaitable[bytes]], content_type: str) -> Answer:
    return await asyncio.to_thread(rendered, await make(), content_type)
