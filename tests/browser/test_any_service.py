"""The board of other services in a real browser: it fits every screen, and nothing runs into anything."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Route

from monitor.board.area import area_page
from monitor.board.assets import ASSETS
from monitor.board.frame import View
from monitor.board.map import map_page
from monitor.board.matrix import board
from monitor.board.wall import wall_page
from monitor.core.service import Service
from monitor.core.silences import Hidden, Matcher, Silence, Silenced
from monitor.core.windows import DEFAULT
from monitor.words.speaker import speaker
from tests.board.test_views import tiled
from tests.exporter.invented import GRID, NOW, SHAPES, closer, published, weeks

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.integration]
SCREENS = [(1920, 1080), (1366, 768), (820, 1100), (390, 844), (360, 740)]
PHONE = 400
OVERRUN = """() => [...document.querySelectorAll(".cell, .matrix tbody th, .tile, .tile > a")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 || (e.closest(".tile") && e.scrollHeight > e.clientHeight + 1))
  .map(e => e.textContent.trim().replace(/\\s+/g, " "))"""
"""What is wider than the place it has, and of a tile what is higher."""
SMALL = """() => [...document.querySelectorAll("a, button, summary")]
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.width && !e.closest("svg, .skip") && Math.min(box.width, box.height) < 43.9)
  .map(([e, box]) => [e.textContent.trim(), box.width, box.height].join(" "))"""
"""What a finger would miss."""


def silenced(area: str, category: str) -> Silenced:
    """More silences than a page tells, with words as long as they come; alerts of a series are held back."""
    hidden = [Hidden(f"ResponseObjectiveBreached{number}", area, category) for number in range(5)]
    words = (Matcher("area", area), Matcher("instance", "[a-z]+" * 90, regex=True))
    return Silenced([Silence(words, NOW + 3600.0, hidden), *[Silence(words, None)] * 6])


def pages(declared: Service) -> dict[str, str]:
    """The board in each of its views, and the page of an area, by their addresses."""
    declared = tiled(declared)
    area, category = declared.judged_areas[1], declared.judged_categories[0]
    shown = replace(published(declared), silenced=silenced(area, category))
    view = View(published=shown, say=speaker("en"), zone=GRID.zone, window="28d", windows=DEFAULT)
    told, behind = weeks(declared, shown, area), closer(declared)
    one = {category: behind[category] for category in declared.judged_categories[:1]}  # all are alike
    return {
        "/": board(view),
        "/map": map_page(replace(view, look="map")),
        "/wall": wall_page(replace(view, look="wall")),
        "/area/one": area_page(replace(view, root="../"), area, told, one, drift_threshold=6.5),
    }


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Pages without scripts: there is nobody to listen to."""
    opened = await browser.new_context(java_script_enabled=True, reduced_motion="reduce", color_scheme="light")
    yield opened
    await opened.close()


@pytest.mark.parametrize("declared", SHAPES.values(), ids=SHAPES)
async def test_any_service_fits_every_screen(context: BrowserContext, declared: Service) -> None:
    """From the wall to a phone, with one cell in a row or twelve; axe has nothing to say, in the dark neither."""
    told, files = pages(declared), {asset.path: asset for asset in ASSETS.values()}

    async def answer(route: Route) -> None:
        path = "/" + route.request.url.partition("//")[2].partition("/")[2].partition("?")[0]
        if path in told:
            await route.fulfill(body=told[path], content_type="text/html; charset=utf-8")
        elif path in files and not path.endswith(".js"):
            await route.fulfill(body=files[path].body, content_type=files[path].content_type)
        else:
            await route.abort()

    await context.route("**/*", answer)
    page = await context.new_page()
    for path in told:
        await page.goto(f"http://board.invalid{path}")
        for width, height in SCREENS:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
            assert await page.evaluate(OVERRUN) == [], (path, width)
            if width < PHONE and "area" not in path:
                assert await page.evaluate(SMALL) == [], (path, width)
        if declared is SHAPES["12x6"] and path != "/":
            continue  # of thousands of elements, none unlike those of the smaller ones: axe would take minutes
        for scheme in ("light",) if path in ("/map", "/wall") else ("light", "dark"):  # the nation is seen in both
            await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
