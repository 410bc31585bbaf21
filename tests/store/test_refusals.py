"""A server refuses a command in the middle of a write: nothing, or everything, is stored for whoever reads.

Redis does not undo what a script did before. So each command of each script is made to fail in turn: by its number,
by a missing right, by a key of another type, by a renamed command, for want of memory, by SCRIPT KILL.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from monitor.core.stored import Changes, StoredStateError
from monitor.demo.servers import EmbeddedRedis
from monitor.store.port import Fenced, Lease, StoreUnavailable
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.store.worlds import NAMESPACE, RedisWorld, changes

PARTITIONS = count(2000)
HEAD, FEED, LIST, FIRST = (f"{{{NAMESPACE}/0}}:{key}" for key in ("head", "days", "day:1", "day:5"))
REGISTRY = f"{NAMESPACE}:partitions"
Days = dict[int, list[bytes]]


@asynccontextmanager
async def world_on(server: EmbeddedRedis) -> AsyncIterator[RedisWorld]:
    """A world on a server that ends with the test; its stores are closed whatever happens."""
    world = RedisWorld(server)
    try:
        yield world
    finally:
        for store in world.stores:
            await store.close()


class FailingStore(RedisStore):
    """Its scripts fail at their n-th command where `fail_at` says so; `calls` tells how many there were."""

    fail_at = 0

    def script(self, lua: str) -> AsyncScript:
        text = (
            "local server, calls = redis, 0\n"
            "local redis = {pcall = server.pcall, call = function(...)\n"
            "  calls = calls + 1\n"
            f"  if calls == {self.fail_at} then error('-OOPS refused by a test') end\n"
            "  return server.call(...)\n"
            "end}\n"
        )
        return self._client.register_script(text + lua)

    def failing(self, number: int) -> None:
        self.fail_at = number
        for name in ("claim", "checkpoint"):
            attribute = f"_{name}"
            whole = self.__dict__.setdefault(f"whole_{name}", getattr(self, attribute))
            setattr(self, attribute, self.script(_text(whole)) if number else whole)


def _text(script: AsyncScript) -> str:
    text = script.script
    return text.decode() if isinstance(text, bytes) else text


def failing_store(redis: RedisWorld) -> FailingStore:
    store = FailingStore(redis.server.url, namespace=NAMESPACE)
    redis.stores.append(store)
    return store


async def read_whole(redis: RedisWorld, partition: int = 0) -> tuple[bytes, Days]:
    """What a reader that knows nothing finds."""
    change = await redis.store().changes_since(partition, 0)
    if change is None:
        return b"", {}
    return change.head, {day: list(blobs) for day, blobs in change.days.items() if blobs}


class Follower:
    """A reader that takes over changes only, as the exporter does."""

    def __init__(self, store: RedisStore, partition: int = 0) -> None:
        self.store, self.partition = store, partition
        self.sequence, self.head = 0, b""
        self.days: Days = {}

    async def read(self) -> tuple[bytes, Days]:
        change = await self.store.changes_since(self.partition, self.sequence)
        if change is not None:
            if change.sequence < self.sequence:
                self.days = {}
            self.sequence, self.head = change.sequence, change.head
            self.days |= {day: list(blobs) for day, blobs in change.days.items()}
        return self.head, {day: blobs for day, blobs in self.days.items() if blobs}


BEFORE: Days = {1: [b"a"], 2: [b"b"], 3: [b"c", b"cc"], 4: [b"d"]}
AFTER: Days = {1: [b"a", b"more"], 2: [b"anew", b"longer"], 4: [b"new", b"and more"], 5: [b"first"], 6: [b"six"]}


async def prepared(store: RedisStore) -> Lease:
    """A partition with something in it."""
    lease, _ = await store.claim(0)
    return await store.checkpoint(lease, changes(0, 10, replace=BEFORE))


def following() -> Changes:
    """Every operation there is: added to, written anew, removed, both, first seen either way."""
    return changes(
        10, 20, append={1: b"more", 4: b"and more", 5: b"first"},
        replace={2: [b"anew", b"longer"], 3: [], 4: [b"new"], 6: [b"six"]},
    )  # fmt: skip


OLD, NEW = (changes(0, 10).head, BEFORE), (changes(0, 20).head, AFTER)


async def test_a_checkpoint_that_fails_at_any_of_its_commands_is_not_there_until_it_is_repeated(
    redis: RedisWorld,
) -> None:
    """The owner repeats it once the cause is mended; readers saw the old state or the new, never a mixture."""
    failed = 0
    for number in count(1):
        await redis.empty()
        store, follower = failing_store(redis), Follower(redis.store())
        lease = await prepared(store)
        assert await follower.read() == OLD
        store.failing(number)
        try:
            await store.checkpoint(lease, following())
        except StoreUnavailable as fault:
            failed += 1
            assert "refused by a test" in str(fault)  # noqa: PT017 - the loop ends when nothing fails any more
        else:
            break
        seen = await read_whole(redis)
        assert seen in (OLD, NEW)
        assert await follower.read() == seen
        store.failing(0)
        repeated = await store.checkpoint(lease, following())
        assert await read_whole(redis) == await follower.read() == NEW
        await store.checkpoint(repeated, changes(20, 21, append={1: b"z"}))
        assert await follower.read() == await read_whole(redis)
    assert failed > 25


async def test_a_failed_checkpoint_never_appears_under_another_owner(redis: RedisWorld) -> None:
    """Another worker takes over, reads the old state, and writes something else: what was pushed before is gone."""
    for number in count(1):
        await redis.empty()
        store, other, follower = failing_store(redis), redis.store(), Follower(redis.store())
        lease = await prepared(store)
        await follower.read()
        store.failing(number)
        try:
            await store.checkpoint(lease, following())
        except StoreUnavailable:
            seen = await read_whole(redis)
        else:
            break
        taken, stored = await other.claim(0)
        assert (stored.head, {day: list(blobs) for day, blobs in stored.days.items()}) == seen
        assert taken.next_offset == (10 if seen == OLD else 20)
        await other.checkpoint(taken, changes(taken.next_offset, 30, append={9: b"other"}))
        expected = (changes(0, 30).head, {**seen[1], 9: [b"other"]})
        assert await read_whole(redis) == await follower.read() == expected
        assert await redis.ask("HGET", HEAD, "days") == b"%d" % await redis.ask("ZCARD", FEED)
        store.failing(0)
        with pytest.raises(Fenced):
            await store.checkpoint(lease, following())


async def test_a_claim_that_fails_at_any_of_its_commands_leaves_what_was_stored(redis: RedisWorld) -> None:
    """Also of a partition whose head was lost, and where the state is to be given up: then it is there or gone."""
    for anew, damage in ((False, False), (True, False), (False, True), (True, True)):
        for number in count(1):
            await redis.empty()
            store = failing_store(redis)
            lease = await prepared(store)
            if damage:
                await redis.ask("DEL", HEAD)
            store.failing(number)
            try:
                await store.claim(0, anew=anew)
            except StoreUnavailable:
                pass
            else:
                assert number > 3
                break
            try:
                assert await read_whole(redis) in (OLD, (b"", {}))
            except StoredStateError:
                assert anew or damage
            store.failing(0)
            taken, stored = await store.claim(0, anew=anew)
            assert taken.epoch > lease.epoch
            assert (stored.head is None) == (anew or damage)
            await store.checkpoint(taken, changes(taken.next_offset or 0, 30, append={1: b"after"}))
            assert (await read_whole(redis))[1][1][-1] == b"after"


BLOBS = st.lists(st.binary(max_size=3), max_size=3)
OPERATIONS = st.dictionaries(st.integers(1, 4), st.one_of(st.none(), BLOBS), max_size=3)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["claim", "write", "write", "repeat"]), OPERATIONS, st.integers(0, 30)
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_history_of_refusals_leaves_the_old_state_or_the_new(
    redis: RedisWorld, steps: list[tuple[int, str, dict[int, list[bytes] | None], int]]
) -> None:
    """Two owners claim, write, fail at some command and repeat: every reader agrees with a model all the time."""
    partition = next(PARTITIONS)
    owners = [failing_store(redis), failing_store(redis)]
    follower = Follower(redis.store(), partition)
    leases: dict[int, Lease] = {}
    pending: dict[int, tuple[Lease, Changes, tuple[bytes, Days]]] = {}
    """With what it leaves: the same however often it is said, also where only what follows its one write failed."""
    days: Days = {}
    head = b""
    for number, (who, what, operations, fail_at) in enumerate(steps, start=1):
        store = owners[who]
        store.failing(fail_at)
        outcomes = [(head, days)]
        try:
            if what == "claim":
                leases.pop(who, None)
                pending.pop(who, None)
                leases[who], stored = await store.claim(partition)
                assert {day: list(blobs) for day, blobs in stored.days.items()} == days
            elif who in leases:
                if what == "write" or who not in pending:
                    if who in pending:
                        continue  # one that was not answered is repeated, or the partition claimed anew
                    change = some_changes(leases[who].next_offset or 0, number, operations)
                    pending[who] = leases[who], change, (change.head, applied(days, change))
                lease, change, after = pending[who]
                outcomes.append(after)
                leases[who] = await store.checkpoint(lease, change)
                del pending[who]
                outcomes = outcomes[1:]
        except StoreUnavailable:
            pass
        except Fenced:
            outcomes = outcomes[:1]
            del leases[who], pending[who]
        seen = await read_whole(redis, partition)
        assert seen in outcomes
        assert await follower.read() == seen
        head, days = seen
    for store in owners:
        await store.close()
        redis.stores.remove(store)


def some_changes(expected: int, number: int, operations: dict[int, list[bytes] | None]) -> Changes:
    append = {day: b"%d" % number for day, blobs in operations.items() if blobs is None}
    replace: dict[int, Sequence[bytes]] = {day: blobs for day, blobs in operations.items() if blobs is not None}
    return changes(expected, expected + 1, append=append, replace=replace, head=b"head %d" % number)


def applied(days: Days, change: Changes) -> Days:
    found = {**days, **{day: list(blobs) for day, blobs in change.replace.items()}}
    for day, blob in change.append.items():
        found[day] = [*found.get(day, ()), blob]
    return {day: blobs for day, blobs in found.items() if blobs}


def commands_of(name: str) -> set[str]:
    """The commands that a script calls, from its text."""
    from monitor.store.redis import _script  # noqa: PLC0415 - the very text that is sent

    return set(re.findall(r"redis\.call\('([A-Z]+)'", _script(name)))


ALL_COMMANDS = sorted(commands_of("claim") | commands_of("checkpoint"))


@pytest.fixture
async def user(redis: RedisWorld) -> AsyncIterator[RedisStore]:
    """A store whose user may do everything, until a test takes something away."""
    await redis.ask("ACL", "SETUSER", "mon", "reset", "on", ">pw", "~*", "&*", "+@all")
    store = RedisStore(f"redis://mon:pw@{redis.server.address}/0", namespace=NAMESPACE)
    yield store
    await store.close()
    await redis.ask("ACL", "DELUSER", "mon")


@pytest.mark.parametrize("command", ALL_COMMANDS)
async def test_a_right_that_is_missing_is_waited_for(redis: RedisWorld, user: RedisStore, command: str) -> None:
    """Each command of both scripts: refused as unavailable, with what to do; granted, the same calls succeed."""
    failing = failing_store(redis)
    lease = await prepared(failing)
    failing.failing(18)  # so that there is something to take back
    with pytest.raises(StoreUnavailable):
        await failing.checkpoint(lease, following())
    await redis.ask("ACL", "SETUSER", "mon", f"-{command.lower()}")
    refused = 0
    for call in (user.claim(1, anew=True), user.checkpoint(lease, following())):
        try:
            await call
        except StoreUnavailable as fault:
            refused += 1
            assert "monitor check --connect" in str(fault)  # noqa: PT017 - which call it is depends on the command
    assert refused
    assert await read_whole(redis) in (OLD, NEW)
    await redis.ask("ACL", "SETUSER", "mon", "+@all")
    await user.checkpoint(lease, following())
    assert await read_whole(redis) == NEW
    await user.claim(1, anew=True)


@pytest.mark.parametrize("key", [HEAD, FEED, LIST, FIRST, REGISTRY])
async def test_a_key_of_another_type_is_told_and_waited_for(redis: RedisWorld, key: str) -> None:
    """Nothing is overwritten that is not ours; once it is put right, the owner goes on."""
    store = redis.store()
    lease = await prepared(store)
    backup = await redis.ask("DUMP", key)
    await redis.ask("SET", key, "of another program")
    told = 0
    for call in (lambda: store.checkpoint(lease, following()), lambda: store.claim(0), store.partitions,
                 lambda: store.changes_since(0, 0), lambda: store.holds([Lease(0, 0, 0, 0)])):  # fmt: skip
        try:
            await call()
        except StoredStateError as fault:
            told += 1
            assert "of another program" in str(fault) or "damaged" in str(fault)  # noqa: PT017 - see told
    assert told
    assert await redis.ask("GET", key) == b"of another program"
    await redis.ask("DEL", key)
    if backup is not None:
        await redis.ask("RESTORE", key, 0, backup)
    lease, _ = await store.claim(0)
    if lease.next_offset == 10:
        await store.checkpoint(lease, following())
    assert await read_whole(redis) == NEW


class RenamingRedis(EmbeddedRedis):
    """A server without a command, as hosts like to run it."""

    renamed = "ZADD"

    def command(self) -> list[str]:
        return [*super().command(), "--rename-command", self.renamed, "KEPT"]


@pytest.mark.parametrize("command", ["ZADD", "RPUSH", "HSET", "LTRIM"])
async def test_a_renamed_command_leaves_nothing_half_written(redis_server: EmbeddedRedis, command: str) -> None:
    """What the server has taken away is told; nothing claims to be stored."""
    server = RenamingRedis(executable=redis_server.executable)
    server.renamed = command
    async with server, world_on(server) as world:
        store = world.store()
        with pytest.raises(StoreUnavailable, match="does not know a command"):
            await prepared(store)
        assert await read_whole(world) == (b"", {})
        assert list(await store.partitions()) == []


async def test_memory_that_ends_in_the_middle_leaves_all_or_nothing(redis: RedisWorld) -> None:
    """At any limit around what is used, a checkpoint of a megabyte is there or is not."""
    store = redis.store()
    lease = await prepared(store)
    big = changes(10, 20, append=dict.fromkeys(range(1, 12), b"x" * 100_000), replace={3: []})
    used = int((await redis.ask("INFO", "memory"))["used_memory"])
    outcomes = set()
    try:
        for room in (0, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000):
            await redis.ask("CONFIG", "SET", "maxmemory", str(used + room))
            try:
                await store.checkpoint(lease, big)
            except StoreUnavailable as fault:
                assert "out of memory" in str(fault)  # noqa: PT017 - whether depends on the room
            seen = await read_whole(redis)
            outcomes.add(seen[0])
            assert seen == OLD or (seen[0] == big.head and seen[1] == applied(BEFORE, big))
    finally:
        await redis.ask("CONFIG", "SET", "maxmemory", "0")
    await store.checkpoint(lease, big)
    assert (await read_whole(redis))[0] == big.head
    assert len(outcomes) == 2


@pytest.mark.parametrize("at", range(1, 5))
async def test_a_script_that_is_killed_has_written_nothing(redis: RedisWorld, at: int) -> None:
    """An operator kills what seems to hang: it is told as such, tried again, and nothing is there twice."""
    store = failing_store(redis)
    lease = await prepared(store)
    await redis.ask("CONFIG", "SET", "lua-time-limit", "50")  # SCRIPT KILL is heard only then
    hanging = (
        "local server, calls = redis, 0\nlocal redis = {pcall = server.pcall, call = function(...)\n"
        f"  calls = calls + 1\n  while calls == {at} do server.call('EXISTS', KEYS[1]) end\n"
        "  return server.call(...)\nend}\n"
    )
    whole, store._checkpoint = store._checkpoint, store._client.register_script(hanging + _text(store._checkpoint))
    attempt = asyncio.create_task(store.checkpoint(lease, following()))
    async with Redis.from_url(redis.server.url) as client:

        async def killed() -> bool:
            try:
                return bool(await client.execute_command("SCRIPT", "KILL"))
            except Exception as fault:  # noqa: BLE001 - not running yet, or it has written and cannot be killed
                return "UNKILLABLE" in str(fault)

        await wait_until(killed, "the script to be there and to be killed", timeout_seconds=20)
    with pytest.raises(StoreUnavailable, match="script of ours killed"):
        await attempt
    store._checkpoint = whole
    assert await read_whole(redis) == OLD
    await store.checkpoint(lease, following())
    assert await read_whole(redis) == NEW


async def test_a_server_that_dies_in_the_middle_comes_back_with_the_old_state(redis_server: EmbeddedRedis) -> None:
    """A script that writes has its effects in the append-only file together, or not at all."""
    async with (
        EmbeddedRedis(executable=redis_server.executable, append_only=True) as server,
        world_on(server) as world,
    ):
        store = failing_store(world)
        lease = await prepared(store)
        hanging = _text(store._checkpoint).replace(
            "redis.call('HSET'", "while true do redis.call('EXISTS', KEYS[1]) end redis.call('HSET'"
        )
        store._checkpoint = store._client.register_script(hanging)
        attempt = asyncio.create_task(store.checkpoint(lease, following()))
        async with Redis.from_url(server.url, socket_timeout=1.0) as client:

            async def busy() -> bool:
                try:
                    await client.execute_command("PING")
                except Exception:  # noqa: BLE001 - busy, or silent: either way the script runs
                    return True
                return False

            await wait_until(busy, "the script to run", timeout_seconds=20)
        server.kill()
        with pytest.raises(StoreUnavailable):
            await attempt
        await server.start()
        assert await read_whole(world) == OLD
        fresh = world.store()
        await fresh.checkpoint(lease, following())
        assert await read_whole(world) == NEW


class UnsavingRedis(EmbeddedRedis):
    """A server whose snapshots fail as long as a directory lies where the file should."""

    @property
    def in_the_way(self) -> Path:
        return self.directory / "dump.rdb"

    def command(self) -> list[str]:
        return [*super().command(), "--dir", str(self.directory)]


async def test_a_disk_that_is_full_refuses_the_whole_checkpoint(redis_server: EmbeddedRedis) -> None:
    """A server that cannot save says so before the first write; with its disk mended the same call succeeds."""
    async with UnsavingRedis(executable=redis_server.executable) as server, world_on(server) as world:
        await world.ask("CONFIG", "SET", "save", "3600 1")
        store = world.store()
        lease = await prepared(store)

        async def saved(status: str) -> None:
            await world.ask("BGSAVE")

            async def told() -> bool:
                info = await world.ask("INFO", "persistence")
                return not info["rdb_bgsave_in_progress"] and info["rdb_last_bgsave_status"] == status

            await wait_until(told, f"saving to end with {status}")

        server.in_the_way.mkdir()
        await saved("err")
        with pytest.raises(StoreUnavailable, match="cannot write to its disk"):
            await store.checkpoint(lease, following())
        assert await read_whole(world) == OLD
        server.in_the_way.rmdir()
        await saved("ok")
        await store.checkpoint(lease, following())
        assert await read_whole(world) == NEW


async def test_a_replica_refuses_and_takes_over_with_the_old_state_or_the_new(redis_server: EmbeddedRedis) -> None:
    """What a failed attempt left travels to a replica as well, and is no more visible there."""
    # Servers of their own, each with a directory: a replica is sent a file.
    first, second = (EmbeddedRedis(executable=redis_server.executable, append_only=True) for _ in range(2))
    async with first, second, world_on(first) as primary, world_on(second) as replica:
        store = failing_store(primary)
        lease = await prepared(store)
        await replica.ask("REPLICAOF", *first.address.split(":"))

        async def synchronised() -> bool:
            info = await replica.ask("INFO", "replication")
            return info["master_link_status"] == "up" and not info["master_sync_in_progress"]

        await wait_until(synchronised, "the replica to follow", timeout_seconds=30)
        store.failing(18)
        with pytest.raises(StoreUnavailable):
            await store.checkpoint(lease, following())
        length = await primary.ask("ZCARD", FEED)

        async def followed() -> bool:
            return bool(await replica.ask("ZCARD", FEED) == length)

        await wait_until(followed, "the replica to have what the attempt left")
        assert await read_whole(replica) == OLD
        other = replica.store()
        with pytest.raises(StoreUnavailable, match="read-only replica"):
            await other.claim(0)
        await replica.ask("REPLICAOF", "NO", "ONE")
        lease, _ = await other.claim(0)
        await other.checkpoint(lease, following())
        assert await read_whole(replica) == NEW
