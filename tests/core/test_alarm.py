"""Who is told when: quiet in control, loud when degraded, and after a correction as if it had always been right."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from monitor.core import alarm
from monitor.core.alarm import DAY, Alarm, Baseline, Level, Rules, assess, deciding, periods_of, to_date, watched
from monitor.core.calendar import Unit
from monitor.core.day_counts import DayCounts
from monitor.core.history import History
from monitor.core.mission import Kind
from monitor.core.onset import Onset, onset_of
from monitor.core.service import Duty, Objective
from monitor.core.stats import chosen
from monitor.core.timeline import EVER
from monitor.core.windows import parse_window
from tests.core.figures import GRID, SUPERSEDED, Call, days_of, head, history_of

NOW = SUPERSEDED + 120 * DAY
"""28 September, in the last tertial; the missions below ring before, four a day, under one set of targets."""
LATE, IN_TIME = 2000.0, 100.0
WATCHED: Final[tuple[Unit, ...]] = ("month", "tertial", "year")
"""As the police are judged."""
PERIODS: Final = deciding(WATCHED)
TO_DATE: Final = to_date(WATCHED, NOW, GRID)
RULES = Rules()


def missions(pattern: str, *, until: float = NOW) -> list[Call]:
    """One mission every six hours up to `until`, oldest first: `L` late, `.` in time."""
    return [
        Call(
            ("oslo", "urban"), until - 6 * 3600.0 * (len(pattern) - n), Kind.MEASURED, LATE if one == "L" else IN_TIME
        )
        for n, one in enumerate(pattern)
    ]


def alarm_of(history: History, *, as_of: float = NOW, rules: Rules = RULES, area: str = "oslo") -> Alarm:
    """The alarm of urban Oslo, or of the nation."""
    line, spans = history.timeline(area, "urban"), to_date(WATCHED, as_of, GRID)
    return assess(line, rules, spans, as_of=as_of, grid=GRID, pooled=area == "national")["requirement"]


CALM = "....L....." * 40
"""Ten percent late, evenly: twice as good as required."""
ON_TARGET = "....L" * 80
STORM = CALM[:340] + "L." * 30
"""Half of the last sixty late."""


@pytest.mark.parametrize("pattern", [CALM, ON_TARGET])
def test_a_series_in_control_is_quiet(pattern: str) -> None:
    """Exactly at the requirement is in control, too."""
    found = alarm_of(history_of(missions(pattern)))
    assert found.level is Level.NONE
    assert not any(drift.alarm for drift in found.drift.values() if drift)


def test_a_degraded_series_pages() -> None:
    """Half of the missions late for two weeks: the period's evidence pages, and both drifts are on."""
    found = alarm_of(history_of(missions("L." * 60, until=NOW)))
    assert found.level is Level.BREACH
    drift = found.drift[Baseline.TARGET]
    assert drift is not None
    assert drift.alarm


def test_a_storm_after_calm_is_found_as_drift_from_both_levels() -> None:
    """The change is what a period total hides: drift sees it against the requirement and against the own year."""
    found = alarm_of(history_of(missions("....L....." * 60 + "L." * 30)))
    assert [drift.alarm if drift else None for drift in found.drift.values()] == [True, True]
    assert found.level in (Level.WARNING, Level.BREACH)


def test_the_test_for_one_look_opens_a_ticket_at_most() -> None:
    """Looked at all the time, the 28-day test would wake somebody by chance; it may not page."""
    deaf = replace(RULES, period_page_alpha=0.0, period_warning_alpha=0.0, drift_warning_threshold=1e9)
    found = alarm_of(history_of(missions("L" * 60)), rules=deaf)
    assert found.window_p_value < 1e-9
    assert found.level is Level.WARNING


PERIOD_ONLY = replace(RULES, window_warning_p_value=0.0, drift_warning_threshold=1e9)
"""Nothing but the periods' evidence decides."""


def test_evidence_for_every_unit_is_shown() -> None:
    """Month, tertial and year, of what may page; the goal has no alarm."""
    history = history_of(missions("L." * 60))
    assert [*alarm_of(history).periods] == [*WATCHED]
    found = assess(history.timeline("oslo", "urban"), RULES, TO_DATE, as_of=NOW, grid=GRID, pooled=False)
    assert [*found] == ["requirement"]


