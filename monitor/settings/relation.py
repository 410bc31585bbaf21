"""What a rule over several keys is, and the two forms that many of them have.

Refuses to know files and variables: how a key is called is asked of the caller, who knows what the user wrote.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from monitor.core.patience import LEAST_SECONDS
from monitor.settings.sections import Settings

DERIVED: Final = {"events.stale_after_seconds": LEAST_SECONDS}
"""The least that a key may come to which is worked out where nobody gives it."""
Name = Callable[[str], str]
"""From `section.key` to what the user calls it: the key, or the variable that set it."""
Broken = Callable[[Settings, Name], str | None]
"""What is wrong and what to do; None where the rule holds."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One rule over several keys; the first of them that the user set is the one told."""

    severity: Literal["error", "warning"]
    keys: tuple[str, ...]
    rule: str
    broken: Broken


def below(smaller: str, larger: str, why: str) -> Broken:
    """`smaller` < `larger`, both in seconds."""

    def broken(settings: Settings, name: Name) -> str | None:
        small, large = _value(settings, smaller), _value(settings, larger)
        if small < large:
            return None
        return f"{name(smaller)} ({small:g} s) must be below {name(larger)} ({large:g} s): {why}"

    return broken


def _value(settings: Settings, key: str) -> float:
    section, _, inner = key.partition(".")
    value = getattr(getattr(settings, section), inner)
    return DERIVED[key] if value is None else float(value)


def one_password(section: str, secret: str) -> Broken:
    """Not both the secret and a file that holds it."""

    def broken(settings: Settings, name: Name) -> str | None:
        values = getattr(settings, section)
        if getattr(values, secret) is None or getattr(values, f"{secret}_file") is None:
            return None
        return f"is not read: {name(f'{section}.{secret}')} is set as well, and wins; keep one of the two"

    return broken


def key_alone(section: str) -> Broken:
    """No key without the certificate that it belongs to."""

    def broken(settings: Settings, name: Name) -> str | None:
        values = getattr(settings, section)
        if values.key_file is None or values.certificate_file is not None:
            return None
        certificate = name(f"{section}.certificate_file")
        return f"the certificate whose key it is has no name: set {certificate}, or remove the key"

    return broken
