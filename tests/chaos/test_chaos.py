"""How long a staging lasts, as people write it."""

import pytest

from tests.chaos.driver import seconds_of


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400)])
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    """A number of seconds, or with s, m or h."""
    assert seconds_of(text) == seconds


def test_a_duration_that_is_none_is_refused() -> None:
    """With words that say how to write one."""
    with pytest.raises(ValueError, match="say a duration"):
        seconds_of("soon")
