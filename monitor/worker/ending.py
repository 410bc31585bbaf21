"""Ends the process in bounded time once it has begun to end, whatever its event loop, threads and clients do.

The clean-up of an event loop waits for every task, and the interpreter for every thread; one that misses its
cancellation would keep a failed worker, and its partitions, for ever. So a thread of its own holds the deadline: it
waits for nobody, is never called off, and is there from the start, when threads can still be had. Behind it stands
the C library's timer of `faulthandler`, which does not even need the interpreter.
"""

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

log = logging.getLogger(__name__)

CLEAN_UP_SECONDS: Final = 4.0
"""What the orderly end may take beside storing: cancelled tasks, the farewell to the group, clients."""
_LAST_WORDS_SECONDS: Final = 1.0
"""A full pipe, or the lock of a log that somebody holds, must not keep the process either."""
_BEYOND_SECONDS: Final = 3.0
"""How long after the deadline the last resort strikes: last words take a part of it."""
_NOWHERE: Final = os.open(os.devnull, os.O_WRONLY)


def arm_last_resort(seconds: float) -> None:
    """Exit code 1 after so long, without a word (a full pipe would keep it from ending). Replaces the one before."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_NOWHERE)


class Ending:
    """The deadline of this process. `within` may be called from any thread, and from a signal handler."""

    def __init__(
        self,
        *,
        end: Callable[[int], object] = os._exit,
        last_resort: Callable[[float], object] = arm_last_resort,
    ) -> None:
        """`end` takes the exit code; `last_resort` the seconds after which it ends the process, come what may."""
        self._asked: SimpleQueue[tuple[float, int, str]] = SimpleQueue()
        self._end = end
        self._last_resort = last_resort
        self.begun = False
        """Whether a deadline has been set."""
        threading.Thread(target=self._watch, name="ending", daemon=True).start()

    def within(self, seconds: float, *, code: int, because: str = "") -> None:
        """End the process with this code in so many seconds, unless it has ended by itself before.

        Called again, the earliest moment counts, and the latest code. `because` (what has been waited for) is logged
        with the stacks of all threads where it comes to that; without it the end is quiet.
        """
        if not self.begun:  # here, since the other thread may never have its turn
            self._last_resort(seconds + _BEYOND_SECONDS)
        self.begun = True
        self._asked.put((time.monotonic() + seconds, code, because))

    def _watch(self) -> None:
        earliest: float | None = None
        code, reason = 1, ""
        while True:
            try:
                left = None if earliest is None else max(0.0, earliest - time.monotonic())
                moment, code, because = self._asked.get(timeout=left)
            except Empty:
                break
            if earliest is None or moment < earliest:
                earliest, reason = moment, because
                self._last_resort(max(0.0, earliest - time.monotonic()) + _BEYOND_SECONDS)
        speaking = threading.Thread(target=_last_words, args=(reason,), name="last-words", daemon=True)
        try:
            speaking.start()
            speaking.join(_LAST_WORDS_SECONDS)
        except RuntimeError:  # no thread to be had: then without a word
            pass
        finally:
            self._end(code)


def _last_words(reason: str) -> None:
    if reason:
        log.critical("%s: ending the process; please report what follows as a bug", reason)
        if sys.stderr is not None:
            faulthandler.dump_traceback(all_threads=True)
    logging.shutdown()
