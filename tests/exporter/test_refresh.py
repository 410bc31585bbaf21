"""The loop follows the store and the clock, and survives what can happen to a store."""

import asyncio
import logging
from dataclasses import replace

import pytest

from monitor.core.history import History
from monitor.core.verdict import State
from monitor.exporter.refresh import READ_AT_ONCE, Refresh
from monitor.published import StoreState
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.store.port import PartitionChange, StoreUnavailable
from tests.eventually import wait_until
from tests.exporter.conftest import Running
from tests.exporter.world import DAY, HOUR, World, measured, missions, shows
from tests.presets import police, without


async def test_what_is_stored_is_published(world: World, running: Running) -> None:
    """The first publication after loading holds every partition."""
    await world.tell(missions(3))
    await world.tell(missions(2, name="other"), partition=7)
    refresh = await running(world)
    assert refresh.published.loaded
    assert refresh.published.store_up
    assert refresh.published.problem is None
    assert sorted(refresh.published.heads) == [0, 7]
    assert measured(refresh) == 5
    assert measured(refresh, area="national") == 5


async def test_changes_are_followed(running: Running) -> None:
    """A checkpoint is published without waiting for the next regular refresh."""
    world = World(refresh_seconds=600.0)
    refresh = await running(world)
    assert measured(refresh) == 0
    await world.tell(missions(3))
    await shows(refresh, 3)
    await world.tell(missions(4, name="more"), partition=1)
    await shows(refresh, 7)


class SlowStore(MemoryStore):
    """One that is far away: an answer comes when all who may ask at a time have asked."""

    def __init__(self, backing: MemoryBacking, partitions: int) -> None:
        super().__init__(backing)
        self.asked: list[int] = []
        self.waiting = self.most = 0
        self.away = False
        self._together = asyncio.Barrier(min(partitions, READ_AT_ONCE))

    async def changes_since(
        self, partition: int, sequence: int, *, writer: int | None = None
    ) -> PartitionChange | None:
        self.asked.append(partition)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self._together.wait()
        self.waiting -= 1
        if self.away:
            raise StoreUnavailable("no answer in time")
        return await super().changes_since(partition, sequence, writer=writer)


async def far_away(running: Running) -> tuple[World, SlowStore, Refresh]:
    """A world of more partitions than are read at once, and who has read them all."""
    world = World(refresh_seconds=600.0)
    for partition in range(3 * READ_AT_ONCE):
        await world.tell(missions(1, name=f"of {partition}"), partition=partition)
    slow = world.reading = SlowStore(world.backing, 3 * READ_AT_ONCE)
    return world, slow, await running(world)


async def test_partitions_of_a_store_far_away_are_waited_for_together(running: Running) -> None:
    """So many at a time and never more, each of them once; what they tell is all there."""
    _, slow, refresh = await far_away(running)
    assert measured(refresh) == 3 * READ_AT_ONCE
    assert slow.most == READ_AT_ONCE
    assert slow.asked[: 3 * READ_AT_ONCE] == list(range(3 * READ_AT_ONCE))


async def test_after_a_fault_no_further_partition_is_asked_for(running: Running) -> None:
    """A store that is away is told to be so after one time-out, not after one for each partition."""
    world, slow, refresh = await far_away(running)
    slow.asked.clear()
    slow.away = True
    world.backing.announce()
    await wait_until(lambda: not refresh.published.store_up, "the store to be told down")
    assert set(slow.asked) == set(range(READ_AT_ONCE))
    slow.away = False
    await wait_until(lambda: refresh.published.store_up, "the store to be told up")
    assert measured(refresh) == 3 * READ_AT_ONCE


async def test_a_correction_replaces_what_was_published(world: World, running: Running) -> None:
    """A mission that moves to another district leaves the first."""
    await world.tell(missions(1))
    refresh = await running(world)
    await world.tell(missions(1, district="vest"))
    await shows(refresh, 1, area="vest")
    assert measured(refresh) == 0


