"""How good the alerts are: false pages a year over the whole country, and missions and days to detection.

Simulates the 35 district series and the 3 national ones at the volumes of 2024 for hundreds of years, in several
kinds of life (`life`). In control, every series is within target at 80 or 85 %; then one series, or a whole district,
gets worse. Policies look after every mission: the bare threshold (P80 over the requirement in 28 days), burn rates in
four tiers, ours, and ours as it was. The CUSUM and its thresholds are the project's own code, so the table judges
what runs.

    python benchmarks/alert_quality.py             the tables of docs/statistics.md (some minutes)
    python benchmarks/alert_quality.py --frontier  what other parameters of ours would give
    python benchmarks/alert_quality.py --volumes   other objectives, and series of other volumes
    python benchmarks/alert_quality.py --quick     a smoke test (seconds)
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import life
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from monitor.core.alarm import Rules
from monitor.core.day_counts import DayCounts
from monitor.core.drift import Chart
from monitor.core.stats import beta_mixture, chosen, cusum
from monitor.core.stats.cusum import Shift
from monitor.simulator.calibration import published

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]

YEAR_DAYS = float(life.YEAR_DAYS)
TERTIAL_DAYS = YEAR_DAYS / 3
WINDOW_DAYS = 28.0
SAME_EPISODE_DAYS = 1.0
"""A district that pages again within a day of its last page is still in the same episode."""
LIVES: dict[str, tuple[float, Mapping[str, float]]] = {
    "80 %": (0.80, life.CALM),
    "85 %": (0.85, life.CALM),
    "ρ .02": (0.80, {"rho": 0.02}),
    "ρ .05": (0.80, {"rho": 0.05}),
    "ρ .10": (0.80, {"rho": 0.10}),
    "season 17–23": (0.80, {"season": 0.03}),
    "season 15–26": (0.80, {"season": 0.055}),
    "slow drift": (0.80, {"drift": 0.02}),
    "more of it": (0.80, {"drift": 0.03}),
    "days .05": (0.80, {"day": 0.05}),
    "all moderate": (0.80, life.MODERATE),
}
"""What share is within, and how life moves it. ρ: of half days, beyond their day; the others in `life`."""
PERCENT = 80
ALLOWED_LATE = 0.20
NATIONAL = "national"
BURN_TIERS = ((14.4, 60, 5), (6.0, 360, 30), (3.0, 1440, 120), (1.0, 4320, 360))
"""Burn rate, long and short window in minutes: Google, "The Site Reliability Workbook" (2018), chapter 5."""
MOST_MISSIONS = 1500
DEGRADED = (70, 60, 50)


@dataclass(frozen=True, slots=True)
class Missions:
    """A series in time order: days since the beginning, and whether each mission was late."""

    at: Floats
    late: Bools


@dataclass(frozen=True, slots=True)
class Tuning:
    """The parameters of our policy, None where a rule is not used; the defaults are the ones chosen."""

    chart: Chart = field(default_factory=Chart)
    threshold: float | None = chosen.DRIFT_PAGE_THRESHOLD
    period_alpha: float | None = chosen.PERIOD_PAGE_ALPHA
    window_p_value: float | None = None


Policy = Callable[[Missions, bool], Bools]
"""For the missions of a series, and whether it is a national one: whether the page is on after each."""


def in_window(missions: Missions, days: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Missions, and late ones, in the window that ends at each mission."""
    total = np.concatenate([[0], np.cumsum(missions.late)])
    first = np.searchsorted(missions.at, missions.at - days, side="right")
    upto = np.arange(1, missions.at.size + 1)
    return upto - first, total[upto] - total[first]


def bare_threshold(missions: Missions, national: bool) -> Bools:  # noqa: ARG001  a policy
    """P80 over the requirement: more than 20 % of the missions of 28 days late."""
    n, late = in_window(missions, WINDOW_DAYS)
    return 100 * late > (100 - PERCENT) * n


