"""The demonstration plays any declared service: it starts, shows verdicts, replaces who dies, and leaves nothing."""

import asyncio
import json
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.cast import environment
from monitor.demo.processes import Child
from monitor.demo.telling import announcement, headline
from monitor.settings import KafkaSettings, load
from tests.eventually import wait_until

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120.0


@pytest.mark.integration
async def test_the_demo_plays_another_service_until_it_is_told_to_end(tmp_path: Path) -> None:
    """Four categories and two clocks, none of the police's: verdicts on the page, news, a killed worker replaced."""
    log = tmp_path / "demo.log"
    arguments = ("--service", "england-ambulance", "--days", "40", "--port", "0", "--rate", "60", "--workers", "1")
    with Child("demo", [sys.executable, "-m", "monitor", "demo", *arguments], directory=ROOT, log=log) as demo:

        def said(words: str) -> re.Match[str] | None:
            demo.require_running()
            return re.search(words, log.read_text())

        await wait_until(lambda: said("live missions from now on"), "live missions", timeout_seconds=READY_SECONDS)
        assert "of the service Ambulance services in England" in log.read_text()
        page = said(r"the page +(\S+)/\n")
        worker = said(r"kill -9 (\d+)")
        assert page
        assert worker
        answer = await asyncio.to_thread(_read, f"{page[1]}/api/v1/compliance")
        assert answer["service"] == "england-ambulance"
        judged = [one for row in answer["rows"] for one in row["objectives"].values() if one["state"] != "no_target"]
        assert {"met", "missed"} <= {one["state"] for one in judged}
        assert {row["category"] for row in answer["rows"]} == {"c1", "c2", "c3", "c4", "all"}
        os.kill(int(worker[1]), signal.SIGKILL)
        await wait_until(lambda: said("worker-1 ended .* starting another"), "another worker", timeout_seconds=30)
        await wait_until(lambda: said(r"last 24h: c\d "), "news of the area", timeout_seconds=60)
        demo.signal(signal.SIGINT)
        await wait_until(lambda: demo.exit_code is not None, "the demo to end", timeout_seconds=60)
        assert demo.exit_code == 0
        assert "done; nothing is left running" in log.read_text()


def _read(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a loopback address
        found: dict[str, Any] = json.load(answer)
        return found


def test_a_headline_tells_the_objectives_that_have_a_threshold() -> None:
    """Short times in seconds, others in minutes; what has no threshold, and other windows, are left out."""

    def row(window: str, category: str, **objectives: object) -> dict[str, object]:
        return {"area": "east", "category": category, "window": window, "objectives": objectives}

    def objective(value: float | None, target: float | None, state: str, judged: int = 7) -> dict[str, object]:
        return {"value_seconds": value, "target_seconds": target, "state": state, "judged": judged}

    rows = [
        row("24h", "c1", mean=objective(400.0, 420.0, "met"), answer=objective(12.4, 10.0, "missed")),
        row("24h", "c2", mean=objective(None, 1080.0, "no_data", 0), p90=objective(50.0, None, "no_target")),
        row("24h", "c3", mean=objective(50.0, None, "no_target")),
        row("7d", "c1", mean=objective(1.0, 2.0, "met")),
    ]
    assert headline({"rows": rows}, "east") == (
        "east, last 24h: c1 answer 12 s (7 missions, missed); c1 mean 6.7 min (7 missions, met); "
        "c2 mean - (0 missions, no data)"
    )
    assert headline({"rows": None}, "east") == "east, last 24h: nothing is judged yet"


def test_a_headline_of_many_objectives_stays_one_line_and_tells_the_worst() -> None:
    """Five categories of six: below 200 characters, and what is left out is counted."""
    objectives = {
        f"objective-{number}": {
            "value_seconds": 61.0 * number,
            "target_seconds": 60.0,
            "state": "missed" if number == 5 else "met",
            "judged": 1 if number == 5 else 1600,
        }
        for number in range(6)
    }
    rows = [{"area": "district-1", "category": f"c{n}", "window": "24h", "objectives": objectives} for n in range(5)]
    told = headline({"rows": rows}, "district-1")
    assert len(told) < 200
    assert told.startswith("district-1, last 24h: c0 objective-5 5.1 min (1 mission, missed); c1 ")
    assert told.endswith("; and 27 more")


def test_a_demo_that_ends_before_its_storm_does_not_announce_it() -> None:
    """What counts is the time left, the history told: not the duration."""
    assert "a storm comes over east in 90 s" in announcement(30, "east", storm_after_seconds=90, left_seconds=None)
    assert "a storm comes over east in 90 s" in announcement(30, "east", storm_after_seconds=90, left_seconds=91)
    for left in (0.0, 70.0, 90.0):
        told = announcement(30, "east", storm_after_seconds=90, left_seconds=left)
        assert "no storm: it would come after 90 s" in told
        assert "comes over" not in told


def test_processes_on_stage_get_the_configuration_in_use_and_the_demos_own_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files and service as named on the command line; nobody's own broker, store or secret."""
    monkeypatch.setenv("monitor_kafka__bootstrap", "prod.example:9092")
    monkeypatch.setenv("MONITOR_REDIS__URL", "redis://prod.example")
    monkeypatch.setenv("MONITOR_EVENTS__MAX_AHEAD_SECONDS", "200")
    configuration = load(ROOT / "config" / "monitor.toml", service="england-ambulance")
    found = environment(configuration, KafkaSettings(bootstrap="127.0.0.1:1"), "redis://127.0.0.1:2")
    ours = {name: value for name, value in found.items() if name.startswith("MONITOR_")}
    assert "prod.example" not in "".join(ours.values())
    assert ours["MONITOR_CONFIG"] == str(ROOT / "config" / "monitor.toml")
    assert ours["MONITOR_SERVICE"] == "england-ambulance"
    assert ours["MONITOR_KAFKA__BOOTSTRAP"] == "127.0.0.1:1"
    assert ours["MONITOR_EVENTS__MAX_AHEAD_SECONDS"] == "200"
