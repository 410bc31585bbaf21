"""What stands in the cells of tables: results, verdicts, budgets, changes, as texts and as nothing else.

Decides how a figure is told on paper: each objective in the notation that suits its thresholds, a verdict by a word
and a shape. Refuses to know tables and markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitor.core.verdict import State
from monitor.report.document import Judged, Report, ReportRow, unmeasured_ratio, whole_minutes
from monitor.words import durations
from monitor.words.durations import Notation
from monitor.words.speaker import NONE, Speaker
from monitor.words.verdicts import EVIDENCES, STATES, bounds_reached, causes, hanging

_SIGNS: Final = {State.MET: "●", State.MISSED: "◆", State.NO_DATA: "○", State.NO_TARGET: NONE}
"""The shapes of the charts."""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict in a word and by a shape; `differs` from what the whole minutes would say."""

    state: str
    sign: str
    text: str
    evidence: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """A figure with a smaller one under it."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A statistic; where it is told in whole minutes, the decimals that decide are its note."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bounded:
    """Between what the share of all missions lies; its note, which no table can do without: what tips the verdict."""

    text: str
    note: str = ""


Cell = Said | Result | Noted | Bounded


def notations(report: Report) -> Mapping[str, Notation]:
    """How the values of each objective are written: the same in every cell of the report."""
    return {
        slug: durations.notation(row.judged(slug).threshold for row in report.rows)
        for slug in (objective.slug for objective in report.service.objectives)
    }


@dataclass(frozen=True, slots=True)
class Cells:
    """Tells figures in one language, each objective in its notation."""

    say: Speaker
    notations: Mapping[str, Notation]

    def measured(self, row: ReportRow, clock: str) -> Noted:
        """How many were measured; a category that an area does not have is not applicable."""
        measured = row.clock(clock).measured
        return Noted(self.say.count(measured) if row.applicable or measured else self.say("not applicable"))

    def unmeasured(self, row: ReportRow, clock: str) -> Noted:
        """The share without a value, over the causes."""
        figures = row.clock(clock)
        return Noted(self.say.share(unmeasured_ratio(figures)), causes(self.say, figures.unmeasured))

    def result(self, judged: Judged) -> Result:
        """The statistic."""
        if judged.seconds is None:
            return Result(NONE)
        how = self.how(judged)
        decimals = durations.exactly(
            self.say, how, judged.seconds, judged.threshold, exact=judged.exact, rounding=judged.objective.rounding
        )
        return Result(str(whole_minutes(judged.seconds)), decimals) if how is Notation.MINUTES else Result(decimals)

    def interval(self, judged: Judged) -> Noted:
        """Where it may lie."""
        return Noted(durations.between(self.say, self.how(judged), *judged.interval))

    def threshold(self, judged: Judged) -> Noted:
        """What it is held against."""
        return Noted(durations.plainly(self.say, self.how(judged), judged.threshold))

    def said(self, row: ReportRow, judged: Judged) -> Said:
        """The verdict; a category that an area does not have is not applicable."""
        if not row.applicable and judged.state is State.NO_TARGET:
            return Said(judged.state.value, "", self.say("not applicable"), "", differs=False)
        return self.state(judged)

    def state(self, judged: Judged) -> Said:
        """The verdict, wherever it is."""
        return Said(
            state=judged.state.value,
            sign=_SIGNS[judged.state],
            text=self.say(STATES[judged.state]),
            evidence="" if judged.evidence is None else self.say(EVIDENCES[judged.evidence]),
            differs=self.differs(judged),
        )

    def differs(self, judged: Judged) -> bool:
        """Whether the whole minutes shown would give another verdict."""
        return self.how(judged) is Notation.MINUTES and judged.state is not judged.state_by_whole_minutes

    def spare(self, judged: Judged) -> Noted:
        """What is left: missions that may be late over those that were; of a mean, time over missions."""
        say, verdict = self.say, judged.verdict
        if verdict.spare_seconds is not None:
            missions = say("over {missions} missions", missions=say.count(verdict.judged))
            sign = "+" if verdict.spare_seconds > 0 else ""
            return Noted(sign + durations.lasting(say, float(round(verdict.spare_seconds))), missions)
        if verdict.late_budget is None or judged.allowed is None:
            return Noted(NONE)
        used = say("{late} of {allowed} used", late=say.count(judged.late), allowed=say.count(judged.allowed))
        return Noted(say.signed(verdict.late_budget), used)

    def bounds(self, judged: Judged) -> Bounded:
        """Between what the share of all lies, the unmeasured included; of a mean only what tips it."""
        verdict, tips = judged.verdict, hanging(self.say, judged.verdict)
        if verdict.unmeasured is None or verdict.unmeasured.missions == 0:
            return Bounded(NONE)
        return Bounded(tips) if verdict.within is None else Bounded(bounds_reached(self.say, verdict), tips)

    def change(self, row: ReportRow, slug: str) -> Noted:
        """The change from the period before, over what it was then."""
        before, change, how = row.previous(slug), row.change_seconds(slug), self.notations[slug]
        if before is None or before.seconds is None:
            return Noted(self.say("no data") if row.applicable else NONE)
        value = durations.exactly(self.say, how, before.seconds, None, exact=True)
        note = self.say("{before}, n {missions}", before=value, missions=self.say.count(before.measured))
        return Noted(NONE if change is None else durations.signed(self.say, how, change), note)

    def how(self, judged: Judged) -> Notation:
        """The notation of an objective."""
        return self.notations[judged.objective.slug]


def in_a_line(cell: Cell, say: Speaker) -> str:
    """A cell where there is no room beneath: a miss catches the eye, decimals stand behind, other notes nowhere."""
    if isinstance(cell, Said):
        return say("MISSED") if cell.state == State.MISSED else cell.text
    if isinstance(cell, Bounded) and cell.note:
        return f"{cell.text}, {cell.note}"
    return f"{cell.text} ({cell.note})" if isinstance(cell, Result) and cell.note else cell.text
