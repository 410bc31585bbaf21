"""Reading a configuration whole: settings, service, targets, and everything that is wrong with them at once.

`config/monitor.toml` (or the file named by MONITOR_CONFIG or --config), overridden by the environment:
MONITOR_<SECTION>__<KEY>, for example MONITOR_KAFKA__BOOTSTRAP. Secrets come only from the environment or from
files named by a `*_file` key. It names a service: a folder that declares what is judged, with its targets.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from monitor import clock
from monitor.core.calendar import Calendar
from monitor.core.digest import available
from monitor.core.fault import Fault
from monitor.core.mission import Limits
from monitor.core.service import DAY_SECONDS, Service, Words
from monitor.core.slices import Grid
from monitor.core.target_reading import read_tables
from monitor.core.target_rules import validate
from monitor.core.target_tables import Tables, target_set
from monitor.core.targets import Targets
from monitor.settings.environment import CONFIG_VARIABLE, SERVICE, read_environment
from monitor.settings.files import FileUnusable, read_toml, toml_files
from monitor.settings.former import FORMER, former_faults, targets_beside, with_former
from monitor.settings.reading import KEYS, Origin, read_settings, secrets_in_file
from monitor.settings.relations import breaches
from monitor.settings.sections import Settings
from monitor.settings.service import FILE, TARGETS, Declared, find_service, read_service

_ROOM: Final = Path(__file__).resolve().parent.parent
_REPOSITORY_CONFIG: Final = _ROOM.parent / "config"
_PACKAGED_CONFIG: Final = _ROOM / "_config"
OPTION: Final = "--service"
_ABSENT: Final = {
    "fastdigest": "fastdigest is not installed (no wheel for this platform?): say tdigest, and install that extra",
    "tdigest": "tdigest is not installed: install the monitor with its extra `tdigest`, or say fastdigest",
}
_NO_PLACES: Final = ("localtime", "Factory")
"""Names in the tz database, where the machine has them, that say no zone."""


class ConfigurationError(Exception):
    """The configuration cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{fault.severity}: {fault.where}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, service and targets that may be worked with, and the warnings that go with them."""

    settings: Settings
    targets: Targets
    grid: Grid
    service: Service
    warnings: list[Fault] = field(default_factory=list)
    origin: str = "defaults"
    variables: Mapping[str, str] = field(default_factory=dict)
    """The keys that the environment sets, `section.key`, with the name of the variable."""
    description: Words = field(default_factory=dict)
    """The service's rule in a sentence, by language."""
    unverified: tuple[str, ...] = ()
    """What the service's sources did not settle, in words."""
    cannot_say: tuple[str, ...] = ()
    """What its rule asks for and no declaration can say, in words."""
    folder: Path = Path()
    """Where the service is declared."""

    def where(self, key: str) -> str:
        """What the user calls a key, `section.key`: the variable that sets it, or the key."""
        return self.variables.get(key, key)

    @property
    def limits(self) -> Limits:
        """The event limits as the core wants them."""
        events = self.settings.events
        return Limits(
            ahead_seconds=events.max_ahead_seconds,
            record_bytes=events.max_record_bytes,
        )


