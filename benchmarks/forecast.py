"""Whether forecasts keep their word: what was said to be met in 7 of 10 cases is met in 7 of 10.

Simulates services of six areas of 20 to 2,000 missions a year, three years each, and asks at five moments of the last
year whether it will end within the target. Per life: the Brier score beside that of "as it stands" (met now means met
then), and how often each tenth of forecasts came true. Then what a forecast costs, at 39 series and at 3,600.

    python benchmarks/forecast.py [--services 170] [--seed 2024] [--quick]

Takes about 2 min of CPU; `--quick` 5 s. Of 1,020 years a tenth in the middle is known to 4 points, and of more than a
hundred of them some stand out by chance: who doubts one asks again, with `--services 800` and another seed.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import exporter
import numpy as np
from invented import table
from numpy.typing import NDArray

from monitor.core.forecast import forecasts_of
from monitor.core.percent import Percent, share
from monitor.core.stats.forecast import MONTHS, Months, drawn_to
from monitor.core.stats.futures import SoFar, chance_of_share
from monitor.core.stats.volume import Volume, volume
from monitor.core.targets import Targets
from monitor.settings import Configuration

Floats = NDArray[np.float64]

SEED = 2024
SIZES = (20, 60, 150, 400, 800, 2_000)
ASKED = (0.03, 0.25, 0.5, 0.75, 0.97)
DAYS, YEARS = 365, 3
MONTH = DAYS / 12
APART = 0.03
"""How far true levels of areas lie apart (standard deviation of a share of 80 %)."""
BESIDES = (50, 90, 95, Decimal("99.5"))
"""Percentiles: those told, up to 90, and two that are not (`monitor.core.forecast.PROVEN`)."""


@dataclass(frozen=True)
class Life:
    """How the share within moves. Of 80 %, in points; standard deviations, but for the season, which is a height."""

    name: str
    season: float = 0.0
    wander: float = 0.0
    """Forgotten in 60 days."""
    walk: float = 0.0
    """By the root of years."""
    trend: float = 0.0
    """By year, and going on."""
    alike: float = 0.0
    """Correlation of two missions of the same half day."""


LIVES = (
    Life("stationary"),
    Life("seasonal, ± 3 points", season=0.03),
    Life("seasonal, ± 5.5 points", season=0.055),
    Life("drifting, 2 points to and fro", wander=0.02),
    Life("drifting, a walk of 4 points a year", walk=0.04),
    Life("drifting, 2 points a year on and on", trend=0.02),
    Life("clusters of half days, ρ 0.10", alike=0.10),
    Life("all moderate", season=0.03, wander=0.02, alike=0.03),
)
MODERATE = LIVES[-1]


def level(rng: np.random.Generator, life: Life, scale: float) -> Floats:
    """By how much the share within of each half day lies off its average; `scale` for shares of another spread."""
    days = np.arange(YEARS * DAYS)
    moved = -life.season * np.cos(2 * np.pi * (days - 20) / DAYS)
    kept = np.exp(-1 / 60)
    wandered, steps = np.empty(days.size), rng.normal(size=days.size)
    last = steps[0]
    for day, step in enumerate(steps.tolist()):
        last = kept * last + (1 - kept**2) ** 0.5 * step
        wandered[day] = last
    walked = np.cumsum(rng.normal(0, life.walk / DAYS**0.5, days.size))
    moved = moved + life.wander * wandered + walked + rng.normal() * life.trend * (days / DAYS - YEARS + 1)
    return np.repeat(moved * scale, 2)


def missions(rng: np.random.Generator, life: Life, size: int, p: float) -> tuple[Floats, NDArray[np.bool_]]:
    """When they rang (days), and whether each was within."""
    scale = (p * (1 - p)) ** 0.5 / 0.4
    chances = np.clip(p + rng.normal(0, APART * scale) + level(rng, life, scale), 0.002, 0.998)
    if life.alike:
        weight = 1 / life.alike - 1
        chances = rng.beta(chances * weight, (1 - chances) * weight)
    times = np.sort(rng.uniform(0, YEARS * DAYS, rng.poisson(size * YEARS)))
    return times, rng.random(times.size) < chances[(2 * times).astype(int)]


@dataclass(frozen=True)
class Series:
    """Missions of an area: when, and whether each was within."""

    times: Floats
    within: NDArray[np.bool_]

    def between(self, begin: float, end: float) -> NDArray[np.bool_]:
        """Whether those of a span were."""
        first, last = self.times.searchsorted((begin, end))
        return self.within[first:last]

    def by_month(self, now: float) -> tuple[Floats, Floats]:
        """How many were within, and how many there were, in the months until now."""
        places = self.times.searchsorted(now - MONTH * np.arange(MONTHS, -1, -1))
        sums = np.concatenate(([0.0], np.cumsum(self.within)))[places]
        return np.diff(sums), np.diff(places).astype(float)

    def to_come(self, now: float, end: float) -> Volume:
        """As the monitor expects them."""

        def many(begin: float, end: float) -> int:
            return len(self.between(begin, end))

        return volume(
            many(now - DAYS, end - DAYS), many(now - DAYS, now), (end - now) / DAYS,
            now=many(now - DAYS / 2, now), then=many(now - 1.5 * DAYS, now - DAYS),
        )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A forecast, what became of it, and what "as it stands" said."""

    chance: float
    met: bool
    stood: bool


