"""docker-compose.yml as Compose reads it: variables filled in, merges applied, checked against the specification."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
OURS = ("topics", "worker", "exporter", "simulator")
REQUIRED = {
    "GRAFANA_USER": "operations",
    "GRAFANA_PASSWORD_FILE": "./secrets/grafana",
    "REDIS_PASSWORD_FILE": "./secrets/redis",
}
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<text>[^}]*))?\})")


class VariableMissing(ValueError):  # noqa: N818 - named for what happened
    """A variable without which Compose refuses to start, with what it would say."""


def filled_in(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables, as Compose fills them in."""

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        if environment.get(found["name"]):
            return environment[found["name"]]
        if found["how"] == "-":
            return found["text"]
        raise VariableMissing(f"{found['name']}: {found['text']}")

    return _VARIABLE.sub(value, text)


def stack(environment: Mapping[str, str] = REQUIRED) -> dict[str, Any]:
    """The whole file, valid by the specification. Raises ValueError where it is not."""
    merged = yaml.safe_load(filled_in(FILE.read_text(encoding="utf-8"), environment))
    compose = PyCompose.from_json(json.dumps(merged))
    compose.validate()
    loaded: dict[str, Any] = json.loads(compose.to_json())
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Every service by name, as written."""
    found: dict[str, dict[str, Any]] = stack()["services"]
    return found


def mounts(service: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What a service mounts: source, place, read-only."""
    made = []
    for one in service.get("volumes", []):
        if isinstance(one, str):
            source, place, *flags = one.split(":")
            made.append((source, place, "ro" in flags))
        else:
            made.append((one["source"], one["target"], one.get("read_only", False)))
    return made
