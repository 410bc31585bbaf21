"""`monitor topics`: create what workers need at the broker, and say what is there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from monitor.kafka.clients import security
from monitor.kafka.sources import DEAD_LETTERS
from monitor.kafka.topics import ensure_topics
from monitor.log import hushed
from monitor.settings import Configuration

DEAD_LETTER_PARTITIONS: Final = 1
"""Few records, read by people in their order."""


@click.command("topics", epilog="Exit codes: 0 all there, 1 broker refused or unreachable, 2 usage or configuration.")
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    help="Partitions of a new topic of mission events: at most so many workers share it. [default: kafka.partitions]",
)
@click.option(
    "--replication", type=click.IntRange(1, 9), default=1, show_default=True, help="Copies of each partition."
)
@click.option(
    "--feed",
    "feed_file",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Also those of the dead letters of this feed file's topics, for `monitor feed`.",
)
@click.pass_obj
def topics(configuration: Configuration, *, partitions: int | None, replication: int, feed_file: Path | None) -> None:
    """Create the topic of mission events and the one of dead letters where they are missing.

    A topic that exists is left as it is: with another number of partitions, a mission's later records would go to
    another partition than its earlier ones. Safe to run at every start.

    \b
    monitor topics
    monitor topics --partitions 12 --replication 3
    """  # noqa: D301 - click reads the character
    kafka = configuration.settings.kafka
    wanted = {kafka.topic: partitions or kafka.partitions, kafka.dead_letter_topic: DEAD_LETTER_PARTITIONS}
    if feed_file is not None:
        wanted |= dict.fromkeys(_letters_of(feed_file, configuration), DEAD_LETTER_PARTITIONS)
    with hushed("aiokafka"):
        there = asyncio.run(ensure_topics(kafka.bootstrap, wanted, replication=replication, security=security(kafka)))
    for name, count in there.items():
        click.echo(f"{name}: {count} {'partition' if count == 1 else 'partitions'}")


def _letters_of(path: Path, configuration: Configuration) -> Iterator[str]:
    from monitor.feeding.topics import sources_by_topic  # noqa: PLC0415 - few have a feed
    from monitor.feeds.declared import load_feed  # noqa: PLC0415

    feed = load_feed(path, configuration.service, configuration.grid.zone)
    yield from (topic + DEAD_LETTERS for topic in sources_by_topic(feed, configuration.settings, str(path)))
