"""What a day says for drift: from the target and from the own level, of quiet and busy series, now and for good."""

import numpy as np
import pytest

from monitor.core.day_counts import DayCounts
from monitor.core.drift import LEAST_SCALE, Chart
from monitor.core.stats import chosen, cusum

CHART = Chart()
OWN = {"lag_days": 90, "length_days": 275, "least": 50}


def life(
    seed: int, per_day: float, late: float, days: int, *, worse_from: int = 10**9, worse: float = 0.4
) -> DayCounts:
    """Independent missions, a Poisson number each day."""
    rng = np.random.default_rng(seed)
    judged = rng.poisson(per_day, days)
    lates = rng.binomial(judged, np.where(np.arange(days) < worse_from, late, worse))
    held = np.flatnonzero(judged)
    return DayCounts(held, judged[held], lates[held])


def onsets(steps: np.ndarray, threshold: float) -> int:
    """How often the alarm goes on."""
    alarm = cusum.trace(steps, threshold).alarm
    return int(np.count_nonzero(np.diff(alarm.astype(int)) == 1)) + int(alarm[:1].sum())


@pytest.mark.parametrize("percent", [50, 80, 95])
def test_another_objective_has_a_shift_as_large_in_odds(percent: int) -> None:
    """The numbers are told for 80 %: at it they stand as they are."""
    normal, degraded = CHART.around(1 - percent / 100)
    assert 1 - percent / 100 < normal < degraded < 1
    if percent == chosen.PERCENT:
        assert (normal, degraded) == pytest.approx((chosen.DRIFT.normal, chosen.DRIFT.degraded))


def test_a_busy_series_must_show_more_than_a_quiet_one() -> None:
    """At the usual volume the thresholds stand as they are; the scale rises with it, and has a floor."""
    scale = CHART.scale(np.array([0.0, 20.0, 500.0, 5000.0]))
    assert scale[2] == 1.0
    assert LEAST_SCALE == scale[0] < scale[1] < scale[2] < scale[3] < 1.5


@pytest.mark.parametrize("percent", [50, 80, 95])
@pytest.mark.parametrize("a_year", [20, 500, 5000])
def test_exactly_on_target_a_series_pages_once_in_many_years(percent: int, a_year: int) -> None:
    """Less than once in 15 years, whatever its objective; a busy one no more often than a quiet one."""
    years = 400 if a_year < 5000 else 150
    days = life(percent + a_year, a_year / 365, 1 - percent / 100, years * 365)
    assert onsets(CHART.over_target(days, percent), chosen.DRIFT_PAGE_THRESHOLD) < years / 15


def test_half_of_all_falls_from_80_to_60_percent_are_found_in_the_missions_promised() -> None:
    """Of a usual series, which takes some more than half of the police's do (docs/statistics.md)."""
    took = []
    for seed in range(600):
        days = life(seed, 500 / 365, 0.20, 1000, worse_from=500)
        alarm = cusum.trace(CHART.over_target(days, 80), chosen.DRIFT_PAGE_THRESHOLD).alarm
        since = days.day >= 500
        if not alarm[~since][-1]:
            took.append(int(days.judged[since][: int(np.argmax(alarm[since])) + 1].sum()))
    assert len(took) > 570
    assert np.median(took) <= 60


def test_a_series_of_21_missions_a_year_is_remembered_for_as_long_as_it_takes() -> None:
    """Its fall from 80 to 60 % takes longer than missions are kept one by one: its days are not forgotten."""
    sealed = 400
    remembering: list[float] = []
    forgetting: list[float] = []
    for seed in range(120):
        days = life(seed, 21 / 365, 0.20, 9 * 365, worse_from=3 * 365)
        steps = CHART.over_target(days, 80)
        for found, kept in ((remembering, np.inf), (forgetting, sealed)):
            alarms = (
                days.day[number] - 3.0 * 365
                for number in np.flatnonzero(days.day >= 3 * 365)
                if cusum.watch(
                    steps[: number + 1][days.day[: number + 1] > days.day[number] - kept],
                    chosen.DRIFT_PAGE_THRESHOLD,
                ).alarm
            )
            found.append(next(alarms, np.inf))
    assert np.median(remembering) < 1.5 * 365
    assert np.median(remembering) < np.median(forgetting)


def test_the_own_level_is_that_of_the_year_before_the_days_watched() -> None:
    """What lies further back is another time, and what is watched is no part of the level.

    LLLLLLLL ┃ a year ago ........ ┃ 90 days ago .....L.L.L
    """
    one_a_day = np.ones(1000, np.int64)
    level = np.where(np.arange(1000) % 5 == 0, 1, 0)
    usual = DayCounts(np.arange(1000), one_a_day, level)
    long_ago, of_late = level.copy(), level.copy()
    long_ago[: 1000 - 366] = 1
    of_late[-89:-1] = 1
    newest = [
        CHART.over_own_level(DayCounts(np.arange(1000), one_a_day, late), **OWN)[-1]
        for late in (level, long_ago, of_late)
    ]
    assert newest[0] == newest[1] == newest[2]
    assert CHART.over_own_level(usual, **OWN)[-2] < 0 < CHART.over_own_level(usual, **OWN)[-5]


def test_what_a_day_said_for_the_own_level_is_never_unsaid() -> None:
    """The level and the beginning of the score slide no more: an alarm of last week is there next week."""
    days = life(1, 2.0, 0.1, 900)
    whole = CHART.over_own_level(days, **OWN)
    for until in (200, 500, 700):
        part = DayCounts(*(numbers[days.day < until] for numbers in (days.day, days.judged, days.late)))
        np.testing.assert_array_equal(CHART.over_own_level(part, **OWN), whole[: part.day.size])
    assert np.isnan(whole[:80]).all()
    assert not np.isnan(whole[-500:]).any()


def test_the_own_level_opens_as_few_tickets_as_the_target_although_it_is_estimated() -> None:
    """35 series of the police's volumes, steady at 85 %: two a year at most."""
    years, found = 40, 0
    for number, a_year in enumerate([*range(60, 1260, 36), 3000]):
        steps = CHART.over_own_level(life(number, a_year / 365, 0.15, years * 365), **OWN)
        found += onsets(steps[~np.isnan(steps)], chosen.DRIFT_PAGE_THRESHOLD)
    assert found / years < 2
