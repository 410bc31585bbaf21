"""The report as a page: the published tables, told in two languages, that nothing from outside can change."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core.calendar import Calendar
from monitor.core.verdict import State
from monitor.report.document import Report, Status
from monitor.report.drawing_up import draw_up
from monitor.report.formats import FORMATS
from monitor.report.sources import from_lines
from monitor.settings import load
from monitor.wiring import empty_history, partition_policy
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import STATES
from tests.report.reading import Element, read
from tests.report.renaming import renamed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PUBLISHED = json.loads((HERE / "published-2024.json").read_text(encoding="utf-8"))
CLASSES = ("urban", "town", "rural")
FIGURES = {
    "goal.threshold": "goal_p50", "goal.result": "result_p50", "requirement.threshold": "requirement_p80",
    "requirement.result": "result_p80",
}  # fmt: skip
"""What is printed, by its name on the page."""
LATER = 1_800_000_000.0
MONITOR = (sys.executable, "-m", "monitor.cli")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The year of 2024 as `monitor simulate` tells it."""
    file = tmp_path_factory.mktemp("events") / "2024.jsonl"
    with file.open("wb") as out:
        subprocess.run([*MONITOR, "simulate", "--year", "2024"], stdout=out, check=True, timeout=120)
    return file


@pytest.fixture(scope="module")
def year(events: Path) -> Report:
    """Its report."""
    return report_of(events.read_bytes().splitlines(), ROOT / "config" / "monitor.toml")


@pytest.fixture(scope="module")
def tiny() -> Report:
    """The report of a handful of missions."""
    return report_of((HERE / "missions.jsonl").read_bytes().splitlines(), HERE / "config" / "monitor.toml")


def report_of(lines: Sequence[bytes], config: Path, period: str = "2024", *, now: float = LATER) -> Report:
    configuration = load(config)
    history = empty_history(configuration)
    from_lines(history, partition_policy(configuration, sealing=False), lines, now=now)
    return draw_up(
        history, Calendar().period(period), now=now, abandoned_after_seconds=86_400, silent_after_seconds=21_600
    )


def page_of(report: Report, language: Language = "en") -> Element:
    return read(FORMATS["html"](report, language))


