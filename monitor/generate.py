"""`monitor generate`: the files that say again what the code decides, written from the code.

Decides which files those are and how they read: the settings (docs/configuration.md), the metrics
(docs/metrics.md), the event's JSON Schema (config/schema/), the ledger's table inside docs/design.md, the alert rules
with what evaluates and sends them (config/prometheus/, config/alertmanager/), Grafana's files, and which texts the
catalogues have to translate (monitor/words/locale/). They are committed, and a test fails when one of them no longer
fits. Refuses to know anything that the code does not say.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import click
import msgspec
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from monitor import alerts
from monitor.core.event import Form
from monitor.core.ledger import REFUSED, RULES, STORES, Case, Change, Home, Seen
from monitor.core.notation import TIME_PATTERN
from monitor.core.service import Service
from monitor.exporter.document import PLACE as METRICS
from monitor.exporter.document import metrics_markdown
from monitor.settings import CONFIG_VARIABLE, ENV_PREFIX, RELATIONS, Configuration, models, variable
from monitor.words.extraction import catalogues, owed

CONFIGURATION: Final = "docs/configuration.md"
DESIGN: Final = "docs/design.md"
RUNBOOKS: Final = "docs/runbooks"
SCHEMA: Final = "config/schema/mission-event.schema.json"
BEGIN: Final = "<!-- generated from RULES by `monitor generate`: do not edit -->"
END: Final = "<!-- end of the generated part -->"

_TYPES: Final = {float: "number", int: "whole number", str: "text", Path: "path", tuple: "list", SecretStr: "secret"}


_OPENING: Final = f"""
# Configuration

Generated from `monitor/settings/` by `monitor generate`; do not edit.

The file is the one that `--config` or `{CONFIG_VARIABLE}` names, else `config/monitor.toml` in the current directory,
else the one that came along. Every key may be left out. The environment wins over the file:
`{ENV_PREFIX}<SECTION>__<KEY>`. A list is separated by commas (`{ENV_PREFIX}WINDOWS__NAMES=28d,tertial`) or written as
JSON (`'["28d", "tertial", "year"]'`). An unknown key is an error, and so is an unknown variable with the two
underscores. Variables that only begin with `{ENV_PREFIX}` are nobody's here (Kubernetes sets
`{ENV_PREFIX}EXPORTER_PORT=tcp://…` beside a service of that name): one that looks like a setting with an underscore
missing is a warning. Secrets come from the environment, or from the file that a `*_file` key names, without the line
break at its end; in the configuration file they are an error. Every file is UTF-8, with or without a byte-order mark.
`monitor check` shows everything that is wrong at once, under the name of the key or variable that set it, and
`monitor check --connect` also asks broker and store.

Redis' address is `redis://[user@]host[:port][/database]`, `rediss://` for TLS (with `ssl_ca_certs` and its neighbours
after a question mark, where the system's authorities do not do), or `unix:///path/of/socket`.

Targets are files of their own, one per year, in the folder that `targets.directory` names; `config/targets/2024.toml`
shows how they are written: minutes as a number, read as the decimal that stands there (4.1 is 246 s), or in quotes as
`"5:20"` and `"1:05:00"`. Two files may not begin on the same day. A relative folder begins at the configuration file;
the files of `*_file` keys, where the program was started. Sizes and times carry their unit in their name.
"""
_TOGETHER: Final = """
## What must fit together

`monitor check` refuses (error) or tells (warning) what no key shows alone.
"""


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

    Run it after a change to settings, metrics, the event, the ledger's rules or any text for people. The schema names
    the districts and classes that are configured. Texts that a language lacks are named: translate them in its
    catalogue, monitor/words/locale/LANGUAGE.po. A new language is an empty file of that name.

    \b
    monitor generate
    monitor generate --check
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
    design = (root / DESIGN).read_text(encoding="utf-8")
    return {
        CONFIGURATION: configuration_markdown(),
        METRICS: metrics_markdown(),
        SCHEMA: event_schema(configuration.service),
        DESIGN: with_rules(design),
        **alerts.files(),
        **_grafana(configuration, root),
        **catalogues(root),
    }


def _grafana(configuration: Configuration, root: Path) -> Mapping[str, str]:
    """Dashboards and provisioning, which need a package that nothing else needs."""
    try:
        from monitor.dashboards import files  # noqa: PLC0415 - only those who develop have the SDK
    except ModuleNotFoundError as fault:
        raise click.ClickException(
            f"Grafana's files need the package {fault.name!r}: pip install 'response-time-monitor[dev]'"
        ) from fault
    runbooks = {file.stem: file.read_text(encoding="utf-8") for file in (root / RUNBOOKS).glob("*.md")}
    return files(configuration, runbooks)


def with_rules(design: str) -> str:
    """The design document with the ledger's table as the code has it now. Raises ValueError without the markers."""
    before, begin, rest = design.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{DESIGN}: the table belongs between the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{rules_markdown()}{END}{after}"


