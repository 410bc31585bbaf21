"""Silence: only an event ends it, whatever clocks do."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feed import Heard, listen
from monitor.core.stored import Head
from tests.core.figures import head

HOUR = 3600.0
NOW = 1_700_000_000.0
BELIEVED = 6 * HOUR


def heads(*signs: float | None, watermark: float | None = None, ahead_at: float | None = None) -> dict[int, Head]:
    """A head for each newest sign of life."""
    found = {}
    for number, sign in enumerate(signs):
        found[number] = head()
        found[number].last_record_at, found[number].watermark = sign, watermark
        found[number].ahead_at = ahead_at
    return found


def hear(known: dict[int, Head], now: float, before: Heard | None = None, elapsed: float = 0.0) -> Heard:
    return listen(known, now, believed_ahead_seconds=BELIEVED, before=before, elapsed_seconds=elapsed)


def test_the_newest_sign_of_all_partitions_counts() -> None:
    """A partition without events is no silence."""
    found = hear(heads(None, NOW - 60.0, NOW - HOUR), NOW)
    assert (found.at, found.silent_seconds) == (NOW - 60.0, 60.0)
    assert hear(heads(None), NOW).silent_seconds == inf


def test_a_clock_that_steps_back_does_not_end_a_silence() -> None:
    """Seven hours of silence stay seven, and grow by the time that has truly passed; the next event ends them.

    wall   0 h ─────── 7 h   1 h ── 2 h   (stepped back by six hours)
    event  ●                            ●
    """
    known = heads(NOW)
    silent = hear(known, NOW + 7 * HOUR, hear(known, NOW))
    back = hear(known, NOW + HOUR, silent, elapsed=1.0)
    assert back.silent_seconds == 7 * HOUR + 1.0
    assert hear(known, NOW + 2 * HOUR, back, elapsed=HOUR).silent_seconds == 8 * HOUR + 1.0
    known[0].last_record_at = NOW + 2 * HOUR
    assert hear(known, NOW + 2 * HOUR + 5.0, back).silent_seconds == 5.0


def test_a_clock_that_stands_still_does_not_stop_a_silence() -> None:
    """The time that truly passes is enough."""
    found = hear(heads(NOW), NOW)
    for _ in range(7):
        found = hear(heads(NOW), NOW, found, elapsed=HOUR)
    assert found.silent_seconds == 7 * HOUR


def test_a_partition_that_goes_is_no_event() -> None:
    """The store lost one of two, and the clock steps back by all of the silence: nothing new was heard."""
    both, silence = heads(NOW, NOW - 10.0), 7 * HOUR
    before = hear(both, NOW + silence)
    del both[0]
    assert hear(both, NOW, before, 5.0).silent_seconds == silence + 5.0
    assert hear({}, NOW, before, 5.0).silent_seconds == inf


def test_a_silence_found_by_a_clock_far_ahead_ends_with_the_next_event() -> None:
    """The clock was wrong by a year and is right again: no_data until something is heard, and no longer."""
    known = heads(NOW)
    ahead = hear(known, NOW + 365 * 24 * HOUR, hear(known, NOW))
    known[0].last_record_at = NOW + 60.0
    assert hear(known, NOW + 61.0, ahead, elapsed=1.0).silent_seconds == 1.0


def test_a_sign_far_ahead_is_none() -> None:
    """A year ahead it proves nothing; the newest mission, or another partition, may."""
    year = NOW + 365 * 24 * HOUR
    assert hear(heads(year), NOW) == Heard(None, inf, None, frozenset({(0, year, None)}))
    assert hear(heads(year, NOW - 60.0), NOW).at == NOW - 60.0
    assert hear(heads(year, watermark=NOW - 90.0), NOW).at == NOW - 90.0
    assert hear(heads(year, watermark=year), NOW).silent_seconds == inf


def test_a_sign_a_little_ahead_is_silent_as_long_as_nothing_follows() -> None:
    """Clocks differ; but what is heard an hour from now is not heard again until something new comes."""
    known = heads(NOW + HOUR)
    first = hear(known, NOW)
    assert (first.at, first.silent_seconds) == (NOW + HOUR, 0.0)
    assert hear(known, NOW + 7 * HOUR, first, elapsed=7 * HOUR).silent_seconds == 7 * HOUR


def test_a_lying_partition_does_not_hide_that_another_is_heard() -> None:
    """Silence is measured from what is believed, and any event of any partition is news."""
    known = heads(NOW + 9e9, NOW)
    silent = hear(known, NOW + HOUR, hear(known, NOW), elapsed=HOUR)
    known[1].last_record_at = NOW + HOUR
    assert hear(known, NOW + HOUR, silent).silent_seconds == 0.0


@pytest.mark.parametrize(("claim", "told"), [(None, None), (NOW - 1.0, None), (NOW + HOUR, NOW + HOUR)])
def test_a_newest_record_of_the_future_is_told_until_its_time_has_come(
    claim: float | None, told: float | None
) -> None:
    """What it claimed: a person can see whose clock that is."""
    assert hear(heads(NOW, ahead_at=claim), NOW).ahead_at == told


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**5), st.booleans()), max_size=12))
def test_a_silence_is_at_least_the_time_that_has_passed_without_an_event(looks: list[tuple[int, int, bool]]) -> None:
    """Wherever the wall clock stands at each look."""
    known = heads(NOW)
    before, passed = hear(known, NOW), 0
    for number, (wall, elapsed, event) in enumerate(looks):
        passed += elapsed
        if event:
            known[0].last_record_at, passed = NOW + number + 1, 0
        before = hear(known, NOW + wall, before, float(elapsed))
        assert before.silent_seconds >= passed
