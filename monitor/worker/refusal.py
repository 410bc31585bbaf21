"""When so much of a partition is invalid that going on at full speed would only move it into the dead letters.

One bad record is the source's fault, most of them being bad is a bad deploy (of the source, or of this program's
configuration) or an attack. Decides only, partition by partition: to slow such a partition down, so that a
person has time to act while everything else is counted, or to stop. Time is an argument; the shell waits.
"""

from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from monitor.core.batch import Effects
from monitor.core.mission import Reason
from monitor.settings import WorkerSettings

JUDGED_BY_LEDGER = frozenset({Reason.LATE, Reason.CONFLICT, Reason.LEDGER_FULL})
"""Valid events that came at the wrong time: no sign that events cannot be read."""
K = TypeVar("K")
"""What a partition is called."""
CALM_SECONDS: Final = 60.0
"""A flood is over once it has brought nothing for so long."""


def flood_by(settings: WorkerSettings) -> "InvalidFlood[K]":
    """As the settings say."""
    return InvalidFlood(
        most=settings.max_invalid_ratio,
        window=settings.invalid_window,
        per_second=settings.invalid_per_second,
        stop=settings.on_invalid_flood == "stop",
    )


class TooManyInvalid(Exception):  # noqa: N818 - a fact about the feed, for the operator to resolve
    """Most of the newest records are invalid, and the worker was told to stop then; the message says what to do."""


@dataclass(slots=True)
class _Newest:
    """The newest records of one partition, and what it owes."""

    batches: deque[tuple[int, int]] = field(default_factory=deque)
    """Records and invalid ones of each batch, at least a window of them."""
    records: int = 0
    invalid: int = 0
    held_until: float = float("-inf")

    def note(self, records: int, invalid: int, *, window: int) -> None:
        self.batches.append((records, invalid))
        self.records += records
        self.invalid += invalid
        while self.records - self.batches[0][0] >= window:
            older, bad = self.batches.popleft()
            self.records -= older
            self.invalid -= bad


class InvalidFlood(Generic[K]):
    """The share of invalid records among at least the `window` newest ones of each partition, and its price.

    Beyond the cap every invalid record takes 1 / `per_second` seconds in which its partition takes no further ones.
    """

    def __init__(self, *, most: float, window: int, per_second: float, stop: bool = False) -> None:
        """`most`: the largest share (0 to 1) that is borne; 1 bears everything. `stop`: raise instead of slowing."""
        self._most = most
        self._window = window
        self._per_second = per_second
        self._stop = stop
        self._partitions: dict[K, _Newest] = {}

    def note(self, partition: K, effects: Effects, now: float) -> str | None:
        """Take a batch into account, at `now` (monotonic seconds); what to tell where a flood begins with it.

        Raises TooManyInvalid.
        """
        newest = self._partitions.setdefault(partition, _Newest())
        invalid = sum(letter.reason not in JUDGED_BY_LEDGER for letter in effects.dead_letters)
        newest.note(effects.applied, invalid, window=self._window)
        if not invalid or newest.records < self._window or newest.invalid <= self._most * newest.records:
            return None
        found = (
            f"partition {partition}: {newest.invalid} of its newest {newest.records} records are invalid, more than "
            f"worker.max_invalid_ratio ({self._most:g}) bears; the last of them is {_example(effects)}"
        )
        if self._stop:
            raise TooManyInvalid(
                f"{found}. Correct the source or [events] in the configuration and start again; to go on slowly "
                'instead, set worker.on_invalid_flood = "slow"; to let all of them go to the dead letters, set '
                "worker.max_invalid_ratio = 1, and bring them back later: `monitor dead-letters requeue`"
            )
        begins = partition not in self.flooded(now)
        newest.held_until = max(newest.held_until, now) + invalid / self._per_second
        if not begins:
            return None
        return (
            f"{found}. It is slowed down to {self._per_second:g} of them a second; all others go on. Correct the "
            "source or [events] in the configuration (then bring them back: `monitor dead-letters requeue`); "
            "to let all of them go to the dead letters at once, start with worker.max_invalid_ratio = 1"
        )

    def held(self, partition: K, now: float) -> bool:
        """Whether the partition takes no records now, because of those that it has brought."""
        newest = self._partitions.get(partition)
        return newest is not None and now < newest.held_until

    def flooded(self, now: float) -> AbstractSet[K]:
        """Partitions that are slowed down: held, or so lately that they may be held again."""
        return {partition for partition, newest in self._partitions.items() if now < newest.held_until + CALM_SECONDS}


def _example(effects: Effects) -> str:
    letter = next(one for one in reversed(effects.dead_letters) if one.reason not in JUDGED_BY_LEDGER)
    return f"{letter.reason} at offset {letter.record.offset}: {letter.detail}"
