"""The alert rules as Grafana manages them: Prometheus judges, Grafana tells.

Grafana cannot say of itself "what is pending must not begin, and what fires must not end, while nobody can see":
where a query gives nothing it either ends an alert, or (`KeepLast`) lets a pending one begin. So its rules have no
pending time of their own. They ask what Prometheus' rule of the same name says, which waits, stands still and goes
on as `monitor.alerts.rule` promises; what Grafana does without data or without Prometheus can then neither begin nor
end one. One rule of its own tells that Prometheus does not answer, or evaluates no rules.

Grafana's templates cannot ask the data source: every figure that a text names becomes a query of the rule, whose
value the text then prints. An area's name would be a label of another query, which they cannot reach: the names known
when the files are made stand in the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.alerts.prometheus import EVALUATED, GROUPS, seconds
from monitor.alerts.promql import selector
from monitor.alerts.rule import ALERTS, MINUTE, Rule, Severity
from monitor.alerts.text import UNKNOWN, AreaName, Figure, Text, text
from monitor.dashboards.frame import DISTRICT_UID, NATIONAL_UID, PIPELINE_UID
from monitor.dashboards.sources import PROMETHEUS_UID
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, SERVICE, WINDOW

EVALUATION_SECONDS: Final = 60
LOOK_BACK_SECONDS: Final = 600
CONDITION: Final = "Wrong"
VERDICT: Final = "Verdict"
HERE: Final = '{{ externalURL | reReplaceAll "/+$" "" }}'
"""This Grafana's own address. Provisioning fills in no variables in texts and queries of alert rules."""
EXPRESSIONS: Final = "__expr__"
"""What Grafana calls its own calculations."""
TITLES: Final = {"response": "Response time", "monitor": "Monitor"}
UNWATCHED: Final = Rule(
    name="MonitorUnwatched",
    severity=Severity.PAGE,
    group="monitor",
    condition=f"{len(GROUPS)} - (count(time() - {EVALUATED} < 2 * {MINUTE}) or vector(0))",
    for_seconds=3 * MINUTE,
    labels=(),
    summary=text("Prometheus does not answer, or does not evaluate the alert rules: no other alert can be told"),
    description=text(
        "Grafana asks Prometheus what fires. As long as this lasts, no alert begins and none ends here, whatever "
        "happens."
    ),
)
"""Grafana's own: the one thing that Prometheus cannot say of itself."""
SHOWN: Final = {
    "ResponseDriftOverTarget": "drift", "ResponseDriftOwnLevel": "drift", "ResponseObjectiveMissed": "times.50",
    "ResponseMissionsOverdue": "progress", "ResponseMeasurementMissing": "counts", "MonitorStoreDown": "store",
    "MonitorAbsent": "workers", "MonitorLagging": "lag", "MonitorDeadLetters": "dead_letters",
    "MonitorEventsLost": "losses", "MonitorStoreEmptied": "fencing",
}  # fmt: skip
"""The panel that shows what an alert is about, by the key of its title; others lead to their dashboard's first."""
FIRST: Final = {DISTRICT_UID: "times.80", NATIONAL_UID: "feed", PIPELINE_UID: "trouble"}

Panels = Mapping[tuple[str, str], int]
"""Numbers of panels, by the uid of their dashboard (without language) and the key of their title."""


@dataclass(slots=True)
class Asked:
    """The figures that one rule's texts name: PromQL by the name of its query, each asked once."""

    queries: dict[str, str] = field(default_factory=dict)
    """The name of each query by what it asks."""

    def printed(self, words: Text, names: Mapping[str, str]) -> str:
        """A text as Grafana's template; `names` are what people call the areas, by slug."""
        return "".join(self._printed(part, names) for part in words)

    def _printed(self, part: str | Figure | AreaName, names: Mapping[str, str]) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, AreaName):
            return _called(names)
        name = self.queries.setdefault(part.asked(()), f"F{len(self.queries) + 1}")
        value = f'(index $values "{name}")'  # of no labels where there is no such figure: it would read as 0
        shown = f'{{{{ printf "{part.form}" {value}.Value }}}}'
        return f"{{{{ if {value}.Labels }}}}{shown}{{{{ else }}}}{UNKNOWN}{{{{ end }}}}"


