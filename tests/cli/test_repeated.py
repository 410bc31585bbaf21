"""An option with one value that is given twice is wrong usage: whoever gave two values meant both."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, cli


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["report", "--period", "2024", "--period", "2025", "--events", "-"], "--period"),
        (
            ["report", "--period", "2024", "--lang", "en", "--lang", "nb", "--format", "csv", "--format=json"],
            "--lang, --format",
        ),
        (["simulate", "--year", "2024", "--seed", "1", "--seed=2"], "--seed"),
        (["--config", "a.toml", "--config", "b.toml", "check"], "--config"),
        (["dead-letters", "list", "--reason", "late", "--reason", "conflict"], "--reason"),
        (["exporter", "--port", "1", "--port", "1"], "--port"),
    ],
)
def test_an_option_given_twice_is_told(arguments: list[str], named: str) -> None:
    """With its name, and before anything is read or asked."""
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert f"{named} can be given once: only the last would count." in result.output


def test_what_may_be_repeated_may_be_repeated() -> None:
    """Several files, several parts, a flag that is said with emphasis."""
    year = CliRunner().invoke(cli, ["simulate", "--year", "2024"]).output.splitlines()[:40]
    with CliRunner().isolated_filesystem():
        for name, lines in (("one", year[:20]), ("two", year[20:])):
            Path(name).write_text("\n".join(lines), encoding="utf-8")
        asked = ["-v", "-v", "report", "--period", "2024", "--events", "one", "--events", "two", "--format", "csv"]
        assert CliRunner().invoke(cli, asked).exit_code == 0
    assert CliRunner().invoke(cli, ["check", "--as", "worker", "--as", "report"]).exit_code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_still_explains_itself(command: str) -> None:
    """Whatever stands before it."""
    assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0
