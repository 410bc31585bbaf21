"""How often the widened bounds hold the true share of all missions, measured or not: a table of docs/statistics.md.

Missions are drawn as they come: each is measured or not, by chance, and each measured one within the target or not.
The unmeasured are the worst that they can be (all late), the best (all within), or half and half; the bounds must
hold the true share whatever they are. For contrast, the same ends moved by 1.96 estimated standard errors.

    python benchmarks/bounds.py           the table (about half a minute)
    python benchmarks/bounds.py --quick   a smoke test (seconds)
"""

import argparse
import time
from itertools import product

import numpy as np
from scipy import stats

from monitor.core.stats import missing

SEED = 2024
SIZES = (20, 100, 300, 1000)
UNMEASURED = (0.0, 0.02, 0.1, 0.3)
WITHIN = (0.6, 0.8, 0.95)
WORST, HALF, BEST = 0.0, 0.5, 1.0


def coverage(
    rng: np.random.Generator, n: int, unmeasured: float, within: float, runs: int
) -> tuple[list[float], float]:
    """Share of the samples whose bounds hold the truth, with the unmeasured at worst, half and half, and at best.

    Then the lowest of the three with the ends moved by 1.96 estimated standard errors.
    """
    without = rng.binomial(n, unmeasured, runs)
    kept = rng.binomial(n - without, within)
    found = [missing.widened(int(k), n - int(u), int(u)) for k, u in zip(kept, without, strict=True)]
    lower, upper = np.array([one.lower for one in found]), np.array([one.upper for one in found])
    truths = [(1 - unmeasured) * within + unmeasured * share for share in (WORST, HALF, BEST)]
    held = [float(np.mean((lower <= truth) & (truth <= upper))) for truth in truths]
    ends = kept / n, (kept + without) / n
    moved = [stats.norm.ppf(0.975) * np.sqrt(end * (1 - end) / n) for end in ends]
    plain = [float(np.mean((ends[0] - moved[0] <= truth) & (truth <= ends[1] + moved[1]))) for truth in truths]
    return held, min(plain)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test: few runs")
    arguments = parser.parse_args()
    began, rng, runs = time.perf_counter(), np.random.default_rng(SEED), 200 if arguments.quick else 10_000
    heads = ["missions", "unmeasured", "of the measured within", "all late", "half and half", "all within", "plain"]
    for line in (heads, ["---"] * len(heads)):
        print("| " + " | ".join(line) + " |")
    lowest = 1.0
    for n, unmeasured, within in product(SIZES, UNMEASURED, WITHIN):
        held, plain = coverage(rng, n, unmeasured, within, runs)
        lowest = min(lowest, *held)
        told = [f"{n:,}", f"{unmeasured:.0%}", f"{within:.0%}", *(f"{share:.1%}" for share in held), f"{plain:.1%}"]
        print("| " + " | ".join(told) + " |")
    print(f"\nLowest coverage of the widened bounds: {lowest:.1%} ({runs:,} samples each)")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
