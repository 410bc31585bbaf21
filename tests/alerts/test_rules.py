"""Each alert fires, does not fire, keeps still while nobody can see, and is quiet at an empty start: by promtool."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from monitor import metrics
from monitor.alerts import RULES
from tests.alerts.timeline import (
    EXPORTER,
    GONE,
    LOST,
    NAMED,
    NAN,
    RECORD,
    SETUP,
    SEVERITIES,
    STALE,
    STORE,
    WORKER,
    Alert,
    Phases,
    Value,
    judge,
)

AREA: Final = {"area": "vest"}
VEST: Final = {"area": "vest", "category": "rural"}
POOL: Final = {"area": "national", "category": "rural"}
PAGING: Final = {**VEST, "objective": "eight_of_ten"}
TICKETED: Final = {**VEST, "objective": "half"}
NATION: Final = {**POOL, "objective": "eight_of_ten"}
DUTIES: Final = {
    f'response_objective_info{{objective="{slug}",statistic="percentile",percentile="{percent}",duty="{duty}"}}': 1.0
    for slug, percent, duty in (("half", 50, "ticket"), ("eight_of_ten", 80, "page"))
}
LONG: Final = 80
"""Minutes: longer than any alert of these waits."""
BLIND: Final = {"ResponseFeedStale", "MonitorStoreDown", "MonitorNoWorker", "MonitorAbsent"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What makes an alert of one series fire: its series, each with a bad and a good value."""

    alert: Alert
    series: Mapping[str, tuple[float, float]]

    def showing(self, *phases: tuple[int, str | bool]) -> dict[str, Phases]:
        """The series over time: True is bad, False good, anything else is shown as it is."""
        return {
            name: [
                (length, (bad if shown else good) if isinstance(shown, bool) else shown) for length, shown in phases
            ]
            for name, (bad, good) in self.series.items()
        }


