"""A report of a running period says how likely it ends well; one of a period that is over says nothing."""

import json
from dataclasses import replace

import pytest

from monitor.core.forecast import Forecast, Unsaid
from monitor.report.document import Report
from monitor.settings import Configuration, load
from monitor.words.forecasts import likely
from monitor.words.speaker import NONE, speaker
from tests.report.made import report as invented
from tests.report.made import service
from tests.report.test_doubts import CONFIG, DAY, NOW, line, of_file, report_of, shown_as


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    """Two districts and hand-made targets."""
    return load(CONFIG)


@pytest.fixture(scope="module")
def running(configuration: Configuration) -> Report:
    """June, seventeen months after the first of many quick missions."""
    events = [line(f"m{number}", NOW - 2 * DAY * number) for number in range(250)]
    return report_of(of_file(configuration, events, now=NOW), "2024", now=NOW)


@pytest.mark.parametrize("name", ["html", "markdown", "table"])
def test_people_are_told_in_about_how_many_of_ten_cases(running: Report, name: str) -> None:
    """In their language."""
    assert "met at the end: more than 19 in 20." in shown_as(name, running, "en").replace("Met", "met")
    assert "innfridd ved slutten: mer enn 19 av 20." in shown_as(name, running, "nb").replace("Inn", "inn")


def test_programs_are_told_the_chance(running: Report) -> None:
    """Of every area, category and objective; null with the reason where there is none."""
    told = {
        (one["area"], one["category"], one["objective"]): one
        for one in json.loads(shown_as("json", running, "en"))["forecasts"]
    }
    assert 0.95 < told["oslo", "urban", "requirement"]["chance"] < 1.0
    assert {one["unsaid"] for one in told.values() if one["chance"] is None} <= {"new", "no_target"}
    assert len(told) == len(running.rows) * len(running.service.objectives)


def test_a_period_that_is_over_is_not_forecast(configuration: Configuration) -> None:
    """Nor does its report have a place for it."""
    events = [line(f"m{number}", NOW - 2 * DAY * number) for number in range(250)]
    report = report_of(of_file(configuration, events, now=NOW), "2024-T1", now=NOW)
    assert "forecasts" not in json.loads(shown_as("json", report, "en"))
    assert "at the end" not in shown_as("html", report, "en")


@pytest.mark.parametrize("name", ["html", "markdown", "table"])
def test_what_is_never_foretold_is_said_once_and_not_of_each_area(name: str) -> None:
    """Of a mean and of P95, beside P80: a sentence each, and no line of any table."""
    made = invented(service(1, [80, None, 95], 2, 3))
    found = {"o0": Forecast(0.7, 10.0), **dict.fromkeys(("o1", "o2"), Forecast(unsaid=Unsaid.UNPROVEN))}
    running = replace(made, over=False, forecasts=dict.fromkeys(made.service.judged_series, found))
    shown = shown_as(name, running, "en")
    assert shown.count("no forecast for this kind of objective") == 2
    assert "about 7 in 10" in shown


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.01, "fewer than 1 in 20"), (0.049, "fewer than 1 in 20"), (0.051, "about 1 in 10"),
        (0.36, "about 4 in 10"),
        (0.7, "about 7 in 10"), (0.949, "about 9 in 10"), (0.951, "more than 19 in 20"), (0.99, "more than 19 in 20"),
    ],
)  # fmt: skip
def test_a_chance_has_as_many_digits_as_it_deserves(chance: float, words: str) -> None:
    """Never ten in ten, never none."""
    assert likely(speaker("en"), Forecast(chance, 10.0)) == words


def test_what_cannot_be_said_is_said_to_be_so() -> None:
    """And where nothing is to be met, or to come, there is a dash."""
    say = speaker("en")
    assert likely(say, Forecast(unsaid=Unsaid.NEW)) == "known for less than a year"
    assert likely(say, Forecast(unsaid=Unsaid.FEW)) == "too few missions"
    assert likely(say, Forecast(unsaid=Unsaid.NO_DATA)) == "no data"
    assert likely(say, Forecast(unsaid=Unsaid.UNPROVEN)) == "no forecast for this kind of objective"
    assert likely(speaker("nb"), Forecast(unsaid=Unsaid.UNPROVEN)) == "ingen prognose for denne typen mål"
    assert likely(speaker("sv"), Forecast(unsaid=Unsaid.UNPROVEN)) == "ingen prognos för denna typ av mål"
    assert likely(say, Forecast(unsaid=Unsaid.NO_TARGET)) == likely(say, None) == NONE
