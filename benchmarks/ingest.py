"""Records a second of one process: this worker beside every peer, all doing the same fold.

One Apache Kafka, one Redis, the same records (corrections and duplicates included), one run, alternating order.
Each consumer is a process of its own on one core; broker, Redis and this program have the others. Every peer keeps
a ledger in which the highest revision of a mission counts, and a t-digest per day, district and class, and keeps
them durably by its engine's own means (see `benchmarks/peers`); whose totals differ is no peer, and ends the run.
Slow peers are given the beginning of the same records. All engines store what they know every half second, as the
worker does, and once more (`…-usual`) as seldom as they do by themselves. With `--before` this worker as it was in a
commit is a peer, too, and the last line says how many times as quick it is now, by the median of the rounds.

    python benchmarks/ingest.py [--rounds 3] [--records 2000000] [--head 200000] [--only ours,bare] [--quick]
    python benchmarks/ingest.py --before 1120528 --only ours,before --rounds 5 --records 400000

Takes about an hour with everything on two quiet cores, five minutes with --quick.
"""

import argparse
import asyncio
import hashlib
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice
from pathlib import Path

import msgspec
import national
from redis import Redis

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).resolve().parent / "peers"
sys.path[:0] = [str(ROOT), str(PEERS)]

from peers.task import Task, Totals  # noqa: E402 - found by the line above

from monitor.core import percent  # noqa: E402
from monitor.core.timeline import EVER  # noqa: E402
from monitor.demo.processes import Child  # noqa: E402
from monitor.demo.servers import EmbeddedRedis  # noqa: E402
from monitor.kafka.clients import producing  # noqa: E402
from monitor.kafka.sending import Outbox  # noqa: E402
from monitor.kafka.topics import ensure_topics  # noqa: E402
from monitor.report.sources import from_store  # noqa: E402
from monitor.settings import KafkaSettings, load  # noqa: E402
from monitor.store.redis import RedisStore  # noqa: E402
from monitor.wiring import empty_history  # noqa: E402
from tests.servers.kafka import ApacheKafka  # noqa: E402

PARTITIONS = 4
WHOLE, HEAD, DEAD_LETTERS = "bench-missions", "bench-missions-head", "bench-missions.dead-letter"
FIRST_YEAR = 2020
LONGEST_RUN_SECONDS = 600
P80_TOLERANCE_SECONDS, P80_TOLERANCE_RATIO = 2.0, 0.005
LARGE = 1000
"""Missions from which on a series' sketch is compared to the second: with a handful, interpolation alone differs."""
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
CACHE = ROOT / ".cache"
OPENED = ("java.base/java.util", "java.base/java.lang", "java.base/java.time")
"""Packages that Flink looks into by reflection, as its own launcher opens them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to count missions."""

    label: str
    script: str
    arguments: tuple[str, ...] = ()
    apart: bool = False
    """Whether it lives in the peers' own environment."""
    slow: bool = False
    """Whether it is given only the beginning of the records."""
    counts: bool = True
    """Whether it computes anything that can be compared."""
    every: float | None = 0.5
    """Seconds from one time that its state is stored to the next, the last of its arguments; None: nothing is."""
    tree: Path = ROOT
    """Where its program and its configuration lie."""


