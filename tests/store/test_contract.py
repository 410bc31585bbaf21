"""What every store guarantees, whatever it is made of."""

import asyncio
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.stored import Changes
from monitor.store.port import LOST, MOST_WORKERS, Fenced, Lease, LifeSign, Store, StoreUnavailable
from tests.eventually import wait_until
from tests.store.worlds import World, changes

ANY_BYTES = bytes(range(256))
PARTITIONS = count(1000)
"""Every Hypothesis example gets a partition that nobody has used."""


class TestClaim:
    async def test_an_empty_partition_has_no_offset_and_no_content(self, world: World) -> None:
        """Before the first checkpoint, a claim says that nothing is stored."""
        lease, stored = await world.store().claim(3)
        assert (lease.partition, lease.next_offset) == (3, None)
        assert (stored.head, dict(stored.days), stored.sequence) == (None, {}, lease.sequence)

    async def test_what_was_written_comes_back_byte_for_byte(self, world: World) -> None:
        """The next owner reads exactly the bytes of all checkpoints, in their order."""
        owner = world.store()
        lease, _ = await owner.claim(0)
        first = changes(0, 10, append={1: ANY_BYTES, 2: b""}, replace={3: [b"x", ANY_BYTES]}, head=ANY_BYTES)
        lease = await owner.checkpoint(lease, first)
        lease = await owner.checkpoint(lease, changes(10, 20, append={1: b"more"}, replace={3: [b"anew"]}))
        following, stored = await world.store().claim(0)
        assert {day: list(blobs) for day, blobs in stored.days.items()} == {
            1: [ANY_BYTES, b"more"],
            2: [b""],
            3: [b"anew"],
        }
        assert stored.head == changes(10, 20).head
        assert (following.next_offset, following.sequence, stored.sequence) == (20, lease.sequence, lease.sequence)
        assert following.epoch > lease.epoch

    async def test_a_claim_without_a_checkpoint_leaves_what_is_stored(self, world: World) -> None:
        """Owners may come and go without writing."""
        owner = world.store()
        lease, _ = await owner.claim(0)
        await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await owner.claim(0)
        lease, stored = await owner.claim(0)
        assert (lease.next_offset, list(stored.days[1])) == (10, [b"a"])

    async def test_a_day_written_empty_is_gone_for_the_next_owner(self, world: World) -> None:
        """`replace` with nothing removes the day."""
        owner = world.store()
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a", 2: b"b"}))
        await owner.checkpoint(lease, changes(10, 11, replace={1: []}))
        _, stored = await owner.claim(0)
        assert dict(stored.days).keys() == {2}

    async def test_a_claim_says_whose_it_follows(self, world: World) -> None:
        """It grows, and an owner that claims again is told whether somebody else did in between."""
        one, other = world.store(), world.store()
        first, _ = await one.claim(0)
        await other.claim(1)
        second, _ = await one.claim(0)
        await other.claim(0)
        fourth, _ = await one.claim(0)
        assert first.epoch < second.epoch < fourth.epoch
        assert (first.taken_from, second.taken_from) == (None, first.epoch)
        assert fourth.taken_from != second.epoch


