"""England's ambulances at their real volume: a simulated year through Kafka, two workers, Redis and an exporter.

Nine million incidents (`ambulances.py`), each told twice, with a horizon of 35 days: what is older is sealed into
exact counts and sums, and into sketches. Told are the rates, the most memory that each process ever held, and how far
the exporter's figures lie from those of all incidents: counts, sums and verdicts have to be equal in every window;
percentiles come from merged sketches. The second window goes back about 90 days to a local midnight, since a sealed
day can only be held whole.

    python benchmarks/volume.py [--incidents 9000000] [--days 366] [--quick]

Takes about 10 min; `--quick` (a hundredth of the incidents) half a minute.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import numpy as np
from ambulances import CATEGORIES, UNMEASURED, Numbers, Truth, Year
from invented import table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.demo.processes import Child, free_port, wait_until  # noqa: E402 - the tests' servers are found by the line above
from monitor.demo.servers import EmbeddedRedis  # noqa: E402
from monitor.kafka.clients import producing  # noqa: E402
from monitor.kafka.sending import Outbox  # noqa: E402
from monitor.kafka.topics import ensure_topics  # noqa: E402
from monitor.settings import Configuration, KafkaSettings, load  # noqa: E402
from monitor.store.redis import RedisStore  # noqa: E402
from tests.servers.kafka import ApacheKafka  # noqa: E402

SERVICE, TOPIC = "england-ambulance", "mission-events"
PARTITIONS, WORKERS, HORIZON_DAYS = 2, 2, 35
LONGEST_SECONDS = 3_600
SECONDS_TO_THE_HOUR = 60
"""The exporter is not started so shortly before a full hour: its windows begin an hour later then."""

Compared = tuple[int, float, float]
"""Of how many incidents a figure is, what it should be, and how far it is off (seconds)."""


def peak_mib(pid: int) -> float:
    """The most memory that a process has held at once."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def told(year: Year, bootstrap: str) -> int:
    """Send the year; how many records it has."""
    async with producing(KafkaSettings(bootstrap=bootstrap), compression="lz4") as producers:
        outbox = Outbox(producers, TOPIC, partitions=PARTITIONS)
        for records in year.days_of_records():
            for partition, value in records:
                await outbox.put(value[15:25], value, partition=partition)
        await outbox.settle()
    return outbox.confirmed


async def stored(store: RedisStore) -> int:
    """Records taken into account, by the offsets in Redis: read apart from the days, which would be work."""
    async with store._client.pipeline(transaction=False) as pipe:  # noqa: SLF001 - the product never needs it alone
        for partition in range(PARTITIONS):
            pipe.hget(store._keys.head(partition), "next_offset")  # noqa: SLF001
        return sum(int(offset or 0) for offset in await pipe.execute())


def windows(zone: ZoneInfo, now: float) -> list[str]:
    """Those that are compared; the second begins at the local midnight 90 days ago."""
    midnight = datetime.combine(
        datetime.fromtimestamp(now, zone).date() - timedelta(days=90), datetime.min.time(), zone
    )
    return ["28d", f"{int(now - midnight.timestamp()) // 3600}h", "month", "quarter", "year"]


def asked(address: str) -> bytes | None:
    """What an address answers; None while it does not, or says that it is not ready."""
    try:
        with urlopen(address, timeout=LONGEST_SECONDS) as answer:  # noqa: S310 - our own exporter
            found: bytes = answer.read()
            return found
    except OSError:
        return None


class Series:
    """The incidents of an area and a category, pools included, by when they are placed."""

    def __init__(self, truth: Truth, conf: Configuration, area: str, category: str) -> None:
        areas = [place for place, slug in enumerate(conf.service.leaf_areas) if area in (slug, conf.service.root)]
        held = np.isin(truth.area, areas)
        if category in CATEGORIES:
            held &= truth.category == CATEGORIES.index(category)
        order = np.argsort(truth.placed_ms[held], kind="stable")
        self._placed_ms = truth.placed_ms[held][order]
        self._took_ms = dict(
            zip(conf.service.clock_slugs, [took[held][order] for took in truth.took_ms], strict=True)
        )

    def since(self, start_ms: int, clock: str) -> Numbers:
        """What the clock measured from an instant on (milliseconds), ascending."""
        took = self._took_ms[clock][np.searchsorted(self._placed_ms, start_ms) :]
        return np.sort(took[took > UNMEASURED]).astype(np.int64)


def compared(rows: list[dict[str, Any]], truth: Truth, conf: Configuration) -> dict[str, list[Compared]]:
    """Every figure by its window and kind. Ends the run where a count, a mean or a verdict is another one."""
    found: dict[str, list[Compared]] = {}
    by_series = sorted(rows, key=lambda row: (row["area"], row["category"]))
    for (area, category), some in groupby(by_series, lambda row: (row["area"], row["category"])):
        series = Series(truth, conf, area, category)
        for row in some:
            since_ms = int(datetime.fromisoformat(row["starts_at"]).timestamp() * 1000)
            for slug, told in row["objectives"].items():
                took = series.since(since_ms, told["clock"])
                where = f"{row['window']} {area} {category} {slug}"
                require(where, "measured", row["clocks"][told["clock"]]["measured"], len(took))
                if told["target_seconds"] is not None:
                    _require_verdict(where, told, took)
                if len(took):
                    kind = "mean" if told["percentile"] is None else "P90"
                    place = "England" if area == conf.service.root else "trusts"
                    found.setdefault(f"{row['window']}, {kind}, {place}", []).append(_off(where, told, took))
    return found


