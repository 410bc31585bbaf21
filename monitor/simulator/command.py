"""``monitor simulate``: mission events as JSON lines on standard output.

Decides which of the three modes is meant and refuses half-meant combinations. Knows the wall clock
and the terminal, which the generators do not.
"""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.clock import utc_now
from monitor.settings import Configuration
from monitor.simulator.declared import MEETING_SHARE
from monitor.simulator.delivery import Emission
from monitor.simulator.feed import paced
from monitor.simulator.live import live
from monitor.simulator.past import history, year
from monitor.simulator.rhythm import milliseconds
from monitor.simulator.scenario import NAMES, NORMAL, storm
from monitor.simulator.worlds import world_of

_LINES_PER_WRITE: Final = 2_000
_LONGEST_HISTORY_DAYS: Final = 3_660


class _Days(click.ParamType):
    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,6})d?", str(value).strip())
        if not match or not 1 <= int(match[1]) <= _LONGEST_HISTORY_DAYS:
            self.fail(f"{value!r} is no number of days from 1 to {_LONGEST_HISTORY_DAYS}; write 400d", param, ctx)
        return int(match[1])


class _Instant(click.ParamType):
    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write it like 2025-03-01T12:00:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset; write it like 2025-03-01T12:00:00+01:00", param, ctx)
        return moment


class _Positive(click.ParamType):
    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(str(value))
        except ValueError:
            number = 0.0
        if not 0 < number <= 1_000_000:
            self.fail(f"{value!r} is no number above 0, up to a million", param, ctx)
        return number


@click.command(
    name="simulate",
    epilog="Areas, categories, clocks and thresholds are those of the configured service. Where published figures "
    "of it came along, those come out, unless --meets or --missions asks for others. Everything else is "
    "invented. The same arguments give the same bytes. Exit codes: 0 done, 2 wrong usage or configuration.",
)
@click.option("--year", "of_year", type=click.IntRange(1971, 2199), metavar="YEAR",
              help="One whole calendar year; what is published, or asked for, comes out for any seed.")  # fmt: skip
@click.option("--history", "history_days", type=_Days(), metavar="DAYS",
              help="The days before --end, like 400d; missions under way at the end stay open.")  # fmt: skip
@click.option("--rate", type=_Positive(), metavar="N",
              help="Live: N new missions a minute that count, in all areas together, written as they happen, "
                   "until Ctrl-C or --duration.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another course of events.")
@click.option("--meets", type=click.FloatRange(0, 1), metavar="SHARE",
              help=f"So large a share of the series (area by category) reaches all its thresholds, the others none.  "
                   f"[default: {MEETING_SHARE:g}, or as published]")  # fmt: skip
@click.option("--missions", type=_Positive(), metavar="N",
              help="About so many missions are measured in a year, in all areas together.")  # fmt: skip
@click.option("--end", type=_Instant(), metavar="TIME",
              help="With --history: its last moment, RFC 3339 with offset.  [default: now]")  # fmt: skip
@click.option("--scenario", type=click.Choice(NAMES), help="With --rate: what goes on.  [default: normal]")
@click.option("--storm-area", metavar="SLUG",
              help="With --scenario storm: the area slowed down.  [default: a busy one]")  # fmt: skip
@click.option("--storm-after", type=click.FloatRange(0), metavar="SECONDS",
              help="With --scenario storm: when it begins.  [default: 0]")  # fmt: skip
