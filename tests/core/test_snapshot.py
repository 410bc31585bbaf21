"""The published answer of one moment: what silence, time and corrections do to it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import Calendar
from monitor.core.figures import Count
from monitor.core.history import History
from monitor.core.mission import Kind
from monitor.core.snapshot import Row, Snapshot, Terms, over_period, take
from monitor.core.verdict import State
from monitor.core.windows import parse_window, span_of
from tests.core.figures import GRID, HOUR, SUPERSEDED, Call, days_of, head, history_of

DAY = 24 * HOUR
NOW = SUPERSEDED + 60 * DAY
"""31 July, midnight in Oslo."""
WINDOWS = ("24h", "7d", "last100", "month", "tertial", "year")
TERMS = Terms(
    windows=[parse_window(name) for name in WINDOWS], stale_after_seconds=6 * HOUR, abandoned_after_seconds=DAY
)
URBAN = ("oslo", "urban")


def heard(made: list[Call], last_record_at: float | None = NOW - 60.0) -> History:
    """A history whose newest record came then."""
    history = history_of(made)
    one = head()
    one.last_record_at = last_record_at
    history.heads = {0: one}
    return history


def row(snapshot: Snapshot, window: str, area: str = "oslo", settlement: str = "urban") -> Row:
    """One row of the snapshot."""
    (found,) = [r for r in snapshot.rows if (r.area, r.category, r.window) == (area, settlement, window)]
    return found


def measured(at: float, response: float = 300.0) -> Call:
    """A measured mission of urban Oslo, whose requirement is 600 s."""
    return Call(URBAN, at, Kind.MEASURED, response)


MADE = [measured(NOW - 1.0 - 7 * HOUR * n, 300.0 if n % 3 else 900.0) for n in range(90)]


def test_every_area_class_and_window_has_its_row_from_the_start() -> None:
    """Also without a single event: no_data or no_target, so that nobody waits for a first sample."""
    snapshot = take(heard([], None), TERMS, NOW)
    assert [(r.area, r.category, r.window) for r in snapshot.rows] == [
        (area, settlement, window)
        for area in ("national", "oslo", "vest")
        for settlement in ("urban", "rural")
        for window in WINDOWS
    ]
    assert [(s.area, s.category) for s in snapshot.standings] == [
        (area, settlement) for area in ("national", "oslo", "vest") for settlement in ("urban", "rural")
    ]
    assert {v.state for r in snapshot.rows for v in r.verdicts.values()} == {State.NO_DATA, State.NO_TARGET}
    assert (snapshot.stale, snapshot.last_record_at) == (True, None)


def test_a_silent_feed_is_no_data_in_every_window() -> None:
    """One second past the limit, each verdict of every window turns, that by count included; the figures stay."""
    fresh = take(heard(MADE), TERMS, NOW)
    limit = NOW - 60.0 + TERMS.stale_after_seconds
    still, silent = (take(heard(MADE), TERMS, now) for now in (limit, limit + 1.0))
    assert {v.state for name in WINDOWS for v in row(fresh, name).verdicts.values()} <= {State.MET, State.MISSED}
    assert (still.stale, silent.stale) == (False, True)
    for name in WINDOWS:
        assert {v.state for v in row(silent, name).verdicts.values()} == {State.NO_DATA}
    assert row(silent, "year").figures == row(fresh, "year").figures


def test_silence_freezes_the_alarms_as_of_the_last_record() -> None:
    """Neither raised nor ended by silence: what was so when the feed fell silent is so a month later.

    ──L─L─L─L─┤ last record        (silence)        │ a month later
              └ judged as of here ──────────────────┘
    """
    storm = [measured(NOW - 60.0 - HOUR * n, 2000.0) for n in range(1, 60)]
    at_last = take(heard(storm), TERMS, NOW - 60.0)
    later = take(heard(storm), TERMS, NOW + 30 * DAY)
    assert later.stale
    for one, other in zip(at_last.standings, later.standings, strict=True):
        assert one.alarms == other.alarms
    assert {s.area: s.alarms["requirement"].level.value for s in later.standings if s.category == "urban"} == {
        "national": "breach", "oslo": "breach", "vest": "none",
    }  # fmt: skip


def test_windows_move_with_the_clock_alone() -> None:
    """Not one event more, and yet a day later the mission is no longer of the last 24 hours.

    ring ●──── 24 h ────┤
         now            now + 26 h
    """
    history = heard([measured(NOW - HOUR)], NOW)
    assert row(take(history, TERMS, NOW), "24h").figures.first.measured == 1
    history.heads[0].last_record_at = NOW + 26 * HOUR
    later = take(history, TERMS, NOW + 26 * HOUR)
    assert [row(later, name).figures.first.measured for name in ("24h", "7d", "last100", "year")] == [0, 1, 1, 1]
    assert row(later, "24h").verdicts["requirement"].state is State.NO_DATA


def test_the_newest_of_several_partitions_says_whether_the_feed_is_silent() -> None:
    """One partition without missions is no silence."""
    history = heard(MADE)
    history.heads[1] = head()
    history.heads[2] = head()
    history.heads[2].last_record_at = NOW - 9 * DAY
    assert take(history, TERMS, NOW).last_record_at == NOW - 60.0
    assert not take(history, TERMS, NOW).stale


def test_an_open_mission_is_awaited_for_a_day_and_then_unmeasured() -> None:
    """24 hours after it rang no arrival would be believed: it leaves the missions in progress, in the same moment."""
    rang = NOW - 2 * HOUR
    history = heard([Call(URBAN, rang, Kind.OPEN, None)])
    for now, awaited in ((NOW, 1), (rang + DAY, 1), (rang + DAY + 1.0, 0)):
        history.heads[0].last_record_at = now
        snapshot = take(history, TERMS, now)
        (standing,) = [s for s in snapshot.standings if (s.area, s.category) == URBAN]
        assert standing.in_progress.open == awaited
        assert standing.in_progress.overdue == awaited
        assert row(snapshot, "7d").figures.first.unmeasured_total == 1 - awaited


def test_a_mission_is_overdue_once_it_is_past_the_requirement() -> None:
    """Past the goal of 300 s nobody is told; past the requirement of 600 s everybody who shows it is.

    rang ●── 300 s, goal ──── 600 s ┤ requirement: not yet overdue │ overdue
    """
    for waited, overdue in ((299.0, 0), (301.0, 0), (600.0, 0), (601.0, 1)):
        snapshot = take(heard([Call(URBAN, NOW - waited, Kind.OPEN, None)]), TERMS, NOW)
        (standing,) = [s for s in snapshot.standings if (s.area, s.category) == URBAN]
        assert (standing.in_progress.open, standing.in_progress.overdue) == (1, overdue)


def test_what_can_still_become_of_the_share_is_asked_of_each_target() -> None:
    """Waiting for 400 s: the goal is lost for this mission, the requirement is not."""
    snapshot = take(heard([measured(NOW - HOUR, 100.0), Call(URBAN, NOW - 400.0, Kind.OPEN, None)]), TERMS, NOW)
    bounds = {slug: verdict.bounds for slug, verdict in row(snapshot, "24h").verdicts.items()}
    assert {slug: (one.lower, one.upper) for slug, one in bounds.items() if one} == {
        "goal": (0.5, 0.5), "requirement": (0.5, 1.0),
    }  # fmt: skip


def test_missions_in_progress_bound_the_share_of_their_window() -> None:
    """One overdue, one that may still arrive in time; a window by count has no such missions."""
    waiting = [Call(URBAN, NOW - waited, Kind.OPEN, None) for waited in (601.0, 599.0)]
    snapshot = take(heard([measured(NOW - HOUR), *waiting]), TERMS, NOW)
    bounds = row(snapshot, "24h").verdicts["requirement"].bounds
    assert bounds is not None
    assert (bounds.lower, bounds.upper) == (1 / 3, 2 / 3)
    assert row(snapshot, "last100").verdicts["requirement"].bounds is None


def test_percentiles_with_open_missions_are_given_for_short_windows_only() -> None:
    """Up to a day; in a year the few in progress say nothing."""
    snapshot = take(heard(MADE), TERMS, NOW)
    assert {r.window for r in snapshot.rows if r.with_open is not None} == {"24h"}


def test_a_closed_period_is_restated_after_a_correction() -> None:
    """Four of five in time is met; the fourth turns out to have been late, and the same period is missed."""
    made = [measured(SUPERSEDED + HOUR * n, 300.0 if n else 900.0) for n in range(5)]
    history = heard(made)

    def verdict() -> tuple[State, Count]:
        rows = over_period(history, Calendar().period("2024-06"), now=NOW, abandoned_after_seconds=DAY)
        (found,) = [r for r in rows if (r.area, r.category) == URBAN]
        return found.verdicts["requirement"].state, found.figures.counts["requirement"]

    assert verdict() == (State.MET, Count(5, 4, unmeasured=0))
    corrected = [replace(one, response=700.0) if number == 3 else one for number, one in enumerate(made)]
    for day, stored in days_of(corrected)[0].items():
        history.put_day(0, head(), day, stored)
    assert verdict() == (State.MISSED, Count(5, 3, unmeasured=0))


def test_a_closed_period_is_judged_also_while_the_feed_is_silent() -> None:
    """What lies behind does not depend on what is coming in."""
    (found,) = [
        r for r in over_period(heard(MADE, None), Calendar().period("2024-07"), now=NOW, abandoned_after_seconds=DAY)
        if (r.area, r.category) == URBAN
    ]  # fmt: skip
    assert found.verdicts["requirement"].state is State.MISSED


@pytest.mark.parametrize(("period", "requirement"), [("2024-05", 1000.0), ("2024-06", 600.0), ("2024-T2", 600.0)])
def test_a_period_shows_the_target_of_its_last_day(period: str, requirement: float) -> None:
    """May ends under the old tables, June under the new; so does the tertial, though May was judged by the old."""
    made = [measured(SUPERSEDED - DAY, 800.0), measured(SUPERSEDED + DAY, 800.0)]
    rows = over_period(heard(made), Calendar().period(period), now=NOW, abandoned_after_seconds=DAY)
    (found,) = [r for r in rows if (r.area, r.category) == URBAN]
    assert found.verdicts["requirement"].target_seconds == requirement
    assert (
        found.figures.counts["requirement"]
        == {
            "2024-05": Count(1, 1, unmeasured=0),
            "2024-06": Count(1, 0, unmeasured=0),
            "2024-T2": Count(2, 1, unmeasured=0),
        }[period]
    )
    assert found.span == span_of(Calendar().period(period), GRID)


@pytest.mark.slow
@settings(max_examples=40)
@given(
    rings=st.lists(st.integers(-30 * 60, 10), max_size=12),
    steps=st.lists(st.sampled_from([0.0, 0.25, 1.0, 60.0, 599.0, 600.0, 1800.0, HOUR, 7 * HOUR]), max_size=8),
)
def test_what_is_remembered_is_what_would_be_computed(rings: list[int], steps: list[float]) -> None:
    """However time goes on over missions in progress, kept rows are those of a history that remembers nothing."""
    kinds = (Kind.OPEN, Kind.UNTIMED, Kind.OPEN)
    made = MADE[:20] + [Call(URBAN, NOW + 60.0 * at, kinds[at % 3], None) for at in rings]
    kept, now = heard(made), NOW
    for step in steps:
        now += step
        assert take(kept, TERMS, now) == take(heard(made), TERMS, now)


def test_an_alarm_moves_with_the_clock_while_the_feed_lives() -> None:
    """A storm of three weeks ago leaves the 28 days, although nothing else has changed."""
    storm = [measured(NOW - 20 * DAY - HOUR * n, 2000.0) for n in range(30)]
    kept = heard(storm)
    seen = []
    for now in (NOW, NOW + 15 * DAY):
        for history in (kept, heard(storm)):
            history.heads[0].last_record_at = now
            (standing,) = [s for s in take(history, TERMS, now).standings if (s.area, s.category) == URBAN]
            seen.append(standing.alarms["requirement"])
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert seen[0].window_p_value < 1e-9 < seen[2].window_p_value


def test_waiting_longer_lengthens_the_percentile_of_the_day_although_nothing_else_moves() -> None:
    """The mission in progress passes an arrival's time, and no target: the kept row takes on the new percentile.

    arrived after 310 s and 400 s; open for 350 s, then for 450 s: P80 is 400 s, then not known yet
    """
    rang = NOW - 350.0
    made = [measured(NOW - HOUR, 310.0), measured(NOW - 2 * HOUR, 400.0), Call(URBAN, rang, Kind.OPEN, None)]
    kept = heard(made)
    shown = []
    for now in (NOW, NOW + 100.0):
        found = row(take(kept, TERMS, now), "24h")
        assert found == row(take(heard(made), TERMS, now), "24h")
        assert found.with_open is not None
        shown.append(found.with_open["requirement"])
    assert shown == [400.0, None]


def test_what_is_in_progress_bounds_only_the_windows_that_it_rang_in() -> None:
    """Still open from the last hour of May: it can change what becomes of the year, and nothing in June.

    31 May ── ● rang ──┃ 1 June ── one arrival ── now
    """
    now = SUPERSEDED + HOUR
    made = [measured(SUPERSEDED + 60.0), Call(URBAN, SUPERSEDED - HOUR, Kind.OPEN, None)]
    snapshot = take(heard(made, now), TERMS, now)
    bounds = {window: row(snapshot, window).verdicts["requirement"].bounds for window in ("month", "year")}
    assert {window: (one.lower, one.upper) for window, one in bounds.items() if one} == {
        "month": (1.0, 1.0), "year": (0.5, 0.5),
    }  # fmt: skip


def test_a_standing_tells_its_newest_mission_and_the_nation_no_drift() -> None:
    """Of the measured ones, the last; and a drift is a district's own."""
    standings = {(s.area, s.category): s for s in take(heard(MADE), TERMS, NOW).standings}
    for area in ("oslo", "national"):
        assert standings[area, "urban"].last_rang_at == NOW - 1.0
        drifts = set(standings[area, "urban"].alarms["requirement"].drift.values())
        assert (drifts == {None}) == (area == "national")
    assert standings["vest", "urban"].last_rang_at is None