def rules_markdown() -> str:
    """The ledger's outcomes, one row per revision and change, one column per state of the slice."""
    return _table(
        ("The event's revision", "Its contribution", "Slice open", "Slice sealed"),
        (
            (seen, change, _outcome(Case(seen, change, Home.OPEN)), _outcome(Case(seen, change, Home.SEALED)))
            for seen in Seen
            for change in (Change.COUNTS, Change.CEASES, Change.NONE)
            if any(Case(seen, change, home) in RULES for home in Home)
        ),
    )


def _outcome(case: Case) -> str:
    outcome = RULES.get(case)
    if outcome is None:
        return "—"
    return f"`{outcome}`" + (", taken" if outcome in STORES else ", refused" if outcome in REFUSED else "")


def event_schema(service: Service) -> str:
    """JSON Schema of one event, from the type that decodes it."""
    _, components = msgspec.json.schema_components([Form(service).type])
    schema: dict[str, Any] = components["Event"]
    properties = schema["properties"]
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
            "A snapshot of one mission as known now: the value of a record whose key is mission_id. Unknown fields "
            "are ignored. What a schema cannot say: the text is UTF-8 without lone surrogates, of a name given twice "
            "the last counts, the time that places a mission lies in the years 1900 to 9998, and no mission begins "
            "in the record's future."
        ),
    }
    return json.dumps(head | {key: schema[key] for key in ("type", "required", "properties")}, indent=2) + "\n"


def configuration_markdown() -> str:
    """Every setting with type, default, meaning and environment variable."""
    parts = [_OPENING.strip()]
    for name, model in models():
        rows = [_setting(name, key, field) for key, field in model.model_fields.items()]
        parts += [
            f"## `[{name}]`",
            (model.__doc__ or "").strip(),
            _table(("Key", "Type", "Default", "Meaning", "Environment"), rows).rstrip(),
        ]
    return "\n\n".join([*parts, _TOGETHER.strip(), relations_markdown().rstrip()]) + "\n"


def relations_markdown() -> str:
    """Every rule over several keys."""
    return _table(
        ("Keys", "Must be", "Otherwise"),
        (
            (", ".join(f"`{key}`" for key in relation.keys), relation.rule, relation.severity)
            for relation in RELATIONS
        ),
    )


def _setting(section: str, key: str, field: FieldInfo) -> tuple[str, ...]:
    return f"`{key}`", _type(field), _default(field.default), field.description or "", f"`{variable(section, key)}`"


def _type(field: FieldInfo) -> str:
    kinds: list[Any] = [one for one in get_args(field.annotation) if one is not type(None)]
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in kinds)
    kind: Any = kinds[0] if type(None) in get_args(field.annotation) else field.annotation
    return ", ".join((_TYPES[get_origin(kind) or kind], *_bounds(field.metadata)))


_BOUNDS: Final[tuple[tuple[str, Callable[[Any], str]], ...]] = (
    ("gt", lambda bound: f"above {bound}"),
    ("ge", lambda bound: f"{bound} or more"),
    ("le", lambda bound: f"{bound} or less"),
    ("min_length", lambda bound: f"at least {bound}"),
    ("pattern", lambda bound: f"like `{bound}`"),
)


def _bounds(metadata: Iterable[object]) -> list[str]:
    return [
        say(bound) for one in metadata for name, say in _BOUNDS if (bound := getattr(one, name, None)) is not None
    ]


def _default(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"`{value:.15g}`"
    if isinstance(value, str | Path):
        return f'`"{value}"`'
    return f"`{json.dumps(value)}`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
