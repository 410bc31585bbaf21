"""The worker's threads share one interpreter: how often they take turns is measured, and set where it helps."""

import sys
from collections.abc import Iterator

import pytest

from monitor.worker.shell import SWITCH_SECONDS, take_turns

DEFAULT_SECONDS = 0.005


@pytest.fixture(autouse=True)
def interval() -> Iterator[None]:
    """This process keeps its own."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(DEFAULT_SECONDS)
    yield
    sys.setswitchinterval(before)


def test_threads_take_turns_often_only_where_cores_are_to_share() -> None:
    """With one core a switch is nothing but work."""
    take_turns(cores=1)
    assert sys.getswitchinterval() == pytest.approx(DEFAULT_SECONDS)
    take_turns(cores=2)
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
