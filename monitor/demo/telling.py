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
    """An area's last day in one line, from the page's answer: every objective that has a threshold there."""
    rows = [row for row in answer["rows"] or () if (row["area"], row["window"]) == (area, _WINDOW)]
    parts = [f"{row['category']} {', '.join(judged)}" for row in rows if (judged := [*_judged(row["objectives"])])]
    return f"{area}, last {_WINDOW}: {'; '.join(parts) or 'nothing is judged yet'}"


def _judged(objectives: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for slug, one in objectives.items():
        if one["target_seconds"] is not None:
            seconds = one["value_seconds"]
            value = "-" if seconds is None else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
            yield f"{slug} {value} of {one['judged']} ({one['state']})"


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
