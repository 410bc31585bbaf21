"""From a produced record to what somebody sees: the time until /metrics and the board show one more mission.

Real processes with default settings (worker, exporter), a real broker (Apache Kafka, or `--broker embedded`), a real
Redis, a year of history in the store. A load of constant rate runs beside (open loop: it never waits for anybody);
each of its records is the next revision of one of the missions of the last 28 days, so the state stays as large as
it is while the figures move. Probes are missions of series that nobody else has, one series per partition, so
that the n-th mission counted there is the n-th probe. They are sent on a schedule of their own, whether or not the
earlier ones have been seen. A load of 1 a second are the probes themselves.

Time begins where the probe is handed to the producer, and ends where the answer that counts it has arrived: of a
reader that asks for /metrics every 50 ms, and of one that does what the board's script does, which is to fetch the
page when the stream says that there is something new. `stored`: when the checkpoint with the probe was announced.

    python benchmarks/freshness.py [--rates 1,1000,20000] [--probes 240] [--workers 1] [--broker embedded] [--quick]
"""

import argparse
import asyncio
import json
import math
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from monitor.demo.processes import Child, free_port, wait_until
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.kafka.clients import producing
from monitor.kafka.sending import Outbox
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings
from monitor.settings.sections import WindowSettings
from monitor.simulator import history

ROOT = Path(__file__).parents[1]
TOPIC = "mission-events"
PARTITIONS = 4
LANES = (("troms", "rural"), ("troms", "town"), ("finnmark", "rural"), ("finnmark", "town"))
"""The probes' series; the one of place p is sent to partition p."""
LIVELY_DAYS = 28
READY_SECONDS = 90.0
WARM_SECONDS = 5.0
LAST_SECONDS = 30.0
ASK_SECONDS = 0.05
TICK_SECONDS = 0.02
SIGHTS = ("stored", "metrics", "board")
TOLD = {"stored": "checkpoint in Redis", "metrics": "figure in `/metrics`", "board": "cell of the board"}


@dataclass(slots=True)
class Probe:
    """One mission that is waited for. Times are of the monotonic clock."""

    lane: int
    sent: float
    offset: int | None = None
    seen: dict[str, float] = field(default_factory=dict)


class Watch:
    """Which probe was seen where and when."""

    def __init__(self) -> None:
        self.lanes: list[list[Probe]] = [[] for _ in LANES]
        self._counted = {sight: [0] * len(LANES) for sight in SIGHTS}
        self.checkpoints: list[tuple[int, int, float]] = []
        """Partition, next offset, when it was announced."""

    def counted(self, sight: str, lane: int, count: int, at: float) -> None:
        """So many missions of a lane are shown: note those that were not shown before."""
        for probe in self.lanes[lane][self._counted[sight][lane] : count]:
            probe.seen[sight] = at
        self._counted[sight][lane] = max(count, self._counted[sight][lane])

    def complete(self) -> bool:
        """Whether every probe has been seen on metrics and board."""
        return all(
            self._counted[sight][lane] >= len(probes)
            for sight in ("metrics", "board")
            for lane, probes in enumerate(self.lanes)
        )

    def settle(self) -> None:
        """Find each probe's checkpoint, once all offsets are known."""
        for lane, probes in enumerate(self.lanes):
            announced = [(offset, at) for partition, offset, at in self.checkpoints if partition == lane]
            for probe in probes:
                known = (at for offset, at in announced if probe.offset is not None and offset > probe.offset)
                if (at := next(known, None)) is not None:
                    probe.seen["stored"] = at

    def took(self, sight: str, begun: list[int]) -> list[float]:
        """Seconds from sending to sight, of the probes from place `begun` of each lane on; infinite where unseen."""
        return [
            probe.seen.get(sight, math.inf) - probe.sent
            for probes, first in zip(self.lanes, begun, strict=True)
            for probe in probes[first:]
        ]


def probe_event(lane: int, number: int) -> tuple[bytes, bytes]:
    """Key and value of a probe: measured, an hour ago."""
    district, settlement = LANES[lane]
    rang = datetime.now(UTC) - timedelta(hours=1)
    mission = f"probe-{lane}-{number}"
    return mission.encode(), json.dumps({
        "mission_id": mission, "district": district, "settlement": settlement, "urgent": True, "status": "closed",
        "ringing_at": rang.isoformat(), "on_scene_at": (rang + timedelta(minutes=8)).isoformat(),
    }).encode()  # fmt: skip


