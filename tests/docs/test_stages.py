"""The clocks that a decision record gives whoever wants the police's stages: figures stay, and stages add up."""

import re
import shutil
from itertools import islice
from pathlib import Path

import pytest

from monitor.core.history import History
from monitor.core.stages import Chain, chain_of, stages_of
from monitor.core.timeline import EVER
from monitor.report.sources import from_lines
from monitor.settings import Configuration, load
from monitor.simulator import year
from monitor.wiring import empty_history, partition_policy

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "decisions" / "stages-without-the-police.md"
NOW = 1_735_800_000.0
CALL_HANDLING, TRAVEL = "call-handling", "travel"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """The police's preset, changed as the record says."""
    folder = tmp_path_factory.mktemp("staged") / "config"
    shutil.copytree(ROOT / "config", folder)
    file = folder / "services" / "norwegian-police" / "service.toml"
    told = file.read_text(encoding="utf-8")
    (clocks,) = re.findall(r"```\n(\[\[.*?)```", RECORD.read_text(encoding="utf-8"), flags=re.DOTALL)
    told, without = re.subn(r"^instants = .*\n", "", told, flags=re.MULTILINE)
    told, put = re.subn(r"^(?=\[\[objectives\]\])", clocks + "\n", told, count=1, flags=re.MULTILINE)
    assert (without, put) == (1, 1)
    file.write_text(told, encoding="utf-8")
    return load(folder / "monitor.toml")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """The first events of a year."""
    return [emission.value for emission in islice(year(2024, seed=1), 8_000)]


def history_of(configuration: Configuration, lines: list[bytes]) -> History:
    """What a worker would have counted of them."""
    history = empty_history(configuration)
    from_lines(history, partition_policy(configuration, sealing=False), iter(lines), now=NOW)
    return history


def test_every_figure_of_the_first_clock_stays_what_it_was(staged: Configuration, lines: list[bytes]) -> None:
    """Counts, percentiles, intervals and causes of all series."""
    before, after = history_of(load(ROOT / "config" / "monitor.toml"), lines), history_of(staged, lines)
    for series in before.service.judged_series:
        one = before.timeline(*series).within_span(EVER, abandoned_before=NOW)
        other = after.timeline(*series).within_span(EVER, abandoned_before=NOW)
        assert (one.values, one.intervals, one.counts) == (other.values, other.intervals, other.counts)
        assert (one.first, one.excluded, one.last_rang_at) == (other.first, other.excluded, other.last_rang_at)


def test_the_stages_of_the_police_are_handling_and_travel(staged: Configuration, lines: list[bytes]) -> None:
    """They make up the response time to the microsecond, and nearly all missions have both."""
    history, chain = history_of(staged, lines), chain_of(staged.service)
    assert chain == Chain("response", (CALL_HANDLING, TRAVEL))
    told = stages_of(history, "national", "urban", chain, EVER)
    assert 0.9 * told.measured < told.missions <= told.measured
    assert 0.0 < (told.share(CALL_HANDLING) or 0.0) < 0.6
    assert told.total == sum(told.took.values())
