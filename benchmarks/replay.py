"""Five years of national history into final figures: this monitor beside ClickHouse and DuckDB, from the same lines.

All priorities make about a million records a year; the calibrated year, told ten times with other missions, stands in
for them. Every contender reads the same JSON lines and makes the same table (year, area, class: missions, P50, P80),
in a process of its own, timed from its start to its end. "Streamed" is the whole path: `monitor replay` into Apache
Kafka, one `monitor worker`, Redis, and the figures out of the store. The tables are compared.

    python benchmarks/replay.py [--years 5] [--copies 10] [--rounds 3] [--only file,duckdb] [--quick]

Takes about eight minutes, one of them to invent the lines (kept in .cache); half a minute with --quick.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import national

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).resolve().parent / "peers"
sys.path.insert(0, str(ROOT))

from monitor.demo.processes import Child, wait_until  # noqa: E402 - the tests' servers are found by the line above
from monitor.demo.servers import EmbeddedRedis  # noqa: E402
from monitor.kafka.topics import ensure_topics  # noqa: E402
from monitor.store.redis import RedisStore  # noqa: E402
from tests.servers.kafka import ApacheKafka  # noqa: E402

LAST_YEAR = 2024
PARTITIONS = 4
LONGEST_SECONDS = 1200
QUICK_RECORDS = 20_000
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
CACHE = ROOT / ".cache" / "benchmarks"
TOPIC = "mission-events"

Key = tuple[int, str, str]
Table = dict[Key, tuple[int, float, float]]
"""By year, area and class: missions, P50 and P80 in seconds."""

CONTENDERS = {
    "file": "this monitor's core, from the file (as `monitor report --events`)",
    "report": "`monitor report --period 2024 --events FILE` itself: one year",
    "streamed": "streamed: `monitor replay`, Apache Kafka, one worker, Redis, figures",
    "duckdb": "DuckDB, exact (`quantile_disc`)",
    "chdb-exact": "ClickHouse (chdb), `quantileExact`",
    "chdb-tdigest": "ClickHouse (chdb), `quantileTDigest`",
}


@dataclass(slots=True)
class Result:
    """What was measured of one contender."""

    seconds: list[float] = field(default_factory=list)
    table: Table = field(default_factory=dict)


def lines(years: int, copies: int) -> Iterator[bytes]:
    """Every record in the order of delivery."""
    for _, _, value in national.records(range(LAST_YEAR - years + 1, LAST_YEAR + 1), copies=copies):
        yield value + b"\n"


def invent(path: Path, years: int, copies: int, most: int | None) -> int:
    """Write the lines once, `most` of them at most; how many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".count")
    if path.exists() and written.exists():
        return int(written.read_text())
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        count = 0
        for count, line in enumerate(islice(lines(years, copies), most), start=1):  # noqa: B007 - the last one is how many
            out.write(line)
    unfinished.rename(path)
    written.write_text(str(count))
    return count


def table_of(output: str) -> Table:
    """The rows that a contender printed."""
    answer = json.loads(next(line for line in output.splitlines() if line.startswith('{"seconds"')))
    return {(year, area, settlement): (n, p50, p80) for year, area, settlement, n, p50, p80 in answer["rows"]}


