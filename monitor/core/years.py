"""Year by year: what reports on several years show of every area and category.

Each year is judged on what is known now, by the thresholds that were in force in it. Years beyond the horizon are
told by what was sealed: their counts and verdicts are exact, their percentiles read from sketches. Decides how far
back a history goes, and which of its years are whole. Refuses to know how a year is drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from monitor.core.calendar import Period
from monitor.core.history import History
from monitor.core.service import Series
from monitor.core.snapshot import Row, over_period
from monitor.core.windows import Span, span_of

SHOWN: Final = 5
_WITHOUT: Final = 7 * 86_400.0
"""A year whose first week, or last, nobody has told of is not whole (seconds): nobody reports so late."""


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the service's calendar. `rows`: of the areas that existed in it, by series.

    `running`: it is not over. `whole`: missions are known of its own first week and last, or of the last until now.
    """

    period: Period
    rows: Mapping[Series, Row]
    running: bool
    whole: bool

    @property
    def exact(self) -> bool:
        """Whether every statistic is of every mission."""
        return all(all(row.figures.exact.values()) for row in self.rows.values())


def years_of(
    history: History,
    last: Period,
    *,
    now: float,
    abandoned_after_seconds: float,
    silent: bool = False,
    areas: Iterable[str] | None = None,
    count: int = SHOWN,
) -> Sequence[Year]:
    """Up to `count` years that end with `last`, the oldest first; from the first year in which anything is known.

    `now` in epoch seconds. `silent`: nothing can be said of a year that runs. `areas`: of these only.
    """
    pool = history.whole()
    begins = [at for one in pool if (at := one.oldest()) is not None]
    categories = history.service.judged_categories
    only = None if areas is None else frozenset(product(areas, categories))
    years: list[Year] = []
    year: Period | None = last
    while begins and year is not None and len(years) < count:
        span = span_of(year, history.grid)
        if span.end <= min(begins):
            break
        rows = over_period(
            history,
            year,
            now=now,
            abandoned_after_seconds=abandoned_after_seconds,
            silent=silent,
            only=only,
        )
        end = min(now, span.end)
        edges = Span(span.start, span.start + _WITHOUT), Span(max(span.start, end - _WITHOUT), end)
        whole = all(any(one.size(edge) for one in pool) for edge in edges)
        years.append(Year(year, {(row.area, row.category): row for row in rows}, now < span.end, whole))
        year = history.grid.calendar.previous(year)
    return years[::-1]
