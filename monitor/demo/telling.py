"""What the person watching is told: lines on the terminal, and what the page says, read as anybody would read it."""

import asyncio
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import aiohttp
import click

NEWS_SECONDS: Final = 15.0
FIRST_FIGURES_SECONDS: Final = 120.0
_WINDOW: Final = "24h"
_MOST_TOLD: Final = 3
"""Objectives in a line: what does not fit one line of a terminal or two is read by nobody."""
_WORST_FIRST: Final = ("missed", "met", "no_data")
_PATIENCE: Final = aiohttp.ClientTimeout(5)


def say(text: str) -> None:
    """One line to the person watching."""
    click.echo(f"[{time.strftime('%H:%M:%S')}] {text}")
    sys.stdout.flush()


async def figures_of(http: aiohttp.ClientSession, url: str, events: int) -> None:
    """Return when the page shows everything that was sent. Raises TimeoutError."""
    deadline = time.monotonic() + FIRST_FIGURES_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        if await _counted(http, url) >= events:
            return
    raise TimeoutError(f"the page at {url} did not show the history within {FIRST_FIGURES_SECONDS:g} s")


async def _counted(http: aiohttp.ClientSession, url: str) -> int:
    """Records that the exporter has seen stored, over all partitions."""
    try:
        async with http.get(f"{url}/metrics", timeout=_PATIENCE) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return 0
    return sum(
        round(float(line.rsplit(" ", 1)[1])) for line in text.splitlines() if line.startswith("monitor_next_offset{")
    )


async def tell_news(http: aiohttp.ClientSession, url: str, *, area: str, storm_after_seconds: float) -> None:
    """Say now and then what the storm's area looks like, without end."""
    begun = time.monotonic()
    announced = False
    while True:
        await asyncio.sleep(NEWS_SECONDS)
        if not announced and time.monotonic() - begun >= storm_after_seconds:
            announced = True
            say(f"the storm is over {area}: watch its {_WINDOW} figures")
        try:
            async with http.get(f"{url}/api/v1/compliance", timeout=_PATIENCE) as answer:
                say(headline(await answer.json(), area))
        except (aiohttp.ClientError, TimeoutError):
            say("the page does not answer at the moment")


def headline(answer: Mapping[str, Any], area: str) -> str:
    """An area's last day in one line, from the page's answer: the worst objectives that have a threshold there."""
    rows = [row for row in answer["rows"] or () if (row["area"], row["window"]) == (area, _WINDOW)]
    judged = [
        (row["category"], slug, one)
        for row in rows
        for slug, one in row["objectives"].items()
        if one["target_seconds"] is not None
    ]
    judged.sort(key=lambda found: _WORST_FIRST.index(found[2]["state"]) if found[2]["state"] in _WORST_FIRST else 0)
    parts = [f"{category} {slug} {_told(one)}" for category, slug, one in judged[:_MOST_TOLD]]
    more = f"; and {len(judged) - _MOST_TOLD} more" if len(judged) > _MOST_TOLD else ""
    return f"{area}, last {_WINDOW}: {'; '.join(parts) or 'nothing is judged yet'}{more}"


def _told(one: Mapping[str, Any]) -> str:
    seconds, judged = one["value_seconds"], one["judged"]
    value = "-" if seconds is None else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
    return f"{value} ({judged} {'mission' if judged == 1 else 'missions'}, {one['state'].replace('_', ' ')})"


def announcement(rate_per_minute: float, area: str, *, storm_after_seconds: float, left_seconds: float | None) -> str:
    """What comes live. `left_seconds`: until the demo ends by itself; None: it does not."""
    begun = f"live missions from now on, {rate_per_minute:g} a minute"
    if left_seconds is not None and left_seconds <= storm_after_seconds:
        return (
            f"{begun}; no storm: it would come after {storm_after_seconds:g} s, and the demo ends before "
            "(--duration, --storm-after)"
        )
    return f"{begun}; a storm comes over {area} in {storm_after_seconds:g} s"


def tell_where(url: str, logs: object, workers: Iterable[int]) -> None:
    """What there is to look at, and to try."""
    for line in (
        f"  the page     {url}/",
        f"  metrics      {url}/metrics",
        f"  as JSON      {url}/api/v1/compliance",
        f"  logs         {logs}",
        f"  try          kill -9 {' or '.join(map(str, workers))}  (a worker; another takes over, nothing is lost)",
        "  Ctrl-C ends everything",
    ):
        say(line)
