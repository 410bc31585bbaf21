"""A wall in a real browser: it turns its pages, stops when it is told to, and takes an old picture away."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from monitor.board import wall
from tests.browser.conftest import LONGEST_MS, Open
from tests.browser.stage import served
from tests.exporter.world import World, missions

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.integration]
expect.set_options(timeout=LONGEST_MS)
WALL = "/?lang=en&view=wall"
ROOM = {"viewport": {"width": 1920, "height": 1080}}


async def shown(page: Page) -> list[str]:
    """The pages that can be seen."""
    return await page.locator(".leaf:not([hidden])").evaluate_all("all => all.map(leaf => leaf.id)")


async def heights(page: Page, what: str) -> float:
    """The size of letters of the visible page, in pixels: of the smallest of its kind."""
    return await page.locator(f".leaf:not([hidden]) {what}").evaluate_all(
        "all => Math.min(...all.map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )


async def test_a_wall_turns_its_pages_until_somebody_stops_it(
    look: Open, monkeypatch: pytest.MonkeyPatch, complaints: list[str]
) -> None:
    """One after the other, and from the last to the first; paused it stays, by buttons and arrow keys it goes on."""
    monkeypatch.setattr(wall, "TURN_SECONDS", 1)
    world = World(refresh_seconds=600.0)
    await world.tell(missions(30, late=15))
    async with served(world) as service:
        page = await look(service, WALL, **ROOM)
        for leaf in ("town", "rural", "urban"):
            await expect(page.locator(f"#leaf-{leaf}-1")).to_be_visible()
            assert len(await shown(page)) == 1
        await page.click("#pause")
        (there,) = await shown(page)
        await page.wait_for_timeout(2500)
        assert await shown(page) == [there]
        await page.click("#forth")
        (then,) = await shown(page)
        assert then != there
        await page.keyboard.press("ArrowLeft")
        assert await shown(page) == [there]
        await page.click("#pages a:has-text('town')")
        await expect(page.locator("#leaf-town-1")).to_be_visible()
        await page.wait_for_timeout(2500)
        assert await shown(page) == ["leaf-town-1"]
    assert complaints == []


async def test_whoever_wants_less_motion_turns_the_pages(look: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself; an address may begin at any page."""
    monkeypatch.setattr(wall, "TURN_SECONDS", 1)
    world = World(refresh_seconds=600.0)
    async with served(world) as service:
        page = await look(service, f"{WALL}#leaf-rural-1", reduced_motion="reduce", **ROOM)
        await page.wait_for_timeout(2500)
        assert await shown(page) == ["leaf-rural-1"]
        await expect(page.locator("#pause")).to_have_text("Turn pages")


async def test_a_wall_follows_the_store_and_is_large_enough(look: Open) -> None:
    """Figures change where they stand, the worst moves to the front; letters are as large as the documents say."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(30, late=15))
    async with served(world) as service:
        page = await look(service, f"{WALL}&category=urban", **ROOM)
        await expect(page.locator("#tiles-urban-1 > li").first).to_contain_text("Oslo")
        await world.tell(missions(60, late=60, name="t", district="troms"))
        await expect(page.locator("#tiles-urban-1 > li").first).to_contain_text("Troms")
        await expect(page.locator("#tiles-urban-1 > li").first).to_have_attribute("data-state", "missed")
        assert await heights(page, ".tiles .name") >= 52
        assert await heights(page, ".tiles .value") >= 84
        assert await heights(page, ".tiles .verdict strong") >= 51
        assert await page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0


async def test_a_picture_that_nothing_renews_is_taken_away(look: Open) -> None:
    """The service ends: no verdict is left. The script itself stops: the whole picture goes."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(20, late=1))
    finish = "document.getAnimations().filter(a => a.animationName?.startsWith('stopped')).forEach(a => a.finish())"
    async with served(world) as service:
        page = await look(service, WALL, **ROOM)
        stopped = page.locator(".stopped")
        await expect(stopped).to_be_hidden()
        await page.evaluate(finish)  # as if half a minute had passed: the next sign of life takes it back
        await expect(stopped).to_be_hidden()
        dead = await look(service, WALL, live=False, java_script_enabled=True, **ROOM)

        async def refuse(route: Route) -> None:
            await route.abort()

        await dead.route(re.compile(r"/static/wall\.\w+\.js"), refuse)
        await dead.reload()
        await dead.wait_for_selector(".connection.live")
        await dead.evaluate(finish)
        await expect(dead.locator(".stopped")).to_be_visible()
        await service.stop()
        await expect(page.locator("#lost")).to_contain_text("Connection lost")
        states = await page.locator("main [data-state]").evaluate_all("all => all.map(e => e.dataset.state)")
        assert set(states) == {"outdated"}
