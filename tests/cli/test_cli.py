"""The command line: quick, self-explaining, and with exit codes that a shell can rely on."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, _imported, cli
from monitor.core.plain_text import unseen
from tests.eventually import wait_until

CONFIG = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
MISSIONS = CONFIG.parents[1] / "missions.jsonl"
MONITOR = [sys.executable, "-m", "monitor.cli"]
NOWHERE = {"MONITOR_KAFKA__BOOTSTRAP": "127.0.0.1:1", "MONITOR_REDIS__URL": "redis://127.0.0.1:1/0"}
SLOW_MODULES = ("faust", "aiokafka", "redis", "numpy", "pydantic", "aiohttp", "rich")
ROOT = Path(__file__).parents[2]
BUILT = [
    name
    for name, entry in COMMANDS.items()
    if (ROOT / (entry.target.partition(":")[0].replace(".", "/") + ".py")).exists()
]
"""Commands grow one by one: each is checked as soon as it exists."""
AWAY = [
    ["replay", str(CONFIG)],
    ["dead-letters", "list"],
    ["dead-letters", "requeue", "--all"],
    ["report", "--period", "2024"],
]


def broken_config(folder: Path) -> Path:
    (folder / "targets").mkdir()
    (folder / "targets" / "bad.toml").write_text('valid_from = "soon"\nsource = { title = "T" }\n')
    (folder / "monitor.toml").write_text(
        '[kafka]\ntopik = "x"\n[ledger]\nslice_seconds = -5\n[windows]\nnames = ["soon"]\n[redis]\npassword = "p"\n'
    )
    return folder / "monitor.toml"


@pytest.mark.parametrize("module", SLOW_MODULES)
def test_the_command_line_imports_nothing_slow(module: str) -> None:
    """Help appears at once because the stream engine and the clients load only when used."""
    code = f"import sys, monitor.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", [name for name in BUILT if name not in ("worker", "demo")])
def test_only_worker_and_demo_may_load_the_stream_engine(name: str) -> None:
    """Faust is imported where it runs and nowhere else."""
    module = COMMANDS[name].target.partition(":")[0]
    code = f"import sys, {module}; sys.exit('faust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("arguments", [[], *([name] for name in BUILT), ["dead-letters", "list"],
                                       ["dead-letters", "requeue"]])  # fmt: skip
def test_every_command_explains_itself_even_with_a_broken_configuration(arguments: list[str], tmp_path: Path) -> None:
    """Whoever has to mend a configuration can read the help."""
    result = CliRunner().invoke(cli, ["--config", str(broken_config(tmp_path)), *arguments, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    assert "\\b" not in result.stdout


@pytest.mark.parametrize("name", BUILT)
def test_every_command_stands_under_its_own_name(name: str) -> None:
    """The table of commands agrees with the commands."""
    assert _imported(name, COMMANDS[name]).name == name


def test_a_command_that_is_not_installed_does_not_break_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing module is told when its command is used, and only then."""
    monkeypatch.setitem(COMMANDS, "ghost", type(COMMANDS["demo"])("monitor.ghost:ghost", "Not there."))
    assert CliRunner().invoke(cli, ["--help"]).exit_code == 0
    result = CliRunner().invoke(cli, ["ghost"])
    assert (result.exit_code, "not part of this installation" in result.stderr) == (2, True)


def test_the_version_is_told() -> None:
    """`monitor --version` names program and version."""
    assert CliRunner().invoke(cli, ["--version"]).stdout.startswith("monitor, version ")


def test_a_bad_configuration_names_every_fault_and_exits_2(tmp_path: Path) -> None:
    """One run shows the whole work to do, one line per fault, before anything is started."""
    result = CliRunner().invoke(cli, ["--config", str(broken_config(tmp_path)), "report", "--period", "2024"])
    assert result.exit_code == 2
    for part in ("kafka.topik", "ledger.slice_seconds", "windows.names", "redis.password"):
        assert sum(part in line for line in result.stderr.splitlines()) == 1, part


def test_check_prints_all_faults_at_once(tmp_path: Path) -> None:
    """Errors of settings come together, counted in the last line."""
    result = CliRunner().invoke(cli, ["--config", str(broken_config(tmp_path)), "check"])
    assert result.exit_code == 2
    *faults, summary = result.stdout.splitlines()
    assert len(faults) >= 4
    assert all(line.startswith(("error    ", "warning  ")) for line in faults)
    assert summary == f"{len(faults)} errors, 0 warnings: the monitor will not start"


