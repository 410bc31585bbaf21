"""The demonstration: starts real servers and processes, feeds them, and tells what is to be seen.

Decides what happens when; the servers come from `servers`, the missions from the simulator, and everything between
is the same worker and exporter as in production, run as processes of their own. Nothing outlives `play`. Refuses to
know what the service declares.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp

from monitor import clock
from monitor.alerts.setup import Setup
from monitor.demo.cast import Cast, environment, roles, worker_addresses
from monitor.demo.missions import send_all, send_live
from monitor.demo.past import seen, tell_past
from monitor.demo.processes import LOOPBACK, ProcessFailed, free_port, port_is_free
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.demo.telling import announcement, figures_of, say, tell_news, tell_where
from monitor.demo.watchers import ADVICE, News, Programs, Watch, hurried, installed, watching
from monitor.kafka.clients import producing
from monitor.kafka.sending import Outbox
from monitor.kafka.topics import ensure_topics
from monitor.settings import Configuration, KafkaSettings
from monitor.simulator import history, live, storm, world_of

PARTITIONS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What to play."""

    configuration: Configuration
    duration_seconds: float | None
    port: int
    days: int
    rate_per_minute: float
    storm_after_seconds: float
    workers: int
    seed: int


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
            port = show.port if show.port and port_is_free(show.port) else free_port()
            alertmanager_port = free_port() if installed() else 0
            parts = roles(workers=show.workers, port=port, alertmanager_port=alertmanager_port)
            cast = Cast(parts, environment(show.configuration, kafka, redis.url), Path(logs))
            url = f"http://{LOOPBACK}:{port}"
            try:
                cast.start()
                async with AsyncExitStack() as watchers, asyncio.TaskGroup() as group:
                    group.create_task(cast.watch())
                    setup = hurried(url, worker_addresses(parts), rate_per_minute=show.rate_per_minute)

                    async def watch() -> None:
                        stack = await _watch(setup, watchers, cast.logs, alertmanager_port)
                        if stack is not None:
                            group.create_task(_remember(*stack, cast, started=started))

                    group.create_task(_feed(show, kafka, url, cast, started=started, watch=watch))
            except BaseExceptionGroup as faults:
                raise faults.exceptions[0] from None
            finally:
                await cast.stop()


async def _feed(
    show: Show, kafka: KafkaSettings, url: str, cast: Cast, *, started: float, watch: Callable[[], Awaitable[None]]
) -> None:
    service, world = show.configuration.service, world_of(show.configuration)
    async with producing(kafka) as producers, aiohttp.ClientSession() as http:
        outbox = Outbox(producers, kafka.topic, partitions=PARTITIONS)
        name = service.names.get("en", service.slug)
        say(f"inventing {show.days} days of missions of the service {name}, and sending them")
        await send_all(history(end=clock.utc_now(), days=show.days, seed=show.seed, world=world), outbox)
        say(f"{outbox.confirmed:,} events sent; the workers are counting")
        await figures_of(http, url, outbox.confirmed)
        say(f"first figures after {time.monotonic() - started:.0f} s")
        await watch()
        tell_where(url, cast.logs, (child.pid for name, child in cast.children.items() if name != "exporter"))
        start = clock.utc_now()
        scenario = storm(area := world.stormy(start))
        emissions = live(
            start=start,
            rate_per_minute=show.rate_per_minute,
            scenario=scenario,
            seed=show.seed,
            storm_after=timedelta(seconds=show.storm_after_seconds),
            world=world,
        )
        lasting = show.duration_seconds
        left = None if lasting is None else started + lasting - time.monotonic()
        say(announcement(show.rate_per_minute, area, storm_after_seconds=show.storm_after_seconds, left_seconds=left))
        async with asyncio.TaskGroup() as group:
            group.create_task(send_live(emissions, outbox))
            group.create_task(tell_news(http, url, area=area, storm_after_seconds=show.storm_after_seconds))


async def _watch(
    setup: Setup, watchers: AsyncExitStack, logs: Path, alertmanager_port: int
) -> tuple[Programs, Watch] | None:
    """Start Prometheus and Alertmanager, where they are installed, until the stack is closed."""
    programs = installed()
    if programs is None:
        say(ADVICE)
        return None
    try:
        watch = await watchers.enter_async_context(
            watching(programs, setup, News(say), logs=logs, alertmanager_port=alertmanager_port)
        )
    except (ProcessFailed, TimeoutError, OSError) as fault:  # an old version, perhaps: the rest goes on without them
        say(f"no pages here: {fault}")
        return None
    say("Prometheus and Alertmanager of this machine watch too; pages and tickets arrive here, as lines")
    say(f"  Prometheus   {watch.prometheus.url}/alerts")
    say(f"  Alertmanager {watch.alertmanager.url}/")
    return programs, watch


async def _remember(programs: Programs, watch: Watch, cast: Cast, *, started: float) -> None:
    """Tell Prometheus of the past, beside everything else; without it, charts begin now."""
    if programs.promtool is None:
        say("not installed: promtool, so Prometheus knows nothing of the past")
        return
    try:
        await tell_past(programs.promtool, watch.prometheus.data, cast.environment, logs=cast.logs)
        async with aiohttp.ClientSession() as http:
            await seen(http, watch.prometheus.url)
    except (ProcessFailed, TimeoutError, OSError, aiohttp.ClientError) as fault:
        say(f"Prometheus knows nothing of the past: {fault}")
        return
    say(f"Prometheus knows the past as well, after {time.monotonic() - started:.0f} s: its charts are full")
