"""Reading a configuration whole: file, environment, targets, and everything that is wrong with them at once.

`config/monitor.toml` (or the file named by MONITOR_CONFIG or --config), overridden by the environment:
MONITOR_<SECTION>__<KEY>, for example MONITOR_KAFKA__BOOTSTRAP. Secrets come only from the environment or from
files named by a `*_file` key. A key that cannot be used is set aside, so that the faults of the others are found in
the same run.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Final, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ValidationError

from monitor import clock
from monitor.core.calendar import Calendar
from monitor.core.digest import available
from monitor.core.mission import Limits
from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.targets import NATIONAL, Fault, Targets, TargetSet, parse_target_set, validate
from monitor.settings import redis_address
from monitor.settings.environment import CONFIG_VARIABLE, Variables, read_environment
from monitor.settings.files import (
    FileAbsent,
    FileUnusable,
    SecretUnusable,
    read_secret,
    read_toml,
    require_pem,
    toml_files,
)
from monitor.settings.relations import breaches
from monitor.settings.sections import Settings

_ROOM: Final = Path(__file__).resolve().parent.parent
_REPOSITORY_CONFIG: Final = _ROOM.parent / "config"
_PACKAGED_CONFIG: Final = _ROOM / "_config"
_NO_PLACES: Final = ("localtime", "Factory")
"""Names in the tz database, where the machine has them, that say no zone."""
_SECRETS: Final = (("kafka", "sasl_password"), ("redis", "password"))
OBJECTIVES: Final = (Objective("goal", 50, Duty.TICKET), Objective("requirement", 80, Duty.PAGE))
"""What the tables of targets set thresholds for."""
_IN_WORDS: Final = {
    "tuple_type": 'must be a list of texts: write ["a", "b"]',
    "model_type": "must be a table: write [section] on a line, and its keys below",
    "finite_number": "must be a finite number",
}
"""What pydantic says in words of its own."""


class ConfigurationError(Exception):
    """The configuration cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{fault.severity}: {fault.where}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings and targets that may be worked with, and the warnings that go with them."""

    settings: Settings
    targets: Targets
    grid: Grid
    warnings: list[Fault] = field(default_factory=list)
    origin: str = "defaults"
    variables: Mapping[str, str] = field(default_factory=dict)
    """The keys that the environment sets, `section.key`, with the name of the variable."""

    def where(self, key: str) -> str:
        """What the user calls a key, `section.key`: the variable that sets it, or the key."""
        return self.variables.get(key, key)

    @property
    def service(self) -> Service:
        """The organisation whose missions are judged."""
        events = self.settings.events
        response = Clock("response", (Moment("ringing_at"),), (Moment("on_scene_at"),), events.max_response_seconds)
        return Service(
            self.settings.service.slug,
            areas=(Area(NATIONAL), *(Area(district, NATIONAL) for district in events.districts)),
            categories=tuple(map(Category, events.settlements)),
            clocks=(response,),
            objectives=OBJECTIVES,
            fields=Fields(area="district", category="settlement", eligible="urgent", instants=("dispatched_at",)),
        )

    @property
    def limits(self) -> Limits:
        """The event limits as the core wants them."""
        events = self.settings.events
        return Limits(
            ahead_seconds=events.max_ahead_seconds,
            record_bytes=events.max_record_bytes,
        )


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section with its model."""
    for name, section in Settings.model_fields.items():
        model = section.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"section {name} is no model")
        yield name, model


KEYS: Final = {
    section: {key: get_origin(one.annotation) is tuple for key, one in model.model_fields.items()}
    for section, model in models()
}
"""Every key by section, and whether it is a list."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where each value came from, and so what the user calls it."""

    file: str
    raw: Mapping[str, Any]
    variables: Variables

    def name(self, key: str) -> str:
        """`redis.url`, or the variable that sets it."""
        section, _, inner = key.partition(".")
        return self.variables.names.get((section, inner), key)

    def where(self, key: str) -> str:
        """The name with the file that holds it."""
        name = self.name(key)
        return name if name != key else f"{self.file}: {key}"

    def given(self, key: str) -> bool:
        """Whether the user said anything about it."""
        section, _, inner = key.partition(".")
        return (section, inner) in self.variables.names or inner in self.raw.get(section, {})


