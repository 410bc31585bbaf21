"""What Redis adds to the contract: keys, scripts, one moment without blocking, faults told plainly."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from monitor.core.stored import StoredStateError
from monitor.demo.processes import LOOPBACK, free_port
from monitor.demo.servers import EmbeddedRedis
from monitor.store.layout import Content, Index
from monitor.store.port import MOST_WORKERS, Fenced, Lease, LifeSign, StoreUnavailable
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.store.worlds import NAMESPACE, RedisWorld, changes


class DeafProxy:
    """Between client and server: passes every request on, and once told so hangs up instead of answering."""

    def __init__(self, server: EmbeddedRedis) -> None:
        self.server = server
        self.port = free_port()
        self.deaf = False

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(LOOPBACK, self.server.port)

        async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answering: bool) -> None:
            with suppress(ConnectionError):
                while data := await source.read(65536):
                    if answering and self.deaf:
                        break
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(forward(reader, requests, answering=False), forward(answers, writer, answering=True))
        for stream in (requests, writer):
            with suppress(ConnectionError):
                await stream.wait_closed()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["DeafProxy"]:
        async with await asyncio.start_server(self.serve, LOOPBACK, self.port):
            yield self


class OvertakenStore(RedisStore):
    """A reader whose every piece of reading is followed by a checkpoint of the owner."""

    owner: RedisStore
    lease: Lease
    days: Sequence[int]
    checkpoints = 0

    async def _contents(self, index: Index, days: Iterable[int]) -> dict[int, Content]:
        contents = await super()._contents(index, days)
        await self.overtake()
        return contents

    async def overtake(self) -> None:
        away, to = self.days[self.checkpoints % len(self.days)], self.days[(self.checkpoints + 1) % len(self.days)]
        self.checkpoints += 1
        expected = self.lease.next_offset or 0
        moved = changes(expected, expected + 1, replace={away: [], to: [b"mission"]}, head=b"%d" % to)
        self.lease = await self.owner.checkpoint(self.lease, moved)


async def test_every_kind_of_server_is_what_it_says(
    redis_6: EmbeddedRedis, redis_7: EmbeddedRedis, valkey: EmbeddedRedis
) -> None:
    """The suite runs on Redis 6.2, on something newer and on Valkey, not twice on the same."""
    told = [await RedisWorld(server).ask("INFO") for server in (redis_6, redis_7, valkey)]
    versions = [tuple(int(part) for part in info["redis_version"].split(".")[:2]) for info in told]
    assert versions[0] == (6, 2)
    assert versions[1] >= (7, 0)
    assert [int(info.get("valkey_version", "0").split(".")[0]) >= 9 for info in told] == [False, False, True]


async def test_all_keys_of_a_partition_lie_in_one_cluster_slot(redis: RedisWorld) -> None:
    """The scripts run on Redis Cluster: one hash tag per partition."""
    store = redis.store()
    for partition in (0, 1):
        lease, _ = await store.claim(partition)
        await store.checkpoint(lease, changes(0, 1, append=dict.fromkeys(range(20), b"x")))
    keys = await redis.ask("KEYS", "{*")
    assert len(keys) == 2 * 22
    for partition in (0, 1):
        tag = b"{%s/%d}:" % (NAMESPACE.encode(), partition)
        assert len({key_slot(key) for key in keys if key.startswith(tag)}) == 1


async def test_namespaces_do_not_meet(redis: RedisWorld) -> None:
    """Two topics share a server without sharing anything."""
    one, other = redis.store(), redis.store(namespace=f"{NAMESPACE}:partitions-of-another")
    lease, _ = await one.claim(0)
    await one.checkpoint(lease, changes(0, 10, append={1: b"x"}))
    assert list(await other.partitions()) == []
    assert await other.changes_since(0, 0) is None


@pytest.mark.parametrize("namespace", ["", "a b", "a{b", "a}b"])
def test_a_namespace_that_would_break_the_keys_is_refused(namespace: str) -> None:
    """Braces would move the hash tag, spaces would break log lines."""
    with pytest.raises(ValueError, match="must be a word"):
        RedisStore("redis://127.0.0.1:1/0", namespace=namespace)


async def test_a_checkpoint_of_five_thousand_days_and_blobs_is_written_whole(redis: RedisWorld) -> None:
    """No limit of Lua's stack or of Redis' arguments is met by a replay of years."""
    store = redis.store()
    lease, _ = await store.claim(0)
    days: dict[int, Sequence[bytes]] = {day: [b"day %d" % day] for day in range(5000)}
    days[0] = [b"%d" % number for number in range(5001)]
    await store.checkpoint(lease, changes(0, 1, append={9: b"added"}, replace=days))
    _, stored = await redis.store().claim(0)
    assert stored.days == {**days, 9: [b"day 9", b"added"]}


async def test_a_lost_answer_is_made_good_by_repeating(redis: RedisWorld) -> None:
    """The server wrote, the client heard nothing: the same call again succeeds and writes nothing twice."""
    async with DeafProxy(redis.server).running() as proxy:
        store = RedisStore(proxy.url, namespace=NAMESPACE)
        lease, _ = await store.claim(0)
        lease = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        proxy.deaf = True
        following = changes(10, 20, append={1: b"b"})
        with pytest.raises(StoreUnavailable):
            await store.checkpoint(lease, following)
        proxy.deaf = False
        assert (await redis.ask("LLEN", f"{{{NAMESPACE}/0}}:day:1")) == 2
        lease = await store.checkpoint(lease, following)
        lease = await store.checkpoint(lease, changes(20, 30, append={1: b"c"}))
        _, stored = await store.claim(0)
        assert list(stored.days[1]) == [b"a", b"b", b"c"]
        await store.close()


async def test_a_call_given_up_does_not_answer_the_next(redis: RedisWorld) -> None:
    """A cancelled call takes its connection with it: no reply is taken for another's."""
    store = redis.store()
    lease, _ = await store.claim(0)
    lease = await store.checkpoint(lease, changes(0, 10, append={1: b"a" * 5_000_000}))
    for turns in range(12):
        reading = asyncio.create_task(store.changes_since(0, 0))
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        assert list(await store.partitions()) == [0]


