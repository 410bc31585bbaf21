"""Three sites with a wide network between them: a broker, a server of the store, a sentinel and a worker at each.

`python -m tests.chaos.sites --seed 1`, as root. Exporters at sites 1 and 2, the source at site 1; packets between
sites take 20 ms each way, and one in a hundred is lost (`tests.servers.router`). First nothing happens, then one site
after the other is cut off and comes back. Measured: how long an event takes until `/metrics` shows it; compared:
every figure with the brute-force account, and the two exporters with each other. Exit code 0: no difference, no
broken promise.
"""

import argparse
import asyncio
import math
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.demo.processes import wait_until
from monitor.kafka.topics import ensure_topics
from tests.chaos.driver import Course, Outcome, play, seconds_of
from tests.chaos.feed import Manner
from tests.chaos.proxy import Proxy
from tests.chaos.redis import ChaosRedis
from tests.chaos.stage import (
    DEAD_LETTERS,
    PARTITIONS,
    PATIENCE_SECONDS,
    TOPIC,
    WORKERS,
    Stage,
    environment,
    store_up,
)
from tests.servers.components import require
from tests.servers.kafka import ApacheKafka, kafka_jars
from tests.servers.replicated import Node, UnderSentinels
from tests.servers.router import Quality
from tests.servers.sites import Sites, enter_own_network

SITES = (1, 2, 3)
EXPORTERS = (1, 2)
ORDER = (3, 2, 1)
"""In which sites are cut off: that of the source and of the first master last."""
NEXT_OFFSET, SERVICE = "monitor_next_offset", 'service="norwegian-police"'
LIVE_MINUTES = 2 * 24 * 60
"""A live source tells of today and yesterday: of 290 days, each look of an exporter would read all of them again."""
LOOK_SECONDS = 0.2
TELL_SECONDS = 15.0
"""How soon an exporter without its store must say so."""
RETRIES = Path("/proc/sys/net/ipv4/tcp_retries2")
FEW_RETRIES = "5"
"""At the source's machine: a connection that is gone is given up after 13 s, not after a quarter of an hour."""


@dataclass
class TimedCourse(Course):
    """Also: when each event was sent, and how long each exporter took to show it."""

    waiting: dict[int, dict[int, deque[tuple[int, float]]]] = field(
        default_factory=lambda: {site: defaultdict(deque) for site in EXPORTERS}
    )
    """Of each exporter and partition: offsets that it has not shown, and when they were sent."""
    took: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: {site: [] for site in EXPORTERS})
    """Of each exporter: when an event was sent, and the seconds until it was shown."""
    acknowledged: list[tuple[float, float]] = field(default_factory=list)
    """When an event was sent, and the seconds until Kafka had it."""

    def confirmed(self, partition: int, offset: int, sent: float) -> None:
        super().confirmed(partition, offset, sent)
        self.acknowledged.append((sent, time.monotonic() - sent))
        for partitions in self.waiting.values():
            partitions[partition].append((offset, sent))

    def shown(self, site: int, partition: int, next_offset: int, now: float) -> None:
        """An exporter shows everything below an offset."""
        waiting = self.waiting[site][partition]
        while waiting and waiting[0][0] < next_offset:
            _, sent = waiting.popleft()
            self.took[site].append((sent, now - sent))

    def table(self) -> str:
        """For people."""
        seen = [("in Kafka", self.acknowledged), *((f"shown at site {site}", self.took[site]) for site in EXPORTERS)]
        lines = [
            f"| events sent | | {' | '.join(f'{name}: P50 | P95 | last' for name, _ in seen)} | longest stall |",
            f"|---|---:|{'---:|' * (3 * len(seen) + 1)}",
        ]
        for phase, until in zip(self.phases, [*(one.began for one in self.phases[1:]), math.inf], strict=True):
            cells = []
            for _, everything in seen:
                took = sorted(seconds for sent, seconds in everything if phase.began <= sent < until)
                places = [math.ceil(len(took) * share) - 1 for share in (0.5, 0.95, 1)]
                cells += [f"{took[place]:.1f} s" if took else "—" for place in places]
            count = sum(phase.began <= sent < until for sent, _ in self.acknowledged)
            lines.append(f"| {phase.name} | {count:,} | {' | '.join(cells)} | {phase.stall:.1f} s |")
        return "\n".join(lines)


