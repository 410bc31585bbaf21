"""Draws a report up: judges a period on what is known now, and says how far that can be relied on.

Decides what a period is compared with, and whether it is final. Refuses to know where missions come from.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product

import numpy as np

from monitor.core import restated
from monitor.core.calendar import Period
from monitor.core.change import SEED, Change, change_of, explained_objectives
from monitor.core.compared import Gap, compared
from monitor.core.feed import listen
from monitor.core.forecast import forecasts_of
from monitor.core.history import History
from monitor.core.patience import LEAST_SECONDS, plausible_silence
from monitor.core.service import Objective, Service, Statistic
from monitor.core.snapshot import Row, over_period
from monitor.core.tail import Tail, tail_of
from monitor.core.windows import Span, span_of
from monitor.core.years import years_of
from monitor.report.document import About, Month, Report, ReportRow, Status


def draw_up(
    history: History,
    period: Period,
    *,
    now: float,
    abandoned_after_seconds: float,
    silent_after_seconds: float | None,
    about: About = About(),  # noqa: B008 - a value
) -> Report:
    """Judge the period on what is known now (epoch seconds).

    Missions that end longer before the period does than silence is plausible (`silent_after_seconds`; None: by the
    service's own pace) are not all there are. While the feed is silent, or before the period begins, there is no
    verdict on it: no data, as on the board. Raises ValueError for a period in which the service does not exist.
    """
    service, calendar, zone = history.service, history.grid.calendar, history.grid.zone
    span, last = span_of(period, history.grid), period.after - timedelta(days=1)
    if not service.lasts(service.root, period.first, last):
        raise ValueError(f"{service.slug} does not exist in {period.name}: see `since` of {service.root}")
    in_force = history.targets.in_force(last)
    absent = in_force.not_applicable if in_force else frozenset()
    previous = calendar.previous(period)
    of_root = [(service.root, category) for category in service.judged_categories]
    areas = areas_of(service, period.first, last)
    over, heads = now >= span.end, history.heads.values()
    pool = history.whole()
    # By when missions rang, not by when records were written: a replay of half a year does not cover the year.
    # Nor by what claims to have rung after now.
    as_of = max((at for one in pool if (at := one.newest_at(now)) is not None), default=None)
    patience = partial(plausible_silence, history, declared=silent_after_seconds)
    covered = as_of is not None and as_of >= span.end - patience(as_of)
    heard = listen(history.heads, now, believed_ahead_seconds=silent_after_seconds or LEAST_SECONDS)
    silent = heard.silent_seconds > patience(now if heard.at is None else min(heard.at, now))
    judged = partial(over_period, history, now=now, abandoned_after_seconds=abandoned_after_seconds, silent=silent)
    before = {(row.area, row.category): row for row in judged(previous)} if previous else {}
    return Report(
        service=service,
        period=period.name,
        start=datetime.fromtimestamp(span.start, zone),
        end=datetime.fromtimestamp(span.end, zone),
        rows=[
            ReportRow(row, _known(before.get((row.area, row.category))), (row.area, row.category) not in absent)
            for row in judged(period)
        ],
        areas=areas,
        previous=previous.name if previous else None,
        status=_status(begun=now >= span.start, over=over, whole=covered if over else not silent),
        as_of=None if as_of is None else datetime.fromtimestamp(as_of, zone),
        open=sum(
            one.in_progress(now, None, abandoned_before=now - abandoned_after_seconds, span=span).open for one in pool
        ),
        months=_by_category(service, [(month, judged(month, only=of_root)) for month in calendar.months(period)]),
        about=about,
        tails=_tails(history, areas, span),
        forecasts=forecasts_of(
            history,
            period,
            [(area, category) for area in areas for category in service.judged_categories],
            now=now,
            abandoned_after_seconds=abandoned_after_seconds,
            silent=silent,
        ),
        years=years_of(
            history,
            calendar.holding("year", last),
            now=now,
            abandoned_after_seconds=abandoned_after_seconds,
            silent=silent,
        ),
        why=[]
        if previous is None or now < span.start
        else _why(
            history,
            span_of(previous, history.grid),
            Span(span.start, min(span.end, history.grid.floor(now))),
            abandoned_before=now - abandoned_after_seconds,
            silent=silent and not over,
        ),
        source=in_force.source if in_force else "",
        in_force=in_force,
        errata=in_force.errata if in_force else (),
        over=over,
        moves=restated.of_period((head.moves for head in heads), period),
        conflicts=restated.of_period((head.conflicts for head in heads), period),
        left_out=history.left_out(span),
        records_ahead=0 if over else sum(head.records_ahead for head in heads),
    )


def _why(
    history: History, before: Span, now: Span, *, abandoned_before: float, silent: bool
) -> list[tuple[Objective, Change | Gap]]:
    """Of the root, by the percentiles that ask most of people; equal histories give equal intervals."""
    told: list[tuple[Objective, Change | Gap]] = []
    for objective in explained_objectives(history.service):
        found = (
            Gap.SILENT
            if silent
            else compared(history, history.service.root, objective, before, now, abandoned_before=abandoned_before)
        )
        told.append((objective, found if isinstance(found, Gap) else change_of(found, np.random.default_rng(SEED))))
    return told


def _tails(history: History, areas: Iterable[str], span: Span) -> dict[tuple[str, str, str], Tail]:
    """Of the objectives that ask most of people; a mean has none."""
    service = history.service
    objectives = [one for one in service.foremost if one.statistic is Statistic.PERCENTILE]
    found = {
        (area, category, one.slug): tail_of(history, area, category, one, span)
        for area, category, one in product(areas, service.judged_categories, objectives)
    }
    return {place: tail for place, tail in found.items() if tail.judged}


def areas_of(service: Service, first: date, last: date) -> dict[str, int]:
    """The areas that there are on any day from `first` to `last`, as `Report.areas` has them.

    One that moved within the period stands where it came to.
    """
    within = {one.slug: one.within for one in service.areas if one.since <= last and first < one.until}
    below: dict[str | None, list[str]] = {}
    for area in service.judged_areas:
        if area in within:
            below.setdefault(within[area], []).append(area)
    depths: dict[str, int] = {}

    def place(area: str, depth: int) -> None:
        depths[area] = depth
        for inner in below.get(area, ()):
            place(inner, depth + 1)

    place(service.root, 0)
    # What a reform within the period put into each other in turn hangs from nowhere: it stands behind all others.
    return depths | {area: 1 for area in service.judged_areas if area in within and area not in depths}


def _by_category(service: Service, months: Sequence[tuple[Period, Sequence[Row]]]) -> Mapping[str, Sequence[Month]]:
    return {
        category: [Month(month.first, row) for month, rows in months for row in rows if row.category == category]
        for category in service.judged_categories
    }


def _status(*, begun: bool, over: bool, whole: bool) -> Status:
    if not begun:
        return Status.NOT_BEGUN
    if not whole:
        return Status.INCOMPLETE
    return Status.FINAL if over else Status.RUNNING


def _known(before: Row | None) -> Row | None:
    """A row to compare with: one without a single measured mission is none, and never a zero."""
    return before if before and any(clock.measured for clock in before.figures.clocks.values()) else None
