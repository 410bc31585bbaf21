"""`monitor check`: everything wrong with the configuration, at once, and whether the servers it names are there.

Decides what counts as fit to start. Finds nothing itself: settings, targets, broker and store are asked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import click

from monitor.cli import FAILED, MISUSED, config_path
from monitor.core.plain_text import one_line
from monitor.core.targets import Fault
from monitor.settings import Configuration, ConfigurationError, load, unusable_files


@click.command(
    name="check",
    epilog="Exit codes: 0 fit to start (warnings may remain), 1 a server or a topic is missing (--connect), "
    "2 the configuration has errors.",
)
@click.option("--connect", is_flag=True, help="Also ask Kafka and Redis, and look for the topics.")
def check(*, connect: bool) -> None:
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
    missing = asyncio.run(_missing(configuration)) if connect else []
    _print(missing)
    click.echo(f"{one_line(_summary(configuration))}; {_counted([*configuration.warnings, *missing])}")
    if missing:
        click.get_current_context().exit(FAILED)


def _print(faults: Sequence[Fault]) -> None:
    for fault in sorted(faults, key=lambda one: one.severity):
        click.echo(one_line(f"{fault.severity:<7}  {fault.where}  {fault.message}"))


def _counted(faults: Sequence[Fault]) -> str:
    errors = sum(fault.severity == "error" for fault in faults)
    return f"{_many(errors, 'error')}, {_many(len(faults) - errors, 'warning')}"


def _summary(configuration: Configuration) -> str:
    settings, sets = configuration.settings, configuration.targets.sets
    since = ", ".join(f"{one.name or one.origin} from {one.valid_from}" for one in sets)
    return (
        f"{configuration.origin}: {_many(len(sets), 'target set')} ({since}), "
        f"{_many(len(settings.events.districts), 'district')} × "
        f"{_many(len(settings.events.settlements), 'class', 'classes')}, "
        f"{_many(len(settings.windows.names), 'window')} ({' '.join(settings.windows.names)})"
    )


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"


async def _missing(configuration: Configuration) -> list[Fault]:
    return [*await _missing_in_kafka(configuration), *await _missing_in_redis(configuration)]


async def _missing_in_kafka(configuration: Configuration) -> list[Fault]:
    from monitor.contact import BrokerUnreachable  # noqa: PLC0415 - the clients load slowly: only to connect
    from monitor.kafka import KafkaMisconfigured, TopicMissing, connection, require_topic  # noqa: PLC0415 - as below
    from monitor.rights import RightsMissing, of_worker, require_rights  # noqa: PLC0415 - as below
    from monitor.topics import TopicForbidden  # noqa: PLC0415 - as below

    kafka = configuration.settings.kafka
    found = []
    try:
        connection(kafka)
        for key, topic in (("topic", kafka.topic), ("dead_letter_topic", kafka.dead_letter_topic)):
            try:
                count = await require_topic(kafka, topic)
            except (TopicMissing, TopicForbidden) as fault:
                found.append(Fault("error", f"kafka.{key}", str(fault)))
            else:
                click.echo(f"ok       kafka.{key}  {topic} at {kafka.bootstrap}: {_many(count, 'partition')}")
        if not found:
            await require_rights(kafka, of_worker(kafka))
            click.echo("ok       kafka  a worker has the rights that it needs")
    except RightsMissing as fault:
        found.append(Fault("error", "kafka", str(fault)))
    except BrokerUnreachable as fault:
        found.append(Fault("error", "kafka.bootstrap", str(fault)))
    except KafkaMisconfigured as fault:
        found.append(Fault("error", "kafka", str(fault)))
    return found


async def _missing_in_redis(configuration: Configuration) -> list[Fault]:
    from monitor.store.port import StoreUnavailable  # noqa: PLC0415 - as above
    from monitor.wiring import redis_store  # noqa: PLC0415 - as above

    try:
        store = redis_store(configuration)
    except (OSError, ValueError) as fault:
        return [Fault("error", "redis", str(fault))]
    try:
        await store.ping()
    except StoreUnavailable as fault:
        return [Fault("error", "redis.url", str(fault))]
    finally:
        await store.close()
    click.echo(f"ok       redis.url  {store.address} answers")
    return []
