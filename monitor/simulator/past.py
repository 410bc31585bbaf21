"""A past: a whole calendar year, or the days up to a moment.

Every cell gets its number of missions and how long they took at the plotting positions, in random order over the
time; so the figures hold for any seed, and only the story differs.
Refuses to read a clock: the moment a history ends at is an argument.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Final

from monitor.simulator.calibration import published
from monitor.simulator.delivery import Emission, deliver
from monitor.simulator.identity import run_tag
from monitor.simulator.rhythm import Rhythm, milliseconds
from monitor.simulator.snapshot import Revision, encoder
from monitor.simulator.story import Truth, tell
from monitor.simulator.world import LONGEST_UNPLACED_MS, Cell, Course, Era, Fate, World

UNPLACED_SHARE: Final = 0.3  # of the unmeasured; the others lack the arrival
CANCELLED_SHARE: Final = 0.025  # all of these relative to the eligible missions that count
EXCLUDED_SHARE: Final = 0.006
ROUTINE_SHARE: Final = 0.55
_DAY: Final = timedelta(days=1)

_Draft = tuple[int, Cell, Fate, Course, Era]
"""When it begins, in milliseconds since 1970, and what it is."""


def any_share(rng: Random) -> float:
    """A random share of missions that take no longer, clear of the ends of a distribution."""
    return 0.001 + 0.998 * rng.random()


def year(year: int, *, seed: int, world: World | None = None) -> Iterator[Emission]:
    """All records about the missions of one calendar year, corrections of the next included.

    Any year has the figures of the world. The mission ids depend on nothing but the year and the order.
    """
    world = world or published()
    rng = Random(f"year {year} {seed}")  # noqa: S311 - a simulation has to be repeatable
    drafts = _drafts(world, *world.year(year), 1.0, rng)
    return deliver(_stories(drafts, world, "", rng), encoder(world), rng)


def history(*, end: datetime, days: int = 400, seed: int, world: World | None = None) -> Iterator[Emission]:
    """The records delivered until ``end`` about the missions of the ``days`` before it.

    Missions still in progress at ``end`` stay open, and corrections still to come are not made yet.
    """
    if end.tzinfo is None:
        raise ValueError(f"the end of a history needs a time zone, {end.isoformat()} has none")
    world = world or published()
    start_ms, stop_ms = milliseconds(end - days * _DAY), milliseconds(end)
    rng = Random(f"history {stop_ms} {days} {seed}")  # noqa: S311 - a simulation has to be repeatable
    drafts = _drafts(world, start_ms, stop_ms, days / world.days, rng)
    tag = run_tag("H", f"{stop_ms} {days} {seed}")
    return takewhile(lambda one: one.at <= end, deliver(_stories(drafts, world, tag, rng), encoder(world), rng))


def _drafts(world: World, start_ms: int, stop_ms: int, years: float, rng: Random) -> list[_Draft]:
    """Every mission of the span, in the order they begin."""
    drafts: list[_Draft] = []
    carried = dict.fromkeys(Fate, 0.5)  # fractions of missions go over to the next cell
    for era in world.eras(start_ms, stop_ms):
        part = years * ((era.stop_ms - era.start_ms) / (stop_ms - start_ms))
        drafts += _drafts_of(era, world, part, carried, rng)
    drafts.sort(key=lambda draft: draft[0])
    return drafts


def _drafts_of(era: Era, world: World, years: float, carried: dict[Fate, float], rng: Random) -> Iterator[_Draft]:
    per_measured = world.share_unmeasured / (1 - world.share_unmeasured)
    rhythm = Rhythm(era.start_ms, era.stop_ms, world.zone)
    # What no instant places is placed by its last record, which has to lie in the era too.
    latest_ms = max(era.stop_ms - LONGEST_UNPLACED_MS - 1, era.start_ms + 1)
    unplaced = Rhythm(era.start_ms, latest_ms, world.zone)

    for cell in era.cells:
        missions = max(1, round(cell.missions * years))
        shares = [(i + 0.5) / missions for i in range(missions)]
        rng.shuffle(shares)
        drawn = [(rhythm.draw(rng), Fate.MEASURED, share) for share in shares]
        unmeasured = missions * per_measured
        eligible = missions + unmeasured
        others = {
            Fate.UNPLACED: unmeasured * UNPLACED_SHARE,
            Fate.NO_ARRIVAL: unmeasured * (1 - UNPLACED_SHARE),
            Fate.CANCELLED: eligible * CANCELLED_SHARE,
            Fate.EXCLUDED: eligible * EXCLUDED_SHARE,
            Fate.ROUTINE: eligible * ROUTINE_SHARE if world.fields.eligible else 0.0,
        }
        for fate, expected in others.items():
            carried[fate] += expected
            hours = unplaced if fate is Fate.UNPLACED else rhythm
            drawn += [(hours.draw(rng), fate, any_share(rng)) for _ in range(int(carried[fate]))]
            carried[fate] %= 1
        courses = cell.courses([(fate, share) for _, fate, share in drawn], rng)
        for (placed_ms, fate, _), course in zip(drawn, courses, strict=True):
            yield era.begin(placed_ms, course), cell, fate, course, era


def _stories(drafts: list[_Draft], world: World, tag: str, rng: Random) -> Iterator[tuple[int, list[Revision]]]:
    for number, (began_ms, cell, fate, course, era) in enumerate(drafts, start=1):
        local = datetime.fromtimestamp(began_ms / 1000, world.zone)
        truth = Truth(f"{local.year}-{cell.code}-{tag}{number:07d}", cell, fate, began_ms, course)
        yield began_ms, tell(truth, era, rng)
