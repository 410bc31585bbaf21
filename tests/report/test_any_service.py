"""Whatever a service declares is reported: one category or twelve, one objective or six, any tree of areas."""

import csv
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.service import Area, Category, Service
from monitor.core.verdict import State, Verdict
from monitor.report.cells import Cells, notations
from monitor.report.document import Report, ReportRow
from monitor.report.drawing_up import areas_of
from monitor.report.formats import FORMATS
from monitor.words.catalogue import LANGUAGES
from monitor.words.speaker import speaker
from tests.report.made import FIRST, LAST, report, service, services
from tests.report.reading import Element, read

reports = st.builds(report, services, st.integers(0, 10_000))
SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHAPES = {
    "1 × 1": service(1, [90], 1, 0),
    "4 × 2": service(1, [None, 90], 4, 4),
    "1 × 6": service(4, [50, 90, None, 75, 95, 90], 1, 3),
    "12 × 6": service(3, [50, 90, None, 75, 95, None], 12, 4, pools=True),
}


def page_of(made: Report, language: str = "en") -> Element:
    return read(FORMATS["html"](made, language))


@SOME
@given(reports)
def test_json_holds_everything_declared_in_its_order(made: Report) -> None:
    """Rows by area and category, and in each every clock and objective; the period before has the same form."""
    document, of = json.loads(FORMATS["json"](made, "en")), made.service
    assert document["service"] == of.slug
    assert [(row["area"], row["category"]) for row in document["rows"]] == list(of.judged_series)
    for row, said in zip(document["rows"], made.rows, strict=True):
        assert (row["previous"] is None) == (said.before is None)
        for told in filter(None, (row, row["previous"])):
            assert list(told)[:5] == ["area", "category", "excluded", "clocks", "objectives"]
            assert list(told["clocks"]) == [clock.slug for clock in of.clocks]
            assert list(told["objectives"]) == [one.slug for one in of.objectives]
            for clock in told["clocks"].values():
                assert sum(clock["unmeasured_by_cause"].values()) == clock["unmeasured"]
                assert 0 not in clock["unmeasured_by_cause"].values()
            for one, figures in zip(of.objectives, told["objectives"].values(), strict=True):
                assert (figures["clock"], figures["statistic"]) == (one.clock, one.statistic.value)
                assert (figures["percentile"] is None) == (one.percentile is None)
                assert (figures["within"] is None) >= (one.percentile is None)
                assert (figures["late_budget"] is None) >= (one.percentile is None)


@SOME
@given(reports)
def test_the_csv_has_a_column_for_each_figure_and_no_two_of_one_name(made: Report) -> None:
    """Columns begin with the slug of their clock or objective; each line has them all."""
    header, *lines = csv.reader(FORMATS["csv"](made, "en").splitlines())
    assert len(set(header)) == len(header)
    assert {len(line) for line in lines} == {len(header)}
    assert len(lines) == len(made.rows)
    for one in made.service.objectives:
        own = {name.removeprefix(f"{one.slug}_") for name in header if name.startswith(f"{one.slug}_")}
        assert ("late_budget" in own) == (one.percentile is not None)
        assert ("spare_minutes" in own) == (one.percentile is None)


@SOME
@given(reports, st.sampled_from(LANGUAGES))
def test_people_read_a_table_for_each_objective(made: Report, language: str) -> None:
    """With a line for each area there is and each category, however deep they lie."""
    of = made.service
    shown = [sum(made.concerns(one, row.category) for row in made.shown()) for one in of.objectives]
    table = FORMATS["table"](made, language)
    assert len(re.findall(r"^-[- ]+$", table, re.MULTILINE)) == len(of.objectives)
    markdown = FORMATS["markdown"](made, language)
    assert len([line for line in markdown.splitlines() if line.startswith("| ")]) == sum(shown) + 2 * len(shown)
    assert markdown.count("\n### ") == len(of.objectives)


def test_an_objective_is_told_of_the_categories_that_it_is_about() -> None:
    """A threshold in any area makes it so; one that has none at all is shown of every category."""
    made = report(service(1, [90, None], 3, 2))
    rows = [
        replace(row, row=replace(row.row, verdicts={**row.row.verdicts, "o1": _unwanted(row, "o1")}))
        if row.category != "c1" else row
        for row in made.rows
    ]  # fmt: skip
    some = replace(made, rows=rows)
    objective = some.service.objectives[1]
    assert [some.concerns(objective, category) for category in ("c0", "c1", "c2")] == [False, True, False]
    none = replace(made, rows=[
        replace(row, row=replace(row.row, verdicts={**row.row.verdicts, "o1": _unwanted(row, "o1")})) for row in rows
    ])  # fmt: skip
    assert all(none.concerns(objective, category) for category in ("c0", "c1", "c2"))
    assert [line.attributes["data-line"] for line in page_of(some).one("table", data_area="area-0").all("tr")
            if "o1.result" in line.attributes.get("data-line", "")]  # fmt: skip


