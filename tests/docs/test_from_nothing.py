"""From nothing to a figure: the README's commands in a new environment, as `pip install .` leaves the program."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import click
import pytest

from tests.docs.blocks import ROOT, blocks

[COMMANDS] = [block.text.splitlines() for block in blocks() if block.info == "sh installed"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A new environment with the program installed as a wheel; what it depends on is lent by this one."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=True, symlinks=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MONITOR_", "PYTHON"))}
    own |= {"PATH": f"{folder / 'bin'}{os.pathsep}{own['PATH']}", "VIRTUAL_ENV": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    # As a path alone: the links to this clone that lie there are not followed.
    (packages / "lent.pth").write_text(f"{Path(click.__file__).parents[1]}\n")
    assert COMMANDS[0] == "pip install ."
    installed = subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(ROOT)],
        env=own, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    return own


def run(command: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{command}"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


def test_three_commands_lead_from_nothing_to_a_figure(environment: dict[str, str], tmp_path: Path) -> None:
    """A service that came along is copied out of the wheel, simulated and judged."""
    init, judged = COMMANDS[1:]
    assert run(init, environment, tmp_path).returncode == 0
    assert {file.name for file in (tmp_path / "my-service").iterdir()} == {"service.toml", "targets", "proofs.toml"}
    done = run(judged, environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Ambulance services in England, 2024" in done.stdout
    assert done.stdout.count("MISSED")


def test_every_service_came_along(environment: dict[str, str], tmp_path: Path) -> None:
    """And none of them lies in this clone."""
    where = run("python -c 'import monitor; print(monitor.__file__)'", environment, tmp_path)
    assert str(ROOT) not in where.stdout, sys.path
    listed = run("monitor services", environment, tmp_path)
    assert listed.returncode == 0, listed.stderr
    names = sorted(folder.name for folder in (ROOT / "config" / "services").iterdir())
    assert [line.partition(" ")[0] for line in listed.stdout.splitlines()] == names


def test_the_skeleton_is_accepted_as_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    """It asks nothing, declares a whole service, and proves it."""
    done = run(
        "monitor init mine && monitor check --service mine && monitor services mine --prove", environment, tmp_path
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "0 errors, 0 warnings" in done.stdout
    assert done.stdout.rstrip().endswith("as the rule")
    event = (tmp_path / "mine" / "event.json").read_text(encoding="utf-8")
    (tmp_path / "event.jsonl").write_text(event, encoding="utf-8")
    report = run(
        "monitor report --service mine --period 2025 --events event.jsonl --format csv", environment, tmp_path
    )
    assert report.returncode == 0, report.stderr
    assert "not counted" not in report.stderr
