"""What keys must be together: each rule once, checked at the start and printed in docs/configuration.md.

A rule whose breach would give wrong numbers, or keep something from ever working, is an error; what is merely seldom
meant is a warning. Refuses to know what one key may be (`values`) and where a value came from.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from monitor.core import windows
from monitor.core.windows import parse_window
from monitor.settings.relation import Name, Relation, below
from monitor.settings.relations_kafka import KAFKA
from monitor.settings.relations_redis import REDIS
from monitor.settings.sections import Settings

DAY: Final = 86_400
YEAR_DAYS: Final = 366
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold, and why."""

    relation: Relation
    message: str


def breaches(settings: Settings, name: Name, *, unknown: Collection[str] = ()) -> Iterator[Breach]:
    """Every rule that does not hold; those over a key of `unknown`, whose value is not usable, are left out."""
    for relation in RELATIONS:
        if not set(relation.keys) & set(unknown) and (message := relation.broken(settings, name)) is not None:
            yield Breach(relation, message)


def _horizon_of_the_year(settings: Settings, name: Name) -> str | None:
    del name
    if settings.ledger.horizon_days >= YEAR_DAYS:
        return None
    return (
        f"below {YEAR_DAYS} days the evidence for the year to date, drift from a series' own year and percentiles of "
        "long windows rest on the newest missions or on sketches; counts and verdicts stay exact"
    )


def _changes_beyond_capacity(settings: Settings, name: Name) -> str | None:
    most, capacity = settings.worker.checkpoint_missions, settings.ledger.capacity
    if most <= capacity:
        return None
    return f"{most} changed missions are more than {name('ledger.capacity')} ({capacity}) holds: give less"


def _cut_windows(settings: Settings, name: Name) -> str | None:
    """Once rolled up, a day is one piece, which a window can only hold whole."""
    ledger = settings.ledger
    exact = max(ledger.horizon_days, ledger.roll_up_days) * DAY
    cut = [
        name
        for name in settings.windows.names
        if (seconds := parse_window(name).seconds) is not None and seconds > exact
    ]
    if not cut:
        return None
    return (
        f"{', '.join(cut)} reach back beyond {name('ledger.horizon_days')} and {name('ledger.roll_up_days')}: they "
        "begin with a whole day there, not with an hour; give more days, or shorter windows"
    )


def _windows_judged(settings: Settings, name: Name) -> str | None:
    unjudged = [one for one in settings.windows.metrics if one not in settings.windows.names]
    if not unjudged:
        return None
    return f"nobody judges {', '.join(unjudged)}: add {_quoted(unjudged)} to {name('windows.names')}"


def _windows_of_rules(settings: Settings, name: Name) -> str | None:
    del name
    exposed = settings.windows.exposed
    missing = [one for one in windows.ALERTED if one not in exposed]
    if not missing and not set(windows.PARTS) & set(exposed):
        return (
            f"alert rules ask for one of {', '.join(windows.PARTS)}, and could never fire: add the one that the "
            "service reports by"
        )
    if not missing:
        return None
    return f"alert rules ask for {', '.join(missing)}, and could never fire: add {_quoted(missing)}"


def _windows_shown(settings: Settings, name: Name) -> str | None:
    del name
    needed = [one for one in windows.NAMED if one not in settings.windows.exposed and one not in windows.ALERTED]
    if not needed:
        return None
    return (
        f"texts of alerts and dashboards ask for {', '.join(needed)}, and show nothing there: add {_quoted(needed)}"
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _same_port(settings: Settings, name: Name) -> str | None:
    worker, exporter = settings.worker, settings.exporter
    if not worker.metrics_port or worker.metrics_port != exporter.port:
        return None
    hosts = {worker.metrics_host, exporter.host}
    if len(hosts) == 2 and not hosts & set(EVERYWHERE):
        return None
    return (
        f"is also {name('exporter.port')} ({exporter.port}): on one machine the second to start finds it taken; "
        "choose another"
    )


def _groups_unread(settings: Settings, name: Name) -> str | None:
    access = settings.access
    if access.proxies or not (access.figures_groups or access.missions_groups):
        return None
    return f"nobody's groups are believed: name the proxies that tell them in {name('access.proxies')}"


def _metrics_on_the_same_port(settings: Settings, name: Name) -> str | None:
    exporter = settings.exporter
    if not exporter.metrics_port or exporter.metrics_port != exporter.port:
        return None
    return f"is {name('exporter.port')} itself ({exporter.port}): give another, or 0 for metrics on that one"


RELATIONS: Final = (
    *KAFKA,
    *REDIS,
    Relation(
        "error", ("worker.watchdog_seconds", "redis.timeout_seconds"), "watchdog > the store's timeout",
        below(
            "redis.timeout_seconds", "worker.watchdog_seconds", "a worker would end because the store is slow",
        ),
    ),
    Relation(
        "error", ("worker.checkpoint_missions", "ledger.capacity"), "at most the capacity", _changes_beyond_capacity
    ),
    Relation(
        "error", ("worker.checkpoint_seconds", "events.stale_after_seconds"), "checkpoint < stale",
        below(
            "worker.checkpoint_seconds", "events.stale_after_seconds",
            "the feed would count as silent between two checkpoints",
        ),
    ),
    Relation(
        "error", ("exporter.refresh_seconds", "events.stale_after_seconds"), "refresh < stale",
        below(
            "exporter.refresh_seconds", "events.stale_after_seconds",
            "verdicts would stay while the feed is silent",
        ),
    ),
    Relation(
        "error", ("events.max_ahead_seconds", "events.stale_after_seconds"), "ahead < stale",
        below(
            "events.max_ahead_seconds", "events.stale_after_seconds",
            "one event ahead of its time would hide a silence of that length",
        ),
    ),
    Relation("warning", ("ledger.horizon_days",), "a year (366 days) or more", _horizon_of_the_year),
    Relation(
        "warning", ("windows.names", "ledger.horizon_days", "ledger.roll_up_days"),
        "rolling windows within horizon or roll-up", _cut_windows,
    ),
    Relation("error", ("windows.metrics", "windows.names"), "all of them judged", _windows_judged),
    Relation(
        "error", ("windows.metrics", "windows.names"),
        f"holds {_listed(windows.ALERTED)} and one of {_listed(windows.PARTS)}, which alert rules test",
        _windows_of_rules,
    ),
    Relation(
        "warning", ("windows.metrics", "windows.names"),
        f"holds {_listed(windows.NAMED)}, which alerts and dashboards show", _windows_shown,
    ),
    Relation(
        "error", ("access.figures_groups", "access.missions_groups", "access.proxies"), "with groups: proxies",
        _groups_unread,
    ),
    Relation("error", ("exporter.metrics_port", "exporter.port"), "two ports", _metrics_on_the_same_port),
    Relation(
        "warning", ("worker.metrics_port", "worker.metrics_host", "exporter.port", "exporter.host"),
        "two ports, where both are on one machine", _same_port,
    ),
)  # fmt: skip
