"""The demonstration: starts real servers and processes, feeds them, and tells what is to be seen.

Decides what happens when; the servers come from `servers`, the missions from the simulator, and everything between
is the same worker and exporter as in production, run as processes of their own. Nothing outlives `play`.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import click

from monitor import clock
from monitor.alerts.setup import Setup
from monitor.demo.processes import Child, ProcessFailed, free_port, port_is_free
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.demo.watchers import ADVICE, News, hurried, installed, watching
from monitor.kafka import producing
from monitor.sending import Outbox
from monitor.settings import ENV_PREFIX, KafkaSettings
from monitor.simulator import Emission, history, live, paced, storm
from monitor.topics import ensure_topics

PARTITIONS: Final = 4
LIVE_FLUSH_SECONDS: Final = 0.1
WATCH_SECONDS: Final = 0.5
NEWS_SECONDS: Final = 15.0
FIRST_FIGURES_SECONDS: Final = 120.0
MOST_REPLACEMENTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What to play."""

    duration_seconds: float | None
    port: int
    days: int
    rate_per_minute: float
    storm_after_seconds: float
    workers: int
    seed: int


@dataclass(slots=True)
class Cast:
    """The processes on stage, by name; a worker or exporter that dies is replaced."""

    environment: dict[str, str]
    logs: Path
    children: dict[str, Child] = field(default_factory=dict)
    replaced: int = 0

    def start(self, name: str, *arguments: str, **extra: str) -> None:
        """Start `monitor` with the arguments, and the same again when it dies."""
        self.children[name] = Child(
            name,
            [sys.executable, "-m", "monitor", *arguments],
            environment={**self.environment, **extra},
            log=self.logs / f"{name}.log",
        )

    async def watch(self, roles: dict[str, tuple[tuple[str, ...], dict[str, str]]]) -> None:
        """Replace whoever dies; raises ProcessFailed when that does not help."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for name, (arguments, extra) in roles.items():
                child = self.children[name]
                if child.exit_code is None:
                    continue
                self.replaced += 1
                if self.replaced > MOST_REPLACEMENTS:
                    child.require_running()
                say(f"{name} ended with exit code {child.exit_code}: starting another, which goes on where the "
                    "store stands")  # fmt: skip
                child.kill()
                self.start(name, *arguments, **extra)

    async def stop(self) -> None:
        """End all of them in order, together."""
        await asyncio.gather(*(child.stopped(grace_seconds=8.0) for child in self.children.values()))


async def play(show: Show) -> None:
    """Play until the duration is over, Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    started = time.monotonic()
    ending = asyncio.create_task(_end_after(stop, show.duration_seconds))
    acting = asyncio.create_task(_act(show, started))
    try:
        await asyncio.wait((acting, asyncio.create_task(stop.wait())), return_when=asyncio.FIRST_COMPLETED)
    finally:
        say("ending everything ...")
        for task in (acting, ending):
            task.cancel()
        (outcome, _) = await asyncio.gather(acting, ending, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
    say("done; nothing is left running")


async def _end_after(stop: asyncio.Event, seconds: float | None) -> None:
    if seconds is not None:
        await asyncio.sleep(seconds)
        stop.set()


async def _act(show: Show, started: float) -> None:
    say("starting an embedded broker and Redis, two real servers out of Python packages")
    with tempfile.TemporaryDirectory(prefix="monitor-demo-") as logs:
        async with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
            kafka = KafkaSettings(bootstrap=broker.bootstrap)
            await ensure_topics(broker.bootstrap, {kafka.topic: PARTITIONS, kafka.dead_letter_topic: 1})
            cast = Cast(_environment(kafka, redis.url), Path(logs))
            port = show.port if show.port and port_is_free(show.port) else free_port()
            url = f"http://127.0.0.1:{port}"
            roles = _roles(show, port)
            try:
                for name, (arguments, extra) in roles.items():
                    cast.start(name, *arguments, **extra)
                async with AsyncExitStack() as watchers, asyncio.TaskGroup() as group:
                    group.create_task(cast.watch(roles))
                    setup = hurried(url, _worker_addresses(roles), rate_per_minute=show.rate_per_minute)
                    watch = partial(_watch, setup, watchers, cast.logs)
                    group.create_task(_feed(show, kafka, url, cast, started=started, watch=watch))
            except BaseExceptionGroup as faults:
                raise faults.exceptions[0] from None
            finally:
                await cast.stop()


def _roles(show: Show, port: int) -> dict[str, tuple[tuple[str, ...], dict[str, str]]]:
    roles: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "exporter": (("exporter", "--host", "127.0.0.1", "--port", str(port)), {})
    }
    for number in range(1, show.workers + 1):
        metrics = {f"{ENV_PREFIX}WORKER__METRICS_PORT": str(free_port())}
        roles[f"worker-{number}"] = (("worker",), metrics)
    return roles


