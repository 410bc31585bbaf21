"""Certificates in the folder of a test."""

from pathlib import Path

import pytest

from tests.listening.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """With a server's and a client's certificate."""
    made = Authority(tmp_path)
    made.server()
    made.client()
    return made
