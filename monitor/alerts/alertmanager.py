"""Alertmanager's file: who gets a page, who a ticket, and which alert makes another one superfluous.

One notification per area, however many categories and alerts, and one per episode, however long it lasts. A breach
silences what says the same of the same series more weakly; a blind monitor silences whatever it can no longer see.
Both only where it is one series: a breach in one category that lasts a year must not hide that another has begun to
drift. Nor is one service silenced by another.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.alerts.promql import seconds
from monitor.alerts.rule import Rule, Severity
from monitor.alerts.setup import Setup
from monitor.alerts.yaml import Value, document
from monitor.metrics import AREA, CATEGORY, SERVICE

PLACE: Final = "config/alertmanager/alertmanager.yml"
AGAIN_SECONDS: Final = 366 * 86_400
"""An episode is told once, and none outlasts the year that it is judged in. What becomes worse is another alert."""
RETENTION: Final = f"--data.retention={AGAIN_SECONDS // 3600 + 24}h"
"""How Alertmanager is to be started: what it has forgotten, it tells again. By itself it forgets after five days."""

WEAKER: Final = {
    "ResponseObjectiveBreached": (
        "ResponseObjectiveAtRisk", "ResponseDriftOwnLevel", "ResponseObjectiveMissed",
    ),
    "ResponseDriftOverTarget": ("ResponseObjectiveAtRisk", "ResponseDriftOwnLevel"),
}  # fmt: skip
"""By alert: what it makes superfluous for the same area and category."""
BLIND: Final = ("ResponseFeedStale", "MonitorStoreDown", "MonitorNoWorker")
"""While one of these is told, alerts that stand still are not."""
CAUSES: Final = ("MonitorStoreDown", "MonitorNoWorker")
CONSEQUENCES: Final = ("ResponseFeedStale", "MonitorLagging", "MonitorFeedLagging")
"""What the monitor's own failure looks like from outside."""
ABSENT: Final = ("MonitorAbsent",)
"""Blindness and cause alike; of no service in particular where Prometheus was not told whose its targets are."""


def configuration(rules: Iterable[Rule], setup: Setup) -> str:
    """alertmanager.yml."""
    frozen = [rule.name for rule in rules if rule.frozen]
    return document(
        {
            "route": {
                "receiver": Severity.TICKET.value,
                "group_by": [SERVICE, AREA],
                "group_wait": seconds(setup.group_wait_seconds),
                "group_interval": seconds(setup.group_interval_seconds),
                "repeat_interval": seconds(AGAIN_SECONDS),
                "routes": [
                    {
                        "matchers": [f'severity="{Severity.PAGE}"'],
                        "receiver": Severity.PAGE.value,
                    }
                ],
            },
            "inhibit_rules": [
                *(_inhibits((source,), targets, SERVICE, AREA, CATEGORY) for source, targets in WEAKER.items()),
                _inhibits(BLIND, frozen, SERVICE),
                _inhibits(CAUSES, CONSEQUENCES, SERVICE),
                _inhibits(ABSENT, (*frozen, *CONSEQUENCES), SERVICE, of=f'{SERVICE}!=""'),
                _inhibits(ABSENT, (*frozen, *CONSEQUENCES), of=f'{SERVICE}=""'),
            ],
            "receivers": [
                _receiver(Severity.PAGE, setup.page_url),
                _receiver(Severity.TICKET, setup.ticket_url),
            ],
        },
        "Generated from monitor/alerts/ by `monitor generate`; do not edit.",
        "",
        f"Start Alertmanager with {RETENTION}: it tells again what it has forgotten,",
        "by itself after five days. An episode is told once; what becomes worse is an alert of its own.",
        "",
        "Nobody is told yet: the receivers are empty. Copy the file and put yours in, for example",
        "  - name: page",
        "    webhook_configs:",
        "      - url: https://pager.example.org/response-times",
        "        send_resolved: true",
        "A secret never stands here: give a webhook `http_config: {authorization: {credentials_file: page.token}}`,",
        "or use the *_file key of the receiver (`routing_key_file` of PagerDuty, `api_url_file` of Slack).",
    )


def _inhibits(sources: Sequence[str], targets: Sequence[str], *equal: str, of: str = "") -> Value:
    rule: dict[str, Value] = {
        "source_matchers": [_names(sources), *([of] if of else [])],
        "target_matchers": [_names(targets)],
    }
    return {**rule, "equal": list(equal)} if equal else rule


def _names(names: Sequence[str]) -> str:
    return f'alertname=~"{"|".join(names)}"' if len(names) > 1 else f'alertname="{names[0]}"'


def _receiver(severity: Severity, url: str) -> Value:
    told: dict[str, Value] = {"webhook_configs": [{"url": url, "send_resolved": True}]} if url else {}
    return {"name": severity.value, **told}