class TestPutBack:
    """What a store confirmed last is lost: a master died before its replica had it, a server came back without."""

    async def test_an_owner_is_told_that_what_was_confirmed_is_lost(self, world: World) -> None:
        """Also of a partition that brings nothing new; what was stored before is still held."""
        store = world.store()
        lease, _ = await store.claim(0)
        earlier = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await world.keep()
        later = await store.checkpoint(earlier, changes(10, 20, append={1: b"lost"}))
        assert await store.holds([later]) == {0}
        await world.put_back()
        assert await store.holds([earlier]) == {0}
        assert await store.holds([later]) == set()
        with pytest.raises(Fenced, match=f"{LOST}: checkpoint"):
            await store.checkpoint(later, changes(20, 30))

    async def test_an_owner_is_told_that_its_claim_is_lost(self, world: World) -> None:
        """Where it has stored nothing since: whoever owned the partition before could write again."""
        store = world.store()
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await world.keep()
        mine, _ = await store.claim(0)
        await world.put_back()
        assert await store.holds([mine]) == set()
        with pytest.raises(Fenced, match=f"{LOST}: epoch"):
            await store.checkpoint(mine, changes(10, 20))

    async def test_a_later_owner_is_no_loss(self, world: World) -> None:
        """It goes on from what is stored: to take the partition from it again would help nobody."""
        one, other = world.store(), world.store()
        lease, _ = await one.claim(0)
        lease = await one.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await other.claim(0)
        assert await one.holds([lease]) == {0}
        with pytest.raises(Fenced) as fenced:
            await one.checkpoint(lease, changes(10, 20))
        assert LOST not in str(fenced.value)

    async def test_a_lost_claim_is_never_granted_again(self, world: World) -> None:
        """Two owners, each of whom was told that the partition is his: one of them writes, the other is fenced."""
        lost, found = world.store(), world.store()
        lease, _ = await lost.claim(0)
        await lost.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await world.keep()
        mine, _ = await lost.claim(0)
        mine = await lost.checkpoint(mine, changes(10, 20, append={1: b"lost"}))
        await world.put_back()
        theirs, _ = await found.claim(0)
        theirs = await found.checkpoint(theirs, changes(10, 20, append={2: b"kept"}))
        assert theirs.sequence == mine.sequence, "nothing else tells the two apart"
        with pytest.raises(Fenced):
            await lost.checkpoint(mine, changes(20, 30, append={1: b"of nobody"}))
        change = await found.changes_since(0, 0)
        assert change is not None
        assert {day: list(blobs) for day, blobs in change.days.items()} == {1: [b"a"], 2: [b"kept"]}

    @pytest.mark.parametrize("more", [0, 1, 2])
    async def test_a_reader_is_told_of_another_life_of_what_it_knows(self, world: World, more: int) -> None:
        """Though its sequences are the same, or higher: everything is read again, and nothing lost is shown."""
        store, reader = world.store(), world.store()
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await world.keep()
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(10, 20, append={1: b"lost"}))
        known = await reader.changes_since(0, 0)
        assert known is not None
        await world.put_back()
        lease, _ = await store.claim(0)
        lease = await store.checkpoint(lease, changes(10, 20, append={2: b"kept"}))
        for number in range(more):
            lease = await store.checkpoint(lease, changes(20 + number, 21 + number, append={3: b"more"}))
        change = await reader.changes_since(0, known.sequence, writer=known.writer)
        assert change is not None
        assert change.whole
        days = {day: list(blobs) for day, blobs in change.days.items()}
        assert days == {1: [b"a"], 2: [b"kept"]} | ({3: [b"more"] * more} if more else {})
        assert await reader.changes_since(0, change.sequence, writer=change.writer) is None

    async def test_a_reader_that_missed_one_change_of_owner_reads_only_what_is_new(self, world: World) -> None:
        """Rebalances cost nothing: what it knows has led to what is stored."""
        store, reader = world.store(), world.store()
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        known = await reader.changes_since(0, 0)
        lease, _ = await store.claim(0)
        lease = await store.checkpoint(lease, changes(10, 20, append={2: b"b"}))
        await store.checkpoint(lease, changes(20, 30, append={3: b"c"}))
        assert known is not None
        change = await reader.changes_since(0, known.sequence, writer=known.writer)
        assert change is not None
        assert (change.whole, set(change.days)) == (False, {2, 3})


