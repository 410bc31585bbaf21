"""How often each interval holds the truth and each test errs: the tables behind the words.

Coverage of the share interval and of the percentile's interval is computed exactly (a sum over the binomial
distribution) and checked by simulation on response times; how often a period ever alarms is exact, too; what is said
of a mean is simulated. How long the CUSUM runs: `alert_quality.py`.

    python benchmarks/coverage.py           the tables of docs/statistics.md (about a minute)
    python benchmarks/coverage.py --quick   a smoke test (seconds)
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from monitor.core import digest
from monitor.core.selection import Pool
from monitor.core.stats import binomial, kaplan_meier, mean, order_interval, wilson
from monitor.core.stats.beta_mixture import log_e_values

Counts = NDArray[np.int64]
SEED = 2024
SIZES = (20, 50, 100, 300, 1000)
SHARES = (0.60, 0.70, 0.80, 0.90)


def response_minutes(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Log-normal response times: median 10 min, 80th percentile 18 min."""
    return rng.lognormal(np.log(10), np.log(1.8) / stats.norm.ppf(0.8), shape)


def share_coverage(n: int, share: float) -> float:
    """Chance that the Wilson interval of n missions holds the true share: exact."""
    intervals = [wilson.share_interval(within, n) for within in range(n + 1)]
    holds = np.array([interval.lower <= share <= interval.upper for interval in intervals])
    return float(holds @ stats.binom.pmf(np.arange(n + 1), n, share))


def percentile_coverage(rng: np.random.Generator, n: int, percent: int, runs: int) -> float:
    """Share of simulated samples whose order-statistic interval holds the true percentile."""
    truth = float(np.log(10) + np.log(1.8) / stats.norm.ppf(0.8) * stats.norm.ppf(percent / 100))
    samples = np.sort(response_minutes(rng, (runs, n)), axis=1)
    found = order_interval.ranks(n, percent)
    below = samples[:, found.lower - 1] <= np.exp(truth) if found.lower else True
    above = samples[:, found.upper - 1] >= np.exp(truth) if found.upper else True
    return float(np.mean(np.broadcast_to(np.logical_and(below, above), runs)))


def sketch_coverage(rng: np.random.Generator, n: int, percent: int, runs: int) -> float:
    """The same through the centroids of a compressed t-digest."""
    truth = float(np.exp(np.log(10) + np.log(1.8) / stats.norm.ppf(0.8) * stats.norm.ppf(percent / 100)))
    held = 0
    for _ in range(runs):
        sketch = digest.of(response_minutes(rng, (n,)))
        pool = Pool([(np.array(sketch.means), np.array(sketch.weights))])
        interval = order_interval.of_ranks(pool.values(order_interval.ends(n, [percent])).__getitem__, n, percent)
        held += (interval.lower or 0.0) <= truth <= (interval.upper or np.inf)
    return held / runs


def strong_by_chance(n: int, percent: int) -> tuple[float, float]:
    """Chance of "strong evidence" of a breach, and of compliance, with the share exactly on target: exact."""
    within = np.arange(n + 1)
    chance = stats.binom.pmf(within, n, percent / 100)
    strong = np.array([binomial.evidence(int(w), n, percent) is binomial.Evidence.STRONG for w in within])
    met = 100 * within >= percent * n
    return float(chance @ (strong & ~met)), float(chance @ (strong & met))


MEAN_SIZES = (5, 10, 20, 50, 100, 300)
TIMES: dict[str, tuple[Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]], float]] = {
    "normal": (lambda rng, shape: rng.normal(10, 2, shape), 10.0),
    "exponential": (lambda rng, shape: rng.exponential(10, shape), 10.0),
    "log-normal, σ 0.4": (lambda rng, shape: rng.lognormal(2.3, 0.4, shape), float(np.exp(2.3 + 0.4**2 / 2))),
    "log-normal, σ 0.7": (lambda rng, shape: rng.lognormal(2.3, 0.7, shape), float(np.exp(2.3 + 0.7**2 / 2))),
    "log-normal, σ 1": (lambda rng, shape: rng.lognormal(2.3, 1.0, shape), float(np.exp(2.3 + 1.0**2 / 2))),
}
"""How to draw times (minutes), and their true mean; σ 0.7 is about what a district's are like."""


