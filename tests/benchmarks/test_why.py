"""The benchmark of "why did it change?" still runs, and its quick tables name what was put in."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "why.py"


def test_every_table_is_printed_and_what_was_put_in_is_named() -> None:
    """Causes, areas and stages; of five pairs, nine tenths of a tenth longer driving are told as pace."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split(" | ")[0]: line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")}
    assert {"| turnout takes twice as long", "| the first area drives 40 % longer"} <= lines.keys()
    for line in ("| all drive 10 % longer", "| the target a tenth stricter"):
        assert int(lines[line][2].rstrip("%")) >= 90, lines[line]
