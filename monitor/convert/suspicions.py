"""Two mistakes that leave every row readable and every figure wrong, looked for in the events themselves.

Numbers that begin again (each year, each day) make one mission of two, and half of all are gone without a refusal.
Midnight to the second is how many registers write a time that they do not know; read as a time it is an interval of
hours, or a negative one.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from monitor.core.service import DAY_SECONDS, Service, instants_of
from monitor.feeds.rows import Event

MINUTES_OF_A_DAY: Final = 1_440
MANY_MIDNIGHTS: Final = 4
"""Times as many as chance would give of a register that keeps whole minutes."""
LEAST_MIDNIGHTS: Final = 5


@dataclass(slots=True)
class Suspicions:
    """What all events so far give rise to."""

    service: Service
    zone: ZoneInfo
    apart: set[str] = field(default_factory=set)
    """Missions whose events lie further apart than any clock can run."""
    _first: dict[str, datetime] = field(default_factory=dict)
    """Of each mission: the earliest instant of its first event."""
    _known: Counter[str] = field(default_factory=Counter)
    _midnight: Counter[str] = field(default_factory=Counter)
    """Instants, and those at midnight to the second, by field."""
    _names: tuple[str, ...] = field(init=False)
    _longest: float = field(init=False)

    def __post_init__(self) -> None:
        self._names = instants_of(self.service.clocks)
        self._longest = max(DAY_SECONDS, *(clock.longest_seconds for clock in self.service.clocks))

    def look(self, event: Event) -> None:
        """Takes note of an event."""
        instants = [(name, event[name]) for name in self._names if event.get(name) is not None]
        if not instants:
            return
        for name, instant in instants:
            self._known[name] += 1
            # No zone of today has an offset of seconds: most instants need no zone to be told apart from midnight.
            if not instant.second and not instant.microsecond and instant.astimezone(self.zone).time() == time():
                self._midnight[name] += 1
        begin = min(instant for _, instant in instants)
        first = self._first.setdefault(event["mission_id"], begin)
        if abs((begin - first).total_seconds()) > self._longest:
            self.apart.add(event["mission_id"])

    @property
    def midnights(self) -> Mapping[str, int]:
        """Instants at midnight by field, where they are many more than chance would give."""
        return {
            name: count
            for name, count in self._midnight.items()
            if count >= LEAST_MIDNIGHTS and count * MINUTES_OF_A_DAY > MANY_MIDNIGHTS * self._known[name]
        }
