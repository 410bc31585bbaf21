"""What a person gets: weeks of an episode through a real Prometheus and a real Alertmanager, a day in four seconds.

The rules and the routes are those that are shipped; an exporter is invented here, so that it says what a case wants.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Final

import pytest
from aiohttp import web

from monitor.alerts import alertmanager
from monitor.alerts.setup import Setup
from monitor.demo import watchers
from monitor.demo.processes import LOOPBACK, free_port
from monitor.demo.watchers import Alertmanager, Page, Programs, Watch, watching
from tests.eventually import wait_until
from tests.servers.components import require

ROOT: Final = Path(__file__).parents[2]
DAY: Final = 4.0
"""Seconds that stand for a day: of Prometheus' rules that tell what is new, and of this file."""
SERIES: Final = 'area="vest",category="rural",objective="requirement"'
NEW, WORSE = ("page", "ResponseDriftOverTarget", "new"), ("page", "ResponseDriftOverTarget", "worse")
TICKET: Final = ("ticket", "ResponseObjectiveBreached", "")
Told = tuple[str, str, str]
"""Receiver, alert, step of the episode."""

pytestmark = pytest.mark.integration


@dataclass(slots=True)
class Exporter:
    """Says how one series stands, in good health otherwise."""

    change: int = 0
    breach: int = 0

    def text(self) -> str:
        figures: Mapping[str, float] = {
            f"response_change_level{{{SERIES}}}": self.change,
            f"response_breach_level{{{SERIES}}}": self.breach,
            'response_area_info{area="vest",name="Vest",within="",kind="leaf"}': 1,
            'response_category_info{category="rural",name="rural",within="",kind="leaf"}': 1,
            "monitor_feed_stale{}": 0,
            "monitor_store_up{}": 1,
            "monitor_workers{}": 1,
            "monitor_last_record_timestamp_seconds{}": time(),
        }
        return "".join(
            f'{name[:-1]},service="police"}} {value}\n'.replace("{,", "{") for name, value in figures.items()
        )


@dataclass(slots=True)
class Inbox:
    """How often each alert came, as firing and as over."""

    firing: Counter[Told] = field(default_factory=Counter)
    over: Counter[Told] = field(default_factory=Counter)

    def receive(self, page: Page) -> None:
        told = (page.receiver, page.name, page.labels.get("episode", ""))
        (self.firing if page.status == "firing" else self.over)[told] += 1


@asynccontextmanager
async def watched(exporter: Exporter, inbox: Inbox) -> AsyncIterator[Watch]:
    """Prometheus and Alertmanager on an exporter that answers."""

    async def answer(request: web.Request) -> web.Response:
        del request
        return web.Response(text=exporter.text())

    application = web.Application()
    application.add_routes([web.get("/metrics", answer)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        here = (f"{LOOPBACK}:{port}",)
        setup = Setup(
            exporters=here, workers=here, scrape_seconds=1, evaluation_seconds=1, longest_for_seconds=1,
            group_wait_seconds=1, group_interval_seconds=1, news_seconds=int(DAY),
        )  # fmt: skip
        programs = Programs(prometheus=require("prometheus"), alertmanager=require("prometheus-alertmanager"))
        async with watching(programs, setup, inbox.receive) as watch:
            yield watch
    finally:
        await runner.cleanup()


async def passes(days: float) -> None:
    """So much of the life that is played: it is the time itself that must tell nothing."""
    until = time() + days * DAY
    await wait_until(lambda: time() >= until, f"{days} days", timeout_seconds=days * DAY + 30)


async def test_weeks_are_told_once_and_a_worsening_once_more() -> None:
    """Three weeks late, worse in the second, in breach all along: two pages and one ticket.

    calm | d0 late: page, ticket ........ d7 worse: page ............... d21 over
    """
    exporter, inbox = Exporter(), Inbox()
    async with watched(exporter, inbox):
        await passes(1)
        exporter.change, exporter.breach = 1, 2
        await wait_until(lambda: inbox.firing[NEW] and inbox.firing[TICKET], "page and ticket", timeout_seconds=60)
        await wait_until(lambda: inbox.over[NEW], "the page to be no news any more", timeout_seconds=60)
        await passes(5)
        exporter.change = 2
        await wait_until(lambda: inbox.firing[WORSE], "the page that it is worse", timeout_seconds=60)
        await wait_until(lambda: inbox.over[WORSE], "that to be no news any more", timeout_seconds=60)
        await passes(13)
        assert inbox.firing == {NEW: 1, WORSE: 1, TICKET: 1}
        assert not inbox.over[TICKET]
        exporter.change, exporter.breach = 0, 0
        await wait_until(lambda: inbox.over[TICKET], "the ticket's end", timeout_seconds=60)
        assert inbox.firing == {NEW: 1, WORSE: 1, TICKET: 1}


class Forgetful(Alertmanager):
    """Started without what `alertmanager.RETENTION` asks for: its five days are two seconds."""

    def command(self) -> list[str]:
        kept = [one for one in super().command() if one != alertmanager.RETENTION]
        return [*kept, "--data.retention=2s", "--data.maintenance-interval=1s"]


async def test_an_alertmanager_that_forgets_tells_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why it is to be started as docker-compose.yml and the demo do: no route can make it remember."""
    monkeypatch.setattr(watchers, "Alertmanager", Forgetful)
    exporter, inbox = Exporter(breach=2), Inbox()
    async with watched(exporter, inbox):
        await wait_until(lambda: inbox.firing[TICKET] > 2, "the same ticket again", timeout_seconds=90)


def test_what_is_sent_is_remembered_for_longer_than_until_it_would_be_sent_again() -> None:
    """Alertmanager's flag and the routes' interval go together, also where containers are started."""
    hours = int(alertmanager.RETENTION.removeprefix("--data.retention=").removesuffix("h"))
    assert hours * 3600 > alertmanager.AGAIN_SECONDS > 365 * 86_400
    assert f"- {alertmanager.RETENTION}\n" in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
