"""The check at the end of a session sees what tests can leave behind."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import wait_until
from tests.servers.leaks import LeakWatch


@pytest.fixture
def watch() -> Iterator[LeakWatch]:
    """A watch of its own inside the session's."""
    watch = LeakWatch()
    yield watch
    watch.close()


def test_a_clean_session_has_no_leftovers(watch: LeakWatch) -> None:
    """What is stopped and removed is not reported."""
    subprocess.run([sys.executable, "-c", ""], check=True)
    with tempfile.TemporaryDirectory(), socket.create_server(("127.0.0.1", 0)):
        pass
    assert watch.leftovers() == []


async def test_an_orphan_in_a_session_of_its_own_is_found(watch: LeakWatch) -> None:
    """A process that lost its parent and left the group is still recognised, and ended by close()."""
    program = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: ASYNC221 - ends at once
    assert [line.partition(": ")[2] for line in watch.leftovers()] == ["sleep 600"]
    watch.close()
    await wait_until(lambda: not watch.processes(), "the orphan to end")


def test_an_open_port_is_found(watch: LeakWatch) -> None:
    """A listener of the test process itself is reported by its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert watch.leftovers() == [f"port {server.getsockname()[1]} is still listened on by the tests"]


def test_a_forgotten_temporary_file_is_found(watch: LeakWatch) -> None:
    """Whatever lies in the watched temporary directory is reported by name."""
    forgotten = Path(tempfile.mkdtemp(prefix="forgotten-"))
    assert forgotten.parent == watch.directory
    assert watch.leftovers() == [f"temporary file {forgotten.name} was not removed"]
