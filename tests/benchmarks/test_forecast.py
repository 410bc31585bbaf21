"""Forecasts keep their word in simulated years, and the score sheet of docs/statistics.md is still printed."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor.core.forecast import PROVEN

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SERVICES = 40
"""Of six areas, asked five times: 1,200 forecasts of 240 years, of which those of one year hang together."""


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("forecast")
    for name in ("forecast", "exporter", "invented"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("life", ["stationary", "seasonal, ± 5.5 points", "drifting, 2 points to and fro"])
def test_forecasts_beat_how_things_stand_and_are_not_too_sure(benchmark: Any, life: str) -> None:
    """A quarter better in the long run, five points at most; here with what chance may add in so few years."""
    keeps_its_word(benchmark, next(one for one in benchmark.LIVES if one.name == life), 80)


@pytest.mark.parametrize("percent", PROVEN)
def test_so_are_those_at_the_ends_of_what_is_told(benchmark: Any, percent: int) -> None:
    """The least and the greatest percentile that a forecast is made of, where all of life is moderate."""
    keeps_its_word(benchmark, benchmark.MODERATE, percent)


def keeps_its_word(benchmark: Any, life: Any, percent: int) -> None:
    """Better than how things stand, and in no tenth surer than it should be."""
    rng = np.random.default_rng(7)
    told = benchmark.score([one for _ in range(SERVICES) for one in benchmark.asked(rng, life, percent)])
    assert told.better >= 0.2
    for n, said, was in told.tenths:
        error = (0.25 / max(1, n / 3)) ** 0.5
        assert (said - was if said > 0.5 else was - said) <= 0.05 + 4 * error


def test_the_score_sheet_is_printed() -> None:
    """Every life, other percentiles; and what it costs."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "forecast.py"), "--quick"],
        capture_output=True, text=True, timeout=120, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| all moderate, P99.5 |" in done.stdout
    assert "| series | forecasts |" in done.stdout
