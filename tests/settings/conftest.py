"""A configuration file beside the real targets, and an environment without settings."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.settings import ENV_PREFIX
from tests.docs.blocks import ROOT

Write = Callable[[str | bytes], Path]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in list(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes `monitor.toml` beside the real targets."""
    shutil.copytree(ROOT / "config" / "services" / "norwegian-police" / "targets", tmp_path / "targets")

    def written(text: str | bytes) -> Path:
        path = tmp_path / "monitor.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return written