class TestFencing:
    async def test_a_second_claim_fences_the_first(self, world: World) -> None:
        """From the claim on, the former owner writes nothing, the new one does."""
        old, new = world.store(), world.store()
        before, _ = await old.claim(0)
        before = await old.checkpoint(before, changes(0, 10, append={1: b"a"}))
        after, _ = await new.claim(0)
        with pytest.raises(Fenced, match="claimed since"):
            await old.checkpoint(before, changes(10, 20, append={1: b"old"}))
        await new.checkpoint(after, changes(10, 15, append={1: b"new"}))
        _, stored = await world.store().claim(0)
        assert list(stored.days[1]) == [b"a", b"new"]

    async def test_repeating_the_last_checkpoint_changes_nothing(self, world: World) -> None:
        """A caller that did not hear the answer repeats the call, and gets the answer it missed."""
        store = world.store()
        lease, _ = await store.claim(0)
        first = changes(0, 10, append={1: b"a"})
        heard = await store.checkpoint(lease, first)
        assert await store.checkpoint(lease, first) == heard
        await store.checkpoint(heard, changes(10, 20, append={1: b"b"}))
        _, stored = await store.claim(0)
        assert list(stored.days[1]) == [b"a", b"b"]

    async def test_a_used_lease_writes_nothing_else(self, world: World) -> None:
        """Only the same checkpoint may be repeated: another one under the same lease is refused."""
        store = world.store()
        lease, _ = await store.claim(0)
        following = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        for other in (changes(0, 11, append={1: b"b"}), changes(0, 10, append={1: b"b"}, head=b"other")):
            with pytest.raises(Fenced, match="the lease continues"):
                await store.checkpoint(lease, other)
        await store.checkpoint(following, changes(10, 12))
        with pytest.raises(Fenced, match="the lease continues"):
            await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))

    async def test_an_offset_that_does_not_follow_is_refused(self, world: World) -> None:
        """State that was not built on what is stored never replaces it."""
        store = world.store()
        lease, _ = await store.claim(0)
        lease = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        with pytest.raises(Fenced, match="offset 10 is stored, the state continues 9"):
            await store.checkpoint(lease, changes(9, 20, append={1: b"b"}))
        await store.checkpoint(lease, changes(10, 20, append={1: b"b"}))

    async def test_the_first_checkpoint_may_begin_anywhere(self, world: World) -> None:
        """An empty partition takes state from any offset: retention may have removed the beginning."""
        store = world.store()
        lease, _ = await store.claim(0)
        assert (await store.checkpoint(lease, changes(500, 510))).next_offset == 510

    async def test_a_lease_does_not_survive_the_emptying_of_the_store(self, world: World) -> None:
        """What was built on something that is gone is not written to the empty store."""
        store = world.store()
        lease, _ = await store.claim(0)
        lease = await store.checkpoint(lease, changes(0, 10))
        await world.empty()
        with pytest.raises(Fenced, match="emptied"):
            await store.checkpoint(lease, changes(10, 20))
        lease, stored = await store.claim(0)
        assert (lease.next_offset, stored.head) == (None, None)
        await store.checkpoint(lease, changes(0, 20))

    async def test_no_lease_from_before_the_emptying_fits_a_claim_after_it(self, world: World) -> None:
        """Two owners that each made the first claim of an empty store are told apart."""
        old, new = world.store(), world.store()
        before, _ = await old.claim(0)
        await world.empty()
        after, _ = await new.claim(0)
        assert after.epoch > before.epoch
        with pytest.raises(Fenced):
            await old.checkpoint(before, changes(0, 10, append={1: b"old"}))
        await new.checkpoint(after, changes(0, 10, append={1: b"new"}))

    async def test_partitions_are_fenced_apart(self, world: World) -> None:
        """A claim says nothing about other partitions."""
        store = world.store()
        zero, _ = await store.claim(0)
        await store.claim(1)
        await store.checkpoint(zero, changes(0, 10))


STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["claim", "write", "write", "repeat"])), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_exactly_what_the_latest_owner_writes_is_stored(world: World, steps: list[tuple[int, str]]) -> None:
    """Any order of claims, checkpoints and repeats of three owners: a model of four variables agrees."""
    partition, store = next(PARTITIONS), world.store()
    leases: dict[int, Lease] = {}
    calls: dict[int, tuple[Lease, Changes]] = {}
    latest: int | None = None
    log: list[bytes] = []
    offset: int | None = None
    last: tuple[Lease, Changes] | None = None  # the call that wrote what is stored, if its owner is the latest
    for number, (owner, step) in enumerate(steps):
        if step == "claim":
            leases[owner], stored = await store.claim(partition)
            latest, last = owner, None
            assert leases[owner].next_offset == offset
            assert list(stored.days.get(7, ())) == log
            calls.pop(owner, None)
        elif step == "write" and owner in leases:
            lease = leases[owner]
            blob = b"%d by %d" % (number, owner)
            calls[owner] = (lease, changes(lease.next_offset or 0, number + 1, append={7: blob}))
            if owner == latest:
                leases[owner] = await store.checkpoint(*calls[owner])
                log.append(blob)
                offset, last = number + 1, calls[owner]
            else:
                with pytest.raises(Fenced):
                    await store.checkpoint(*calls[owner])
        elif step == "repeat" and owner in calls:
            if calls[owner] is last:
                assert await store.checkpoint(*calls[owner]) == leases[owner]
            else:
                with pytest.raises(Fenced):
                    await store.checkpoint(*calls[owner])
    _, stored = await store.claim(partition)
    assert list(stored.days.get(7, ())) == log


