"""Missions as they come in now, without end.

So that a viewer sees figures move at once, most missions are told from just before their end: they
began as long ago as they take, help arrives within seconds, and the record is closed soon after.
A few begin now and stay in progress for as long as they really take.
Refuses to read a clock or to wait: ``start`` is an argument, and pacing is the caller's.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Final

from monitor.simulator.calibration import published
from monitor.simulator.delivery import Emission, deliver
from monitor.simulator.identity import run_tag
from monitor.simulator.past import ROUTINE_SHARE, any_share
from monitor.simulator.rhythm import MINUTE_MS, milliseconds
from monitor.simulator.scenario import Scenario
from monitor.simulator.snapshot import Notebook, Revision, encoder
from monitor.simulator.story import Truth, tell
from monitor.simulator.world import Cell, Era, Fate, World

IN_PROGRESS_SHARE: Final = 0.04
CANCELLED_SHARE: Final = 0.02
_LONGEST_RUN: Final = timedelta(days=3_660)


class _Draw:
    """Draws cells in proportion to their missions, or with one area getting at least its share."""

    __slots__ = ("_cells", "_cumulated")

    def __init__(self, cells: Sequence[Cell], scenario: Scenario | None = None) -> None:
        self._cells = cells
        weights = [float(cell.missions) for cell in cells]
        if scenario is not None and scenario.area is not None:
            inside = sum(cell.missions for cell in cells if cell.area == scenario.area)
            outside = sum(weights) - inside
            if not inside:
                known = ", ".join(dict.fromkeys(cell.area for cell in cells))
                raise ValueError(f"no area {scenario.area!r} for the {scenario.name}; use one of {known}")
            share = max(scenario.least_share, inside / (inside + outside))
            factor = share / (1 - share) * outside / inside if outside else 1.0
            weights = [
                weight * factor if cell.area == scenario.area else weight
                for cell, weight in zip(cells, weights, strict=True)
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
    world: World | None = None,
) -> Iterator[Emission]:
    """An endless stream with this many new missions a minute that count, everywhere together.

    The scenario holds from ``storm_after`` on, or from the start. Ids differ between runs that differ
    in any argument, so a run can follow another on the same topic.
    """
    if start.tzinfo is None:
        raise ValueError(f"the start of a live run needs a time zone, {start.isoformat()} has none")
    if not 0 < rate_per_minute < float("inf"):
        raise ValueError(f"{rate_per_minute} missions a minute; give a rate above 0")
    world = world or published()
    storm_ms = milliseconds(start + (storm_after or timedelta()))
    eras = world.eras(milliseconds(start), milliseconds(start + _LONGEST_RUN))
    first = next(eras)
    stormy_first = _Draw(first.cells, scenario)  # refuses an unknown area before anything is told
    arguments = f"{milliseconds(start)} {rate_per_minute} {scenario} {storm_ms} {seed}"
    rng = Random(f"live {arguments}")  # noqa: S311 - a simulation has to be repeatable
    tag = run_tag("L", arguments)

    def stories() -> Iterator[tuple[int, list[Revision]]]:
        routine_share = ROUTINE_SHARE if world.fields.eligible else 0.0
        era, draws = first, (_Draw(first.cells), stormy_first)
        begun, minutes = milliseconds(start), 0.0
        for number in count(1):
            # Each mission that counts brings its share of others; the gap is drawn for both together.
            minutes += rng.expovariate((1 + routine_share) * rate_per_minute)
            now_ms = begun + int(minutes * MINUTE_MS)
            while now_ms >= era.stop_ms:
                era = next(eras)
                draws = _Draw(era.cells), _Draw(era.cells, _where_possible(scenario, era))
            stormy = now_ms >= storm_ms
            cell = draws[stormy](rng)
            share = any_share(rng)
            slowdown = scenario.slowdown if stormy and cell.area == scenario.area else 1.0
            fate = _fate(world, routine_share, rng)
            course = cell.course(fate, share, rng, slowdown)
            if not (era.holds(now_ms, course) and era.holds(now_ms - course.whole_ms, course)):
                continue
            year = datetime.fromtimestamp(now_ms / 1000, world.zone).year
            truth = Truth(f"{year}-{cell.code}-{tag}{number:07d}", cell, fate, now_ms, course)
            in_progress = fate is Fate.MEASURED and rng.random() < IN_PROGRESS_SHARE
            if fate is Fate.ROUTINE or in_progress:
                yield now_ms, tell(truth, era, rng)
            else:
                yield now_ms, _almost_there(truth, rng)

    return deliver(stories(), encoder(world), rng)


def _where_possible(scenario: Scenario, era: Era) -> Scenario | None:
    """No storm where a reform has taken its area away."""
    return scenario if any(cell.area == scenario.area for cell in era.cells) else None


def _fate(world: World, routine_share: float, rng: Random) -> Fate:
    if rng.random() * (1 + routine_share) < routine_share:
        return Fate.ROUTINE
    drawn = rng.random() - CANCELLED_SHARE
    if drawn < 0:
        return Fate.CANCELLED
    return Fate.NO_ARRIVAL if drawn < world.share_unmeasured else Fate.MEASURED


def _almost_there(truth: Truth, rng: Random) -> list[Revision]:
    """Open, then at its end within a minute, with the whole time behind it: arrived or not, or cancelled."""
    course, told_ms = truth.course, truth.began_ms
    arrives = truth.fate is Fate.MEASURED
    began_ms = told_ms - course.whole_ms + (rng.randrange(2_000, 8_000) if arrives else 0)
    steps = [(name, began_ms + offset) for name, offset in course.instants]
    if truth.fate is Fate.CANCELLED:
        steps.pop()
    known = [step for step in steps if step[1] <= told_ms]
    known += [(name, began_ms + course.whole_ms // 4) for name in course.between]
    book = Notebook(truth.first_told(dict(known), told_ms))
    for name, at in steps:
        if at > told_ms:
            book.note(at + rng.randrange(100, 500), {name: at})
    latest_ms = max(told_ms, steps[-1][1]) if arrives else told_ms
    status = "cancelled" if truth.fate is Fate.CANCELLED else "closed"
    book.note(latest_ms + rng.randrange(5_000, 45_000), status=status)
    return book.revisions