def _worker_addresses(roles: dict[str, tuple[tuple[str, ...], dict[str, str]]]) -> tuple[str, ...]:
    variable = f"{ENV_PREFIX}WORKER__METRICS_PORT"
    return tuple(f"127.0.0.1:{extra[variable]}" for _, extra in roles.values() if variable in extra)


def _environment(kafka: KafkaSettings, redis_url: str) -> dict[str, str]:
    """The demo's own addresses; a user's brokers, stores and secrets stay out of it."""
    inherited = {
        # Settings may be written in small letters; what is set here must be the same variable.
        upper if (upper := name.upper()).startswith(ENV_PREFIX) else name: value
        for name, value in os.environ.items()
    }
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith((f"{ENV_PREFIX}KAFKA__", f"{ENV_PREFIX}REDIS__"))
    }
    return kept | {
        f"{ENV_PREFIX}KAFKA__BOOTSTRAP": kafka.bootstrap,
        f"{ENV_PREFIX}KAFKA__TOPIC": kafka.topic,
        f"{ENV_PREFIX}KAFKA__DEAD_LETTER_TOPIC": kafka.dead_letter_topic,
        f"{ENV_PREFIX}KAFKA__SECURITY_PROTOCOL": "PLAINTEXT",
        f"{ENV_PREFIX}REDIS__URL": redis_url,
    }


async def _feed(
    show: Show, kafka: KafkaSettings, url: str, cast: Cast, *, started: float, watch: Callable[[], Awaitable[None]]
) -> None:
    async with producing(kafka) as producers, aiohttp.ClientSession() as http:
        outbox = Outbox(producers, kafka.topic, partitions=PARTITIONS)
        now = clock.utc_now()
        say(f"inventing {show.days} days of missions from the figures published for 2024, and sending them")
        for emission in history(end=now, days=show.days, seed=show.seed):
            await _put(outbox, emission)
        await outbox.settle()
        say(f"{outbox.confirmed:,} events sent; the workers are counting")
        await _wait_for_figures(http, url, outbox.confirmed)
        say(f"first figures after {time.monotonic() - started:.0f} s")
        await watch()
        _tell_where(url, cast)
        async with asyncio.TaskGroup() as group:
            group.create_task(_live(show, outbox))
            group.create_task(_news(show, http, url))


async def _watch(setup: Setup, watchers: AsyncExitStack, logs: Path) -> None:
    """Start Prometheus and Alertmanager, where they are installed, until the stack is closed."""
    programs = installed()
    if programs is None:
        say(ADVICE)
        return
    try:
        watch = await watchers.enter_async_context(watching(programs, setup, News(say), logs=logs))
    except (ProcessFailed, TimeoutError, OSError) as fault:  # an old version, perhaps: the rest goes on without them
        say(f"no pages here: {fault}")
        return
    say("Prometheus and Alertmanager of this machine watch too; pages and tickets arrive here, as lines")
    say(f"  Prometheus   {watch.prometheus.url}/alerts")
    say(f"  Alertmanager {watch.alertmanager.url}/")


