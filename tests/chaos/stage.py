"""What the faults happen to: three brokers and Redis behind proxies, workers, feed and exporter, all real processes.

Knows how to start, look at and heal them. Which fault comes when is the schedule's business.
"""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
from redis.exceptions import RedisClusterException, RedisError

from monitor.demo.processes import LOOPBACK, Child, free_port, wait_until
from monitor.kafka.topics import ensure_topics
from monitor.store.redis_servers import servers
from tests.chaos.fed import FEED_FILE, GROUP, SOURCE, SOURCE_LETTERS, SOURCE_PARTITIONS
from tests.chaos.proxy import Proxy
from tests.chaos.redis import ChaosRedis
from tests.servers.components import require
from tests.servers.kafka import ApacheKafka
from tests.servers.replicated import ClusterOfThree, UnderSentinels

REPOSITORY = Path(__file__).parents[2]
TOPIC = "mission-events"
DEAD_LETTERS = "mission-events.dead-letter"
PARTITIONS = 12
WORKERS = 3
PATIENCE_SECONDS = 180.0
LAST_LINES, LINE_LENGTH = 12, 2000
"""A deadline for what must happen at all; how long it takes is measured, not demanded."""


@dataclass(frozen=True, slots=True)
class Program:
    """Which monitor is run: its interpreter, and the folder it lies in."""

    interpreter: Path = Path(sys.executable)
    home: Path = REPOSITORY

    def command(self, *arguments: str) -> list[str]:
        """`monitor` with these."""
        return [str(self.interpreter), "-m", "monitor", *arguments]


@dataclass
class Worker:
    """One process that carries records, a worker or a feed, and its log."""

    name: str
    child: Child
    log: Path
    leaving: bool = False
    """Whether it is being ended: then its end is no surprise."""

    def says(self, pattern: str, *, since: int = 0) -> bool:
        """Whether it has logged this, from byte `since` on."""
        with self.log.open("rb") as log:
            log.seek(since)
            return re.search(pattern.encode(), log.read()) is not None


