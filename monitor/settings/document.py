"""docs/configuration.md, said from the settings: every key with type, default, meaning and environment variable."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from monitor.core.service import DAY_SECONDS
from monitor.settings.environment import CONFIG_VARIABLE, ENV_PREFIX, SERVICE_VARIABLE, variable
from monitor.settings.former import FORMER
from monitor.settings.reading import models
from monitor.settings.relations import RELATIONS
from monitor.settings.service_tables import (
    AreaTable,
    CategoryTable,
    ClockTable,
    EventTable,
    HeadTable,
    ObjectiveTable,
)

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
after a question mark, where the system's authorities do not do), or `unix:///path/of/socket`. Behind sentinels it is
`redis+sentinel://host:26379,host:26379,host:26379/service[/database]`: the hosts are the sentinels, the service is
what they call the master. A cluster is `redis+cluster://host:6379,host:6379,…`: some of its nodes, the others are
found. With TLS both are `rediss+…`, for sentinels and servers alike. User and password are the servers'; those of the
sentinels have keys of their own. [operations.md](operations.md#a-store-that-fails-over) says what to choose.

Relative paths of `*_file` keys begin where the program was started. Sizes and times carry their unit in their name.
"""
_TOGETHER: Final = """
## What must fit together

`monitor check` refuses (error) or tells (warning) what no key shows alone. No clock of the service may run longer
than `ledger.horizon_days`.
"""
_SERVICE: Final = """
## The service

What is judged is declared in a folder of its own: `service.toml`, and `targets/*.toml` beside it. `service` in the
file, `{SERVICE_VARIABLE}`, or `--service` at any command names it: by its name, looked for in `services/` beside
the file, in `config/services/` of the current directory and among those that came along; or by the path of a folder
(or of its service.toml), which begins at the file that names it, else in the current directory. `monitor check` says
in words what is declared. [services.md](services.md) tells it field by field, with a whole service, what may be left
out, and the questions that come up; below are all keys. How a source's records become events is declared in a
`feed.toml` beside: [feeds.md](feeds.md).

A length of time is minutes as a number, read as the decimal that stands there (4.1 is 246 s), or a text: `"5:20"`
(minutes and seconds), `"1:05:00"`, `"80 s"`, `"5 min"`, `"2 h"`.
"""
_TARGETS: Final = """
### `targets/*.toml`

One file for each set of thresholds, in force from `valid_from` until a later one is; two may not begin on one day.

For each objective what is said nearest holds: `[AREA.CATEGORY]`, else `[AREA.default]`, else `[default.CATEGORY]`,
else `[default.default]`. Pools, of areas and of categories, are addressed as any other. Keys that stand in `[AREA]`
itself are of all its categories. `"none"` in place of a length takes an inherited threshold away, `not_applicable =
true` all of them. An objective that no table speaks of is only shown, which is told unless `"none"` in
`[default.default]` says so; where it asks for a page or a ticket, that is an error. Warnings, each told once: what
the tables say nothing of, a higher percentile with a shorter time than a lower one, two areas with the same tables
where most differ, tables of an area that does not exist while they are in force, tables without a source, and
newest tables that are more than two years old. Keys of before (`goal_p50_minutes`, and areas as `[districts.oslo]`)
are still read.
"""
_BEFORE: Final = """
## Keys of before

Once, this file named districts and settlement classes. Such a file is still read: what it says holds over what the
service's folder says, a folder `targets` beside a file that names no service is still that service's, and one warning
says what to write instead.
"""


_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "`service.toml`": HeadTable,
    "`[event]`": EventTable,
    "`[[clocks]]`": ClockTable,
    "`[[objectives]]`": ObjectiveTable,
    "`[[categories]]`": CategoryTable,
    "`[[areas]]`": AreaTable,
}


def configuration_markdown() -> str:
    """Every setting with type, default, meaning and environment variable."""
    parts = [_OPENING.strip()]
    for name, model in models():
        rows = [
            _setting(name, key, field) for key, field in model.model_fields.items() if f"{name}.{key}" not in FORMER
        ]
        if not rows:
            continue
        parts += [
            f"## `[{name}]`",
            (model.__doc__ or "").strip(),
            _table(("Key", "Type", "Default", "Meaning", "Environment"), rows).rstrip(),
        ]
    parts += [_SERVICE.strip().replace("{SERVICE_VARIABLE}", SERVICE_VARIABLE)]
    for head, table in _TABLES.items():
        parts += [f"### {head}", *keys_of_table(table, without={"event"})]
    parts += [_TARGETS.strip(), _TOGETHER.strip(), relations_markdown().rstrip()]
    former = _table(("Key", "Now"), ((f"`{key}`", moved) for key, moved in FORMER.items()))
    return "\n\n".join([*parts, _BEFORE.strip(), former.rstrip()]) + "\n"


def keys_of_table(table: type[BaseModel], *, without: Collection[str] = ()) -> tuple[str, str]:
    """What a table of a file is, and its keys with what each means."""
    fields = table.model_fields.items()
    rows = [_key(field.alias or key, field) for key, field in fields if key not in without]
    return cleandoc(table.__doc__ or ""), _table(("Key", "Default", "Meaning"), rows).rstrip()


def _key(key: str, field: FieldInfo) -> tuple[str, str, str]:
    default: object = field.default
    if field.is_required():
        shown = "needed"
    elif default is None or field.default_factory is not None or default == ():
        shown = "—"
    else:
        shown = "24 h" if default == DAY_SECONDS else _default(default)
    return f"`{key}`", shown, field.description or ""


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
    metadata = list(field.metadata)
    if get_origin(kind) is Annotated:  # of a type that may be None, the bounds stand within
        kind, *within = get_args(kind)
        metadata += [bound for one in within for bound in getattr(one, "metadata", ())]
    return ", ".join((_TYPES[get_origin(kind) or kind], *_bounds(metadata)))


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
