"""Values that name their schema by its number in a registry: Avro and JSON, as Confluent's serializers frame them.

Confluent's client reads the frame (or the header that newer serializers write) and asks for each schema once. A
registry that cannot be reached is no fault of the record: `RegistryUnavailable`, and the record is read again later.
"""

import os
import struct
from collections.abc import Mapping
from typing import Any, Final

from monitor.feeds.formats.avro import UNREADABLE as NO_AVRO
from monitor.feeds.formats.avro_schema import UnboundedSchema
from monitor.feeds.formats.json_values import UNREADABLE as NO_JSON
from monitor.feeds.formats.json_values import decode
from monitor.feeds.formats.unreadable import Fault, UnreadableRecord

TIMEOUT_SECONDS: Final = 10
RETRIES: Final = 2
_FROM_ENVIRONMENT: Final = "env:"
_WAITING: Final = frozenset({401, 403, 408, 429})
_BROKEN: Final = 500
"""What the registry answers that is no fault of the record, and this or more."""
_FRAME_BYTES: Final = 6
"""A zero, the schema's number, and at least one byte."""
_IN_A_HEADER: Final = "__value_schema_id"
"""Where newer serializers write it."""


class RegistryUnavailable(OSError):  # noqa: N818 - named for what happened
    """The schema registry does not answer, or refuses us; the message says what to look at, and no password."""


class Registered:
    """Decodes values by the schemas of a registry."""

    def __init__(self, kind: str, registry: str) -> None:
        """`kind`: avro or json-schema; `registry`: an address, or `env:NAME` of the variable that holds it.

        Raises RegistryUnavailable where the variable is not set, ImportError without the extra `feeds`.
        """
        from confluent_kafka.schema_registry.avro import AvroDeserializer  # noqa: PLC0415 - the extra `feeds`

        from monitor.feeds.formats.registry_client import BoundedClient, ClosedJSONDeserializer  # noqa: PLC0415

        address = _address(registry)
        client = BoundedClient({"url": address, "timeout": TIMEOUT_SECONDS, "max.retries": RETRIES})
        self._client = client
        # Which subject a schema was registered under does not matter: its number is enough.
        conf = {"subject.name.strategy": lambda *_: None}
        self._is_avro = kind == "avro"
        self._deserialize: Any = (
            AvroDeserializer(client, conf=conf)
            if self._is_avro
            else ClosedJSONDeserializer(None, schema_registry_client=client, conf=conf, json_decode=decode)
        )

    def decode(self, value: bytes, headers: Mapping[str, bytes]) -> object:
        """The value. Raises UnreadableRecord, RegistryUnavailable."""
        from confluent_kafka.schema_registry.error import SchemaRegistryError  # noqa: PLC0415
        from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError  # noqa: PLC0415
        from httpx2 import HTTPError  # noqa: PLC0415 - the client's own
        from referencing.exceptions import Unresolvable  # noqa: PLC0415

        if _IN_A_HEADER not in headers and (len(value) < _FRAME_BYTES or value[0]):
            raise UnreadableRecord(Fault.NOT_FRAMED, "no schema's number before it: not written for a registry")
        self._client.begin()
        try:
            return self._deserialize(value, SerializationContext("", MessageField.VALUE, dict(headers)))
        except UnboundedSchema as fault:
            raise UnreadableRecord(Fault.NOT_AS_SCHEMA, str(fault)) from fault
        except SchemaRegistryError as fault:
            if fault.http_status_code in _WAITING or fault.http_status_code >= _BROKEN:
                raise RegistryUnavailable(f"the schema registry answers {fault.http_status_code}") from fault
            raise UnreadableRecord(Fault.UNKNOWN_SCHEMA, "the registry does not know its schema") from fault
        except Unresolvable as fault:
            found = "its schema refers to what the registry does not hold"
            raise UnreadableRecord(Fault.NOT_AS_SCHEMA, found) from fault
        except HTTPError as fault:
            raise RegistryUnavailable(f"the schema registry cannot be reached ({type(fault).__name__})") from fault
        except SerializationError as fault:
            raise UnreadableRecord(
                Fault.NOT_AS_SCHEMA, "its schema, or the registry's rules, do not allow it"
            ) from fault
        except (*NO_AVRO, *NO_JSON, struct.error) as fault:
            kind = Fault.MALFORMED_AVRO if self._is_avro else Fault.MALFORMED_JSON
            raise UnreadableRecord(kind, f"not as its schema says ({type(fault).__name__})") from fault
        except Exception as fault:  # a schema is anybody's text, and its validator raises whatever it stumbles over
            found = f"its schema cannot be used ({type(fault).__name__})"
            raise UnreadableRecord(Fault.NOT_AS_SCHEMA, found) from fault


def _address(registry: str) -> str:
    if not registry.startswith(_FROM_ENVIRONMENT):
        return registry
    name = registry.removeprefix(_FROM_ENVIRONMENT)
    address = os.environ.get(name)
    if not address:
        raise RegistryUnavailable(f"the environment variable {name} is not set: it holds the registry's address")
    return address
