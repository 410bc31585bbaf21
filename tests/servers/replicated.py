"""Redis on several servers, as real processes: a master with replicas under three sentinels, a cluster of masters.

Under sentinels every server stands behind a proxy under whose port it is known to all, so that it can be cut off from
the others and not from the clients: `apart`.
"""

import signal
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from monitor.demo.processes import LOOPBACK, free_port, wait_until
from monitor.demo.servers import PROBE_SECONDS, EmbeddedRedis, Server
from tests.chaos.proxy import Proxy
from tests.servers.place import HERE, Place, Placed

SERVICE = "mission-store"
ANY = "0.0.0.0"  # noqa: S104 - within a namespace
SOURCES = cycle(f"127.0.1.{number}" for number in range(1, 255))
"""Loopback has many addresses, on Linux at least."""
DOWN_MILLISECONDS = 1_000
"""Silence after which a sentinel holds a server to be down."""
SETTLE_SECONDS = 60.0
"""A deadline for what must happen at all."""


@contextmanager
def _shunning(*cuts: tuple[Proxy, Sequence[str]]) -> Iterator[None]:
    """Each proxy refuses these callers, and has broken what they had open."""
    try:
        for proxy, callers in cuts:
            proxy.shunned = callers
            proxy.cut(callers)
        yield
    finally:
        for proxy, _ in cuts:
            proxy.shunned = ()


class Node(Placed, EmbeddedRedis):
    """One server, known to others by the port of its proxy; in another place, where none stands, by its own."""

    def __init__(self, *, executable: Path | None, options: Sequence[str] = (), place: Place = HERE) -> None:
        super().__init__(executable=executable, append_only=True)
        self.proxy = Proxy(self.port)
        self.place = place
        self.source = next(SOURCES)
        """The address that it calls others from: by it their proxies tell it from clients."""
        self.options: list[str] = [*options]
        if place == HERE:
            self.options += ["--bind-source-addr", self.source]
        else:
            self.options += ["--bind", ANY, "--protected-mode", "no"]

    @property
    def known_as(self) -> int:
        return self.proxy.port if self.place == HERE else self.port

    def command(self) -> list[str]:
        hasty = ["--repl-diskless-sync-delay", "0", "--repl-timeout", "5"]
        return [*self.place.within, *super().command(), *hasty, *self.options]

    async def ask(self, *command: str | int) -> object:
        """Its own answer, behind the proxy's back."""
        async with Redis.from_url(self.url, socket_timeout=PROBE_SECONDS, protocol=2) as client:
            return await client.execute_command(*command)

    def freeze(self) -> None:
        """It hears everything and says nothing."""
        if self.child is not None:
            self.child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        if self.child is not None and self.child.exit_code is None:
            self.child.signal(signal.SIGCONT)


class SentinelNode(Placed, Server):
    """One sentinel, with a file of its own that it writes to."""

    def __init__(
        self, *, executable: Path, master: str, quorum: int, options: Sequence[str] = (), place: Place = HERE
    ) -> None:
        self.place = place
        self.name = "sentinel"
        self.port = free_port()
        self.log: Path | None = None
        self.executable = executable
        self.source = next(SOURCES)
        self.lines = [
            f"port {self.port}",
            *(self._here() if place == HERE else [f"bind {ANY}", "protected-mode no"]),
            f"sentinel monitor {SERVICE} {master.replace(':', ' ')} {quorum}",
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_MILLISECONDS}",
            f"sentinel failover-timeout {SERVICE} 4000",
            *options,
        ]

    def _here(self) -> list[str]:
        return [f"bind {LOOPBACK}", f"bind-source-addr {self.source}", f"sentinel announce-ip {LOOPBACK}"]

    def command(self) -> list[str]:
        file = self.directory / "sentinel.conf"
        if not file.exists():
            file.write_text("\n".join([*self.lines, f"dir {self.directory}", ""]))
        return [*self.place.within, str(self.executable), str(file), "--sentinel"]

    async def answers(self) -> bool:
        try:
            return bool(await self.state())
        except (RedisError, OSError):
            return False

    async def state(self) -> dict[str, object]:
        """What it says of the master."""
        async with Redis(host=self.place.seen_at, port=self.port, socket_timeout=PROBE_SECONDS, protocol=2) as client:
            found: dict[str, object] = await client.sentinel_master(SERVICE)
            return found


