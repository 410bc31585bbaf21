"""A TCP proxy on loopback that can be slow, cut what is open, and refuse what is new."""

import asyncio
from contextlib import suppress
from typing import Self

from monitor.demo.processes import LOOPBACK, free_port

PIECE_BYTES = 64 * 1024


class Proxy:
    """Stands between clients and one server."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.delay_seconds = 0.0
        """Before each piece that travels towards the server."""
        self.refusing = False
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def cut(self) -> int:
        """Break every connection; how many there were."""
        count = len(self._open)
        for task in self._open:
            task.cancel()
        return count

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            if self.refusing:
                return
            back, there = await asyncio.open_connection(LOOPBACK, self._target_port)
            ways = {
                asyncio.create_task(self._carry(reader, there, slow=True)),
                asyncio.create_task(self._carry(back, writer, slow=False)),
            }
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # a server that is away looks like one that hangs up
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()
                    with suppress(OSError, asyncio.CancelledError):
                        await end.wait_closed()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, slow: bool) -> None:
        with suppress(OSError):
            while piece := await source.read(PIECE_BYTES):
                if slow and self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                sink.write(piece)
                await sink.drain()
