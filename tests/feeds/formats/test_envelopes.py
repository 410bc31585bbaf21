"""Change events and CloudEvents are unwrapped: what the row is, whether it is gone, and what stands around it."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.rows import Refused, Row
from tests.feeds.formats.read import faults, read

SOURCE = {"lsn": 41, "table": "calls"}
BEFORE, AFTER = {"id": 1, "call": "A"}, {"id": 1, "call": "B"}
AROUND = {"source": SOURCE, "ts_ms": 7}


def change(op: str, before: object, after: object) -> dict[str, Any]:
    return {"before": before, "after": after, "source": SOURCE, "op": op, "ts_ms": 7}


def told(value: object, headers: Any = None, **declared: Any) -> list[Row]:
    """The rows of one value, as JSON."""
    raw = None if value is None else json.dumps(value).encode()
    return [*decoder(FormatDeclaration(**declared))(raw, headers)]


@pytest.mark.parametrize("with_schema", [False, True])
@pytest.mark.parametrize(
    ("event", "row"),
    [
        (change("c", None, AFTER), Row(AFTER, around={"op": "c", **AROUND})),
        (change("r", None, AFTER), Row(AFTER, around={"op": "r", **AROUND})),
        (change("u", BEFORE, AFTER), Row(AFTER, before=BEFORE, around={"op": "u", **AROUND})),
        (change("d", BEFORE, None), Row(BEFORE, deleted=True, around={"op": "d", **AROUND})),
        (change("u", None, json.dumps(AFTER)), Row(AFTER, around={"op": "u", **AROUND})),
    ],
)
def test_a_change_is_a_row(event: dict[str, Any], row: Row, *, with_schema: bool) -> None:
    """With the schema's envelope and without: created, read, updated (with what it was), deleted, MongoDB's text."""
    value = {"schema": {"type": "struct"}, "payload": event} if with_schema else event
    assert told(value, envelope="debezium") == [row]


def test_what_tells_no_row_is_none() -> None:
    """Tombstones, plain and in an envelope, and an application's own messages."""
    assert told(None, envelope="debezium") == []
    for envelope in ("none", "debezium", "cloudevents"):  # as in a file, where some write the word for it
        for word in (b"null", b" null\n"):
            assert decoder(FormatDeclaration(envelope=envelope))(word, None) == ()
    assert told({"schema": None, "payload": None}, envelope="debezium") == []
    assert told({**change("m", None, None), "message": {}}, envelope="debezium") == []
    assert told({"op": "m", "ts_ms": 1, "message": {"prefix": "x"}}, envelope="debezium") == []


def test_a_flattened_change_keeps_what_the_transform_added() -> None:
    """`__deleted` and `__op` of Debezium's ExtractNewRecordState."""
    assert told({**AFTER, "__deleted": "false", "__lsn": 4}, envelope="debezium") == [
        Row(AFTER, around={"deleted": "false", "lsn": 4})
    ]
    (row,) = told({**BEFORE, "__deleted": "true"}, envelope="debezium")
    assert row.deleted


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (change("t", None, None), "truncated"),
        ({"op": "t", "ts_ms": 1, "source": {}}, "truncated"),
        (change("d", None, None), "REPLICA IDENTITY"),
        (change("u", BEFORE, None), "without after"),
        (change("u", None, "{"), "malformed_record"),
        ({"ts_ms": 1}, "no_envelope"),
        ({"op": ["d"], "before": {}}, "op is no text: list"),
        (change({"d": 1}, BEFORE, AFTER), "op is no text: dict"),  # type: ignore[arg-type]
        ({"schema": {}, "payload": {"op": 1, "before": BEFORE}}, "op is no text: int"),
        ({**AFTER, "__op": ["d"]}, "op is no text: list"),
        ({**AFTER, "__deleted": {"true": True}}, "deleted is no text: dict"),
        (["x"], "no_record"),
        ("x", "no_record"),
        ({"schema": {}, "payload": "x"}, "no_envelope"),
    ],
)
def test_other_changes_are_refused_by_name(value: object, named: str) -> None:
    """A truncated table, a deletion that does not say of what, a schema change, a heartbeat."""
    with pytest.raises(Refused, match=named):
        told(value, envelope="debezium")


