"""A rule by minute and decimal has two readings: whichever a service declares, whole microseconds decide."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.history import History
from monitor.core.mission import Kind
from monitor.core.rounding import Rounding
from monitor.core.service import Service
from monitor.core.tail import tail_of
from monitor.core.timeline import EVER
from tests.core.figures import GRID, SUPERSEDED, TARGETS, Call, days_of, head
from tests.core.police import REQUIREMENT, SERVICE
from tests.presets import CONFIG

TENTH = Rounding.TENTH_OF_MINUTE
MICROSECONDS = st.integers(0, 10**10)
ROUNDED: Service = replace(SERVICE, objectives=tuple(replace(one, rounding=TENTH) for one in SERVICE.objectives))


def by_hand(microseconds: int) -> int:
    """Tenths of a minute, half of one upwards, in whole numbers."""
    whole, rest = divmod(microseconds, 6_000_000)
    return whole + (rest >= 3_000_000)


@given(MICROSECONDS, MICROSECONDS)
def test_a_time_is_read_to_a_tenth_of_a_minute_and_then_compared(took: int, threshold: int) -> None:
    """Counted by hand, and said in two ways that agree: what a time is read as, and what keeps a threshold."""
    seconds, limit = took / 10**6, threshold / 10**6
    assert TENTH.read(seconds) == by_hand(took) * 6.0
    assert (TENTH.read(seconds) <= limit) == (by_hand(took) * 6_000_000 <= threshold)
    assert (seconds <= TENTH.longest_within(limit)) == (by_hand(took) * 6_000_000 <= threshold)
    assert TENTH.each_read(np.array([seconds])).tolist() == [TENTH.read(seconds)]
    assert TENTH.each_longest_within(np.array([limit])).tolist() == [TENTH.longest_within(limit)]


@given(MICROSECONDS)
def test_exact_times_are_what_they_are(microseconds: int) -> None:
    """Nothing is rounded unless it is declared."""
    seconds = microseconds / 10**6
    assert Rounding.EXACT.read(seconds) == Rounding.EXACT.longest_within(seconds) == seconds


def test_where_there_is_no_threshold_there_is_none() -> None:
    """NaN stays NaN, and None stays None."""
    assert np.isnan(TENTH.each_longest_within(np.array([np.nan]))).all()
    assert ROUNDED.objectives[0].longest_within(None) is None


def history_by(service: Service, made: list[Call]) -> History:
    """What is known of these missions; what is sealed was judged by the same reading."""
    history = History(GRID, TARGETS, service)
    for partition, days in days_of(made, service).items():
        history.heads[partition] = head()
        for day, stored in days.items():
            history.put_day(partition, head(), day, stored)
    return history


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("took", "exactly", "rounded"),
    [(600.0, 1, 1), (600.000001, 0, 1), (602.999999, 0, 1), (603.0, 0, 0), (606.0, 0, 0)],
)
def test_a_mission_counts_by_the_reading_that_is_declared(
    took: float, exactly: int, rounded: int, sealed: bool
) -> None:
    """Against ten minutes, known one by one or sealed: in every count, in the alarm's order, and in the tail."""
    made = [Call(("oslo", "urban"), SUPERSEDED + 60.0, Kind.MEASURED, took, sealed=sealed)]
    for service, within in ((SERVICE, exactly), (ROUNDED, rounded)):
        history = history_by(service, made)
        line = history.timeline("oslo", "urban")
        requirement = service.objective(REQUIREMENT.slug)
        figures = line.within_span(EVER, abandoned_before=0.0)
        assert (figures.counts["requirement"].judged, figures.counts["requirement"].within) == (1, within)
        assert figures.values["requirement"] == took
        tail = tail_of(history, "oslo", "urban", requirement, EVER)
        assert (tail.judged, tail.beyond[1.0]) == (1, 1 - within)
        if not sealed:
            assert line.lates(requirement, EVER).tolist() == [not within]


Rows = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows, Rows]:
    """2024 as it was published, judged on exact times and by a copy of the police that reads tenths of minutes."""
    folder = tmp_path_factory.mktemp("rounding")
    events, monitor = folder / "2024.jsonl", [sys.executable, "-m", "monitor.cli"]
    with events.open("wb") as out:
        subprocess.run([*monitor, "simulate", "--year", "2024", "--seed", "1"], stdout=out, check=True, timeout=120)
    own = folder / "norwegian-police"
    shutil.copytree(CONFIG.parent / "services" / "norwegian-police", own)
    declared = (own / "service.toml").read_text(encoding="utf-8")
    said = declared.replace("percentile = 80\n", 'percentile = 80\nrounding = "tenth_of_minute"\n')
    assert said != declared
    (own / "service.toml").write_text(said, encoding="utf-8")
    read = [
        json.loads(
            subprocess.run(
                [*monitor, "report", *options, "--period", "2024", "--events", str(events), "--format", "json"],
                check=True, capture_output=True, timeout=120,
            ).stdout
        )["rows"]
        for options in ([], ["--service", str(own)])
    ]  # fmt: skip
    exact, rounded = ({(row["area"], row["category"]): row["objectives"] for row in rows} for rows in read)
    return own, exact, rounded


@pytest.mark.slow
def test_oslo_turns_on_the_reading_and_nothing_else_does(year: tuple[Path, Rows, Rows]) -> None:
    """P80 of Oslo's urban missions is 10.03 min of 10: missed exactly, met as 10.0. The goals stay as they were."""
    _, exact, rounded = year
    oslo = exact["oslo", "urban"]["requirement"], rounded["oslo", "urban"]["requirement"]
    assert [one["state"] for one in oslo] == ["missed", "met"]
    assert [round(one["value_seconds"] / 60, 2) for one in oslo] == [10.03, 10.03]
    assert [one["rounding"] for one in oslo] == ["exact", "tenth_of_minute"]
    turned = [
        series
        for series, row in exact.items()
        if row["requirement"]["state"] != rounded[series]["requirement"]["state"]
    ]
    for series in turned:
        value = rounded[series]["requirement"]["value_seconds"]
        assert TENTH.read(value) == rounded[series]["requirement"]["target_seconds"] < value
    assert ("oslo", "urban") in turned
    assert {series: row["goal"] for series, row in exact.items()} == {
        series: row["goal"] for series, row in rounded.items()
    }


@pytest.mark.slow
def test_people_are_shown_the_value_that_is_judged(year: tuple[Path, Rows, Rows]) -> None:
    """No page says that 10.03 is within 10: it says 10.0, and how times are read."""
    own, _, _ = year
    events = own.parent / "2024.jsonl"
    command = [sys.executable, "-m", "monitor.cli"]
    told = subprocess.run(
        [*command, "report", "--service", str(own), "--period", "2024", "--events", str(events)],
        check=True, capture_output=True, timeout=120, encoding="utf-8",
    ).stdout  # fmt: skip
    (line,) = [
        line
        for line in told.partition("Requirement (P80)")[2].splitlines()
        if line.startswith("Oslo ") and "urban" in line
    ]
    assert "10 (10.0) " in line
    assert " met " in line
    assert "rounded to a tenth of a minute" in told
    checked = subprocess.run(
        [*command, "check", "--service", str(own)], check=False, capture_output=True, timeout=60, encoding="utf-8"
    ).stdout
    assert checked.count("(times rounded to a tenth of a minute), from") == 3
