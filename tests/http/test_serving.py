"""The server against peers that ask for nothing, take nothing, or say nonsense: on real sockets."""

import asyncio
import logging
import socket
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import msgspec
import pytest
from aiohttp import web

from monitor.http.body import SharedBody
from monitor.http.connection import OF_PEERS, peer_of
from monitor.http.limits import LEAST_CONNECTIONS, Limits
from monitor.http.problem import CONTENT_TYPE
from monitor.http.server import Address, serving
from tests.eventually import wait_until

LARGE = b"0123456789abcdef" * 2**20
"""Sixteen MiB: more than any kernel takes for a peer that does not read."""
QUICK = Limits(connections=12, per_peer=6, ask_seconds=0.5, take_seconds=0.5, linger_seconds=0.2)
PATIENT = Limits(connections=12, per_peer=6, linger_seconds=0.2)
asked = Counter[str]()
"""Requests that are being answered, by handler."""


def application() -> web.Application:
    """Small, large, waiting for ever, and broken."""

    async def small(_request: web.Request) -> web.Response:
        return web.Response(text="small")

    async def large(_request: web.Request) -> web.Response:
        asked["large"] += 1
        return web.Response(body=SharedBody(LARGE))

    async def waiting(_request: web.Request) -> web.Response:
        asked["waiting"] += 1
        await asyncio.Event().wait()
        raise AssertionError

    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("a bug")

    told = web.Application()
    told.add_routes([web.get(f"/{one.__name__}", one) for one in (small, large, waiting, broken)])
    return told


@asynccontextmanager
async def started(limits: Limits, *hosts: str) -> AsyncIterator[int]:
    """The server on a free port of every loopback address."""
    asked.clear()
    address = Address(
        host="0.0.0.0", port=0, hosts=hosts, host_by="--host", port_by="--port", hosts_by="test.hosts"  # noqa: S104
    )  # fmt: skip
    async with serving(application(), address, limits=limits) as url:
        yield int(url.rstrip("/").rpartition(":")[2])


class Peer:
    """A client that does only what it is told to, from an address of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.received = 0

    @classmethod
    async def connected(cls, port: int, address: str = "127.0.0.1") -> "Peer":
        """Connected, and silent. Reads only when asked to, and has little room for what it does not read."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        sock.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return cls(*await asyncio.open_connection(sock=sock, limit=1024))

    async def say(self, text: str) -> None:
        """Send it as it stands, to whoever still listens."""
        with suppress(ConnectionError):
            self._writer.write(text.encode("latin-1"))
            await self._writer.drain()

    async def ask(self, path: str) -> None:
        """A request, without reading the answer."""
        await self.say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")

    async def answer(self) -> tuple[int, str]:
        """Status and the whole text up to the end of the connection."""
        told = (await asyncio.wait_for(self._reader.read(-1), 10)).decode()
        return int(told.split()[1]), told

    async def ended(self) -> bool:
        """Whether the server has closed, once everything it sent was read."""
        try:
            while part := await asyncio.wait_for(self._reader.read(65_536), 0.05):
                self.received += len(part)
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True

    async def sipped(self) -> bool:
        """Take a little, slowly; whether that was the end."""
        await asyncio.sleep(0.01)
        try:
            part = await asyncio.wait_for(self._reader.read(4096), 10)
        except ConnectionError:
            return True
        self.received += len(part)
        return not part

    async def close(self) -> None:
        """Leave."""
        self._writer.transport.abort()


async def peers(stack: AsyncExitStack, port: int, count: int, address: str = "127.0.0.1") -> list[Peer]:
    """So many connections of one address, closed with the stack."""
    found = [await Peer.connected(port, address) for _ in range(count)]
    for peer in found:
        stack.push_async_callback(peer.close)
    return found


async def served(port: int, path: str = "/small", address: str = "127.0.0.1") -> int:
    """The status that an ordinary client gets."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(10)) as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        await response.read()
        return response.status


async def test_who_asks_for_nothing_is_closed() -> None:
    """Silent from the start, silent in the middle of a header, silent after an answer."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(QUICK))
        silent, dripping, idle = await peers(stack, port, 3)
        await dripping.say("GET /small HTTP/1.1\r\nHost: local")
        await idle.ask("/small")
        for number in range(20):
            await dripping.say(f"X-{number}: drop\r\n")
            if await dripping.ended():
                break
        for one in (silent, dripping, idle):
            await wait_until(one.ended, "the end of the connection")


async def test_who_takes_nothing_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    """An answer of megabytes does not wait for ever."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(QUICK))
        stuck = await peers(stack, port, 4)
        for peer in stuck:
            await peer.ask("/large")
        await wait_until(lambda: "an answer was not taken" in caplog.text, "the end of the patience")
        for peer in stuck:
            await wait_until(peer.ended, "the end of the connection")
            assert peer.received < len(LARGE)


async def test_who_takes_an_answer_drop_by_drop_is_closed_too(caplog: pytest.LogCaptureFixture) -> None:
    """Taking a little again and again does not make the answer last."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(QUICK))
        (peer,) = await peers(stack, port, 1)
        await peer.ask("/large")
        while not await peer.sipped():
            pass
        assert peer.received < len(LARGE)
    assert "an answer was not taken" in caplog.text


