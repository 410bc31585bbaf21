"""The one preset known by heart: how fast the Norwegian police arrived in 2024, as distributions to draw from.

A cell (district and settlement class) is a two-piece log-normal: one spread up to the 80th
percentile, another above it. Taken at the plotting positions (i + 0.5) / n it reproduces every
published whole minute, and pooled the national decimals, for any order of the missions.
Refuses to know when missions ring and what becomes of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from random import Random
from statistics import NormalDist
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.calendar import Calendar
from monitor.core.service import Fields, Service, instants_of
from monitor.simulator.world import Course, Fate, World

_PRESET: Final = "norwegian-police"
_RINGING, _DISPATCHED, _ON_SCENE = "ringing_at", "dispatched_at", "on_scene_at"
_NORMAL: Final = NormalDist()
_Z80: Final = _NORMAL.inv_cdf(0.80)
_MINUTE_MS: Final = 60_000
_LONGEST_MS: Final = 23 * 60 * _MINUTE_MS
"""Beyond a day no response is plausible; nothing drawn here comes near it."""


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
class PublishedCell:
    """One district and settlement class with its year's volume and its distribution, in minutes."""

    area: str
    category: str
    code: str
    missions: int
    p50: float
    p80: float
    tail: float

    def courses(self, drawn: Sequence[tuple[Fate, float]], rng: Random) -> list[Course]:
        return [self.course(fate, share, rng) for fate, share in drawn]

    def course(self, fate: Fate, share: float, rng: Random, slowdown: float = 1.0) -> Course:
        del rng
        whole_ms = self.response_ms(share)
        if slowdown != 1.0:
            whole_ms = min(round(whole_ms * slowdown), _LONGEST_MS)
        rang, arrived = (_RINGING, 0), (_ON_SCENE, whole_ms)
        if fate is Fate.ROUTINE:
            whole_ms = min(2 * whole_ms, _LONGEST_MS)
            return Course((rang, (_ON_SCENE, whole_ms)), whole_ms)
        if fate is Fate.NO_ARRIVAL:
            return Course((rang,), whole_ms, between=(_DISPATCHED,))
        return Course((arrived,) if fate is Fate.UNPLACED else (rang, arrived), whole_ms, between=(_DISPATCHED,))

    def response_ms(self, share: float) -> int:
        """The response time that this share (0 < share < 1) of the missions stays within."""
        spread = math.log(self.p80 / self.p50) / _Z80
        z = _NORMAL.inv_cdf(share)
        if z <= _Z80:
            minutes = self.p50 * math.exp(spread * z)
        else:
            minutes = self.p80 * math.exp(self.tail * spread * (z - _Z80))
        return min(round(minutes * _MINUTE_MS), _LONGEST_MS)


@lru_cache(maxsize=1)
def published() -> World:
    """The world of the published figures: every year is like 2024."""
    text = files(__package__).joinpath("calibration-2024.json").read_bytes()
    read = msgspec.json.decode(text, type=_File)
    cells = tuple(
        PublishedCell(district, settlement, one.code, cell.missions, cell.p50, cell.p80, cell.tail)
        for district, one in read.districts.items()
        for settlement, cell in one.classes.items()
    )
    return World(
        fields=Fields(area="district", category="settlement", eligible="urgent"),
        instants=(_RINGING, _ON_SCENE),
        zone=ZoneInfo("Europe/Oslo"),
        calendar=Calendar(),
        days=read.days,
        share_unmeasured=read.share_unmeasured,
        storm_area="vest",
        cells_on=lambda _day: cells,
    )


def are_published(service: Service) -> bool:
    """Whether the figures are this service's: it is the preset, and no event of theirs would be foreign to it."""
    world = published()
    cells = world.cells_on(date.min)
    names = service.fields.area, service.fields.category, service.fields.eligible
    return (
        service.slug == _PRESET
        and names == (world.fields.area, world.fields.category, world.fields.eligible)
        and {*world.instants} <= {*instants_of(service.clocks)}
        and {(cell.area, cell.category) for cell in cells} <= {*service.told_series}
    )
