"""What a process loads before it does anything: each start of a worker, an exporter or a report waits for it."""

import json
import subprocess
import sys
from typing import Final

LOADING: Final = """
import importlib, json, sys
from monitor.cli import COMMANDS
for entry in COMMANDS.values():
    importlib.import_module(entry.target.split(":")[0])
print(json.dumps(sorted(sys.modules)))
"""


def test_no_command_waits_for_half_of_scipy_at_its_start() -> None:
    """`scipy.stats` with what it loads took longer than all else together; special functions are enough."""
    told = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
    loaded = set(json.loads(told.stdout))
    assert {"monitor.worker.command", "scipy.special"} <= loaded
    assert not loaded & {"scipy.stats", "scipy.optimize", "scipy.sparse"}
