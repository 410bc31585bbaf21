"""What can be configured, from where, and whether it can be right.

`sections` holds every key, `values` what one may be, `relations` what several must be together, `environment` and
`files` where they come from; `configuration` reads it all and collects every fault instead of stopping at the first.
"""

from monitor.settings.configuration import (
    Configuration,
    ConfigurationError,
    came_along,
    find_config,
    load,
    service_rooms,
)
from monitor.settings.environment import CONFIG_VARIABLE, ENV_PREFIX, SERVICE_VARIABLE, variable
from monitor.settings.files import SecretUnusable, read_secret
from monitor.settings.key_files import open_secrets, unusable_files
from monitor.settings.reading import models
from monitor.settings.relations import RELATIONS
from monitor.settings.sections import (
    AccessSettings,
    EventSettings,
    ExporterSettings,
    FeedSettings,
    KafkaSettings,
    LedgerSettings,
    RedisSettings,
    Settings,
    TargetSettings,
    WindowSettings,
    WorkerSettings,
)

__all__ = [
    "CONFIG_VARIABLE",
    "ENV_PREFIX",
    "RELATIONS",
    "SERVICE_VARIABLE",
    "AccessSettings",
    "Configuration",
    "ConfigurationError",
    "EventSettings",
    "ExporterSettings",
    "FeedSettings",
    "KafkaSettings",
    "LedgerSettings",
    "RedisSettings",
    "SecretUnusable",
    "Settings",
    "TargetSettings",
    "WindowSettings",
    "WorkerSettings",
    "came_along",
    "find_config",
    "load",
    "models",
    "open_secrets",
    "read_secret",
    "service_rooms",
    "unusable_files",
    "variable",
]