async def test_windows_move_with_the_clock(world: World, running: Running) -> None:
    """Without any event a mission leaves the day's window and stays in the month's.

    rang            now            now + 25 h
    |---------------|--------------|
    [----- 24h -----]
            [------ 24h ----------]
    """
    await world.tell(missions(1))
    refresh = await running(world)
    assert measured(refresh, "24h") == 1
    world.clock.now += 25 * HOUR
    await shows(refresh, 0, "24h")
    assert measured(refresh, "28d") == 1


async def test_the_store_goes_down_and_comes_back(
    world: World, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The last figures stay and move with the clock; afterwards what was missed is read; each turn is logged once."""
    caplog.set_level(logging.INFO, "monitor.exporter.refresh")
    await world.tell(missions(3))
    refresh = await running(world)
    read_at = refresh.published.read_at
    world.backing.reachable = False
    await wait_until(lambda: not refresh.published.store_up, "the store to be told down")
    down = refresh.published
    assert (down.store, down.loaded, measured(refresh)) == (StoreState.DOWN, True, 3)
    assert down.problem is not None
    world.clock.now += 25 * HOUR
    await shows(refresh, 0, "24h")
    assert measured(refresh) == 3
    assert refresh.published.read_at == read_at
    world.backing.reachable = True
    await world.tell(missions(1, name="later"))
    await shows(refresh, 4)
    await wait_until(lambda: refresh.published.store_up, "the store to be told up")
    assert refresh.published.problem is None
    turns = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert [turn.partition(",")[0] for turn in turns] == ["store down", "store up again"]


async def test_a_store_that_is_down_from_the_start_is_loaded_later(world: World, running: Running) -> None:
    """Nothing is known until the store answers; then everything is."""
    await world.tell(missions(3))
    world.backing.reachable = False
    refresh = await running(world)
    assert not refresh.published.loaded
    assert refresh.published.read_at is None
    world.backing.reachable = True
    await shows(refresh, 3)
    assert refresh.published.loaded


async def test_an_emptied_store_is_dropped_and_followed_anew(world: World, running: Running) -> None:
    """What is no longer stored is no longer shown, and what is written afterwards is."""
    await world.tell(missions(3))
    refresh = await running(world)
    world.forget()
    await shows(refresh, 0)
    await wait_until(lambda: not refresh.published.heads, "the head to go")
    await world.tell(missions(2, name="again"))
    await shows(refresh, 2)


async def test_a_store_emptied_and_refilled_behind_our_back_is_read_whole(running: Running) -> None:
    """Nothing of the earlier life stays, although the partition was there at every reading."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(3, rang=world.clock.now - 5 * DAY))
    refresh = await running(world)
    world.forget()
    await world.tell(missions(2, name="again"))
    await shows(refresh, 2)


async def test_a_sequence_that_was_overtaken_does_not_hide_an_emptied_store(running: Running) -> None:
    """An offset that goes back gives away a store that was emptied, even where the sequence does not."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(3, rang=world.clock.now - 5 * DAY))
    refresh = await running(world)
    world.forget()
    world.backing.first_sequence = 2**41
    await world.tell(missions(2, name="again"))
    await shows(refresh, 2)


async def test_after_an_outage_everything_is_read_again(world: World, running: Running) -> None:
    """Whatever a store became while it was away (restored, failed over, refilled), nothing of before stays."""
    await world.tell(missions(3, rang=world.clock.now - 5 * DAY))
    refresh = await running(world)
    world.backing.reachable = False
    await wait_until(lambda: not refresh.published.store_up, "the store to be told down")
    world.forget()
    world.backing.first_sequence = 2**41
    world.backing.reachable = True
    await world.tell(missions(4, name="again"))
    await shows(refresh, 4)


async def test_state_of_a_newer_program_is_refused_loudly(
    world: World, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The last figures stay, the problem is told and logged once as an error, and readable state is used again."""
    await world.tell(missions(3))
    refresh = await running(world)
    world.spoil()
    await wait_until(lambda: refresh.published.store is StoreState.UNREADABLE, "the state to be refused")
    assert "schema version 99" in str(refresh.published.problem)
    assert measured(refresh) == 3
    first = refresh.published
    await wait_until(lambda: refresh.published is not first, "another publication")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    world.mend()
    await world.tell(missions(1, name="later"))
    await shows(refresh, 4)
    assert refresh.published.store_up


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_head_that_its_days_do_not_bear_out_is_never_shown(
    world: World, running: Running, *, fresh: bool
) -> None:
    """Neither by a reader that saw it whole before nor by a new one; made anew, it is shown again."""
    await world.tell(missions(3))
    refresh = None if fresh else await running(world)
    kept = world.backing.kept[0]
    whole = dict(kept.days)
    kept.days = dict.fromkeys(whole, ())
    kept.changed = dict.fromkeys(whole, kept.sequence + 1)
    kept.sequence += 1
    world.backing.announce()
    refresh = refresh or await running(world)
    await wait_until(lambda: refresh.published.store is StoreState.UNREADABLE, "the state to be refused")
    assert "the head counts 3 missions, its days hold 0" in str(refresh.published.problem)
    assert measured(refresh) == (0 if fresh else 3)
    assert refresh.published.loaded is not fresh
    await world.store.claim(0, anew=True)
    world.partitions.clear()
    await world.tell(missions(5))
    await shows(refresh, 5)
    assert refresh.published.store_up


async def test_a_partition_that_cannot_be_read_does_not_have_the_others_read_whole_again_and_again(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until somebody mends it that may be days, and each try would cost as much as starting."""
    await world.tell(missions(3))
    await world.tell(missions(2, name="other"), partition=1)
    refresh = await running(world)
    asked: list[tuple[int, int]] = []
    changes_since = world.reading.changes_since

    async def noted(partition: int, sequence: int, *, writer: int | None = None) -> PartitionChange | None:
        asked.append((partition, sequence))
        return await changes_since(partition, sequence, writer=writer)

    monkeypatch.setattr(world.reading, "changes_since", noted)
    kept = world.backing.kept[1]
    kept.days = dict.fromkeys(kept.days, ())
    kept.changed = dict.fromkeys(kept.days, kept.sequence + 1)
    kept.sequence += 1
    world.backing.announce()
    await wait_until(lambda: refresh.published.store is StoreState.UNREADABLE, "the state to be refused")
    await wait_until(lambda: asked.count((1, 0)) >= 3, "three more tries, each of all of it")
    assert (0, 0) not in asked
    await world.tell(missions(1, name="later"))
    await shows(refresh, 6)


async def test_a_burst_of_checkpoints_is_published_in_few_snapshots(running: Running) -> None:
    """Changes that follow each other closely share a snapshot."""
    world = World(refresh_seconds=600.0)
    refresh = await running(world)
    publications = 0

    async def count() -> None:
        nonlocal publications
        seen = refresh.published
        while True:
            seen = await refresh.after(seen)
            publications += 1

    counting = asyncio.create_task(count())
    for number in range(30):
        await world.tell(missions(1, name=f"burst-{number}"))
    await shows(refresh, 30)
    counting.cancel()
    assert publications <= 3


async def test_a_published_state_never_changes(world: World, running: Running) -> None:
    """Who holds one sees the same figures and heads whatever comes after."""
    await world.tell(missions(3))
    refresh = await running(world)
    held = refresh.published
    heads, rows = dict(held.heads), list(held.snapshot.rows)
    await world.tell(missions(3, name="more"), partition=1)
    await shows(refresh, 6)
    assert (dict(held.heads), list(held.snapshot.rows)) == (heads, rows)


async def test_questions_are_answered_between_the_turns_of_the_writer(world: World, running: Running) -> None:
    """Whoever asks sees whole checkpoints, however much is absorbed meanwhile, and a bad question harms nobody."""
    refresh = await running(world)

    def counted(history: History) -> int:
        return len(history.timeline("oslo", "urban").rang_at)

    async def ask() -> list[int]:
        return [await refresh.ask(counted) for _ in range(40)]

    async def tell() -> None:
        for number in range(10):
            await world.tell(missions(10, name=f"round-{number}"))

    *answers, _ = await asyncio.gather(ask(), ask(), tell())
    assert all(count % 10 == 0 for told in answers for count in told)
    with pytest.raises(ZeroDivisionError):
        await refresh.ask(lambda _history: 1 // 0)
    await shows(refresh, 100)
    assert await refresh.ask(counted) == 100


YEAR = 365 * DAY


def states(refresh: Refresh, area: str = "oslo") -> set[State]:
    """Every verdict of an area's cities."""
    return {
        verdict.state
        for row in refresh.published.snapshot.rows
        if (row.area, row.category) == (area, "urban")
        for verdict in row.verdicts.values()
    }


@pytest.mark.parametrize("ahead", [HOUR, YEAR, 1e12])
async def test_a_refused_record_of_the_future_does_not_hide_that_the_feed_is_silent(
    ahead: float, world: World, running: Running
) -> None:
    """One garbled record, stamped an hour, a year, or ages ahead, and then nothing: no data, and never met."""
    await world.tell(missions(20))
    await world.tell([b"{"], at=world.clock.now + ahead)
    refresh = await running(world)
    await shows(refresh, 20)
    assert states(refresh) == {State.MET}
    assert refresh.published.snapshot.heard.ahead_at is not None
    world.clock.now += 7 * HOUR
    await wait_until(lambda: refresh.published.snapshot.stale, "the feed to be stale")
    assert states(refresh) == {State.NO_DATA}


async def test_an_accepted_record_of_the_future_is_believed_until_it_arrived(world: World, running: Running) -> None:
    """The producer's clock is a year ahead: the feed lives, and is silent once it falls silent."""
    await world.tell(missions(20), at=world.clock.now + YEAR)
    refresh = await running(world)
    await shows(refresh, 20)
    assert not refresh.published.snapshot.stale
    world.clock.now += 6 * HOUR + 301.0
    await wait_until(lambda: refresh.published.snapshot.stale, "the feed to be stale")
    assert states(refresh) == {State.NO_DATA}


async def test_a_clock_that_steps_back_does_not_turn_silence_into_met(world: World, running: Running) -> None:
    """The exporter's clock goes back by all of the silence: only the next event ends it."""
    await world.tell(missions(20))
    refresh = await running(world)
    world.clock.now += 7 * HOUR
    await wait_until(lambda: refresh.published.snapshot.stale, "the feed to be stale")
    world.clock.now -= 7 * HOUR
    at = world.clock.now
    await wait_until(lambda: refresh.published.snapshot.at == at, "the clock to be seen")
    assert refresh.published.snapshot.stale
    assert states(refresh) == {State.NO_DATA}
    world.clock.now += 1.0
    await world.tell(missions(1, name="next"))
    await wait_until(lambda: not refresh.published.snapshot.stale, "the feed to be alive")
    assert states(refresh) == {State.MET}


async def test_stored_missions_of_a_district_no_longer_configured_are_told(
    world: World, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """They are in no figure, the nation's included; how many, the snapshot and one line of the log say."""
    await world.tell(missions(3))
    await world.tell(missions(4, name="gone", district="finnmark", settlement="town"), partition=1)
    world.configuration = replace(world.configuration, service=without(police(), "finnmark"))
    refresh = await running(world)
    await shows(refresh, 3)
    assert measured(refresh, area="national", settlement="town") == 0
    assert refresh.published.snapshot.left_out == {"finnmark": 4}
    await world.tell(missions(5, name="more"))
    await shows(refresh, 8)
    told = [record.getMessage() for record in caplog.records if "not declared" in record.getMessage()]
    assert len(told) == 1
    assert "finnmark (4)" in told[0]
