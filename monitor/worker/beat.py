"""Ends the process when its event loop stands still: Kafka would not notice.

aiokafka's heartbeats come from a thread of their own, so a worker whose main loop is blocked keeps its partitions for
ever. This thread counts its own rounds, not the time: a process that was frozen and thawed must go on by itself.
"""

import faulthandler
import logging
import os
import threading
from typing import Final, Self

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 5.0
_LAST_WORDS_SECONDS: Final = 2.0


class Beat:
    """Call `beat` from the event loop, again and again, inside `with`."""

    def __init__(self, patience_seconds: float, *, round_seconds: float = ROUND_SECONDS) -> None:
        self._round_seconds = round_seconds
        self._rounds = max(2, round(patience_seconds / round_seconds))
        self._missed = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="beat", daemon=True)

    def beat(self) -> None:
        """The loop lives."""
        self._missed = 0

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._round_seconds):
            self._missed += 1
            if self._missed > self._rounds:
                last = threading.Timer(_LAST_WORDS_SECONDS, os._exit, [1])  # a full pipe blocks whoever logs
                last.daemon = True
                last.start()
                log.critical(
                    "the worker's event loop has been blocked for %g s: ending, so that other workers take over; "
                    "please report what follows as a bug",
                    self._rounds * self._round_seconds,
                )
                faulthandler.dump_traceback(all_threads=True)
                logging.shutdown()
                os._exit(1)
