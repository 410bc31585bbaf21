"""How long silence is plausible: the promise held against simulated feeds, its parts against brute force."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.patience import (
    DAY,
    HOURS,
    LEAST_SECONDS,
    LOOKED_BACK_DAYS,
    MOST_SECONDS,
    PAGES_A_YEAR,
    Pace,
    pace_of,
    pages_a_year,
    patience,
)
from monitor.core.slices import Grid

OSLO: Final = Grid(ZoneInfo("Europe/Oslo"))
BUSY: Final = Pace((150,) * 6 + (200,) * 6 + (230,) * 12, 91.0, 0.0)
"""Some fifty a day, as the police have."""
CENTRE: Final = Pace((9,) * 6 + (11,) * 6 + (13,) * 12, 91.0, 0.0)
"""Three a day."""
hours = st.floats(0, 24, exclude_max=True)
paces = st.builds(
    Pace,
    st.lists(st.integers(0, 300), min_size=HOURS, max_size=HOURS).map(tuple),
    st.floats(1, 91),
    st.floats(0, 1),
)


@given(paces, hours, st.floats(0, 40 * DAY))
def test_what_is_expected_is_the_sum_over_every_hour_passed(pace: Pace, hour: float, seconds: float) -> None:
    """Hour by hour, each for the part of it that is passed."""
    found, at, left = 0.0, hour, seconds / 3600
    while left > 1e-12:
        step = min(left, np.floor(at + 1e-12) + 1 - at)
        found += pace.hours[int(at + 1e-12) % HOURS] / pace.days * step
        at, left = at + step, left - step
    assert pace.expected(hour, seconds) == pytest.approx(found, rel=1e-6, abs=1e-6)


@given(paces, hours)
def test_patience_is_the_first_silence_that_is_implausible(pace: Pace, hour: float) -> None:
    """A minute less is plausible still, within the least and the most."""
    found = patience(pace, hour)
    assert LEAST_SECONDS <= found <= MOST_SECONDS
    if pace.missions and found < MOST_SECONDS:
        assert pace.a_year * pace.chance(hour, found) <= PAGES_A_YEAR * (1 + 1e-6)
    if found > LEAST_SECONDS:
        assert pace.a_year * pace.chance(hour, found - 60) >= PAGES_A_YEAR * (1 - 1e-6) or not pace.missions


@given(st.integers(1, 400), st.floats(0, 0.5), st.floats(0.1, 20), st.integers(0, 2**32))
@settings(max_examples=15)
def test_the_chance_of_silence_is_a_poisson_one_of_an_uncertain_rate(
    seen: int, scatter: float, expected: float, seed: int
) -> None:
    """Drawn: a rate that is uncertain by what was seen and differs by day, then no mission."""
    pace = Pace((seen,) + (0,) * 23, 91.0, scatter)
    shape = 1 / (1 / seen + scatter)
    rates = np.random.default_rng(seed).gamma(shape, 1 / shape, 40_000)
    # Within a day: of the first hour alone, so much that so many are expected.
    share = min(1.0, expected * 91 / seen)
    drawn = np.exp(-rates * share * seen / 91).mean()
    assert pace.chance(0.0, share * 3600) == pytest.approx(drawn, abs=0.01)


def test_a_service_of_which_nothing_is_known_is_waited_for() -> None:
    """No mission, or the first one only."""
    assert patience(Pace((0,) * HOURS, 91.0), 3.0) == MOST_SECONDS
    assert patience(Pace((0,) * 12 + (1,) + (0,) * 11, 1.0), 3.0) == MOST_SECONDS


def test_nights_are_waited_for_longer_than_days() -> None:
    """At the volume of a nation that is hours; a centre of three a day is waited for days."""
    assert patience(BUSY, 12.0) < patience(BUSY, 1.0) < 10 * 3600
    assert patience(BUSY, 12.0) < patience(replace(BUSY, scatter=0.1), 12.0) < 12 * 3600
    assert 2 * DAY < patience(CENTRE, 12.0) < 4 * DAY


def test_six_hours_were_right_for_a_nation_and_hundreds_of_pages_for_a_centre() -> None:
    """What was one number for everybody, in false pages a year."""
    assert pages_a_year(BUSY, 21_600) < 2
    assert pages_a_year(CENTRE, 21_600) > 230
    assert pages_a_year(CENTRE, patience(CENTRE, 0.0)) < 0.2


@pytest.mark.parametrize(("pace", "seconds"), [(BUSY, 3 * 3600.0), (CENTRE, 21_600.0), (CENTRE, 1.5 * DAY)])
def test_false_pages_are_what_a_simulated_feed_gives(pace: Pace, seconds: float) -> None:
    """Forty years, mission by mission: silences longer than that, each counted once."""
    rng, years = np.random.default_rng(2024), 40
    by_hour = rng.poisson(np.tile(np.array(pace.hours) / pace.days, round(years * 365.25)))
    times = np.sort(np.repeat(np.arange(len(by_hour)) * 3600.0, by_hour) + rng.uniform(0, 3600, by_hour.sum()))
    counted = np.count_nonzero(np.diff(times) > seconds) / years
    # Of a rate that is known; the formula knows it from the missions of a quarter.
    assert counted * 0.8 - 0.3 <= pages_a_year(pace, seconds) <= counted * 1.8 + 0.3


def test_the_pace_counts_local_hours_of_the_last_quarter() -> None:
    """A mission an hour for a year, through both changes of the clock: each local hour has its share."""
    until = datetime(2024, 5, 1, tzinfo=UTC).timestamp()
    placed = np.arange(until - 365 * DAY, until + 5 * DAY, 3600.0) + 1.0
    pace = pace_of(placed, until, OSLO)
    assert (pace.missions, pace.days) == (LOOKED_BACK_DAYS * 24, LOOKED_BACK_DAYS)
    assert set(pace.hours) <= {LOOKED_BACK_DAYS - 1, LOOKED_BACK_DAYS, LOOKED_BACK_DAYS + 1}
    noon = datetime(2024, 4, 20, 12, 30, tzinfo=OSLO.zone).timestamp()
    assert pace_of(np.array([noon]), until, OSLO).hours[12] == 1


def test_a_young_service_is_judged_by_the_days_that_it_has() -> None:
    """Fifty missions of its first day are fifty a day, and none of them is lost on the quarter before."""
    until = datetime(2024, 5, 1, tzinfo=UTC).timestamp()
    pace = pace_of(until - np.linspace(DAY, 60, 50), until, OSLO)
    assert pace.a_year == pytest.approx(50 * 365.25, rel=0.01)
    assert patience(pace, 12.0) < 15 * 3600


def test_days_that_differ_are_told_from_days_that_chance_makes_differ() -> None:
    """The scatter of Poisson days is none; that of days whose rate differs by a third is a tenth."""
    rng, until = np.random.default_rng(1), 91 * DAY
    for spread, scatter in ((0.0, 0.0), (0.3, 0.09)):
        rates = 200 * np.exp(rng.normal(0, spread, 91))
        days = [day * DAY + rng.uniform(0, DAY, rng.poisson(rate)) for day, rate in enumerate(rates)]
        placed = np.concatenate(days)
        assert pace_of(placed, until, OSLO).scatter == pytest.approx(scatter, abs=0.04)