@pytest.mark.parametrize(
    ("percentile", "duty", "has"),
    [(80, Duty.PAGE, True), (Decimal(80), Duty.PAGE, True), (80, Duty.TICKET, False), (90, Duty.PAGE, True),
     (50, Duty.PAGE, True), (95, Duty.PAGE, True), (98, Duty.PAGE, False), (Decimal("99.9"), Duty.PAGE, False),
     (None, Duty.PAGE, False)],
)  # fmt: skip
def test_only_what_pages_and_was_simulated_has_an_alarm(
    percentile: int | Decimal | None, duty: Duty, *, has: bool
) -> None:
    """How often another percentile, or a mean, would page for nothing is not known."""
    objective = Objective("one", percentile, duty)
    assert [one for one, _ in watched((objective,))] == ([objective] if has else [])
    assert chosen.simulated(percentile) is (percentile is not None and percentile <= 95)


def test_evidence_for_the_month_does_not_decide() -> None:
    """A bad July after a calm June: the month alone would page, the tertial and the year do not."""
    end_of_july = SUPERSEDED + 59 * DAY
    made = missions("." * 120 + "L.L.." * 23, until=end_of_july)
    found = alarm_of(history_of(made), as_of=end_of_july, rules=PERIOD_ONLY)
    assert found.periods["month"].p_value <= RULES.period_page_alpha
    assert min(found.periods[unit].p_value for unit in PERIODS) > RULES.period_warning_alpha
    assert found.level is Level.NONE


@pytest.mark.parametrize(
    ("names", "shown", "decide"),
    [
        (("28d", "month", "tertial", "year"), ("month", "tertial", "year"), ("tertial", "year")),
        (("last100", "month", "quarter", "year"), ("month", "quarter", "year"), ("quarter", "year")),
        (("year", "half_year", "quarter", "week"), ("year", "half_year", "quarter", "week"), ("quarter", "year")),
        (("28d", "year"), ("year",), ("year",)),
        (("24h", "month"), ("month",), ()),
    ],
    ids=["tertials", "quarters", "two parts of the year", "no part", "no official period"],
)
def test_evidence_is_of_the_periods_that_the_service_is_judged_by(
    names: tuple[str, ...], shown: tuple[Unit, ...], decide: tuple[Unit, ...]
) -> None:
    """A service by quarters has no tertials; two tests decide at most, which is what was simulated."""
    found = periods_of(parse_window(name) for name in names)
    assert found == shown
    assert deciding(found) == decide


def test_a_bad_quarter_pages_where_quarters_decide() -> None:
    """A calm May and June, bad from July on: the quarter's own evidence, which the tertial's hides."""
    as_of = SUPERSEDED + 43 * DAY
    made = missions("." * 200, until=as_of - 11.5 * DAY) + missions("L." * 22, until=as_of)
    line = history_of(made).timeline("oslo", "urban")
    spans = {units: to_date(units, as_of, GRID) for units in (("tertial", "year"), ("quarter", "year"))}
    level = {
        units: assess(line, PERIOD_ONLY, some, as_of=as_of, grid=GRID, pooled=False)["requirement"].level
        for units, some in spans.items()
    }
    assert level == {("tertial", "year"): Level.NONE, ("quarter", "year"): Level.BREACH}


def test_a_missed_goal_does_not_page() -> None:
    """Slower than the goal of 300 s, within the requirement of 600 s: that is a ticket's matter, of another alert."""
    slow = [replace(one, response=400.0) for one in missions("." * 120)]
    found = alarm_of(history_of(slow), rules=PERIOD_ONLY)
    figures = history_of(slow).timeline("oslo", "urban").within_span(EVER, abandoned_before=0.0)
    assert figures.counts["goal"].within == 0
    assert found.level is Level.NONE


@pytest.mark.parametrize("unit", PERIODS)
def test_either_official_period_pages(unit: Unit) -> None:
    """The tertial although the year is calm, the year although its newest tertial has hardly begun."""
    made = missions("....L....." * 60, until=NOW - 28 * DAY) + missions("L" * 40)
    as_of = NOW
    if unit == "year":  # a day into the tertial
        as_of = SUPERSEDED + 93 * DAY
        made = missions("L.." * 60, until=as_of - DAY) + missions(".", until=as_of)
    found = alarm_of(history_of(made), as_of=as_of, rules=PERIOD_ONLY)
    other = next(one for one in PERIODS if one != unit)
    assert found.periods[unit].p_value <= RULES.period_page_alpha
    assert found.periods[other].p_value > RULES.period_page_alpha
    assert found.level is Level.BREACH


