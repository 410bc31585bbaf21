"""A body that many connections send at once: nobody copies it, and a peer that reads slowly holds a part of it.

aiohttp hands a body of bytes to the transport in one piece, which keeps what the peer does not take: once for every
connection. Here the next part is handed over when the one before was taken.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from aiohttp import Payload
from aiohttp.abc import AbstractStreamWriter

PART_BYTES: Final = 32_768


class SharedBody(Payload):
    """Pieces behind each other; `pieces` is shared, and must not change."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__(pieces)
        self._pieces = pieces
        self._size = sum(map(len, pieces))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text."""
        return b"".join(self._pieces).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send everything, part by part, each when the peer has taken enough of those before."""
        for part in _parts(self._pieces):
            await writer.write(part)
            await writer.drain()


def _parts(pieces: Sequence[bytes]) -> Iterator[bytes | memoryview]:
    """Small pieces together, large ones cut: none much longer than PART_BYTES."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        if size + len(piece) > PART_BYTES and gathered:
            yield b"".join(gathered)
            gathered, size = [], 0
        if len(piece) <= PART_BYTES:
            gathered.append(piece)
            size += len(piece)
            continue
        view = memoryview(piece)
        for start in range(0, len(piece), PART_BYTES):
            yield view[start : start + PART_BYTES]
    if gathered:
        yield b"".join(gathered)