def test_files_of_changes_are_unwrapped_line_by_line(tmp_path: Path) -> None:
    """As a connector's file sink or a console consumer writes them."""
    lines = "\n".join(map(json.dumps, [change("c", None, AFTER), {"ddl": "x"}, change("d", AFTER, None)])).encode()
    rows = read(tmp_path, lines, envelope="debezium")
    assert [(row.values, row.deleted, row.place) for row in rows if isinstance(row, Row)] == [
        (AFTER, False, "line 1"), (AFTER, True, "line 3"),
    ]  # fmt: skip
    assert faults(rows) == [("no_envelope", "line 2")]


ATTRIBUTES = {"type": "call.updated", "source": "/cad", "id": "9", "subject": "A-1"}


@pytest.mark.parametrize("pack", [kafka.to_structured_event, kafka.to_binary_event])
def test_cloudevents_as_their_own_kit_writes_them(pack: Any) -> None:
    """Structured and binary, with the attributes around the record."""
    message = pack(CloudEvent({**ATTRIBUTES, "datacontenttype": "application/json"}, AFTER))
    for headers in (message.headers, [*message.headers.items()]):
        (row,) = decoder(FormatDeclaration(envelope="cloudevents"))(message.value, headers)
        assert row.values == AFTER
        assert {**row.around, **ATTRIBUTES} == dict(row.around)


def test_cloudevents_in_batches_and_in_base64() -> None:
    """A batch is several; data in base64 is JSON again."""
    one = {"specversion": "1.0", **ATTRIBUTES, "data": AFTER}
    packed = {"specversion": "1.0", **ATTRIBUTES, "data_base64": "eyJpZCI6IDEsICJjYWxsIjogIkIifQ=="}
    assert [row.values for row in told([one, packed], envelope="cloudevents")] == [AFTER, AFTER]


@pytest.mark.parametrize(
    "value",
    [
        AFTER,
        *(
            {"specversion": "1.0", **data}
            for data in ({"data": "text"}, {"data": '"text"'}, {"data_base64": "?"}, {"data_base64": 7})
        ),
    ],
)
def test_what_is_no_cloudevent_is_refused(value: object) -> None:
    """Without its mark, with data that is no record."""
    with pytest.raises(Refused):
        told(value, envelope="cloudevents")


def test_a_cloudevent_need_not_have_data() -> None:
    """Its attributes may tell all: type, subject and time; structured, or with nothing beside its headers."""
    structured = {"specversion": "1.0", **ATTRIBUTES}
    rows = [*told(structured, envelope="cloudevents"), *told({**structured, "data": None}, envelope="cloudevents")]
    headers = [(f"ce_{name}", said.encode()) for name, said in structured.items()]
    for nothing in (None, b""):
        rows += decoder(FormatDeclaration(envelope="cloudevents"))(nothing, headers)
    assert [(row.values, row.around["subject"]) for row in rows] == [({}, "A-1")] * 4
    assert decoder(FormatDeclaration(envelope="cloudevents"))(None, ()) == ()


def test_data_of_a_cloudevent_may_be_json_within_json() -> None:
    """As libraries write it that are handed a text."""
    (row,) = told({"specversion": "1.0", **ATTRIBUTES, "data": json.dumps(AFTER)}, envelope="cloudevents")
    assert row.values == AFTER


def test_plain_values_may_be_lists_and_lie_within() -> None:
    """One record, several, a list within a document; rows of text where the columns are declared."""
    assert [row.values for row in told([AFTER, BEFORE])] == [AFTER, BEFORE]
    assert [row.values for row in told({"calls": [AFTER]}, records=("calls",))] == [AFTER]
    rows = decoder(FormatDeclaration(kind="csv", columns=("id", "call")))(b"1,A\n2,B\n", None)
    assert [row.values for row in rows] == [{"id": "1", "call": "A"}, {"id": "2", "call": "B"}]
    with pytest.raises(Refused, match="no_record"):
        told({"calls": 7}, records=("calls",))
