"""Services of every shape, and reports of them with invented figures: what is printed is tried on these."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

from hypothesis import strategies as st

from monitor.core.figures import ClockFigures, Count, Figures
from monitor.core.mission import Cause
from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.snapshot import Row
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.interval import Interval
from monitor.core.verdict import State, Verdict, judge
from monitor.report.document import Month, Report, ReportRow, Status
from monitor.report.drawing_up import areas_of

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
THRESHOLDS = (10.0, 60.0, 320.0, 420.0, 900.0, 7200.0, 10_800.0)
PERCENTILES = (None, 50, 75, 90, 95, Decimal("99.9"))


def service(
    clocks: int, objectives: list[int | Decimal | None], categories: int, areas: int, *, pools: bool = False
) -> Service:
    """So many of each; with `pools`, areas lie in two regions, and the first category holds the others."""
    regions = [Area("north", "all"), Area("south", "all")] if pools else []
    places = [
        Area(f"area-{number}", regions[number % 2].slug if pools else "all", names={"en": f"Area {number}"})
        for number in range(areas)
    ]
    return Service(
        "brigade",
        areas=(Area("all", names={"en": "The whole brigade", "nb": "Hele brannvesenet"}), *regions, *places),
        categories=tuple(
            Category(f"c{number}", "c0" if pools and number else None, {"en": f"Category {number}"})
            for number in range(categories)
        ),
        clocks=tuple(
            Clock(
                f"clock-{number}", (Moment("called_at"), Moment("connected_at", 240.0)), (Moment(f"stamp_{number}"),)
            )
            for number in range(clocks)
        ),
        objectives=tuple(
            Objective(f"o{number}", percentile, Duty.SHOW, f"clock-{number % clocks}", {"en": f"objective {number}"})
            for number, percentile in enumerate(objectives)
        ),
        fields=Fields(eligible=None),
    )


services = st.builds(
    service,
    st.integers(1, 4),
    st.lists(st.sampled_from(PERCENTILES), min_size=1, max_size=6),
    st.integers(1, 12),
    st.integers(0, 5),
    pools=st.booleans(),
)


def report(of: Service, seed: int = 1) -> Report:
    """A year of it, compared with the year before; some areas and categories have no threshold, or no missions."""
    chance = random.Random(seed)  # noqa: S311 - figures, not secrets
    thresholds = {
        (one.slug, category): chance.choice(THRESHOLDS)
        for one, category in product(of.objectives, of.judged_categories)
    }
    rows = [
        ReportRow(
            _row(of, area, category, thresholds, chance),
            _row(of, area, category, thresholds, chance) if chance.random() < 0.7 else None,
            applicable=chance.random() < 0.9,
        )
        for area, category in of.judged_series
    ]
    return Report(
        service=of,
        period="2024",
        start=datetime(2024, 1, 1, tzinfo=UTC),
        end=datetime(2025, 1, 1, tzinfo=UTC),
        rows=rows,
        areas=areas_of(of, FIRST, LAST),
        previous="2023",
        status=Status.FINAL,
        as_of=datetime(2024, 12, 31, tzinfo=UTC),
        open=0,
        months={
            category: [
                Month(date(2024, month, 1), _row(of, of.root, category, thresholds, chance)) for month in range(1, 13)
            ]
            for category in of.judged_categories
        },
        source="invented",
        errata=(),
        over=True,
    )


def _row(
    of: Service, area: str, category: str, thresholds: dict[tuple[str, str], float], chance: random.Random
) -> Row:
    measured = chance.choice((0, 3, 40, 4000))
    clocks = {
        clock.slug: ClockFigures(
            measured, {Cause.NO_END: chance.randint(0, 9), Cause.NEGATIVE: 1} if measured else {}
        )
        for clock in of.clocks
    }
    values: dict[str, float | None] = {}
    intervals, counts, verdicts = {}, {}, {}
    for one in of.objectives:
        threshold = thresholds[one.slug, category] if chance.random() < 0.9 else None
        seconds = round((threshold or 600.0) * chance.uniform(0.5, 1.6), 3) if measured else None
        values[one.slug] = seconds
        intervals[one.slug] = Interval(seconds and seconds * 0.9, seconds and chance.choice((None, seconds * 1.2)))
        judged = measured if threshold else 0
        within = round(judged * chance.random())
        lacking = clocks[one.clock].unmeasured_total if threshold else 0
        counts[one.slug] = Count(judged, within, unmeasured=lacking)
        verdicts[one.slug] = (
            _of_mean(one, seconds, threshold, judged)
            if one.percentile is None
            else judge(one, counts[one.slug], target_seconds=threshold, measured=measured, stale=False)
        )
    exact = dict.fromkeys(values, chance.random() < 0.8)
    figures = Figures(chance.randint(0, 20), clocks, values, intervals, exact, counts, None)
    return Row(area, category, "2024", None, figures, verdicts)


def _of_mean(one: Objective, seconds: float | None, threshold: float | None, judged: int) -> Verdict:
    if threshold is None or seconds is None:
        state = State.NO_TARGET if threshold is None else State.NO_DATA
        return Verdict(one, state, threshold, judged, None, Evidence.NONE, None, None, None)
    state = State.MET if seconds <= threshold else State.MISSED
    return Verdict(
        one, state, threshold, judged, None, Evidence.WEAK, None, None, None, judged * (threshold - seconds)
    )