def burn_rate(tiers: tuple[tuple[float, int, int], ...]) -> Policy:
    """Any tier burning: late share over the allowed share, in its long and its short window."""

    def policy(missions: Missions, national: bool) -> Bools:  # noqa: ARG001  a policy
        on = np.zeros(missions.at.size, dtype=bool)
        for rate, *windows in tiers:
            burning = np.ones(missions.at.size, dtype=bool)
            for minutes in windows:
                n, late = in_window(missions, minutes / 1440)
                burning &= late >= rate * ALLOWED_LATE * n
            on |= burning
        return on

    return policy


@lru_cache(maxsize=64)
def late_for_window(alpha: float, most: int) -> NDArray[np.int64]:
    """For each n up to `most`: the fewest late missions that the exact test finds significant."""
    n = np.arange(most + 1)
    return n - stats.binom.ppf(alpha, n, PERCENT / 100).astype(np.int64) + 1


@lru_cache(maxsize=64)
def late_for_period(alpha: float, most: int) -> NDArray[np.int64]:
    """For each n up to `most`: the fewest late missions with an e-value of 1/alpha (n + 1 where none reach it)."""
    n = np.arange(most + 1)
    low, high = np.zeros_like(n), n + 1
    while (low < high).any():
        middle = np.minimum((low + high) // 2, n)
        enough = beta_mixture.log_e_values(n - middle, middle, PERCENT) >= -np.log(alpha)
        high = np.where(enough & (low < high), middle, high)
        low = np.where(~enough & (low < high), middle + 1, low)
    return high


def period_status(missions: Missions, period_days: float, alpha: float) -> Bools:
    """On from the mission at which the period's e-value reaches 1/alpha until the period ends."""
    period = np.floor(missions.at / period_days).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(missions.late)])
    begins = np.searchsorted(period, period, side="left")
    upto = np.arange(1, period.size + 1)
    n, late = upto - begins, total[upto] - total[begins]
    reached = late >= late_for_period(alpha, round_up(int(n.max(initial=0))))[n]
    return np.maximum.accumulate(np.where(reached, period, -1)) == period


def round_up(n: int) -> int:
    """Few sizes, so that tables are made once."""
    return 1 << max(10, n.bit_length())


def ours(tuning: Tuning) -> Policy:
    """Drift by CUSUM (districts only), or the period's status, or the exact test over 28 days."""

    def policy(missions: Missions, national: bool) -> Bools:
        on = np.zeros(missions.at.size, dtype=bool)
        if tuning.threshold is not None and not national:
            on |= drift(missions, tuning.chart, tuning.threshold, PERCENT)
        if tuning.period_alpha is not None:
            on |= period_status(missions, TERTIAL_DAYS, tuning.period_alpha)
            on |= period_status(missions, YEAR_DAYS, tuning.period_alpha)
        if tuning.window_p_value is not None:
            n, late = in_window(missions, WINDOW_DAYS)
            on |= late >= late_for_window(tuning.window_p_value, round_up(int(n.max(initial=0))))[n]
        return on

    return policy


def drift(missions: Missions, chart: Chart, threshold: float, percent: int) -> Bools:
    """On after each mission: the days before it, and what its own day has shown so far."""
    days, place, nth, late = by_day(missions)
    seen = cusum.trace(chart.over_target(days, percent), threshold)
    scale = chart.scale(days.volume(usual=chosen.USUAL_VOLUME))[place]
    so_far = cusum.evidence(nth, late, *chart.around(1 - percent / 100), chart.correlation) / scale
    before = np.concatenate([[0.0], seen.score[:-1]])[place] + so_far
    was_on = np.concatenate([[False], seen.alarm[:-1]])[place]
    return np.where(was_on, before > 0, before >= threshold)


def by_day(missions: Missions) -> tuple[DayCounts, Counts, Counts, Counts]:
    """The counts by day; of each mission its day's place, which of the day it is, and how many were late so far."""
    day = np.floor(missions.at).astype(np.int64)
    first = np.flatnonzero(np.diff(day, prepend=-1))
    judged = np.diff(first, append=day.size)
    total = np.concatenate([[0], np.cumsum(missions.late)])
    place = np.repeat(np.arange(first.size), judged)
    nth = np.arange(1, day.size + 1) - first[place]
    late = total[1:] - total[first[place]]
    return DayCounts(day[first], judged, np.diff(total[np.append(first, day.size)])), place, nth, late


