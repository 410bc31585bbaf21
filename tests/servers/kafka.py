"""Apache Kafka itself, in KRaft mode, from the jars on Maven Central.

Each node is broker and controller at once, on free loopback ports, with its files in a temporary directory.
Topics are never created by a client's mere interest; a record may have up to 16 MiB.
"""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.demo.processes import free_port
from monitor.demo.servers import Server, broker_answers
from tests.servers.components import missing, require
from tests.servers.place import Place, Placed

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".cache" / "kafka"
CLUSTER_ID = "cmVzcG9uc2UtdGltZS1tbw"  # any 16 bytes in base64
LARGEST_RECORD_BYTES = 16 * 1024 * 1024
DOWNLOAD_SECONDS = 300.0
FORMAT_SECONDS = 60.0


class KafkaNode(Placed, Server):
    """One broker that is also a controller of the cluster."""

    ready_seconds = 60.0

    def __init__(self, node_id: int, *, cluster_size: int, log: Path | None = None) -> None:
        self.name = f"Apache Kafka {node_id}"
        self.node_id = node_id
        self.cluster_size = cluster_size
        self.port = free_port()
        self.controller_port = free_port()
        self.side_port = free_port()
        """A second door for clients, who are told to come by `side_advertised`: a proxy can stand before it."""
        self.side_advertised = self.side_port
        self.peer_port = free_port()
        """The door for the other brokers, likewise; so is the controller's."""
        self.peer_advertised = self.peer_port
        self.controller_advertised = self.controller_port
        self.log = log

    def command(self) -> list[str]:
        return [*self.place.within, *self._java("-Xmx512m"), "kafka.Kafka", str(self.directory / "server.properties")]

    async def answers(self) -> bool:
        return await broker_answers(self.address)

    def format(self, voters: str) -> None:
        """Write the node's configuration and prepare its storage, as an operator would."""
        (self.directory / "server.properties").write_text(self._properties(voters))
        formatting = subprocess.run(
            self._formatting(),
            capture_output=True,
            text=True,
            timeout=FORMAT_SECONDS,
            check=False,
        )
        if formatting.returncode != 0:
            raise RuntimeError(f"{self.name}: formatting failed:\n{formatting.stdout}{formatting.stderr}")

    def _formatting(self) -> list[str]:
        return [
            *self._java("-Xmx128m"),
            *("kafka.tools.StorageTool", "format"),
            *("--cluster-id", CLUSTER_ID),
            *("--config", str(self.directory / "server.properties")),
        ]

    def _java(self, heap: str) -> list[str]:
        return [
            *("java", heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto"),
            f"-Djava.io.tmpdir={self.directory}",  # compression codecs unpack themselves there
            *("-cp", f"{kafka_jars()}/*"),
        ]

    def _properties(self, voters: str) -> str:
        replicas, host = min(3, self.cluster_size), self.place.host
        properties = {
            "process.roles": "broker,controller",
            "node.id": self.node_id,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},SIDE://{host}:{self.side_port},"
            f"PEERS://{host}:{self.peer_port},CONTROLLER://{host}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.address},SIDE://{host}:{self.side_advertised},"
            f"PEERS://{host}:{self.peer_advertised},CONTROLLER://{host}:{self.controller_advertised}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SIDE:PLAINTEXT,PEERS:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PEERS",
            "log.dirs": self.directory / "data",
            "auto.create.topics.enable": "false",
            "message.max.bytes": LARGEST_RECORD_BYTES,
            "replica.fetch.max.bytes": LARGEST_RECORD_BYTES,
            "socket.request.max.bytes": 4 * LARGEST_RECORD_BYTES,
            "default.replication.factor": replicas,
            "min.insync.replicas": max(1, replicas - 1),
            # The groups of the tests are joined at once and few.
            "group.initial.rebalance.delay.ms": 0,
            "offsets.topic.num.partitions": 1,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": 1,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": max(1, replicas - 1),
            "share.coordinator.state.topic.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": max(1, replicas - 1),
            # A killed node may register again once its old session is over: 4 s instead of 9.
            "broker.session.timeout.ms": 4000,
            "broker.heartbeat.interval.ms": 1000,
            "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
            "log.cleaner.threads": 1,
            "num.network.threads": 2,
            "num.io.threads": 2,
        }
        return "".join(f"{key}={value}\n" for key, value in properties.items())


class ApacheKafka:
    """A cluster of one node, or of several that survive the loss of a minority."""

    def __init__(self, *, nodes: int = 1, places: Sequence[Place] = ()) -> None:
        require("java")
        kafka_jars()
        self.nodes = [self._node(node_id, nodes) for node_id in range(1, nodes + 1)]
        for node, place in zip(self.nodes, places, strict=False):
            node.place = place

    def _node(self, node_id: int, nodes: int) -> KafkaNode:
        return KafkaNode(node_id, cluster_size=nodes)

    @property
    def bootstrap(self) -> str:
        return ",".join(node.address for node in self.nodes)

    def kill(self) -> None:
        """End every node as a power cut would; start() brings them back with their records."""
        for node in self.nodes:
            node.kill()

    async def start(self) -> None:
        await asyncio.gather(*(node.start() for node in self.nodes))

    async def stop(self) -> None:
        await asyncio.gather(*(node.stop() for node in self.nodes))

    def close(self) -> None:
        """End it and remove its files, without an orderly handover between nodes."""
        self.kill()
        for node in self.nodes:
            node.close()

    async def __aenter__(self) -> Self:
        voters = ",".join(f"{node.node_id}@{node.place.host}:{node.controller_advertised}" for node in self.nodes)
        try:
            await asyncio.gather(*(asyncio.to_thread(node.format, voters) for node in self.nodes))
            await self.start()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(self.__aenter__())

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


def kafka_jars() -> Path:
    """The directory with Kafka's jars; downloaded once per version with Maven."""
    version = re.search(r"<kafka\.version>(.+)</kafka\.version>", POM.read_text())
    assert version is not None, f"no <kafka.version> in {POM}"
    jars = CACHE / version[1]
    if not jars.is_dir():
        _download(jars)
    return jars


def _download(jars: Path) -> None:
    maven = require("mvn")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
        complete = Path(unfinished) / "jars"
        download = subprocess.run(
            [
                *(maven, "--quiet", "--batch-mode", "--file", POM),
                *("dependency:copy-dependencies", f"-DoutputDirectory={complete}"),
            ],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
        if download.returncode != 0:
            missing(f"Maven cannot download Apache Kafka: {download.stdout[-2000:]}{download.stderr[-500:]}")
        if jars.is_dir():  # another test run was quicker
            return
        complete.rename(jars)