def test_new_targets_are_shown_from_the_midnight_they_come_into_force() -> None:
    """Not an event, and no window that moves: the newest hundred are the same, what they are held against is not.

    31 May 23:59:59  requirement 1000 s ┃ 1 June 00:00:00  requirement 600 s
    """
    history = heard([measured(SUPERSEDED - HOUR * n, 300.0) for n in range(1, 9)], SUPERSEDED)
    for now, targets in (
        (SUPERSEDED - 1.0, {"goal": 500.0, "requirement": 1000.0}),
        (SUPERSEDED, {"goal": 300.0, "requirement": 600.0}),
    ):
        snapshot = take(history, TERMS, now)
        (standing,) = [s for s in snapshot.standings if (s.area, s.category) == URBAN]
        shown = {slug: verdict.target_seconds for slug, verdict in row(snapshot, "last100").verdicts.items()}
        assert standing.targets == shown == targets
        (empty,) = [s for s in snapshot.standings if (s.area, s.category) == ("vest", "urban")]
        assert empty.targets["requirement"] == (None if now < SUPERSEDED else 1300.0)


def test_an_unchanged_row_is_the_same_object() -> None:
    """Whoever renders rows can tell by identity that there is nothing to render anew."""
    history = heard(MADE)
    before, after = take(history, TERMS, NOW), take(history, TERMS, NOW + 1.0)
    assert all(one is other for one, other in zip(before.rows, after.rows, strict=True))
    assert all(one is other for one, other in zip(before.standings, after.standings, strict=True))


