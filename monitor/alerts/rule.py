"""What an alert rule is, and how its expression keeps still while nobody can see.

A rule tests a value, and says with `sight` when that value may be believed: the exporter answers, it has read the
store, the feed is alive. Without sight nothing begins to fire; an alert that already fires goes on, for as long as
it takes, since "no data" is no good news. Prometheus remembers what fired in its own series ALERTS; another system
may put the same promise in its own words, hence the parts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from monitor.alerts.text import Text
from monitor.metrics import SERVICE

ALERTS: Final = "ALERTS"
EPISODE: Final = "episode"
"""The label of an alert that tells a step of something that lasts: an alert of its own, so that it is told."""
NEW: Final = "new"
WORSE: Final = "worse"
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400
Group = Literal["response", "news", "monitor"]
"""Rules that are evaluated together. What asks for the week that went before costs some hundred times as much as what
asks for now, and is evaluated by itself, less often."""


class Severity(StrEnum):
    """Whom to tell; the value is the alert's label."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert. `condition` is PromQL that gives a sample per `labels` where something is wrong.

    `sight`: PromQL that is empty for a service whose condition cannot be believed; "" only where the rule is about
    just that. Nothing begins without it, whatever a window of the past still holds. `frozen`: the cause may be that
    nobody sees, which has an alert of its own that inhibits this one. `window` is what the exporter's page shows
    first.
    """

    name: str
    severity: Severity
    group: Group = "monitor"
    condition: str
    labels: tuple[str, ...] = (SERVICE,)
    sight: str = ""
    frozen: bool = False
    for_seconds: int = 0
    keep_firing_seconds: int = 0
    summary: Text
    description: Text
    window: str = "24h"

    @property
    def expression(self) -> str:
        """The whole PromQL.

        What fires of no service is of a former version's rules. No sight could ever end it: it is not gone on with.
        """
        if not self.sight:
            return self.condition
        by, on = f"by ({', '.join(self.labels)})", f"on ({SERVICE})"
        firing = f'max {by} ({ALERTS}{{alertname="{self.name}",alertstate="firing",{SERVICE}!=""}})'
        sight = indented(self.sight)
        return f"(\n{indented(self.condition)}\n)\nand {on} (\n{sight}\n)\nor\n{firing}\nunless {on} (\n{sight}\n)"


def indented(text: str) -> str:
    """Every line two columns further in."""
    return "\n".join(f"  {line}" for line in text.splitlines())
