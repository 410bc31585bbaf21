"""Which servers the store lies on, and how they are spoken to: one, the master that sentinels name, or a cluster.

Knows addresses, logins and connections; nothing of keys and of what they hold. The clients are redis-py's own. What
is added: a connection that did not serve is not used again (whoever was promoted is found by the next one), of
sentinels that disagree the newest is believed, and a server that has become a replica is not taken for the master.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import Connection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unconnected
from redis.exceptions import RedisClusterException, RedisError, ResponseError

from monitor.store.rights import Deployment

_SENTINEL_PORT: Final = 26379
_REDIS_PORT: Final = 6379
_SEVERAL: Final = re.compile(r"redis(?P<tls>s?)\+(?P<kind>sentinel|cluster)")

Login = tuple[str | None, str | None]
"""User and password."""


class Servers(Protocol):
    """What the store needs to know of where it lies. Clients connect on first use."""

    client: Redis
    """Sends each command where its keys are; a pipeline without MULTI may go to several servers."""
    address: str
    """For messages: hosts and ports, no login."""
    deployment: Deployment | None
    """None: one server."""

    async def ping(self) -> None:
        """Return when every server answers that is written to."""

    async def time(self, key: str) -> float:
        """The clock, epoch seconds, of the server that holds this key."""

    async def listener(self) -> PubSub:
        """A subscription that hears what is published at any of the servers."""

    async def each(self) -> Sequence[Redis]:
        """A client for each server that may have to be written to; whoever asks closes them."""

    async def look_anew(self) -> None:
        """Use no idle connection again: who was asked did not serve, and another may by now."""

    async def close(self) -> None:
        """Release connections."""


def servers(url: str, *, sentinel_login: Login = (None, None), **options: Any) -> Servers:
    """Those that an address names. `options` go to redis-py. Raises ValueError that does not repeat the address.

    Of several: `redis+sentinel://host:port,…/service/database`, `redis+cluster://host:port,…`; `rediss+…` with TLS.
    """
    # No retries behind the caller's back; replies as bytes, in the shape that every version of Redis speaks; and a
    # client that does not introduce itself needs no right to do so.
    options |= {"retry": Retry(NoBackoff(), 0), "decode_responses": False, "protocol": 2, "driver_info": None}
    scheme = _SEVERAL.fullmatch(url.partition("://")[0])
    try:
        if scheme is None:
            return OneServer(Redis.from_url(url, **options))
        parts = urlsplit(url)
        login, _, named = parts.netloc.rpartition("@")
        before = f"redis{scheme['tls']}://{login}{'@' if login else ''}"
        service, _, database = parts.path.strip("/").partition("/")
        nodes = [parse_url(f"{before}{place}/{database or '0'}?{parts.query}") for place in named.split(",")]
    except ValueError:
        raise ValueError(  # without the cause: it may quote the password
            "the store's URL cannot be read: expected redis://[user:password@]host:port/database "
            "(rediss:// for TLS), special characters of the password percent-encoded"
        ) from None
    port = _SENTINEL_PORT if scheme["kind"] == "sentinel" else _REDIS_PORT
    places = [(str(node.pop("host", "localhost")), int(node.pop("port", port))) for node in nodes]
    shared: dict[str, Any] = {**options, **nodes[0]}
    if shared.pop("connection_class", None) is SSLConnection:
        shared["ssl"] = True
    if scheme["kind"] == "cluster":
        return Cluster(places, shared)
    return BehindSentinels(places, service, shared, sentinel_login)


def address_of(connection: Mapping[str, Any]) -> str:
    """Where a client connects to, without user and password."""
    path = connection.get("path")
    return str(path) if path else f"{connection.get('host', 'localhost')}:{connection.get('port', _REDIS_PORT)}"


async def _closed(*endings: Callable[[], Awaitable[None]]) -> None:
    """End each, whatever becomes of the others: redis-py raises where a busy machine is slow to close a socket."""
    for end in endings:
        with suppress(RedisError, RedisClusterException, OSError):
            await end()


class OneServer:
    """A server at one address, whoever answers there."""

    deployment: Deployment | None = None

    def __init__(self, client: Redis, address: str | None = None) -> None:
        self.client = client
        self.address = address or address_of(client.connection_pool.connection_kwargs)

    async def ping(self) -> None:
        await self.client.ping()

    async def time(self, key: str) -> float:
        del key
        seconds, microseconds = await self.client.time()
        return float(seconds) + float(microseconds) / 1e6

    async def listener(self) -> PubSub:
        return self.client.pubsub()

    async def each(self) -> Sequence[Redis]:
        return [self.client.client()]

    async def look_anew(self) -> None:
        with suppress(RedisError, OSError):
            await self.client.connection_pool.disconnect(inuse_connections=False)

    async def close(self) -> None:
        await _closed(self.client.aclose)


class BehindSentinels(OneServer):
    """The master of a service, as its sentinels name it whenever a connection is made."""

    deployment: Deployment | None = "sentinel"

    def __init__(
        self, places: Sequence[tuple[str, int]], service: str, shared: Mapping[str, Any], login: Login
    ) -> None:
        user, password = login
        carried = {
            key: value for key, value in shared.items() if key.startswith(("socket_", "ssl")) or key in _PLAIN_SPEECH
        }
        self._sentinels = NewestBelieved(  # type: ignore[no-untyped-call]  # theirs
            places, sentinel_kwargs={**carried, "username": user, "password": password}, **shared
        )
        named = ", ".join(f"{host}:{port}" for host, port in places)
        super().__init__(
            self._sentinels.master_for(service, redis_connect_func=_as_master),
            f"{service} (by its sentinels at {named})",
        )

    async def close(self) -> None:
        await _closed(self.client.aclose, self._sentinels.aclose)


_PLAIN_SPEECH: Final = frozenset({"retry", "decode_responses", "protocol", "driver_info"})


class NewestBelieved(Sentinel):
    """Sentinels, asked all at once; of their answers that of the latest fail-over counts.

    redis-py takes the first that answers, and asks it first from then on. One that was cut off goes on naming the
    master of before.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """Host and port. Raises MasterNotFoundError that says what the sentinels say."""
        asked = [asyncio.create_task(self._answer(sentinel)) for sentinel in self.sentinels]
        masters: list[dict[str, Any]] = []
        silent: list[str] = []
        known: set[str] = set()
        answered = 0
        try:
            for task in asyncio.as_completed(asked):
                place, answer = await task
                if isinstance(answer, Exception):
                    silent.append(f"{place}: {answer}")
                    continue
                answered += 1
                known |= answer.keys()
                if service_name in answer:
                    masters.append(answer[service_name])
                if masters and answered > len(asked) // 2:
                    break  # more than half: who is frozen need not be waited for
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        if not answered:
            raise MasterNotFoundError(f"no sentinel answers: {'; '.join(silent)}")
        if not masters:
            raise MasterNotFoundError(
                f"the sentinels know no service {service_name!r}, but {', '.join(sorted(known)) or 'none at all'}"
            )
        # The sentinel that carries out a fail-over names the former master a while longer than those whom it told.
        newest = max(
            masters, key=lambda state: (int(state["config-epoch"]), self.check_master_state(state, service_name))
        )
        if not self.check_master_state(newest, service_name):
            raise MasterNotFoundError(
                f"the sentinels hold {newest['ip']}:{newest['port']} to be down, and have chosen no other yet"
            )
        return str(newest["ip"]), int(newest["port"])

    async def _answer(self, sentinel: Redis) -> tuple[str, dict[str, dict[str, Any]] | Exception]:
        place = address_of(sentinel.connection_pool.connection_kwargs)
        try:
            return place, cast("dict[str, dict[str, Any]]", await sentinel.sentinel_masters())
        except (RedisError, OSError) as fault:
            return place, fault


