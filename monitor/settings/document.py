"""docs/configuration.md, said from the settings: every key with type, default, meaning and environment variable."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from monitor.settings.environment import CONFIG_VARIABLE, ENV_PREFIX, variable
from monitor.settings.former import FORMER
from monitor.settings.reading import models
from monitor.settings.relations import RELATIONS

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

`monitor check` refuses (error) or tells (warning) what no key shows alone. No clock of the service may run longer
than `ledger.horizon_days`.
"""
_BEFORE: Final = """
## Keys of before

Once, this file named districts and settlement classes. Such a file is still read: what it says holds over what the
service's folder says, a folder `targets` beside a file that names no service is still that service's, and one warning
says what to write instead.
"""


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
    parts += [_TOGETHER.strip(), relations_markdown().rstrip()]
    former = _table(("Key", "Now"), ((f"`{key}`", moved) for key, moved in FORMER.items()))
    return "\n\n".join([*parts, _BEFORE.strip(), former.rstrip()]) + "\n"


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