def waiting(minutes: float) -> Call:
    """A mission of urban Oslo that nobody has reached yet."""
    return Call(URBAN, NOW - 60 * minutes, Kind.OPEN, None)


def test_who_is_open_for_longer_than_is_plausible_is_presumed_reached() -> None:
    """Of ninety missions none took more than a quarter of an hour: twice the target, twenty minutes, is plausible."""
    made = [*MADE, *(waiting(minutes) for minutes in (5, 11, 19, 21, 300))]
    snapshot = take(heard(made), TERMS, NOW)
    progress = next(one.in_progress for one in snapshot.standings if (one.area, one.category) == URBAN)
    assert (progress.open, progress.overdue, progress.presumed) == (5, 4, 2)


def test_without_a_past_everybody_is_believed() -> None:
    """A new service has no plausible time: who is late is late."""
    snapshot = take(heard([waiting(300)]), TERMS, NOW)
    progress = next(one.in_progress for one in snapshot.standings if (one.area, one.category) == URBAN)
    assert (progress.overdue, progress.presumed) == (1, 0)


def test_only_areas_that_missions_name_have_a_limit_and_a_busier_one_a_higher() -> None:
    """Of a pool nobody is on call; where many are late at any time, more of them are no accident."""
    quiet = take(heard(MADE), TERMS, NOW)
    assert quiet.overdue_limits.keys() == {"oslo", "vest"}
    assert quiet.overdue_limits["vest"] == 3
    many = [measured(NOW - 1.0 - 600.0 * n, 300.0 if n % 3 else 1100.0) for n in range(9000)]
    assert take(heard(many), TERMS, NOW).overdue_limits["oslo"] > quiet.overdue_limits["oslo"]


def test_patience_is_learnt_unless_it_is_declared() -> None:
    """Of three missions a day six hours of silence are nothing; who says six hours gets them."""
    learnt = replace(TERMS, stale_after_seconds=None)
    history = heard(MADE, NOW - 7 * HOUR)
    assert (take(history, TERMS, NOW).stale, take(history, learnt, NOW).stale) == (True, False)
    assert take(history, learnt, NOW).patience_seconds > 24 * HOUR
    long_ago = heard(MADE, NOW)
    assert take(long_ago, learnt, NOW + 30 * 24 * HOUR).stale
