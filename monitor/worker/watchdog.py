"""Ends a worker that owes something and does not move although everything it needs answers.

The last resort against a standstill that nobody foresaw: in a group, a worker that lives but does not work keeps its
partitions from everybody else, while one that ends hands them on. So it must be certain. A partition is suspected
only if several looks in a row find it where it was, without a refusal that would explain it, while the store answers
and a second consumer can read a record that this worker should have taken (or changes that it should have stored).
Refuses to know Faust, and why the worker does not move: the stacks of its tasks go to the log instead.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from monitor.worker.failure import WorkerFailed

log = logging.getLogger(__name__)

K = TypeVar("K")
"""What a partition is called."""

LOOKS: Final = 3
"""So many looks in a row must agree."""
ANSWER_SECONDS: Final = 20.0
"""Time for the store and the brokers to answer a look; who is slower than this is away."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an assigned partition stands; any change of it is a sign of life."""

    next_offset: int | None
    """The next record to take; None where the partition has not been taken over yet."""
    stored_offset: int | None = None
    unstored: bool = False
    """Whether something is to be stored."""
    refused_at: float | None = None
    """Monotonic time of the latest refusal by the store or the dead letters: whoever is refused has told so."""


class Watchdog(Generic[K]):
    """Looks at the assigned partitions; `run` never returns."""

    def __init__(
        self,
        places: Callable[[], Mapping[K, Place]],
        *,
        ping: Callable[[], Awaitable[None]],
        records_waiting: Callable[[Mapping[K, int]], Awaitable[set[K]]],
        patience_seconds: float,
    ) -> None:
        """`places`: of every assigned partition; `ping`: returns when the store answers.

        `records_waiting`: which of these partitions hold a record at or after the offset, asked of the brokers anew.
        """
        self._places = places
        self._ping = ping
        self._records_waiting = records_waiting
        self._look_seconds = patience_seconds / LOOKS

    async def run(self) -> None:
        """Look until the worker is beyond hope. Raises WorkerFailed then."""
        suspicions: dict[K, int] = {}
        before = self._places()
        while True:
            await asyncio.sleep(self._look_seconds)
            now = self._places()
            owing = await self._owing({number: place for number, place in now.items() if before.get(number) == place})
            # Asking takes time, in which it may have moved.
            before = self._places()
            suspicions = {
                number: suspicions.get(number, 0) + 1 for number in owing if before.get(number) == now[number]
            }
            if hopeless := sorted(str(number) for number, times in suspicions.items() if times >= LOOKS):
                raise WorkerFailed(
                    f"partitions [{', '.join(hopeless)}] have not moved for {LOOKS * self._look_seconds:g} s "
                    "although Redis and Kafka answer and there is work: start this worker again (others take over "
                    "meanwhile; nothing is lost), and report the stacks above as a bug"
                )

    async def _owing(self, unmoved: Mapping[K, Place]) -> set[K]:
        if not unmoved:
            return set()
        # Of a partition that was never taken over, any record counts. It may have none, or no leader to give them.
        idle = {number: place.next_offset or 0 for number, place in unmoved.items() if not place.unstored}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._ping()
                waiting = await self._records_waiting(idle)
        except Exception as fault:  # noqa: BLE001 - who cannot ask suspects nobody, whatever the reason
            log.debug("nothing moves, and no wonder: %r", fault)
            return set()
        return (set(unmoved) - set(idle)) | waiting