def own_level(missions: Missions, national: bool) -> Bools:
    """Drift from the own level, after each day."""
    rules = Rules()
    days, place, _, _ = by_day(missions)
    steps = rules.chart.over_own_level(
        days, lag_days=rules.watch_days, length_days=rules.baseline_days - rules.watch_days,
        least=rules.baseline_missions,
    )  # fmt: skip
    known = ~np.isnan(steps)
    on = np.zeros(steps.size, dtype=bool)
    on[known] = not national and cusum.trace(steps[known], rules.drift_threshold).alarm
    return on[place]


def as_it_was(missions: Missions, national: bool) -> Bools:
    """Drift until now: 0.20 → 0.40, each mission by itself, h = 6.4 for all."""
    if national:
        return np.zeros(missions.at.size, dtype=bool)
    return cusum.trace(np.where(missions.late, np.log(2.0), np.log(0.75)), 6.4).alarm


def volumes() -> dict[str, dict[str, int]]:
    """Missions a year per district and settlement class."""
    found: dict[str, dict[str, int]] = {}
    for cell in published().cells_on(date.min):
        found.setdefault(cell.area, {})[cell.category] = cell.missions
    return found


def pool(parts: list[Missions]) -> Missions:
    """Several series as one, in time order."""
    at = np.concatenate([part.at for part in parts])
    order = np.argsort(at)
    return Missions(at[order], np.concatenate([part.late for part in parts])[order])


def country(
    rng: np.random.Generator, years: int, within: float, moved: Mapping[str, float]
) -> Iterator[tuple[str, Missions]]:
    """All 38 series over `years`; the national ones pool the districts. A district has one life."""
    days = years * YEAR_DAYS
    classes: dict[str, list[Missions]] = {}
    for district, settlements in volumes().items():
        halves = life.chances(rng, within, years=years, **moved)
        for settlement, missions in settlements.items():
            at = np.sort(rng.uniform(0, days, missions * years))
            series = Missions(at, rng.random(at.size) < halves[(2 * at).astype(np.int64)])
            classes.setdefault(settlement, []).append(series)
            yield district, series
    for parts in classes.values():
        yield NATIONAL, pool(parts)


def spells(missions: Missions, on: Bools) -> Floats:
    """Rows (from, to) in days during which the page is on; it stays as it is until the next mission."""
    edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
    ends = np.append(missions.at, np.inf)
    return np.column_stack([ends[edges[0::2]], ends[edges[1::2]]])


def episodes(found: list[Floats]) -> int:
    """Pages of one district: overlapping spells, or ones within a day, are one."""
    rows = np.concatenate(found)
    rows = rows[np.argsort(rows[:, 0])]
    if not len(rows):
        return 0
    over = np.maximum.accumulate(rows[:, 1])
    return 1 + int(np.sum(rows[1:, 0] > over[:-1] + SAME_EPISODE_DAYS))


def false_pages(
    policies: dict[str, Policy], years: int, within: float, seed: int, moved: Mapping[str, float]
) -> dict[str, float]:
    """Pages a year over the whole country while every series is within target as often, on average over years."""
    found: dict[tuple[str, str], list[Floats]] = {}
    for district, missions in country(np.random.default_rng(seed), years, within, moved):
        for name, policy in policies.items():
            on = policy(missions, district == NATIONAL)
            found.setdefault((name, district), []).append(spells(missions, on))
    totals = dict.fromkeys(policies, 0)
    for (name, _), parts in found.items():
        totals[name] += episodes(parts)
    return {name: total / years for name, total in totals.items()}


@dataclass(frozen=True, slots=True)
class Worsening:
    """What happens to a district that was at 80 %: missions within target from the change on, and for how long."""

    within: float
    lasts_days: float = np.inf
    watched_days: float = 3 * YEAR_DAYS


STORM = Worsening(0.0, lasts_days=0.5, watched_days=3.0)


