"""`monitor convert`: files of any source to mission events, or what would be missing of them.

Decides where events go and what is a success. An output file appears when it is whole: half of one would be taken
for all there is.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec

from monitor import clock, progress
from monitor.convert.by_mission import by_mission
from monitor.convert.conversion import Account, Conversion, NoSource, Placed, matched
from monitor.convert.gap import Judge
from monitor.convert.told import report, summary
from monitor.core.plain_text import one_line
from monitor.feeds.declared import FILE, load_feed
from monitor.settings import Configuration
from monitor.wiring import partition_policy

MOST: Final = 0.5
"""Refused records, as a share of all, beyond which a conversion is no success."""
_AT_ONCE: Final = 2_000


@click.command(
    name="convert",
    epilog="Exit codes: 0 done, 1 there is no record in INPUT, one cannot be read to its end, or more than half of "
    "the records are refused (what is left is written), 2 usage or configuration.",
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…",
                type=click.Path(exists=True, allow_dash=True, path_type=Path, dir_okay=False))  # fmt: skip
@click.option("--feed", "feed_path", type=click.Path(path_type=Path), metavar="F",
              help="The feed file.  [default: feed.toml beside the service's service.toml]")  # fmt: skip
@click.option("--source", "slug", metavar="SLUG",
              help="The source that every INPUT is of.  [default: by the files that each source names]")  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to FILE, which appears when it is whole.  [default: standard output]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Write no events, but the gap report: what they would count for.")
@click.pass_obj
def convert(
    configuration: Configuration,
    *,
    inputs: Sequence[Path],
    feed_path: Path | None,
    slug: str | None,
    output: Path | None,
    dry_run: bool,
) -> None:
    """Make mission events (JSON lines) of INPUT files as sources have them, by what a feed file says of them.

    INPUT is CSV, a workbook (XLSX), JSON lines, a JSON document, or Avro, plain or packed by gzip; - is standard
    input. What cannot be used is refused by name and place, and never stops the rest. --dry-run shows what is
    missing, with examples of the source's own words: look at it first. Of several INPUT the events come mission by
    mission, the oldest first, whichever file told what.

    \b
    monitor convert --feed feed.toml --dry-run calls.csv
    monitor convert --feed feed.toml calls.csv > events.jsonl
    monitor report --period 2024 --events events.jsonl
    """  # noqa: D301 - click reads the character
    path = feed_path or configuration.folder / FILE
    feed = load_feed(path, configuration.service, configuration.grid.zone)
    for fault in feed.warnings:
        click.echo(one_line(f"{fault.severity}: {fault.where}: {fault.message}"), err=True)
    if sum(str(one) == "-" for one in inputs) > 1:
        raise click.UsageError("- can be given once: standard input is read to its end.")
    try:
        sources = matched(feed, inputs, slug)
    except NoSource as fault:
        raise click.UsageError(str(fault)) from fault
    conversion = Conversion(feed, configuration.service, sources)
    with progress.bar("Reading records", conversion.size, unit="records") as seen, _writing(output) as out:
        conversion.seen = seen
        if dry_run:
            policy = partition_policy(configuration, sealing=False)
            gap = Judge(policy, conversion.account, clock.now()).gap(conversion)
            out.write("".join(f"{line}\n" for line in report(conversion.account, gap)).encode())
        elif len(sources) > 1:
            write_lines(by_mission(placed.event for placed in conversion), out)
        else:
            write_lines(encoded(conversion), out)
    if not dry_run:
        for line in summary(conversion.account):
            click.echo(line, err=True)
    _require_success(conversion.account, dry_run=dry_run)


def encoded(events: Iterable[Placed]) -> Iterator[bytes]:
    """Each event as JSON."""
    encode = msgspec.json.Encoder().encode
    return (encode(placed.event) for placed in events)


def write_lines(events: Iterable[bytes], out: BinaryIO) -> None:
    """Each on a line of its own."""
    lines = bytearray()
    for count, event in enumerate(events, start=1):
        lines += event
        lines += b"\n"
        if count % _AT_ONCE == 0:
            out.write(lines)
            lines.clear()
    out.write(lines)


@contextmanager
def _writing(path: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that takes its name when it is whole."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("wb") as out:
            yield out
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _require_success(account: Account, *, dry_run: bool) -> None:
    if account.cut_short:
        raise click.ClickException("A file could not be read to its end: what is written is of what came before.")
    if not account.records:
        raise click.ClickException("There is not a single record: is it the right file?")
    refused = account.refused_records + account.refused_events
    if refused > MOST * account.records:
        example = "" if dry_run else " `--dry-run` shows an example of each."
        raise click.ClickException(
            f"{refused:,} of {account.records:,} records were refused: by the reasons above, mend the feed file, or "
            f"the service.{example}"
        )
