"""The files that keys name: secrets and certificates, looked at by whoever needs them."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from monitor.core.fault import Fault
from monitor.settings.configuration import Configuration
from monitor.settings.files import FileAbsent, SecretUnusable, open_to_others, read_secret, require_pem

SECRETS: Final = (
    "kafka.sasl_password_file", "kafka.sasl_token_file", "kafka.key_file", "kafka.certificate_file",
    "redis.password_file", "redis.sentinel_password_file", "redis.key_file", "redis.certificate_file",
    "access.figures_tokens_file", "access.missions_tokens_file",
    "exporter.web_config_file", "exporter.metrics_web_config_file", "worker.metrics_web_config_file",
    "feed.metrics_web_config_file",
)  # fmt: skip
"""Keys of files that may hold a secret; of a certificate, where its key has no file of its own."""


def open_secrets(configuration: Configuration) -> list[Fault]:
    """A warning for each file with a secret that is here, and open to others. Said at every start, and by `check`."""
    found = []
    for key in SECRETS:
        section, _, inner = key.partition(".")
        values = getattr(configuration.settings, section)
        file: Path | None = getattr(values, inner)
        if file is None or (inner == "certificate_file" and values.key_file is not None):
            continue
        with suppress(OSError):  # what is not here, or cannot be looked at, is told by whoever reads it
            if others := open_to_others(file):
                found.append(Fault("warning", configuration.where(key), f"{file}: {others}"))
    return found


def unusable_files(configuration: Configuration, *, needed: bool) -> list[Fault]:
    """What is wrong with the files that keys name; one that is missing is an error only where it is `needed` here.

    Starting does not look at them: a container has those that its command reads, and no others.
    """
    found = []
    kafka, redis = configuration.settings.kafka, configuration.settings.redis
    a_certificate, a_key = partial(require_pem, what="CERTIFICATE"), partial(require_pem, what="PRIVATE KEY")
    for key, file, look in (
        ("kafka.sasl_password_file", kafka.sasl_password_file, read_secret),
        ("kafka.sasl_token_file", kafka.sasl_token_file, read_secret),
        ("redis.password_file", redis.password_file, read_secret),
        ("redis.sentinel_password_file", redis.sentinel_password_file, read_secret),
        ("kafka.ca_file", kafka.ca_file, a_certificate),
        ("kafka.certificate_file", kafka.certificate_file, a_certificate),
        ("kafka.key_file", kafka.key_file, a_key),
        ("redis.ca_file", redis.ca_file, a_certificate),
        ("redis.certificate_file", redis.certificate_file, a_certificate),
        ("redis.key_file", redis.key_file, a_key),
    ):
        if file is None:
            continue
        try:
            look(file, key)
        except SecretUnusable as fault:
            absent = isinstance(fault.__cause__, FileAbsent) and not needed
            found.append(Fault("warning" if absent else "error", configuration.where(key), fault.reason))
    return found
