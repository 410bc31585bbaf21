"""The alert rules as Grafana manages them: Prometheus judges, Grafana tells.

Grafana cannot say of itself "what is pending must not begin, and what fires must not end, while nobody can see":
where a query gives nothing it either ends an alert, or (`KeepLast`) lets a pending one begin. So its rules have no
pending time of their own. They ask what Prometheus' rule of the same name says, which waits, stands still and goes
on as `monitor.alerts.rule` promises; what Grafana does without data or without Prometheus can then neither begin nor
end one. One rule of its own tells that Prometheus does not answer, or evaluates no rules.

Grafana's templates cannot ask the data source: every figure that a text names becomes a query of the rule, whose
value the text then prints. An area's name would be a label of another query, which they cannot reach: the names of
the service that the files are made for stand in the text, other services' areas are told by their slugs.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor import metrics
from monitor.alerts.prometheus import EVALUATED, GROUPS
from monitor.alerts.promql import seconds, selector
from monitor.alerts.rule import ALERTS, MINUTE, Group, Rule, Severity
from monitor.alerts.text import KNOWN, UNKNOWN, AreaName, Blank, Figure, FirstKnown, Label, Scope, Text, text
from monitor.dashboards.frame import AREA_UID, OVERVIEW_UID, PIPELINE_UID
from monitor.dashboards.sources import PROMETHEUS_UID
from monitor.metrics import AREA, OBJECTIVE, SERVICE, WINDOW
from monitor.words.catalogue import Language
from monitor.words.speaker import speaker

EVALUATION_SECONDS: Final = 60
LOOK_BACK_SECONDS: Final = 600
CONDITION: Final = "Wrong"
VERDICT: Final = "Verdict"
HERE: Final = '{{ externalURL | reReplaceAll "/+$" "" }}'
"""This Grafana's own address. Provisioning fills in no variables in texts and queries of alert rules."""
EXPRESSIONS: Final = "__expr__"
"""What Grafana calls its own calculations."""
TITLES: Final[Mapping[Group, str]] = {
    "response": "Response time", "news": "Response time: news", "monitor": "Monitor",
}  # fmt: skip
UNWATCHED: Final = Rule(
    name="MonitorUnwatched",
    severity=Severity.PAGE,
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
    "ResponseDriftOverTarget": "drift", "ResponseDriftOwnLevel": "drift", "ResponseObjectiveMissed": "timeline",
    "ResponseMissionsOverdue": "progress", "ResponseMeasurementMissing": "counts", "MonitorStoreDown": "feed",
    "MonitorAbsent": "workers", "MonitorLagging": "lag", "MonitorFeedLagging": "feed_lag",
    "MonitorFeedRefuses": "feed_records", "MonitorDeadLetters": "dead_letters",
    "MonitorEventsLost": "losses", "MonitorStoreEmptied": "fencing",
}  # fmt: skip
"""The panel that shows what an alert is about, by the key of its title; others, and those of panels
that a service does not need, lead to their dashboard's first."""
FIRST: Final = {AREA_UID: "times", OVERVIEW_UID: "feed", PIPELINE_UID: "trouble"}

Panels = Mapping[tuple[str, str], int]
"""Numbers of panels, by the uid of their dashboard (without language) and the key of their title."""


Names = Mapping[tuple[str, str], str]
"""What people call areas, by (service, area)."""


@dataclass(slots=True)
class Asked:
    """The figures that one rule's texts name: PromQL by the name of its query, each asked once."""

    scope: Scope
    say: Callable[[str], str]
    names: Names
    queries: dict[str, str] = field(default_factory=dict)
    """The name of each query by what it asks."""

    def printed(self, words: Text) -> str:
        """A text as Grafana's template."""
        return words.filled(self.say, self._printed)

    def _printed(self, blank: Blank) -> str:
        match blank:
            case Label(name):
                return f"{{{{ $labels.{name} }}}}"
            case AreaName():
                return _called(self.names)
            case Figure():
                return self._told("{figure}", blank.asked(self.scope), blank.form, UNKNOWN)
            case FirstKnown(ways):
                told = UNKNOWN
                for way in reversed(ways):
                    asked = f"{way.figure.asked(self.scope)} {KNOWN}"  # NaN is no figure that is known
                    told = self._told(self.say(way.said), asked, way.figure.form, told)
                return told

    def _told(self, said: str, asked: str, form: str, otherwise: str) -> str:
        name = self.queries.setdefault(asked, f"F{len(self.queries) + 1}")
        value = f'(index $values "{name}")'  # of no labels where there is no such figure: it would read as 0
        shown = said.format(figure=f'{{{{ printf "{form}" {value}.Value }}}}')
        return f"{{{{ if {value}.Labels }}}}{shown}{{{{ else }}}}{otherwise}{{{{ end }}}}"


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
    rules: Iterable[Rule], folder: str, names: Names, language: Language, panels: Panels
) -> list[dict[str, Any]]:
    """The rule groups as provisioning wants them: texts in `language`, links to its dashboards."""
    made: dict[Group, list[dict[str, Any]]] = {}
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


def _written(rule: Rule, names: Names, language: Language, panels: Panels) -> dict[str, Any]:
    asked = Asked(Scope(rule.labels), speaker(language), names)
    dashboard, about = _dashboard(rule)
    uid, first = f"{dashboard}-{language}", panels[dashboard, FIRST[dashboard]]
    panel = panels.get((dashboard, SHOWN.get(rule.name, "")), first)
    annotations = {
        "summary": asked.printed(rule.summary),
        "description": asked.printed(rule.description),
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


def _called(names: Names) -> str:
    """A template that says the area's name, and its slug where that is all that is known."""
    slug = f"{{{{ $labels.{AREA} }}}}"
    told = slug
    for service in dict.fromkeys(service for service, _ in names):
        cases = "{{ else ".join(
            f"if eq $labels.{AREA} `{area}` }}}}{name}"
            for (whose, area), name in names.items()
            if whose == service and name != area
        )
        if cases:
            known = f"{{{{ {cases}{{{{ else }}}}{slug}{{{{ end }}}}"
            told = f"{{{{ if eq $labels.{SERVICE} `{service}` }}}}{known}{{{{ else }}}}{told}{{{{ end }}}}"
    return told


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
        place = "&".join(
            f"var-{one}={{{{ $labels.{one} }}}}" for one in (SERVICE, AREA, OBJECTIVE) if one in rule.labels
        )
        return AREA_UID, f"?{place}&var-{WINDOW}={rule.window}"
    return OVERVIEW_UID, ""


def _identity(name: str) -> str:
    """At most 40 characters, the same for ever: Grafana keeps an alert's history by it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()[:40]


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)}) " if labels else " "
