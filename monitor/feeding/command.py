"""`monitor feed`: start, check that everything is there, carry records until told to stop."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from monitor.core.plain_text import one_line
from monitor.core.service import Service
from monitor.feeding.belt import Belt
from monitor.feeding.carrying import Carrier, Reading
from monitor.feeding.delivery import Delivery
from monitor.feeding.instruments import FeedInstruments
from monitor.feeding.topics import group_of, sources_by_topic
from monitor.feeds.declared import FILE, Feed, Source, load_feed
from monitor.feeds.formats import decoder
from monitor.feeds.mapping import Mapper
from monitor.http.server import AddressUnavailable
from monitor.kafka.clients import opened_producers, require_topic
from monitor.kafka.rights import RightsMissing, missing_rights
from monitor.kafka.sources import as_source
from monitor.listening.option import served_behind, web_config_option
from monitor.settings import Configuration, KafkaSettings
from monitor.worker.ending import Ending
from monitor.worker.exposing import exposing
from monitor.worker.failure import WorkerFailed
from monitor.worker.outage import outages_told
from monitor.worker.readiness import Readiness
from monitor.worker.refusal import flood_by
from monitor.worker.rejects import COMPRESSION
from monitor.worker.shell import Shell


@click.command("feed", epilog="Exit codes: 0 stopped in order, 1 it failed, 2 usage or configuration.")
@click.option(
    "--feed",
    "named",
    type=click.Path(path_type=Path),
    metavar="F",
    help="The feed file: which topics hold the source's records, and how they become events.  "
    "[default: feed.toml beside the service's service.toml]",
)
@web_config_option("feed")
@click.pass_obj
def feed(configuration: Configuration, *, named: Path | None, web_config_file: Path | None) -> None:
    """Read a source's records from Kafka and send what they tell as mission events.

    Start as many as the source's topics have partitions at most: they share them by consumer group. What cannot be
    mapped goes to the dead letters of its topic, with the reason. SIGTERM lets what is under way arrive, commits and
    exits 0; a second one ends at once. SIGUSR1 logs where every task stands.

    \b
    monitor feed --feed config/services/my-service/feed.toml
    """  # noqa: D301 - click reads the character
    configuration = served_behind(configuration, "feed", web_config_file)
    path = named or configuration.folder / FILE
    declared = load_feed(path, configuration.service, configuration.grid.zone)
    for fault in declared.warnings:
        click.echo(one_line(f"{fault.severity}: {fault.where}: {fault.message}"), err=True)
    sources = sources_by_topic(declared, configuration.settings, str(path))
    try:
        carriers = {
            topic: Carrier([_reading(source, declared, configuration.service) for source in of])
            for topic, of in sources.items()
        }
        asyncio.run(carry(configuration, carriers, Ending()))
    except ImportError as fault:
        raise click.ClickException(
            f"this feed needs the package {fault.name!r}, which is not installed: install the monitor with its extra "
            "`feeds`"
        ) from fault
    except (WorkerFailed, AddressUnavailable) as fault:
        raise click.ClickException(str(fault)) from fault


def _reading(source: Source, declared: Feed, service: Service) -> Reading:
    rules = Mapper(source, service, declared.places)
    return Reading(decoder(source.format), rules, ordered=source.order is not None)


async def carry(configuration: Configuration, carriers: Mapping[str, Carrier], ending: Ending) -> None:
    """Run a feed until SIGTERM or SIGINT; `carriers` by topic of a source. `ending` bounds how long its end takes.

    Raises BrokerUnreachable, TopicMissing, AddressUnavailable or WorkerFailed, each saying what to do.
    """
    from monitor.worker.app import WorkerApp  # noqa: PLC0415 - Faust takes a second to import: only where it runs

    settings = configuration.settings
    shell = Shell(settings.worker, ending)
    group = group_of(settings)
    sources = [as_source(settings.kafka, topic, group=group) for topic in carriers]
    partitions = await _required(settings.kafka, sources)
    instruments = FeedInstruments(configuration.service.slug, carriers)
    readiness = Readiness()
    delivery = Delivery(
        partial(opened_producers, settings.kafka, compression=COMPRESSION),
        target=settings.kafka.topic,
        partitions=partitions,
        dead_letter_topics={one.topic: one.dead_letter_topic for one in sources},
    )
    belt = Belt(
        carriers, delivery, instruments=instruments, monotonic=time.monotonic, flood=flood_by(settings.worker)
    )
    try:
        with shell.bounded():
            async with outages_told(), exposing(settings.feed, instruments, readiness):
                app = WorkerApp(sources[0], belt, instruments, topics=carriers, **shell.terms)
                readiness.follow(lambda: app.lacking() or belt.trouble())
                await shell.run(app)
    finally:
        await delivery.close()


async def _required(kafka: KafkaSettings, sources: Sequence[KafkaSettings]) -> int:
    """How many partitions the topic of mission events has, once all that is needed is found to be there.

    Raises BrokerUnreachable, TopicMissing, RightsMissing.
    """
    missing = await missing_rights(kafka, ["replay"])
    if missing:
        raise RightsMissing(kafka, missing)
    for one in sources:
        if missing := await missing_rights(one, ["worker"]):
            raise RightsMissing(one, missing, by_setting=False)
        await require_topic(one, one.topic, advice="It is the source's: let whoever writes it create it, or use")
        advice = "Let `monitor topics --feed PATH` create it, or use"
        await require_topic(one, one.dead_letter_topic, advice=advice)
    return await require_topic(kafka, kafka.topic)
