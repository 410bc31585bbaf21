"""The past for the demo's Prometheus: what `monitor history` writes, as blocks, handed to the server that runs.

Decides how a running Prometheus takes them: a block is moved into its folder whole, and the server finds it within a
minute, as its documentation has it. Refuses to know what the past says.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp

from monitor.demo.processes import Child, ProcessFailed, wait_until
from monitor.past.volumes import BLOCK_HOURS, SUFFIX

POLL_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 1800.0
"""For all of the past; a thousand days on a busy machine."""
RELOAD_SECONDS: Final = 150.0
"""Prometheus looks for new blocks once a minute; a busy machine takes longer."""
_LENGTH: Final = f"--max-block-duration={BLOCK_HOURS}h"
_LAST: Final = ("nice", "-n", "10")
"""Whoever looks at the page comes first."""
_ASK: Final = "count(last_over_time(response_objective_info[1d]))"
_WEEK_SECONDS: Final = 7 * 86_400
_PATIENCE: Final = aiohttp.ClientTimeout(10)


async def tell_past(promtool: Path, data: Path, environment: Mapping[str, str], *, logs: Path) -> None:
    """Write the past down, from the store, and move it as blocks into a Prometheus' `data`. Raises ProcessFailed."""
    told, blocks = data.parent / "told", data.parent / "blocks"
    await _run("history", [*_LAST, sys.executable, "-m", "monitor", "history", str(told)], environment, logs=logs)
    for file in sorted(told.glob(f"*{SUFFIX}")):
        command = [str(promtool), "tsdb", "create-blocks-from", "--quiet", "openmetrics", _LENGTH, file, blocks]
        await _run("promtool", [*_LAST, *map(str, command)], environment, logs=logs)
    for block in sorted(blocks.iterdir()):
        if block.is_dir():
            block.replace(data / block.name)


async def seen(http: aiohttp.ClientSession, url: str) -> None:
    """Return once a Prometheus answers from what it was handed. Raises TimeoutError."""
    then = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < then:
        if await _remembers(http, url):
            return
        await asyncio.sleep(POLL_SECONDS)
    raise TimeoutError(f"Prometheus at {url} did not take over the past within {RELOAD_SECONDS:g} s")


async def _remembers(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(f"{url}/api/v1/query", params={"query": "time()"}, timeout=_PATIENCE) as answer:
        now = float((await answer.json())["data"]["result"][1])
    asked = {"query": _ASK, "time": str(now - _WEEK_SECONDS)}
    async with http.get(f"{url}/api/v1/query", params=asked, timeout=_PATIENCE) as answer:
        found: dict[str, Any] = await answer.json()
    return bool(found["data"]["result"])


async def _run(name: str, command: list[str], environment: Mapping[str, str], *, logs: Path) -> None:
    with Child(name, command, environment=environment, log=logs / f"{name}.log") as child:
        await wait_until(lambda: child.exit_code is not None, f"the end of {name}", timeout_seconds=LONGEST_SECONDS)
        if child.exit_code:
            raise ProcessFailed(f"{name} ended with exit code {child.exit_code}: {child.log_tail(lines=3)}")
