"""What the read side costs: judging every window of a year, one change, a scrape, and starting over full stores.

Histories are made in memory, at three volumes and both ways a year can be held: every mission exact (the national
year), or sealed into hours and days. `from nothing`: all that is stored is pooled and judged; `all changed`: each
series got a mission today; `one changed`: one did; `unchanged`: only the clock moved. Times are of the thread's CPU,
so that other work on the machine shows less; rounds of the four alternate. Starting is timed on a real Redis, by
the wall, from an empty exporter to the first judged snapshot.

    python benchmarks/exporter.py [--rounds 7] [--missions 1000000] [--quick]

Takes about 6 min; `--quick` 10 s.
"""

import argparse
import asyncio
import gc
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

from invented import RESPONSES_SECONDS, table

from monitor.core.history import History
from monitor.core.mission import Kind, Mission
from monitor.core.sealing import roll_up, seal, thresholds_on
from monitor.core.service import Area, Measure
from monitor.core.slices import Aggregate
from monitor.core.snapshot import take
from monitor.core.stored import Changes, Head, StoredDay, write_entries, write_head
from monitor.demo.servers import EmbeddedRedis
from monitor.exporter.collector import PublishedCollector
from monitor.exporter.refresh import Refresh
from monitor.exporter.scrapes import PLAIN, text_of
from monitor.published import Published, StoreState
from monitor.settings import Configuration, load
from monitor.store.redis import RedisStore
from monitor.wiring import empty_history, snapshot_terms

NOW = time.time() // 3600 * 3600 - 7200
DAYS = 365
ROLLED_UP_AFTER = 35


def configuration(factor: int) -> Configuration:
    """The shipped configuration, or one with `factor` times its districts (those without targets)."""
    known = load()
    if factor == 1:
        return known
    service = known.service
    names = (f"{name}-{n}" if n else name for n in range(factor) for name in service.leaf_areas)
    areas = (Area(service.root), *(Area(name, service.root) for name in names))
    return replace(known, service=replace(service, areas=areas))


def series_of(conf: Configuration) -> list[tuple[str, str]]:
    """Finnmark has no cities."""
    return [pair for pair in conf.service.told_series if pair != ("finnmark", "urban")]


def measures_of(conf: Configuration) -> list[Measure]:
    """Every threshold that there may be."""
    return [(*series, one.slug) for series in conf.service.judged_series for one in conf.service.objectives]


def head_of(conf: Configuration, partition_missions: int = 0) -> Head:
    """A head that numbers the series in their order."""
    return Head(
        next_offset=1, slice_seconds=conf.grid.seconds, zone=conf.grid.zone.key, series=series_of(conf),
        clocks=list(conf.service.clock_slugs), measures=measures_of(conf), last_record_at=NOW,
        missions=partition_missions,
    )  # fmt: skip


def year(conf: Configuration, *, per_day: float, partitions: int, sealed: bool) -> History:
    """A year of missions, evenly over the series."""
    history, grid, series, rng = empty_history(conf), conf.grid, series_of(conf), Random(1)  # noqa: S311
    today, number = grid.day_of(NOW), 0
    for partition in range(partitions):
        head = history.heads[partition] = head_of(conf)
        for day in range(today - DAYS, today + 1):
            midnight = grid.midnight(day)
            entries = []
            for _ in range(int(per_day / partitions + rng.random())):
                number += 1
                at = midnight + rng.random() * 80_000
                if at < NOW:
                    place = rng.randrange(len(series))
                    response = RESPONSES_SECONDS[number % 4096]
                    entries.append(Mission(f"M{number}", 1, place, at, Kind.MEASURED, response))
            if sealed and day < today - 1:
                parts = sealed_day(conf, series, entries, rolled_up=day < today - ROLLED_UP_AFTER)
                history.put_day(partition, head, day, StoredDay({}, parts))
            else:
                history.put_day(partition, head, day, StoredDay({entry.mission_id: entry for entry in entries}))
    return history


def sealed_day(
    conf: Configuration, series: list[tuple[str, str]], entries: list[Mission], *, rolled_up: bool
) -> list[Aggregate]:
    """Aggregates by slice, or by day."""
    slices: dict[tuple[int, int], list[Mission]] = {}
    for entry in entries:
        slices.setdefault((entry.series, conf.grid.slice_of(entry.placed_at)), []).append(entry)
    places = {measure: place for place, measure in enumerate(measures_of(conf))}
    parts = []
    for (number, place), missions in sorted(slices.items()):
        start = conf.grid.start_of(place)
        thresholds = [
            (places[measure], seconds, 0)
            for measure, seconds in thresholds_on(conf.targets, conf.service, series[number], conf.grid.day_of(start))
        ]
        parts.append(seal(missions, series=number, start=start, end=start + conf.grid.seconds, thresholds=thresholds))
    if not rolled_up:
        return parts
    return roll_up(parts)


