"""The Faust application around the work of a process: one agent that is handed whole batches.

This, `engine` and `transport` are the only modules that know Faust. Faust owns the consumer group, rebalancing and
flow control; the work (a worker's keeper, a feed's belt) owns the state, and says what a partition is called. A slow
tick stores what is due, takes over what an earlier attempt had to leave (store away, fenced), and tells Kafka what is
stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar, cast

from aiokafka import TopicPartition
from faust.exceptions import ConsumerNotStarted
from faust.types import TP, EventT, StreamT

from monitor.core.batch import Batch
from monitor.core.stored import StoredStateError
from monitor.kafka.contact import BrokerUnreachable
from monitor.settings import KafkaSettings
from monitor.store.port import StoreUnavailable
from monitor.worker.engine import engine
from monitor.worker.failure import WorkerFailed
from monitor.worker.life import SignsOfLife
from monitor.worker.log_end import read_end, records_waiting
from monitor.worker.readiness import STARTING
from monitor.worker.refusal import TooManyInvalid
from monitor.worker.stacks import stacks
from monitor.worker.standstill import Standstill
from monitor.worker.transport import BatchSchema, Consumer, Transport
from monitor.worker.watchdog import Place, Watchdog
from monitor.worker.work import ForeignLog, Lags, LogBounds, Work

log = logging.getLogger(__name__)

K = TypeVar("K")
"""What a partition is called."""

TICK_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 0.25
"""Between two looks at what changes seldom: a worker of which nobody wants anything need not wake up forty times a
second."""
BUSY_SECONDS: Final = 1.0
"""So long after a batch, what is due is looked at by the tick."""
COMMIT_SECONDS: Final = 2.0
REFUSED_SECONDS: Final = 30.0
"""Between two looks at partitions whose stored state was refused."""
RETAKE_SECONDS: Final = 1.0
FAREWELL_SECONDS: Final = 1.0
"""Time to leave the group before the process ends anyway."""
LEAVE_SECONDS: Final = 3.0
"""Time to store what is left when partitions are handed over."""
WATCHDOG_SECONDS: Final = 300.0


class WorkerApp(Generic[K]):
    """One member of the consumer group. `run` returns when told to stop, or raises WorkerFailed."""

    def __init__(
        self,
        kafka: KafkaSettings,
        work: Work[K],
        lags: Lags[K],
        *,
        topics: Collection[str] = (),
        stop_seconds: float = LEAVE_SECONDS,
        watchdog_seconds: float = WATCHDOG_SECONDS,
        beat: Callable[[], None] = lambda: None,
        ending: Callable[[], None] = lambda: None,
        life: SignsOfLife | None = None,
    ) -> None:
        """`topics`: those that are read, `kafka.topic` unless said otherwise.

        `beat` is called again and again while the event loop is not blocked, `ending` once as the end begins.
        """
        self._beat = beat
        self._ending = ending
        self._life = life
        self._stop_seconds = stop_seconds
        self._work = work
        self._lags = lags
        self._kafka = kafka
        self._topics = tuple(topics) or (kafka.topic,)
        self._failure: BaseException | None = None
        self._member = False
        """Whether the group has taken this process in."""
        self.stuck = False
        """Whether Faust did not end in time: everything is stored, but its threads would keep the process."""
        self._checkpoints: dict[K, asyncio.Task[None]] = {}
        self._committed: dict[K, int] = {}
        self._standstill: Standstill[K] = Standstill()
        self._claiming = asyncio.Lock()
        self._watchdog = Watchdog(
            self._places,
            ping=work.ping,
            records_waiting=self._records_waiting,
            patience_seconds=watchdog_seconds,
        )
        self._came = asyncio.Event()
        self._taken_at = float("-inf")
        """When the latest batch was taken in, by the loop's clock."""
        self._held: set[TP] = set()
        """Partitions whose flow was stopped because they bring a flood of invalid records."""
        self._refused: set[K] = set()
        """Partitions that a person must look at: tried again only when they are assigned anew."""
        self.app = engine(kafka)
        self.app.transport = Transport(
            self.app.conf.broker_consumer, self.app, source=self, largest_batch_bytes=kafka.max_batch_bytes
        )
        topic = self.app.topic(*self._topics, schema=BatchSchema(), acks=False, internal=True)
        self.app.agent(topic, name="missions")(self._agent)
        self.app.on_partitions_revoked.connect(cast("Any", self._on_revoked))  # Faust types a signal's handler as any

    @property
    def _consumer(self) -> Consumer:
        return cast("Consumer", self.app.consumer)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then store everything, leave the group and return."""
        # Faust's start waits for the group, which may be long in coming: stopping and failing must not.
        tasks = [
            asyncio.create_task(one)
            for one in (
                stop.wait(),
                self._watch(),
                self._store_in_time(),
                self._keep_order(self.app.start()),
                self._guard(),
            )
        ]
        if self._life is not None:
            tasks.append(asyncio.create_task(self._life.give()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Exception as fault:
            self._failure = self._failure or fault
            log.exception("worker failed")
        finally:
            self._ending()
            # What these wait for (a store or broker that is away) must not hold up the end.
            for task in tasks:
                task.cancel()
            await self._ended(tasks)
            await self._stop()
        if self._failure is not None:
            raise WorkerFailed(
                f"the worker failed: {str(self._failure) or type(self._failure).__name__}"
            ) from self._failure

    async def _stop(self) -> None:
        log.info("stopping: storing what is left and leaving the group")
        self._consumer.stop_flow()
        farewell = [] if self._life is None else [asyncio.create_task(self._life.take_back(), name="sign-off")]
        await self._let_go(list(self._work.kept), within_seconds=self._stop_seconds)
        for task in self._checkpoints.values():
            task.cancel()  # what is still under way has been given up
        await self._ended([*self._checkpoints.values(), *farewell])
        leaving = asyncio.create_task(self.app.stop(), name="leave")
        _, pending = await asyncio.wait({leaving}, timeout=FAREWELL_SECONDS)
        if pending:
            log.warning(
                "the broker does not answer: ending without having left the group, which notices in %g s",
                self._kafka.session_timeout_seconds,
            )
            self.stuck = True
        elif fault := leaving.exception():
            log.warning("could not leave the group in order: %r", fault)

    async def _ended(self, tasks: Collection[asyncio.Task[Any]]) -> None:
        """Wait for tasks that were cancelled; one that missed it must not keep the process."""
        if not tasks:
            return
        done, pending = await asyncio.wait(tasks, timeout=FAREWELL_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()  # looked at: whatever mattered was raised before
        if pending:
            log.warning("did not end in time: %s", ", ".join(sorted(task.get_name() for task in pending)))
            self.stuck = True

    async def _agent(self, stream: StreamT[Batch]) -> None:
        try:
            async for event in stream.events():
                await self._take(event)
        except asyncio.CancelledError:
            raise
        except TooManyInvalid as fault:
            self._failure = fault
            log.error("stopping: %s", fault)  # noqa: TRY400 - no traceback wanted
            raise
        except BaseException as fault:
            # Restarting the agent, as Faust would, would meet the same record again: stop, loudly.
            self._failure = fault
            log.exception("worker failed")
            raise

    async def _take(self, event: EventT[Any]) -> None:
        tp = event.message.tp
        number = self._key(tp)
        self._taken_at = asyncio.get_running_loop().time()
        self._came.set()
        taken = await self._work.handle(number, cast("Batch", event.value))
        if self._work.held(number):
            # The agent is everybody's: only the flow of this partition stops. What Faust holds of it already is
            # not taken either, and fetched again when its time has come.
            tp = TP(*tp)  # a message may name it in aiokafka's own type, which Faust asserts not to find here
            self._held.add(tp)
            self._consumer.pause_partitions({tp})
            return
        if taken:
            return
        kept = self._work.kept.get(number)
        if kept is not None and tp in self._consumer.assignment():
            await self._consumer.seek_stored({tp: kept.next_offset})

    async def positions(self, logs: Mapping[TP, LogBounds]) -> Mapping[TP, int]:
        """Take over these partitions (the transport's question on assignment)."""
        # Faust may ask anew while it is still asking: of two claims at once, either could end up the fenced one.
        async with self._claiming:
            places = [tp for tp in logs if tp in self._consumer.assignment()]
            offsets = await asyncio.gather(*(self._take_over(tp, logs[tp]) for tp in places))
        found = {tp: offset for tp, offset in zip(places, offsets, strict=True) if offset is not None}
        if found:
            log.info("took over partitions %s", self._named(found))
        return found

    async def _take_over(self, tp: TP, bounds: LogBounds) -> int | None:
        number = self._key(tp)
        try:
            try:
                return await self._work.take_over(number, bounds)
            except ForeignLog:
                # Read first: the end that a broker names may be behind, by what came since or (Tansu) by a batch.
                end = await read_end(self._kafka, TopicPartition(*tp), named=bounds.end)
                return await self._work.take_over(number, replace(bounds, end=end))
        except StoreUnavailable as fault:
            log.error("partition %s waits for the store: %s", number, fault)  # noqa: TRY400 - no traceback wanted
        except BrokerUnreachable as fault:
            log.error("partition %s waits for the broker: %s", number, fault)  # noqa: TRY400 - no traceback wanted
        except (ForeignLog, StoredStateError) as fault:
            log.error("partition %s is not processed: %s", number, fault)  # noqa: TRY400 - no traceback wanted
            self._refused.add(number)
        return None

    async def _on_revoked(self, _app: Any, revoked: Iterable[TP], **_: Any) -> None:
        """Store what is left before somebody else takes over. Memory is kept: the next claim decides its worth."""
        numbers = [self._key(tp) for tp in revoked]
        self._refused.clear()
        if numbers:
            log.info("giving back partitions %s", self._named(revoked))
            await self._work.store_all(numbers, within_seconds=LEAVE_SECONDS)
            await self._commit_last()

    async def _watch(self) -> None:
        """Return when the worker cannot go on. Raises WorkerFailed where the group refuses it: Faust would wait."""
        while self._failure is None and not self.app.crashed:
            await asyncio.sleep(IDLE_SECONDS)
            if (fault := self._consumer.refusal()) is not None:
                self._failure = WorkerFailed(
                    f"the broker refuses the worker in group {self._kafka.group} ({fault!r}): check that it may join "
                    f"it, and that the broker allows kafka.session_timeout_seconds = "
                    f"{self._kafka.session_timeout_seconds:g} (Kafka: group.min.session.timeout.ms, 6 s by default)"
                )
                log.error("worker failed: %s", self._failure)
        self._failure = self._failure or self.app.crash_reason or RuntimeError("Faust stopped")

    async def _guard(self) -> None:
        """Return never. Raises WorkerFailed where nothing moves that should, after telling where all tasks stand."""
        try:
            await self._watchdog.run()
        except WorkerFailed:
            self.tell_stacks()
            raise

    def _places(self) -> dict[K, Place]:
        """What the watchdog looks at: every assigned partition that is to be processed."""
        places = ((number, self._work.place(number)) for number in self._assigned().keys() - self._refused)
        return {number: place for number, place in places if place is not None}

    def tell_stacks(self) -> None:
        """Log where every task stands."""
        for name, loop in (("worker", asyncio.get_running_loop()), ("consumer", self._consumer.loop_of_thread())):
            if loop is not None:
                log.warning("where the tasks of the %s stand:\n%s", name, stacks(loop))

    async def _store_in_time(self) -> None:
        """Start every checkpoint when it is due."""
        clock = asyncio.get_running_loop().time
        while True:
            self._beat()
            self._store_due()
            if clock() < self._taken_at + BUSY_SECONDS:
                await asyncio.sleep(TICK_SECONDS)
                continue
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._came.wait()

    async def _keep_order(self, starting: Awaitable[None]) -> None:
        """Now and then: take over what had to wait, and tell Kafka and the metrics where the store stands."""
        await starting
        self._member = True
        log.info("worker started on topic %s", ", ".join(self._topics))
        clock = asyncio.get_running_loop().time
        commit_at = clock() + COMMIT_SECONDS
        again_at = clock() + REFUSED_SECONDS
        while True:
            await asyncio.sleep(RETAKE_SECONDS)
            if self.app.rebalancing:
                continue
            with suppress(StoreUnavailable, StoredStateError):  # whoever has something to store tells
                await self._work.forget_missing()
            if clock() >= again_at:
                self._refused.clear()  # an operator may have mended it
                again_at = clock() + REFUSED_SECONDS
            await self._retake()
            await self._free()
            await self._wake(clock())
            await self._measure_lag()
            if clock() >= commit_at:
                await self._commit()
                commit_at = clock() + COMMIT_SECONDS

    def lacking(self) -> str | None:
        """What keeps this process from its work, in a sentence; None where it works on all that it was given."""
        if not self._member:
            return STARTING
        if self.app.rebalancing:
            return "the group is sharing out its partitions"
        missing = {tp for number, tp in self._assigned().items() if number not in self._work.kept}
        if missing:
            return f"partitions {self._named(missing)} are not taken over: the log says why"
        return None

    def _store_due(self) -> None:
        self._checkpoints = {number: task for number, task in self._checkpoints.items() if not task.done()}
        for number in self._work.due():
            if number not in self._checkpoints:
                task = asyncio.create_task(self._work.checkpoint(number), name=f"checkpoint-{number}")
                task.add_done_callback(self._checkpoint_done)
                self._checkpoints[number] = task

    def _checkpoint_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._failure = fault
            log.error("worker failed: %s", fault, exc_info=fault)

    async def _retake(self) -> None:
        """Bring partitions that are assigned but not kept, or no longer assigned but kept, into order."""
        assigned = self._assigned()
        strayed = self._consumer.strayed & set(assigned.values())
        self._consumer.strayed.clear()
        if strayed:
            log.warning("the log of partitions %s does not hold the next offset: looking again", self._named(strayed))
            await self._work.let_go([self._key(tp) for tp in strayed], within_seconds=LEAVE_SECONDS)
        missing = {tp for number, tp in assigned.items() if number not in self._work.kept}
        surplus = self._work.kept.keys() - assigned.keys()
        if surplus:
            await self._work.let_go(surplus, within_seconds=LEAVE_SECONDS)
        if not missing:
            return
        self._consumer.pause_partitions(missing)
        offsets = await self._consumer.wanted({tp for tp in missing if self._key(tp) not in self._refused})
        if offsets and not self.app.rebalancing:
            await self._consumer.seek_stored(offsets)
            self._consumer.resume_partitions(offsets)

    async def _free(self) -> None:
        """Let partitions flow again that have been held for long enough."""
        free = {tp for tp in self._held if not self._work.held(self._key(tp))}
        if not free or self.app.rebalancing:
            return
        assigned = self._consumer.assignment()
        offsets = {
            tp: kept.next_offset
            for tp in free
            if tp in assigned and (kept := self._work.kept.get(self._key(tp))) is not None
        }
        await self._consumer.seek_stored(offsets)
        self._consumer.resume_partitions(offsets)
        self._held -= free

    async def _wake(self, now: float) -> None:
        """Fetch again where records are left and none arrive: a batch was dropped on its way."""
        assigned = self._assigned()
        places = {
            number: (kept.next_offset, self._consumer.log_end(tp))
            for number, tp in assigned.items()
            if (kept := self._work.kept.get(number)) is not None and not (kept.busy or self._work.held(number))
        }
        stuck = self._standstill.judge(places, now)
        if stuck and not self.app.rebalancing:
            offsets = {assigned[number]: places[number][0] for number in stuck}
            log.info("partitions %s stand still: fetching again", self._named(offsets))
            await self._consumer.seek_stored(offsets)
            self._consumer.resume_partitions(offsets)

    async def _commit(self) -> None:
        assigned = self._assigned()
        stored = {number: kept.stored_offset for number, kept in self._work.kept.items() if number in assigned}
        news = {
            number: offset for number, offset in stored.items() if offset and self._committed.get(number) != offset
        }
        if news and await self._consumer.commit_stored({assigned[n]: offset for n, offset in news.items()}):
            self._committed.update(news)

    async def _commit_last(self) -> None:
        """Before others go on: where they do so by what is committed, so that they repeat as little as can be."""
        if not self._work.resumes_at_commit:
            return
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._commit()
        except TimeoutError:
            log.info("the broker takes no commit: whoever goes on repeats what was sent on since the last one")

    async def _let_go(self, numbers: Collection[K], *, within_seconds: float) -> None:
        if self._work.resumes_at_commit:
            await self._work.store_all(numbers, within_seconds=within_seconds)
            await self._commit_last()
        await self._work.let_go(numbers, within_seconds=within_seconds)

    async def _measure_lag(self) -> None:
        assigned = self._assigned()
        for number, tp in assigned.items():
            kept, end = self._work.kept.get(number), self._consumer.log_end(tp)
            if kept is not None and end is not None:
                self._lags.lag(number, max(0, end - kept.next_offset))
        # Of what is not processed, nothing is taken into account: all of it lags, and somebody must be told.
        refused = [tp for number, tp in assigned.items() if number in self._refused]
        for tp, bounds in (await self._consumer.bounds(refused)).items():
            if isinstance(bounds, LogBounds):
                self._lags.lag(self._key(tp), bounds.end - bounds.earliest)
        self._lags.keep_lags(set(self._assigned()))

    def _key(self, tp: TP) -> K:
        return self._work.key(tp.topic, tp.partition)

    def _assigned(self) -> dict[K, TP]:
        """The partitions that the group has given to this process, by what the work calls them."""
        try:
            return {self._key(tp): tp for tp in self._consumer.assignment() if tp.topic in self._topics}
        except ConsumerNotStarted:
            return {}

    def _named(self, places: Iterable[TP]) -> str:
        """For the log: numbers, with their topic where there are several."""
        if len(self._topics) == 1:
            return str(sorted(tp.partition for tp in places))
        return "[" + ", ".join(f"{topic}:{number}" for topic, number in sorted(places)) + "]"

    async def _records_waiting(self, offsets: Mapping[K, int]) -> set[K]:
        assigned = self._assigned()
        places = {
            TopicPartition(*assigned[number]): offset for number, offset in offsets.items() if number in assigned
        }
        waiting = await records_waiting(self._kafka, places)
        return {self._work.key(place.topic, place.partition) for place in waiting}
