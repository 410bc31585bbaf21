"""What a worker may do at the brokers, found out by asking for it, before it matters.

A right that is missing shows late otherwise: that of the dead-letter topic with the first event that is refused, when
a partition stands still. Nothing is written, read or joined by asking: each request is one that a broker refuses to
anybody, for another reason. Refuses to know how rights are granted elsewhere than in Kafka.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.produce import ProduceRequest

from monitor.contact import BrokerRefuses, connected, require_contact
from monitor.kafka import START_SECONDS, security
from monitor.log import hushed
from monitor.settings import KafkaSettings

_ALL_REPLICAS: Final = -1
_WAIT_MS: Final = 1_000
_NOBODY: Final = "nobody"
_DENIED: Final = (TopicAuthorizationFailedError.errno, GroupAuthorizationFailedError.errno)


class Right(NamedTuple):
    """An operation of Kafka's on a topic or a group; `key` is the setting that names it."""

    key: str
    operation: str
    resource: str
    name: str


class RightsMissing(BrokerRefuses):
    """The client may not do all that it has to; the message names every right, and how to grant it."""

    def __init__(self, kafka: KafkaSettings, rights: Sequence[Right]) -> None:
        user = kafka.sasl_username if kafka.security_protocol.startswith("SASL") else None
        named = ", ".join(f"{one.operation} on {one.resource} {one.name!r} ({one.key})" for one in rights)
        commands = "; ".join(
            f"kafka-acls.sh --bootstrap-server {kafka.bootstrap} --add --allow-principal User:{user or '…'} "
            f"--operation {one.operation} --{one.resource} {one.name}"
            for one in rights
        )
        whom = "this client" if user is None else f"user {user!r}"
        super().__init__(kafka.bootstrap, f"does not give {whom} the right {named}", f"Grant it: {commands}.")
        self.rights = rights


def of_worker(kafka: KafkaSettings) -> Sequence[Right]:
    """All that a worker needs."""
    return (
        Right("kafka.topic", "Read", "topic", kafka.topic),
        Right("kafka.group", "Read", "group", kafka.group),
        Right("kafka.dead_letter_topic", "Write", "topic", kafka.dead_letter_topic),
    )


async def require_rights(kafka: KafkaSettings, wanted: Sequence[Right]) -> None:
    """Return when all are there, or cannot be told. Raises RightsMissing, BrokerUnreachable."""
    arguments = security(kafka)
    host, port = await require_contact(kafka.bootstrap, arguments, timeout_seconds=START_SECONDS)
    missing = []
    with hushed("aiokafka"):
        for right in wanted:
            # A connection for each: a broker may hang up at a request that it does not like.
            try:
                async with connected(host, port, arguments, START_SECONDS) as connection:
                    answer = await connection.send(_request(right))
            except (KafkaError, OSError, EOFError):
                continue  # it does not tell; the work itself will
            if _is_denied(right, answer):
                missing.append(right)
    if missing:
        raise RightsMissing(kafka, missing)


def _request(right: Right) -> Any:
    """A request that needs the right, and comes to nothing with it."""
    match right.operation, right.resource:
        case "Read", "topic":
            return FetchRequest(0, 0, 1, 0, [(right.name, [(0, 0, 1)])])  # one byte at most
        case "Write", "topic":
            return ProduceRequest(None, _ALL_REPLICAS, _WAIT_MS, [(right.name, [(0, b"")])])  # a batch of nothing
        case "Read", "group":
            return HeartbeatRequest(right.name, -1, _NOBODY)  # of a member that there is not
        case _:
            raise ValueError(f"there is no question for {right}")


def _is_denied(right: Right, answer: Any) -> bool:
    """Whether an answer says that the right is missing."""
    if right.resource == "group":
        return answer.error_code in _DENIED
    return any(partition[1] in _DENIED for _, partitions in answer.topics for partition in partitions)
