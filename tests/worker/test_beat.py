"""A process whose event loop is blocked ends; one that was only frozen goes on."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from monitor.demo.processes import Child
from tests.eventually import wait_until

REPOSITORY = Path(__file__).parents[2]

BLOCKED = """
import asyncio, time
from monitor.worker.beat import Beat

def swallow_everything():
    time.sleep(60)

async def main():
    with Beat(0.5, round_seconds=0.1) as beat:
        beat.beat()
        swallow_everything()

asyncio.run(main())
"""

LIVELY = """
import asyncio
from pathlib import Path
from monitor.worker.beat import Beat

async def main():
    with Beat(0.5, round_seconds=0.1) as beat:
        for step in range(10_000):
            beat.beat()
            print("step", step, flush=True)
            await asyncio.sleep(0.02)

asyncio.run(main())
"""


def child(script: str, log: Path) -> Child:
    return Child("beat", [sys.executable, "-c", script], environment={}, directory=REPOSITORY, log=log)


async def test_a_blocked_loop_ends_the_process_and_tells_where(tmp_path: Path) -> None:
    """Exit code 1, and the stack of the thread that is blocked."""
    process = child(BLOCKED, tmp_path / "log")
    try:
        await wait_until(lambda: process.exit_code is not None, "the process to end", timeout_seconds=20)
        assert process.exit_code == 1
    finally:
        process.kill()
    told = (tmp_path / "log").read_text()
    assert "event loop has been blocked for 0.5 s" in told
    assert "swallow_everything" in told


@pytest.mark.parametrize("frozen_seconds", [2.0])
async def test_a_frozen_process_goes_on_when_it_is_thawed(tmp_path: Path, frozen_seconds: float) -> None:
    """However long it was frozen: the other thread was frozen, too."""
    process = child(LIVELY, tmp_path / "log")
    try:
        await wait_until(lambda: "step 10" in (tmp_path / "log").read_text(), "the first steps", timeout_seconds=20)
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(frozen_seconds)
        before = (tmp_path / "log").read_text()
        process.signal(signal.SIGCONT)
        await wait_until(
            lambda: len((tmp_path / "log").read_text()) > len(before) + 500, "further steps", timeout_seconds=20
        )
        assert process.exit_code is None
    finally:
        process.kill()
