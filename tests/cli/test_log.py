"""The log: one line a record, whatever happens."""

import logging
import re
from collections.abc import Iterator

import pytest

from monitor import log


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging as it was, afterwards."""
    root, monitor = logging.getLogger(), logging.getLogger("monitor")
    before = root.handlers[:], root.level, monitor.level
    yield
    root.handlers[:], root.level, monitor.level = before


@pytest.mark.usefixtures("restored")
def test_a_record_with_a_traceback_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line begins with a UTC time, so that a line is a record for every tool."""
    log.set_up()
    try:
        int("first\nsecond")
    except ValueError:
        logging.getLogger("monitor.test").exception("it\nfailed")
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR monitor\.test: it \| failed \| ", line)


@pytest.mark.usefixtures("restored")
def test_debug_is_for_verbose_only(capsys: pytest.CaptureFixture[str]) -> None:
    """What may name a mission is silent by default, of libraries as of the monitor."""
    log.set_up()
    logging.getLogger("monitor.test").debug("mission 7")
    logging.getLogger("library").info("chatter")
    assert not capsys.readouterr().err
    log.set_up(verbose=True)
    logging.getLogger("monitor.test").debug("mission 7")
    assert "mission 7" in capsys.readouterr().err