async def test_a_reader_that_is_always_overtaken_still_reads_one_moment(redis: RedisWorld) -> None:
    """Where every reading is followed by a checkpoint, the hot days are read together with the index."""
    owner = redis.store()
    lease, _ = await owner.claim(0)
    still: dict[int, Sequence[bytes]] = {day: [b"other"] for day in range(100, 200)}
    lease = await owner.checkpoint(lease, changes(0, 1, replace={1: [b"mission"], **still}, head=b"1"))
    reader = OvertakenStore(redis.server.url, namespace=NAMESPACE)
    reader.owner, reader.lease, reader.days = owner, lease, range(1, 9)
    redis.stores.append(reader)
    for _ in range(5):
        change = await reader.changes_since(0, 0)
        assert change is not None
        assert [day for day, blobs in change.days.items() if b"mission" in blobs] == [int(change.head)]
        assert change.days.keys() >= still.keys()
        assert change.sequence == reader.lease.sequence
    assert reader.checkpoints >= 15


async def test_a_claim_overtaken_by_another_owner_has_to_be_made_again(redis: RedisWorld) -> None:
    """State that was read while somebody else wrote is never handed out as an owner's."""
    former, other = OvertakenStore(redis.server.url, namespace=NAMESPACE), redis.store()
    redis.stores.append(former)
    lease, _ = await other.claim(0)
    await other.checkpoint(lease, changes(0, 1, append={1: b"a"}))

    async def overtake() -> None:
        lease, _ = await other.claim(0)
        offset = lease.next_offset or 0
        await other.checkpoint(lease, changes(offset, offset + 1, append={1: b"b"}))

    former.overtake = overtake  # type: ignore[method-assign]  # the other owner comes in while this one reads
    with pytest.raises(StoreUnavailable, match="while its state was read"):
        await former.claim(0)


async def test_a_server_that_came_back_older_is_not_mistaken_for_what_it_was(redis: RedisWorld) -> None:
    """A checkpoint lost with a snapshot or a fail-over is fenced, written again, and read again by who saw it."""
    owner, reader = redis.store(), redis.store()
    lease, _ = await owner.claim(0)
    lease = await owner.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    keys = await redis.ask("KEYS", "{*")
    backup = {key: await redis.ask("DUMP", key) for key in keys}
    lease = await owner.checkpoint(lease, changes(10, 11, append={1: b"b"}))
    seen = await reader.changes_since(0, 0)
    assert seen is not None
    for key, content in backup.items():
        await redis.ask("RESTORE", key, 0, content, "REPLACE")
    with pytest.raises(Fenced):
        await owner.checkpoint(lease, changes(11, 12, append={2: b"c"}))
    lease, _ = await owner.claim(0)
    await owner.checkpoint(lease, changes(10, 12, append={1: b"b", 2: b"c"}))
    change = await reader.changes_since(0, seen.sequence)
    assert change is not None
    assert {day: list(blobs) for day, blobs in change.days.items()} == {1: [b"a", b"b"], 2: [b"c"]}


async def test_scripts_forgotten_by_the_server_are_sent_again(redis: RedisWorld) -> None:
    """SCRIPT FLUSH, or a restart, costs nothing."""
    store = redis.store()
    lease, _ = await store.claim(0)
    lease = await store.checkpoint(lease, changes(0, 10))
    await redis.ask("SCRIPT", "FLUSH")
    await store.checkpoint(lease, changes(10, 20))


