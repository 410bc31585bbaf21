"""Faust's Kafka transport, with whole record batches as messages and the store's offsets as positions.

A plain Faust agent pays about 100 microseconds a record for task hand-overs. Here `getmany`, the generator that
feeds Faust, yields one message per partition and fetch, whose value is a `Batch`; everything else (groups,
rebalancing, flow control) stays Faust's. Positions come from the keeper of the partitions, not from Kafka's
commits, which are only a courtesy to lag tools: acknowledgements are off, and `commit_stored` commits what is stored.

Only committed transactions are read. A position outside the log (retention, a topic made anew) is never replaced by
another behind our back: such partitions are `strayed`, and the keeper is asked again.

Where a batch begins is a claim that nothing before it was skipped. It is made where aiokafka's fetch is taken out
(`monitor.kafka.fetching`), in the consumer's own thread, and covers what was taken out there and no more. So whatever
gets lost on its way here, by a rebalance or because nobody waits for it any more, leaves a gap that the core notices.
"""

import asyncio
import logging
from collections import UserDict
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any, Final, Protocol, TypeAlias, cast

import aiokafka
import faust
from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, EventT
from faust.types.tuples import ConsumerMessage, Message
from yarl import URL

from monitor.core.batch import Batch
from monitor.kafka.fetching import Drained, bound, keep_fetching
from monitor.worker.work import LogBounds

log = logging.getLogger(__name__)

BOUNDS_SECONDS: Final = 10.0
"""Time for a partition's leader to tell where its log begins and ends."""


