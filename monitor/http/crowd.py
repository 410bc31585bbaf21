"""Who is connected, and who has to leave when there is no place.

Pure bookkeeping: no socket, no clock. A guest who is being served is never sent away; among the others, the one whom
nothing has been heard of for longest makes room, and a peer's own guests before those of others. So connections that
ask for nothing, or take nothing, cost their place as soon as somebody needs it.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Guest = TypeVar("Guest", bound=Hashable)


class Crowd(Generic[Guest]):
    """At most `places` guests, and at most `per_peer` of one peer."""

    def __init__(self, *, places: int, per_peer: int) -> None:
        self._places = places
        self._per_peer = per_peer
        self._peers: dict[str, dict[Guest, None]] = {}
        """By peer; of each, the one whom nothing has been heard of for longest comes first."""
        self._peer_of: dict[Guest, str] = {}
        self._served: set[Guest] = set()
        self.closed = False
        """Nobody comes in any more: whoever still knocks has to be sent away by whoever hears it."""

    def __len__(self) -> int:
        return len(self._peer_of)

    def enter(self, guest: Guest, peer: str) -> Guest | None:
        """Who has to leave for `guest` to come in; that may be itself. None: there is a place."""
        theirs = self._peers.get(peer, {})
        leaving = None
        if len(theirs) >= self._per_peer:
            leaving = self._longest_silent(theirs)
        elif len(self) >= self._places:
            fullest_first = sorted(self._peers.values(), key=len, reverse=True)
            leaving = next(filter(None, map(self._longest_silent, fullest_first)), None)
        else:
            self._put(guest, peer)
            return None
        if leaving is None:
            return guest
        self.leave(leaving)
        self._put(guest, peer)
        return leaving

    def leave(self, guest: Guest) -> None:
        """The guest has gone; one who was never in has not."""
        peer = self._peer_of.pop(guest, None)
        if peer is None:
            return
        self._served.discard(guest)
        del self._peers[peer][guest]
        if not self._peers[peer]:
            del self._peers[peer]

    def serve(self, guest: Guest) -> None:
        """The guest has asked for something and is being served: it may stay."""
        if guest in self._peer_of:
            self._served.add(guest)

    def served(self, guest: Guest) -> None:
        """The answer is made: from here on it is the guest who keeps us waiting."""
        self._served.discard(guest)
        self.heard(guest)

    def heard(self, guest: Guest) -> None:
        """The guest does something."""
        peer = self._peer_of.get(guest)
        if peer is not None:
            self._peers[peer][guest] = self._peers[peer].pop(guest)

    def _put(self, guest: Guest, peer: str) -> None:
        self._peers.setdefault(peer, {})[guest] = None
        self._peer_of[guest] = peer

    def _longest_silent(self, some: dict[Guest, None]) -> Guest | None:
        return next((guest for guest in some if guest not in self._served), None)
