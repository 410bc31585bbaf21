"""`monitor report`: a period judged, from the store or straight from JSON lines.

Brings source, period and format together; each of them knows nothing of the others.
"""

import asyncio
import os
import stat
from typing import BinaryIO

import click

from monitor import clock, progress
from monitor.core.history import History
from monitor.core.sentence import Language
from monitor.core.windows import Period, parse_period
from monitor.report.document import Report, Status, draw_up
from monitor.report.formats import FORMATS, ExtraMissing, require
from monitor.report.sources import Refused, from_lines, from_store
from monitor.report.words import DICTIONARY, LANGUAGES
from monitor.settings import Configuration
from monitor.wiring import empty_history, partition_policy, redis_store


class PeriodName(click.ParamType):
    """A year, a tertial or a month."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """The period, or a usage error that shows how to write one."""
        if isinstance(value, Period):
            return value
        try:
            return parse_period(str(value))
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


@click.command(name="report", epilog="Exit codes: 0 done, 1 store unreachable or empty, 2 usage or configuration.")
@click.option("--period", type=PeriodName(), required=True, metavar="PERIOD",
              help="A year (2024), a tertial (2024-T2) or a month (2024-11), in local time.")  # fmt: skip
@click.option("--events", type=click.File("rb"), metavar="FILE|-",
              help="Read mission events from JSON lines instead of the store; - is standard input.")  # fmt: skip
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="table", show_default=True,
              help="How to print it; csv and json carry unrounded figures, html has charts and needs the extra "
                   "`html`.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", show_default=True,
              help="Language of table, markdown and html; csv and json have English names always.")  # fmt: skip
@click.pass_obj
def report(
    configuration: Configuration, period: Period, events: BinaryIO | None, format_name: str, language: Language
) -> None:
    """Judge a period: percentiles per area and class against goal and requirement.

    Without --events the figures come from the store, as the workers have left it. With --events they come
    straight from the file, through the same code, without Kafka or Redis: lines that cannot be counted are
    named on standard error. Later corrections restate a closed period. Results are compared with the period
    before, of the same kind.

    \b
    monitor report --period 2024-T2
    monitor report --period 2024 --events missions.jsonl --format markdown
    monitor simulate --year 2024 | monitor report --period 2024 --events - --format json
    monitor report --period 2024-T2 --format html --lang nb > rapport.html
    """  # noqa: D301 - click reads the character
    try:
        require(format_name)
    except ExtraMissing as fault:
        raise click.ClickException(str(fault)) from fault
    history = empty_history(configuration)
    if events is None:
        asyncio.run(_from_store(history, configuration))
    else:
        _from_lines(history, configuration, events)
    drawn_up = draw_up(
        history,
        period,
        now=clock.now(),
        abandoned_after_seconds=configuration.settings.events.max_response_seconds,
        silent_after_seconds=configuration.settings.events.stale_after_seconds,
    )
    for doubt in doubts(drawn_up):
        click.echo(f"warning: {doubt}", err=True)
    click.echo(FORMATS[format_name](drawn_up, language), nl=False)


def _from_lines(history: History, configuration: Configuration, events: BinaryIO) -> None:
    if events.isatty():
        click.echo("reading mission events from the keyboard; end with Ctrl-D", err=True)
    policy = partition_policy(configuration, sealing=False)
    with progress.bar("Reading events", _size(events), unit="events") as seen:
        refused = from_lines(history, policy, events, now=clock.now(), seen=seen)
    for line in told(refused):
        click.echo(line, err=True)


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
    words = DICTIONARY["en"]
    told = []
    if drawn_up.status in (Status.INCOMPLETE, Status.NOT_BEGUN):
        told.append(f"{drawn_up.period}: {words.status_of(drawn_up)}")
    if not drawn_up.known:
        told.append(f"not a single mission is known in {drawn_up.period}")
    return [*told, *words.notices(drawn_up)]


def told(refused: dict[str, Refused]) -> list[str]:
    """What could not be counted, in lines for standard error: reason, count, first line numbers, an example."""
    if not refused:
        return []
    total = sum(one.count for one in refused.values())
    lines = [f"warning: {total} {'event was' if total == 1 else 'events were'} not counted:"]
    for reason, one in sorted(refused.items(), key=lambda pair: (-pair[1].count, pair[0])):
        numbers = ", ".join(str(number) for number in one.lines) + (", …" if one.count > len(one.lines) else "")
        lines.append(f"  {one.count} {reason}, line {numbers}: {one.detail}")
    return lines


def _size(events: BinaryIO) -> int | None:
    """Bytes to read, where that is known: a pipe does not say."""
    try:
        status = os.fstat(events.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
