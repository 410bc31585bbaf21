"""The pictures of the documents, taken on demand: BOARD_IMAGES=docs/images pytest tests/browser/take_images.py."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from monitor.report.formats import FORMATS
from tests.browser.conftest import Open
from tests.browser.stage import elsewhere, nation, served, told

FOLDER = os.environ.get("BOARD_IMAGES")

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.integration,
]
PICTURES = {
    "board.png": ("/?lang=en&window=28d", (1920, 1080), "light"),
    "board-nb.png": ("/?lang=nb&window=tertial", (1366, 768), "light"),
    "board-dark.png": ("/?lang=en&window=28d", (1920, 1080), "dark"),
    "board-phone.png": ("/?lang=nb&window=28d", (390, 844), "light"),
    "board-map.png": ("/?lang=en&window=28d&view=map", (1920, 1080), "light"),
    "board-wall.png": ("/?lang=nb&window=28d&view=wall&category=town", (1920, 1080), "light"),
    "district.png": ("/area/vest?lang=en", (1920, 1080), "light"),
}
REPORTS = {
    "report.png": ("2024", "en", "html"),
    "report-class.png": ("2024-T2", "nb", "#category-town"),
}
"""The period, the language, and what the picture begins with."""
COLOURS = 96


def keep(picture: bytes, name: str) -> None:
    """Write a picture with as many colours as a page has: a third of the size, and nobody sees a difference."""
    with Image.open(BytesIO(picture)) as shown:
        few = shown.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(Path(FOLDER or "") / name, optimize=True)


ELSEWHERE = ("england-ambulance", "nfpa-1710", "london-fire", "norwegian-amk")
"""Four services that are quite different: two clocks, stages, means of a whole city, seconds."""


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_pictures_of_other_services_are_taken(look: Open, name: str) -> None:
    """The board in a service's own words, over an invented past."""
    async with served(await elsewhere(name)) as service:
        page = await look(service, "/?lang=en&window=28d", viewport={"width": 1366, "height": 768})
        await expect(page.locator("main [data-state=met]:not(.legend *)").first).to_be_visible()
        keep(await page.screenshot(animations="disabled"), f"service-{name}.png")


async def test_pictures_of_the_report_are_taken(browser: Browser, tmp_path: Path) -> None:
    """The published year in short, and a class with its districts."""
    for name, (period, language, start) in REPORTS.items():
        file = tmp_path / "report.html"
        file.write_text(FORMATS["html"](told(period), language), encoding="utf-8")
        context = await browser.new_context(viewport={"width": 1180, "height": 1440})
        page = await context.new_page()
        await page.goto(file.as_uri())
        await page.locator(start).evaluate("element => element.scrollIntoView()")
        keep(await page.screenshot(animations="disabled"), name)
        await context.close()


async def test_pictures_are_taken(look: Open) -> None:
    """Board and district page over the invented past, the same every time; and the board when the store is gone."""
    world = await nation()
    async with served(world) as service:
        for name, (path, (width, height), scheme) in PICTURES.items():
            page = await look(service, path, viewport={"width": width, "height": height}, color_scheme=scheme)
            await expect(page.locator("main [data-state=missed]:not(.legend *)").first).to_be_visible()
            if "wall" in name:
                await expect(page.locator("#clock")).not_to_be_empty()
            # Ended animations would be those of a wall that has stopped.
            keep(await page.screenshot(animations="allow" if "wall" in name else "disabled"), name)
        page = await look(service, "/?lang=en", viewport={"width": 1920, "height": 1080})
        world.backing.reachable = False
        world.backing.announce()
        await expect(page.locator("#banners [role=alert]")).to_be_visible(timeout=60_000)
        keep(await page.screenshot(animations="disabled"), "board-outdated.png")
