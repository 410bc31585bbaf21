"""A worker that failed is gone within seconds, every time, and another takes over.

A few times in the suite; `FAILURES=40 pytest -s tests/integration/test_failed_workers_end.py` shows what is rare.
"""

import asyncio
import os

import pytest

from monitor.worker.failpoints import CHECKPOINT_STORED, FAIL_POINT
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Station, event

FAILURES = int(os.environ.get("FAILURES", "2"))
END_SECONDS = 10.0

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120 + 60 * FAILURES)]

WAYS: dict[str, tuple[dict[str, str], str]] = {
    "in storing a checkpoint": ({FAIL_POINT: f"{CHECKPOINT_STORED}!"}, "a test has asked for a failure"),
    "in the agent": (
        {"MONITOR_WORKER__ON_INVALID_FLOOD": "stop", "MONITOR_WORKER__INVALID_WINDOW": "5"},
        "stopping: ",
    ),
}
"""Where a worker fails: what it is started with, and what it logs as it notices."""


async def failed_in(station: Station, name: str, variables: dict[str, str], notices: str) -> float:
    """Start a worker that fails, and say how long it took from its failure to its end."""
    station.settings |= variables
    worker = station.worker(name)
    for variable in variables:
        del station.settings[variable]
    loop = asyncio.get_running_loop()

    def noticed() -> bool:
        return notices in station.log(name)

    await wait_until(noticed, f"{name} to fail\n{station.logs()}", timeout_seconds=READY_SECONDS)
    began = loop.time()
    await wait_until(
        lambda: worker.exit_code is not None, f"{name} to end\n{station.log(name)}", timeout_seconds=3 * END_SECONDS
    )
    assert worker.exit_code == 1, station.log(name)
    return loop.time() - began


@pytest.mark.parametrize("way", WAYS)
async def test_a_worker_that_failed_ends_within_seconds_each_time(station: Station, way: str) -> None:
    """Exit code 1 within ten seconds, whatever the clean-up waits for; then everything is counted by another."""
    variables, notices = WAYS[way]
    sent, took = 0, []
    for number in range(FAILURES):
        sent += await station.produce([event(f"m{number}-{mission}") for mission in range(20)])
        if way == "in the agent":
            sent += await station.produce([(f"{key}".encode(), b"x") for key in range(8) for _ in range(10)])
        took.append(await failed_in(station, f"failing-{number}", variables, notices))
    print(f"{way}: {len(took)} failures, all with code 1, the slowest end after {max(took):.1f} s")  # noqa: T201
    assert max(took) < END_SECONDS
    station.children.clear()
    station.worker("successor")
    await station.all_stored(sent)