async def test_state_of_a_newer_program_is_left_alone(redis: RedisWorld) -> None:
    """A newer schema stops claim and reading with a message that says what to do, and changes nothing."""
    store, head = redis.store(), f"{{{NAMESPACE}/0}}:head"
    lease, _ = await store.claim(0)
    await store.checkpoint(lease, changes(0, 10))
    await redis.ask("HSET", head, "schema", "3")
    before = await redis.ask("HGETALL", head)
    for call in (store.claim(0), store.changes_since(0, 0)):
        with pytest.raises(StoredStateError, match="schema 3, this program knows 2: run the program"):
            await call
    assert await redis.ask("HGETALL", head) == before


async def test_keys_of_another_program_are_reported(redis: RedisWorld) -> None:
    """A namespace that is taken is an error of configuration, said as such."""
    await redis.ask("SET", f"{{{NAMESPACE}/0}}:head", "mine")
    with pytest.raises(StoredStateError, match="another program under this namespace"):
        await redis.store().claim(0)


async def test_a_full_server_refuses_the_whole_checkpoint(redis: RedisWorld) -> None:
    """Out of memory is unavailable, not half written; with memory again the same call succeeds."""
    store = redis.store()
    lease, _ = await store.claim(0)
    lease = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    following = changes(10, 20, append={1: b"b"}, replace={2: [b"c"]})
    await redis.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="is out of memory: raise maxmemory"):
            await store.checkpoint(lease, following)
        change = await redis.store().changes_since(0, 0)
    finally:
        await redis.ask("CONFIG", "SET", "maxmemory", "0")
    assert change is not None
    assert {day: list(blobs) for day, blobs in change.days.items()} == {1: [b"a"]}
    await store.checkpoint(lease, following)


async def test_a_server_that_hangs_is_unavailable_in_time(redis: RedisWorld) -> None:
    """A stopped process answers nobody: the call ends after `timeout_seconds`, and works when it goes on."""
    store = redis.store(timeout_seconds=0.2)
    lease, _ = await store.claim(0)
    child = redis.server.child
    assert child is not None
    child.signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(3):
            with pytest.raises(StoreUnavailable, match=f"{redis.server.address} does not answer in time"):
                await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
            with pytest.raises(StoreUnavailable):
                await store.wait_for_change(0.1)
    finally:
        child.signal(signal.SIGCONT)
    # The call that was given up may still be carried out: the repeat tells, and writes nothing twice.
    await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    change = await store.changes_since(0, 0)
    assert change is not None
    assert list(change.days[1]) == [b"a"]


async def test_no_message_shows_the_password(redis: RedisWorld) -> None:
    """Errors name host and port and what to check."""
    url = f"redis://:s3cret@{redis.server.address}/0"
    await redis.ask("CONFIG", "SET", "requirepass", "other")
    try:
        store = RedisStore(url, namespace=NAMESPACE)
        with pytest.raises(StoreUnavailable, match="check user and password") as refused:
            await store.ping()
        await store.close()
    finally:
        # Redis keeps the connections that had logged in before; a new one needs the password.
        async with Redis.from_url(f"redis://:other@{redis.server.address}/0") as client:
            await client.execute_command("CONFIG", "SET", "requirepass", "")
    assert redis.server.address in str(refused.value)
    assert "s3cret" not in str(refused.value)
    with pytest.raises(ValueError, match="cannot be read: expected redis://") as unreadable:
        RedisStore("redis://:s3cr/et@host:1/0", namespace=NAMESPACE)
    assert "s3cr" not in repr(unreadable.value)
    nobody = RedisStore(f"redis://:s3cret@{LOOPBACK}:{free_port()}/0", namespace=NAMESPACE)
    with pytest.raises(StoreUnavailable, match="cannot be reached: check that it runs") as unreachable:
        await nobody.ping()
    assert "s3cret" not in str(unreachable.value)
    await nobody.close()


async def test_a_server_that_speaks_no_tls_is_told_as_such(redis: RedisWorld) -> None:
    """It waits for more of what it takes for a command: all that is heard is nothing."""
    store = RedisStore(f"rediss://{redis.server.address}/0", namespace=NAMESPACE, timeout_seconds=0.3)
    with pytest.raises(StoreUnavailable, match=r"whether it speaks TLS \(rediss://\) or not \(redis://\)"):
        await store.ping()
    await store.close()


