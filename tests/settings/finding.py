"""What a configuration is told to be wrong with, by where it is wrong."""

from pathlib import Path

import pytest

from monitor.settings import ConfigurationError, load


def errors_of(path: Path) -> dict[str, str]:
    """The errors that keep it from being used, the path taken off."""
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return {
        fault.where.removeprefix(f"{path}: "): fault.message
        for fault in caught.value.faults
        if fault.severity == "error"
    }


def warnings_of(path: Path) -> dict[str, str]:
    """The warnings of one that may be used, those of the shipped targets left out."""
    return {
        fault.where.removeprefix(f"{path}: "): fault.message
        for fault in load(path).warnings
        if not fault.where.startswith("2024.toml")
    }
