"""The places the contract suite runs in: what a test may do to a store besides talking to it."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from redis.asyncio import Redis

from monitor.core.stored import Changes
from monitor.demo.servers import EmbeddedRedis
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.store.port import Store
from monitor.store.redis import RedisStore
from tests.eventually import wait_until

NAMESPACE = "monitor:mission-events"


class World(Protocol):
    """Stores that share what is stored, and the power over it."""

    def store(self) -> Store:
        """One more client of what is stored; closed with the world."""

    async def empty(self) -> None:
        """Forget everything."""

    async def keep(self) -> None:
        """Remember all that is stored."""

    async def put_back(self) -> None:
        """Be again as it was kept, whatever was confirmed since: a snapshot, a replica that was behind."""

    async def kill(self) -> None:
        """Stop answering."""

    async def revive(self) -> None:
        """Answer again."""

    async def close(self) -> None:
        """End all clients; raises AssertionError where anything stays that should not."""


class MemoryWorld:
    """All in this process."""

    def __init__(self) -> None:
        self.backing = MemoryBacking()

    def store(self) -> MemoryStore:
        return MemoryStore(self.backing)

    async def empty(self) -> None:
        self.backing.empty()

    async def keep(self) -> None:
        self.kept = copy.deepcopy(self.backing.kept)

    async def put_back(self) -> None:
        self.backing.kept = copy.deepcopy(self.kept)

    async def kill(self) -> None:
        self.backing.reachable = False

    async def revive(self) -> None:
        self.backing.reachable = True

    async def close(self) -> None:
        pass


class RedisWorld:
    """A real server."""

    def __init__(self, server: EmbeddedRedis) -> None:
        self.server = server
        self.stores: list[RedisStore] = []

    def store(self, **options: Any) -> RedisStore:
        store = RedisStore(self.server.url, **{"namespace": NAMESPACE, **options})
        self.stores.append(store)
        return store

    async def ask(self, *command: str | int | bytes) -> Any:
        """The answer to a command, through a connection of its own."""
        async with Redis.from_url(self.server.url) as client:
            return await client.execute_command(*command)

    async def empty(self) -> None:
        await self.ask("FLUSHALL")

    async def keep(self) -> None:
        self.kept = {key: await self.ask("DUMP", key) for key in await self.ask("KEYS", "*")}

    async def put_back(self) -> None:
        await self.empty()
        for key, dumped in self.kept.items():
            await self.ask("RESTORE", key, 0, dumped)

    async def kill(self) -> None:
        self.server.kill()

    async def revive(self) -> None:
        await self.server.start()

    async def close(self) -> None:
        for store in self.stores:
            await store.close()
        await wait_until(self.alone, "all connections of the stores to be closed")
        keys = [key.decode() for key in await self.ask("KEYS", "*")]
        await self.empty()
        ours = (f"{{{NAMESPACE}/", f"{NAMESPACE}:partitions", f"{NAMESPACE}:workers")
        assert [key for key in keys if not key.startswith(ours)] == [], "keys outside of the namespace"

    async def alone(self) -> bool:
        """Whether the server has no client but the one that asks."""
        return len((await self.ask("CLIENT", "LIST")).splitlines()) == 1


def changes(
    expected: int,
    following: int,
    *,
    append: Mapping[int, bytes] | None = None,
    replace: Mapping[int, Sequence[bytes]] | None = None,
    head: bytes | None = None,
) -> Changes:
    """A checkpoint from offset `expected` to `following`."""
    return Changes(
        expected_offset=expected,
        next_offset=following,
        head=head if head is not None else b"head \x00\xff at %d" % following,
        append=append or {},
        replace=replace or {},
        missions=len(append or {}),
    )
