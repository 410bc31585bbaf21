"""`monitor check`: everything wrong with the configuration, at once, and whether the servers do what it asks of them.

Decides what counts as fit to start. Finds nothing itself: settings and targets are asked, and `connect` asks servers.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import click

from monitor.cli import FAILED, MISUSED, config_path
from monitor.core.fault import Fault
from monitor.core.plain_text import one_line
from monitor.settings import Configuration, ConfigurationError, load, unusable_files

ROLES: Final = ("worker", "exporter", "report", "replay", "dead-letters", "topics")


@click.command(
    name="check",
    epilog="Exit codes: 0 fit to start (warnings may remain), 1 a server, a topic or a right is missing (--connect), "
    "2 the configuration has errors.",
)
@click.option("--connect", is_flag=True, help="Also ask Kafka and Redis: for the topics, and for every right.")
@click.option(
    "--as",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    default=("worker", "exporter"),
    show_default=True,
    help="The parts that run with this configuration's users (with --connect); may be repeated.",
)
def check(*, connect: bool, roles: Sequence[str]) -> None:
    """Find everything wrong with the configuration, and say what to do about it.

    Files that hold secrets are often on the servers alone: one that is missing here is a warning without --connect.

    One line per finding: error or warning, where, what to do. Errors keep the monitor from starting; warnings are
    worth a second look.

    \b
    monitor check
    monitor --config config/monitor.toml check --connect
    """  # noqa: D301 - click reads the character
    try:
        configuration = load(config_path())
    except ConfigurationError as fault:
        _print(fault.faults)
        click.echo(f"{_counted(fault.faults)}: the monitor will not start")
        click.get_current_context().exit(MISUSED)
    unusable = unusable_files(configuration, needed=connect)
    configuration = replace(configuration, warnings=[*configuration.warnings, *unusable])
    _print(configuration.warnings)
    if any(fault.severity == "error" for fault in unusable):
        click.echo(f"{_counted(configuration.warnings)}: the monitor will not start")
        click.get_current_context().exit(MISUSED)
    missing = _asked(configuration, roles) if connect else []
    _print(missing)
    click.echo(f"{one_line(_summary(configuration))}; {_counted([*configuration.warnings, *missing])}")
    if any(fault.severity == "error" for fault in missing):
        click.get_current_context().exit(FAILED)


def _asked(configuration: Configuration, roles: Sequence[str]) -> list[Fault]:
    from monitor.connect import ask  # noqa: PLC0415 - the clients load slowly: only to connect

    findings = asyncio.run(ask(configuration, roles))
    for line in findings.well:
        click.echo(line)
    return findings.faults


def _print(faults: Sequence[Fault]) -> None:
    for fault in sorted(faults, key=lambda one: one.severity):
        click.echo(one_line(f"{fault.severity:<7}  {fault.where}  {fault.message}"))


def _counted(faults: Sequence[Fault]) -> str:
    errors = sum(fault.severity == "error" for fault in faults)
    return f"{_many(errors, 'error')}, {_many(len(faults) - errors, 'warning')}"


def _summary(configuration: Configuration) -> str:
    settings, service, sets = configuration.settings, configuration.service, configuration.targets.sets
    since = ", ".join(f"{one.name or one.origin} from {one.valid_from}" for one in sets)
    return (
        f"{configuration.origin}: {_many(len(sets), 'target set')} ({since}), "
        f"{_many(len(service.leaf_areas), 'area')} × "
        f"{_many(len(service.judged_categories), 'category', 'categories')}, "
        f"{_many(len(settings.windows.names), 'window')} ({' '.join(settings.windows.names)})"
    )


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
