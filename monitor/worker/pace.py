"""How often the log says again what goes on: of each thing once a minute, for nobody reads more often."""

from collections.abc import Callable, Hashable
from typing import Final

PAUSE_SECONDS: Final = 60.0


class Pace:
    """Knows what was said when. `monotonic` in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._said: dict[Hashable, float] = {}

    def due(self, about: Hashable = None) -> bool:
        """Whether something is to be said about this now; where it is, it counts as said."""
        now = self._monotonic()
        if now - self._said.get(about, -PAUSE_SECONDS) < PAUSE_SECONDS:
            return False
        self._said[about] = now
        return True
