"""What a person must do something about is said, and said no more often than a person reads."""

import logging

import pytest

from monitor.core.batch import DeadLetter
from monitor.core.mission import Reason
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


def test_each_partition_and_urgent_reason_is_said_on_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """Of what somebody must look at."""
    advice = Advice(Clock())
    with caplog.at_level(logging.ERROR):
        for partition in (0, 1):
            for reason in Reason:
                advice.give(partition, refused(reason, 2))
    assert len(caplog.records) == 2 * 3


def test_all_others_are_said_together_once_a_minute_with_their_reasons_and_where_to_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A history that is refused does not vanish without a word; nor does what came after it was said last."""
    clock = Clock()
    advice = Advice(clock)
    with caplog.at_level(logging.WARNING):
        for second in range(30):
            clock.seconds = 1000.0 + second
            advice.give(second % 3, [*refused(Reason.LATE, 10), *refused(Reason.INVALID_FIELD, second % 2)])
        for second in range(30, 200):  # nothing is refused any more: the tick of the worker
            clock.seconds = 1000.0 + second
            advice.say_due()
    first, rest = [record.getMessage() for record in caplog.records]
    assert first.startswith("10 records refused since this was said last: 10 late (the last: partition 0, offset 9:")
    assert "let `monitor convert` read the files together, or raise ledger.horizon_days" in first
    assert rest.startswith("305 records refused since this was said last: 290 late (the last: partition 2, offset 9:")
    assert "; 15 invalid_field (the last: partition 2, offset 0: what was found)" in rest
    assert "`monitor dead-letters list` shows them" in rest
    assert "secret" not in first + rest
