"""How a partition is laid out in Redis: the names of its keys, and what their content must look like to be ours.

Keys of partition p, all in one cluster slot: `{ns/p}:head` (hash, fields in the scripts), `{ns/p}:days` (sorted set:
day → sequence of its last change; the change feed, as long as there are days) and `{ns/p}:day:<day>` (list of blobs,
each with the mark of its checkpoint, see `checkpoint.lua`). `ns:partitions` (set) names the partitions, `ns:workers`
(hash) the workers that live, `ns:changes` is a channel. Everything read here may have been damaged: it is
DamagedState then, never another exception. Refuses to know clients, and what the blobs mean.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from monitor.core.bounded import EXACT
from monitor.core.stored import DamagedState, StoredStateError

SCHEMA: Final = 2
"""Version of the layout of keys; the blobs carry a version of their own."""
UNMARKED: Final = 1
"""The version before, whose blobs bear no marks: read, and taken over by the next owner."""
HEAD_FIELDS: Final = (
    "schema", "epoch", "sequence", "next_offset", "head", "days", "marked_from", "writer", "from_writer",
    "from_sequence",
)  # fmt: skip
HELD_FIELDS: Final = ("next_offset", "days", "epoch", "sequence")
MOST_DAYS: Final = 100_000
"""Days of one partition: no calendar of this business has so many."""
MOST_PARTITIONS: Final = 10_000

_MARK: Final = re.compile(rb"\x00([+=-])([0-9]{1,16}) ")
_NUMBER: Final = re.compile(rb"[0-9]{1,16}")
_REBUILT: Final = "the partition is made anew from Kafka as soon as a worker owns it"


@dataclass(frozen=True, slots=True)
class Keys:
    """Names under one namespace."""

    namespace: str

    def head(self, partition: int | str) -> str:
        return f"{{{self.namespace}/{partition}}}:head"

    def days(self, partition: int | str) -> str:
        return f"{{{self.namespace}/{partition}}}:days"

    def day(self, partition: int | str, day: int | str) -> str:
        return f"{{{self.namespace}/{partition}}}:day:{day}"

    @property
    def registry(self) -> str:
        return f"{self.namespace}:partitions"

    @property
    def workers(self) -> str:
        return f"{self.namespace}:workers"

    @property
    def channel(self) -> str:
        return f"{self.namespace}:changes"


@dataclass(frozen=True, slots=True)
class Index:
    """A partition at one moment, without the content of its days."""

    partition: int
    epoch: int
    sequence: int
    next_offset: int
    head: bytes
    changed: dict[int, int]
    """Days by the sequence of their last change; beyond `sequence`: touched by an attempt that failed."""
    marked_from: int
    writer: int
    """The epoch that the latest checkpoint was written under; 0: not said."""
    continued: tuple[int, int]
    """Writer and sequence of the checkpoint that this writer went on from."""
    whole: bool
    """Whether `changed` are all days."""

    def continues(self, writer: int | None, sequence: int) -> bool:
        """Whether a checkpoint that a reader knows led to this one. What is not known of its writer is not asked.

        A server that comes back with an older state begins another life of it, whose sequences may be the same.
        """
        if not writer or writer == self.writer:
            return sequence <= self.sequence
        return writer == self.continued[0] and sequence <= self.continued[1]

    def content(self, day: int, elements: Iterable[bytes]) -> "Content":
        """What checkpoints up to this one have made of a day. Raises DamagedState."""
        blobs: list[bytes] = []
        ends_at = None
        for element in elements:
            if element[:1] != b"\x00":
                operation, sequence, blob = b"+", self.marked_from, element
            elif (mark := _MARK.match(element)) is not None:
                operation, sequence, blob = mark[1], int(mark[2]), element[mark.end() :]
            else:
                raise damaged(self.partition, f"day {day} holds {element[:20]!r}, which bears no mark")
            if sequence > self.sequence:
                continue  # of an attempt that Redis refused half-way, or of a checkpoint since
            if operation != b"+":
                blobs.clear()
            if operation != b"-":
                blobs.append(blob)
            ends_at = sequence
        return Content(blobs, ends_at)

    def agreed(self, days: Mapping[int, "Content"], written_at: Mapping[int, int]) -> dict[int, Sequence[bytes]]:
        """The blobs of these days. Raises DamagedState where they do not end with what the feed says of them."""
        for day, content in days.items():
            at = written_at[day]
            if self.marked_from < at <= self.sequence and content.ends_at != at:
                raise damaged(self.partition, f"day {day} ends with checkpoint {content.ends_at}, not with {at}")
        return {day: content.blobs for day, content in days.items()}


class Content(NamedTuple):
    """A day as stored: its blobs, and the sequence of the checkpoint that it ends with."""

    blobs: Sequence[bytes]
    ends_at: int | None


def read_index(
    partition: int, found: Sequence[bytes | None], scored: Sequence[tuple[bytes, float]], present: int, *, whole: bool
) -> Index | None:
    """An index from the head's `HEAD_FIELDS` and the feed; None where nothing is stored.

    `scored`: days and sequences from the feed, those after some sequence or (`whole`) all; `present`: how many days
    the feed holds. Raises DamagedState, and StoredStateError where another program wrote it.
    """
    schema, epoch, sequence, next_offset, head, days, marked_from, *lineage = found
    if schema is not None and schema not in (b"%d" % SCHEMA, b"%d" % UNMARKED):
        raise unknown_schema(partition, schema)
    if len(scored) > MOST_DAYS:
        raise damaged(partition, f"more than {MOST_DAYS} days")
    changed = {number(partition, "a day", day): _score(partition, score) for day, score in scored}
    latest = None if sequence is None else number(partition, "sequence", sequence)
    if next_offset is None:
        if (latest is None and present) or any(score <= (latest or 0) for score in changed.values()):
            raise damaged(partition, f"{present} days without a head")
        return None
    if schema is None or epoch is None or not latest or head is None:
        raise damaged(partition, "a head of which half is missing")
    if days is not None and present < number(partition, "days", days):
        raise damaged(partition, f"{present} days, the head counts {days.decode()}")
    writer, *continued = (number(partition, "a writer", said or b"0") for said in lineage)
    return Index(
        partition,
        number(partition, "epoch", epoch),
        latest,
        number(partition, "next_offset", next_offset),
        head,
        changed,
        latest if schema == b"%d" % UNMARKED else number(partition, "marked_from", marked_from or b""),
        writer,
        (continued[0], continued[1]),
        whole,
    )


def holds_anything(head: Sequence[bytes | None], first: Sequence[tuple[bytes, float]]) -> bool:
    """Whether a partition is to be read: by its head's sequence and offset, and the day that changed first.

    Also one whose head is missing: who reads it is told so.
    """
    sequence, next_offset = head
    if next_offset is not None:
        return True
    return any(sequence is None or not sequence.isdigit() or score <= int(sequence) for _, score in first)


def still_held(epoch: int, sequence: int, head: Sequence[bytes | None], present: int) -> bool:
    """Whether a head's `HELD_FIELDS` and its number of days still hold what was confirmed under this epoch.

    Those of a later owner do: it has read what was there, and reads Kafka from there on.
    """
    next_offset, days, *claimed = head
    if next_offset is None or (days is not None and not (days.isdigit() and int(days) <= present)):
        return False
    if not all(word is not None and _NUMBER.fullmatch(word) for word in claimed):
        return False
    return [int(word or b"") for word in claimed] >= [epoch, sequence]


def registered(members: Iterable[bytes]) -> list[int]:
    """The registry's partitions, ascending. Raises StoredStateError."""
    found = []
    for member in members:
        if _NUMBER.fullmatch(member) is None:
            raise StoredStateError(
                f"the store's list of partitions holds {member[:40]!r}, which is no number: remove it (SREM), or "
                "choose another redis.namespace"
            )
        found.append(int(member))
    return sorted(found)


def number(partition: int, what: str, text: bytes) -> int:
    """A number as the scripts write it. Raises DamagedState."""
    if _NUMBER.fullmatch(text) is None or (found := int(text)) > EXACT:
        raise damaged(partition, f"{what} is {text[:40]!r}, not a number")
    return found


def damaged(partition: int, what: str) -> DamagedState:
    """To be raised."""
    return DamagedState(f"partition {partition} is damaged in the store: {what}; {_REBUILT}")


def unknown_schema(partition: int, found: bytes) -> StoredStateError:
    """To be raised."""
    return StoredStateError(
        f"partition {partition} is stored with schema {found[:40].decode(errors='replace')}, this program knows "
        f"{SCHEMA}: run the program that wrote it, or clear the store to rebuild from Kafka"
    )


def _score(partition: int, score: float) -> int:
    if not (0 <= score <= EXACT and score == int(score)):
        raise damaged(partition, f"a day was last changed at {score}")
    return int(score)
