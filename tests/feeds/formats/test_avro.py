"""Avro containers become rows block by block, and what is damaged ends with its place."""

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import Unreadable, decoder
from tests.feeds.formats.read import faults, read, values

AT = dt.datetime(2024, 3, 10, 9, 57, 40, tzinfo=dt.UTC)
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "call",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "share", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
    ],
}
RECORDS = [{"id": str(number), "at": AT if number else None, "share": Decimal("0.25")} for number in range(500)]


def container(schema: Any = SCHEMA, records: Any = RECORDS, codec: str = "deflate") -> bytes:
    out = io.BytesIO()
    fastavro.writer(out, schema, records, codec=codec, sync_interval=1000)
    return out.getvalue()


def test_every_record_of_a_container_is_a_row(tmp_path: Path) -> None:
    """Found by its first bytes; instants and decimals as such."""
    for codec in ("null", "deflate", "snappy"):
        assert values(read(tmp_path, container(codec=codec))) == RECORDS
    rows = decoder(FormatDeclaration(kind="avro"))(container(records=RECORDS[:2]), None)
    assert [row.values for row in rows] == RECORDS[:2]


def test_a_container_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    """Its whole blocks count; the place where it ended is told."""
    *rows, last = read(tmp_path, container()[:-700])
    assert values(rows) == RECORDS[: len(rows)]
    assert len(rows) > 100
    assert isinstance(last, Unreadable)
    assert (last.reason, last.place, last.ends) == ("malformed_avro", f"record {len(rows) + 1}", True)


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    """A container of numbers; text that is declared to be Avro."""
    assert faults(read(tmp_path, container("long", [7]))) == [("no_record", "record 1")]
    assert faults(read(tmp_path, b"a,b\n1,2\n", kind="avro")) == [("malformed_avro", "record 1")]


def test_a_list_of_nothing_is_not_counted_to_its_end(tmp_path: Path) -> None:
    """Eleven bytes may say that 2⁶⁰ nulls follow: reading them takes for ever."""
    for items in ("null", {"type": "record", "name": "nothing", "fields": []}):
        schema = {
            "type": "record",
            "name": "call",
            "fields": [{"name": "l", "type": {"type": "array", "items": items}}],
        }
        assert faults(read(tmp_path, container(schema, []))) == [("malformed_avro", "schema")]


NODE = {
    "type": "record",
    "name": "node",
    "fields": [{"name": "id", "type": "string"}, {"name": "next", "type": ["null", "node"]}],
}


def test_a_type_that_holds_itself_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """Twenty kilobytes of it, five thousand levels deep, would end the process: fastavro goes down in C."""
    assert faults(read(tmp_path, container(NODE, [{"id": "a", "next": None}]))) == [("malformed_avro", "schema")]


def test_types_in_one_another_have_a_bound_also_where_each_has_a_name(tmp_path: Path) -> None:
    """A chain of names holds no type twice, and is as deep as it is long; a few levels are what sources have."""

    def chain(length: int) -> list[object]:
        links: list[object] = [{"type": "record", "name": "n0", "fields": [{"name": "v", "type": "string"}]}]
        for number in range(1, length):
            inner = {"name": "v", "type": f"n{number - 1}"}
            links.append({"type": "record", "name": f"n{number}", "fields": [inner]})
        return links

    assert faults(read(tmp_path, container(chain(100), []))) == [("malformed_avro", "schema")]
    assert faults(read(tmp_path, container(chain(5000), []))) == [("malformed_avro", "schema")]
    assert faults(read(tmp_path, container(chain(5), []))) == []


def test_a_type_may_be_named_twice_beside_itself(tmp_path: Path) -> None:
    """As `before` and `after` of a change event are; and a list of an empty type is found behind its name."""
    row = {"type": "record", "name": "row", "fields": [{"name": "id", "type": "string"}]}
    both = [{"name": "before", "type": row}, {"name": "after", "type": "row"}]
    change = {"type": "record", "name": "change", "fields": both}
    assert faults(read(tmp_path, container(change, [{"before": {"id": "a"}, "after": {"id": "b"}}]))) == []
    nothing = {"name": "n", "type": {"type": "record", "name": "nothing", "fields": []}}
    many = {"name": "l", "type": {"type": "array", "items": "nothing"}}
    empty = {"type": "record", "name": "call", "fields": [nothing, many]}
    assert faults(read(tmp_path, container(empty, []))) == [("malformed_avro", "schema")]


def doubling(depth: int, at_the_end: str) -> list[object]:
    """Records of two records each, `depth` levels of them."""
    links: list[object] = [{"type": "record", "name": "n0", "fields": [{"name": "v", "type": at_the_end}]}]
    for number in range(1, depth):
        inner = [{"name": name, "type": f"n{number - 1}"} for name in "ab"]
        links.append({"type": "record", "name": f"n{number}", "fields": inner})
    return links


def test_records_that_double_and_take_no_bytes_are_refused_at_once(tmp_path: Path) -> None:
    """Two kilobytes of schema made a million records of an empty message, and finding that out doubled as well."""
    for at_the_end in ("null", "string"):
        assert faults(read(tmp_path, container(doubling(40, at_the_end), []))) == [("malformed_avro", "schema")]
    listed = {"type": "record", "name": "l", "fields": [{"name": "l", "type": {"type": "array", "items": "n39"}}]}
    assert faults(read(tmp_path, container([*doubling(40, "null"), listed], []))) == [("malformed_avro", "schema")]


def test_a_wide_schema_of_what_may_be_missing_is_read(tmp_path: Path) -> None:
    """Hundreds of optional parts, each with fields of its own, as exports of standards have them."""
    part = {"type": "record", "name": "part", "fields": [{"name": f"f{n}", "type": "int"} for n in range(30)]}
    optional: list[dict[str, object]] = [{"name": "p0", "type": ["null", part]}]
    optional += [{"name": f"p{n}", "type": ["null", "part"]} for n in range(1, 300)]
    wide = {"type": "record", "name": "call", "fields": optional}
    assert faults(read(tmp_path, container(wide, [{}]))) == []
