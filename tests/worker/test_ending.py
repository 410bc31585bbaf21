"""A process that has begun to end ends, whatever its loop, its threads and its output do."""

import signal
import sys
import time
from pathlib import Path

import pytest

from monitor.demo.processes import Child
from monitor.worker.ending import Ending
from tests.eventually import wait_until

REPOSITORY = Path(__file__).parents[2]
BEGIN = """
import asyncio, logging, os, sys, threading, time
from monitor.worker.ending import Ending
ending = Ending()
"""
WAYS = {
    "a task that takes no cancellation": """
async def stubborn():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
async def main():
    asyncio.create_task(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    ending.within(0.3, code=CODE, because="nothing ended")
asyncio.run(main())
""",
    "a thread of the loop's executor": """
async def main():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    ending.within(0.3, code=CODE, because="nothing ended")
asyncio.run(main())
""",
    "a thread that the interpreter waits for": """
threading.Thread(target=time.sleep, args=[60]).start()
ending.within(0.3, code=CODE, because="nothing ended")
""",
    "a blocked event loop": """
async def main():
    ending.within(0.3, code=CODE, because="nothing ended")
    time.sleep(60)
asyncio.run(main())
""",
    "a log whose lock is held": """
handler = logging.StreamHandler()
logging.getLogger().handlers[:] = [handler]
handler.acquire()
ending.within(0.3, code=CODE, because="nothing ended")
time.sleep(60)
""",
    "standard error that nobody reads": """
reader, writer = os.pipe()
os.dup2(writer, 2)
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"x" * 65536)
except BlockingIOError:
    os.set_blocking(2, True)
ending.within(0.3, code=CODE, because="nothing ended")
time.sleep(60)
""",
    "standard error that is closed": """
os.close(2)
sys.stderr = None
ending.within(0.3, code=CODE, because="nothing ended")
time.sleep(60)
""",
}
HOLDING_THE_INTERPRETER = """
import ctypes
ending.within(0.3, code=0, because="nothing ended")
ctypes.PyDLL(None).sleep(60)
"""


def process(script: str, log: Path) -> Child:
    return Child("ending", [sys.executable, "-c", BEGIN + script], environment={}, directory=REPOSITORY, log=log)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("way", WAYS)
async def test_the_process_ends_in_time_with_the_code_that_was_said(way: str, code: int, tmp_path: Path) -> None:
    """None of these waits is waited for."""
    child = process(WAYS[way].replace("CODE", str(code)), tmp_path / "log")
    try:
        await wait_until(lambda: child.exit_code is not None, "the end", timeout_seconds=20)
        assert child.exit_code == code
    finally:
        child.kill()


async def test_whoever_holds_the_interpreter_for_ever_is_ended_too(tmp_path: Path) -> None:
    """No thread of Python's runs then; the timer of the C library does. Nobody knows what was stored: code 1."""
    child = process(HOLDING_THE_INTERPRETER, tmp_path / "log")
    try:
        await wait_until(lambda: child.exit_code is not None, "the end", timeout_seconds=20)
        assert child.exit_code == 1
    finally:
        child.kill()


async def test_the_end_says_what_was_waited_for_and_where_every_thread_stood(tmp_path: Path) -> None:
    """So that a standstill at the end can be found out."""
    script = (
        "def not_ending():\n    time.sleep(60)\nending.within(0.2, code=1, because='it did not end')\nnot_ending()\n"
    )
    child = process(script, tmp_path / "log")
    try:
        await wait_until(lambda: child.exit_code is not None, "the end", timeout_seconds=20)
    finally:
        child.kill()
    told = (tmp_path / "log").read_text()
    assert "it did not end: ending the process" in told
    assert "not_ending" in told


async def test_a_process_that_ends_by_itself_is_left_alone(tmp_path: Path) -> None:
    """The deadline is a bound, not a wait, and its code is not everybody's."""
    child = process("ending.within(60, code=1, because='never'); sys.exit(7)", tmp_path / "log")
    try:
        await wait_until(lambda: child.exit_code is not None, "the end", timeout_seconds=20)
        assert child.exit_code == 7
    finally:
        child.kill()


async def test_the_earliest_moment_and_the_latest_code_count() -> None:
    """A later call never puts the end off; what became known since decides the code."""
    ended: list[tuple[int, float]] = []
    began = time.monotonic()
    resorts: list[float] = []
    ending = Ending(end=lambda code: ended.append((code, time.monotonic() - began)), last_resort=resorts.append)
    ending.within(0.3, code=1)
    ending.within(3600, code=0)
    assert ending.begun
    await wait_until(lambda: ended, "the deadline")
    ((code, after),) = ended
    assert code == 0
    assert 0.3 <= after < 60
    assert all(0.3 < seconds < 60 for seconds in resorts)


async def test_sigterm_means_now_once_the_process_is_ending(tmp_path: Path) -> None:
    """Nobody has to send it twice to a worker that has failed already."""
    script = """
from monitor.worker.shell import stopping
async def main():
    stop = stopping(ending, 3600)
    ending.within(3600, code=0, because="failed")
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    child = process(script, tmp_path / "log")
    try:
        await wait_until(lambda: "ready" in (tmp_path / "log").read_text(), "the start", timeout_seconds=20)
        child.signal(signal.SIGTERM)
        await wait_until(lambda: child.exit_code is not None, "the end", timeout_seconds=20)
        assert child.exit_code == 1
    finally:
        child.kill()
