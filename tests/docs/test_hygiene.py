"""The repository holds nothing of the machine it was written on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.blocks import ROOT

COMMON = {"/", "/home", "/opt", "/srv", "/tmp", "/usr/src", "/var/tmp", "/app", "/code", "/src"}  # noqa: S108 - names
REGISTRIES = (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("maven", "org"),
    ("maven", "apache", "org", "maven2"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("crates", "io"),
    ("proxy", "golang", "org"), ("debian", "org"), ("ubuntu", "com"), ("anaconda", "org"),
)  # fmt: skip
"""In pieces, so that this file does not name one."""


def tracked() -> dict[str, str]:
    """Every tracked text file with its content; what is deleted but not committed yet has none."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone: nothing says which files belong to the project")
    files = (ROOT / name for name in listed.stdout.split("\0") if name)
    return {str(file.relative_to(ROOT)): file.read_text("utf-8", "replace") for file in files if file.is_file()}


def machine_paths() -> set[str]:
    """Where this clone, its environment and its user live."""
    paths = {ROOT, ROOT.parent, Path.home(), Path(sys.prefix)}
    return {str(path) for path in paths} - COMMON


def machine_hosts() -> set[str]:
    """Hosts that this machine gets its packages from."""
    named = (os.environ.get(name, "") for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL"))
    hosts = {urlsplit(url).hostname for value in named for url in value.split()}
    return {host for host in hosts if host}


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_this_machine() -> None:
    """What works only where it was written must not be committed."""
    own = "|".join(re.escape(path) for path in sorted(machine_paths()))
    assert lines_with(re.compile(rf"(?<![\w./-])(?:{own})(?![\w-])|/(?:home|Users)/[a-z]\w*/")) == []


def test_no_file_names_a_registry() -> None:
    """Where packages come from is decided by whoever installs them."""
    hosts = {".".join(parts[:3]) + "".join(f"/{part}" for part in parts[3:]) for parts in REGISTRIES}
    named = "|".join(re.escape(host) for host in sorted(hosts | machine_hosts()))
    assert lines_with(re.compile(rf"(?:{named})(?![\w-])")) == []


def test_no_file_holds_a_private_key() -> None:
    """Not even one made for a test."""
    assert lines_with(re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY")) == []
