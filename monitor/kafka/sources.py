"""The topics of a source that a feed reads, in the place of the mission events: what serves one serves the other."""

from typing import Final

from monitor.settings import KafkaSettings

DEAD_LETTERS: Final = ".dead-letter"
"""Behind the name of a source's topic: where its records go that cannot be mapped."""


def as_source(kafka: KafkaSettings, topic: str, *, group: str | None = None) -> KafkaSettings:
    """The same Kafka with the topic, its dead letters and the group of those who read it."""
    return kafka.model_copy(
        update={"topic": topic, "dead_letter_topic": topic + DEAD_LETTERS, "group": group or kafka.group}
    )
