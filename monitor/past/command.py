"""`monitor history`: what `/metrics` would have said, for a Prometheus that was not there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import BinaryIO, Final

import click
from prometheus_client.metrics_core import Metric as Family

from monitor import clock, progress
from monitor.core.history import History
from monitor.core.past import Past
from monitor.exporter.area_infos import area_infos
from monitor.past.volumes import BLOCK_HOURS, SUFFIX, Volume, told, volumes
from monitor.report.reading import events_option, read_missions
from monitor.settings import Configuration
from monitor.wiring import empty_history, snapshot_terms

BLOCKS: Final = f"promtool tsdb create-blocks-from --quiet openmetrics --max-block-duration={BLOCK_HOURS}h"
"""What makes blocks of a file; its name and a folder follow."""


@click.command(
    name="history",
    epilog="Exit codes: 0 done, 1 store unreachable or empty, nothing to tell, --events empty, damaged, or more than "
    "half of it refused (what is left is written then), 2 usage or configuration.",
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@events_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="Begin with this local day.  [default: with the first mission]")  # fmt: skip
@click.pass_obj
def history(
    configuration: Configuration, folder: Path, *, events: Sequence[BinaryIO], since: datetime | None
) -> None:
    """Write what /metrics would have said in the past into FOLDER, for Prometheus to make blocks of.

    For the last second of each local day since the first mission, and of each hour of the last week: every window
    that /metrics has, judged by the code that judges now, on what is known now. So corrections that came later are
    in it. What was in progress then, and what the pipeline did, is known no more and is left out. The missions come
    from the store, or from files with --events.

    FOLDER gets several files, each whole by itself, so that neither this command nor promtool needs much memory:

    \b
    monitor history past
    for file in past/*.openmetrics; do
      promtool tsdb create-blocks-from --quiet openmetrics --max-block-duration=486h "$file" blocks
    done
    mv blocks/* /var/lib/prometheus/metrics2/
    """  # noqa: D301 - click reads the character
    if any(folder.glob(f"*{SUFFIX}")):
        raise click.BadParameter(
            f"{folder} holds a history already: empty it, or name another, or days would be told twice.",
            param_hint="FOLDER",
        )
    missions = empty_history(configuration)
    problem = read_missions(configuration, events, missions)
    folder.mkdir(parents=True, exist_ok=True)
    begins = -inf if since is None else configuration.grid.midnight(since.toordinal())
    moments = samples = 0
    files = 0
    for volume in retold(configuration, missions, since=begins, now=clock.now()):
        put_down(folder, volume)
        files, moments, samples = files + 1, moments + volume.moments, samples + volume.samples
    if not files:
        raise click.ClickException("There is nothing to tell: no whole hour has passed since the first mission.")
    click.echo(
        f"{moments} moments, {samples:,} samples in {files} files: `{BLOCKS} FILE BLOCKS` makes blocks of each.",
        err=True,
    )
    if problem is not None:
        raise click.ClickException(problem)


def retold(configuration: Configuration, missions: History, *, since: float, now: float) -> Iterator[Volume]:
    """The past up to `now`, from `since` on (epoch seconds): one volume at a time, with a bar."""
    grid, windows = configuration.grid, frozenset(configuration.settings.windows.exposed)
    terms = snapshot_terms(configuration)
    # Periods of the calendar are kept in any case: alarms go by the evidence of those, told or not.
    kept = [one for one in terms.windows if one.name in windows or one.unit is not None]
    past = Past(missions, replace(terms, windows=kept))
    moments = past.moments(now, since)
    with progress.bar("Judging the past", len(moments), unit="moments") as seen:

        def judged() -> Iterator[tuple[float, Iterable[Family]]]:
            for number, at in enumerate(moments, start=1):
                areas = area_infos(configuration.service, date.fromordinal(grid.day_of(at)))
                yield at, told(past.at(at), windows=windows, areas=areas)
                seen(number, number)

        yield from volumes(judged())


def put_down(folder: Path, volume: Volume) -> None:
    """Under its own name only once it is whole: whoever makes blocks meanwhile must not find half of it."""
    place = folder / f"{volume.name}{SUFFIX}"
    unfinished = place.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.writelines(volume.lines())
    unfinished.replace(place)