class Positions(Protocol):
    """Who knows where each partition goes on."""

    async def positions(self, logs: Mapping[TP, LogBounds]) -> Mapping[TP, int]:
        """Take over these partitions and say at which offset each continues; leave out what must wait."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Where aiokafka's consumer lives."""

    async def on_start(self) -> None:
        """Faust's hook. What the consumer fetches from here on is unpacked within the bound, and it never ceases."""
        await super().on_start()
        bound(self._ensure_consumer(), cast("Transport", self.transport).largest_batch_bytes)
        keep_fetching(self._ensure_consumer())

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties this to transactions of its own; what a source aborts must not count in any case.
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - no public way
        return consumer

    async def _fetch_records(self, consumer: aiokafka.AIOKafkaConsumer, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._fetch_records(consumer, *args, **kwargs)
        except OffsetOutOfRangeError as fault:
            cast("Consumer", self.consumer).strayed.update(TP(*place) for place in fault.args[0])
        except NoOffsetForPartitionError:
            pass  # assigned, and not yet told where to begin
        return {}

    async def on_thread_stop(self) -> None:
        """Faust's hook. A fetch that was cancelled in its retry pause must not keep the thread from ending."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            log.info("the consumer was closed while the broker is away")


Bounds: TypeAlias = LogBounds | KafkaError | TimeoutError
"""Where a log begins and ends and what the group has committed, or why that is not known."""


async def bounds_of(consumer: aiokafka.AIOKafkaConsumer, places: Collection[TP]) -> dict[TP, Bounds]:
    """The bounds of each; one whose leader is away keeps the others waiting for `BOUNDS_SECONDS` at most."""

    async def ask(place: TP) -> Bounds:
        try:
            async with asyncio.timeout(BOUNDS_SECONDS):
                # At once: each may wait for a fetch that waits for records.
                earliest, ends, committed = await asyncio.gather(
                    consumer.beginning_offsets([place]), consumer.end_offsets([place]), consumer.committed(place)
                )
        except (KafkaError, TimeoutError) as fault:
            return fault
        return LogBounds(earliest[place], ends[place], committed)

    return dict(zip(places, await asyncio.gather(*map(ask, places)), strict=True))


class Unfiltered(UserDict[TP, "int | None"]):
    """Faust's record of what it read last, by which it drops what lies below; here it stays empty.

    Faust notes a message after it was handled, which may be after a seek back because of it, and knows of a batch
    only its last offset: it would drop batches that were asked for. What came before is the core's to judge.
    """

    def __missing__(self, key: TP) -> None:
        return None

    def __setitem__(self, key: TP, item: int | None) -> None:
        pass

    def __delitem__(self, key: TP) -> None:
        pass


class Consumer(driver.Consumer):
    """Faust's consumer, by batch."""

    source: Positions
    """Set by `Transport`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = cast("Transport", self.transport).source
        self._read_offset = Unfiltered()
        self._silent: set[TP] = set()
        """Partitions whose bounds nobody told when last asked for."""
        self.strayed: set[TP] = set()
        """Partitions whose position lies outside their log. Whoever deals with them empties it."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's signature
        """Yield one message per partition: everything that one fetch returned."""
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        generation = self.app.consumer_generation_id
        for tp, found in records.items():
            # Faust seeks all partitions once the flow is resumed.
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if active is None or tp in active or tp in self._buffered_partitions:
                drained = cast("Drained", found)
                yield tp, self._to_batch_message(tp, Batch(drained.start, drained.after, drained))

    def _to_batch_message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        value = cast("Any", batch)  # Faust types the value as bytes; BatchSchema reads it
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            offset=batch.next_offset - 1,
            timestamp=0.0,  # each record has its own
            timestamp_type=0,
            headers=None,
            key=None,
            value=value,
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to the store's offsets, Faust's hook for where an assignment goes on.

        A partition that the source leaves out (its store is away) stays where Kafka's commit puts it; its
        batches begin after the expected offset, are refused as gaps, and `seek_stored` is called again.
        """
        offsets = await self.wanted(self.assignment())
        await self.seek_stored(offsets)
        return offsets

    async def wanted(self, assigned: Collection[TP]) -> dict[TP, int]:
        """Where these partitions continue, by the source's word; without those that the broker tells nothing of."""
        told = await self.bounds(assigned)
        silent = {tp: repr(fault) for tp, fault in told.items() if not isinstance(fault, LogBounds)}
        if silent.keys() - self._silent:
            named = {f"{tp.topic}:{tp.partition}": fault for tp, fault in silent.items()}
            log.warning("the broker does not tell where partitions begin and end, will ask again: %s", named)
        self._silent = set(silent)
        logs = {tp: bounds for tp, bounds in told.items() if isinstance(bounds, LogBounds)}
        if not logs:
            return {}
        return dict(await self.source.positions(logs))

    async def bounds(self, places: Collection[TP]) -> dict[TP, Bounds]:
        """As `bounds_of`, of this consumer."""
        if not places:
            return {}
        thread = self._thread
        found: dict[TP, Bounds] = await thread.call_thread(
            bounds_of,
            thread._ensure_consumer(),  # noqa: SLF001 - no public way
            places,
        )
        return found

    async def seek_stored(self, offsets: Mapping[TP, int]) -> None:
        """Go on at these offsets."""
        for tp, offset in offsets.items():
            try:
                await self.seek_wait({tp: offset})
            except IllegalStateError as fault:  # one by one: it must not keep the others where they are
                log.info("a partition changed hands meanwhile: %s", fault)

    def log_end(self, tp: TP) -> int | None:
        """The offset after the last record, by the last answer to a fetch; None where there was none yet."""
        try:
            return self.highwater(tp)
        except AssertionError:  # aiokafka's word for a partition that changed hands just now: it does so in a thread
            return None

    def loop_of_thread(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that aiokafka's consumer runs on; None where there is none yet, or none any more."""
        loop: asyncio.AbstractEventLoop | None = getattr(self._thread, "thread_loop", None)
        return loop

    def refusal(self) -> BaseException | None:
        """Why the group takes this consumer no more, for good. aiokafka tells it only to those who call `getmany`."""
        coordinator = getattr(self._thread._consumer, "_coordinator", None)  # noqa: SLF001 - no public way
        fault: BaseException | None = getattr(coordinator, "_pending_exception", None)
        joining = getattr(coordinator, "_coordination_task", None)
        if fault is None and joining is not None and joining.done() and not joining.cancelled():
            fault = joining.exception()
        return fault

    async def commit_stored(self, offsets: Mapping[TP, int]) -> bool:
        """Tell Kafka what is stored, for lag tools; False where it did not take it. Never needed for correctness."""
        thread = self._thread
        assigned = self.assignment()
        wanted = {
            driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in assigned
        }
        if not wanted:
            return True
        try:
            await thread.call_thread(thread._ensure_consumer().commit, wanted)  # noqa: SLF001 - no public way
        except KafkaError as fault:
            log.info("offsets not committed, will try again: %s", type(fault).__name__)
            return False
        return True


class Transport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = Consumer

    def __init__(self, url: list[URL], app: AppT, *, source: Positions, largest_batch_bytes: int) -> None:
        super().__init__(url, app)
        self.source = source
        self.largest_batch_bytes = largest_batch_bytes


class BatchSchema(faust.Schema[Any, Any]):
    """Hands a message's batch to the agent as it is: the core decodes, where rejections are values."""

    def compile(self, app: AppT, **_: Any) -> Callable[..., Any]:
        """Faust's hook: the function that turns a message into an event."""
        create_event = app.create_event

        async def decode(message: Message, *, propagate: bool = False) -> EventT[Any]:
            del propagate
            return create_event(message.key, message.value, message.headers, message)

        return decode
