"""Who is in progress in a series at a moment, and how many that are late at once are no accident in an area.

Asks timelines what `core.overdue` needs to know of the past. Refuses to know windows and verdicts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from monitor.core import overdue
from monitor.core.figures import InProgress
from monitor.core.overdue import DAY, Usual
from monitor.core.timeline import EVER, Kept, Timeline
from monitor.core.windows import Span

_USUAL: Final = Kept[Usual]()


@dataclass(frozen=True, slots=True)
class Waiting:
    """The missions of a series that a clock has open at `now` (epoch seconds), against a target (seconds, or none).

    `until`: the end of the slice that holds `now`. What rang before `abandoned_before` is given up.
    """

    timeline: Timeline
    clock: str
    target: float | None
    now: float
    until: float
    abandoned_before: float

    def usual(self, today: date) -> Usual:
        """What the missions of the past year say of those in progress; worked out once a day."""
        return self.timeline.derived(_USUAL, (self.clock, self.target, today), self._usual)

    def _usual(self) -> Usual:
        known = self.timeline.placed_at
        if self.target is None or not len(known):
            return overdue.NOTHING
        # Sealed missions are not known one by one: where there are some, the past is shorter, not emptier.
        sealed = self.timeline.newest_sealed_at(self.now)
        begins = max(float(known[0]) if sealed is None else sealed, self.now - overdue.YEAR_DAYS * DAY)
        took, unregistered = self.timeline.habit(
            self.clock, Span(begins, self.until), abandoned_before=self.abandoned_before
        )
        return overdue.usual(took, unregistered, max(1.0, (self.now - begins) / DAY), self.target)

    def in_progress(self, usual: Usual) -> InProgress:
        """Those past the target, and of these those that are past what is plausible."""
        found = self._past(self.target)
        return replace(found, presumed=self._past(usual.plausible_seconds).overdue) if found.overdue else found

    def _past(self, seconds: float | None) -> InProgress:
        return self.timeline.in_progress(
            self.now, seconds, abandoned_before=self.abandoned_before, clock=self.clock,
            span=Span(EVER.start, self.until),
        )  # fmt: skip


def limits(usuals: Mapping[str, Sequence[Usual]], busy: float) -> dict[str, int]:
    """By area: so many late at once are no accident, in an hour that is so many times as `busy` as the mean one.

    Categories share patrols.
    """
    return {
        area: overdue.limit(
            busy * sum(one.at_once for one in found),
            busy * sum(one.a_year for one in found),
            overdue.PAGES_A_YEAR / len(usuals),
        )
        for area, found in usuals.items()
    }
