"""Values that Confluent's serializers framed are read by the schemas of a registry, over real HTTP."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.common import json_schema
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import RegistryUnavailable, decoder
from monitor.feeds.rows import Refused, Row
from tests.feeds.formats.schema_registry import schema_registry
from tests.feeds.formats.test_avro import NODE, RECORDS, SCHEMA

TOPIC = SerializationContext("calls", MessageField.VALUE)
BY_TOPIC = {"auto.register.schemas": True, "subject.name.strategy.type": "TOPIC"}
CALL_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "call",
    "type": "object",
    "properties": {"id": {"type": "string"}, "share": {"type": "number"}},
    "required": ["id"],
}


@pytest.fixture
def registry() -> Iterator[Any]:
    with schema_registry() as server:
        yield server


def avro(registry: Any, record: Any = RECORDS[1], schema: Any = SCHEMA) -> bytes:
    serializer = AvroSerializer(SchemaRegistryClient({"url": registry.url}), json.dumps(schema), conf=BY_TOPIC)
    return bytes(serializer(record, TOPIC))


def framed_json(registry: Any, record: Any) -> bytes:
    client = SchemaRegistryClient({"url": registry.url})
    serializer = JSONSerializer(json.dumps(CALL_SCHEMA), client, conf={**BY_TOPIC, "validate": False})
    return bytes(serializer(record, TOPIC))


def test_avro_is_read_by_the_schema_that_wrote_it(registry: Any) -> None:
    """And the registry is asked once, however many values there are."""
    value = avro(registry)
    rows = decoder(FormatDeclaration(kind="avro", registry=registry.url))
    for _ in range(3):
        assert [row.values for row in rows(value, None)] == [RECORDS[1]]
    assert len(registry.asked) == 1


def test_a_change_event_in_avro_is_unwrapped(registry: Any) -> None:
    """As Debezium's connectors write it with Avro's converter."""
    row = {"type": "record", "name": "Value", "fields": [{"name": "call", "type": "string"}]}
    schema = {
        "type": "record",
        "name": "Envelope",
        "fields": [
            {"name": "before", "type": ["null", row]},
            {"name": "after", "type": ["null", "Value"]},
            {"name": "op", "type": "string"},
        ],
    }
    rows = decoder(FormatDeclaration(kind="avro", registry=registry.url, envelope="debezium"))
    value = avro(registry, {"before": {"call": "A"}, "after": None, "op": "d"}, schema)
    assert rows(value, []) == [Row({"call": "A"}, deleted=True, around={"op": "d"})]


def test_json_is_held_to_its_schema(registry: Any) -> None:
    """What its own schema does not allow is refused."""
    rows = decoder(FormatDeclaration(kind="json-schema", registry=registry.url))
    (row,) = rows(framed_json(registry, {"id": "1", "share": 0.5}), None)
    assert row.values == {"id": "1", "share": Decimal("0.5")}
    with pytest.raises(Refused, match="not_as_schema"):
        rows(framed_json(registry, {"id": 1}), None)


@pytest.mark.parametrize("kind", ["avro", "json-schema"])
def test_what_is_not_framed_or_known_is_refused_by_name(registry: Any, kind: str) -> None:
    """Plain JSON, a schema's number that nobody gave, half a value; a tombstone is nothing."""
    rows = decoder(FormatDeclaration(kind=kind, registry=registry.url))  # type: ignore[arg-type]
    assert rows(None, None) == ()
    for value, named in (
        (b'{"id": 1}', "not_framed"),
        (b"", "not_framed"),
        (b"\0\0", "not_framed"),
        (b"\0\0\0\0\x63xxxx", "unknown_schema"),
    ):
        with pytest.raises(Refused, match=named):
            rows(value, None)
    if kind == "avro":
        with pytest.raises(Refused, match="malformed_avro"):
            rows(avro(registry)[:7], None)


