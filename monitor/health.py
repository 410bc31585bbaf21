"""The image's own health check: whether the part that runs in this container answers `/healthz`.

    python -m monitor.health

Decides where to ask: at the ports that exporter, worker and feed are configured to have here, of which a container
runs one. Reads the environment alone, so that it costs nothing; who sets a port in a file has it asked by address.
Behind TLS it asks anew without looking at the certificate: nobody else listens on this container's loopback. A part
that turns it away for want of a client's certificate is alive: its event loop has taken up TLS with it, and that it
answers at all is what `/healthz` says.
"""

import os
import socket
import ssl
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit

PORTS: Final = {
    "MONITOR_EXPORTER__PORT": 8080,
    "MONITOR_WORKER__METRICS_PORT": 8001,
    "MONITOR_FEED__METRICS_PORT": 8002,
}
"""The image's ports, where nothing else is said: the Dockerfile sets those that would be closed otherwise."""
PATIENCE_SECONDS: Final = 4.0


def addresses(environment: Mapping[str, str]) -> list[str]:
    """Where this container's part may answer."""
    ports = (environment.get(name) or str(port) for name, port in PORTS.items())
    return [f"{scheme}://127.0.0.1:{port}/healthz" for port in ports if port != "0" for scheme in ("http", "https")]


def answers(listed: Iterable[str], *, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether one of them says that it is alive."""
    unseen = ssl.create_default_context()
    unseen.check_hostname, unseen.verify_mode = False, ssl.CERT_NONE
    # By no proxy, whatever the environment says: it would ask its own loopback.
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unseen))
    for address in listed:
        try:
            with ask.open(address, timeout=patience_seconds) as answer:
                if answer.status == 200:
                    return True
        except (OSError, HTTPException):
            if address.startswith("https:") and _turned_away(address, unseen, patience_seconds):
                return True
    return False


def _turned_away(address: str, context: ssl.SSLContext, patience_seconds: float) -> bool:
    """Whether it takes up TLS and hangs up before anything was asked of it, as who misses a certificate does.

    By TLS 1.3 the client is done before the server has looked at what it shows, by 1.2 the handshake itself ends so.
    """
    place = urlsplit(address)
    try:
        wire = socket.create_connection((place.hostname or "", place.port or 443), patience_seconds)
    except OSError:
        return False
    with wire:
        try:
            secured = context.wrap_socket(wire, do_handshake_on_connect=False)
        except OSError:  # it hung up at once
            return False
    with secured:
        try:
            secured.do_handshake()
            return secured.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return secured.cipher() is not None  # agreed on: it has answered our hello


if __name__ == "__main__":
    sys.exit(0 if answers(addresses(os.environ)) else 1)
