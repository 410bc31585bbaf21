"""Standard streams that are closed, full, broken or in another encoding: no traceback, and the exit code stands."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from monitor.demo.processes import free_port
from tests.cli.test_cli import CONFIG, MONITOR, NOWHERE
from tests.eventually import wait_until

EVENTS = CONFIG.parents[1] / "missions.jsonl"
REPORT = ["--config", str(CONFIG), "report", "--period", "2024", "--events", str(EVENTS)]
SAYING: dict[str, list[str]] = {
    "help": ["--help"],
    "version": ["--version"],
    "help of a command": ["report", "--help"],
    "check": ["check"],
    "report": REPORT,
    "simulate": ["simulate", "--year", "2024"],
}
"""Commands that write to standard output and need no server."""
FULL = Path("/dev/full")


def run(
    arguments: list[str],
    *,
    before: Callable[[], None] | None = None,
    stdout: int | None = subprocess.PIPE,
    **env: str,
) -> subprocess.CompletedProcess[bytes]:
    """A command, with something done to its streams in the child before it starts."""
    return subprocess.run(
        [*MONITOR, *arguments], env=os.environ | NOWHERE | env, preexec_fn=before,
        stdout=stdout, stderr=subprocess.PIPE, timeout=120, check=False,
    )  # fmt: skip


def closing(*numbers: int) -> Callable[[], None]:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


@pytest.mark.parametrize("closed", [(0,), (1,), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("name", ["version", "check", "report"])
def test_closed_streams_are_no_fault(name: str, closed: tuple[int, ...]) -> None:
    """Whoever closes one wants to hear nothing: as with the null device, exit code 0."""
    result = run(SAYING[name], before=closing(*closed))
    assert result.returncode == 0, result.stderr
    assert b"Traceback" not in result.stderr
    assert bool(result.stdout) == (1 not in closed)


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("name", SAYING)
def test_what_cannot_be_written_fails_and_says_why(name: str) -> None:
    """A full disk: exit code 1, one line."""
    with FULL.open("wb") as full:
        result = run(SAYING[name], stdout=full.fileno())
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert result.stderr.count(b"error: standard input or output cannot be used: No space left on device") == 1


@pytest.mark.parametrize("name", SAYING)
def test_a_reader_that_leaves_is_no_fault(name: str) -> None:
    """`monitor … | head`: quiet, exit code 0 or, where the help itself is cut off, 1."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = run(SAYING[name], stdout=writing)
    finally:
        os.close(writing)
    assert result.returncode in (0, 1)
    assert result.stderr.count(b"Traceback") == 0
    assert b"Exception ignored" not in result.stderr


@pytest.mark.parametrize("before", [closing(2), closing(0, 1, 2)], ids=["closed", "all closed"])
def test_a_failure_that_nobody_hears_has_its_exit_code_all_the_same(before: Callable[[], None]) -> None:
    """2 for the configuration, 1 for a server that is away, whatever becomes of the words."""
    assert run(["--config", "/nowhere.toml", "topics"], before=before).returncode == 2
    assert run(["dead-letters", "list"], before=before).returncode == 1


def test_a_broken_standard_error_does_not_change_the_exit_code() -> None:
    """The words are lost, the code is not."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for arguments, code in ((["--config", "/nowhere.toml", "topics"], 2), (["dead-letters", "list"], 1)):
            result = subprocess.run(
                [*MONITOR, *arguments], env=os.environ | NOWHERE, stderr=writing, timeout=120, check=False,
            )  # fmt: skip
            assert result.returncode == code
    finally:
        os.close(writing)


def test_events_that_cannot_be_read_are_no_empty_report() -> None:
    """A closed standard input is an error where events are to come from it: "none" would look like a figure."""
    result = run([*REPORT[:-1], "-"], before=closing(0))
    assert result.returncode == 1
    assert b"error: standard input or output cannot be used: Bad file descriptor" in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252:strict", "ascii"])
@pytest.mark.parametrize("form", ["table", "markdown", "json", "csv", "html"])
def test_letters_that_an_encoding_lacks_are_no_fault(encoding: str, form: str) -> None:
    """Every format in every encoding; JSON stays JSON."""
    result = run([*REPORT, "--format", form], PYTHONIOENCODING=encoding)
    if b"Invalid value for" in result.stderr:
        pytest.fail(f"no such format: {result.stderr!r}")
    assert result.returncode == 0, result.stderr
    assert result.stdout
    if form == "json":
        json.loads(result.stdout)


@pytest.mark.parametrize(
    "settings", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
@pytest.mark.parametrize("name", ["check", "report"])
def test_a_plain_locale_is_no_fault(name: str, settings: dict[str, str]) -> None:
    """A cron job has no language."""
    result = run(SAYING[name], **settings)
    assert result.returncode == 0, result.stderr


def test_no_home_and_no_working_directory_are_no_fault(tmp_path: Path) -> None:
    """A container's user may have neither."""
    gone = tmp_path / "gone"

    def leave() -> None:
        os.chdir(gone)
        gone.rmdir()

    for name in ("check", "report"):
        gone.mkdir()
        result = run(SAYING[name], before=leave, HOME="/nonexistent", PYTHONPATH=str(Path(__file__).parents[2]))
        assert result.returncode == 0, result.stderr


async def test_the_exporter_serves_without_any_standard_stream() -> None:
    """Started by something that closed all three: what it opens first must not become its standard output."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f'exec "$0" -m monitor.cli exporter --port {port} <&- >&- 2>&-', sys.executable,
        env=os.environ | NOWHERE,
    )  # fmt: skip
    try:

        async def alive() -> bool:
            try:
                async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as one:
                    return one.status == 200
            except aiohttp.ClientError:
                return False

        await wait_until(alive, "the exporter to answer", timeout_seconds=30)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
