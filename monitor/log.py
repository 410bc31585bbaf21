"""How the monitor's programs write their log: one line a record, UTC, on standard error.

Decides format and level, nothing else. What is logged at INFO never names a mission: identities belong to DEBUG.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from monitor.core.plain_text import one_line

_FORMAT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"


class _OneLine(logging.Formatter):
    """A record, its traceback included, on one line, so that a line is a record for every tool.

    What comes from outside cannot write a record of its own, nor speak to a terminal.
    """

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).splitlines()
        return " | ".join(one_line(line) for line in lines if line.strip())


def set_up(*, verbose: bool = False) -> None:
    """Log to standard error: the monitor's INFO and everybody's warnings, or with `verbose` the monitor's DEBUG."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("monitor").setLevel(logging.DEBUG if verbose else logging.INFO)


@contextmanager
def hushed(name: str) -> Iterator[None]:
    """Keep a library's own account of a failure quiet: the monitor tells it in plain words. Not with --verbose."""
    logger = logging.getLogger(name)
    before = logger.level
    if not logging.getLogger("monitor").isEnabledFor(logging.DEBUG):
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
