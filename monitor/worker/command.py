"""`monitor worker`: start, check that everything is there, work until told to stop."""

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from functools import partial
from typing import Final

import click

from monitor import clock
from monitor.http.server import AddressUnavailable
from monitor.kafka.clients import producing, require_topic
from monitor.kafka.rights import require_rights
from monitor.settings import Configuration
from monitor.wiring import partition_policy, redis_store
from monitor.worker.beat import Beat
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.ending import CLEAN_UP_SECONDS, Ending
from monitor.worker.exposing import exposing
from monitor.worker.failpoints import stepped
from monitor.worker.failure import WorkerFailed
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper
from monitor.worker.life import SignsOfLife
from monitor.worker.outage import outages_told
from monitor.worker.refusal import InvalidFlood
from monitor.worker.rejects import KafkaDeadLetters

log = logging.getLogger(__name__)

COMPRESSION: Final = "zstd"
"""Of dead letters: they repeat each other, and whoever sends bad records must not fill the disk of the brokers."""
SWITCH_SECONDS: Final = 0.001
CLOSING_SECONDS: Final = 0.5
"""Time for clients to close once everything is stored."""


@click.command("worker")
@click.pass_obj
def worker(configuration: Configuration) -> None:
    """Read mission events from Kafka and keep the ledger in Redis.

    Start as many as there are partitions at most: they share the topic by consumer group. SIGTERM stores what is
    left, leaves the group and exits 0; a second one ends at once. SIGUSR1 logs where every task stands.
    """
    try:
        asyncio.run(work(configuration, Ending()))
    except (WorkerFailed, AddressUnavailable) as fault:
        raise click.ClickException(str(fault)) from fault


async def work(configuration: Configuration, ending: Ending) -> None:
    """Run a worker until SIGTERM or SIGINT. From the first sign of an end, `ending` bounds how long it takes.

    Raises BrokerUnreachable, TopicMissing, StoreUnavailable, AddressUnavailable or WorkerFailed, each saying what
    to do.
    """
    from monitor.worker.app import WorkerApp  # noqa: PLC0415 - Faust takes a second to import: only where it runs

    settings = configuration.settings
    bound_seconds = settings.worker.stop_seconds + CLEAN_UP_SECONDS
    stop = stopping(ending, bound_seconds)
    await require_topic(settings.kafka, settings.kafka.topic)
    await require_topic(settings.kafka, settings.kafka.dead_letter_topic)
    await require_rights(settings.kafka, "worker")
    store = redis_store(configuration)
    instruments = Instruments(configuration.service.slug)
    try:
        await store.ping()
        async with (
            producing(settings.kafka, compression=COMPRESSION) as producers,
            outages_told(),
            exposing(settings.worker, instruments),
        ):
            keeper = Keeper(
                partition_policy(configuration),
                store,
                KafkaDeadLetters(
                    producers.plain, topic=settings.kafka.dead_letter_topic, source=settings.kafka.topic
                ),
                checkpoints=CheckpointPolicy(
                    seconds=settings.worker.checkpoint_seconds, missions=settings.worker.checkpoint_missions
                ),
                instruments=instruments,
                now=stepped(clock.now),
                monotonic=time.monotonic,
                flood=InvalidFlood(
                    most=settings.worker.max_invalid_ratio,
                    window=settings.worker.invalid_window,
                    per_second=settings.worker.invalid_per_second,
                    stop=settings.worker.on_invalid_flood == "stop",
                ),
            )
            calm_collector()
            take_turns(cores=cores())
            beat = Beat(settings.worker.watchdog_seconds)
            app = WorkerApp(
                settings.kafka,
                keeper,
                instruments,
                stop_seconds=settings.worker.stop_seconds,
                watchdog_seconds=settings.worker.watchdog_seconds,
                beat=beat.beat,
                life=SignsOfLife(store),
                ending=partial(
                    ending.within, bound_seconds, code=1, because="a worker that failed did not come to its end"
                ),
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, app.tell_stacks)
            try:
                with beat:
                    await app.run(stop)
            finally:
                # What is to be stored is stored, or given up: a broker that is away must not keep the process.
                log.info("worker stopped")
                code = 0 if sys.exc_info()[0] is None else 1
                ending.within(0.0 if app.stuck else CLOSING_SECONDS, code=code)
    except BaseException:
        ending.within(bound_seconds, code=1, because="a worker that failed did not come to its end")
        raise
    finally:
        await store.close()


def stopping(ending: Ending, bound_seconds: float) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a signal while the worker is ending already ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if ending.begun:
            log.warning("signal while stopping: ending without storing")
            ending.within(0.0, code=1)
        ending.within(bound_seconds, code=1, because="a worker that was told to stop did not come to its end")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    return stop


def calm_collector() -> None:
    """Keep Python's cyclic garbage collector from walking the ledger again and again.

    Entries hold no cycles and are not tracked; what is loaded now stays. Measured: it halves the ingest otherwise.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def cores() -> int:
    """How many this process may use; where the system does not say, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def take_turns(*, cores: int) -> None:
    """Let the consumer's thread and the loop hand the interpreter to each other more often, where cores are to share.

    The thread gives it back with every read from the network, and by default waits 5 ms to have it again while the
    loop counts: with several cores, the next fetch is then not there in time. Measured, in records a second: a tenth
    to a quarter more with two cores, and an eighth less with one, where there is nothing to wait for.
    """
    if cores > 1:
        sys.setswitchinterval(SWITCH_SECONDS)