def test_the_nation_has_no_drift_of_its_own() -> None:
    """Its districts have: a pool in time order mixes their levels."""
    found = alarm_of(history_of(missions(STORM)), area="national")
    assert set(found.drift.values()) == {None}
    assert not found.spread


def test_spread_is_told_of_days_and_of_months() -> None:
    """Four missions a day, a month of bad days: months differ more than chance, and the days within as well."""
    found = alarm_of(history_of(missions("....L....." * 30 + "LL.LL." * 20))).spread
    assert [*found] == ["day", "month"]
    assert found["day"].missions == found["month"].missions == 420
    assert (found["day"].groups, found["month"].groups) == (105, 4)
    assert all((one.sigma_z or 0.0) > 1.2 and (one.correlation or 0.0) > 0.1 for one in found.values())


def test_a_correction_leaves_the_alarm_that_a_right_history_would_have() -> None:
    """Order matters to what has been highest, so everything is computed anew: the wrong past leaves no trace.

    wrong   ..........LLLLLLLLLL..........     pages
    right   ..............................     as if it had never been
    """
    right = missions("." * 300)
    wrong = [
        replace(one, response=LATE) if 200 <= number < 240 else one for number, one in enumerate(right)
    ]  # fmt: skip
    history = history_of(wrong)
    assert alarm_of(history).level is Level.BREACH
    for day, stored in days_of(right)[0].items():
        history.put_day(0, head(), day, stored)
    assert alarm_of(history) == alarm_of(history_of(right))
    assert alarm_of(history).level is Level.NONE


def test_the_order_of_missions_matters_and_that_of_arrival_does_not() -> None:
    """The same missions heard of in reverse give the same alarm; the same counts in another order another score."""
    made = missions("....L....." * 20 + "L" * 8)
    turned = missions("L" * 8 + "....L....." * 20)
    assert alarm_of(history_of(made[::-1])) == alarm_of(history_of(made))
    before, after = (alarm_of(history_of(one)).drift[Baseline.TARGET] for one in (turned, made))
    assert before is not None
    assert after is not None
    assert before.score < after.score


def test_a_drift_from_the_own_year_needs_a_level() -> None:
    """Forty-nine missions before the ninety days watched give none, fifty do."""
    recent = missions("." * 40)
    for before, known in ((49, False), (50, True)):
        drift = alarm_of(history_of(missions("." * before, until=NOW - 91 * DAY) + recent)).drift
        assert (drift[Baseline.OWN_YEAR] is not None) == known
        assert drift[Baseline.TARGET] is not None


def test_missions_after_the_moment_judged_are_not_seen() -> None:
    """As of a week ago there was no storm yet: what rang later does not speak."""
    history = history_of(missions(CALM + "L" * 60))
    then = NOW - 15.5 * DAY
    quiet = history_of([one for one in missions(CALM + "L" * 60) if one.at <= then])
    assert alarm_of(history, as_of=then) == alarm_of(quiet, as_of=then)
    assert alarm_of(history, as_of=then).level is Level.NONE
    assert alarm_of(history).level is Level.BREACH


def test_an_empty_series_raises_nothing() -> None:
    """No missions: no drift, no evidence, no level."""
    found = alarm_of(history_of([]))
    assert (found.level, found.window_p_value, set(found.drift.values())) == (Level.NONE, 1.0, {None})
    assert {seen.p_value for seen in found.periods.values()} == {1.0}


def test_missions_without_a_target_raise_nothing() -> None:
    """Nothing was late where nothing was required."""
    made = [replace(one, series=("oslo", "rural")) for one in missions("L" * 100)]
    line = history_of(made).timeline("oslo", "rural")
    found = assess(line, RULES, TO_DATE, as_of=NOW, grid=GRID, pooled=False)["requirement"]
    assert found.level is Level.NONE


DEAF = replace(
    RULES, period_page_alpha=0.0, period_warning_alpha=0.0, window_warning_p_value=0.0, drift_warning_threshold=1e9
)
"""Nothing decides; tests let one thing speak."""
DRIFT_ONLY = replace(DEAF, drift_warning_threshold=RULES.drift_warning_threshold)


