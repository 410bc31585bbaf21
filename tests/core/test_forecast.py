"""Forecasts of a history: what is said of running periods, and of what nothing is said rather than guessed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import Calendar
from monitor.core.forecast import Forecast, Unsaid, forecasts_of
from monitor.core.history import History
from monitor.core.mission import Kind, Mission, pack
from monitor.core.rounding import Rounding
from monitor.core.service import Area, Category, Clock, Duty, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.stats.futures import LEAST
from monitor.core.stored import Head, StoredDay
from monitor.core.targets import Targets, TargetSet
from tests.core.figures import SERIES, Call, calls, history_of
from tests.core.police import SERVICE

DAY = 86_400.0
PLACE = ("vest", "urban")
"""1,300 s is its requirement (P80) since June 2024."""


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Oslo")).timestamp()


def every(days: float, since: str, until: str, *, late_of_ten: int, sealed_before: str = "2000-01-01") -> list[Call]:
    """Evenly spread; of each ten so many take 1,500 s, the others 600 s."""
    moments = np.arange(at(since), at(until), days * DAY).tolist()
    return [
        Call(
            PLACE, one, Kind.MEASURED, 1500.0 if number % 10 < late_of_ten else 600.0, sealed=one < at(sealed_before)
        )
        for number, one in enumerate(moments)
    ]


def told(missions: list[Call], now: str, period: str = "2026", **asked: bool) -> Forecast:
    found = forecasts_of(
        history_of(missions), Calendar().period(period), [PLACE], now=at(now), abandoned_after_seconds=DAY, **asked
    )
    return found[PLACE]["requirement"]


def chance(missions: list[Call], now: str, period: str = "2026") -> float:
    found = told(missions, now, period)
    assert found.chance is not None, found
    return found.chance


def test_a_year_that_goes_well_is_likely_met_and_one_that_goes_badly_is_not() -> None:
    """One late of ten where two may be; then three of ten."""
    well = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=1)
    assert chance(well, "2026-06-01") > 0.95
    badly = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=3)
    assert chance(badly, "2026-06-01") < 0.1


def test_a_period_just_begun_is_told_by_what_came_before() -> None:
    """The first second of a month, a quarter, a year, in which nothing has happened yet."""
    for late, least, most in ((0, 0.8, 1.0), (2, 0.2, 0.8), (5, 0.0, 0.1)):
        before = every(1.0, "2024-07-01", "2026-01-01", late_of_ten=late)
        for period in ("2026-01", "2026-Q1", "2026-T1", "2026"):
            assert least <= chance(before, "2026-01-01T00:00:01", period) <= most, (late, period)


def test_the_last_hours_are_as_they_stand() -> None:
    """A minute before the year ends: what is met stays met, what is missed stays missed, and neither is certain."""
    minute = "2026-12-31T23:59"
    assert chance(every(1.0, "2024-07-01", "2026-12-31", late_of_ten=1), minute) == pytest.approx(1 - LEAST)
    assert chance(every(1.0, "2024-07-01", "2026-12-31", late_of_ten=3), minute) == pytest.approx(LEAST)


def test_a_mission_in_progress_at_the_end_decides_as_it_is_likely_to_end() -> None:
    """The last hour of a January with eight of ten within: the open mission is the eleventh, and must be within."""
    before = every(1.0, "2024-07-01", "2025-12-31", late_of_ten=1)
    january = [
        Call(PLACE, at(f"2026-01-{day:02}T12:00"), Kind.MEASURED, 1500.0 if day <= 2 else 600.0)
        for day in range(1, 11)
    ]
    fresh = [*before, *january, Call(PLACE, at("2026-01-31T23:58"), Kind.OPEN, None)]
    assert chance(fresh, "2026-01-31T23:59", "2026-01") == pytest.approx(0.9, abs=0.03)
    waiting = [*before, *january, Call(PLACE, at("2026-01-31T23:30"), Kind.OPEN, None)]
    assert chance(waiting, "2026-01-31T23:59", "2026-01") < 0.1


def test_what_is_registered_late_is_awaited() -> None:
    """Twenty missions of the last days have no arrival yet, where old ones have theirs: they are to come."""
    before = every(1.0, "2024-07-01", "2026-01-31", late_of_ten=1)
    lacking = [Call(PLACE, at("2026-01-30") + 600.0 * number, Kind.NO_END, None) for number in range(20)]
    assert told(before, "2026-01-31T23:59", "2026-01").to_come == pytest.approx(0.0, abs=0.1)
    assert told([*before, *lacking], "2026-01-31T23:59", "2026-01").to_come == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize(
    ("missions", "now", "why"),
    [
        ([], "2026-06-01", Unsaid.NEW),
        (every(1.0, "2025-09-01", "2026-06-01", late_of_ten=1), "2026-06-01", Unsaid.NEW),
        (every(90.0, "2024-07-01", "2026-06-01", late_of_ten=1), "2026-06-01", Unsaid.FEW),
    ],
    ids=["no history", "a new series", "hardly any mission"],
)
def test_where_there_is_too_little_nothing_is_guessed(missions: list[Call], now: str, why: Unsaid) -> None:
    """It says so, and gives no number."""
    assert told(missions, now) == Forecast(unsaid=why)


def test_a_silent_feed_and_a_missing_target_have_no_forecast() -> None:
    """Nobody knows how things stand; nothing is to be met."""
    missions = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=1)
    assert told(missions, "2026-06-01", silent=True) == Forecast(unsaid=Unsaid.NO_DATA)
    found = forecasts_of(
        history_of(missions), Calendar().period("2026"), [("oslo", "rural")],
        now=at("2026-06-01"), abandoned_after_seconds=DAY,
    )  # fmt: skip
    assert {one.unsaid for one in found["oslo", "rural"].values()} == {Unsaid.NO_TARGET}


@pytest.mark.parametrize("period", ["2025", "2027"])
def test_only_a_running_period_is_forecast(period: str) -> None:
    """What is over is known, and what has not begun is not asked for."""
    missions = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=1)
    asked = Calendar().period(period)
    assert forecasts_of(history_of(missions), asked, [PLACE], now=at("2026-06-01"), abandoned_after_seconds=DAY) == {}


def test_sealed_missions_tell_the_same_as_those_that_are_known_one_by_one() -> None:
    """Of one target: the counts are all that matters, but for the hour that a stretch begins at."""
    known = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=2)
    sealed = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=2, sealed_before="2025-05-01")
    assert chance(sealed, "2026-06-01") == pytest.approx(chance(known, "2026-06-01"), abs=0.02)


def test_missions_of_a_former_target_are_held_against_the_present_one() -> None:
    """Oslo's 1,000 s became 600 s in June 2024: what took 800 s before then is no promise any more."""
    oslo = ("oslo", "urban")
    moments = np.arange(at("2023-01-01"), at("2024-06-10"), DAY).tolist()
    history = history_of([Call(oslo, one, Kind.MEASURED, 800.0) for one in moments])
    asked = forecasts_of(
        history, Calendar().period("2024-06"), [oslo], now=at("2024-06-10"), abandoned_after_seconds=DAY
    )
    assert (asked[oslo]["requirement"].chance or 1.0) < 0.05


