"""Keeps the published state current: reads what changed in the store, judges everything anew, swaps the answer.

Decides when to read (on the store's hint, and at least every `refresh_seconds`, for windows move with the clock),
how often to publish at most, and what an absent or unreadable store means: the last figures stay, the store is told
to be down, reading is tried again with growing pauses and then starts over from the whole state (of a partition that
cannot be read: of that one). Refuses to know how the answer is shown.

`History` belongs to one thread, which this loop hands all heavy work to and waits for; whoever has a question of its
own (`ask`) is answered there as well, between two of the loop's turns. One thread, and always the same: glibc gives
every thread a heap of its own, and what one of them allocates and another frees leaves holes in all of them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final, NoReturn, TypeVar

from monitor.core.history import History
from monitor.core.silences import Silenced
from monitor.core.snapshot import Terms, take
from monitor.core.stored import StoredStateError, read_head
from monitor.published import Published, StoreState, Workforce, workforce_of
from monitor.store.port import Store, StoreUnavailable

PAUSE_SECONDS: Final = 0.25
"""Shortest time from one publication to the next."""
GATHER_SECONDS: Final = 0.03
"""A worker stores its partitions together: after the first hint of a change, the others' are waited for."""
SHARE: Final = 2
"""Where judging takes long, the pause is stretched: the loop works one part in so many of the time.

Two, so that a year of a nation is published within the half second between two checkpoints also while /metrics is
rendered: missing one costs as much again (benchmarks/freshness.py)."""
ROLL_CALL_SECONDS: Final = 2.0
"""How often the workers' signs of life are looked at: they end by time, which nothing hints at."""
COUNTING_SECONDS: Final = 600.0
"""Whoever stored something so lately is counting, signs of life or not ..."""
FAREWELL_SECONDS: Final = 10.0
"""... but for what a worker stores while it ends, having taken back its sign."""
RETURN_SECONDS: Final = 10.0
"""Time for workers to say that they live once the store is back: until then nobody is missed."""
READ_AT_ONCE: Final = 4
"""Partitions. Each takes some round trips: one after the other, a dozen of a store 40 ms away cost seconds."""
FIRST_RETRY_SECONDS: Final = 0.1
LAST_RETRY_SECONDS: Final = 5.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Refresh:
    """The loop and its latest answer. `history` must be empty, and belongs to the loop from here on.

    `silenced` says at once what is silenced as far as that is known; somebody else asks for it.
    """

    def __init__(
        self,
        store: Store,
        history: History,
        terms: Terms,
        *,
        refresh_seconds: float,
        clock: Callable[[], float],
        silenced: Callable[[], Silenced | None] = lambda: None,
    ) -> None:
        self._store = store
        self._history = history
        self._thread = ThreadPoolExecutor(1, "history")
        """One at a time, also when the task that waits was cancelled: its work is ended before the next begins."""
        self._asked = asyncio.Lock()
        self._terms = terms
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._silenced = silenced
        self._seen: dict[int, tuple[int, int]] = {}
        """Sequence and writer: where each partition was read up to; a partition that is not here is read whole."""
        self._store_state = StoreState.UNKNOWN
        self._problem: str | None = "the store has not been read yet"
        self._read_at: float | None = None
        self._loaded = False
        self._published_monotonic = time.monotonic()
        self._workforce: Workforce | None = None
        self._called_at = self._signed_at = self._counted_at = self._failed_at = float("-inf")
        """Monotonic times of the latest roll call, the latest with somebody there, checkpoint, and failed reading."""
        self._listened_monotonic = self._published_monotonic
        self._left_out: Mapping[str, int] = {}
        self._news = asyncio.Event()
        now = clock()
        self._blank = take(history, terms, now)
        self.published = Published(
            snapshot=self._blank, heads=MappingProxyType({}), store=self._store_state, problem=self._problem,
            loaded=False, read_at=None, published_at=now,
        )  # fmt: skip

    async def after(self, seen: Published) -> Published:
        """The latest answer, as soon as it is another than `seen`."""
        while self.published is seen:
            await self._news.wait()
        return self.published

    async def ask(self, question: Callable[[History], T]) -> T:
        """What the question finds in the history as read by now. It runs in a thread, and must change nothing."""
        async with self._asked:  # the others wait here, so that the loop's next turn is never behind all of them
            return await self._alone(question)

    async def _alone(self, work: Callable[[History], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._history)

    def close(self) -> None:
        """Let the thread end, once nobody asks any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> NoReturn:
        """Until cancelled. Only errors of the program itself come out of it."""
        retry_seconds = FIRST_RETRY_SECONDS
        while True:
            began = time.monotonic()
            try:
                changed = await self._read()
            except (StoreUnavailable, StoredStateError) as fault:
                await self._fail(fault)
                await asyncio.sleep(min(retry_seconds, self._until_due()))
                retry_seconds = min(2 * retry_seconds, LAST_RETRY_SECONDS)
                continue
            retry_seconds = FIRST_RETRY_SECONDS
            turned = self._turn(StoreState.UP, None)
            if changed or turned or self._due():
                await self._publish()
            pause = (SHARE - 1) * (time.monotonic() - began)
            if changed:  # a hint of what was read already must not keep the next change waiting
                pause = max(PAUSE_SECONDS, pause)
            await asyncio.sleep(min(pause, self._refresh_seconds))
            await self._wait()

    async def _wait(self) -> None:
        try:
            if await self._store.wait_for_change(min(self._until_due(), ROLL_CALL_SECONDS)):
                await asyncio.sleep(min(GATHER_SECONDS, self._until_due()))
                await self._store.wait_for_change(0.0)  # whatever was hinted at by now is read next
        except StoreUnavailable as fault:  # the next reading finds out whether that is all of the store
            _log.debug("no hint from the store: %s", fault)
            await asyncio.sleep(min(PAUSE_SECONDS, self._until_due()))

    async def _read(self) -> bool:
        """Take over what changed in all partitions; whether anything did."""
        present = await self._store.partitions()
        gone = self._history.heads.keys() - set(present)
        for partition in gone:
            _log.warning("partition %d is no longer in the store: its figures are dropped", partition)
            await self._alone(partial(History.drop, partition=partition))
            self._seen.pop(partition, None)
        changed = await self._read_partitions(present)
        called = await self._roll_call()
        self._loaded = True
        self._read_at = self._clock()
        return bool(gone) or changed or called

    async def _read_partitions(self, partitions: Iterable[int]) -> bool:
        """Whether anything changed. After a fault none is begun any more; it is raised once nobody reads."""
        waiting = iter(partitions)
        faults: list[StoreUnavailable | StoredStateError] = []
        changed = False

        async def read_on() -> None:
            nonlocal changed
            for partition in waiting:
                try:
                    if await self._read_partition(partition):
                        changed = True
                except StoreUnavailable as fault:
                    faults.append(fault)
                except StoredStateError as fault:
                    self._seen.pop(partition, None)  # whatever becomes of it, the next reading is a whole one
                    faults.append(fault)
                if faults:
                    return

        await asyncio.gather(*(read_on() for _ in range(READ_AT_ONCE)))
        if faults:  # where the store was away, all is read anew, whatever else there was
            raise next((one for one in faults if isinstance(one, StoreUnavailable)), faults[0])
        return changed

    async def _roll_call(self) -> bool:
        """Look which workers live; whether that is news. What a store refuses to tell of them is not known."""
        now = time.monotonic()
        if now < self._called_at + ROLL_CALL_SECONDS:
            return False
        self._called_at = now
        before = self._workforce
        try:
            signs = await self._store.signs()
        except (StoreUnavailable, StoredStateError) as fault:
            _log.debug("who lives is not known: %s", fault)
            self._workforce = None
        else:
            if signs:
                self._signed_at = now
            silent_since = max(now - COUNTING_SECONDS, self._signed_at + FAREWELL_SECONDS)
            returned = now < self._failed_at + RETURN_SECONDS
            self._workforce = workforce_of(signs, doubtful=returned or self._counted_at > silent_since)
        if before is None or before.workers:
            if self._workforce is not None and not self._workforce.workers:
                _log.warning("NO WORKER gives a sign of life: nothing is counted until one is started")
        elif self._workforce is not None and self._workforce.workers:
            _log.info("a worker gives signs of life again")
        return self._workforce != before

    async def _read_partition(self, partition: int) -> bool:
        since, writer = self._seen.get(partition, (0, None))
        change = await self._store.changes_since(partition, since, writer=writer)
        if change is None:
            return False
        if change.whole and since:
            _log.warning("partition %d was emptied in the store, or put back: reading all of it again", partition)
        head = read_head(change.head)
        await self._alone(partial(History.put, partition=partition, head=head, days=change.days, whole=change.whole))
        self._seen[partition] = change.sequence, change.writer
        if since:
            self._counted_at = time.monotonic()
        return True

    async def _fail(self, fault: StoreUnavailable | StoredStateError) -> None:
        if isinstance(fault, StoreUnavailable):  # a restart, a fail-over, a restore: the next reading is a whole one
            self._seen.clear()
        self._workforce, self._called_at, self._failed_at = None, float("-inf"), time.monotonic()
        state = StoreState.DOWN if isinstance(fault, StoreUnavailable) else StoreState.UNREADABLE
        if self._turn(state, str(fault)) or self._due():
            await self._publish()

    def _turn(self, state: StoreState, problem: str | None) -> bool:
        """Note how the reading ended; whether that is news, which is then logged once."""
        before, self._store_state, self._problem = self._store_state, state, problem
        if state is before:
            return False
        if state is StoreState.DOWN:
            _log.warning("store down, the last figures stay: %s", problem)
        elif state is StoreState.UNREADABLE:
            _log.error("THE STORE CANNOT BE READ, the last figures stay: %s", problem)
        elif before is not StoreState.UNKNOWN:
            _log.info("store up again")
        return True

    def _until_due(self) -> float:
        return max(0.001, self._published_monotonic + self._refresh_seconds - time.monotonic())

    def _due(self) -> bool:
        return time.monotonic() >= self._published_monotonic + self._refresh_seconds

    async def _publish(self) -> None:
        now = self._clock()
        if self._loaded:
            before, self._listened_monotonic = self._listened_monotonic, time.monotonic()
            elapsed = self._listened_monotonic - before  # goes on, wherever the wall clock steps to
            heard = self.published.snapshot.heard
            snapshot = await self._alone(
                partial(take, terms=self._terms, now=now, before=heard, elapsed_seconds=elapsed)
            )
            self._tell_left_out(snapshot.left_out)
        else:
            snapshot = replace(self._blank, at=now)
        self._published_monotonic = time.monotonic()
        self.published = Published(
            snapshot=snapshot, heads=MappingProxyType(dict(self._history.heads)), store=self._store_state,
            problem=self._problem, loaded=self._loaded, read_at=self._read_at, published_at=now,
            workforce=self._workforce, silenced=self._silenced(),
        )  # fmt: skip
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _tell_left_out(self, left_out: Mapping[str, int]) -> None:
        """Once for each change, and not for every mission."""
        if left_out.keys() != self._left_out.keys():
            named = ", ".join(f"{area} ({missions})" for area, missions in left_out.items())
            _log.warning(
                "stored missions of areas or categories that are not declared are in no figure, nor in any pool: %s",
                named or "none any more",
            )
        self._left_out = left_out