def mean_strong_by_chance(
    rng: np.random.Generator, times: str, n: int, runs: int
) -> tuple[float, float, float, float]:
    """Chance of p <= 0.025 with the mean exactly on target: of a breach and of compliance, then by the plain t test.

    Whatever the n: what `mean.evidence` says below its minima is none.
    """
    draw, truth = TIMES[times]
    beyond = 60 * (draw(rng, (runs, n)) - truth)
    moments = zip(beyond.sum(axis=1), (beyond**2).sum(axis=1), (beyond**3).sum(axis=1), strict=True)
    p_values = np.array([mean.breach_p_value(mean.Moments(n, *map(float, one))) for one in moments], dtype=np.float64)
    plain = stats.ttest_1samp(beyond, 0.0, axis=1, alternative="greater").pvalue
    return tuple(  # type: ignore[return-value]
        float(np.mean(hit)) for p in (p_values, plain) for hit in (p <= binomial.STRONG, p >= 1 - binomial.STRONG)
    )


def false_alarms(n: int, shares: tuple[float, float]) -> list[float]:
    """Share of periods of n missions that ever alarm, when the true share goes from one to the other: exact.

    In turn: the e-value at 0.05 and at 0.01, and for contrast the fixed-time test at 0.05 and at 0.01 looked at after
    every mission. The chance of each number late that has not alarmed yet is taken from mission to mission.
    """
    within = np.linspace(*shares, n)
    count = np.arange(1, n + 1)
    fewest = [
        first_late(n, lambda total, late, most=most: log_e_values(total - late, late, 80) >= np.log(most))
        for most in (20, 100)
    ]
    fewest += [count - stats.binom.ppf(alpha, count, 0.8).astype(np.int64) + 1 for alpha in (0.05, 0.01)]
    return [ever(within, bounds) for bounds in fewest]


def first_late(n: int, alarms: Callable[[Counts, Counts], NDArray[np.bool_]]) -> Counts:
    """For 1 to n missions, the fewest late that alarm; one more than there are where none do."""
    count = np.arange(1, n + 1)
    low, high = np.zeros_like(count), count + 1
    while (searched := low < high).any():
        middle = (low + high) // 2
        enough = alarms(count, middle)
        high = np.where(searched & enough, middle, high)
        low = np.where(searched & ~enough, middle + 1, low)
    return high


def ever(within: NDArray[np.float64], fewest: Counts) -> float:
    """The chance that the late missions ever reach the fewest that alarm."""
    quiet = np.zeros(within.size + 2)
    quiet[0] = 1.0
    for share, bound in zip(within, fewest, strict=True):
        quiet[1:] = share * quiet[1:] + (1 - share) * quiet[:-1]
        quiet[0] *= share
        quiet[bound:] = 0.0
    return float(1 - quiet.sum())


def waiting_bias(rng: np.random.Generator, runs: int, never: float) -> tuple[float, float, float, float]:
    """P80 of 200 calls at a random moment of a storm, in minutes, medians over the runs.

    In turn: the truth, without the open ones, by Kaplan and Meier, and by what the monitor shows, which knows how
    many are `never` registered. The calls rang within the last 60 minutes and take 1.5 times the usual time; one that
    is never registered stays open for 10 to 120 minutes beyond its arrival.
    """
    shown: list[tuple[float, float, float]] = []
    for _ in range(runs):
        response, age = 1.5 * response_minutes(rng, (200,)), rng.uniform(0, 60, 200)
        registered = rng.random(200) >= never
        arrived = registered & (response <= age)
        ended = ~registered & (response + rng.uniform(10, 120, 200) <= age)
        known, waiting = response[arrived], age[~arrived & ~ended]
        told = kaplan_meier.Unregistered(never, int(ended.sum()))
        shown.append(
            (
                float(np.quantile(known, 0.8, method="inverted_cdf")),
                kaplan_meier.percentile(known, waiting, 80) or np.nan,
                kaplan_meier.percentile(known, waiting, 80, told) or np.nan,
            )
        )
    naive, censored, mixed = np.nanmedian(np.array(shown), axis=0).tolist()
    return 1.5 * 18.0, naive, censored, mixed


