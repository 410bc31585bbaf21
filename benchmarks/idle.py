"""What an installation costs that has next to nothing to do: CPU seconds a day of worker and exporter as processes.

A nation has some 300 missions a day; most of the time nothing comes. Apache Kafka, Redis, `monitor worker` and
`monitor exporter` as shipped, a year of missions stored, both scraped every 15 s as Prometheus does it. First nothing
is told for a while; then missions are, each twice (open, closed), far quicker than a nation's, for what one costs. A
day is the first around the clock, and 300 times the second. CPU by /proc: other work on the machine shows less there.

    python benchmarks/idle.py [--seconds 180] [--missions 20000] [--a-day 300] [--quick]

Takes twice `--seconds` and a half minute; `--quick` half a minute.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
from invented import key_of, rss_bytes, snapshot, table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.demo.processes import Child, free_port, wait_until  # noqa: E402 - found by the line above
from monitor.demo.servers import EmbeddedRedis  # noqa: E402
from monitor.kafka.clients import producing  # noqa: E402
from monitor.kafka.sending import Outbox  # noqa: E402
from monitor.kafka.topics import ensure_topics  # noqa: E402
from monitor.settings import KafkaSettings, load  # noqa: E402
from tests.servers.kafka import ApacheKafka  # noqa: E402

SERIES = load().service.told_series
PARTITIONS = 4
DAY = 86_400.0
SCRAPE_SECONDS = 15.0
APART_SECONDS = 4.0
"""Between two missions that are told: longer than whatever one of them sets off."""
PROMETHEUS = {
    "Accept": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "Accept-Encoding": "gzip",
}
"""As Prometheus 3 asks."""


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of a process in a stretch of time."""

    seconds: float
    wall_seconds: float
    switches: int
    """How often it woke up."""

    @property
    def a_day(self) -> float:
        """CPU seconds, were it to go on like this for a day."""
        return self.seconds / self.wall_seconds * DAY


class Meter:
    """The CPU clock of a process with all its threads."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._at, self._seconds, self._switches = self._read()

    def _read(self) -> tuple[float, float, int]:
        times, status = self._process.cpu_times(), 0
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            told = dict(line.split(":", 1) for line in (thread / "status").read_text().splitlines())
            status += int(told["voluntary_ctxt_switches"])
        return time.monotonic(), times.user + times.system, status

    def spent(self) -> Spent:
        """Since it was made."""
        at, seconds, switches = self._read()
        return Spent(seconds - self._seconds, at - self._at, switches - self._switches)


@asynccontextmanager
async def installation(folder: Path, outbox_of: list[Outbox]) -> AsyncIterator[tuple[dict[str, Child], list[str]]]:
    """Worker and exporter by name, and what is scraped of them."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(ApacheKafka())
        redis = await stack.enter_async_context(EmbeddedRedis())
        kafka = KafkaSettings(bootstrap=broker.bootstrap)
        await ensure_topics(broker.bootstrap, {kafka.topic: PARTITIONS, kafka.dead_letter_topic: 1})
        producers = await stack.enter_async_context(producing(kafka))
        outbox_of.append(Outbox(producers, kafka.topic, partitions=PARTITIONS))
        port, metrics_port = free_port(), free_port()
        environment = os.environ | {
            "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
            "MONITOR_REDIS__URL": redis.url,
            "MONITOR_WORKER__METRICS_PORT": str(metrics_port),
        }
        started = {
            name: stack.enter_context(
                Child(name, [sys.executable, "-m", "monitor", *command], environment=environment, directory=ROOT,
                      log=folder / f"{name}.log")
            )
            for name, command in {"worker": ["worker"], "exporter": ["exporter", "--port", str(port)]}.items()
        }  # fmt: skip
        yield started, [f"http://127.0.0.1:{each}/metrics" for each in (port, metrics_port)]


