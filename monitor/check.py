"""`monitor check`: everything wrong with the configuration, at once, and whether the servers do what it asks of them.

Decides what counts as fit to start. Finds nothing itself: settings and targets are asked, and `connect` asks servers.
"""

import asyncio
from calendar import month_name
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import click

from monitor.cli import FAILED, MISUSED, configured
from monitor.clock import today
from monitor.core.fault import Fault
from monitor.core.plain_text import one_line
from monitor.core.service import Clock, named
from monitor.feeds.declared import FILE as FEED
from monitor.feeds.declared import Feed, read_feed
from monitor.listening.looked_at import WEB_FILES, port_faults
from monitor.settings import Configuration, ConfigurationError, open_secrets, unusable_files
from monitor.words import names, rules
from monitor.words.catalogue import SOURCE
from monitor.words.speaker import speaker

_MOST_NAMED: Final = 12
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
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A feed file to look at, too; may be repeated. The feed.toml beside the service.toml is in any case.",
)
def check(*, connect: bool, roles: Sequence[str], feeds: Sequence[Path]) -> None:
    """Find everything wrong with the configuration, and say what to do about it.

    Files that hold secrets are often on the servers alone: one that is missing here is a warning without --connect.

    One line per finding: error or warning, where, what to do. Errors keep the monitor from starting; warnings are
    worth a second look.

    \b
    monitor check
    monitor --config config/monitor.toml check --connect
    """  # noqa: D301 - click reads the character
    try:
        configuration = configured()
    except ConfigurationError as fault:
        _print(fault.faults)
        click.echo(f"{_counted(fault.faults)}: the monitor will not start")
        click.get_current_context().exit(MISUSED)
    unusable = [
        *unusable_files(configuration, needed=connect),
        *open_secrets(configuration),
        *port_faults(configuration, tuple(WEB_FILES), needed=connect),
    ]
    read, wrong = feed_files(configuration, feeds)
    configuration = replace(configuration, warnings=[*configuration.warnings, *unusable, *wrong])
    _print(configuration.warnings)
    if any(fault.severity == "error" for fault in (*unusable, *wrong)):
        click.echo(f"{_counted(configuration.warnings)}: the monitor will not start")
        click.get_current_context().exit(MISUSED)
    for line in service_in_words(configuration):
        click.echo(one_line(line))
    for line in (line for feed in read for line in feed_in_words(feed)):
        click.echo(one_line(line))
    missing = _asked(configuration, roles) if connect else []
    _print(missing)
    click.echo(f"{one_line(_summary(configuration))}; {_counted([*configuration.warnings, *missing])}")
    if any(fault.severity == "error" for fault in missing):
        click.get_current_context().exit(FAILED)


def feed_files(configuration: Configuration, named: Sequence[Path]) -> tuple[list[Feed], list[Fault]]:
    """The feed files that are named, and the one beside the service.toml; and what is wrong with them."""
    beside = configuration.folder / FEED
    files = dict.fromkeys([*([beside] if beside.is_file() else []), *named])
    found = [read_feed(file, configuration.service, configuration.grid.zone) for file in files]
    return [feed for feed, _ in found if feed is not None], [fault for _, faults in found for fault in faults]


def feed_in_words(feed: Feed) -> Iterator[str]:
    """What a feed file says, a line for each source."""
    for source in feed.sources:
        origin = ", ".join([*source.files, *([f"topic {source.topic}"] if source.topic else [])]) or "any file"
        told = ", ".join(rule.name for rule in source.fields)
        part = "a part of a mission" if source.in_rows else "a mission"
        filtered = "".join(f"; {one.then.replace('_', ' ')}: {one.name}" for one in source.filters)
        yield f"  feed {source.slug}: from {origin}, each record {part}; tells {told}{filtered}"


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


def service_in_words(configuration: Configuration) -> Iterator[str]:
    """What the service declares, a line for each part: whoever knows the rule sees whether this is it."""
    service, zone = configuration.service, configuration.grid.zone.key
    begins = month_name[configuration.grid.calendar.year_starts]
    yield f"service {service.slug}: {named(service.names, 'en', service.slug)}, {zone}, years from {begins}"
    if configuration.description:
        yield f"  in short: {named(configuration.description, 'en', '')}"
    say = speaker(SOURCE)
    for clock in service.clocks:
        shortest = f"at least {clock.shortest_seconds:g} s, " if clock.shortest_seconds else ""
        span = f"from {rules.earliest(say, clock.begin, {})} to {rules.earliest(say, clock.end, {})}"
        yield f"  clock {clock.slug}: {span}; {shortest}at most {clock.longest_seconds / 3600:g} h{_defined(clock)}"
    for objective in service.objectives:
        what = names.statistic(say, objective)
        yield f"  objective {objective.slug}: {what} of {objective.clock}, {objective.duty}"
    yield from (f"  rule: {one}" for one in rules.sentences(say, service, configuration.targets.shown(today())))
    yield f"  {_grouped('category', 'categories', service.leaf_categories, service.judged_categories)}"
    yield f"  {_grouped('area', 'areas', service.leaf_areas, service.judged_areas)}"
    in_force = configuration.targets.in_force(today())
    for one in configuration.targets.sets:
        now = ", in force" if one is in_force else ""
        judged = sum(bool(target) for target in one.targets.values())
        of = f"{judged} of {len(service.judged_series)} series judged"
        yield f"  targets {one.name or one.origin}: from {one.valid_from}{now}; {of}; {one.source or 'no source'}"
    yield from (f"  not verified: {doubt}" for doubt in configuration.unverified)
    yield from (f"  cannot be said: {gap}" for gap in configuration.cannot_say)


def _defined(clock: Clock) -> str:
    """From when and to when a rule judges by the clock, and where that is written."""
    since = f"from {clock.since}" if clock.since > date.min else ""
    until = f"until {clock.until}" if clock.until < date.max else ""
    return "".join(f"; {part}" for part in (" ".join(filter(None, (since, until))), clock.source) if part)


def _grouped(one: str, several: str, leaves: Sequence[str], every: Sequence[str]) -> str:
    pools = [slug for slug in every if slug not in leaves]
    shown = ", ".join(leaves[:_MOST_NAMED]) + (" …" if len(leaves) > _MOST_NAMED else "")
    return f"{_many(len(leaves), one, several)}: {shown}" + (f"; pools: {', '.join(pools)}" if pools else "")


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