@dataclass
class Stage:
    """Everything that runs."""

    kafka: ApacheKafka
    redis: ChaosRedis
    proxy: Proxy
    """Between everybody and Redis."""
    roads: list[Proxy]
    """Between the workers and each broker."""
    wires: list[tuple[Proxy, Proxy]]
    """Between the brokers: what leads to each one's log, and to its vote."""
    logs: Path
    environment: dict[str, str]
    several: UnderSentinels | ClusterOfThree | None = None
    """The store, where it is not `redis`, which does not run then."""
    exporter_port: int = field(default_factory=free_port)
    program: Program = Program()
    """What is started from now on."""
    partitions: int = PARTITIONS
    workers: dict[str, Worker] = field(default_factory=dict)
    feeds: dict[str, Worker] = field(default_factory=dict)
    exporters: dict[int, Child] = field(default_factory=dict)
    """By their number, which is 1 where there is one."""
    problems: list[str] = field(default_factory=list)
    """Broken promises, beside wrong figures."""
    started: int = 0
    peak_bytes: int = 0
    slowest_stop_seconds: float = 0.0

    @property
    def way_in(self) -> str:
        """Where the source finds the brokers."""
        return self.kafka.bootstrap

    def within(self, number: int) -> Sequence[str]:
        """What the command of a worker begins with, by the order of their start."""
        del number
        return ()

    def say(self, text: str) -> None:
        """One line to the person watching."""
        print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)  # noqa: T201 - this is the program's output

    async def start_worker(self, **extra: str) -> Worker:
        """A worker that has started. If a server is away it gives up; it is then started again."""
        return await self._started(self.workers, ["worker"], extra)

    async def start_feed(self, **extra: str) -> Worker:
        """The same of a feed."""
        return await self._started(self.feeds, ["feed", "--feed", str(self.logs / "feed.toml")], extra)

    async def _started(self, others: dict[str, Worker], command: list[str], extra: Mapping[str, str]) -> Worker:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            worker = self.launch(*command, **extra)
            others[worker.name] = worker
            with suppress(TimeoutError):
                await wait_until(
                    lambda worker=worker: worker.child.exit_code is not None or worker.says("worker started"),
                    f"{worker.name} to start",
                    timeout_seconds=60,
                )
            if worker.child.exit_code is None:
                worker.leaving = False
                return worker
            self._forget(worker)
            if worker.child.exit_code not in (1, -signal.SIGKILL) or time.monotonic() > deadline:
                self.problems.append(f"{worker.name} did not start: exit code {worker.child.exit_code}")
                return worker
            await asyncio.sleep(1)

    def launch_worker(self, **extra: str) -> Worker:
        """One that has not started yet."""
        return self.launch("worker", **extra)

    def launch(self, *command: str, **extra: str) -> Worker:
        """A process of the monitor that carries records, and has not started yet."""
        self.started += 1
        name = f"{command[0]}-{self.started}"
        log = self.logs / f"{name}.log"
        child = Child(
            name,
            [*self.within(self.started), *self.program.command(*command)],
            environment={**self.environment, **extra},
            directory=self.program.home,
            log=log,
        )
        return Worker(name, child, log, leaving=True)

    def _forget(self, worker: Worker) -> None:
        self.workers.pop(worker.name, None)
        self.feeds.pop(worker.name, None)
        worker.child.kill()

    def kill_worker(self, worker: Worker) -> None:
        """Kill -9."""
        worker.leaving = True
        self._forget(worker)

    async def stop_worker(self, worker: Worker) -> None:
        """SIGTERM; it must exit 0 in its own time."""
        worker.leaving = True
        began = time.monotonic()
        worker.child.signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await wait_until(lambda: worker.child.exit_code is not None, "its end", timeout_seconds=30)
        seconds = time.monotonic() - began
        self.slowest_stop_seconds = max(self.slowest_stop_seconds, seconds)
        if worker.child.exit_code != 0:
            self.problems.append(f"{worker.name}: exit code {worker.child.exit_code} {seconds:.1f} s after SIGTERM")
        self._forget(worker)

    async def start_exporter(self) -> None:
        """The exporter; it answers before the store does."""
        self.exporters[1] = self.launch_exporter("exporter")
        await wait_until(self.metrics, "the exporter's metrics", timeout_seconds=PATIENCE_SECONDS)

    def launch_exporter(self, name: str, within: Sequence[str] = (), **extra: str) -> Child:
        """One that has not answered yet."""
        return Child(
            name,
            [*within, *self.program.command("exporter", "--port", str(self.exporter_port))],
            environment={**self.environment, **extra},
            directory=self.program.home,
            log=self.logs / f"{name}.log",
        )

    async def metrics(self, host: str = LOOPBACK) -> dict[str, float]:
        """Samples of the exporter by name with labels; empty where it does not answer."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as http,
                http.get(f"http://{host}:{self.exporter_port}/metrics") as answer,
            ):
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return {}
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    async def compared_besides(self) -> list[tuple[str, object, object]]:
        """What else must be so in the end: its name, what it is, what it must be."""
        return []

    async def expect_store(self, *, up: bool) -> None:
        """The exporter must tell whether the store is there."""

        async def told() -> bool:
            return store_up(await self.metrics()) == float(up)

        try:
            await wait_until(told, "monitor_store_up", timeout_seconds=60)
        except TimeoutError:
            self.problems.append(f"the exporter did not say monitor_store_up {int(up)} within 60 s")

    async def stored_offsets(self) -> dict[int, int]:
        """How far each partition is stored; asked behind the proxy's back. Empty where Redis is away."""
        try:
            url = await self.store_url()
        except LookupError:
            return {}
        place = servers(url, socket_timeout=1, socket_connect_timeout=1)
        try:
            pipe = place.client.pipeline(transaction=False)
            for number in range(self.partitions):
                pipe.hget(self.head(number), "next_offset")
            found = await pipe.execute()
        except (RedisError, RedisClusterException, OSError):
            return {}
        finally:
            await place.close()
        return {number: int(offset) for number, offset in enumerate(found) if offset is not None}

    async def store_url(self) -> str:
        """Where it is asked. Raises LookupError where nobody knows."""
        return self.redis.url if self.several is None else self.several.url

    def head(self, number: int) -> str:
        """The key of a partition's head."""
        namespace = self.environment.get("MONITOR_REDIS__NAMESPACE", "monitor")
        return f"{{{namespace}:{TOPIC}/{number}}}:head"

    @property
    def carrying(self) -> list[Worker]:
        """Workers and feeds."""
        return [*self.workers.values(), *self.feeds.values()]

    def end(self) -> None:
        """Nothing outlives the stage, however it came to its end."""
        self.redis.close()  # another one than at first, where a replica has taken its place
        for child in [*(worker.child for worker in self.carrying), *self.exporters.values()]:
            child.kill()

    def look_after(self) -> None:
        """Note memory, and what ended though nobody ended it."""
        for worker in self.carrying:
            if worker.leaving:
                continue
            if worker.child.exit_code is not None:
                worker.leaving = True
                self.problems.append(f"{worker.name} ended by itself with exit code {worker.child.exit_code}")
                continue
            with suppress(psutil.Error):
                self.peak_bytes = max(self.peak_bytes, psutil.Process(worker.child.pid).memory_info().rss)

    def complaints(self) -> list[str]:
        """The last lines of each log, cut: what is left of a failure where nobody keeps them."""
        return [
            f"{log.stem}: {line[:LINE_LENGTH]}"
            for log in sorted([*self.logs.glob("worker-*.log"), *self.logs.glob("feed-*.log")])
            for line in log.read_text("utf-8").splitlines()[-LAST_LINES:]
        ]

    def logged(self, pattern: str) -> int:
        """How often any worker ever logged this."""
        return sum(len(re.findall(pattern, log.read_text("utf-8"))) for log in self.logs.glob("worker-*.log"))


