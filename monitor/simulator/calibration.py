"""How fast the police arrived in 2024: the published figures as distributions to draw from.

A cell (district and settlement class) is a two-piece log-normal: one spread up to the 80th
percentile, another above it. Taken at the plotting positions (i + 0.5) / n it reproduces every
published whole minute, and pooled the national decimals, for any order of the missions.
Refuses to know when missions ring and what becomes of them.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from statistics import NormalDist
from typing import Final

import msgspec

_NORMAL: Final = NormalDist()
_Z80: Final = _NORMAL.inv_cdf(0.80)
_MINUTE_MS: Final = 60_000

LONGEST_RESPONSE_MS: Final = 23 * 60 * _MINUTE_MS
"""Beyond a day an event is implausible; nothing drawn here comes near it."""


class _Class(msgspec.Struct, frozen=True):
    missions: int
    p50: float
    p80: float
    tail: float


class _District(msgspec.Struct, frozen=True):
    code: str
    classes: dict[str, _Class]


class _File(msgspec.Struct, frozen=True):
    days: int
    share_unmeasured: float
    districts: dict[str, _District]


@dataclass(frozen=True, slots=True)
class Cell:
    """One district and settlement class with its year's volume and its distribution, in minutes."""

    district: str
    settlement: str
    code: str
    missions: int
    p50: float
    p80: float
    tail: float

    def response_ms(self, share: float) -> int:
        """The response time that this share (0 < share < 1) of the missions stays within."""
        spread = math.log(self.p80 / self.p50) / _Z80
        z = _NORMAL.inv_cdf(share)
        if z <= _Z80:
            minutes = self.p50 * math.exp(spread * z)
        else:
            minutes = self.p80 * math.exp(self.tail * spread * (z - _Z80))
        return min(round(minutes * _MINUTE_MS), LONGEST_RESPONSE_MS)

    def responses_ms(self, missions: int) -> list[int]:
        """Response times of n missions at the plotting positions, ascending."""
        return [self.response_ms((i + 0.5) / missions) for i in range(missions)]


@dataclass(frozen=True, slots=True)
class Calibration:
    """All cells of a published year."""

    days: int
    share_unmeasured: float
    cells: tuple[Cell, ...]

    def neighbours(self, cell: Cell) -> tuple[list[Cell], list[Cell]]:
        """What a mission of the cell may be taken for: another district, another class."""
        return (
            [one for one in self.cells if one.settlement == cell.settlement and one is not cell],
            [one for one in self.cells if one.district == cell.district and one is not cell],
        )


@lru_cache(maxsize=1)
def calibration_2024() -> Calibration:
    """The calibration that comes with the package."""
    text = files(__package__).joinpath("calibration-2024.json").read_bytes()
    read = msgspec.json.decode(text, type=_File)
    return Calibration(
        days=read.days,
        share_unmeasured=read.share_unmeasured,
        cells=tuple(
            Cell(district, settlement, one.code, cell.missions, cell.p50, cell.p80, cell.tail)
            for district, one in read.districts.items()
            for settlement, cell in one.classes.items()
        ),
    )


def any_share(rng: Random) -> float:
    """A random share for ``response_ms``, clear of the ends of the distribution."""
    return 0.001 + 0.998 * rng.random()
