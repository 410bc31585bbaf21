"""Series as they would be scraped minute by minute, judged by promtool: what fires at which minute.

The exporter's pipeline series are healthy unless a case says otherwise; all are of one service. A value is a number,
NaN, GONE (the target does not answer), LOST (it is gone, and Prometheus was not there to notice) or a function of the
minute.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.alerts import RULES, files
from monitor.alerts.setup import Setup

NAN: Final = "NaN"
GONE: Final = "_"
LOST: Final = "lost"
Value = float | str | Callable[[int], float]
SERVICE: Final = "police"
Phases = Sequence[tuple[int, Value]]
"""Minutes and what the series shows in them, one after another."""

STALE, STORE, RECORD = "monitor_feed_stale", "monitor_store_up", "monitor_last_record_timestamp_seconds"
EXPORTER, WORKER = 'up{job="response-exporter"}', 'up{job="response-worker"}'
NAMED: Final[Mapping[str, Value]] = {
    'response_area_info{area="national",name="Norway",within="",kind="pool"}': 1,
    'response_area_info{area="oslo",name="Oslo",within="national",kind="leaf"}': 1,
    'response_area_info{area="vest",name="Vest og Øst",within="national",kind="leaf"}': 1,
    'response_category_info{category="all",name="all",within="",kind="pool"}': 1,
    'response_category_info{category="rural",name="rural",within="all",kind="leaf"}': 1,
    'response_category_info{category="town",name="town",within="all",kind="leaf"}': 1,
    'response_category_info{category="urban",name="urban",within="all",kind="leaf"}': 1,
}
"""The service's areas and categories, a pool among each."""
HEALTHY: Final[Mapping[str, Value]] = {
    STALE: 0, STORE: 1, RECORD: lambda minute: 60 * minute, EXPORTER: 1, WORKER: 1, **NAMED,
}  # fmt: skip
SETUP: Final = Setup(longest_for_seconds=20 * 60)
"""As shipped, but an hour or a day of waiting passes in 20 minutes."""
SEVERITIES: Final = {rule.name: str(rule.severity) for rule in RULES}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires, with the labels it has beside its severity."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Mapping[str, str]:
        """Its labels with the service, which all have but those that Prometheus itself begins."""
        return self.labels if "component" in self.labels else {"service": SERVICE, **self.labels}

    def series(self) -> str:
        """As Prometheus records it."""
        labels = {"alertname": self.name, "alertstate": "firing", "severity": SEVERITIES[self.name], **self.told}
        return "ALERTS{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def judge(
    promtool: Path,
    series: Mapping[str, Phases],
    firing: Mapping[int, Sequence[Alert]],
    texts: Mapping[int, tuple[Alert, Mapping[str, str]]] | None = None,
    external: Mapping[str, str] | None = None,
    *,
    minutes_each: int = 1,
) -> None:
    """Fail unless exactly these alerts fire at these minutes (with these annotations); every minute.

    `external` are Prometheus' own labels, which say where links begin. Of a long life a step is not a minute but
    `minutes_each`.
    """
    minutes = max(sum(length for length, _ in phases) for phases in series.values())
    told = {name: [(minutes, value)] for name, value in HEALTHY.items()} | dict(series)
    test = {
        "interval": f"{minutes_each}m",
        "external_labels": dict(external or {}),
        "input_series": [{"series": _of_service(name), "values": _values(phases)} for name, phases in told.items()],
        "promql_expr_test": [
            {
                "expr": 'ALERTS{alertstate="firing"}',
                "eval_time": f"{minute * minutes_each}m",
                "exp_samples": [{"labels": alert.series(), "value": 1} for alert in alerts],
            }
            for minute, alerts in firing.items()
        ],
        "alert_rule_test": [
            {
                "alertname": alert.name,
                "eval_time": f"{minute * minutes_each}m",
                "exp_alerts": [
                    {
                        "exp_labels": {"severity": SEVERITIES[alert.name], **alert.told},
                        "exp_annotations": annotations,
                    }
                ],
            }
            for minute, (alert, annotations) in (texts or {}).items()
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        rules = []
        for place, text in files(SETUP).items():
            if "/rules/" in place:
                rules.append(Path(place).name)
                Path(folder, Path(place).name).write_text(text, encoding="utf-8")
        body = {"rule_files": rules, "evaluation_interval": f"{minutes_each}m", "tests": [test]}
        file = Path(folder, "test.yml")
        file.write_text(json.dumps(body), encoding="utf-8")
        # Much is asked of a small heap: collecting it less often saves a quarter of the time.
        done = subprocess.run(
            [promtool, "test", "rules", file], capture_output=True, text=True, check=False,
            env={**os.environ, "GOGC": "800"},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _of_service(series: str) -> str:
    """With the label that everything the monitor exposes has."""
    name, _, labels = series.partition("{")
    if name in ("up", "ALERTS") or "service=" in labels:
        return series
    return f'{name}{{service="{SERVICE}",{labels}' if labels else f'{name}{{service="{SERVICE}"}}'


def _values(phases: Phases) -> str:
    shown: list[str] = []
    for length, value in phases:
        for _ in range(length):
            minute = len(shown)
            if value == GONE and shown and shown[-1] not in (GONE, "stale"):
                shown.append("stale")  # what Prometheus writes when a scrape fails
            elif value == LOST:
                shown.append("_")
            else:
                shown.append(str(value(minute)) if callable(value) else str(value))
    return " ".join(shown)
