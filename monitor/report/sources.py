"""Where a report's missions come from: the store, or JSON lines through the very same core.

Either way they are handed to whoever has a use for them, a `History` mostly. Lines that cannot be counted are kept by
reason with their line numbers, never dropped in silence. Refuses to know periods and formats.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

import msgspec

from monitor.core.batch import Batch, DeadLetter
from monitor.core.partition import Partition, Policy
from monitor.core.stored import Head, read_head
from monitor.progress import Advance
from monitor.store.port import Store

LINES_AT_ONCE: Final = 4_000
EXAMPLES: Final = 5


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of a file as a record: its number (from 1) is its offset. A file has no time stamps of its own."""

    offset: int
    value: bytes
    timestamp: int | None = None
    key: bytes | None = None


@dataclass(slots=True)
class Refused:
    """Lines refused for one reason: how many, the first few numbers, and what was found in the first.

    `others`: what else was found, the first few of it: how many had that, and the first line.
    """

    count: int = 0
    lines: list[int] = field(default_factory=list)
    detail: str = ""
    others: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, detail: str, line: int) -> None:
        """One more."""
        self.count += 1
        if len(self.lines) < EXAMPLES:
            self.lines.append(line)
        if detail != self.detail and (detail in self.others or len(self.others) < EXAMPLES):
            count, first = self.others.get(detail, (0, line))
            self.others[detail] = count + 1, first


class Taker(Protocol):
    """Whoever takes partitions as they are stored: a `History`, say."""

    def put(self, partition: int, head: Head, days: Mapping[int, Sequence[bytes]]) -> None:
        """Take over a partition's head, and the content of its days. Raises StoredStateError."""


def from_lines(
    into: Taker,
    policy: Policy,
    lines: Iterable[bytes],
    *,
    now: float,
    seen: Callable[[int], None] = lambda _lines: None,
) -> dict[str, Refused]:
    """Count every line, and hand over what comes of it; what was refused, by reason. `now` in epoch seconds.

    `seen` is told of the lines read so far.
    """
    partition = Partition.start(policy, next_offset=1)
    refused: dict[str, Refused] = {}
    with collector_paused():
        for batch in _batches(lines):
            _note(partition.apply(batch, now).dead_letters, refused)
            seen(batch.next_offset - 1)
        changes = partition.checkpoint()
        days: dict[int, Sequence[bytes]] = {day: [blob] for day, blob in changes.append.items()}
        into.put(0, read_head(changes.head), days | dict(changes.replace))
    return refused


async def from_store(into: Taker, store: Store, *, seen: Advance = lambda _done, _days: None) -> int:
    """Hand over every stored partition; how many there are. `seen` is told of partitions and days so far.

    Raises StoreUnavailable, StoredStateError.
    """
    partitions = await store.partitions()
    days = 0
    for done, partition in enumerate(partitions, start=1):
        change = await store.changes_since(partition, 0)
        if change is not None:
            into.put(partition, read_head(change.head), change.days)
            days += len(change.days)
        seen(done, days)
    return len(partitions)


def _batches(lines: Iterable[bytes]) -> Iterator[Batch]:
    records = (Line(number, line.rstrip(b"\r\n")) for number, line in enumerate(lines, start=1))
    start = 1
    while batch := list(islice(records, LINES_AT_ONCE)):
        yield Batch(start, start + len(batch), batch)
        start += len(batch)


def _note(letters: Sequence[DeadLetter], refused: dict[str, Refused]) -> None:
    for letter in letters:
        refused.setdefault(letter.reason, Refused(detail=letter.detail)).note(letter.detail, letter.record.offset)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Missions are kept, not garbage: looking through them again and again for cycles costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
