"""Says in the log what a feed refuses, by reason, once a minute at most; never what a record holds."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from monitor.core.batch import DeadLetter
from monitor.feeding.instruments import Place

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 60.0


class Refusals:
    """Counts until it is time to speak, by topic. `monotonic` in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told: dict[str, float] = {}
        self._since: dict[str, Counter[str]] = {}

    def tell(self, number: Place, letters: Sequence[DeadLetter]) -> None:
        """Take refused records into account, and say what is due."""
        if not letters:
            return
        topic = number.topic
        self._since.setdefault(topic, Counter()).update(str(letter.reason) for letter in letters)
        now = self._monotonic()
        if now - self._told.get(topic, -PAUSE_SECONDS) >= PAUSE_SECONDS:
            self._told[topic] = now
            reasons = ", ".join(f"{times} {reason}" for reason, times in self._since.pop(topic).most_common())
            log.warning(
                "topic %s: refused since this was said last: %s; the last of them at %s, offset %d: correct the feed "
                "file or the source, then `monitor dead-letters requeue --of %s`",
                topic, reasons, number, letters[-1].record.offset, topic,
            )  # fmt: skip
