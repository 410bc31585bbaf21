"""The log: one line a record, whatever happens."""

import logging
import re
from collections.abc import Iterator

import pytest

from monitor import log
from monitor.core.plain_text import unseen


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
def test_what_comes_from_outside_writes_no_record_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by any kind of line break nor by moving the cursor, at any level, in message or traceback."""
    log.set_up(verbose=True)
    for attack in (
        "\r2026-01-01T00:00:00.000Z INFO",
        "\x1b[1A\x1b[2K",
        "\x9b2K",
        "\u2028x",
        "\x85x",
        "\x0bx",
        "\u202e",
    ):
        try:
            int(attack)
        except ValueError:
            logging.getLogger("monitor.test").debug("district %s", attack, exc_info=True)
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 7
    assert all(unseen(line) is None for line in told.splitlines())


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
