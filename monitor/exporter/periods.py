"""`/api/v1/periods/{period}`: a year or a part of one, judged from what is stored now, beside the one before.

The classes are its schema; rows are those of the report. A period that is over is judged whatever the feed does. One
that is running is judged to date, and like everything that reaches to now it is no data while the feed is stale.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from monitor.core.calendar import Period
from monitor.core.mission import instant
from monitor.core.snapshot import Row
from monitor.exporter.compliance import RowAnswer, moment, row_answer
from monitor.published import Published, StoreState


class PeriodAnswer(msgspec.Struct):
    """The whole answer. `over`: the period has ended, and only corrections restate it."""

    service: str
    period: str
    first_day: date
    last_day: date
    over: bool
    previous_period: str | None
    at: datetime
    feed_stale: bool
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    names: dict[str, str]
    rows: list[RowAnswer]


def period_answer(
    published: Published,
    period: Period,
    rows: Sequence[Row],
    before: tuple[Period, Sequence[Row]] | None,
    names: Mapping[str, str],
    *,
    over: bool,
) -> PeriodAnswer:
    """A period in the API's words; `rows` as the core judged it, and those of the period before it."""
    snapshot = published.snapshot
    compared = {(row.area, row.category): row for row in before[1] if _measured(row)} if before else {}
    return PeriodAnswer(
        service=snapshot.service.slug,
        period=period.name,
        first_day=period.first,
        last_day=date.fromordinal(period.after.toordinal() - 1),
        over=over,
        previous_period=before[0].name if before else None,
        at=instant(snapshot.at),
        feed_stale=snapshot.stale,
        store=published.store,
        store_problem=published.problem,
        store_read_at=moment(published.read_at),
        names=dict(names),
        rows=[row_answer(snapshot.service, row, compared.get((row.area, row.category))) for row in rows],
    )


def _measured(row: Row) -> bool:
    """One without a single measured mission is nothing to compare with, and never a zero."""
    return any(clock.measured for clock in row.figures.clocks.values())
