"""`monitor init`: a service in a folder of one's own, copied from one that came along or as a commented skeleton.

Decides what goes into the folder. Overwrites nothing, and asks nothing.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from monitor.clock import today
from monitor.settings import came_along, service_rooms
from monitor.settings.files import FileUnusable
from monitor.settings.service import FILE, find_service, service_names


@click.command(name="init", epilog="Exit codes: 0 written, 1 the folder cannot be written, 2 usage.")
@click.argument("words", nargs=-1, required=True, metavar="[SERVICE] DIRECTORY")
@click.pass_context
def init(ctx: click.Context, words: Sequence[str]) -> None:
    """Write a service into a folder, to be changed there.

    With the name of a service that came along (`monitor services`) its declaration, thresholds and proofs are
    copied. Without, a commented skeleton is written, which `monitor check` accepts as it is. Nothing is overwritten.

    \b
    monitor init england-ambulance my-service
    monitor init my-service
    """  # noqa: D301 - click reads the character
    said = ctx.find_root().params
    service: str | None = said.get("service")
    *named, directory = (service, *words) if service else words
    if len(named) > 1:
        raise click.UsageError("At most two words: monitor init SERVICE DIRECTORY.")
    rooms, folder = service_rooms(said.get("config")), Path(directory)
    known = service_names(rooms)
    if not named and directory in known:
        raise click.UsageError(
            f"{directory} is a service that came along: say where, monitor init {directory} FOLDER."
        )
    try:
        source = find_service(named[0], rooms, [Path()]) if named else came_along() / "skeleton"
    except FileUnusable as fault:
        raise click.BadParameter(str(fault), param_hint="SERVICE") from fault
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.BadParameter(f"{folder} is there already: name a folder that is not.", param_hint="DIRECTORY")
    if folder.resolve().is_relative_to(source.resolve()):
        raise click.BadParameter(f"{folder} lies within what is copied: name another.", param_hint="DIRECTORY")
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    called = f"./{directory}" if directory in known else directory
    year = today().year - 1
    click.echo(f"{folder / FILE} and what belongs to it are written. Then:")
    click.echo(f"  monitor check --service {called}")
    click.echo(f"  monitor simulate --service {called} --year {year} > missions.jsonl")
    click.echo(f"  monitor report --service {called} --period {year} --events missions.jsonl")
