"""How long a backtest takes, and how much memory: years of the police with as many missions as asked for.

Each row is a process of its own: events are invented, read, and looked back at by the parameters as shipped, with two
calm years and nine falls of each series.

    python benchmarks/backtest.py [--missions 28000 100000] [--quick]

Takes about three minutes of CPU.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from monitor.backtest.looking_back import Question, known_until, look_back
from monitor.core.alarm import Rules, periods_of
from monitor.report.sources import from_lines
from monitor.settings import load
from monitor.wiring import empty_history, partition_policy, snapshot_terms

NOW = datetime(2025, 2, 1, tzinfo=UTC).timestamp()
CALM_YEARS = 2


def row(missions: int, area: str | None) -> str:
    """What a year of so many missions costs; of one area, or of all."""
    configuration = load(None)
    made = subprocess.Popen(
        [sys.executable, "-m", "monitor", "simulate", "--year", "2024", "--missions", str(missions)],
        stdout=subprocess.PIPE,
    )
    assert made.stdout is not None
    history = empty_history(configuration)
    from_lines(history, partition_policy(configuration, sealing=False), made.stdout, now=NOW)
    made.wait()
    period = configuration.grid.calendar.period("2024")
    asked = Question(
        period=period, rules=[Rules()], units=periods_of(snapshot_terms(configuration).windows), area=area,
        calm_years=CALM_YEARS, fall=0.2,
    )  # fmt: skip
    until = known_until(history, period, NOW) or 0.0
    read = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stamps = [time.process_time()]
    found = look_back(
        history, asked, until=until, now=NOW, abandoned_after_seconds=86_400.0,
        seen=lambda _: stamps.append(time.process_time()),
    )  # fmt: skip
    series = len(asked.series(configuration.service))
    paging = (len(stamps) - 1 - series) // (CALM_YEARS + 1)
    once, calm, falls = (
        stamps[end] - stamps[begin]
        for begin, end in ((0, series), (series, series + CALM_YEARS * paging), (-1 - paging, -1))
    )
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - read
    figures = (f"{once:.0f}", f"{calm / CALM_YEARS:.1f}", f"{falls:.1f}", f"{read:.0f}", f"{more:.0f}")
    return " ".join([f"{missions:>9,}", f"{found.outcomes[0].looks:>8,}", *(one.rjust(12) for one in figures)])


def main() -> None:
    """A line for each number of missions."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--missions", type=int, nargs="+", default=[28_000, 100_000])
    arguments.add_argument("--quick", action="store_true", help="one area of a small year: a smoke test")
    arguments.add_argument("--row", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    area = "oslo" if given.quick else None
    if given.row:
        sys.stdout.write(row(given.row, area) + "\n")
        return
    heads = ("looks", "s CPU", "s/calm year", "s falls", "MiB read", "MiB more")
    widths = (8, 12, 12, 12, 12, 12)
    print("missions".rjust(9), *(head.rjust(width) for head, width in zip(heads, widths, strict=True)))
    for missions in [3_000] if given.quick else given.missions:
        sys.stdout.flush()
        command = [sys.executable, __file__, "--row", str(missions), *(["--quick"] if given.quick else [])]
        subprocess.run(command, check=True, env=os.environ)


if __name__ == "__main__":
    main()