async def send_probes(bootstrap: str, watch: Watch, count: int, rate: float) -> None:
    """`count` probes, `rate` a second, lane by lane, at moments that keep step with nothing."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    await producer.start()
    rng = random.Random(7)  # noqa: S311 - a schedule, no secret
    waiting = []
    loop = asyncio.get_running_loop()
    try:
        begun = loop.time()
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + (number + rng.random()) / rate - loop.time()))
            lane = number % len(LANES)
            key, value = probe_event(lane, len(watch.lanes[lane]))
            probe = Probe(lane, time.monotonic())
            watch.lanes[lane].append(probe)
            future = await producer.send(TOPIC, value, key=key, partition=lane)
            waiting.append((probe, future))
        for probe, future in waiting:
            probe.offset = (await future).offset
    finally:
        await producer.stop()


async def watch_metrics(session: aiohttp.ClientSession, watch: Watch, spent: list[float]) -> None:
    """Ask for /metrics again and again."""
    wanted = [
        re.compile(
            rf'^response_missions_measured{{area="{d}",category="{s}",clock="response",'
            r'service="[^"]+",window="24h"} ([0-9.]+)$',
            re.MULTILINE,
        )
        for d, s in LANES
    ]
    while True:
        begun = time.monotonic()
        # Uncompressed: Prometheus asks for gzip, but not twenty times a second.
        async with session.get("/metrics", headers={"Accept-Encoding": "identity"}) as answer:
            text = await answer.text()
        now = time.monotonic()
        spent.append(now - begun)
        for lane, pattern in enumerate(wanted):
            if (found := pattern.search(text)) is not None:
                watch.counted("metrics", lane, int(float(found[1])), now)
        await asyncio.sleep(ASK_SECONDS)


async def watch_board(session: aiohttp.ClientSession, watch: Watch, spent: list[float]) -> None:
    """Listen to the stream and fetch the page, as the board's script does."""
    wanted = [re.compile(f'id="c-{d}-{s}".*?>n ([0-9]+)<', re.DOTALL) for d, s in LANES]
    async with session.get("/api/v1/stream", timeout=aiohttp.ClientTimeout(total=None)) as stream:
        async for line in stream.content:
            if not line.startswith(b"data:"):
                continue
            begun = time.monotonic()
            async with session.get("/?lang=en&window=24h&order=fixed") as answer:
                text = await answer.text()
            now = time.monotonic()
            spent.append(now - begun)
            for lane, pattern in enumerate(wanted):
                if (found := pattern.search(text)) is not None:
                    watch.counted("board", lane, int(found[1]), now)


async def watch_store(url: str, watch: Watch) -> None:
    """Note each checkpoint when it is announced."""
    async with Redis.from_url(url) as client, client.pubsub() as channel:
        await channel.subscribe(f"monitor:{TOPIC}:changes")
        async for message in channel.listen():
            if message["type"] == "message":
                at = time.monotonic()
                number = int(message["data"])
                offset = await client.hget(f"{{monitor:{TOPIC}/{number}}}:head", "next_offset")
                watch.checkpoints.append((number, int(offset or 0), at))


