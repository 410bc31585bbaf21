"""The image's own health check: whether the part that runs in this container answers `/healthz`.

    python -m monitor.health

Decides where to ask: at the ports that exporter, worker and feed are configured to have here, of which a container
runs one. Reads the environment alone, so that it costs nothing; who sets a port in a file has it asked by address.
Behind TLS it asks anew without looking at the certificate: nobody else listens on this container's loopback.
"""

import os
import ssl
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Final

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
            continue
    return False


if __name__ == "__main__":
    sys.exit(0 if answers(addresses(os.environ)) else 1)
