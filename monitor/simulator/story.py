"""How a dispatch system tells one mission: snapshot after snapshot, with the mistakes people make.

``tell`` turns the truth about a mission into its revisions. Whatever goes wrong on the way (an
arrival registered late, a wrong district, an urgent grading taken back), the highest revision is
the truth. Refuses to know how revisions travel: delay, repetition and disorder are delivery's.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import exp, log
from random import Random
from typing import Any, Final

import msgspec

from monitor.simulator.calibration import LONGEST_RESPONSE_MS, Calibration, Cell
from monitor.simulator.rhythm import OSLO

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

LONGEST_UNPLACED_MS: Final = 5 * HOUR_MS
"""A mission whose ringing is never known is told within this time of its first record."""

EXCLUSIONS: Final = ("exercise", "technical fault", "reported twice")


class Fate(StrEnum):
    """What the last snapshot of a mission says about it."""

    MEASURED = "measured"
    NO_ARRIVAL = "no arrival"
    NO_RINGING = "no ringing"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"
    ROUTINE = "routine"


class Slip(StrEnum):
    """What goes wrong on the way to the truth."""

    NONE = "none"
    LATE_ARRIVAL = "arrival registered late"
    WRONG_ARRIVAL = "arrival time wrong"
    WRONG_DISTRICT = "wrong district"
    WRONG_CLASS = "wrong settlement class"
    UPGRADED = "not urgent at first"
    LATE_RINGING = "ringing time missing at first"


_SLIPS: Final = {
    Slip.NONE: 87.5,
    Slip.LATE_ARRIVAL: 4.0,
    Slip.WRONG_ARRIVAL: 3.0,
    Slip.WRONG_DISTRICT: 1.5,
    Slip.WRONG_CLASS: 1.5,
    Slip.UPGRADED: 1.5,
    Slip.LATE_RINGING: 1.0,
}
_SLIP_NAMES: Final = list(_SLIPS)
_SLIP_WEIGHTS: Final = list(_SLIPS.values())


@dataclass(frozen=True, slots=True)
class Truth:
    """One mission as it really was: when it began, where, how long help took, how it ends up counted."""

    mission_id: str
    cell: Cell
    fate: Fate
    began_ms: int
    response_ms: int


class Revision(msgspec.Struct, frozen=True):
    """One snapshot, times in milliseconds since 1970."""

    mission_id: str
    district: str
    settlement: str
    revision: int = 0
    urgent: bool = True
    status: str = "open"
    ringing_ms: int | None = None
    dispatched_ms: int | None = None
    on_scene_ms: int | None = None
    recorded_ms: int = 0
    excluded: str | None = None


class _Wire(msgspec.Struct):
    mission_id: str
    revision: int
    district: str
    settlement: str
    urgent: bool
    status: str
    ringing_at: str | None
    on_scene_at: str | None
    recorded_at: str
    dispatched_at: str | msgspec.UnsetType = msgspec.UNSET
    excluded: str | msgspec.UnsetType = msgspec.UNSET


_encoder: Final = msgspec.json.Encoder()


def encode(revision: Revision) -> bytes:
    """The JSON event of a revision, times in Norwegian local time with their offset."""
    return _encoder.encode(
        _Wire(
            revision.mission_id,
            revision.revision,
            revision.district,
            revision.settlement,
            revision.urgent,
            revision.status,
            None if revision.ringing_ms is None else _local(revision.ringing_ms),
            None if revision.on_scene_ms is None else _local(revision.on_scene_ms),
            _local(revision.recorded_ms),
            msgspec.UNSET if revision.dispatched_ms is None else _local(revision.dispatched_ms),
            revision.excluded or msgspec.UNSET,
        )
    )


def _local(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, OSLO).isoformat(timespec="milliseconds")


class Notebook:
    """The revisions written so far; each differs from the one before in the named fields."""

    __slots__ = ("revisions",)

    def __init__(self) -> None:
        self.revisions: list[Revision] = []

    def open(self, first: Revision) -> None:
        """Write the first revision."""
        self.revisions.append(first)

    def note(self, at_ms: int, **changes: Any) -> None:
        """Write the next revision, at the given time but after the one before it."""
        latest = self.revisions[-1]
        self.revisions.append(
            msgspec.structs.replace(
                latest,
                revision=latest.revision + 1,
                recorded_ms=max(at_ms, latest.recorded_ms + 1),
                **changes,
            )
        )


def tell(truth: Truth, calibration: Calibration, rng: Random) -> list[Revision]:
    """All revisions of one mission in the order they are written."""
    if truth.fate is Fate.ROUTINE:
        return _routine(truth, rng)
    if truth.fate is Fate.NO_RINGING:
        return _unplaced(truth, rng)
    if truth.fate is Fate.NO_ARRIVAL:
        return _never_arrived(truth, rng)
    if truth.fate is Fate.CANCELLED and rng.random() < 0.8:
        return _called_off(truth, rng)
    book = _measured(truth, calibration, rng)
    closed_ms = book.revisions[-1].recorded_ms
    if truth.fate is Fate.CANCELLED:  # found out afterwards: another report of the same incident
        book.note(closed_ms + _afterwards(rng), status="cancelled")
    elif truth.fate is Fate.EXCLUDED:
        book.note(closed_ms + _afterwards(rng), excluded=rng.choice(EXCLUSIONS))
    return book.revisions


def _measured(truth: Truth, calibration: Calibration, rng: Random) -> Notebook:
    slip = rng.choices(_SLIP_NAMES, _SLIP_WEIGHTS)[0]
    began, arrived = truth.began_ms, truth.began_ms + truth.response_ms
    registered = arrived
    if slip is Slip.WRONG_ARRIVAL:  # the button pressed on the way, or when somebody remembered
        factor = rng.uniform(0.5, 0.95) if rng.random() < 0.5 else rng.uniform(1.1, 3.0)
        registered = began + min(int(truth.response_ms * factor), LONGEST_RESPONSE_MS)
    place = _taken_for(truth.cell, slip, calibration, rng)
    dispatched = began + int(truth.response_ms * rng.uniform(0.1, 0.45))
    closed = max(arrived, registered) + int(rng.uniform(10, 120) * MINUTE_MS)

    book = Notebook()
    book.open(
        Revision(
            mission_id=truth.mission_id,
            district=place.district,
            settlement=place.settlement,
            urgent=slip is not Slip.UPGRADED,
            ringing_ms=None if slip is Slip.LATE_RINGING else began,
            recorded_ms=began + int((dispatched - began) * rng.uniform(0.2, 0.8)),
        )
    )
    book.note(dispatched + rng.randrange(200, 2_000), dispatched_ms=dispatched, urgent=True)
    if slip is not Slip.LATE_ARRIVAL:
        book.note(registered + rng.randrange(300, 5_000), on_scene_ms=registered)
    if slip is Slip.LATE_RINGING:
        book.note(closed, status="closed", ringing_ms=began)
    else:
        book.note(closed, status="closed")
    if slip in {Slip.LATE_ARRIVAL, Slip.WRONG_ARRIVAL}:
        book.note(closed + _afterwards(rng), on_scene_ms=arrived)
    elif place is not truth.cell:
        book.note(closed + _afterwards(rng), district=truth.cell.district, settlement=truth.cell.settlement)
    return book


def _taken_for(cell: Cell, slip: Slip, calibration: Calibration, rng: Random) -> Cell:
    districts, classes = calibration.neighbours(cell)
    if slip is Slip.WRONG_DISTRICT:
        return rng.choice(districts)
    if slip is Slip.WRONG_CLASS:
        return rng.choice(classes)
    return cell


def _never_arrived(truth: Truth, rng: Random) -> list[Revision]:
    book = Notebook()
    dispatched = _opened(book, truth, rng, ringing_ms=truth.began_ms)
    book.note(dispatched + truth.response_ms + int(rng.uniform(10, 120) * MINUTE_MS), status="closed")
    return book.revisions


def _unplaced(truth: Truth, rng: Random) -> list[Revision]:
    book = Notebook()
    dispatched = _opened(book, truth, rng, ringing_ms=None)
    last = truth.began_ms + LONGEST_UNPLACED_MS
    if rng.random() < 0.8:
        arrived = min(truth.began_ms + truth.response_ms, last - 2 * HOUR_MS)
        arrived = max(arrived, dispatched + SECOND_MS)
        book.note(arrived + rng.randrange(300, 5_000), on_scene_ms=arrived)
    book.note(min(book.revisions[-1].recorded_ms + int(rng.uniform(10, 110) * MINUTE_MS), last), status="closed")
    return book.revisions


def _called_off(truth: Truth, rng: Random) -> list[Revision]:
    book = Notebook()
    dispatched = _opened(book, truth, rng, ringing_ms=truth.began_ms)
    book.note(dispatched + int(rng.uniform(0.5, 20) * MINUTE_MS), status="cancelled")
    return book.revisions


def _opened(book: Notebook, truth: Truth, rng: Random, *, ringing_ms: int | None) -> int:
    """Write the first two revisions; returns when a patrol was sent."""
    response = min(truth.response_ms, HOUR_MS)
    dispatched = truth.began_ms + int(response * rng.uniform(0.1, 0.45))
    book.open(
        Revision(
            mission_id=truth.mission_id,
            district=truth.cell.district,
            settlement=truth.cell.settlement,
            ringing_ms=ringing_ms,
            recorded_ms=truth.began_ms + int((dispatched - truth.began_ms) * rng.uniform(0.2, 0.8)),
        )
    )
    book.note(dispatched + rng.randrange(200, 2_000), dispatched_ms=dispatched)
    return dispatched


def _routine(truth: Truth, rng: Random) -> list[Revision]:
    """A mission that is not urgent; one in twenty was first taken for urgent."""
    book = Notebook()
    downgraded, told_once = rng.random() < 0.05, rng.random() < 0.45
    arrived = truth.began_ms + min(2 * truth.response_ms, LONGEST_RESPONSE_MS)
    closed = arrived + int(rng.uniform(5, 60) * MINUTE_MS)
    first = Revision(
        mission_id=truth.mission_id,
        district=truth.cell.district,
        settlement=truth.cell.settlement,
        urgent=downgraded,
        ringing_ms=truth.began_ms,
        recorded_ms=truth.began_ms + rng.randrange(5, 90) * SECOND_MS,
    )
    if told_once and not downgraded:
        book.open(msgspec.structs.replace(first, status="closed", on_scene_ms=arrived, recorded_ms=closed))
        return book.revisions
    book.open(first)
    book.note(closed, urgent=False, status="closed", on_scene_ms=arrived)
    return book.revisions


def _afterwards(rng: Random) -> int:
    """How long after closing somebody corrects the record: hours, sometimes weeks."""
    hours = exp(rng.gauss(log(10), 1.2))
    return int(min(max(hours, 0.5), 45 * 24) * HOUR_MS)
