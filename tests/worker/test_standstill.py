"""Who lags and does not move is fetched again, and ever more seldom where it helps nothing."""

from itertools import pairwise

from monitor.worker.standstill import FIRST_SECONDS, LONGEST_SECONDS, Standstill


def test_a_partition_that_moves_or_has_nothing_left_is_let_be() -> None:
    """Progress, however slow, and the end of the log are no standstill."""
    watch = Standstill()
    for second in range(100):
        assert watch.judge({0: (second // 2, 1000), 1: (7, 7)}, float(second)) == set()


def test_a_partition_that_stands_with_records_left_is_fetched_again() -> None:
    """Once its patience is over, and not before."""
    watch = Standstill()
    assert watch.judge({0: (5, 9)}, 0.0) == set()
    assert watch.judge({0: (5, 9)}, FIRST_SECONDS - 0.1) == set()
    assert watch.judge({0: (5, 9)}, FIRST_SECONDS) == {0}


def test_what_helps_nothing_is_tried_ever_more_seldom_and_progress_starts_afresh() -> None:
    """Markers at the end of a log must not cause a fetch every few seconds for ever."""
    watch = Standstill()
    tries = [now for now in range(1000) if watch.judge({0: (5, 6)}, float(now))]
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == LONGEST_SECONDS
    assert watch.judge({0: (6, 9)}, 1000.0) == set()
    assert watch.judge({0: (6, 9)}, 1000.0 + FIRST_SECONDS) == {0}


def test_a_partition_that_no_fetch_was_answered_for_counts_as_left_behind() -> None:
    """A position that was never set is never fetched from, so that nobody learns where the log ends."""
    watch = Standstill()
    assert watch.judge({0: (5, None)}, 0.0) == set()
    assert watch.judge({0: (5, None)}, FIRST_SECONDS) == {0}
