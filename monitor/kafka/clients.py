"""Clients of the configured Kafka: connection arguments, a safe producer, a reader that joins no group.

Decides what a connection needs and what its failures are called. Refuses to know what the records mean.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from monitor.kafka.contact import BrokerUnreachable
from monitor.kafka.fetching import bound
from monitor.kafka.topics import TopicForbidden, describe_topic
from monitor.log import hushed
from monitor.settings import KafkaSettings, SecretUnusable, read_secret

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

    def __init__(
        self, topic: str, bootstrap: str, *, partitions: int, advice: str = "Let `monitor topics` create it, or use"
    ) -> None:
        super().__init__(
            f"There is no topic {topic!r} at {bootstrap}. {advice} Kafka's own tool: "
            f"kafka-topics.sh --bootstrap-server {bootstrap} --create --topic {topic} --partitions {partitions}. "
            "If it goes by another name, correct the [kafka] section of the configuration."
        )
        self.topic = topic


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments with which every aiokafka client reaches the brokers. Raises KafkaMisconfigured."""
    addresses = [address.strip() for address in kafka.bootstrap.split(",")]
    return {"bootstrap_servers": addresses, **security(kafka)}


def security(kafka: KafkaSettings) -> dict[str, Any]:
    """The part of it that keeps strangers out. Raises KafkaMisconfigured."""
    arguments: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if kafka.security_protocol in ("SSL", "SASL_SSL"):
        arguments["ssl_context"] = _ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        arguments["sasl_mechanism"] = kafka.sasl_mechanism
        if kafka.sasl_mechanism == "OAUTHBEARER":
            return arguments | {"sasl_oauth_token_provider": _tokens(kafka)}
        if kafka.sasl_username is None:
            raise KafkaMisconfigured(
                f"kafka.security_protocol is {kafka.security_protocol}, but there is no user: set kafka.sasl_username"
            )
        arguments |= {
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": _password(kafka),
        }
    return arguments


async def require_topic(
    kafka: KafkaSettings, topic: str, *, advice: str = "Let `monitor topics` create it, or use"
) -> int:
    """How many partitions the topic has. Raises BrokerUnreachable or TopicMissing; never creates it."""
    with hushed("aiokafka"):
        count = await describe_topic(kafka.bootstrap, topic, timeout_seconds=START_SECONDS, security=security(kafka))
    if count is None:
        raise TopicMissing(topic, kafka.bootstrap, partitions=kafka.partitions, advice=advice)
    return count


@dataclass(frozen=True, slots=True)
class Producers:
    """Two producers that wait for all replicas. `plain` is for records that the topic may refuse.

    An idempotent producer numbers its batches, and a batch refused for its size leaves a gap after which the broker
    takes nothing more from it (OutOfOrderSequenceNumber). So what may be refused never travels with `safe`.
    """

    safe: AIOKafkaProducer
    plain: AIOKafkaProducer


@asynccontextmanager
async def producing(kafka: KafkaSettings, *, compression: str | None = None) -> AsyncIterator[Producers]:
    """Producers for one run, as `opened_producers`; what aiokafka says of them stays quiet."""
    with hushed("aiokafka"):
        async with opened_producers(kafka, compression=compression) as producers:
            yield producers


@asynccontextmanager
async def opened_producers(kafka: KafkaSettings, *, compression: str | None = None) -> AsyncIterator[Producers]:
    """Two producers; `safe` is idempotent where the broker can.

    Without idempotence a retry may send a batch twice: the ledger takes the second one as duplicates.
    """
    safe = await _started_producer(kafka, compression, idempotent=True)
    if safe is None:
        log.debug("the broker offers no idempotent producer: going on without")
    plain = await _started_producer(kafka, compression, idempotent=False)
    if plain is None:
        raise AssertionError("a plain producer starts or raises")
    try:
        yield Producers(safe or plain, plain)
    finally:
        for producer in (safe, plain):
            if producer is not None:
                await producer.stop()


@asynccontextmanager
async def reading(
    kafka: KafkaSettings, *, isolation: Literal["read_committed", "read_uncommitted"] = "read_uncommitted"
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group: it leaves no trace at the broker.

    A batch that it must not or cannot unpack comes as one `RefusedBatch`, in the place of its records.
    """
    with hushed("aiokafka"):
        consumer = AIOKafkaConsumer(
            **connection(kafka),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level=isolation,
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
        try:
            await consumer.start()
            bound(consumer, kafka.max_batch_bytes)
            await asyncio.sleep(0)  # stopped before its tasks first ran, aiokafka's consumer raises CancelledError
            yield consumer
        except TopicAuthorizationFailedError as fault:
            (topic,) = {one.topic for one in consumer.assignment()} or {kafka.topic}
            raise TopicForbidden(topic, kafka.bootstrap, "Read", security(kafka)) from fault
        except KafkaError as fault:
            raise BrokerUnreachable(kafka.bootstrap, str(fault)) from fault
        finally:
            await consumer.stop()


async def _started_producer(
    kafka: KafkaSettings, compression: str | None, *, idempotent: bool
) -> AIOKafkaProducer | None:
    """None where an idempotent one is asked for and the broker has none to offer."""
    try:
        producer = AIOKafkaProducer(
            **connection(kafka),
            acks="all",
            enable_idempotence=idempotent,
            compression_type=compression,
            max_batch_size=BATCH_BYTES,
            max_request_size=LARGEST_RECORD_BYTES,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
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
        if idempotent:
            return None
        raise BrokerUnreachable(kafka.bootstrap, str(fault) or "no answer in time") from fault
    return producer


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if kafka.ca_file is None else str(kafka.ca_file))
    except OSError as fault:  # ssl.SSLError is one, too
        raise KafkaMisconfigured(f"kafka.ca_file {kafka.ca_file} cannot be used: {fault}") from fault
    if kafka.certificate_file is not None:
        try:
            # An empty passphrase, not a question on the terminal.
            context.load_cert_chain(kafka.certificate_file, kafka.key_file, password="")
        except (OSError, ValueError) as fault:
            raise KafkaMisconfigured(
                f"kafka.certificate_file {kafka.certificate_file} cannot be used with "
                f"{'the key in it' if kafka.key_file is None else f'kafka.key_file {kafka.key_file}'}: {fault}"
            ) from fault
    return context


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """The token that stands in a file now: whoever issues it writes a newer one over it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Raises SecretUnusable, an OSError like any other reason for which no connection is made."""
        return read_secret(self._path, "kafka.sasl_token_file").strip()


def _tokens(kafka: KafkaSettings) -> TokenFile:
    if kafka.sasl_token_file is None:
        raise KafkaMisconfigured(
            "kafka.sasl_mechanism is OAUTHBEARER, but there is no token: set kafka.sasl_token_file"
        )
    try:
        read_secret(kafka.sasl_token_file, "kafka.sasl_token_file")
    except SecretUnusable as fault:
        raise KafkaMisconfigured(str(fault)) from fault
    return TokenFile(kafka.sasl_token_file)


def _password(kafka: KafkaSettings) -> str:
    if kafka.sasl_password is not None:
        return kafka.sasl_password.get_secret_value()
    if kafka.sasl_password_file is None:
        raise KafkaMisconfigured(
            "there is no SASL password: set MONITOR_KAFKA__SASL_PASSWORD, or kafka.sasl_password_file"
        )
    try:
        return read_secret(kafka.sasl_password_file, "kafka.sasl_password_file")
    except SecretUnusable as fault:
        raise KafkaMisconfigured(str(fault)) from fault
