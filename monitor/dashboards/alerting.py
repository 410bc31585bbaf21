"""The alert rules as Grafana manages them: Prometheus judges, Grafana tells.

Grafana cannot say of itself "what is pending must not begin, and what fires must not end, while nobody can see":
where a query gives nothing it either ends an alert, or (`KeepLast`) lets a pending one begin. So its rules have no
pending time of their own. They ask what Prometheus' rule of the same name says, which waits, stands still and goes
on as `monitor.alerts.rule` promises; what Grafana does without data or without Prometheus can then neither begin nor
end one. One rule of its own tells that Prometheus does not answer, or evaluates no rules.

Grafana's templates cannot ask the data source: every figure that a text looks up becomes a query of the rule, whose
value the text then names. A district's name would be a label of another query, which they cannot reach: the names
known when the files are made stand in the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.alerts.prometheus import EVALUATED, GROUPS, seconds
from monitor.alerts.promql import selector
from monitor.alerts.rule import ALERTS, MINUTE, Rule, Severity
from monitor.alerts.text import DISTRICT_NAME
from monitor.dashboards.frame import DISTRICT_UID, NATIONAL_UID, PIPELINE_UID
from monitor.dashboards.sources import PROMETHEUS_UID
from monitor.exporter import metrics
from monitor.exporter.metrics import DISTRICT, WINDOW

EVALUATION_SECONDS: Final = 60
LOOK_BACK_SECONDS: Final = 600
CONDITION: Final = "Wrong"
VERDICT: Final = "Verdict"
HERE: Final = '{{ externalURL | reReplaceAll "/+$" "" }}'
"""This Grafana's own address. Provisioning fills in no variables in texts and queries of alert rules."""
KNOWN: Final = "known"
EXPRESSIONS: Final = "__expr__"
"""What Grafana calls its own calculations."""
TITLES: Final = {"response": "Response time", "monitor": "Monitor"}
UNWATCHED: Final = Rule(
    name="MonitorUnwatched",
    severity=Severity.PAGE,
    group="monitor",
    condition=f"{len(GROUPS)} - (count(time() - {EVALUATED} < 2 * {MINUTE}) or vector(0))",
    for_seconds=3 * MINUTE,
    summary="Prometheus does not answer, or does not evaluate the alert rules: no other alert can be told",
    description=(
        "Grafana asks Prometheus what fires. As long as this lasts, no alert begins and none ends here, whatever "
        "happens."
    ),
)
"""Grafana's own: the one thing that Prometheus cannot say of itself."""
SHOWN: Final = {
    "ResponseDriftOverTarget": "drift", "ResponseDriftOwnLevel": "drift", "ResponseGoalMissed": "times.50",
    "ResponseMissionsOverdue": "progress", "ResponseMeasurementMissing": "counts", "MonitorStoreDown": "store",
    "MonitorAbsent": "workers", "MonitorLagging": "lag", "MonitorDeadLetters": "dead_letters",
    "MonitorEventsLost": "losses", "MonitorStoreEmptied": "fencing",
}  # fmt: skip
"""The panel that shows what an alert is about, by the key of its title; others lead to their dashboard's first."""
FIRST: Final = {DISTRICT_UID: "times.80", NATIONAL_UID: "feed", PIPELINE_UID: "trouble"}

_LOOKED_UP: Final = re.compile(
    r"\{\{ with (?:printf `(?P<asked>[^`]*)` (?P<labels>[$.\w ]+) \| query|query `(?P<plain>[^`]*)`) \}\}"
    r'\{\{ \. \| first \| value \| printf "(?P<form>[^"]*)" \}\}\{\{ else \}\}(?P<unknown>[^{]*)\{\{ end \}\}'
)
_OWN_VALUE: Final = re.compile(r'\{\{ \$value(?: \| printf "(?P<form>[^"]*)")? \}\}')
_ANY_QUERY: Final = re.compile(r"\bquery\b|\$externalLabels|\$value\b")
_GREATEST: Final = " >= -Inf"
_AGGREGATION: Final = re.compile(r"\b(max|sum)(?: by \(([^)]*)\) )?\(")

Panels = Mapping[tuple[str, str], int]
"""Numbers of panels, by the uid of their dashboard (without language) and the key of their title."""


class NotTranslated(ValueError):  # noqa: N818 - named for what happened
    """A rule's text asks for something in a way that this module does not know."""


