"""Calendar periods: weeks, months, tertials (four months), quarters, half-years, and years that may begin elsewhere.

A period is named by the year in which its own year begins: with years from April on, `2024-Q4` is January to March
2025, and `2024` ends with it. Months carry the names that they have in every calendar, and weeks are those of ISO
8601, whatever the year does. Refuses to know the clock, zones and missions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Unit = Literal["week", "month", "tertial", "quarter", "half_year", "year"]
MONTHS: Final[dict[Unit, int]] = {"month": 1, "quarter": 3, "tertial": 4, "half_year": 6, "year": 12}
"""How long a unit is; a week is none of these."""
LETTERS: Final[dict[Unit, str]] = {"quarter": "Q", "tertial": "T", "half_year": "H"}
_UNITS: Final[dict[str, Unit]] = {letter: unit for unit, letter in LETTERS.items()}
YEARS: Final = range(1900, 9999)
"""Years that a period may begin in; what begins in the first one may have no predecessor."""
_NAME: Final = re.compile(r"([0-9]{4})(?:-(?:W([0-9]{2})|([0-9]{2})|([QTH])([1-9])))?")
HOW_TO_NAME: Final = (
    "say a year (2024), a half-year (2024-H1), a tertial (2024-T1 to 2024-T3), a quarter (2024-Q1 to 2024-Q4), "
    "a month (2024-11) or a week (2024-W07)"
)
"""Advice for whoever named a period that is none; repeats nothing of what was said."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A closed calendar period: local days `first` (included) to `after` (excluded)."""

    name: str
    unit: Unit
    first: date
    after: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where years begin: on the first day of month `year_starts` (1 to 12)."""

    year_starts: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.year_starts <= 12:
            raise ValueError(f"year_starts {self.year_starts}: must be a month, 1 to 12")

    def period(self, name: str) -> Period:
        """The period a name stands for: `2024`, `2024-H1`, `2024-T2`, `2024-Q3`, `2024-11`, `2024-W07`.

        Raises ValueError.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"period {name!r}: {HOW_TO_NAME}")
        year, week, month, letter, number = int(found[1]), found[2], found[3], found[4], found[5]
        if year not in YEARS:
            raise ValueError(f"period {name!r}: the year must be one from {YEARS.start} to {YEARS.stop - 1}")
        try:
            if week:
                return self.holding("week", date.fromisocalendar(year, int(week), 1))
            if month:
                return self.holding("month", date(year, int(month), 1))
            return self._part(year, _UNITS[letter] if letter else "year", int(number or 1))
        except ValueError:
            raise ValueError(f"period {name!r}: {year} has no such part: {HOW_TO_NAME}") from None

    def holding(self, unit: Unit, day: date) -> Period:
        """The period of a kind that a local day lies in.

        >>> Calendar(year_starts=4).holding("quarter", date(2025, 2, 1)).name
        '2024-Q4'
        """
        if unit == "week":
            year, week, weekday = day.isocalendar()
            monday = day - (weekday - 1) * _DAY
            return Period(f"{year}-W{week:02}", unit, monday, monday + 7 * _DAY)
        if unit == "month":
            return Period(f"{day.year:04}-{day.month:02}", unit, day.replace(day=1), _later(day.year, day.month, 1))
        year = day.year - (day.month < self.year_starts)
        return self._part(year, unit, (day.month - self.year_starts) % 12 // MONTHS[unit] + 1)

    def previous(self, period: Period) -> Period | None:
        """The period of the same kind just before. None before the first year.

        >>> calendar = Calendar()
        >>> calendar.previous(calendar.period("2024-T1")).name, calendar.previous(calendar.period("2024-01")).name
        ('2023-T3', '2023-12')
        """
        before = self.holding(period.unit, period.first - _DAY)
        return before if before.first.year in YEARS else None

    def months(self, period: Period) -> Iterator[Period]:
        """The months of a longer period, in order; nothing for a month or a week."""
        if period.unit in ("month", "week"):
            return
        day = period.first
        while day < period.after:
            month = self.holding("month", day)
            yield month
            day = month.after

    def _part(self, year: int, unit: Unit, number: int) -> Period:
        length = MONTHS[unit]
        if not 1 <= number <= 12 // length:
            raise ValueError(f"no {unit} {number}")
        name = f"{year:04}" if unit == "year" else f"{year:04}-{LETTERS[unit]}{number}"
        begins = self.year_starts + (number - 1) * length
        return Period(name, unit, _later(year, begins, 0), _later(year, begins, length))


def _later(year: int, month: int, months: int) -> date:
    """The first day of the month `months` after a month, which may lie beyond December."""
    beyond = month - 1 + months
    return date(year + beyond // 12, beyond % 12 + 1, 1)
