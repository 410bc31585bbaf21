"""The views of the first page: a table, a map, a wall, a workbook. All say the same, and every address says all."""

import re
from collections.abc import Container
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import aiohttp
import pytest

from monitor.board.cells import columns
from monitor.board.doubts import banners, facts
from monitor.board.download import heads, lines
from monitor.board.frame import Judged, View
from monitor.board.map import map_page
from monitor.board.matrix import board
from monitor.board.wall import MOST_PAGES, TILES, wall_page
from monitor.core.calendar import Calendar
from monitor.core.outlines import drawn
from monitor.core.ranking import leading
from monitor.core.service import Objective, Service
from monitor.core.verdict import State
from monitor.core.windows import DEFAULT
from monitor.published import Published, StoreState, Workforce
from monitor.settings import load
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import STATES
from tests.board.test_pages import Page
from tests.eventually import wait_until
from tests.exporter.invented import GRID, SHAPES, published, service, verdicts_of
from tests.exporter.serving import listening, served, status_is
from tests.exporter.world import World, missions

ROOT = Path(__file__).parents[2]
SHOWN = {"table": board, "map": map_page, "wall": wall_page}
P80 = (Objective("p80", 80),)


def tiled(declared: Service) -> Service:
    """The service with a tile for every area that holds no other, in rows of two."""
    pools = {area.within for area in declared.areas}
    leaves = [area.slug for area in declared.areas if area.slug not in pools]
    return replace(
        declared,
        areas=tuple(
            replace(area, tile=(1 + leaves.index(area.slug) // 2, 1 + leaves.index(area.slug) % 2))
            if area.slug in leaves
            else area
            for area in declared.areas
        ),
    )


def view(shown: Published, language: Language = "en", **more: Any) -> View:
    """What somebody looks at."""
    return View(
        published=shown, say=speaker(language), zone=GRID.zone, window="28d", windows=DEFAULT, **more
    )  # fmt: skip


def cells(text: str) -> dict[str, tuple[str, str | None]]:
    """State and evidence by the area's place, of whatever view; those of a page of the wall without its number."""
    page = Page(text)
    found = {
        re.sub(r"^c-(?:.+-\d+-)?(?=[a-z])", "", key): (str(said["data-state"]), said.get("data-evidence"))
        for key, said in page.attributes.items()
        if key.startswith("c-")
    }
    assert page.tags.count("script") <= 2
    return found


@pytest.mark.parametrize("declared", SHAPES.values(), ids=SHAPES)
def test_map_and_wall_say_what_the_table_says(declared: Service) -> None:
    """Every series is in each of them with the same verdict and evidence, told in words beside the same figure."""
    shown = published(tiled(declared))
    table, mapped = board(view(shown)), map_page(view(shown, look="map"))
    assert cells(mapped) == cells(table)
    wall = wall_page(view(shown, look="wall"))
    if len(declared.areas) * len(columns(view(shown))) < 50:
        assert sorted(cells(wall).values()) == sorted(cells(table).values(), key=lambda one: (one[0], one[1] or ""))
    for text in (mapped, wall):
        page = Page(text)
        for key, said in page.attributes.items():
            if key.startswith("c-"):
                assert STATES[said["data-state"]] in page.text[key]  # type: ignore[index] - its value
                link = page.attributes[key.replace("c-", "l-", 1)]
                assert re.match(r"area/[\w-]+\?.*#", link["href"] or "")


def test_tiles_come_in_reading_order_with_pools_before_them() -> None:
    """Row by row, as they are read; an area without a place is told below, never left out."""
    declared = tiled(SHAPES["4x2"])
    areas = [replace(area, tile=None) if area.slug == "kent" else area for area in declared.areas]
    declared = replace(declared, areas=tuple(areas))
    text = map_page(view(published(declared), look="map", category="category-1"))
    names = re.findall(r'<span class="name">([^<]+)', text)
    assert names[:4] == ["England", "London", "North West", "South East"] or set(names[:4]) == {
        "England", "London", "North West", "South East",
    }  # fmt: skip
    assert names[4:] == ["London Ambulance", "Cumbria", "Lancashire", "Surrey", "Kent"]
    assert text.index("Without a place on the map") < text.index(">Kent<")
    assert re.search(r'class="tile r2 c1[^>]*>(?:(?!</li>).)*Lancashire', text, re.DOTALL)


def test_a_period_before_a_reform_is_shown_on_the_map_of_then() -> None:
    """An area that has ended since stands where it stood, and not wherever there is room."""
    declared = tiled(SHAPES["4x2"])
    kent = next(area for area in declared.areas if area.slug == "kent")
    ended = replace(kent, until=date(2023, 7, 1))
    shown = published(replace(declared, areas=tuple(ended if area is kent else area for area in declared.areas)))
    before = Judged(
        Calendar().period("2022"), over=True, rows=[row for row in shown.snapshot.rows if row.window == "28d"]
    )
    text = map_page(view(shown, look="map", category="category-1", judged=before))
    row, column = kent.tile or (0, 0)
    assert re.search(rf'class="tile r{row} c{column}[^>]*>(?:(?!</li>).)*>Kent<', text, re.DOTALL)


def test_outlines_are_drawn_with_marks_and_told_in_words_beside() -> None:
    """Links in the drawing are for the pointer alone; the list beside it has all of them, in words."""
    declared = SHAPES["1x1"]
    square = [(5.0, 60.0), (6.0, 60.0), (6.0, 61.0)]
    declared = replace(
        declared, outlines=drawn({"oslo": [square], "bergen": [[(4.0, 60.0), (5.0, 60.0), (5.0, 59.0)]]})
    )
    text = map_page(view(published(declared), look="map"))
    drawing = text.partition("<svg")[2].partition("</svg>")[0]
    assert drawing.count('<path class="outline"') == 2
    assert drawing.count("<a ") == drawing.count('tabindex="-1"')
    assert "style=" not in drawing
    for area in ("oslo", "bergen"):
        state = Page(text).attributes[f"o-{area}-calls"]["data-state"]
        assert Page(text).attributes[f"c-{area}-calls"]["data-state"] == state
    assert not any(area.tile for area in declared.areas)


def test_a_service_that_says_no_places_has_no_map() -> None:
    """It is not offered."""
    assert "view=map" not in board(view(published(SHAPES["1x1"])))
    assert "view=map" in board(view(published(tiled(SHAPES["1x1"]))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tile_says_in_words_that_other_objectives_are_missed(language: Language) -> None:
    """A met figure on wall or map over a missed objective would mislead; whose figure it is, the wall's head says."""
    say, declared = speaker(language), tiled(SHAPES["4x2"])
    shown = published(declared)
    for text in (wall_page(view(shown, language, look="wall")), map_page(view(shown, language, look="map"))):
        page, counted = Page(text), 0
        for (area, category), row in view(shown).rows.items():
            lesser = [one for one in row.verdicts.values() if one is not leading(row.verdicts)]
            missed = sum(one.state is State.MISSED for one in lesser)
            told = say.several("{count} other missed", "{count} others missed", missed)
            for key, said in page.text.items():
                if re.fullmatch(rf"c-(?:{category}-\d+-)?{area}-{category}", key):
                    assert (told in said) == bool(missed), (key, said)
                    counted += 1
        assert counted == len(view(shown).rows)
        assert 'class="others" data-said' in text  # taken away with the verdict
    heads_of = re.findall(r"<h2[^>]*>(.*?)</h2>", wall_page(view(shown, language, look="wall")))
    assert all("90th percentile (P90)" in head for head in heads_of)
    for down in (replace(shown, store=StoreState.DOWN),):
        assert 'class="others"' not in wall_page(view(down, language, look="wall"))


def test_a_page_of_the_wall_names_the_objective_that_it_shows() -> None:
    """Where the usual one has no target in a category, it is the next; a column that is an objective names itself."""
    declared = tiled(SHAPES["4x2"])
    shown = published(declared, seed=2, aimless={("category-1", "p90")})
    text = wall_page(view(shown, look="wall", category="category-1"))
    named = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    assert named
    assert all("mean (mean)" in head.lower() and "P90" not in head for head in named), named
    assert "</small> <small>" not in wall_page(view(published(tiled(SHAPES["1x6"])), look="wall"))


async def test_an_address_of_a_map_that_there_is_not_is_told_why(world: World) -> None:
    """Not only what else there is: a reader of another service's documents expects one."""
    declared = world.configuration.service
    bare = replace(declared, areas=tuple(replace(area, tile=None) for area in declared.areas))
    world.configuration = replace(world.configuration, service=bare)
    async with served(world) as get:
        status, told, _ = await get("/?view=map")
        assert status == 400
        assert "has no map: its service.toml says with neither tiles nor outlines where its areas lie" in told
        assert told.strip().endswith("Use one of table, wall.")


@pytest.mark.parametrize("name", sorted(folder.name for folder in (ROOT / "config" / "services").iterdir()))
def test_the_documents_name_the_services_that_have_no_map(name: str) -> None:
    """Those that come along, by what their files declare."""
    declared = load(ROOT / "config" / "monitor.toml", service=name).service
    said = " ".join(
        (ROOT / "docs" / "board.md").read_text(encoding="utf-8").partition("A map exists only")[2].split()
    )
    mapped = any(area.tile for area in declared.areas) or declared.outlines is not None
    unmapped = said.partition("do, but for ")[2].partition(", whose areas")[0]
    assert (f"`{name}`" not in unmapped) == mapped


@pytest.mark.slow
def test_a_wall_is_bounded_and_says_what_it_leaves_out() -> None:
    """So many pages in all, the worst areas on the first of each; the others are counted."""
    areas = {"all": None} | {f"a{number}": "all" for number in range(100)}
    categories: dict[str, str | None] = {f"c{number}": None for number in range(30)}
    for some, pages, told in ((3, 24, "4 more areas"), (30, 24, f"{100 - TILES} more areas")):
        declared = service(areas, dict(list(categories.items())[:some]), P80)
        shown = published(declared)
        text = wall_page(view(shown, look="wall"))
        assert text.count('<section class="leaf"') == pages <= MOST_PAGES
        assert told in text
        assert text.count("only in the table") == max(0, some - MOST_PAGES)
        first = text.partition('id="tiles-c0-1"')[2].partition("</ul>")[0]
        states = re.findall(r'data-state="(\w+)"', first)
        assert len(states) == TILES
        assert states == sorted(states, key=lambda state: state != "missed")


def test_a_wall_has_no_page_for_what_is_held_against_nothing() -> None:
    """Unless there is nothing else."""
    declared = SHAPES["4x2"]
    slugs = [column.slug for column in columns(view(published(declared)))]
    for left in (set(slugs) - {"category-3"}, set()):
        aimless = {(slug, one.slug) for slug in slugs if slug not in left for one in declared.objectives}
        text = wall_page(view(published(declared, aimless=aimless), look="wall"))
        assert set(re.findall(r'id="leaf-([\w-]+)-1"', text)) == (left or set(slugs))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wall_shows_what_has_fallen_silent(language: Language) -> None:
    """Feed, store, workers, partitions: each is marked, with when it was last heard of; no verdict looks current."""
    say = speaker(language)
    shown = published(tiled(SHAPES["4x2"]))
    heads_of = dict.fromkeys(range(6))
    shown = replace(shown, heads=heads_of, workforce=Workforce(2, frozenset(range(6))))  # type: ignore[arg-type] - counted
    assert all(fact.good for fact in facts(shown, say))
    silent = replace(shown, snapshot=replace(shown.snapshot, stale=True))
    for state, bad in (
        (silent, {say("Last event")}),
        (replace(shown, store=StoreState.DOWN), {say("Figures"), say("Store")}),
        (replace(shown, workforce=Workforce(0)), {say("Workers"), say("Partitions")}),
        (replace(shown, workforce=Workforce(2, frozenset({0, 1, 2}), frozenset({1}))), {say("Partitions")}),
    ):
        assert {fact.name for fact in facts(state, say) if not fact.good} == bad
        text = wall_page(view(state, language, look="wall"))
        assert text.count('<li class="bad">') == len(bad)
        assert 'class="banner"' in text
    behind = facts(replace(shown, workforce=Workforce(2, frozenset({0, 1, 2}), frozenset({1}))), say)[-1].told
    assert "4" in behind
    assert "6" in behind
    down = wall_page(view(replace(shown, store=StoreState.DOWN), language, look="wall"))
    assert set(re.findall(r'data-state="(\w+)"', down)) == {"outdated"}
    assert say("This picture is no longer updated.") in down  # for the stylesheet to show when the script stops


def test_every_address_says_all_of_the_view() -> None:
    """Each choice is a link that keeps the others; a window takes a period's place, and the other way round."""
    calendar = Calendar()
    period = Judged(calendar.period("2024-T2"), over=True)
    shown = published(tiled(SHAPES["4x2"]))
    rows = [replace(row, window="2024-T2") for row in shown.snapshot.rows if row.window == "year"]
    for more, said in (
        ({}, {"view": "table", "window": "28d", "order": "worst", "lang": "sv"}),
        (
            {"look": "map", "category": "category-2", "order": "fixed", "judged": replace(period, rows=rows)},
            {"view": "map", "period": "2024-T2", "category": "category-2", "order": "fixed", "lang": "sv"},
        ),
        (
            {"look": "wall", "category": "all"},
            {"view": "wall", "window": "28d", "category": "all", "order": "worst", "lang": "sv"},
        ),
    ):
        found = view(shown, "sv", **more)
        text = SHOWN[found.look](found)
        links = [
            dict(parse_qsl(urlsplit(link.replace("&amp;", "&")).query))
            for link in re.findall(r'href="(\?[^"]+)"', text)
        ]
        assert links
        for link in links:
            changed = {key for key in said.keys() | link.keys() if said.get(key) != link.get(key)}
            assert len(changed - {"window", "period"}) + bool(changed & {"window", "period"}) <= 1
        if found.look != "wall":
            assert said in links  # the permanent link
        for link in re.findall(r'href="(area/[^"]+)"', text):
            assert dict(parse_qsl(urlsplit(link.replace("&amp;", "&")).query)) == said


def test_a_period_shows_what_was_and_nothing_of_now() -> None:
    """No alarm, nothing open or overdue; a silent feed takes nothing from a period that is over."""
    shown = published(SHAPES["4x2"])
    shown = replace(shown, snapshot=replace(shown.snapshot, stale=True))
    rows = [replace(row, window="2023") for row in shown.snapshot.rows if row.window == "year"]
    text = board(view(shown, judged=Judged(Calendar().period("2023"), over=True, rows=rows)))
    main = text.partition("<main")[2].partition("</main>")[0]
    for word in ("overdue", " open<", 'class="level'):
        assert word not in main
    assert 'data-state="met"' in main.partition('class="legend"')[0]
    assert "every verdict is" not in text
    assert banners(shown, speaker("en"), GRID.zone)
    assert "2023" in Page(text).text["caption"]


def test_targets_are_written_as_the_values_beside_them() -> None:
    """112.5 stands beside 120 min, and 7:30 beside 8:00: never beside 2 h."""
    declared = service({"city": None, "east": "city"}, {"any": None}, (Objective("p90", 90, clock="response"),))
    shown = published(declared)
    for target, wanted in (
        (7200.0, "≤ 120 min"),
        (480.0, "≤ 8 min"),
        (480.5, "≤ 8:00.5"),
        (10.0, "≤ 10 s"),
        (9000.0, "≤ 2:30:00"),
    ):
        standings = [replace(one, targets={"p90": target}) for one in shown.snapshot.standings]
        rows = [
            replace(row, verdicts={"p90": replace(row.verdicts["p90"], target_seconds=target)})
            for row in shown.snapshot.rows
        ]
        text = board(view(replace(shown, snapshot=replace(shown.snapshot, standings=standings, rows=rows))))
        assert set(re.findall(r'class="target">(≤ [^<]*)', text)) == {wanted}


def test_an_objective_has_one_notation_in_all_cells_and_units_where_they_differ() -> None:
    """Whatever a category's own threshold would suit; seconds and min:s never stand bare beside each other."""
    declared = service(
        {"city": None, "east": "city"},
        {"all": None, "fire": "all", "tower": "all"},
        (
            Objective("answered", 90, clock="answer"),
            Objective("turnout", 90, clock="answer"),
            Objective("alarm", 90, clock="response"),
            Objective("handover", 90, clock="response"),
        ),
        ("answer", "response"),
    )
    shown = published(declared)
    targets = {"answered": 10.0, "turnout": 80.0, "alarm": 480.0, "handover": 650.0}

    def held(category: str, slug: str) -> float | None:
        return (
            None
            if category == "all" and slug == "alarm"
            else 610.0
            if category == "tower" and slug == "alarm"
            else targets[slug]
        )

    def text_of(wanted: Container[str]) -> str:
        standings = [
            replace(one, targets={slug: held(one.category, slug) if slug in wanted else None for slug in targets})
            for one in shown.snapshot.standings
        ]
        rows = []
        for row in shown.snapshot.rows:
            known = {slug: held(row.category, slug) if slug in wanted else None for slug in targets}
            values = {slug: seconds * 0.95 for slug, seconds in targets.items()}
            figures = replace(row.figures, values=values, exact=dict.fromkeys(targets, True))
            rows.append(replace(row, figures=figures, verdicts=verdicts_of(declared, figures, known)))
        return board(view(replace(shown, snapshot=replace(shown.snapshot, standings=standings, rows=rows))))

    def others(text: str) -> set[str]:
        return {
            " ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in re.findall(r'class="other"[^>]*>(.*)', text)
        }

    told = {re.sub(r" (met|missed|no data).*", "", one) for one in others(text_of(set(targets)))}
    assert told == {
        "turnout 76.0 s ≤ 80 s",
        "alarm 7:36 min ≤ 8:00 min",
        "alarm 7:36 min ≤ 10:10 min",
        "handover 10:18 min ≤ 10:50 min",
        "alarm 7:36 min",  # judged, though none is in force today
    }
    assert set(re.findall(r'class="target">(≤ [^<]*)', text_of(set(targets)))) == {"≤ 10 s"}
    alone = {re.sub(r" (met|missed|no data).*", "", one) for one in others(text_of({"alarm", "handover"}))}
    assert alone == {"turnout 1:16", "alarm 7:36", "handover 10:18"}  # all are min:s, as the figure beside them


def test_a_workbook_has_a_row_for_each_objective_shown() -> None:
    """In the order of the table, with numbers as numbers; an outdated verdict is none; what is unknown is empty."""
    shown = published(tiled(SHAPES["4x2"]))
    found = view(shown, category="category-1", order="fixed")
    told = list(lines(found))
    assert all(len(line) == len(heads(found)) for line in told)
    assert [line[0] for line in told[:2]] == ["England", "England"]
    by_place = {(line[0], line[2]): line for line in told}
    row = found.rows["kent", "category-1"]
    line = by_place["Kent", "90th percentile"]
    seconds = row.figures.values["p90"]
    assert line[4] == (None if seconds is None else seconds / 60)
    assert line[8] == STATES[row.verdicts["p90"].state]
    down = list(lines(view(replace(shown, store=StoreState.DOWN))))
    assert {line[8] for line in down} == {"outdated"}
    assert {line[9] for line in down} == {None}


async def test_the_download_is_what_the_address_shows(world: World) -> None:
    """A workbook under the view's own choices: cached, named after service and window, without ids."""
    await world.tell(missions(40, late=3))
    async with listening(world) as url, aiohttp.ClientSession(url) as session, served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")

        async def ready() -> bool:
            async with session.get("/readyz") as answer:
                return answer.status == 200

        await wait_until(ready, "readiness of the other")
        for query, name in (("window=7d&category=urban&lang=nb", "7d"), ("period=2024-05", "2024-05")):
            async with session.get(f"/board.xlsx?{query}") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Disposition"].endswith(f'"norwegian-police-{name}.xlsx"')
                tag, body = answer.headers["ETag"], await answer.read()
            async with session.get(f"/board.xlsx?{query}", headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
            with ZipFile(BytesIO(body)) as book:
                text = b"".join(book.read(part) for part in book.namelist()).decode(errors="ignore")
            assert "m-0" not in text
            assert "Oslo" in text


async def test_a_period_has_its_page_and_one_to_come_has_none(world: World) -> None:
    """Closed, running, of the far past; later ones are not found."""
    await world.tell(missions(40, late=3))
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        for look in ("table", "map", "wall"):
            for period, status in (("2024-05", 200), ("2024", 200), ("1900", 200), ("2025", 404), ("2024-13", 400)):
                assert (await get(f"/?view={look}&period={period}"))[0] == status, (look, period)
        _, text, _ = await get("/?period=2024-05")
        assert '"2024-05"' not in text
        assert "2024-05" in Page(text).text["caption"]
        assert date(2024, 5, 1) < date(2024, 6, 12)
