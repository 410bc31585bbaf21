"""`/api/v1/periods/{period}`: a year or a part of one, judged from what is stored now.

The classes are its schema. A period that is over is judged whatever the feed does. One that is running is judged to
date, and like everything that reaches to now it is no data while the feed is stale.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from monitor.core.calendar import Period
from monitor.core.mission import instant
from monitor.core.snapshot import Row
from monitor.exporter.compliance import WindowAnswer, window_answer
from monitor.exporter.published import Published, StoreState


class PeriodSeriesAnswer(msgspec.Struct):
    """One area and class in the period; `figures.window` is the period's name."""

    district: str
    name: str
    settlement: str
    figures: WindowAnswer


class PeriodAnswer(msgspec.Struct):
    """The whole answer. `over`: the period has ended, and only corrections restate it."""

    period: str
    first_day: date
    last_day: date
    over: bool
    at: datetime
    feed_stale: bool
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    series: list[PeriodSeriesAnswer]


def period_answer(
    published: Published, period: Period, rows: Sequence[Row], names: Mapping[str, str], *, over: bool
) -> PeriodAnswer:
    """A period in the API's words; `rows` as the core judged it."""
    snapshot = published.snapshot
    return PeriodAnswer(
        period=period.name,
        first_day=period.first,
        last_day=date.fromordinal(period.after.toordinal() - 1),
        over=over,
        at=instant(snapshot.at),
        feed_stale=snapshot.stale,
        store=published.store,
        store_problem=published.problem,
        store_read_at=None if published.read_at is None else instant(published.read_at),
        series=[_series(row, names.get(row.area, row.area)) for row in rows],
    )


def _series(row: Row, name: str) -> PeriodSeriesAnswer:
    return PeriodSeriesAnswer(row.area, name, row.category, window_answer(row, name, loaded=True))
