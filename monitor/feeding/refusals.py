"""Says in the log what a feed refuses, by reason, once a minute at most; never what a record holds."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from monitor.core.batch import DeadLetter
from monitor.feeding.instruments import Place
from monitor.worker.pace import Pace

log = logging.getLogger(__name__)


class Refusals:
    """Counts until it is time to speak, by topic. `monotonic` in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._pace = Pace(monotonic)
        self._since: dict[str, Counter[str]] = {}
        """Not told yet."""
        self._last: dict[str, tuple[Place, int]] = {}
        """Partition and offset of the last of each topic."""

    def tell(self, number: Place, letters: Sequence[DeadLetter]) -> None:
        """Take refused records into account, and say what is due."""
        if not letters:
            return
        self._since.setdefault(number.topic, Counter()).update(str(letter.reason) for letter in letters)
        self._last[number.topic] = number, letters[-1].record.offset
        self.say_due()

    def say_due(self) -> None:
        """Say what was refused since that was said last, where it is time."""
        for topic in [topic for topic in self._since if self._pace.due(topic)]:
            reasons = ", ".join(f"{times} {reason}" for reason, times in self._since.pop(topic).most_common())
            number, offset = self._last[topic]
            log.warning(
                "topic %s: refused since this was said last: %s; the last of them at %s, offset %d: correct the feed "
                "file or the source, then `monitor dead-letters requeue --of %s`",
                topic, reasons, number, offset, topic,
            )  # fmt: skip
