"""Listening: an aiohttp application behind connections that are bounded, and names that are ours."""

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from monitor.http.access_log import Logged, access_log
from monitor.http.connection import OF_PEERS, Connection, Guest, secure
from monitor.http.crowd import Crowd
from monitor.http.guard import Door, Guard, Protection, require_scopes
from monitor.http.handshake import Handshake, Tls
from monitor.http.hosts import Hosts
from monitor.http.limits import BACKLOG, Limits, descriptors
from monitor.http.problem import problem
from monitor.http.seldom import seldom

SHUTDOWN_SECONDS: Final = 2.0
"""How long answers that have begun may take when the service ends."""

_peers_log = logging.getLogger(OF_PEERS)


class AddressUnavailable(Exception):  # noqa: N818 - a fact about the machine; the message says what to do
    """The service cannot listen where it was told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen (port 0: any free one), and what sets it: `host_by`, `port_by`, `hosts_by`, for messages.

    `hosts`: names under which the service is reached, besides its address.
    """

    host: str
    port: int
    hosts: tuple[str, ...] = ()
    host_by: str
    port_by: str
    hosts_by: str


@asynccontextmanager
async def serving(
    application: web.Application,
    address: Address,
    *,
    limits: Limits | None = None,
    protection: Protection | None = None,
    logged: Logged = "nothing",
) -> AsyncIterator[str]:
    """Serve the application within the context; gives its URL. Raises AddressUnavailable, with what to do.

    The application's middlewares must not be frozen yet. Without `protection` everybody who connects is let in. TLS
    is spoken where the door has it at the start; what it is of may change. Raises ScopeMissing for a route without.
    """
    bounds = (limits or Limits()).within(descriptors())
    crowd: Crowd[Guest] = Crowd(places=bounds.connections, per_peer=bounds.per_peer)
    door = protection.door if protection else Door
    guard = Guard(protection) if protection else None
    outermost = [_asked, _ours(Hosts(address.hosts, bound=address.host), address.hosts_by)]
    if logged != "nothing":
        outermost.insert(0, access_log(addresses=logged == "requests_and_addresses"))
    if protection and guard:
        require_scopes(application, protection.scopes)
        outermost.append(guard.middleware())
    application.middlewares[:0] = outermost
    application.on_response_prepare.append(_secure(door))
    runner = web.AppRunner(application, shutdown_timeout=SHUTDOWN_SECONDS)

    def connected() -> asyncio.Protocol:
        connection = Connection(cast("web.Server", runner.server), crowd, bounds)
        return Handshake(connection, crowd, lambda: _tls(door), bounds) if encrypted else connection

    encrypted = door().tls is not None
    with seldom(OF_PEERS, "monitor.http.connection", "monitor.http.renewed", "asyncio"):
        await runner.setup()
        try:
            server = await _listen(connected, address)
            try:
                yield _url("https" if encrypted else "http", address.host, server.sockets[0].getsockname()[1])
            finally:
                await _close(server, crowd)
        finally:
            await runner.cleanup()
            if guard:
                guard.close()


def _tls(door: Callable[[], Door]) -> Tls:
    tls = door().tls
    if tls is None:
        raise AssertionError("a port that speaks TLS does so until it is closed")
    return tls


@web.middleware
async def _asked(request: web.Request, handler: Handler) -> web.StreamResponse:
    if isinstance(request.protocol, Connection):
        request.protocol.asked()
    return await handler(request)


def _ours(hosts: Hosts, hosts_by: str) -> Middleware:
    detail = f"This service is not known under that name: add it to {hosts_by}, or ask by address."

    @web.middleware
    async def refuse_foreign_names(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hosts.allow(request.headers.get("Host")):
            _peers_log.warning("a request for a host of another name was refused: %s lists ours", hosts_by)
            return problem(HTTPStatus.MISDIRECTED_REQUEST, detail)
        return await handler(request)

    return refuse_foreign_names


def _secure(door: Callable[[], Door]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def headed(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in door().headers.items():
            response.headers.setdefault(name, value)
        secure(response)

    return headed


async def _listen(factory: Callable[[], asyncio.Protocol], address: Address) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(factory, address.host, address.port, backlog=BACKLOG)
    except OSError as fault:
        raise AddressUnavailable(_advice(fault, address)) from fault


async def _close(server: asyncio.Server, crowd: Crowd[Guest]) -> None:
    """Let nobody in any more, and let go of who is just coming in.

    A connection that was accepted, and has no transport yet when asyncio's server closes, would belong to nobody: in
    Python 3.11 an assertion fails unseen, and the peer waits until the garbage is collected.
    """
    loop = asyncio.get_running_loop()
    crowd.closed = True
    try:
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)  # whoever was accepted by now gets a transport, and is sent away
    finally:
        server.close()


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def _advice(fault: OSError, address: Address) -> str:
    where = f"cannot listen on {address.host} port {address.port}: "
    if isinstance(fault, socket.gaierror):
        return where + f"the name of the host is unknown; give an address of this machine with {address.host_by}"
    if fault.errno == errno.EADDRINUSE:
        return where + (
            f"another program uses it; stop that one, or choose another port with {address.port_by} (0: any free one)"
        )
    if fault.errno == errno.EADDRNOTAVAIL:
        return where + f"this machine has no such address; give one that it has with {address.host_by}"
    if fault.errno == errno.EACCES:
        return where + f"not permitted; ports below 1024 need privileges, choose a higher one with {address.port_by}"
    return where + (fault.strerror or str(fault))
