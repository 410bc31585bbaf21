"""Which missions were sealed: eight bytes of each, asked about whoever comes from behind the seal line.

A hash and not the identity: what is sealed is kept for good, and a mission costs eight bytes then, and at most as
many bits. Two of a hundred million share one with a chance of 1 in 3,700; the second is then refused, and nothing is
counted twice. Refuses to know when something is sealed (`core.partition`) and where it lies (`core.ledger`).
"""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.stored import ID_BYTES

_FEW: Final = 4096
"""Sealed last, sorted by themselves: taking a million in anew for each of them would cost more than it saves."""
_SHARE: Final = 16
_WAITING: Final = 1024
_NUMBER: Final = np.dtype("<u8")
Numbers = NDArray[np.uint64]
_EMPTY: Final = blake2b(digest_size=ID_BYTES)


def hashed(mission_ids: Iterable[str]) -> bytes:
    """Of each its `ID_BYTES`, one after the other, as they are stored."""
    found = []
    for mission_id in mission_ids:
        # A copy is made in two thirds of the time that a new one takes: there are no arguments to look at.
        one = _EMPTY.copy()
        one.update(mission_id.encode())
        found.append(one.digest())
    return b"".join(found)


class SealedIds:
    """Those of one partition. Whoever tells no begin is asked for: where nobody was sealed, that costs nothing."""

    __slots__ = ("_recent", "_sorted", "_unsorted", "_waiting")

    def __init__(self) -> None:
        self._sorted = self._recent = _Ascending(np.empty(0, np.uint64))
        self._waiting: set[int] = set()
        """Noted last, and few: to put each in its place would cost more than to hold them as they are."""
        self._unsorted = bytearray()
        """The same, as they came."""

    def add(self, ids: bytes) -> None:
        """Take note of what `hashed` made."""
        self._unsorted += ids
        self._waiting.update(np.frombuffer(ids, _NUMBER).tolist())
        if len(self._waiting) > _WAITING:
            self._sort()

    def __contains__(self, mission_id: str) -> bool:
        if not (self._waiting or self._recent.numbers or self._sorted.numbers):
            return False
        one = _EMPTY.copy()
        one.update(mission_id.encode())
        number = int.from_bytes(one.digest(), "little")
        return number in self._waiting or self._recent.hold(number) or self._sorted.hold(number)

    def _sort(self) -> None:
        recent = _merged(self._recent.numbers, np.sort(np.frombuffer(self._unsorted, _NUMBER).astype(np.uint64)))
        self._waiting.clear()
        self._unsorted = bytearray()
        if len(recent) > _FEW + len(self._sorted.numbers) // _SHARE:
            self._sorted, recent = _Ascending(_merged(self._sorted.numbers, recent)), recent[:0].copy()
        self._recent = _Ascending(recent)


class _Ascending:
    """Numbers in order. Most who are asked for are none of them, and a bit says so: of the four to eight stretches
    that there are for each number, evenly spread as hashes are, most hold none.
    """  # noqa: D205 - one sentence

    __slots__ = ("_held", "_shift", "numbers")

    def __init__(self, ascending: Numbers) -> None:
        bits = len(ascending).bit_length() + 2
        self._shift = 8 * ID_BYTES - bits
        held = np.zeros(1 << bits, np.bool_)
        held[(ascending >> np.uint64(self._shift)).astype(np.intp)] = True
        self._held = np.packbits(held, bitorder="little").data
        self.numbers = ascending.data

    def hold(self, number: int) -> bool:
        stretch = number >> self._shift
        if not self._held[stretch >> 3] >> (stretch & 7) & 1:
            return False
        # Found in Python: numpy takes longer to begin than this to end.
        at = bisect_left(self.numbers, number)
        return at < len(self.numbers) and self.numbers[at] == number


def _merged(ascending: memoryview, more: Numbers) -> Numbers:
    """All of both, in order; the stable sort finds that each is, and takes an eighth of the time of another."""
    return np.sort(np.concatenate([np.asarray(ascending, np.uint64), more]), kind="stable")
