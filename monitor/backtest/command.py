"""`monitor backtest`: what the alarms would have told, had they run over a period as they do now."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import BinaryIO, Final, TypeVar

import click

from monitor import clock, progress
from monitor.backtest.document import Backtest
from monitor.backtest.looking_back import Question, known_until, look_back
from monitor.backtest.page import as_html
from monitor.backtest.parameters import FORM, changed
from monitor.backtest.records import as_json
from monitor.backtest.text import as_text
from monitor.backtest.what_if import FORM as WHAT_IF
from monitor.backtest.what_if import asked
from monitor.core.alarm import Rules, periods_of, watched
from monitor.core.calendar import Period
from monitor.core.hindsight import sealed_within
from monitor.core.history import History
from monitor.core.windows import span_of
from monitor.report.reading import events_option, outcomes, period_of, period_option, read_missions
from monitor.settings import Configuration
from monitor.wiring import empty_history, snapshot_terms
from monitor.words.catalogue import LANGUAGES, SOURCE, Language

S = TypeVar("S")
T = TypeVar("T")

FORMATS: Final[dict[str, Callable[[Backtest, Language], str]]] = {
    "text": as_text, "json": as_json, "html": as_html,
}  # fmt: skip


@click.command(name="backtest", epilog=outcomes("what was found"))
@period_option(": that which is looked back at; what came before it warms up")
@events_option
@click.option("--set", "said", multiple=True, metavar=FORM,
              help="Run changed parameters beside those that are shipped, and compare. May be given several times; "
                   "an unknown name lists all that there are.")  # fmt: skip
@click.option("--against", multiple=True, metavar=FORM, help="With --set: compare with these parameters instead.")
@click.option("--what-if", "questions", multiple=True, metavar=WHAT_IF,
              help="Judge the period by another threshold, too: an objective and a time; may be given several "
                   "times.")  # fmt: skip
@click.option("--calm-years", type=click.IntRange(0, 1000), default=0, show_default=True, metavar="N",
              help="Count false pages in so many calm years, made of this period.")  # fmt: skip
@click.option("--fall", type=click.FloatRange(0, 100, min_open=True), metavar="POINTS",
              help="Let the share within fall so far below what each objective asks for, and count missions and days "
                   "to the page.")  # fmt: skip
@click.option("--area", metavar="SLUG", help="Of this area alone.  [default: every one]")
@click.option("--category", metavar="SLUG", help="Of this category alone.  [default: every one]")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Other calm years, and other falls.")  # fmt: skip
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="text", show_default=True,
              help="How to print it; json carries unrounded figures, html has charts.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True,
              help="Language of text and html; json has English names always.")  # fmt: skip
@click.pass_obj
def backtest(
    configuration: Configuration,
    *,
    period_name: str,
    events: Sequence[BinaryIO],
    said: Sequence[str],
    against: Sequence[str],
    questions: Sequence[str],
    calm_years: int,
    fall: float | None,
    area: str | None,
    category: str | None,
    seed: int,
    format_name: str,
    language: Language,
) -> None:
    """Look back at a period: every page and ticket that would have come, on what evidence, and what came after.

    The alarms are judged by the code that judges now, at each moment at which a mission was measured, on what was
    known of it then. The missions come from the store, or from files with --events; those of a source's own files by
    way of `monitor convert`. With --set, other parameters are tried on the same past.

    \b
    monitor backtest --period 2024
    monitor backtest --period 2024 --events missions.jsonl --what-if OBJECTIVE=12:00
    monitor backtest --period 2024 --set drift_threshold=8 --calm-years 10 --fall 20 --format html > backtest.html
    monitor convert export.csv --feed feed.toml | monitor backtest --period 2024-T2 --events -
    """  # noqa: D301 - click reads the character
    period = period_of(configuration, period_name)
    rules = _parameter_sets(snapshot_terms(configuration).alarms, said, against)
    question = Question(
        period=period,
        rules=rules,
        units=periods_of(snapshot_terms(configuration).windows),
        what_if=[_read(partial(asked, configuration.service), one, "--what-if") for one in questions],
        calm_years=calm_years,
        fall=None if fall is None else fall / 100,
        area=_known(area, configuration.service.judged_areas, "--area"),
        category=_known(category, configuration.service.judged_categories, "--category"),
        seed=seed,
    )
    if not watched(configuration.service.objectives) and not questions:
        raise click.UsageError(
            f"No objective of {configuration.service.slug} pages, so it has no alarms to look back at: `monitor "
            f"check` says why. Ask about a threshold with --what-if {WHAT_IF}."
        )
    history = empty_history(configuration)
    problem = read_missions(configuration, events, history)
    until = until_known(history, period)
    with progress.bar("Looking back", question.steps(configuration.service), unit="series") as seen:
        found = look_back(
            history,
            question,
            until=until,
            now=clock.now(),
            abandoned_after_seconds=configuration.service.longest_seconds,
            seen=lambda done: seen(done, done),
        )
    click.echo(FORMATS[format_name](found, language), nl=False)
    if problem is not None:
        raise click.ClickException(problem)


def _parameter_sets(shipped: Rules, said: Sequence[str], against: Sequence[str]) -> list[Rules]:
    """One set, or two where parameters are changed."""
    if against and not said:
        raise click.UsageError("--against goes with --set: without it there is nothing to compare.")
    first = _read(partial(changed, shipped), against, "--against")
    return [first, _read(partial(changed, shipped), said, "--set")] if said else [first]


def until_known(history: History, period: Period) -> float:
    """The end of what is known of the period. Raises ClickException where that is nothing, or sealed."""
    until = known_until(history, period, clock.now())
    if until is None:
        raise click.ClickException(
            f"Not a single mission is known in {period.name}: name a period that there are missions of."
        )
    span = span_of(period, history.grid)
    if (sealed := sealed_within(history, span)) is not None:
        day = date.fromordinal(history.grid.day_of(sealed))
        raise click.ClickException(
            f"Missions of {period.name} are sealed, up to {day} (older than ledger.horizon_days): they are known one "
            "by one no more, so nobody can look back at them. Name a period that begins later, or read the source's "
            "events with --events."
        )
    return until


def _read(read: Callable[[S], T], said: S, option: str) -> T:
    try:
        return read(said)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint=option) from fault


def _known(name: str | None, names: Sequence[str], option: str) -> str | None:
    if name is not None and name not in names:
        raise click.BadParameter(f"{name!r} is none of {', '.join(names)}.", param_hint=option)
    return name