def find_config() -> Path | None:
    """The configuration file in use: MONITOR_CONFIG, ./config/monitor.toml, or the one shipped with the package."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    for folder in (Path("config"), _PACKAGED_CONFIG, _REPOSITORY_CONFIG):
        if (folder / "monitor.toml").is_file():
            return folder / "monitor.toml"
    return None


def service_rooms(path: Path | None = None) -> list[Path]:
    """Where services are found by their name: beside the configuration file, here, and among those that came."""
    path = path or find_config()
    folders = (path.parent if path else Path(), Path("config"), _PACKAGED_CONFIG, _REPOSITORY_CONFIG)
    return [folder / "services" for folder in folders]


def came_along() -> Path:
    """The folder of the configuration that came with the program."""
    return _PACKAGED_CONFIG if _PACKAGED_CONFIG.is_dir() else _REPOSITORY_CONFIG


def load(path: Path | None = None, *, service: str | None = None) -> Configuration:
    """Read and validate everything; `service` names another one than file and environment do.

    Raises ConfigurationError with every error and warning found.
    """
    named = f"{CONFIG_VARIABLE}: " if path is None and os.environ.get(CONFIG_VARIABLE) else ""
    path = path or find_config()
    variables = read_environment(os.environ, KEYS)
    if service is not None:
        variables.values.setdefault(SERVICE[0], {})[SERVICE[1]] = service
        variables.names[SERVICE] = OPTION
    faults = list(variables.faults)
    try:
        raw = read_toml(path) if path else {}
    except FileUnusable as fault:
        raise ConfigurationError([Fault("error", f"{named}{path}", str(fault)), *faults]) from fault
    if isinstance(raw.get(SERVICE[0]), str):
        raw[SERVICE[0]] = {SERVICE[1]: raw[SERVICE[0]]}
    tables = {name: table for name, table in raw.items() if isinstance(table, dict) or name not in KEYS}
    faults += [
        Fault("error", f"{path}: {name}", f"must be a table: write [{name}] on a line, and its keys below")
        for name in raw.keys() - tables.keys()
    ]
    origin = Origin(str(path) if path else "defaults", tables, variables)
    faults += secrets_in_file(origin)
    settings, unknown = read_settings(origin, faults)
    for breach in breaches(settings, origin.name, unknown=unknown):
        key = next((key for key in breach.relation.keys if origin.given(key)), breach.relation.keys[0])
        faults.append(Fault(breach.relation.severity, origin.where(key), breach.message))
    declared = _declared(settings, path, origin, faults)
    grid = _grid(settings, declared, origin, unknown, faults)
    targets, wrong = _targets(settings, declared, path.parent if path else Path(), origin, unknown)
    faults += wrong
    faults += _short_horizon(settings, declared, origin)
    if not available(settings.ledger.digest_backend):
        faults.append(Fault("error", origin.where("ledger.digest_backend"), _ABSENT[settings.ledger.digest_backend]))
    if grid is None or declared.service is None or any(fault.severity == "error" for fault in faults):
        raise ConfigurationError(faults)
    names = {f"{section}.{key}": name for (section, key), name in variables.names.items()}
    return Configuration(
        settings, targets, grid, _called(declared.service, targets), faults, origin.file, names,
        declared.description, declared.unverified, declared.cannot_say, declared.folder,
    )  # fmt: skip


def _declared(settings: Settings, path: Path | None, origin: Origin, faults: list[Fault]) -> Declared:
    """The service that is named, as the keys of before change it."""
    folder = path.parent if path else Path()
    rooms = service_rooms(path)
    beside = [Path(), folder] if SERVICE in origin.variables.names else [folder]
    try:
        declared = read_service(find_service(settings.service.name, rooms, beside))
    except FileUnusable as fault:
        faults.append(Fault("error", origin.where("service.name"), str(fault)))
        return Declared(None, folder)
    faults += declared.faults
    faults += former_faults({key: origin.name(key) for key in FORMER if origin.given(key)}, origin.file)
    return with_former(declared, settings)


def _grid(
    settings: Settings, declared: Declared, origin: Origin, unknown: set[str], faults: list[Fault]
) -> Grid | None:
    ledger, zone = settings.ledger, declared.timezone
    if zone is None or unknown & {"ledger.timezone", "ledger.slice_seconds"}:
        return None
    where = origin.where("ledger.timezone") if ledger.timezone is not None else f"{FILE}: timezone"
    if not zone and ledger.timezone is None:
        faults.append(Fault("error", where, "is missing: name the zone of local days, like Europe/Oslo"))
        return None
    if zone in _NO_PLACES:
        message = f"{zone!r} is another one on each machine, or none: name one like Europe/Oslo"
        faults.append(Fault("error", where, message))
        return None
    if zone not in available_timezones():
        near = get_close_matches(zone, available_timezones(), n=1)
        advice = f"did you mean {near[0]}?" if near else "name one like Europe/Oslo"
        message = f"{zone!r} is no zone of the tz database: {advice}"
        faults.append(Fault("error", where, message))
        return None
    try:
        return Grid(ZoneInfo(zone), ledger.slice_seconds, Calendar(declared.year_starts))
    except ValueError as fault:
        faults.append(Fault("error", origin.where("ledger.slice_seconds"), str(fault)))
        return None


def _targets(
    settings: Settings, declared: Declared, here: Path, origin: Origin, unknown: set[str]
) -> tuple[Targets, list[Fault]]:
    if "targets.directory" in unknown or (declared.service is None and not declared.faults):
        return Targets(), []
    faults: list[Fault] = []
    folder, where = declared.folder / TARGETS, str(declared.folder / TARGETS)
    if settings.targets.directory is not None:
        folder, where = here / settings.targets.directory, origin.where("targets.directory")
    elif not origin.given("service.name") and (beside := targets_beside(here)) is not None:
        folder, where = beside, str(beside)
    try:
        files = toml_files(folder)
        trouble = "no target files (*.toml): nothing could be judged; name a folder that holds some"
    except FileUnusable as fault:
        files, trouble = [], f"no target files: the folder {fault}"
    if not files:
        return Targets(), [Fault("error", where, f"{folder}: {trouble}")]
    sets: list[Tables] = []
    for file in files:
        try:
            raw = read_toml(file)
        except FileUnusable as fault:
            faults.append(Fault("error", str(file), str(fault)))
            continue
        found, wrong = read_tables(raw, declared.service, origin=file.name)
        faults += wrong
        if found is not None:
            sets.append(found)
    service = declared.service
    if not sets or service is None:
        return Targets(), faults
    if not unknown & {"events.districts", "events.settlements"}:
        own = folder == declared.folder / TARGETS and not any(map(origin.given, FORMER))
        faults += validate(sets, service, today=clock.today(), whole=own)
    return Targets(target_set(one, service) for one in sets), faults


def _short_horizon(settings: Settings, declared: Declared, origin: Origin) -> list[Fault]:
    """Missions would be sealed as unmeasured while a clock still runs."""
    horizon = settings.ledger.horizon_days * DAY_SECONDS
    clocks = declared.service.clocks if declared.service else ()
    return [
        Fault(
            "error",
            origin.where("ledger.horizon_days"),
            f"is {horizon:g} s, shorter than the longest {clock.slug} ({clock.longest_seconds:g} s): missions would "
            "be sealed as unmeasured while a unit may still arrive; give more days",
        )
        for clock in clocks
        if horizon < clock.longest_seconds
    ][:1]


def _called(service: Service, targets: Targets) -> Service:
    """The service whose areas bear the names of the newest tables, where it gives none itself."""
    printed = {slug: name for one in targets.sets for slug, name in one.area_names.items()}
    areas = (
        one
        if service.area_names(one.slug) or one.slug not in printed
        else replace(one, names={"en": printed[one.slug]})
        for one in service.areas
    )
    return replace(service, areas=tuple(areas))
