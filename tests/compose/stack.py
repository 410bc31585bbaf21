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
OURS = ("topics", "worker", "feed-topics", "feed", "exporter", "history", "simulator")
REQUIRED = {
    "GRAFANA_USER": "operations",
    "GRAFANA_PASSWORD_FILE": "./secrets/grafana",
    "REDIS_PASSWORD_FILE": "./secrets/redis",
}
_BEGINS = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?P<how>:[-?+])?)")


class VariableMissing(ValueError):  # noqa: N818 - named for what happened
    """A variable without which Compose refuses to start, with what it would say."""


def filled_in(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables, as Compose fills them in: `${A:-else}`, `${A:?why}`, `${A:+then}`, also nested."""
    made, rest = "", text
    while found := _BEGINS.search(rest):
        made += rest[: found.start()]
        rest = rest[found.end() :]
        if found["dollar"]:
            made += "$"
            continue
        inside, rest = _up_to_its_brace(rest)
        # Compose fills in what stands inside whether or not it is wanted.
        other = filled_in(inside, environment)
        value = environment.get(found["name"], "")
        match found["how"]:
            case ":-":
                made += value or other
            case ":+":
                made += other if value else ""
            case ":?" if not value:
                raise VariableMissing(f"{found['name']}: {other}")
            case _:
                made += value
    return made + rest


def _up_to_its_brace(text: str) -> tuple[str, str]:
    """What stands before the brace that closes a variable, and what follows it."""
    open_ = 1
    for place, character in enumerate(text):
        if character == "}":
            open_ -= 1
        elif character == "{" and text[place - 1 : place] == "$":
            open_ += 1
        if not open_:
            return text[:place], text[place + 1 :]
    raise ValueError(f"a variable is not closed: {text[:60]}")


def stack(environment: Mapping[str, str] = REQUIRED) -> dict[str, Any]:
    """The whole file, valid by the specification. Raises ValueError where it is not."""
    merged = yaml.safe_load(filled_in(FILE.read_text(encoding="utf-8"), environment))
    compose = PyCompose.from_json(json.dumps(merged))
    compose.validate()
    loaded: dict[str, Any] = json.loads(compose.to_json())
    return loaded


def services(**environment: str) -> dict[str, dict[str, Any]]:
    """Every service by name, as written; `environment` beside what is required."""
    found: dict[str, dict[str, Any]] = stack({**REQUIRED, **environment})["services"]
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