def store_up(metrics: Mapping[str, float]) -> float | None:
    """What an exporter says of the store, of whichever release it is."""
    return next((value for name, value in metrics.items() if name.partition("{")[0] == "monitor_store_up"), None)


@asynccontextmanager
async def set_up(
    logs: Path, store: str = "one", program: Program = Program(), *, feed: bool = True
) -> AsyncIterator[Stage]:
    """The stage, ready: topics, workers, exporter; the store on `one` server, under `sentinel`, or a `cluster`.

    `feed`: whether one runs beside the workers; a former program may know none. Everything ends with the block.
    """
    async with AsyncExitStack() as stack:
        kafka = ApacheKafka(nodes=3)
        roads, wires = [], []
        for node in kafka.nodes:
            road, wire, vote = [
                await stack.enter_async_context(Proxy(port))
                for port in (node.side_port, node.peer_port, node.controller_port)
            ]
            node.side_advertised, node.peer_advertised, node.controller_advertised = road.port, wire.port, vote.port
            roads.append(road)
            wires.append((wire, vote))
        await stack.enter_async_context(kafka)
        redis, several = ChaosRedis(), None
        if store == "one":
            await stack.enter_async_context(redis)
        else:
            kind = {"sentinel": UnderSentinels, "cluster": ClusterOfThree}[store]
            several = await stack.enter_async_context(kind(executable=require("redis-server")))
        proxy = await stack.enter_async_context(Proxy(redis.port))
        await ensure_topics(
            kafka.bootstrap,
            {TOPIC: PARTITIONS, DEAD_LETTERS: 3, SOURCE: SOURCE_PARTITIONS, SOURCE_LETTERS: 1},
            replication=3,
            config={"min.insync.replicas": "2"},
        )
        bootstrap = ",".join(f"{LOOPBACK}:{road.port}" for road in roads)
        url = f"redis://{LOOPBACK}:{proxy.port}/0" if several is None else several.url
        stage = Stage(kafka, redis, proxy, roads, wires, logs, environment(bootstrap, url), several, program=program)
        stack.callback(stage.end)
        (logs / "feed.toml").write_text(FEED_FILE, encoding="utf-8")
        started = [*(stage.start_worker() for _ in range(WORKERS)), *([stage.start_feed()] if feed else [])]
        await asyncio.gather(stage.start_exporter(), *started)
        yield stage


def environment(bootstrap: str, redis_url: str) -> dict[str, str]:
    """The workers' settings: short sessions, so that a dead worker is missed soon."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    return inherited | {
        "MONITOR_KAFKA__BOOTSTRAP": bootstrap,
        "MONITOR_KAFKA__TOPIC": TOPIC,
        "MONITOR_KAFKA__DEAD_LETTER_TOPIC": DEAD_LETTERS,
        "MONITOR_FEED__GROUP": GROUP,
        "MONITOR_KAFKA__SESSION_TIMEOUT_SECONDS": "6",
        "MONITOR_KAFKA__HEARTBEAT_SECONDS": "1",
        "MONITOR_REDIS__URL": redis_url,
        "MONITOR_REDIS__TIMEOUT_SECONDS": "2",
    }