def finished(command: list[str | Path], environment: dict[str, str] | None = None) -> str:
    """Run a command to its end; what it printed."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False,
        env=os.environ | (environment or {}),
    )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def once(name: str, path: Path, years: list[str], records: int) -> tuple[float, Table]:
    """Seconds and table of one contender."""
    began = time.perf_counter()
    if name == "streamed":
        return asyncio.run(streamed(path, years, records))
    if name == "report":
        monitor = [sys.executable, "-m", "monitor", "report", "--period", str(LAST_YEAR)]
        finished([*monitor, "--events", path, "--format", "json"])
        return time.perf_counter() - began, {}
    if name == "file":
        output = finished([sys.executable, PEERS / "our_years.py", path, *years])
    else:
        output = finished([BENCH_PYTHON, PEERS / "warehouse.py", name, path])
    return time.perf_counter() - began, table_of(output)


async def streamed(path: Path, years: list[str], records: int) -> tuple[float, Table]:
    """The whole path; servers and worker are running before the clock starts."""
    async with ApacheKafka() as broker, EmbeddedRedis() as redis:
        environment = {"MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap, "MONITOR_REDIS__URL": redis.url}
        await ensure_topics(broker.bootstrap, {TOPIC: PARTITIONS, f"{TOPIC}.dead-letter": 1})
        store = RedisStore(redis.url, namespace=f"monitor:{TOPIC}")
        monitor = [sys.executable, "-m", "monitor"]
        with Child("worker", [*monitor, "worker"], environment=os.environ | environment) as worker:
            await worker.ready(lambda: started(worker), "its partitions", timeout_seconds=60)
            began = time.perf_counter()
            with Child("replay", [*monitor, "replay", path], environment=os.environ | environment) as replay:

                async def everything_stored() -> bool:
                    worker.require_running()
                    if replay.exit_code not in (None, 0):
                        replay.require_running()
                    heads = [await store.changes_since(number, 2**62) for number in await store.partitions()]
                    return sum(next_offset(change) for change in heads if change is not None) >= records

                await wait_until(everything_stored, "every record in the store", timeout_seconds=LONGEST_SECONDS)
            output = await asyncio.to_thread(
                finished, [sys.executable, PEERS / "our_years.py", "store", *years], environment
            )
            seconds = time.perf_counter() - began
        await store.close()
    return seconds, table_of(output)


async def started(worker: Child) -> bool:
    """Whether the worker has taken its partitions over."""
    return "took over partitions" in worker.log_tail(100)


def next_offset(change: object) -> int:
    """Where a partition's stored state continues."""
    from monitor.core.stored import read_head

    return read_head(change.head).next_offset


def furthest(table: Table, reference: Table) -> tuple[float, float]:
    """Largest differences of P50 and P80 in seconds. Ends the run where missions are counted differently."""
    counts = {key: row[0] for key, row in table.items()}
    wanted = {key: row[0] for key, row in reference.items()}
    if counts != wanted:
        key = next(key for key in counts.keys() | wanted.keys() if counts.get(key) != wanted.get(key))
        raise SystemExit(f"counted differently, such as {key}: {counts.get(key)} instead of {wanted.get(key)}")
    off = [max(abs(table[key][place] - reference[key][place]) for key in reference) for place in (1, 2)]
    return off[0], off[1]


def skipped(name: str) -> bool:
    """Whether a contender cannot be run here; with CI=true that is an error."""
    if name in ("file", "report", "streamed") or BENCH_PYTHON.exists():
        return False
    advice = "run `make .venv-bench/.bench` first"
    if os.environ.get("CI") == "true":
        raise SystemExit(f"{name}: {advice}. With CI=true nothing may be left out.")
    print(f"without {name}: {advice}", flush=True)
    return True


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--copies", type=int, default=10, help="of the calibrated year, a tenth of a million records")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CONTENDERS), metavar="NAME,…",
                        help=f"of {', '.join(CONTENDERS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="one round over the beginning of a year")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(CONTENDERS):
        parser.error(f"no such contender: {', '.join(sorted(unknown))}")
    if arguments.quick:
        arguments.years, arguments.copies, arguments.rounds = 1, 1, 1
    names = [name for name in CONTENDERS if name in arguments.only and not skipped(name)]
    years = [str(number) for number in range(LAST_YEAR - arguments.years + 1, LAST_YEAR + 1)]
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) if arguments.quick else CACHE
        path = folder / f"missions-{arguments.years}x{arguments.copies}.jsonl"
        records = invent(path, arguments.years, arguments.copies, QUICK_RECORDS if arguments.quick else None)
        print(
            f"{records:,} records, {path.stat().st_size / 1e6:,.0f} MB of JSON lines, {os.cpu_count()} cores",
            flush=True,
        )
        results = {name: Result() for name in names}
        for turn in range(arguments.rounds):
            for name in names if turn % 2 == 0 else names[::-1]:
                seconds, table = once(name, path, years, records)
                results[name].seconds.append(seconds)
                results[name].table = table
                print(f"round {turn + 1}: {name:12} {seconds:8.2f} s", flush=True)
    print(f"\n{rendered(results, records)}")


def rendered(results: dict[str, Result], records: int) -> str:
    """The one table, in Markdown; the first contender with a table is what the others are compared with."""
    reference = next((result.table for result in results.values() if result.table), {})
    lines = [
        "| from JSON lines to the yearly table | wall time, s (median) | records/s | P50 / P80 off by at most, s |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, result in results.items():
        seconds = statistics.median(result.seconds)
        off = "–"
        if result.table:
            p50, p80 = furthest(result.table, reference)
            off = "reference" if result.table is reference else f"{p50:.2f} / {p80:.2f}"
        lines.append(f"| {CONTENDERS[name]} | {seconds:.1f} | {records / seconds:,.0f} | {off} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
