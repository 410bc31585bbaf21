"""The rights that each part needs in Kafka: one table, for the documentation, for tests, and to be asked for.

Brokers tell what the asking user may do with a topic, a group and the cluster (authorized operations, since 2.3);
nothing is tried and nothing changed. aiokafka asks for neither, so the two requests are written out here. A broker
that knows no rights says so, and then everything is allowed.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, get_args

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from monitor.kafka.clients import START_SECONDS, security
from monitor.kafka.contact import BrokerRefuses
from monitor.kafka.topics import connected_admin
from monitor.log import hushed
from monitor.settings import KafkaSettings

Role = Literal["worker", "replay", "topics", "dead-letters"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
Operation = Literal["READ", "WRITE", "CREATE", "DESCRIBE"]
Resource = Literal["kafka.topic", "kafka.dead_letter_topic", "kafka.group"]

_BITS: Final[dict[Operation, int]] = {"READ": 3, "WRITE": 4, "CREATE": 5, "DESCRIBE": 8}
_NOT_TOLD: Final = -(2**31)
_REFUSED: Final = {29, 30}
"""TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED"""
_SOON: Final = {14, 15}
"""COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE"""
COORDINATOR_SECONDS: Final = 10.0
ASKING_SECONDS: Final = START_SECONDS + COORDINATOR_SECONDS


@dataclass(frozen=True, slots=True)
class Right:
    """An operation on what a setting names. READ and WRITE include DESCRIBE."""

    resource: Resource
    operation: Operation
    roles: tuple[Role, ...]

    def granting(self, kafka: KafkaSettings) -> str:
        """The command that an administrator grants it with."""
        kind = "group" if self.resource == "kafka.group" else "topic"
        user = kafka.sasl_username if kafka.security_protocol.startswith("SASL") else None
        return (
            f"kafka-acls.sh --bootstrap-server {kafka.bootstrap} --add --allow-principal User:{user or '…'} "
            f"--operation {self.operation.capitalize()} --{kind} {named(kafka, self.resource)}"
        )


def named(kafka: KafkaSettings, resource: Resource) -> str:
    """The topic or group that a setting names."""
    return {
        "kafka.topic": kafka.topic,
        "kafka.dead_letter_topic": kafka.dead_letter_topic,
        "kafka.group": kafka.group,
    }[resource]


class RightsMissing(BrokerRefuses):
    """The client may not do all that it has to; the message names every right, and how to grant it."""

    def __init__(self, kafka: KafkaSettings, rights: Iterable[Right], *, by_setting: bool = True) -> None:
        """`by_setting`: whether topic and group are those that the settings name."""
        told = ", ".join(
            f"{one.operation} on {named(kafka, one.resource)!r}" + (f" ({one.resource})" if by_setting else "")
            for one in rights
        )
        granting = "; ".join(right.granting(kafka) for right in rights)
        super().__init__(kafka.bootstrap, f"does not give this client the right {told}", f"Grant it: {granting}.")


async def require_rights(kafka: KafkaSettings, role: Role) -> None:
    """Return when all that the role needs is granted, or cannot be told. Raises RightsMissing, BrokerUnreachable."""
    if missing := await missing_rights(kafka, [role]):
        raise RightsMissing(kafka, missing)


RIGHTS: Final = (
    Right("kafka.topic", "READ", ("worker",)),
    Right("kafka.group", "READ", ("worker",)),
    Right("kafka.dead_letter_topic", "WRITE", ("worker", "dead-letters")),  # what was sent back is marked there
    Right("kafka.topic", "WRITE", ("replay", "dead-letters")),
    Right("kafka.dead_letter_topic", "READ", ("dead-letters",)),
    Right("kafka.topic", "CREATE", ("topics",)),
    Right("kafka.topic", "DESCRIBE", ("topics",)),
    Right("kafka.dead_letter_topic", "CREATE", ("topics",)),
    Right("kafka.dead_letter_topic", "DESCRIBE", ("topics",)),
)


class TopicRightsResponse(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class TopicRightsStruct(RequestStruct):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = TopicRightsResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class TopicRightsRequest(Request[TopicRightsStruct]):  # type: ignore[misc]  # aiokafka is untyped
    """Metadata of topics, with what may be done with them. Creates none."""

    API_KEY = 3

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[TopicRightsStruct]) -> TopicRightsStruct:
        return request_struct_class(self._topics, False, False, True)


class GroupRightsStruct(RequestStruct):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String("utf-8"))), ("include_authorized_operations", Boolean))


class GroupRightsRequest(Request[GroupRightsStruct]):  # type: ignore[misc]  # aiokafka is untyped
    """A group's description, with what may be done with it."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[GroupRightsStruct]) -> GroupRightsStruct:
        return request_struct_class([self._group], True)


async def missing_rights(kafka: KafkaSettings, roles: Iterable[Role]) -> list[Right]:
    """The rights that the brokers do not grant, of those that these roles need.

    Raises BrokerUnreachable, KafkaMisconfigured. Where a broker does not tell, nothing is missing.
    """
    roles = set(roles)
    needed = [right for right in RIGHTS if roles & set(right.roles)]
    allowed: dict[str, int] = {}
    with hushed("aiokafka"):
        async with connected_admin(kafka.bootstrap, ASKING_SECONDS, security(kafka)) as admin:
            with suppress(NotImplementedError, IncompatibleBrokerVersion):  # a broker that knows no such question
                allowed |= await _of_topics(admin, kafka)
                if any(right.resource == "kafka.group" for right in needed):
                    allowed["kafka.group"] = await _of_group(admin, kafka.group)
    return [
        right
        for right in needed
        if (bits := allowed.get(right.resource, _NOT_TOLD)) != _NOT_TOLD and not bits >> _BITS[right.operation] & 1
    ]


async def _of_topics(admin: AIOKafkaAdminClient, kafka: KafkaSettings) -> dict[str, int]:
    """Authorized operations by setting; of a topic that is missing, nothing is told."""
    names = {kafka.topic: "kafka.topic", kafka.dead_letter_topic: "kafka.dead_letter_topic"}
    response = await admin._send_request(TopicRightsRequest([*names]))  # noqa: SLF001 - it has no public way to send
    found = {}
    for error, topic, _, _, bits in response.topics:
        if error in _REFUSED:
            found[names[topic]] = 0
        elif error == 0:
            found[names[topic]] = bits
    return found


async def _of_group(admin: AIOKafkaAdminClient, group: str) -> int:
    deadline = asyncio.get_running_loop().time() + COORDINATOR_SECONDS
    while True:
        try:
            coordinator = await admin.find_coordinator(group)
            break
        except KafkaError as fault:
            if fault.errno in _REFUSED:
                return 0
            if fault.errno not in _SOON or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.1)  # the first group of a cluster: its broker is only now making the topic for them
    response = await admin._send_request(GroupRightsRequest(group), coordinator)  # noqa: SLF001 - as above
    ((error, *_, bits),) = response.groups
    return 0 if error in _REFUSED else int(bits)
