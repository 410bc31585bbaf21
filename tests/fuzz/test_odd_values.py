"""What a source may put in any place of a record, where something else was meant: refused by name, or read."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Refused
from tests.feeds.small import SERVICE, feed

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 1e300, "", " ", "d", "\x00", "{", "[]", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", [], {}, ["d"], [["d"]], [None], {"d": "d"}, [{"d": []}], ["d", 1, {}], "x" * 3000,
)  # fmt: skip
RECORD = {
    "id": "m-1", "unit": "E1", "kind": "M", "zone": "north", "state": "C", "why": "", "ok": "Y", "version": 4,
    "called": "2024-06-01T10:00:00Z", "times": [{"at": "2024-06-01T10:05:00Z"}], "took": 600, "day": "2024-06-01",
}  # fmt: skip
CHANGE = {
    "op": "u",
    "before": RECORD,
    "after": RECORD,
    "source": {"table": "calls", "lsn": 7},
    "ts_ms": 1_717_236_000_000,
}
SEEDS: dict[str, tuple[Any, ...]] = {
    "none": (RECORD, [RECORD]),
    "debezium": (
        CHANGE,
        {**CHANGE, "op": "d"},
        {"schema": {"type": "struct"}, "payload": CHANGE},
        {**RECORD, "__op": "u", "__deleted": "false", "__source": {"table": "calls", "lsn": 7}},
    ),
    "cloudevents": (
        {"specversion": "1.0", "id": "1", "type": "t", "source": {"table": "calls", "lsn": 7}, "data": RECORD},
        {"specversion": "1.0", "datacontentencoding": "base64", "data_base64": "e30=", "data": RECORD},
    ),
}
FEED = """
[source]
mission = {mission}
row = "unit"
{order}
times = {{ zone = "UTC" {times} }}
filters = [
  {{ if = {{ "@source.table" = ["units", 1] }}, reason = "another table", then = "skip" }},
  {{ if = {{ kind = ["T", 1, true], ok = {{ not = "N", begins = "Y", above = 3 }} }}, reason = "a test" }},
]
[source.fields]
area = "zone"
category = {{ path = "kind", map = {{ M = "urgent", "1" = "other" }} }}
status = {{ path = "state", map = {{ C = "closed" }}, unknown = "nothing" }}
eligible = {{ path = "ok", unknown = "nothing" }}
excluded = {{ path = "why", unknown = "keep" }}
called_at = {{ path = "called" {date} }}
dispatched_at = {{ path = "times[].at", separator = ",", after = "=" {date} }}
on_scene_at = {{ path = "took", since = "called_at", if = {{ took = {{ known = true }} }} }}
"""
FEEDS = (
    FEED.format(mission='"id"', order='revision = "version"', times="", date=""),
    FEED.format(mission='["id", "kind"]', order='order = "called"', times="", date=', date = ["day", "called"]'),
    FEED.format(
        mission='{ path = "id", year_of = "called" }', order='revision = "@source.lsn"',
        times=', formats = ["iso", "epoch_ms"]', date="",
    ),
    FEED.format(
        mission='"id"', order='order = { path = "@ts_ms", formats = "epoch_ms" }',
        times=', formats = ["iso", "%H:%M"]', date=', date = "day"',
    ),
)  # fmt: skip


def with_odd(value: Any) -> Iterator[Any]:
    """Copies of a value, each with something odd in one of its places."""
    yield from ODD
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        for odd in with_odd(inner):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = odd
            yield copy


@pytest.mark.parametrize(("envelope", "text"), [*product(SEEDS, FEEDS)])
def test_whatever_stands_in_any_place_is_refused_by_name_or_read(envelope: Any, text: str) -> None:
    """Lists and objects where a word was meant, too: no value of a source is a fault of the program."""
    (source,) = feed(text).sources
    mapper, decode = Mapper(source, SERVICE), decoder(FormatDeclaration(envelope=envelope))
    told = refused = 0
    for seed in SEEDS[envelope]:
        for value in with_odd(seed):
            try:
                rows = decode(json.dumps(value).encode(), None)
            except Refused:
                refused += 1
                continue
            for row in rows:
                mapped = mapper.map(row)
                assert all(isinstance(event["mission_id"], str) and event["mission_id"] for event in mapped.events)
                told += bool(mapped.events)
                refused += bool(mapped.refused)
    assert told
    assert refused
