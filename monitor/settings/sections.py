"""What can be configured: every key with its type, default and meaning, and what it may be on its own.

What keys must be together is told in `relations`; where their values come from, in `configuration`.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from monitor.core import windows
from monitor.settings import redis_address
from monitor.settings.files import read_secret
from monitor.settings.values import (
    Brokers,
    Count,
    Days,
    Districts,
    File,
    Folder,
    HeaderName,
    Host,
    Hosts,
    Networks,
    OptionalText,
    Port,
    Positive,
    Ratio,
    Secret,
    Settlements,
    Slug,
    Text,
    Texts,
    Topic,
    Visible,
    WebAddress,
    Windows,
)

LARGEST_RECORD_BYTES: Final = 16 * 1024 * 1024
"""What a Kafka client of ours carries."""


def _former(moved: str) -> Any:
    """A key that files of before have. What it said is said elsewhere now, as `moved` tells; `former` reads it."""
    return Field(None, description=moved, json_schema_extra={"former": True})


WEB_FILE: Final = "Web configuration file of Prometheus' exporter-toolkit: TLS, client certificates, users."


def _secret(value: SecretStr | None, file: Path | None, key: str) -> str | None:
    """What is given itself, or stands in a file."""
    if value is not None:
        return value.get_secret_value()
    return None if file is None else read_secret(file, key)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceSettings(_Section):
    """Whose missions are judged."""

    name: Text = Field(
        "norwegian-police",
        description="The service: the name of a folder in `services/`, here or among those that came along, or the "
        "path of a folder that holds a service.toml. In the file it stands alone, before all sections: "
        '`service = "norwegian-police"`.',
    )
    slug: Annotated[Slug | None, Field()] = _former("`slug`, or the name of the service's folder")


class KafkaSettings(_Section):
    """Where mission events come from."""

    bootstrap: Brokers = Field("127.0.0.1:9092", description="Broker addresses, host:port, separated by commas.")
    topic: Topic = Field("mission-events", description="Topic of mission events.")
    dead_letter_topic: Topic = Field(
        "mission-events.dead-letter", description="Topic of events that cannot be counted."
    )
    group: Text = Field("response-time-monitor", description="Consumer group that all workers share.")
    partitions: Count = Field(
        4, description="Partitions of the topic where the monitor creates it (`topics`, `demo`)."
    )
    session_timeout_seconds: Positive = Field(8.0, description="Silence after which a worker loses its partitions.")
    rebalance_timeout_seconds: Positive = Field(10.0, description="Time a worker has to hand over in a rebalance.")
    heartbeat_seconds: Positive = Field(1.5, description="Sign of life to the group coordinator.")
    max_batch_bytes: Annotated[Count, Field(ge=1_048_576)] = Field(
        8_388_608, description="Largest record batch, unpacked; a larger one is one dead letter."
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers."
    )
    ca_file: File = Field(None, description="Certificate authority for SSL; default: the system's.")
    certificate_file: File = Field(
        None, description="Certificate to show to brokers that ask for one over SSL (PEM), with or without its key."
    )
    key_file: File = Field(None, description="Key of the certificate, where it lies apart; without passphrase.")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        "PLAIN", description="SASL mechanism, where the protocol has SASL."
    )
    sasl_username: OptionalText = Field(None, description="SASL user.")
    sasl_password: Secret = Field(None, description="SASL password; environment only.")
    sasl_password_file: File = Field(None, description="File that holds the SASL password.")
    sasl_token_file: File = Field(
        None,
        description="File that holds the token of OAUTHBEARER; read for each connection, so it may be renewed.",
    )


class RedisSettings(_Section):
    """Where checkpoints are kept."""

    url: Annotated[str, AfterValidator(redis_address.checked)] = Field(
        "redis://127.0.0.1:6379/0",
        description="Address; `redis+sentinel://` and `redis+cluster://` name several servers. A password only "
        "through the environment.",
    )
    username: OptionalText = Field(None, description="User (ACL), where the password alone is not enough.")
    password: Secret = Field(None, description="Password; environment only.")
    password_file: File = Field(None, description="File that holds the password.")
    sentinel_username: OptionalText = Field(None, description="User at the sentinels, where they know users.")
    sentinel_password: Secret = Field(None, description="Password at the sentinels; environment only.")
    sentinel_password_file: File = Field(None, description="File that holds the password at the sentinels.")
    ca_file: File = Field(None, description="Certificate authority for `rediss://` (PEM); default: the system's.")
    certificate_file: File = Field(
        None, description="Certificate to show to a server that asks for one (PEM), with or without its key."
    )
    key_file: File = Field(None, description="Key of the certificate, where it lies apart; without passphrase.")
    namespace: str = Field("monitor", description="Beginning of every key, before the topic.", pattern=r"^[\w.-]+$")
    timeout_seconds: Positive = Field(5.0, description="Silence after which the store counts as away.")

    @model_validator(mode="before")
    @classmethod
    def _keep_the_password_apart(cls, raw: Any) -> Any:
        """A password within the address moves to where secrets are kept, so that no dump of the settings shows it."""
        url = raw.get("url") if isinstance(raw, dict) else None
        if not isinstance(url, str):
            return raw
        bare, password = redis_address.without_password(url)
        return raw if password is None else {**raw, "url": bare, "password": raw.get("password") or password}

    def address(self) -> str:
        """The URL with login and certificates in place, as clients read it.

        Raises SecretUnusable, an OSError, where the file of the password cannot be used.
        """
        password = _secret(self.password, self.password_file, "redis.password_file")
        url = self.url if password is None else redis_address.with_login(self.url, self.username, password)
        certificate = self.certificate_file
        return redis_address.with_files(
            url,
            {"ssl_ca_certs": self.ca_file, "ssl_certfile": certificate, "ssl_keyfile": self.key_file or certificate},
        )

    def sentinel_login(self) -> tuple[str | None, str | None]:
        """User and password at the sentinels. Raises as `address`."""
        password = _secret(self.sentinel_password, self.sentinel_password_file, "redis.sentinel_password_file")
        return self.sentinel_username, password


class WorkerSettings(_Section):
    """How a worker keeps up and checkpoints."""

    checkpoint_seconds: Positive = Field(0.5, description="A changed partition is stored at least this often.")
    checkpoint_missions: Count = Field(20_000, description="... and whenever this many missions have changed.")
    max_invalid_ratio: Ratio = Field(
        0.5, description="Share of invalid records above which a partition counts as flooded with them."
    )
    invalid_window: Count = Field(1_000, description="... among at least this many of its newest records.")
    on_invalid_flood: Literal["slow", "stop"] = Field(
        "slow", description="What to do then: slow that partition down, or stop the worker."
    )
    invalid_per_second: Positive = Field(
        50.0, description="Invalid records that a flooded partition may bring a second."
    )
    metrics_host: Host = Field("127.0.0.1", description="Address of the worker's own /metrics.")
    metrics_port: Port = Field(0, description="Port of the worker's own /metrics; 0: none.")
    metrics_hosts: Hosts = Field((), description="Names under which programs reach it; else as `exporter.hosts`.")
    metrics_web_config_file: File = Field(None, description=WEB_FILE)
    stop_seconds: Positive = Field(3.0, description="Time to store what is left after SIGTERM, before leaving.")
    watchdog_seconds: Positive = Field(
        300.0, description="A worker that does not move for so long, although there is work and all answer, ends."
    )


class FeedSettings(_Section):
    """How `monitor feed` carries records of a source into the topic of mission events; the rest is as for workers."""

    group: OptionalText = Field(
        None, description="Consumer group that all feeds of a service share; default: `kafka.group` with `-feed`."
    )
    metrics_host: Host = Field("127.0.0.1", description="Address of the feed's own /metrics.")
    metrics_port: Port = Field(0, description="Port of the feed's own /metrics; 0: none.")
    metrics_hosts: Hosts = Field((), description="Names under which programs reach it; else as `exporter.hosts`.")
    metrics_web_config_file: File = Field(None, description=WEB_FILE)


class ExporterSettings(_Section):
    """Where the verdicts are served."""

    host: Host = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8080, description="Port to listen on; 0: any free one.")
    hosts: Hosts = Field(
        (),
        description="Names under which people and programs reach the exporter; `localhost` and the address it "
        "listens on are always answered, `*` answers to any name.",
    )
    web_config_file: File = Field(None, description=WEB_FILE)
    metrics_host: Host = Field("127.0.0.1", description="Address of `metrics_port`.")
    metrics_port: Port = Field(
        0, description="Port for `/metrics` alone, which is then no longer on `port`; 0: there is none."
    )
    metrics_web_config_file: File = Field(
        None, description="The same for `metrics_port`; default: that of `web_config_file`."
    )
    access_log: Literal["nothing", "requests", "requests_and_addresses"] = Field(
        "nothing",
        description="What is logged of requests: method, route, status, time; never what stands after a question "
        "mark. Addresses may be a person's.",
    )
    refresh_seconds: Positive = Field(15.0, description="Everything is judged anew at least this often.")


class AlertmanagerSettings(_Section):
    """Whose silences the board shows."""

    url: WebAddress | None = Field(
        None,
        description="Address of Alertmanager, `http://host:9093` or `https://…`, with its path where it has one; "
        "none: nobody is asked, and the board says nothing of silences. No login is sent.",
    )


class AccessSettings(_Section):
    """Who may see figures and missions at the exporter; of nothing set: figures everybody, missions nobody."""

    figures_tokens: Secret = Field(None, description="Bearer tokens for figures, by commas; environment only.")
    figures_tokens_file: File = Field(
        None, description="File with bearer tokens for figures, one a line; read anew when it changes."
    )
    missions_tokens: Secret = Field(
        None, description="Bearer tokens for missions, and so for figures; environment only."
    )
    missions_tokens_file: File = Field(None, description="File with bearer tokens for missions, one a line.")
    proxies: Networks = Field(
        (),
        description="Addresses or networks of proxies that log people in; their headers are believed, nobody else's.",
    )
    user_header: HeaderName = Field("X-Forwarded-User", description="Header in which they name who is logged in.")
    groups_header: HeaderName = Field("X-Forwarded-Groups", description="Header with the groups, by commas.")
    figures_groups: Texts = Field((), description="Groups that may see figures; none: whoever is logged in.")
    missions_groups: Texts = Field((), description="Groups that may see missions, and so figures; none: nobody.")


class EventSettings(_Section):
    """Which events are valid."""

    districts: Annotated[Districts | None, Field(min_length=1)] = _former("`[[areas]]`")
    settlements: Annotated[Settlements | None, Field(min_length=1)] = _former("`[[categories]]`")
    max_response_seconds: Annotated[Positive | None, Field()] = _former("`longest` of each of the `[[clocks]]`")
    max_ahead_seconds: Positive = Field(300.0, description="How far a time may lie after the record's timestamp.")
    max_record_bytes: Annotated[Count, Field(le=LARGEST_RECORD_BYTES)] = Field(
        65_536, description="Largest event; larger ones are dead letters."
    )
    stale_after_seconds: Annotated[Positive | None, Field()] = Field(
        None,
        description="Silence of the feed after which every verdict to date becomes no_data. Default: what the "
        "service's own missions by hour of the day make implausible, from an hour to four weeks. To be given where a "
        "source delivers in batches, longer than the longest pause between two.",
    )


class LedgerSettings(_Section):
    """How long missions stay correctable, and how history is kept."""

    timezone: Annotated[Visible | None, Field()] = _former("`timezone`")
    slice_seconds: Count = Field(3_600, description="Length of a slice; must divide an hour.")
    horizon_days: Days = Field(400.0, description="Missions older than this are sealed into sketches.")
    capacity: Count = Field(1_000_000, description="Missions a partition keeps correctable before sealing early.")
    roll_up_days: Days = Field(35.0, description="Sealed slices older than this are kept by local day.")
    digest_backend: Literal["fastdigest", "tdigest"] = Field("fastdigest", description="Library behind the sketches.")


class WindowSettings(_Section):
    """Which windows are judged."""

    names: Windows = Field(
        windows.DEFAULT,
        description="Labels: 24h, 7d, last100, week, month, quarter, tertial, half_year, year ...",
        min_length=1,
    )
    metrics: Windows = Field(
        (),
        description="Those of them that `/metrics` tells; none given: what alerts and dashboards need. Board and API "
        "tell all.",
    )
    year_starts: Annotated[Annotated[Count, Field(le=12)] | None, Field()] = _former('`year_starts`, like `"04-01"`')

    @property
    def exposed(self) -> tuple[str, ...]:
        """The windows of `/metrics`."""
        return self.metrics or tuple(name for name in self.names if name in windows.SHOWN)


class TargetSettings(_Section):
    """Where the tables of thresholds were, before each service had its own."""

    directory: Annotated[Folder | None, Field()] = _former("the folder `targets` of the service")


class Settings(BaseModel):
    """Every setting; `monitor.settings.load` is the way to get one from file and environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: ServiceSettings = ServiceSettings()
    kafka: KafkaSettings = KafkaSettings()
    redis: RedisSettings = RedisSettings()
    worker: WorkerSettings = WorkerSettings()
    feed: FeedSettings = FeedSettings()
    exporter: ExporterSettings = ExporterSettings()
    alertmanager: AlertmanagerSettings = AlertmanagerSettings()
    access: AccessSettings = AccessSettings()
    events: EventSettings = EventSettings()
    ledger: LedgerSettings = LedgerSettings()
    windows: WindowSettings = WindowSettings()
    targets: TargetSettings = TargetSettings()
