"""Reads what provisions Grafana, as Grafana would: its texts and queries as they stand."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from monitor.alerts import RULES
from monitor.dashboards.alerting import UNWATCHED
from monitor.words.catalogue import LANGUAGES

FOLDER = Path(__file__).parents[2] / "grafana"
FILES = sorted([*FOLDER.glob("provisioning/*/*"), *FOLDER.glob("choices/*")])
RULE_FILES = tuple(f"choices/rules-{language}.yml" for language in LANGUAGES)
RECEIVER_FILES = {
    (): "choices/receivers.yml",
    ("webhook",): "choices/receivers_webhook.yml",
    ("mail",): "choices/receivers_mail.yml",
    ("webhook", "mail"): "choices/receivers_webhook_mail.yml",
}
"""By the ways of telling that are configured."""


@cache
def load(place: str) -> dict[str, Any]:
    """A file by its place under `grafana/`."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / place).read_text(encoding="utf-8"))
    return loaded


def rules(place: str = RULE_FILES[0]) -> list[dict[str, Any]]:
    """Every alert rule."""
    return [rule for group in load(place)["groups"] for rule in group["rules"]]


def expressions() -> list[tuple[str, str, str]]:
    """Rule, name of the query, PromQL."""
    return [
        (rule["title"], query["refId"], query["model"]["expr"])
        for rule in rules()
        for query in rule["data"]
        if "expr" in query["model"]
    ]


def labels_of(title: str) -> tuple[str, ...]:
    """The labels that tell an alert of this rule from another."""
    return next(rule.labels for rule in (*RULES, UNWATCHED) if rule.name == title)
