"""The yearly table by the monitor's own core, as `monitor report` makes it, for several years at once.

    python our_years.py MISSIONS.JSONL|- YEAR…       from a file, every value kept exactly
    python our_years.py store YEAR…                  from the store that the environment names

Prints rows of year, area, class, missions, P50, P80.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from monitor import clock
from monitor.core.calendar import Calendar
from monitor.core.history import History
from monitor.core.snapshot import over_period
from monitor.report.sources import from_lines, from_store
from monitor.settings import Configuration, load
from monitor.wiring import empty_history, partition_policy, redis_store


async def read_store(history: History, configuration: Configuration) -> None:
    """Take over what the workers have stored."""
    store = redis_store(configuration)
    try:
        await from_store(history, store)
    finally:
        await store.close()


def main(source: str, years: list[str]) -> None:
    """Print the table."""
    began = time.perf_counter()
    configuration = load()
    history = empty_history(configuration)
    if source == "store":
        asyncio.run(read_store(history, configuration))
    else:
        with Path(source).open("rb") as lines:
            refused = from_lines(history, partition_policy(configuration, sealing=False), lines, now=clock.now())
        assert not refused, refused
    rows = [
        [
            int(year),
            row.area,
            row.category,
            row.figures.first.measured,
            *(row.figures.values[slug] for slug in ("goal", "requirement")),
        ]
        for year in years
        for row in over_period(history, Calendar().period(year), now=clock.now(), abandoned_after_seconds=86_400.0)
        if row.figures.first.measured
    ]
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
