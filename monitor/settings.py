"""What can be configured, from where, and whether it can be right.

`config/monitor.toml` (or the file named by MONITOR_CONFIG or --config), overridden by the environment:
MONITOR_<SECTION>__<KEY>, for example MONITOR_KAFKA__BOOTSTRAP. Secrets come only from the environment or from
files named by a `*_file` key. `load` collects every fault instead of stopping at the first.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from monitor import clock
from monitor.core import windows
from monitor.core.digest import available
from monitor.core.mission import SETTLEMENTS, Limits
from monitor.core.plain_text import unseen
from monitor.core.slices import Grid
from monitor.core.targets import Fault, Targets, TargetSet, parse_target_set, validate

ENV_PREFIX: Final = "MONITOR_"
CONFIG_VARIABLE: Final = "MONITOR_CONFIG"
DISTRICTS: Final = (
    "oslo", "ost", "innlandet", "sor-ost", "agder", "sor-vest", "vest", "more-og-romsdal", "trondelag",
    "nordland", "troms", "finnmark",
)  # fmt: skip
_REPOSITORY_CONFIG: Final = Path(__file__).resolve().parent.parent / "config"
_PACKAGED_CONFIG: Final = Path(__file__).resolve().parent / "_config"

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class ConfigurationError(Exception):
    """The configuration cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{fault.severity}: {fault.where}: {fault.message}" for fault in faults))
        self.faults = faults


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _can_be_seen(cls, value: Any) -> Any:
        """Names are shown in tables, logs and errors, and sent to servers: no line break, no escape sequence."""
        if isinstance(value, str | Path) and (problem := unseen(str(value))):
            raise ValueError(problem)
        return value


class KafkaSettings(_Section):
    """Where mission events come from."""

    bootstrap: str = Field("127.0.0.1:9092", description="Broker addresses, host:port, separated by commas.")
    topic: str = Field("mission-events", description="Topic of mission events.")
    dead_letter_topic: str = Field(
        "mission-events.dead-letter", description="Topic of events that cannot be counted."
    )
    group: str = Field("response-time-monitor", description="Consumer group that all workers share.")
    partitions: Count = Field(4, description="Partitions of the topic where the monitor creates it (demo).")
    session_timeout_seconds: Positive = Field(8.0, description="Silence after which a worker loses its partitions.")
    rebalance_timeout_seconds: Positive = Field(10.0, description="Time a worker has to hand over in a rebalance.")
    heartbeat_seconds: Positive = Field(1.5, description="Sign of life to the group coordinator.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers."
    )
    ca_file: Path | None = Field(None, description="Certificate authority for SSL; default: the system's.")
    certificate_file: Path | None = Field(
        None, description="Certificate to show to brokers that ask for one over SSL (PEM), with or without its key."
    )
    key_file: Path | None = Field(
        None, description="Key of the certificate, where it lies apart; without passphrase."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="SASL mechanism, where the protocol has SASL."
    )
    sasl_username: str | None = Field(None, description="SASL user.")
    sasl_password: SecretStr | None = Field(None, description="SASL password; environment only.")
    sasl_password_file: Path | None = Field(None, description="File that holds the SASL password.")


class RedisSettings(_Section):
    """Where checkpoints are kept."""

    url: str = Field("redis://127.0.0.1:6379/0", description="Address; a password only through the environment.")
    password: SecretStr | None = Field(None, description="Password; environment only.")
    password_file: Path | None = Field(None, description="File that holds the password.")
    namespace: str = Field("monitor", description="Beginning of every key, before the topic.", pattern=r"^[\w.-]+$")
    timeout_seconds: Positive = Field(5.0, description="Silence after which the store counts as away.")

    @model_validator(mode="before")
    @classmethod
    def _keep_the_password_apart(cls, raw: Any) -> Any:
        """A password within the address moves to where secrets are kept, so that no dump of the settings shows it."""
        url = raw.get("url") if isinstance(raw, dict) else None
        if not isinstance(url, str) or "@" not in url:
            return raw
        try:
            parts = urlsplit(url)
            password = parts.password
        except ValueError:
            return raw  # no address at all: whoever uses it says so
        if password is None:
            return raw
        user, place = parts.username or "", parts.netloc.rpartition("@")[2]
        bare = urlunsplit(parts._replace(netloc=f"{user}@{place}" if user else place))
        return {**raw, "url": bare, "password": raw.get("password") or unquote(password)}

    def address(self) -> str:
        """The URL with the password in place. Raises OSError where the password file cannot be read."""
        password = self.password.get_secret_value() if self.password else None
        if password is None and self.password_file is not None:
            password = self.password_file.read_text(encoding="utf-8").strip()
        if password is None:
            return self.url
        parts = urlsplit(self.url)
        place = parts.netloc.rpartition("@")[2]
        user = parts.username or ""
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))


