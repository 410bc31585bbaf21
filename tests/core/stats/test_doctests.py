"""The worked examples in the documentation of the statistics and of how things are written."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

from monitor.core import duration, notation, percent, plain_text, rounding, stats

MODULES = [
    importlib.import_module(f"{stats.__name__}.{found.name}") for found in pkgutil.iter_modules(stats.__path__)
] + [duration, notation, percent, plain_text, rounding]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_worked_example_is_true(module: ModuleType) -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(module).failed == 0
