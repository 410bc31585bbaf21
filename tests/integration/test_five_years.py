"""Five years through Kafka into the store, most of them sealed to sums and sketches: the years that a report shows.

What is counted and what decides a verdict is exact however old. A percentile of a sealed year is exact as well, while
its sketches hold every value by itself; where they do not, it is read from them, and said to be.
"""

import json
import math
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.settings import load
from monitor.simulator import world_of, year
from tests.integration.station import Record, Station, event
from tests.presets import CONFIG
from tests.report.reading import Element, read

pytestmark = pytest.mark.integration

YEARS = ("2020", "2021", "2022", "2023", "2024")
RANKS = 0.02
"""How far a percentile read from a sketch may lie from the true one: so large a share of the ranks, one at least."""
STORM = 24_000
"""Half as many again as sketches hold one by one, in each of four partitions."""
PRINTED = 0.0051
"""Minutes are printed with two decimals."""


@pytest.fixture(scope="module")
def events() -> list[Record]:
    """Five years, about 600 missions each, some series met and some missed, in another course each year."""
    world = world_of(load(CONFIG), meets=0.5, missions=600)
    told = [
        (one.key.encode(), one.value) for number in YEARS for one in year(int(number), seed=int(number), world=world)
    ]
    first = next(place for place, (_, value) in enumerate(told) if value and b'"ringing_at":"2021' in value)
    return told[:first] + storm() + told[first:]


def storm() -> list[Record]:
    """So many missions of one district in an evening, at the end of 2020, that no sketch holds them one by one."""
    began = datetime(2020, 12, 30, 20, tzinfo=ZoneInfo("Europe/Oslo"))
    found = []
    for number in range(STORM):
        rang = began + timedelta(seconds=0.3 * number)
        arrived = rang + timedelta(seconds=240 + 4320 / STORM * (number * 271 % STORM))
        found.append(
            event(f"storm-{number}", settlement="rural", ringing_at=rang.isoformat(), on_scene_at=arrived.isoformat())
        )
    return found


@pytest.fixture
def thresholds(tmp_path: Path) -> dict[str, str]:
    """The police with their thresholds in force from 2020 on, and stricter ones from 2023 on."""
    service = tmp_path / "police"
    (service / "targets").mkdir(parents=True)
    preset = CONFIG.parent / "services" / "norwegian-police"
    (service / "service.toml").write_text((preset / "service.toml").read_text())
    text = (preset / "targets" / "2024.toml").read_text()
    (service / "targets" / "2020.toml").write_text(text.replace("2024-01-01", "2020-01-01"))
    (service / "targets" / "2023.toml").write_text(
        text.replace("2024-01-01", "2023-01-01").replace("requirement = 11", "requirement = 10")
    )
    return {"MONITOR_SERVICE": str(service)}


async def test_the_years_of_the_store_are_those_of_the_file(
    kafka_station: Station, events: list[Record], thresholds: dict[str, str], tmp_path: Path
) -> None:
    """Every year, area, category and objective: counts, thresholds, verdicts equal, sketches as near as promised."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join((value or b"") + b"\n" for _, value in events))
    kafka_station.settings |= thresholds | {"MONITOR_LEDGER__HORIZON_DAYS": "300"}
    await kafka_station.owning(kafka_station.worker())
    await kafka_station.produce(events)
    await kafka_station.all_stored(len(events))
    assert await kafka_station.dead_letters() == []

    exact, stored = (await told(kafka_station, "--events", str(file))), (await told(kafka_station))
    assert list(exact) == list(stored)
    assert {place[-1] for place in exact} == set(YEARS)
    assert {figures["state"] for figures in stored.values()} == {"met", "missed", "no_target"}
    decided = ("n", "state", "threshold")
    assert [[one[name] for name in decided] for one in stored.values()] == [
        [one[name] for name in decided] for one in exact.values()
    ]
    times = minutes(events)
    for (area, category, objective, name), figures in stored.items():
        values = times.get((area, category, name), [])
        assert figures["n"] == len(values)
        if figures["sketched"] or not values:
            continue
        assert figures["value"] == exact[area, category, objective, name]["value"]
    for (area, category, objective, name), figures in stored.items():
        if figures["sketched"]:
            values = times[area, category, name]
            rank = math.ceil({"goal": 0.5, "requirement": 0.8}[objective] * len(values)) - 1
            off = max(1, math.ceil(RANKS * len(values)))
            low, high = values[max(0, rank - off)], values[min(len(values) - 1, rank + off)]
            assert low - PRINTED <= figures["value"] <= high + PRINTED, (area, category, objective, name)
    assert not any(figures["sketched"] for figures in exact.values())
    assert {place[:2] for place, one in stored.items() if one["sketched"]} == {
        ("national", "rural"),
        ("oslo", "rural"),
    }
    assert {place[3] for place, one in stored.items() if one["sketched"]} == {"2020"}
    by_year = {year: stored["national", "urban", "requirement", year]["threshold"] for year in YEARS}
    assert [by_year[year] for year in YEARS] == ["11", "11", "11", "10", "10"]


def minutes(events: list[Record]) -> dict[tuple[str, str, str], list[float]]:
    """Every measured time by area, category and year, ascending: counted here, by a mission's newest snapshot."""
    newest: dict[str, dict[str, Any]] = {}
    for _, value in events:
        told = json.loads(value or b"{}")
        known = newest.get(told["mission_id"])
        if known is None or told["revision"] > known["revision"]:
            newest[told["mission_id"]] = told
    found: dict[tuple[str, str, str], list[float]] = {}
    for one in newest.values():
        begin, end = one["ringing_at"], one["on_scene_at"]
        counts = one["urgent"] and one["status"] != "cancelled" and not one.get("excluded")
        if counts and begin is not None and end is not None:
            took = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() / 60
            local = datetime.fromisoformat(begin).astimezone(ZoneInfo("Europe/Oslo"))
            for area in (one["district"], "national"):
                found.setdefault((area, one["settlement"], str(local.year)), []).append(took)
    return {place: sorted(values) for place, values in found.items()}


async def told(station: Station, *arguments: str) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """What the page of 2024 says of each year, by area, category, objective and year."""
    result = await station.run("report", "--period", "2024", "--format", "html", *arguments)
    assert result.exit_code == 0, result.output
    found = {}
    for table in read(result.stdout).all("table", **{"class": "by-year"}):
        years = [head.text for head in table.one("thead").all("th")][1:]
        assert years == list(YEARS)
        for row in table.one("tbody").all("tr"):
            for name, cell in zip(years, row.all("td"), strict=True):
                about = table.attributes
                found[row.attributes["data-area"], about["data-category"], about["data-objective"], name] = (
                    figures_of(cell)
                )
    return found


def figures_of(cell: Element) -> dict[str, Any]:
    value, _, threshold = cell.own.partition(" / ")
    said = next(iter(cell.all("span")), None)
    counted = re.search(r"\bn (\d[\d\N{NARROW NO-BREAK SPACE}]*)", cell.one("small").text)
    n = counted[1].replace("\N{NARROW NO-BREAK SPACE}", "") if counted else "0"
    return {
        "value": None if value == "–" else float(value.removeprefix("≈ ")),
        "sketched": value.startswith("≈"),
        "threshold": threshold,
        "state": "no_data" if said is None else said.attributes["class"].split()[1],
        "n": int(n),
    }
