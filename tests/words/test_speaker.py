"""Numbers as they are said."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.words.speaker import speaker

EN, NB = speaker("en"), speaker("nb")
limits = st.sampled_from([2.0, 2.8, 3.93, 4.0, 6.5, 9.999])


@pytest.mark.parametrize(
    ("score", "limit", "english", "norwegian"),
    [
        (0.06, 4.0, ("0.0", "4.0"), ("0,0", "4,0")), (3.96, 4.0, ("3.9", "4.0"), ("3,9", "4,0")),
        (3.91, 3.93, ("3.91", "3.93"), ("3,91", "3,93")), (3.9297, 3.93, ("3.92", "3.93"), ("3,92", "3,93")),
        (3.93, 3.93, ("3.93", "3.93"), ("3,93", "3,93")), (0.0, 3.93, ("0.00", "3.93"), ("0,00", "3,93")),
        (1e-17, 8.0, ("0.0", "8.0"), ("0,0", "8,0")),
    ],
)  # fmt: skip
def test_a_score_is_said_to_the_decimals_of_its_limit(
    score: float, limit: float, english: tuple[str, str], norwegian: tuple[str, str]
) -> None:
    """At least one of them; down, so that 3.96 of 4.0 is no "4.0 of 4.0"."""
    assert (EN.towards(score, limit), NB.towards(score, limit)) == (english, norwegian)


@given(limits, st.floats(0, 1, exclude_max=True))
@example(3.93, 1 - 2**-53)
def test_a_score_reads_as_its_limit_only_when_it_has_reached_it(limit: float, share: float) -> None:
    """However close it comes; and what is said is never above what is."""
    score = share * limit
    below, said = EN.towards(score, limit)
    assert (float(below) < float(said)) == (score < limit)
    assert float(below) <= score
    assert float(said) == limit
    assert EN.towards(limit, limit) == (said, said)
    assert re.fullmatch(r"\d+\.\d+", below)
