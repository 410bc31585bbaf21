"""Batches on the belt: nothing counts as taken before it has arrived, order is kept, a slow target is waited for."""

import asyncio
from collections.abc import Sequence

import pytest

from monitor.core.batch import Batch, Record
from monitor.core.mission import Reason
from monitor.feeding import belt as belt_module
from monitor.feeding.belt import PART_RECORDS, Belt
from monitor.feeding.carrying import Carried, Carrier
from monitor.feeding.delivery import Undelivered
from monitor.feeding.instruments import FeedInstruments, Place
from monitor.feeds.formats import RegistryUnavailable
from monitor.feeds.rows import What, Why
from monitor.worker import watchdog
from monitor.worker.refusal import InvalidFlood
from monitor.worker.work import ForeignLog, LogBounds
from tests.eventually import wait_until
from tests.feeding.rules import Told, Van, batch, carrier, record

CALLS = Place("calls", 0)
EVER = 10**9


class World:
    """A belt with everything around it."""

    def __init__(self, van: Van | None = None, *, flood: InvalidFlood[Place] | None = None) -> None:
        self.seconds = 0.0
        self.van = van or Van()
        self.instruments = FeedInstruments("police", ["calls"])
        self.belt = Belt(
            {"calls": carrier()}, self.van, instruments=self.instruments, monotonic=lambda: self.seconds, flood=flood
        )

    async def take(self, *, earliest: int = 0, end: int = EVER, committed: int | None = None) -> int:
        return await self.belt.take_over(CALLS, LogBounds(earliest, end, committed))

    def counted(self, name: str, **labels: str) -> float | None:
        return self.instruments.registry.get_sample_value(name, {"service": "police", **labels})


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long here."""
    monkeypatch.setattr(belt_module, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(belt_module, "ATTEMPT_SECONDS", 0.02)


@pytest.fixture
async def world() -> World:
    """With partition 0 taken over from its beginning."""
    world = World()
    await world.take()
    return world


async def test_what_has_arrived_may_be_committed_and_no_more(world: World) -> None:
    """The group's offset stands behind what Kafka has acknowledged, also while more is under way."""
    assert await world.belt.handle(CALLS, batch(0, 3))
    assert world.belt.kept[CALLS].stored_offset == 3
    world.van.gate = asyncio.Event()
    handling = asyncio.create_task(world.belt.handle(CALLS, batch(3, 6)))
    await wait_until(lambda: world.belt.kept[CALLS].busy, "a part to be under way")
    assert world.belt.kept[CALLS].stored_offset == 3
    world.van.gate.set()
    assert await handling
    assert world.belt.kept[CALLS].stored_offset == 6
    assert world.van.keys == ["0", "1", "2", "3", "4", "5"]
    assert world.counted("monitor_feed_records_total", topic="calls") == 6


async def test_a_refused_part_is_sent_again_from_its_beginning_and_counted_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once when it begins, and once when it is over."""
    world.van.refusals = [Undelivered("topic mission-events does not take events") for _ in range(3)]
    with caplog.at_level("INFO"):
        assert await world.belt.handle(CALLS, batch(0, 3))
    assert world.van.keys == ["0", "1", "2"]
    assert world.counted("monitor_feed_records_total", topic="calls") == 3
    assert world.counted("monitor_feed_retries_total") == 3
    assert caplog.text.count("does not take events") == caplog.text.count("arrives again") == 1


async def test_a_target_that_does_not_answer_is_waited_for_and_explains_the_standstill(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The watchdog must not end a feed that waits for a broker: each unanswered moment is noted as a refusal."""
    world.van.gate = asyncio.Event()
    handling = asyncio.create_task(world.belt.handle(CALLS, batch(0, 3)))
    await wait_until(lambda: world.counted("monitor_feed_retries_total") or 0, "the silence to be noted")
    before = world.belt.place(CALLS)
    world.seconds += 30
    counted = world.counted("monitor_feed_retries_total") or 0
    await wait_until(lambda: (world.counted("monitor_feed_retries_total") or 0) > counted, "it to be noted again")
    after = world.belt.place(CALLS)
    assert before is not None
    assert after is not None
    assert after.unstored
    assert before != after
    assert world.belt.trouble() == "partitions [calls:0] wait: no answer to what was sent for 0.02 s"
    world.van.gate.set()
    assert await handling
    assert world.belt.trouble() is None
    assert caplog.text.count("no answer to what was sent") == 1


