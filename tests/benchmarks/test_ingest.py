"""The ingest benchmark still runs, with every peer: its figures are for a person to read, never for a test to judge.

What a test does judge is that all of them count the same missions: the benchmark ends with a fault otherwise.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.components import require

ROOT = Path(__file__).parents[2]
SMALL = ("--rounds", "1", "--records", "6000", "--head", "2000", "--copies", "1", "--thin", "30")
"""Twenty months with few missions: long enough that days are sealed."""


def run(*arguments: str) -> str:
    """What the benchmark printed. One that is not installed is left out, and a fault with CI=true."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "ingest.py", "--unpinned", *arguments],
        capture_output=True, text=True, timeout=270, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.integration
@pytest.mark.parametrize(
    "peers", ["ours,faust,aiokafka,bare,kafka-streams", "quix,quix-sink,bytewax,bytewax-sink,confluent"]
)
def test_every_peer_counts_the_same_missions_and_is_in_the_table(peers: str) -> None:
    """Each handles everything it was given, and its totals are those of the records."""
    require("java")
    printed = run(*SMALL, "--only", peers)
    table = [line for line in printed.splitlines() if line.startswith("| ")]
    left_out = printed.count("\nwithout ") + printed.startswith("without ")
    assert len(table) == 2 + len(peers.split(",")) - left_out, printed
