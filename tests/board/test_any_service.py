"""The pages of any service: every area, category and objective in its place, under names of its own."""

import re
from dataclasses import replace
from datetime import date

import pytest

from monitor.board.area import area_page
from monitor.board.cells import ordered
from monitor.board.frame import View
from monitor.board.matrix import board
from monitor.core.ranking import leading
from monitor.core.service import Area, Duty, Objective, Service
from monitor.core.verdict import State
from monitor.core.windows import DEFAULT
from monitor.published import Published
from monitor.words import names
from monitor.words.catalogue import Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import STATES
from tests.board.test_pages import Page
from tests.exporter.invented import GRID, SHAPES, closer, published, service, weeks


def view(shown: Published, language: Language = "en", order: str = "worst") -> View:
    """What somebody looks at."""
    return View(
        published=shown, say=speaker(language), zone=GRID.zone, window="28d", windows=DEFAULT,
        order="worst" if order == "worst" else "fixed",
    )  # fmt: skip


@pytest.mark.parametrize("declared", SHAPES.values(), ids=SHAPES)
def test_every_series_has_its_cell(declared: Service) -> None:
    """For each category, or each objective of the only one: with the verdict on the objective that it tells."""
    shown = published(declared)
    page = Page(board(view(shown)))
    alone = len(declared.categories) == 1 and len(declared.objectives) > 1
    cells = [key for key in page.attributes if key.startswith("c-")]
    assert len(cells) == len(declared.judged_series) * (len(declared.objectives) if alone else 1)
    for row in shown.snapshot.rows:
        if row.window != "28d":
            continue
        told = leading(row.verdicts)
        for verdict in row.verdicts.values():
            slug = verdict.objective.slug
            cell = f"c-{row.area}-{row.category}" + (f"_{slug}" if alone else "")
            if alone or verdict is told:
                assert page.attributes[cell]["data-state"] == verdict.state
                assert STATES[verdict.state] in page.text[cell]
            elif verdict.state is not State.NO_TARGET:
                named = names.objective(speaker("en"), verdict.objective)
                assert re.search(rf"{re.escape(named)} \S.*{STATES[verdict.state]}", page.text[cell], re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("declared", SHAPES.values(), ids=SHAPES)
def test_an_area_tells_every_objective_of_every_category(declared: Service) -> None:
    """All windows and the last weeks of each; a mean has time to spare; shares where there is a threshold."""
    shown, area = published(declared), declared.judged_areas[1]
    text = area_page(view(shown), area, weeks(declared, shown, area), drift_threshold=6.5)
    page = Page(text)
    for row in shown.snapshot.rows:
        if row.area == area:
            assert f"n-{row.category}-{row.window}" in page.attributes
            for slug, verdict in row.verdicts.items():
                assert STATES[verdict.state] in page.text[f"w-{row.category}_{slug}-{row.window}"]
    for category in declared.judged_categories:
        for objective in declared.objectives:
            key = f"{category}_{objective.slug}"
            chart = text.partition(f'id="chart-{key}"')[2].partition("</svg>")[0]
            held = any(row.verdicts[objective.slug].target_seconds for row in shown.snapshot.rows
                       if (row.area, row.category) == (area, category))  # fmt: skip
            assert chart.count('class="heading"') == (3 if held and objective.percentile is not None else 2)
            assert page.text[key].count("no missions") == 1  # one week is
            assert ("time to spare" in page.text[key]) == (objective.percentile is None)
            assert ("late to spare" in page.text[key]) == (objective.percentile is not None)


@pytest.mark.parametrize("declared", SHAPES.values(), ids=SHAPES)
def test_an_area_tells_what_is_behind_its_figures(declared: Service) -> None:
    """Stages where there are several clocks, the tail of every percentile, 64 hours and their margins, the others."""
    shown, area, behind = published(declared), declared.judged_areas[1], closer(declared)
    text = area_page(view(shown), area, None, behind, drift_threshold=6.5)
    page, say = Page(text), speaker("en")
    for category in declared.judged_categories:
        assert (f"stages-{category}" in page.attributes) == (len(declared.clocks) > 1)
        for objective in declared.objectives:
            if objective.percentile is not None:
                assert names.headed(names.objective(say, objective)) in page.text[f"tail-{category}"]
        told = behind[category].hours
        if told is None:
            assert f"hours-{category}" not in page.attributes
            continue
        assert "≥ 38 (" in page.text[f"tail-{category}"]
        assert "633 missions are told from sketches" in page.text[category]
        cells = [*(cell for row in told.cells for cell in row), *told.days, *told.blocks]
        hours = text.partition(f'id="hours-{category}"')[2].partition("</table>")[0]
        assert hours.count("<td") == len(cells) + 1
        for said, side in (("more often late", 1), ("less often late", -1)):
            assert page.text[f"hours-{category}"].count(said) == sum(cell.stands_out == side for cell in cells)
        assert "Most often late: " in page.text[category]
        assert "10 or more" in page.text[f"crowding-{category}"]
    if len(declared.clocks) > 1:
        stages = page.text[f"stages-{declared.judged_categories[0]}"]
        assert "Not told by any clock" in stages
        assert "1\N{NARROW NO-BREAK SPACE}234 of 1\N{NARROW NO-BREAK SPACE}300 missions" in stages
        shares = [float(one) for one in re.findall(r"(\d+\.\d) %", stages)]
        assert sum(shares[0:-2:2]) == pytest.approx(100.0, abs=0.2)


def test_missions_are_told_by_clock_with_their_causes() -> None:
    """What a window's figures are made of; a clock is named where there are several."""
    declared = SHAPES["1x6"]
    shown = published(declared)
    page = Page(area_page(view(shown), "east", None, drift_threshold=6.5))
    row = next(row for row in shown.snapshot.rows if (row.area, row.window) == ("east", "year"))
    told = page.text["n-fire-year"]
    for figures in row.figures.clocks.values():
        assert f" {figures.measured} " in told
        assert f"{figures.unmeasured_total} (no end" in told
    assert all(f"{clock.slug}: measured" in page.text["fire"] for clock in declared.clocks)


def test_pools_stand_before_what_lies_in_them() -> None:
    """Areas in rows, categories in columns, one level deeper each; the worst first only among those of one pool."""
    declared = SHAPES["4x2"]
    shown = published(declared)
    rows = [row for row in shown.snapshot.rows if row.window == "28d"]
    for order in ("worst", "fixed"):
        found = ordered(declared, rows, "worst" if order == "worst" else "fixed", date(2024, 11, 20))
        path: list[str] = []
        for area, depth in found:
            path[depth:] = [area]
            assert tuple(reversed(path)) == declared.pools(area, date(2024, 11, 20))
        assert {area for area, _ in found} == set(declared.judged_areas)
    text = board(view(shown))
    assert 'class="pool depth-0">all</th>' in text
    assert re.findall(r'class="depth-1">(category \d) <small>all</small>', text) == [
        f"category {number}" for number in range(1, 5)
    ]
    assert re.findall(r'id="r-([\w-]+)" class="pool depth-1"', text) == [
        area for area, depth in ordered(declared, rows, "worst", date(2024, 11, 20)) if depth == 1
    ]


def test_an_area_that_is_no_more_lies_within_everything_and_keeps_its_page() -> None:
    """While a window still reaches back to it; then the board has no row of it, and its page no figures."""
    p80 = (Objective("p80", 80),)
    declared = replace(
        service({"all": None, "north": "all", "one": "north"}, {"any": None}, p80),
        areas=(
            Area("all"), Area("north", "all"), Area("one", "north", until=date(2024, 11, 1)),
            Area("gone", "north", until=date(2010, 1, 1)),
        ),
    )  # fmt: skip
    shown = published(declared)
    rows = [row for row in shown.snapshot.rows if row.area != "gone"]
    standings = [one for one in shown.snapshot.standings if one.area != "gone"]
    shown = replace(shown, snapshot=replace(shown.snapshot, rows=rows, standings=standings))
    found = ordered(declared, [row for row in rows if row.window == "28d"], "fixed", date(2024, 11, 20))
    assert found == [("all", 0), ("north", 1), ("one", 1)]
    assert 'id="r-gone"' not in board(view(shown))
    for area in ("one", "gone"):
        page = Page(area_page(view(shown), area, {}, drift_threshold=6.5))
        assert ("w-any_p80-28d" in page.attributes) == (area == "one")


def test_an_objective_without_targets_in_a_category_is_not_told_there() -> None:
    """Rules for one category alone do not fill the others; where nothing has a target, all statistics are told."""
    declared = SHAPES["4x2"]
    aimless = {("category-2", "mean"), ("category-3", "mean"), ("category-3", "p90")}
    page = Page(area_page(view(published(declared, aimless=aimless)), "london", None, drift_threshold=6.5))
    told = [key for key in page.attributes if re.fullmatch(r"category-[1-4]_\w+", key)]
    assert told == [
        "category-1_p90", "category-1_mean", "category-2_p90", "category-3_p90", "category-3_mean", "category-4_p90",
        "category-4_mean",
    ]  # fmt: skip


def test_slugs_that_could_be_mistaken_for_each_other_have_ids_of_their_own() -> None:
    """`a` with `b-c` and `a-b` with `c` would share one: a live page would show the figures of another area."""
    declared = service({"a": None, "a-b": "a"}, {"b-c": None, "c": None}, (Objective("p80", 80),))
    page = Page(board(view(published(declared), order="fixed")))  # refuses an id that stands twice
    assert sum(key.startswith("c-") for key in page.attributes) == 4


@pytest.mark.slow
def test_names_are_those_of_the_service_in_the_readers_language() -> None:
    """Of service, area, category, objective and clock; English where the language has none, else the slug."""
    declared = Service(
        "fire",
        areas=(Area("city", names={"en": "The city", "nb": "Byen"}), Area("east", "city")),
        categories=tuple(replace(one, names={"en": "Fires", "nb": "Branner"}) for one in SHAPES["1x6"].categories),
        clocks=tuple(replace(one, names={"en": "time", "sv": "tid"}) for one in SHAPES["1x1"].clocks),
        objectives=(Objective("half", 50, Duty.SHOW, "answer", {"nb": "halvparten"}),),
        names={"en": "The brigade", "nb": "Brannvesenet"},
    )
    shown = published(declared)
    for language, told in (
        ("en", ("The brigade", "The city", "east", "Fires", "halvparten", "(time)")),
        ("nb", ("Brannvesenet", "Byen", "east", "Branner", "halvparten", "(time)")),
        ("sv", ("The brigade", "The city", "east", "Fires", "halvparten", "(tid)")),
    ):
        found = view(shown, language)
        for text in (board(found), area_page(found, "east", None, drift_threshold=6.5)):
            for name in told:
                assert name in text or name.capitalize() in text
