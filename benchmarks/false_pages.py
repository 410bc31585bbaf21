"""Pages for nothing, before and after: missions overdue, a silent feed, and districts that were always late.

Every district is exactly on target for years, with the missions of 2024 and the rhythm of day and week; one arrival
in ten is never registered, and such a mission stays open for 10 to 120 minutes after it was reached. Whatever pages
then pages for nothing. Then a storm comes: ten or thirty times the calls for three hours, and patrols that take twice
as long. The limits are the project's own code (`core.overdue`, `core.patience`); "before" is what it had: three past
their target at once, and six hours of silence.

    python benchmarks/false_pages.py           the tables of docs/statistics.md (a minute)
    python benchmarks/false_pages.py --quick   a smoke test (seconds)
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from monitor.core import overdue, patience
from monitor.core.alarm import Rules
from monitor.core.day_counts import DayCounts
from monitor.core.onset import Onset, onset_of
from monitor.core.overdue import Usual
from monitor.core.patience import Pace
from monitor.core.slices import Grid
from monitor.core.stats import beta_mixture, chosen, cusum
from monitor.settings import load
from monitor.simulator.calibration import PublishedCell, published

Floats = NDArray[np.float64]

UTC: Final = Grid(ZoneInfo("UTC"))
HOUR, DAY, YEAR = 3600.0, 86_400.0, 364 * 86_400.0
"""Years of whole weeks: each begins on a Monday."""
BY_HOUR: Final = np.array(
    [70, 55, 45, 38, 30, 28, 32, 45, 58, 66, 74, 82, 88, 92, 98, 106, 112, 116, 118, 120, 122, 120, 108, 90], float
)
NIGHT_OUT: Final = 1.9
UNREGISTERED: Final = 0.10
STAYS_OPEN: Final = (600.0, 7200.0)
SPREAD: Final = 0.7
"""Standard deviation of the logarithm of what missions take."""
TARGET: Final = 1200.0
HELD: Final = 120.0
"""Seconds that the condition of a page must hold."""
STORMS: Final = (10, 30)
"""Times the usual calls."""
BEFORE: Final = 3
SILENCE_BEFORE: Final = 21_600.0
DAYS_SCATTER: Final = 0.3
"""Standard deviation of the logarithm of how busy a day is."""
SEASON: Final = 0.2


@dataclass(frozen=True, slots=True)
class Calls:
    """Missions of one district, in the order they rang: when, what they took, and until when each is open."""

    rang: Floats
    took: Floats
    ends: Floats
    unregistered: NDArray[np.bool_]


def rhythm(years: int, rng: np.random.Generator) -> Floats:
    """How busy each hour is, beside others: by day and week, by season, and each day as it happens."""
    hours = np.arange(round(years * YEAR / HOUR))
    of_day, of_week = hours % 24, hours // 24 % 7
    weight = BY_HOUR[of_day] / BY_HOUR.mean()
    late_out = ((of_week == 4) | (of_week == 5)) & (of_day == 23)
    early = ((of_week == 5) | (of_week == 6)) & (of_day < 5)
    weight = np.where(late_out | early, NIGHT_OUT * weight, weight)
    season = 1 + SEASON * np.sin(2 * np.pi * hours * HOUR / YEAR)
    return weight * season * np.exp(rng.normal(0, DAYS_SCATTER, hours[-1] // 24 + 1))[hours // 24]


def ringing(a_year: float, busy: Floats, rng: np.random.Generator) -> Floats:
    """When missions ring (seconds from a Monday's midnight)."""
    counts = rng.poisson(a_year / YEAR * HOUR * busy / busy.mean())
    return np.sort(np.repeat(np.arange(len(busy)) * HOUR, counts) + rng.uniform(0, HOUR, counts.sum()))


def calls(rang: Floats, rng: np.random.Generator, *, slow: float = 1.0) -> Calls:
    """What becomes of them: 80 % within the target where nothing is `slow`."""
    took = TARGET * np.exp(SPREAD * (rng.normal(size=len(rang)) - 0.8416)) * slow
    unregistered = rng.random(len(rang)) < UNREGISTERED
    return Calls(
        rang, took, rang + took + np.where(unregistered, rng.uniform(*STAYS_OPEN, len(rang)), 0), unregistered
    )


def pages(found: Calls, plausible: float, limit: Callable[[Floats], NDArray[np.int64]]) -> Floats:
    """When a page begins: so many past their target and plausibly on their way, for as long as it must hold.

    Whatever begins within a day of another is the same episode.
    """
    begins = found.rang + TARGET
    ends = np.minimum(found.ends, found.rang + plausible)
    late = ends > begins
    at = np.concatenate([begins[late], ends[late]])
    order = np.argsort(at)
    at, there = at[order], np.cumsum(np.repeat([1, -1], late.sum())[order])
    on = there >= limit(at)
    starts = np.flatnonzero(on & ~np.concatenate([[False], on[:-1]]))
    stops = np.flatnonzero(~on & np.concatenate([[False], on[:-1]]))
    lasting = at[starts[: len(stops)]][at[stops] - at[starts[: len(stops)]] >= HELD]
    return lasting[np.concatenate([[True], np.diff(lasting) > DAY])] if len(lasting) else lasting


def learnt(found: Calls, years: int, areas: int) -> tuple[Usual, Callable[[Floats], NDArray[np.int64]]]:
    """What the core makes of a district's past."""
    known = found.took[~found.unregistered]
    usual = overdue.usual(known, int(found.unregistered.sum()), years * YEAR / DAY, TARGET)
    hours = np.bincount((found.rang % DAY // HOUR).astype(int), minlength=24)
    pace = Pace(tuple(hours.tolist()), years * YEAR / DAY)
    by_hour = np.array([
        overdue.limit(
            pace.busier(hour) * usual.at_once, pace.busier(hour) * usual.a_year, overdue.PAGES_A_YEAR / areas
        )
        for hour in range(24)
    ])  # fmt: skip
    return usual, lambda at: by_hour[(at % DAY // HOUR).astype(int)]


def districts() -> Mapping[str, float]:
    """Missions a year of each, as in 2024."""
    found: dict[str, float] = {}
    for cell in published().cells_on(date(2024, 6, 1)):
        found[cell.area] = found.get(cell.area, 0.0) + cell.missions
    return found


def three(at: Floats) -> NDArray[np.int64]:
    """What was a page before."""
    return np.full(len(at), BEFORE)


def missions_overdue(years: int, storms: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Rows: false pages a year in the whole country; of storms how many were told, and after how many minutes."""
    false = {"before": 0, "after": 0}
    told: dict[tuple[str, int], list[float]] = {(name, busy): [] for name in false for busy in STORMS}
    volumes = districts()
    for a_year in volumes.values():
        usual, limit = learnt(calls(ringing(a_year, rhythm(1, rng), rng), rng), 1, len(volumes))
        ways = {"before": (np.inf, three), "after": (usual.plausible_seconds, limit)}
        life = calls(ringing(a_year, rhythm(years, rng), rng), rng)
        for name, way in ways.items():
            false[name] += len(pages(life, *way))
        for busy in np.repeat(STORMS, storms):
            begins = 20 * HOUR
            count = rng.poisson(busy * a_year / YEAR * 3 * HOUR * BY_HOUR[21] / BY_HOUR.mean())
            storm = calls(np.sort(begins + rng.uniform(0, 3 * HOUR, count)), rng, slow=2.0)
            for name, way in ways.items():
                first = pages(storm, *way)
                told[name, int(busy)].append((first[0] - begins) / 60 if len(first) else np.inf)
    return [
        (name, f"{count / years:.2f}", *(one for busy in STORMS for one in _found(np.array(told[name, busy]))))
        for name, count in false.items()
    ]


def _found(waits: Floats) -> tuple[str, str]:
    found = waits[waits < np.inf]
    return f"{len(found) / len(waits):.0%}", f"{np.median(found):.0f}" if len(found) else ""


def silences(years: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Rows: by missions a day, false pages a year before and after, and hours until a dead feed is told."""
    rows = []
    for a_day in (0.5, 1, 3, 10, 50, 300):
        rang = ringing(a_day * YEAR / DAY, rhythm(years + 1, rng), rng)
        gaps, since = np.diff(rang), rang[:-1]
        judged = since >= YEAR / 4
        before = np.count_nonzero(gaps[judged] > SILENCE_BEFORE) / (years + 0.75)
        after, waited = 0, {4: [], 12: []}  # type: dict[int, list[float]]
        for quarter in range(4 * (years + 1) - 1):
            # As of each fortnight the pace of the 91 days before.
            for begins in (quarter * YEAR / 4 + step * 14 * DAY for step in range(7)):
                pace = _pace(rang[(rang >= begins) & (rang < begins + YEAR / 4)], begins + YEAR / 4)
                allowed = np.array([patience.patience(pace, hour + 0.5) for hour in range(24)])
                until = min(begins + 14 * DAY, (quarter + 1) * YEAR / 4) + YEAR / 4
                now = (since >= begins + YEAR / 4) & (since < until)
                after += np.count_nonzero(gaps[now] > allowed[(since[now] % DAY // HOUR).astype(int)])
                for hour, waits in waited.items():
                    waits.append(float(allowed[hour]) / HOUR)
        told = [f"{np.median(waits):.1f}" for waits in waited.values()]
        rows.append((f"{a_day:g}", f"{before:.1f}", f"{after / (years + 0.75):.2f}", *told))
    return rows


def _pace(rang: Floats, until: float) -> Pace:
    hours = np.bincount((rang % DAY // HOUR).astype(int), minlength=24)
    scattered = patience.pace_of(rang, until, UTC).scatter
    return Pace(tuple(hours.tolist()), YEAR / 4 / DAY, scattered)


def levels_of_2024(rng: np.random.Generator, areas: int) -> list[tuple[str, ...]]:
    """Rows: every series stays as late as it was in 2024, after two such years. What is told in one, by district."""
    targets = load().targets
    on: dict[str, NDArray[np.bool_]] = {}
    told: dict[str, NDArray[np.bool_]] = {}
    days = np.arange(2 * 366, 3 * 366)
    cells = [one for one in published().cells_on(date(2024, 6, 1)) if isinstance(one, PublishedCell)]
    for cell in [one for one in cells if one.area in list(districts())[:areas]]:
        target = targets.target(cell.area, cell.category, date(2024, 6, 1)).get("requirement")
        if target is None:
            continue
        within = next(one for one in np.linspace(0.999, 0.001, 999) if cell.response_ms(one) <= target * 1000)
        at = np.sort(rng.uniform(0, 3 * 366, rng.poisson(3 * cell.missions)))
        late = rng.random(len(at)) >= within
        on[cell.area] = on.get(cell.area, False) | _on_before(at, late, days)
        counts = _by_day(at, late)
        levels = np.array([_onset(counts, day) for day in days])
        for step in (1, 2):
            there = levels >= step
            # News: not there at any time of the week before.
            fresh = there & ~np.array([there[max(0, day - 7) : day].any() for day in range(len(days))])
            fresh[:7] = False
            told[cell.area] = told.get(cell.area, False) | fresh
    before, after = sum(int(one.sum()) for one in on.values()), sum(int(one.sum()) for one in told.values())
    return [("breach or drift, told daily", f"{before}"), ("changes, told once", f"{after}")]


def _on_before(at: Floats, late: NDArray[np.bool_], days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a page was on at the end of each day: the CUSUM, or the evidence of the year or of a tertial."""
    counts = _by_day(at, late)
    drift = cusum.trace(Rules().chart.over_target(counts, 80), chosen.DRIFT_PAGE_THRESHOLD).alarm
    newest = np.searchsorted(counts.day, days, side="right") - 1
    found = np.where(newest >= 0, drift[newest], False)
    first = int(days[0])
    for begins, ends in (
        (first, first + 366),
        *((first + 122 * part, first + 122 * (part + 1)) for part in range(3)),
    ):
        period = slice(*np.searchsorted(at, [begins, ends]))
        for count in range(1, len(at[period]) + 1):
            if beta_mixture.watch(late[period][:count], 80).p_value <= chosen.PERIOD_PAGE_ALPHA:
                found |= (days >= np.floor(at[period][count - 1])) & (days < ends)
                break
    return found


def _by_day(at: Floats, late: NDArray[np.bool_]) -> DayCounts:
    judged, lates = (np.bincount(at.astype(int), weights=one) for one in (np.ones(len(at)), late))
    held = np.flatnonzero(judged)
    return DayCounts(held, judged[held].astype(np.int64), lates[held].astype(np.int64))


def _onset(counts: DayCounts, day: int) -> int:
    """What is new at the end of a day, as a number."""
    newest, rules = int(np.searchsorted(counts.day, day, side="right")), Rules()
    found = onset_of(
        DayCounts(counts.day[:newest], counts.judged[:newest], counts.late[:newest]), rules.chart, 80,
        threshold=rules.drift_threshold, lag_days=rules.watch_days,
        length_days=rules.baseline_days - rules.watch_days,
    )  # fmt: skip
    return list(Onset).index(found)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    quick = parser.parse_args().quick
    rng = np.random.default_rng(2024)
    rows = missions_overdue(5 if quick else 200, 5 if quick else 200, rng)
    heads = [one for busy in STORMS for one in (f"storms of {busy} times the calls told", "after minutes (median)")]
    print(table(("missions overdue", "false pages a year", *heads), rows))
    print()
    print(table(("every series as late as in 2024", "notifications a year"), levels_of_2024(rng, 2 if quick else 12)))
    print()
    rows = silences(1 if quick else 10, rng)
    print(table(("missions a day", "six hours: false pages a year", "learnt: false pages a year",
                 "a dead feed is told after hours: silent since 4", "since 12"), rows))  # fmt: skip


if __name__ == "__main__":
    main()
