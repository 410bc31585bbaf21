"""How far beyond their threshold the late were: what a percentile does not tell, area by area, and the longest waits.

Decides which tails are told: of each percentile that asks most of people, where anything was judged. Refuses to know
markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor.core.service import Objective
from monitor.core.tail import TIMES, Tail, Wait
from monitor.report.cells import Cells, Noted
from monitor.report.document import Report
from monitor.words.durations import lasting
from monitor.words.speaker import NONE, Speaker, phrase

FURTHER: Final = TIMES[1:]
_WAITS: Final = 5
_ESTIMATED: Final = phrase(
    "≈: some missions are told by sketches that do not hold each of them; how many took more than 1.5 times and "
    "twice their threshold is interpolated."
)
_UNCLEAR: Final = phrase(
    "≥: some missions were judged by another threshold than is declared for them now; beyond 1.5 times and twice it, "
    "there may be more."
)


@dataclass(frozen=True, slots=True)
class TailLine:
    """An area's tail, by category and objective; `cells`: judged, beyond each of `TIMES`, the longest wait."""

    area: str
    cells: Sequence[Noted]


def objectives(report: Report, category: str) -> list[Objective]:
    """Those of the gravest duty whose tail is told of a category."""
    return [one for one in report.service.foremost if (report.service.root, category, one.slug) in report.tails]


def lines(cells: Cells, report: Report, category: str, objective: Objective) -> list[TailLine]:
    """Each area that has judged missions."""
    found = [(area, report.tails.get((area, category, objective.slug))) for area in report.areas]
    return [TailLine(area, _told(cells.say, tail)) for area, tail in found if tail is not None]


def _told(say: Speaker, tail: Tail) -> list[Noted]:
    sign = "≥ " if tail.unclear else "≈ " if tail.estimated else ""
    beyond = [
        Noted((sign if times in FURTHER else "") + say.count(count), say.share(tail.share(times)))
        for times, count in tail.beyond.items()
    ]
    longest = Noted(NONE) if not tail.longest else Noted(lasting(say, float(round(tail.longest[0].seconds))))
    return [Noted(say.count(tail.judged)), *beyond, longest]


def waits(say: Speaker, report: Report, category: str, objective: Objective) -> str:
    """The longest waits of all areas, each with its day."""
    tail = report.tails[report.service.root, category, objective.slug]
    return "; ".join(
        f"{lasting(say, float(round(wait.seconds)))} ({say.day(day(report, wait).date())})"
        for wait in tail.longest[:_WAITS]
    )


def day(report: Report, wait: Wait) -> datetime:
    """When a mission was placed in time; of a sealed one, its day."""
    return datetime.fromtimestamp(wait.at, report.start.tzinfo)


def notes(say: Speaker, report: Report) -> list[str]:
    """What is not exact in them, where anything is, in whichever area."""
    told = [say(_ESTIMATED)] if any(tail.estimated for tail in report.tails.values()) else []
    return told + ([say(_UNCLEAR)] if any(tail.unclear for tail in report.tails.values()) else [])