def judged(conf: Configuration, history: History, rounds: int) -> dict[str, float]:
    """Median CPU milliseconds by what changed."""
    terms, series, today = snapshot_terms(conf), series_of(conf), conf.grid.day_of(NOW)

    def changed(some: list[tuple[str, str]]) -> None:
        for pair in some:  # as putting a day does, without the reading of bytes
            history._outdate(pair, today)  # noqa: SLF001

    def everything() -> None:
        changed(series)
        history._blocks.clear()  # noqa: SLF001
        history._pools.clear()  # noqa: SLF001

    kinds: dict[str, Callable[[], None]] = {
        "from nothing": everything,
        "all changed": lambda: changed(series),
        "one changed": lambda: changed(series[:1]),
        "unchanged": lambda: None,
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    take(history, terms, NOW)
    for turn in range(rounds):
        for kind, prepare in kinds.items():
            prepare()
            gc.collect()
            began = time.thread_time()
            take(history, terms, NOW + turn)
            times[kind].append(1000 * (time.thread_time() - began))
    return {kind: statistics.median(some) for kind, some in times.items()}


def scraped(conf: Configuration, history: History, rounds: int) -> tuple[float, int, float, float]:
    """One compressed text: median CPU milliseconds, samples, MiB plain and compressed. All of it is made anew."""
    published = Published(
        snapshot=take(history, snapshot_terms(conf), NOW), heads=history.heads, store=StoreState.UP, problem=None,
        loaded=True, read_at=NOW, published_at=NOW,
    )  # fmt: skip
    collector = PublishedCollector(published, windows=conf.settings.windows.exposed)
    times = []
    for _ in range(max(2, rounds)):
        gc.collect()
        began = time.thread_time()
        compressed = text_of(collector, PLAIN, compressed=True)
        times.append(1000 * (time.thread_time() - began))
    text = text_of(collector, PLAIN, compressed=False).body
    samples = sum(not line.startswith(b"#") for line in text.splitlines())
    return statistics.median(times), samples, len(text) / 2**20, len(compressed.body) / 2**20


async def started(conf: Configuration, missions: int, partitions: int) -> tuple[float, float]:
    """Seconds from an empty exporter to its first judged snapshot over a full Redis; MiB in Redis."""
    grid, series, today = conf.grid, series_of(conf), conf.grid.day_of(NOW)
    async with EmbeddedRedis() as redis:
        store = RedisStore(redis.url, namespace="bench", timeout_seconds=30.0)
        per_day = missions // DAYS // partitions
        for partition in range(partitions):
            lease, _ = await store.claim(partition)
            for day in range(today - DAYS, today):
                at = grid.midnight(day)
                entries = [
                    Mission(f"M{partition}-{day}-{n}", 1, n % len(series), at + n % 80_000, kind, response)
                    for n in range(per_day)
                    for kind, response in [
                        (Kind.OPEN, None) if n % 2 else (Kind.MEASURED, RESPONSES_SECONDS[n % 4096])
                    ]
                ]
                offset = lease.next_offset or 0
                changes = Changes(
                    expected_offset=offset, next_offset=offset + 1, append={day: write_entries(entries)}, replace={},
                    head=write_head(head_of(conf, per_day * DAYS)), missions=per_day,
                )  # fmt: skip
                lease = await store.checkpoint(lease, changes)
        size = (await store._client.info("memory"))["used_memory"] / 2**20  # noqa: SLF001
        began = time.perf_counter()
        refresh = Refresh(
            store, empty_history(conf), snapshot_terms(conf), refresh_seconds=15.0, clock=lambda: NOW
        )  # fmt: skip
        running = asyncio.create_task(refresh.run())
        shown = refresh.published
        while not shown.loaded:
            shown = await refresh.after(shown)
        took = time.perf_counter() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()
        return took, size


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--missions", type=int, default=1_000_000, help="missions in Redis when the exporter starts")
    parser.add_argument("--quick", action="store_true", help="the national year only, one round")
    arguments = parser.parse_args()
    cases = [
        ("national year, exact", 1, 50.0, 4, False),
        ("national year, sealed", 1, 50.0, 4, True),
        ("ten national years, sealed", 1, 500.0, 4, True),
        ("360 series, 64 partitions, exact", 10, 500.0, 64, False),
        ("3,600 series, 64 partitions, exact", 100, 5_000.0, 64, False),
    ]
    if arguments.quick:
        arguments.rounds, arguments.missions, cases = 1, 20_000, cases[:1]
    rows = []
    for name, factor, per_day, partitions, sealed in cases:
        conf = configuration(factor)
        history = year(conf, per_day=per_day, partitions=partitions, sealed=sealed)
        found = judged(conf, history, arguments.rounds)
        milliseconds, samples, mib, packed_mib = scraped(conf, history, arguments.rounds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            (name, *(f"{value:,.1f}" for value in (*found.values(), milliseconds)), f"{samples:,}",
             f"{mib:.1f}", f"{packed_mib:.2f}", f"{peak:,.0f}")
        )  # fmt: skip
        del history
        print(rows[-1], flush=True)
    columns = ["history", "from nothing (ms)", "all changed (ms)", "one changed (ms)", "unchanged (ms)",
               "scrape (ms)", "samples", "MiB", "MiB gzip",
               "peak RSS so far (MiB)"]  # fmt: skip
    seconds, size = asyncio.run(started(configuration(1), arguments.missions, 4))
    print(f"\n{table(columns, rows)}\n")
    print(f"start over {arguments.missions:,} missions in Redis ({size:,.0f} MiB there): first figures after "
          f"{seconds:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
