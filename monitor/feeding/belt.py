"""The partitions of a source's topics that this process carries: batches in, events and letters out, in their order.

Stateless: where a partition goes on is what the group has committed, which is never more than Kafka has acknowledged
of what came of it. A batch is moved in parts; the part before has arrived before the next is looked at, so a slow
target slows the reading, memory stays bounded, and a crash repeats little. Free of Faust, as the keeper.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from monitor.core.batch import Batch, DeadLetter, Effects, Record, RefusedBatch
from monitor.feeding.carrying import Carried, Carrier
from monitor.feeding.delivery import Delivers, Parcel, Undelivered
from monitor.feeding.instruments import FeedInstruments, Place
from monitor.feeding.refusals import Refusals
from monitor.feeds.formats import RegistryUnavailable
from monitor.worker import watchdog
from monitor.worker.failpoints import PART_DELIVERED, passing
from monitor.worker.refusal import InvalidFlood
from monitor.worker.work import ForeignLog, LogBounds

log = logging.getLogger(__name__)

PART_RECORDS: Final = 2_000
PART_BYTES: Final = 1_048_576
"""A part of a batch ends with the record that reaches either."""
FIRST_WAIT_SECONDS: Final = 0.1
LONGEST_WAIT_SECONDS: Final = 2.0
ATTEMPT_SECONDS: Final = 10.0
"""After so long without an answer a target counts as one that refuses; it is waited for all the same."""


@dataclass(slots=True)
class _Part:
    """Records that are moved at once."""

    records: Sequence[Record]
    carried: Sequence[Carried] = ()
    letters: Sequence[DeadLetter] = ()


@dataclass(slots=True)
class Lane:
    """A partition on the belt."""

    next_offset: int
    moving: "asyncio.Task[None] | None" = None
    leaving: bool = False
    """Whether no further part is to be begun."""
    waits_for: str | None = None
    """Why the part that is under way has not arrived, though it was tried."""

    @property
    def stored_offset(self) -> int:
        """The same: a part counts as taken when everything of it has arrived."""
        return self.next_offset

    @property
    def busy(self) -> bool:
        """Whether a part is under way."""
        return self.moving is not None


class Belt:
    """`Work` of a feed, by topic and partition. All methods run on one event loop."""

    resumes_at_commit: Final = True

    def __init__(
        self,
        carriers: Mapping[str, Carrier],
        delivery: Delivers,
        *,
        instruments: FeedInstruments,
        monotonic: Callable[[], float],
        flood: InvalidFlood[Place] | None = None,
    ) -> None:
        """`carriers`: by topic. `monotonic` in seconds."""
        self._carriers = carriers
        self._delivery = delivery
        self._instruments = instruments
        self._monotonic = monotonic
        self._flood = flood
        self._refusals = Refusals(monotonic)
        self._lanes: dict[Place, Lane] = {}
        self._refused_at: float | None = None

    @property
    def kept(self) -> Mapping[Place, Lane]:
        """Partitions taken over, by name. Read only."""
        return self._lanes

    def key(self, topic: str, partition: int) -> Place:
        """What a partition is called."""
        return Place(topic, partition)

    async def ping(self) -> None:
        """Beside Kafka nothing is needed."""

    def place(self, number: Place) -> watchdog.Place | None:
        """Where a partition stands, for the watchdog; None while it is held."""
        lane = self._lanes.get(number)
        if lane is None:
            return watchdog.Place(None, refused_at=self._refused_at)
        if self.held(number) and not lane.busy:
            return None
        return watchdog.Place(lane.next_offset, lane.stored_offset, lane.busy, self._refused_at)

    def trouble(self) -> str | None:
        """What its partitions wait for, in a line; None where nothing is in the way. Names no record."""
        waiting = {number: lane.waits_for for number, lane in self._lanes.items() if lane.waits_for is not None}
        if waiting:
            return f"partitions [{', '.join(map(str, sorted(waiting)))}] wait: {next(iter(waiting.values()))}"
        slowed = sorted(number for number in self._lanes if self.held(number))
        if slowed:
            return f"partitions [{', '.join(map(str, slowed))}] bring a flood of records that are refused"
        return None

    def held(self, number: Place) -> bool:
        """Whether a partition takes no records for a while: most of what it brought last was refused."""
        return self._flood is not None and self._flood.held(number, self._monotonic())

    async def take_over(self, number: Place, bounds: LogBounds) -> int:
        """Go on where the group stands, or where this process itself has come since.

        Raises ForeignLog where the log ends before that.
        """
        known = self._lanes.pop(number, None)
        if known is not None:
            _give_up(known)
        carried = max(bounds.committed or 0, 0 if known is None else known.next_offset)
        if carried > bounds.end:
            raise ForeignLog(
                f"the group goes on at offset {carried}, but the topic ends at {bounds.end}: it was emptied or made "
                "anew. Stop this feed and set the group to the beginning: kafka-consumer-groups.sh --reset-offsets "
                f"--to-earliest --execute --topic {number.topic} --group …"
            )
        lost = bounds.earliest - carried
        if carried and lost > 0:
            self._instruments.lost(number.topic, lost)
            log.error("partition %s: retention removed %d offsets before they were read; what they told is missing",
                      number, lost)  # fmt: skip
        self._lanes[number] = Lane(max(carried, bounds.earliest))
        self._instruments.assigned.set(len(self._lanes))
        return self._lanes[number].next_offset

    async def handle(self, number: Place, batch: Batch) -> bool:
        """Carry a batch; False where it cannot be taken, or not whole, and the consumer must seek back.

        Waits until Kafka has acknowledged what comes of it. Raises TooManyInvalid, WorkerFailed.
        """
        lane = self._lanes.get(number)
        if lane is None or self.held(number):
            return False
        if lane.leaving:
            del self._lanes[number]  # handed over, and still here: to be taken over like any other
            return False
        if batch.start > lane.next_offset:
            log.info("partition %s: records between %d and %d are missing: fetching again",
                     number, lane.next_offset, batch.start)  # fmt: skip
            return False
        for part in _parts(batch.since(lane.next_offset)):
            if lane.leaving or self.held(number) or not await self._carry(number, lane, part):
                return False
            lane.next_offset = part[-1].offset + 1
        lane.next_offset = max(lane.next_offset, batch.next_offset)
        return True

    async def _carry(self, number: Place, lane: Lane, part: Sequence[Record]) -> bool:
        """Whether a part has arrived; else it was given up."""
        started = self._monotonic()
        moved = await self._moved(number, lane, _Part(part))
        if moved is None:
            return False
        passing(PART_DELIVERED)
        self._count(number, moved)
        self._instruments.batch_seconds.observe(self._monotonic() - started)
        if self._flood is not None:
            # What it tells of the last one goes to the log: where it lies, and no word of it.
            letters = [replace(letter, detail="see it among the dead letters") for letter in moved.letters]
            if news := self._flood.note(number, Effects(letters, len(part)), started):
                log.error("%s", news)
        return True

    def _count(self, number: Place, moved: "_Part") -> None:
        self._instruments.carried(
            number.topic,
            records=len(moved.records),
            events=sum(len(told.events) for told in moved.carried),
            letters=moved.letters,
            notices=[notice for told in moved.carried for notice in told.notices],
        )
        self._refusals.tell(number, moved.letters)

    async def _moved(self, number: Place, lane: Lane, part: "_Part") -> "_Part | None":
        """The part, once everything of it has arrived; None where the partition was given up meanwhile."""
        wait, told = FIRST_WAIT_SECONDS, False
        while not lane.leaving:
            lane.moving = asyncio.create_task(self._move(number, part), name=f"move-{number}")
            try:
                while not (await asyncio.wait({lane.moving}, timeout=ATTEMPT_SECONDS))[0]:
                    self._note_refusal()
                    lane.waits_for = f"no answer to what was sent for {ATTEMPT_SECONDS:g} s"
                    if not told:
                        log.error("partition %s waits: %s", number, lane.waits_for)
                    told = True
                lane.moving.result()
            except Undelivered as fault:
                self._note_refusal()
                lane.waits_for = str(fault)
                if not told:
                    log.error("partition %s waits: %s", number, fault)  # noqa: TRY400 - no traceback wanted
                told = True
            except asyncio.CancelledError:
                agent = asyncio.current_task()
                if agent is not None and agent.cancelling():
                    lane.moving.cancel()
                    raise
                return None
            else:
                lane.waits_for = None
                if told:
                    log.info("partition %s: what is sent arrives again", number)
                return part
            finally:
                lane.moving = None
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT_SECONDS, 2 * wait)
        return None

    async def _move(self, number: Place, part: "_Part") -> None:
        """Map, unless that was done, and send. Raises Undelivered, WorkerFailed."""
        if not part.carried:
            try:
                # In a thread: a schema may have to be fetched, and the loop has signals and metrics to answer.
                part.carried = await asyncio.to_thread(self._carriers[number.topic].carry_all, part.records)
            except RegistryUnavailable as fault:
                raise Undelivered(str(fault)) from fault
        parcels = [
            Parcel(record, told.events, told.letter) for record, told in zip(part.records, part.carried, strict=True)
        ]
        part.letters = await self._delivery.deliver(number.topic, number.partition, parcels)

    def _note_refusal(self) -> None:
        self._instruments.retries.inc()
        self._refused_at = self._monotonic()

    def due(self) -> list[Place]:
        """None: what was taken has arrived. Refusals of the last minute are said, though none may follow."""
        self._refusals.say_due()
        return []

    async def checkpoint(self, number: Place) -> None:
        """There is nothing to store."""

    async def store_all(self, numbers: Iterable[Place], *, within_seconds: float) -> None:
        """Let what is under way of these partitions arrive, as far as time allows, and begin nothing more."""
        lanes = {number: lane for number in numbers if (lane := self._lanes.get(number)) is not None}
        for lane in lanes.values():
            lane.leaving = True
        moving = {lane.moving for lane in lanes.values() if lane.moving is not None}
        if moving:
            await asyncio.wait(moving, timeout=within_seconds)
            await asyncio.sleep(0)  # whoever waits for it notes that it has arrived
        late = sorted(str(number) for number, lane in lanes.items() if lane.busy)
        if late:
            log.warning("what was sent of partitions [%s] has not arrived in time; it is sent again by who goes on",
                        ", ".join(late))  # fmt: skip
        for lane in lanes.values():
            _give_up(lane)

    async def let_go(self, numbers: Iterable[Place], *, within_seconds: float) -> None:
        """The same, and forget them."""
        numbers = list(numbers)
        await self.store_all(numbers, within_seconds=within_seconds)
        for number in numbers:
            self._lanes.pop(number, None)
        self._instruments.assigned.set(len(self._lanes))

    async def forget_missing(self) -> None:
        """Nothing is kept that could be missing."""


def _give_up(lane: Lane) -> None:
    lane.leaving = True
    if lane.moving is not None:
        lane.moving.cancel()


def _parts(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records in parts of bounded size, in their order."""
    part: list[Record] = []
    size = 0
    for record in records:
        part.append(record)
        size += 0 if isinstance(record, RefusedBatch) else len(record.value or b"")
        if len(part) >= PART_RECORDS or size >= PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