@dataclass(slots=True)
class Figures:
    """The figures that one rule's texts look up: PromQL by the name of its query, each asked once."""

    labels: tuple[str, ...]
    condition: str
    asked: dict[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call the districts, by slug."""

    def translated(self, text: str) -> str:
        """A text of Prometheus' templates as Grafana's. Raises NotTranslated."""
        named = text.replace(DISTRICT_NAME, _chosen(DISTRICT, self.names))
        told = _OWN_VALUE.sub(self._own, _LOOKED_UP.sub(self._named, named))
        if _ANY_QUERY.search(told):
            raise NotTranslated(f"Grafana has no words for: {told}")
        return told

    def _named(self, found: re.Match[str]) -> str:
        return self._told(
            for_every_series(found["asked"] or found["plain"], self.labels), found["form"], found["unknown"]
        )

    def _own(self, found: re.Match[str]) -> str:
        """What the condition gives: the rule itself only says 1 or 0."""
        return self._told(self.condition, found["form"] or "%.4g", "?")

    def _told(self, expression: str, form: str, unknown: str) -> str:
        if not self.labels:  # without any label, a figure that is missing would read as 0
            expression = f'label_replace({expression}, "{KNOWN}", "yes", "", "")'
        name = self.asked.setdefault(expression, f"F{len(self.asked) + 1}")
        one = f'(index $values "{name}")'
        return f'{{{{ if {one}.Labels }}}}{{{{ printf "{form}" {one}.Value }}}}{{{{ else }}}}{unknown}{{{{ end }}}}'


def for_every_series(asked: str, labels: Sequence[str]) -> str:
    """What was asked of one series (%q stands for its labels), asked of all of them at once."""
    expression = asked.removesuffix(_GREATEST)
    bare = re.sub(r',?\w+="?%q"?', "", expression).replace("{,", "{").replace("{}", "")
    return _AGGREGATION.sub(
        lambda found: _aggregation(found[1], dict.fromkeys((*labels, *_split(found[2])))), bare
    )  # fmt: skip


def expression(rule: Rule) -> str:
    """1 for what Prometheus' rule of the same name lets fire, 0 for every other series that is known."""
    if rule is UNWATCHED:
        return rule.condition
    by = _by(rule.labels)
    fires = f'max{by}({ALERTS}{{alertname="{rule.name}",alertstate="firing"}})'
    if DISTRICT in rule.labels:
        return f"{fires}\nor\n0 * count{by}({selector(metrics.RESPONSE_MISSIONS_OPEN)})"
    return f"{fires}\nor on ()\nvector(0)"


def groups(
    rules: Iterable[Rule], folder: str, names: Mapping[str, str], language: str, panels: Panels
) -> list[dict[str, Any]]:
    """The rule groups as provisioning wants them; `names` of districts by slug, links to dashboards of `language`."""
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
    figures = Figures(rule.labels, rule.condition, {}, names)
    dashboard, about = _dashboard(rule)
    uid, panel = f"{dashboard}-{language}", panels[dashboard, SHOWN.get(rule.name, FIRST[dashboard])]
    annotations = {
        "summary": figures.translated(rule.summary),
        "description": figures.translated(rule.description),
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
            *(_query(name, asked) for asked, name in figures.asked.items()),
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


def _chosen(label: str, names: Mapping[str, str]) -> str:
    """A template that says the name for the value of a label, and the value itself where it has none."""
    value = f"$labels.{label}"
    cases = [f"if eq {value} `{slug}` }}}}{name}" for slug, name in names.items() if name != slug]
    if not cases:
        return f"{{{{ {value} }}}}"
    return "{{ " + "{{ else ".join(cases) + f"{{{{ else }}}}{{{{ {value} }}}}{{{{ end }}}}"


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
    if DISTRICT in rule.labels:
        return DISTRICT_UID, f"?var-{DISTRICT}={{{{ $labels.{DISTRICT} }}}}&var-{WINDOW}={rule.window}"
    return NATIONAL_UID, ""


def _identity(name: str) -> str:
    """At most 40 characters, the same for ever: Grafana keeps an alert's history by it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()[:40]


def _aggregation(function: str, labels: Mapping[str, None]) -> str:
    return f"{function} by ({', '.join(labels)}) (" if labels else f"{function}("


def _split(labels: str | None) -> list[str]:
    return [one.strip() for one in labels.split(",")] if labels else []


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)}) " if labels else " "
