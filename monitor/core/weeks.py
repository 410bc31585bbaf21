"""One series week by week: what the charts of a district show.

Weeks are local, Monday to Sunday. Decides nothing new: figures come from the timeline, verdicts from `judge`. A
timeline that has not changed is not computed again. Refuses to know how a week is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Final

from monitor.core.figures import Figures
from monitor.core.history import History
from monitor.core.service import Series
from monitor.core.slices import Grid
from monitor.core.timeline import Kept
from monitor.core.verdict import Verdict, verdicts_of
from monitor.core.windows import Span

SHOWN: Final = 26
"""Half a year: the running week and the twenty-five before it."""
_WEEK: Final = timedelta(days=7)
_WEEKS: "Final[Kept[Sequence[Week]]]" = Kept()


@dataclass(frozen=True, slots=True)
class Week:
    """The week that begins on `monday`; `running` if it is not over. `verdicts` by objective."""

    monday: date
    span: Span
    running: bool
    figures: Figures
    verdicts: Mapping[str, Verdict]


def weeks_of(
    history: History,
    area: str,
    *,
    now: float,
    abandoned_after_seconds: float,
    heard_until: float = inf,
    count: int = SHOWN,
) -> dict[str, Sequence[Week]]:
    """The last weeks of an area by category, oldest first. `now` in epoch seconds.

    Missions still open that are older than `abandoned_after_seconds` count as unmeasured. Weeks that end after
    `heard_until` (`Snapshot.heard_until`) are no data.
    """
    mondays = _mondays(date.fromordinal(history.grid.day_of(now)), count)
    return {
        category: _series(history, (area, category), mondays, now - abandoned_after_seconds, heard_until)
        for category in history.service.judged_categories
    }


def _mondays(today: date, count: int) -> list[date]:
    this = today - timedelta(days=today.weekday())
    return [this - _WEEK * back for back in reversed(range(count))]


def _series(
    history: History, series: Series, mondays: Sequence[date], abandoned_before: float, heard_until: float
) -> Sequence[Week]:
    timeline = history.timeline(*series)

    def week(monday: date) -> Week:
        span = _span(monday, history.grid)
        figures = timeline.within_span(span, abandoned_before=abandoned_before)
        target = history.targets.target(*series, monday + _WEEK - timedelta(days=1))
        verdicts = verdicts_of(timeline.objectives, figures, target, {}, stale=span.end > heard_until)
        return Week(monday, span, monday == mondays[-1], figures, verdicts)

    # To the hour is near enough for missions that were forgotten; and the same from look to look.
    abandoned_before = history.grid.floor(abandoned_before)
    key = (mondays[-1], len(mondays), abandoned_before, heard_until)
    return timeline.derived(_WEEKS, key, lambda: [week(monday) for monday in mondays])


def _span(monday: date, grid: Grid) -> Span:
    return Span(grid.midnight(monday.toordinal()), grid.midnight((monday + _WEEK).toordinal()))