def told_of(
    objectives: Sequence[Objective],
    took: Callable[[int], float],
    *,
    period: str = "2026",
    now: str = "2026-06-01",
    in_progress: Sequence[str] = (),
) -> Mapping[str, Forecast]:
    """One area and category since July 2024, a mission each half day, the way always 100 s; targets are all 300 s."""
    whole = Clock("response", (Moment("called"),), (Moment("arrived"),))
    travel = Clock("travel", (Moment("left"),), (Moment("arrived"),))
    service = Service("x", (Area("all"),), (Category("calls"),), (whole, travel), tuple(objectives))
    grid, place = Grid(ZoneInfo("Europe/Oslo")), ("all", "calls")
    target = TargetSet(date(2020, 1, 1), "test", {place: {one.slug: 300.0 for one in objectives}})
    history = History(grid, Targets([target]), service)
    head = Head(
        next_offset=0, slice_seconds=grid.seconds, zone=grid.zone.key, series=[place],
        clocks=["response", "travel"], measures=[],
    )  # fmt: skip
    days: dict[int, dict[str, Mission]] = {}

    def put(moment: float, kind: Kind, *states: tuple[Kind, float | None]) -> None:
        name = f"m{moment}"
        days.setdefault(grid.day_of(moment), {})[name] = Mission(name, 1, 0, moment, kind, pack(states))

    for number, moment in enumerate(np.arange(at("2024-07-01"), at(now), DAY / 2).tolist()):
        put(moment, Kind.MEASURED, (Kind.MEASURED, took(number)), (Kind.MEASURED, 100.0))
    for text in in_progress:
        put(at(text), Kind.OPEN, (Kind.OPEN, None), (Kind.OPEN, None))
    for day, entries in days.items():
        history.put_day(0, head, day, StoredDay(entries, []))
    return forecasts_of(
        history, Calendar().period(period), [place], now=at(now), abandoned_after_seconds=DAY
    )[place]  # fmt: skip


def test_an_objective_is_forecast_by_its_own_clock() -> None:
    """Nine of ten within five minutes: of all that passes, and of the way alone."""
    objectives = [Objective("all", 90), Objective("way", 90, clock="travel")]
    found = told_of(objectives, lambda number: 400.0 if number % 6 == 0 else 100.0)
    assert 0.0 < (found["all"].chance or 1.0) < 0.1
    assert (found["way"].chance or 0.0) > 0.9


