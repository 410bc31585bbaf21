"""What Alertmanager has silenced: of what nobody is told, and until when.

Reads two of its answers (API v2): all silences, and the alerts that are held back with the silences that do so. Which
alert a silence hides is Alertmanager's word alone: no stranger's regular expression is evaluated here, and a silence
is left out only where plain words of it name another service, area, category or alert than ours. Author and comment
are not read: a board is open, and both are people's words.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Final

import msgspec

ACTIVE: Final = "active"
FAR_SECONDS: Final = 10 * 366 * 86_400.0
"""A silence that ends so far ahead is one without an end; no calendar shows the year 9999 of every zone."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition of a silence, as Alertmanager writes it."""

    name: str
    value: str
    equal: bool = True
    regex: bool = False

    @property
    def plain(self) -> bool:
        """Whether the label must be just this value."""
        return self.equal and not self.regex

    def __str__(self) -> str:
        operator = ("=~" if self.equal else "!~") if self.regex else "=" if self.equal else "!="
        return f'{self.name}{operator}"{self.value}"'


@dataclass(frozen=True, slots=True, order=True)
class Hidden:
    """An alert that fires and that nobody is told of; where it is about no area or category, that is empty."""

    alert: str
    area: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """One that is in force. `ends_at`: epoch seconds; None where it has no end that matters."""

    matchers: Sequence[Matcher]
    ends_at: float | None
    hidden: Sequence[Hidden] = ()


@dataclass(frozen=True)
class Silenced:
    """Everything that is silenced, what hides most first; `known` is false where Alertmanager could not be asked."""

    silences: Sequence[Silence] = ()
    known: bool = True

    def hides(self, area: str, category: str) -> bool:
        """Whether an alert of this series, or of its whole area, is held back."""
        return not self._held.isdisjoint(((area, category), (area, "")))

    @cached_property
    def _held(self) -> frozenset[tuple[str, str]]:
        """Of which areas, and where it is of one, category."""
        return frozenset((one.area, one.category) for silence in self.silences for one in silence.hidden if one.area)


UNKNOWN: Final = Silenced(known=False)


class _Matcher(msgspec.Struct):
    name: str
    value: str
    isRegex: bool  # noqa: N815 - Alertmanager's word
    isEqual: bool = True  # noqa: N815


class _State(msgspec.Struct):
    state: str


class _Silence(msgspec.Struct):
    id: str
    status: _State
    endsAt: Annotated[datetime, msgspec.Meta(tz=True)]  # noqa: N815
    matchers: list[_Matcher]


class _Hiding(msgspec.Struct):
    silencedBy: list[str]  # noqa: N815


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _Hiding


def silenced(silences: bytes, alerts: bytes, *, ours: Mapping[str, Collection[str]], now: float) -> Silenced:
    """What is silenced of `ours`: by label, its values that are ours. `alerts`: those that are held back, of us.

    Of those that tell no service the ones with our names count: that a process is gone is told of none.
    Raises msgspec.DecodeError, or UnicodeDecodeError, where an answer is none of Alertmanager's.
    """
    held: dict[str, set[Hidden]] = {}
    for alert in msgspec.json.decode(alerts, type=list[_Alert]):
        if not alert.labels.get("service") and alert.labels.get("alertname") not in ours.get("alertname", ()):
            continue  # a stranger's
        for identity in alert.status.silencedBy:
            held.setdefault(identity, set()).add(_hidden(alert.labels))
    found = []
    for one in msgspec.json.decode(silences, type=list[_Silence]):
        ends_at = one.endsAt.timestamp()
        if one.status.state != ACTIVE or ends_at <= now:
            continue
        matchers = tuple(Matcher(each.name, each.value, each.isEqual, each.isRegex) for each in one.matchers)
        hidden = sorted(held.get(one.id, ()))
        if hidden or _may_concern(matchers, ours):
            found.append(Silence(matchers, ends_at if ends_at < now + FAR_SECONDS else None, tuple(hidden)))
    return Silenced(tuple(sorted(found, key=lambda one: (-len(one.hidden), one.ends_at or now + FAR_SECONDS))))


def _hidden(labels: Mapping[str, str]) -> Hidden:
    return Hidden(labels.get("alertname", ""), labels.get("area", ""), labels.get("category", ""))


def _may_concern(matchers: Iterable[Matcher], ours: Mapping[str, Collection[str]]) -> bool:
    return not any(one.plain and one.name in ours and one.value not in ours[one.name] for one in matchers)
