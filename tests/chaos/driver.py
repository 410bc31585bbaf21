"""Stages faults while a source tells its missions, then compares every figure with a brute-force account.

`python -m tests.chaos --duration 10m --seed 1`, or `make chaos DURATION=10m SEED=1`. The seed decides the missions
and, lane by lane, the order and the details of the faults; when exactly each comes depends on the machine. Exit
code 0: no difference and no broken promise.
"""

import asyncio
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import ConsumerRecord

from monitor.demo.processes import Child, wait_until
from monitor.kafka.fetching import keep_fetching
from monitor.kafka.topics import describe_topic
from monitor.store.port import LOST
from tests.chaos.account import Account, differences
from tests.chaos.faults import ADDED, LANES, ONCE, Fault
from tests.chaos.fed import SOURCE, SOURCE_LETTERS, Carried, behind, ends_of
from tests.chaos.feed import Manner, Told, events
from tests.chaos.several import SEVERAL
from tests.chaos.stage import (
    DEAD_LETTERS,
    PARTITIONS,
    PATIENCE_SECONDS,
    REPOSITORY,
    TOPIC,
    Stage,
    set_up,
)

DIRECT = ("source", b"chaos")
"""Header of what no feed has told."""
RATE = 250.0
"""Events a second."""
ANY = -1
"""In place of a partition's number."""
STOP_SECONDS = 60.0
SAMPLE_SECONDS = 0.25
LARGEST_GROWTH_BYTES = 600 * 1024 * 1024

REPORTING = """
import subprocess, sys
with open(sys.argv[1], "wb") as out:
    command = [sys.executable, "-m", "monitor", "report", "--period", "2024", "--format", "json"]
    sys.exit(subprocess.run(command, stdout=out).returncode)
"""
"""A child's two streams go to one log: the report's own goes to a file of its own."""

S = TypeVar("S", bound=Stage)
ORDINARY = Manner()
_partition_of_key = DefaultPartitioner()


@dataclass
class Phase:
    """A time in which the same holds."""

    name: str
    began: float
    stall: float = 0.0
    """The longest of a partition."""


@dataclass
class Course:
    """What has happened so far."""

    seed: int
    manner: Manner = ORDINARY
    told: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    """Valid events in the order of the source; and nonsense."""
    account: Account = field(default_factory=Account)
    fed: Carried = field(default_factory=Carried)
    invalid: set[tuple[bytes, bytes | None]] = field(default_factory=set)
    homes: dict[bytes, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Offset after the last confirmed record, by partition."""
    staged: Counter[str] = field(default_factory=Counter)
    stalls: dict[int, float] = field(default_factory=lambda: defaultdict(float))

    phases: list[Phase] = field(default_factory=list)

    def begin(self, name: str) -> None:
        """Another phase."""
        self._close()
        self.phases.append(Phase(name, time.monotonic()))

    def over(self) -> None:
        """No phase follows: the longest stall is that of all of them again."""
        self._close()
        self.stalls[ANY] = max(phase.stall for phase in self.phases)

    def _close(self) -> None:
        if self.phases:
            self.phases[-1].stall = max(self.stalls.values(), default=0.0)
        self.stalls.clear()

    def confirmed(self, partition: int, offset: int, sent: float) -> None:
        """Kafka has a record that was sent then, by the monotonic clock."""
        del sent
        self.ends[partition] = max(self.ends[partition], offset + 1)


@dataclass(frozen=True)
class Outcome:
    """The table's rows."""

    staged: Counter[str]
    figures: dict[str, str]
    differences: list[str]
    problems: list[str]
    complaints: list[str]
    """What the workers said last."""

    @property
    def sound(self) -> bool:
        """Whether everything promised held."""
        return not self.differences and not self.problems

    def table(self) -> str:
        """For people."""
        lines = ["| fault | staged |", "|---|---:|"]
        lines += [f"| {name.replace('_', ' ')} | {count} |" for name, count in sorted(self.staged.items())]
        lines += [
            "",
            "| result | |",
            "|---|---:|",
            *(f"| {name} | {value} |" for name, value in self.figures.items()),
        ]
        lines += [f"DIFFERENCE: {text}" for text in self.differences[:20]]
        lines += [f"PROBLEM: {text}" for text in self.problems]
        if self.problems:
            lines += self.complaints
        return "\n".join(lines)


async def run(
    *,
    seed: int,
    duration_seconds: float,
    plan: Sequence[tuple[Fault, ...]] | None = None,
    only: frozenset[str] = frozenset(),
    store: str = "one",
) -> Outcome:
    """One run of faults drawn from the seed, of the kinds in `only` where any are named.

    `plan` names the faults of each lane in order instead. `store`: as for `set_up`.
    """
    lanes = _lanes(only, store)
    course = Course(seed)
    return await play(
        lambda logs: set_up(logs, store),
        course,
        lambda stage: [
            _lane(stage, course, name, kinds, seconds=duration_seconds, plan=plan and plan[place])
            for place, (name, kinds) in enumerate(lanes)
        ],
    )


async def play(
    setting: Callable[[Path], AbstractAsyncContextManager[S]],
    course: Course,
    acts: Callable[[S], Sequence[Coroutine[None, None, None]]],
) -> Outcome:
    """Feed what `setting` sets up until all `acts` are over, let it catch up, and compare."""
    logs = Path(tempfile.mkdtemp(prefix="monitor-chaos-"))
    began = time.monotonic()
    async with setting(logs) as stage:
        stage.say(f"seed {course.seed}: stage set up in {time.monotonic() - began:.0f} s; logs in {logs}")
        ending = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(stage, course))
            feeding = group.create_task(_feed(stage, course, ending))
            await asyncio.gather(*(group.create_task(act) for act in acts(stage)))
            ending.set()
            asyncio.get_running_loop().call_later(2 * PATIENCE_SECONDS, _tell_what_is_awaited)
            await feeding
            settled = time.monotonic()
            if course.manner.fed:
                await _carried(stage, course)
            await _caught_up(stage, course)
            settled = time.monotonic() - settled
            watching.cancel()
        stage.say(f"all partitions stored {settled:.1f} s after the last event; comparing")
        outcome = await _compared(stage, course, settled)
    if outcome.sound:
        shutil.rmtree(logs, ignore_errors=True)
    return outcome