async def test_a_publication_that_is_not_allowed_does_not_fail_the_checkpoint(redis: RedisWorld) -> None:
    """The hint is a hint: a user without rights to the channel still writes."""
    await redis.ask("ACL", "SETUSER", "mute", "on", ">pw", "~*", "+@all", "resetchannels")
    store = RedisStore(f"redis://mute:pw@{redis.server.address}/0", namespace=NAMESPACE)
    try:
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    finally:
        await store.close()
        await redis.ask("ACL", "DELUSER", "mute")
    assert list(await redis.store().partitions()) == [0]


async def test_close_leaves_no_connection_and_may_be_called_twice(redis: RedisWorld) -> None:
    """Also with a subscription and after concurrent calls."""
    store = RedisStore(redis.server.url, namespace=NAMESPACE)
    await store.wait_for_change(5.0)
    await asyncio.gather(*(store.claim(partition) for partition in range(8)))
    await store.close()
    await store.close()
    await wait_until(redis.alone, "the server to see the connections closed")


async def test_a_user_who_may_not_subscribe_looks_every_second(
    redis: RedisWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Hints spare waiting, nothing else: without them a reader is told to look, and the log says why, once."""
    await redis.ask("ACL", "SETUSER", "deaf", "on", ">pw", "~*", "+@all", "resetchannels")
    store = redis.store(username="deaf", password="pw")  # noqa: S106 - a test's
    caplog.set_level("INFO", logger="monitor")
    assert await store.wait_for_change(5)
    assert await store.wait_for_change(5)
    assert not await store.wait_for_change(0.01)
    assert caplog.text.count("does not let us SUBSCRIBE") == 1


async def test_signs_that_cannot_be_read_are_none(redis: RedisWorld) -> None:
    """Whatever else lies there is no worker; the next one to sign clears it away."""
    key = f"{NAMESPACE}:workers"
    store = redis.store()
    await store.sign(LifeSign("a", frozenset({1, 2}), frozenset({2})), for_seconds=60)
    now = int((await redis.ask("TIME"))[0]) * 1000
    later = now + 1_000_000
    strange = ["", "x", "-1 0 0", "1e9 0 ", f"{later} 0,,1 ", f"{later} 0", f"{later} 0 1 2", f"{later} x ",
               "9" * 5000, f"{later} " + "1" * 100_000 + " ",
               f"{later} {'1' * 50}x ", "\x00\xff", f"{now - 1} 0 "]  # fmt: skip
    for number, said in enumerate(strange):
        await redis.ask("HSET", key, f"s{number}", said)
    assert list(await store.signs()) == [LifeSign("a", frozenset({1, 2}), frozenset({2}))]
    await redis.ask("HSET", key, b"\xff\xfe", f"{later} 0 ")
    assert len(await store.signs()) == 2
    await redis.ask("HSET", key, *[word for number in range(3 * MOST_WORKERS) for word in (f"w{number}", "x")])
    assert list(await store.signs()) == []
    await store.sign(LifeSign("a"), for_seconds=60)
    assert list(await store.signs()) == [LifeSign("a")]
    assert await redis.ask("HLEN", key) == 1


async def test_the_last_worker_leaves_no_key_behind(redis: RedisWorld) -> None:
    """A namespace that is no longer used is not kept alive by its workers of once."""
    store = redis.store()
    await store.sign(LifeSign("a"), for_seconds=0.2)

    async def gone() -> bool:
        return not await redis.ask("EXISTS", f"{NAMESPACE}:workers")

    await wait_until(gone, "the key to expire")


async def test_least_rights_of_signs(redis: RedisWorld) -> None:
    """What a worker and an exporter need for them; who lacks it is told plainly."""
    rights = {
        "signer": [
            "+evalsha",
            "+eval",
            "+script|load",
            "+time",
            "+hlen",
            "+hgetall",
            "+hdel",
            "+hset",
            "+del",
            "+pexpire",
        ],
        "seer": ["+hlen", "+hgetall", "+time"],
    }
    for user, allowed in rights.items():
        await redis.ask("ACL", "SETUSER", user, "on", ">pw", f"~{NAMESPACE}:workers", "-@all", *allowed)
    signer, seer = (redis.store(username=user, password="pw") for user in rights)  # noqa: S106 - a test's
    await signer.sign(LifeSign("a"), for_seconds=60)
    assert list(await seer.signs()) == [LifeSign("a")]
    await signer.sign_off("a")
    assert list(await seer.signs()) == []
    with pytest.raises(StoreUnavailable):
        await seer.sign(LifeSign("b"), for_seconds=60)


async def test_a_socket_that_is_slow_to_close_is_no_fault(redis: RedisWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that was told is told; what redis-py raises at its end would have failed the whole command."""
    store = RedisStore(redis.server.url, namespace=NAMESPACE, socket_connect_timeout=0.05)
    await store.ping()

    async def never(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.StreamWriter, "wait_closed", never)
    await store.close()
