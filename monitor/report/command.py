"""`monitor report`: a period judged, from the store or straight from JSON lines.

Brings source, period and format together; each of them knows nothing of the others.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

import click

from monitor import clock, progress
from monitor.core.history import History
from monitor.core.plain_text import one_line
from monitor.event_lines import EventLines, name_of
from monitor.report.document import Report, Status
from monitor.report.drawing_up import draw_up
from monitor.report.formats import FORMATS
from monitor.report.sources import Refused, from_lines, from_store
from monitor.report.words import notices, status_of
from monitor.settings import Configuration
from monitor.wiring import empty_history, partition_policy, redis_store
from monitor.words.catalogue import LANGUAGES, SOURCE, Language
from monitor.words.speaker import speaker

MOST: Final = 0.5
"""Refused events, as a share of all, beyond which a report is printed but no success."""


@click.command(
    name="report",
    epilog="Exit codes: 0 done, 1 store unreachable or empty, --events empty, damaged, or more than half of it "
    "refused (the report is printed then), 2 usage or configuration.",
)
@click.option("--period", "period_name", required=True, metavar="PERIOD",
              help="A year (2024), half-year (2024-H1), tertial (2024-T2), quarter (2024-Q3), month (2024-11) or "
                   "week (2024-W07), in local time.")  # fmt: skip
@click.option("--events", multiple=True, type=click.File("rb"), metavar="FILE|-",
              help="Read mission events from JSON lines, plain or gzip, instead of the store; - is standard input. "
                   "May be given several times: all are counted, in this order.")  # fmt: skip
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="table", show_default=True,
              help="How to print it; csv and json carry unrounded figures, html has charts.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True,
              help="Language of table, markdown and html; csv and json have English names always.")  # fmt: skip
@click.pass_obj
def report(
    configuration: Configuration, period_name: str, events: Sequence[BinaryIO], format_name: str, language: Language
) -> None:
    """Judge a period: each objective of the service against its thresholds, per area and category.

    Without --events the figures come from the store, as the workers have left it. With --events they come
    straight from the files, through the same code, without Kafka or Redis: lines that cannot be counted are
    named on standard error. Later corrections restate a closed period. Results are compared with the period
    before, of the same kind.

    \b
    monitor report --period 2024-T2
    monitor report --period 2024 --events missions.jsonl --format markdown
    monitor simulate --year 2024 | monitor report --period 2024 --events - --format json
    monitor report --period 2024-T2 --format html --lang nb > rapport.html
    """  # noqa: D301 - click reads the character
    try:
        period = configuration.grid.calendar.period(period_name)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--period") from fault
    history = empty_history(configuration)
    if not events:
        asyncio.run(_from_store(history, configuration))
    problem = _from_lines(history, configuration, events) if events else None
    try:
        drawn_up = draw_up(
            history,
            period,
            now=clock.now(),
            abandoned_after_seconds=configuration.service.longest_seconds,
            silent_after_seconds=configuration.settings.events.stale_after_seconds,
        )
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--period") from fault
    for doubt in doubts(drawn_up):
        click.echo(f"warning: {doubt}", err=True)
    click.echo(FORMATS[format_name](drawn_up, language), nl=False)
    if problem is not None:
        raise click.ClickException(problem)


def _from_lines(history: History, configuration: Configuration, events: Sequence[BinaryIO]) -> str | None:
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
        refused = from_lines(
            history, policy, lines, now=clock.now(), seen=lambda count: seen(lines.read_bytes, count)
        )
    for line in told(refused, lines.place):
        click.echo(line, err=True)
    if not lines.count:
        raise click.ClickException(f"There is not a single event in {lines.names}: is it the right file?")
    not_counted = sum(one.count for one in refused.values())
    if not_counted > MOST * lines.count:
        return (
            f"{not_counted} of {lines.count} events were not counted: the report shows what is left. By the reasons "
            "above, mend the source, or what the service declares of events."
        )
    return None


async def _from_store(history: History, configuration: Configuration) -> None:
    store = redis_store(configuration)
    try:
        with progress.bar("Reading the store", None, unit="days") as seen:
            found = await from_store(history, store, seen=seen)
    finally:
        await store.close()
    if not found:
        settings = configuration.settings
        raise click.ClickException(
            f"The store holds nothing yet for topic {settings.kafka.topic!r} (namespace "
            f"{settings.redis.namespace!r}): start `monitor worker`, or report straight from a file with --events."
        )


def doubts(drawn_up: Report) -> list[str]:
    """What makes the figures doubtful, for standard error: whoever reads them by program has seen no sentence yet."""
    say = speaker(SOURCE)
    told = []
    if drawn_up.status in (Status.INCOMPLETE, Status.NOT_BEGUN):
        told.append(f"{drawn_up.period}: {status_of(say, drawn_up)}")
    if not drawn_up.known:
        told.append(f"not a single mission is known in {drawn_up.period}")
    return [*told, *notices(say, drawn_up)]


def told(refused: dict[str, Refused], place: Callable[[int], str] = str) -> list[str]:
    """What could not be counted, in lines for standard error: reason, count, where it is first, an example.

    `place` makes a person's words of a line's number.
    """
    if not refused:
        return []
    total = sum(one.count for one in refused.values())
    lines = [f"warning: {total} {'event was' if total == 1 else 'events were'} not counted:"]
    for reason, one in sorted(refused.items(), key=lambda pair: (-pair[1].count, pair[0])):
        numbers = ", ".join(map(place, one.lines)) + (", …" if one.count > len(one.lines) else "")
        lines.append(one_line(f"  {one.count} {reason}, line {numbers}: {one.detail}"))
    return lines


def _size(events: BinaryIO) -> int | None:
    """Bytes to read, where that is known: a pipe does not say."""
    try:
        status = os.fstat(events.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
