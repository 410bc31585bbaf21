"""`monitor generate`: the files that say again what the code decides, written from the code.

Decides which files those are and how they read: the settings (docs/configuration.md), the metrics
(docs/metrics.md), the event's JSON Schema (config/schema/), the ledger's table inside docs/design.md, the alert rules
with what evaluates and sends them (config/prometheus/, config/alertmanager/), Grafana's files, and which texts the
catalogues have to translate (monitor/words/locale/). They are committed, and a test fails when one of them no longer
fits. Refuses to know anything that the code does not say.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from monitor import alerts, dashboards
from monitor.core.event import Form
from monitor.core.notation import TIME_PATTERN
from monitor.core.outcomes import REFUSED, RULES, STORES, Case, Change, Outcome, Seen
from monitor.core.service import Service
from monitor.exporter.document import PLACE as METRICS
from monitor.exporter.document import metrics_markdown
from monitor.feeds.document import feeds_markdown
from monitor.proofs import table as services_table
from monitor.settings import Configuration, load
from monitor.settings.document import configuration_markdown
from monitor.settings.service import service_names
from monitor.words.extraction import catalogues, owed

CONFIGURATION: Final = "docs/configuration.md"
DESIGN: Final = "docs/design.md"
SERVICES: Final = "docs/services.md"
FEEDS: Final = "docs/feeds.md"
RUNBOOKS: Final = "docs/runbooks"
SCHEMA: Final = "config/schema/mission-event.schema.json"
BEGIN: Final = "<!-- generated from RULES by `monitor generate`: do not edit -->"
BEGIN_SERVICES: Final = "<!-- generated from config/services by `monitor generate`: do not edit -->"
BEGIN_FEEDS: Final = "<!-- generated from monitor/feeds by `monitor generate`: do not edit -->"
END: Final = "<!-- end of the generated part -->"


@click.command(
    name="generate",
    epilog="Exit codes: 0 written or up to date, 1 out of date (--check) or a translation is missing, 2 usage or "
    "configuration.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is out of date.")
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="PATH",
              help="The clone to write into.  [default: the current directory]")  # fmt: skip
@click.pass_obj
def generate(configuration: Configuration, *, check: bool, root: Path) -> None:
    """Write the generated files of this repository anew: reference documents and the event's JSON Schema.

    Run it after a change to settings, metrics, the event, the ledger's rules or any text for people. Alert rules and
    dashboards serve every service; the event's schema is that of the service (--service), whose categories also stand
    in order on the dashboards, and whose areas Grafana's alerts call by their names. Texts that a language lacks are
    named: translate them in its catalogue, monitor/words/locale/LANGUAGE.po. A new language is an empty file of that
    name.

    \b
    monitor generate
    monitor generate --check
    monitor generate --service england-ambulance --root my-clone
    """  # noqa: D301 - click reads the character
    if not (root / DESIGN).is_file():
        raise click.UsageError(f"{root} is no clone of the repository ({DESIGN} is missing): name one with --root.")
    outdated = []
    files = generated(configuration, root)
    for place, text in files.items():
        file = root / place
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        outdated.append(place)
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        click.echo(f"{'out of date' if check else 'written'}: {place}")
    if not outdated:
        click.echo("everything generated is up to date")
    elif check:
        click.echo("run `monitor generate` and commit what it writes", err=True)
    to_translate = owed(files)
    for fault in to_translate:
        click.echo(fault, err=True)
    if to_translate or (outdated and check):
        click.get_current_context().exit(1)


def generated(configuration: Configuration, root: Path) -> Mapping[str, str]:
    """Every generated file with its text, by its place under `root`."""
    design, services, feeds = ((root / place).read_text(encoding="utf-8") for place in (DESIGN, SERVICES, FEEDS))
    return {
        CONFIGURATION: configuration_markdown(),
        METRICS: metrics_markdown(),
        SCHEMA: event_schema(configuration.service),
        DESIGN: with_rules(design),
        SERVICES: filled(services, SERVICES, BEGIN_SERVICES, services_markdown(root)),
        FEEDS: filled(feeds, FEEDS, BEGIN_FEEDS, feeds_markdown()),
        **alerts.files(),
        **_grafana(configuration, root),
        **catalogues(root),
    }


def _grafana(configuration: Configuration, root: Path) -> Mapping[str, str]:
    """Dashboards and provisioning."""
    runbooks = {file.stem: file.read_text(encoding="utf-8") for file in (root / RUNBOOKS).glob("*.md")}
    return dashboards.files(configuration, runbooks)


def with_rules(design: str) -> str:
    """The design document with the ledger's table as the code has it now. Raises ValueError without the markers."""
    return filled(design, DESIGN, BEGIN, rules_markdown())


def filled(document: str, place: str, marker: str, table: str) -> str:
    """A document with its generated part as it has to be now. Raises ValueError without the markers."""
    before, begin, rest = document.partition(marker)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{place}: the table belongs between the lines {marker} and {END}")
    return f"{before}{marker}\n{table}{END}{after}"


def services_markdown(root: Path) -> str:
    """The services that come along: what each judges, how much is proved, and what is not settled."""
    config = root / "config"
    names = service_names([config / "services"])
    return _table(
        services_table.HEADS, services_table.rows(load(config / "monitor.toml", service=name) for name in names)
    )


def rules_markdown() -> str:
    """The ledger's outcomes, one row per revision and change."""
    return _table(
        ("The event's revision", "Its contribution", "Outcome"),
        (
            (case.seen, case.change, _outcome(RULES[case]))
            for seen in Seen
            for change in (Change.COUNTS, Change.CEASES, Change.NONE)
            if (case := Case(seen, change)) in RULES
        ),
    )


def _outcome(outcome: Outcome) -> str:
    return f"`{outcome}`" + (", taken" if outcome in STORES else ", refused" if outcome in REFUSED else "")


def event_schema(service: Service) -> str:
    """JSON Schema of one event, from the type that decodes it."""
    form = Form(service)
    _, components = msgspec.json.schema_components([form.type, form.row_type])
    schema: dict[str, Any] = components["Event"]
    properties = schema["properties"]
    # What only a row may say.
    properties |= {
        name: said for name, said in components["RowEvent"]["properties"].items() if name not in properties
    }
    properties[service.fields.area]["enum"] = list(service.leaf_areas)
    properties[service.fields.category]["enum"] = list(service.leaf_categories)
    for field in properties.values():
        for form in field.get("anyOf", ()):
            if form.get("format") == "date-time":
                # In its place: validators disagree about formats, or do not look at them at all.
                del form["format"]
                form["pattern"] = TIME_PATTERN
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated from what the service declares by `monitor generate`.",
        "title": "Mission event",
        "description": (
            "A snapshot of one mission as known now, or of one row of it: the value of a record whose key is "
            "mission_id. Unknown fields "
            "are ignored. What a schema cannot say: the text is UTF-8 without lone surrogates, of a name given twice "
            "the last counts, the time that places a mission lies in the years 1900 to 9998, "
            f"{'its area exists on that local day, ' if service.reforms else ''}and no mission begins in the "
            "record's future."
        ),
    }
    row = {"properties": {"row": {"type": "string"}}, "required": ["row"]}
    # Of an event that tells a row, only the identity is required.
    required = {"required": ["mission_id"], "if": row, "else": {"required": schema["required"]}}
    return json.dumps(head | {"type": schema["type"], **required, "properties": properties}, indent=2) + "\n"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