async def scraping(http: aiohttp.ClientSession, urls: list[str]) -> None:
    """As Prometheus does, until cancelled."""
    while True:
        for url in urls:
            async with http.get(url, headers=PROMETHEUS) as answer:
                await answer.read()
        await asyncio.sleep(SCRAPE_SECONDS)


async def tell(outbox: Outbox, number: int, *, arrived: bool, rang_at: float) -> None:
    """One record."""
    series = SERIES[number * 7 % len(SERIES)]
    await outbox.put(key_of(number), snapshot(number, series, rang_at, arrived=arrived, revision=1 + arrived))


async def stored(http: aiohttp.ClientSession, url: str, missions: int) -> bool:
    """Whether the exporter shows so many."""
    try:
        async with http.get(url) as answer:
            text = await answer.text()
    except aiohttp.ClientError:
        return False
    told = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("monitor_missions_tracked{")]
    return bool(told) and float(told[0]) == missions


async def spend(arguments: argparse.Namespace) -> tuple[dict[str, list[Spent]], int, dict[str, int]]:
    """What each process spent while nothing, then while something was told; missions told; memory in bytes."""
    with tempfile.TemporaryDirectory(prefix="monitor-idle-") as folder:
        outboxes: list[Outbox] = []
        async with installation(Path(folder), outboxes) as (started, urls), aiohttp.ClientSession() as http:
            outbox, now = outboxes[0], time.time()
            for number in range(arguments.missions):
                rang_at = now - 7200 - number * 365 * DAY / arguments.missions
                await tell(outbox, number, arrived=True, rang_at=rang_at)
            await outbox.settle()
            await wait_until(
                lambda: stored(http, urls[0], arguments.missions), "all missions shown", timeout_seconds=120
            )
            scrapes = asyncio.create_task(scraping(http, urls))
            await asyncio.sleep(arguments.seconds / 10)  # what the start set off is over
            spent: dict[str, list[Spent]] = {name: [] for name in started}
            meters = {name: Meter(child.pid) for name, child in started.items()}
            await asyncio.sleep(arguments.seconds)
            for name, meter in meters.items():
                spent[name].append(meter.spent())
            meters = {name: Meter(child.pid) for name, child in started.items()}
            told = max(1, int(arguments.seconds / APART_SECONDS))
            for number in range(arguments.missions, arguments.missions + told):
                for arrived in (False, True):
                    await tell(outbox, number, arrived=arrived, rang_at=time.time() - 600)
                    await outbox.settle()
                    await asyncio.sleep(APART_SECONDS / 2)
            for name, meter in meters.items():
                spent[name].append(meter.spent())
            scrapes.cancel()
            for child in started.values():
                child.require_running()
            return spent, told, {name: rss_bytes(child.pid) for name, child in started.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180.0, help="of each of both stretches")
    parser.add_argument("--missions", type=int, default=20_000, help="stored, over a year")
    parser.add_argument("--a-day", type=int, default=300, help="missions a day")
    parser.add_argument("--quick", action="store_true", help="5 s each, to see that it works")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.missions = 5.0, 500
    spent, told, memory = asyncio.run(spend(arguments))
    rows = []
    for name, (silent, busy) in spent.items():
        each = (busy.seconds - silent.seconds / silent.wall_seconds * busy.wall_seconds) / told
        day = silent.a_day + arguments.a_day * max(0.0, each)
        rows.append(
            (f"`monitor {name}`", f"{silent.a_day:,.0f}", f"{silent.switches / silent.wall_seconds:.0f}",
             f"{1000 * each:.1f}", f"{day:,.0f}", f"{day / DAY:.2%}", f"{memory[name] / 2**20:.0f}")
        )  # fmt: skip
    columns = ["process", "nothing told, CPU s a day", "wakes up, times a second", "a mission more, CPU ms",
               f"{arguments.a_day} missions a day, CPU s", "of a core", "RSS, MiB"]  # fmt: skip
    print(f"{arguments.missions:,} missions stored, {arguments.seconds:g} s of each\n\n{table(columns, rows)}")


if __name__ == "__main__":
    main()
