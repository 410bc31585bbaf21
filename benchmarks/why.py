"""Whether "why did it change?" names the cause: two periods are simulated, with one thing changed between them.

Missions of six areas, three categories and eight parts of the day have times of three stages; half-days of an area
are slower or faster together, and a tenth has no arrival registered. Then one cause is put in, and it is looked at
how much of the mean change is attributed to it, and how often the 95 % intervals of all others hold 0. What is asked
is `core.change`, by the counts that `core.compared` would make.

    python benchmarks/why.py [--runs 1000] [--quick]

Takes about a quarter of an hour; `--quick` some seconds. Seed 2024.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.core.change import Change, change_of
from monitor.core.compared import Compared, LateTally, Told
from monitor.core.service import Objective
from monitor.core.stages import Chain
from monitor.core.stats.stage_swap import Staged

SEED = 2024
AREAS, CATEGORIES, BLOCKS = 6, 3, 8
STAGES = ("handling", "turnout", "travel")
REQUIREMENT = Objective("requirement", 80)
THRESHOLDS = np.array([600.0, 960.0, 1620.0])
"""Of the categories: about a fifth is late in each."""
RURAL, NIGHT = 2, slice(0, 3)

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Life:
    """What missions of a period are like: volumes by (area, category, block), medians of stages, what is missing."""

    volume: Floats
    medians: Floats
    """Of the stages, by area, category and block (seconds)."""
    missing: Floats
    thresholds: Floats


def usual(areas: int) -> Life:
    """Travel is longer in the country, at night, and in the first areas; half of the missions are in town."""
    busy = np.array([0.5, 0.4, 0.6, 1.0, 1.2, 1.3, 1.3, 0.9])
    volume = np.einsum("a,c,b->acb", np.linspace(1.0, 2.0, areas), [0.5, 0.3, 0.2], busy)
    slow = np.einsum("a,b->ab", np.linspace(1.15, 0.85, areas), np.linspace(1.12, 0.92, BLOCKS))
    travel = np.einsum("ab,c->acb", slow, [270.0, 470.0, 830.0])
    stages = np.stack([np.full_like(travel, 75.0), np.full_like(travel, 80.0), travel])
    return Life(volume / volume.sum(), stages, np.full(volume.shape, 0.1), THRESHOLDS)


def told(rng: np.random.Generator, life: Life, other: Life, days: int, missions: int, *, staged: bool) -> Told:
    """A period as `core.compared` tells it."""
    areas = life.volume.shape[0]
    counts = rng.poisson(np.broadcast_to(missions / days * life.volume, (days, *life.volume.shape)))
    day, area, category, block = np.nonzero(counts)
    held = np.repeat(np.arange(len(day)), counts[day, area, category, block])
    day, area, category, block = day[held], area[held], category[held], block[held]
    cluster = 2 * day + block // 4
    shared = np.exp(rng.normal(0.0, 0.08, (2 * days, areas)))[cluster, area]
    spread = np.array([0.5, 0.6, 0.45])[:, None]
    times = life.medians[:, area, category, block] * np.exp(spread * rng.normal(size=(3, len(day))))
    times[2] *= shared
    measured = rng.random(len(day)) >= life.missing[area, category, block]
    whole = times.sum(axis=0)
    late = measured & (whole > life.thresholds[category])
    otherwise = measured & (whole > other.thresholds[category])
    cell = (area * CATEGORIES + category) * BLOCKS + block
    cells = areas * CATEGORIES * BLOCKS
    places, whose = np.unique(cluster * cells + cell, return_inverse=True)
    columns = [
        np.bincount(whose, one, minlength=len(places)).astype(np.int64)
        for one in (np.ones(len(day)), measured, late, otherwise)
    ]
    tallies = [
        LateTally(int(measured[own].sum()), int(late[own].sum()), int((~measured[own]).sum()), 0)
        for own in (area == one for one in range(areas))
    ]
    by_category = {
        str(one): Staged(
            np.rint(times[:, own] * 1e6).astype(np.int64), round(life.thresholds[one] * 1e6), cluster[own]
        )
        for one in range(CATEGORIES)
        for own in (measured & (category == one),)
    }
    return Told(
        clusters=places // cells,
        cells=places % cells,
        missions=columns[0],
        judged=columns[1],
        late=columns[2],
        otherwise=columns[3],
        strata=np.arange(2 * days) % 2,
        areas=tallies,
        staged=by_category if staged else {},
    )


def change(rng: np.random.Generator, lives: tuple[Life, Life], days: int, missions: int, *, staged: bool) -> Change:
    """One pair of periods, and why they differ."""
    before, now = lives
    areas = before.volume.shape[0]
    return change_of(
        Compared(
            objective=REQUIREMENT,
            areas=[str(area) for area in range(areas)],
            cells=areas * CATEGORIES * BLOCKS,
            by_hour=True,
            before=told(rng, before, now, days, missions, staged=staged),
            now=told(rng, now, before, days, missions, staged=staged),
            chain=Chain("response", STAGES) if staged else None,
        ),
        rng,
    )


def slower(life: Life, times: float, stage: int = 2, area: int | None = None) -> Life:
    medians = life.medians.copy()
    medians[stage, slice(None) if area is None else area] *= times
    return replace(life, medians=medians)


def more(life: Life, times: float, place: tuple[int | slice, ...]) -> Life:
    volume = life.volume.copy()
    volume[place] *= times
    return replace(life, volume=volume / volume.sum())


def unregistered(life: Life, share: float, place: tuple[int | slice, ...]) -> Life:
    missing = life.missing.copy()
    missing[place] = share
    return replace(life, missing=missing)


ALL = slice(None)
Cause = tuple[str, str, Callable[[Life], Life]]
CAUSES: tuple[Cause, ...] = (
    ("nothing", "", lambda life: life),
    ("all drive 10 % longer", "pace", lambda life: slower(life, 1.1)),
    ("three times as many missions at night", "mix", lambda life: more(life, 3.0, (ALL, ALL, NIGHT))),
    ("three times as many in the country", "mix", lambda life: more(life, 3.0, (ALL, RURAL))),
    ("three times as many in the slow third of the areas", "mix", lambda life: more(life, 3.0, (slice(0, 2),))),
    ("at night, half of the arrivals no longer registered", "missing",
     lambda life: unregistered(life, 0.5, (ALL, ALL, NIGHT))),
    ("the target a tenth stricter", "target", lambda life: replace(life, thresholds=life.thresholds * 0.9)),
)  # fmt: skip
STAGED: tuple[Cause, ...] = (
    ("nothing", "", lambda life: life),
    ("turnout takes twice as long", "turnout", lambda life: slower(life, 2.0, 1)),
    ("driving takes a fifth longer", "travel", lambda life: slower(life, 1.2, 2)),
)
PLACED: tuple[Cause, ...] = (
    ("nothing", "", lambda life: life),
    ("the first area drives 40 % longer", "0", lambda life: slower(life, 1.4, 2, 0)),
)
Parts = dict[str, tuple[float, bool]]


def drivers(found: Change) -> Parts:
    return {str(name): (one.value, one.lower <= 0.0 <= one.upper) for name, one in found.drivers.items()}


def areas(found: Change) -> Parts:
    return {str(one.area): (one.change.value, one.change.lower <= 0.0 <= one.change.upper) for one in found.areas}


def stages(found: Change) -> Parts:
    if found.stages is None:
        return {}
    parts = found.stages.stages | {"together": found.stages.together, "mix of kinds": found.stages.mix}
    return {str(name): (one.value, one.lower <= 0.0 <= one.upper) for name, one in parts.items()}


def table(
    causes: Sequence[Cause], read: Callable[[Change], Parts], size: tuple[int, int, int], runs: int,
    *, staged: bool = False,
) -> None:  # fmt: skip
    """A line for each cause: what it changed, what is attributed to it, how often the intervals of others hold 0."""
    areas_, days, missions = size
    print(f"{areas_} areas, {missions:,} missions in {days} days\n" if areas_ > 1 else f"One area, {missions:,}\n")
    for number, (name, injected, put) in enumerate(causes):
        rng = np.random.default_rng([SEED, areas_, missions, number])
        life = usual(areas_)
        parts = [read(change(rng, (life, put(life)), days, missions, staged=staged)) for _ in range(runs)]
        names = ["others"] if read is areas else [*parts[0]]
        if not number:
            print(f"| put in | change | attributed to it | {' | '.join(names)} |")
            print("| --- | ---: | ---: |" + " ---: |" * len(names))
        total = np.mean([sum(value for value, _ in one.values()) for one in parts])
        share = f"{100 * np.mean([one[injected][0] for one in parts]) / total:.0f}%" if injected else ""
        if read is areas:
            cells = [_held([one[part] for one in parts for part in one if part != injected])]
        else:
            cells = ["" if part == injected else _held([one[part] for one in parts]) for part in names]
        print(f"| {name} | {100 * total:+.1f} | {share} | {' | '.join(cells)} |", flush=True)
    print()


def _held(found: list[tuple[float, bool]]) -> str:
    """How often the interval holds 0; a part that is never anything else is exact."""
    return "exact" if not any(value for value, _ in found) else f"{100 * np.mean([held for _, held in found]):.1f}%"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    asked = parser.parse_args()
    runs = 5 if asked.quick else asked.runs
    began = time.perf_counter()
    table(CAUSES, drivers, (AREAS, 120, 4_000), runs)
    table([one for one in CAUSES if "areas" not in one[0]], drivers, (1, 120, 800), runs)
    table(PLACED, areas, (AREAS, 120, 4_000), runs)
    table(STAGED, stages, (1, 120, 800), runs, staged=True)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
