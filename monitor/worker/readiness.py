"""Whether a worker or a feed does its work, for whoever starts and replaces processes: `/readyz`.

Decides what is said before there is anything to ask. That a process answers at all (`/healthz`) needs no decision: it
answers on the loop that does the work.
"""

from collections.abc import Callable

STARTING = "starting: not a member of the consumer group yet"


class Readiness:
    """What one process still lacks: nothing, or a sentence. `follow` whoever knows, once he is there."""

    def __init__(self) -> None:
        self._lacking: Callable[[], str | None] = lambda: STARTING

    def follow(self, lacking: Callable[[], str | None]) -> None:
        """From now on `lacking` knows: None where all assigned partitions are worked on."""
        self._lacking = lacking

    def lacking(self) -> str | None:
        """Why the process is not ready; None where it is."""
        return self._lacking()
