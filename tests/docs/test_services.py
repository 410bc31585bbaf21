"""docs/services.md keeps its word: what it shows is accepted, what it tells of proofs is all there is."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.core.reader import EventReader
from monitor.proofs.written import MissionTable, PeriodTable, VerdictTable
from monitor.settings import load
from tests.docs.blocks import ROOT, blocks
from tests.presets import CONFIG

PAGE = "docs/services.md"
SHOWN = [block for block in blocks() if block.file == PAGE]
[LEAST] = [block for block in SHOWN if block.info == "toml service"]
[FEWEST, WHOLE, ONLY_SHOWN] = [block for block in SHOWN if block.info == "toml targets"]
[EVENT] = [json.loads(block.text) for block in SHOWN if block.info == "" and block.text.startswith("{")]
NAMES = sorted(folder.name for folder in (CONFIG.parent / "services").iterdir())
TOLD = set(re.findall(r"`([a-z_]+)`", (ROOT / PAGE).read_text(encoding="utf-8")))


def written(folder: Path, service: str, targets: str) -> Path:
    (folder / "targets").mkdir(parents=True)
    (folder / "service.toml").write_text(service, encoding="utf-8")
    (folder / "targets" / "rule.toml").write_text(targets, encoding="utf-8")
    return folder


def test_the_least_service_counts_the_least_event(tmp_path: Path) -> None:
    """What a newcomer copies first works as it stands."""
    configuration = load(CONFIG, service=str(written(tmp_path / "least", LEAST.text, FEWEST.text)))
    mission = EventReader(configuration.service, configuration.grid).read(json.dumps(EVENT).encode(), None)
    assert mission.times == 750.0
    assert [fault for fault in configuration.warnings if "years ago" not in fault.message] == []


def test_tables_say_no_more_than_what_is_declared(tmp_path: Path) -> None:
    """An exception for one area, and none for the pool; a length of time is seconds."""
    two = LEAST.text.replace('slug = "valley"', 'slug = "upper-valley"\n\n[[areas]]\nslug = "lower-valley"')
    configuration = load(CONFIG, service=str(written(tmp_path / "two", two, WHOLE.text)))
    assert configuration.service.judged_areas == ("national", "upper-valley", "lower-valley")
    [one] = configuration.targets.sets
    assert one.source == "Ordinance on ambulances, § 4, read 2024-06-30"
    wanted = {"national": {}, "upper-valley": {"p90": 1050.0}, "lower-valley": {"p90": 900.0}}
    assert {area: one.of(area, "urgent") for area in wanted} == wanted


def test_what_is_only_shown_is_said_to_be_meant(tmp_path: Path) -> None:
    """`"none"` in `[default.default]` keeps `check` from asking; without it, it asks."""
    two = LEAST.text.replace("[[objectives]]", '[[objectives]]\nslug = "median"\npercentile = 50\n[[objectives]]', 1)
    meant = load(CONFIG, service=str(written(tmp_path / "a", two, ONLY_SHOWN.text))).warnings
    assert [fault.message for fault in meant if "threshold" in fault.message] == []
    silent = ONLY_SHOWN.text.replace('median = "none"', "p90 = 13")
    asked = load(CONFIG, service=str(written(tmp_path / "b", two, silent))).warnings
    assert any("median" in fault.where for fault in asked)


@pytest.mark.parametrize("table", [MissionTable, PeriodTable, VerdictTable], ids=lambda table: table.__name__)
def test_every_key_of_a_proof_is_told(table: type[MissionTable | PeriodTable | VerdictTable]) -> None:
    """Whoever writes one finds them all on the page."""
    assert set(table.model_fields) - TOLD - {"slug", "why", "period", "missions"} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_came_along_is_simulated_and_judged(name: str, tmp_path: Path) -> None:
    """Invented missions in its own words are all accepted, and each threshold finds its verdict."""
    events = tmp_path / "events.jsonl"
    options = ["--config", str(CONFIG), "--service", name]
    simulated = CliRunner().invoke(cli, [*options, "simulate", "--year", "2025", "--missions", "300"])
    assert simulated.exit_code == 0, simulated.output
    events.write_text(simulated.stdout, encoding="utf-8")
    judged = CliRunner().invoke(
        cli, [*options, "report", "--period", "2025", "--events", str(events), "--format", "json"]
    )
    assert judged.exit_code == 0, judged.output
    assert "not counted" not in judged.stderr
    report = json.loads(judged.stdout)
    decided = {
        slug for row in report["rows"] for slug, one in row["objectives"].items() if one["state"] in {"met", "missed"}
    }
    configuration = load(CONFIG, service=name)
    in_force = configuration.targets.sets[-1]
    assert decided >= {slug for target in in_force.targets.values() for slug in target}
