"""Servers in pairs: each broker and each Redis appears, without running everything four times."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from monitor.demo.servers import EmbeddedRedis
from monitor.simulator import year
from tests.integration.station import Broker, Record, Station
from tests.servers import components
from tests.servers.components import require


@pytest.fixture(scope="session")
def redis_6() -> Iterator[EmbeddedRedis]:
    """Redis 6.2, out of a wheel."""
    with EmbeddedRedis(executable=components.redis_6()) as server:
        yield server


@pytest.fixture(scope="session")
def redis_7() -> Iterator[EmbeddedRedis]:
    """The Redis of this machine."""
    with EmbeddedRedis(executable=require("redis-server")) as server:
        yield server


@pytest.fixture(params=[("apache_kafka", "redis_7"), ("embedded_broker", "redis_6")], ids="-".join)
def servers(request: pytest.FixtureRequest) -> tuple[object, object]:
    """A broker and a Redis."""
    broker, redis = request.param
    return request.getfixturevalue(broker), request.getfixturevalue(redis)


@pytest.fixture
async def station(servers: tuple, topic: str, tmp_path: Path) -> AsyncIterator[Station]:
    """The whole path on each pair of servers."""
    broker, redis = servers
    station = await Station(broker, redis.url, topic, tmp_path).open()
    yield station
    await station.close()


@pytest.fixture
async def kafka_station(apache_kafka: object, redis_7: EmbeddedRedis, topic: str, tmp_path: Path):  # noqa: ANN201
    """The whole path on Apache Kafka and the newer Redis."""
    station = await Station(apache_kafka, redis_7.url, topic, tmp_path).open()
    yield station
    await station.close()


@pytest.fixture(scope="session")
def events_of_2024() -> list[Record]:
    """The simulated year, as `monitor simulate --year 2024 --seed 1` writes it."""
    return [(emission.key.encode(), emission.value) for emission in year(2024, seed=1)]


@pytest.fixture(scope="session")
def file_of_2024(events_of_2024: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    path = tmp_path_factory.mktemp("events") / "2024.jsonl"
    path.write_bytes(b"".join(value + b"\n" for _, value in events_of_2024 if value is not None))
    return path


@pytest.fixture
async def durable_redis() -> AsyncIterator[EmbeddedRedis]:
    """A Redis of its own, which keeps over a power cut what it said was stored."""
    async with EmbeddedRedis(executable=require("redis-server"), append_only=True) as redis:
        yield redis


@pytest.fixture
async def durable_station(
    apache_kafka: Broker, durable_redis: EmbeddedRedis, topic: str, tmp_path: Path
) -> AsyncIterator[Station]:
    """The whole path with that Redis."""
    station = await Station(apache_kafka, durable_redis.url, topic, tmp_path).open()
    yield station
    await station.close()
