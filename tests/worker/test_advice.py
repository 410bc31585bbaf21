"""What a person must do something about is said, and said no more often than a person reads."""

import logging

import pytest

from monitor.core.mission import Reason
from monitor.core.partition import DeadLetter
from monitor.worker.advice import Advice
from tests.core.events import Rec
from tests.worker.desk import Clock


def refused(reason: Reason, count: int) -> list[DeadLetter]:
    return [DeadLetter(Rec(offset, None, b"secret"), reason, "what was found") for offset in range(count)]


def test_a_full_ledger_is_said_once_a_minute_with_number_and_remedy(caplog: pytest.LogCaptureFixture) -> None:
    """However many are refused in between; no value is told."""
    clock = Clock()
    advice = Advice(clock)
    with caplog.at_level(logging.ERROR):
        for seconds in range(130):
            clock.seconds = 1000.0 + seconds
            advice.give(3, refused(Reason.LEDGER_FULL, 10))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" since")[0] for line in lines] == [
        "partition 3: 10 refused as ledger_full", "partition 3: 600 refused as ledger_full",
        "partition 3: 600 refused as ledger_full",
    ]  # fmt: skip
    assert "raise ledger.capacity" in lines[0]
    assert "secret" not in "".join(lines)


def test_each_partition_and_reason_is_said_on_its_own_and_others_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """An event that is merely wrong is counted and alerted where it is many: no line for it."""
    advice = Advice(Clock())
    with caplog.at_level(logging.ERROR):
        for partition in (0, 1):
            for reason in Reason:
                advice.give(partition, refused(reason, 2))
    assert len(caplog.records) == 2 * 3
