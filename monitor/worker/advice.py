"""What the log says of refused records: how many, why, and what to do, once a minute at most and never a mission.

Decides which refusals somebody must look at as soon as they happen: a mission that there is no room for, and a batch
that may hold any number of missions. These are errors, told of each partition and reason. All others are told
together as a warning; they are alerted where they are many.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from monitor.core.batch import DeadLetter
from monitor.core.mission import Reason
from monitor.worker.pace import Pace

log = logging.getLogger(__name__)

ADVICE: Final[dict[str, str]] = {
    Reason.LEDGER_FULL: "find out who invents missions, or raise ledger.capacity; then "
    "`monitor dead-letters requeue --reason ledger_full`",
    Reason.BATCH_TOO_LARGE: "it lies in the topic still: find out who sent it, or raise kafka.max_batch_bytes and "
    "send its records again (docs/operations.md)",
    Reason.BATCH_UNREADABLE: "it lies in the topic still: find out which producer or broker wrote it",
}


_LATE: Final = (
    ". Late: of missions that were sealed before this was told of them. Where several files or topics tell one "
    "history, let `monitor convert` read the files together, or raise ledger.horizon_days as far as it reaches back"
)


class Advice:
    """Says so. `monotonic` in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._pace = Pace(monotonic)
        self._since: dict[tuple[int, str], int] = {}
        self._others: Counter[str] = Counter()
        """Not told yet."""
        self._examples: dict[str, tuple[int, DeadLetter]] = {}
        """Of each of them the last, and its partition."""

    def give(self, partition: int, letters: Iterable[DeadLetter]) -> None:
        """Take refused records into account, and say what is due."""
        last: dict[str, DeadLetter] = {}
        for letter in letters:
            if letter.reason in ADVICE:
                place = partition, letter.reason
                self._since[place] = self._since.get(place, 0) + 1
                last[letter.reason] = letter
            else:
                self._others[letter.reason] += 1
                self._examples[letter.reason] = partition, letter
        for reason, letter in last.items():
            place = partition, reason
            if self._pace.due(place):
                log.error(
                    "partition %d: %d refused as %s since this was said last, the last at offset %d (%s): %s",
                    partition, self._since.pop(place), reason, letter.record.offset, letter.detail, ADVICE[reason],
                )  # fmt: skip
        self.say_due()

    def say_due(self) -> None:
        """Say how many others were refused since that was said last, where it is time."""
        if not self._others or not self._pace.due():
            return
        told = [
            f"{times} {reason} (the last: partition {partition}, offset {letter.record.offset}: {letter.detail})"
            for reason, times in self._others.most_common()
            for partition, letter in (self._examples[reason],)
        ]
        log.warning(
            "%d records refused since this was said last: %s. They are kept: `monitor dead-letters list` shows them,"
            " `monitor dead-letters requeue` sends them back once the cause is mended%s",
            self._others.total(), "; ".join(told), _LATE if Reason.LATE in self._others else "",
        )  # fmt: skip
        self._others.clear()
        self._examples.clear()