def expression(rule: Rule) -> str:
    """1 for what Prometheus' rule of the same name lets fire, 0 for every other series that is known."""
    if rule is UNWATCHED:
        return rule.condition
    by = _by(rule.labels)
    fires = f'max{by}({ALERTS}{{alertname="{rule.name}",alertstate="firing"}})'
    if AREA in rule.labels:
        return f"{fires}\nor\n0 * count{by}({selector(metrics.RESPONSE_TIME_TARGET_SECONDS)})"
    return f"{fires}\nor on ()\nvector(0)"


def groups(
    rules: Iterable[Rule], folder: str, names: Mapping[str, str], language: str, panels: Panels
) -> list[dict[str, Any]]:
    """The rule groups as provisioning wants them; `names` of areas by slug, links to dashboards of `language`."""
    made: dict[str, list[dict[str, Any]]] = {}
    for rule in (*rules, UNWATCHED):
        made.setdefault(rule.group, []).append(_written(rule, names, language, panels))
    return [
        {
            "orgId": 1,
            "name": TITLES[name],
            "folder": folder,
            "interval": seconds(EVALUATION_SECONDS),
            "rules": listed,
        }
        for name, listed in made.items()
    ]


def _written(rule: Rule, names: Mapping[str, str], language: str, panels: Panels) -> dict[str, Any]:
    asked = Asked()
    dashboard, about = _dashboard(rule)
    uid, panel = f"{dashboard}-{language}", panels[dashboard, SHOWN.get(rule.name, FIRST[dashboard])]
    annotations = {
        "summary": asked.printed(rule.summary, names),
        "description": asked.printed(rule.description, names),
        "dashboard_url": f"{HERE}/d/{uid}{about}",
        "runbook_url": f"{HERE}/d/{rule.name}",
        # What Grafana makes dashboardURL and panelURL of a notification from.
        "__dashboardUid__": uid,
        "__panelId__": str(panel),
    }
    return {
        "uid": _identity(rule.name),
        "title": rule.name,
        "condition": CONDITION,
        "data": [
            _query(VERDICT, expression(rule)),
            *(_query(name, query) for query, name in asked.queries.items()),
            _threshold(),
        ],
        # The verdict always gives something unless nothing is known and nothing fires.
        "noDataState": "OK",
        # Nothing can be pending, so nothing begins where Prometheus does not answer; one rule tells that it does not.
        "execErrState": "Alerting" if rule is UNWATCHED else "KeepLast",
        "for": seconds(rule.for_seconds if rule is UNWATCHED else 0),
        "annotations": annotations,
        "labels": {"severity": str(rule.severity)},
        "isPaused": False,
    }


def _called(names: Mapping[str, str]) -> str:
    """A template that says the area's name, and its slug where it has none."""
    slug = f"$labels.{AREA}"
    cases = "".join(f"if eq {slug} `{one}` }}}}{name}{{{{ else " for one, name in names.items() if name != one)
    return f"{{{{ {cases.removesuffix(' ')} }}}}{{{{ {slug} }}}}{{{{ end }}}}" if cases else f"{{{{ {slug} }}}}"


def _query(name: str, asked: str) -> dict[str, Any]:
    return {
        "refId": name,
        "relativeTimeRange": {"from": LOOK_BACK_SECONDS, "to": 0},
        "datasourceUid": PROMETHEUS_UID,
        "model": {
            "refId": name,
            "datasource": {"type": "prometheus", "uid": PROMETHEUS_UID},
            "editorMode": "code",
            "expr": asked,
            "instant": True,
            "range": False,
            "intervalMs": 1000,
            "maxDataPoints": 43200,
        },
    }


def _threshold() -> dict[str, Any]:
    return {
        "refId": CONDITION,
        "datasourceUid": EXPRESSIONS,
        "model": {
            "refId": CONDITION,
            "type": "threshold",
            "datasource": {"type": EXPRESSIONS, "uid": EXPRESSIONS},
            "expression": VERDICT,
            "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
        },
    }


def _dashboard(rule: Rule) -> tuple[str, str]:
    """Where to look: the dashboard (without language), and what to show there."""
    if rule.group == "monitor":
        return PIPELINE_UID, ""
    if AREA in rule.labels:
        place = "&".join(f"var-{label}={{{{ $labels.{label} }}}}" for label in (SERVICE, AREA))
        return DISTRICT_UID, f"?{place}&var-{WINDOW}={rule.window}"
    return NATIONAL_UID, ""


def _identity(name: str) -> str:
    """At most 40 characters, the same for ever: Grafana keeps an alert's history by it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()[:40]


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)}) " if labels else " "
