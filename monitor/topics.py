"""Topics on a Kafka broker: is it there, how many partitions, create what is missing.

Decides what a missing or unreachable broker means to the user. Never changes a topic that exists: another
partition count would send a mission's records to another partition than its earlier ones.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

log = logging.getLogger(__name__)

DEFAULT_PORT = 9092
LARGEST_PORT = 65535
NO_ERROR = 0
NO_LEADER = -1

Security = Mapping[str, Any]
"""aiokafka's arguments for SSL and SASL (monitor.kafka.security); empty for a plain connection."""
_PLAIN: Security = {}


class BrokerUnreachable(ConnectionError):  # noqa: N818 - named for what happened
    """No Kafka broker answers at the bootstrap address."""

    def __init__(self, bootstrap: str, reason: str) -> None:
        super().__init__(
            f"No Kafka broker answers at {bootstrap}: {reason}. "
            "Start the broker, or set the bootstrap address to one that is reachable from here."
        )
        self.bootstrap = bootstrap
        self.reason = reason


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
    """How many partitions the topic has; None when there is no such topic. Never creates it."""
    async with connected_admin(bootstrap, timeout_seconds, security) as admin:
        return (await _partitions(admin)).get(name)


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
            await _create(admin, bootstrap, missing, replication, dict(config or {}))
            while not missing.keys() <= (existing := await _partitions(admin)).keys():  # noqa: ASYNC110 - polls a broker
                await asyncio.sleep(0.05)  # no broker announces that a topic is ready
    for name, wanted in partitions.items():
        if existing[name] != wanted:
            log.warning("topic %s has %d partitions, not %d: left as it is", name, existing[name], wanted)
    return {name: existing[name] for name in partitions}


async def _create(
    admin: AIOKafkaAdminClient,
    bootstrap: str,
    missing: Mapping[str, int],
    replication: int,
    config: dict[str, str],
) -> None:
    response = await admin.create_topics(
        [NewTopic(name, count, replication, topic_configs=config) for name, count in missing.items()]
    )
    for name, code, message in response.topic_errors:
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


@asynccontextmanager
async def connected_admin(
    bootstrap: str, timeout_seconds: float, security: Security
) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client; whatever keeps it from an answer becomes BrokerUnreachable."""
    try:
        async with asyncio.timeout(timeout_seconds):
            await _require_listener(bootstrap)
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


async def _require_listener(bootstrap: str) -> None:
    """Fail in plain words when nothing listens: the client would log several errors of its own first."""
    reasons = []
    for address in bootstrap.split(","):
        host, port = _host_and_port(bootstrap, address)
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            reasons.append(_reason(error))
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise BrokerUnreachable(bootstrap, "; ".join(dict.fromkeys(reasons)))


def _host_and_port(bootstrap: str, address: str) -> tuple[str, int]:
    host, colon, port = address.strip().rpartition(":")
    if not colon:
        return address.strip(), DEFAULT_PORT
    if not host or not port.isdecimal() or int(port) > LARGEST_PORT:
        raise BrokerUnreachable(bootstrap, f"{address.strip()!r} is not of the form host:port")
    return host.strip("[]"), int(port)


def _reason(error: OSError) -> str:
    if error.errno is not None and error.errno > 0:  # asyncio hides the system's words; below 0: from getaddrinfo
        return os.strerror(error.errno)
    return error.strerror or str(error)
