"""The files that set up a Grafana at its start: data sources, dashboards, alert rules, and whom to tell.

Addresses and secrets are none of theirs: Grafana fills in `$VARIABLES` from its environment.
"""

from collections.abc import Mapping
from typing import Any, Final

from monitor.alerts import RULES
from monitor.alerts.alertmanager import PAGE_AGAIN_SECONDS, TICKET_AGAIN_SECONDS
from monitor.alerts.prometheus import seconds
from monitor.alerts.rule import Severity
from monitor.alerts.setup import Setup
from monitor.alerts.yaml import document
from monitor.dashboards.alerting import groups
from monitor.dashboards.sources import sources
from monitor.dashboards.words import LANGUAGES, Words
from monitor.exporter.metrics import DISTRICT

FOLDER: Final = "grafana/provisioning"
DASHBOARDS_PATH: Final = "/etc/grafana/dashboards"
"""Where the container finds the dashboards."""
VARIABLES: Final = (
    "PROMETHEUS_URL", "ALERTMANAGER_URL", "ALERT_WEBHOOK_URL",
    "ALERT_PAGE_EMAIL", "ALERT_TICKET_EMAIL",
)  # fmt: skip
"""What the environment of Grafana must say."""
_GENERATED: Final = "Generated from monitor/dashboards/ and monitor/alerts/ by `monitor generate`; do not edit."


def provisioning(areas: Mapping[str, str]) -> Mapping[str, str]:
    """The text of each file by its place in the repository; `areas` by slug, with their names."""
    return {
        f"{FOLDER}/datasources/prometheus.yml": document(sources(), _GENERATED),
        f"{FOLDER}/dashboards/dashboards.yml": document(_dashboards(), _GENERATED),
        f"{FOLDER}/alerting/rules.yml": document(_rules(areas), _GENERATED),
        f"{FOLDER}/alerting/contact-points.yml": document(_contact_points(), _GENERATED),
        f"{FOLDER}/alerting/policies.yml": document(_policies(), _GENERATED),
    }


def _dashboards() -> dict[str, Any]:
    providers = [
        {
            "name": f"{Words(language)('folder')} ({language})",
            "orgId": 1,
            "folder": f"{Words(language)('folder')} ({language})",
            "folderUid": f"response-{language}",
            "type": "file",
            "disableDeletion": True,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 60,
            "options": {"path": f"{DASHBOARDS_PATH}/{language}"},
        }
        for language in LANGUAGES
    ]
    return {"apiVersion": 1, "providers": providers}


def _rules(areas: Mapping[str, str]) -> dict[str, Any]:
    return {"apiVersion": 1, "groups": groups(RULES, Words("en")("folder"), areas)}


def _contact_points() -> dict[str, Any]:
    return {"apiVersion": 1, "contactPoints": [_contact(one) for one in Severity]}


def _contact(severity: Severity) -> dict[str, Any]:
    return {
        "orgId": 1,
        "name": str(severity),
        "receivers": [
            {
                "uid": f"response-{severity}-webhook",
                "type": "webhook",
                "settings": {"url": "$ALERT_WEBHOOK_URL", "httpMethod": "POST", "maxAlerts": "0"},
                "disableResolveMessage": False,
            },
            {
                "uid": f"response-{severity}-email",
                "type": "email",
                "settings": {"addresses": f"$ALERT_{severity.upper()}_EMAIL", "singleEmail": True},
                "disableResolveMessage": severity is Severity.TICKET,
            },
        ],
    }


def _policies() -> dict[str, Any]:
    """One notification per district, however many classes and alerts; pages come back sooner than tickets."""
    setup = Setup()
    pace = {
        "group_by": ["grafana_folder", DISTRICT],
        "group_wait": seconds(setup.group_wait_seconds),
        "group_interval": seconds(setup.group_interval_seconds),
    }
    page = {
        "receiver": str(Severity.PAGE),
        "object_matchers": [["severity", "=", str(Severity.PAGE)]],
        **pace,
        "repeat_interval": seconds(PAGE_AGAIN_SECONDS),
    }
    root = {
        "orgId": 1,
        "receiver": str(Severity.TICKET),
        **pace,
        "repeat_interval": seconds(TICKET_AGAIN_SECONDS),
        "routes": [page],
    }
    return {"apiVersion": 1, "policies": [root]}
