"""From the raw input of a source to the figures worked out by hand, with a feed file of at most 25 lines."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from monitor.feeds.rows import What
from tests.feeds.records import case, figures_of, mapped, report_of

CASES = Path(__file__).parents[1] / "cases"
RAW = {
    "sf-unit-rows": "calls.csv",
    "cad-status-stream": "status.jsonl",
    "rvfd-time-of-day-lists": "calls.csv",
    "stages-nfpa-1710": "ems.csv",
}


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["sf-unit-rows", "cad-status-stream", "rvfd-time-of-day-lists"])
@pytest.mark.parametrize("order", ["as given", "backwards", "shuffled"])
def test_raw_records_become_the_figures_worked_out_beforehand(name: str, order: str) -> None:
    """Unit rows, a stream of status changes, times of day in lists: every cell, in any order of the records."""
    configuration, feed = case(CASES / name)
    told = mapped(configuration, feed, [CASES / name / RAW[name]])
    assert told.refused == []
    events = told.events[::-1] if order == "backwards" else list(told.events)
    if order == "shuffled":
        random.Random(7).shuffle(events)  # noqa: S311 - any order will do
    wanted = expected(name)
    rows = report_of(configuration, events, str(wanted["year"]))
    root = configuration.service.root
    for cell_name, cell in wanted["cells"].items():
        area, _, category = cell_name.partition("/")
        area = root if area in {"*", "all"} else area
        assert figures_of(rows[area, category.replace("*", "any")], cell) == cell, cell_name


def test_each_stage_of_a_call_has_its_figures() -> None:
    """Five times of each call in whole minutes, NA where one is missing: four clocks, each with its unmeasured."""
    name = "stages-nfpa-1710"
    configuration, feed = case(CASES / name)
    told = mapped(configuration, feed, [CASES / name / RAW[name]])
    assert told.refused == []
    row = report_of(configuration, told.events, "2024")["city", "all"]
    for stage, wanted in expected(name)["wanted"].items():
        clock = stage.replace("_", "-")
        figures, objective = row["clocks"][clock], row["objectives"][f"{clock}-90"]
        assert (figures["measured"], figures["unmeasured"]) == (wanted["measured"], wanted["unmeasured"])
        assert objective["value_seconds"] == wanted["p90_seconds"]
        if "limit" in wanted:
            assert (objective["within"], objective["state"]) == (wanted["within"], wanted["verdict at 90 %"])


@pytest.mark.parametrize("name", RAW)
def test_a_feed_file_of_25_lines_is_enough(name: str) -> None:
    """Good defaults: what every source has in common need not be said."""
    assert len((CASES / name / "feed.toml").read_text(encoding="utf-8").splitlines()) <= 25


def test_what_was_noticed_on_the_way_is_told() -> None:
    """Two incidents past midnight; the hour that occurs twice, settled in one call and not in the other."""
    configuration, feed = case(CASES / "rvfd-time-of-day-lists")
    told = mapped(configuration, feed, [CASES / "rvfd-time-of-day-lists" / "calls.csv"])
    assert [one.what for one in told.notices] == [What.MIDNIGHT] * expected("rvfd-time-of-day-lists")[
        "midnight_incidents"
    ]
    configuration, feed = case(CASES / "sf-unit-rows")
    told = mapped(configuration, feed, [CASES / "sf-unit-rows" / "calls.csv"])
    assert {(one.what, one.field) for one in told.notices} == {
        (what, name) for what in (What.HOUR_SETTLED, What.HOUR_TWICE) for name in ("ringing_at", "on_scene_at")
    }


def test_a_status_stream_tells_each_mission_as_it_was_folded_by_hand() -> None:
    """A second arrival of a unit, a repeated record, a late one, a call still open."""
    name = "cad-status-stream"
    configuration, feed = case(CASES / name)
    told = mapped(configuration, feed, [CASES / name / RAW[name]])
    for one in expected(name)["missions_folded"]:
        of_it = [event for event in told.events if event["mission_id"] == one["mission_id"]]
        rows = report_of(configuration, of_it, "2024")
        row = rows[one["district"], one["settlement"]]
        clock = row["clocks"]["response"]
        measured = one["response_seconds"] is not None
        assert (clock["measured"], row["objectives"]["p50"]["value_seconds"]) == (
            int(measured),
            one["response_seconds"],
        )
