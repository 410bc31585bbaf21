"""What is wrong with the files of ports and with tokens: for `monitor check`, and before anything is started."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from monitor.core.fault import Fault
from monitor.listening.port import key_of, read_door
from monitor.listening.tokens import rules_of
from monitor.settings import Configuration, ConfigurationError
from monitor.settings.files import open_to_others

WEB_FILES: Final = {
    "exporter": ("exporter.web_config_file", "exporter.metrics_web_config_file"),
    "worker": ("worker.metrics_web_config_file",),
    "feed": ("feed.metrics_web_config_file",),
}
"""By the part that reads them."""


def port_faults(configuration: Configuration, parts: Sequence[str], *, needed: bool = True) -> list[Fault]:
    """Everything wrong with what these parts are served behind; what is missing is an error only where `needed`."""
    found = []
    for key in (key for part in parts for key in WEB_FILES.get(part, ())):
        section, _, inner = key.partition(".")
        file: Path | None = getattr(getattr(configuration.settings, section), inner)
        if file is not None:
            found += _of_file(file, configuration.where(key), needed=needed)
    if "exporter" in parts:
        try:
            rules_of(configuration.settings.access)
        except ConfigurationError as fault:
            found += [_unless(one, needed=needed) for one in fault.faults]
    return found


def _of_file(file: Path, where: str, *, needed: bool) -> list[Fault]:
    if not needed and not file.exists():
        return [Fault("warning", where, f"{file}: no such file here")]
    found = []
    try:
        read_door(file)
    except ConfigurationError as fault:
        found = [_unless(replace(one, where=f"{where}: {one.where}"), needed=needed) for one in fault.faults]
    with suppress(ConfigurationError, OSError):
        key = key_of(file)
        if key is not None and (others := open_to_others(key)):
            found.append(Fault("warning", f"{where}: {file}: tls_server_config.key_file", f"{key}: {others}"))
    return found


def _unless(fault: Fault, *, needed: bool) -> Fault:
    """What is only not here is no error where nobody needs it."""
    absent = "no such file" in fault.message.lower()
    return replace(fault, severity="warning") if absent and not needed else fault
