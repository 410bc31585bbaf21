"""`monitor worker`: start, check that everything is there, work until told to stop."""

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, NoReturn

import click
from prometheus_client import ProcessCollector, start_http_server

from monitor import clock
from monitor.kafka import producing, require_topic
from monitor.rights import of_worker, require_rights
from monitor.settings import Configuration
from monitor.wiring import partition_policy, redis_store
from monitor.worker.beat import Beat
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.failpoints import stepped
from monitor.worker.failure import WorkerFailed
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper
from monitor.worker.outage import outages_told
from monitor.worker.refusal import InvalidShare
from monitor.worker.rejects import KafkaDeadLetters

log = logging.getLogger(__name__)

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
        asyncio.run(work(configuration))
    except WorkerFailed as fault:
        raise click.ClickException(str(fault)) from fault


async def work(configuration: Configuration) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises BrokerUnreachable, TopicMissing, StoreUnavailable or WorkerFailed, each saying what to do.
    """
    from monitor.worker.app import WorkerApp  # noqa: PLC0415 - Faust takes a second to import: only where it runs

    settings = configuration.settings
    stop = stopping()
    await require_topic(settings.kafka, settings.kafka.topic)
    await require_topic(settings.kafka, settings.kafka.dead_letter_topic)
    await require_rights(settings.kafka, of_worker(settings.kafka))
    store = redis_store(configuration)
    instruments = Instruments()
    closing: asyncio.TimerHandle | None = None
    try:
        await store.ping()
        async with producing(settings.kafka) as producers, outages_told(), exposing(configuration, instruments):
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
                invalid=InvalidShare(most=settings.worker.max_invalid_ratio, window=settings.worker.invalid_window),
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
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, app.tell_stacks)
            try:
                with beat:
                    await app.run(stop)
            finally:
                # What is to be stored is stored, or given up: a broker that is away must not keep the process.
                last = partial(end_at_once, failed=sys.exc_info()[0] is not None)
                closing = asyncio.get_running_loop().call_later(CLOSING_SECONDS, last)
                if app.stuck:
                    last()
    finally:
        await store.close()
        if closing is not None:
            closing.cancel()
    log.info("worker stopped")


@asynccontextmanager
async def exposing(configuration: Configuration, instruments: Instruments) -> AsyncIterator[None]:
    """Serve the worker's own metrics where a port is configured."""
    worker = configuration.settings.worker
    if not worker.metrics_port:
        yield
        return
    ProcessCollector(registry=instruments.registry)  # memory and CPU, under the client library's own names
    server, thread = start_http_server(worker.metrics_port, worker.metrics_host, registry=instruments.registry)
    log.info("metrics at http://%s:%d/metrics", worker.metrics_host, worker.metrics_port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        await asyncio.to_thread(thread.join)


def end_at_once(*, failed: bool) -> NoReturn:
    """End the process without waiting for anybody; what is to be stored must be stored."""
    log.info("worker stopped")
    logging.shutdown()
    os._exit(1 if failed else 0)


def stopping() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            log.warning("second signal: ending without storing")
            os._exit(1)
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