async def test_a_large_batch_goes_in_parts_and_what_has_arrived_is_not_repeated(world: World) -> None:
    """So memory is bounded, and a crash or a refusal repeats little."""
    assert await world.belt.handle(CALLS, batch(0, 2 * PART_RECORDS + 5))
    assert [len(parcels) for _, _, parcels in world.van.arrived] == [PART_RECORDS, PART_RECORDS, 5]
    heavy = Batch(4005, 4009, [Told(offset, b"{" + b" " * 400_000) for offset in range(4005, 4009)])
    assert await world.belt.handle(CALLS, heavy)
    assert [len(parcels) for _, _, parcels in world.van.arrived[3:]] == [3, 1]


async def test_a_gap_is_fetched_again_and_what_was_taken_is_passed_over(world: World) -> None:
    """Faust may lose a batch, and may bring one twice."""
    assert not await world.belt.handle(CALLS, batch(5, 8))
    assert await world.belt.handle(CALLS, batch(0, 6))
    assert await world.belt.handle(CALLS, batch(4, 8))
    assert world.van.keys == [str(number) for number in range(8)]


async def test_offsets_without_records_are_passed_by(world: World) -> None:
    """Markers of transactions and what compaction removed: known to be empty."""
    assert await world.belt.handle(CALLS, Batch(0, 9, [record(2, id="a")]))
    assert world.belt.kept[CALLS].next_offset == 9


async def test_a_feed_begins_at_the_beginning_and_goes_on_at_the_commit() -> None:
    """Without a commit everything that the topic holds is read."""
    world = World()
    assert await world.take(earliest=4) == 4
    assert await World().take(committed=7) == 7
    assert world.counted("monitor_feed_lost_offsets_total", topic="calls") == 0


async def test_what_retention_removed_unread_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Loudly: nobody will ever tell those missions."""
    world = World()
    assert await world.take(earliest=12, committed=7) == 12
    assert world.counted("monitor_feed_lost_offsets_total", topic="calls") == 5
    assert "retention removed 5 offsets" in caplog.text


async def test_a_topic_that_ends_before_the_commit_is_not_read_in_silence() -> None:
    """It was emptied or made anew: a person decides."""
    with pytest.raises(ForeignLog, match=r"offset 7, but the topic ends at 3.*--to-earliest"):
        await World().take(end=3, committed=7)


async def test_a_partition_that_comes_back_goes_on_where_this_process_had_come(world: World) -> None:
    """Whatever Kafka knows of it: what has arrived need not be sent again."""
    await world.belt.handle(CALLS, batch(0, 5))
    assert await world.take(committed=2) == 5


async def test_handing_over_lets_what_is_under_way_arrive(world: World) -> None:
    """And begins nothing more of it."""
    world.van.gate = asyncio.Event()
    handling = asyncio.create_task(world.belt.handle(CALLS, batch(0, PART_RECORDS + 5)))
    await wait_until(lambda: world.belt.kept[CALLS].busy, "a part to be under way")
    storing = asyncio.create_task(world.belt.store_all([CALLS], within_seconds=60))
    await asyncio.sleep(0)
    world.van.gate.set()
    await storing
    assert not await handling
    assert world.belt.kept[CALLS].stored_offset == PART_RECORDS
    assert len(world.van.keys) == PART_RECORDS


async def test_handing_over_waits_no_longer_than_it_may(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A target that is away must not keep a partition from others; what was sent is sent again by who goes on."""
    world.van.gate = asyncio.Event()
    handling = asyncio.create_task(world.belt.handle(CALLS, batch(0, 3)))
    await wait_until(lambda: world.belt.kept[CALLS].busy, "a part to be under way")
    await world.belt.let_go([CALLS], within_seconds=0.01)
    assert not await handling
    assert world.belt.kept == {}
    assert "has not arrived in time" in caplog.text
    assert world.belt.place(CALLS) == watchdog.Place(None, refused_at=world.belt.place(CALLS).refused_at)  # type: ignore[union-attr]


async def test_a_partition_handed_over_and_still_here_is_taken_over_anew(world: World) -> None:
    """Else it would be fetched for ever, and never taken."""
    await world.belt.store_all([CALLS], within_seconds=1)
    assert not await world.belt.handle(CALLS, batch(0, 3))
    assert CALLS not in world.belt.kept
    assert await world.take() == 0
    assert await world.belt.handle(CALLS, batch(0, 3))