def test_check_finds_faults_of_targets_and_warnings_together(tmp_path: Path) -> None:
    """A wrong target file is told with every place in it."""
    (tmp_path / "targets").mkdir()
    text = (CONFIG.parent / "targets" / "tiny.toml").read_text()
    text = text.replace("goal_p50_minutes = 12", "goal_p50_minutes = -1").replace(
        "[districts.troms]", "[districts.x]"
    )
    (tmp_path / "targets" / "tiny.toml").write_text(text)
    (tmp_path / "monitor.toml").write_text(CONFIG.read_text())
    result = CliRunner().invoke(cli, ["--config", str(tmp_path / "monitor.toml"), "check"])
    assert result.exit_code == 2
    for part in ("districts.oslo.town.goal_p50_minutes", "troms.urban", "districts.x  "):
        assert part in result.stdout


def test_check_of_the_shipped_configuration_warns_about_the_printed_oddities() -> None:
    """Troms town (requirement stricter than goal) and Trøndelag (Oslo's figures) are warnings, not errors."""
    result = CliRunner().invoke(cli, ["--config", str(ROOT / "config" / "monitor.toml"), "check"])
    assert result.exit_code == 0, result.output
    assert "troms.town" in result.stdout
    assert "trondelag" in result.stdout
    assert "1 target set" in result.stdout.splitlines()[-1]
    assert "12 areas × 3 categories" in result.stdout.splitlines()[-1]


def test_check_connect_says_what_does_not_answer() -> None:
    """Kafka and Redis are both asked, and both named."""
    result = CliRunner().invoke(cli, ["--config", str(CONFIG), "check", "--connect"], env=NOWHERE)
    assert result.exit_code == 1
    assert "kafka.bootstrap  No Kafka broker answers at 127.0.0.1:1" in result.stdout
    assert "redis.url  Redis at 127.0.0.1:1 cannot be reached" in result.stdout


@pytest.mark.parametrize("arguments", AWAY)
def test_a_server_that_is_away_is_named_and_exits_1(arguments: list[str]) -> None:
    """Address and what to check, in one line and without a traceback."""
    result = CliRunner().invoke(cli, ["--config", str(CONFIG), *arguments], env=NOWHERE)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["report"], ["replay"], ["replay", "-", "--partitions", "3"],
                                       ["dead-letters", "requeue"], ["dead-letters", "requeue", "--offset", "x"],
                                       ["dead-letters", "requeue", "--all", "--reason", "late"]])  # fmt: skip
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    """Misuse is told apart from failure."""
    assert CliRunner().invoke(cli, ["--config", str(CONFIG), *arguments]).exit_code == 2


def test_a_bug_is_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception nobody foresaw passes through, so that it can be found."""

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("monitor.cli._imported", lambda _name, _entry: click.Command("check", callback=broken))
    assert isinstance(CliRunner().invoke(cli, ["check"]).exception, ZeroDivisionError)


@pytest.mark.parametrize("kind", [click.ClickException, click.UsageError, OSError])
def test_an_error_that_quotes_what_it_was_given_speaks_to_no_terminal(
    monkeypatch: pytest.MonkeyPatch, kind: Callable[[str], Exception]
) -> None:
    """A broker's words, or a file's, reach a person as text, whoever raises them."""

    def broken() -> None:
        raise kind("no\x1b]0;owned\x07 such\u202e thing")

    monkeypatch.setattr("monitor.cli._imported", lambda _name, _entry: click.Command("check", callback=broken))
    result = CliRunner().invoke(cli, ["check"])
    assert r"no\x1b]0;owned\x07 such\u202e thing" in result.stderr
    assert not [one for one in result.output if one != "\n" and unseen(one)]


def test_a_reader_that_has_seen_enough_ends_the_report_quietly() -> None:
    """`monitor report … | head -1` prints no complaint."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [*MONITOR, "--config", str(CONFIG), "report", "--period", "2024", "--events", MISSIONS],
            stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (result.returncode, b"BrokenPipe" in result.stderr, b"Exception" in result.stderr) == (0, False, False)


async def test_ctrl_c_exits_130_without_a_traceback() -> None:
    """Interrupting is an ordinary end."""
    process = await asyncio.create_subprocess_exec(
        *MONITOR, "--config", str(CONFIG), "report", "--period", "2024", "--events", "-",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        maps = Path(f"/proc/{process.pid}/maps")
        await wait_until(lambda: "fastdigest" in maps.read_text(), "the report to have loaded its core")
        await wait_until(lambda: waits_on_a_pipe(process.pid), "the report to wait for events")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 130
    assert b"Traceback" not in complaint


def waits_on_a_pipe(pid: int) -> bool:
    """Whether the process sleeps in read(0, …)."""
    number, *arguments = Path(f"/proc/{pid}/syscall").read_text().split()
    return number == "0" and arguments[0] == "0x0"
