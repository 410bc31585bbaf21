"""Whose missions a command is about: `--service` before or after its name, a variable, or the file."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, cli
from tests.presets import CONFIG

SERVICES = CONFIG.parent / "services"
ENGLAND = "NHS England response standards"


def check(*arguments: str) -> tuple[int, str]:
    """Exit code and everything that is said."""
    done = CliRunner().invoke(cli, ["--config", str(CONFIG), *arguments])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "arguments",
    [("--service", "england-ambulance", "check"), ("check", "--service", "england-ambulance"),
     ("check", "--service", str(SERVICES / "england-ambulance")),
     ("check", "--service", str(SERVICES / "england-ambulance" / "service.toml"))],
    ids=["before", "after", "folder", "file"],
)  # fmt: skip
def test_a_service_is_named_before_the_command_or_after_it_by_name_or_path(arguments: tuple[str, ...]) -> None:
    """Whichever comes to mind first."""
    code, said = check(*arguments)
    assert (code, ENGLAND in said) == (0, True)


def test_a_variable_names_a_service_and_the_option_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere: the file, over it the environment, over it the command line."""
    monkeypatch.setenv("MONITOR_SERVICE", "england-ambulance")
    assert ENGLAND in check("check")[1]
    assert "Norwegian police 2024" in check("check", "--service", "norwegian-police")[1]


def test_a_service_that_is_not_there_is_told_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of whatever named it."""
    code, said = check("check", "--service", "norwegian-polise")
    assert code == 2
    assert "--service" in said
    assert {"england-ambulance", "norwegian-police"} <= {*re.findall(r"[a-z-]+", said)}
    monkeypatch.setenv("MONITOR_SERVICE", "../nowhere")
    assert "MONITOR_SERVICE" in check("check")[1]


def test_two_services_named_for_one_command_are_refused() -> None:
    """One process serves one service."""
    code, said = check("--service", "norwegian-police", "check", "--service", "england-ambulance")
    assert code == 2
    assert "keep one of the two" in said


def test_a_folder_in_services_beside_the_file_goes_before_the_one_that_came_along(tmp_path: Path) -> None:
    """A preset that was copied to be changed is the one that is meant."""
    shutil.copytree(SERVICES / "england-ambulance", tmp_path / "services" / "norwegian-police")
    (tmp_path / "monitor.toml").write_text('service = "norwegian-police"\n', encoding="utf-8")
    done = CliRunner().invoke(cli, ["--config", str(tmp_path / "monitor.toml"), "check"])
    assert (done.exit_code, ENGLAND in done.output) == (0, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_service(name: str) -> None:
    """Help says so."""
    said = CliRunner().invoke(cli, [name, "--help"]).output
    assert "--service" in said or name == "dead-letters"
    if name == "dead-letters":
        assert "--service" in CliRunner().invoke(cli, [name, "list", "--help"]).output
