"""What a feed refuses is said by topic, no more often than a person reads, and to the last record."""

import logging

import pytest

from monitor.core.batch import DeadLetter
from monitor.feeding.instruments import Place
from monitor.feeding.refusals import Refusals
from tests.core.events import Rec
from tests.worker.desk import Clock


def test_each_topic_is_said_once_a_minute_and_what_came_last_is_not_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing follows the last records of a file that was sent: the tick of the feed says them."""
    clock = Clock()
    refusals = Refusals(clock)
    with caplog.at_level(logging.WARNING):
        for second in range(30):
            clock.seconds = 1000.0 + second
            for topic in ("calls", "units"):
                refusals.tell(Place(topic, 1), [DeadLetter(Rec(second, None, b"secret"), "no_key", "a word")])
        for second in range(30, 200):
            clock.seconds = 1000.0 + second
            refusals.say_due()
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(";")[0] for line in lines] == [
        f"topic {topic}: refused since this was said last: {times} no_key"
        for times in (1, 29)
        for topic in ("calls", "units")
    ]
    assert "the last of them at units:1, offset 29: correct the feed file" in lines[-1]
    assert "secret" not in "".join(lines)
    assert "a word" not in "".join(lines)