async def _as_master(connection: Connection) -> None:
    """Log in, and refuse a server that is no master any more. One that does not let us ask is believed."""
    await connection.on_connect()
    await connection.send_command("ROLE", check_health=False)
    with suppress(ResponseError):
        role, *_ = await connection.read_response()
        if role != b"master":
            raise Unconnected(f"the sentinels still name {connection.host}:{connection.port}, which is a replica now")


class Cluster:
    """The nodes of a cluster: every command goes to the one that holds its keys, and follows them where they move."""

    deployment: Deployment | None = "cluster"

    def __init__(self, places: Sequence[tuple[str, int]], shared: Mapping[str, Any]) -> None:
        self._shared = dict(shared)
        self._cluster = RedisCluster(startup_nodes=[ClusterNode(host, port) for host, port in places], **self._shared)
        self.client = cast("Redis", self._cluster)
        self.address = "the cluster at " + ", ".join(f"{host}:{port}" for host, port in places)

    async def ping(self) -> None:
        """Of the masters alone: a replica that is away holds up nobody."""
        await self._cluster.initialize()
        await self._cluster.execute_command("PING", target_nodes=self._cluster.get_primaries())

    async def time(self, key: str) -> float:
        await self._cluster.initialize()
        node = self._cluster.get_node_from_key(key)
        seconds, microseconds = await self._cluster.execute_command("TIME", target_nodes=[node])
        return float(seconds) + float(microseconds) / 1e6

    async def listener(self) -> PubSub:
        """At any node: what is published at one is told to all."""
        await self._cluster.initialize()
        return self._node(self._cluster.get_random_node()).pubsub()

    async def each(self) -> Sequence[Redis]:
        await self._cluster.initialize()
        return [self._node(node) for node in self._cluster.get_primaries()]

    async def look_anew(self) -> None:
        """Which node serves what: the client asks by itself after a command that failed, and not after a pipeline."""
        with suppress(RedisError, RedisClusterException, OSError):
            await self._cluster.nodes_manager.initialize()

    async def close(self) -> None:
        nodes = self._cluster.nodes_manager.aclose  # left open by the cluster's own after a fault
        await _closed(self._cluster.aclose, partial(nodes, "nodes_cache"), partial(nodes, "startup_nodes"))

    def _node(self, node: ClusterNode) -> Redis:
        return Redis(host=node.host, port=int(node.port), **self._shared)