ENGINES = {
    "quix": (Peer("Quix Streams, its own state", "quix.py", ("state",), apart=True, slow=True), 5.0),
    "quix-sink": (Peer("Quix Streams, state in a sink, Redis", "quix.py", ("sink",), apart=True), 5.0),
    "bytewax": (Peer("Bytewax, its own state", "bytewax_flow.py", ("state",), apart=True, slow=True), 10.0),
    "bytewax-sink": (Peer("Bytewax, state in a sink, Redis", "bytewax_flow.py", ("sink",), apart=True), 10.0),
    "kafka-streams": (Peer("Kafka Streams (JVM), its own state", "kafka-streams", ("Missions",)), 30.0),
    "flink": (Peer("Flink (JVM), keyed state on the heap", "flink", ("Flink", "hashmap")), 30.0),
    "flink-rocksdb": (Peer("Flink (JVM), keyed state in RocksDB", "flink", ("Flink", "rocksdb")), 30.0),
    "flink-sql": (Peer("Flink SQL (JVM), heap, no horizon", "flink", ("FlinkSql", "hashmap")), 30.0),
    "flink-sql-rocksdb": (Peer("Flink SQL (JVM), RocksDB, no horizon", "flink", ("FlinkSql", "rocksdb")), 30.0),
}
"""Each as often as the worker stores, and how seldom it does by itself. Flink has no default: its documentation's
examples are of seconds to minutes."""
CONTENDERS = {
    "ours": Peer("this worker (`monitor worker`)", "ours.py"),
    "faust": Peer("plain Faust agent, Redis", "faust_plain.py", slow=True),
    "aiokafka": Peer("loop by hand, aiokafka, Redis", "aiokafka_loop.py"),
    "confluent": Peer("loop by hand, confluent-kafka, Redis", "confluent_loop.py", apart=True),
    **{name: peer for name, (peer, _) in ENGINES.items()},
    **{f"{name}-usual": replace(peer, every=usual) for name, (peer, usual) in ENGINES.items()},
    "bare": Peer("bare consumption: aiokafka and decoding, nothing else", "bare.py", counts=False, every=None),
}
JAVA = ("kafka-streams", "flink")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a peer must find of a series: so many missions, and the nearest-rank 80th percentile or close by."""

    missions: int
    p80: float
    low: float
    high: float

    @classmethod
    def of(cls, ordered: Sequence[float]) -> "Expected":
        """Close by: two ranks, or what a sketch of many values may be off, in seconds or in ranks.

        In ranks as well, because the copies of a year have the same response times: of a small series many are equal,
        and between two such heaps every sketch interpolates.
        """
        place = percent.rank(len(ordered), 80) - 1
        exact, last = ordered[place], len(ordered) - 1
        off = max(P80_TOLERANCE_SECONDS, P80_TOLERANCE_RATIO * exact)
        ranks = max(2, round(P80_TOLERANCE_RATIO * len(ordered)))
        low, high = ordered[max(0, place - ranks)], ordered[min(last, place + ranks)]
        return cls(len(ordered), exact, min(low, exact - off), max(high, exact + off))


@dataclass(slots=True)
class Truth:
    """What must come out: the highest revision of every mission, counted the plainest way."""

    missions: dict[str, tuple[int, str, float | None]]

    def take(self, value: bytes) -> None:
        """Look at one record."""
        event = _decode(value)
        known = self.missions.get(event["mission_id"])
        if known is not None and event["revision"] <= known[0]:
            return
        ringing, arrived = event["ringing_at"], event["on_scene_at"]
        counts = event["urgent"] and event["status"] != "cancelled" and not event.get("excluded")
        response = None
        if counts and ringing is not None and arrived is not None:
            response = (_time(arrived) - _time(ringing)).total_seconds()
        series = f"{event['district']}/{event['settlement']}"
        self.missions[event["mission_id"]] = (event["revision"], series, response)

    def totals(self) -> dict[str, Expected]:
        """What is to be found, by series."""
        found: dict[str, list[float]] = {}
        for _, series, response in self.missions.values():
            if response is not None:
                found.setdefault(series, []).append(response)
        return {series: Expected.of(sorted(values)) for series, values in found.items()}


_decode = msgspec.json.Decoder().decode
_time = datetime.fromisoformat


def invented(records: int, *, copies: int, thin: int) -> Iterator[national.Record]:
    """So many records: national years, one after the other."""
    return islice(national.records(count(FIRST_YEAR), copies=copies, thin=thin), records)


async def fill(
    bootstrap: str, invention: Iterator[national.Record], head: int
) -> dict[str, tuple[int, dict[str, Expected]]]:
    """Write all records to one topic and their beginning to another: how many, and what must come out."""
    truth, expected = Truth({}), {}
    await ensure_topics(bootstrap, {WHOLE: PARTITIONS, HEAD: PARTITIONS, DEAD_LETTERS: 1})
    size, records, began = 0, 0, None
    async with producing(KafkaSettings(bootstrap=bootstrap)) as producers:
        whole, beginning = (Outbox(producers, topic, partitions=PARTITIONS) for topic in (WHOLE, HEAD))
        for records, (at, key, value) in enumerate(invention, start=1):
            began = began or at
            await whole.put(key, value)
            truth.take(value)
            size += len(value)
            if records <= head:
                await beginning.put(key, value)
            if records == head:
                expected[HEAD] = (head, truth.totals())
        await whole.settle()
        await beginning.settle()
    expected[WHOLE] = (records, truth.totals())
    days = (at - began).days if began is not None else 0
    print(f"{records:,} records of {size / max(1, records):.0f} bytes on average, {len(truth.missions):,} missions "
          f"over {days} days, {PARTITIONS} partitions; slow peers get the first {head:,}", flush=True)  # fmt: skip
    return expected


def command(peer: Peer) -> list[str | Path]:
    """How a peer is started."""
    if peer.script in JAVA:
        built, (name, *rest) = java_classes(peer.script), peer.arguments
        opened = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        classes = f"{built / 'classes'}:{built / 'lib'}/*"
        options = ("-Xmx2g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", *opened)
        return ["java", *options, "-cp", classes, f"peers.{name}", *rest, str(peer.every)]
    python = BENCH_PYTHON if peer.apart else Path(sys.executable)
    return [python, peer.tree / PEERS.relative_to(ROOT) / peer.script, *peer.arguments, str(peer.every)]


def tree_of(commit: str, directory: Path) -> Path:
    """The files of a commit of this repository, in a directory."""
    packed = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", directory], input=packed.stdout, check=True)
    return directory


def missing(peer: Peer) -> str | None:
    """Why a peer cannot be run here; None if it can."""
    if peer.script in JAVA:
        return None if shutil.which("mvn") and shutil.which("javac") else "Maven or a JDK is not installed"
    if not peer.apart:
        return None
    if not BENCH_PYTHON.exists():
        return "run `make .venv-bench/.bench` first"
    module = {"quix.py": "quixstreams", "bytewax_flow.py": "bytewax", "confluent_loop.py": "confluent_kafka"}
    probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module[peer.script]!r}) is None)"
    found = subprocess.run([BENCH_PYTHON, "-c", probe], check=False)
    return f"{module[peer.script]} is not installed in .venv-bench" if found.returncode else None


def java_classes(peer: str) -> Path:
    """The engine and the peer's classes, built once per version of its sources by Maven."""
    project, cache = PEERS / peer, CACHE / peer
    sources = [project / "pom.xml", *sorted(project.rglob("*.java"))]
    built = cache / hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    if not built.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as unfinished:
            target = Path(unfinished) / "target"
            subprocess.run(
                [
                    *("mvn", "--quiet", "--batch-mode", "--file", project / "pom.xml", f"-Dtarget={target}"),
                    *("compile", "dependency:copy-dependencies", f"-DoutputDirectory={target / 'lib'}"),
                ],
                check=True,
                timeout=LONGEST_RUN_SECONDS,
            )
            if not built.is_dir():  # another run was quicker
                target.rename(built)
    return built


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process and all of its threads on these cores, where that can be asked for."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


