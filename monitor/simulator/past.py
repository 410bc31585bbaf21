"""A calibrated past: a whole calendar year, or the days up to a moment.

Every cell gets its published number of missions and the response times at the plotting positions,
in random order over the time; so the figures hold for any seed, and only the story differs.
Refuses to read a clock: the moment a history ends at is an argument.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Final

from monitor.simulator.calibration import Calibration, Cell, any_share, calibration_2024
from monitor.simulator.delivery import Emission, deliver
from monitor.simulator.identity import run_tag
from monitor.simulator.rhythm import OSLO, Rhythm, local_year, milliseconds
from monitor.simulator.story import LONGEST_UNPLACED_MS, Fate, Revision, Truth, tell

NO_RINGING_SHARE: Final = 0.3  # of the unmeasured; the others lack the arrival
CANCELLED_SHARE: Final = 0.025  # all of these relative to the urgent missions that count
EXCLUDED_SHARE: Final = 0.006
ROUTINE_SHARE: Final = 0.55
_DAY: Final = timedelta(days=1)

_Draft = tuple[int, Cell, Fate, int]  # began_ms, cell, fate, response_ms


def year(year: int, *, seed: int) -> Iterator[Emission]:
    """All records about the missions of one Norwegian calendar year, corrections of the next included.

    Any year has the figures of 2024. The mission ids depend on nothing but the year and the order.
    """
    calibration = calibration_2024()
    rng = Random(f"year {year} {seed}")  # noqa: S311 - a simulation has to be repeatable
    drafts = _drafts(calibration, *local_year(year), 1.0, rng)
    return deliver(_stories(drafts, calibration, "", rng), rng)


def history(*, end: datetime, days: int = 400, seed: int) -> Iterator[Emission]:
    """The records delivered until ``end`` about the missions of the ``days`` before it.

    Missions still in progress at ``end`` stay open, and corrections still to come are not made yet.
    """
    if end.tzinfo is None:
        raise ValueError(f"the end of a history needs a time zone, {end.isoformat()} has none")
    calibration = calibration_2024()
    start_ms, stop_ms = milliseconds(end - days * _DAY), milliseconds(end)
    rng = Random(f"history {stop_ms} {days} {seed}")  # noqa: S311 - a simulation has to be repeatable
    drafts = _drafts(calibration, start_ms, stop_ms, days / calibration.days, rng)
    tag = run_tag("H", f"{stop_ms} {days} {seed}")
    return takewhile(lambda one: one.at <= end, deliver(_stories(drafts, calibration, tag, rng), rng))


def _drafts(calibration: Calibration, start_ms: int, stop_ms: int, years: float, rng: Random) -> list[_Draft]:
    """Every mission of the span, in the order they begin."""
    drafts: list[_Draft] = []
    per_measured = calibration.share_unmeasured / (1 - calibration.share_unmeasured)
    # What is never placed by its ringing is placed by its last record, which has to lie in the span too.
    rhythm, unplaced = Rhythm(start_ms, stop_ms), Rhythm(start_ms, stop_ms - LONGEST_UNPLACED_MS - 1)
    carried = dict.fromkeys(Fate, 0.5)  # fractions of missions go over to the next cell

    def add(cell: Cell, fate: Fate, missions: float) -> None:
        carried[fate] += missions
        for _ in range(int(carried[fate])):
            began_ms = (unplaced if fate is Fate.NO_RINGING else rhythm).draw(rng)
            drafts.append((began_ms, cell, fate, cell.response_ms(any_share(rng))))
        carried[fate] %= 1

    for cell in calibration.cells:
        missions = max(1, round(cell.missions * years))
        responses = cell.responses_ms(missions)
        rng.shuffle(responses)
        drafts += [(rhythm.draw(rng), cell, Fate.MEASURED, response) for response in responses]
        unmeasured = missions * per_measured
        urgent = missions + unmeasured
        add(cell, Fate.NO_RINGING, unmeasured * NO_RINGING_SHARE)
        add(cell, Fate.NO_ARRIVAL, unmeasured * (1 - NO_RINGING_SHARE))
        add(cell, Fate.CANCELLED, urgent * CANCELLED_SHARE)
        add(cell, Fate.EXCLUDED, urgent * EXCLUDED_SHARE)
        add(cell, Fate.ROUTINE, urgent * ROUTINE_SHARE)
    drafts.sort(key=lambda draft: draft[0])
    return drafts


def _stories(
    drafts: list[_Draft], calibration: Calibration, tag: str, rng: Random
) -> Iterator[tuple[int, list[Revision]]]:
    for number, (began_ms, cell, fate, response_ms) in enumerate(drafts, start=1):
        local = datetime.fromtimestamp(began_ms / 1000, OSLO)
        mission_id = f"{local.year}-{cell.code}-{tag}{number:07d}"
        truth = Truth(mission_id, cell, fate, began_ms, response_ms)
        yield began_ms, tell(truth, calibration, rng)
