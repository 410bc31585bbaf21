"""A flood of faults is no flood of log lines, and nothing is left out in silence."""

import logging

import pytest

from monitor.http.seldom import Seldom, seldom


def test_one_line_a_second_and_the_next_says_how_many_were_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The first is told at once; what is only for finding faults is never held back."""
    now = [0.0]
    logger = logging.getLogger("test.seldom")
    limit = Seldom(monotonic=lambda: now[0])
    logger.addFilter(limit)
    try:
        with caplog.at_level(logging.DEBUG, "test.seldom"):
            for number in range(500):
                logger.warning("fault %d", number)
            logger.debug("detail")
            now[0] = 1.0
            logger.error("fault %s", "x")
            now[0] = 2.0
            logger.error("fault %s", "y")
    finally:
        logger.removeFilter(limit)
    assert caplog.messages == ["fault 0", "detail", "fault x (and 499 more lines, left out)", "fault y"]


def test_the_limit_ends_with_its_context(caplog: pytest.LogCaptureFixture) -> None:
    """Two services in one process leave nothing behind."""
    with seldom("test.seldom"), seldom("test.seldom"):
        logging.getLogger("test.seldom").warning("inside")
    for _ in range(3):
        logging.getLogger("test.seldom").warning("outside")
    assert caplog.messages == ["inside", "outside", "outside", "outside"]
