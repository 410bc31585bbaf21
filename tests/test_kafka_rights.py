"""What brokers tell of rights, and what is made of those that tell only some of it, or nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion

from monitor.kafka import rights as kafka_rights
from monitor.kafka.rights import TopicRightsRequest, missing_rights
from monitor.settings import KafkaSettings

READ, WRITE = 1 << 3, 1 << 4


class Broker:
    """Answers what it knows; as aiokafka does where a request is of no version that the broker has."""

    def __init__(self, topics: dict[str, int] | None, unknown: Exception) -> None:
        self._topics = topics
        self._unknown = unknown

    async def _send_request(self, request: object, _node: int | None = None) -> Any:
        if isinstance(request, TopicRightsRequest) and self._topics is not None:
            return SimpleNamespace(topics=[(0, name, False, [], bits) for name, bits in self._topics.items()])
        raise self._unknown

    async def find_coordinator(self, _group: str) -> int:
        return 0


@pytest.mark.parametrize("unknown", [NotImplementedError("v2"), IncompatibleBrokerVersion("no version is known")])
async def test_a_broker_that_cannot_be_asked_keeps_nobody_from_working(
    unknown: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells nothing, so nothing is known to be missing; what it does tell still counts."""
    kafka = KafkaSettings()
    told: dict[str, int] | None = None

    @asynccontextmanager
    async def connected(*_: object) -> AsyncIterator[Broker]:
        yield Broker(told, unknown)

    monkeypatch.setattr(kafka_rights, "connected_admin", connected)
    assert await missing_rights(kafka, ["worker"]) == []
    told = {kafka.topic: WRITE, kafka.dead_letter_topic: READ | WRITE}
    assert [(right.resource, right.operation) for right in await missing_rights(kafka, ["worker"])] == [
        ("kafka.topic", "READ")
    ]