async def test_owners_that_race_write_every_offset_once(world: World) -> None:
    """Three owners at once, each claiming back what it loses: the log is one unbroken chain of offsets."""
    written: list[tuple[int, bytes]] = []

    async def own(store: Store, name: int, attempt: int) -> None:
        lease, stored = await store.claim(0)
        assert [int(blob.split()[0]) for blob in stored.days.get(1, ())] == list(range(lease.next_offset or 0))
        for step in range(3):
            offset = lease.next_offset or 0
            blob = b"%d by %d, attempt %d.%d" % (offset, name, attempt, step)
            for _ in range((name * 7 + attempt * 3 + step) % 5):
                await asyncio.sleep(0)
            lease = await store.checkpoint(lease, changes(offset, offset + 1, append={1: blob}))
            written.append((lease.sequence, blob))

    async def own_until_all_is_written(store: Store, name: int) -> None:
        for attempt in count():
            try:
                await own(store, name, attempt)
                break
            except (Fenced, StoreUnavailable):  # a claim may itself be overtaken while it reads
                # Longer with every loss, and each its own time: in step, all three would lose for ever.
                await asyncio.sleep(0.001 * (name + 1) * min(attempt, 100))

    await asyncio.gather(*(own_until_all_is_written(world.store(), name) for name in range(3)))
    _, stored = await world.store().claim(0)
    assert list(stored.days[1]) == [blob for _, blob in sorted(written)]
    assert len({sequence for sequence, _ in written}) == len(written) >= 9


