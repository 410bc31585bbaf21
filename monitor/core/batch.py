"""What goes into a partition and what comes out: batches of records, and what the shell has to carry out after one.

Decides nothing. Refuses to know Kafka, and what a record means (`core.reader`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from monitor.core.mission import Reason, Rejected

ROW_KEPT: Final = "; the row is kept"


class Record(Protocol):
    """What the core reads of a Kafka record; `timestamp` in milliseconds, None or negative where absent."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int | None: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None:
        """Raises Rejected where it was refused before anybody could read it."""


@dataclass(frozen=True, slots=True)
class RefusedBatch:
    """A batch of Kafka's log that stays packed: one record, in the place of all that it may hold.

    It covers the offsets `first_offset` to `offset`, the last, which is its identity.
    """

    first_offset: int
    offset: int
    timestamp: int | None
    reason: Reason
    detail: str

    @property
    def key(self) -> bytes | None:
        """It has none of its own."""
        return None

    @property
    def value(self) -> bytes | None:
        """Raises Rejected, always."""
        raise Rejected(self.reason, self.detail)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition that cover the offsets `start` (included) to `next_offset` (excluded).

    Offsets inside without a record (compaction, transaction markers) are known to be empty.
    """

    start: int
    next_offset: int
    records: Sequence[Record]

    def since(self, offset: int) -> Sequence[Record]:
        """The records from an offset on."""
        if self.start >= offset:
            return self.records
        return [record for record in self.records if record.offset >= offset]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that must go to the dead letters before the next checkpoint."""

    record: Record
    reason: str
    """A `Reason` of the core, or a feed's."""
    detail: str
    kept: bool = False
    """Whether it is a row that stands all the same, and makes no mission yet: its detail ends in `ROW_KEPT`."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What the shell has to carry out after a batch."""

    dead_letters: Sequence[DeadLetter]
    applied: int
    """Records taken into account; the rest lay below `next_offset`."""


class OffsetGap(Exception):  # noqa: N818 - a fact about the batch, handled by fetching again
    """A batch that begins after the next offset: records between would be lost. Seek back and fetch again."""
