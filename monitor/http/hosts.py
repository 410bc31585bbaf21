"""Which names a service answers to.

A page of somebody else can have its own name resolved to our address (DNS rebinding): its visitor's browser then asks
us, and the page reads the answer as if it were its own. Such a request carries that foreign name in `Host`, so names
that are not ours are refused. An address is no name: nobody can have it resolved to another.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

ANY: Final = "*"
"""Configured instead of names: whoever stands in front has checked."""


class Hosts:
    """The names of a service that listens at `bound`, and those configured.

    Bound to one address, it answers to that one and to this machine's own (localhost); bound to all of them, to any
    address. A request without a name comes from no browser.
    """

    def __init__(self, names: Iterable[str] = (), *, bound: str) -> None:
        self._names = {"localhost", *(name.lower().rstrip(".") for name in names)}
        self._bound = _address(bound)
        if self._bound is None:
            self._names.add(bound.lower().rstrip("."))
        self._names.discard("")  # what a header without a name is read as
        self._everywhere = not bound or (self._bound is not None and self._bound.is_unspecified)

    def allow(self, header: str | None) -> bool:
        """Whether a request with this `Host` is meant for us."""
        if header is None or ANY in self._names:
            return True
        name = _name(header)
        address = _address(name)
        if address is None:
            return name in self._names
        return self._everywhere or address.is_loopback or address == self._bound or name in self._names


def _name(header: str) -> str:
    """The name without its port; empty where the header holds anything else."""
    try:
        parts = urlsplit(f"//{header}")
        port_is_one = parts.port is None or parts.port >= 0
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".") if port_is_one and parts.netloc == header and "@" not in header else ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