def _require_verdict(where: str, told: dict[str, Any], took: Numbers) -> None:
    target_ms = round(told["target_seconds"] * 1000)
    require(where, "judged", told["judged"], len(took))
    if told["percentile"] is None:
        met = int(took.sum()) <= target_ms * len(took)
    else:
        within = int(np.searchsorted(took, target_ms, side="right"))
        require(where, "within", told["within"], within)
        met = within * 100 >= told["percentile"] * len(took)
    require(where, "state", told["state"], "met" if met else "missed")


def _off(where: str, told: dict[str, Any], took: Numbers) -> Compared:
    if told["percentile"] is None:
        exact = int(took.sum()) / len(took) / 1000
        require(where, "mean", round(told["value_seconds"], 6), round(exact, 6))
        return len(took), exact, 0.0
    exact = float(took[-(-told["percentile"] * len(took) // 100) - 1]) / 1000
    return len(took), exact, abs(told["value_seconds"] - exact)


def require(where: str, what: str, found: object, wanted: object) -> None:
    """Ends the run where they differ."""
    if found != wanted:
        raise SystemExit(f"{where}: {what} is {found}, and should be {wanted}")


async def run(year: Year, conf: Configuration) -> None:
    """One year, and what it cost."""
    async with ApacheKafka() as broker, EmbeddedRedis() as redis:
        environment = os.environ | {
            "MONITOR_SERVICE": SERVICE,
            "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
            "MONITOR_REDIS__URL": redis.url,
            "MONITOR_LEDGER__HORIZON_DAYS": str(HORIZON_DAYS),
        }
        await ensure_topics(broker.bootstrap, {TOPIC: PARTITIONS, f"{TOPIC}.dead-letter": 1})
        store = RedisStore(redis.url, namespace=f"monitor:{TOPIC}")
        with ExitStack() as stack:
            workers = [stack.enter_context(started(f"worker {one + 1}", environment)) for one in range(WORKERS)]
            for worker in workers:
                await worker.ready(lambda w=worker: taken(w), "its partitions", timeout_seconds=60)
            began = time.perf_counter()
            records = await told(year, broker.bootstrap)
            sent = time.perf_counter() - began
            print(f"{year.incidents:,} incidents in {records:,} records were told in {sent:.0f} s", flush=True)

            async def everything() -> bool:
                for worker in workers:
                    worker.require_running()
                return await stored(store) >= records

            await wait_until(everything, "every record in the store", timeout_seconds=LONGEST_SECONDS)
            whole = time.perf_counter() - began
            print(f"stored after {whole:.0f} s", flush=True)
            while time.time() % 3600 > 3600 - SECONDS_TO_THE_HOUR:
                await asyncio.sleep(1)
            port, names = free_port(), windows(conf.grid.zone, time.time())
            began = time.perf_counter()
            exporter = stack.enter_context(
                started(
                    "exporter",
                    environment | {"MONITOR_WINDOWS__NAMES": json.dumps(names), "MONITOR_EXPORTER__PORT": str(port)},
                )
            )
            address = f"http://127.0.0.1:{port}"
            await exporter.ready(
                lambda: asyncio.to_thread(asked, f"{address}/readyz"), "its first figures",
                timeout_seconds=LONGEST_SECONDS,
            )  # fmt: skip
            first = time.perf_counter() - began
            rows = json.loads(asked(f"{address}/api/v1/compliance") or b"{}")["rows"]
            letters = re.findall(
                rb"^monitor_dead_letters_total\S* [1-9].*$", asked(f"{address}/metrics") or b"", re.MULTILINE
            )
            require("dead letters", "number", letters, [])
            peaks = [(child.name, f"{peak_mib(child.pid):,.0f}") for child in [*workers, exporter]]
            used = (await store._client.info("memory"))["used_memory_peak"] / 2**20  # noqa: SLF001
            peaks.append(("Redis, of its data", f"{used:,.0f}"))
        await store.close()
    print(f"\n{table(['process', 'most memory, MiB'], peaks)}\n")
    print(
        f"{records / sent:,.0f} records/s invented and sent, {records / whole:,.0f}/s to the last checkpoint; "
        f"first figures {first:.1f} s after an exporter is started\n"
    )
    lines = [
        (kind, len(some), f"{min(n for n, _, _ in some):,}", f"{max(n for n, _, _ in some):,}",
         f"{max(off for _, _, off in some):.2f}", f"{max(off / exact for _, exact, off in some):.3%}")
        for kind, some in sorted(compared(rows, year.truth, conf).items())
    ]  # fmt: skip
    columns = ["window and statistic", "figures", "least n", "most n", "off by at most, s", "... of the value"]
    print(table(columns, lines))
    print("\nevery count, every mean and every verdict is equal")


def started(name: str, environment: dict[str, str]) -> Child:
    """A process of the product: `worker 1` runs `monitor worker`."""
    return Child(name, [sys.executable, "-m", "monitor", name.split(maxsplit=1)[0]], environment=environment)


def taken(worker: Child) -> "asyncio.Future[bool]":
    """Whether a worker has taken its partitions over."""
    return asyncio.to_thread(lambda: "took over partitions" in worker.log_tail(100))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--incidents", type=int, default=9_000_000)
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the incidents")
    arguments = parser.parse_args()
    os.environ["MONITOR_SERVICE"] = SERVICE
    conf = load()
    end_ms = int(time.time() * 1000)
    incidents = arguments.incidents // (100 if arguments.quick else 1)
    until = datetime.fromtimestamp(end_ms / 1000, conf.grid.zone)
    print(
        f"{arguments.days} days to {until:%Y-%m-%d %H:%M}, {incidents / arguments.days:,.0f} incidents a day; "
        f"{len(os.sched_getaffinity(0))} cores for all",
        flush=True,
    )
    asyncio.run(run(Year(conf.service.leaf_areas, end_ms, arguments.days, incidents, PARTITIONS), conf))


if __name__ == "__main__":
    main()