def labelled(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def at(series: str, labels: Mapping[str, str] = VEST, more: str = "") -> str:
    return f"{series}{{{labelled(labels)}{more}}}"


FROZEN: Final = {
    sample.alert.name: sample
    for sample in (
        Sample(Alert("ResponseObjectiveBreached", PAGING), {at("response_breach_level", PAGING): (2, 0)}),
        Sample(Alert("ResponseObjectiveAtRisk", PAGING), {at("response_breach_level", PAGING): (1, 0)}),
        Sample(
            Alert("ResponseDriftOverTarget", {**PAGING, "episode": "new"}),
            {at("response_change_level", PAGING): (1, 0)},
        ),
        Sample(
            Alert("ResponseDriftOwnLevel", PAGING),
            {at("response_drift_alarm", PAGING, ',baseline="own_year"'): (1, 0)},
        ),
        Sample(
            Alert("ResponseObjectiveMissed", {**TICKETED, "window": "tertial"}),
            {at("response_verdict", TICKETED, ',window="tertial"'): (8, 1), **dict.fromkeys(DUTIES, (1, 1))},
        ),
        Sample(
            Alert("ResponseMissionsOverdue", {**AREA, "episode": "new"}),
            {
                at("response_missions_overdue"): (6, 5),
                at("response_missions_presumed_reached"): (2, 2),
                at("response_overdue_limit_missions", AREA): (4, 4),
            },
        ),
        Sample(
            Alert("ResponseMeasurementMissing", {**AREA, "clock": "turnout"}),
            {
                at("response_missions_unmeasured", more=',clock="turnout",window="28d"'): (30, 14),
                at("response_missions_measured", more=',clock="turnout",window="28d"'): (70, 86),
            },
        ),
    )
}
NEXT: Final = 'monitor_next_offset{partition="3"}'
LAG: Final = 'monitor_consumer_lag_records{partition="3"}'
SLOWED: Final = 'monitor_partition_slowed{partition="3"}'
FEED_LAG: Final = 'monitor_feed_lag_records{topic="calls",partition="3"}'
FEED_REFUSED, FEED_RECORDS = (
    'monitor_feed_refused_total{topic="calls",reason="unknown_word"}', 'monitor_feed_records_total{topic="calls"}',
)  # fmt: skip
DEAD, EVENTS = 'monitor_dead_letters_total{reason="malformed_json"}', 'monitor_events_total{outcome="new"}'


def _rising(begin: int, step: int) -> Value:
    return lambda minute: begin + step * minute


SEEING: Final[Mapping[str, tuple[Mapping[str, Value], Mapping[str, Value]]]] = {
    "ResponseFeedStale": ({STALE: 1}, {STALE: 0}),
    "ResponseFeedEmpty": ({STALE: 1, RECORD: NAN}, {STALE: 0, RECORD: NAN}),
    "MonitorStoreDown": ({STORE: 0}, {STORE: 1}),
    "MonitorLagging": ({LAG: 7, NEXT: 5}, {LAG: 0, NEXT: 5}),
    "MonitorFeedLagging": ({FEED_LAG: 7}, {FEED_LAG: 0}),
    "MonitorFeedRefuses": ({FEED_REFUSED: _rising(0, 1), FEED_RECORDS: 0}, {FEED_REFUSED: 0, FEED_RECORDS: 0}),
    "MonitorDeadLetters": ({DEAD: _rising(0, 1), EVENTS: 0}, {DEAD: 0, EVENTS: 0}),
    "MonitorEventsLost": ({"monitor_lost_offsets_total": _rising(0, 1)}, {"monitor_lost_offsets_total": 0}),
    "MonitorStoreEmptied": ({"monitor_rewinds_total": _rising(0, 1)}, {"monitor_rewinds_total": 0}),
    "MonitorNoWorker": ({"monitor_workers": 0}, {"monitor_workers": 1}),
    "MonitorInvalidFlood": ({SLOWED: 1}, {SLOWED: 0}),
    "MonitorRecordsAhead": ({"monitor_records_ahead_total": _rising(0, 1)}, {"monitor_records_ahead_total": 0}),
    "MonitorMovedAcrossPeriods": (
        {"monitor_moved_across_periods_total": _rising(0, 1)}, {"monitor_moved_across_periods_total": 0},
    ),
}  # fmt: skip
"""The other rules that need sight: series that are bad, and good."""
PLACED: Final[Mapping[str, Mapping[str, str]]] = {
    "MonitorLagging": {"partition": "3"},
    "MonitorInvalidFlood": {"partition": "3"},
    "MonitorFeedLagging": {"topic": "calls", "partition": "3"},
    "MonitorFeedRefuses": {"topic": "calls"},
}
"""Those that are told of a part."""
STALE_FEED: Final = Alert("ResponseFeedStale")
STORE_DOWN: Final = Alert("MonitorStoreDown")
NO_EXPORTER: Final = Alert("MonitorAbsent", {"component": "exporter"})


def exporter(*phases: tuple[int, str]) -> dict[str, Phases]:
    """The pipeline's series of an exporter that is "up", GONE, or NAN (up, but the store was not read yet)."""

    def shown(healthy: Value, loading: Value) -> Phases:
        values: dict[str, Value] = {"up": healthy, NAN: loading, GONE: GONE}
        return [(length, values[state]) for length, state in phases]

    return {
        STALE: shown(0, NAN),
        STORE: shown(1, 1),
        RECORD: shown(lambda minute: 60 * minute, NAN),
        EXPORTER: [(length, 0 if state == GONE else 1) for length, state in phases],
    }


def names(alerts: Iterable[Alert]) -> set[str]:
    return {alert.name for alert in alerts}


KNOWN: Final[Mapping[str, tuple[Value, Value]]] = {
    STALE: (0, 0), STORE: (1, 1), RECORD: (_rising(0, 60),) * 2, **{name: (one, one) for name, one in NAMED.items()},
}  # fmt: skip
"""What the exporter tells beside, whatever is wrong."""


def everything(name: str) -> tuple[Alert, dict[str, tuple[Value, Value]]]:
    """A rule's alert, and every series that it looks at with its bad and its good value."""
    if name in FROZEN:
        sample = FROZEN[name]
        return sample.alert, {**KNOWN, **sample.series}
    bad, good = SEEING[name]
    series = {key: (bad[key], good[key]) for key in bad}
    return Alert(name, PLACED.get(name, {})), {**KNOWN, **series}


SIGHTED: Final = [*FROZEN, *SEEING]
WAITS: Final = {rule.name: SETUP.held_seconds(rule.for_seconds) // 60 for rule in RULES if rule.sight}
"""Minutes that a condition must hold."""


def test_every_rule_that_keeps_still_has_a_sample() -> None:
    """No rule is left out of the tests below, but the one that is about absence."""
    assert set(FROZEN) == {rule.name for rule in RULES if rule.frozen}
    assert (
        set(SIGHTED)
        == {rule.name for rule in RULES if rule.sight}
        == {rule.name for rule in RULES} - {"MonitorAbsent"}
    )


@pytest.mark.parametrize("gone", [GONE, LOST], ids=["the scrape fails", "nobody noticed"])
@pytest.mark.parametrize("name", [name for name in SIGHTED if WAITS[name]])
def test_nothing_begins_on_no_data(promtool: Path, name: str, gone: str) -> None:
    """A condition that holds, but not for long enough yet, when the monitor vanishes never fires.

    What fires is that the monitor is gone.

    good 0 .... 30   bad 30 .. waits - 1   gone until 150
    """
    _, series = everything(name)
    waits = WAITS[name]
    shown: dict[str, Phases] = {
        key: [(30, good), (waits - 1, bad), (120 - waits, gone)] for key, (bad, good) in series.items()
    }
    away: dict[str, Phases] = {EXPORTER: [(29 + waits, 1), (120 - waits, 0)]}
    away[WORKER] = away[EXPORTER]
    blind = [NO_EXPORTER, Alert("MonitorAbsent", {"component": "worker"})]
    judge(
        promtool,
        shown | away,
        {minute: blind if minute >= 32 + waits else [] for minute in range(28 + waits, 148)},
    )


@pytest.mark.parametrize("gone", [GONE, LOST], ids=["the scrape fails", "nobody noticed"])
@pytest.mark.parametrize("name", SIGHTED)
def test_what_fires_goes_on_while_nobody_can_see(promtool: Path, name: str, gone: str) -> None:
    """The monitor vanishes while the alert fires: hours later it still does, and the absence is told beside it."""
    alert, series = everything(name)
    length = 45
    shown: dict[str, Phases] = {key: [(length, bad), (400, gone)] for key, (bad, _) in series.items()}
    away: dict[str, Phases] = {EXPORTER: [(length, 1), (400, 0)], WORKER: [(length, 1), (400, 0)]}
    blind = [NO_EXPORTER, Alert("MonitorAbsent", {"component": "worker"})]
    judge(promtool, shown | away, {44: [alert], 46: [alert], 60: [*blind, alert], 444: [*blind, alert]})


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_it_fires_after_its_time_and_ends_with_its_cause(promtool: Path, sample: Sample) -> None:
    """Not at once, not for ever: bad for 80 minutes, then good.

    good  0 .... 10   bad 10 ........ 90   good 90 ....... 120
    """
    waits = next(SETUP.held_seconds(rule.for_seconds) for rule in RULES if rule.name == sample.alert.name) // 60
    judge(
        promtool,
        sample.showing((10, False), (LONG, True), (30, False)),
        {9: [], 9 + waits: [], 10 + waits: [sample.alert], 89: [sample.alert], 115: []},
    )


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_it_does_not_fire_on_what_is_good(promtool: Path, sample: Sample) -> None:
    """Values just on the good side, for hours."""
    judge(promtool, sample.showing((180, False)), {60: [], 120: [], 179: []})


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_a_silent_feed_neither_ends_nor_begins_it(promtool: Path, sample: Sample) -> None:
    """While the feed is stale, good does not resolve and bad does not fire; the silence itself is told.

    bad 0 .... 80   stale 80 .... 140 (shows good)   alive and good 140 .... 180
    good 0 ... 80   stale 80 .... 140 (shows bad)    alive and good 140 .... 180
    """
    silence: dict[str, Phases] = {STALE: [(LONG, 0), (60, 1), (40, 0)]}
    bad = sample.showing((LONG, True), (60, False), (40, False))
    judge(promtool, bad | silence, {79: [sample.alert], 90: [STALE_FEED, sample.alert],
                                    139: [STALE_FEED, sample.alert], 170: []})  # fmt: skip
    good = sample.showing((LONG, False), (60, True), (40, False))
    judge(promtool, good | silence, {79: [], 90: [STALE_FEED], 139: [STALE_FEED], 170: []})


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_an_exporter_that_is_away_and_comes_back_changes_nothing(promtool: Path, sample: Sample) -> None:
    """Gone for an hour, then up without having read the store: only MonitorAbsent is new.

    bad 0 .... 80   gone 80 .... 140   up, reading (NaN) 140 .. 150   good 150 .... 190
    """
    away = exporter((LONG, "up"), (60, GONE), (10, NAN), (40, "up"))
    judge(
        promtool,
        sample.showing((LONG, True), (60, GONE), (10, NAN), (40, False)) | away,
        {79: [sample.alert], 81: [sample.alert], 90: [NO_EXPORTER, sample.alert],
         139: [NO_EXPORTER, sample.alert], 148: [sample.alert], 175: []},
    )  # fmt: skip


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_a_store_that_is_down_freezes_it(promtool: Path, sample: Sample) -> None:
    """Figures that are no longer renewed prove nothing, neither good nor bad."""
    down: dict[str, Phases] = {STORE: [(LONG, 1), (100, 0), (40, 1)]}
    bad = sample.showing((LONG, True), (100, False), (40, False))
    judge(promtool, bad | down, {79: [sample.alert], 90: [STORE_DOWN, sample.alert],
                                 179: [STORE_DOWN, sample.alert], 210: []})  # fmt: skip
    judge(promtool, sample.showing((LONG, False), (100, True), (40, False)) | down, {90: [STORE_DOWN], 210: []})


@pytest.mark.parametrize("sample", FROZEN.values(), ids=FROZEN)
def test_one_exporter_that_still_reads_does_not_hide_the_other(promtool: Path, sample: Sample) -> None:
    """Of two exporters one knows and one shows NaN: what is known counts."""
    first = sample.showing((LONG, True))
    second = {name.replace("}", ',instance="b"}'): [(LONG, NAN)] for name in first.keys() - DUTIES.keys()}
    judge(promtool, first | second | {STALE + '{instance="b"}': [(LONG, NAN)]}, {79: [sample.alert]})


def test_nothing_fires_at_an_empty_start(promtool: Path) -> None:
    """All series are there and NaN, then the store is read and empty: the only news, after an hour, is a ticket."""
    series: dict[str, Phases] = {}
    for sample in FROZEN.values():
        series |= sample.showing((30, NAN), (120, False))
    series |= {STALE: [(30, NAN), (120, 1)], RECORD: [(150, NAN)], STORE: [(1, 0), (149, 1)]}
    judge(promtool, series, {1: [], 29: [], 49: [], 60: [Alert("ResponseFeedEmpty")]})


def test_a_district_that_shows_nothing_yet_is_quiet(promtool: Path) -> None:
    """A baseline without enough missions is NaN with everything else alive: no drift."""
    judge(promtool, {at("response_drift_alarm", PAGING, ',baseline="own_year"'): [(90, NAN)]}, {89: []})


def test_a_baseline_that_ceases_to_exist_ends_its_alert(promtool: Path) -> None:
    """NaN because there is none to give is an answer, unlike NaN because nothing was read."""
    drift = FROZEN["ResponseDriftOwnLevel"]
    judge(promtool, drift.showing((30, True), (30, NAN)), {29: [drift.alert], 50: []})


def test_the_country_is_a_ticket_and_no_district(promtool: Path) -> None:
    """National breach, change and waiting missions page nobody; the breach is told once."""
    series: dict[str, Phases] = {
        at("response_breach_level", NATION): [(LONG, 2)],
        at("response_change_level", NATION): [(LONG, 2)],
        at("response_drift_alarm", NATION, ',baseline="target"'): [(LONG, 1)],
        at("response_missions_overdue", POOL): [(LONG, 9)],
    }
    judge(promtool, series, {79: [Alert("ResponseObjectiveBreached", NATION)]})


def test_a_breach_wakes_nobody_however_sure_it_is(promtool: Path) -> None:
    """Pages are about what is new: a year that is missed is for working hours."""
    paging = {name for name, severity in SEVERITIES.items() if severity == "page" and name in FROZEN}
    assert paging == {"ResponseDriftOverTarget", "ResponseMissionsOverdue"}
    judge(promtool, {at("response_breach_level", PAGING): [(LONG, 2)]},
          {79: [Alert("ResponseObjectiveBreached", PAGING)]})  # fmt: skip


def late_now(
    late: float, *, reached: float = 0, limit: float = 3, labels: Mapping[str, str] = VEST
) -> dict[str, Phases]:
    """The series of missions in progress of one category, for half an hour."""
    return {
        at("response_missions_overdue", labels): [(30, late)],
        at("response_missions_presumed_reached", labels): [(30, reached)],
        at("response_overdue_limit_missions", {"area": labels["area"]}): [(30, limit)],
    }


OVERDUE: Final = Alert("ResponseMissionsOverdue", {**AREA, "episode": "new"})
OVERDUE_WORSE: Final = Alert("ResponseMissionsOverdue", {**AREA, "episode": "worse"})


def test_overdue_missions_add_up_over_the_classes_of_a_district(promtool: Path) -> None:
    """Two towns and one farm are three; two and one in different districts are not."""
    town, oslo = {**VEST, "category": "town"}, {"area": "oslo", "category": "urban"}
    series = late_now(1) | late_now(2, labels=town) | late_now(2, labels=oslo)
    judge(promtool, series, {29: [OVERDUE]})


def test_missions_that_are_probably_reached_do_not_count(promtool: Path) -> None:
    """Nine that nobody closed, and two on their way: no page. A third one on its way is one."""
    judge(promtool, late_now(11, reached=9), {29: []})
    judge(promtool, late_now(12, reached=9), {29: [OVERDUE]})


def test_an_area_has_its_own_limit_and_twice_as_many_are_worse(promtool: Path) -> None:
    """Five are usual there, ten are told once more; and fewer than three are no page anywhere."""
    judge(promtool, late_now(4, limit=5), {29: []})
    judge(promtool, late_now(9, limit=5), {29: [OVERDUE]})
    judge(promtool, late_now(10, limit=5), {29: [OVERDUE, OVERDUE_WORSE]})
    judge(promtool, late_now(2, limit=1), {29: []})


def test_overdue_missions_are_not_believed_after_an_hour_of_silence(promtool: Path) -> None:
    """Nothing was heard since minute 10: what is overdue from minute 75 on may long have ended.

    What fires when the silence begins goes on until something is heard.
    """
    overdue, alert = at("response_missions_overdue"), FROZEN["ResponseMissionsOverdue"].alert
    heard: Phases = [(10, lambda minute: 60 * minute), (110, 600)]
    beside: dict[str, Phases] = {
        at("response_missions_presumed_reached"): [(120, 0)],
        at("response_overdue_limit_missions", AREA): [(120, 5)],
        RECORD: heard,
    }
    judge(promtool, {overdue: [(75, 0), (45, 9)], **beside}, {119: []})
    judge(promtool, {overdue: [(75, 9), (45, 0)], **beside}, {60: [alert], 119: [alert]})


@pytest.mark.parametrize(
    ("unmeasured", "measured", "tells"),
    [(15, 85, False), (23, 77, True), (9, 10, False), (10, 10, True), (4, 16, False), (400, 1600, True)],
    ids=["15 of 100", "23 of 100", "half of 19", "half of 20", "4 of 20", "20 % of 2000"],
)
def test_missing_times_are_told_when_they_are_more_than_chance(
    promtool: Path, unmeasured: int, measured: int, tells: bool
) -> None:
    """More than 15 %, by two standard deviations, of at least 20 missions."""
    sample = FROZEN["ResponseMeasurementMissing"]
    missing, times = sample.series
    judge(promtool, {missing: [(LONG, unmeasured)], times: [(LONG, measured)]}, {79: [sample.alert] if tells else []})


def test_a_clock_that_cannot_be_measured_is_told_alone(promtool: Path) -> None:
    """Of a service with several clocks: what one lacks, another may have."""
    series: dict[str, Phases] = {}
    for clock, unmeasured in (("turnout", 0), ("travel", 40)):
        series[at("response_missions_unmeasured", more=f',clock="{clock}",window="28d"')] = [(LONG, unmeasured)]
        series[at("response_missions_measured", more=f',clock="{clock}",window="28d"')] = [(LONG, 100 - unmeasured)]
    judge(promtool, series, {79: [Alert("ResponseMeasurementMissing", {**AREA, "clock": "travel"})]})


def test_a_missed_objective_without_strong_evidence_is_not_told(promtool: Path) -> None:
    """The official answer alone is no reason for a ticket, nor is any that is not one: met, no data, no target."""
    duties = {name: [(LONG, value)] for name, value in DUTIES.items()}
    for code in sorted({*metrics.VERDICTS.values()} - {8}):
        judge(promtool, {at("response_verdict", TICKETED, ',window="tertial"'): [(LONG, code)], **duties}, {79: []})


@pytest.mark.parametrize(
    ("window", "objective"),
    [("tertial", "eight_of_ten"), ("month", "half"), ("year", "half"), ("28d", "half"), ("quarter", "unheard_of")],
)
def test_nothing_but_a_ticketed_objective_of_a_part_of_the_year_is_told_by_a_missed_window(
    promtool: Path, window: str, objective: str
) -> None:
    """Missed with strong evidence is no alert: neither over other windows, nor by an objective of another duty."""
    series: dict[str, Phases] = {name: [(LONG, value)] for name, value in DUTIES.items()}
    series[at("response_verdict", {**VEST, "objective": objective}, f',window="{window}"')] = [(LONG, 8)]
    judge(promtool, series, {79: []})


@pytest.mark.parametrize("window", ["quarter", "tertial", "half_year"])
def test_a_ticketed_objective_is_told_by_the_part_of_the_year_that_its_service_has(
    promtool: Path, window: str
) -> None:
    """The rule knows no service's calendar; the alert says which period it is about."""
    series: dict[str, Phases] = {name: [(LONG, value)] for name, value in DUTIES.items()}
    series[at("response_verdict", TICKETED, f',window="{window}"')] = [(LONG, 8)]
    judge(promtool, series, {79: [Alert("ResponseObjectiveMissed", {**TICKETED, "window": window})]})


def test_a_warning_pages_nobody(promtool: Path) -> None:
    """The level of a breach decides who is told: a warning is a ticket, for the country as for a district."""
    for labels in (PAGING, NATION):
        series: dict[str, Phases] = {at("response_breach_level", labels): [(LONG, 1)]}
        judge(promtool, series, {79: [Alert("ResponseObjectiveAtRisk", labels)]})
    assert SEVERITIES["ResponseObjectiveAtRisk"] == "ticket"


def test_a_silent_feed_is_told_even_when_the_exporter_goes_away(promtool: Path) -> None:
    """The page lasts until something is heard."""
    away = exporter((30, "up"), (100, GONE), (10, NAN), (20, "up"))
    away[STALE] = [(30, 1), (100, GONE), (10, NAN), (20, 0)]
    judge(promtool, away, {29: [STALE_FEED], 120: [NO_EXPORTER, STALE_FEED], 138: [STALE_FEED], 150: []})


@pytest.mark.parametrize(("job", "component"), [(EXPORTER, "exporter"), (WORKER, "worker")])
def test_absence_is_told_when_the_last_one_is_gone(promtool: Path, job: str, component: str) -> None:
    """One of two is enough to go on; none, or none configured, is a page."""
    absent = Alert("MonitorAbsent", {"component": component})
    other = job.replace("}", ',instance="b"}')
    judge(promtool, {job: [(40, 0)], other: [(20, 1), (20, 0)]}, {19: [], 21: [], 30: [absent]})
    judge(promtool, {job: [(40, GONE)]}, {1: [], 20: [absent]})


def test_a_feed_is_missed_only_where_somebody_named_one(promtool: Path) -> None:
    """Not every service has a feed; one that was named and does not answer is a page, until another does."""
    absent = Alert("MonitorAbsent", {"component": "feed"})
    feed = 'up{job="response-feed"}'
    judge(promtool, {feed: [(20, 1), (20, 0), (20, 1)]}, {19: [], 21: [], 30: [absent], 50: []})
    judge(promtool, {feed: [(40, 0)], feed.replace("}", ',instance="b"}'): [(40, 1)]}, {30: []})
    judge(promtool, exporter((40, "up")), {30: []})


@pytest.mark.parametrize(
    ("lag", "tells"),
    [
        ([(60, 7)], True),
        ([(60, lambda minute: 100 * minute)], True),
        ([(60, lambda minute: 50_000 - 500 * minute)], False),
        ([(60, lambda minute: (minute * 37) % 50)], False),
        ([(8, 0), (9, 500), (43, 0)], False),
    ],
    ids=["stuck", "falls back", "catches up", "busy", "caught up"],
)
def test_a_feed_lags_when_it_is_behind_and_does_not_catch_up(promtool: Path, lag: Phases, tells: bool) -> None:
    """A feed has no offset in the store: it is held against its own past ten minutes, partition by partition."""
    others: dict[str, Phases] = {
        FEED_LAG.replace("3", "4"): [(60, 0)],
        'monitor_feed_records_total{topic="calls"}': offsets(9),
    }
    told = [Alert("MonitorFeedLagging", PLACED["MonitorFeedLagging"])] if tells else []
    judge(promtool, {FEED_LAG: lag, **others}, {59: told})


def test_a_feed_that_is_taken_away_while_it_lags_is_told_for_an_hour_and_no_longer(promtool: Path) -> None:
    """It is its own only witness: a page that nothing could end would be silenced, and the next one with it."""
    told = Alert("MonitorFeedLagging", PLACED["MonitorFeedLagging"])
    gone: Phases = [(30, 7), (120, GONE)]
    judge(promtool, {FEED_LAG: gone, FEED_RECORDS: [(30, 0), (120, GONE)]}, {29: [told], 60: [told], 149: []})


def test_what_a_feed_refuses_is_counted_over_all_its_processes_and_not_a_drop_in_the_sea(promtool: Path) -> None:
    """Three and three are six; six of ten thousand are none to look after."""
    told = Alert("MonitorFeedRefuses", {"topic": "calls"})

    def both(name: str, value: Value) -> dict[str, Phases]:
        return {name.replace("}", f',instance="{one}"}}'): [(10, 0), (50, value)] for one in "ab"}

    few = both(FEED_REFUSED, 3)
    judge(promtool, {**few, **both(FEED_RECORDS, 10)}, {9: [], 20: [told]})
    judge(promtool, {**few, **both(FEED_RECORDS, 5_000)}, {20: []})


def test_absence_is_told_by_service_where_prometheus_knows_whose_its_targets_are(promtool: Path) -> None:
    """The exporter of one service is gone while another's answers: it is that one, and nobody else."""
    series: dict[str, Phases] = {
        EXPORTER: [(40, GONE)],
        EXPORTER.replace("}", ',service="fire"}'): [(40, 1)],
        EXPORTER.replace("}", ',service="police"}'): [(20, 1), (20, 0)],
    }
    absent = Alert("MonitorAbsent", {"component": "exporter", "service": "police"})
    judge(promtool, series, {19: [], 21: [], 30: [absent]})


def test_a_store_that_blinks_pages_nobody(promtool: Path) -> None:
    """Two minutes are a restart."""
    judge(promtool, {STORE: [(20, 1), (2, 0), (20, 1)]}, {20: [], 22: [], 30: []})


def offsets(speed: int) -> Phases:
    return [(60, lambda minute: speed * minute)]


@pytest.mark.parametrize(
    ("lag", "speed", "tells"),
    [
        ([(60, 7)], 0, True),
        ([(60, 7)], 100, False),
        ([(60, 50_000)], 100, True),
        ([(8, 0), (9, 500), (43, 0)], 1, False),
    ],
    ids=["stuck", "busy but quick", "an hour behind", "caught up"],
)
def test_a_worker_lags_when_it_is_behind_and_does_not_catch_up(
    promtool: Path, lag: Phases, speed: int, tells: bool
) -> None:
    """What counts is the time it would take, so one record at night counts as well as a million in a replay."""
    series: dict[str, Phases] = {
        'monitor_consumer_lag_records{partition="3"}': lag,
        'monitor_next_offset{partition="3"}': offsets(speed),
    }
    judge(promtool, series, {59: [Alert("MonitorLagging", {"partition": "3"})] if tells else []})


def test_no_worker_is_told_at_once_and_not_guessed(promtool: Path) -> None:
    """Nobody lives: a page, until somebody does. Not known who lives, or nobody to ask: none begins."""
    nobody = Alert("MonitorNoWorker")
    judge(promtool, {"monitor_workers": [(10, 2), (10, 0), (10, 1)]}, {9: [], 10: [nobody], 19: [nobody], 20: []})
    judge(promtool, {"monitor_workers": [(10, 1), (20, NAN), (10, GONE)]}, {15: [], 29: [], 38: []})
    two: dict[str, Phases] = {
        'monitor_workers{instance="a"}': [(30, NAN)],
        'monitor_workers{instance="b"}': [(10, 1), (20, 0)],
    }
    judge(promtool, two, {9: [], 20: [nobody]})


def test_a_flood_of_invalid_records_is_told_at_once_by_partition(promtool: Path) -> None:
    """Whoever is paged reads which partition; a pause between two waves is no end."""
    flood = Alert("MonitorInvalidFlood", {"partition": "3"})
    series: dict[str, Phases] = {
        'monitor_partition_slowed{partition="3"}': [(10, 0), (5, 1), (5, 0), (5, 1), (35, 0)],
        'monitor_partition_slowed{partition="4"}': [(60, 0)],
    }
    judge(promtool, series, {9: [], 10: [flood], 17: [flood], 24: [flood], 50: []})


def test_dead_letters_are_told_when_they_are_several_and_not_a_drop_in_the_sea(promtool: Path) -> None:
    """Four are an accident; six of thirty thousand are few; what was refused long ago is no news."""
    dead, events = 'monitor_dead_letters_total{reason="malformed"}', 'monitor_events_total{outcome="new"}'

    def steps(before: int, after: int) -> Phases:
        return [(60, before), (500, after)]

    told = Alert("MonitorDeadLetters")
    judge(promtool, {dead: steps(900, 906), events: steps(0, 900)}, {59: [], 90: [told], 500: []})
    judge(promtool, {dead: steps(900, 904), events: steps(0, 900)}, {90: []})
    judge(promtool, {dead: steps(900, 906), events: steps(0, 30_000)}, {90: []})


@pytest.mark.parametrize("reason", ["batch_too_large", "batch_unreadable", "ledger_full"])
def test_one_dead_letter_is_told_where_it_may_stand_for_many_missions(promtool: Path, reason: str) -> None:
    """Among thirty thousand events, too."""
    series: dict[str, Phases] = {
        f'monitor_dead_letters_total{{reason="{reason}"}}': [(60, 0), (500, 1)],
        'monitor_events_total{outcome="new"}': [(60, 0), (500, 30_000)],
    }
    judge(promtool, series, {59: [], 90: [Alert("MonitorDeadLetters")], 500: []})


def test_lost_events_and_an_emptied_store_are_told_once(promtool: Path) -> None:
    """A rewind that happened before the worker was first asked counts as well."""
    judge(promtool, {"monitor_lost_offsets_total": [(30, 7), (150, 12)]},
          {29: [], 40: [Alert("MonitorEventsLost")], 150: []})  # fmt: skip
    judge(promtool, {"monitor_rewinds_total": [(30, GONE), (150, 1)]},
          {29: [], 40: [Alert("MonitorStoreEmptied")], 150: []})  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("monitor_records_ahead_total", "MonitorRecordsAhead"),
        ("monitor_moved_across_periods_total", "MonitorMovedAcrossPeriods"),
    ],
)
def test_a_wrong_clock_and_a_changed_year_are_told_and_end_by_themselves(
    promtool: Path, metric: str, name: str
) -> None:
    """One more is enough; whatever there was before the exporter was first asked is not news."""
    judge(promtool, {metric: [(30, 7), (150, 8)]}, {29: [], 40: [Alert(name)], 150: []})
    judge(promtool, {metric: [(30, GONE), (60, 9)]}, {29: [], 40: []})


