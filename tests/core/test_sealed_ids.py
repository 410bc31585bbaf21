"""Whoever was sealed is known again, and costs eight bytes."""

import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.sealed_ids import SealedIds, hashed

NAMES = st.text(min_size=1, max_size=4)


@settings(max_examples=200)
@given(st.lists(st.sets(NAMES, max_size=8), max_size=8), st.sets(NAMES, max_size=8))
def test_exactly_those_that_were_sealed_are_known(sealed: list[set[str]], others: set[str]) -> None:
    """Whatever is asked in between, and however they came."""
    known, so_far = SealedIds(), set[str]()
    for some in sealed:
        known.add(hashed(some))
        so_far |= some
        assert {one for one in so_far | others if one in known} == so_far


def test_many_are_known_before_and_after_they_are_sorted_in() -> None:
    """A hundred thousand, in portions that are asked about one by one: a part is sorted in when it has grown."""
    known = SealedIds()
    for portion in range(0, 100_000, 1_000):
        known.add(hashed(f"m{number}" for number in range(portion, portion + 1_000)))
        assert f"m{portion}" in known
        assert f"m{portion + 1_000}" not in known
    assert all(f"m{number}" in known for number in range(0, 100_000, 97))
    assert not any(f"n{number}" in known for number in range(1_000))
    held = sum(part.numbers.nbytes + part._held.nbytes for part in (known._sorted, known._recent))
    waiting = sys.getsizeof(known._waiting) + sys.getsizeof(known._unsorted)
    assert held + waiting < 9 * 100_000 + 200_000, "eight bytes each, at most eight bits, and what waits"


def test_an_identity_is_the_same_bytes_on_every_machine() -> None:
    """They are stored: first byte first."""
    assert hashed(["m-1"]).hex() == "d27ad701a6859b35"
    assert hashed([]) == b""
