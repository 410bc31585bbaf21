"""The alert rules as Grafana manages them, from the same definition as Prometheus' rules.

Two things differ. Grafana has no memory of what fired that a query could ask (`ALERTS`); it keeps the last state by
itself where a query gives nothing: so each rule answers 1 (wrong) or 0 (fine) for every series as long as it may be
believed, and nothing where it may not. And Grafana's templates cannot ask the data source: every figure that a text
looks up becomes a query of the rule, whose value the text then names. A district's name would be a label of another
query, which they cannot reach: the names known when the files are made stand in the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.alerts.prometheus import RUNBOOK_FOLDER, seconds
from monitor.alerts.promql import selector
from monitor.alerts.rule import Rule, indented
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

_LOOKED_UP: Final = re.compile(
    r"\{\{ with (?:printf `(?P<asked>[^`]*)` (?P<labels>[$.\w ]+) \| query|query `(?P<plain>[^`]*)`) \}\}"
    r'\{\{ \. \| first \| value \| printf "(?P<form>[^"]*)" \}\}\{\{ else \}\}(?P<unknown>[^{]*)\{\{ end \}\}'
)
_OWN_VALUE: Final = re.compile(r'\{\{ \$value(?: \| printf "(?P<form>[^"]*)")? \}\}')
_ANY_QUERY: Final = re.compile(r"\bquery\b|\$externalLabels|\$value\b")
_GREATEST: Final = " >= -Inf"
_AGGREGATION: Final = re.compile(r"\b(max|sum)(?: by \(([^)]*)\) )?\(")


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
    """1 where the rule's condition holds, 0 where it does not, nothing where that may not be believed."""
    wrong = f"count{_by(rule.labels)}(\n{indented(rule.condition)}\n)"
    if DISTRICT in rule.labels:
        fine = f"0 * count{_by(rule.labels)}({selector(metrics.RESPONSE_MISSIONS_OPEN)})"
    else:
        fine = "vector(0)"
    answer = f"{wrong}\nor{_unless(rule.labels)}\n{fine}"
    return f"(\n{indented(answer)}\n)\nand on () (\n{indented(rule.sight)}\n)" if rule.sight else answer


def groups(rules: Iterable[Rule], folder: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rule groups as provisioning wants them; `names` of districts by slug."""
    made: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        made.setdefault(rule.group, []).append(_written(rule, names))
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


def _written(rule: Rule, names: Mapping[str, str]) -> dict[str, Any]:
    figures = Figures(rule.labels, rule.condition, {}, names)
    annotations = {
        "summary": figures.translated(rule.summary),
        "description": figures.translated(rule.description),
        "dashboard_url": f"{HERE}/d/{_dashboard(rule)}",
        "runbook_url": f"{RUNBOOK_FOLDER}/{rule.name}.md",
    }
    frozen = bool(rule.sight)
    return {
        "uid": _identity(rule.name),
        "title": rule.name,
        "condition": CONDITION,
        "data": [
            _query(VERDICT, expression(rule)),
            *(_query(name, asked) for asked, name in figures.asked.items()),
            _threshold(),
        ],
        # Without sight nothing is answered: what fires goes on, what does not does not begin.
        "noDataState": "KeepLast" if frozen else "OK",
        # Grafana that cannot reach Prometheus at all is told once, by the rule about absence.
        "execErrState": "Error" if rule.name == "MonitorAbsent" else "KeepLast",
        "for": seconds(rule.for_seconds),
        **({"keepFiringFor": seconds(rule.keep_firing_seconds)} if rule.keep_firing_seconds else {}),
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


def _dashboard(rule: Rule) -> str:
    """Where to look: the dashboard, and what to show there."""
    if rule.group == "monitor":
        return f"{PIPELINE_UID}-en"
    if DISTRICT in rule.labels:
        return f"{DISTRICT_UID}-en?var-{DISTRICT}={{{{ $labels.{DISTRICT} }}}}&var-{WINDOW}={rule.window}"
    return f"{NATIONAL_UID}-en"


def _identity(name: str) -> str:
    """At most 40 characters, the same for ever: Grafana keeps an alert's history by it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()[:40]


def _aggregation(function: str, labels: Mapping[str, None]) -> str:
    return f"{function} by ({', '.join(labels)}) (" if labels else f"{function}("


def _split(labels: str | None) -> list[str]:
    return [one.strip() for one in labels.split(",")] if labels else []


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)}) " if labels else " "


def _unless(labels: Sequence[str]) -> str:
    """`or` compares these labels; a 0 without labels stands beside no other answer."""
    return "" if DISTRICT in labels else " on ()"