def test_a_page_tells_its_numbers(promtool: Path) -> None:
    """Whoever is woken reads where, how much of how many, and against which objective with which target."""
    series: dict[str, Phases] = FROZEN["ResponseObjectiveBreached"].showing((30, True))
    series[at("response_missions_judged", PAGING, ',window="year"')] = [(30, 84)]
    series[at("response_missions_within_target", PAGING, ',window="year"')] = [(30, 60)]
    series[at("response_time_target_seconds", PAGING)] = [(30, 960)]
    texts = {
        "summary": "Vest og Øst, rural: eight_of_ten is breached, 71.4 % within it this year",
        "description": "The objective eight_of_ten (16 min) is not met by the 84 missions of this year, or of its "
        "part to date, and that is not chance: a test made for being looked at all the time has passed its "
        "threshold. The ticket lasts until the period ends.",
        "dashboard_url": "http://127.0.0.1:8080/area/vest?window=year#rural",
        "runbook_url": "http://127.0.0.1:3000/d/ResponseObjectiveBreached",
    }
    breached = FROZEN["ResponseObjectiveBreached"].alert
    judge(promtool, series, {29: [breached]}, {29: (breached, texts)})


@pytest.mark.parametrize("unknown", [GONE, NAN], ids=["no share is shown", "the share is no number"])
def test_an_objective_about_a_mean_is_told_in_seconds_over_its_target(promtool: Path, unknown: str) -> None:
    """A mean has no share within the target, and no late missions that it still allows."""
    mean = {**VEST, "objective": "mean"}
    series: dict[str, Phases] = {
        at("response_verdict", mean, ',window="quarter"'): [(LONG, 8)],
        at("response_time_seconds", mean, ',window="quarter"'): [(LONG, 472)],
        at("response_time_target_seconds", mean): [(LONG, 420)],
        at("response_missions_judged", mean, ',window="quarter"'): [(LONG, 84)],
        at("response_missions_within_target", mean, ',window="quarter"'): [(LONG, unknown)],
        at("response_late_budget_missions", mean, ',window="quarter"'): [(LONG, unknown)],
        'response_objective_info{objective="mean",statistic="mean",duty="ticket"}': [(LONG, 1)],
    }
    texts = {
        "summary": "Vest og Øst, rural: mean is missed, 52 s over it this period",
        "description": "The objective mean (7 min) is missed in the quarter to date, with strong evidence. So far: "
        "52 s over it.",
        "dashboard_url": "http://127.0.0.1:8080/area/vest?window=quarter#rural",
        "runbook_url": "http://127.0.0.1:3000/d/ResponseObjectiveMissed",
    }
    missed = Alert("ResponseObjectiveMissed", {**mean, "window": "quarter"})
    judge(promtool, series, {79: [missed]}, {79: (missed, texts)})


