"""What the Faust shell asks of the work that it hosts: batches in, how far they are done, and what to do at the end.

Two kinds of work stand in it: the keeper of a worker, which counts missions into the store, and the belt of a feed,
which carries records from topic to topic. Both call a partition by a name of their own. Refuses to know Faust.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from monitor.core.batch import Batch
from monitor.worker.watchdog import Place

K = TypeVar("K")
"""What a partition is called."""


class ForeignLog(Exception):  # noqa: N818 - a fact about the topic, for the operator to resolve
    """What is known of a partition belongs to another log than the topic now holds; nothing can be taken from it."""


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Offsets of a partition's log: the first there is, the next to be written, and the group's commit if any."""

    earliest: int
    end: int
    committed: int | None


class InWork(Protocol):
    """A partition that is worked on."""

    @property
    def next_offset(self) -> int:
        """The next record to take."""

    @property
    def stored_offset(self) -> int:
        """What Kafka may be told: everything below is done for good."""

    @property
    def busy(self) -> bool:
        """Whether something is being brought into safety: it does not stand still for want of records."""


class Work(Protocol[K]):
    """The partitions that this process owns. All methods run on one event loop."""

    @property
    def resumes_at_commit(self) -> bool:
        """Whether the next owner goes on at what the group has committed; else commits are a courtesy."""

    @property
    def kept(self) -> Mapping[K, InWork]:
        """Partitions taken over and not let go. Read only."""

    def key(self, topic: str, partition: int) -> K:
        """What the partition is called here."""

    async def ping(self) -> None:
        """Return when what is needed beside Kafka answers; raise where it does not."""

    def place(self, number: K) -> Place | None:
        """Where a partition stands, for the watchdog; None while it stands still on purpose, however long."""

    def held(self, number: K) -> bool:
        """Whether a partition takes no records for a while."""

    async def take_over(self, number: K, bounds: LogBounds) -> int:
        """Own a partition and return the offset it continues at.

        Raises ForeignLog, StoredStateError, StoreUnavailable.
        """

    async def handle(self, number: K, batch: Batch) -> bool:
        """Take a batch in; False where it cannot be taken and the consumer must seek back. Raises TooManyInvalid."""

    def due(self) -> list[K]:
        """Partitions whose checkpoint is due now."""

    async def checkpoint(self, number: K) -> None:
        """Bring everything of a partition into safety."""

    async def store_all(self, numbers: Iterable[K], *, within_seconds: float) -> None:
        """Bring what is left of these partitions into safety, as far as time allows."""

    async def let_go(self, numbers: Iterable[K], *, within_seconds: float) -> None:
        """The same, and forget them."""

    async def forget_missing(self) -> None:
        """Forget partitions that must be taken over anew. Raises StoreUnavailable, StoredStateError."""


class Lags(Protocol[K]):
    """Who tells how far behind the partitions are."""

    def lag(self, number: K, records: int) -> None:
        """Records of a partition that were written but not yet taken."""

    def keep_lags(self, numbers: set[K]) -> None:
        """Forget the lag of all others."""
