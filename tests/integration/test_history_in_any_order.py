"""Three years of history, newest first, through replay, Kafka and workers, one of them killed: all of it counts."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.servers import EmbeddedRedis
from tests.integration.station import Record, Station
from tests.report.test_cases import BACKFILL
from tests.servers.kafka import ApacheKafka

pytestmark = pytest.mark.integration

EVENTS = (BACKFILL / "events.jsonl").read_bytes().splitlines()
WANTED: dict[str, dict[str, dict[str, float]]] = json.loads((BACKFILL / "expected.json").read_text())["by_year"]


@pytest.fixture
async def station(
    apache_kafka: ApacheKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path
) -> AsyncIterator[Station]:
    """A station that counts for the service of the case, and asks for a checkpoint after each batch."""
    service = str(BACKFILL / "service.toml")
    station = Station(
        apache_kafka, redis_7.url, topic, tmp_path, SERVICE=service, WORKER__CHECKPOINT_SECONDS="0.1",
    )  # fmt: skip
    yield await station.open()
    await station.close()


def by_area(order: list[bytes]) -> list[bytes]:
    """One area after the other, each with its oldest first."""
    told = [json.loads(line) for line in order]
    return [json.dumps(one).encode() for one in sorted(told, key=lambda one: (one["district"], one["ringing_at"]))]


async def figures(station: Station, year: str) -> dict[str, dict[str, float]]:
    """What the report says of a year, in the words of the case; of areas without a mission, nothing."""
    rows: list[dict[str, Any]] = json.loads(await station.report(year))["rows"]
    found = {}
    for row in rows:
        clock, objectives = row["clocks"]["response"], row["objectives"]
        if not clock["measured"]:
            continue
        area = row["area"] if row["area"] in ("north", "south") else "*"
        found[f"{area}/{row['category']}"] = {
            "measured": clock["measured"],
            "unmeasured": clock["unmeasured"],
            "excluded": row["excluded"],
            **{f"{slug}_seconds": round(one["value_seconds"], 3) for slug, one in objectives.items()},
        }
    return found


@pytest.mark.parametrize("order", ["newest first", "one area after the other"])
async def test_a_history_counts_in_full_whatever_its_order(station: Station, tmp_path: Path, order: str) -> None:
    """Half of it is stored when the worker is killed; then all of it is sent once more, and changes nothing."""
    events = EVENTS if order == "newest first" else by_area(EVENTS)
    half = len(events) // 2
    first = station.worker("first")
    for part, name in ((events[:half], "first"), (events[half:], "second"), (events, "again")):
        (tmp_path / f"{name}.jsonl").write_bytes(b"\n".join(part) + b"\n")
    sent = await station.run("replay", str(tmp_path / "first.jsonl"))
    assert sent.exit_code == 0, sent.output
    await station.all_stored(half)
    first.signal(signal.SIGKILL)
    await station.run("replay", str(tmp_path / "second.jsonl"))
    station.worker("second")
    await station.all_stored(len(events))
    assert await station.dead_letters() == []
    await station.run("replay", str(tmp_path / "again.jsonl"))
    await station.all_stored(2 * len(events))
    for year, wanted in WANTED.items():
        assert await figures(station, year) == {name: cell for name, cell in wanted.items() if name != "*/*"}
    refused = [letter["reason"] for letter in await station.dead_letters()]
    assert not refused or (order != "newest first" and {*refused} == {"late"}), "sealed while its area was told"


def event(number: int, day: str) -> Record:
    """A mission of that day, measured at five minutes."""
    told = {
        "mission_id": f"L{number}", "district": "north", "settlement": "all", "urgent": True, "status": "closed",
        "ringing_at": f"{day}T10:00:00Z", "on_scene_at": f"{day}T10:05:00Z",
    }  # fmt: skip
    return told["mission_id"].encode(), json.dumps(told).encode()  # type: ignore[union-attr]


async def test_what_is_told_again_once_it_is_sealed_is_refused_and_the_log_says_where_to_look(
    station: Station,
) -> None:
    """In order, so that all but the last 400 days is sealed; then another area's history, and the first once more."""
    old, young = [event(number, f"2022-03-{number:02}") for number in range(1, 29)], event(29, "2024-06-01")
    # A mission of each partition moves its watermark, hence its line.
    movers = [event(number, "2024-06-01") for number in range(100, 140)]
    station.worker("first")
    await station.produce([*old, young, *movers])
    count = len(old) + 1 + len(movers)
    await station.all_stored(count)
    newcomers = [event(number, "2022-03-05") for number in range(200, 220)]
    await station.produce([*newcomers, *old])
    await station.all_stored(count + len(newcomers) + len(old))
    assert (await figures(station, "2022"))["north/all"]["measured"] == len(old) + len(newcomers)
    letters = await station.dead_letters()
    assert {letter["reason"] for letter in letters} == {"late"}
    assert len(letters) == len(old)
    log = station.log("first")
    assert "late (the last: partition " in log
    assert "`monitor dead-letters list` shows them" in log
    assert '"L' not in log