class WorkerSettings(_Section):
    """How a worker keeps up and checkpoints."""

    checkpoint_seconds: Positive = Field(0.5, description="A changed partition is stored at least this often.")
    checkpoint_missions: Count = Field(20_000, description="... and whenever this many missions have changed.")
    max_invalid_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="Share of invalid records above which a worker stops instead of filling the dead letters."
    )
    invalid_window: Count = Field(1_000, description="... among at least this many of its newest records.")
    metrics_host: str = Field("127.0.0.1", description="Address of the worker's own /metrics.")
    metrics_port: Port = Field(0, description="Port of the worker's own /metrics; 0: none.")
    stop_seconds: Positive = Field(3.0, description="Time to store what is left after SIGTERM, before leaving.")
    watchdog_seconds: Positive = Field(
        300.0, description="A worker that does not move for so long, although there is work and all answer, ends."
    )


class ExporterSettings(_Section):
    """Where the verdicts are served."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8080, description="Port to listen on; 0: any free one.")
    refresh_seconds: Positive = Field(15.0, description="Everything is judged anew at least this often.")


class EventSettings(_Section):
    """Which events are valid."""

    districts: tuple[Slug, ...] = Field(DISTRICTS, description="Slugs of the districts.", min_length=1)
    settlements: tuple[Slug, ...] = Field(SETTLEMENTS, description="Settlement classes.", min_length=1)
    max_response_seconds: Positive = Field(86_400.0, description="Longest plausible response.")
    max_ahead_seconds: Positive = Field(300.0, description="How far a time may lie after the record's timestamp.")
    max_record_bytes: Count = Field(65_536, description="Largest event; larger ones are dead letters.")
    stale_after_seconds: Positive = Field(
        21_600.0, description="Silence of the feed after which every verdict to date becomes no_data."
    )


class LedgerSettings(_Section):
    """How long missions stay correctable, and how history is kept."""

    timezone: str = Field("Europe/Oslo", description="Zone of calendar periods and local days.")
    slice_seconds: Count = Field(3_600, description="Length of a slice; must divide an hour.")
    horizon_days: Positive = Field(400.0, description="Missions older than this are sealed into sketches.")
    capacity: Count = Field(1_000_000, description="Missions a partition keeps correctable before sealing early.")
    roll_up_days: Positive = Field(35.0, description="Sealed slices older than this are kept by local day.")
    digest_backend: Literal["fastdigest", "tdigest"] = Field("fastdigest", description="Library behind the sketches.")


def _windows(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        windows.parse_window(name)
    if len(set(names)) != len(names):
        raise ValueError("a window is named twice")
    return names


class WindowSettings(_Section):
    """Which windows are judged."""

    names: Annotated[tuple[str, ...], AfterValidator(_windows)] = Field(
        windows.DEFAULT, description="Labels: 24h, 7d, last100, month, tertial, year ...", min_length=1
    )


class TargetSettings(_Section):
    """Where goals and requirements are."""

    directory: Path = Field(Path("targets"), description="Folder of TOML files, relative to the configuration file.")


class Settings(BaseSettings):
    """Every setting; `load` is the way to get one."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    redis: RedisSettings = RedisSettings()
    worker: WorkerSettings = WorkerSettings()
    exporter: ExporterSettings = ExporterSettings()
    events: EventSettings = EventSettings()
    ledger: LedgerSettings = LedgerSettings()
    windows: WindowSettings = WindowSettings()
    targets: TargetSettings = TargetSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which arrives as the initial values."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def series(self) -> tuple[tuple[str, str], ...]:
        """Every (district, settlement) an event may name."""
        return tuple((one, other) for one in self.events.districts for other in self.events.settlements)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings and targets that may be worked with, and the warnings that go with them."""

    settings: Settings
    targets: Targets
    grid: Grid
    warnings: list[Fault] = field(default_factory=list)
    origin: str = "defaults"

    @property
    def limits(self) -> Limits:
        """The event limits as the core wants them."""
        events = self.settings.events
        return Limits(
            response_seconds=events.max_response_seconds,
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


def load(path: Path | None = None) -> Configuration:
    """Read and validate everything. Raises ConfigurationError with every error and warning found."""
    path = path or find_config()
    faults: list[Fault] = []
    raw = _read_toml(path, faults) if path else {}
    faults += _secrets_in_file(raw, path) + _unknown_variables()
    settings = _settings(raw, path, faults)
    if settings is None:
        raise ConfigurationError(faults)
    grid = _grid(settings.ledger, path, faults)
    targets = _targets(settings, path, faults)
    if not available(settings.ledger.digest_backend):
        faults.append(
            Fault(
                "error",
                f"{path or 'defaults'}: ledger.digest_backend",
                "fastdigest is not installed (no wheel for this platform?): say tdigest, which is pure Python",
            )
        )
    if grid is None or any(fault.severity == "error" for fault in faults):
        raise ConfigurationError(faults)
    return Configuration(settings, targets, grid, faults, str(path) if path else "defaults")


def _read_toml(path: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(Fault("error", str(path), "no such file: name an existing one with --config or MONITOR_CONFIG"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        faults.append(Fault("error", str(path), f"not valid TOML: {fault}"))
    except OSError as fault:
        faults.append(Fault("error", str(path), f"cannot be read: {fault.strerror}"))
    return {}


def _settings(raw: Mapping[str, Any], path: Path | None, faults: list[Fault]) -> Settings | None:
    try:
        return Settings(**raw)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in error["loc"])
            variable = ENV_PREFIX + "__".join(str(part).upper() for part in error["loc"])
            source = variable if variable in os.environ else f"{path or 'defaults'}: {where}"
            message = error["msg"].removeprefix("Value error, ")
            if error["type"] == "extra_forbidden":
                message = "unknown setting: remove it or correct its name (docs/configuration.md lists all)"
            faults.append(Fault("error", source, message))
    except ValueError as fault:  # pydantic-settings: an environment variable that is no valid JSON for its field
        faults.append(Fault("error", "environment", str(fault)))
    return None


def _secrets_in_file(raw: Mapping[str, Any], path: Path | None) -> list[Fault]:
    found = [
        f"{section}.{key}"
        for section, keys in (("kafka", ("sasl_password",)), ("redis", ("password",)))
        for key in keys
        if isinstance(raw.get(section), dict) and key in raw[section]
    ]
    redis = raw.get("redis")
    url = redis.get("url") if isinstance(redis, dict) else None
    if isinstance(url, str) and "@" in url and urlsplit(url).password:
        found.append("redis.url")
    return [
        Fault("error", f"{path}: {where}", "a secret in the configuration file: use the environment or a *_file key")
        for where in found
    ]


def _unknown_variables() -> list[Fault]:
    known = {name.upper() for name in Settings.model_fields}
    return [
        Fault(
            "error", name, f"unknown setting: use {ENV_PREFIX}<SECTION>__<KEY> with one of {', '.join(sorted(known))}"
        )
        for name in sorted(os.environ)
        if name.startswith(ENV_PREFIX)
        and name != CONFIG_VARIABLE
        and name.removeprefix(ENV_PREFIX).partition("__")[0].upper() not in known
    ]


def _grid(ledger: LedgerSettings, path: Path | None, faults: list[Fault]) -> Grid | None:
    where = f"{path or 'defaults'}: ledger"
    if ledger.timezone not in available_timezones():
        faults.append(Fault("error", f"{where}.timezone", f"{ledger.timezone!r} is no zone of the tz database"))
        return None
    try:
        return Grid(ZoneInfo(ledger.timezone), ledger.slice_seconds)
    except ValueError as fault:
        faults.append(Fault("error", f"{where}.slice_seconds", str(fault)))
        return None


def _targets(settings: Settings, path: Path | None, faults: list[Fault]) -> Targets:
    folder = settings.targets.directory
    if not folder.is_absolute() and path is not None:
        folder = path.parent / folder
    sets: list[TargetSet] = []
    try:
        files = sorted(folder.glob("*.toml"))
    except OSError:
        files = []
    if not files:
        faults.append(Fault("error", str(folder), "no target files (*.toml): nothing could be judged"))
        return Targets()
    for file in files:
        found, wrong = parse_target_set(_read_toml(file, faults), origin=file.name)
        faults += wrong
        if found is not None:
            sets.append(found)
    faults += validate(
        sets, districts=settings.events.districts, settlements=settings.events.settlements, today=clock.today()
    )
    return Targets(sets)
