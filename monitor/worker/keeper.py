"""Keeps the partitions that this worker owns: batches in, dead letters out, checkpoints stored in order.

The asyncio shell around `core.partition`, free of Faust: `handle(partition, batch)` can be called by anything.
A partition is taken over from the store, changed in memory, and stored whole checkpoint by checkpoint, dead letters
first. While the store or the dead-letter topic is away, a partition takes in only so much and then waits. A fenced
partition is dropped at once: its successor has the truth.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from monitor.core.batch import Batch, DeadLetter, OffsetGap
from monitor.core.partition import Partition, Policy
from monitor.core.stored import Changes, DamagedState, StoredStateError, read_day, read_head
from monitor.store.port import LOST, Fenced, Lease, Store, StoredPartition, StoreUnavailable
from monitor.worker.advice import Advice
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.failpoints import CHECKPOINT_STORED, LETTERS_PRODUCED, passing
from monitor.worker.instruments import Instruments
from monitor.worker.letters import Letters
from monitor.worker.refusal import InvalidFlood, TooManyInvalid
from monitor.worker.rejects import DeadLetterBox, DeadLettersUnavailable
from monitor.worker.watchdog import Place
from monitor.worker.work import ForeignLog, LogBounds

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
ATTEMPT_SECONDS = 60.0
"""An attempt to store that neither succeeds nor fails in this time is made again: clients have limits of their own,
and where one misses them a partition would stand still without a word."""


@dataclass(slots=True)
class Kept:
    """A partition in memory, and what is under way for it."""

    partition: Partition
    lease: Lease
    letters: Letters = field(default_factory=Letters)
    dirty_since: float | None = None
    """Monotonic time of the oldest change not yet stored."""
    oldest_record_at: float | None = None
    """Timestamp (epoch seconds) of the oldest record not yet stored."""
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    drained: bool = False
    """Whether changes were taken out for a checkpoint that is not known to be stored."""
    given_up: bool = False

    @property
    def stored_offset(self) -> int:
        """What Kafka may be told: everything below is stored."""
        return self.lease.next_offset if self.lease.next_offset is not None else 0

    @property
    def next_offset(self) -> int:
        """The next record to take."""
        return self.partition.next_offset

    @property
    def busy(self) -> bool:
        """Whether a checkpoint is under way."""
        return self.storing.locked()


class Keeper:
    """The partitions of one worker, by number: `Work` of one topic. All methods run on one event loop."""

    resumes_at_commit: Final = False
    """The store knows where a partition goes on."""

    def __init__(
        self,
        policy: Policy,
        store: Store,
        dead_letters: DeadLetterBox,
        *,
        checkpoints: CheckpointPolicy,
        instruments: Instruments,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        flood: InvalidFlood[int] | None = None,
    ) -> None:
        self._policy = policy
        self._store = store
        self._dead_letters = dead_letters
        self._checkpoints = checkpoints
        self._instruments = instruments
        self._now = now
        self._monotonic = monotonic
        self._flood = flood
        self._advice = Advice(monotonic)
        self._kept: dict[int, Kept] = {}
        self._refused_at: float | None = None
        """Monotonic time of the latest refusal by the store or the dead letters. One partition that waits for them
        may hold up all others."""
        self._restoring: set[int] = set()

    def key(self, topic: str, partition: int) -> int:
        """There is one topic: the partition's number is its name."""
        del topic
        return partition

    @property
    def kept(self) -> Mapping[int, Kept]:
        """Partitions in memory, by number. Read only."""
        return self._kept

    async def ping(self) -> None:
        """Return when the store answers. Raises StoreUnavailable."""
        await self._store.ping()

    def place(self, number: int) -> Place | None:
        """Where a partition stands, for the watchdog; None while it stands still on purpose, however long.

        That is while its stored state is being read in (a matter of computing only), and while it is held and all of
        it is stored.
        """
        if number in self._restoring:
            return None
        refused_at = self._refused_at
        kept = self._kept.get(number)
        if kept is None:
            return Place(None, refused_at=refused_at)
        unstored = kept.dirty_since is not None or kept.storing.locked()
        if self.held(number) and not unstored:
            return None
        return Place(kept.partition.next_offset, kept.stored_offset, unstored, refused_at)

    async def take_over(self, number: int, bounds: LogBounds) -> int:
        """Own a partition and return the offset it continues at.

        Damaged state is given up and made anew from Kafka. Raises StoreUnavailable; StoredStateError where the
        stored state is not for this program; ForeignLog where it belongs to another log.
        """
        known = self._kept.get(number)
        if known is not None:
            self._drop(number, known)
        try:
            kept = await self._claimed(number, known, bounds)
        except DamagedState as fault:
            log.error("partition %d: %s: reading it again from offset %d",  # noqa: TRY400 - no traceback wanted
                      number, fault, bounds.earliest)  # fmt: skip
            lease, _ = await self._claim(number, anew=True)
            self._instruments.rewinds.inc()
            # From offset 0: what the log no longer holds is lost by this, and is counted below.
            kept = Kept(Partition.start(self._policy), lease)
        if kept.partition.next_offset > bounds.end:
            raise ForeignLog(
                f"partition {number}: stored state continues at offset {kept.partition.next_offset}, but the topic "
                f"ends at {bounds.end}: it was emptied or made anew. Clear the store's keys of this topic, or name "
                "another redis.namespace, to read it from the beginning"
            )
        lost = kept.partition.skip_lost(bounds.earliest)
        if lost:
            kept.dirty_since = self._monotonic()
            log.error("partition %d: retention removed %d offsets before they were read; the figures miss them",
                      number, lost)  # fmt: skip
        self._kept[number] = kept
        self._instruments.assigned.set(len(self._kept))
        return kept.partition.next_offset

    async def _claimed(self, number: int, known: Kept | None, bounds: LogBounds) -> Kept:
        """The partition as it is stored, or as it is in memory where that continues it. Raises as `take_over`."""
        lease, stored = await self._claim(number)
        if known is not None and _is_current(known, lease):
            # Nobody wrote since: what is in memory is at least what is stored, so it need not be read again.
            return Kept(
                known.partition,
                lease,
                letters=known.letters,
                dirty_since=known.dirty_since,
                oldest_record_at=known.oldest_record_at,
            )
        self._restoring.add(number)
        try:
            restored = await asyncio.to_thread(self._restore, lease, stored, bounds.earliest)
        finally:
            self._restoring.discard(number)
        if stored.head is None and bounds.committed is not None:
            self._instruments.rewinds.inc()
            log.warning("partition %d: the store is empty but the group has read it before; reading it again "
                        "from offset %d", number, bounds.earliest)  # fmt: skip
        return Kept(restored, lease)

    async def _claim(self, number: int, *, anew: bool = False) -> tuple[Lease, StoredPartition]:
        try:
            return await self._store.claim(number, anew=anew)
        except StoreUnavailable:
            self._refused_at = self._monotonic()
            raise

    def _restore(self, lease: Lease, stored: StoredPartition, earliest: int) -> Partition:
        if stored.head is None:
            return Partition.start(self._policy, max(0, earliest))
        head = read_head(stored.head)
        if head.next_offset != lease.next_offset:
            raise DamagedState(f"the head continues at offset {head.next_offset}, {lease.next_offset} is stored")
        return Partition(self._policy, head, {day: read_day(blobs) for day, blobs in stored.days.items()})

    def held(self, number: int) -> bool:
        """Whether a partition takes no records for a while: most of what it brought last was invalid."""
        return self._flood is not None and self._flood.held(number, self._monotonic())

    @property
    def slowed(self) -> AbstractSet[int]:
        """Partitions that bring a flood of invalid records."""
        return self._flood.flooded(self._monotonic()) & self._kept.keys() if self._flood is not None else set()

    async def handle(self, number: int, batch: Batch) -> bool:
        """Take a batch into account; False where it cannot be taken and the consumer must seek back.

        Returns at once as long as checkpoints keep up, and waits for one when they do not. Raises TooManyInvalid.
        """
        kept = self._kept.get(number)
        if kept is None or self.held(number):
            return False
        started = self._monotonic()
        try:
            effects = kept.partition.apply(batch, self._now())
        except OffsetGap as gap:
            log.info("partition %d: %s: fetching again", number, gap)
            return False
        except BaseException:
            self._drop(number, kept)  # half of the batch may be in it, and nothing of that may be stored
            raise
        if self._flood is not None:
            try:
                news = self._flood.note(number, effects, started)
            except TooManyInvalid:
                self._drop(number, kept)  # unstored: a restart meets the same records, and stops at them again
                raise
            if news is not None:
                log.error("%s", news)
        if effects.dead_letters:
            self._advice.give(number, effects.dead_letters)
        kept.letters.add(effects.dead_letters, largest_bytes=self._policy.limits.record_bytes)
        self._instruments.redelivered.inc(len(batch.records) - effects.applied)
        if kept.dirty_since is None:
            kept.dirty_since = started
        if kept.oldest_record_at is None and batch.records and (batch.records[0].timestamp or -1) >= 0:
            kept.oldest_record_at = (batch.records[0].timestamp or 0) / 1000.0
        self._instruments.batch_seconds.observe(self._monotonic() - started)
        if self._checkpoints.full(changed=self._pending(kept)):
            await self.checkpoint(number)
        return True

    def due(self) -> list[int]:
        """Partitions whose checkpoint is due now, and those that go along with them."""
        self._advice.say_due()
        now = self._monotonic()
        waiting = {
            number: (self._pending(kept), now - kept.dirty_since)
            for number, kept in self._kept.items()
            if kept.dirty_since is not None and not kept.storing.locked()
        }
        due = {
            number
            for number, (changed, since_seconds) in waiting.items()
            if self._checkpoints.due(changed=changed, since_seconds=since_seconds)
        }
        if due:
            due |= {number for number, (_, since) in waiting.items() if self._checkpoints.along(since_seconds=since)}
        return sorted(due)

    async def checkpoint(self, number: int) -> None:
        """Store everything of a partition that is not stored yet; waits until it is, or the partition is lost."""
        kept = self._kept.get(number)
        if kept is None:
            return
        async with kept.storing:
            if kept.dirty_since is None or kept.given_up:
                return
            letters = kept.letters.take()
            kept.dirty_since = None
            recorded, kept.oldest_record_at = kept.oldest_record_at, None
            kept.drained = True
            changes = kept.partition.checkpoint()
            started = self._monotonic()
            if await self._persist(number, kept, letters, changes):
                self._instruments.checkpoint_seconds.observe(self._monotonic() - started)
                if recorded is not None:
                    self._instruments.event_delay_seconds.observe(max(0.0, self._now() - recorded))

    async def store_all(self, numbers: Iterable[int], *, within_seconds: float) -> None:
        """Store what is left of these partitions, as far as time allows."""
        tasks = {
            asyncio.create_task(self.checkpoint(number), name=f"last-checkpoint-{number}"): number
            for number in numbers
            if number in self._kept
        }
        if not tasks:
            return
        try:
            done, late = await asyncio.wait(tasks, timeout=within_seconds)
        finally:
            for task in tasks:
                task.cancel()  # not waited for: a client whose server is away may miss it, and nobody must wait then
        if late:
            left = sorted(tasks[task] for task in late)
            log.warning("could not store partitions %s in time; the next owner reads them again", left)
        for task in done:
            task.result()

    async def let_go(self, numbers: Iterable[int], *, within_seconds: float) -> None:
        """Store what is left of these partitions, as far as time allows, and forget them."""
        numbers = list(numbers)
        await self.store_all(numbers, within_seconds=within_seconds)
        for number in numbers:
            kept = self._kept.get(number)
            if kept is not None:
                self._drop(number, kept)

    async def forget_missing(self) -> None:
        """Forget partitions of which the store no longer holds what it confirmed: they must be taken over anew.

        It was emptied, or a fail-over has put it back. A checkpoint would notice, too, but a partition without new
        events makes none, and its missions would be missing until then. Raises StoreUnavailable, StoredStateError.
        """
        held = {number: kept for number, kept in self._kept.items() if kept.lease.next_offset is not None}
        stored = await self._store.holds([kept.lease for kept in held.values()]) if held else set()
        for number in held.keys() - stored:
            self._instruments.fenced.inc()
            log.warning("partition %d: %s (up to offset %s): it was emptied, or put back; taking over anew",
                        number, LOST, held[number].lease.next_offset)  # fmt: skip
            self._drop(number, held[number])

    def _pending(self, kept: Kept) -> int:
        return kept.partition.changed + kept.letters.weight

    async def _persist(self, number: int, kept: Kept, letters: list[DeadLetter], changes: Changes) -> bool:
        wait = FIRST_WAIT_SECONDS
        while not kept.given_up:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    if letters:
                        await self._dead_letters.put(number, letters)
                        letters = []
                        passing(LETTERS_PRODUCED)
                    kept.lease = await self._store.checkpoint(kept.lease, changes)
                passing(CHECKPOINT_STORED)
                kept.drained = False
            except Fenced as verdict:
                self._instruments.fenced.inc()
                self._drop(number, kept)
                log.warning("partition %d: dropped unstored changes: %s", number, verdict)
                return False
            except DamagedState as fault:
                self._drop(number, kept)
                log.error("partition %d: %s", number, fault)  # noqa: TRY400 - no traceback wanted
                return False
            except (StoreUnavailable, StoredStateError, DeadLettersUnavailable, TimeoutError) as fault:
                self._instruments.store_retries.inc()
                if not isinstance(fault, TimeoutError):  # silence explains nothing
                    self._refused_at = self._monotonic()
                if wait == FIRST_WAIT_SECONDS:
                    told = str(fault) or f"no answer within {ATTEMPT_SECONDS:g} s"
                    log.error("partition %d: checkpoint waits: %s", number, told)  # noqa: TRY400 - no traceback wanted
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT_SECONDS, 2 * wait)
            except BaseException:
                # Drained but perhaps not stored: memory and store may differ, so this state ends here.
                self._drop(number, kept)
                raise
            else:
                if wait > FIRST_WAIT_SECONDS:
                    log.info("partition %d: checkpoints go through again", number)
                return True
        return False

    def _drop(self, number: int, kept: Kept) -> None:
        kept.given_up = True
        if self._kept.get(number) is kept:
            del self._kept[number]
        self._instruments.assigned.set(len(self._kept))


def _is_current(known: Kept, lease: Lease) -> bool:
    """Whether the state in memory continues what the new lease found stored: no other claim came between.

    A checkpoint that was given up unanswered has left changes that memory no longer counts as changed.
    """
    return not known.drained and lease.taken_from == known.lease.epoch and lease.sequence == known.lease.sequence
