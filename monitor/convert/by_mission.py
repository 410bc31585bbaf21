"""Events of several files, mission by mission and the oldest first, so that a worker has each mission told at once.

A worker seals what has become old by event time. Of a history whose calls lie in one file and whose units lie in
another, it would have sealed the calls of the first year when their units come. The events wait in a file on disk:
memory stays bounded. Refuses to know what events mean, but for their mission and their times.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from monitor.feeds.rows import Event

_AT_ONCE: Final = 2_000
_TOLD: Final = """
    SELECT event FROM told JOIN (SELECT mission AS whose, min(at) AS first FROM told GROUP BY mission)
    ON mission = whose ORDER BY first, mission, told.rowid
"""


def by_mission(events: Iterable[Event]) -> Iterator[bytes]:
    """Each event as JSON. Missions by their earliest instant, those that tell none first; the events of one in the
    order in which they came, which may say which of them is the newer. Raises OSError, sqlite3.Error (a full disk).
    """  # noqa: D205 - one sentence
    encode = msgspec.json.Encoder().encode
    with (
        TemporaryDirectory(prefix="monitor-convert-", ignore_cleanup_errors=True) as folder,
        closing(sqlite3.connect(f"{folder}/events", isolation_level=None)) as disk,
    ):
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


def _keep(disk: sqlite3.Connection, some: list[tuple[str, float | None, bytes]]) -> None:
    disk.executemany("INSERT INTO told VALUES (?, ?, ?)", some)
    some.clear()


def _earliest(event: dict[str, Any]) -> float | None:
    return min([value.timestamp() for value in event.values() if isinstance(value, datetime)], default=None)