@dataclass(frozen=True, slots=True)
class Delay:
    """From the change to the page: medians over all runs (infinite: half of them never), and the share paged.

    `missions` are those of the series that got worse (of the district, when all its series did). Runs in which the
    page was on already when the change came are left out; `already` is their share.
    """

    missions: float
    days: float
    paged: float
    already: float


def detection(
    policies: dict[str, Policy], groups: list[list[int]], worsening: Worsening, repeats: int, seed: int
) -> dict[str, Delay]:
    """Delays when all series of a group (their missions a year) get worse at once, at any time of the year."""
    rng = np.random.default_rng(seed)
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in policies}
    for group in groups:
        days = min(worsening.watched_days, MOST_MISSIONS / sum(group) * YEAR_DAYS)
        for _ in range(repeats):
            change = YEAR_DAYS * (1 + rng.random())
            runs = [worsen(rng, a_year, worsening, change, days) for a_year in group]
            for name, policy in policies.items():
                seen[name].append(first_page(policy, runs, change))
    return {name: summarise(delays) for name, delays in seen.items()}


def worsen(rng: np.random.Generator, a_year: int, worsening: Worsening, change: float, days: float) -> Missions:
    """A series at 80 % that changes on day `change` and is watched for `days` more."""
    until = change + days
    at = np.sort(rng.uniform(0, until, rng.poisson(a_year * until / YEAR_DAYS)))
    worse = (at >= change) & (at < change + worsening.lasts_days)
    return Missions(at, rng.random(at.size) >= np.where(worse, worsening.within, PERCENT / 100))


def first_page(policy: Policy, runs: list[Missions], change: float) -> tuple[float, float]:
    """Missions and days from the change to the first page: 0 when it was on already, infinite when none came."""
    first = np.inf
    for missions in runs:
        on = policy(missions, False)
        after = missions.at >= change
        if on[~after][-1:].any():
            return 0.0, 0.0
        hits = missions.at[on & after]
        first = min(first, hits[0] if hits.size else np.inf)
    if first == np.inf:
        return np.inf, np.inf
    return float(sum(int(np.sum((run.at >= change) & (run.at <= first))) for run in runs)), float(first - change)


def summarise(delays: list[tuple[float, float]]) -> Delay:
    """Medians over the runs that were quiet before the change."""
    missions, days = np.array(delays).T
    fresh = days > 0
    if not fresh.any():
        return Delay(np.nan, np.nan, np.nan, 1.0)
    return Delay(
        median(missions[fresh]), median(days[fresh]), float(np.mean(np.isfinite(days[fresh]))), float(np.mean(~fresh))
    )


