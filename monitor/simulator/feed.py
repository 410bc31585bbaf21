"""Lets emissions happen at their time: the only part of the simulator that waits.

Refuses to know the time by itself; the clock is an argument, and so is sleeping.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime

from monitor.simulator.delivery import Emission


async def paced(
    emissions: Iterable[Emission],
    *,
    now: Callable[[], datetime],
    until: datetime | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Emission]:
    """Yield each emission when its time has come, at once if that is past, and none due after ``until``."""
    for emission in emissions:
        due = emission.at if until is None else min(emission.at, until)
        await sleep(max(0.0, (due - now()).total_seconds()))
        if until is not None and emission.at > until:
            return
        yield emission