class TestReading:
    async def test_nothing_stored_is_no_change(self, world: World) -> None:
        """Neither an unknown partition nor a claim alone is a change."""
        reader, owner = world.store(), world.store()
        assert await reader.changes_since(0, 0) is None
        await owner.claim(0)
        assert await reader.changes_since(0, 0) is None
        assert list(await reader.partitions()) == []

    async def test_only_changed_days_come_back(self, world: World) -> None:
        """After the first reading, a reader gets the present content of the days touched since."""
        reader, owner = world.store(), world.store()
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a", 2: b"b"}))
        first = await reader.changes_since(0, 0)
        assert first is not None
        assert {day: list(blobs) for day, blobs in first.days.items()} == {1: [b"a"], 2: [b"b"]}
        assert await reader.changes_since(0, first.sequence) is None
        lease = await owner.checkpoint(lease, changes(10, 20, append={2: b"c"}))
        await owner.checkpoint(lease, changes(20, 30, append={3: b"d"}))
        second = await reader.changes_since(0, first.sequence)
        assert second is not None
        assert {day: list(blobs) for day, blobs in second.days.items()} == {2: [b"b", b"c"], 3: [b"d"]}
        assert (second.partition, second.head) == (0, changes(20, 30).head)
        assert second.sequence > first.sequence

    async def test_a_new_owner_alone_is_no_change(self, world: World) -> None:
        """A rebalance without events costs readers nothing."""
        reader, owner = world.store(), world.store()
        lease, _ = await owner.claim(0)
        await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        change = await reader.changes_since(0, 0)
        assert change is not None
        await owner.claim(0)
        assert await reader.changes_since(0, change.sequence) is None

    async def test_a_checkpoint_of_the_head_alone_is_a_change(self, world: World) -> None:
        """Counters move without missions: dead letters, duplicates."""
        reader, owner = world.store(), world.store()
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        change = await reader.changes_since(0, 0)
        assert change is not None
        await owner.checkpoint(lease, changes(10, 20))
        change = await reader.changes_since(0, change.sequence)
        assert change is not None
        assert (change.head, dict(change.days)) == (changes(10, 20).head, {})

    async def test_a_removed_day_comes_back_empty(self, world: World) -> None:
        """A reader learns what to drop."""
        reader, owner = world.store(), world.store()
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a", 2: b"b"}))
        change = await reader.changes_since(0, 0)
        assert change is not None
        await owner.checkpoint(lease, changes(10, 20, replace={1: []}))
        change = await reader.changes_since(0, change.sequence)
        assert change is not None
        assert {day: list(blobs) for day, blobs in change.days.items()} == {1: []}

    async def test_a_mission_that_moves_between_days_is_read_once(self, world: World) -> None:
        """Whatever is written meanwhile, a reading is of one moment: never twice, never missing, head agreeing."""
        owner = world.store()
        lease, _ = await owner.claim(0)
        others = {day: [b"other"] for day in range(100, 180)}
        lease = await owner.checkpoint(lease, changes(0, 1, replace={1: [b"mission"], **others}))
        done = False

        async def move(lease: Lease) -> None:
            offset = 1
            while not done:
                to, away = 1 + offset % 50, 1 + (offset - 1) % 50
                moved = changes(offset, offset + 1, replace={away: [], to: [b"mission"]}, head=b"%d" % to)
                lease = await owner.checkpoint(lease, moved)
                offset += 1
                await asyncio.sleep(0)

        async def read(*, anew: bool) -> None:
            store, days, sequence = world.store(), dict[int, list[bytes]](), 0
            for _ in range(40):
                await asyncio.sleep(0)
                change = await store.changes_since(0, 0 if anew else sequence)
                if change is None:
                    continue
                sequence = change.sequence
                days |= {day: list(blobs) for day, blobs in change.days.items()}
                if anew:
                    days = {day: list(blobs) for day, blobs in change.days.items()}
                holding = [day for day, blobs in days.items() if b"mission" in blobs]
                assert holding == [int(change.head) if change.head.isdigit() else 1]
                assert sum(blobs == [b"other"] for blobs in days.values()) == len(others)

        moving = asyncio.create_task(move(lease))
        try:
            await asyncio.gather(read(anew=True), read(anew=False))
        finally:
            done = True
            await moving

    async def test_a_store_filled_again_is_read_from_the_beginning(self, world: World) -> None:
        """A reader that slept through the emptying gets everything, at a lower sequence, however much was written."""
        reader, owner = world.store(), world.store()
        lease, _ = await owner.claim(0)
        await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        before = await reader.changes_since(0, 0)
        assert before is not None
        await world.empty()
        assert await reader.changes_since(0, before.sequence) is None
        lease, _ = await owner.claim(0)
        for offset in range(5):
            lease = await owner.checkpoint(lease, changes(offset, offset + 1, append={offset: b"b"}))
        after = await reader.changes_since(0, before.sequence)
        assert after is not None
        assert after.sequence < before.sequence
        assert after.days.keys() == set(range(5))

    async def test_partitions_with_a_checkpoint_are_known_in_order(self, world: World) -> None:
        """A reader finds every partition by itself, also after the store was emptied and filled again."""
        reader, owner = world.store(), world.store()
        for _ in range(2):
            for partition in (11, 2, 7):
                lease, _ = await owner.claim(partition)
                await owner.checkpoint(lease, changes(0, partition, append={partition: b"x"}))
            await owner.claim(5)
            assert list(await reader.partitions()) == [2, 7, 11]
            for partition in (2, 7, 11):
                change = await reader.changes_since(partition, 0)
                assert change is not None
                assert (change.partition, change.days.keys()) == (partition, {partition})
            await world.empty()


class TestWaiting:
    async def test_a_checkpoint_wakes_who_waits(self, world: World) -> None:
        """What happened before the first wait counts as a change; then silence is silence, and a change is heard."""
        reader, owner = world.store(), world.store()
        assert await reader.wait_for_change(5.0)
        assert not await reader.wait_for_change(0.05)
        waiting = asyncio.create_task(reader.wait_for_change(30.0))
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10))
        assert await waiting
        assert not await reader.wait_for_change(0.05)

    async def test_changes_between_two_waits_are_one_hint(self, world: World) -> None:
        """A reader that was busy is told once, at once."""
        reader, owner = world.store(), world.store()
        await reader.wait_for_change(5.0)
        lease, _ = await owner.claim(0)
        for offset in range(5):
            lease = await owner.checkpoint(lease, changes(offset, offset + 1))
        await owner.ping()  # a server tells readers and whoever wrote in no order: by its next answer both have heard
        assert await reader.wait_for_change(5.0)
        assert not await reader.wait_for_change(0.05)

    async def test_a_wait_given_up_leaves_a_store_that_works(self, world: World) -> None:
        """Cancelling the wait loses nothing."""
        reader = world.store()
        await reader.wait_for_change(5.0)
        waiting = asyncio.create_task(reader.wait_for_change(30.0))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await reader.wait_for_change(0.05)
        await reader.ping()


