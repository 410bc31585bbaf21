"""Records of a source, in every envelope, and feeds that ask of them all that a feed may ask."""

from typing import Any

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
