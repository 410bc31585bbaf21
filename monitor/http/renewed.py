"""What files say, read anew when one of them has changed: certificates, users and tokens without a restart.

What cannot be used does not take the place of what could: the last good one stays, and the log says so once. A
certificate is always without its new key for a moment.
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

T = TypeVar("T")
LOOK_SECONDS: Final = 1.0
"""So long a change may stay unnoticed."""

_log = logging.getLogger(__name__)
Mark = tuple[int, int, int] | None


class Renewed(Generic[T]):
    """`read` gives the value, and the files that it stands in; it raises `unusable` where it cannot.

    The first reading raises, too: what cannot be used at the start is the caller's to tell.
    """

    def __init__(
        self,
        read: Callable[[], tuple[T, Sequence[Path]]],
        unusable: type[Exception],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._unusable = unusable
        self._monotonic = monotonic
        # Marked only once a second reading has confirmed the first: what changes between them is looked at again.
        _, self._files = read()
        marks = self._looked()
        self._value, self._files = read()
        self._marks = {file: marks.get(file) for file in self._files}
        self._refused: str | None = None
        """Why what the files say now is not in force."""
        self._next = monotonic() + LOOK_SECONDS

    @property
    def value(self) -> T:
        """As the files say it now; they are looked at once a second at most."""
        now = self._monotonic()
        if now >= self._next:
            self._next = now + LOOK_SECONDS
            self._look()
        return self._value

    def _look(self) -> None:
        marks = self._looked()
        if marks == self._marks and self._refused is None:
            return
        try:
            self._value, self._files = self._read()
        except self._unusable as fault:  # tried again at every look: a file that is missing may be one not marked yet
            if str(fault) != self._refused:
                self._refused = str(fault)
                _log.error("the last settings of this port stay, for the new ones cannot be used: %s", fault)
            return
        self._refused = None
        # Marked as before the reading, where possible: what changed meanwhile is read once more.
        self._marks = {file: marks.get(file, mark) for file, mark in self._looked().items()}
        _log.info("settings of a port were read anew")

    def _looked(self) -> dict[Path, Mark]:
        return {file: _mark(file) for file in self._files}


def _mark(file: Path) -> Mark:
    """What changes with a file's content, also where a link is turned to another one (Kubernetes)."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
