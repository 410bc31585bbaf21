"""Topics on a Kafka broker: is it there, how many partitions, create what is missing.

Decides what a missing or unreachable broker means to the user. Never changes a topic that exists: another
partition count would send a mission's records to another partition than its earlier ones.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest

from monitor.kafka.contact import BrokerRefuses, BrokerUnreachable, Security, require_contact

log = logging.getLogger(__name__)

NO_ERROR = 0
_FORBIDDEN = (TopicAuthorizationFailedError.errno, ClusterAuthorizationFailedError.errno)
NO_LEADER = -1

_PLAIN: Security = {}


class TopicForbidden(BrokerRefuses):
    """The user has not the right to do `operation` (Describe, Read, Write, Create) with the topic."""

    def __init__(self, topic: str, bootstrap: str, operation: str, security: Security) -> None:
        user = security.get("sasl_plain_username")
        super().__init__(
            bootstrap,
            f"does not give {'this client' if user is None else f'user {user!r}'} the right {operation} on topic "
            f"{topic!r}",
            f"Grant it: kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal User:{user or '…'} "
            f"--operation {operation} --topic {topic}. (A topic that is not there is refused in the same way.)",
        )
        self.topic = topic


class TopicRefused(RuntimeError):  # noqa: N818 - named for what happened
    """The broker does not create the topic as asked."""

    def __init__(self, topic: str, bootstrap: str, reason: str) -> None:
        super().__init__(
            f"The broker at {bootstrap} refuses to create topic {topic!r}: {reason.rstrip('.')}. "
            "Create it by hand, or ask for partitions and replicas that the cluster allows."
        )
        self.topic = topic


async def describe_topic(
    bootstrap: str, name: str, *, timeout_seconds: float = 10.0, security: Security = _PLAIN
) -> int | None:
    """How many partitions the topic has; None when there is no such topic. Never creates it.

    Raises BrokerUnreachable, which a TopicForbidden is, too.
    """
    async with connected_admin(bootstrap, timeout_seconds, security) as admin:
        count = (await _partitions(admin)).get(name)
        if count is None and await _is_hidden(admin, name):
            raise TopicForbidden(name, bootstrap, "Describe", security)
        return count


async def ensure_topics(
    bootstrap: str,
    partitions: Mapping[str, int],
    *,
    replication: int = 1,
    config: Mapping[str, str] | None = None,
    timeout_seconds: float = 30.0,
    security: Security = _PLAIN,
) -> dict[str, int]:
    """Create the topics that are missing and wait until each has its leaders.

    Returns the partition counts that are in force: those of a topic that existed before are its own.
    """
    async with connected_admin(bootstrap, timeout_seconds, security) as admin:
        existing = await _partitions(admin)
        missing = {name: count for name, count in partitions.items() if name not in existing}
        if missing:
            await _create(
                admin, bootstrap,
                missing=missing, replication=replication, config=dict(config or {}), security=security,
            )  # fmt: skip
            while not missing.keys() <= (existing := await _partitions(admin)).keys():
                for name in missing.keys() - existing.keys():
                    if await _is_hidden(admin, name):
                        raise TopicForbidden(name, bootstrap, "Describe", security)
                await asyncio.sleep(0.05)  # no broker announces that a topic is ready
    for name, wanted in partitions.items():
        if existing[name] != wanted:
            log.warning("topic %s has %d partitions, not %d: left as it is", name, existing[name], wanted)
    return {name: existing[name] for name in partitions}


async def _create(
    admin: AIOKafkaAdminClient,
    bootstrap: str,
    *,
    missing: Mapping[str, int],
    replication: int,
    config: dict[str, str],
    security: Security,
) -> None:
    response = await admin.create_topics(
        [NewTopic(name, count, replication, topic_configs=config) for name, count in missing.items()]
    )
    for name, code, message in response.topic_errors:
        if code in _FORBIDDEN:
            raise TopicForbidden(name, bootstrap, "Create", security)
        if code not in (NO_ERROR, TopicAlreadyExistsError.errno):  # another process may have been quicker
            raise TopicRefused(name, bootstrap, message or for_code(code).description)


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """Partition counts of all topics whose partitions have leaders.

    Asks for all topics: naming one would make some brokers (Tansu; Kafka with its defaults) create it.
    """
    topics: list[dict[str, Any]] = await admin.describe_topics()
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in topics
        if topic["partitions"] and all(partition["leader"] != NO_LEADER for partition in topic["partitions"])
    }


async def _is_hidden(admin: AIOKafkaAdminClient, name: str) -> bool:
    """Whether a topic that is not in the list of all is one that this user may not see."""
    # By hand: the client's own call would let the broker create the topic.
    answer = await admin._send_request(MetadataRequest([name], allow_auto_topic_creation=False))  # noqa: SLF001
    return any(topic["error_code"] in _FORBIDDEN for topic in answer.to_object()["topics"])


@asynccontextmanager
async def connected_admin(
    bootstrap: str, timeout_seconds: float, security: Security
) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client; whatever keeps it from an answer becomes BrokerUnreachable."""
    try:
        async with asyncio.timeout(timeout_seconds):
            await require_contact(bootstrap, security, timeout_seconds=timeout_seconds)
            admin = AIOKafkaAdminClient(
                bootstrap_servers=bootstrap.split(","), request_timeout_ms=int(timeout_seconds * 1000), **security
            )
            try:
                await admin.start()
                yield admin
            finally:
                await admin.close()
    except TimeoutError:
        raise BrokerUnreachable(bootstrap, f"no answer within {timeout_seconds:g} s") from None
    except KafkaError as error:
        raise BrokerUnreachable(bootstrap, str(error)) from error
