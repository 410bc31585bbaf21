"""A backtest from the command line: what it finds is what was shown live, in text, for programs and as a page."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner, Result

from monitor.alerts.rule import Severity
from monitor.backtest.command import until_known
from monitor.backtest.document import Backtest
from monitor.backtest.firing import firing
from monitor.backtest.looking_back import Question, known_until, look_back
from monitor.backtest.page import as_html
from monitor.backtest.parameters import changed
from monitor.backtest.records import as_json
from monitor.backtest.text import as_text
from monitor.cli import cli
from monitor.core.alarm import Rules
from monitor.core.calendar import Calendar
from monitor.core.history import History
from monitor.core.mission import Kind
from monitor.core.stats import chosen
from monitor.core.verdict import State
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from tests.backtest.past import BEGINS, DAY, Past, invented, told
from tests.backtest.test_live import SHIPPED, UNITS, Alarms, shown_live
from tests.core.figures import SUPERSEDED, Call, history_of
from tests.core.police import SERVICE

STORMY: Final = invented(420, days=110, late=0.12, storm=(50, 80, 0.7))
CONFIG: Final = Path(__file__).parents[2] / "config" / "monitor.toml"
ENDS: Final = BEGINS + 112 * DAY
YEAR: Final = Calendar().period("2024")


@cache
def live() -> tuple[History, list[tuple[float, Alarms]]]:
    """What is known in the end, and what was shown meanwhile."""
    return shown_live(STORMY, SHIPPED)


@cache
def found(*, changed: bool = False, **more: Any) -> Backtest:
    """The year of the storm, as shipped; and by another threshold of the drift."""
    history, _ = live()
    rules = [SHIPPED, Rules(drift_threshold=9.0)] if changed else [SHIPPED]
    asked = Question(period=YEAR, rules=rules, units=UNITS, **more)
    until = known_until(history, YEAR, ENDS)
    assert until is not None
    return look_back(history, asked, until=until, now=ENDS, abandoned_after_seconds=DAY)


def test_what_began_to_fire_live_begins_in_the_backtest_at_that_moment() -> None:
    """Of every series and alert, the first time."""
    _, shown = live()
    first: dict[tuple[str, str, str], float] = {}
    for now, alarms in shown:
        for (area, category), one in alarms.items():
            for alert, *_ in firing(one, leaf=area != "national"):
                first.setdefault((area, category, alert), now)
    looked_back: dict[tuple[str, str, str], float] = {}
    for one in found().outcomes[0].told:
        episode = one.episode
        looked_back.setdefault((episode.area, episode.category, episode.alert), episode.begin)
    assert len(first) > 6
    assert looked_back == first


def test_a_page_tells_what_it_stood_on_and_what_came_after() -> None:
    """Late missions enough for the test, and an objective that the storm went on to miss."""
    pages = found().outcomes[0].of(Severity.PAGE)
    assert pages
    for one in pages:
        evidence = one.evidence
        assert evidence.count.within < evidence.count.judged
        assert evidence.value > 0 if evidence.is_score else evidence.value <= evidence.limit
        assert BEGINS + 50 * DAY < one.episode.begin < BEGINS + 82 * DAY
        if one.episode.begin < BEGINS + 60 * DAY:  # most of the storm is still to come
            assert one.after.state is State.MISSED


def test_what_is_told_of_comes_after_the_last_mission_at_most_a_day() -> None:
    """A year that runs is looked at as far as it is known."""
    assert not found().whole
    assert max(one.known_at for one in STORMY) <= found().span.end <= max(one.at for one in STORMY) + DAY


def test_other_parameters_are_told_beside() -> None:
    """A higher threshold pages later, or never."""
    both = found(changed=True)
    document = json.loads(as_json(both))
    first, second = document["outcomes"]
    assert second["changed"] == ["drift_threshold=9"]
    assert [one["begin"] for one in first["episodes"]] == [
        one["begin"] for one in json.loads(as_json(found()))["outcomes"][0]["episodes"]
    ]
    later = [
        one["days_later_by_the_others"]
        for one in first["episodes"]
        if one["alert"] == "ResponseDriftOverTarget" and one["told"]
    ]
    assert later
    assert all(days is None or days >= 0 for days in later)


def test_calm_years_and_falls_are_told_with_how_sure_that_is() -> None:
    """In every format."""
    study = found(calm_years=2, fall=0.3, area="oslo")
    (outcome,) = json.loads(as_json(study))["outcomes"]
    assert outcome["calm"]["years"] == 2
    assert outcome["calm"]["lower"] <= outcome["calm"]["pages_a_year"] <= outcome["calm"]["upper"]
    assert {(one["area"], one["tries"], one["within"]) for one in outcome["falls"]} == {("oslo", 9, 0.5)}
    assert "2 calm years" in as_text(study, "en")
    assert "falls to 50.0 %" in as_text(study, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_far_the_days_of_the_service_hang_together_is_told(language: Language) -> None:
    """Measured and drawn to what is usual, beside what the alarms reckon with; so many pairs ask for nothing more."""
    (measured,) = found().together.values()
    assert 0 < measured.pairs < 400
    assert chosen.DAY_CORRELATION < measured.drawn < measured.measured
    told = as_text(found(), language)
    assert all(f"{number:.2f}".replace(".", speaker(language).decimal) in told for number in (measured.drawn, 0.05))
    assert "correlation=" not in told
    assert json.loads(as_json(found()))["day_correlation"]["requirement"]["drawn"] == measured.drawn


def test_days_that_hang_together_more_than_was_tried_say_what_to_ask() -> None:
    """A command that can be run as it stands."""
    (measured,) = found().together.values()
    worse = replace(found(), together={"requirement": replace(measured, drawn=0.14)})
    assert "--calm-years 20 --set correlation=0.14" in as_text(worse, "en")
    assert changed(SHIPPED, ["correlation=0.14"]).correlation == 0.14


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def count(self, tag: str, **having: str) -> int:
        return sum(name == tag and having.items() <= attrs.items() for name, attrs in self.tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_page_and_ticket_and_loads_nothing(language: str) -> None:
    """A row in a table, a mark in the chart; no script, and names that no other element has."""
    both = found(changed=True)
    page = Page(as_html(both, language))
    told_of = sum(len(outcome.of(severity)) for outcome in both.outcomes for severity in Severity)
    assert told_of
    assert page.count("g", **{"class": "mark no_data"}) + page.count("g", **{"class": "mark missed"}) >= told_of
    assert page.count("html", lang=language) == 1
    assert not page.count("script")
    assert not any({"src", "href", "style"} & attrs.keys() for _, attrs in page.tags)
    named = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(named) == len(set(named))
    assert as_html(both, language) == as_html(both, language)


def run(*arguments: str, events: Iterable[Past] = (), folder: Path | None = None) -> Result:
    """The command over these missions, or over the store."""
    command = ["--config", str(CONFIG), "backtest", *arguments]
    if folder is not None:
        file = folder / "events.jsonl"
        file.write_bytes(b"\n".join(event for _, event in told(events)) + b"\n")
        command += ["--events", str(file)]
    return CliRunner().invoke(cli, command)


def test_the_command_prints_what_was_found(tmp_path: Path) -> None:
    """From a file, by the service's own thresholds."""
    made = [one for one in STORMY if one.series[0] == "oslo"]
    asked = ("--period", "2024", "--area", "oslo", "--what-if", "requirement=12:00")
    text, document = (
        run(*asked, events=made, folder=tmp_path),
        run(*asked, "--format", "json", events=made, folder=tmp_path),
    )
    assert (text.exit_code, document.exit_code) == (0, 0), text.output
    assert "What the alarms would have told in 2024" in text.stdout
    assert "Had the threshold of requirement been 12 min in 2024?" in text.stdout
    answer = json.loads(document.stdout)
    assert {one["area"] for one in answer["what_if"]} == {"oslo"}
    assert {one["would_be"]["target_seconds"] for one in answer["what_if"]} == {720.0}
    assert answer["outcomes"][0]["parameters"]["shift"] == {"normal": 0.25, "degraded": 0.4}


