"""The real path below the board: a topic, a worker and an exporter as processes, and missions that ring now.

Settings are the shipped ones but for what a test names; whoever looks at it in a browser sees what people see.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer

from monitor.demo.processes import Child, free_port
from monitor.kafka.topics import ensure_topics
from tests.eventually import wait_until
from tests.integration.station import Broker, Record

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0


class Pipeline:
    """One topic with its own worker and exporter. `url` is the exporter's, as `look` wants it."""

    def __init__(self, broker: Broker, redis_url: str, topic: str, **settings: str) -> None:
        self.topic = topic
        self.bootstrap = broker.bootstrap
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        own = {
            "KAFKA__BOOTSTRAP": broker.bootstrap, "KAFKA__TOPIC": topic, "KAFKA__GROUP": f"group-{topic}",
            "KAFKA__DEAD_LETTER_TOPIC": f"{topic}.dead-letter", "REDIS__URL": redis_url,
        }  # fmt: skip
        named = {f"MONITOR_{name}": value for name, value in (own | settings).items()}
        self._environment = os.environ | named
        self._children: list[Child] = []

    async def open(self) -> "Pipeline":
        """Create the topics, start both, and return once the exporter listens."""
        await ensure_topics(self.bootstrap, {self.topic: 1, f"{self.topic}.dead-letter": 1})
        self.worker = self._start("worker")
        self.exporter = self._start("exporter", "--port", str(self.port))
        await self._serving()
        return self

    def close(self) -> None:
        """End both."""
        for child in self._children:
            child.kill()

    def start_worker(self) -> None:
        """Another worker, after the first one died."""
        self.worker = self._start("worker")

    async def send(self, *records: Record) -> None:
        """Records as a dispatch system sends them; returns once the broker has them."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await producer.start()
        try:
            for key, value in records:
                await producer.send_and_wait(self.topic, value, key=key)
        finally:
            await producer.stop()

    async def _serving(self) -> None:
        """Wait until the exporter listens."""

        async def listens() -> bool:
            self.worker.require_running()
            self.exporter.require_running()
            return f"Exporter on {self.url}" in self.exporter.log_tail()

        await wait_until(listens, "the exporter to listen", timeout_seconds=READY_SECONDS)

    def _start(self, name: str, *arguments: str) -> Child:
        command = [sys.executable, "-m", "monitor", name, *arguments]
        child = Child(name, command, environment=self._environment, directory=ROOT)
        self._children.append(child)
        return child


def mission(name: str, *, minutes: float | None = 5.0) -> Record:
    """An urgent mission in Oslo that rang half an hour ago and was reached after `minutes`; None: not yet."""
    rang = datetime.now(UTC) - timedelta(minutes=30)
    arrived = None if minutes is None else (rang + timedelta(minutes=minutes)).isoformat()
    return name.encode(), json.dumps({
        "mission_id": name, "district": "oslo", "settlement": "urban", "urgent": True,
        "status": "open" if minutes is None else "closed", "ringing_at": rang.isoformat(), "on_scene_at": arrived,
    }).encode()  # fmt: skip
