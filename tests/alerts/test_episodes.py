"""An episode is told once however long it lasts, and once more if it becomes worse: by promtool over weeks.

A step is an hour. What Alertmanager makes of it is in `test_notifications`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.alerts.timeline import GONE, RECORD, STALE, Alert, Phases, Value, judge

PAGING: Final = {"area": "vest", "category": "rural", "objective": "eight_of_ten"}
LEVEL: Final = 'response_change_level{area="vest",category="rural",objective="eight_of_ten"}'
NEW, WORSE = (Alert("ResponseDriftOverTarget", {**PAGING, "episode": step}) for step in ("new", "worse"))
STALE_FEED: Final = Alert("ResponseFeedStale")
DAY, WEEK = 24, 7 * 24
KEPT: Final = 2
"""Hours that an alert goes on after its cause, at most: a day passes in twenty minutes (`timeline.SETUP`)."""


def tell(promtool: Path, *phases: tuple[int, Value], told: Sequence[tuple[int, int, Alert]]) -> None:
    """`phases` of hours; each of `told` fires from an hour to another (excluded), and in no other hour."""
    hours = sum(length for length, _ in phases)
    firing: dict[int, list[Alert]] = {hour: [] for hour in range(hours)}
    for begins, ends, alert in told:
        for unsure in (*range(begins, begins + KEPT), *range(ends, min(ends + KEPT, hours))):
            firing.pop(unsure, None)
        for hour in range(begins + KEPT, ends):
            firing[hour].append(alert)
    series: dict[str, Phases] = {LEVEL: phases, RECORD: [(hours, lambda hour: 3600 * hour)]}
    judge(promtool, series, firing, minutes_each=60)


def test_eight_weeks_are_one_page_of_a_day(promtool: Path) -> None:
    """The page tells the change; that it lasts is for a ticket.

    calm 0 .... d10   late d10 ................. d66   calm
    page              new  d10 . d11
    """
    late = 10 * DAY
    tell(promtool, (late, 0), (8 * WEEK, 1), (10 * DAY, 0), told=[(late, late + DAY, NEW)])


def test_what_becomes_worse_is_told_once_more(promtool: Path) -> None:
    """An alert of its own, since Alertmanager tells what is new in a group; better again is no news."""
    late, worse = DAY, 3 * WEEK
    tell(
        promtool, (late, 0), (worse - late, 1), (2 * WEEK, 2), (WEEK, 1), (WEEK, 0),
        told=[(late, late + DAY, NEW), (worse, worse + DAY, WORSE)],
    )  # fmt: skip


def test_what_is_bad_at_once_is_told_together(promtool: Path) -> None:
    """Both steps begin in one notification, and neither again when it recedes by one."""
    tell(
        promtool, (DAY, 0), (WEEK, 2), (2 * WEEK, 1), (DAY, 0),
        told=[(DAY, 2 * DAY, NEW), (DAY, 2 * DAY, WORSE)],
    )  # fmt: skip


def test_what_goes_and_comes_within_a_week_is_one_episode(promtool: Path) -> None:
    """Arrivals pressed late and corrected days after: the alarm goes, and comes with the next ones."""
    tell(
        promtool, (DAY, 0), (2 * DAY, 1), (5 * DAY, 0), (3 * DAY, 1), (5 * DAY, 0), (3 * DAY, 1), (DAY, 0),
        told=[(DAY, 2 * DAY, NEW)],
    )  # fmt: skip


def test_after_a_calm_fortnight_it_is_news_again(promtool: Path) -> None:
    """Another episode, hence another page."""
    again = DAY + 2 * DAY + 2 * WEEK
    tell(
        promtool, (DAY, 0), (2 * DAY, 1), (2 * WEEK, 0), (3 * DAY, 1), (DAY, 0),
        told=[(DAY, 2 * DAY, NEW), (again, again + DAY, NEW)],
    )  # fmt: skip


def test_an_exporter_that_was_away_for_days_tells_nothing_anew(promtool: Path) -> None:
    """What was told before the gap is remembered across it."""
    late, gap = DAY, 5 * DAY
    series: dict[str, Phases] = {
        LEVEL: [(DAY, 0), (3 * DAY, 1), (gap, GONE), (2 * WEEK, 1)],
        RECORD: [(24 * DAY, lambda hour: 3600 * hour)],
    }
    after = range(late + 3 * DAY + gap, 24 * DAY)
    judge(promtool, series, {late + KEPT: [NEW], **{hour: [] for hour in after}}, minutes_each=60)


def test_a_silent_feed_holds_a_page_and_does_not_repeat_it(promtool: Path) -> None:
    """It neither ends while nobody can see, nor begins again when the feed is back.

    A step is four minutes: Prometheus' own memory of what fires is five minutes long.

    late 0 ..................... 45 h   silent 15 h .... 35 h
    """
    hour = 15
    series: dict[str, Phases] = {
        LEVEL: [(1, 0), (45 * hour, 1)],
        STALE: [(15 * hour, 0), (20 * hour, 1), (10 * hour, 0)],
        RECORD: [(45 * hour, lambda step: 240 * step)],
    }
    after = range(36 * hour, 45 * hour, hour)
    judge(
        promtool, series, {14 * hour: [NEW], 34 * hour: [STALE_FEED, NEW], **{step: [] for step in after}},
        minutes_each=4,
    )  # fmt: skip
