"""When so much of what comes in is invalid that going on would only move the topic into the dead letters.

One bad record is the source's fault, most of them being bad is a bad deploy: of the source, or of this program's
configuration. Decides only; the keeper stops.
"""

from collections import deque

from monitor.core.mission import Reason
from monitor.core.partition import Effects

JUDGED_BY_LEDGER = frozenset({Reason.LATE, Reason.CONFLICT, Reason.LEDGER_FULL})
"""Valid events that came at the wrong time: no sign that events cannot be read."""


class TooManyInvalid(Exception):  # noqa: N818 - a fact about the feed, for the operator to resolve
    """Most of the newest records are invalid; the message says what to do."""


class InvalidShare:
    """The share of invalid records among at least the `window` newest ones."""

    def __init__(self, *, most: float, window: int) -> None:
        """`most`: the largest share (0 to 1) that is borne; 1 bears everything."""
        self._most = most
        self._window = window
        self._batches: deque[tuple[int, int]] = deque()
        self._records = 0
        self._invalid = 0

    def note(self, effects: Effects) -> None:
        """Take a batch into account. Raises TooManyInvalid."""
        invalid = sum(letter.reason not in JUDGED_BY_LEDGER for letter in effects.dead_letters)
        self._batches.append((effects.applied, invalid))
        self._records += effects.applied
        self._invalid += invalid
        while self._records - self._batches[0][0] >= self._window:
            records, invalid = self._batches.popleft()
            self._records -= records
            self._invalid -= invalid
        if self._records >= self._window and self._invalid > self._most * self._records:
            raise TooManyInvalid(
                f"{self._invalid} of the newest {self._records} records are invalid, more than "
                f"worker.max_invalid_ratio ({self._most:g}) bears; the last of them is {_example(effects)}. Correct "
                "the source or [events] in the configuration and start again; to let all of them go to the dead "
                "letters, set worker.max_invalid_ratio = 1, and bring them back later: `monitor dead-letters requeue`"
            )


def _example(effects: Effects) -> str:
    letters = [letter for letter in effects.dead_letters if letter.reason not in JUDGED_BY_LEDGER]
    return f"{letters[-1].reason} at offset {letters[-1].record.offset}: {letters[-1].detail}" if letters else "older"
