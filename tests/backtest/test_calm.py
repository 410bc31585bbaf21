"""A calm year is made of the service's own half-days and never worse than its objective; a fall is what it says."""

from functools import cache

import numpy as np
import pytest

from monitor.alerts.rule import NEW
from monitor.backtest.calm import HALF_DAY, Study, calmed, drawn, worsened
from monitor.backtest.episodes import Seen
from monitor.backtest.firing import Fires
from monitor.core.alarm import Alarm, Level, Rules
from monitor.core.hindsight import Hindsight, of_series
from monitor.core.windows import Span
from tests.backtest.past import BEGINS, DAY, THRESHOLD, Live, invented, told
from tests.core.police import REQUIREMENT

SPAN = Span(BEGINS, BEGINS + 120 * DAY)


@cache
def series(late: float) -> Hindsight:
    """Rural Oslo, of 4000 missions a share of which was late."""
    live = Live()
    live.tell([event for _, event in told(invented(4000, days=120, late=late))], SPAN.end + DAY)
    return of_series(live.history, "oslo", "rural", ("tertial", "year"), SPAN)


def calm(one: Hindsight, seed: int = 1) -> Hindsight:
    return calmed(one, SPAN, drawn(SPAN, seed, 0, one.area), np.random.default_rng(seed))


def late_share(one: Hindsight, span: Span = SPAN) -> float:
    return float(one.whole().lates(REQUIREMENT, span).mean())


def test_every_half_day_is_one_of_the_past_at_its_own_hour() -> None:
    """Nights stay nights, and what happened together stays together."""
    past, made = series(0.1), calm(series(0.1))

    def halves(one: Hindsight) -> list[tuple[float, ...]]:
        numbers, within = np.divmod(one.missions[0] - SPAN.start, HALF_DAY)
        return [
            (number % 2, *within[numbers == number].round(3)) for number in range(240) if (numbers == number).any()
        ]

    known = set(halves(past))
    assert [one for one in halves(made) if one not in known] == []
    assert len(set(halves(made))) < len(known)


@pytest.mark.parametrize(("late", "calmly"), [(0.1, 0.1), (0.2, 0.2), (0.5, 0.2)])
def test_a_series_is_as_late_as_it_was_but_never_more_than_it_may_be(late: float, calmly: float) -> None:
    """On average, over several years."""
    shares = [late_share(calm(series(late), seed)) for seed in range(8)]
    assert np.mean(shares) == pytest.approx(calmly, abs=0.02)


def test_missions_that_were_not_measured_stay_so() -> None:
    """They are in nobody's share."""
    share = [float((one.missions[1] < 0).mean()) for one in (series(0.5), calm(series(0.5)))]
    assert share[0] == pytest.approx(share[1], abs=0.03)
    assert share[1] > 0


def test_a_fall_begins_where_it_begins() -> None:
    """Before, the year is as calm as ever; from then on, so many are late."""
    made = calm(series(0.1))
    fallen = worsened(made, REQUIREMENT, 0.4, BEGINS + 60 * DAY, np.random.default_rng(3))
    before, after = Span(BEGINS, BEGINS + 60 * DAY), Span(BEGINS + 60 * DAY, SPAN.end)
    assert late_share(fallen, before) == late_share(made, before)
    assert late_share(fallen, after) == pytest.approx(0.4, abs=0.06)
    assert float(fallen.missions[1].max()) > THRESHOLD


PAGE = Fires("ResponseDriftOverTarget", "requirement", NEW)


def seen(*fires: Fires) -> Seen:
    return Seen(fires=frozenset(fires), alarms={"requirement": Alarm(Level.NONE, None, {}, {}, 1.0)})


def lately(hindsight: Hindsight, _rules: Rules, at: float) -> Seen:
    """Pages while more than 30 % of the last 100 missions are late."""
    late = hindsight.known(at).lates(REQUIREMENT, Span(float("-inf"), at))[-100:]
    return seen(PAGE) if len(late) == 100 and late.mean() > 0.3 else seen()


def study(seed: int = 1) -> Study:
    return Study(past=[series(0.5)], rules=Rules(), span=SPAN, look=lately, seed=seed)


def test_pages_are_counted_where_they_begin() -> None:
    """20 % late: 30 of 100 are rare, and 60 % late are found soon."""
    quiet = study().calm_years(3)
    assert (len(quiet.pages), quiet.series) == (3, 1)
    assert quiet.a_year < 3
    (fall,) = study().falls(0.4, 5)
    assert fall.within == pytest.approx(0.4)
    assert (len(fall.missions), len(fall.days), fall.tries) == (5, 5, 5)
    assert fall.median_missions is not None
    assert 10 <= fall.median_missions <= 60


def on_days(*days: int) -> Study:
    """A condition that holds on some days (0: the first), of one series."""

    def look(_one: Hindsight, _rules: Rules, at: float) -> Seen:
        ended = round((at - SPAN.start) / DAY) - 1
        return seen(PAGE, Fires("ResponseObjectiveBreached", "requirement")) if ended in days else seen()

    return Study(past=[series(0.1)], rules=Rules(), span=SPAN, look=look, seed=1)


@pytest.mark.parametrize(
    ("days", "pages"),
    [((10,), 1), ((11,), 1), ((10, 14), 1), ((10, 11, 17), 1), ((10, 30), 2), (tuple(range(10, 60)), 1), ((), 0)],
)
def test_a_calm_year_counts_pages_as_the_past_does(days: tuple[int, ...], pages: int) -> None:
    """What comes again within the week of news is the same episode; a day is enough; a ticket is no page."""
    assert on_days(*days).calm_years(1).pages == [pages]


def test_the_same_seed_gives_the_same_years() -> None:
    """And another seed others."""
    assert study(2).falls(0.4, 3) == study(2).falls(0.4, 3)
    assert study(2).falls(0.4, 3) != study(3).falls(0.4, 3)


def test_what_is_not_found_half_the_time_has_no_median() -> None:
    """A fall that nobody sees is later than any that was seen."""
    deaf = Study(past=[series(0.5)], rules=Rules(), span=SPAN, look=lambda *_: seen(), seed=1)
    (fall,) = deaf.falls(0.4, 3)
    assert (fall.missions, fall.median_missions, fall.median_days) == ([], None, None)
