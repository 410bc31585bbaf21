"""`python -m tests.chaos --duration 10m --seed 1`: see `tests.chaos.driver`."""

import argparse
import asyncio
import signal
import sys

from tests.chaos.driver import run, seconds_of


def main() -> int:
    """Run, print the table, and say with the exit code whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Stage faults and compare figures.")
    parser.add_argument("--duration", default="10m", help="how long to stage faults: 90s, 10m, 1h (default 10m)")
    parser.add_argument("--seed", type=int, default=1, help="decides missions and faults (default 1)")
    parser.add_argument("--only", nargs="*", default=[], metavar="KIND", help="stage these kinds alone")
    parser.add_argument("--store", choices=["one", "sentinel", "cluster"], default="one", help="where the store lies")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended in order, whoever asks
    seconds, only = seconds_of(arguments.duration), frozenset(arguments.only)
    outcome = asyncio.run(run(seed=arguments.seed, duration_seconds=seconds, only=only, store=arguments.store))
    print(f"\nseed {arguments.seed}, {arguments.duration}\n\n{outcome.table()}")  # noqa: T201 - the result
    return 0 if outcome.sound else 1


if __name__ == "__main__":
    sys.exit(main())
