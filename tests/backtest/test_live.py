"""What an exporter showed at the moment of each mission is what the backtest says of that moment, later."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alarm import Alarm, Level, Rules, periods_of
from monitor.core.calendar import Unit
from monitor.core.hindsight import of_series
from monitor.core.history import History
from monitor.core.service import Duty
from monitor.core.snapshot import Terms, take
from monitor.core.stats.cusum import Shift
from monitor.core.windows import Span, parse_window
from tests.backtest.past import BEGINS, DAY, Live, Past, invented, told
from tests.core.police import SERVICE
from tests.core.worlds import BEGIN as WORLD_BEGINS
from tests.core.worlds import DAYS, World, history_of, worlds

WINDOWS: Final = [parse_window(name) for name in ("28d", "month", "tertial", "year")]
UNITS: Final[tuple[Unit, ...]] = periods_of(WINDOWS)
SHIPPED: Final = Rules()
NERVOUS: Final = replace(
    SHIPPED, period_page_alpha=0.5, period_warning_alpha=0.8, window_warning_p_value=0.4, shift=Shift(0.2, 0.6),
    drift_threshold=2.0, drift_warning_threshold=1.0, baseline_days=6, watch_days=2, baseline_missions=3,
    window_days=3,
)  # fmt: skip
"""Everything begins and ends within a few missions."""
Alarms = dict[tuple[str, str], dict[str, Alarm]]


def shown_live(missions: list[Past], rules: Rules) -> tuple[History, list[tuple[float, Alarms]]]:
    """What was known in the end, and what an exporter showed each time that something was told."""
    live = Live()
    terms = Terms(
        windows=WINDOWS, stale_after_seconds=SERVICE.longest_seconds, abandoned_after_seconds=DAY, alarms=rules
    )
    shown = []
    for now, one in told(missions):
        live.tell([one], now)
        found = take(live.history, terms, now)
        shown.append((now, {(one.area, one.category): one.alarms for one in found.standings}))
    return live.history, shown


def agree(missions: list[Past], rules: Rules) -> list[tuple[float, Alarms]]:
    """Fail unless the backtest says of each moment what was shown then; what was shown."""
    history, shown = shown_live(missions, rules)
    span = Span(BEGINS, BEGINS + 400 * DAY)
    series = {one: of_series(history, *one, UNITS, span) for one in SERVICE.judged_series}
    last = dict(shown)  # of events at one moment, the last: a backtest knows no order among them
    for now, alarms in last.items():
        assert {one: series[one].alarms(rules, now) for one in series} == alarms, now
    return shown


def test_a_seeded_year_of_storms_is_told_as_it_was_shown() -> None:
    """With the parameters as shipped, pages and tickets included."""
    shown = agree(invented(420, days=110, late=0.12, storm=(50, 80, 0.7)), SHIPPED)
    levels = {alarm.level for _, alarms in shown for one in alarms.values() for alarm in one.values()}
    assert levels == {Level.NONE, Level.WARNING, Level.BREACH}


missions = st.lists(
    st.builds(
        Past,
        series=st.sampled_from([("oslo", "urban"), ("oslo", "rural"), ("vest", "urban")]),
        at=st.integers(0, 12 * 24 * 12).map(lambda steps: BEGINS + 300.0 * steps),
        seconds=st.none() | st.integers(0, 80).map(lambda minutes: 60.0 * minutes),
    ),
    min_size=1,
    max_size=24,
)


@given(missions)
@settings(max_examples=40, deadline=None)
def test_any_history_is_told_as_it_was_shown(made: list[Past]) -> None:
    """Whatever overlaps, arrives in another order or never, at the same moment, or across the end of a month."""
    agree(made, NERVOUS)


@given(worlds(sealing=False), st.sampled_from([50, 80]))
@settings(max_examples=60, deadline=None)
def test_services_of_any_make_are_told_as_they_are_shown_once_all_is_known(world: World, percentile: int) -> None:
    """Several clocks, pools, and a reform: the same series have the same alarms, and are pools on the same days."""
    objectives = tuple(replace(one, percentile=percentile, duty=Duty.PAGE) for one in world.service.objectives)
    history = history_of(replace(world, service=replace(world.service, objectives=objectives)))
    now = WORLD_BEGINS + (DAYS + 1) * DAY  # all have ended, and the feed is believed to live
    terms = Terms(windows=WINDOWS, stale_after_seconds=2 * DAY, abandoned_after_seconds=DAY, alarms=NERVOUS)
    span = Span(WORLD_BEGINS, now)
    shown = {(one.area, one.category): one.alarms for one in take(history, terms, now).standings}
    assert {one: of_series(history, *one, UNITS, span).alarms(NERVOUS, now) for one in shown} == shown


@pytest.mark.parametrize("series", SERVICE.judged_series)
def test_a_series_without_missions_has_nothing_to_look_at(series: tuple[str, str]) -> None:
    """Not even where the whole history is empty."""
    empty = of_series(Live().history, *series, UNITS, Span(BEGINS, BEGINS + DAY))
    assert not len(empty.moments(Span(float("-inf"), float("inf"))))
