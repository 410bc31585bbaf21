"""Child processes that cannot outlive their parent.

Each child leads its own process group, so a stop reaches everything it started. On Linux the kernel
also kills the child when its parent dies, even by `kill -9`; elsewhere an orderly exit of the parent does it.
The kernel watches the *thread* that started the child: start children from a thread that lives as long
as they should (the main thread).

This module knows nothing about what the child does: readiness is the caller's predicate.
"""

import asyncio
import atexit
import inspect
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar, overload

LOOPBACK = "127.0.0.1"
SERVER_PORTS = range(15_000, 32_000)  # Linux gives out ports from 32 768 on, macOS from 49 152
LOG_TAIL_LINES = 20
LOG_TAIL_BYTES = 64 * 1024
FIRST_POLL_SECONDS = 0.01
LONGEST_POLL_SECONDS = 0.2

# Run by a small Python that becomes the command. A preexec_fn would do the same after a fork of a process
# that may have threads, which can deadlock. A parent that died before prctl would never be noticed: hence
# the look at getppid.
LAUNCHER = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
    sys.exit(f"prctl(PR_SET_PDEATHSIG) failed: {os.strerror(ctypes.get_errno())}")
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent died before this child could start")
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"cannot run {sys.argv[2]}: {error.strerror}")
"""

T = TypeVar("T")


class ProcessFailed(RuntimeError):  # noqa: N818 - named for what happened
    """A child ended although it was still needed; the message ends with the last lines it wrote."""


_given: Final[deque[int]] = deque(maxlen=1000)
"""Ports that this process was told of lately: who asks for ten of them before it listens must get ten."""


def free_port() -> int:
    """A loopback port that nobody listens on, outside the range for outgoing connections.

    A server that was down for a while thus finds its port free again. From within that range, a client that
    keeps reconnecting could be given the very port it calls, and even connect to itself.
    """
    for port in random.SystemRandom().sample(SERVER_PORTS, k=100):
        if port not in _given and port_is_free(port):
            _given.append(port)
            return port
    raise OSError(f"no free port on {LOOPBACK} between {SERVER_PORTS.start} and {SERVER_PORTS.stop}")


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now; connections of a former one that fade away do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


@overload
async def wait_until(
    predicate: Callable[[], Awaitable[T]], description: str, *, timeout_seconds: float = ...
) -> T: ...
@overload
async def wait_until(predicate: Callable[[], T], description: str, *, timeout_seconds: float = ...) -> T: ...
async def wait_until(predicate: Callable[[], object], description: str, *, timeout_seconds: float = 10.0) -> object:
    """Poll until the predicate (plain or async) gives something true, and return that.

    Raises TimeoutError naming the description. What the predicate raises ends the wait.
    """
    deadline = time.monotonic() + timeout_seconds
    pause_seconds = FIRST_POLL_SECONDS
    while True:
        value = predicate()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError(f"gave up after {timeout_seconds:g} s waiting for {description}")
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, LONGEST_POLL_SECONDS)


class Child:
    """One child process and all it starts, from start to certain end.

    Its output (both streams) goes to `log`, or to an unnamed temporary file that vanishes with it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = name
        self._log: BinaryIO = log.open("a+b") if log else tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - running the caller's command is what this is for
                [*_launcher(), *map(str, command)],
                env=None if environment is None else dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a new group: Ctrl-C reaches the parent only, which stops in order
            )
        except OSError:
            self._log.close()
            raise
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = ended by that signal."""
        return self._popen.poll()

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The last lines it wrote, readable while it runs and until it is stopped."""
        if self._log.closed:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        # pread leaves the position alone, which the child shares when it writes.
        text = os.pread(self._log.fileno(), LOG_TAIL_BYTES, max(0, size - LOG_TAIL_BYTES))
        return "\n".join(text.decode(errors="replace").splitlines()[-lines:])

    def require_running(self) -> None:
        """Raise ProcessFailed, with the end of its output, when it has ended."""
        if self.exit_code is not None:
            tail = self.log_tail() or "(it wrote nothing)"
            raise ProcessFailed(f"{self.name} ended with exit code {self.exit_code}. Its last output:\n{tail}")

    async def ready(
        self, predicate: Callable[[], Awaitable[object]], description: str, *, timeout_seconds: float
    ) -> None:
        """wait_until, but a child that has died ends the wait at once and says why."""

        async def alive_and_ready() -> object:
            self.require_running()
            return await predicate()

        try:
            await wait_until(alive_and_ready, f"{self.name}: {description}", timeout_seconds=timeout_seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}. Its last output:\n{self.log_tail()}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child alone; nothing happens when it has ended."""
        self._popen.send_signal(number)

    def stop(self, *, grace_seconds: float = 10.0) -> int:
        """SIGTERM, wait, then SIGKILL to the whole group. Returns the exit code; safe to call twice."""
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace_seconds)
        return self.kill()

    async def stopped(self, *, grace_seconds: float = 10.0) -> int:
        """stop() without blocking the event loop."""
        return await asyncio.to_thread(self.stop, grace_seconds=grace_seconds)

    def kill(self) -> int:
        """SIGKILL to the whole group, also to what a leader that has already ended left behind."""
        if not self._log.closed:  # afterwards the group's number may belong to somebody else
            with suppress(ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
            self._log.close()
            atexit.unregister(self.kill)
        return self._popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _launcher() -> list[str]:
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid())]
