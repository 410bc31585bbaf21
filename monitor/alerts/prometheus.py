"""Prometheus' files: what it scrapes, and the rules it evaluates.

Decides intervals, job names and the form of a rule; what a rule means is told where it is defined.
"""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from monitor.alerts.pipeline import EXPORTER_JOB, FEED_JOB, WORKER_JOB
from monitor.alerts.promql import seconds
from monitor.alerts.rule import Group, Rule
from monitor.alerts.setup import Setup
from monitor.alerts.template import template
from monitor.alerts.yaml import Value, document
from monitor.metrics import AREA, CATEGORY, SERVICE

FOLDER: Final = "config/prometheus"
PLACE: Final = f"{FOLDER}/prometheus.yml"
DASHBOARDS: Final = "dashboards"
RUNBOOKS: Final = "runbooks"
_DEFAULT_BASES: Final = {DASHBOARDS: "http://127.0.0.1:8080", RUNBOOKS: "http://127.0.0.1:3000/d"}
"""The board, and the Grafana of the full stack, which shows each runbook under the name of its alert."""
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
EVALUATED: Final = "monitor:alerts_evaluated:timestamp_seconds"
"""When each group of rules was evaluated last: who asks Prometheus what fires can tell silence from blindness."""
_GENERATED: Final = "Generated from monitor/alerts/ by `monitor generate`; do not edit."


def configuration(setup: Setup) -> str:
    """prometheus.yml: exporters, workers, rules, and where alerts go."""
    return document(
        {
            "global": {
                "scrape_interval": seconds(setup.scrape_seconds),
                "scrape_timeout": seconds(min(10, setup.scrape_seconds)),
                "evaluation_interval": seconds(setup.evaluation_seconds),
                **({"external_labels": {DASHBOARDS: setup.dashboards}} if setup.dashboards else {}),
            },
            "rule_files": ["rules/*.yml"],
            "alerting": {
                # They only tell the templates where dashboards and runbooks are.
                "alert_relabel_configs": [{"action": "labeldrop", "regex": f"{DASHBOARDS}(_.+)?|{RUNBOOKS}"}],
                "alertmanagers": [{"static_configs": [_targets(setup.alertmanagers)]}],
            },
            "scrape_configs": [
                {"job_name": job, "static_configs": [_targets(targets)]}
                for job, targets in (
                    (EXPORTER_JOB, setup.exporters),
                    (WORKER_JOB, setup.workers),
                    (FEED_JOB, setup.feeds),
                )
                if targets or job != FEED_JOB
            ],
        },
        _GENERATED,
        "",
        "Copy it and put your own addresses in: exporters (exporter.port), and workers, each with a port of its own",
        "(worker.metrics_port). Links in alerts begin where these labels say, which are taken off again on the way:",
        "  global:",
        "    external_labels:",
        "      dashboards: https://monitor.example.org",
        "      runbooks: https://wiki.example.org/runbooks",
        "The name of the alert follows: https://wiki.example.org/runbooks/MonitorAbsent. Where several services are",
        "scraped, each has a board of its own: the label's name goes on with the service, hyphens as underscores.",
        "      dashboards_norwegian_police: https://police.example.org",
        "Where `monitor feed` runs, name it (feed.metrics_port), so that MonitorAbsent and others can tell:",
        f"  - job_name: {FEED_JOB}",
        "    static_configs:",
        '      - targets: ["127.0.0.1:8003"]',
        "Where several services are scraped, say whose each target is, so that MonitorAbsent can:",
        "  - job_name: response-exporter",
        "    honor_labels: true",
        "    static_configs:",
        '      - {targets: ["127.0.0.1:8080"], labels: {service: norwegian-police}}',
    )


def rule_files(rules: Iterable[Rule], setup: Setup) -> Mapping[str, str]:
    """The rule files by their place, one per group."""
    groups: dict[Group, list[Value]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(_written(rule, setup))
    return {
        f"{FOLDER}/rules/{name}.yml": document(
            {
                "groups": [
                    {
                        "name": name,
                        **_interval(name, setup),
                        "rules": [{"record": EVALUATED, "expr": "time()", "labels": {"group": name}}, *listed],
                    }
                ]
            },
            _GENERATED,
        )
        for name, listed in groups.items()
    }


def dashboard_url(rule: Rule) -> str:
    """The board's page about what fires, as a template: the area's at its category, or all of them."""
    page = f"/?window={rule.window}"
    if AREA in rule.labels:
        place = f"#{{{{ $labels.{CATEGORY} }}}}" if CATEGORY in rule.labels else ""
        page = f"/area/{{{{ $labels.{AREA} }}}}?window={rule.window}{place}"
    return f"{_board()}{page}"


def _interval(group: Group, setup: Setup) -> dict[str, Value]:
    """Where it is not what Prometheus does by itself."""
    every = setup.evaluated_every(group)
    return {"interval": seconds(every)} if every != setup.evaluation_seconds else {}


def _written(rule: Rule, setup: Setup) -> Value:
    held = {
        "for": setup.held_seconds(rule.for_seconds),
        "keep_firing_for": setup.held_seconds(rule.keep_firing_seconds),
    }
    return {
        "alert": rule.name,
        "expr": rule.expression,
        **{key: seconds(amount) for key, amount in held.items() if amount},
        "labels": {"severity": str(rule.severity)},
        "annotations": {
            "summary": template(rule.summary, rule.labels),
            "description": template(rule.description, rule.labels),
            "dashboard_url": dashboard_url(rule),
            "runbook_url": f"{_base(RUNBOOKS)}/{rule.name}",
        },
    }


def _base(kind: str) -> str:
    return f"{{{{ with $externalLabels.{kind} }}}}{{{{ . }}}}{{{{ else }}}}{_DEFAULT_BASES[kind]}{{{{ end }}}}"


def _board() -> str:
    """The board of the alert's service, where it has one of its own."""
    own = f'printf "{DASHBOARDS}_%s" $labels.{SERVICE} | reReplaceAll "-" "_"'
    return f"{{{{ with index $externalLabels ({own}) }}}}{{{{ . }}}}{{{{ else }}}}{_base(DASHBOARDS)}{{{{ end }}}}"


def _targets(addresses: Iterable[str]) -> dict[str, Value]:
    return {"targets": list(addresses)}