class Together:
    """Several servers and what stands before them, from their start to their certain end. `async with`."""

    nodes: Sequence[Node]

    def parts(self) -> Iterable[AbstractAsyncContextManager[object]]:
        """Everything that is started, in order."""
        raise NotImplementedError

    async def join(self) -> None:
        """Make one store of them."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for part in self.parts():
                await stack.enter_async_context(part)
            await self.join()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *fault: object) -> None:
        for node in self.nodes:
            node.thaw()
        await self._stack.aclose()


class UnderSentinels(Together):
    """A master, two replicas, and three sentinels. It need not all run at the end."""

    def __init__(
        self, *, executable: Path, options: Sequence[str] = (), places: Sequence[Place] = (HERE, HERE, HERE)
    ) -> None:
        self.nodes = [Node(executable=executable, options=options, place=place) for place in places]
        first = self.nodes[0]
        for node in self.nodes:
            node.options += ["--replica-announce-ip", node.place.host, "--replica-announce-port", str(node.known_as)]
            if node is not first:
                node.options += ["--replicaof", first.place.host, str(first.known_as)]
        master = f"{first.place.host}:{first.known_as}"
        self.sentinels = [
            SentinelNode(executable=executable, master=master, quorum=2, place=place) for place in places
        ]

    @property
    def url(self) -> str:
        """As the monitor is told."""
        asked = (f"{one.place.host}:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{','.join(asked)}/{SERVICE}/0"

    def parts(self) -> Iterable[AbstractAsyncContextManager[object]]:
        for node in self.nodes:
            yield from (node.proxy, node)
        yield from self.sentinels

    async def join(self) -> None:
        await self.whole()

    async def whole(self) -> None:
        """Return once all sentinels know each other and all replicas, and every replica follows."""

        async def known() -> bool:
            try:
                states = [await one.state() for one in self.sentinels]
                master = await self.master()
                replication = [await node.ask("ROLE") for node in self.nodes if node is not master]
            except (RedisError, OSError, LookupError):
                return False
            return all(
                (state["num-other-sentinels"], state["num-slaves"], state["flags"])
                == (len(self.sentinels) - 1, len(self.nodes) - 1, "master")
                for state in states
            ) and all(isinstance(role, list) and role[3:4] == [b"connected"] for role in replication)

        await wait_until(known, "the sentinels to know everybody", timeout_seconds=SETTLE_SECONDS)

    async def master(self, key: str = "") -> Node:
        """Whom the sentinels call so, by the newest of their words; of every key."""
        del key
        said = []
        for sentinel in self.sentinels:
            try:
                said.append(await sentinel.state())
            except (RedisError, OSError):
                continue
        newest = max(said, key=lambda state: (int(str(state["config-epoch"])), not state["is_sdown"]))
        return next(node for node in self.nodes if node.known_as == newest["port"])

    async def another(self, former: Node, key: str = "") -> Node:
        """Whom they call so once it is not the former one, and takes writes."""
        del key

        async def promoted() -> Node | None:
            try:
                found = await self.master()
                role = await found.ask("ROLE")
            except (RedisError, OSError, LookupError):
                return None
            return found if found is not former and isinstance(role, list) and role[0] == b"master" else None

        found = await wait_until(promoted, "another master", timeout_seconds=SETTLE_SECONDS)
        assert found is not None
        return found

    @asynccontextmanager
    async def apart(self, node: Node, *, replicas_only: bool = False) -> AsyncIterator[None]:
        """Cut off a server from all others and the sentinels, or only replicas from it; clients still reach it."""
        others = [one for one in self.nodes if one is not node]
        callers = [one.source for one in (*others, *(() if replicas_only else self.sentinels))]
        with _shunning((node.proxy, callers), *((one.proxy, [node.source]) for one in others)):
            yield

    async def following(self, node: Node) -> None:
        """Return once a server that was master follows the present one."""

        async def follows() -> bool:
            try:
                role = await node.ask("ROLE")
            except (RedisError, OSError):
                return False
            return isinstance(role, list) and role[0] == b"slave" and role[3] == b"connected"

        await wait_until(follows, "the former master to follow", timeout_seconds=SETTLE_SECONDS)


class OfCluster(Node):
    """One node of a cluster; the port of its bus stands behind a proxy, too."""

    def __init__(self, *, executable: Path) -> None:
        super().__init__(executable=executable)
        self.bus = free_port()
        self.wire = Proxy(self.bus)
        self.options += [
            "--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port", str(self.bus),
            "--cluster-replica-validity-factor", "0", "--cluster-announce-ip", LOOPBACK,
            "--cluster-announce-port", str(self.known_as), "--cluster-announce-bus-port", str(self.wire.port),
        ]  # fmt: skip


class ClusterOfThree(Together):
    """Three masters, each with a replica: Redis 7 or newer, for older ones let nobody choose the port of the bus."""

    def __init__(self, *, executable: Path) -> None:
        self.nodes = [OfCluster(executable=executable) for _ in range(6)]

    @property
    def url(self) -> str:
        """As the monitor is told: not all of them."""
        return f"redis+cluster://{','.join(f'{LOOPBACK}:{node.known_as}' for node in self.nodes[:3])}"

    def parts(self) -> Iterable[AbstractAsyncContextManager[object]]:
        for node in self.nodes:
            yield from (node.proxy, node.wire, node)

    async def join(self) -> None:
        first, masters, replicas = self.nodes[0], self.nodes[:3], self.nodes[3:]
        for number, node in enumerate(masters):
            slots = range(number * 16384 // 3, (number + 1) * 16384 // 3)
            await node.ask("CLUSTER", "ADDSLOTSRANGE", slots.start, slots.stop - 1)
            await node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            await node.ask("CLUSTER", "MEET", LOOPBACK, first.known_as, first.wire.port)

        async def met() -> bool:
            return all([await self.says(node, "cluster_known_nodes:6") for node in self.nodes])

        await wait_until(met, "the nodes to meet", timeout_seconds=SETTLE_SECONDS)
        for master, replica in zip(masters, replicas, strict=True):
            name = await master.ask("CLUSTER", "MYID")
            assert isinstance(name, bytes)
            await replica.ask("CLUSTER", "REPLICATE", name.decode())
        await self.whole()

    @asynccontextmanager
    async def apart(self, node: OfCluster, *, replicas_only: bool = False) -> AsyncIterator[None]:
        """Cut off a node from all others, or only its replicas from it; clients still reach it."""
        others = [one for one in self.nodes if one is not node]
        callers = [one.source for one in others]
        cuts = [(node.proxy, callers)]
        if not replicas_only:
            cuts += [(node.wire, callers)]
            cuts += [(proxy, [node.source]) for one in others for proxy in (one.proxy, one.wire)]
        with _shunning(*cuts):
            yield

    async def says(self, node: Node, words: str) -> bool:
        """Whether these words stand in what a node says of the cluster."""
        try:
            info = await node.ask("CLUSTER", "INFO")
        except (RedisError, OSError):
            return False
        return isinstance(info, bytes) and words in info.decode()

    async def whole(self) -> None:
        """Return once all slots are served, and every replica follows."""

        async def served() -> bool:
            roles = []
            for node in self.nodes:
                if not await self.says(node, "cluster_state:ok"):
                    return False
                roles.append(await node.ask("ROLE"))
            following = [role for role in roles if isinstance(role, list) and role[0] == b"slave"]
            return len(following) == 3 and all(role[3] == b"connected" for role in following)

        await wait_until(served, "the cluster to be whole", timeout_seconds=SETTLE_SECONDS)

    async def move(self, key: str, source: OfCluster, target: OfCluster) -> None:
        """Move a key's slot with all that lies in it, one key after the other, as `redis-cli --cluster reshard`."""
        slot = await source.ask("CLUSTER", "KEYSLOT", key)
        assert isinstance(slot, int)
        names = [await node.ask("CLUSTER", "MYID") for node in (source, target)]
        here, there = [name.decode() for name in names if isinstance(name, bytes)]
        await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", here)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", there)
        while keys := await source.ask("CLUSTER", "GETKEYSINSLOT", slot, 1):
            assert isinstance(keys, list)
            await source.ask("MIGRATE", LOOPBACK, target.port, "", 0, 5000, "KEYS", *[one.decode() for one in keys])
        for node in (target, source, *(one for one in self.nodes if one not in (source, target))):
            with suppress(ResponseError):  # replicas hear it from their masters
                await node.ask("CLUSTER", "SETSLOT", slot, "NODE", there)

    async def settle(self, key: str) -> None:
        """Let no node believe that a key's slot is on its way."""
        for node in self.nodes:
            with suppress(RedisError, OSError):
                slot = await node.ask("CLUSTER", "KEYSLOT", key)
                assert isinstance(slot, int)
                await node.ask("CLUSTER", "SETSLOT", slot, "STABLE")

    async def level(self) -> None:
        """Return once every replica has what its master has."""

        async def same() -> bool:
            roles = [await node.ask("ROLE") for node in self.nodes]
            masters = [role for role in roles if isinstance(role, list) and role[0] == b"master"]
            return all({int(one[2]) for one in role[2]} == {role[1]} for role in masters)

        await wait_until(same, "the replicas to be level", timeout_seconds=SETTLE_SECONDS)

    async def masters(self) -> list[OfCluster]:
        """Those that serve slots, by the word of the first that answers."""
        for node in self.nodes:
            try:
                ranges = await node.ask("CLUSTER", "SLOTS")
            except (RedisError, OSError):
                continue
            assert isinstance(ranges, list)
            ports = {port for _, _, (_, port, *_), *_ in ranges}
            return [one for one in self.nodes if one.known_as in ports]
        return []

    async def master(self, key: str, *, but: OfCluster | None = None) -> OfCluster:
        """Who serves a key's slot, by the word of whoever answers, `but` this one."""
        for node in self.nodes:
            if node is but:
                continue
            try:
                slot = await node.ask("CLUSTER", "KEYSLOT", key)
                ranges = await node.ask("CLUSTER", "SLOTS")
            except (RedisError, OSError):
                continue
            assert isinstance(slot, int)
            assert isinstance(ranges, list)
            for first, last, (_, port, *_), *_ in ranges:
                if first <= slot <= last:
                    return next(one for one in self.nodes if one.known_as == port)
        raise LookupError(f"nobody serves {key}")

    async def another(self, former: OfCluster, key: str) -> OfCluster:
        """Who serves a key once it is not the former one any more."""

        async def promoted() -> OfCluster | None:
            found = await self.master(key, but=former)
            return found if found is not former and await self.says(found, "cluster_state:ok") else None

        found = await wait_until(promoted, "another master of the slot", timeout_seconds=SETTLE_SECONDS)
        assert found is not None
        return found