@pytest.mark.parametrize(
    "speaks",
    [{"period_warning_alpha": 0.05}, {"window_warning_p_value": 0.001}, {"drift_warning_threshold": 4.5}],
    ids=lambda one: next(iter(one)),
)
def test_each_of_three_opens_a_ticket_alone(speaks: dict[str, float]) -> None:
    """The periods' evidence, the test of 28 days, and drift: without all of them there is nothing."""
    storm = history_of(missions("L." * 60))
    assert alarm_of(storm, rules=DEAF).level is Level.NONE
    assert alarm_of(storm, rules=replace(DEAF, **speaks)).level is Level.WARNING  # type: ignore[arg-type]


def test_drift_opens_a_ticket_earlier_than_it_is_shown() -> None:
    """Between the two thresholds somebody looks, and no drift is shown that would page."""
    seen = []
    for lates in range(40):
        found = alarm_of(history_of(missions("." * 200 + "L" * lates)), rules=DRIFT_ONLY)
        drift = found.drift[Baseline.TARGET]
        assert drift is not None
        seen.append((found.level, drift.alarm))
    quiet, ticket, shown = (Level.NONE, False), (Level.WARNING, False), (Level.WARNING, True)
    assert list(dict.fromkeys(seen)) == [quiet, ticket, shown]


def test_what_lies_before_the_28_days_is_not_in_their_test() -> None:
    """Bad a month ago and good since: the newest 28 days show nothing."""
    found = alarm_of(history_of(missions("L" * 60, until=NOW - 29 * DAY) + missions("." * 40)))
    assert found.window_p_value == pytest.approx(1.0)


@pytest.mark.parametrize("sealed_days", [2.0, 30.5, 70.0, 119.5])
def test_drift_does_not_forget_what_was_sealed(sealed_days: float) -> None:
    """Whatever lies behind the seal line, even in the middle of a day: both scores are those of a whole memory."""
    made = missions("....L....." * 30 + "..L" * 60)
    whole = alarm_of(history_of(made))
    line = GRID.floor(NOW - 120 * DAY + sealed_days * DAY)
    behind = [replace(one, sealed=one.at < line) for one in made]
    assert any(one.sealed for one in behind)
    assert alarm_of(history_of(behind)).drift == whole.drift
    assert all(drift is not None and drift.score > 0 for drift in whole.drift.values())


def test_a_storm_before_the_days_watched_is_part_of_the_level() -> None:
    """Forty late ones a hundred days ago raise the level; they are no drift of today."""
    made = missions("." * 200 + "L" * 40, until=NOW - 91 * DAY) + missions("...")
    found = alarm_of(history_of(made)).drift[Baseline.OWN_YEAR]
    assert found is not None
    assert (found.score, found.alarm) == (0.0, False)


def test_what_is_kept_is_asked_anew_with_other_rules_or_another_moment() -> None:
    """Costly, so it is kept; but only for what it was computed from."""
    history = history_of(missions(CALM + "L" * 60))
    line = history.timeline("oslo", "urban")
    then = NOW - 15.5 * DAY
    for units in (WATCHED, ()):
        for rules, as_of in ((RULES, NOW), (DEAF, NOW), (DEAF, then), (RULES, then), (RULES, NOW)):
            fresh = history_of(missions(CALM + "L" * 60)).timeline("oslo", "urban")
            spans = to_date(units, as_of, GRID)
            kept, anew = (assess(one, rules, spans, as_of=as_of, grid=GRID, pooled=False) for one in (line, fresh))
            assert kept == anew


def test_a_drift_of_the_pool_opens_no_ticket() -> None:
    """Only what a district's own drift says is told."""
    storm = history_of(missions("L." * 60))
    assert alarm_of(storm, rules=DRIFT_ONLY).level is Level.WARNING
    assert alarm_of(storm, rules=DRIFT_ONLY, area="national").level is Level.NONE


def test_the_clock_alone_judges_no_day_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hour after hour nothing came: what days say stays as found. A moment that sees fewer missions asks anew."""
    asked: list[int] = []

    def counted(days: DayCounts, *more: object, **named: object) -> Onset:
        asked.append(int(days.judged.sum()))
        return onset_of(days, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(alarm, "onset_of", counted)
    history = history_of(missions("." * 80 + "L" * 20))
    told = [alarm_of(history, as_of=NOW + hours * 3600.0) for hours in range(5)]
    assert asked == [100]
    assert all((one.onset, one.drift, one.spread) == (told[0].onset, told[0].drift, told[0].spread) for one in told)
    alarm_of(history, as_of=NOW - 5 * DAY)
    assert len(asked) == 2
    assert asked[1] < 100
