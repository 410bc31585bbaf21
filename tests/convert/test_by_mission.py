"""Events of several files wait on disk: in whatever number, and whatever the disk does."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from monitor.convert import by_mission as module
from monitor.convert.by_mission import by_mission

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def invented(count: int, missions: int) -> Iterator[dict[str, Any]]:
    """Rows of missions in any order; some tell no time."""
    rng = random.Random(3)  # noqa: S311 - the same every time
    for row in range(count):
        told: dict[str, Any] = {"mission_id": f"m{rng.randrange(missions)}", "row": str(row)}
        yield told | ({"ringing_at": BEGIN + timedelta(seconds=rng.randrange(9_000))} if rng.random() < 0.8 else {})


def test_the_order_is_that_of_the_definition() -> None:
    """By the earliest instant of the mission, those without first; within a mission as they came."""
    events = list(invented(3_000, 700))
    earliest: dict[str, float] = {}
    for event in events:
        if "ringing_at" in event:
            at = event["ringing_at"].timestamp()
            earliest[event["mission_id"]] = min(at, earliest.get(event["mission_id"], at))
    wanted = sorted(events, key=lambda one: (earliest.get(one["mission_id"], float("-inf")), one["mission_id"]))
    assert [msgspec.json.decode(line)["row"] for line in by_mission(iter(events))] == [one["row"] for one in wanted]


def test_a_long_history_is_no_square() -> None:
    """The times that are looked at grow with the events: one scan, and sorts."""
    with sqlite3.connect("") as disk:
        disk.execute("CREATE TABLE told (mission TEXT NOT NULL, at REAL, event BLOB NOT NULL)")
        plan = [str(row[3]) for row in disk.execute(f"EXPLAIN QUERY PLAN {module._TOLD}")]
    assert [step for step in plan if step.startswith("SCAN told")] == ["SCAN told"]
    assert not any("JOIN" in step for step in plan)
    assert sum(1 for _ in by_mission(invented(50_000, 25_000))) == 50_000


def test_a_disk_that_is_full_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an OSError, which every command tells in words."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module, "_keep", full)
    with pytest.raises(OSError, match=r"disk is full.*SQLITE_TMPDIR"):
        list(by_mission(invented(3, 3)))
