"""Partitions in Redis: each write is one script, and reading never holds up the server.

Keys of partition p, all in one cluster slot: `{ns/p}:head` (hash, fields in the scripts),
`{ns/p}:days` (sorted set: day → sequence of its last change; the change feed, as long as there are days) and
`{ns/p}:day:<day>` (list of blobs).
`ns:partitions` (set) names the partitions, `ns:workers` (hash) the workers that live, `ns:changes` is a channel.

Writing is one script per call (`claim.lua`, `checkpoint.lua`): whole, fenced, harmless to repeat. Reading is not:
a script that returns 400 days would hold up everybody else. The feed makes that unnecessary: read the index (head
and changed days at one moment, `index.lua`), read those days in pieces, read the index again; what it names as
changed since is read again, until it names nothing. Then head and days are those of that last moment. Refuses to
know what the bytes mean, and when to try again: one call is one attempt.
"""

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from monitor.core.stored import Changes, StoredStateError
from monitor.store.port import (
    MOST_WORKERS,
    Fenced,
    Lease,
    LifeSign,
    PartitionChange,
    StoredPartition,
    StoreUnavailable,
)
from monitor.store.redis_faults import address_of, told_plainly

log = logging.getLogger(__name__)

SCHEMA: Final = 1
"""Version of the layout of keys; the blobs carry a version of their own."""
_SCHEMA_BYTES: Final = b"%d" % SCHEMA
_POLL_SECONDS: Final = 1.0
_DEAF_SECONDS: Final = 60.0
_DAYS_AT_ONCE: Final = 32
_SIGN: Final = re.compile(rb"(\d{1,15}) ((?:\d{1,9}(?:,\d{1,9})*)?) ((?:\d{1,9}(?:,\d{1,9})*)?)")
_PATIENT_ROUNDS: Final = 3
"""Readings that may be overtaken by a checkpoint before hot days are read in one step with the index."""


@dataclass(frozen=True, slots=True)
class _Index:
    """A partition at one moment, without the content of its days."""

    epoch: int
    sequence: int
    head: bytes
    changed: frozenset[int]


