"""A list of missions as rows: for people as text in their language, for programs and workbooks as plain values.

Decides columns and order. Refuses to know how rows are printed, and which missions they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.core.listing import Listed, Question
from monitor.core.mission import CAUSES, Kind
from monitor.core.service import Objective, Service
from monitor.words import names
from monitor.words.durations import Notation, exactly, notation, plainly
from monitor.words.speaker import NONE, Speaker, phrase
from monitor.words.verdicts import CAUSES_SAID

Value = str | float | datetime | None

_IN_PROGRESS = phrase("in progress")


@dataclass(frozen=True, slots=True)
class Told:
    """One list, worst first where missions were late, else by time. `objective` is the one that was asked about."""

    service: Service
    objective: Objective
    zone: ZoneInfo
    missions: Sequence[Listed]

    @classmethod
    def of(
        cls, question: Question, objective: Objective, service: Service, zone: ZoneInfo, missions: Sequence[Listed]
    ) -> "Told":
        """In its order, which is the same however missions came."""
        clock = service.clock_slugs.index(objective.clock)

        def place(one: Listed) -> tuple[float, float, str]:
            beyond = (one.seconds(clock) or 0.0) - (one.threshold or 0.0) if question is Question.LATE else 0.0
            return -beyond, one.placed_at, one.mission_id

        return cls(service, objective, zone, sorted(missions, key=place))

    @property
    def columns(self) -> list[str]:
        """What programs are told of each mission."""
        clocks = [f"{clock}_{what}" for clock in self.service.clock_slugs for what in ("seconds", "state")]
        return ["mission_id", "area", "category", "placed_at", *clocks, "objective", "threshold_seconds", "cause"]

    def values(self) -> Iterator[list[Value]]:
        """A mission each, for programs, by `columns`: English names, seconds, slugs, local time with its offset."""
        for one in self.missions:
            began = datetime.fromtimestamp(one.placed_at, self.zone).isoformat()
            clocks = [
                told for number, state in enumerate(one.states) for told in (one.seconds(number), _state(state))
            ]
            cause = "" if one.cause is None else one.cause.value
            yield [
                one.mission_id, one.area, one.category, began, *clocks, self.objective.slug, one.threshold, cause,
            ]  # fmt: skip

    @property
    def notation(self) -> Notation:
        """How people read the times of a table."""
        return notation([one.threshold for one in self.missions])

    def heads(self, say: Speaker, how: Notation = Notation.SECONDS) -> list[str]:
        """What people read above the columns, with the unit of their times."""
        service, unit = self.service, say(how.value)
        clocks = [f"{names.headed(names.clock(say, service, slug))}, {unit}" for slug in service.clock_slugs]
        threshold = f"{say('Threshold')}, {unit}"
        return [say("Mission"), say("Area"), say("Category"), say("Began"), *clocks, threshold, say("Cause")]

    def rows(self, say: Speaker) -> Iterator[list[Value]]:
        """A mission each, for workbooks: seconds and times as such."""
        for one in self.missions:
            seconds = [one.seconds(number) for number in range(len(self.service.clocks))]
            began = datetime.fromtimestamp(one.placed_at, self.zone)
            yield [one.mission_id, *self._place(one, say), began, *seconds, one.threshold, _cause(one, say) or None]

    def lines(self, say: Speaker) -> Iterator[list[str]]:
        """A mission each, as people read it."""
        how = self.notation
        for one in self.missions:
            values = [
                NONE
                if (seconds := one.seconds(number)) is None
                else exactly(say, how, seconds, one.threshold if clock == self.objective.clock else None, exact=True)
                for number, clock in enumerate(self.service.clock_slugs)
            ]
            began = f"{datetime.fromtimestamp(one.placed_at, self.zone):%Y-%m-%d %H:%M:%S}"
            threshold = plainly(say, how, one.threshold)
            yield [one.mission_id, *self._place(one, say), began, *values, threshold, _cause(one, say)]

    def _place(self, one: Listed, say: Speaker) -> tuple[str, str]:
        return names.area(say, self.service, one.area), names.category(say, self.service, one.category)


def _cause(one: Listed, say: Speaker) -> str:
    if one.cause is not None:
        return say(CAUSES_SAID[one.cause])
    return say(_IN_PROGRESS) if any(_state(state) in ("open", "untimed") for state in one.states) else ""


def _state(state: float) -> str:
    """Of a clock: measured, excluded, open, untimed, or the cause why it has no value."""
    kind = Kind.MEASURED if state >= 0 else Kind(int(-state))
    return CAUSES[kind].value if kind in CAUSES else kind.name.lower()
