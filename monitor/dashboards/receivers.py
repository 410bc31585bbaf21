"""Whom Grafana tells, and in which words: contact points, policies, and the templates of a message.

Provisioning knows no "if": an address that is empty stops Grafana's start, and mail while mail is off is an error per
notification. So there is one file per choice, and whoever mounts them takes the one that fits what is configured
(docker-compose.yml does so by itself). Without any receiver, alerts are shown and a mute timing keeps them from being
sent.
"""

from collections.abc import Mapping
from typing import Any, Final

from monitor.alerts.alertmanager import AGAIN_SECONDS
from monitor.alerts.promql import seconds
from monitor.alerts.rule import Severity
from monitor.alerts.setup import Setup
from monitor.metrics import AREA, SERVICE

WEBHOOK: Final = "webhook"
MAIL: Final = "mail"
CHOICES: Final[tuple[tuple[str, ...], ...]] = ((), (WEBHOOK,), (MAIL,), (WEBHOOK, MAIL))
"""By what is configured."""
VARIABLES: Final = {
    WEBHOOK: ("ALERT_WEBHOOK_URL",),
    MAIL: ("ALERT_PAGE_EMAIL", "ALERT_TICKET_EMAIL"),
}
"""What the environment of Grafana must say, by way."""
NOBODY: Final = "nobody is configured"
UNROUTABLE: Final = "http://127.0.0.1:9/"
"""A contact point must have an address; behind a mute timing nothing is ever sent there."""
TITLE: Final = "response.title"
MESSAGE: Final = "response.message"
TEMPLATES: Final = """\
{{ define "response.first" }}{{ with index . 0 }}{{ .Annotations.summary }}{{ end -}}
{{ if gt (len .) 1 }} (the first of {{ len . }}){{ end }}{{ end }}
{{ define "response.title" }}{{ if .Alerts.Firing }}{{ template "response.first" .Alerts.Firing }}{{ else -}}
Over: {{ template "response.first" .Alerts.Resolved }}{{ end }}{{ end }}
{{ define "response.message" }}{{ range .Alerts.Firing }}{{ .Annotations.summary }}.

{{ .Annotations.description }}

Look: {{ .Annotations.dashboard_url }}
What to do: {{ .Annotations.runbook_url }}

{{ end }}{{ range .Alerts.Resolved }}Over: {{ .Annotations.summary }}.
{{ end }}{{ end }}"""
"""The summary is the title: who is woken reads what is wrong, not how many alerts fire."""


def file_name(ways: tuple[str, ...]) -> str:
    """`receivers_webhook_mail.yml`."""
    return "_".join(("receivers", *ways)) + ".yml"


def messages() -> dict[str, Any]:
    """The templates, under one name."""
    return {"apiVersion": 1, "templates": [{"orgId": 1, "name": "response", "template": TEMPLATES}]}


def receivers(ways: tuple[str, ...]) -> dict[str, Any]:
    """Contact points and policies for these ways of telling; none: everything is muted."""
    points = [_contact(severity, ways) for severity in Severity]
    muted = {"muteTimes": [_always()]} if not ways else {}
    return {"apiVersion": 1, "contactPoints": points, **muted, "policies": [_policy(ways)]}


def _name(severity: Severity, ways: tuple[str, ...]) -> str:
    """Each choice has contact points of its own: what an earlier start has left behind is told nothing any more."""
    return f"{severity} by {' and '.join(ways)}" if ways else f"{severity}: {NOBODY}"


def _contact(severity: Severity, ways: tuple[str, ...]) -> dict[str, Any]:
    own = "-".join(("response", severity, *(ways or ("nobody",))))
    return {
        "orgId": 1,
        "name": _name(severity, ways),
        "receivers": [_receiver(f"{own}-{number}", severity, way) for number, way in enumerate(ways or ("",), 1)],
    }


def _receiver(uid: str, severity: Severity, way: str) -> dict[str, Any]:
    said = {"message": f'{{{{ template "{MESSAGE}" . }}}}'}
    head = f'{{{{ template "{TITLE}" . }}}}'
    if way == MAIL:
        addresses = f"$ALERT_{severity.upper()}_EMAIL"
        return {
            "uid": uid,
            "type": "email",
            "settings": {"addresses": addresses, "singleEmail": True, "subject": head, **said},
            "disableResolveMessage": severity is Severity.TICKET,
        }
    url = f"${VARIABLES[WEBHOOK][0]}" if way == WEBHOOK else UNROUTABLE
    return {
        "uid": uid,
        "type": "webhook",
        "settings": {"url": url, "httpMethod": "POST", "maxAlerts": "0", "title": head, **said},
        "disableResolveMessage": False,
    }


def _always() -> dict[str, Any]:
    day = {"start_time": "00:00", "end_time": "24:00"}
    return {"orgId": 1, "name": NOBODY, "time_intervals": [{"times": [day]}]}


def _policy(ways: tuple[str, ...]) -> dict[str, Any]:
    """One notification per area and episode, however many categories and alerts, and however long it lasts."""
    setup = Setup()
    pace = {
        "group_by": ["grafana_folder", SERVICE, AREA],
        "group_wait": seconds(setup.group_wait_seconds),
        "group_interval": seconds(setup.group_interval_seconds),
    }
    # The root takes what has no severity of ours; Grafana lets it mute nothing, so everything has a route below it.
    matchers = {
        Severity.PAGE: ["severity", "=", str(Severity.PAGE)],
        Severity.TICKET: ["severity", "!=", str(Severity.PAGE)],
    }
    routes: list[Mapping[str, Any]] = [
        {
            "receiver": _name(severity, ways),
            "object_matchers": [matchers[severity]],
            **pace,
            "repeat_interval": seconds(AGAIN_SECONDS),
            **({"mute_time_intervals": [NOBODY]} if not ways else {}),
        }
        for severity in Severity
    ]
    return {
        "orgId": 1,
        "receiver": _name(Severity.TICKET, ways),
        **pace,
        "repeat_interval": seconds(AGAIN_SECONDS),
        "routes": routes,
    }
