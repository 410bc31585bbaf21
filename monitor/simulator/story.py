"""How a dispatch system tells one mission: snapshot after snapshot, with the mistakes people make.

``tell`` turns the truth about a mission into its revisions. Whatever goes wrong on the way (an
arrival registered late, a wrong area, an eligible mission taken for another), the highest revision is
the truth. Refuses to know how revisions travel: delay, repetition and disorder are delivery's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from random import Random
from typing import Any, Final

from monitor.simulator.rhythm import HOUR_MS, MINUTE_MS, SECOND_MS
from monitor.simulator.snapshot import Notebook, Revision
from monitor.simulator.world import LONGEST_UNPLACED_MS, Cell, Course, Era, Fate

EXCLUSIONS: Final = ("exercise", "technical fault", "reported twice")
_LONGEST_MS: Final = 23 * HOUR_MS
"""No mistake makes a mission longer."""


class Slip(StrEnum):
    """What goes wrong on the way to the truth."""

    NONE = "none"
    LATE_ARRIVAL = "last instant registered late"
    WRONG_ARRIVAL = "last instant wrong"
    WRONG_AREA = "wrong area"
    WRONG_CATEGORY = "wrong category"
    UPGRADED = "not eligible at first"
    LATE_BEGIN = "first instant missing at first"


_SLIPS: Final = {
    Slip.NONE: 87.5,
    Slip.LATE_ARRIVAL: 4.0,
    Slip.WRONG_ARRIVAL: 3.0,
    Slip.WRONG_AREA: 1.5,
    Slip.WRONG_CATEGORY: 1.5,
    Slip.UPGRADED: 1.5,
    Slip.LATE_BEGIN: 1.0,
}
_SLIP_NAMES: Final = list(_SLIPS)
_SLIP_WEIGHTS: Final = list(_SLIPS.values())

_Step = tuple[str, int]  # a named instant, and when it was


@dataclass(frozen=True, slots=True)
class Truth:
    """One mission as it really was: when it began, where, what happened, how it ends up counted."""

    mission_id: str
    cell: Cell
    fate: Fate
    began_ms: int
    course: Course

    @property
    def ended_ms(self) -> int:
        """When help was there."""
        return self.began_ms + self.course.whole_ms

    def first_told(
        self, known: Mapping[str, int], recorded_ms: int, *, place: Cell | None = None, **more: Any
    ) -> Revision:
        """The first revision; `place` is where the mission is thought to be."""
        cell = place or self.cell
        return Revision(self.mission_id, cell.area, cell.category, known, recorded_ms, **more)

    def opened(self, known: Mapping[str, int], later: list[_Step], rng: Random, **more: Any) -> Notebook:
        """The first revision, told before anything happens `later`."""
        until_ms = later[0][1] if later else self.ended_ms
        recorded_ms = self.began_ms + int((until_ms - self.began_ms) * rng.uniform(0.2, 0.8))
        return Notebook(self.first_told(known, recorded_ms, **more))

    def steps(self, rng: Random, *, within_ms: int = _LONGEST_MS) -> list[_Step]:
        """Everything that happens, in order; at the latest `within_ms` after the beginning what the story chooses."""
        spread = min(self.course.whole_ms, within_ms)
        chosen = [(name, int(spread * rng.uniform(0.1, 0.45))) for name in self.course.between]
        offsets = sorted((*self.course.instants, *chosen), key=lambda step: step[1])
        return [(name, self.began_ms + offset) for name, offset in offsets]


def tell(truth: Truth, era: Era, rng: Random) -> list[Revision]:
    """All revisions of one mission in the order they are written."""
    if truth.fate is Fate.ROUTINE:
        return _routine(truth, rng)
    if truth.fate is Fate.UNPLACED:
        return _unplaced(truth, rng)
    if truth.fate is Fate.NO_ARRIVAL:
        return _never_arrived(truth, rng)
    if truth.fate is Fate.CANCELLED and rng.random() < 0.8:
        return _called_off(truth, rng)
    book = _measured(truth, era, rng)
    closed_ms = book.revisions[-1].recorded_ms
    if truth.fate is Fate.CANCELLED:  # found out afterwards: another report of the same incident
        book.note(closed_ms + _afterwards(rng), status="cancelled")
    elif truth.fate is Fate.EXCLUDED:
        book.note(closed_ms + _afterwards(rng), excluded=rng.choice(EXCLUSIONS))
    return book.revisions


def _measured(truth: Truth, era: Era, rng: Random) -> Notebook:
    slip = rng.choices(_SLIP_NAMES, _SLIP_WEIGHTS)[0]
    registered = arrived = truth.began_ms + truth.course.instants[-1][1]
    if slip is Slip.WRONG_ARRIVAL:  # the button pressed on the way, or when somebody remembered
        factor = rng.uniform(0.5, 0.95) if rng.random() < 0.5 else rng.uniform(1.1, 3.0)
        registered = truth.began_ms + min(int(truth.course.whole_ms * factor), _LONGEST_MS)
    place = _taken_for(truth.cell, slip, era, rng)
    steps = truth.steps(rng)
    first, middle, last = steps[0], steps[1:-1], steps[-1][0]
    closed = max(arrived, registered) + int(rng.uniform(10, 120) * MINUTE_MS)

    known = {} if slip is Slip.LATE_BEGIN else dict([first])
    book = truth.opened(known, steps[1:] or steps, rng, place=place, eligible=slip is not Slip.UPGRADED)
    _note_all(book, middle, rng, eligible=True)
    if slip is not Slip.LATE_ARRIVAL:
        book.note(registered + rng.randrange(300, 5_000), {last: registered}, eligible=True)
    book.note(closed, dict([first]), status="closed", eligible=True)
    if slip in {Slip.LATE_ARRIVAL, Slip.WRONG_ARRIVAL}:
        book.note(closed + _afterwards(rng), {last: arrived})
    elif place is not truth.cell:
        book.note(closed + _afterwards(rng), area=truth.cell.area, category=truth.cell.category)
    return book


def _taken_for(cell: Cell, slip: Slip, era: Era, rng: Random) -> Cell:
    others: list[Cell] = []
    if slip is Slip.WRONG_AREA:
        others = era.other_areas(cell)
    elif slip is Slip.WRONG_CATEGORY:
        others = era.other_categories(cell)
    return rng.choice(others) if others else cell


def _never_arrived(truth: Truth, rng: Random) -> list[Revision]:
    first, *later = truth.steps(rng, within_ms=HOUR_MS)
    book = truth.opened(dict([first]), later, rng)
    _note_all(book, later, rng)
    left_ms = later[-1][1] if later else truth.began_ms
    book.note(left_ms + truth.course.whole_ms + int(rng.uniform(10, 120) * MINUTE_MS), status="closed")
    return book.revisions


def _unplaced(truth: Truth, rng: Random) -> list[Revision]:
    *earlier, (last, arrived) = truth.steps(rng, within_ms=HOUR_MS)
    book = truth.opened({}, earlier, rng)
    _note_all(book, earlier, rng)
    latest_ms = truth.began_ms + LONGEST_UNPLACED_MS
    if rng.random() < 0.8:
        arrived = min(arrived, latest_ms - 2 * HOUR_MS)
        arrived = max(arrived, earlier[-1][1] + SECOND_MS if earlier else arrived)
        book.note(arrived + rng.randrange(300, 5_000), {last: arrived})
    closed_ms = book.revisions[-1].recorded_ms + int(rng.uniform(10, 110) * MINUTE_MS)
    book.note(min(closed_ms, latest_ms), status="closed")
    return book.revisions


def _called_off(truth: Truth, rng: Random) -> list[Revision]:
    steps = truth.steps(rng, within_ms=HOUR_MS)
    first, later = steps[0], steps[1:-1]
    book = truth.opened(dict([first]), later, rng)
    _note_all(book, later, rng)
    left_ms = later[-1][1] if later else truth.began_ms
    book.note(left_ms + int(rng.uniform(0.5, 20) * MINUTE_MS), status="cancelled")
    return book.revisions


def _routine(truth: Truth, rng: Random) -> list[Revision]:
    """A mission that is not eligible; one in twenty was first taken for one."""
    downgraded, told_once = rng.random() < 0.05, rng.random() < 0.45
    first, *later = truth.steps(rng)
    closed = truth.ended_ms + int(rng.uniform(5, 60) * MINUTE_MS)
    recorded = truth.began_ms + rng.randrange(5, 90) * SECOND_MS
    if told_once and not downgraded:
        return [truth.first_told(dict([first, *later]), closed, eligible=False, status="closed")]
    book = Notebook(truth.first_told(dict([first]), recorded, eligible=downgraded))
    book.note(closed, dict(later), eligible=False, status="closed")
    return book.revisions


def _note_all(book: Notebook, steps: list[_Step], rng: Random, **changes: Any) -> None:
    """Each as it happens."""
    for name, at in steps:
        book.note(at + rng.randrange(200, 2_000), {name: at}, **changes)


def _afterwards(rng: Random) -> int:
    """How long after closing somebody corrects the record: hours, sometimes weeks."""
    hours = exp(rng.gauss(log(10), 1.2))
    return int(min(max(hours, 0.5), 45 * 24) * HOUR_MS)
