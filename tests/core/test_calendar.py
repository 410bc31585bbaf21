"""Periods of the calendar: against a walk over single days, and written out where the clocks or the year change."""

from datetime import date, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import MONTHS, Calendar, Period, Unit
from monitor.core.slices import Grid
from monitor.core.windows import Span, span_of

GRID = Grid(ZoneInfo("Europe/Oslo"))
PLAIN = Calendar()
DAY = 86_400
STEP = timedelta(days=1)
UNITS: tuple[Unit, ...] = get_args(Unit)


def begins(unit: Unit, day: date, starts: int) -> bool:
    """Whether a period of this kind begins with this day, from the definitions."""
    if unit == "week":
        return day.weekday() == 0
    return day.day == 1 and (unit == "month" or (day.month - starts) % 12 % MONTHS[unit] == 0)


def by_walking(unit: Unit, day: date, starts: int) -> tuple[date, date]:
    """First day, and the day after the last one, found day by day."""
    first = day
    while not begins(unit, first, starts):
        first -= STEP
    after = day + STEP
    while not begins(unit, after, starts):
        after += STEP
    return first, after


@pytest.mark.slow
@given(st.sampled_from(UNITS), st.dates(date(1903, 1, 1), date(2200, 1, 1)), st.integers(1, 12))
def test_a_day_lies_in_the_period_that_a_walk_over_days_finds(unit: Unit, day: date, starts: int) -> None:
    """And the period's name leads back to it, and the one before it ends where it begins."""
    calendar = Calendar(starts)
    period = calendar.holding(unit, day)
    assert (period.first, period.after) == by_walking(unit, day, starts)
    assert calendar.period(period.name) == period
    before = calendar.previous(period)
    assert before is not None
    assert (before.unit, before.after) == (unit, period.first)


@given(st.integers(1900, 9990), st.integers(1, 12))
def test_the_parts_of_a_year_cover_it_once(year: int, starts: int) -> None:
    """Months, quarters, tertials and half-years, each from the year's first day to the next year's."""
    calendar = Calendar(starts)
    whole = calendar.period(f"{year}")
    assert whole.first == date(year, starts, 1)
    for names in (["Q1", "Q2", "Q3", "Q4"], ["T1", "T2", "T3"], ["H1", "H2"]):
        assert_covered(whole, [calendar.period(f"{year}-{name}") for name in names])
    assert_covered(whole, list(calendar.months(whole)))


def assert_covered(whole: Period, parts: list[Period]) -> None:
    """The parts abut, from the first day of the whole to its last."""
    assert all(one.after == other.first for one, other in pairwise(parts))
    assert (parts[0].first, parts[-1].after) == (whole.first, whole.after)


def test_a_month_and_a_week_have_no_months_in_them() -> None:
    """They are not told month by month."""
    assert [list(PLAIN.months(PLAIN.period(name))) for name in ("2024-02", "2024-W07")] == [[], []]


def test_a_year_from_april_on_bears_the_year_it_begins_in() -> None:
    """2024 is April 2024 to March 2025, its last quarter lies in 2025; months keep their names."""
    calendar = Calendar(4)
    assert calendar.period("2024").after == date(2025, 4, 1)
    assert calendar.period("2024-Q4").first == date(2025, 1, 1)
    assert [month.name for month in calendar.months(calendar.period("2024-Q4"))] == ["2025-01", "2025-02", "2025-03"]
    assert calendar.holding("year", date(2025, 3, 31)).name == "2024"


def test_a_year_that_begins_in_no_month_is_refused() -> None:
    """Years begin on the first day of a month."""
    with pytest.raises(ValueError, match="must be a month"):
        Calendar(13)


@pytest.mark.parametrize(
    ("name", "before"), [("1900", None), ("1900-01", None), ("1900-W01", None), ("1901", "1900")]
)
def test_before_1900_there_is_nothing(name: str, before: str | None) -> None:
    """The first year has no predecessor."""
    found = PLAIN.previous(PLAIN.period(name))
    assert (found and found.name) == before


@pytest.mark.parametrize(
    "name", ["", "24", "2024-", "2024-T0", "2024-T4", "2024-00", "2024-13", "2024-1", "2024-t1", "2024-Q5",
             "2024-Q0", "2024-H3", "2024-W00", "2024-W53", "2024-01-01", "1899", "0000", "2024 ", "２０２４", "9999",
             "9999-12", "9999-T3", "9999-W01"],
)  # fmt: skip
def test_an_unknown_period_is_refused(name: str) -> None:
    """With the period in question named, so that a report's user sees what was read."""
    with pytest.raises(ValueError, match="period '"):
        PLAIN.period(name)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2024", 1_704_063_600, 1_735_686_000),
        ("2024-T1", 1_704_063_600, 1_714_514_400),
        ("2024-T2", 1_714_514_400, 1_725_141_600),
        ("2024-T3", 1_725_141_600, 1_735_686_000),
        ("2024-02", 1_706_742_000, 1_709_247_600),
        ("2024-03", 1_709_247_600, 1_711_922_400),
        ("2024-10", 1_727_733_600, 1_730_415_600),
        ("2025-02", 1_738_364_400, 1_740_783_600),
        ("2024-Q2", 1_711_922_400, 1_719_784_800),
        ("2024-H2", 1_719_784_800, 1_735_686_000),
        ("2024-W13", 1_711_321_200, 1_711_922_400),
    ],
)
def test_a_period_covers_exactly_these_seconds(name: str, start: int, end: int) -> None:
    """Local midnight to local midnight: 29 days of leap February, a March an hour short, an October an hour long."""
    assert span_of(PLAIN.period(name), GRID) == Span(start, end)


def test_the_leap_day_belongs_to_the_year() -> None:
    """2024 has 366 days of 24 hours, and February 29 of them."""
    spans = {name: span_of(PLAIN.period(name), GRID) for name in ("2024", "2025", "2024-02", "2025-02")}
    assert {name: (span.end - span.start) / DAY for name, span in spans.items()} == {
        "2024": 366, "2025": 365, "2024-02": 29, "2025-02": 28,
    }  # fmt: skip