@pytest.mark.parametrize(
    ("arguments", "code", "answer"),
    [
        (("--period", "2019"), 1, "Not a single mission is known in 2019"),
        (("--period", "24"), 2, "say a year"),
        (("--period", "2024", "--set", "threshold=8"), 2, "is no parameter of the alarms"),
        (("--period", "2024", "--against", "drift_threshold=8"), 2, "--against goes with --set"),
        (("--period", "2024", "--what-if", "krav=8"), 2, "'krav' is no objective"),
        (("--period", "2024", "--area", "os"), 2, "'os' is none of"),
        (("--period", "2024", "--category", "city"), 2, "'city' is none of"),
        (("--period", "2024", "--fall", "0"), 2, "0.0 is not in the range"),
        (("--period", "2024", "--service", "london-fire"), 2, "No objective of london-fire pages"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], code: int, answer: str
) -> None:
    """Before anything is read, where that can be known."""
    done = run(*arguments, events=[Past(("oslo", "urban"), BEGINS, 100.0)], folder=tmp_path)
    assert done.exit_code == code
    assert answer in " ".join(done.output.split())


def test_a_period_with_sealed_missions_is_refused_with_what_to_do() -> None:
    """In what order they came is known no more: an alarm would be a guess."""
    made = [Call(("oslo", "urban"), SUPERSEDED - number * DAY, Kind.MEASURED, 100.0, sealed=number > 5)
            for number in range(1, 9)]  # fmt: skip
    history = history_of(made)
    with pytest.raises(click.ClickException, match=r"of 2024 are sealed, up to 2024-05-26 .* with --events"):
        until_known(history, YEAR)
    after = Calendar().period("2024-W22")
    assert until_known(history, after) > SUPERSEDED - DAY


def test_a_quiet_year_is_told_as_such(tmp_path: Path) -> None:
    """No table without lines."""
    done = run("--period", "2024", events=[Past(("oslo", "urban"), BEGINS, 100.0)], folder=tmp_path)
    assert "0 pages and 0 tickets would have come." in done.stdout
    assert "Afterwards" not in done.stdout


def test_the_area_and_category_asked_for_are_those_looked_at() -> None:
    """Everything else is left alone."""
    asked = Question(period=YEAR, rules=[SHIPPED], units=UNITS, area="oslo", category="urban", calm_years=3)
    assert asked.series(SERVICE) == [("oslo", "urban")]
    assert asked.steps(SERVICE) == 4
