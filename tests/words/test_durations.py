"""Lengths of time read well from ten seconds to three hours, and none is rounded onto or over its threshold."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.words.durations import Notation, between, briefly, exactly, lasting, notation, plainly, signed
from monitor.words.speaker import speaker

EN, NB = speaker("en"), speaker("nb")
lengths = st.floats(0.001, 20_000.0, allow_nan=False)


@pytest.mark.parametrize(
    ("seconds", "english", "norwegian"),
    [
        (0.0, "0 s", "0 s"), (1.4, "1.4 s", "1,4 s"), (10.0, "10 s", "10 s"), (60.0, "1 min", "1 min"),
        (90.0, "1 min 30 s", "1 min 30 s"), (320.0, "5 min 20 s", "5 min 20 s"), (960.0, "16 min", "16 min"),
        (5400.0, "1 h 30 min", "1 t 30 min"), (10_800.0, "3 h", "3 t"), (3659.9, "1 h 59.9 s", "1 t 59,9 s"),
        (86_400.0, "24 h", "24 t"), (-303.0, "−5 min 3 s", "−5 min 3 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_with_its_units(seconds: float, english: str, norwegian: str) -> None:
    """The ones that are there, nothing that is zero."""
    assert (lasting(EN, seconds), lasting(NB, seconds)) == (english, norwegian)


@pytest.mark.parametrize(
    ("thresholds", "how"),
    [
        ([420.0, 660.0, None], Notation.MINUTES), ([300.0], Notation.MINUTES), ([240.0], Notation.CLOCK),
        ([450.0, 660.0], Notation.CLOCK), ([60.0], Notation.SECONDS), ([10.0, 15.0], Notation.SECONDS),
        ([10.0, 900.0], Notation.CLOCK), ([], Notation.CLOCK), ([None], Notation.CLOCK), ([7200.0], Notation.MINUTES),
        ([900.0, 10_800.0], Notation.CLOCK),
    ],
)  # fmt: skip
def test_thresholds_decide_how_values_are_written(thresholds: list[float | None], how: Notation) -> None:
    """Whole minutes where half a minute is little beside any, up to two hours; seconds where all are brief."""
    assert notation(thresholds) is how


@pytest.mark.parametrize(
    ("how", "value", "threshold", "around", "change"),
    [
        (Notation.MINUTES, "7.505", "7.5", "7.5–8.0", "+0.50"),
        (Notation.SECONDS, "450.3", "450", "450.3–480.0", "+30.0"),
        (Notation.CLOCK, "7:30.3", "7:30", "7:30–8:00", "+0:30"),
    ],
)
def test_each_notation_writes_everything(how: Notation, value: str, threshold: str, around: str, change: str) -> None:
    """450.3 s against 450 s, between that and 480 s, half a minute more than before."""
    assert exactly(EN, how, 450.3, 450.0, exact=True) == value
    assert plainly(EN, how, 450.0) == threshold
    assert between(EN, how, 450.3, 480.0) == around
    assert signed(EN, how, 30.0) == change
    assert exactly(EN, how, 450.3, None, exact=False).startswith("≈ ")


def test_a_figure_to_be_read_from_afar_has_one_decimal_unless_it_needs_more() -> None:
    """Near the threshold it tells as much as decides."""
    values = [(754.0, 780.0), (780.4, 780.0), (90.04, 20.0)]
    told = [briefly(EN, Notation.MINUTES, seconds, limit, exact=True) for seconds, limit in values]
    assert told == ["12.6", "13.01", "1.5"]
    assert briefly(EN, Notation.SECONDS, 20.04, 20.0, exact=False) == "≈ 20.04"
    assert briefly(EN, Notation.CLOCK, 320.4, 320.0, exact=True) == "5:20.4"


@pytest.mark.parametrize("how", Notation)
def test_what_is_not_there_is_a_dash_or_an_open_end(how: Notation) -> None:
    """No zero in its place; and no sign before what is nothing."""
    assert plainly(EN, how, None) == between(EN, how, None, None) == "–"
    assert between(EN, how, 600.0, None).startswith("≥ ")
    assert between(EN, how, None, 600.0).startswith("≤ ")
    assert signed(EN, how, 0.0)[0] == signed(EN, how, -0.001)[0] == "0"
    assert signed(EN, how, -90.0)[0] == "−"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(59.96, "1:00"), (3599.7, "1:00:00"), (5.0, "0:05"), (12_345.0, "3:25:45")]
)
def test_seconds_never_read_sixty(seconds: float, shown: str) -> None:
    """What is rounded up to a minute is one."""
    assert exactly(EN, Notation.CLOCK, seconds, None, exact=True) == shown


@given(lengths, lengths, st.sampled_from(Notation))
@example(420.0004, 420.0, Notation.MINUTES)
@example(420.0, 420.0, Notation.MINUTES)
@example(420.0, 420.0, Notation.CLOCK)
@example(9.96, 10.0, Notation.SECONDS)
def test_no_value_is_rounded_over_its_threshold(seconds: float, threshold: float, how: Notation) -> None:
    """What a reader sees lies on the side that the verdict is given for, to the microsecond."""
    seconds, threshold = round(seconds, 3), round(threshold, 3)
    if how is Notation.MINUTES:  # which is for such thresholds alone
        threshold = 60.0 * max(5, round(threshold / 60))
    for shown in (exactly(EN, how, seconds, threshold, exact=True), lasting(EN, seconds, threshold)):
        assert (read(shown, how) > threshold + 1e-9) == (seconds > threshold), shown


def read(shown: str, how: Notation) -> float:
    """The seconds that were written."""
    plain = shown.replace("\u202f", "")
    if plain.endswith(("h", "min", "s")):
        units = {"h": 3600, "min": 60, "s": 1}
        return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+) (h|min|s)", plain))
    whole = 0.0
    for part in plain.split(":"):
        whole = 60 * whole + float(part)
    return whole * how.unit
