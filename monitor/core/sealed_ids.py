"""Which missions were sealed: eight bytes of each, asked about whoever comes from behind the seal line.

A hash and not the identity: what is sealed is kept for good, and a mission costs eight bytes then. Two of a hundred
million share one with a chance of 1 in 3,700; the second is then refused, and nothing is counted twice. Refuses to
know when something is sealed (`core.partition`) and where it lies (`core.ledger`).
"""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import numpy as np

from monitor.core.stored import ID_BYTES

_FEW: Final = 4096
"""Sealed last, sorted by themselves: taking a million in anew for each of them would cost more than it saves."""
_SHARE: Final = 16
_WAITING: Final = 1024
_NUMBER: Final = np.dtype("<u8")


def hashed(mission_ids: Iterable[str]) -> bytes:
    """Of each its `ID_BYTES`, one after the other, as they are stored."""
    return b"".join([blake2b(mission_id.encode(), digest_size=ID_BYTES).digest() for mission_id in mission_ids])


class SealedIds:
    """Those of one partition. Whoever tells no begin is asked for: where nobody was sealed, that costs nothing."""

    __slots__ = ("_recent", "_sorted", "_waiting")

    def __init__(self) -> None:
        self._sorted = self._recent = np.empty(0, np.uint64).data
        self._waiting: set[int] = set()
        """Noted last, and few: to put each in its place would cost more than to hold them as they are."""

    def add(self, ids: bytes) -> None:
        """Take note of what `hashed` made."""
        self._waiting.update(np.frombuffer(ids, _NUMBER).tolist())
        if len(self._waiting) > _WAITING:
            self._sort()

    def __contains__(self, mission_id: str) -> bool:
        if not (self._waiting or self._recent or self._sorted):
            return False
        number = int.from_bytes(blake2b(mission_id.encode(), digest_size=ID_BYTES).digest(), "little")
        return number in self._waiting or _holds(self._recent, number) or _holds(self._sorted, number)

    def _sort(self) -> None:
        recent = np.sort(np.concatenate([self._recent, np.array([*self._waiting], np.uint64)]))
        self._waiting.clear()
        if len(recent) > _FEW + len(self._sorted) // _SHARE:
            self._sorted, recent = np.sort(np.concatenate([self._sorted, recent])).data, recent[:0]
        self._recent = recent.copy().data


def _holds(ids: memoryview, number: int) -> bool:
    """Of ascending numbers. Found in Python: numpy takes longer to begin than this to end."""
    at = bisect_left(ids, number)
    return at < len(ids) and ids[at] == number