class TestUnavailable:
    async def test_a_dead_store_says_so_and_serves_again_when_it_is_back(self, mortal: World) -> None:
        """Every method raises StoreUnavailable; afterwards the same objects and the same lease go on."""
        owner, reader = mortal.store(), mortal.store()
        lease, _ = await owner.claim(0)
        lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        assert await reader.wait_for_change(5.0)
        await mortal.kill()
        for call in (
            owner.claim(0),
            owner.checkpoint(lease, changes(10, 20, append={1: b"b"})),
            reader.partitions(),
            reader.changes_since(0, 0),
            reader.wait_for_change(0.2),
            reader.wait_for_change(0.2),
            reader.ping(),
        ):
            with pytest.raises(StoreUnavailable):
                await call
        await mortal.revive()
        await reader.ping()
        assert await reader.wait_for_change(5.0)
        lease = await owner.checkpoint(lease, changes(10, 20, append={1: b"b"}))
        change = await reader.changes_since(0, 0)
        assert change is not None
        assert list(change.days[1]) == [b"a", b"b"]
        assert await reader.wait_for_change(5.0)


class TestSignsOfLife:
    async def test_whoever_signs_is_seen_by_everybody_with_what_it_says(self, world: World) -> None:
        """By name; the latest word of each counts."""
        one, other = world.store(), world.store()
        assert list(await one.signs()) == []
        await one.sign(LifeSign("b", frozenset({0, 12}), frozenset({12})), for_seconds=60)
        await other.sign(LifeSign("a"), for_seconds=60)
        await one.sign(LifeSign("b", frozenset({3}), frozenset()), for_seconds=60)
        assert list(await other.signs()) == [LifeSign("a"), LifeSign("b", frozenset({3}))]

    async def test_a_sign_ends_by_itself(self, world: World) -> None:
        """A worker that was killed takes nothing back: the store's clock does, and spares the others."""
        store = world.store()
        await store.sign(LifeSign("killed", frozenset({1})), for_seconds=0.2)
        await store.sign(LifeSign("alive"), for_seconds=600)

        async def alone() -> bool:
            return list(await store.signs()) == [LifeSign("alive")]

        await wait_until(alone, "the sign to end")

    async def test_a_sign_is_taken_back_at_once(self, world: World) -> None:
        """Also twice, and where nothing was said."""
        store = world.store()
        await store.sign(LifeSign("a"), for_seconds=60)
        await store.sign(LifeSign("b"), for_seconds=60)
        for name in ("a", "a", "never"):
            await store.sign_off(name)
        assert list(await store.signs()) == [LifeSign("b")]

    async def test_so_many_and_no_more(self, world: World) -> None:
        """The number is bounded; those who are there go on, and a place that becomes free is taken."""
        store = world.store()
        for number in range(MOST_WORKERS):
            await store.sign(LifeSign(f"w{number}"), for_seconds=600)
        with pytest.raises(StoreUnavailable, match="no place"):
            await store.sign(LifeSign("one more"), for_seconds=600)
        await store.sign(LifeSign("w7", frozenset({7})), for_seconds=600)
        assert len(await store.signs()) == MOST_WORKERS
        await store.sign_off("w8")
        await store.sign(LifeSign("one more"), for_seconds=600)

    async def test_an_emptied_store_knows_nobody_until_they_sign_again(self, world: World) -> None:
        """Nothing but time is lost."""
        store = world.store()
        await store.sign(LifeSign("a"), for_seconds=60)
        await world.empty()
        assert list(await store.signs()) == []
        await store.sign(LifeSign("a"), for_seconds=60)
        assert list(await store.signs()) == [LifeSign("a")]

    async def test_a_store_that_is_away_takes_no_sign(self, mortal: World) -> None:
        """As with everything else."""
        store = mortal.store()
        await mortal.kill()
        for call in (store.sign(LifeSign("a"), for_seconds=60), store.sign_off("a"), store.signs()):
            with pytest.raises(StoreUnavailable):
                await call
        await mortal.revive()
        assert list(await store.signs()) == []

    async def test_signs_and_checkpoints_know_nothing_of_each_other(self, world: World) -> None:
        """A sign is no partition, and wakes nobody who waits for a change of one."""
        store = world.store()
        await store.sign(LifeSign("a", frozenset({5})), for_seconds=60)
        assert list(await store.partitions()) == []
