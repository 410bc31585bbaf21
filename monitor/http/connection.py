"""One connection: aiohttp's, let in by the crowd, and ended where its peer takes nothing.

aiohttp itself bounds how long it waits for a request (`keepalive_timeout`, also from the connection on, so a header
sent drop by drop is ended, too), its header and its body. It knows no limit of connections and no end of an answer
that nobody takes; it logs a traceback for every malformed request, and answers it with its version.
"""

import asyncio
import ipaddress
import logging
import sys
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from aiohttp.http_exceptions import LineTooLong

from monitor.http.crowd import Crowd
from monitor.http.limits import Limits
from monitor.http.problem import problem

SERVER: Final = "response-time-monitor"
"""Told instead of the library's name and version."""
SECURE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""On every answer that says nothing else."""
IPV6_NETWORK_BITS: Final = 64
"""What one subscriber of IPv6 is given at least."""
OF_PEERS: Final = "monitor.http.peers"

_log = logging.getLogger(__name__)
_peers_log = logging.getLogger(OF_PEERS)
"""What peers can cause as often as they like; limited in rate by `serving`. No address: it may be a person's."""


class Guest(Protocol):
    """Who holds a place among the connections."""

    def __hash__(self) -> int: ...

    def drop(self) -> None:
        """Leave at once."""


def let_in(guest: Guest, crowd: Crowd[Guest], transport: asyncio.BaseTransport) -> bool:
    """Whether there is a place for a guest; whoever has to leave for it is sent away, and that may be the guest.

    One who was accepted while the server closed finds nobody: goodbye was said to all that were known.
    """
    if crowd.closed:
        guest.drop()
        return False
    leaving = crowd.enter(guest, peer_of(transport.get_extra_info("peername")))
    if leaving is not None:
        _peers_log.warning("no place for another connection: %s", "refused" if leaving is guest else "one closed")
        leaving.drop()
    return leaving is not guest


class Connection(web.RequestHandler):
    """Made for every connection that was accepted, also for those that are closed at once."""

    def __init__(self, server: web.Server, crowd: Crowd[Guest], limits: Limits) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=cast("Any", None),
            keepalive_timeout=limits.ask_seconds,
            lingering_time=limits.linger_seconds,
            max_headers=limits.headers,
            max_field_size=limits.header_bytes,
            max_line_size=limits.header_bytes,
            auto_decompress=False,
        )
        self._crowd = crowd
        self._limits = limits
        self._wire: asyncio.Transport | None = None
        """As long as it lasts; aiohttp lets go of it as soon as it wants no more."""
        self._beneath: asyncio.Transport | None = None
        """What carries TLS, where there is any."""
        self._deadline: asyncio.TimerHandle | None = None
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in, or be closed; or have another closed who keeps the place for nothing."""
        self._wire = cast("asyncio.Transport", transport)
        if let_in(self, self._crowd, transport):
            for wire in filter(None, (self._wire, self._beneath)):
                wire.set_write_buffer_limits(high=self._limits.buffer_bytes)
            super().connection_made(transport)

    def secured(self, beneath: asyncio.Transport) -> None:
        """The connection that comes speaks TLS, over another."""
        self._beneath = beneath

    def connection_lost(self, exc: BaseException | None) -> None:
        """The place is free."""
        self._crowd.leave(self)
        self._forget_deadline()
        self._wire = self._beneath = None
        super().connection_lost(exc)

    def drop(self) -> None:
        """End it at once, whatever was not sent yet."""
        if self._wire is not None:
            (self._beneath or self._wire).abort()

    def resume_writing(self) -> None:
        """The peer has taken something."""
        self._crowd.heard(self)
        super().resume_writing()

    def asked(self) -> None:
        """A request is being answered: the connection may stay until it is."""
        self._crowd.serve(self)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer. What is not taken in time ends the connection, also long after this has returned."""
        self._crowd.served(self)
        self._forget_deadline()
        self._deadline = asyncio.get_running_loop().call_later(self._limits.take_seconds, self._give_up)
        self._answering = True
        try:
            sent = await super().finish_response(request, resp, start_time)
        finally:
            self._answering = False
        if self._wire is None or not self._untaken():
            self._forget_deadline()
        return sent

    def _untaken(self) -> int:
        return sum(wire.get_write_buffer_size() for wire in (self._wire, self._beneath) if wire is not None)

    def _give_up(self) -> None:
        if self._wire is not None and (self._answering or self._untaken()):
            _peers_log.warning("an answer was not taken within %g s: connection closed", self._limits.take_seconds)
            self.drop()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Tell a malformed request, or a fault of ours, as problem details. Ends the connection."""
        del message  # repeats the request
        self.log_exception("a request could not be answered", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun")
        if isinstance(exc, LineTooLong):
            status, detail = 431, "A line of the request is too long."
        elif status == HTTPStatus.BAD_REQUEST:
            detail = "That is no HTTP request."
        else:
            detail = "The service could not answer; its log says why."
        answer = problem(HTTPStatus(status), detail)
        secure(answer)
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """A fault of ours with its traceback; one of the peer in a word, and without what it sent."""
        fault = kw.get("exc_info")
        if not isinstance(fault, BaseException):
            fault = sys.exc_info()[1]
        if isinstance(fault, HttpProcessingError | web.RequestPayloadError | ConnectionError):
            _peers_log.warning("a malformed request was refused: %s", type(fault).__name__)
        else:
            _log.error(*args, exc_info=fault or True)


def secure(response: web.StreamResponse) -> None:
    """The headers of every answer, where it has none of its own."""
    for name, value in SECURE.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = SERVER


def peer_of(peername: object) -> str:
    """Whom an address belongs to: itself, or its network where one peer has a whole one."""
    host = peername[0] if isinstance(peername, tuple) and peername else ""
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)
