"""The whole path on real servers: a topic of its own, workers as processes, the store looked at from outside.

Everything is driven as an operator would, by command line and `MONITOR_*` variables.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.core.stored import Head, read_head
from monitor.demo.processes import Child
from monitor.demo.servers import EmbeddedBroker
from monitor.kafka.topics import ensure_topics
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka

Broker = ApacheKafka | EmbeddedBroker
MONITOR = (sys.executable, "-m", "monitor.cli")
PARTITIONS = 4
READY_SECONDS = 60.0
"""For a worker to start, join and take over; on Tansu joining alone can take ten."""
Record = tuple[bytes | None, bytes | None]
"""Key and value."""


class Station:
    """One topic with its dead letters, one group, one namespace of the store, and the processes on them."""

    def __init__(self, broker: Broker, redis_url: str, topic: str, directory: Path, **settings: str) -> None:
        self.broker = broker
        self.topic = topic
        self.dead_letter_topic = f"{topic}.dead-letter"
        self.directory = directory
        self.settings = {
            "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
            "MONITOR_KAFKA__TOPIC": topic,
            "MONITOR_KAFKA__DEAD_LETTER_TOPIC": self.dead_letter_topic,
            "MONITOR_KAFKA__GROUP": f"group-{topic}",
            "MONITOR_KAFKA__SESSION_TIMEOUT_SECONDS": "6",
            "MONITOR_KAFKA__REBALANCE_TIMEOUT_SECONDS": "6",
            "MONITOR_KAFKA__HEARTBEAT_SECONDS": "0.5",
            "MONITOR_REDIS__URL": redis_url,
            "MONITOR_REDIS__TIMEOUT_SECONDS": "1",
            "MONITOR_REDIS__NAMESPACE": "station",
        } | {f"MONITOR_{name}": value for name, value in settings.items()}
        self.store = RedisStore(redis_url, namespace=f"station:{topic}", timeout_seconds=5.0)
        self.children: list[Child] = []

    async def open(self, partitions: int = PARTITIONS) -> "Station":
        """Create the topics."""
        await ensure_topics(self.broker.bootstrap, {self.topic: partitions, self.dead_letter_topic: 1})
        return self

    async def close(self) -> None:
        """End every process that still runs."""
        for child in self.children:
            child.kill()
        await self.store.close()

    def start(self, *arguments: str, name: str, **settings: str) -> Child:
        """A monitor process; its output goes to `<name>.log`."""
        extra = {f"MONITOR_{key}": value for key, value in settings.items()}
        child = Child(
            name,
            [*MONITOR, *arguments],
            environment=os.environ | self.settings | extra,
            log=self.directory / f"{name}.log",
        )
        self.children.append(child)
        return child

    def worker(self, name: str = "worker", **settings: str) -> Child:
        """A worker process."""
        return self.start("worker", name=name, **settings)

    async def owning(self, *workers: Child) -> None:
        """Wait until the workers own all partitions among them, and each at least one."""

        def shared() -> bool:
            for worker in workers:
                worker.require_running()
            owned = [self.owned(worker) for worker in workers]
            return all(owned) and sum(map(len, owned)) == PARTITIONS

        await wait_until(
            shared, f"{len(workers)} workers to share the partitions\n{self.logs()}", timeout_seconds=READY_SECONDS
        )

    def owned(self, worker: Child) -> set[int]:
        """What a worker said it took over last, unless it gave that back since."""
        found: set[int] = set()
        for line in self.log(worker.name).splitlines():
            if took := re.search(r"took over partitions \[([\d, ]*)\]", line):
                found |= {int(number) for number in took[1].split(",")}
            elif "giving back partitions" in line:
                found = set()
        return found

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.directory / f"{name}.log").read_text()

    def logs(self) -> str:
        """The end of what each process wrote, for a failure's message."""
        return "\n".join(f"--- {child.name}\n" + self.log(child.name)[-1500:] for child in self.children)

    async def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Result:
        """A command of the monitor that ends by itself."""
        return await asyncio.to_thread(
            CliRunner().invoke, cli, list(arguments), env={**self.settings, **(environment or {})}
        )

    async def report(self, period: str, *arguments: str) -> str:
        """`monitor report` as JSON."""
        result = await self.run("report", "--period", period, "--format", "json", *arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    async def dead_letters(self) -> list[dict[str, Any]]:
        """`monitor dead-letters list`, by source."""
        result = await self.run("dead-letters", "list", "--format", "json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    async def produce(self, records: Iterable[Record], *, rate: float | None = None) -> int:
        """Send records by key; how many they were. `rate` a second."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.broker.bootstrap, linger_ms=5, max_batch_size=256 * 1024,
            max_request_size=16 * 1024 * 1024, partitioner=DefaultPartitioner(),
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        await producer.start()
        count, began = 0, loop.time()
        try:
            confirmations = []
            for key, value in records:
                if rate is not None and count % 100 == 0:
                    await asyncio.sleep(max(0.0, began + count / rate - loop.time()))
                confirmations.append(await producer.send(self.topic, value, key=key))
                count += 1
            await asyncio.gather(*confirmations)
        finally:
            await producer.stop()
        return count

    async def heads(self) -> dict[int, Head]:
        """Every partition's stored head."""
        found = {}
        for number in await self.store.partitions():
            change = await self.store.changes_since(number, 0)
            if change is not None:
                found[number] = read_head(change.head)
        return found

    async def stored(self) -> int:
        """Records that the store has taken into account; every partition's log begins at 0."""
        return sum(head.next_offset for head in (await self.heads()).values())

    async def committed(self) -> bool:
        """Whether the group has told Kafka a position in every partition."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.settings["MONITOR_KAFKA__GROUP"])
        finally:
            await admin.close()
        return len([one for one in offsets.values() if one.offset > 0]) == PARTITIONS

    async def all_stored(self, count: int, *, timeout_seconds: float = READY_SECONDS) -> None:
        """Wait until the store holds the effect of so many records."""

        async def there() -> bool:
            for child in self.children:
                if child.exit_code not in (None, 0, -9):
                    child.require_running()
            return await self.stored() >= count

        try:
            await wait_until(there, "everything to be stored", timeout_seconds=timeout_seconds)
        except TimeoutError as fault:
            raise TimeoutError(f"{fault}: {await self.stored()} of {count}\n{self.logs()}") from None
        assert await self.stored() == count


def event(mission: str, **changes: object) -> Record:
    """A closed mission in Oslo, measured at five minutes, unless said otherwise; keyed by its id."""
    snapshot: dict[str, object] = {
        "mission_id": mission,
        "revision": 1,
        "district": "oslo",
        "settlement": "urban",
        "urgent": True,
        "status": "closed",
        "ringing_at": "2024-05-01T12:00:00+02:00",
        "on_scene_at": "2024-05-01T12:05:00+02:00",
    }
    return mission.encode(), json.dumps(snapshot | changes).encode()


def row_of(report: str, area: str, category: str) -> dict[str, Any]:
    """One row of a report."""
    (row,) = (row for row in json.loads(report)["rows"] if (row["area"], row["category"]) == (area, category))
    assert isinstance(row, dict)
    return row


def measured_of(report: str, area: str, category: str) -> int:
    """How many missions a report has measured there."""
    measured: int = row_of(report, area, category)["clocks"]["response"]["measured"]
    return measured
