"""Memory over time at a constant load: real worker and exporter processes, an embedded broker and Redis.

`--missions N`: what is known stays the same in size. N missions, spread over the last year, are corrected in turn for
as long as it runs, so that every figure changes all the time and nothing is added: whatever still grows is a leak, or
holes in the heap. The slope is fitted over the last two thirds.

Without it, missions are new, as in life. Each is told twice (open, then closed with its arrival; one in twenty stays
open for good). Event time runs faster than the clock, `--day-seconds` of it to one day, and ends at the present.
Missions are correctable for one event day (`ledger.horizon_days` 1) and are then sealed, days are rolled up after
another half: so the ledger is full after one event day and flat from then on, and the worker forgets each sealed day.
What grows by design is history, in Redis and exporter: one sketch per series, partition and event day (the column
`days`). The slope is fitted after two and a half event days, when the first have been sealed and rolled up.

    python benchmarks/soak.py [--missions 20000] [--duration 3600] [--rate 2000] [--day-seconds 300] [--quick]

Takes as long as `--duration` says; `--quick` 40 s.
"""

import argparse
import asyncio
import math
import os
import re
import statistics
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path

import aiohttp
from invented import key_of, rss_bytes, snapshot, table

from monitor.demo.processes import Child, free_port
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.kafka.clients import producing
from monitor.kafka.sending import Outbox
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings, load