def test_nothing_is_forecast_of_objectives_whose_forecasts_have_not_proved_themselves() -> None:
    """A mean, and percentiles beyond those of the score sheet; up to its ends there is a chance."""
    percents = {
        "mean": None, "p10": 10, "p49_9": Decimal("49.9"), "p50": 50, "p75": Decimal("75.0"), "p90": 90,
        "p90_1": Decimal("90.1"), "p95": 95, "p99_5": Decimal("99.5"),
    }  # fmt: skip
    objectives = [Objective(slug, percent, Duty.SHOW) for slug, percent in percents.items()]
    found = told_of(objectives, lambda number: 400.0 if number % 6 == 0 else 100.0)
    unproven = {slug for slug, one in found.items() if one == Forecast(unsaid=Unsaid.UNPROVEN)}
    assert unproven == {"mean", "p10", "p49_9", "p90_1", "p95", "p99_5"}
    assert {slug for slug, one in found.items() if (one.chance or 0.0) > 0.9} == {"p50", "p75"}
    assert 0.0 < (found["p90"].chance or 1.0) < 0.1


def test_an_unproven_objective_is_told_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """No timeline is put together for it, whatever else there is to say; without a target there is a dash."""

    def read(*_: object) -> None:
        pytest.fail("a timeline was put together")

    monkeypatch.setattr(History, "timeline", read)
    assert told_of([Objective("mean", None)], lambda _: 100.0) == {"mean": Forecast(unsaid=Unsaid.UNPROVEN)}


EXACT = Objective("exact", 80)
TENTH = Objective("tenth", 80, rounding=Rounding.TENTH_OF_MINUTE)


@pytest.mark.parametrize(
    ("took", "likely"), [(300.0, {"exact", "tenth"}), (302.999999, {"tenth"}), (303.0, set[str]())]
)
def test_past_months_are_read_as_their_objective_reads_times(took: float, likely: set[str]) -> None:
    """5:02 is 5.0 minutes to the nearest tenth, and 5:03 is 5.1: past months tell what the verdict does."""
    found = told_of([EXACT, TENTH], lambda _: took)
    assert {slug for slug, one in found.items() if (one.chance or 0.0) > 0.9} == likely
    assert {slug for slug, one in found.items() if (one.chance or 1.0) < 0.1} == {"exact", "tenth"} - likely


def test_a_mission_in_progress_is_expected_to_end_as_its_objective_reads_times() -> None:
    """The last minute of a May with 50 of 62 within: one more that is late loses it, and most take 5:02."""
    begins = round((at("2026-05-01") - at("2024-07-01")) / (DAY / 2))

    def took(number: int) -> float:
        return 600.0 if begins <= number < begins + 12 else 302.0

    asked = {"period": "2026-05", "now": "2026-05-31T23:59:30"}
    assert (told_of([EXACT, TENTH], took, **asked)["tenth"].chance or 0.0) > 0.95
    found = told_of([EXACT, TENTH], took, in_progress=["2026-05-31T23:59"], **asked)
    assert (found["tenth"].chance or 0.0) > 0.95
    assert (found["exact"].chance or 1.0) < 0.05
    late = told_of([TENTH], took, in_progress=["2026-05-31T23:53"], **asked)
    assert (late["tenth"].chance or 1.0) < 0.05


def test_sealed_missions_of_a_rounded_objective_are_known_by_its_target() -> None:
    """A threshold that is no tenth of a minute is sealed as the longest time that keeps it: they tell as much."""
    rounded = replace(SERVICE, objectives=tuple(replace(one, rounding=TENTH.rounding) for one in SERVICE.objectives))
    chances = []
    for sealed_before in ("2000-01-01", "2026-06-01"):
        missions = every(1.0, "2024-07-01", "2026-06-01", late_of_ten=2, sealed_before=sealed_before)
        found = forecasts_of(
            history_of(missions, rounded), Calendar().period("2026"), [PLACE],
            now=at("2026-06-01"), abandoned_after_seconds=DAY,
        )  # fmt: skip
        chances.append(found[PLACE]["requirement"].chance)
    assert chances[1] == pytest.approx(chances[0], abs=0.02)


@settings(max_examples=30, deadline=None)
@given(calls(sealing=True), st.sampled_from(["2024", "2024-T2", "2024-Q2", "2024-05", "2024-06"]))
def test_whatever_is_stored_there_is_an_answer(made: list[Call], period: str) -> None:
    """Open, excluded, untimed, sealed, a few or none: a chance that is none for certain, or why there is none."""
    year_before = [Call(one.series, one.at - 400 * DAY, one.kind, one.response, sealed=one.sealed) for one in made]
    many = [
        Call(one.series, one.at - 40 * DAY - 60.0 * copy, one.kind, one.response)
        for one in made
        for copy in (1, 2, 3)
    ]
    history = history_of([*made, *year_before, *many])
    found = forecasts_of(
        history, Calendar().period(period), [*SERIES, ("national", "urban")],
        now=at("2024-05-31T20:00"), abandoned_after_seconds=DAY,
    )  # fmt: skip
    for one in (one for of in found.values() for one in of.values()):
        assert (one.chance is None) == (one.unsaid is not None)
        assert one.chance is None or LEAST <= one.chance <= 1 - LEAST
