"""A worker that owes something and does not move ends; one that waits, or has nothing to do, never does."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiokafka import TopicPartition

from monitor.kafka.contact import BrokerUnreachable
from monitor.kafka.topics import ensure_topics
from monitor.store.port import StoreUnavailable
from monitor.worker.app import WorkerApp
from monitor.worker.failure import WorkerFailed
from monitor.worker.log_end import records_waiting
from monitor.worker.watchdog import LOOKS, Place, Watchdog
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka
from tests.worker.desk import Desk
from tests.worker.test_keeper import batch, snap
from tests.worker.test_transport import event, sending, settings_for, stored, tick

LOOK_SECONDS = 0.01
IDLE = Place(next_offset=5, stored_offset=5)


@dataclass
class World:
    """What a watchdog sees, and how often it asked."""

    places: dict[int, Place] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    store_fault: Exception | None = None
    broker_fault: Exception | None = None
    asked: int = 0

    async def ping(self) -> None:
        if self.store_fault is not None:
            raise self.store_fault

    async def records_waiting(self, offsets: Mapping[int, int]) -> set[int]:
        self.asked += 1
        if self.broker_fault is not None:
            raise self.broker_fault
        return self.waiting & set(offsets)

    def watchdog(self) -> Watchdog:
        return Watchdog(
            lambda: dict(self.places),
            ping=self.ping,
            records_waiting=self.records_waiting,
            patience_seconds=LOOKS * LOOK_SECONDS,
        )


async def survives(world: World, *, looks: int = 10) -> None:
    """Let the watchdog look so often; fails where it ends."""
    running = asyncio.create_task(world.watchdog().run())
    await asyncio.sleep(looks * LOOK_SECONDS)
    assert not running.done(), running.exception()
    running.cancel()


OWING = {
    "a record waits": World({3: IDLE}, waiting={3}),
    "changes are not stored": World({3: replace(IDLE, next_offset=9, unstored=True)}),
    "a partition with records was never taken over": World({3: Place(None)}, waiting={3}),
}


@pytest.mark.parametrize("world", OWING.values(), ids=OWING)
async def test_whoever_owes_something_and_does_not_move_ends(world: World) -> None:
    """With the partition's number and what to do."""
    world.places[4] = IDLE
    with pytest.raises(WorkerFailed, match=r"partitions \[3\] have not moved"):
        await asyncio.wait_for(world.watchdog().run(), timeout=10)
    assert world.asked == LOOKS


async def test_a_partition_without_work_stands_as_long_as_it_likes() -> None:
    """No records wait, nothing is to be stored; nor can records be had of a partition that has no leader."""
    await survives(World({3: IDLE, 4: Place(None)}))


@pytest.mark.parametrize(
    "faults",
    [
        {"store_fault": StoreUnavailable("away")},
        {"broker_fault": BrokerUnreachable("127.0.0.1:1", "away")},
        {"broker_fault": TimeoutError()},
    ],
)
async def test_whoever_waits_for_what_is_away_is_left_alone(faults: dict[str, Exception]) -> None:
    """Ending would not bring Redis or Kafka back."""
    await survives(World({3: IDLE, 4: Place(None), 5: replace(IDLE, unstored=True)}, waiting={3}, **faults))


@pytest.mark.parametrize("sign", ["next_offset", "stored_offset", "refused_at"])
async def test_any_sign_of_life_begins_the_wait_anew(sign: str) -> None:
    """An offset that moves, or a refusal that was told: however slowly."""
    world = World({3: replace(IDLE, unstored=True)}, waiting={3})

    async def live() -> None:
        for step in range(10):
            world.places[3] = replace(world.places[3], **{sign: 10 + step})
            await asyncio.sleep(1.5 * LOOK_SECONDS)

    await asyncio.gather(live(), survives(world))


async def test_a_partition_that_is_given_away_is_forgotten() -> None:
    """And suspected anew when it comes back."""
    world = World({3: Place(None)}, waiting={3})

    async def come_and_go() -> None:
        for _ in range(10):
            place = world.places.pop(3)
            await asyncio.sleep(1.2 * LOOK_SECONDS)
            world.places[3] = place
            await asyncio.sleep(0.5 * LOOK_SECONDS)

    await asyncio.gather(come_and_go(), survives(world))


