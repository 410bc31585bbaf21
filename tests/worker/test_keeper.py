"""The keeper without Faust: what is taken, what is stored in which order, and who may go on with what."""

import asyncio
import copy
from dataclasses import replace

import pytest

from monitor.core.batch import Batch
from monitor.core.ledger import Ledger
from monitor.core.mission import Mission
from monitor.core.outcomes import Outcome
from monitor.core.stored import NEWEST, DamagedState, StoredStateError
from monitor.store.port import StoreUnavailable
from monitor.worker import keeper as keeping
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.work import ForeignLog, LogBounds
from tests.core.events import Rec, Snap, records
from tests.eventually import wait_until
from tests.worker.desk import Box, Desk, figures_of

OSLO = ("oslo", "urban")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(keeping, "LONGEST_WAIT_SECONDS", 0.002)


def snap(mission: str, response: int | None = 300, revision: int = 1) -> Snap:
    return Snap(mission, revision, *OSLO, True, "closed", 10, response, False, 20)


def batch(*snaps: Snap, start: int = 0) -> Batch:
    return Batch(start, start + len(snaps), records(list(snaps), start))


def poisoned(start: int = 0) -> Batch:
    """One good record, then one that is no event."""
    return Batch(start, start + 2, [*records([snap("good")], start), Rec(start + 1, 5, b"{")])


class TestPolicy:
    """When to store is a decision, made without a timer."""

    def test_a_checkpoint_is_due_by_age_or_by_size(self) -> None:
        """Old enough or large enough, either suffices; twice the size is full."""
        policy = CheckpointPolicy(seconds=0.5, missions=10)
        assert not policy.due(changed=9, since_seconds=0.49)
        assert policy.due(changed=0, since_seconds=0.5)
        assert policy.due(changed=10, since_seconds=0.0)
        assert not policy.full(changed=19)
        assert policy.full(changed=20)

    async def test_the_keeper_names_what_is_due(self) -> None:
        """Nothing without changes, nothing too early, and nothing that is being stored already."""
        desk = Desk()
        await desk.take()
        desk.clock.seconds = 99.0
        assert desk.keeper.due() == []
        await desk.keeper.handle(0, batch(snap("a")))
        assert desk.keeper.due() == []
        desk.clock.seconds += 0.5
        assert desk.keeper.due() == [0]
        desk.store.gate = asyncio.Event()
        storing = asyncio.create_task(desk.keeper.checkpoint(0))
        await wait_until(lambda: desk.store.checkpoints, "the checkpoint to reach the store")
        await desk.keeper.handle(0, batch(snap("b"), start=1))
        desk.clock.seconds += 1
        assert desk.keeper.due() == []
        desk.store.gate.set()
        await storing
        assert desk.keeper.due() == [0]

    async def test_partitions_are_stored_together(self) -> None:
        """Whoever is due takes along what has waited half as long, so that readers read once; no sooner than that."""
        desk = Desk()
        for number in range(3):
            await desk.keeper.take_over(number, LogBounds(0, 10**9, None))
        for number, waited in ((0, 0.2), (1, 0.2), (2, 0.1)):
            await desk.keeper.handle(number, batch(snap(f"m{number}")))
            desk.clock.seconds += waited
        assert desk.keeper.due() == [0, 1]

    async def test_many_dead_letters_are_due_like_many_missions(self) -> None:
        """Memory is bounded by what waits, whatever it is."""
        desk = Desk(missions=2)
        await desk.take()
        await desk.keeper.handle(0, Batch(0, 2, [Rec(0, 5, b"{"), Rec(1, 5, b"{")]))
        assert desk.keeper.due() == [0]


