"""Where everything is and how fast it goes: what differs between the shipped files, the demo and a test.

Refuses to know any rule. Nothing here is secret.
"""

from dataclasses import dataclass

from monitor.alerts.rule import Group
from monitor.core.overdue import LEAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Addresses are host:port. `longest_for_seconds` caps how long a condition must hold before it is told."""

    exporters: tuple[str, ...] = ("127.0.0.1:8080",)
    workers: tuple[str, ...] = ("127.0.0.1:8001", "127.0.0.1:8002")
    feeds: tuple[str, ...] = ()
    """None shipped: not every service has one, and who does not answer is a page."""
    alertmanagers: tuple[str, ...] = ("127.0.0.1:9093",)
    page_url: str = ""
    ticket_url: str = ""
    """Webhooks of Alertmanager; without one, its receiver tells nobody."""
    scrape_seconds: int = 10
    evaluation_seconds: int = 5
    """Both come after the ten seconds that a sign of life is good for: no worker is an alert within half a minute."""
    longest_for_seconds: int | None = None
    group_wait_seconds: int = 30
    group_interval_seconds: int = 300
    dashboards: str | None = None
    """Where the links of alerts begin; None: at the default exporter's page."""
    overdue_missions: int = LEAST
    """Fewer past their target at once are no page, whatever is usual: a demo has a year's missions in an hour."""
    news_seconds: int = 86_400
    """For how long a change is news, and pages."""

    def evaluated_every(self, group: Group) -> int:
        """Seconds between two looks: at what is news once a minute of the day that news lasts."""
        return max(self.evaluation_seconds, self.news_seconds // 1440) if group == "news" else self.evaluation_seconds

    def held_seconds(self, wanted: int) -> int:
        """`wanted`, or less where this setup is in a hurry."""
        return wanted if self.longest_for_seconds is None else min(wanted, self.longest_for_seconds)
