"""Events of several files, mission by mission and the oldest first, so that a worker has each mission told at once.

A worker seals what has become old by event time. Of a history whose calls lie in one file and whose units lie in
another, it would have sealed the calls of the first year when their units come. The events wait in a file on disk
that has no name, and is gone however this ends: memory stays bounded. Refuses to know what events mean, but for
their mission and their times.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from tempfile import gettempdir
from typing import Any, Final

import msgspec

from monitor.feeds.rows import Event

_AT_ONCE: Final = 2_000
_TOLD: Final = """
    SELECT event FROM (
        SELECT event, mission, rowid AS place, min(at) OVER (PARTITION BY mission) AS first FROM told
    ) ORDER BY first, mission, place
"""
"""One scan and two sorts, which SQLite does on disk; a join with the first instants was a scan for each mission."""


def by_mission(events: Iterable[Event]) -> Iterator[bytes]:
    """Each event as JSON. Missions by their earliest instant, those that tell none first; the events of one in the
    order in which they came, which may say which of them is the newer. Raises OSError where the disk is full.
    """  # noqa: D205 - one sentence
    encode = msgspec.json.Encoder().encode
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as disk:
            disk.execute("PRAGMA journal_mode = OFF")
            disk.execute("PRAGMA synchronous = OFF")
            disk.execute("CREATE TABLE told (mission TEXT NOT NULL, at REAL, event BLOB NOT NULL)")
            disk.execute("BEGIN")
            some: list[tuple[str, float | None, bytes]] = []
            for event in events:
                some.append((event["mission_id"], _earliest(event), encode(event)))
                if len(some) >= _AT_ONCE:
                    _keep(disk, some)
            _keep(disk, some)
            for (line,) in disk.execute(_TOLD):
                yield line
    except sqlite3.Error as fault:
        raise OSError(
            f"events of several files wait on disk to be told mission by mission, and there is no room ({fault}): "
            f"make some in {gettempdir()}, or set SQLITE_TMPDIR to another folder"
        ) from fault


def _keep(disk: sqlite3.Connection, some: list[tuple[str, float | None, bytes]]) -> None:
    disk.executemany("INSERT INTO told VALUES (?, ?, ?)", some)
    some.clear()


def _earliest(event: dict[str, Any]) -> float | None:
    return min([value.timestamp() for value in event.values() if isinstance(value, datetime)], default=None)
