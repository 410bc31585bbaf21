"""A small service with three instants and two clocks, and feeds of it that a test writes in a line or two."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.fault import Fault
from monitor.core.service import Area, Category, Clock, Moment, Service
from monitor.feeds.declared import Feed, load_feed, read_feed
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Event, Mapped, Row

NEW_YORK = ZoneInfo("America/New_York")
SERVICE = Service(
    "small",
    (Area("national"), Area("north", "national"), Area("south", "national")),
    (Category("urgent"), Category("other")),
    (
        Clock("response", (Moment("called_at"),), (Moment("on_scene_at"),)),
        Clock("travel", (Moment("dispatched_at"),), (Moment("on_scene_at"),)),
    ),
    (),
)
HEAD = """
[source]
mission = "id"
"""
FIELDS = """
[source.fields]
area = { constant = "north" }
category = { constant = "urgent" }
status = { constant = "closed" }
called_at = "called"
dispatched_at = "dispatched"
on_scene_at = "arrived"
"""


def read(text: str, zone: tzinfo | None = NEW_YORK) -> tuple[Feed | None, list[Fault]]:
    """What a feed file of a text declares, and what is wrong with it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "feed.toml"
        path.write_text(text, encoding="utf-8")
        return read_feed(path, SERVICE, zone)


def faults_of(text: str) -> list[tuple[str, str]]:
    """Place and message of everything that is wrong."""
    return [(fault.where.removeprefix("feed.toml: "), fault.message) for fault in read(text)[1]]


def feed(text: str) -> Feed:
    """The feed of a text that is right."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "feed.toml"
        path.write_text(text, encoding="utf-8")
        return load_feed(path, SERVICE, NEW_YORK)


def mapper(source: str = "", fields: str = "") -> Mapper:
    """The mapper of one source: further keys of it, and further fields, or others."""
    return Mapper(
        feed(HEAD + source + (fields if "[source.fields]" in fields else FIELDS + fields)).sources[0], SERVICE
    )


def mapped(record: dict[str, Any], source: str = "", fields: str = "") -> Mapped:
    """What becomes of a record that has an id."""
    return mapper(source, fields).map(Row({"id": "1", **record}))


def event(record: dict[str, Any], source: str = "", fields: str = "") -> Event:
    """The one event of a record."""
    found = mapped(record, source, fields)
    assert found.refused == ()
    (only,) = found.events
    return dict(only)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day and so on