def _tell_what_is_awaited() -> None:
    """Where every task stands, of a run that should be over long ago: a time-out from outside would not tell."""
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stdout)


def _lanes(only: frozenset[str], store: str = "one") -> list[tuple[str, list[Fault]]]:
    staged = LANES if store == "one" else LANES | {"store": SEVERAL[store]}
    lanes = [(name, [kind for kind in kinds if not only or kind.__name__ in only]) for name, kinds in staged.items()]
    if unknown := only - {kind.__name__ for _, kinds in lanes for kind in kinds}:
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
    return [(name, kinds) for name, kinds in lanes if kinds]


async def _lane(
    stage: Stage,
    course: Course,
    name: str,
    kinds: Sequence[Fault],
    *,
    seconds: float,
    plan: tuple[Fault, ...] | None,
) -> None:
    rng = random.Random(f"{name} {course.seed}")  # noqa: S311 - a schedule, not a secret
    until = time.monotonic() + seconds
    queue: list[Fault] = list(plan or ())
    done: set[Fault] = set()
    while True:
        if not queue:
            if plan is not None or time.monotonic() >= until:
                return
            queue = [kind for kind in rng.sample(kinds, len(kinds)) if kind not in ONCE & done]
            if not queue:
                return
        await asyncio.sleep(rng.uniform(0.5, 3))
        if plan is None and time.monotonic() >= until:
            return
        fault = queue.pop(0)
        done.add(fault)
        stage.say(f"{name}: {fault.__name__.replace('_', ' ')}")
        await fault(stage, rng)
        course.staged[fault.__name__] += 1


async def _feed(stage: Stage, course: Course, ending: asyncio.Event) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=stage.way_in.split(","),
        enable_idempotence=True,
        acks="all",
        linger_ms=20,
        request_timeout_ms=int(PATIENCE_SECONDS * 1000),
        metadata_max_age_ms=5_000,
    )
    await producer.start()
    waiting: set[asyncio.Task[None]] = set()
    try:
        began = time.monotonic()
        for sent, told in enumerate(events(course.seed, course.manner, _stays), start=1):
            if ending.is_set():
                break
            task = asyncio.create_task(await (_by_feed if told.fed else _directly)(producer, course, told))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            await asyncio.sleep(max(0.0, began + sent / RATE - time.monotonic()))
            if sent % 200 == 0:
                began = max(began, time.monotonic() - sent / RATE - 2)  # an outage is not made up for in one burst
        await asyncio.gather(*waiting)
    finally:
        # Where the staging failed with brokers down, nothing is ever delivered: the failure must come out anyway.
        with suppress(TimeoutError):
            await asyncio.wait_for(producer.stop(), STOP_SECONDS)