async def run(peer: Peer, task: Task, *, core: set[int], profile: Path | None = None) -> tuple[float, Totals | None]:
    """Records a second, and the totals where the peer tells them itself. `profile`: where py-spy writes stacks."""
    ours = {
        "PYTHONPATH": str(peer.tree),
        "MONITOR_CONFIG": str(peer.tree / "config" / "monitor.toml"),
        "MONITOR_KAFKA__BOOTSTRAP": task.bootstrap,
        "MONITOR_KAFKA__TOPIC": task.topic,
        "MONITOR_KAFKA__DEAD_LETTER_TOPIC": DEAD_LETTERS,
        "MONITOR_KAFKA__GROUP": task.name,
        "MONITOR_REDIS__URL": task.redis_url,
        "MONITOR_REDIS__NAMESPACE": task.name,
    }
    started = command(peer)
    if profile is not None:
        spy = BENCH_PYTHON.with_name("py-spy")
        started = [spy, "record", "--rate", "250", "--format", "raw", "--output", profile, "--", *started]
    child = Child(task.name, started, environment=os.environ | ours | task.environment())
    try:
        if core:
            pin(child.pid, core)
        async with asyncio.timeout(LONGEST_RUN_SECONDS):
            while (told := told_by(child)) is None:
                if child.exit_code is not None and told_by(child) is None:
                    raise SystemExit(f"{task.name} ended without an answer:\n{child.log_tail(40)}")
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise SystemExit(f"{task.name} gave no answer in {LONGEST_RUN_SECONDS} s:\n{child.log_tail(40)}") from None
    finally:
        if profile is not None:  # py-spy writes when the process has ended, which ours does by itself
            for _ in range(100):
                if child.exit_code is not None:
                    break
                await asyncio.sleep(0.1)
        child.stop(grace_seconds=5)
    assert told["records"] == task.records, f"{task.name} handled {told['records']} of {task.records} records"
    totals = told.get("totals")
    return told["records"] / told["seconds"], totals and {series: tuple(found) for series, found in totals.items()}


