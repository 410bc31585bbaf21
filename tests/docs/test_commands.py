"""What the documents tell a reader to type works, and prints what they say it prints."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.core.reader import EventReader
from monitor.settings import load
from tests.docs.blocks import ROOT, Block, blocks

BLOCKS = blocks()
RUN = [block for block in BLOCKS if block.info == "sh run"]
SHOWN = [(first, second) for first, second in pairwise(BLOCKS) if second.info == "text output"]
EVENTS = [block for block in BLOCKS if block.info == "json event"]


def run(block: Block) -> subprocess.CompletedProcess[str]:
    """Run a block as a reader would, from the root of the clone, with the commands of this environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [shutil.which("bash") or "sh", "-c", f"set -euo pipefail\n{block.text}"],
            cwd=ROOT,
            env={**environment, "TMPDIR": folder},  # for what a reader makes in a folder of its own
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def shape(output: str) -> str:
    """A pattern that fits what a document shows; a line with only … stands for any lines."""
    lines = (r"(?:.*\n)*" if line == "…" else re.escape(line.rstrip()) + r"[ ]*\n" for line in output.splitlines())
    return "".join(lines)


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_command_marked_as_runnable_runs(block: Block) -> None:
    """A reader who copies it gets exit code 0, and the output that is shown under it."""
    done = run(block)
    assert done.returncode == 0, done.stderr
    for first, shown in SHOWN:
        if first == block:
            assert re.fullmatch(shape(shown.text), done.stdout), done.stdout


def test_every_output_shown_belongs_to_a_command_that_is_run() -> None:
    """No output is shown that nobody compares."""
    assert SHOWN
    assert [str(shown) for first, shown in SHOWN if first.info != "sh run"] == []


def test_every_block_is_of_a_known_kind() -> None:
    """A misspelt mark would quietly leave a command untested."""
    known = {"", "sh", "sh run", "sh installed", "text output", "json event", "toml service", "toml targets",
             "toml geography", "toml feed", "yaml values", "yaml web"}  # fmt: skip
    assert [f"{block}: {block.info}" for block in BLOCKS if block.info not in known] == []


@pytest.mark.parametrize("block", EVENTS, ids=str)
def test_every_event_shown_is_valid(block: Block) -> None:
    """Somebody who sends the example finds it counted."""
    mission = EventReader(load().service, load().grid).read(block.text.encode(), None)
    assert mission.times is not None


@pytest.mark.parametrize("word", ["make demo", "make test"])
def test_the_two_commands_exist(word: str) -> None:
    """The README's first promise is kept by the Makefile."""
    target = word.removeprefix("make ")
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert word in (ROOT / "README.md").read_text(encoding="utf-8")
