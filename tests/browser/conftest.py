"""A headless Chromium of this machine, and pages in it that report whatever they complain about.

One browser serves all tests: it, the service and the tests share the session's event loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.stage import Served
from tests.servers.components import require

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LONGEST_MS = 10_000

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with a fresh profile, which goes with it."""
    chromium = require("chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def complaints() -> list[str]:
    """What the console of the test's pages said: errors, warnings, exceptions."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser: Browser, complaints: list[str]) -> AsyncIterator[Open]:
    """Opens a page of a service and waits until it is live; `live=False`: only until it is there."""
    contexts = []

    async def look_at(service: Served, path: str = "/?lang=en", *, live: bool = True, **options: Any) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1366, "height": 768}, "locale": "en"} | options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(LONGEST_MS)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(service.url.rstrip("/") + path)
        if live:
            await page.wait_for_selector(".connection.live")
        return page

    yield look_at
    for context in contexts:
        await context.close()
