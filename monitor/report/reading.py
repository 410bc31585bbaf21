"""Missions for a command that looks back: from the store or, with `--events`, from files, with a bar while it reads.

Decides what is told of events that cannot be counted, and when too many of them are. Refuses to know what the
missions are read for.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final, TypeVar

import click

from monitor import clock, progress
from monitor.core.calendar import Period
from monitor.core.plain_text import one_line
from monitor.event_lines import EventLines, name_of
from monitor.report.sources import Refused, Taker, from_lines, from_store
from monitor.settings import Configuration
from monitor.wiring import partition_policy, redis_store

MOST: Final = 0.5
"""Refused events, as a share of all, beyond which a command does its work but is no success."""

Command = TypeVar("Command", bound=Callable[..., object])

events_option: Final = click.option(
    "--events", multiple=True, type=click.File("rb"), metavar="FILE|-",
    help="Read mission events from JSON lines, plain or gzip, instead of the store; - is standard input. "
         "May be given several times: all are counted, in this order.",
)  # fmt: skip


def period_option(more: str = "") -> Callable[[Command], Command]:
    """`--period`, with `more` to say of it."""
    return click.option(
        "--period", "period_name", required=True, metavar="PERIOD",
        help="A year (2024), half-year (2024-H1), tertial (2024-T2), quarter (2024-Q3), month (2024-11) or "
             f"week (2024-W07), in local time{more}.",
    )  # fmt: skip


def period_of(configuration: Configuration, name: str) -> Period:
    """The period of the service's calendar. Raises BadParameter with how one is named."""
    try:
        return configuration.grid.calendar.period(name)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--period") from fault


def outcomes(printed: str) -> str:
    """The exit codes of a command that reads missions, for its help; `printed`: what it makes."""
    return (
        "Exit codes: 0 done, 1 store unreachable or empty, --events empty, damaged, or more than half of it refused "
        f"({printed} is printed then), 2 usage or configuration."
    )


def read_missions(configuration: Configuration, events: Sequence[BinaryIO], into: Taker) -> str | None:
    """Read all there is, of the store or of the files; what keeps that from being a success, where something does.

    Raises ClickException where there is nothing, StoreUnavailable, StoredStateError, OSError.
    """
    if events:
        return _from_lines(configuration, events, into)
    asyncio.run(_from_store(configuration, into))
    return None


def _from_lines(configuration: Configuration, events: Sequence[BinaryIO], into: Taker) -> str | None:
    """Count the files' events; what keeps the report from being a success, where something does."""
    if sum(name_of(file) == "standard input" for file in events) > 1:
        raise click.UsageError("--events - can be given once: standard input is read to its end.")
    if any(file.isatty() for file in events):
        click.echo("reading mission events from the keyboard; end with Ctrl-D", err=True)
    policy = partition_policy(configuration, sealing=False)
    sizes = [_size(file) for file in events]
    total = sum(size or 0 for size in sizes) if None not in sizes else None
    lines = EventLines(events)
    with progress.bar("Reading events", total, unit="events") as seen:
        refused = from_lines(into, policy, lines, now=clock.now(), seen=lambda count: seen(lines.read_bytes, count))
    for line in told(refused, lines.place):
        click.echo(line, err=True)
    if not lines.count:
        raise click.ClickException(f"There is not a single event in {lines.names}: is it the right file?")
    not_counted = sum(one.count for one in refused.values())
    if not_counted > MOST * lines.count:
        return (
            f"{not_counted} of {lines.count} events were not counted: what is told is of those that are left. By the "
            "reasons above, mend the source, or what the service declares of events."
        )
    return None


async def _from_store(configuration: Configuration, into: Taker) -> None:
    store = redis_store(configuration)
    try:
        with progress.bar("Reading the store", None, unit="days") as seen:
            found = await from_store(into, store, seen=seen)
    finally:
        await store.close()
    if not found:
        settings = configuration.settings
        raise click.ClickException(
            f"The store holds nothing yet for topic {settings.kafka.topic!r} (namespace "
            f"{settings.redis.namespace!r}): start `monitor worker`, or read straight from a file with --events."
        )


def told(refused: dict[str, Refused], place: Callable[[int], str] = str) -> list[str]:
    """What could not be counted, in lines for standard error: reason, count, where it is first, what was found.

    Events that are refused for one reason may lack different things: who mends the first only mends one of them.

    `place` makes a person's words of a line's number.
    """
    if not refused:
        return []
    total = sum(one.count for one in refused.values())
    lines = [f"warning: {total} {'event was' if total == 1 else 'events were'} not counted:"]
    for reason, one in sorted(refused.items(), key=lambda pair: (-pair[1].count, pair[0])):
        numbers = ", ".join(map(place, one.lines)) + (", …" if one.count > len(one.lines) else "")
        lines.append(one_line(f"  {one.count} {reason}, line {numbers}: {one.detail}"))
        for detail, (count, first) in sorted(one.others.items(), key=lambda pair: -pair[1][0]):
            lines.append(one_line(f"    {count} of them, first in line {place(first)}: {detail}"))
    return lines


def _size(events: BinaryIO) -> int | None:
    """Bytes to read, where that is known: a pipe does not say."""
    try:
        status = os.fstat(events.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
