"""Episodes begin when a condition has lasted, go on while an alert is held, and are told once."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.rule import NEW
from monitor.backtest.episodes import Episode, Seen, episodes
from monitor.backtest.firing import RULES, Fires
from monitor.core.alarm import Alarm, Level

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
BREACHED, AT_RISK, DRIFT = "ResponseObjectiveBreached", "ResponseObjectiveAtRisk", "ResponseDriftOverTarget"
OWN = "ResponseDriftOwnLevel"
ALARM = Alarm(Level.NONE, None, {}, {}, 1.0)


def seen(*told: tuple[float, Sequence[str]]) -> list[tuple[float, Seen]]:
    """What fired of one objective from which moments on."""
    return [(at, Seen(fires=frozenset(map(fires, alerts)), alarms={"requirement": ALARM})) for at, alerts in told]


def fires(alert: str) -> Fires:
    """Of one objective; of an alert that is told as news, that it began."""
    return Fires(alert, "requirement", NEW if alert == DRIFT else "")


def found(*told: tuple[float, Sequence[str]]) -> list[tuple[str, float, float | None, float | None]]:
    """Alert, begin, end, when told."""
    return [(one.alert, one.begin, one.end, one.told_at) for one in episodes("oslo", "urban", seen(*told))]


def test_an_alert_that_goes_on_has_no_end() -> None:
    """Nobody knows yet."""
    assert found((0, []), (HOUR, [OWN])) == [(OWN, HOUR, None, HOUR)]


def test_what_is_told_as_news_is_over_after_a_day_and_does_not_come_again_for_a_week() -> None:
    """However long it lasts, and although it goes and comes."""
    assert found((0, [DRIFT])) == [(DRIFT, 0, DAY, 0)]
    assert found((0, [DRIFT]), (2 * DAY, []), (9 * DAY, [DRIFT])) == [(DRIFT, 0, DAY, 0)]
    later = found((0, [DRIFT]), (2 * DAY, []), (11 * DAY, [DRIFT]))
    assert later == [(DRIFT, 0, DAY, 0), (DRIFT, 11 * DAY, 12 * DAY, 11 * DAY)]


@given(st.lists(st.booleans(), max_size=80))
def test_what_is_news_is_what_held_at_no_time_of_the_week_before_the_last_day(states: list[bool]) -> None:
    """Six hours each, by the condition that Prometheus asks for; what begins again within a day is one episode."""
    step, week = 6 * HOUR, range(4, 33)
    news = [on and not any(states[now - back] for back in week if now >= back) for now, on in enumerate(states)]
    told = episodes("oslo", "urban", seen(*[(at * step, [DRIFT] * on) for at, on in enumerate(states)]))
    for now, new in enumerate(news):
        covered = any(one.begin <= now * step and (one.end is None or now * step < one.end) for one in told)
        assert covered or not new
    assert all(news[int(one.begin // step)] for one in told)


def test_what_lasts_less_than_the_alert_waits_is_no_episode() -> None:
    """Five minutes, as shipped."""
    assert RULES[OWN].for_seconds == 5 * MINUTE
    assert found((0, [OWN]), (4 * MINUTE, [])) == []
    assert found((0, [OWN]), (5 * MINUTE, [])) == [(OWN, 0, 5 * MINUTE, 0)]


def test_what_comes_back_while_the_alert_is_held_is_the_same_episode() -> None:
    """A ticket is held for a day: it is not opened twice."""
    assert RULES[AT_RISK].keep_firing_seconds == DAY
    assert found((0, [AT_RISK]), (DAY, []), (2 * DAY, [AT_RISK]), (3 * DAY, [])) == [(AT_RISK, 0, 3 * DAY, 0)]
    again = found((0, [AT_RISK]), (DAY, []), (2 * DAY + 1, [AT_RISK]), (3 * DAY, []))
    assert [(begin, end) for _, begin, end, _ in again] == [(0, DAY), (2 * DAY + 1, 3 * DAY)]


def test_what_a_stronger_alert_says_is_told_once_that_is_over() -> None:
    """And never, where it is over before."""
    told = found((0, [BREACHED, AT_RISK, OWN]), (DAY, [BREACHED, AT_RISK]), (2 * DAY, [AT_RISK]), (3 * DAY, []))
    assert {(alert, at) for alert, *_, at in told} == {(BREACHED, 0), (AT_RISK, 2 * DAY), (OWN, None)}


def test_the_weaker_alert_that_came_first_was_told_at_once() -> None:
    """What is said is said."""
    told = found((0, [AT_RISK, DRIFT][:1]), (DAY, [AT_RISK, DRIFT]), (2 * DAY, []))
    assert [(alert, at) for alert, *_, at in told] == [(AT_RISK, 0), (DRIFT, DAY)]


@given(st.lists(st.sets(st.sampled_from([BREACHED, AT_RISK, DRIFT, OWN])), max_size=30))
def test_episodes_of_an_alert_are_apart_and_cover_what_fired(states: list[set[str]]) -> None:
    """Steps of an hour, longer than any alert waits."""
    told = seen(*[(number * HOUR, sorted(alerts)) for number, alerts in enumerate(states)])
    by_alert: dict[str, list[Episode]] = {}
    for one in episodes("oslo", "urban", told):
        by_alert.setdefault(one.alert, []).append(one)
        assert one.told_at is None or (one.begin <= one.told_at and (one.end is None or one.told_at < one.end))
    for alert, listed in by_alert.items():
        for one, after in pairwise(listed):
            assert one.end is not None
            assert after.begin - one.end > RULES[alert].keep_firing_seconds
    for number, alerts in enumerate(states):
        for alert in alerts - {DRIFT}:
            at = number * HOUR
            assert any(one.begin <= at and (one.end is None or at < one.end) for one in by_alert[alert])