@click.option("--duration", type=_Positive(), metavar="SECONDS", help="With --rate: stop after this time.")
@click.pass_obj
def simulate(
    configuration: Configuration,
    *,
    of_year: int | None,
    history_days: int | None,
    rate: float | None,
    seed: int,
    meets: float | None,
    missions: float | None,
    end: datetime | None,
    scenario: str | None,
    storm_area: str | None,
    storm_after: float | None,
    duration: float | None,
) -> None:
    """Write mission events as a dispatch system would, one JSON object a line, to standard output.

    Choose exactly one of --year, --history and --rate. Each mission comes as several snapshots (open,
    one more for each instant, closed), some late, twice, out of order or corrected afterwards; the highest
    revision of a mission is the truth.

    \b
    monitor simulate --year 2024 --seed 1 | monitor report --period 2024 --events -
    monitor simulate --history 400d > history.jsonl
    monitor simulate --rate 20 --scenario storm | monitor replay -
    """  # noqa: D301 - click reads the backspace: keep these lines as they are
    modes = {"--year": of_year, "--history": history_days, "--rate": rate}
    chosen = [option for option, value in modes.items() if value is not None]
    if len(chosen) != 1:
        raise click.UsageError(
            f"Choose exactly one of --year, --history and --rate; {' and '.join(chosen) or 'none'} given."
        )
    for option, value, owner in (
        ("--end", end, "--history"),
        ("--scenario", scenario, "--rate"),
        ("--duration", duration, "--rate"),
    ):
        if value is not None and owner not in chosen:
            raise click.UsageError(f"{option} goes with {owner}, not with {chosen[0]}.")
    for option, given in (("--storm-area", storm_area), ("--storm-after", storm_after)):
        if given is not None and scenario != "storm":
            raise click.UsageError(f"{option} goes with --scenario storm.")

    world = world_of(configuration, meets=meets, missions=missions)
    out = sys.stdout.buffer
    if of_year is not None:
        first_ms, next_ms = world.year(of_year)
        records = year(of_year, seed=seed, world=world)
        _quietly(lambda: _write(_with_progress(records, f"Year {of_year}", first_ms, next_ms), out), out)
    elif history_days is not None:
        stop = end or utc_now()
        first_ms, next_ms = milliseconds(stop - timedelta(days=history_days)), milliseconds(stop)
        records = history(end=stop, days=history_days, seed=seed, world=world)
        _quietly(lambda: _write(_with_progress(records, f"{history_days} days", first_ms, next_ms), out), out)
    elif rate is not None:
        start = utc_now()
        try:
            records = live(
                start=start,
                rate_per_minute=rate,
                scenario=storm(storm_area or world.stormy(start)) if scenario == "storm" else NORMAL,
                seed=seed,
                storm_after=timedelta(seconds=storm_after or 0),
                world=world,
            )
        except ValueError as fault:
            raise click.BadParameter(f"{fault}.", param_hint="--storm-area") from fault
        until = None if duration is None else start + timedelta(seconds=duration)
        _quietly(lambda: asyncio.run(_write_live(records, until, out)), out)


def _write(records: Iterable[Emission], out: BinaryIO) -> None:
    lines: list[bytes] = []
    for record in records:
        lines.append(record.value)
        if len(lines) >= _LINES_PER_WRITE:
            out.write(b"\n".join(lines) + b"\n")
            lines.clear()
    out.writelines(line + b"\n" for line in lines)
    out.flush()


async def _write_live(records: Iterable[Emission], until: datetime | None, out: BinaryIO) -> None:
    async for record in paced(records, now=utc_now, until=until):
        out.write(record.value + b"\n")
        out.flush()


def _quietly(work: Callable[[], None], out: BinaryIO) -> None:
    """A reader that has seen enough, and Ctrl-C, are ordinary ends."""
    try:
        work()
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        # What is still buffered has nowhere to go; the interpreter would complain about it at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


def _with_progress(records: Iterable[Emission], title: str, first_ms: int, next_ms: int) -> Iterator[Emission]:
    """The same records, with a bar on a terminal that does not show the records themselves."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from records
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]:,} events")
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=next_ms - first_ms, count=0)
        count = 0
        for count, record in enumerate(records, start=1):
            if count % _LINES_PER_WRITE == 0:
                passed = min(record.at.timestamp() * 1000, next_ms) - first_ms
                progress.update(task, completed=passed, count=count)
            yield record
        progress.update(task, completed=next_ms - first_ms, count=count)