async def test_who_takes_nothing_costs_little() -> None:
    """The body is one for all of them, in a small part for each; a peer that reads gets all of it."""
    count = 40
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(Limits(connections=2 * count, per_peer=count)))
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        for peer in await peers(stack, port, count, "127.0.0.2"):
            await peer.ask("/large")
        await wait_until(lambda: asked["large"] == count, "every request")
        assert await served(port) == 200
        _, most = tracemalloc.get_traced_memory()
        assert most < count * 2**18  # a quarter of a MiB each, with all that belongs to a connection at both ends
        assert await served(port, "/large") == 200


async def test_nobody_else_waits_for_a_peer_that_has_taken_every_place() -> None:
    """Silent connections and answers not taken give way: to the same address, and to others."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT))
        for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
            for number, peer in enumerate(await peers(stack, port, 2 * PATIENT.per_peer, address)):
                if number % 2:
                    await peer.ask("/large")
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.5"):
            assert await served(port, "/small", address) == 200


async def test_who_is_being_served_is_not_closed_for_others() -> None:
    """One too many of an address is refused then; other addresses are not."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT))
        working = await peers(stack, port, PATIENT.per_peer, "127.0.0.2")
        for peer in working:
            await peer.ask("/waiting")
        await wait_until(lambda: asked["waiting"] == PATIENT.per_peer, "every request")
        (late,) = await peers(stack, port, 1, "127.0.0.2")
        await wait_until(late.ended, "the refusal")
        assert await served(port) == 200
        assert not any([await peer.ended() for peer in working])


MALFORMED = {
    "no request": ("nonsense\r\n\r\n", 400),
    "no method": ("G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a header without a name": ("GET /small HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400),
    "a long header": (f"GET /small HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 9000}\r\n\r\n", 431),
    "a long line": (f"GET /{'x' * 9000} HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "a TLS greeting": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "two lengths": ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_request_is_answered_without_telling_anything(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Problem details, nothing of the request, no library and no version; one word in the log."""
    text, status = MALFORMED[case]
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT))
        (peer,) = await peers(stack, port, 1)
        await peer.say(text)
        found, told = await peer.answer()
    head, _, body = told.partition("\r\n\r\n")
    assert (found, f"Content-Type: {CONTENT_TYPE}" in head) == (status, True)
    assert msgspec.json.decode(body)["status"] == status
    assert "Server: response-time-monitor" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert not any(word in told.lower() for word in ("aiohttp", "python", "nonsense", "xxxx"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.records[0].exc_info is None


async def test_a_flood_of_malformed_requests_is_a_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    """Also broken chunks behind a good header, which are found only after the answer."""
    began = asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT))
        for number in range(60):
            peer = await Peer.connected(port)
            if number % 2:
                await peer.say("nonsense\r\n\r\n")
            else:
                await peer.say(
                    "POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
                )
            await wait_until(peer.ended, "the end of the connection")
            await peer.close()
    took = asyncio.get_running_loop().time() - began
    assert 1 <= len(caplog.records) <= took + 1
    assert {record.name for record in caplog.records} == {OF_PEERS}


async def test_a_fault_of_ours_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    """500 as problem details, without a word of what went wrong; the log has the traceback."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT))
        (peer,) = await peers(stack, port, 1)
        await peer.ask("/broken")
        status, told = await peer.answer()
    assert (status, CONTENT_TYPE in told, "a bug" in told) == (500, True, False)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


async def test_a_foreign_name_is_refused_with_what_to_do() -> None:
    """421 names the setting; a name that is configured is answered."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(started(PATIENT, "board.example.org"))
        for host, status in (("board.example.org", 200), ("evil.example", 421)):
            (peer,) = await peers(stack, port, 1)
            await peer.say(f"GET /small HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            found, told = await peer.answer()
            assert found == status
        assert "add it to test.hosts" in told
        assert "evil" not in told


@pytest.mark.parametrize("turns", range(8))
async def test_who_comes_in_while_the_server_ends_is_let_go(turns: int) -> None:
    """Accepted while the server closes, as browsers open some ahead: nobody would end it later."""
    peers: list[socket.socket] = []
    try:
        async with started(PATIENT) as port:
            peers += [socket.create_connection(("127.0.0.1", port), timeout=5.0) for _ in range(3)]
            for _ in range(turns):  # of the loop: accepted, its transport made, known to the server
                await asyncio.sleep(0)
        for peer in peers:
            with suppress(ConnectionError):
                assert await asyncio.to_thread(peer.recv, 1) == b""
    finally:
        for peer in peers:
            peer.close()


def test_descriptors_are_kept_for_everything_else() -> None:
    """With 1,024 of them all places are there; with fewer, there are fewer; with hardly any, still some."""
    assert Limits().within(1024).connections == Limits().connections
    assert Limits().within(256).connections == 64
    assert Limits().within(32).connections == LEAST_CONNECTIONS


def test_a_peer_is_an_address_or_the_network_that_one_has() -> None:
    """Whoever has a network of IPv6 has 2^64 addresses, and is one peer."""
    assert peer_of(("192.0.2.7", 1)) == peer_of(("::ffff:192.0.2.7", 2, 0, 0)) == "192.0.2.7"
    assert peer_of(("2001:db8::1", 1, 0, 0)) == peer_of(("2001:db8::ffff:1", 1, 0, 0)) == "2001:db8::/64"
    assert peer_of(("fe80::1%eth0", 1, 0, 2)) == "fe80::/64"
    assert peer_of("") == peer_of(None) == ""
