"""When a worker slows a partition down, or stops, rather than move the topic into the dead letters."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.batch import DeadLetter, Effects
from monitor.core.mission import Reason
from monitor.worker.refusal import CALM_SECONDS, InvalidFlood, TooManyInvalid
from tests.core.events import Rec

WINDOW = 1_000


def effects(records: int, invalid: int, reason: Reason = Reason.UNKNOWN_DISTRICT) -> Effects:
    return Effects([DeadLetter(Rec(number, None, b""), reason, "detail") for number in range(invalid)], records)


def flood(*, most: float = 0.5, stop: bool = False) -> InvalidFlood:
    return InvalidFlood(most=most, window=WINDOW, per_second=50.0, stop=stop)


def test_too_few_records_prove_nothing() -> None:
    """All of 999 may be bad; with the thousandth the partition is slowed down, and the log says how to go on."""
    policy = flood()
    assert policy.note(0, effects(999, 999), 0.0) is None
    assert not policy.held(0, 0.0)
    told = policy.note(0, effects(1, 1), 0.0)
    assert told is not None
    for words in ("1000 of its newest 1000", "unknown_district at offset 0", "requeue", "max_invalid_ratio = 1"):
        assert words in told
    assert policy.held(0, 0.0)


def test_a_worker_that_is_to_stop_stops_with_the_thousandth() -> None:
    """The choice that keeps the dead letters clean at the price of everybody's figures."""
    policy = flood(stop=True)
    policy.note(0, effects(999, 999), 0.0)
    with pytest.raises(TooManyInvalid, match=r"1000 of its newest 1000.*unknown_district at offset 0.*requeue"):
        policy.note(0, effects(1, 1), 0.0)


def test_exactly_the_share_that_is_borne_is_borne() -> None:
    """More than the share is a flood, the share itself is not."""
    policy = flood()
    for _ in range(50):
        policy.note(0, effects(100, 50), 0.0)
    assert not policy.held(0, 0.0)
    policy.note(0, effects(100, 51), 0.0)
    assert policy.held(0, 0.0)


def test_a_long_good_past_excuses_nothing() -> None:
    """Only the newest records count, whatever went well before."""
    policy = flood()
    for _ in range(100):
        policy.note(0, effects(1_000, 0), 0.0)
    for _ in range(5):
        policy.note(0, effects(100, 100), 0.0)
    assert not policy.held(0, 0.0)
    policy.note(0, effects(600, 600), 0.0)
    assert policy.held(0, 0.0)


def test_what_lies_just_before_a_full_window_is_forgotten() -> None:
    """A thousand newer records are a window: the bad batch before them counts no more, with 999 it still does."""
    for newer, forgotten in ((1_000, True), (999, False)):
        policy = flood()
        policy.note(0, effects(999, 999), 0.0)
        policy.note(0, effects(newer, 1), 0.0)
        assert policy.held(0, 0.0) is not forgotten


@pytest.mark.parametrize("reason", [Reason.LATE, Reason.CONFLICT, Reason.LEDGER_FULL])
def test_valid_events_at_the_wrong_time_are_no_reason(reason: Reason) -> None:
    """A replay of old history is all late; it can be read well."""
    policy = flood()
    assert policy.note(0, effects(5_000, 5_000, reason), 0.0) is None
    assert not policy.held(0, 0.0)


@pytest.mark.parametrize("stop", [True, False])
def test_the_way_out_bears_everything(stop: bool) -> None:
    """A ratio of 1 lets every record go to the dead letters."""
    policy = flood(most=1.0, stop=stop)
    assert policy.note(0, effects(5_000, 5_000), 0.0) is None
    assert not policy.held(0, 0.0)


def test_a_flooded_partition_holds_up_itself_alone() -> None:
    """Another partition goes on, however bad this one is."""
    policy = flood()
    policy.note(3, effects(100_000, 100_000), 0.0)
    policy.note(4, effects(100_000, 10), 0.0)
    assert policy.held(3, 1_999.9)
    assert not policy.held(3, 2_000.0)
    assert not policy.held(4, 0.0)
    assert policy.flooded(0.0) == {3}


def test_a_flood_is_told_once_and_is_over_when_it_has_been_calm() -> None:
    """A person is told when it begins, not with every batch; after a calm it would be a new one."""
    policy = flood()
    assert policy.note(0, effects(1_000, 1_000), 0.0) is not None
    assert policy.note(0, effects(50, 50), 20.0) is None
    assert policy.flooded(21.0 + CALM_SECONDS - 0.1) == {0}
    assert policy.flooded(21.0 + CALM_SECONDS) == set()
    assert policy.note(0, effects(50, 50), 1_000.0) is not None


def test_good_records_are_never_charged() -> None:
    """While the memory of a flood is in the window, what is valid passes at full speed."""
    policy = flood()
    policy.note(0, effects(1_000, 1_000), 0.0)
    assert policy.note(0, effects(400, 0), 20.0) is None
    assert not policy.held(0, 20.0)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1), st.floats(0, 5)), min_size=1, max_size=60),
    st.sampled_from([0.0, 0.3, 0.5]),
)
def test_no_more_pass_than_the_window_bears_and_the_rate_allows(
    steps: Sequence[tuple[int, float, float]], most: float
) -> None:
    """Against a recount record by record: between two holds, invalid records beyond the cap take their time."""
    window, per_second = 100, 10.0
    policy = InvalidFlood(most=most, window=window, per_second=per_second)
    now, seen, charged, began = 0.0, [], 0, None
    for records, share, wait in steps:
        now += wait
        if policy.held(0, now):
            continue
        bad = int(records * share)
        seen.append((records, bad))
        policy.note(0, effects(records, bad), now)
        newest_records = newest_bad = 0
        for count, invalid in reversed(seen):
            if newest_records >= window:
                break
            newest_records, newest_bad = newest_records + count, newest_bad + invalid
        beyond = bool(bad) and newest_records >= window and newest_bad > most * newest_records
        assert policy.held(0, now) == beyond
        if beyond:
            began = now if began is None else began
            charged += bad
            assert policy.held(0, now + bad / per_second - 0.001)
            assert not policy.held(0, now + bad / per_second + 0.001)
    if began is not None:
        last = max(bad for _, bad in seen)
        assert charged <= (now - began) * per_second + last + 1
