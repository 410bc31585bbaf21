"""The ingest benchmark still runs, with every peer: its figures are for a person to read, never for a test to judge.

What a test does judge is that all of them count the same missions: the benchmark ends with a fault otherwise.
"""

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.components import require

ROOT = Path(__file__).parents[2]
ENGINES = ("quix", "quix-sink", "bytewax", "bytewax-sink", "kafka-streams", "flink", "flink-rocksdb", "flink-sql",
           "flink-sql-rocksdb")  # fmt: skip
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


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark as a module: what it prints and starts, without anything that is started."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("ingest")


def test_every_engine_is_in_the_table_at_our_interval_and_at_its_own(ingest: ModuleType) -> None:
    """Flink is not downloaded for this: that its totals are those of the records, `make bench` finds out."""
    rates = {name: ingest.Result([1000.0 + number]) for number, name in enumerate(ingest.CONTENDERS)}
    head, line, *rows = ingest.table(rates, head=2000).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in (head, *rows)]
    assert {len(row) for row in cells} == {line.count("-:") + 1}
    told = Counter((row[0].partition(" (first")[0], row[1]) for row in cells[1:])
    for name in ENGINES:
        peer, usual = ingest.CONTENDERS[name], ingest.CONTENDERS[f"{name}-usual"]
        assert told[peer.label, "0.5 s"] == 1
        assert usual.every > peer.every
        assert told[peer.label, f"{usual.every:g} s"] == 1


@pytest.mark.parametrize("name", [name for name in ENGINES if "flink" in name or "kafka" in name])
def test_an_engine_in_java_is_started_by_a_class_that_is_there(
    ingest: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how often it stores as its last argument."""
    monkeypatch.setattr(ingest, "java_classes", lambda peer: Path("built", peer))
    peer = ingest.CONTENDERS[name]
    *_, started, last = (str(part) for part in ingest.command(peer) if part not in {"hashmap", "rocksdb"})
    source = ROOT / "benchmarks" / "peers" / peer.script / "src/main/java" / f"{started.replace('.', '/')}.java"
    assert "public static void main" in source.read_text()
    assert last == "0.5"