def median(values: Floats) -> float:
    """The lower median: an infinite half does not make it undefined."""
    return float(np.sort(values)[(values.size - 1) // 2])


def single_series() -> list[list[int]]:
    """Every series gets worse alone."""
    return [[missions] for settlements in volumes().values() for missions in settlements.values()]


def whole_districts() -> list[list[int]]:
    """All classes of a district get worse at once."""
    return [list(settlements.values()) for settlements in volumes().values()]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated: years in control, and runs per series for each degradation."""

    years: int
    repeats: int
    seed: int = 2024
    chunk_years: int = 250

    def pages(
        self, policies: dict[str, Policy], within: float, moved: Mapping[str, float] = life.CALM
    ) -> dict[str, float]:
        """`false_pages` in chunks that fit into memory."""
        chunks = max(1, self.years // self.chunk_years)
        found = [
            false_pages(policies, min(self.years, self.chunk_years), within, self.seed + chunk, moved)
            for chunk in range(chunks)
        ]
        return {name: float(np.mean([pages[name] for pages in found])) for name in policies}


OTHERS: dict[str, Policy] = {
    "(a) bare threshold, 28 d": bare_threshold,
    "(b) burn rate, its two paging tiers": burn_rate(BURN_TIERS[:2]),
    "(b) burn rate, all four tiers": burn_rate(BURN_TIERS),
}
OURS: dict[str, Policy] = {
    "before: drift or period status": lambda *of: as_it_was(*of) | ours(Tuning(threshold=None))(*of),
    "before: of it drift": as_it_was,
    "(c) ours, drift": ours(Tuning(period_alpha=None)),
    "(c) drift or period status": ours(Tuning()),
    "period status": ours(Tuning(threshold=None)),
    "ticket: drift": ours(Tuning(threshold=chosen.DRIFT_TICKET_THRESHOLD, period_alpha=None)),
    "ticket: period status": ours(Tuning(threshold=None, period_alpha=chosen.PERIOD_TICKET_ALPHA)),
    "ticket: 28 d exact test": ours(
        Tuning(threshold=None, period_alpha=None, window_p_value=chosen.WINDOW_TICKET_P_VALUE)
    ),
    "ticket: drift from the own level": own_level,
}
POLICIES = OTHERS | OURS


def charted(threshold: float, *, shift: Shift = chosen.DRIFT, **chart: float) -> tuple[str, Policy]:
    """Drift alone with other parameters, by what is other."""
    told = [f"{shift.normal:g} → {shift.degraded:g}"] if shift != chosen.DRIFT else []
    told += [f"{name.replace('_', ' ')} {value:g}" for name, value in chart.items()]
    tuned = Tuning(Chart(shift=shift, **chart), threshold, period_alpha=None)
    return ", ".join([f"h {threshold:g}", *told]), ours(tuned)


FRONTIER: dict[str, Policy] = {
    "before (0.2 → 0.4, mission by mission, h 6.4)": as_it_was,
    **dict(charted(h) for h in (3.8, 4.0, 4.2)),
    **dict(charted(h, per_volume=0.0) for h in (3.9,)),
    **dict(charted(h, correlation=0.1) for h in (3.8,)),
    **dict(charted(h, shift=Shift(*shares)) for shares, h in (((0.20, 0.40), 6.4), ((0.28, 0.38), 2.5))),
}

PERCENTILES = (50, 60, 70, 80, 90, 95)
A_YEAR = (20, 100, 500, 2000, 5000)


def show(header: list[str], rows: list[list[str]]) -> None:
    """A Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def whole(value: float) -> str:
    """A number of missions or days."""
    if np.isnan(value):
        return "–"
    return "never" if np.isinf(value) else f"{value:.1f}" if value < 2 else f"{value:.0f}"


def show_false_pages(effort: Effort) -> None:
    """The first table."""
    print(f"False pages a year, whole country, by life, {effort.years} years\n")
    ours_in = [effort.pages(OURS, *kind) for kind in LIVES.values()]
    show(["", *LIVES], [[name, *(f"{pages[name]:.2f}" for pages in ours_in)] for name in OURS])
    print("For contrast:\n")
    shown = ("80 %", "85 %", "ρ .05")
    others_in = [effort.pages(OTHERS, *LIVES[name]) for name in shown]
    show(["", *shown], [[name, *(f"{pages[name]:.2f}" for pages in others_in)] for name in OTHERS])


def show_detection(effort: Effort, groups: list[list[int]], title: str, policies: dict[str, Policy]) -> None:
    """One degradation after the other; the medians of missions and days to the page."""
    print(f"{title}: median missions / days to the page (share paged within 3 years or 1 500 missions)\n")
    found = [detection(policies, groups, Worsening(within / 100), effort.repeats, effort.seed) for within in DEGRADED]
    rows = [
        [
            name,
            *(f"{whole(one[name].missions)} / {whole(one[name].days)} ({one[name].paged:.0%})" for one in found),
            f"{found[0][name].already:.0%}",
        ]
        for name in policies
    ]
    show(["", *(f"80 → {within} %" for within in DEGRADED), "on already"], rows)


def show_storm(effort: Effort) -> None:
    """One night, everything late."""
    print("One night of storm (12 h, every mission of a district late): share paged within 3 days\n")
    found = detection(POLICIES, whole_districts(), STORM, effort.repeats, effort.seed)
    show(
        ["", "paged", "on already"], [[name, f"{one.paged:.0%}", f"{one.already:.0%}"] for name, one in found.items()]
    )


def show_frontier(effort: Effort) -> None:
    """What other parameters would give."""
    print(f"Frontier: false pages a year ({effort.years} years), median missions to the page\n")
    shown = ("80 %", "all moderate")
    pages = [effort.pages(FRONTIER, *LIVES[name]) for name in shown]
    found = [
        detection(FRONTIER, single_series(), Worsening(within / 100), effort.repeats, effort.seed)
        for within in DEGRADED
    ]
    rows = [
        [name, *(f"{one[name]:.2f}" for one in pages), *(whole(one[name].missions) for one in found)]
        for name in FRONTIER
    ]
    show(["", *shown, *(f"80 → {within} %" for within in DEGRADED)], rows)


def show_volumes(effort: Effort) -> None:
    """Other objectives, and single series of other volumes: the drift that pages."""
    print("Drift, page: once in so many years / under all moderate; median missions to find odds × 8/3\n")
    rows = []
    for percent in PERCENTILES:
        told = [f"{percent} → {100 * (1 - cusum.moved(0.4, 0.2, 1 - percent / 100)):.0f} %"]
        for a_year in A_YEAR:
            years = max(2 * effort.years, 600 * effort.years // a_year)
            calm, moderate = (
                of_series(effort.seed, percent, a_year, years, moved) for moved in (life.CALM, life.MODERATE)
            )
            told.append(f"{calm} / {moderate}; {found_after(effort, percent, a_year)}")
        rows.append(told)
    show(["", *(f"{a_year:,} a year" for a_year in A_YEAR)], rows)


def scaled(moved: Mapping[str, float], percent: int) -> dict[str, float]:
    """Ups and downs as large, in odds, at another level: a fifth late moves further than a twentieth."""
    less = percent * (100 - percent) / (PERCENT * (100 - PERCENT))
    return {name: size * less if name in ("season", "drift") else size for name, size in moved.items()}


def of_series(seed: int, percent: int, a_year: int, years: int, moved: Mapping[str, float]) -> str:
    """In how many years one series pages once for nothing, on average."""
    rng = np.random.default_rng([seed, percent, a_year])
    at, within = life.year(rng, a_year, percent / 100, years=years, **scaled(moved, percent))
    missions = Missions(at, ~within)
    pages = episodes([spells(missions, drift(missions, Chart(), chosen.DRIFT_PAGE_THRESHOLD, percent))])
    return f"{years / pages:.0f}" if pages else f"> {years}"


def found_after(effort: Effort, percent: int, a_year: int) -> str:
    """The median of the missions from the fall to the page, of runs that were quiet before."""
    rng = np.random.default_rng([effort.seed, percent, a_year, 1])
    worse = cusum.moved(0.4, 0.2, 1 - percent / 100)
    change, took = 2 * YEAR_DAYS, []
    for _ in range(4 * effort.repeats):
        until = change + MOST_MISSIONS / a_year * YEAR_DAYS
        at = np.sort(rng.uniform(0, until, rng.poisson(a_year * until / YEAR_DAYS)))
        late = rng.random(at.size) < np.where(at >= change, worse, 1 - percent / 100)
        on = drift(Missions(at, late), Chart(), chosen.DRIFT_PAGE_THRESHOLD, percent)
        since = at >= change
        if not on[~since][-1:].any():
            took.append(float(np.argmax(on[since])) + 1 if on[since].any() else np.inf)
    return whole(median(np.array(took)))


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test: few years, few runs")
    parser.add_argument("--frontier", action="store_true", help="other parameters of ours instead")
    parser.add_argument("--volumes", action="store_true", help="other objectives and volumes instead")
    parser.add_argument("--years", type=int, default=500, help="years in control (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=100, help="runs per series or district (default: %(default)s)")
    arguments = parser.parse_args()
    effort = Effort(5, 2) if arguments.quick else Effort(arguments.years, arguments.repeats)
    began = time.perf_counter()
    if arguments.frontier:
        show_frontier(effort)
    elif arguments.volumes:
        show_volumes(effort)
    else:
        show_false_pages(effort)
        show_detection(effort, single_series(), "One series alone gets worse", POLICIES)
        show_detection(effort, whole_districts(), "A whole district gets worse", POLICIES)
        show_storm(effort)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