async def test_the_end_of_the_process_ends_what_it_waits_for(world: World) -> None:
    """Cancelled, the agent raises: it must not go on to the next batch."""
    world.van.gate = asyncio.Event()
    handling = asyncio.create_task(world.belt.handle(CALLS, batch(0, 3)))
    await wait_until(lambda: world.belt.kept[CALLS].busy, "a part to be under way")
    handling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handling
    assert world.belt.kept[CALLS].stored_offset == 0
    assert not world.belt.kept[CALLS].busy


async def test_refusals_are_told_by_reason_without_a_word_of_a_record(caplog: pytest.LogCaptureFixture) -> None:
    """Once a minute; metrics count them all."""
    world = World()
    await world.take()
    torn = [Told(0, b"{"), record(1, id="Hansen", to="?secret"), record(2, id="Hansen", to="?secret")]
    assert await world.belt.handle(CALLS, Batch(0, 3, torn))
    assert await world.belt.handle(CALLS, Batch(3, 4, [Told(3, b"{")]))
    assert caplog.text.count("refused since") == 1
    assert "2 unknown_word, 1 unreadable; the last of them at calls:0, offset 2" in caplog.text
    assert "Hansen" not in caplog.text
    assert "secret" not in caplog.text
    assert world.counted("monitor_feed_refused_total", topic="calls", reason="unreadable") == 2
    world.seconds += 60
    assert await world.belt.handle(CALLS, Batch(4, 5, [Told(4, b"{")]))
    assert "2 unreadable; the last of them at calls:0, offset 4" in caplog.text


async def test_a_flood_of_refusals_slows_its_partition(caplog: pytest.LogCaptureFixture) -> None:
    """A feed file that fits nothing must not carry the whole topic into the dead letters at full speed."""
    world = World(flood=InvalidFlood(most=0.5, window=10, per_second=1.0))
    await world.take()
    flood = [record(offset, id="Hansen", to="?secret") for offset in range(20)]
    assert await world.belt.handle(CALLS, Batch(0, 20, flood))
    assert "secret" not in caplog.text
    assert "partition calls:0: 20 of its newest 20 records are invalid" in caplog.text
    assert world.belt.held(CALLS)
    assert world.belt.place(CALLS) is None
    assert not await world.belt.handle(CALLS, batch(20, 22))
    world.seconds += 21
    assert await world.belt.handle(CALLS, batch(20, 22))


async def test_lags_of_partitions_that_others_have_do_not_linger() -> None:
    """By topic and partition."""
    instruments = FeedInstruments("police", ["calls"])
    instruments.lag(CALLS, 5)
    instruments.lag(Place("units", 3), 7)
    instruments.keep_lags({CALLS})
    found = {
        (sample.labels["topic"], sample.value)
        for family in instruments.registry.collect()
        for sample in family.samples
        if sample.name == "monitor_feed_lag_records"
    }
    assert found == {("calls", 5.0)}


def test_whatever_a_feed_may_refuse_or_notice_has_its_series_from_the_start() -> None:
    """Of one that begins at 1 no rate sees the first: also batches that were never unpacked, and events too large."""
    found = {
        (sample.name, sample.labels.get("reason") or sample.labels.get("what")): sample.value
        for family in FeedInstruments("police", ["calls"]).registry.collect()
        for sample in family.samples
        if sample.labels.get("topic") == "calls"
    }
    for reason in (*Why, Reason.BATCH_TOO_LARGE, Reason.BATCH_UNREADABLE, Reason.TOO_LARGE):
        assert found["monitor_feed_refused_total", reason] == 0
    for what in What:
        assert found["monitor_feed_noticed_total", what] == 0


async def test_a_registry_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """What cannot be read for want of a schema is no fault of the record: nothing of it goes to the dead letters."""
    answers = iter([RegistryUnavailable("the schema registry cannot be reached"), None])
    read = Carrier.carry_all

    def carry_all(self: Carrier, records: Sequence[Record]) -> list[Carried]:
        if (fault := next(answers)) is not None:
            raise fault
        return read(self, records)

    monkeypatch.setattr(Carrier, "carry_all", carry_all)
    assert await world.belt.handle(CALLS, batch(0, 3))
    assert world.van.keys == ["0", "1", "2"]
    assert world.counted("monitor_feed_retries_total") == 1
