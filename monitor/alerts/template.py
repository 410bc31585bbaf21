"""An alert's text as Prometheus' templates have it: every figure is a query, asked when the alert is told.

In English: Prometheus evaluates one set of rules for everybody.
"""

from collections.abc import Sequence

from monitor.alerts.text import KNOWN, UNKNOWN, AreaName, Blank, Figure, FirstKnown, Label, Scope, Text
from monitor.metrics import AREA, NAME


def template(text: Text, labels: Sequence[str]) -> str:
    """The template; `labels` are those of the rule."""
    verbs = {label: f"%[{number}]q" for number, label in enumerate(labels, 1)}
    scope = Scope(tuple(labels), tuple((label, "=", verb) for label, verb in verbs.items()))
    return text.filled(str, lambda blank: _printed(blank, scope))


def _printed(blank: Blank, scope: Scope) -> str:
    match blank:
        case Label(name):
            return f"{{{{ $labels.{name} }}}}"
        case AreaName():
            return _with(
                blank.asked(scope), f'{{{{ . | first | label "{NAME}" }}}}', f"{{{{ $labels.{AREA} }}}}", scope
            )
        case Figure():
            return _told("{figure}", blank, UNKNOWN, scope)
        case FirstKnown(ways):
            told = UNKNOWN
            for way in reversed(ways):
                told = _told(way.said, way.figure, told, scope)
            return told


def _told(said: str, figure: Figure, otherwise: str, scope: Scope) -> str:
    shown = f'{{{{ . | first | value | printf "{figure.form}" }}}}'
    return _with(f"{figure.asked(scope)} {KNOWN}", said.format(figure=shown), otherwise, scope)


def _with(asked: str, shown: str, otherwise: str, scope: Scope) -> str:
    """What is shown of the answer to a query; in it `%[1]q` is the value of the first label, in quotes of its own."""
    for _, _, verb in scope.here:
        asked = asked.replace(f'"{verb}"', verb)
    values = "".join(f" $labels.{label}" for label in scope.by)
    return f"{{{{ with printf `{asked}`{values} | query }}}}{shown}{{{{ else }}}}{otherwise}{{{{ end }}}}"
