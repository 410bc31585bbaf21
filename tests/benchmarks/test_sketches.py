"""The sketch benchmark still runs, and what it says of our default on few values is what the core promises."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "sketches.py"


def test_the_table_has_every_sketch_and_ours_is_exact_on_few_values() -> None:
    """Twenty values are below any limit: both backends must give the nearest rank to the hundredth of a second."""
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ours = [line for line in done.stdout.splitlines() if line.startswith("| ours")]
    assert len(ours) >= 2, done.stdout
    assert all(line.split(" | ")[1] == "0.00 / 0.00" for line in ours), done.stdout