MIB = 1024 * 1024
DAY = 86_400.0
YEAR = 365 * DAY
SERIES = load().service.told_series
TURN_SECONDS = 0.1
CLOSED_AFTER_SECONDS = 3.0
STAYS_OPEN = 20
SCRAPE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at everything. Memory in MiB."""

    seconds: float
    worker: float
    exporter: float
    redis: float
    missions: int
    days: float
    lag: int
    scrape_ms: float
    scrape_kib: float
    age_seconds: float


class Load:
    """A stream of records at a constant rate."""

    def __init__(self, outbox: Outbox, arguments: argparse.Namespace) -> None:
        self._outbox = outbox
        self._rate = arguments.rate
        self.sent = 0
        self.began = time.monotonic()

    @property
    def days(self) -> float:
        """Event days told so far."""
        return 0.0

    async def run(self, seconds: float) -> None:
        """Send at the rate until the time is up."""
        while (passed := time.monotonic() - self.began) < seconds:
            await self._keep_up(passed)
            await self._outbox.flush()
            await asyncio.sleep(TURN_SECONDS)

    async def _keep_up(self, passed: float) -> None:
        raise NotImplementedError

    async def _tell(self, number: int, rang_at: float, *, arrived: bool, revision: int) -> None:
        series = SERIES[number * 7 % len(SERIES)]
        # Corrected, it took another time than before.
        value = snapshot(number, series, rang_at, arrived=arrived, revision=revision, draw=number + revision * 31)
        await self._outbox.put(key_of(number), value)
        self.sent += 1


class Corrections(Load):
    """The same missions in turn, each time with a newer revision; one in twenty is open again until the next."""

    def __init__(self, outbox: Outbox, arguments: argparse.Namespace) -> None:
        super().__init__(outbox, arguments)
        self._missions = arguments.missions
        self._apart = YEAR / self._missions
        self._last_rang = time.time() - DAY / 4

    async def _keep_up(self, passed: float) -> None:
        for turn in range(self.sent, int(passed * self._rate)):
            revision, number = divmod(turn, self._missions)
            open_again = (number + revision) % STAYS_OPEN == 0
            rang_at = self._last_rang - number * self._apart
            await self._tell(number, rang_at, arrived=not open_again, revision=revision)


class News(Load):
    """The stream: mission n rings at n / (rate / 2) seconds, and is told again when its patrol has arrived."""

    def __init__(self, outbox: Outbox, arguments: argparse.Namespace) -> None:
        super().__init__(outbox, arguments)
        self._per_second = self._rate / 2
        self._speed = DAY / arguments.day_seconds
        # The last mission rings at the present: nothing ever lies in the future.
        self._first_rang = time.time() - arguments.duration * self._speed - DAY / 4
        self._opened = self._closed = 0

    def rang_at(self, number: int) -> float:
        """Event time (epoch seconds)."""
        return self._first_rang + number / self._per_second * self._speed

    @property
    def days(self) -> float:
        """Event days told so far."""
        return self._opened / self._per_second * self._speed / DAY

    async def _keep_up(self, passed: float) -> None:
        opened = int(passed * self._per_second)
        closed = int((passed - CLOSED_AFTER_SECONDS) * self._per_second)
        for number in range(self._opened, opened):
            await self._tell(number, self.rang_at(number), arrived=False, revision=1)
        for number in range(self._closed, closed):
            if number % STAYS_OPEN:
                await self._tell(number, self.rang_at(number), arrived=True, revision=2)
        self._opened, self._closed = opened, max(0, closed)


async def soak(arguments: argparse.Namespace) -> list[Sample]:
    """Samples over the whole run."""
    with tempfile.TemporaryDirectory(prefix="monitor-soak-") as folder:
        async with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
            kafka = KafkaSettings(bootstrap=broker.bootstrap)
            await ensure_topics(broker.bootstrap, {kafka.topic: arguments.partitions, kafka.dead_letter_topic: 1})
            environment = os.environ | {
                "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
                "MONITOR_REDIS__URL": redis.url,
            }
            if not arguments.missions:
                environment |= {"MONITOR_LEDGER__HORIZON_DAYS": "1", "MONITOR_LEDGER__ROLL_UP_DAYS": "1.5"}
                # The past is told, and yet alarms are to be judged all the time, as of a feed that lives.
                environment |= {"MONITOR_EVENTS__STALE_AFTER_SECONDS": str(400 * DAY)}
            url = f"http://127.0.0.1:{(port := free_port())}"
            command = [sys.executable, "-m", "monitor"]
            logs = Path(folder)
            with (
                Child("worker", [*command, "worker"], environment=environment, log=logs / "worker.log") as worker,
                Child(
                    "exporter", [*command, "exporter", "--port", str(port)],
                    environment=environment, log=logs / "exporter.log",
                ) as exporter,
            ):  # fmt: skip
                await worker.ready(_said(worker, "took over partitions"), "its partitions", timeout_seconds=60)
                async with aiohttp.ClientSession() as http, producing(kafka) as producers:
                    await exporter.ready(lambda: _answers(http, url), "an answer", timeout_seconds=30)
                    stream = Corrections if arguments.missions else News
                    load = stream(Outbox(producers, kafka.topic, partitions=arguments.partitions), arguments)
                    pids = {"worker": worker.pid, "exporter": exporter.pid, "redis": _pid(redis)}
                    samples: list[Sample] = []
                    async with asyncio.TaskGroup() as group:
                        sending = group.create_task(load.run(arguments.duration))
                        while not sending.done():
                            await asyncio.sleep(min(SCRAPE_SECONDS, arguments.duration / 20))
                            worker.require_running()
                            exporter.require_running()
                            samples.append(await _sample(http, url, load, pids))
                            if len(samples) % 24 == 1:
                                print(samples[-1], flush=True)
                    return samples


def _said(child: Child, what: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a predicate
    async def predicate() -> bool:
        return what in child.log_tail(50)

    return predicate


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/metrics") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _pid(redis: EmbeddedRedis) -> int:
    assert redis.child is not None
    return redis.child.pid


async def _sample(http: aiohttp.ClientSession, url: str, load: Load, pids: dict[str, int]) -> Sample:
    began = time.perf_counter()
    async with http.get(f"{url}/metrics") as answer:
        text = await answer.text()
    took = time.perf_counter() - began

    def total(name: str) -> float:
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))

    tracked = total("monitor_missions_tracked")
    return Sample(
        seconds=time.monotonic() - load.began,
        **{name: rss_bytes(pid) / MIB for name, pid in pids.items()},
        missions=0 if math.isnan(tracked) else int(tracked),  # before the first reading
        days=load.days,
        lag=load.sent - int(total("monitor_next_offset")),
        scrape_ms=1000 * took,
        scrape_kib=len(text) / 1024,
        age_seconds=time.time() - total("monitor_snapshot_timestamp_seconds"),
    )


def slope(samples: list[Sample], name: str) -> tuple[float, float]:
    """MiB an hour by least squares, and how far that may be off (95 %).

    Memory comes and goes in steps, so neighbours are alike: each sample tells less, by what the one before says of
    it (the first autocorrelation of what the line leaves).
    """
    hours = [sample.seconds / 3600 for sample in samples]
    values = [getattr(sample, name) for sample in samples]
    line = statistics.linear_regression(hours, values)
    left = [value - line.slope * hour - line.intercept for hour, value in zip(hours, values, strict=True)]
    squares = sum(one * one for one in left)
    if len(left) < 4 or not squares:
        return line.slope, math.nan
    alike = min(0.99, max(0.0, sum(one * other for one, other in pairwise(left)) / squares))
    spread = sum((hour - statistics.fmean(hours)) ** 2 for hour in hours)
    error = math.sqrt(squares / (len(left) - 2) / spread * (1 + alike) / (1 - alike))
    return line.slope, 1.96 * error


def show(samples: list[Sample], arguments: argparse.Namespace) -> None:
    """Print the table over time and the slopes."""
    steady = [sample for sample in samples if sample.days >= 2.5]
    steady = steady or samples[len(samples) // (3 if arguments.missions else 2) :]
    step = max(1, len(samples) // arguments.rows)
    columns = ["time (min)", "worker (MiB)", "exporter (MiB)", "Redis (MiB)", "ledger (missions)", "event days",
               "lag (records)", "scrape (ms)", "scrape (KiB)", "age of figures (s)"]  # fmt: skip
    what = (
        f"corrections of the same {arguments.missions:,} missions" if arguments.missions
        else f"one event day in {arguments.day_seconds:g} s"
    )  # fmt: skip
    print(f"\n{arguments.rate:,} records/s into {arguments.partitions} partitions, {what}, "
          f"{arguments.duration / 60:.1f} min\n")  # fmt: skip
    rows = []
    for sample in samples[::step]:
        seconds, worker, exporter, redis, missions, days, lag, scrape_ms, scrape_kib, age = astuple(sample)
        rows.append((f"{seconds / 60:.1f}", f"{worker:.0f}", f"{exporter:.0f}", f"{redis:.0f}", f"{missions:,}",
                     f"{days:.1f}", f"{lag:,}", f"{scrape_ms:.0f}", f"{scrape_kib:,.0f}", f"{age:.1f}"))  # fmt: skip
    slopes = {name: slope(steady, name) for name in ("worker", "exporter", "redis")}
    fitted = [f"{each:+.1f} ± {off:.1f} MiB/h" for each, off in slopes.values()]
    missions = statistics.linear_regression([s.seconds / 3600 for s in steady], [s.missions for s in steady]).slope
    rows.append((f"**slope from {steady[0].seconds / 60:.1f} min on**", *fitted, f"{missions:+,.0f} /h", *[""] * 5))
    print(table(columns, rows))
    if (days := steady[-1].days - steady[0].days) >= 1:
        hours = (steady[-1].seconds - steady[0].seconds) / 3600
        told = ", ".join(f"{name} {each * hours / days:+.2f} ± {off * hours / days:.2f}"
                         for name, (each, off) in slopes.items())  # fmt: skip
        print(f"\nMiB an event day ({arguments.rate / 2 * arguments.day_seconds:,.0f} missions): {told}")
    worst = max(samples, key=lambda sample: sample.scrape_ms)
    oldest = max(sample.age_seconds for sample in samples[2:])
    print(f"\nlongest scrape {worst.scrape_ms:.0f} ms, oldest figures {oldest:.1f} s, "
          f"most lag {max(sample.lag for sample in samples):,} records")  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=3600.0, help="seconds")
    parser.add_argument("--missions", type=int, default=0, help="correct so many, again and again; 0: new ones")
    parser.add_argument("--rate", type=int, default=2000, help="records a second")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--day-seconds", type=float, default=300.0, help="seconds in which one event day is told")
    parser.add_argument("--rows", type=int, default=24, help="rows of the table")
    parser.add_argument("--quick", action="store_true", help="40 s with an event day in 10 s, to see that it works")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.duration, arguments.day_seconds, arguments.rate = min(arguments.duration, 40.0), 10.0, 400
    show(asyncio.run(soak(arguments)), arguments)


if __name__ == "__main__":
    main()
