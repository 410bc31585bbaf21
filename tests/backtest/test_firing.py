"""The predicates of a backtest say what Prometheus says of the same alarms; and no alert of a series is forgotten."""

from pathlib import Path

import pytest

from monitor.alerts import RULES
from monitor.alerts.rule import EPISODE
from monitor.backtest.firing import ALERTS, LEFT_OUT, firing
from monitor.core.alarm import Alarm, Baseline, Level
from monitor.core.onset import Onset
from monitor.core.stats.cusum import Drift
from monitor.metrics import BREACHES, CHANGES
from tests.alerts.timeline import Alert, Phases, judge

ON, OFF = Drift(6.4, alarm=True, since=0), Drift(1.0, alarm=False, since=3)
ALARMS = [
    Alarm(level, onset, {Baseline.TARGET: OFF, Baseline.OWN_YEAR: own}, {}, 1.0)
    for level in Level
    for onset in (*Onset, None)
    for own in (ON, OFF, None)
]
HELD = 40
"""Minutes: longer than any alert waits before it is told (`timeline.SETUP`)."""


def test_every_alert_about_response_times_is_looked_back_at_or_named_as_left_out() -> None:
    """A new one must be decided about."""
    assert {rule.name for rule in RULES if rule.group != "monitor"} == {*ALERTS, *LEFT_OUT}
    assert not ALERTS & {*LEFT_OUT}


@pytest.mark.parametrize("area", ["vest", "national"])
def test_prometheus_fires_what_the_predicates_say(promtool: Path, area: str) -> None:
    """For each combination of level, onset and own drift, in an area and in a pool of areas; all of it new."""
    series: dict[str, Phases] = {}
    fires = []
    for number, alarm in enumerate(ALARMS):
        labels = {"area": area, "category": f"c{number}", "objective": "requirement"}
        series |= shown(alarm, labels)
        fires += [
            Alert(one.alert, labels | ({EPISODE: one.step} if one.step else {}))
            for one in firing({"requirement": alarm}, leaf=area == "vest")
        ]
    assert fires
    judge(promtool, series, {HELD: fires})


def shown(alarm: Alarm, labels: dict[str, str]) -> dict[str, Phases]:
    """What an exporter tells of an alarm."""
    told = ",".join(f'{name}="{value}"' for name, value in labels.items())
    series: dict[str, Phases] = {f"response_breach_level{{{told}}}": [(HELD + 1, BREACHES[alarm.level])]}
    for baseline, drift in alarm.drift.items():
        if drift is not None:
            series[f'response_drift_alarm{{{told},baseline="{baseline}"}}'] = [(HELD + 1, float(drift.alarm))]
    if alarm.onset is not None:
        series[f"response_change_level{{{told}}}"] = [(HELD + 1, CHANGES[alarm.onset])]
    return series