def test_a_registry_that_does_not_answer_is_no_fault_of_the_record(
    registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record may be read later: an error of its own, without the password in the address."""
    value = avro(registry)
    registry.status = 401
    monkeypatch.setenv("REGISTRY", registry.url.replace("//", "//user:secret@"))
    with pytest.raises(RegistryUnavailable, match="401"):
        decoder(FormatDeclaration(kind="avro", registry="env:REGISTRY"))(value, None)
    with pytest.raises(RegistryUnavailable, match="cannot be reached") as raised:
        decoder(FormatDeclaration(kind="avro", registry="http://user:secret@127.0.0.1:1"))(value, None)
    assert "secret" not in str(raised.value)
    with pytest.raises(RegistryUnavailable, match="NOWHERE is not set"):
        decoder(FormatDeclaration(kind="avro", registry="env:NOWHERE"))


def referring(subject: str, *others: str, kind: str = "AVRO") -> dict[str, Any]:
    """A subject's schema that refers to others."""
    fields = [{"name": f"f{number}", "type": name} for number, name in enumerate(others)]
    text = {"type": "record", "name": subject, "fields": fields} if kind == "AVRO" else {"type": "object"}
    return {
        "subject": subject, "id": 1, "version": 1, "schema": json.dumps(text), "schemaType": kind,
        "references": [{"name": name, "subject": name, "version": 1} for name in others],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["avro", "json-schema"])
@pytest.mark.parametrize("shape", ["loop", "itself", "ever more"])
def test_references_without_end_are_refused_in_bounded_time(registry: Any, kind: str, shape: str) -> None:
    """Two that refer to each other; one to itself; thirty of which each refers to the next one twice."""
    named = "AVRO" if kind == "avro" else "JSON"
    links = {
        "loop": {"a": ("b",), "b": ("a",)},
        "itself": {"a": ("a",)},
        "ever more": {"a": ("n0", "n0"), **{f"n{n}": (f"n{n + 1}",) * 2 for n in range(30)}, "n30": ()},
    }[shape]
    registry.subjects = {name: referring(name, *others, kind=named) for name, others in links.items()}
    registry.schemas.append(registry.subjects["a"])
    rows = decoder(FormatDeclaration(kind=kind, registry=registry.url))  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Refused, match="not_as_schema"):
            rows(b"\x00\x00\x00\x00\x01{}", None)
    assert len(registry.asked) < 400


def test_avro_of_a_type_that_holds_itself_is_refused_and_its_bytes_are_not_looked_at(registry: Any) -> None:
    """Five thousand levels in twenty kilobytes would end the process."""
    registry.schemas.append({"schema": json.dumps(NODE)})
    rows = decoder(FormatDeclaration(kind="avro", registry=registry.url))
    with pytest.raises(Refused, match="not_as_schema"):
        rows(b"\x00\x00\x00\x00\x01" + b"\x02a\x02" * 5000 + b"\x02a\x00", None)


@pytest.mark.parametrize("inner", [False, True], ids=["itself", "one that it refers to"])
def test_a_schema_that_names_an_address_makes_nobody_ask_there(
    registry: Any, monkeypatch: pytest.MonkeyPatch, inner: bool
) -> None:
    """Anybody may register one. That Confluent's own guard spares the loopback must not hide it here."""
    monkeypatch.setattr(json_schema, "_guard_external_uri", lambda _uri: None)
    elsewhere = {"type": "object", "properties": {"id": {"$ref": f"{registry.url}/subjects/elsewhere"}}}
    schema = {"schema": json.dumps(elsewhere), "schemaType": "JSON"}
    registry.subjects = {
        "elsewhere": {"type": "string"},
        "inner": {"subject": "inner", "id": 9, "version": 1, **schema},
    }
    if inner:
        schema = referring("outer", "inner", kind="JSON")
        schema["schema"] = json.dumps({"$ref": "inner"})
    registry.schemas.append(schema)
    rows = decoder(FormatDeclaration(kind="json-schema", registry=registry.url))
    for _ in range(2):
        with pytest.raises(Refused, match="refers to what the registry does not hold"):
            rows(b'\x00\x00\x00\x00\x01{"id": "1"}', None)
    assert not [path for path in registry.asked if "elsewhere" in path]


def test_json_may_refer_to_what_the_registry_holds(registry: Any) -> None:
    """By the name that the reference gives it; and to itself."""
    part = {"subject": "part", "id": 9, "version": 1, "schemaType": "JSON", "schema": json.dumps({"type": "string"})}
    registry.subjects = {"part": part}
    whole = referring("whole", "part", kind="JSON")
    whole["schema"] = json.dumps(
        {"properties": {"id": {"$ref": "part"}, "no": {"$ref": "#/$defs/no"}}, "$defs": {"no": {"type": "integer"}}}
    )
    registry.schemas.append(whole)
    rows = decoder(FormatDeclaration(kind="json-schema", registry=registry.url))
    assert rows(b'\x00\x00\x00\x00\x01{"id": "1", "no": 2}', None)[0].values == {"id": "1", "no": 2}
    for wrong in (b'{"id": 1}', b'{"no": "2"}'):
        with pytest.raises(Refused, match="not_as_schema"):
            rows(b"\x00\x00\x00\x00\x01" + wrong, None)


def test_a_schema_may_refer_to_two_that_share_a_third(registry: Any) -> None:
    """As large models are cut: each is asked for, and the value is read."""
    registry.subjects = {"third": referring("third"), "left": referring("left", "third"),
                         "right": referring("right", "third")}  # fmt: skip
    registry.schemas.append(referring("whole", "left", "right"))
    (row,) = decoder(FormatDeclaration(kind="avro", registry=registry.url))(b"\x00\x00\x00\x00\x01 ", None)
    assert row.values == {"f0": {"f0": {}}, "f1": {"f0": {}}}