def find_config() -> Path | None:
    """The configuration file in use: MONITOR_CONFIG, ./config/monitor.toml, or the one shipped with the package."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    for folder in (Path("config"), _PACKAGED_CONFIG, _REPOSITORY_CONFIG):
        if (folder / "monitor.toml").is_file():
            return folder / "monitor.toml"
    return None


def load(path: Path | None = None) -> Configuration:
    """Read and validate everything. Raises ConfigurationError with every error and warning found."""
    named = f"{CONFIG_VARIABLE}: " if path is None and os.environ.get(CONFIG_VARIABLE) else ""
    path = path or find_config()
    variables = read_environment(os.environ, KEYS)
    faults = list(variables.faults)
    try:
        raw = read_toml(path) if path else {}
    except FileUnusable as fault:
        raise ConfigurationError([Fault("error", f"{named}{path}", str(fault)), *faults]) from fault
    tables = {name: table for name, table in raw.items() if isinstance(table, dict) or name not in KEYS}
    faults += [
        Fault("error", f"{path}: {name}", f"must be a table: write [{name}] on a line, and its keys below")
        for name in raw.keys() - tables.keys()
    ]
    origin = _Origin(str(path) if path else "defaults", tables, variables)
    faults += _secrets_in_file(origin)
    settings, unknown = _settings(origin, faults)
    for breach in breaches(settings, origin.name, unknown=unknown):
        key = next((key for key in breach.relation.keys if origin.given(key)), breach.relation.keys[0])
        faults.append(Fault(breach.relation.severity, origin.where(key), breach.message))
    grid = _grid(settings, origin, unknown, faults)
    targets = _targets(settings, path, origin, unknown, faults)
    if not available(settings.ledger.digest_backend):
        message = "fastdigest is not installed (no wheel for this platform?): say tdigest, which is pure Python"
        faults.append(Fault("error", origin.where("ledger.digest_backend"), message))
    if grid is None or any(fault.severity == "error" for fault in faults):
        raise ConfigurationError(faults)
    names = {f"{section}.{key}": name for (section, key), name in variables.names.items()}
    return Configuration(settings, targets, grid, faults, origin.file, names)


def unusable_files(configuration: Configuration, *, needed: bool) -> list[Fault]:
    """What is wrong with the files that keys name; one that is missing is an error only where it is `needed` here.

    Starting does not look at them: a container has those that its command reads, and no others.
    """
    found = []
    kafka, redis = configuration.settings.kafka, configuration.settings.redis
    a_certificate, a_key = partial(require_pem, what="CERTIFICATE"), partial(require_pem, what="PRIVATE KEY")
    for key, file, look in (
        ("kafka.sasl_password_file", kafka.sasl_password_file, read_secret),
        ("redis.password_file", redis.password_file, read_secret),
        ("kafka.ca_file", kafka.ca_file, a_certificate),
        ("kafka.certificate_file", kafka.certificate_file, a_certificate),
        ("kafka.key_file", kafka.key_file, a_key),
    ):
        if file is None:
            continue
        try:
            look(file, key)
        except SecretUnusable as fault:
            absent = isinstance(fault.__cause__, FileAbsent) and not needed
            found.append(Fault("warning" if absent else "error", configuration.where(key), fault.reason))
    return found


def _secrets_in_file(origin: _Origin) -> list[Fault]:
    found = [f"{section}.{key}" for section, key in _SECRETS if key in origin.raw.get(section, {})]
    url = origin.raw.get("redis", {}).get("url")
    if isinstance(url, str) and redis_address.without_password(url)[1] is not None:
        found.append("redis.url")
    message = "a secret in the configuration file: use the environment or a *_file key"
    return [Fault("error", f"{origin.file}: {key}", message) for key in found]


def _settings(origin: _Origin, faults: list[Fault]) -> tuple[Settings, set[str]]:
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
        near = get_close_matches(rest[0], KEYS[section], n=1) if rest else get_close_matches(section, KEYS, n=1)
        advice = f"did you mean {near[0]}?" if near else "docs/configuration.md lists all"
        return f"unknown setting: remove it or correct its name; {advice}"
    entry = f"entry {int(rest[1]) + 1}: " if len(rest) > 1 and rest[1].isdecimal() else ""
    message: str = _IN_WORDS.get(error["type"], error["msg"])
    return entry + message.removeprefix("Value error, ")


def _grid(settings: Settings, origin: _Origin, unknown: set[str], faults: list[Fault]) -> Grid | None:
    ledger = settings.ledger
    if unknown & {"ledger.timezone", "ledger.slice_seconds"}:
        return None
    if ledger.timezone in _NO_PLACES:
        message = f"{ledger.timezone!r} is another one on each machine, or none: name one like Europe/Oslo"
        faults.append(Fault("error", origin.where("ledger.timezone"), message))
        return None
    if ledger.timezone not in available_timezones():
        near = get_close_matches(ledger.timezone, available_timezones(), n=1)
        advice = f"did you mean {near[0]}?" if near else "name one like Europe/Oslo"
        message = f"{ledger.timezone!r} is no zone of the tz database: {advice}"
        faults.append(Fault("error", origin.where("ledger.timezone"), message))
        return None
    try:
        return Grid(ZoneInfo(ledger.timezone), ledger.slice_seconds, Calendar(settings.windows.year_starts))
    except ValueError as fault:
        faults.append(Fault("error", origin.where("ledger.slice_seconds"), str(fault)))
        return None


def _targets(
    settings: Settings, path: Path | None, origin: _Origin, unknown: set[str], faults: list[Fault]
) -> Targets:
    if "targets.directory" in unknown:
        return Targets()
    folder = settings.targets.directory
    if not folder.is_absolute() and path is not None:
        folder = path.parent / folder
    try:
        files = toml_files(folder)
        trouble = "no target files (*.toml): nothing could be judged; name a folder that holds some"
    except FileUnusable as fault:
        files, trouble = [], f"no target files: the folder {fault}"
    if not files:
        faults.append(Fault("error", origin.where("targets.directory"), f"{folder}: {trouble}"))
        return Targets()
    sets: list[TargetSet] = []
    for file in files:
        try:
            raw = read_toml(file)
        except FileUnusable as fault:
            faults.append(Fault("error", str(file), str(fault)))
            continue
        found, wrong = parse_target_set(raw, origin=file.name)
        faults += wrong
        if found is not None:
            sets.append(found)
    if sets and not unknown & {"events.districts", "events.settlements"}:
        events = settings.events
        faults += validate(sets, districts=events.districts, settlements=events.settlements, today=clock.today())
    return Targets(sets)
