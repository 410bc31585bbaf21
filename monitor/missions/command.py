"""`monitor missions`: the list behind a figure of a report."""

import csv
import io
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final, TypeVar

import click

from monitor import clock
from monitor.core.calendar import Period
from monitor.core.listing import Asked, Question, Roll
from monitor.core.plain_text import one_line
from monitor.core.service import Objective, by_duty
from monitor.core.windows import span_of
from monitor.missions.told import Told
from monitor.report.reading import events_option, outcomes, period_of, period_option, read_missions
from monitor.settings import Configuration
from monitor.spreadsheet import Sheet, write
from monitor.words.catalogue import LANGUAGES, SOURCE, Language
from monitor.words.speaker import speaker

T = TypeVar("T")

_MOST_POOLS: Final = 3
_QUESTIONS: Final = {
    Question.LATE: "Those that took longer than the threshold that was in force when they began.",
    Question.UNMEASURED: "Those without a value, with the cause.",
    Question.OPEN: "Those in progress that can still be measured.",
    Question.STUCK: "Those open for so long that they count as unmeasured: somebody forgot to close them.",
}


def _questions(command: Callable[..., T]) -> Callable[..., T]:
    for question, meaning in reversed(_QUESTIONS.items()):
        command = click.option(f"--{question}", "questions", flag_value=question.value, multiple=True, help=meaning)(
            command
        )
    return command


@click.command(
    name="missions",
    epilog=outcomes("the list"),
)
@period_option(": that of the report whose figure it is")
@_questions
@click.option("--area", metavar="SLUG", help="Of this area alone; one that holds others is asked as their pool, by "
              "its own thresholds.  [default: every area that holds no others]")  # fmt: skip
@click.option("--category", metavar="SLUG", help="Of this category alone; so with pools.  [default: every one]")
@click.option("--objective", "objective_name", metavar="SLUG", help="Whose clock and thresholds are meant.  "
              "[default: the one with the gravest duty]")  # fmt: skip
@events_option
@click.option("--format", "format_name", type=click.Choice(["table", "csv", "xlsx"]), default="table",
              show_default=True, help="How to print it; csv is for programs, xlsx for a file or a pipe.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True,
              help="Language of table and xlsx; csv has English names always.")  # fmt: skip
@click.pass_obj
def missions(
    configuration: Configuration,
    *,
    period_name: str,
    questions: Sequence[str],
    area: str | None,
    category: str | None,
    objective_name: str | None,
    events: Sequence[BinaryIO],
    format_name: str,
    language: Language,
) -> None:
    """List the missions behind a figure: as many as the report of the period says, one by one, with their ids.

    They come from the store, for whoever may read it, or from files with --events. Missions that are sealed (older
    than ledger.horizon_days) are in the figure, and known by themselves no more: how many is said.

    \b
    monitor missions --period 2024-T2 --late --area oslo
    monitor missions --period 2024 --unmeasured --events missions.jsonl --format csv
    monitor missions --period 2024-11 --late --format xlsx > late.xlsx
    """  # noqa: D301 - click reads the character
    if len(questions) != 1:
        raise click.UsageError(f"Ask one thing: {', '.join(f'--{question}' for question in _QUESTIONS)}.")
    if format_name == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("A workbook is nothing to read on a terminal: send it to a file (> missions.xlsx).")
    period = period_of(configuration, period_name)
    service = configuration.service
    objective = _objective(configuration, objective_name)
    if objective.percentile is None and Question.LATE in questions:
        raise click.UsageError(
            f"{objective.slug} is a mean, which has no late missions: name a percentile with --objective, or ask "
            "the report for its longest waits."
        )
    if clock.now() < span_of(period, configuration.grid).start:
        raise click.BadParameter(f"{period.name} has not begun.", param_hint="--period")
    asked = Asked(
        Question(questions[0]),
        objective,
        span_of(period, configuration.grid),
        clock.now() - service.longest_seconds,
        area=_known(area, service.judged_areas, "--area"),
        category=_known(category, service.judged_categories, "--category"),
    )
    roll = Roll(service, configuration.targets, configuration.grid, asked)
    problem = read_missions(configuration, events, roll)
    told = Told.of(asked.question, objective, service, configuration.grid.zone, roll.listed)
    _FORMATS[format_name](told, language)
    click.echo(summary(roll, period), err=True)
    if problem is not None:
        raise click.ClickException(problem)


def summary(roll: Roll, period: Period) -> str:
    """How long the list is, and by how much the figure is larger."""
    told = f"{len(roll.listed):,} missions of {period.name}: {roll.asked.question}, {roll.asked.objective.slug}"
    if roll.sealed:
        told += f"; {roll.sealed:,} more are in the figure, and sealed: which they were is known no more"
    if roll.aimless:
        told += f"; {roll.aimless:,} more have no threshold where they were asked about, so none of them is late"
    if roll.aimed:
        pools = [f"--area {area} --category {category}" for area, category in sorted(roll.aimed)]
        told += f"; there is one for {' and '.join(pools[:_MOST_POOLS])}{' …' if len(pools) > _MOST_POOLS else ''}"
    return told


def _objective(configuration: Configuration, name: str | None) -> Objective:
    objectives = {one.slug: one for one in configuration.service.objectives}
    if name is None:
        return by_duty(configuration.service.objectives)[0]
    return objectives[_known(name, tuple(objectives), "--objective") or name]


def _known(name: str | None, names: Sequence[str], option: str) -> str | None:
    if name is not None and name not in names:
        raise click.BadParameter(f"{name!r} is none of {', '.join(names)}.", param_hint=option)
    return name


def _table(told: Told, language: Language) -> None:
    say = speaker(language)
    rows = [[one_line(cell) for cell in row] for row in (told.heads(say, told.notation), *told.lines(say))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _csv(told: Told, _language: Language) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(told.columns)
    writer.writerows([one_line(value) if isinstance(value, str) else value for value in row] for row in told.values())
    click.echo(text.getvalue(), nl=False)


def _xlsx(told: Told, language: Language) -> None:
    say = speaker(language)
    write(click.get_binary_stream("stdout"), [Sheet(say("Missions"), told.heads(say), told.rows(say))])


_FORMATS: Final[dict[str, Callable[[Told, Language], None]]] = {"table": _table, "csv": _csv, "xlsx": _xlsx}
