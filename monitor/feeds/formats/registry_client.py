"""Confluent's client of a schema registry, within bounds: how many schemas one may refer to, and which Avro is read.

Its deserializers follow references without end: two schemas that refer to each other, or thirty of which each refers
to the next one twice. That of JSON also fetches whatever address a schema names, and anybody may register one: here
only what the registry holds is followed. Imported only where the extra `feeds` is.
"""

import json
from typing import Any, Final

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from referencing import Registry
from referencing.exceptions import NoSuchResource

from monitor.feeds.formats.avro_schema import UnboundedSchema, require_bounded

MOST_REFERENCES: Final = 128
"""That are followed for one value."""


class BoundedClient(SchemaRegistryClient):
    """Raises UnboundedSchema, to whoever asks for a schema that a value cannot be read with."""

    def __init__(self, conf: dict[str, Any]) -> None:
        super().__init__(conf)
        self._asked = 0
        self._bounded: set[str] = set()
        """Texts of schemas that were found to be."""

    def begin(self) -> None:
        """A value is about to be read."""
        self._asked = 0

    def get_schema(self, *args: Any, **more: Any) -> Schema:
        """As the client's own, of Avro only what is bounded."""
        return self._checked(super().get_schema(*args, **more))

    def get_schema_by_guid(self, *args: Any, **more: Any) -> Schema:
        """The same."""
        return self._checked(super().get_schema_by_guid(*args, **more))

    def get_version(self, *args: Any, **more: Any) -> Any:
        """As the client's own, so often for one value."""
        self._asked += 1
        if self._asked > MOST_REFERENCES:
            raise UnboundedSchema(f"its schema refers to more than {MOST_REFERENCES} others, or to itself")
        return super().get_version(*args, **more)

    def _checked(self, schema: Schema) -> Schema:
        text = schema.schema_str or ""
        if (schema.schema_type or "AVRO") != "AVRO" or text in self._bounded:
            return schema
        named: dict[str, Any] = {}
        self._gather(schema, named)
        require_bounded(fastavro.parse_schema(json.loads(text), named), named)
        self._bounded.add(text)
        return schema

    def _gather(self, schema: Schema, named: dict[str, Any]) -> None:
        """The types of all schemas that it refers to, those first that others refer to."""
        for one in schema.references or ():
            referred = self.get_version(one.subject, one.version, True).schema
            self._gather(referred, named)
            try:
                fastavro.parse_schema(json.loads(referred.schema_str or ""), named)
            except fastavro.schema.SchemaParseException as fault:
                if "redefined" not in str(fault):  # two that refer to a third
                    raise


class ClosedJSONDeserializer(JSONDeserializer):
    """Asks nobody but the registry: a `$ref` to anywhere else raises Unresolvable."""

    def _get_parsed_schema(self, schema: Any) -> Any:
        known = self._parsed_schemas.get_parsed_schema(schema) if schema is not None else None
        if schema is None or known is not None:
            return known or (None, None)
        parsed, registry = super()._get_parsed_schema(schema)
        closed: Registry[Any] = Registry(retrieve=_nowhere).with_resources((registry or {}).items())  # type: ignore[call-arg]
        self._parsed_schemas.set(schema, (parsed, closed))
        return parsed, closed


def _nowhere(uri: str) -> Any:
    raise NoSuchResource(ref=uri)  # type: ignore[call-arg]
