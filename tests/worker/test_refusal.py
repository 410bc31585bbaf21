"""When a worker stops rather than move the topic into the dead letters."""

import pytest

from monitor.core.mission import Reason
from monitor.core.partition import DeadLetter, Effects
from monitor.worker.refusal import InvalidShare, TooManyInvalid
from tests.core.events import Rec


def effects(records: int, invalid: int, reason: Reason = Reason.UNKNOWN_DISTRICT) -> Effects:
    return Effects([DeadLetter(Rec(number, None, b""), reason, "detail") for number in range(invalid)], records)


def test_too_few_records_prove_nothing() -> None:
    """All of 999 may be bad; with the thousandth the worker stops, and says how to go on."""
    share = InvalidShare(most=0.5, window=1_000)
    share.note(effects(999, 999))
    with pytest.raises(TooManyInvalid, match=r"1000 of the newest 1000.*unknown_district at offset 0.*requeue"):
        share.note(effects(1, 1))


def test_exactly_the_share_that_is_borne_is_borne() -> None:
    """More than the share stops, the share itself does not."""
    share = InvalidShare(most=0.5, window=1_000)
    for _ in range(50):
        share.note(effects(100, 50))
    with pytest.raises(TooManyInvalid):
        share.note(effects(100, 51))


def test_a_long_good_past_excuses_nothing() -> None:
    """Only the newest records count, whatever went well before."""
    share = InvalidShare(most=0.5, window=1_000)
    for _ in range(100):
        share.note(effects(1_000, 0))
    for _ in range(5):
        share.note(effects(100, 100))
    with pytest.raises(TooManyInvalid):
        share.note(effects(600, 600))


@pytest.mark.parametrize("reason", [Reason.LATE, Reason.CONFLICT])
def test_valid_events_at_the_wrong_time_are_no_reason(reason: Reason) -> None:
    """A replay of old history is all late; it can be read well."""
    InvalidShare(most=0.5, window=1_000).note(effects(5_000, 5_000, reason))


def test_the_way_out_bears_everything() -> None:
    """A ratio of 1 lets every record go to the dead letters."""
    InvalidShare(most=1.0, window=1_000).note(effects(5_000, 5_000))


def test_the_window_holds_exactly_its_newest_records() -> None:
    """A batch is let go as soon as those after it fill the window, not one batch later.

    good ├── 500 ──┤ bad ├── 501 of 1,000 ──┤    the good ones no longer count: more than half is bad
    """
    share = InvalidShare(most=0.5, window=1_000)
    share.note(effects(500, 0))
    with pytest.raises(TooManyInvalid, match="501 of the newest 1000"):
        share.note(effects(1_000, 501))
    share = InvalidShare(most=0.5, window=1_000)
    share.note(effects(500, 0))
    share.note(effects(999, 749))  # 749 of 1,499: the good ones still count
    with pytest.raises(TooManyInvalid, match="750 of the newest 1000"):
        share.note(effects(1, 1))
