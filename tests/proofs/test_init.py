"""`monitor init` and `monitor services`: a folder of one's own, nothing overwritten, refusals say what to do."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from tests.presets import CONFIG


def told(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(CONFIG), *arguments])


def test_a_service_that_came_along_is_copied_whole(tmp_path: Path) -> None:
    """Declaration, thresholds and proofs, byte for byte; and what to do next."""
    mine = tmp_path / "mine"
    done = told("init", "--service", "nfpa-1710", str(mine))
    assert done.exit_code == 0
    assert f"monitor check --service {mine}" in done.output
    source = CONFIG.parent / "services" / "nfpa-1710"
    files = {file.relative_to(source): file.read_bytes() for file in source.rglob("*") if file.is_file()}
    assert {file.relative_to(mine): file.read_bytes() for file in mine.rglob("*") if file.is_file()} == files
    assert told("services", str(mine), "--prove").exit_code == 0


def test_a_threshold_that_was_changed_contradicts_its_proofs(tmp_path: Path) -> None:
    """Whoever changes a rule sees what it changes, in a line each; the exit code tells a script."""
    mine = tmp_path / "mine"
    told("init", "norwegian-amk", str(mine))
    rule = mine / "targets" / "2015.toml"
    rule.write_text(rule.read_text(encoding="utf-8").replace('p90 = "10 s"', 'p90 = "9 s"'), encoding="utf-8")
    proved = told("services", str(mine), "--prove")
    assert proved.exit_code == 1
    assert re.search(
        r"missions\.at-ten-seconds\.objectives\.p90: the rule gives within, the program says late", proved.output
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("england-ambulance",), "is a service that came along: say where"),
        (("englnd-ambulance", "mine"), "no service 'englnd-ambulance'"),
        (("england-ambulance", "mine", "more"), "At most two words"),
        (("england-ambulance", "there"), "is there already: name a folder that is not"),
        (("there",), "is there already"),
        (("file",), "is there already"),
        (("./there", "there/copy"), "lies within what is copied"),
        ((), "Missing argument"),
    ],
)
def test_a_misuse_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], reason: str
) -> None:
    """And says what to write instead."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "service.toml").write_text("mine")
    (tmp_path / "file").write_text("mine")
    done = told("init", *words)
    assert done.exit_code == 2
    assert reason in done.output
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "service.toml", "there"]
    assert (tmp_path / "there" / "service.toml").read_text() == "mine"


def test_a_service_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Its faults are told, the others listed, and the exit code says that something is wrong."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "service.toml").write_text("name = 5")
    done = told("services", str(tmp_path / "broken"), "norwegian-amk")
    assert done.exit_code == 2
    assert "cannot be read" in done.output
    assert "error: " in done.stderr
    assert "within 10 s, from the first ring at the centre to the operator's answer." in done.output


def test_what_was_not_settled_stands_beside_the_sentences() -> None:
    """In the reader's language as far as there are words."""
    done = told("services", "finnish-police", "--lang", "nb")
    assert done.output.startswith("Politiet i Finland\n")
    assert "Ikke kontrollert." in done.output
    assert done.output.count("  ikke kontrollert: ") == 4
    assert done.output.count("  kan ikke sies: ") == 2


@pytest.mark.parametrize(
    "event",
    ["{ answered_at = 2024-02-05 }", "{ answered_at = 12:00:00 }", "{ answered_at = [1, 2] }", "{ line = 5 }"],
)
def test_a_proof_of_a_nonsensical_event_is_a_difference_and_no_failure(tmp_path: Path, event: str) -> None:
    """Whatever TOML can hold becomes an event, and the program says what becomes of it."""
    told("init", "norwegian-amk", str(tmp_path / "mine"))
    proofs = tmp_path / "mine" / "proofs.toml"
    text = proofs.read_text(encoding="utf-8").replace("{ answered_at = 2024-02-05T12:00:10+01:00 }", event)
    proofs.write_text(text, encoding="utf-8")
    done = told("services", str(tmp_path / "mine"), "--prove")
    assert done.exit_code == 1
    assert "missions.at-ten-seconds: the rule gives counted, the program says refused: " in done.output