def told_by(child: Child) -> dict | None:
    """The peer's answer, once there is one."""
    for line in child.log_tail(40).splitlines():
        if line.startswith("{") and '"records"' in line:
            with suppress(ValueError):
                return json.loads(line)
    return None


async def our_totals(task: Task) -> Totals:
    """What our worker has stored, by the read side of exporter and report."""
    history = empty_history(load())
    store = RedisStore(task.redis_url, namespace=f"{task.name}:{task.topic}")
    try:
        await from_store(history, store)
    finally:
        await store.close()
    totals = {}
    for district in history.service.leaf_areas:
        for settlement in history.service.judged_categories:
            figures = history.timeline(district, settlement).within_span(EVER, abandoned_before=0.0)
            if figures.first.measured:
                totals[f"{district}/{settlement}"] = (
                    figures.first.measured,
                    figures.values["requirement"] or math.nan,
                )
    return totals


def compare(name: str, found: Totals, expected: dict[str, Expected]) -> float:
    """How far (seconds) the 80th percentile of a large series is off at most. Ends the run where a fold differs."""
    worst = 0.0
    for series in sorted(found.keys() | expected.keys()):
        missions, p80 = found.get(series, (0, math.nan))
        wanted = expected.get(series, Expected(0, math.nan, math.nan, math.nan))
        if missions != wanted.missions:
            raise SystemExit(f"{name} counts {missions} missions of {series}, there are {wanted.missions}")
        if not wanted.low <= p80 <= wanted.high:
            raise SystemExit(f"{name} says {p80:.1f} s for the 80th percentile of {series}, it is {wanted.p80:.1f} s")
        if missions >= LARGE:
            worst = max(worst, abs(p80 - wanted.p80))
    return worst


@dataclass(slots=True)
class Result:
    """What was measured of one peer."""

    rates: list[float]
    worst_seconds: float = 0.0


async def measure(arguments: argparse.Namespace) -> dict[str, Result]:
    """Every round, every peer."""
    names = [name for name in arguments.only if not (why := missing(CONTENDERS[name])) or skip(name, why)]
    results = {name: Result([]) for name in names}
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    core, rest = (set(cores[:1]), set(cores[1:])) if len(cores) > 1 and not arguments.unpinned else (set(), set())
    if rest:
        pin(os.getpid(), rest)  # broker, Redis and this program; the consumers get the first core for themselves
    async with ApacheKafka() as broker, EmbeddedRedis() as redis:
        invention = invented(arguments.records, copies=arguments.copies, thin=arguments.thin)
        expected = await fill(broker.bootstrap, invention, min(arguments.head, arguments.records))
        for turn in range(arguments.rounds):
            for name in names if turn % 2 == 0 else names[::-1]:
                peer = CONTENDERS[name]
                topic = HEAD if peer.slow else WHOLE
                records, totals = expected[topic]
                with Redis.from_url(redis.url) as client, tempfile.TemporaryDirectory() as directory:
                    client.flushall()
                    task = Task(
                        bootstrap=broker.bootstrap, topic=topic, partitions=PARTITIONS, records=records,
                        name=f"{name}-{turn}", redis_url=redis.url, directory=Path(directory) / "state",
                    )  # fmt: skip
                    rate, found = await run(peer, task, core=core, profile=arguments.profile)
                    if peer.counts:
                        worst = compare(name, found or await our_totals(task), totals)
                        results[name].worst_seconds = max(results[name].worst_seconds, worst)
                results[name].rates.append(rate)
                print(f"round {turn + 1}: {name:13} {rate:>10,.0f} records/s", flush=True)
    return results