@dataclass(kw_only=True)
class AtSites(Stage):
    """What runs, and where."""

    sites: Sites

    @property
    def way_in(self) -> str:
        return self.environment["MONITOR_KAFKA__BOOTSTRAP"]

    def within(self, number: int) -> Sequence[str]:
        return self.sites.place(SITES[(number - 1) % len(SITES)]).within

    async def start_exporter(self) -> None:
        for site in EXPORTERS:
            self.exporters[site] = self.launch_exporter(
                f"exporter-at-{site}",
                self.sites.place(site).within,
                MONITOR_EXPORTER__HOST="0.0.0.0",  # noqa: S104
            )
        for site in EXPORTERS:
            await wait_until(
                lambda site=site: self.metrics_at(site), "an exporter's metrics", timeout_seconds=PATIENCE_SECONDS
            )

    async def metrics(self, host: str = "") -> dict[str, float]:
        return await super().metrics(host or self.sites.place(EXPORTERS[0]).seen_at)

    async def metrics_at(self, site: int) -> dict[str, float]:
        """Those of the exporter at this site."""
        return await self.metrics(self.sites.place(site).seen_at)

    async def master(self) -> Node:
        """Of the store, by the newest word. Raises LookupError."""
        assert isinstance(self.several, UnderSentinels)
        return await self.several.master()

    async def store_url(self) -> str:
        return (await self.master()).url

    async def expect_silence(self, site: int) -> None:
        """An exporter that is cut off from the store must say so, and show no figure as if it were fresh."""

        async def told() -> bool:
            return store_up(await self.metrics_at(site)) == 0.0

        try:
            await wait_until(told, "monitor_store_up 0", timeout_seconds=TELL_SECONDS)
        except TimeoutError:
            self.problems.append(f"the exporter at site {site}, cut off, did not say so within {TELL_SECONDS:g} s")

    async def compared_besides(self) -> list[tuple[str, object, object]]:
        """What one exporter shows, the other does."""
        apart: dict[str, tuple[float | None, float | None]] = {}

        async def agreed() -> bool:
            one, other = [_figures(await self.metrics_at(site)) for site in EXPORTERS]
            apart.clear()
            apart.update(
                {
                    name: (one.get(name), other.get(name))
                    for name in one.keys() | other
                    if one.get(name) != other.get(name)
                }
            )
            return bool(one) and not apart

        with suppress(TimeoutError):
            await wait_until(agreed, "the exporters to agree", timeout_seconds=60)
        return [("samples that only one exporter shows", apart, {})]


def _figures(metrics: dict[str, float]) -> dict[str, float]:
    """What depends on events alone, and can be compared (NaN equals nothing)."""
    kinds = ("response_", "monitor_events_total", "monitor_dead_letters_total", "monitor_next_offset")
    return {name: value for name, value in metrics.items() if name.startswith(kinds) and not math.isnan(value)}


@asynccontextmanager
async def set_up(logs: Path, *, seed: int, quality: Quality) -> AsyncIterator[AtSites]:
    """The stage, ready. Everything ends with the block."""
    async with AsyncExitStack() as stack:
        sites = await stack.enter_async_context(Sites(len(SITES), quality=quality, seed=seed, observed=True))
        places = [sites.place(site) for site in SITES]
        kafka = await stack.enter_async_context(ApacheKafka(nodes=len(SITES), places=places))
        # As docs/operations.md has it: a master that is cut off takes no writes after ten seconds.
        careful = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "10"]
        store = await stack.enter_async_context(
            UnderSentinels(executable=require("redis-server"), options=careful, places=places)
        )
        await ensure_topics(
            kafka.bootstrap, {TOPIC: PARTITIONS, DEAD_LETTERS: 3}, replication=3, config={"min.insync.replicas": "2"}
        )
        ways_in = ",".join(f"{node.place.host}:{node.side_port}" for node in kafka.nodes)
        redis = ChaosRedis()  # not started: the store lies under the sentinels
        stage = AtSites(
            kafka, redis, Proxy(redis.port), [], [], logs, environment(ways_in, store.url), store, sites=sites
        )
        stack.callback(stage.end)
        await asyncio.gather(stage.start_exporter(), *(stage.start_worker() for _ in range(WORKERS)))
        yield stage


