"""Which missions were sealed: eight bytes of each, asked about whoever comes from behind the seal line.

A hash and not the identity: what is sealed is kept for good, and a mission costs eight bytes then. Two of a hundred
million share one with a chance of 1 in 3,700; the second is then refused, and nothing is counted twice. Refuses to
know when something is sealed (`core.partition`) and where it lies (`core.ledger`).
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.stored import ID_BYTES

_FEW: Final = 4096
"""Sealed last, sorted by themselves: taking a million in anew for each of them would cost more than it saves."""
_SHARE: Final = 16
_CHUNKS: Final = 256
_WAITING: Final = 1024
_NONE: Final = np.empty(0, np.uint64)
_NUMBER: Final = np.dtype("<u8")

Ids = NDArray[np.uint64]


def hashed(mission_ids: Iterable[str]) -> bytes:
    """Of each its `ID_BYTES`, one after the other, as they are stored."""
    return b"".join([blake2b(mission_id.encode(), digest_size=ID_BYTES).digest() for mission_id in mission_ids])


class SealedIds:
    """Those of one partition."""

    __slots__ = ("_recent", "_sorted", "_told", "_waiting")

    def __init__(self) -> None:
        self._sorted = _NONE
        self._recent = _NONE
        self._told: list[bytes] = []
        """Not asked about yet, and not many: each has a price of its own."""
        self._waiting = b""
        """Noted last, in no order: to put each in its place would cost more than to look through these few."""

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent) + (len(self._waiting) + sum(map(len, self._told))) // ID_BYTES

    def add(self, ids: bytes) -> None:
        """Take note of what `hashed` made."""
        self._told.append(ids)
        if len(self._told) > _CHUNKS:
            self._gather()

    def __contains__(self, mission_id: str) -> bool:
        if self._told:
            self._gather()
        wanted = hashed((mission_id,))
        at = self._waiting.find(wanted)
        while at % ID_BYTES and at > 0:  # across two of them: none
            at = self._waiting.find(wanted, at + 1)
        if at >= 0:
            return True
        number = np.frombuffer(wanted, _NUMBER)[0]
        return _holds(self._recent, number) or _holds(self._sorted, number)

    def _gather(self) -> None:
        self._waiting += b"".join(self._told)
        self._told.clear()
        if len(self._waiting) > _WAITING * ID_BYTES:
            self._sort()

    def _sort(self) -> None:
        waiting = np.frombuffer(self._waiting, _NUMBER)
        self._waiting = b""
        recent = np.sort(np.concatenate([self._recent, waiting]))
        if len(recent) > _FEW + len(self._sorted) // _SHARE:
            self._sorted, recent = np.sort(np.concatenate([self._sorted, recent])), _NONE
        self._recent = recent


def _holds(ids: Ids, number: np.uint64) -> bool:
    at = int(ids.searchsorted(number))
    return at < len(ids) and bool(ids[at] == number)