def asked(rng: np.random.Generator, life: Life, percent: Percent) -> list[Asked]:
    """One service: what was forecast of its areas at each moment."""
    parts = [Series(*missions(rng, life, size, share(percent))) for size in SIZES]
    order = np.argsort(np.concatenate([one.times for one in parts]))
    whole = Series(*(np.concatenate([getattr(one, name) for one in parts])[order] for name in ("times", "within")))
    end, found = float(YEARS * DAYS), []
    for part in ASKED:
        now, ahead = end - DAYS * (1 - part), 12 * (1 - part)
        known = [Months.of_share(*one.by_month(now), percent) for one in parts]
        prior = drawn_to(Months.of_share(*whole.by_month(now), percent).outlook(ahead), known)
        for one, months in zip(parts, known, strict=True):
            so_far, all_ = one.between(end - DAYS, now), one.between(end - DAYS, end)
            if not len(so_far):
                continue
            met, stood = (float(some.sum()) >= share(percent) * len(some) - 1e-9 for some in (all_, so_far))
            level = months.level_of_share(months.outlook(ahead, prior), percent)
            counted = SoFar(int(so_far.sum()), len(so_far))
            found.append(Asked(chance_of_share(counted, percent, level, one.to_come(now, end)), met, stood))
    return found


@dataclass(frozen=True)
class Score:
    """Brier scores; by tenth of the forecasts: how many, what was said on average, and how often it was so."""

    brier: float
    as_it_stands: float
    tenths: Sequence[tuple[int, float, float]]

    @property
    def better(self) -> float:
        """Than "as it stands", as a share of its score."""
        return 1 - self.brier / self.as_it_stands

    @property
    def too_sure(self) -> float:
        """The most by which any tenth says more than comes true, in whichever direction it points."""
        return max(said - was if said > 0.5 else was - said for n, said, was in self.tenths if n)


def score(forecasts: Sequence[Asked]) -> Score:
    """Of forecasts."""
    said, met, stood = (
        np.array([getattr(one, name) for one in forecasts], float) for name in ("chance", "met", "stood")
    )
    tenth = np.minimum((10 * said).astype(int), 9)
    held = [tenth == number for number in range(10)]
    means = [(int(some.sum()), *(float(those[some].mean()) if some.any() else 0.0 for those in (said, met)))
             for some in held]  # fmt: skip
    return Score(float(((said - met) ** 2).mean()), float(((stood - met) ** 2).mean()), means)


def _row(name: str, told: Score) -> tuple[str, ...]:
    tenths = (f"{100 * said:.0f} / {100 * was:.0f}" if n >= 20 else "" for n, said, was in told.tenths)
    over = f"{max(0.0, 100 * told.too_sure):.1f}"
    return (name, f"{told.brier:.3f}", f"{told.as_it_stands:.3f}", f"{100 * told.better:.0f}%", over, *tenths)


def grown(factor: int) -> Configuration:
    """The shipped configuration with `factor` times its districts, each with its targets."""
    conf = exporter.configuration(factor)
    sets = [
        replace(one, targets={(area, category): one.of(area.partition("-")[0], category)
                              for area, category in conf.service.judged_series})
        for one in conf.targets.sets
    ]  # fmt: skip
    return replace(conf, targets=Targets(sets))


def cost(factor: int) -> tuple[str, ...]:
    """CPU of all forecasts of the running year, each of every objective, from two years of a nation's missions."""
    exporter.DAYS = 2 * DAYS
    conf = grown(factor)
    history = exporter.year(conf, per_day=50.0 * factor**0.5, partitions=4, sealed=False)
    day = date.fromordinal(conf.grid.day_of(exporter.NOW))
    period, series = conf.grid.calendar.holding("year", day), conf.service.judged_series
    times = []
    for _ in range(3):  # the first one puts the timelines together, as judging does
        began = time.thread_time()
        told = forecasts_of(history, period, series, now=exporter.NOW, abandoned_after_seconds=86_400.0)
        times.append(1000 * (time.thread_time() - began))
    said = [one.chance for of in told.values() for one in of.values() if one.chance is not None]
    return f"{len(series):,}", f"{len(said):,}", f"{min(times):,.0f}", f"{min(times) / max(1, len(said)):.2f}"


def main() -> None:
    """Print the score sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=170, help="services of six areas, for each life: 1,020 years")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="few services")
    arguments = parser.parse_args()
    services = 4 if arguments.quick else arguments.services
    rows: list[tuple[str, ...]] = []
    for life in LIVES:
        rng = np.random.default_rng(arguments.seed)
        rows.append(_row(life.name, score([one for _ in range(services) for one in asked(rng, life, 80)])))
    for percent in BESIDES:
        rng = np.random.default_rng(arguments.seed)
        told = score([one for _ in range(services) for one in asked(rng, MODERATE, percent)])
        rows.append(_row(f"all moderate, P{percent}", told))
    heads = [
        "life",
        "Brier",
        "as it stands",
        "better by",
        "too sure by",
        *(f"{10 * n}–{10 * n + 10} %" for n in range(10)),
    ]
    print(table(heads, rows), flush=True)
    rows = [cost(factor) for factor in ((1,) if arguments.quick else (1, 100))]
    print(f"\n{table(['series', 'forecasts', 'ms of CPU', 'each'], rows)}")


if __name__ == "__main__":
    main()