async def test_the_keeper_tells_of_refusals_and_of_what_is_not_stored() -> None:
    """A refusal of one partition explains why others wait behind it, too."""
    desk = Desk()
    assert desk.keeper.place(0) == Place(None)
    await desk.take()
    assert desk.keeper.place(0) == Place(0, 0)
    await desk.keeper.handle(0, batch(snap("m1")))
    assert desk.keeper.place(0) == Place(1, 0, unstored=True)
    desk.store.failures = 1
    desk.clock.seconds = 7.0
    await desk.keeper.checkpoint(0)
    assert desk.keeper.place(0) == Place(1, 1, refused_at=7.0)
    assert desk.keeper.place(1) == Place(None, refused_at=7.0)


async def test_a_partition_that_is_being_read_in_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading in a million missions takes its time, and cannot stand still."""
    desk = Desk()
    reading, go_on = threading.Event(), threading.Event()
    restore = desk.keeper._restore

    def slowly(*arguments: Any) -> Any:
        reading.set()
        assert go_on.wait(10)
        return restore(*arguments)

    monkeypatch.setattr(desk.keeper, "_restore", slowly)
    taking = asyncio.create_task(desk.take())
    await asyncio.to_thread(reading.wait, 10)
    assert desk.keeper.place(0) is None
    go_on.set()
    await taking
    assert desk.keeper.place(0) == Place(0, 0)


async def ending(desk: Desk, kafka: ApacheKafka, topic: str, *, seconds: float) -> asyncio.Task[None]:
    """A worker with little patience."""
    app = WorkerApp(settings_for(kafka, topic), desk.keeper, desk.instruments, watchdog_seconds=seconds)
    return asyncio.create_task(app.run(asyncio.Event()))


@pytest.mark.integration
async def test_a_worker_whose_store_swallows_a_checkpoint_ends(
    apache_kafka: ApacheKafka, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And tells where every task stood, so that somebody can find out why."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 2})
    desk = Desk()
    ticking = asyncio.create_task(tick(desk))
    async with sending(apache_kafka) as producer:
        desk.store.gate = asyncio.Event()
        await producer.send_and_wait(topic, event(1), partition=1)
        running = await ending(desk, apache_kafka, topic, seconds=3)
        with pytest.raises(WorkerFailed, match=r"partitions \[1\] have not moved for 3 s"):
            await asyncio.wait_for(running, timeout=60)
    ticking.cancel()
    assert "checkpoint-1:" in caplog.text
    assert "Keeper._persist" in caplog.text


@pytest.mark.integration
async def test_a_worker_at_the_end_of_its_log_lives(apache_kafka: ApacheKafka, topic: str) -> None:
    """Also where the log ends with the marker of a transaction, which is no record to take.

    Records and marker are taken out together, so what is stored lies behind both.
    """
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    ticking = asyncio.create_task(tick(desk))
    async with sending(apache_kafka, transactional_id=topic) as producer:
        async with producer.transaction():
            await producer.send(topic, event(1), partition=0)
        running = await ending(desk, apache_kafka, topic, seconds=1.5)
        await wait_until(lambda: stored(desk) == 2, "the record to be stored", timeout_seconds=60)
        done, _ = await asyncio.wait({running}, timeout=5)
        assert not done
        async with producer.transaction():
            await producer.send(topic, event(2), partition=0)
        await wait_until(lambda: stored(desk) == 4, "the next record to be stored")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ticking.cancel()


@pytest.mark.integration
async def test_only_committed_records_count_as_waiting(apache_kafka: ApacheKafka, topic: str) -> None:
    """Neither markers nor what was aborted; and a record below the offset has been taken."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 3})
    kafka = settings_for(apache_kafka, topic)
    async with sending(apache_kafka, transactional_id=topic) as producer:
        async with producer.transaction():
            for number in range(3):
                await producer.send(topic, event(number), partition=number)
        await producer.begin_transaction()
        await producer.send(topic, event(4), partition=1)
        await producer.abort_transaction()
    places = [TopicPartition(topic, number) for number in range(3)]
    assert await records_waiting(kafka, dict(zip(places, range(3), strict=True))) == {places[0]}
    assert await records_waiting(kafka, {}) == set()
