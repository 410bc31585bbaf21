"""Log lines that a peer can cause, limited in rate: a flood of faults must not become a flood of log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

PAUSE_SECONDS: Final = 1.0


class Seldom(logging.Filter):
    """Lets one line pass every `pause_seconds`, and has the next one say how many were left out."""

    def __init__(
        self, *, pause_seconds: float = PAUSE_SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._pause_seconds = pause_seconds
        self._monotonic = monotonic
        self._next = -float("inf")
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line may pass. What is only for finding faults always does."""
        if record.levelno <= logging.DEBUG:
            return True
        now = self._monotonic()
        if now < self._next:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg, record.args = f"{record.getMessage()} (and {self._left_out} more lines, left out)", ()
        self._next, self._left_out = now + self._pause_seconds, 0
        return True


@contextmanager
def seldom(*names: str) -> Iterator[None]:
    """What these loggers say is limited, each on its own."""
    limited = [(logging.getLogger(name), Seldom()) for name in names]
    for logger, limit in limited:
        logger.addFilter(limit)
    try:
        yield
    finally:
        for logger, limit in limited:
            logger.removeFilter(limit)
