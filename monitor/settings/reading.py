"""The keys of a configuration, from its file and from the environment, and what each of them is called.

A key that cannot be used is set aside, so that the faults of the others are found in the same run. Refuses to know
what the keys mean together, and the service.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from monitor.core.fault import Fault
from monitor.settings import redis_address
from monitor.settings.environment import SERVICE, Variables
from monitor.settings.sections import Settings
from monitor.settings.told import in_words, unknown

_SECRETS: Final = (
    ("kafka", "sasl_password"), ("redis", "password"), ("redis", "sentinel_password"), ("access", "figures_tokens"),
    ("access", "missions_tokens"),
)  # fmt: skip


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section with its model."""
    for name, section in Settings.model_fields.items():
        model = section.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"section {name} is no model")
        yield name, model


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(map(_is_list, get_args(annotation)))


KEYS: Final = {
    section: {key: _is_list(one.annotation) for key, one in model.model_fields.items()} for section, model in models()
}
"""Every key by section, and whether it is a list."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where each value came from, and so what the user calls it."""

    file: str
    raw: Mapping[str, Any]
    variables: Variables

    def name(self, key: str) -> str:
        """`redis.url`, or the variable that sets it."""
        section, _, inner = key.partition(".")
        return self.variables.names.get((section, inner), "service" if (section, inner) == SERVICE else key)

    def where(self, key: str) -> str:
        """The name with the file that holds it."""
        name = self.name(key)
        return name if name in self.variables.names.values() else f"{self.file}: {name}"

    def given(self, key: str) -> bool:
        """Whether the user said anything about it."""
        section, _, inner = key.partition(".")
        return (section, inner) in self.variables.names or inner in self.raw.get(section, {})


def secrets_in_file(origin: Origin) -> list[Fault]:
    found = [f"{section}.{key}" for section, key in _SECRETS if key in origin.raw.get(section, {})]
    url = origin.raw.get("redis", {}).get("url")
    if isinstance(url, str) and redis_address.without_password(url)[1] is not None:
        found.append("redis.url")
    message = "a secret in the configuration file: use the environment or a *_file key"
    return [Fault("error", f"{origin.file}: {key}", message) for key in found]


def read_settings(origin: Origin, faults: list[Fault]) -> tuple[Settings, set[str]]:
    """What can be used of file and environment, and the keys whose values cannot."""
    values = origin.variables.values
    merged: dict[str, Any] = {
        name: {**origin.raw.get(name, {}), **values.get(name, {})} if name in KEYS else origin.raw[name]
        for name in {**origin.raw, **values}
    }
    unknown = {
        f"{section}.{key}" for section, key in origin.variables.names if key not in values.get(section, {})
    }  # lists that are none
    while True:
        try:
            return Settings.model_validate(merged), unknown
        except ValidationError as fault:
            for error in fault.errors(include_url=False, include_input=False):
                section, *rest = (str(part) for part in error["loc"])
                key = ".".join((section, *rest[:1]))
                if error["type"] == "too_short" and key in unknown:
                    continue  # a list is short of the entries that were refused
                faults.append(Fault("error", origin.where(key), _told(error, section, rest)))
                unknown.add(key)
                if rest:
                    merged[section].pop(rest[0], None)
                else:
                    merged.pop(section, None)


def _told(error: Any, section: str, rest: list[str]) -> str:
    if error["type"] == "extra_forbidden":
        name, known = (rest[0], KEYS[section]) if rest else (section, KEYS)
        return unknown(name, list(known), kind="setting", where="docs/configuration.md lists all")
    entry = f"entry {int(rest[1]) + 1}: " if len(rest) > 1 and rest[1].isdecimal() else ""
    return entry + in_words(error)
