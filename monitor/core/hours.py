"""At what hours of the week missions are late: the late share by weekday and three hours, as far as counts tell.

Every cell is drawn towards the series' own share by as much as chance explains (`stats.beta_binomial`), and stands
out only where its 95 % interval leaves that share out. Days and hours for themselves, with seven or eight times the
missions, are estimated alike. Missions known one by one only: a sealed one is no longer known by its hour. Refuses to
know words and colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.judged import Judged
from monitor.core.slices import Grid
from monitor.core.stats import beta_binomial
from monitor.core.stats.beta_binomial import Estimate

DAYS: Final = 7
BLOCK_HOURS: Final = 3
BLOCKS: Final = 24 // BLOCK_HOURS
LEAST: Final = 6
"""Of fewer missions no share is told, nor is anything learnt from them about how much hours differ."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Some hours of the week: the judged missions, the late ones, and their share as estimated.

    None of fewer than `LEAST` missions. `stands_out`: 1 more often late than the whole, -1 less often, 0 neither can
    be said.
    """

    missions: int
    late: int
    estimate: Estimate | None
    stands_out: int


@dataclass(frozen=True, slots=True)
class Hours:
    """`cells[day][block]`, from Monday and midnight, by local time; `days` and `blocks` for themselves.

    `share`: the late share of all, None where none was judged. `sealed`: judged missions that are in no cell.
    """

    missions: int
    late: int
    sealed: int
    cells: Sequence[Sequence[Cell]]
    days: Sequence[Cell]
    blocks: Sequence[Cell]

    @property
    def share(self) -> float | None:
        return self.late / self.missions if self.missions else None


def hours_of(judged: Judged, grid: Grid) -> Hours:
    """By the local hour at which each mission was placed: the begin of its service's first clock."""
    places = _hour_of_week(judged.at, grid) // BLOCK_HOURS
    missions = np.bincount(places, minlength=DAYS * BLOCKS).reshape(DAYS, BLOCKS)
    late = np.bincount(places[judged.late], minlength=DAYS * BLOCKS).reshape(DAYS, BLOCKS)
    cells = _cells(late.ravel(), missions.ravel())
    return Hours(
        missions=int(missions.sum()),
        late=int(late.sum()),
        sealed=judged.sealed,
        cells=[cells[day * BLOCKS : (day + 1) * BLOCKS] for day in range(DAYS)],
        days=_cells(late.sum(axis=1), missions.sum(axis=1)),
        blocks=_cells(late.sum(axis=0), missions.sum(axis=0)),
    )


def local_hours(at: Floats, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The local day (proleptic ordinal) and hour of each. A slice never straddles one, so each is looked up once."""
    slices, whose = np.unique((at // grid.seconds).astype(np.int64), return_inverse=True)
    locals_ = [datetime.fromtimestamp(number * grid.seconds, grid.zone) for number in slices.tolist()]
    days = np.array([one.toordinal() for one in locals_], dtype=np.int64)
    hours = np.array([one.hour for one in locals_], dtype=np.int64)
    return days[whose], hours[whose]


def _hour_of_week(at: Floats, grid: Grid) -> NDArray[np.int64]:
    """From Monday's midnight, 0 to 167."""
    days, hours = local_hours(at, grid)
    found: NDArray[np.int64] = (days - 1) % DAYS * 24 + hours
    return found


def _cells(late: NDArray[np.int64], missions: NDArray[np.int64]) -> list[Cell]:
    counts = [*zip(late.tolist(), missions.tolist(), strict=True)]
    total = sum(n for _, n in counts)
    if not total:
        return [Cell(0, 0, None, 0) for _ in counts]
    whole, strength = (
        sum(count for count, _ in counts) / total,
        beta_binomial.strength([one for one in counts if one[1] >= LEAST]),
    )
    return [_cell(count, n, whole, strength, total) for count, n in counts]


def _cell(late: int, missions: int, whole: float, strength: float, of: int) -> Cell:
    if missions < LEAST:
        return Cell(missions, late, None, 0)
    estimate = beta_binomial.shrunk(late, missions, whole=whole, strength=strength, of=of)
    return Cell(missions, late, estimate, int(estimate.lower > whole) - int(estimate.upper < whole))
