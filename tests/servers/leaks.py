"""What a test session leaves behind: processes, listening ports, files in the temporary directory.

Processes are recognised by a mark in their environment, which all descendants inherit: also those that lost
their parent, and never those of another session on the same machine.
"""

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import psutil

MARK = "RESPONSE_MONITOR_TEST_SESSION"


class LeakWatch:
    """From construction on, whatever is started or written temporarily belongs to the watch."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self._environment = {MARK: os.environ.get(MARK), "TMPDIR": os.environ.get("TMPDIR")}
        self._tempdir = tempfile.tempdir
        self.directory = Path(tempfile.mkdtemp(prefix="monitor-tests-"))
        self._ports = self.listening()
        os.environ |= {MARK: self.mark, "TMPDIR": str(self.directory)}
        tempfile.tempdir = None  # makes tempfile read TMPDIR again

    def leftovers(self) -> list[str]:
        """One line for each thing left behind; the first look may be too early for what is just ending."""
        return [
            *(f"process {process.pid} still runs: {describe(process)}" for process in self.processes()),
            *(f"port {port} is still listened on by the tests" for port in self.listening() - self._ports),
            *(f"temporary file {path.name} was not removed" for path in sorted(self.directory.iterdir())),
        ]

    def processes(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter()
            if process.pid != os.getpid() and environment(process).get(MARK) == self.mark
        ]

    def listening(self) -> set[int]:
        """Ports on which this very process listens."""
        connections = psutil.Process().net_connections(kind="tcp")
        return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}

    def close(self) -> None:
        """End and remove what was left, and give the environment back."""
        for process in self.processes():
            process.kill()
        for name, value in self._environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        tempfile.tempdir = self._tempdir
        shutil.rmtree(self.directory, ignore_errors=True)


def environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):  # ended meanwhile, a zombie, or somebody else's
        return {}


def describe(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200]
    except psutil.Error:
        return "(already gone)"
