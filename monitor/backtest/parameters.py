"""Parameters of the alarms as a command line names them: those of `core.alarm.Rules`, whatever they are.

Refuses to know what they mean.
"""

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any, Final

from monitor.core.alarm import Rules
from monitor.core.stats.cusum import Shift

FORM: Final = "NAME=VALUE"


def changed(rules: Rules, said: Sequence[str]) -> Rules:
    """The rules with what was said, each `NAME=VALUE`. Raises ValueError with what is wrong and what there is."""
    known = {one.name: getattr(rules, one.name) for one in fields(rules)}
    given: dict[str, Any] = {}
    for one in said:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not equals:
            raise ValueError(f"{one!r}: say {FORM}, such as drift_threshold=8")
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ValueError(
                f"{name!r} is no parameter of the alarms{f': did you mean {near[0]}?' if near else '.'} "
                f"There are: {', '.join(map(shown, known.items()))}"
            )
        if name in given:
            raise ValueError(f"{name} is given twice: keep one of the two")
        given[name] = _read(name, value, known[name])
    return replace(rules, **given)  # each was read as what it replaces; the rules say what cannot be together


def shown(parameter: tuple[str, object]) -> str:
    """A parameter as it is written."""
    name, value = parameter
    if isinstance(value, Shift):
        return f"{name}={value.normal:g}:{value.degraded:g}"
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"


def differences(rules: Rules, others: Rules) -> list[str]:
    """The parameters of `others` that are not those of `rules`."""
    found = ((one.name, getattr(others, one.name)) for one in fields(rules))
    return [shown((name, value)) for name, value in found if value != getattr(rules, name)]


def _read(name: str, value: str, present: object) -> object:
    try:
        return _of_kind(value, present)
    except ValueError as fault:
        raise ValueError(f"{name}={value}: {fault}; it is {shown((name, present))} as shipped") from fault


def _of_kind(value: str, present: object) -> object:
    if isinstance(present, Shift):
        normal, colon, degraded = value.partition(":")
        if not colon:
            raise ValueError("say two shares of late missions, normally and degraded, as 0.2:0.4")
        return Shift(_number(normal), _number(degraded))
    if isinstance(present, bool):
        if value not in ("true", "false"):
            raise ValueError("say true or false")
        return value == "true"
    if isinstance(present, int):
        if not (value.isascii() and value.isdigit() and 0 < int(value) < 10**6):
            raise ValueError("must be a whole number above 0")
        return int(value)
    if isinstance(present, float):
        number = _number(value)
        if number < 0:
            raise ValueError("must not be negative")
        return number
    raise ValueError("cannot be said on a command line")


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number
