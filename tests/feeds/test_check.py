"""`monitor check` tells all that is wrong with feed files: the one beside the service.toml, and those named."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from monitor.cli import cli
from tests.presets import CONFIG

SKELETON = CONFIG.parent / "skeleton"
GENERIC = CONFIG.parent / "feeds" / "generic-csv" / "feed.toml"


def checked(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["--config", str(CONFIG), *arguments])
    return result.exit_code, result.output


def test_a_feed_file_that_is_named_is_told_in_words() -> None:
    """Where its records come from, what they tell, what is filtered."""
    code, said = checked("--service", str(SKELETON), "check", "--feed", str(GENERIC))
    assert code == 0
    assert "feed records: from *.csv, each record a mission; tells district, priority, status" in said
    assert "exclude: cancelled before arrival" in said


def test_the_feed_file_beside_the_service_is_looked_at(tmp_path: Path) -> None:
    """Without being named, and every fault of it at once, with its place and the nearest word."""
    shutil.copytree(SKELETON, tmp_path / "mine")
    wrong = GENERIC.read_text(encoding="utf-8").replace("mission =", "mision =").replace('"north"', '"nort"')
    (tmp_path / "mine" / "feed.toml").write_text(wrong, encoding="utf-8")
    code, said = checked("--service", str(tmp_path / "mine"), "check")
    assert code == 2
    assert "feed.toml: source.mision  unknown key: remove it or correct its name; did you mean mission?" in said
    assert "feed.toml: source.mission  is missing: add it" in said
    assert "feed.toml: source.fields.district.map.St. 1  'nort' is none that district takes: there are north" in said
    assert "3 errors, 0 warnings: the monitor will not start" in said


def test_a_feed_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Named for nothing is a fault, not a silence."""
    code, said = checked("--service", str(SKELETON), "check", "--feed", str(tmp_path / "none.toml"))
    assert (code, "no such file" in said) == (2, True)
