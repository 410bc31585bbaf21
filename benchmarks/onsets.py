"""Pages as they are told: what begins to drift is news, looked at after each mission, also where times are corrected.

Simulates the country of `alert_quality` in control and falling, and asks of the rule that pages (`core.onset`) what
other thresholds would give: the trade-off of false pages and missions to the page. In the lives with late corrections
one mission in twenty is told as late at first, and as it was after five days (`life.as_first_told`); every look
judges what is known by then. Beside the thresholds two mends for that: late missions of the newest days count for
less (as if one in twenty were told so by mistake), or for nothing until they are older.

    python benchmarks/onsets.py [--rounds 5] [--quick]
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import alert_quality as country
import life
import numpy as np
from alert_quality import Bools, Counts, Floats, Missions, Worsening, median, show, whole
from numpy.typing import NDArray

from monitor.backtest.episodes import news
from monitor.core.alarm import Rules
from monitor.core.day_counts import DayCounts
from monitor.core.drift import LEVELS, Chart
from monitor.core.onset import level_of
from monitor.core.stats import chosen, cusum

LATE: Final = "late corrections"
LIVES: Final[Mapping[str, tuple[Mapping[str, float], bool]]] = {
    "80 %": (life.CALM, False),
    f"80 %, {LATE}": (life.CALM, True),
    "all moderate": (life.MODERATE, False),
    f"all moderate, {LATE}": (life.MODERATE, True),
}
"""How life moves the share within, and whether arrivals are corrected late."""
WITHIN: Final = 1 - country.ALLOWED_LATE
PRESSED_LATE, CORRECTED_DAYS = 0.05, 5
YEARS, REPEATS, OTHER_REPEATS = 200, 40, 12
"""Of a round: years in control; falls of each series to 60 %, and to 70 and 50 %."""
SEED: Final = 400
MOST_A_DAY: Final = 64
"""Missions of a series on one day, at most."""
SOON: Final = 50


@dataclass(frozen=True, slots=True)
class Tuned:
    """A threshold; of the newest `CORRECTED_DAYS` a share of all missions is thought to be late by mistake."""

    threshold: float
    mistaken: float = 0.0


RULES: Final[Mapping[str, Tuned]] = {
    **{f"h {h:g}": Tuned(h) for h in (3.7, 3.85, chosen.DRIFT_PAGE_THRESHOLD, 4.0, 4.2, 4.4)},
    **{f"h {h:g}, late of five days for less": Tuned(h, PRESSED_LATE) for h in (3.8, 4.0, 4.15)},
    "h 3.9, late of five days for nothing": Tuned(3.9, 0.999),
}


@dataclass(frozen=True, slots=True)
class State:
    """Both CUSUMs of `onset_of`, of many series or moments at once: scores, and whether each is on."""

    score: Floats
    on: Bools
    again: Floats
    worse: Bools

    def after(self, steps: tuple[Floats, Floats], threshold: float) -> "State":
        """One day more."""
        moved, once_more = self.score + steps[0], self.again + steps[1]
        on = np.where(self.on, moved > 0, moved >= threshold)
        lasting = self.on & on
        worse = lasting & np.where(self.worse, once_more > 0, once_more >= threshold)
        again = np.clip(np.where(lasting, once_more, 0.0), 0.0, threshold)
        return State(np.clip(moved, 0.0, threshold), on, again, worse)

    def at(self, place: NDArray[np.int64]) -> "State":
        """Of some places; none has happened before the first."""
        known = place >= 0
        safe = np.maximum(place, 0)
        return State(
            np.where(known, self.score[safe], 0.0), known & self.on[safe],
            np.where(known, self.again[safe], 0.0), known & self.worse[safe],
        )  # fmt: skip


class Series:
    """One series: what is known at each of its missions. `told`: late as first told, None where that is final."""

    def __init__(self, missions: Missions, days: int, told: Bools | None = None) -> None:
        rules = Rules()
        self.missions, self._days = missions, days
        self._lag = 0 if told is None else CORRECTED_DAYS
        self._told = missions.late if told is None else told
        self._day = np.floor(missions.at).astype(np.int64)
        self._judged, self._late, self._first = (
            np.bincount(self._day, weights=one, minlength=days).astype(np.int64)
            for one in (np.ones(self._day.size), missions.late, self._told)
        )
        counts = DayCounts(np.arange(days), self._judged, self._late)
        self._level = level_of(
            counts, country.PERCENT, lag_days=rules.watch_days, length_days=rules.baseline_days - rules.watch_days
        )
        self._scale = Chart().scale(counts.volume(usual=chosen.USUAL_VOLUME))

    def looked_at(self, tuned: Tuned) -> tuple[Bools, Bools]:
        """After each mission: whether a change is on, and whether it is one that has become worse."""
        threshold, day, lag = tuned.threshold, self._day, self._lag
        settled = self._settled(threshold)
        fresh = CORRECTED_DAYS if tuned.mistaken else 0
        back = max(lag, fresh)
        begins = np.searchsorted(day, np.arange(self._days))
        state = settled.at(day - back - 1)
        for ago in range(back, 0, -1):
            past = np.maximum(day - ago, 0)
            late = self._late[past]
            if lag and ago <= lag:
                late = self._first[past] - (self._corrected(begins, past) if ago == lag else 0)
            steps = self._steps(self._judged[past], late, past, tuned.mistaken if ago <= fresh else 0.0)
            state = state.after((np.where(day >= ago, steps[0], 0.0), np.where(day >= ago, steps[1], 0.0)), threshold)
        so_far = np.arange(1, day.size + 1) - begins[day]
        told = np.concatenate([[0], np.cumsum(self._told)])
        late = told[1:] - told[begins[day]]
        now = state.after(self._steps(so_far, late, day, tuned.mistaken), threshold)
        return now.on, now.worse

    def _settled(self, threshold: float) -> State:
        """At the end of each day, of what is final."""
        first, second = self._steps(self._judged, self._late, np.arange(self._days), 0.0)
        seen = cusum.trace(first, threshold)
        again, worse = np.zeros(self._days), np.zeros(self._days, dtype=bool)
        edges = np.flatnonzero(np.diff(seen.alarm.astype(np.int8), prepend=0, append=0))
        for begin, end in edges.reshape(-1, 2):
            more = cusum.trace(second[begin + 1 : end], threshold)
            again[begin + 1 : end], worse[begin + 1 : end] = more.score, more.alarm
        return State(seen.score, seen.alarm, again, worse)

    def _corrected(self, begins: Counts, past: Counts) -> Counts:
        """Of the oldest day that is not final, what has been corrected by now."""
        wrong = np.concatenate([[0], np.cumsum(self._told & ~self.missions.late)])
        by_now = np.searchsorted(self.missions.at, self.missions.at - self._lag, side="right")
        return np.maximum(wrong[by_now] - wrong[begins[past]], 0)

    def _steps(self, judged: Counts, late: Counts, day: Counts, mistaken: float) -> tuple[Floats, Floats]:
        """The evidence of both CUSUMs: from a table where the level is what is allowed."""
        first, second = (table[judged, late] for table in _tables(mistaken))
        raised = np.flatnonzero(self._level[day] > country.ALLOWED_LATE)
        levels = self._level[day[raised]]
        for found, level in ((first, levels), (second, _again(levels))):
            found[raised] = _evidence(judged[raised], late[raised], level, mistaken)
        return first / self._scale[day], second / self._scale[day]


def _again(level: Floats) -> Floats:
    """The level that the first CUSUM is tuned to find."""
    return np.minimum(Chart().around(level)[1], LEVELS[1])


def _evidence(judged: Counts, late: Counts, level: Floats, mistaken: float) -> Floats:
    normal, degraded = (one + (1 - one) * mistaken for one in Chart().around(level))
    return cusum.evidence(judged, late, normal, degraded, chosen.DAY_CORRELATION)


_TABLES: dict[float, list[Floats]] = {}


def _tables(mistaken: float) -> list[Floats]:
    if mistaken not in _TABLES:
        judged = np.arange(MOST_A_DAY)[:, None]
        late = np.minimum(np.arange(MOST_A_DAY), judged)
        allowed = np.full(late.shape, country.ALLOWED_LATE)
        _TABLES[mistaken] = [
            _evidence(np.broadcast_to(judged, late.shape), late, level, mistaken)
            for level in (allowed, _again(allowed))
        ]
    return _TABLES[mistaken]


def told(missions: Missions, on: Bools) -> Floats:
    """Rows (from, to) in days during which that is news."""
    rows = [
        (begin, end) for begin, end, _ in news([(*one, None) for one in country.spells(missions, on).tolist()], 1.0)
    ]
    return np.array(rows).reshape(-1, 2)


def false_pages(seed: int, years: int, moved: Mapping[str, float], corrected: bool) -> dict[str, float]:
    """Pages a year by rule, while every series is within target as often as it should, on average over years."""
    rng = np.random.default_rng(seed)
    totals = dict.fromkeys(RULES, 0)
    for settlements in country.volumes().values():
        halves = life.chances(rng, WITHIN, years=years, **moved)
        rows: dict[str, list[Floats]] = {name: [] for name in RULES}
        for a_year in settlements.values():
            at = np.sort(rng.uniform(0, years * country.YEAR_DAYS, a_year * years))
            late = rng.random(at.size) < halves[(2 * at).astype(np.int64)]
            missions = Missions(at, late)
            first = ~life.as_first_told(rng, at, ~late, share=PRESSED_LATE)[0] if corrected else None
            series = Series(missions, years * life.YEAR_DAYS, first)
            for name, tuned in RULES.items():
                rows[name] += [told(missions, one) for one in series.looked_at(tuned)]
        for name, found in rows.items():
            totals[name] += country.episodes(found)
    return {name: total / years for name, total in totals.items()}


def found_after(seed: int, within: float, repeats: int) -> dict[str, list[float]]:
    """Missions from the fall of one series to the page, by rule: infinite where none came, none where it was on."""
    rng = np.random.default_rng(seed)
    took: dict[str, list[float]] = {name: [] for name in RULES}
    for (a_year,) in country.single_series():
        days = min(3 * country.YEAR_DAYS, country.MOST_MISSIONS / a_year * country.YEAR_DAYS)
        for _ in range(repeats):
            change = country.YEAR_DAYS * (1 + rng.random())
            missions = country.worsen(rng, a_year, Worsening(within), change, days)
            series, after = Series(missions, int(missions.at[-1]) + 1), missions.at >= change
            for name, tuned in RULES.items():
                on, _ = series.looked_at(tuned)
                if not on[~after][-1:].any():
                    took[name].append(float(np.argmax(on[after])) + 1 if on[after].any() else np.inf)
    return took


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help=f"{YEARS} years and {REPEATS} falls of each series")
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    arguments = parser.parse_args()
    rounds, years, repeats = (
        (1, 5, (1, 1)) if arguments.quick else (arguments.rounds, YEARS, (REPEATS, OTHER_REPEATS))
    )
    began = time.perf_counter()
    pages = {life_: [false_pages(SEED + one, years, *kind) for one in range(rounds)] for life_, kind in LIVES.items()}
    found = {
        within: [
            found_after(SEED + 100 + one, within / 100, repeats[within != 60]) for one in range(rounds)
        ]
        for within in country.DEGRADED
    }  # fmt: skip
    rows = []
    for name in RULES:
        took = {within: np.array([t for one in each for t in one[name]]) for within, each in found.items()}
        rows.append([
            name, *(f"{np.mean([one[name] for one in each]):.2f}" for each in pages.values()),
            *(whole(median(one)) for one in took.values()), f"{np.mean(took[60] <= SOON):.1%}",
        ])  # fmt: skip
    heads = ["", *LIVES, *(f"80 → {within} %" for within in country.DEGRADED), f"60 % within {SOON} missions"]
    show(heads, rows)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
