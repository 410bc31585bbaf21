"""`/metrics`: one text of a published state for each format and encoding, whoever asks and however.

Decides which format a client gets. Names are the vocabulary's and need no escaping, so every scheme of it is answered
with the one in which they stay what they are. What the process tells of itself is of this moment; it is the end of
the text, so that all before it is made once.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from monitor.exporter.once import Once
from monitor.http.body import SharedBody
from monitor.http.negotiation import gzip_wanted, media_ranges
from monitor.published import Published

Encode = Callable[[CollectorRegistry], bytes]
LEVEL: Final = 6
GZIP: Final = 16 + zlib.MAX_WBITS
"""Tells zlib to write gzip's header, checksum and size around its blocks."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write metrics: its media type and version, who writes it, and what a text ends with."""

    media: str
    version: str
    content_type: str
    encode: Encode
    end: bytes = b""

    def fits(self, kind: str, parameters: Mapping[str, str]) -> bool:
        """Whether it lies in a media range; whoever names no version takes any."""
        ranges = (self.media, f"{self.media.partition('/')[0]}/*", "*/*")
        return kind in ranges and parameters.get("version", self.version) == self.version


def _format(media: str, version: str, end: bytes = b"") -> Format:
    encode, content_type = choose_encoder(f"{media};version={version}")
    return Format(media, version, content_type, encode, end)


PLAIN: Final = _format("text/plain", "0.0.4")
FORMATS: Final = (
    PLAIN,
    _format("text/plain", "1.0.0"),
    _format("application/openmetrics-text", "1.0.0", b"# EOF\n"),
)
"""The first that fits is taken."""


def format_wanted(accept: str | None) -> Format:
    """The format of the media range that is wanted most; plain text for who takes none of ours."""
    for kind, parameters in media_ranges(accept):
        for known in FORMATS:
            if known.fits(kind, parameters):
                return known
    return PLAIN


@dataclass(frozen=True, slots=True)
class Text:
    """All but the end of an exposition, ready to be sent, and shared by all who are sent it."""

    body: bytes
    packer: "zlib._Compress | None"
    """Goes on where the compressed body ends; None where it is plain. Copied for each end."""

    def ended(self, end: bytes) -> tuple[bytes, bytes]:
        """The whole with what is of this moment: one gzip member, which every client understands, or plain."""
        if self.packer is None:
            return self.body, end
        packer = self.packer.copy()
        return self.body, packer.compress(end) + packer.flush()


def text_of(collector: Collector, wanted: Format, *, compressed: bool) -> Text:
    """What the collector tells now, in a format, without what that ends with."""
    registry = CollectorRegistry()
    registry.register(collector)
    body = wanted.encode(registry).removesuffix(wanted.end)
    if not compressed:
        return Text(body, None)
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return Text(packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH), packer)


class Scrapes:
    """The texts of one exporter; `collector` tells of a published state."""

    def __init__(self, collector: Callable[[Published], Collector]) -> None:
        self._collector = collector
        self._texts = Once[Text]()
        self._thread = ThreadPoolExecutor(1, "metrics")
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)  # under the client library's own names, as everybody has them

    async def answer(self, published: Published, request: web.Request) -> web.Response:
        """The exposition as the client wants it."""
        wanted = format_wanted(request.headers.get("Accept"))
        compressed = gzip_wanted(request.headers.get("Accept-Encoding"))
        text = await self._text(published, wanted, compressed=compressed)
        headers = {"Content-Type": wanted.content_type, "Vary": "Accept, Accept-Encoding"}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=SharedBody(*text.ended(wanted.encode(self._process))), headers=headers)

    async def render(self, published: Published) -> None:
        """Have the text ready that Prometheus asks for, before it does."""
        try:
            await self._text(published, PLAIN, compressed=True)
        except Exception:  # noqa: BLE001 - whoever asks next is told, too
            _log.exception("the first figures could not be rendered")

    def close(self) -> None:
        """Let the thread end, once nobody asks any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _text(self, published: Published, wanted: Format, *, compressed: bool) -> Text:
        async def make() -> Text:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._rendered, published, wanted, compressed
            )

        return await self._texts.get((wanted.content_type, compressed), published, make)

    def _rendered(self, published: Published, wanted: Format, compressed: bool) -> Text:
        """Runs in one thread, always the same: see `refresh`."""
        return text_of(self._collector(published), wanted, compressed=compressed)