def printed(events: Path, *arguments: str, **environment: str) -> str:
    """What the command prints, in a process of its own."""
    return subprocess.run(
        [*MONITOR, "report", "--period", "2024", "--events", events, "--format", "html", *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
        encoding="utf-8",
    ).stdout


def published_cells() -> list[tuple[str, str, dict[str, Any]]]:
    cells = [("national", name, PUBLISHED["national"][name]) for name in CLASSES]
    for slug, district in PUBLISHED["districts"].items():
        cells += [(slug, name, cell) for name, cell in district["classes"].items() if cell and cell.get("missions")]
    assert len(cells) == 3 + 35
    return cells


def whole(text: str) -> int:
    """A whole number as it is shown, with narrow spaces between thousands."""
    return int(text.replace("\N{NARROW NO-BREAK SPACE}", ""))


def test_every_published_figure_is_in_the_tables_of_the_classes(events: Path) -> None:
    """Through the command line: missions, goal, requirement and both results of all 38 cells, as printed in 2024."""
    page = read(printed(events, "--lang", "nb"))
    for area, settlement, cell in published_cells():
        row = page.one("tr", data_area=area, data_category=settlement)
        shown = {name: whole(row.one("td", data_figure=place).own)
                 for place, name in {"measured": "missions", **FIGURES}.items()}  # fmt: skip
        assert shown == {name: cell[name] for name in shown}, (area, settlement)


def test_the_published_tables_come_in_their_own_form(year: Report) -> None:
    """One table an area, classes side by side, in the published rows; Finnmark has no urban class, and it says so."""
    page = page_of(year, "nb")
    tables = {table.attributes["data-area"]: table for table in page.all("table") if "data-area" in table.attributes}
    assert list(tables) == ["national", *PUBLISHED["districts"]]
    rows = {"response.measured": "missions", **FIGURES}
    for area, settlement, cell in published_cells():
        for line, name in rows.items():
            shown = tables[area].one("tr", data_line=line).all("td")[CLASSES.index(settlement)]
            assert whole(shown.own) == cell[name], (area, settlement, line)
    assert tables["finnmark"].one("tr", data_line="response.measured").all("td")[0].text == "ikke aktuell"
    assert "N = 18\N{NARROW NO-BREAK SPACE}250" in tables["national"].one("caption").text


def test_the_national_verdicts_are_the_published_ones(year: Report) -> None:
    """By minute and decimal: 11,1 and 30,4 miss the 11 and 30 they round to, which is marked; 18,5 meets 19."""
    table = page_of(year, "nb").one("table", data_area="national")
    shown = [cell.text for cell in table.one("tr", data_line="requirement.verdict").all("td")]
    assert [text.partition("◆")[1] or text.partition("●")[1] for text in shown] == ["◆", "●", "◆"]
    assert ["ikke innfridd" in text for text in shown] == [True, False, True]
    assert ["†" in text for text in shown] == [True, False, True]
    decimals = [cell.one("small").text for cell in table.one("tr", data_line="requirement.result").all("td")]
    assert decimals == ["11,10", "18,47", "30,40"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_alone(year: Report, language: Language) -> None:
    """No script, no handler, nothing loaded from elsewhere; ids are unique and every reference finds its element."""
    text = FORMATS["html"](year, language)
    page = read(text)
    elements = list(page.walk())
    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & {element.tag for element in elements}
    names = {name for element in elements for name in element.attributes}
    assert not {"src", "srcset", "style-src"} & names
    assert not [name for name in names if name.startswith("on")]
    assert set(re.findall(r"https?://[^\s\"'<)]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert "default-src 'none'" in page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    used = re.findall(r"(?:url\(|href=\")#([^)\"]+)", text)
    used += [one for element in elements for one in element.attributes.get("aria-labelledby", "").split()]
    assert used
    assert set(used) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_and_charts_can_be_heard(year: Report, language: Language) -> None:
    """The page's language is declared, tables have captions and scoped headings, charts a name and their figures."""
    page = page_of(year, language)
    assert page.one("html").attributes["lang"] == language
    tables = page.all("table")
    assert len(tables) == 1 + 3 + 3 + 12
    for table in tables:
        assert table.one("caption").text.strip()
        assert all(heading.attributes["scope"] in ("col", "colgroup", "row") for heading in table.all("th"))
    charts = page.all("svg")
    assert len(charts) == 3 + 3
    for chart in charts:
        assert chart.attributes["role"] == "img"
        assert len(chart.one("desc").text) > len(chart.all("title")[0].text) > 10
    said = charts[0].one("desc").text
    say = speaker(language)
    assert said.index("Troms") < said.index("Oslo") < said.index("Innlandet")
    assert f"Oslo: {say.number(10.03, 2)}, " in said
    told = {span.text.strip() for span in page.all("span") if "verdict" in span.attributes.get("class", "")}
    assert told >= {f"◆ {say(STATES[State.MISSED])}", f"● {say(STATES[State.MET])}", say("not applicable")}


def test_equal_reports_are_equal_bytes(events: Path) -> None:
    """Processes that hash differently give the same page."""
    assert printed(events, PYTHONHASHSEED="1") == printed(events, PYTHONHASHSEED="2")


def test_nothing_from_the_configuration_is_taken_for_markup(tiny: Report) -> None:
    """A district, a source and a remark with markup, quotes and dollar signs in them are shown as they are."""
    evil = "<script>alert('$x$')</script> & \"$\\frac\""
    report = replace(renamed(tiny, "oslo", evil), source=f"source {evil}", errata=[f"erratum {evil}"])
    for language in LANGUAGES:
        text = FORMATS["html"](report, language)
        assert "<script" not in text.lower()
        page = read(text)
        assert page.one("tr", data_area="oslo", data_category="urban").one("th").text == evil
        assert any(element.text.startswith(evil[:8]) for element in page.all("text"))
        assert any(evil in element.text for element in page.all("desc"))
        assert f"source {evil}." in page.one("main").text
        assert f"erratum {evil}" in [one.text for one in page.all("li")]


def test_letters_of_any_script_are_shown(tiny: Report) -> None:
    """A name in any script is left to the browser."""
    page = page_of(renamed(tiny, "oslo", "奥斯陆 🚓"))
    assert any(element.text == "奥斯陆 🚓" for element in page.all("text"))


@pytest.mark.parametrize("period", ["1999", "2030-T1", "2024-12"])
def test_an_empty_period_says_so(period: str) -> None:
    """No mission known: a whole page with no data in it, not a zero and not a chart."""
    page = page_of(report_of([], HERE / "config" / "monitor.toml", period))
    assert "Not a single mission is known in this period." in page.one("main").text
    assert page.all("svg") == []
    assert {cell.own for cell in page.all("td", data_figure="requirement.result")} == {"–"}


def test_a_month_has_no_months_in_it(events: Path) -> None:
    """A report on a month has no chart by month, and is compared with the month before: districts, and why."""
    lines = events.read_bytes().splitlines()
    page = page_of(report_of(lines, ROOT / "config" / "monitor.toml", "2024-11"), "nb")
    assert len(page.all("svg")) == 3 + 1
    assert page.one("h1").text.endswith(", november 2024")
    assert "sammenlignet med oktober 2024" in page.one("header").text
    changes = page.one("table", data_area="national").one("tr", data_line="requirement.change").all("td")
    assert all(re.match(r"[+−]\d+,\d\d", cell.own) and ", n " in cell.one("small").text for cell in changes)


def test_what_is_not_final_is_marked_on_top(events: Path) -> None:
    """The running year in its August: provisional, until when, as of when, and what is still in progress."""
    lines = [line for line in events.read_bytes().splitlines() if b'"ringing_at":"2024-0' in line.replace(b" ", b"")]
    august = 1_724_000_000.0
    report = report_of(lines, ROOT / "config" / "monitor.toml", now=august)
    assert report.status is Status.RUNNING
    status = page_of(report).one("p", **{"class": "status running"}).text
    assert "Provisional." in status
    assert "runs until 31 December 2024" in status
    assert "Newest mission" in status