class TestHandling:
    """A batch is counted once, or the caller is told to seek."""

    async def test_a_batch_is_counted_and_stored_without_faust(self) -> None:
        """Handle and checkpoint are all that is needed to get a figure into the store."""
        desk = Desk()
        assert await desk.take() == 0
        assert await desk.keeper.handle(0, batch(snap("a"), snap("b")))
        assert await figures_of(desk.backing) == {}
        await desk.keeper.checkpoint(0)
        assert await figures_of(desk.backing) == {OSLO: (2, 0, 0, 0)}
        assert desk.keeper.kept[0].stored_offset == 2

    async def test_a_partition_that_is_not_kept_takes_nothing(self) -> None:
        """The caller hears it, and fetches again once it owns the partition."""
        assert not await Desk().keeper.handle(0, batch(snap("a")))

    async def test_a_gap_is_refused_and_changes_nothing(self) -> None:
        """A dropped batch shows when the next one comes: the consumer seeks back."""
        desk = Desk()
        await desk.take()
        assert not await desk.keeper.handle(0, batch(snap("b"), start=1))
        assert desk.keeper.kept[0].partition.next_offset == 0
        assert await desk.keeper.handle(0, batch(snap("a"), snap("b")))

    async def test_records_delivered_again_are_counted_as_such(self) -> None:
        """They change nothing, and a counter tells."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a"), snap("b")))
        await desk.keeper.handle(0, batch(snap("a"), snap("b"), snap("c")))
        await desk.keeper.checkpoint(0)
        assert await figures_of(desk.backing) == {OSLO: (3, 0, 0, 0)}
        assert desk.counted("monitor_redelivered_records_total") == 2


class TestStoring:
    """Dead letters first, then the checkpoint; neither is lost when the other side is away."""

    async def test_dead_letters_are_put_before_the_checkpoint_that_counts_them(self) -> None:
        """When the letter is put, the store has not been asked to write yet."""
        desk = Desk()
        asked: list[int] = []
        desk.box.on_put = lambda: asked.append(desk.store.checkpoints)
        await desk.take()
        await desk.keeper.handle(0, poisoned())
        await desk.keeper.checkpoint(0)
        assert asked == [0]
        assert desk.box.put_letters == [(0, 1, "malformed_json")]

    async def test_a_closed_box_holds_the_checkpoint_back(self) -> None:
        """No state is stored that counts a dead letter nobody has; when the box opens, all goes through."""
        box = Box(reachable=False)
        desk = Desk(box=box)
        await desk.take()
        await desk.keeper.handle(0, poisoned())
        storing = asyncio.create_task(desk.keeper.checkpoint(0))
        await wait_until(lambda: desk.counted("monitor_store_retries_total") > 3, "several attempts")
        assert desk.store.checkpoints == 0
        box.reachable = True
        await storing
        assert box.put_letters == [(0, 1, "malformed_json")]
        assert await figures_of(desk.backing) == {OSLO: (1, 0, 0, 0)}

    async def test_letters_are_not_put_again_because_the_store_was_away(self) -> None:
        """Only what failed is repeated."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, poisoned())
        desk.store.failures = 3
        await desk.keeper.checkpoint(0)
        assert len(desk.box.put_letters) == 1

    async def test_a_lost_reply_does_no_harm(self) -> None:
        """The checkpoint was written, nobody heard: repeating it succeeds, and the next one fits."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.replies_to_lose = 2
        await desk.keeper.checkpoint(0)
        await desk.keeper.handle(0, batch(snap("b"), start=1))
        await desk.keeper.checkpoint(0)
        assert desk.counted("monitor_fenced_checkpoints_total") == 0
        assert await figures_of(desk.backing) == {OSLO: (2, 0, 0, 0)}

    async def test_with_the_store_away_only_so_much_is_taken_in(self) -> None:
        """Handle waits once twice the checkpoint size is pending, and goes on without loss when the store is back."""
        desk = Desk(missions=5)
        await desk.take()
        desk.backing.reachable = False
        taken = 0

        async def feed() -> None:
            nonlocal taken
            for number in range(100):
                assert await desk.keeper.handle(0, batch(snap(f"m{number}"), start=number))
                taken += 1

        feeding = asyncio.create_task(feed())
        await wait_until(lambda: desk.counted("monitor_store_retries_total") > 3, "several attempts")
        assert taken == 9
        desk.backing.reachable = True
        await feeding
        await desk.keeper.checkpoint(0)
        assert await figures_of(desk.backing) == {OSLO: (100, 0, 0, 0)}

    async def test_what_comes_during_a_checkpoint_goes_into_the_next(self) -> None:
        """Storing does not stop taking in, and nothing falls between."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.gate = asyncio.Event()
        storing = asyncio.create_task(desk.keeper.checkpoint(0))
        await wait_until(lambda: desk.store.checkpoints, "the checkpoint to reach the store")
        await desk.keeper.handle(0, poisoned(start=1))
        desk.store.gate.set()
        await storing
        assert await figures_of(desk.backing) == {OSLO: (1, 0, 0, 0)}
        await desk.keeper.checkpoint(0)
        assert await figures_of(desk.backing) == {OSLO: (2, 0, 0, 0)}

    async def test_a_cancelled_checkpoint_ends_that_state(self) -> None:
        """Drained but perhaps not stored: the partition is dropped, and the next owner reads it from the store."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.gate = asyncio.Event()
        storing = asyncio.create_task(desk.keeper.checkpoint(0))
        await wait_until(lambda: desk.store.checkpoints, "the checkpoint to reach the store")
        storing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await storing
        assert 0 not in desk.keeper.kept
        assert desk.counted("monitor_partitions_assigned") == 0
        desk.store.gate = None
        assert await desk.take() == 0

    async def test_what_cannot_be_stored_in_time_is_left_to_the_next_owner(self) -> None:
        """Handing over does not wait for ever for a store that is away."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.backing.reachable = False
        await desk.keeper.let_go([0], within_seconds=0.01)
        assert not desk.keeper.kept
        desk.backing.reachable = True
        assert await Desk(desk.backing).take() == 0


