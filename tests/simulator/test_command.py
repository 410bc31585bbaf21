"""``monitor simulate`` as a program: JSON lines out, mistakes explained, pipes closed quietly."""

import json
import subprocess
import sys
from datetime import date

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.settings import load
from monitor.simulator import year
from tests.presets import CONFIG, police
from tests.simulator.services import final_states, reaches, values

PROGRAM = [sys.executable, "-m", "monitor", "simulate"]


def simulated(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *arguments])


def test_a_year_is_written_line_by_line() -> None:
    """Standard output holds exactly the year's events, one a line, and nothing else."""
    done = subprocess.run([*PROGRAM, "--year", "2024", "--seed", "7"], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"".join(one.value + b"\n" for one in year(2024, seed=7))
    assert done.stderr == b""


def test_a_history_ends_where_told() -> None:
    """--end is the last moment of a history, and makes it repeatable."""
    arguments = ["--history", "3d", "--end", "2025-03-01T12:00:00+01:00"]
    once, again = (simulated(*arguments) for _ in range(2))
    assert once.exit_code == 0
    assert once.stdout_bytes == again.stdout_bytes
    recorded = [json.loads(line)["recorded_at"] for line in once.stdout.splitlines()]
    assert "2025-03-01T11" in max(recorded)
    assert max(recorded) <= "2025-03-01T12:00:00+01:00"


def test_a_live_run_ends_after_its_duration() -> None:
    """--duration ends the run by itself, with exit code 0 and events written."""
    done = subprocess.run(
        [*PROGRAM, "--rate", "3000", "--scenario", "storm", "--duration", "0.5"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert {json.loads(line)["status"] for line in done.stdout.splitlines()} >= {"open"}
    assert done.stderr == b""


@pytest.mark.parametrize("meets", ["0", "1"])
def test_another_services_year_is_invented_by_its_folder(meets: str) -> None:
    """Its field names, local times and year that begins in April; every standard of every trust met, or none."""
    done = simulated("--service", "england-ambulance", "--year", "2024", "--meets", meets, "--missions", "3000")
    assert done.exit_code == 0
    configuration = load(CONFIG, service="england-ambulance")
    service, targets = configuration.service, configuration.targets
    final = final_states(service, done.stdout_bytes.splitlines(), json.loads)
    assert min(event["connected_at"] or "9" for event in final) >= "2024-04-01T00:00:00"
    assert max(event["connected_at"] or "" for event in final) < "2025-04-01T00:00:00"
    measured = values(service, final)
    judged = 0
    for area, category in service.told_series:
        for slug, threshold in targets.target(area, category, date(2024, 5, 1)).items():
            objective = service.objective(slug)
            assert reaches(measured[area, category, objective.clock], objective, threshold) is (meets == "1")
            judged += 1
    assert judged == 11 * 6


def test_the_published_figures_give_way_to_others_that_are_asked_for() -> None:
    """--missions invents the police from their thresholds alone, with the same field names."""
    done = simulated("--year", "2024", "--missions", "700")
    assert done.exit_code == 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (
        sum(event["urgent"] for event in final_states(police(), done.stdout_bytes.splitlines(), json.loads))
        > 700 * 0.95
    )
    assert {"district", "settlement", "urgent", "ringing_at", "on_scene_at"} <= events[0].keys()
    assert len(events) < 7_000


@pytest.mark.parametrize("mode", [["--year", "2024"], ["--rate", "100000"]])
def test_a_reader_that_has_seen_enough_is_no_error(mode: list[str]) -> None:
    """When the reader closes the pipe the program ends with 0 and says nothing."""
    with subprocess.Popen([*PROGRAM, *mode], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline().startswith(b'{"mission_id"')
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "exactly one of --year, --history and --rate; none given"),
        (["--year", "2024", "--rate", "1"], "--year and --rate given"),
        (["--year", "2024", "--end", "2025-01-01T00:00:00Z"], "--end goes with --history"),
        (["--history", "2d", "--scenario", "storm"], "--scenario goes with --rate"),
        (["--history", "2d", "--duration", "3"], "--duration goes with --rate"),
        (["--rate", "1", "--storm-after", "3"], "--storm-after goes with --scenario storm"),
        (["--rate", "1", "--scenario", "storm", "--storm-area", "atlantis"], "use one of oslo"),
        (["--rate", "0"], "no number above 0"),
        (["--year", "2024", "--meets", "1.5"], "not in the range 0<=x<=1"),
        (["--year", "2024", "--missions", "0"], "no number above 0"),
        (["--rate", "nan"], "no number above 0"),
        (["--history", "0d"], "write 400d"),
        (["--history", "soon"], "write 400d"),
        (["--history", "2d", "--end", "2025-01-01T00:00:00"], "has no offset"),
        (["--history", "2d", "--end", "yesterday"], "is no time"),
    ],
    ids=" ".join,
)
def test_mistakes_are_usage_errors_that_say_what_to_do(arguments: list[str], message: str) -> None:
    """Half-meant combinations are refused with exit code 2 before anything is written."""
    done = simulated(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_the_help_shows_commands_to_copy() -> None:
    """Examples keep their lines, so that a stranger can copy one."""
    done = simulated("--help")
    assert "\n  monitor simulate --history 400d > history.jsonl\n" in done.stdout