async def course_of_events(
    stage: AtSites, course: TimedCourse, *, calm_seconds: float, cut_seconds: float, order: Sequence[int]
) -> None:
    """Nothing for a while; then each site cut off, and back."""
    course.begin("calm")
    await asyncio.sleep(calm_seconds)
    for site in order:
        held = (await stage.master()).place == stage.sites.place(site)
        stage.say(f"site {site}{', that of the store,' if held else ''} is cut off")
        course.begin(f"site {site}{' (master of the store)' if held else ''} cut off for {cut_seconds:g} s")
        stage.sites.cut_off(site)
        began = time.monotonic()
        if site in EXPORTERS and not held:
            await stage.expect_silence(site)
        await asyncio.sleep(began + cut_seconds - time.monotonic())
        stage.sites.cut_off()
        stage.say(f"site {site} is back")
        course.begin(f"site {site} back")
        course.staged["site_cut_off"] += 1
        assert isinstance(stage.several, UnderSentinels)
        await stage.several.whole()
        await asyncio.sleep(max(0.0, course.phases[-1].began + cut_seconds - time.monotonic()))
    course.over()


async def watch(stage: AtSites, course: TimedCourse, site: int) -> None:
    """Note what an exporter shows, as somebody beside it sees it."""
    while True:
        metrics = await stage.metrics_at(site)
        now = time.monotonic()
        for partition in range(stage.partitions):
            if (offset := metrics.get(f'{NEXT_OFFSET}{{partition="{partition}",{SERVICE}}}')) is not None:
                course.shown(site, partition, int(offset), now)
        await asyncio.sleep(LOOK_SECONDS)


async def run(
    *, seed: int, quality: Quality, calm_seconds: float, cut_seconds: float, order: Sequence[int] = ORDER
) -> tuple[Outcome, TimedCourse, dict[str, int]]:
    """The outcome, how long everything took, and what became of the packets."""
    course = TimedCourse(seed, Manner(minutes=LIVE_MINUTES, fed=0.0))
    carried: dict[str, int] = {}
    watching: list[asyncio.Task[None]] = []

    async def acts(stage: AtSites) -> None:
        watching.extend(asyncio.create_task(watch(stage, course, site)) for site in EXPORTERS)
        try:
            await course_of_events(stage, course, calm_seconds=calm_seconds, cut_seconds=cut_seconds, order=order)
        finally:
            stage.sites.cut_off()  # nobody, and counts what has passed
            carried.update(stage.sites.carried)

    try:
        outcome = await play(
            lambda logs: set_up(logs, seed=seed, quality=quality), course, lambda stage: [acts(stage)]
        )
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    return outcome, course, carried


def main() -> int:
    """Run, print the tables, and say with the exit code whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.sites", description="Cut sites off and compare.")
    parser.add_argument("--seed", type=int, default=1, help="decides missions, delays and losses (default 1)")
    parser.add_argument("--calm", default="60s", help="how long nothing happens at first (default 60s)")
    parser.add_argument("--cut", default="40s", help="how long a site is cut off, and then left alone (default 40s)")
    parser.add_argument("--order", type=int, nargs="*", default=ORDER, help="which sites, one after the other")
    parser.add_argument("--delay", type=float, default=20.0, help="milliseconds, each way (default 20)")
    parser.add_argument("--loss", type=float, default=0.01, help="share of packets between sites (default 0.01)")
    arguments = parser.parse_args()
    kafka_jars()  # there is no way out from where this goes on
    enter_own_network("tests.chaos.sites")
    for number in (signal.SIGINT, signal.SIGTERM):  # ended in order, whoever asks; also in the background of a shell
        signal.signal(number, signal.default_int_handler)
    RETRIES.write_text(FEW_RETRIES)
    quality = Quality(arguments.delay / 1000, arguments.delay / 10_000, arguments.loss)
    calm, cut = seconds_of(arguments.calm), seconds_of(arguments.cut)
    outcome, course, carried = asyncio.run(
        run(seed=arguments.seed, quality=quality, calm_seconds=calm, cut_seconds=cut, order=arguments.order)
    )
    packets = ", ".join(f"{count:,} {name}" for name, count in sorted(carried.items()))
    print(f"\nseed {arguments.seed}; packets between sites: {packets}\n\n{course.table()}\n\n{outcome.table()}")  # noqa: T201
    return 0 if outcome.sound else 1


if __name__ == "__main__":
    sys.exit(main())
