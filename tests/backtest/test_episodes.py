"""Episodes begin when a condition has lasted, go on while an alert is held, and are told once."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.backtest.episodes import Episode, Seen, episodes
from monitor.backtest.firing import RULES
from monitor.core.alarm import Alarm, Level

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
BREACHED, AT_RISK, DRIFT = "ResponseObjectiveBreached", "ResponseObjectiveAtRisk", "ResponseDriftOverTarget"
OWN = "ResponseDriftOwnLevel"
ALARM = Alarm(Level.NONE, {}, {}, 1.0)


def seen(*told: tuple[float, Sequence[str]]) -> list[tuple[float, Seen]]:
    """What fired of one objective from which moments on."""
    return [
        (at, Seen(fires=frozenset((alert, "requirement") for alert in alerts), alarms={"requirement": ALARM}))
        for at, alerts in told
    ]


def found(*told: tuple[float, Sequence[str]]) -> list[tuple[str, float, float | None, float | None]]:
    """Alert, begin, end, when told."""
    return [(one.alert, one.begin, one.end, one.told_at) for one in episodes("oslo", "urban", seen(*told))]


def test_an_alert_that_goes_on_has_no_end() -> None:
    """Nobody knows yet."""
    assert found((0, []), (HOUR, [DRIFT])) == [(DRIFT, HOUR, None, HOUR)]


def test_what_lasts_less_than_the_alert_waits_is_no_episode() -> None:
    """Five minutes, as shipped."""
    assert RULES[DRIFT].for_seconds == 5 * MINUTE
    assert found((0, [DRIFT]), (4 * MINUTE, [])) == []
    assert found((0, [DRIFT]), (5 * MINUTE, [])) == [(DRIFT, 0, 5 * MINUTE, 0)]


def test_what_comes_back_while_the_alert_is_held_is_the_same_episode() -> None:
    """A ticket is held for a day: it is not opened twice."""
    assert RULES[AT_RISK].keep_firing_seconds == DAY
    assert found((0, [AT_RISK]), (DAY, []), (2 * DAY, [AT_RISK]), (3 * DAY, [])) == [(AT_RISK, 0, 3 * DAY, 0)]
    again = found((0, [AT_RISK]), (DAY, []), (2 * DAY + 1, [AT_RISK]), (3 * DAY, []))
    assert [(begin, end) for _, begin, end, _ in again] == [(0, DAY), (2 * DAY + 1, 3 * DAY)]


def test_what_a_stronger_alert_says_is_told_once_that_is_over() -> None:
    """And never, where it is over before."""
    told = found((0, [BREACHED, DRIFT, OWN]), (DAY, [BREACHED, DRIFT]), (2 * DAY, [DRIFT]), (3 * DAY, []))
    assert {(alert, at) for alert, *_, at in told} == {(BREACHED, 0), (DRIFT, 2 * DAY), (OWN, None)}


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
        for alert in alerts:
            at = number * HOUR
            assert any(one.begin <= at and (one.end is None or at < one.end) for one in by_alert[alert])