class RedisStore:
    """`monitor.store.port.Store` on Redis 6.2 or newer. Connects on first use."""

    def __init__(self, url: str, *, namespace: str, timeout_seconds: float = 5.0, **client_options: Any) -> None:
        """Keep everything under `namespace`; `client_options` go to redis-py (TLS, credentials, …)."""
        if not re.fullmatch(r"[^\s{}]+", namespace):
            raise ValueError(f"namespace {namespace!r} must be a word without spaces and braces")
        options = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds, **client_options}
        # No retries behind the caller's back; replies as bytes, in the shape that every version of Redis speaks.
        options |= {"retry": Retry(NoBackoff(), 0), "decode_responses": False, "protocol": 2}
        try:
            self._client: Redis = Redis.from_url(url, **options)
        except ValueError:
            raise ValueError(  # without the cause: it may quote the password
                "the store's URL cannot be read: expected redis://[user:password@]host:port/database "
                "(rediss:// for TLS), special characters of the password percent-encoded"
            ) from None
        self._namespace = namespace
        self._timeout_seconds = timeout_seconds
        self.address = address_of(self._client.connection_pool.connection_kwargs)
        self._claim = self._client.register_script(_script("claim"))
        self._checkpoint = self._client.register_script(_script("checkpoint"))
        self._sign = self._client.register_script(_script("sign"))
        self._read_index = self._client.register_script(_script("index"))
        self._changes: PubSub | None = None
        self._deaf_until = 0.0
        """Monotonic time until which the server is not asked again for hints that it has refused."""

    async def claim(self, partition: int) -> tuple[Lease, StoredPartition]:
        with told_plainly(self.address):
            verdict, *found = await self._claim(keys=[self._head(partition)], args=[SCHEMA])
            if verdict == b"schema":
                raise _unknown_schema(partition, found[0])
            epoch, sequence, next_offset = found
            lease = Lease(partition, int(epoch), int(sequence), None if next_offset is None else int(next_offset))
            # After the claim: had the store been emptied in between, the lease is worthless, not the registry.
            await self._client.sadd(self._registry, str(partition))
            if lease.next_offset is None:
                return lease, StoredPartition(lease.sequence, None, {})
            reading = await self._read(partition, 0)
        if reading is None or reading[0].epoch != lease.epoch:
            # The lease is worthless already, and what was read may not be of one moment.
            raise StoreUnavailable(
                f"partition {partition} was claimed by another owner, or emptied, while its state was read: "
                "claim it again if it is still assigned here"
            )
        index, days = reading
        return lease, StoredPartition(
            index.sequence, index.head, {day: blobs for day, blobs in days.items() if blobs}
        )

    async def checkpoint(self, lease: Lease, changes: Changes) -> Lease:
        partition = lease.partition
        keys = [self._head(partition), self._days(partition)]
        args: list[int | str | bytes] = [lease.epoch, lease.sequence, changes.expected_offset]
        args += [changes.next_offset, changes.head, self._channel, partition]
        for operation, day, blobs in _operations(changes):
            keys.append(self._day(partition, day))
            args += [day, operation, len(blobs), *blobs]
        with told_plainly(self.address):
            verdict, found = await self._checkpoint(keys=keys, args=args)
        if verdict not in (b"written", b"repeated"):
            raise Fenced(_refusal(lease, changes, verdict.decode(), None if found is None else found.decode()))
        return Lease(partition, lease.epoch, int(found), changes.next_offset)

    async def partitions(self) -> Sequence[int]:
        with told_plainly(self.address):
            known = sorted(int(member) for member in await self._client.smembers(self._registry))
            async with self._client.pipeline(transaction=False) as pipe:
                for partition in known:
                    pipe.hexists(self._head(partition), "next_offset")
                stored = await pipe.execute()
        return [partition for partition, present in zip(known, stored, strict=True) if present]

    async def changes_since(self, partition: int, sequence: int) -> PartitionChange | None:
        with told_plainly(self.address):
            reading = await self._read(partition, sequence)
        if reading is None:
            return None
        index, days = reading
        return PartitionChange(partition, index.sequence, index.head, days)

    async def wait_for_change(self, timeout_seconds: float) -> bool:
        """As the port says. One task at a time: there is one subscription.

        Where the server lets nobody subscribe (renamed command, ACL) every second may have brought something.
        """
        if time.monotonic() < self._deaf_until:
            await asyncio.sleep(min(timeout_seconds, _POLL_SECONDS))
            return timeout_seconds >= _POLL_SECONDS
        try:
            with told_plainly(self.address):
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
        with told_plainly(self.address):
            verdict = await self._sign(
                keys=[self._workers], args=[life.worker, int(for_seconds * 1000), said, MOST_WORKERS]
            )
        if verdict != b"signed":
            raise StoreUnavailable(f"{MOST_WORKERS} workers have said that they live: no place for another")

    async def sign_off(self, worker: str) -> None:
        with told_plainly(self.address):
            await self._client.hdel(self._workers, worker)

    async def signs(self) -> Sequence[LifeSign]:
        with told_plainly(self.address):
            if not 0 < await self._client.hlen(self._workers) <= 2 * MOST_WORKERS:
                return []  # far too many are not ours: the next worker to sign clears them away
            async with self._client.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.hgetall(self._workers)
                (seconds, microseconds), said = await pipe.execute()
        now = seconds * 1000 + microseconds // 1000
        found = (_life_sign(name, words, now) for name, words in sorted(said.items()))
        return [life for life in found if life is not None][:MOST_WORKERS]

    async def ping(self) -> None:
        with told_plainly(self.address):
            await self._client.ping()

    async def close(self) -> None:
        await self._unsubscribe()
        await self._client.aclose()

    async def _read(self, partition: int, since: int) -> tuple[_Index, Mapping[int, Sequence[bytes]]] | None:
        """Index and content of all days changed after `since`, as of one moment; None where nothing has."""
        index = await self._index(partition, since)
        if index is None or index.sequence == since:
            return None
        days: dict[int, Sequence[bytes]] = {}
        hot: frozenset[int] = frozenset()  # days that were written while they were read
        for _ in range(_PATIENT_ROUNDS):
            days |= await self._contents(partition, index.changed)
            later = await self._index(partition, index.sequence)
            if later is None or later.sequence < index.sequence:
                return await self._read(partition, 0)  # emptied meanwhile: what was read is of an earlier life
            if later.sequence == index.sequence:
                return index, days
            index = later
            hot |= index.changed
        while True:  # overtaken again and again: read the hot days together with the index; there are few of them
            later, contents = await self._index_with(partition, index.sequence, sorted(hot))
            if later is None or later.sequence < index.sequence:
                return await self._read(partition, 0)
            days |= contents
            if later.changed <= hot:
                return later, days
            index = later
            hot |= index.changed

    async def _index(self, partition: int, since: int) -> _Index | None:
        index, _ = await self._index_with(partition, since, ())
        return index

    async def _index_with(
        self, partition: int, since: int, days: Sequence[int]
    ) -> tuple[_Index | None, dict[int, Sequence[bytes]]]:
        """The index and the content of `days`, of one moment. None before the first checkpoint."""
        keys = [self._head(partition), self._days(partition), *(self._day(partition, day) for day in days)]
        found, changed, *contents = await self._read_index(keys=keys, args=[since])
        schema, epoch, sequence, next_offset, head = found
        if schema is not None and schema != _SCHEMA_BYTES:
            raise _unknown_schema(partition, schema)
        if next_offset is None:
            return None, {}
        index = _Index(int(epoch), int(sequence), head, frozenset(map(int, changed)))
        return index, dict(zip(days, contents, strict=True))

    async def _contents(self, partition: int, days: Iterable[int]) -> dict[int, Sequence[bytes]]:
        """The content of each day, in pieces: others are served in between."""
        order = sorted(days)
        contents: dict[int, Sequence[bytes]] = {}
        for start in range(0, len(order), _DAYS_AT_ONCE):
            some = order[start : start + _DAYS_AT_ONCE]
            async with self._client.pipeline(transaction=False) as pipe:
                for day in some:
                    pipe.lrange(self._day(partition, day), 0, -1)
                contents |= zip(some, await pipe.execute(), strict=True)
        return contents

    async def _subscribe(self) -> None:
        """Return once the server has confirmed: from then on nothing goes unheard. Or once it has refused."""
        self._changes = self._client.pubsub()
        await self._changes.subscribe(self._channel)
        try:
            while (message := await self._changes.get_message(timeout=self._timeout_seconds)) is not None:
                if message["type"] == "subscribe":
                    self._deaf_until = 0.0
                    return
        except ResponseError as fault:
            if not (isinstance(fault, NoPermissionError) or "unknown command" in str(fault)):
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

    def _head(self, partition: int) -> str:
        return f"{{{self._namespace}/{partition}}}:head"

    def _days(self, partition: int) -> str:
        return f"{{{self._namespace}/{partition}}}:days"

    def _day(self, partition: int, day: int) -> str:
        return f"{{{self._namespace}/{partition}}}:day:{day}"

    @property
    def _registry(self) -> str:
        return f"{self._namespace}:partitions"

    @property
    def _workers(self) -> str:
        return f"{self._namespace}:workers"

    @property
    def _channel(self) -> str:
        return f"{self._namespace}:changes"


def _script(name: str) -> str:
    return (files("monitor.store") / f"{name}.lua").read_text("utf-8")


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


def _refusal(lease: Lease, changes: Changes, verdict: str, stored: str | None) -> str:
    what = f"checkpoint of partition {lease.partition}, offset {changes.next_offset}, refused: "
    if verdict == "epoch" and stored is None:
        return what + f"the store was emptied since epoch {lease.epoch} was claimed"
    if verdict == "epoch":
        return what + f"epoch {stored} has been claimed since epoch {lease.epoch}"
    if verdict == "sequence":
        return what + f"checkpoint {stored} is stored, the lease continues {lease.sequence}"
    return what + f"offset {stored} is stored, the state continues {changes.expected_offset}"


def _unknown_schema(partition: int, found: bytes) -> StoredStateError:
    return StoredStateError(
        f"partition {partition} is stored with schema {found.decode(errors='replace')}, this program knows {SCHEMA}: "
        "run the program that wrote it, or clear the store to rebuild from Kafka"
    )