def past(now: datetime, days: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of so many days, without those of the probes' series."""
    taken = {district for district, _ in LANES}
    for emission in history(end=now, days=days, seed=1):
        if emission.value is None:
            continue
        snapshot = json.loads(emission.value)
        if snapshot["district"] not in taken:
            yield emission.key, snapshot


async def fill(bootstrap: str, lively: Path, days: int) -> int:
    """Send the past to the topic; write what the load goes on to tell. Returns the number of records."""
    now = datetime.now(UTC)
    newest: dict[str, dict[str, Any]] = {}
    async with producing(KafkaSettings(bootstrap=bootstrap)) as producers:
        outbox = Outbox(producers, TOPIC, partitions=PARTITIONS)
        for key, snapshot in past(now, days):
            newest[key] = snapshot
            await outbox.put(key.encode(), json.dumps(snapshot).encode())
        await outbox.settle()
    since = now - timedelta(days=LIVELY_DAYS)
    with lively.open("w", encoding="utf-8") as file:
        for key, snapshot in newest.items():
            rang, arrived = snapshot.get("ringing_at"), snapshot.get("on_scene_at")
            if not rang or not arrived or datetime.fromisoformat(rang) < since:
                continue
            for seconds in range(4):
                later = datetime.fromisoformat(arrived) + timedelta(seconds=seconds)
                told = {name: value for name, value in snapshot.items() if name != "revision"}
                file.write(f"{key}\t{json.dumps(told | {'on_scene_at': later.isoformat()})[1:]}\n")
    return outbox.confirmed


async def load(bootstrap: str, rate: float, lively: str, first_revision: int) -> None:
    """The load's own process: until SIGTERM, then print what was reached."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    lines = [line.split("\t") for line in lively.splitlines()]
    missions = [(key.encode(), rest.encode()) for key, rest in lines]
    rng = random.Random(3)  # noqa: S311 - an order, no secret
    rng.shuffle(missions)
    sent, latest = 0, 0.0
    async with producing(KafkaSettings(bootstrap=bootstrap)) as producers:
        outbox = Outbox(producers, TOPIC, partitions=PARTITIONS)
        begun = loop.time()
        while not stop.is_set():
            due = int(rate * (loop.time() - begun))
            latest = max(latest, (due - sent) / rate)
            while sent < due:
                key, rest = missions[sent % len(missions)]
                await outbox.put(key, b'{"revision": %d, %b' % (first_revision + sent, rest))
                sent += 1
            await outbox.flush()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(TICK_SECONDS, 1 / rate))
        seconds = loop.time() - begun
        await outbox.settle()
    print(json.dumps({"reached": sent / seconds, "latest_seconds": latest}), flush=True)


@asynccontextmanager
async def servers(kind: str) -> AsyncIterator[tuple[str, str]]:
    """Broker and store: address and URL."""
    async with AsyncExitStack() as stack:
        if kind == "embedded":
            broker: Any = await stack.enter_async_context(EmbeddedBroker())
        else:
            sys.path.insert(0, str(ROOT))
            from tests.servers.kafka import ApacheKafka

            broker = await stack.enter_async_context(ApacheKafka())
        redis = await stack.enter_async_context(EmbeddedRedis())
        yield broker.bootstrap, redis.url


@dataclass(slots=True)
class Stand:
    """Everything that runs during the measurements."""

    bootstrap: str
    lively: Path
    watch: Watch
    asked: dict[str, list[float]]
    """Seconds that each answer took."""
    running: list[Child]
    watchers: list[asyncio.Task[None]]

    def require_running(self) -> None:
        """Raise what a process or a watcher ended with."""
        for child in self.running:
            child.require_running()
        for task in self.watchers:
            if task.done():
                task.result()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one load gave."""

    rate: float
    reached: float | None
    latest_seconds: float | None
    took: dict[str, list[float]]
    answer_seconds: dict[str, float]
    cores: dict[str, float]
    """By process: how much of a core it used."""


async def measure(arguments: argparse.Namespace) -> list[Finding]:
    """Each load in turn, on the same servers."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshness-")))
        bootstrap, redis_url = await stack.enter_async_context(servers(arguments.broker))
        await ensure_topics(bootstrap, {TOPIC: PARTITIONS, f"{TOPIC}.dead-letter": 1})
        lively = folder / "lively"
        records = await fill(bootstrap, lively, arguments.days)
        print(f"{records:,} records of {arguments.days} days are in the topic", flush=True)
        # The shipped configuration; only where broker and store are is said, and that /metrics tells of one day, too.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MONITOR_")}
        environment |= {"MONITOR_KAFKA__BOOTSTRAP": bootstrap, "MONITOR_REDIS__URL": redis_url}
        environment["MONITOR_WINDOWS__METRICS"] = ",".join(("24h", *WindowSettings().exposed))
        environment |= dict(one.split("=", 1) for one in arguments.set)
        port = free_port()
        commands = {f"worker {number}": ["worker"] for number in range(arguments.workers)}
        commands["exporter"] = ["exporter", "--port", str(port)]
        running = [
            stack.enter_context(
                Child(name, [sys.executable, "-m", "monitor", *command], environment=environment, directory=ROOT)
            )
            for name, command in commands.items()
        ]
        session = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
        stand = Stand(bootstrap, lively, Watch(), {"metrics": [], "board": []}, running, [])
        await caught_up(session, stand, records)
        stand.watchers += [
            asyncio.create_task(watch_metrics(session, stand.watch, stand.asked["metrics"])),
            asyncio.create_task(watch_board(session, stand.watch, stand.asked["board"])),
            asyncio.create_task(watch_store(redis_url, stand.watch)),
        ]
        try:
            return [await one_load(stand, rate, arguments, turn=turn) for turn, rate in enumerate(arguments.rates)]
        finally:
            for task in stand.watchers:
                task.cancel()
            await asyncio.gather(*stand.watchers, return_exceptions=True)


async def caught_up(session: aiohttp.ClientSession, stand: Stand, records: int) -> None:
    """Wait until the exporter shows all of the past."""

    async def there() -> bool:
        stand.require_running()
        with suppress(aiohttp.ClientError):
            async with session.get("/metrics") as answer:
                text = await answer.text()
            return (
                sum(float(found) for found in re.findall(r"^monitor_next_offset{.*} (.+)$", text, re.MULTILINE))
                >= records
            )
        return False

    await wait_until(there, "the exporter to show the past", timeout_seconds=READY_SECONDS)


async def one_load(stand: Stand, rate: float, arguments: argparse.Namespace, *, turn: int) -> Finding:
    """Send the probes under a load; wait until all are seen."""
    begun = [len(probes) for probes in stand.watch.lanes]
    told: dict[str, float] = {}
    with ExitStack() as stack:
        loading = None
        if rate > 1:
            command = [sys.executable, __file__, "--role", "load", "--bootstrap", stand.bootstrap]
            command += ["--lively", str(stand.lively), "--rates", f"{rate:g}", "--first", str(10**9 * (turn + 1))]
            loading = stack.enter_context(Child("load", command))
            await asyncio.sleep(WARM_SECONDS if not arguments.quick else 1.0)
        for one in stand.asked.values():
            one.clear()
        used, since = cpu_seconds(stand.running), time.monotonic()
        await send_probes(stand.bootstrap, stand.watch, arguments.probes, min(rate, arguments.probe_rate))
        with suppress(TimeoutError):  # what is never seen takes for ever, and the table says so
            await wait_until(stand.watch.complete, "all probes to be seen", timeout_seconds=LAST_SECONDS)
        stand.require_running()
        passed = time.monotonic() - since
        cores = {name: (now - used[name]) / passed for name, now in cpu_seconds(stand.running).items()}
        answers = {sight: statistics.median(one) if one else math.nan for sight, one in stand.asked.items()}
        if loading is not None:
            loading.signal(signal.SIGTERM)
            await wait_until(lambda: loading.exit_code is not None, "the load to end", timeout_seconds=LAST_SECONDS)
            told = json.loads(next(line for line in loading.log_tail().splitlines() if line.startswith('{"reached"')))
    stand.watch.settle()
    took = {sight: stand.watch.took(sight, begun) for sight in SIGHTS}
    finding = Finding(rate, told.get("reached"), told.get("latest_seconds"), took, answers, cores)
    print(summary(finding), flush=True)
    return finding


def cpu_seconds(running: list[Child]) -> dict[str, float]:
    """What each process has used so far, where the system tells (Linux)."""
    used = {}
    for child in running:
        with suppress(OSError):
            fields = Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            used[child.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def summary(finding: Finding) -> str:
    """What is to be said about a load, beside its figures."""
    answers = ", ".join(f"{sight} {1000 * seconds:.0f} ms" for sight, seconds in finding.answer_seconds.items())
    answers += "".join(f"; {name} used {cores:.2f} of a core" for name, cores in finding.cores.items())
    said = f"load {finding.rate:,.0f}/s: "
    if finding.reached is None or finding.latest_seconds is None:
        return said + f"the probes themselves; answers took (median) {answers}"
    said += f"{finding.reached:,.0f}/s sent, at most {finding.latest_seconds:.2f} s late; answers took {answers}"
    if finding.reached < 0.98 * finding.rate:
        said += "; THE LOAD WAS NOT REACHED"
    return said


def table(findings: list[Finding]) -> Iterator[str]:
    """Markdown, seconds."""
    yield "| load, records/s | until | probes | median s | p95 s | p99 s | max s |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    for finding in findings:
        for sight in SIGHTS:
            took = sorted(finding.took[sight])
            # Nearest rank, as everywhere here.
            ranks = [took[max(0, math.ceil(share * len(took)) - 1)] for share in (0.5, 0.95, 0.99, 1.0)]
            figures = " | ".join(f"{seconds:.3f}" for seconds in ranks)
            yield f"| {finding.rate:,.0f} | {TOLD[sight]} | {len(took)} | {figures} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", default="1,1000,20000", help="loads in records a second")
    parser.add_argument("--probes", type=int, default=240, help="probes for each load")
    parser.add_argument("--probe-rate", type=float, default=4.0, help="probes a second")
    parser.add_argument("--days", type=int, default=365, help="how much of a past is in the store")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--broker", choices=["kafka", "embedded"], default="kafka")
    parser.add_argument(
        "--set", action="append", default=[], metavar="MONITOR_X=Y", help="another setting than shipped"
    )
    parser.add_argument("--quick", action="store_true", help="few probes under one load, to see that it works")
    parser.add_argument("--role", choices=["load"], help=argparse.SUPPRESS)
    parser.add_argument("--bootstrap", help=argparse.SUPPRESS)
    parser.add_argument("--lively", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rates, arguments.probes, arguments.days = "200", 12, 40
    arguments.rates = [float(rate) for rate in arguments.rates.split(",")]
    if arguments.role:
        lively = arguments.lively.read_text(encoding="utf-8")
        asyncio.run(load(arguments.bootstrap, arguments.rates[0], lively, arguments.first))
        return
    findings = asyncio.run(measure(arguments))
    print(f"\nBroker {arguments.broker}, {arguments.workers} worker process(es), {PARTITIONS} partitions.\n")
    print("\n".join(table(findings)))


if __name__ == "__main__":
    main()
