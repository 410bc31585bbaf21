"""The report's part on why it changed: sentences and a chart against the period before, or the reason why not."""

from dataclasses import replace
from datetime import date

import numpy as np

from monitor.core.calendar import Calendar
from monitor.core.change import Change
from monitor.core.compared import Gap
from monitor.report.document import Report
from monitor.report.drawing_up import draw_up
from monitor.report.formats import FORMATS
from tests.core.figures import GRID, Call, history_of
from tests.core.test_change import missions, span_of_month

LATER = GRID.midnight(date(2025, 1, 1).toordinal())


def report_of(made: list[Call], period: str = "2024-05", now: float = LATER) -> Report:
    return draw_up(
        history_of(made), Calendar().period(period), now=now, abandoned_after_seconds=86_400.0,
        silent_after_seconds=21_600.0,
    )  # fmt: skip


def made() -> list[Call]:
    """April, and a May in which every other mission of Oslo is late."""
    rng = np.random.default_rng(3)
    april, may = missions(rng, span_of_month(4), 800), missions(rng, span_of_month(5), 800, slower=0.4)
    return [*april, *may]


def test_a_report_says_why_it_differs_from_the_period_before() -> None:
    """In the reader's language, before the categories; equal histories give equal bytes."""
    report = report_of(made())
    ((objective, found),) = report.why
    assert objective.slug == "requirement"
    assert isinstance(found, Change)
    page = FORMATS["html"](report, "en")
    assert "Of every 100 missions" in page
    assert "Where: oslo" in page
    assert page.index("Why did it change?") < page.index('id="category-urban"')
    assert "Hvorfor endret det seg?" in FORMATS["html"](report, "nb")
    assert FORMATS["html"](report_of(made()), "en") == page


def test_a_report_says_why_it_cannot_say() -> None:
    """Of the period before nothing is known: one sentence, and no chart."""
    may = [one for one in made() if one.at >= span_of_month(5).start]
    report = report_of(may)
    assert [found for _, found in report.why] == [Gap.UNTOLD_BEFORE]
    page = FORMATS["html"](report, "en")
    assert "Why May 2024 differs cannot be told: nothing is known of" in page
    assert 'id="why-requirement-title"' not in page


def test_a_period_that_has_not_begun_has_no_reasons() -> None:
    """Nor has one that runs while its feed is silent."""
    assert report_of(made(), now=span_of_month(4).end - 86_400.0).why == []
    running = report_of([replace(one) for one in made()], now=span_of_month(5).end - 3_600.0)
    assert [found for _, found in running.why] == [Gap.SILENT]
