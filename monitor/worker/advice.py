"""What somebody must look at as soon as it happens, and what to do about it: said in the log, once a minute at most.

Decides which refusals are of that kind: a mission that there is no room for, and a batch that may hold any number of
missions. All others are counted, and alerted where they are many.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from monitor.core.mission import Reason
from monitor.core.partition import DeadLetter

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 60.0
ADVICE: Final[dict[str, str]] = {
    Reason.LEDGER_FULL: "find out who invents missions, or raise ledger.capacity; then "
    "`monitor dead-letters requeue --reason ledger_full`",
    Reason.BATCH_TOO_LARGE: "it lies in the topic still: find out who sent it, or raise kafka.max_batch_bytes and "
    "send its records again (docs/operations.md)",
    Reason.BATCH_UNREADABLE: "it lies in the topic still: find out which producer or broker wrote it",
}


class Advice:
    """Says so, of each partition and reason on its own. `monotonic` in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told: dict[tuple[int, str], float] = {}
        self._since: dict[tuple[int, str], int] = {}

    def give(self, partition: int, letters: Iterable[DeadLetter]) -> None:
        """Take refused records into account, and say what is due."""
        last: dict[str, DeadLetter] = {}
        for letter in letters:
            if letter.reason in ADVICE:
                place = partition, letter.reason
                self._since[place] = self._since.get(place, 0) + 1
                last[letter.reason] = letter
        now = self._monotonic()
        for reason, letter in last.items():
            place = partition, reason
            if now - self._told.get(place, -PAUSE_SECONDS) >= PAUSE_SECONDS:
                self._told[place] = now
                log.error(
                    "partition %d: %d refused as %s since this was said last, the last at offset %d (%s): %s",
                    partition, self._since.pop(place), reason, letter.record.offset, letter.detail, ADVICE[reason],
                )  # fmt: skip