def show(header: list[str], rows: list[list[str]]) -> None:
    """A Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def show_intervals(rng: np.random.Generator, runs: int) -> None:
    """Coverage of the two intervals, and how often evidence is strong by chance."""
    print("Wilson interval of the share, nominal 95 %: coverage (exact), by n and true share\n")
    show(
        ["n", *(f"{share:.0%}" for share in SHARES)],
        [[str(n), *(f"{share_coverage(n, share):.1%}" for share in SHARES)] for n in SIZES],
    )
    averages = {n: float(np.mean([share_coverage(n, q) for q in np.linspace(0.55, 0.95, 81)])) for n in SIZES[:4]}
    print(
        "Averaged over true shares from 55 to 95 %: " + ", ".join(f"n {n}: {a:.1%}" for n, a in averages.items()),
        "\n",
    )
    print(f"Order-statistic interval of the percentile, nominal at least 95 %: coverage ({runs} samples)\n")
    rows = [[str(n), *(f"{percentile_coverage(rng, n, percent, runs):.1%}" for percent in (50, 80))] for n in SIZES]
    rows.append(
        [
            "6000, t-digest",
            *(f"{sketch_coverage(rng, 6000, percent, max(20, runs // 20)):.1%}" for percent in (50, 80)),
        ]
    )
    show(["n", "P50", "P80"], rows)
    print("Strong evidence by chance, share exactly on target (looked at once; exact): of a breach / of compliance\n")
    chances = {(n, p): strong_by_chance(n, p) for n in SIZES for p in (80, 50)}
    show(
        ["n", "80 %", "50 %"],
        [[str(n), *(f"{chances[n, p][0]:.1%} / {chances[n, p][1]:.1%}" for p in (80, 50))] for n in SIZES],
    )


def show_means(rng: np.random.Generator, runs: int) -> None:
    """What can be said of a mean."""
    print(f"A mean exactly on target: p ≤ 0.025 by chance, of a breach / of compliance ({runs} samples)\n")
    rows = []
    for times in TIMES:
        for n in MEAN_SIZES:
            breach, met, plain_breach, plain_met = mean_strong_by_chance(rng, times, n, runs)
            rows.append([times, str(n), f"{breach:.1%} / {met:.1%}", f"{plain_breach:.1%} / {plain_met:.1%}"])
    show(["times", "n", "this test", "for contrast: t test"], rows)


def show_periods(sizes: tuple[int, ...]) -> None:
    """How often a compliant period alarms."""
    print("Periods that ever alarm although the target is met (exact)\n")
    rows = []
    for shares in ((0.8, 0.8), (0.85, 0.85), (0.9, 0.8)):
        for n in sizes:
            name = f"{shares[0]:.0%}" if shares[0] == shares[1] else f"{shares[0]:.0%} falling to {shares[1]:.0%}"
            rows.append([name, str(n), *(f"{share:.2%}" for share in false_alarms(n, shares))])
    show(["within target", "n", "e ≥ 20", "e ≥ 100", "for contrast: p ≤ 0.05 at any time", "p ≤ 0.01"], rows)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test: few runs")
    arguments = parser.parse_args()
    began = time.perf_counter()
    rng = np.random.default_rng(SEED)
    show_intervals(rng, 200 if arguments.quick else 20_000)
    show_means(rng, 100 if arguments.quick else 20_000)
    show_periods((21, 100) if arguments.quick else (21, 100, 300, 1000, 3000))
    for never in (0.0, 0.1, 0.2):
        truth, naive, censored, mixed = waiting_bias(rng, 20 if arguments.quick else 1_000, never)
        print(
            f"P80 in the middle of a storm, {never:.0%} never registered, minutes: truth {truth:.1f}, open missions "
            f"left out {naive:.1f}, Kaplan-Meier {censored:.1f}, knowing that share {mixed:.1f}\n"
        )
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
