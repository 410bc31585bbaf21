"""A backend whose library is not installed: everything else works, and who asks for it is told what to do."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.modules[sys.argv[1]] = None  # as where it is not installed
from click.testing import CliRunner
from monitor.cli import cli
for backend in ("fastdigest", "tdigest"):
    done = CliRunner().invoke(cli, ["check"], env={"MONITOR_LEDGER__DIGEST_BACKEND": backend})
    print(backend, done.exit_code, " ".join(done.output.split()))
"""


@pytest.mark.parametrize(
    ("absent", "present", "advice"),
    [("tdigest", "fastdigest", "extra `tdigest`"), ("fastdigest", "tdigest", "say tdigest, and install that extra")],
)
def test_the_other_backend_works_without_it(absent: str, present: str, advice: str) -> None:
    """A program that never asks for the library starts without it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, absent], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told[present].startswith("0 ")
    assert told[absent].startswith("2 ")
    assert advice in told[absent]
    assert "MONITOR_LEDGER__DIGEST_BACKEND" in told[absent]