class TestFencing:
    """One owner at a time; whoever was overtaken writes nothing more."""

    async def test_an_overtaken_worker_drops_its_state_and_writes_nothing(self) -> None:
        """The successor's figures stand, and the loss of the lease is counted."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a", 60), snap("b", 60)))
        second = Desk(first.backing)
        assert await second.take() == 0
        await second.keeper.handle(0, batch(snap("a")))
        await second.keeper.checkpoint(0)
        await first.keeper.checkpoint(0)
        assert 0 not in first.keeper.kept
        assert first.counted("monitor_fenced_checkpoints_total") == 1
        assert await figures_of(first.backing) == {OSLO: (1, 0, 0, 0)}
        assert second.keeper.kept[0].stored_offset == 1

    async def test_an_emptied_store_fences_and_is_rebuilt(self) -> None:
        """The old lease is worth nothing; the new claim begins at the beginning and counts the rewind."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        desk.backing.empty()
        await desk.keeper.handle(0, batch(snap("b"), start=1))
        await desk.keeper.checkpoint(0)
        assert 0 not in desk.keeper.kept
        assert await desk.take(committed=1) == 0
        assert desk.counted("monitor_rewinds_total") == 1

    async def test_an_emptied_store_is_noticed_without_new_events(self) -> None:
        """Partitions that the store no longer holds are forgotten; those never stored are not missed."""
        desk = Desk()
        await desk.take()
        await desk.keeper.forget_missing()
        assert 0 in desk.keeper.kept
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        await desk.keeper.forget_missing()
        assert 0 in desk.keeper.kept
        desk.backing.empty()
        await desk.keeper.forget_missing()
        assert 0 not in desk.keeper.kept

    async def test_a_confirmed_checkpoint_that_was_lost_is_noticed_without_new_events(self) -> None:
        """A fail-over has put the store back: the partition is taken over anew, and the records are read again."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        before = copy.deepcopy(desk.backing.kept)
        await desk.keeper.handle(0, batch(snap("b"), start=1))
        await desk.keeper.checkpoint(0)
        desk.backing.kept = before
        await desk.keeper.forget_missing()
        assert 0 not in desk.keeper.kept
        assert desk.counted("monitor_fenced_checkpoints_total") == 1
        assert await desk.take() == 1


class TestTakingOver:
    """Where a partition goes on, and with which memory."""

    async def test_a_fresh_partition_begins_where_the_log_does(self) -> None:
        """Neither rewind nor loss: there was nothing to lose."""
        desk = Desk()
        assert await desk.take(earliest=7) == 7
        assert desk.counted("monitor_rewinds_total") == 0
        assert desk.keeper.kept[0].partition.head.lost_offsets == 0

    async def test_stored_state_is_continued(self) -> None:
        """A second worker goes on at the stored offset with the stored missions."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a"), snap("b")))
        await first.keeper.checkpoint(0)
        second = Desk(first.backing)
        assert await second.take(committed=1) == 2
        assert set(second.keeper.kept[0].partition.missions) == {"a", "b"}
        assert second.counted("monitor_rewinds_total") == 0

    async def test_memory_is_reused_where_nobody_came_between(self) -> None:
        """A rebalance that gives the partition back reads nothing again and loses nothing unstored."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        await desk.keeper.handle(0, poisoned(start=1))
        memory = desk.keeper.kept[0].partition
        assert await desk.take() == 3
        assert desk.keeper.kept[0].partition is memory
        await desk.keeper.checkpoint(0)
        assert desk.box.put_letters == [(0, 2, "malformed_json")]
        assert await figures_of(desk.backing) == {OSLO: (2, 0, 0, 0)}

    async def test_memory_is_dropped_where_another_owner_came_between(self) -> None:
        """Even one that wrote nothing: only the store is believed."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        await desk.keeper.handle(0, batch(snap("b"), start=1))
        memory = desk.keeper.kept[0].partition
        await Desk(desk.backing).take()
        assert await desk.take() == 1
        assert desk.keeper.kept[0].partition is not memory

    @pytest.mark.parametrize("written", [False, True])
    async def test_memory_is_dropped_where_a_checkpoint_was_given_up(self, *, written: bool) -> None:
        """Its changes count as stored in memory; whether they are, only the store knows."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.gate = asyncio.Event()
        desk.store.replies_to_lose, desk.store.failures = int(written), int(not written)
        storing = asyncio.create_task(desk.keeper.checkpoint(0))
        await wait_until(lambda: desk.store.checkpoints, "the checkpoint to reach the store")
        claim = desk.store.claim

        async def claim_after_the_attempt(number: int, *, anew: bool) -> object:
            assert desk.store.gate is not None
            desk.store.gate.set()
            await storing
            return await claim(number, anew=anew)

        desk.store.claim = claim_after_the_attempt  # type: ignore[method-assign, assignment]
        assert await desk.take() == int(written)
        await desk.keeper.handle(0, batch(snap("a"), snap("b")))
        await desk.keeper.checkpoint(0)
        assert await figures_of(desk.backing) == {OSLO: (2, 0, 0, 0)}

    @pytest.mark.parametrize("damage", ["day lost", "day damaged", "head damaged", "other offset"])
    async def test_damaged_state_is_made_anew_from_kafka(self, damage: str) -> None:
        """What does not agree is given up, counted as a rewind, and ends as right as what Kafka has."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a"), snap("b")))
        await first.keeper.checkpoint(0)
        stored = first.backing.kept[0]
        if damage == "day lost":
            stored.days.clear()
        elif damage == "day damaged":
            stored.days = {day: (blob[:-1],) for day, (blob,) in stored.days.items()}
        elif damage == "head damaged":
            stored.head = b"?"
        else:
            stored.next_offset = 7
        second = Desk(first.backing)
        assert await second.take(committed=2) == 0
        assert second.counted("monitor_rewinds_total") == 1
        assert second.keeper.kept[0].partition.head.lost_offsets == 0
        await first.keeper.handle(0, batch(snap("c"), start=2))
        await first.keeper.checkpoint(0)
        assert first.counted("monitor_fenced_checkpoints_total") == 1
        await second.keeper.handle(0, batch(snap("a"), snap("b"), snap("c")))
        await second.keeper.checkpoint(0)
        assert await figures_of(first.backing) == {OSLO: (3, 0, 0, 0)}

    async def test_what_kafka_no_longer_has_is_counted_when_damaged_state_is_made_anew(self) -> None:
        """It was in the figures, and is no longer: that must not pass in silence."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a"), snap("b"), snap("c")))
        await first.keeper.checkpoint(0)
        first.backing.kept[0].days.clear()
        second = Desk(first.backing)
        assert await second.take(earliest=2) == 2
        assert second.keeper.kept[0].partition.head.lost_offsets == 2
        await second.keeper.checkpoint(0)
        assert await Desk(first.backing).take(earliest=2) == 2

    async def test_state_of_a_newer_program_is_not_given_up(self) -> None:
        """It is worth something to somebody."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a")))
        await first.keeper.checkpoint(0)
        head = first.backing.kept[0].head
        first.backing.kept[0].head = bytes((NEWEST + 1,)) + head[1:]
        with pytest.raises(StoredStateError, match="run the newer program"):
            await Desk(first.backing).take()
        first.backing.kept[0].head = head
        assert await Desk(first.backing).take() == 1

    async def test_keys_of_another_program_are_waited_for(self) -> None:
        """The checkpoint is tried again until somebody has removed them; nothing ends."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.refusals = [StoredStateError("another program"), StoredStateError("another program")]
        await desk.keeper.checkpoint(0)
        assert desk.store.checkpoints == 3
        assert await figures_of(desk.backing) == {OSLO: (1, 0, 0, 0)}

    async def test_a_partition_found_damaged_at_a_checkpoint_is_dropped(self) -> None:
        """It is taken over anew, which makes it anew."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        desk.store.refusals = [DamagedState("some days are missing")]
        await desk.keeper.checkpoint(0)
        assert desk.keeper.kept == {}

    async def test_offsets_that_retention_removed_are_counted(self) -> None:
        """The partition goes on behind the gap, and the gap is stored even if nothing follows."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a")))
        await desk.keeper.checkpoint(0)
        later = Desk(desk.backing)
        assert await later.take(earliest=5) == 5
        later.clock.seconds += 1
        assert later.keeper.due() == [0]
        await later.keeper.checkpoint(0)
        last = Desk(desk.backing)
        await last.take(earliest=5)
        assert last.keeper.kept[0].partition.head.lost_offsets == 4

    async def test_an_empty_store_is_a_rewind_only_if_the_group_has_read_before(self) -> None:
        """A first start is none."""
        desk = Desk()
        await desk.take()
        assert desk.counted("monitor_rewinds_total") == 0
        again = Desk()
        await again.take(committed=0)
        assert again.counted("monitor_rewinds_total") == 1

    async def test_state_beyond_the_end_of_the_log_is_refused(self) -> None:
        """The topic was made anew: taking from it would skip its records without a word."""
        desk = Desk()
        await desk.take()
        await desk.keeper.handle(0, batch(snap("a"), snap("b")))
        await desk.keeper.checkpoint(0)
        with pytest.raises(ForeignLog, match=r"offset 2, but the topic ends at 1.*namespace"):
            await desk.take(end=1)
        assert 0 not in desk.keeper.kept
        assert await desk.take(end=2) == 2

    async def test_a_store_that_is_away_leaves_the_partition_alone(self) -> None:
        """The caller hears it, and nothing is kept that was not claimed."""
        desk = Desk()
        await desk.take()
        desk.backing.reachable = False
        with pytest.raises(StoreUnavailable):
            await desk.take()
        assert 0 not in desk.keeper.kept
        assert not await desk.keeper.handle(0, batch(snap("a")))

    async def test_a_mission_changed_by_two_owners_is_one_mission(self) -> None:
        """The second owner's correction replaces what the first one stored."""
        first = Desk()
        await first.take()
        await first.keeper.handle(0, batch(snap("a"), replace(snap("b"), response=None)))
        await first.keeper.checkpoint(0)
        second = Desk(first.backing)
        await second.take()
        await second.keeper.handle(0, batch(snap("b", 100, revision=2), start=2))
        await second.keeper.checkpoint(0)
        assert await figures_of(first.backing) == {OSLO: (2, 0, 0, 0)}