def _stays(key: bytes) -> bool:
    """Whether a feed sends a mission to the same partition after `partitions_added`."""
    few, more = range(PARTITIONS), range(PARTITIONS + ADDED)
    return bool(_partition_of_key(key, few, few) == _partition_of_key(key, more, more))


async def _directly(producer: AIOKafkaProducer, course: Course, told: Told) -> Coroutine[Any, Any, None]:
    """Send an event; what waits for its confirmation."""
    home = course.homes.get(told.key)
    if home is None:
        places = sorted(await producer.partitions_for(TOPIC))
        home = course.homes[told.key] = _partition_of_key(told.key, places, places)
    confirmation = await producer.send(TOPIC, told.value, key=told.key, partition=home, headers=[DIRECT])
    sent = time.monotonic()
    course.told.append((told.key, told.value))
    if told.valid and told.value is not None:
        course.account.take(told.value)
    else:
        course.invalid.add((told.key, told.value))
    return _confirm(course, home, confirmation, sent)


async def _by_feed(producer: AIOKafkaProducer, course: Course, told: Told) -> Coroutine[Any, Any, None]:
    """Send a record of the feed's source, to any of its partitions."""
    confirmation = await producer.send(SOURCE, told.value)
    course.fed.give(told.key, told.value or b"", told.means)
    if told.means is not None:
        course.account.take(told.means)
    return _known(confirmation)


async def _known(confirmation: asyncio.Future) -> None:  # type: ignore[type-arg]
    await confirmation


async def _confirm(course: Course, home: int, confirmation: asyncio.Future, sent: float) -> None:  # type: ignore[type-arg]
    course.confirmed(home, (await confirmation).offset, sent)


async def _watch(stage: Stage, course: Course) -> None:
    """Measure how long each partition made no progress although records waited."""
    stored: dict[int, int] = {}
    moved: dict[int, float] = defaultdict(time.monotonic)
    while True:
        stage.look_after()
        found = await stage.stored_offsets()
        now = time.monotonic()
        for number in range(stage.partitions):
            offset = found.get(number)
            idle = offset is not None and offset >= course.ends[number]
            if idle or (offset is not None and offset != stored.get(number)):
                moved[number] = now
            if offset is not None:
                stored[number] = offset
            course.stalls[number] = max(course.stalls[number], now - moved[number])
        await asyncio.sleep(SAMPLE_SECONDS)


async def _carried(stage: Stage, course: Course) -> None:
    """Wait until the feed has sent everything; only then is it known how much there is to be stored."""

    async def all_committed() -> bool:
        return await behind(stage.kafka.bootstrap) == 0

    try:
        await wait_until(all_committed, "the feed to commit everything", timeout_seconds=PATIENCE_SECONDS)
    except TimeoutError:
        stage.problems.append(f"the feed had not committed everything {PATIENCE_SECONDS:g} s after the last fault")
    course.ends.update(await ends_of(stage.kafka.bootstrap, TOPIC, stage.partitions))


async def _caught_up(stage: Stage, course: Course) -> None:
    async def all_stored() -> bool:
        found = await stage.stored_offsets()
        return all(found.get(number, -1) >= end for number, end in course.ends.items())

    try:
        await wait_until(all_stored, "everything to be stored", timeout_seconds=PATIENCE_SECONDS)
    except TimeoutError:
        stage.problems.append(f"not everything was stored {PATIENCE_SECONDS:g} s after the last fault")
        for worker in stage.workers.values():
            worker.child.signal(signal.SIGUSR1)  # their logs are kept, and tell where every task stands
        await asyncio.sleep(2)


