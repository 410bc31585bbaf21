"""Settings in environment variables: which variables are ours, what they hold, and which are misspelt.

`MONITOR_<SECTION>__<KEY>`, in capitals or not, overrides a key of the file. A list is written as JSON or separated by
commas. The two underscores make a variable ours: what only begins with MONITOR_ may be anybody's (Kubernetes puts
`MONITOR_EXPORTER_PORT=tcp://…` into every pod beside a service of that name), so it stops nothing, and is told at
most, where it looks like a setting with an underscore missing. No message repeats a value: it may be a secret.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from monitor.core.fault import Fault

ENV_PREFIX: Final = "MONITOR_"
CONFIG_VARIABLE: Final = "MONITOR_CONFIG"
SERVICE_VARIABLE: Final = "MONITOR_SERVICE"
SERVICE: Final = ("service", "name")
"""The section and key that the file writes as `service = …`, before all sections."""
_ADDRESS_OF_A_SERVICE: Final = re.compile(r"(tcp|udp|sctp)://")
_LOOKS_MEANT: Final = 0.92
"""How much a name must resemble one of ours to be told, where it is none."""

Keys = Mapping[str, Mapping[str, bool]]
"""section → key → whether it is a list."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What the environment sets: values by section and key, and the name of the variable that each came from."""

    values: dict[str, dict[str, str | list[str]]] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def variable(section: str, key: str) -> str:
    """The variable of a key, as the documents write it."""
    if (section, key) == SERVICE:
        return SERVICE_VARIABLE
    return f"{ENV_PREFIX}{section}__{key}".upper()


def read_environment(environ: Mapping[str, str], keys: Keys) -> Variables:
    """Every setting in `environ`, and every variable that seems to be meant as one."""
    found = Variables()
    known = {variable(section, key): (section, key) for section, inner in keys.items() for key in inner}
    for name, value in sorted(environ.items()):
        upper = name.upper()
        if not upper.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE:
            continue
        place = known.get(upper)
        if place is None:
            found.faults.extend(_stranger(name, value, known))
        elif place in found.names:
            found.faults.append(
                Fault("error", name, f"sets the same as {found.names[place]}: capitals make no difference; keep one")
            )
        else:
            _take(found, place, name, value, is_list=keys[place[0]][place[1]])
    return found


def _take(found: Variables, place: tuple[str, str], name: str, value: str, *, is_list: bool) -> None:
    section, key = place
    found.names[place] = name
    try:
        found.values.setdefault(section, {})[key] = parse_list(value) if is_list else value
    except ValueError as fault:
        found.faults.append(Fault("error", name, str(fault)))


def parse_list(text: str) -> list[str]:
    """`["7d", "year"]` or `7d, year`. Raises ValueError with what to write."""
    if text.strip().startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError('begins like a JSON list and is none: write ["a", "b"], or a,b') from None
        if not all(isinstance(item, str) for item in items):
            raise ValueError('a list of texts: write ["a", "b"], or a,b')
        return list(items)
    items = [item.strip() for item in text.split(",")]
    if not all(items):
        raise ValueError('an entry of the list is empty: write a,b or ["a", "b"]')
    return items


def _stranger(name: str, value: str, known: Mapping[str, object]) -> list[Fault]:
    upper = name.upper()
    if "__" in upper:
        near = get_close_matches(upper, known, n=1, cutoff=0.7)
        advice = f"did you mean {near[0]}?" if near else "docs/configuration.md lists all"
        return [Fault("error", name, f"unknown setting: remove it or correct its name; {advice}")]
    if _ADDRESS_OF_A_SERVICE.match(value):
        return []
    meant = {other.replace("__", "_"): other for other in known} | {CONFIG_VARIABLE: CONFIG_VARIABLE}
    near = get_close_matches(upper, meant, n=1, cutoff=_LOOKS_MEANT)
    if not near:
        return []
    return [Fault("warning", name, f"is no setting, and has no effect: did you mean {meant[near[0]]}?")]
