"""TLS before HTTP: a connection that has not shown yet that it speaks TLS, and holds a place while it does.

asyncio's own server shakes hands before anybody is told of the connection, so nobody could count those that never do.
Here a peer is counted from the moment it is accepted. The context is asked for anew for each of them, so a renewed
certificate is shown without a restart.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, cast

from monitor.http.connection import OF_PEERS, Connection, Guest, let_in
from monitor.http.crowd import Crowd
from monitor.http.limits import Limits

SHUTDOWN_SECONDS: Final = 2.0
"""How long a peer may take to confirm the end of TLS."""
_peers_log = logging.getLogger(OF_PEERS)


class Tls(NamedTuple):
    """What a connection is secured with; of `sans` a certificate that is shown must hold one, if there are any."""

    context: ssl.SSLContext
    sans: frozenset[str] = frozenset()


class Handshake(asyncio.Protocol):
    """From the accept to the end of the handshake; then the connection takes over, with what came meanwhile."""

    def __init__(self, connection: Connection, crowd: Crowd[Guest], tls: Callable[[], Tls], limits: Limits) -> None:
        self._connection = connection
        self._crowd = crowd
        self._tls = tls
        self._limits = limits
        self._wire: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._early = b""
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in, or be closed, as a connection without TLS."""
        self._wire = cast("asyncio.Transport", transport)
        self._wire.pause_reading()
        if let_in(self, self._crowd, transport):
            self._task = asyncio.get_running_loop().create_task(self._shake(self._wire))

    def data_received(self, data: bytes) -> None:
        """What the peer said in one breath with the end of its handshake."""
        self._early += data

    def eof_received(self) -> None:
        """It will say no more."""
        self._ended = True

    def drop(self) -> None:
        """End it at once."""
        if self._wire is not None:
            self._wire.abort()

    async def _shake(self, wire: asyncio.Transport) -> None:
        secured, tls = None, None
        try:
            tls = self._tls()
            secured = await asyncio.get_running_loop().start_tls(
                wire, self, tls.context, server_side=True,
                ssl_handshake_timeout=self._limits.ask_seconds, ssl_shutdown_timeout=SHUTDOWN_SECONDS,
            )  # fmt: skip
        except OSError as fault:  # ssl.SSLError, TimeoutError and a peer that left are some
            _peers_log.warning("a TLS handshake failed: %s", _in_words(fault))
        finally:
            self._crowd.leave(self)
            if secured is None:
                wire.abort()
        if secured is None or tls is None or wire.is_closing():
            return
        certificate = secured.get_extra_info("peercert")
        if tls.sans and certificate and not tls.sans & names_of(certificate):
            _peers_log.warning("a client's certificate names nobody of client_allowed_sans: refused")
            wire.abort()
        else:
            secured.set_protocol(self._connection)
            self._connection.secured(wire)
            self._connection.connection_made(secured)
            if self._early:
                self._connection.data_received(self._early)
            if self._ended:
                secured.close()


def names_of(certificate: Mapping[str, object]) -> frozenset[str]:
    """The subject alternative names of a certificate that was verified: of DNS, mail, address or URI."""
    told = cast("Sequence[tuple[str, str]]", certificate.get("subjectAltName", ()))
    return frozenset(value for kind, value in told if kind in {"DNS", "email", "IP Address", "URI"})


def _in_words(fault: OSError) -> str:
    """Without what the peer sent."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"the client's certificate is not accepted ({fault.verify_message})"
    if isinstance(fault, ssl.SSLError):
        return (fault.reason or type(fault).__name__).replace("_", " ").lower()
    return "it took too long" if isinstance(fault, TimeoutError) else "the peer left"
