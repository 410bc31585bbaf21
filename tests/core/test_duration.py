"""Lengths of time as people write them are exact: who takes just as long as allowed is within."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.duration import minutes_of, seconds_of_minutes
from monitor.core.target_reading import read_tables


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (4.1, 246.0),
        (7, 420.0),
        (0.1, 6.0),
        (8.2, 492.0),
        (2.05, 123.0),
        (16.35, 981.0),
        (5.3333333, 319.999998),
        (1e-9, 0.0),
        ("5:20", 320.0),
        ("0:30", 30.0),
        ("90:00", 5400.0),
        ("1440:00", 86_400.0),
        ("1:05:00", 3900.0),
        ("24:00:00", 86_400.0),
    ],
)
def test_minutes_are_the_seconds_that_were_meant(written: object, seconds: float) -> None:
    """4.1 minutes multiplied as floats would be 245.99999999999997 s."""
    assert seconds_of_minutes(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "7", "5:2", "5:60", "1:60:00", "-5:20", "5:20 ", "5.20", "1:2:3:4", ":20", "٥:٢٠", "5:20\n", True, None, [5],
     float("nan"), float("inf"), -float("inf"), 10**400, 1e300, timedelta(minutes=5), Decimal(5)],
    ids=repr,
)  # fmt: skip
def test_what_is_no_length_of_time_is_refused_with_what_to_write(written: object) -> None:
    """No guess is made, and no exception but the one that says so."""
    with pytest.raises(ValueError, match="minutes as a number"):
        seconds_of_minutes(written)


@pytest.mark.parametrize("scale", [10, 100], ids=["tenths", "hundredths"])
def test_every_tenth_and_hundredth_of_a_minute_of_a_day_is_exact_both_ways(scale: int) -> None:
    """As TOML has it: the seconds of a patrol that took just so long, and back the minutes that were written.

    Multiplied as floats, 273 of the tenths below 1,025 minutes would be off by an ulp.
    """
    numbers = range(24 * 60 * scale + 1)
    digits = len(str(scale)) - 1
    texts = ", ".join(f"{number // scale}.{number % scale:0{digits}}" for number in numbers)
    written = tomllib.loads(f"minutes = [{texts}]")["minutes"]
    took = [timedelta(microseconds=60_000_000 // scale * number).total_seconds() for number in numbers]
    assert [*map(seconds_of_minutes, written)] == took
    assert [*map(minutes_of, took)] == written
    if scale == 10:
        assert sum(one * 60 != exact for one, exact in zip(written[:10_247], took, strict=False)) == 273


@given(st.integers(1, 86_400_000_000))
def test_a_response_just_as_long_as_allowed_is_equal_to_its_target(microseconds: int) -> None:
    """Whatever the microseconds: both are the same float, and one microsecond more is more."""
    minutes = Decimal(microseconds) / 60_000_000
    target = seconds_of_minutes(float(minutes))
    assert target == timedelta(microseconds=microseconds).total_seconds()
    assert timedelta(microseconds=microseconds + 1).total_seconds() > target


@given(st.decimals(0, 1440, places=4, allow_nan=False))
def test_what_is_written_with_a_few_digits_is_read_to_the_microsecond(written: Decimal) -> None:
    """Against exact fractions, in which nothing is rounded: four digits of a minute are whole microseconds."""
    assert seconds_of_minutes(float(written)) == float(Fraction(written) * 60)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_a_clock_and_a_number_agree(hours: int, minutes: int, seconds: int) -> None:
    """All three ways to write the same length."""
    whole = (hours * 60 + minutes) * 60 + seconds
    assert seconds_of_minutes(f"{hours}:{minutes:02}:{seconds:02}") == whole
    assert seconds_of_minutes(f"{hours * 60 + minutes}:{seconds:02}") == whole
    if seconds % 3 == 0:  # twentieths of a minute: few digits
        assert seconds_of_minutes(float(Decimal(whole) / 60)) == whole


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.binary()))
def test_anything_is_seconds_or_refused(value: Any) -> None:
    """Nothing else comes of it, however large or strange."""
    try:
        seconds = seconds_of_minutes(value)
    except ValueError:
        return
    assert seconds == seconds  # noqa: PLR0124 - never NaN


def test_targets_take_every_way_to_write_them() -> None:
    """Side by side in one table."""
    tables, faults = read_tables(
        {
            "valid_from": date(2025, 1, 1),
            "source": {"title": "t"},
            "national": {"urban": {"goal": 4.1, "requirement": "5:20"}},
        },
        None,
        origin="2025.toml",
    )
    assert faults == []
    assert tables is not None
    assert tables.target("national", "urban")[0] == {"goal": 246.0, "requirement": 320.0}


@pytest.mark.parametrize("written", ["24:00:01", 1440.0001, 1e-9, 0, "0:00", -4.1, 10**9])
def test_a_target_of_no_time_or_of_more_than_a_day_is_an_error(written: object) -> None:
    """Also where only rounding makes it none."""
    _, faults = read_tables({"national": {"urban": {"goal": written}}}, None, origin="2025.toml")
    assert any("cannot be right" in fault.message for fault in faults)
