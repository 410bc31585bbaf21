"""Every service that comes along is proved: missions at the edges of its rule give what was worked out by hand."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.proofs.trial import tried
from monitor.settings import load
from tests.presets import CONFIG

SERVICES = CONFIG.parent / "services"
NAMES = sorted(folder.name for folder in SERVICES.iterdir())
OSLO = "[oslo]  # table 2\nurban = { goal = 7, requirement = 10 }"
OF_ONE_YEAR = {"norwegian-police": ["Norwegian police 2024"]}
"""Tables of a single year: that somebody read them says nothing of the next."""
LEAST_MISSIONS = 20
KINDS = {
    "a begin or an end missing": ("unmeasured: no_begin", "unmeasured: no_end"),
    "cancelled before the arrival and after": ("not counted",),
    "a microsecond beyond": (".000001",),
}
JUDGED_KINDS = {
    "at the threshold": ('"within"', '"judged"'),
    "too few to conclude": ('evidence = "none"',),
    "nothing measured": ('"no_data"',),
}
"""What every preset's missions must show, and how it stands in the file; and what those that judge anything must."""


@pytest.mark.parametrize("name", NAMES)
def test_the_program_says_what_the_rule_does(name: str) -> None:
    """By reader, ledger and verdict, mission by mission and period by period."""
    trial = tried(load(CONFIG, service=name))
    assert trial.differences == []
    assert trial.missions >= LEAST_MISSIONS
    assert trial.verdicts


@pytest.mark.parametrize("name", NAMES)
def test_the_edges_are_among_the_missions(name: str) -> None:
    """At the threshold and a microsecond beyond, a time missing, withdrawn, too few to conclude."""
    text = (SERVICES / name / "proofs.toml").read_text(encoding="utf-8")
    judging = any(target for one in load(CONFIG, service=name).targets.sets for target in one.targets.values())
    kinds = KINDS | (JUDGED_KINDS if judging else {})
    assert [what for what, forms in kinds.items() if not any(form in text for form in forms)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_service_is_cited(name: str) -> None:
    """Clocks and thresholds say where they are written, and when that was read."""
    configuration = load(CONFIG, service=name)
    assert [clock.slug for clock in configuration.service.clocks if "read 2" not in clock.source] == []
    unread = [one.name for one in configuration.targets.sets if "read 2" not in one.source]
    assert unread == OF_ONE_YEAR.get(name, [])
    assert configuration.description


def changed(tmp_path: Path, file: str, was: str, becomes: str) -> list[str]:
    """What the trial says of the police's service with one thing written otherwise."""
    folder = tmp_path / "norwegian-police"
    shutil.copytree(SERVICES / "norwegian-police", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes), encoding="utf-8")
    return list(tried(load(CONFIG, service=str(folder))).differences)


@pytest.mark.parametrize(
    ("file", "was", "becomes", "told"),
    [
        ("targets/2024.toml", OSLO, OSLO.replace("= 10", "= 10.1"),
         "missions.beyond-the-requirement.objectives.requirement"),
        ("targets/2024.toml", "valid_from = 2024-01-01", "valid_from = 2024-01-02",
         "missions.first-moment-of-2024.objectives.goal"),
        ("service.toml", 'longest = "24:00:00"', 'longest = "23:00:00"', "missions.a-day-long.clocks.response"),
        ("service.toml", 'percentile = 80\nduty = "page"', 'percentile = 81\nduty = "ticket"',
         "requirement.state: the rule gives met"),
        ("service.toml", 'timezone = "Europe/Oslo"', 'timezone = "UTC"', "missions.first-moment-of-2024.day"),
    ],
)  # fmt: skip
def test_a_rule_that_was_changed_is_found(tmp_path: Path, file: str, was: str, becomes: str, told: str) -> None:
    """The trial is not blind: another threshold, day, clock, percentile or zone contradicts a mission."""
    assert any(told in line for line in changed(tmp_path, file, was, becomes))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('gives = "not counted"', 'gives = "no"', "must be one of counted, excluded"),
        ("at-the-goal = 5", "at-the-gaol = 5", "did you mean at-the-goal?"),
        ('clocks = { response = "10:00" }', "", "missions.at-the-requirement.clocks: goal is judged by response"),
        ('slug = "at-the-goal"', 'slug = "at-the-requirement"', "is there twice"),
        ("objectives.requirement = { n = 1,", "objectives.requirement = { number = 1,", "unknown key"),
        ('objectives.goal = { n = 1, within = 1, value = "7:00", state = "met", evidence = "none" }\n', "",
         "write its verdict"),
        ("[event]", "[events]", "did you mean event?"),
    ],
)  # fmt: skip
def test_a_proof_that_says_too_little_or_nonsense_is_none(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    """Nothing that the rule judges goes unsaid, and a slip of the pen is told."""
    differences = changed(tmp_path, "proofs.toml", was, becomes)
    assert any(told in line for line in differences), differences


def test_one_command_proves_all_services() -> None:
    """A line each, and exit code 0 where nothing differs."""
    result = CliRunner().invoke(cli, ["--config", str(CONFIG), "services", "--prove"])
    assert result.exit_code == 0, result.output
    assert [line.partition(" ")[0] for line in result.output.splitlines()] == NAMES
    assert all(line.endswith("as the rule") for line in result.output.splitlines())