async def test_an_attempt_that_never_ends_is_made_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that neither succeeds nor fails must not let a partition stand still without a word."""
    monkeypatch.setattr(keeping, "ATTEMPT_SECONDS", 0.05)
    desk = Desk()
    await desk.take()
    await desk.keeper.handle(0, batch(snap("m1")))
    desk.store.gate = asyncio.Event()
    storing = asyncio.create_task(desk.keeper.checkpoint(0))
    await wait_until(lambda: "no answer within" in caplog.text, "the warning")
    desk.store.gate = None
    await storing
    assert (await figures_of(desk.backing))[OSLO][0] == 1


async def test_a_batch_that_fails_half_way_is_never_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program: whoever takes over finds what was stored before, and not half a batch more."""
    desk = Desk()
    await desk.take()
    await desk.keeper.handle(0, batch(snap("a")))
    await desk.keeper.checkpoint(0)
    apply, seen = Ledger.apply, []

    def failing(ledger: Ledger, mission: Mission) -> Outcome:
        seen.append(mission)
        if len(seen) > 1:
            raise ZeroDivisionError
        return apply(ledger, mission)

    monkeypatch.setattr(Ledger, "apply", failing)
    with pytest.raises(ZeroDivisionError):
        await desk.keeper.handle(0, batch(snap("b"), snap("c"), start=1))
    monkeypatch.undo()
    await desk.keeper.let_go([0], within_seconds=1)
    assert (await figures_of(desk.backing))[OSLO][0] == 1
    later = Desk(desk.backing)
    assert await later.take() == 1
