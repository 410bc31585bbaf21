"""The attacks on the exporter still run: their figures are for a person to read."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "callers.py"


def test_every_attack_is_staged_on_a_real_exporter() -> None:
    """Each of them, for a second; the exporter is there to the end."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--seconds", "1"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "never read | memory, MB |",
        "silent connections",
        "`escaping=values` |",
        "a stream for another address",
    ):
        assert told in done.stdout
