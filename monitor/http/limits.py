"""What peers may take: numbers, and the reason for each.

They are no settings: whoever is served by a reasonable client never meets one of them, and whoever operates the
monitor has nothing to decide.
"""

import resource
from dataclasses import dataclass, replace
from typing import Self

BACKLOG = 64
"""Connections that may wait to be accepted; asyncio accepts so many at once before anybody can count them."""
RESERVE = 128
"""Descriptors kept for everything else: the store, files, libraries, what is being closed."""
LEAST_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Counts of connections, durations in seconds, sizes in bytes.

    `connections`, `per_peer`: held at a time, by all and by one address (a /64 network of IPv6). A proxy is one peer.
    `ask_seconds`: from the connection, or the end of an answer, to the end of the next request's header. No scrape
    interval that anybody uses, so that the end of an idle connection does not meet the next scrape.
    `take_seconds`: from an answer's first byte to the moment when the peer has taken its last.
    `linger_seconds`: how long a request's body, which nobody reads, is still received after the answer.
    `headers`, `header_bytes`: header fields of a request, and the length of each.
    `buffer_bytes`: what is held for a peer that reads slowly.
    """

    connections: int = 256
    per_peer: int = 64
    ask_seconds: float = 12.0
    take_seconds: float = 15.0
    linger_seconds: float = 2.0
    headers: int = 64
    header_bytes: int = 8_190
    buffer_bytes: int = 65_536

    def within(self, descriptors: int) -> Self:
        """The same, with no more connections than so many descriptors leave room for."""
        room = max(LEAST_CONNECTIONS, descriptors - RESERVE - BACKLOG)
        return replace(self, connections=min(self.connections, room))


def descriptors() -> int:
    """How many this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**20
