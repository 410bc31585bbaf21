"""`monitor services`: the services that are found by name, each with its rule in a line; one by one, in sentences.

`--prove` puts them on trial: the missions made by hand at the edges of each rule. Decides nothing about a service.
"""

from collections.abc import Sequence
from typing import Final

import click

from monitor.cli import FAILED, MISUSED
from monitor.clock import today
from monitor.core.plain_text import one_line
from monitor.core.service import named
from monitor.proofs.trial import tried
from monitor.settings import Configuration, ConfigurationError, load, service_rooms
from monitor.settings.service import service_names
from monitor.words import names, rules
from monitor.words.catalogue import LANGUAGES, SOURCE, Language
from monitor.words.speaker import Speaker, speaker

_LEAST_WIDTH: Final = 12


@click.command(
    name="services",
    epilog="Exit codes: 0 done, 1 the program says otherwise than a proof (--prove), 2 usage, or a service cannot be "
    "read.",
)
@click.argument("wanted", nargs=-1, metavar="[NAME|PATH]...")
@click.option("--prove", is_flag=True, help="Ask the program what each service's hand-made missions give.")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True,
              help="Language of names and sentences.")  # fmt: skip
@click.pass_context
def services(ctx: click.Context, wanted: Sequence[str], *, prove: bool, language: Language) -> None:
    """List the services that came along, each with its rule in a line; tell those that are named in sentences.

    A rule is shown as it is declared. What its sources did not settle, and what it asks for and no declaration can
    say, is told beside it. Proofs are missions at the edges of a rule, with verdicts worked out by hand
    (proofs.toml beside service.toml).

    \b
    monitor services
    monitor services england-ambulance my-service
    monitor services --prove
    """  # noqa: D301 - click reads the character
    config = ctx.find_root().params.get("config")
    named = (
        list(wanted)
        or [name for name in [ctx.find_root().params.get("service")] if name]
        or service_names(service_rooms(config))
    )
    width = max(_LEAST_WIDTH, *map(len, named))
    worst = 0
    for name in named:
        try:
            configuration = load(config, service=name)
        except ConfigurationError as fault:
            click.echo(one_line(f"{name:<{width}}  cannot be read: monitor check --service {name}"))
            for one in fault.faults:
                click.echo(one_line(f"  {one.severity}: {one.where}: {one.message}"), err=True)
            worst = max(worst, MISUSED)
            continue
        if prove:
            worst = max(worst, _proved(name, width, configuration))
        elif wanted:
            _told(configuration, speaker(language))
        else:
            click.echo(one_line(f"{name:<{width}}  {in_a_line(configuration, speaker(language))}"))
    ctx.exit(worst)


def in_a_line(configuration: Configuration, say: Speaker) -> str:
    """The service and its rule in one line, with how much of it was not verified."""
    told = f"{names.service(say, configuration.service)}. "
    told += names.headed(rules.in_short(say, configuration.service, configuration.targets.shown(today())))
    doubts = len(configuration.unverified)
    return f"{told}. {rules.doubts(say, doubts)}" if doubts else told


def _told(configuration: Configuration, say: Speaker) -> None:
    click.echo(one_line(names.service(say, configuration.service)))
    if told := named(configuration.description, say.language, ""):
        click.echo(one_line(f"  {told}"))
    for sentence in rules.sentences(say, configuration.service, configuration.targets.shown(today())):
        click.echo(one_line(f"  {sentence}"))
    for doubt in configuration.unverified:
        click.echo(one_line(f"  {say(rules.NOT_VERIFIED)}: {doubt}"))
    for gap in configuration.cannot_say:
        click.echo(one_line(f"  {say(rules.CANNOT_SAY)}: {gap}"))


def _proved(name: str, width: int, configuration: Configuration) -> int:
    trial = tried(configuration)
    verdict = "as the rule" if not trial.differences else f"{len(trial.differences)} differ"
    click.echo(
        f"{name:<{width}}  {trial.missions} missions, {trial.verdicts} verdicts of {trial.periods} periods: {verdict}"
    )
    for line in trial.differences:
        click.echo(one_line(f"  {line}"))
    return FAILED if trial.differences else 0
