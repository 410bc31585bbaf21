"""A TCP proxy on loopback that can be slow, cut what is open, and refuse what is new: of all callers, or of one."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Self

from monitor.demo.processes import LOOPBACK, free_port

PIECE_BYTES = 64 * 1024
Caller = int | str
"""A process by its id, or whoever comes from an address, which costs nothing to tell."""


class Proxy:
    """Stands between clients and one server."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.delay_seconds = 0.0
        """Before each piece that travels towards the server."""
        self.refusing = False
        self.shunned: Collection[Caller] = ()
        """Who is refused, and nobody else."""
        self.target_port = target_port
        """Where new connections lead."""
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], tuple[str, int]] = {}
        """By task: the caller's address and port."""

    def cut(self, callers: Collection[Caller] | None = None) -> int:
        """Break every connection, or those of these; how many there were."""
        meant = None if callers is None else whose(callers)
        broken = [task for task, peer in self._open.items() if meant is None or not meant.isdisjoint(peer)]
        for task in broken:
            task.cancel()
        return len(broken)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            # Accept nobody, but let those who were accepted become tasks: a server closed meanwhile loses them.
            for listening in self._server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
            for _ in range(5):
                await asyncio.sleep(0)
            self._server.close()
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None or (self.shunned and not whose(self.shunned).isdisjoint(peer)):
            writer.transport.abort()  # or it has hung up already
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._open[task] = peer
        task.add_done_callback(lambda ended: self._ended(ended, writer))

    def _ended(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._open.pop(task, None)
        writer.transport.abort()  # a task that was cancelled before it began has closed nothing

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            if self.refusing:
                return
            back, there = await asyncio.open_connection(LOOPBACK, self.target_port)
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


def whose(callers: Collection[Caller]) -> set[int | str]:
    """Their addresses, and the ports of those that are processes."""
    pids = [one for one in callers if isinstance(one, int)]
    return {one for one in callers if isinstance(one, str)} | (ports_of(pids) if pids else set())


def ports_of(callers: Collection[int]) -> set[int]:
    """The local ports of all connections of these processes, those that have ended left out.

    Read from Linux' tables at once: psutil takes a tenth of a second for each process, and would hold up the loop.
    """
    rows = [row.split() for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    ports = {f"socket:[{row[9]}]": int(row[1].rpartition(":")[2], 16) for row in rows}
    found: set[int] = set()
    for pid in callers:
        with suppress(OSError):
            for file in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    found.add(ports.get(str(file.readlink()), 0))
    return found - {0}