def test_what_a_former_version_let_fire_is_not_gone_on_with_for_ever(promtool: Path) -> None:
    """Alerts from before they had a service: the new rules tell what they see, and nothing without labels."""
    former = {"alertname": "MonitorNoWorker", "alertstate": "firing", "severity": "page"}
    breach = {**former, "alertname": "ResponseObjectiveBreached", "district": "vest", "settlement": "rural"}
    series: dict[str, Phases] = {
        f"ALERTS{{{labelled(labels)}}}": [(10, 1), (50, GONE)] for labels in (former, breach)
    }
    judge(promtool, series | {"monitor_workers": [(60, 1)]}, {12: [], 30: [], 59: []})


def _of_fire(series: Iterable[str]) -> dict[str, Phases]:
    """Names of areas and categories, of another service in the same Prometheus."""
    return {name.replace("{", '{service="fire",', 1): [(LONG, 1)] for name in series}


@pytest.mark.parametrize("name", FROZEN)
def test_of_two_services_side_by_side_the_one_that_breaches_fires_alone(promtool: Path, name: str) -> None:
    """Both show the same areas, categories and objectives; one is bad, the other good: one alert, of its service."""
    sample = FROZEN[name]
    series: dict[str, Phases] = {
        key.replace("{", '{service="fire",', 1): [(LONG, good)] for key, (_, good) in sample.series.items()
    }
    series |= {f'{one}{{service="fire"}}': [(LONG, value)] for one, value in ((STALE, 0), (STORE, 1))}
    series |= {f'{RECORD}{{service="fire"}}': [(LONG, _rising(0, 60))], **_of_fire(NAMED)}
    judge(promtool, {**series, **sample.showing((LONG, True))}, {79: [sample.alert]})