def skip(name: str, why: str) -> bool:
    """Say that a peer is left out; with CI=true nothing may be."""
    if os.environ.get("CI") == "true":
        raise SystemExit(f"{name}: {why}. With CI=true nothing may be left out.")
    print(f"without {name}: {why}", flush=True)
    return False


def table(results: dict[str, Result], *, head: int) -> str:
    """The one table, in Markdown."""
    medians = {name: statistics.median(result.rates) for name, result in results.items()}
    ours = medians.get("ours", math.nan)
    rounds = max(len(result.rates) for result in results.values())
    columns = (
        "one process on one core", "stored every", f"records/s (median of {rounds})", "least", "most",
        "this worker is", "P80 off by",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", f"| --- |{' ---: |' * (len(columns) - 1)}"]
    for name, result in sorted(results.items(), key=lambda item: medians[item[0]]):
        peer = CONTENDERS[name]
        label = peer.label + (f" (first {head:,} records)" if peer.slow else "")
        times = "" if name == "ours" else f"{ours / medians[name]:.2f} ×"
        off = f"{result.worst_seconds:.2f} s" if peer.counts else "–"
        least, most = min(result.rates), max(result.rates)
        every = "–" if peer.every is None else f"{peer.every:g} s"
        lines.append(f"| {label} | {every} | {medians[name]:,.0f} | {least:,.0f} | {most:,.0f} | {times} | {off} |")
    return "\n".join(lines)


def heaviest(stacks: Path) -> str:
    """Share of the samples by function: at work itself, and with everything that it calls."""
    alone: Counter[str] = Counter()
    inclusive: Counter[str] = Counter()
    for line in stacks.read_text().splitlines():
        frames, _, samples = line.rpartition(" ")
        names = [re.sub(r":\d+\)$", ")", frame) for frame in frames.split(";")]
        alone[names[-1]] += int(samples)
        for name in set(names):
            inclusive[name] += int(samples)
    total = sum(alone.values())
    lines = ["| function | itself | with what it calls |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {own / total:.1%} | {inclusive[name] / total:.1%} |" for name, own in alone.most_common(30)
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--head", type=int, default=200_000, help="records for slow peers")
    parser.add_argument("--copies", type=int, default=10, help="of each calibrated year of 100,000 records")
    parser.add_argument("--thin", type=int, default=1, metavar="N", help="keep one mission of N, over a longer time")
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="NAME,…",
                        help=f"of {', '.join(CONTENDERS)}")  # fmt: skip
    parser.add_argument("--before", metavar="COMMIT", help="a peer more, `before`: this worker as it was")
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it works")
    parser.add_argument("--unpinned", action="store_true", help="leave the choice of cores to the system")
    parser.add_argument("--profile", type=Path, metavar="FILE",
                        help="with --only and one peer in Python: its stacks, by py-spy, into FILE")  # fmt: skip
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if arguments.before:
            tree = tree_of(arguments.before, Path(directory))
            CONTENDERS["before"] = Peer(f"this worker, as of {arguments.before}", "ours.py", tree=tree)
        arguments.only = arguments.only or list(CONTENDERS)
        if unknown := set(arguments.only) - set(CONTENDERS):
            parser.error(f"no such peer: {', '.join(sorted(unknown))}")
        results = asyncio.run(measure(small(arguments)))
    print(f"\n{table(results, head=arguments.head)}")
    if {"ours", "before"} <= results.keys():
        now, before = (statistics.median(results[name].rates) for name in ("ours", "before"))
        print(f"\n{now / before:.2f} times as quick as {arguments.before}")
    if arguments.profile:
        print(f"\n{heaviest(arguments.profile)}")


def small(arguments: argparse.Namespace) -> argparse.Namespace:
    """With --quick, so little that it only shows that it works."""
    if arguments.quick:
        arguments.rounds, arguments.records, arguments.head = 1, 40_000, 10_000
        arguments.copies, arguments.thin = 1, 4
    return arguments


if __name__ == "__main__":
    main()
