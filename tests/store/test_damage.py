"""What nobody wrote is told as such: by every method, whatever was damaged, at once, and made anew by its owner."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from monitor.core.stored import DamagedState, StoredStateError
from monitor.store.port import Lease
from monitor.store.redis import RedisStore
from tests.store.worlds import NAMESPACE, RedisWorld, changes

HEAD, FEED, LIST = (f"{{{NAMESPACE}/0}}:{key}" for key in ("head", "days", "day:1"))
REGISTRY = f"{NAMESPACE}:partitions"
ANY = Lease(0, 0, 0, 0)
"""Held by whatever is stored."""
Command = tuple[str | int | bytes, ...]

DAMAGE: dict[str, tuple[Command, ...]] = {
    "head missing": (("DEL", HEAD),),
    "head without its bytes": (("HDEL", HEAD, "head"),),
    "head without a schema": (("HDEL", HEAD, "schema"),),
    "head without an epoch": (("HDEL", HEAD, "epoch"),),
    "head without a sequence": (("HDEL", HEAD, "sequence"),),
    "head without an offset": (("HDEL", HEAD, "next_offset"),),
    "offset no number": (("HSET", HEAD, "next_offset", "ten"),),
    "negative offset": (("HSET", HEAD, "next_offset", "-5"),),
    "offset beyond all": (("HSET", HEAD, "next_offset", str(2**62)),),
    "epoch no number": (("HSET", HEAD, "epoch", "nan"),),
    "sequence no number": (("HSET", HEAD, "sequence", ""),),
    "sequence of nothing": (("HSET", HEAD, "sequence", "0"),),
    "sequence beyond all": (("HSET", HEAD, "sequence", str(2**62)),),
    "writer no number": (("HSET", HEAD, "writer", "me"),),
    "beginning of a writer no number": (("HSET", HEAD, "from_sequence", "-1"),),
    "number of days no number": (("HSET", HEAD, "days", "x"),),
    "beginning of marks no number": (("HSET", HEAD, "marked_from", "-"),),
    "feed missing": (("DEL", FEED),),
    "a day missing in the feed": (("ZREM", FEED, 2),),
    "list missing": (("DEL", LIST),),
    "list cut short": (("RPOP", LIST),),
    "list with a foreign blob": (("RPUSH", LIST, b"\x00what"),),
    "a day that is no number": (("ZADD", FEED, 5, "monday"),),
    "a day changed at no moment": (("ZADD", FEED, "inf", 7),),
    "a day changed before everything": (("ZADD", FEED, "-3", 7),),
    "a day changed in between": (("ZADD", FEED, "7.5", 7),),
}


async def filled(store: RedisStore) -> Lease:
    lease, _ = await store.claim(0)
    lease = await store.checkpoint(lease, changes(0, 10, append={1: b"a", 2: b"b"}))
    return await store.checkpoint(lease, changes(10, 20, append={1: b"aa"}))


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_told_by_who_reads_and_made_anew_by_who_owns(redis: RedisWorld, damage: str) -> None:
    """Never another exception, never a mixture; given up, the partition is as good as any."""
    store, reader = redis.store(), redis.store()
    await filled(store)
    before = await reader.changes_since(0, 0)
    assert before is not None
    for command in DAMAGE[damage]:
        await redis.ask(*command)
    assert list(await reader.partitions()) == [0]
    with pytest.raises(DamagedState, match="partition 0 is damaged in the store: "):
        await reader.changes_since(0, 0)
    await store.holds([ANY, replace(ANY, partition=1)])
    try:
        lease, stored = await store.claim(0)
    except DamagedState:
        lease, stored = await store.claim(0, anew=True)
    assert (stored.head, lease.next_offset) == (None, None)
    assert await reader.changes_since(0, 0) is None
    assert list(await reader.partitions()) == []
    await store.checkpoint(lease, changes(0, 10, append={1: b"again"}))
    after = await reader.changes_since(0, before.sequence)
    assert after is not None
    assert after.sequence < before.sequence
    assert {day: list(blobs) for day, blobs in after.days.items()} == {1: [b"again"]}
    assert await store.holds([ANY, replace(ANY, partition=1)]) == {0}


async def test_an_owner_notices_what_was_taken_from_under_it(redis: RedisWorld) -> None:
    """At its next checkpoint, or when it looks: a feed that lost days, a registry or a head that is gone."""
    store = redis.store()
    lease = await filled(store)
    assert await store.holds([ANY]) == {0}
    await redis.ask("ZREM", FEED, 2)
    assert await store.holds([ANY]) == set()
    with pytest.raises(DamagedState, match="of its 2 days some are missing"):
        await store.checkpoint(lease, changes(20, 30, append={1: b"x"}))
    for key in (HEAD, REGISTRY):
        await redis.empty()
        await filled(store)
        await redis.ask("DEL", key)
        assert await store.holds([ANY]) == set()


@pytest.mark.parametrize("member", ["x", "-1", "1.5", "", "99999999999999999999", "0x1", "\u0661"])
async def test_a_registry_with_something_else_is_told(redis: RedisWorld, member: str) -> None:
    """Readers refuse it with the way out; owners do not depend on it."""
    store = redis.store()
    await filled(store)
    await redis.ask("SADD", REGISTRY, member)
    with pytest.raises(StoredStateError, match=r"which is no number: remove it \(SREM\)"):
        await store.partitions()
    assert await store.holds([ANY]) == {0}


async def test_a_registry_of_a_million_entries_stalls_nobody(redis: RedisWorld) -> None:
    """It is counted, not read."""
    store = redis.store()
    await filled(store)
    for thousand in range(200):
        await redis.ask("EVAL", f"for n = 1, 5e3 do redis.call('SADD', KEYS[1], {thousand}e6 + n) end", 1, REGISTRY)
    began = time.monotonic()
    with pytest.raises(StoredStateError, match=f"names 1000001: no topic has so many; delete {REGISTRY}"):
        await store.partitions()
    assert await store.holds([ANY]) == {0}
    assert time.monotonic() - began < 5
    await redis.ask("DEL", REGISTRY)
    assert await store.holds([ANY]) == set()  # so that the owner takes it over again, and is written down
    await store.claim(0)
    assert list(await store.partitions()) == [0]


async def test_a_feed_of_a_million_days_stalls_nobody(redis: RedisWorld) -> None:
    """More than any calendar has are not asked for."""
    store = redis.store()
    await filled(store)
    for thousand in range(200):
        await redis.ask("EVAL", f"for n = 1, 5e3 do redis.call('ZADD', KEYS[1], 5, {thousand}e6 + n) end", 1, FEED)
    for call in (store.changes_since(0, 0), store.claim(0)):
        with pytest.raises(DamagedState, match="more than 100000 days"):
            await call
    await redis.store(timeout_seconds=60).claim(0, anew=True)  # a busy machine takes its time to delete a million


async def test_a_registered_partition_without_anything_is_none(redis: RedisWorld) -> None:
    """Numbers alone say nothing."""
    await redis.ask("SADD", REGISTRY, 5, 7, 9)
    assert list(await redis.store().partitions()) == []


def layout_1() -> list[Command]:
    """A partition as schema 1 left it: no marks, a day that was emptied, no number of days."""
    return [
        ("HSET", HEAD, "schema", "1", "epoch", "1767225600000000", "sequence", "2736374027370500",
         "next_offset", "20", "head", b"head \x00\xff at 20", "writer", "1767225600000000",
         "previous", "2736374027370499"),
        ("ZADD", FEED, "2736374027370498", 1, "2736374027370499", 2, "2736374027370500", 3),
        ("RPUSH", LIST, b"\x01Ea", b"\x01Eb"),
        ("RPUSH", f"{{{NAMESPACE}/0}}:day:3", b"\x01Ac"),
        ("SADD", REGISTRY, 0),
    ]  # fmt: skip


DAYS_1 = {1: [b"\x01Ea", b"\x01Eb"], 2: [], 3: [b"\x01Ac"]}


async def test_state_of_schema_1_is_read_and_taken_over(redis: RedisWorld) -> None:
    """By readers as it is; the next owner goes on from it, and marks what it adds."""
    for command in layout_1():
        await redis.ask(*command)
    owner, reader = redis.store(), redis.store()
    seen = await reader.changes_since(0, 0)
    assert seen is not None
    assert {day: list(blobs) for day, blobs in seen.days.items()} == DAYS_1
    assert (seen.head, await owner.holds([ANY])) == (b"head \x00\xff at 20", {0})
    lease, stored = await owner.claim(0)
    assert lease.next_offset == 20
    assert dict(stored.days) == {1: DAYS_1[1], 3: DAYS_1[3]}
    assert await reader.changes_since(0, seen.sequence) is None
    lease = await owner.checkpoint(lease, changes(20, 30, append={1: b"new", 2: b"back"}, replace={3: []}))
    change = await reader.changes_since(0, seen.sequence)
    assert change is not None
    assert {day: list(blobs) for day, blobs in change.days.items()} == {1: [*DAYS_1[1], b"new"], 2: [b"back"], 3: []}
    await redis.ask("DEL", LIST)
    with pytest.raises(DamagedState, match="day 1 ends with checkpoint None"):
        await reader.changes_since(0, 0)


@pytest.mark.parametrize("lost", ["ZADD", "RPUSH", "LTRIM"])
async def test_what_fails_over_schema_1_is_taken_back_to_it(redis: RedisWorld, lost: str) -> None:
    """Blobs without a mark are what was stored, however often a first checkpoint fails."""
    for command in layout_1():
        await redis.ask(*command)
    await redis.ask("ACL", "SETUSER", "mon", "reset", "on", ">pw", "~*", "&*", "+@all", f"-{lost.lower()}")
    owner = RedisStore(f"redis://mon:pw@{redis.server.address}/0", namespace=NAMESPACE)
    redis.stores.append(owner)
    lease, _ = await owner.claim(0)
    following: Callable[[], object] = lambda: owner.checkpoint(lease, changes(20, 30, append={1: b"new"}))  # noqa: E731
    for _ in range(3):
        with pytest.raises(Exception, match="ACL"):
            await following()  # type: ignore[misc]
        seen = await redis.store().changes_since(0, 0)
        assert seen is not None
        assert {day: list(blobs) for day, blobs in seen.days.items()} == DAYS_1
    await redis.ask("ACL", "SETUSER", "mon", "+@all")
    other = redis.store()
    lease, stored = await other.claim(0)
    assert dict(stored.days) == {1: DAYS_1[1], 3: DAYS_1[3]}
    await other.checkpoint(lease, changes(20, 40, append={3: b"d"}))
    seen = await redis.store().changes_since(0, 0)
    assert seen is not None
    assert {day: list(blobs) for day, blobs in seen.days.items()} == {**DAYS_1, 3: [b"\x01Ac", b"d"]}
    await redis.ask("ACL", "DELUSER", "mon")


async def test_a_day_too_many_in_the_feed_holds_nobody_up(redis: RedisWorld) -> None:
    """Without content it is no damage to any reader, so it must be none to its owner: he would never get on."""
    store, reader = redis.store(), redis.store()
    lease = await filled(store)
    await redis.ask("ZADD", FEED, 5, 7)  # before there were marks: none is missed
    lease, stored = await store.claim(0)
    assert stored.head is not None
    await store.checkpoint(lease, changes(20, 30, append={1: b"x"}))
    after = await reader.changes_since(0, 0)
    assert after is not None
    assert {day: list(blobs) for day, blobs in after.days.items() if blobs} == {1: [b"a", b"aa", b"x"], 2: [b"b"]}
