"""Simulated life: missions whose chance to be late moves as it does in services, for benchmarks that judge alarms.

The chance to be late of a moment is the level 1 - p, moved by a season and by a slow drift; around it scatter whole
days and half days (a Beta distribution each), so that the missions of one night hang together. Each part can be had
alone; none of them gives independent missions. Every figure follows from the generator that is given. Refuses to
know what is made of the missions.

    times, within = year(np.random.default_rng(1), 500, 0.8, **MODERATE)
"""

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

YEAR_DAYS: Final = 365
MEMORY_DAYS: Final = 60.0
"""After so many days a slow drift has forgotten all but 1/e of where it stood: months differ, years hardly."""
WORST_DAY: Final = 20.0
"""Of the year, where the season is worst: in January."""
LEAST, MOST = 0.002, 0.998
"""A chance stays within: a Beta distribution has none for certain."""

CALM: Final = MappingProxyType[str, float]({})
"""Independent missions, always on the level."""
MODERATE: Final = MappingProxyType({"rho": 0.02, "season": 0.03, "drift": 0.02, "day": 0.01})
"""Everything at once, each as much as is usual."""


def year(
    rng: np.random.Generator,
    per_year: float,
    p: float,
    *,
    rho: float = 0.0,
    season: float = 0.0,
    drift: float = 0.0,
    day: float = 0.0,
    years: int = 1,
) -> tuple[Floats, Bools]:
    """When missions rang (days from the first midnight, ascending), and whether each was within its target.

    `per_year`: expected missions (their number is Poisson's). `p`: the share within, on average over long. `season`:
    how much more are late in January, and fewer in July (share, 0 to 1); `drift`: the standard deviation (share) of
    the slow drift; `day`, `rho`: the correlation of two missions of the same day, and of the same half day beyond.
    """
    times = np.sort(rng.uniform(0.0, years * YEAR_DAYS, rng.poisson(per_year * years)))
    late = chances(rng, p, rho=rho, season=season, drift=drift, day=day, years=years)
    return times, rng.random(times.size) >= late[(2 * times).astype(np.int64)]


def chances(
    rng: np.random.Generator,
    p: float,
    *,
    rho: float = 0.0,
    season: float = 0.0,
    drift: float = 0.0,
    day: float = 0.0,
    years: int = 1,
) -> Floats:
    """The chance to be late of each half day: for series of one place, that share its weather and its shifts."""
    days = np.arange(years * YEAR_DAYS, dtype=np.float64)
    level = 1.0 - p + season * np.cos(2 * np.pi * (days - WORST_DAY) / YEAR_DAYS)
    if drift:
        level = level + drift * _wandering(rng, days.size)
    halves = np.repeat(_scattered(rng, level, day), 2)
    return _scattered(rng, halves, rho)


def as_first_told(
    rng: np.random.Generator, times: Floats, within: Bools, *, share: float = 0.05, after_days: float = 5.0
) -> tuple[Bools, Floats]:
    """What a source says at first, and when (days) it says the truth: `share` of the missions are told as late.

    An arrival that was pressed late, and corrected `after_days`. The others are right when they are told.
    """
    pressed = rng.random(times.size) < share
    return within & ~pressed, np.where(pressed & within, times + after_days, times)


def _wandering(rng: np.random.Generator, days: int) -> Floats:
    """A stationary walk with standard deviation 1 that forgets in `MEMORY_DAYS`, by day."""
    from scipy.signal import lfilter

    kept = float(np.exp(-1.0 / MEMORY_DAYS))
    steps = rng.normal(0.0, np.sqrt(1.0 - kept**2), days)
    steps[0] = rng.normal()
    walk: Floats = lfilter([1.0], [1.0, -kept], steps)
    return walk


def _scattered(rng: np.random.Generator, chance: Floats, correlation: float) -> Floats:
    """Around each chance by a Beta distribution, so that two missions under one have this correlation."""
    kept = np.clip(chance, LEAST, MOST)
    if not correlation:
        return kept
    weight = 1.0 / correlation - 1.0
    return np.clip(rng.beta(kept * weight, (1.0 - kept) * weight), LEAST, MOST)
