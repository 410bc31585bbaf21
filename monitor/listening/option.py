"""`--web.config.file`, as every exporter of Prometheus has it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, TypeVar

import click

from monitor.settings import Configuration

Command = TypeVar("Command", bound=Callable[..., object])
_KEYS: Final = {
    "exporter": "web_config_file",
    "worker": "metrics_web_config_file",
    "feed": "metrics_web_config_file",
}


def web_config_option(part: Literal["exporter", "worker", "feed"]) -> Callable[[Command], Command]:
    """The option of a part of the monitor; `served_behind` gives it effect."""
    return click.option(
        "--web.config.file", "web_config_file", type=click.Path(path_type=Path), metavar="PATH",
        help="Web configuration file: TLS, client certificates, users.  "
             f"[default: {part}.{_KEYS[part]} of the configuration]",
    )  # fmt: skip


def served_behind(
    configuration: Configuration, part: Literal["exporter", "worker", "feed"], file: Path | None
) -> Configuration:
    """The configuration with the file that was named, if one was."""
    if file is None:
        return configuration
    settings = configuration.settings
    changed = getattr(settings, part).model_copy(update={_KEYS[part]: file})
    return replace(configuration, settings=settings.model_copy(update={part: changed}))
