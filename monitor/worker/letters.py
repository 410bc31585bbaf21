"""Dead letters on their way to their topic: what is kept of each, and how much room all of them take.

Decides what goes without its value: a batch that was never unpacked, and a value or key larger than any event may be.
It still lies in the source topic. So a flood of a few kilobytes does not become one of hundreds of megabytes, neither
in this process nor in the topic. Refuses to know how they are sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from monitor.core.batch import DeadLetter, RefusedBatch

KEY_BYTES: Final = 1024
"""What is left of the key of a letter that goes without its value."""
WEIGHT_BYTES: Final = 1024
"""So much of a letter weighs as much as a mission that has changed."""


@dataclass(frozen=True, slots=True)
class WithoutValue:
    """What is left of a record, or of a whole batch from `first_offset` on, whose value stays where it was."""

    offset: int
    timestamp: int | None
    key: bytes | None
    first_offset: int | None = None

    @property
    def value(self) -> bytes | None:
        """It was left out."""
        return None


def bounded(letter: DeadLetter, largest_bytes: int) -> DeadLetter:
    """The letter itself, or one without its value where that, or its key, is larger than `largest_bytes`."""
    record = letter.record
    if isinstance(record, RefusedBatch):
        told = f"offsets {record.first_offset} to {record.offset}: {letter.detail}"
        left = WithoutValue(record.offset, record.timestamp, None, record.first_offset)
        return DeadLetter(left, letter.reason, told)
    if max(len(record.value or b""), len(record.key or b"")) <= largest_bytes:
        return letter
    return DeadLetter(without_value(letter), letter.reason, letter.detail)


def without_value(letter: DeadLetter) -> WithoutValue:
    """What is left of its record."""
    record = letter.record
    if isinstance(record, WithoutValue):
        return record
    return WithoutValue(record.offset, record.timestamp, (record.key or b"")[:KEY_BYTES])


class Letters:
    """Those of one partition that are not stored yet."""

    __slots__ = ("_held", "weight")

    def __init__(self) -> None:
        self._held: list[DeadLetter] = []
        self.weight = 0
        """How much there is to store, in missions: one for each, and more for its bytes."""

    def add(self, letters: Iterable[DeadLetter], *, largest_bytes: int) -> None:
        """Keep these, without values that are larger than `largest_bytes`."""
        for letter in letters:
            kept = bounded(letter, largest_bytes)
            self._held.append(kept)
            size = len(kept.record.value or b"") + len(kept.record.key or b"")
            self.weight += 1 + size // WEIGHT_BYTES

    def take(self) -> list[DeadLetter]:
        """All of them, in their order; none are left."""
        held, self._held, self.weight = self._held, [], 0
        return held
