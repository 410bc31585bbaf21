"""Partitions in Redis: each write is one script, and reading needs no right to write and never holds up the server.

Writing is one script per call (`claim.lua`, `checkpoint.lua`): whole, fenced, harmless to repeat. Reading is not: a
script that returns 400 days would hold up everybody else, Redis 7 lets nobody run one who may only read, and a
server that is out of memory refuses whatever is queued in MULTI. The change feed makes all that unnecessary: read the
index (head and changed days; the head's sequence before and after it must be the same), read those days in pieces,
read the index again; what it names as changed since is read again, until it names nothing. Then head and days are
those of that last moment. Each day is read as of an index that was read before it: what is marked beyond that was
either overtaken, and is named by the next, or was never stored.

`layout` knows the keys and what their content must look like. Refuses to know what the bytes mean, and when to try
again: one call is one attempt.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any, Final, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import AskError, RedisError, ResponseError

from monitor.core.stored import Changes, StoredStateError
from monitor.store.layout import (
    HEAD_FIELDS,
    HELD_FIELDS,
    MOST_DAYS,
    MOST_PARTITIONS,
    SCHEMA,
    UNMARKED,
    Content,
    Index,
    Keys,
    damaged,
    holds_anything,
    number,
    read_index,
    registered,
    still_held,
    unknown_schema,
)
from monitor.store.port import (
    MOST_WORKERS,
    Fenced,
    Lease,
    LifeSign,
    PartitionChange,
    StoredPartition,
    StoreUnavailable,
    refusal,
)
from monitor.store.redis_faults import is_refused, is_state, told_plainly
from monitor.store.redis_servers import Login, servers
from monitor.store.rights import Right, Role, rights_for, taking_away

T = TypeVar("T")
log = logging.getLogger(__name__)

_DAYS_AT_ONCE: Final = 32
_PARTITIONS_AT_ONCE: Final = 500
_POLL_SECONDS: Final = 1.0
_DEAF_SECONDS: Final = 60.0
_SIGN: Final = re.compile(rb"(\d{1,15}) ((?:\d{1,9}(?:,\d{1,9})*)?) ((?:\d{1,9}(?:,\d{1,9})*)?)")
_PATIENT_ROUNDS: Final = 3
"""Readings that may be overtaken by a checkpoint before hot days are read in one step with the index."""
_HURRIED_ROUNDS: Final = 20
"""Readings of one step that may be overtaken: commands sent together are seldom torn apart."""


class RedisStore:
    """`monitor.store.port.Store` on Redis 6.2 or newer, wherever `redis_servers` finds it. Connects on first use."""

    def __init__(
        self,
        url: str,
        *,
        namespace: str,
        timeout_seconds: float = 5.0,
        sentinel_login: Login = (None, None),
        **client_options: Any,
    ) -> None:
        """Keep everything under `namespace`; `client_options` go to redis-py (TLS, credentials, …).

        Raises ValueError where address or namespace cannot be used.
        """
        if not re.fullmatch(r"[^\s{}]+", namespace):
            raise ValueError(f"namespace {namespace!r} must be a word without spaces and braces")
        options = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds, **client_options}
        self._servers = servers(url, sentinel_login=sentinel_login, **options)
        self._client: Redis = self._servers.client
        self._keys = Keys(namespace)
        self._timeout_seconds = timeout_seconds
        self.address = self._servers.address
        self._claim = self._client.register_script(_script("claim"))
        self._checkpoint = self._client.register_script(_script("checkpoint"))
        self._sign = self._client.register_script(_script("sign"))
        self._changes: PubSub | None = None
        self._deaf_until = 0.0
        """Monotonic time until which the server is not asked again for hints that it has refused."""

    async def claim(self, partition: int, *, anew: bool = False) -> tuple[Lease, StoredPartition]:
        keys = [self._keys.head(partition), self._keys.days(partition)]
        args: list[int | str] = [SCHEMA, UNMARKED, self._keys.day(partition, ""), "anew" if anew else ""]
        async with self._plainly():
            verdict, *found = await self._claim(keys=keys, args=args)
            if verdict == b"schema":
                raise unknown_schema(partition, found[0])
            if verdict == b"damaged":
                raise damaged(partition, f"{found[0].decode()} is {found[1][:40]!r}")
            epoch, sequence, next_offset, before = (None if one is None else int(one) for one in (*found, None)[:4])
            lease = Lease(partition, epoch or 0, sequence or 0, next_offset, before)
            # After the claim: had the store been emptied in between, the lease is worthless, not the registry.
            await self._client.sadd(self._keys.registry, str(partition))
            if lease.next_offset is None:
                return lease, StoredPartition(lease.sequence, None, {})
            reading = await self._read(partition)
        if reading is None or reading[0].epoch != lease.epoch:
            # The lease is worthless already, and what was read may not be of one moment.
            raise StoreUnavailable(
                f"partition {partition} was claimed by another owner, or emptied, while its state was read: "
                "claim it again if it is still assigned here"
            )
        index, days, _ = reading
        return lease, StoredPartition(
            index.sequence, index.head, {day: blobs for day, blobs in days.items() if blobs}
        )

    async def checkpoint(self, lease: Lease, changes: Changes) -> Lease:
        partition = lease.partition
        keys = [self._keys.head(partition), self._keys.days(partition)]
        args: list[int | str | bytes] = [lease.epoch, lease.sequence, changes.expected_offset]
        args += [changes.next_offset, changes.head, self._keys.channel, partition, self._keys.day(partition, "")]
        for operation, day, blobs in _operations(changes):
            keys.append(self._keys.day(partition, day))
            args += [day, operation, len(blobs), *blobs]
        async with self._plainly():
            verdict, found = await self._checkpoint(keys=keys, args=args)
        if verdict == b"damaged":
            raise damaged(partition, f"of its {found.decode(errors='replace')} days some are missing")
        if verdict not in (b"written", b"repeated"):
            stored = None if found is None else found[:40].decode(errors="replace")
            raise Fenced(refusal(lease, changes, verdict.decode(), stored))
        return Lease(partition, lease.epoch, int(found), changes.next_offset)

    async def holds(self, leases: Collection[Lease]) -> set[int]:
        found = set()
        async with self._plainly():
            for some in _pieces(sorted(leases, key=lambda lease: lease.partition), _PARTITIONS_AT_ONCE):
                async with self._client.pipeline(transaction=False) as pipe:
                    for lease in some:
                        pipe.sismember(self._keys.registry, str(lease.partition))
                        pipe.hmget(self._keys.head(lease.partition), *HELD_FIELDS)
                        pipe.zcard(self._keys.days(lease.partition))
                    answers = _pieces(await pipe.execute(), 3)
                for lease, (known, head, present) in zip(some, answers, strict=True):
                    if known and still_held(lease.epoch, lease.sequence, head, present):
                        found.add(lease.partition)
        return found

    async def partitions(self) -> Sequence[int]:
        found = []
        async with self._plainly():
            count = await self._client.scard(self._keys.registry)
            if count > MOST_PARTITIONS:
                raise StoredStateError(
                    f"the store's list of partitions names {count}: no topic has so many; delete "
                    f"{self._keys.registry} (workers write it again), or choose another redis.namespace"
                )
            known = registered(cast("set[bytes]", await self._client.smembers(self._keys.registry)))
            for some in _pieces(known, _PARTITIONS_AT_ONCE):
                async with self._client.pipeline(transaction=False) as pipe:
                    for partition in some:
                        pipe.hmget(self._keys.head(partition), "sequence", "next_offset")
                        pipe.zrange(self._keys.days(partition), 0, 0, withscores=True)
                    answers = _pieces(await pipe.execute(), 2)
                found += [partition for partition, held in zip(some, answers, strict=True) if holds_anything(*held)]
        return found

    async def changes_since(
        self, partition: int, sequence: int, *, writer: int | None = None
    ) -> PartitionChange | None:
        async with self._plainly():
            reading = await self._read(partition, sequence, writer)
        if reading is None:
            return None
        index, days, whole = reading
        return PartitionChange(partition, index.sequence, index.head, days, index.writer, whole)

    async def wait_for_change(self, timeout_seconds: float) -> bool:
        """As the port says. One task at a time: there is one subscription.

        Where the server lets nobody subscribe (renamed command, ACL) every second may have brought something.
        """
        if time.monotonic() < self._deaf_until:
            await asyncio.sleep(min(timeout_seconds, _POLL_SECONDS))
            return timeout_seconds >= _POLL_SECONDS
        try:
            async with self._plainly():
                if self._changes is None:
                    async with asyncio.timeout(min(timeout_seconds, self._timeout_seconds)):
                        await self._subscribe()
                    return True
                return await self._heard(self._changes, timeout_seconds)
        except BaseException:
            await self._unsubscribe()  # also when cancelled: half a message may have been read
            raise

    async def sign(self, life: LifeSign, *, for_seconds: float) -> None:
        said = " ".join(",".join(map(str, sorted(numbers))) for numbers in (life.partitions, life.slowed))
        async with self._plainly():
            verdict = await self._sign(
                keys=[self._keys.workers], args=[life.worker, int(for_seconds * 1000), said, MOST_WORKERS]
            )
        if verdict != b"signed":
            raise StoreUnavailable(f"{MOST_WORKERS} workers have said that they live: no place for another")

    async def sign_off(self, worker: str) -> None:
        async with self._plainly():
            await self._client.hdel(self._keys.workers, worker)

    async def signs(self) -> Sequence[LifeSign]:
        async with self._plainly():
            if not 0 < await self._client.hlen(self._keys.workers) <= 2 * MOST_WORKERS:
                return []  # far too many are not ours: the next worker to sign clears them away
            now = int(await self._servers.time(self._keys.workers) * 1000)  # first: what is said later is true later
            said = cast("dict[bytes, bytes]", await self._client.hgetall(self._keys.workers))
        found = (_life_sign(name, words, now) for name, words in sorted(said.items()))
        return [life for life in found if life is not None][:MOST_WORKERS]

    async def ping(self) -> None:
        async with self._plainly():
            await self._servers.ping()

    async def missing_rights(self, roles: Collection[Role]) -> Sequence[Right]:
        """The rights that the server refuses, of those that these roles need: each is asked for."""
        missing = []
        needed = rights_for(roles, self._servers.deployment)
        async with self._plainly():
            for server in await self._servers.each():
                async with server:
                    missing += [
                        right for right in needed if right not in missing and await self._lacks(server, right)
                    ]
        return [right for right in needed if right in missing]

    async def _lacks(self, server: Redis, right: Right) -> bool:
        # A connection of its own: SUBSCRIBE would bind one that is used on.
        async with server.client() as client:
            try:
                await client.execute_command(*right.probe(self._keys))  # type: ignore[no-untyped-call]  # theirs
                for ending in taking_away(right, self._keys):
                    with suppress(ResponseError):
                        await client.execute_command(*ending)  # type: ignore[no-untyped-call]
            except AskError:
                return False  # a node of a cluster sends elsewhere whoever may
            except ResponseError as fault:
                if is_state(fault):
                    raise
                return is_refused(fault)
            finally:
                if right.command == "subscribe" and client.connection is not None:
                    await client.connection.disconnect()
        return False

    async def close(self) -> None:
        await self._unsubscribe()
        await self._servers.close()

    @asynccontextmanager
    async def _plainly(self) -> AsyncIterator[None]:
        """Tell plainly what goes wrong inside, and ask whoever is in charge by then the next time."""
        try:
            with told_plainly(self.address):
                yield
        except StoreUnavailable:
            await self._servers.look_anew()
            raise

    async def _read(
        self, partition: int, since: int = 0, writer: int | None = None
    ) -> tuple[Index, Mapping[int, Sequence[bytes]], bool] | None:
        """Index and content of all days changed after `since`, as of one moment, and whether these are all days.

        None where nothing has changed.
        """
        index, _ = await self._index(partition, since, writer)
        if index is None or (index.sequence == since and not index.whole):
            return None
        whole = index.whole
        days: dict[int, Content] = {}
        written_at: dict[int, int] = {}
        hot: set[int] = set()  # days that were written while they were read
        for _ in range(_PATIENT_ROUNDS):
            days |= await self._contents(index, index.changed)
            written_at |= index.changed
            later, _ = await self._index(partition, index.sequence, index.writer)
            if later is None or later.whole:
                return await self._read(partition)  # emptied, or failed over: what was read is of an earlier life
            if later.sequence == index.sequence:
                return index, index.agreed(days, written_at), whole
            index = later
            hot |= index.changed.keys()
        while True:  # overtaken again and again: read the hot days together with the index; there are few of them
            later, contents = await self._index(partition, index.sequence, index.writer, sorted(hot))
            if later is None or later.whole:
                return await self._read(partition)
            days |= contents
            written_at |= index.changed | later.changed
            if later.changed.keys() <= hot:
                return later, later.agreed(days, written_at), whole
            index = later
            hot |= index.changed.keys()

    async def _index(
        self, partition: int, since: int, writer: int | None = None, days: Sequence[int] = ()
    ) -> tuple[Index | None, dict[int, Content]]:
        """The index and the content of `days`, of one moment. None before the first checkpoint.

        Changed days are all where the checkpoint `since`, by `writer`, did not lead to the stored one.
        """
        head, feed = self._keys.head(partition), self._keys.days(partition)
        for _ in range(_HURRIED_ROUNDS):
            async with self._client.pipeline(transaction=False) as pipe:
                pipe.hmget(head, "sequence", "writer")
                pipe.zcard(feed)
                pipe.zrangebyscore(feed, f"({since}" if since else "-inf", "+inf", 0, MOST_DAYS + 1, withscores=True)
                for day in days:
                    pipe.lrange(self._keys.day(partition, day), 0, -1)
                pipe.hmget(head, *HEAD_FIELDS)
                before, present, scored, *contents, found = await pipe.execute()
            stored = dict(zip(HEAD_FIELDS, found, strict=True))
            if [stored["sequence"], stored["writer"]] != before:
                continue  # torn apart by a checkpoint, or by a fail-over
            if since and (0 if before[0] is None else number(partition, "sequence", before[0])) < since:
                return await self._index(partition, 0, days=days)  # before what is left of it is looked at
            index = read_index(partition, found, scored, present, whole=not since)
            if index is None:
                return None, {}
            if since and not index.continues(writer, since):
                return await self._index(partition, 0, days=days)
            return index, {day: index.content(day, elements) for day, elements in zip(days, contents, strict=True)}
        raise StoreUnavailable(f"partition {partition} is written faster than it can be read: read it again")

    async def _contents(self, index: Index, days: Iterable[int]) -> dict[int, Content]:
        """The content of each day as of this index, in pieces: others are served in between.

        Where that was overtaken, the next index names the day again.
        """
        contents: dict[int, Content] = {}
        for some in _pieces(sorted(days), _DAYS_AT_ONCE):
            async with self._client.pipeline(transaction=False) as pipe:
                for day in some:
                    pipe.lrange(self._keys.day(index.partition, day), 0, -1)
                found = await pipe.execute()
            for day, elements in zip(some, found, strict=True):
                contents[day] = index.content(day, elements)
        return contents

    async def _subscribe(self) -> None:
        """Return once the server has confirmed: from then on nothing goes unheard. Or once it has refused."""
        self._changes = await self._servers.listener()
        await self._changes.subscribe(self._keys.channel)
        try:
            while (message := await self._changes.get_message(timeout=self._timeout_seconds)) is not None:
                if message["type"] == "subscribe":
                    self._deaf_until = 0.0
                    return
        except ResponseError as fault:
            if not is_refused(fault):
                raise
            if not self._deaf_until:
                log.info("Redis at %s does not let us SUBSCRIBE, so it is asked for changes every second instead: %s",
                         self.address, fault)  # fmt: skip
            self._deaf_until = time.monotonic() + _DEAF_SECONDS
            await self._unsubscribe()
            return
        raise TimeoutError("no answer to SUBSCRIBE")

    async def _heard(self, changes: PubSub, timeout_seconds: float) -> bool:
        heard = await changes.get_message(timeout=timeout_seconds) is not None
        while heard and await changes.get_message(timeout=0) is not None:
            pass  # many changes are one hint
        return heard

    async def _unsubscribe(self) -> None:
        changes, self._changes = self._changes, None
        if changes is not None:
            with suppress(RedisError, OSError):  # a connection that is gone has nothing to release
                await changes.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves it unannotated


def _script(name: str) -> str:
    return (files("monitor.store") / f"{name}.lua").read_text("utf-8")


def _pieces(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))


def _life_sign(name: bytes, said: bytes, now: int) -> LifeSign | None:
    """What a worker said, as long as it is true at `now` (milliseconds of the server's clock)."""
    words = _SIGN.fullmatch(said)
    if words is None or int(words[1]) <= now:
        return None
    partitions, slowed = (frozenset(map(int, filter(None, numbers.split(b",")))) for numbers in words.groups()[1:])
    return LifeSign(name.decode(errors="replace"), partitions, slowed)


def _operations(changes: Changes) -> Iterator[tuple[str, int, Sequence[bytes]]]:
    """What the script does to each day, in this order: a day written anew may also be added to."""
    for day, blobs in changes.replace.items():
        yield "replace", day, blobs
    for day, blob in changes.append.items():
        yield "append", day, (blob,)
