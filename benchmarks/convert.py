"""A million rows of CSV into mission events, beside reading the same rows with Python's csv module alone.

The rows have the shape of a city's open data (a row for each unit, ten columns, local times on a 12-hour clock, the
changes of the clocks included) and are read with the feed file of tests/cases/sf-unit-rows, in processes of their
own, in turns: what else the machine does meets both alike. The gap report of the same rows is measured as well.

    python benchmarks/convert.py [--rows 1000000] [--rounds 3] [--quick]

Takes about five minutes; some seconds with --quick.
"""

import argparse
import csv
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from invented import table

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "tests" / "cases" / "sf-unit-rows"
QUICK_ROWS = 5_000
ZONE = ZoneInfo("America/Los_Angeles")
SHOWN = "%m/%d/%Y %I:%M:%S %p"
HEADER = [
    "Call Number", "Unit ID", "Received DtTm", "Dispatch DtTm", "Response DtTm", "On Scene DtTm",
    "Call Final Disposition", "Battalion", "Final Priority", "Unit sequence in call dispatch",
]  # fmt: skip
PLAIN = "import csv, sys\nfor row in csv.reader(open(sys.argv[1], newline='')): pass"


def invent(path: Path, rows: int) -> None:
    """Calls of two units each, over five years."""
    begin, step = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=5 * 365) / (rows // 2 + 1)
    with path.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(HEADER)
        for number in range(rows):
            call, unit = divmod(number, 2)
            received = begin + call * step
            times = [received + timedelta(seconds=wait) for wait in (0, 70, 130, 330 + call % 300 + 20 * unit)]
            shown = [f"{at.astimezone(ZONE):{SHOWN}}" for at in times]
            write([990000000 + call, f"E{call % 40 + unit}", *shown, "Other", f"B{(2, 3, 10)[call % 3]:02}",
                   "23E"[call % 3], unit + 1])  # fmt: skip


def run(command: list[str | Path]) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and what was printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rows, arguments.rounds = QUICK_ROWS, 1
    with tempfile.TemporaryDirectory() as folder:
        calls, events = Path(folder) / "calls.csv", Path(folder) / "events.jsonl"
        invent(calls, arguments.rows)
        monitor = [sys.executable, "-m", "monitor", "--config", CASE / "monitor.toml", "convert"]
        told = [*monitor, "--feed", CASE / "feed.toml", calls]
        contenders: dict[str, list[str | Path]] = {
            "csv.reader alone": [sys.executable, "-c", PLAIN, calls],
            "`monitor convert`": [*told, "-o", events],
            "`monitor convert --dry-run`": [*told, "--dry-run"],
        }
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
        for turn in range(arguments.rounds):
            for name in [*contenders][:: 1 if turn % 2 == 0 else -1]:
                wall, cpu, printed = run(contenders[name])
                spent[name].append((wall, cpu))
                if "dry-run" in name and f"{arguments.rows:,} events, 0 refused" not in printed:
                    raise SystemExit(f"not every row became an event:\n{printed[:500]}")
        with events.open("rb") as file:
            written = sum(1 for _ in file)
        if written != arguments.rows:
            raise SystemExit(f"{written:,} events of {arguments.rows:,} rows")
        rows = []
        plain = statistics.median(cpu for _, cpu in spent["csv.reader alone"])
        for name, rounds in spent.items():
            wall, cpu = (statistics.median(one[place] for one in rounds) for place in (0, 1))
            rows.append(
                (name, f"{wall:.1f}", f"{cpu:.1f}", f"{1e6 * cpu / arguments.rows:.1f}", f"{cpu / plain:.1f}")
            )
        print(f"{arguments.rows:,} rows, {calls.stat().st_size / 1e6:,.0f} MB\n")
        print(table(["rows into", "wall (s)", "CPU (s)", "CPU a row (µs)", "times csv.reader"], rows))


if __name__ == "__main__":
    main()
