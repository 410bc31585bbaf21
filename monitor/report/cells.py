"""What stands in the cells of the page: results, verdicts, budgets, changes, as texts and as nothing else.

Decides how a figure is told on paper: whole minutes over the decimals that decide, a verdict by a word and a shape.
Refuses to know tables and markup.
"""

from dataclasses import dataclass
from typing import Final

from monitor.core.verdict import State
from monitor.report.document import Judged, ReportRow, evidence_of, whole
from monitor.words.speaker import NONE, Speaker
from monitor.words.verdicts import EVIDENCES, STATES

_SIGNS: Final = {State.MET: "●", State.MISSED: "◆", State.NO_DATA: "○", State.NO_TARGET: NONE}
"""The shapes of the charts."""


@dataclass(frozen=True, slots=True)
class Result:
    """A percentile in whole minutes, with the decimals that decide."""

    rounded: str
    decimals: str


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


Cell = Result | Said | Noted


def missions(row: ReportRow, say: Speaker) -> Noted:
    """How many were measured; a class that an area does not have is not applicable."""
    absent = not row.applicable and not row.missions
    return Noted(say("not applicable") if absent else say.count(row.missions))


def result(judged: Judged, say: Speaker) -> Result:
    """A percentile, or nothing."""
    if judged.minutes is None:
        return Result(NONE, "")
    decimals = say.exactly(judged.minutes, judged.target_minutes, exact=judged.exact)
    return Result(str(whole(judged.minutes)), decimals)


def interval(judged: Judged, say: Speaker) -> Noted:
    """Where it may lie."""
    return Noted(say.between(judged.lower_minutes, judged.upper_minutes))


def said(row: ReportRow, judged: Judged, say: Speaker) -> Said:
    """The verdict; a class that an area does not have is not applicable."""
    state = judged.state
    absent = not row.applicable and state is State.NO_TARGET
    evidence = evidence_of(judged)
    return Said(
        state=state.value,
        sign="" if absent else _SIGNS[state],
        text=say("not applicable") if absent else say(STATES[state]),
        evidence="" if evidence is None else say(EVIDENCES[evidence]),
        differs=state is not judged.state_by_whole_minutes,
    )


def budget(row: ReportRow, say: Speaker) -> Noted:
    """What is left of it, over what was used."""
    judged = row.requirement
    left, allowed = judged.verdict.late_budget, judged.allowed
    if left is None or allowed is None:
        return Noted(NONE)
    return Noted(
        say.signed(left), say("{late} of {allowed} used", late=say.count(judged.late), allowed=say.count(allowed))
    )


def change(row: ReportRow, say: Speaker) -> Noted:
    """The change from the period before, over what it was then."""
    before = row.previous
    if before is None or before.minutes is None:
        return Noted(say("no data") if row.applicable else NONE)
    note = say(
        "{before} min, n {missions}",
        before=say.number(before.minutes, 2),
        missions=say.count(before.figures.first.measured),
    )
    return Noted(NONE if row.change_minutes is None else say.signed(row.change_minutes, 2), note)
