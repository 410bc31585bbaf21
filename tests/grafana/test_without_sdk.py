"""Grafana's SDK is for those who generate: everything else works without it."""

import subprocess
import sys

from tests.grafana.dashboards import ROOT

HIDDEN = "import sys; sys.modules['grafana_foundation_sdk'] = None; "


def run(program: str) -> subprocess.CompletedProcess[str]:
    """A Python in which the SDK cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", HIDDEN + program], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )


def test_every_running_part_works_without_the_sdk() -> None:
    """Worker, exporter, report and alert rules can be imported where only the monitor itself is installed."""
    done = run("import monitor.worker.app, monitor.exporter.command, monitor.report.command, monitor.alerts")
    assert done.returncode == 0, done.stderr


def test_generate_says_what_it_needs() -> None:
    """Words and exit code 1 instead of a traceback."""
    done = run("sys.argv = ['monitor', 'generate', '--check']; from monitor.cli import main; main()")
    assert done.returncode == 1
    assert "pip install 'response-time-monitor[dev]'" in done.stderr
    assert "Traceback" not in done.stderr
