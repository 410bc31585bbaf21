"""`monitor report`: a period judged, from the store or straight from JSON lines.

Brings source, period and format together; each of them knows nothing of the others.
"""

import sys
from collections.abc import Sequence
from typing import BinaryIO

import click

from monitor import clock
from monitor.report.document import About, Report, Status
from monitor.report.drawing_up import draw_up
from monitor.report.formats import BINARY, FORMATS
from monitor.report.pdf import PdfUnavailableError
from monitor.report.reading import events_option, outcomes, period_of, period_option, read_missions
from monitor.report.words import notices, status_of
from monitor.settings import Configuration
from monitor.wiring import empty_history
from monitor.words.catalogue import LANGUAGES, SOURCE, Language
from monitor.words.speaker import speaker


@click.command(
    name="report",
    epilog=outcomes("the report"),
)
@period_option()
@events_option
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="table", show_default=True,
              help="How to print it; csv and json carry unrounded figures, html and pdf have charts.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True,
              help="Language of what people read; csv and json have English names always.")  # fmt: skip
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
    monitor report --period 2024-11 --format pdf > report.pdf
    """  # noqa: D301 - click reads the character
    period = period_of(configuration, period_name)
    if format_name in BINARY and sys.stdout.isatty():
        raise click.UsageError(f"--format {format_name} is no text: write it into a file, > report.{format_name}")
    history = empty_history(configuration)
    problem = read_missions(configuration, events, history)
    try:
        drawn_up = draw_up(
            history,
            period,
            now=clock.now(),
            abandoned_after_seconds=configuration.service.longest_seconds,
            silent_after_seconds=configuration.settings.events.stale_after_seconds,
            about=About(
                description=configuration.description,
                unverified=configuration.unverified,
                cannot_say=configuration.cannot_say,
            ),
        )
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--period") from fault
    for doubt in doubts(drawn_up):
        click.echo(f"warning: {doubt}", err=True)
    try:
        click.echo(FORMATS[format_name](drawn_up, language), nl=False)
    except PdfUnavailableError as fault:
        raise click.ClickException(str(fault)) from fault
    if problem is not None:
        raise click.ClickException(problem)


def doubts(drawn_up: Report) -> list[str]:
    """What makes the figures doubtful, for standard error: whoever reads them by program has seen no sentence yet."""
    say = speaker(SOURCE)
    told = []
    if drawn_up.status in (Status.INCOMPLETE, Status.NOT_BEGUN):
        told.append(f"{drawn_up.period}: {status_of(say, drawn_up)}")
    if not drawn_up.known:
        told.append(f"not a single mission is known in {drawn_up.period}")
    return [*told, *notices(say, drawn_up)]