async def _put(outbox: Outbox, emission: Emission) -> None:
    await outbox.put(emission.key.encode(), emission.value)


async def _live(show: Show, outbox: Outbox) -> None:
    scenario = storm()
    emissions = live(
        start=clock.utc_now(),
        rate_per_minute=show.rate_per_minute,
        scenario=scenario,
        seed=show.seed,
        storm_after=timedelta(seconds=show.storm_after_seconds),
    )
    say(f"live missions from now on, {show.rate_per_minute:g} a minute; a storm comes over {scenario.district} in "
        f"{show.storm_after_seconds:g} s")  # fmt: skip
    async with _flushing(outbox):
        async for emission in paced(emissions, now=clock.utc_now):
            await _put(outbox, emission)


@asynccontextmanager
async def _flushing(outbox: Outbox) -> AsyncIterator[None]:
    """Send what is queued ten times a second: live missions come one by one."""

    async def flush() -> None:
        while True:
            await asyncio.sleep(LIVE_FLUSH_SECONDS)
            await outbox.flush()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(flush())
        yield
        task.cancel()


async def _wait_for_figures(http: aiohttp.ClientSession, url: str, events: int) -> None:
    """Return when the page shows everything that was sent."""
    deadline = time.monotonic() + FIRST_FIGURES_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        if await _counted(http, url) >= events:
            return
    raise TimeoutError(f"the page at {url} did not show the history within {FIRST_FIGURES_SECONDS:g} s")


async def _counted(http: aiohttp.ClientSession, url: str) -> int:
    """Records that the exporter has seen stored, over all partitions."""
    try:
        async with http.get(f"{url}/metrics", timeout=aiohttp.ClientTimeout(5)) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return 0
    return sum(
        round(float(line.rsplit(" ", 1)[1])) for line in text.splitlines() if line.startswith("monitor_next_offset{")
    )


async def _news(show: Show, http: aiohttp.ClientSession, url: str) -> None:
    """Say now and then what the storm's district looks like."""
    scenario = storm()
    begun = time.monotonic()
    announced = False
    while True:
        await asyncio.sleep(NEWS_SECONDS)
        if not announced and time.monotonic() - begun >= show.storm_after_seconds:
            announced = True
            say(f"the storm is over {scenario.district}: watch its 24 h figures")
        say(await _headline(http, url, scenario.district or "national"))


async def _headline(http: aiohttp.ClientSession, url: str, district: str) -> str:
    try:
        async with http.get(f"{url}/api/v1/compliance", timeout=aiohttp.ClientTimeout(5)) as answer:
            body = await answer.json()
    except (aiohttp.ClientError, TimeoutError):
        return "the page does not answer at the moment"
    parts = []
    for series in body["series"]:
        if series["district"] != district:
            continue
        for window in series["windows"]:
            if window["window"] == "24h":
                requirement = next(one for one in window["judgements"] if one["percentile"] == 80)
                minutes = requirement["seconds"]
                shown = "-" if minutes is None else f"{minutes / 60:.1f} min"
                parts.append(f"{series['settlement']} P80 {shown} of {window['measured']} ({requirement['state']})")
    return f"{district}, last 24 h: " + "; ".join(parts)


def _tell_where(url: str, cast: Cast) -> None:
    workers = {name: child.pid for name, child in cast.children.items() if name.startswith("worker")}
    for line in (
        f"  the page     {url}/",
        f"  metrics      {url}/metrics",
        f"  as JSON      {url}/api/v1/compliance",
        f"  logs         {cast.logs}",
        f"  try          {_kill_hint(workers.values())}",
        "  Ctrl-C ends everything",
    ):
        say(line)


def _kill_hint(pids: Iterable[int]) -> str:
    return "kill -9 " + " or ".join(str(pid) for pid in pids) + "  (a worker; another takes over, nothing is lost)"


def say(text: str) -> None:
    """One line to the person watching."""
    click.echo(f"[{time.strftime('%H:%M:%S')}] {text}")
    sys.stdout.flush()
