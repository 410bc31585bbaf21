"""Which topics a feed reads and writes, and whether that can be right: nothing may come back to where it was."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from monitor.core.fault import Fault
from monitor.feeds.declared import Feed, Source
from monitor.kafka.sources import DEAD_LETTERS
from monitor.settings import ConfigurationError, Settings

OWN_GROUP: Final = "-feed"
"""Behind the workers' group, unless `feed.group` names one."""


def group_of(settings: Settings) -> str:
    """The consumer group that all processes of a feed share."""
    return settings.feed.group or settings.kafka.group + OWN_GROUP


def sources_by_topic(feed: Feed, settings: Settings, where: str) -> Mapping[str, Sequence[Source]]:
    """The sources of each topic that a feed reads. Raises ConfigurationError with every fault of them at once.

    `where`: the feed file.
    """
    found: dict[str, list[Source]] = {}
    for source in feed.sources:
        if source.topic is not None:
            found.setdefault(source.topic, []).append(source)
    faults = [Fault("error", where, message) for message in _faults(list(found), settings)]
    if faults:
        raise ConfigurationError(faults)
    return found


def _faults(topics: Sequence[str], settings: Settings) -> Iterator[str]:
    kafka = settings.kafka
    if not topics:
        yield 'no source names a topic: say topic = "…" in its table, or convert its files with `monitor convert`'
    taken = {_alike(kafka.topic): "the topic of mission events (kafka.topic)"}
    taken[_alike(kafka.dead_letter_topic)] = "that of its dead letters (kafka.dead_letter_topic)"
    for topic in topics:
        if (other := taken.get(_alike(topic))) is not None:
            yield f"topic {topic} is {other}: what comes of a record would be read as one, without end; name another"
        if (other := taken.get(_alike(topic + DEAD_LETTERS))) is not None:
            yield f"the dead letters of topic {topic} go to {topic}{DEAD_LETTERS}, which is {other}: name another"
    letters = {_alike(topic + DEAD_LETTERS): topic for topic in topics}
    for topic in topics:
        if (other := letters.get(_alike(topic))) is not None:
            yield f"topic {topic} holds the dead letters of topic {other}: they would come back without end"
    if group_of(settings) == kafka.group:
        yield f"feed.group is that of the workers ({kafka.group}): neither would get its partitions; name another"


def _alike(topic: str) -> str:
    """Kafka does not tell `.` and `_` apart."""
    return topic.replace(".", "_")