def _unwanted(row: ReportRow, slug: str) -> Verdict:
    """The verdict as if no threshold had ever been set."""
    return replace(row.judged(slug).verdict, target_seconds=None, judged=0, state=State.NO_TARGET)


@settings(SOME, max_examples=10)
@given(reports, st.sampled_from(LANGUAGES))
def test_the_page_is_whole_and_shows_every_figure_once_by_area(made: Report, language: str) -> None:
    """Each element is closed, ids are unique, references find theirs; every result is in the tables of categories."""
    page, of = page_of(made, language), made.service
    ids = [one.attributes["id"] for one in page.walk() if "id" in one.attributes]
    assert len(set(ids)) == len(ids)
    assert {word for one in page.walk() for word in one.attributes.get("aria-labelledby", "").split()} <= set(ids)
    cells = Cells(speaker(language), notations(made))
    for row in made.shown():
        for objective in (one for one in of.objectives if made.concerns(one, row.category)):
            (line,) = [
                line
                for line in page.all("tr", data_area=row.area, data_category=row.category)
                if line.all("td", data_figure=f"{objective.slug}.result")
            ]
            judged = row.judged(objective.slug)
            assert line.one("td", data_figure=f"{objective.slug}.result").own == cells.result(judged).text
            said = line.one("td", data_figure=f"{objective.slug}.verdict").text
            assert cells.said(row, judged).text in said


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_are_no_wider_than_paper(shape: str) -> None:
    """At most four categories or two objectives side by side, whatever there are; a table more for the others."""
    of = SHAPES[shape]
    page = page_of(report(of))
    for table in page.all("table"):
        widest = max(len(row.all("td")) + len(row.all("th")) for row in table.all("tr"))
        assert widest <= 13
    by_area = [table for table in page.all("table") if table.attributes["class"] == "published"]
    assert len(by_area) == len(of.judged_areas) * -(-len(of.categories) // 4)


def test_a_chart_of_very_many_areas_shows_the_worst_and_says_so() -> None:
    """A sheet of paper holds forty; the tables hold all."""
    page = page_of(report(service(1, [90], 1, 150)))
    chart = page.all("svg")[0]
    marked = [one for one in chart.all("g") if one.attributes.get("class", "").startswith("mark ")]
    assert len(marked) == 40
    assert re.fullmatch(r"the 40 worst of 1?[0-9]{2}", chart.all("text", text_anchor="end")[-1].text)
    assert len(page.all("tr", data_category="c0")) == 151


def test_pools_stand_before_what_they_hold_which_stands_further_in() -> None:
    """Right within the root nothing is moved in: a flat service looks as it always did."""
    made = report(SHAPES["12 × 6"])
    assert list(made.areas.items()) == [
        ("all", 0), ("north", 1), ("area-0", 2), ("area-2", 2), ("south", 1), ("area-1", 2), ("area-3", 2),
    ]  # fmt: skip
    lines = [line.split("  ")[0] for line in FORMATS["table"](made, "en").splitlines()]
    start = lines.index("The whole brigade")
    deeper = 2 * "\N{NO-BREAK SPACE}"
    assert lines[start : start + 36 : 12] == ["The whole brigade", "north", f"{deeper}Area 0"]


def test_a_pool_of_categories_is_not_counted_twice() -> None:
    """All missions of an area are those of its leaves."""
    made = report(SHAPES["12 × 6"])
    assert {row.category for row in made.leaves("all")} == {f"c{number}" for number in range(1, 12)}


def test_an_area_is_shown_in_the_periods_that_it_exists_in() -> None:
    """A reform on 1 July: both trees are in the year, the old one alone in the year before it.

    2023 ─ old ─────┐
    2024 ────────── ┼ new ─── 2025
    """
    reform = date(2024, 7, 1)
    of = Service(
        "reformed",
        areas=(Area("all"), Area("old", "all", until=reform), Area("new", "all", since=reform),
               Area("town", "old", until=reform), Area("town", "new", since=reform)),
        categories=(Category("only"),),
        clocks=SHAPES["1 × 1"].clocks,
        objectives=SHAPES["1 × 1"].objectives,
    )  # fmt: skip
    assert list(areas_of(of, date(2023, 1, 1), date(2023, 12, 31))) == ["all", "old", "town"]
    assert areas_of(of, FIRST, LAST) == {"all": 0, "old": 1, "new": 1, "town": 2}
    assert list(areas_of(of, date(2025, 1, 1), date(2025, 12, 31))) == ["all", "new", "town"]
