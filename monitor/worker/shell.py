"""The process around an application: told to stop by signals, watched by threads, ended in bounded time.

Decides how it ends and with which code. Refuses to know what is worked on.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Protocol, TypedDict

from monitor.settings import WorkerSettings
from monitor.worker.beat import Beat
from monitor.worker.ending import CLEAN_UP_SECONDS, Ending

log = logging.getLogger(__name__)

SWITCH_SECONDS: Final = 0.001
CLOSING_SECONDS: Final = 0.5
"""Time for clients to close once everything is stored."""
_FAILED: Final = "a worker that failed did not come to its end"


class Application(Protocol):
    """What runs in the shell."""

    @property
    def stuck(self) -> bool:
        """Whether it did not end in time, and would keep the process."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. Raises WorkerFailed."""

    def tell_stacks(self) -> None:
        """Log where every task stands."""


class Terms(TypedDict):
    """What an application in a shell is made with."""

    stop_seconds: float
    watchdog_seconds: float
    beat: Callable[[], None]
    ending: Callable[[], None]


class Shell:
    """That of one process; made within its event loop. From the first sign of an end on, `ending` bounds its time."""

    def __init__(self, settings: WorkerSettings, ending: Ending) -> None:
        self._ending = ending
        self._bound_seconds = settings.stop_seconds + CLEAN_UP_SECONDS
        self._stop = stopping(ending, self._bound_seconds)
        self._beat = Beat(settings.watchdog_seconds)
        self._settings = settings

    @property
    def terms(self) -> Terms:
        """What the application is to be made with."""
        return {
            "stop_seconds": self._settings.stop_seconds,
            "watchdog_seconds": self._settings.watchdog_seconds,
            "beat": self._beat.beat,
            "ending": partial(self._ending.within, self._bound_seconds, code=1, because=_FAILED),
        }

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """What fails inside ends the process in bounded time, whatever has to be closed on the way out."""
        try:
            yield
        except BaseException:
            self._ending.within(self._bound_seconds, code=1, because=_FAILED)
            raise

    async def run(self, app: Application) -> None:
        """Until SIGTERM or SIGINT. SIGUSR1 tells where every task stands. Raises WorkerFailed."""
        calm_collector()
        take_turns(cores=cores())
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, app.tell_stacks)
        try:
            with self._beat:
                await app.run(self._stop)
        finally:
            # What is to be stored is stored, or given up: a broker that is away must not keep the process.
            log.info("worker stopped")
            code = 0 if sys.exc_info()[0] is None else 1
            self._ending.within(0.0 if app.stuck else CLOSING_SECONDS, code=code)


def stopping(ending: Ending, bound_seconds: float) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a signal while the worker is ending already ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if ending.begun:
            log.warning("signal while stopping: ending without storing")
            ending.within(0.0, code=1)
        ending.within(bound_seconds, code=1, because="a worker that was told to stop did not come to its end")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    return stop


def calm_collector() -> None:
    """Keep Python's cyclic garbage collector from walking the ledger again and again.

    Entries hold no cycles and are not tracked; what is loaded now stays. Measured: it halves the ingest otherwise.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def cores() -> int:
    """How many this process may use; where the system does not say, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def take_turns(*, cores: int) -> None:
    """Let the consumer's thread and the loop hand the interpreter to each other more often, where cores are to share.

    The thread gives it back with every read from the network, and by default waits 5 ms to have it again while the
    loop counts: with several cores, the next fetch is then not there in time. Measured, in records a second: a tenth
    to a quarter more with two cores, and an eighth less with one, where there is nothing to wait for.
    """
    if cores > 1:
        sys.setswitchinterval(SWITCH_SECONDS)