def test_a_mission_of_a_category_and_its_pool_is_counted_once(promtool: Path) -> None:
    """Two that are overdue are two, although the pool of all categories shows them again."""
    both = {**VEST, "category": "all"}
    series: dict[str, Phases] = {
        at("response_missions_overdue"): [(LONG, 2)],
        at("response_missions_overdue", both): [(LONG, 2)],
    }
    judge(promtool, series, {79: []})


@pytest.mark.parametrize(
    ("service", "begins"),
    [("police", "https://one.example.org"), ("fire-north", "https://fire.example.org")],
    ids=["the board of all", "a board of its own"],
)
def test_a_link_leads_to_the_board_of_its_service(promtool: Path, service: str, begins: str) -> None:
    """Each service has a board of its own; the label that says where goes on with the service's name."""
    down = {name: f'{name}{{service="{service}"}}' for name in (STALE, STORE, RECORD)}
    series: dict[str, Phases] = {down[STALE]: [(30, 0)], down[STORE]: [(30, 0)], down[RECORD]: [(30, _rising(0, 60))]}
    alert = Alert("MonitorStoreDown", {"service": service})
    texts = {
        "summary": "The store (Redis) does not answer, or holds what this program cannot read",
        "description": "The figures shown were read ? min ago and are not renewed. Workers wait; nothing is lost as "
        "long as Kafka keeps the events. Alerts about response times stand still.",
        "dashboard_url": f"{begins}/?window=24h",
        "runbook_url": "http://127.0.0.1:3000/d/MonitorStoreDown",
    }
    external = {"dashboards": "https://one.example.org", "dashboards_fire_north": "https://fire.example.org"}
    judge(promtool, series, {29: [alert]}, {29: (alert, texts)}, external)


def test_one_service_says_nothing_about_another(promtool: Path) -> None:
    """Two in one Prometheus: the dead store of one neither freezes nor frees the alerts of the other."""
    ours, theirs = (
        at("response_breach_level", PAGING),
        at("response_breach_level", {"service": "fire", **PAGING}),
    )
    fire = {name: name + '{service="fire"}' for name in (STALE, STORE, RECORD)}
    series: dict[str, Phases] = {
        ours: [(LONG, 2)], theirs: [(LONG, 2)],
        fire[STALE]: [(LONG, 0)], fire[STORE]: [(LONG, 0)], fire[RECORD]: [(LONG, _rising(0, 60))],
        **_of_fire(NAMED),
    }  # fmt: skip
    down = Alert("MonitorStoreDown", {"service": "fire"})
    judge(promtool, series, {79: [down, Alert("ResponseObjectiveBreached", PAGING)]})
    mended = series | {fire[STORE]: [(LONG, 1)], STORE: [(LONG, 0)]}
    breached = Alert("ResponseObjectiveBreached", {"service": "fire", **PAGING})
    judge(promtool, mended, {79: [STORE_DOWN, breached]})
