"""Clients of the configured Kafka: connection arguments, a safe producer, a reader that joins no group.

Decides what a connection needs and what its failures are called. Refuses to know what the records mean.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.log import hushed
from monitor.settings import KafkaSettings
from monitor.topics import BrokerUnreachable, describe_topic

log = logging.getLogger(__name__)

LARGEST_RECORD_BYTES: Final = 16 * 1024 * 1024
"""What a client will carry; what the topic accepts is the topic's decision."""
BATCH_BYTES: Final = 256 * 1024
START_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 10.0


class KafkaMisconfigured(ValueError):  # noqa: N818 - named for what happened
    """The connection settings cannot be used; the message says which and why."""


class TopicMissing(RuntimeError):  # noqa: N818 - named for what happened
    """There is no such topic at the broker."""

    def __init__(self, topic: str, bootstrap: str, *, partitions: int, advice: str = "Create it with") -> None:
        super().__init__(
            f"There is no topic {topic!r} at {bootstrap}. {advice} Kafka's own tool: "
            f"kafka-topics.sh --bootstrap-server {bootstrap} --create --topic {topic} --partitions {partitions}. "
            "If it goes by another name, correct the [kafka] section of the configuration."
        )
        self.topic = topic


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments with which every aiokafka client reaches the brokers. Raises KafkaMisconfigured."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": [address.strip() for address in kafka.bootstrap.split(",")],
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol in ("SSL", "SASL_SSL"):
        arguments["ssl_context"] = _ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        if kafka.sasl_username is None:
            raise KafkaMisconfigured(
                f"kafka.security_protocol is {kafka.security_protocol}, but there is no user: set kafka.sasl_username"
            )
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": _password(kafka),
        }
    return arguments


async def require_topic(kafka: KafkaSettings, topic: str, *, advice: str = "Create it with") -> int:
    """How many partitions the topic has. Raises BrokerUnreachable or TopicMissing; never creates it."""
    with hushed("aiokafka"):
        count = await describe_topic(kafka.bootstrap, topic, timeout_seconds=START_SECONDS)
    if count is None:
        raise TopicMissing(topic, kafka.bootstrap, partitions=kafka.partitions, advice=advice)
    return count


@asynccontextmanager
async def producing(kafka: KafkaSettings, *, compression: str | None = None) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that waits for all replicas; idempotent where the broker can.

    Without idempotence a retry may send a batch twice: the ledger takes the second one as duplicates.
    """
    with hushed("aiokafka"):
        producer = await _started_producer(kafka, compression)
        try:
            yield producer
        finally:
            await producer.stop()


@asynccontextmanager
async def reading(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group: it leaves no trace at the broker."""
    with hushed("aiokafka"):
        consumer = AIOKafkaConsumer(
            **connection(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
        try:
            await consumer.start()
            yield consumer
        except KafkaError as fault:
            raise BrokerUnreachable(kafka.bootstrap, str(fault)) from fault
        finally:
            await consumer.stop()


async def _started_producer(kafka: KafkaSettings, compression: str | None) -> AIOKafkaProducer:
    arguments = connection(kafka) | {
        "acks": "all",
        "compression_type": compression,
        "max_batch_size": BATCH_BYTES,
        "max_request_size": LARGEST_RECORD_BYTES,
        "request_timeout_ms": int(REQUEST_SECONDS * 1000),
    }
    for idempotent in (True, False):
        try:
            producer = AIOKafkaProducer(**arguments, enable_idempotence=idempotent)
        except RuntimeError as fault:
            raise KafkaMisconfigured(
                f"compression {compression} needs a package that is not installed: "
                "pip install cramjam, or choose none or gzip"
            ) from fault
        try:
            async with asyncio.timeout(START_SECONDS):
                await producer.start()
        except (KafkaError, TimeoutError) as fault:
            await producer.stop()
            if not idempotent:
                raise BrokerUnreachable(kafka.bootstrap, str(fault) or "no answer in time") from fault
            log.debug("the broker offers no idempotent producer (%s): going on without", fault)
        else:
            return producer
    raise AssertionError("the second attempt returns or raises")


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if kafka.ca_file is None else str(kafka.ca_file))
    except OSError as fault:  # ssl.SSLError is one, too
        raise KafkaMisconfigured(f"kafka.ca_file {kafka.ca_file} cannot be used: {fault}") from fault


def _password(kafka: KafkaSettings) -> str:
    if kafka.sasl_password is not None:
        return kafka.sasl_password.get_secret_value()
    if kafka.sasl_password_file is None:
        raise KafkaMisconfigured(
            "there is no SASL password: set MONITOR_KAFKA__SASL_PASSWORD, or kafka.sasl_password_file"
        )
    try:
        return kafka.sasl_password_file.read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise KafkaMisconfigured(
            f"kafka.sasl_password_file {kafka.sasl_password_file} cannot be read: {fault.strerror}"
        ) from fault
