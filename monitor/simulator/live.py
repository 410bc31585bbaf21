"""Missions as they come in now, without end.

So that a viewer sees figures move at once, most missions are told from just before their end: they
rang one response time ago, the patrol arrives within seconds, and the record is closed soon after.
A few ring now and stay in progress for as long as they really take.
Refuses to read a clock or to wait: ``start`` is an argument, and pacing is the caller's.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Final

from monitor.simulator.calibration import (
    LONGEST_RESPONSE_MS,
    Calibration,
    Cell,
    any_share,
    calibration_2024,
)
from monitor.simulator.delivery import Emission, deliver
from monitor.simulator.identity import run_tag
from monitor.simulator.rhythm import OSLO, milliseconds
from monitor.simulator.scenario import Scenario
from monitor.simulator.story import MINUTE_MS, Fate, Notebook, Revision, Truth, tell

IN_PROGRESS_SHARE: Final = 0.04
CANCELLED_SHARE: Final = 0.02
ROUTINE_SHARE: Final = 0.55


class _Draw:
    """Draws cells in proportion to their missions, or with one district getting at least its share."""

    __slots__ = ("_cells", "_cumulated")

    def __init__(self, calibration: Calibration, scenario: Scenario | None = None) -> None:
        self._cells = calibration.cells
        weights = [float(cell.missions) for cell in self._cells]
        if scenario is not None and scenario.district is not None:
            inside = sum(cell.missions for cell in self._cells if cell.district == scenario.district)
            outside = sum(weights) - inside
            if not inside:
                known = ", ".join(sorted({cell.district for cell in self._cells}))
                raise ValueError(f"no district {scenario.district!r} for the {scenario.name}; use one of {known}")
            share = max(scenario.least_share, inside / (inside + outside))
            factor = share / (1 - share) * outside / inside
            weights = [
                weight * factor if cell.district == scenario.district else weight
                for cell, weight in zip(self._cells, weights, strict=True)
            ]
        self._cumulated = list(accumulate(weights))

    def __call__(self, rng: Random) -> Cell:
        return rng.choices(self._cells, cum_weights=self._cumulated)[0]


def live(
    *,
    start: datetime,
    rate_per_minute: float,
    scenario: Scenario,
    seed: int,
    storm_after: timedelta | None = None,
) -> Iterator[Emission]:
    """An endless stream with this many new urgent missions a minute in the whole country.

    The scenario holds from ``storm_after`` on, or from the start. Ids differ between runs that differ
    in any argument, so a run can follow another on the same topic.
    """
    if start.tzinfo is None:
        raise ValueError(f"the start of a live run needs a time zone, {start.isoformat()} has none")
    if not 0 < rate_per_minute < float("inf"):
        raise ValueError(f"{rate_per_minute} missions a minute; give a rate above 0")
    storm_ms = milliseconds(start + (storm_after or timedelta()))
    calibration = calibration_2024()
    draws = _Draw(calibration), _Draw(calibration, scenario)
    arguments = f"{milliseconds(start)} {rate_per_minute} {scenario} {storm_ms} {seed}"
    rng = Random(f"live {arguments}")  # noqa: S311 - a simulation has to be repeatable
    tag = run_tag("L", arguments)

    def stories() -> Iterator[tuple[int, list[Revision]]]:
        begun, minutes = milliseconds(start), 0.0
        for number in count(1):
            # Each urgent mission brings its share of others; the gap is drawn for both together.
            minutes += rng.expovariate((1 + ROUTINE_SHARE) * rate_per_minute)
            now_ms = begun + int(minutes * MINUTE_MS)
            stormy = now_ms >= storm_ms
            cell = draws[stormy](rng)
            response_ms = cell.response_ms(any_share(rng))
            if stormy and cell.district == scenario.district:
                response_ms = min(round(response_ms * scenario.slowdown), LONGEST_RESPONSE_MS)
            year = datetime.fromtimestamp(now_ms / 1000, OSLO).year
            fate = _fate(calibration, rng)
            truth = Truth(f"{year}-{cell.code}-{tag}{number:07d}", cell, fate, now_ms, response_ms)
            in_progress = fate is Fate.MEASURED and rng.random() < IN_PROGRESS_SHARE
            if fate is Fate.ROUTINE or in_progress:
                yield now_ms, tell(truth, calibration, rng)
            elif fate is Fate.MEASURED:
                yield now_ms, _almost_there(truth, rng)
            else:
                yield now_ms, _without_arrival(truth, rng)

    return deliver(stories(), rng)


def _fate(calibration: Calibration, rng: Random) -> Fate:
    if rng.random() * (1 + ROUTINE_SHARE) < ROUTINE_SHARE:
        return Fate.ROUTINE
    drawn = rng.random() - CANCELLED_SHARE
    if drawn < 0:
        return Fate.CANCELLED
    return Fate.NO_ARRIVAL if drawn < calibration.share_unmeasured else Fate.MEASURED


def _almost_there(truth: Truth, rng: Random) -> list[Revision]:
    """Open, arrived, closed within a minute, with the whole response time already behind it."""
    arrived_ms = truth.began_ms + rng.randrange(2_000, 8_000)
    book = _opened(truth, arrived_ms - truth.response_ms)
    book.note(arrived_ms + rng.randrange(100, 500), on_scene_ms=arrived_ms)
    book.note(arrived_ms + rng.randrange(5_000, 45_000), status="closed")
    return book.revisions


def _without_arrival(truth: Truth, rng: Random) -> list[Revision]:
    """Open, then closed without an arrival, or cancelled."""
    book = _opened(truth, truth.began_ms - truth.response_ms)
    status = "cancelled" if truth.fate is Fate.CANCELLED else "closed"
    book.note(truth.began_ms + rng.randrange(5_000, 45_000), status=status)
    return book.revisions


def _opened(truth: Truth, ringing_ms: int) -> Notebook:
    book = Notebook()
    book.open(
        Revision(
            mission_id=truth.mission_id,
            district=truth.cell.district,
            settlement=truth.cell.settlement,
            ringing_ms=ringing_ms,
            dispatched_ms=ringing_ms + truth.response_ms // 4,
            recorded_ms=truth.began_ms,
        )
    )
    return book