async def _compared(stage: Stage, course: Course, settled_seconds: float) -> Outcome:
    log = await read_topic(stage, TOPIC)
    letters = await read_topic(stage, DEAD_LETTERS)
    compared, wrong = differences(course.account.report(), await report_of(stage))
    direct = [one for one in log if DIRECT in one.headers]
    fed = [one for one in log if DIRECT not in one.headers]
    pairs = [("events in the topic", len(direct), len(course.told)), *await _counted(stage, course, log, letters)]
    pairs += course.fed.pairs(fed, await read_topic(stage, SOURCE_LETTERS))
    pairs += await stage.compared_besides()
    wrong += [
        f"{name}: {str(found)[:300]}, expected {str(wanted)[:300]}"
        for name, found, wanted in pairs
        if found != wanted
    ]
    compared += len(pairs)
    for worker in stage.carrying:
        await stage.stop_worker(worker)
    if stage.peak_bytes > LARGEST_GROWTH_BYTES:
        stage.problems.append(f"a process took {stage.peak_bytes >> 20} MiB of memory")
    number, stall = max(course.stalls.items(), key=lambda pair: pair[1])
    return Outcome(
        course.staged,
        {
            "faults staged": f"{course.staged.total()} of {len(course.staged)} kinds",
            "events produced": f"{len(course.told):,}",
            "missions": f"{len(course.homes) + len(course.fed.missions):,}",
            "of them in rows through a feed": f"{len(course.fed.missions):,}",
            "rows that it told (again after a crash)": f"{len(fed):,} ({len(fed) - len(course.fed.parts):,})",
            "figures compared": f"{compared:,}",
            "**differences**": f"**{len(wrong)}**",
            "longest stall of a partition": f"{stall:.1f} s" + (f" (partition {number})" if number != ANY else ""),
            "caught up after the last event": f"{settled_seconds:.1f} s",
            "checkpoints fenced": str(stage.logged("dropped unstored changes")),
            "confirmed checkpoints lost, and seen": str(stage.logged(LOST)),
            "rewinds": str(stage.logged("reading it again")),
            "dead letters (written again after a crash)": f"{len(letters)} ({len(letters) - len(_sources(letters))})",
            "processes started": str(stage.started),
            "slowest SIGTERM": f"{stage.slowest_stop_seconds:.1f} s",
            "largest process": f"{stage.peak_bytes >> 20} MiB",
        },
        wrong,
        stage.problems,
        stage.complaints(),
    )


async def _counted(
    stage: Stage, course: Course, log: list[ConsumerRecord], letters: list[ConsumerRecord]
) -> list[tuple[str, object, object]]:
    """Beyond the report: every record has one outcome, and exactly the refused ones lie in the dead letters."""
    account = Account()
    refused = {
        (record.partition, record.offset)
        for record in log
        if (record.key, record.value) in course.invalid or not account.take(record.value)
    }
    contradictions = len(refused) - sum((record.key, record.value) in course.invalid for record in log)
    wanted = (float(len(log) - len(refused) + contradictions), float(len(refused)))
    counters = (0.0, 0.0)

    async def shown() -> bool:
        nonlocal counters
        metrics = await stage.metrics()
        outcomes = sum(value for name, value in metrics.items() if name.startswith("monitor_events_total{"))
        dead = sum(value for name, value in metrics.items() if name.startswith("monitor_dead_letters_total{"))
        counters = (outcomes, dead)
        return counters == wanted

    with suppress(TimeoutError):
        await wait_until(shown, "the exporter to show everything", timeout_seconds=60)
    return [
        ("last words in the log", account.words, course.account.words),
        ("records among the dead letters", _sources(letters), refused),
        ("outcomes and dead letters in the metrics", counters, wanted),
    ]


def _sources(letters: list[ConsumerRecord]) -> set[tuple[int, int]]:
    headers = [dict(letter.headers) for letter in letters]
    return {(int(found["monitor-partition"]), int(found["monitor-offset"])) for found in headers}


async def read_topic(stage: Stage, topic: str) -> list[ConsumerRecord]:
    """The whole topic, partition after partition."""
    count = await describe_topic(stage.kafka.bootstrap, topic, timeout_seconds=PATIENCE_SECONDS)
    places = [TopicPartition(topic, number) for number in range(count or 0)]
    if not places:
        return []
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.kafka.bootstrap.split(","), auto_offset_reset="earliest")
    await consumer.start()
    try:
        keep_fetching(consumer)  # or it may never end: leaders move while the stage is cleared up
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in places}
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                found[place] += records
        return [record for place in places for record in found[place]]
    finally:
        await consumer.stop()


async def report_of(stage: Stage) -> dict[str, object]:
    """The year, by the present program."""
    out = stage.logs / "report.json"
    child = Child(
        "report", [sys.executable, "-c", REPORTING, str(out)], environment=stage.environment, directory=REPOSITORY,
        log=stage.logs / "report.log",
    )  # fmt: skip
    try:
        await wait_until(lambda: child.exit_code is not None, "the report", timeout_seconds=PATIENCE_SECONDS)
        if child.exit_code != 0:
            child.require_running()
    finally:
        child.kill()
    document: dict[str, object] = json.loads(out.read_text("utf-8"))
    return document


def seconds_of(text: str) -> float:
    """`90`, `90s`, `10m` or `1h` in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if found is None:
        raise ValueError(f"{text!r}: say a duration such as 90s, 10m or 1h")
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
