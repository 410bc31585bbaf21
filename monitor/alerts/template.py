"""An alert's text as Prometheus' templates have it: every figure is a query, asked when the alert is told."""

from collections.abc import Sequence
from typing import Final

from monitor.alerts.text import UNKNOWN, AreaName, Figure, Here, Text
from monitor.exporter.metrics import AREA, NAME

_GREATEST: Final = ">= -Inf"
"""Lets every number pass and NaN not: that is not known."""


def template(text: Text, labels: Sequence[str]) -> str:
    """The template; `labels` are those of the rule."""
    return "".join(_printed(part, labels) for part in text)


def _printed(part: str | Figure | AreaName, labels: Sequence[str]) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, AreaName):
        asked = _query(part.asked(_here(labels)), labels)
        shown, otherwise = f'label "{NAME}"', f"{{{{ $labels.{AREA} }}}}"
    else:
        asked = _query(f"{part.asked(_here(labels))} {_GREATEST}", labels)
        shown, otherwise = f'value | printf "{part.form}"', UNKNOWN
    return f"{{{{ with {asked} }}}}{{{{ . | first | {shown} }}}}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def _here(labels: Sequence[str]) -> Here:
    """`%[1]q` is the value of the first label, in quotes; a number may stand as often as it is wanted."""
    return tuple((label, "=", f"%[{number}]q") for number, label in enumerate(labels, 1))


def _query(asked: str, labels: Sequence[str]) -> str:
    values = "".join(f" $labels.{label}" for label in labels)
    for _, _, verb in _here(labels):
        asked = asked.replace(f'"{verb}"', verb)  # the verb brings quotes of its own
    return f"printf `{asked}`{values} | query"
