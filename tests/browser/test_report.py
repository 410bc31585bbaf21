"""The report in a real browser: read on any screen, heard, and printed on A4."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from monitor.report.formats import FORMATS
from monitor.words.catalogue import LANGUAGES, Language
from tests.browser.stage import told

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.integration]
SCREENS = [(1920, 1080), (1366, 768), (768, 1024), (360, 740)]
PAPER_PIXELS = round((210 - 2 * 12) / 25.4 * 96)
"""What `@page` leaves of A4's width."""
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """The invented year as somebody would save it."""
    report, folder = told("2024"), tmp_path_factory.mktemp("report")
    saved = {language: folder / f"{language}.html" for language in LANGUAGES}
    for language, file in saved.items():
        file.write_text(FORMATS["html"](report, language), encoding="utf-8")
    return saved


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page that has not been anywhere."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="en")
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_read_on_any_screen_and_loads_nothing(
    page: Page, files: dict[Language, Path], language: Language
) -> None:
    """No complaint on the console, one request, and the page never scrolls sideways."""
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(files[language].as_uri())
    for width, height in SCREENS:
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
    assert complaints == []
    assert requests == [files[language].as_uri()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_keeps_the_rules_of_accessibility(
    page: Page, files: dict[Language, Path], language: Language
) -> None:
    """No violation found by axe-core, on screen and as printed."""
    await page.goto(files[language].as_uri())
    for medium in ("screen", "print"):
        await page.emulate_media(media=medium)
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_printed_on_eleven_pages_of_a4(
    page: Page, files: dict[Language, Path], language: Language
) -> None:
    """In short and why, a page a class, two of the late, three of districts, notes; no row is cut, or too wide."""
    await page.goto(files[language].as_uri())
    printed = await page.pdf(prefer_css_page_size=True, print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 11
    boxes = {tuple(round(float(side)) for side in box.split()[2:])
             for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", printed)}  # fmt: skip
    assert boxes == {A4_POINTS}
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": PAPER_PIXELS, "height": 900})
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    whole = "all => all.every(e => getComputedStyle(e).breakInside === 'avoid')"
    assert await page.locator("tr, figure, .districts > div").evaluate_all(whole)
    inks = await page.locator("main td, main th, main p, .verdict").evaluate_all(
        "all => [...new Set(all.map(e => getComputedStyle(e).color))]"
    )
    assert set(inks) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
