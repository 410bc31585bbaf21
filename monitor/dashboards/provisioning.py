"""The files that set up a Grafana at its start: data sources, dashboards, alert rules, and whom to tell.

Addresses and secrets are none of theirs: Grafana fills in `$VARIABLES` from its environment.
"""

from collections.abc import Mapping
from typing import Any, Final

from monitor.alerts import RULES
from monitor.alerts.yaml import document
from monitor.dashboards.alerting import Panels, groups
from monitor.dashboards.receivers import CHOICES, file_name, messages, receivers
from monitor.dashboards.sources import sources
from monitor.dashboards.words import Words
from monitor.words.catalogue import LANGUAGES, SOURCE, Language

FOLDER: Final = "grafana/provisioning"
CHOSEN: Final = "grafana/choices"
"""Files that may stand in for one of the folder: docker-compose.yml mounts the one that fits over it."""
DASHBOARDS_PATH: Final = "/etc/grafana/dashboards"
RUNBOOKS_PATH: Final = "/etc/grafana/runbooks"
"""Where the container finds both."""
VARIABLES: Final = ("PROMETHEUS_URL", "ALERTMANAGER_URL")
"""What the environment of Grafana must say; a receiver's file wants more (`monitor.dashboards.receivers`)."""
RUNBOOKS: Final = {"name": "Runbooks", "folder": "Runbooks", "folderUid": "response-runbooks"}
_GENERATED: Final = "Generated from monitor/dashboards/ and monitor/alerts/ by `monitor generate`; do not edit."


def provisioning(areas: Mapping[tuple[str, str], str], panels: Mapping[Language, Panels]) -> Mapping[str, str]:
    """The text of each file by its place in the repository; `areas`: names by (service, area).

    The folder is whole by itself: alerts lead to the English dashboards, and nobody is told.
    """
    first = SOURCE
    made: dict[str, dict[str, Any]] = {
        f"{FOLDER}/datasources/prometheus.yml": sources(),
        f"{FOLDER}/dashboards/dashboards.yml": _dashboards(),
        # Grafana takes a folder that is missing for an error.
        f"{FOLDER}/plugins/plugins.yml": {"apiVersion": 1, "apps": []},
        f"{FOLDER}/alerting/rules.yml": _rules(areas, first, panels[first]),
        f"{FOLDER}/alerting/messages.yml": messages(),
        f"{FOLDER}/alerting/receivers.yml": receivers(()),
        **{f"{CHOSEN}/rules-{language}.yml": _rules(areas, language, panels[language]) for language in LANGUAGES},
        **{f"{CHOSEN}/{file_name(ways)}": receivers(ways) for ways in CHOICES},
    }
    return {place: document(content, _GENERATED) for place, content in made.items()}


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
    providers.append({**providers[0], **RUNBOOKS, "options": {"path": RUNBOOKS_PATH}})
    return {"apiVersion": 1, "providers": providers}


def _rules(areas: Mapping[tuple[str, str], str], language: Language, panels: Panels) -> dict[str, Any]:
    return {"apiVersion": 1, "groups": groups(RULES, Words(SOURCE)("folder"), areas, language, panels)}
