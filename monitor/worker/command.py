"""`monitor worker`: start, check that everything is there, work until told to stop."""

import asyncio
import time
from pathlib import Path

import click

from monitor import clock
from monitor.http.server import AddressUnavailable
from monitor.kafka.clients import producing, require_topic
from monitor.kafka.rights import require_rights
from monitor.listening.option import served_behind, web_config_option
from monitor.settings import Configuration
from monitor.wiring import partition_policy, redis_store
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.ending import Ending
from monitor.worker.exposing import exposing
from monitor.worker.failpoints import stepped
from monitor.worker.failure import WorkerFailed
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper
from monitor.worker.life import SignsOfLife
from monitor.worker.outage import outages_told
from monitor.worker.readiness import Readiness
from monitor.worker.refusal import flood_by
from monitor.worker.rejects import COMPRESSION, KafkaDeadLetters
from monitor.worker.shell import Shell


@click.command("worker")
@web_config_option("worker")
@click.pass_obj
def worker(configuration: Configuration, web_config_file: Path | None) -> None:
    """Read mission events from Kafka and keep the ledger in Redis.

    Start as many as there are partitions at most: they share the topic by consumer group. SIGTERM stores what is
    left, leaves the group and exits 0; a second one ends at once. SIGUSR1 logs where every task stands.
    """
    try:
        asyncio.run(work(served_behind(configuration, "worker", web_config_file), Ending()))
    except (WorkerFailed, AddressUnavailable) as fault:
        raise click.ClickException(str(fault)) from fault


async def work(configuration: Configuration, ending: Ending) -> None:
    """Run a worker until SIGTERM or SIGINT. From the first sign of an end, `ending` bounds how long it takes.

    Raises BrokerUnreachable, TopicMissing, StoreUnavailable, AddressUnavailable or WorkerFailed, each saying what
    to do.
    """
    from monitor.worker.app import WorkerApp  # noqa: PLC0415 - Faust takes a second to import: only where it runs

    settings = configuration.settings
    shell = Shell(settings.worker, ending)
    await require_topic(settings.kafka, settings.kafka.topic)
    await require_topic(settings.kafka, settings.kafka.dead_letter_topic)
    await require_rights(settings.kafka, "worker")
    store = redis_store(configuration)
    instruments = Instruments(configuration.service.slug)
    readiness = Readiness()
    try:
        with shell.bounded():
            await store.ping()
            async with (
                producing(settings.kafka, compression=COMPRESSION) as producers,
                outages_told(),
                exposing(settings.worker, instruments, readiness),
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
                    flood=flood_by(settings.worker),
                )
                life = SignsOfLife(store, keeper.kept.keys, lambda: keeper.slowed)
                app = WorkerApp(settings.kafka, keeper, instruments, life=life, **shell.terms)
                readiness.follow(app.lacking)
                await shell.run(app)
    finally:
        await store.close()
