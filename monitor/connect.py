"""What `monitor check --connect` asks of the servers: whether they answer, whether topics are there, every right.

A right is asked for, not inferred: brokers tell what the user may do, Redis is given calls that change nothing. All
that is missing is named at once. Where a patience with the feed is declared, the missions in the store say what it
costs. Refuses to know whether that is an error for the caller.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from monitor import clock
from monitor.core.fault import Fault
from monitor.core.patience import pace_until, pages_a_year, patience
from monitor.core.slices import HOUR
from monitor.core.stored import StoredStateError
from monitor.kafka.clients import KafkaMisconfigured, TopicMissing, connection, require_topic
from monitor.kafka.contact import BrokerUnreachable
from monitor.kafka.rights import RIGHTS, Resource, missing_rights, named
from monitor.kafka.rights import ROLES as KAFKA_ROLES
from monitor.kafka.topics import TopicForbidden
from monitor.report.sources import from_store
from monitor.settings import Configuration
from monitor.store.port import Store, StoreUnavailable
from monitor.store.rights import ROLES as REDIS_ROLES
from monitor.wiring import empty_history, redis_store

TOPICS: Final[tuple[Resource, ...]] = ("kafka.topic", "kafka.dead_letter_topic")
MOST_PAGES_A_YEAR: Final = 1.0
"""Of silence that is none: above, nobody believes the page any more."""
LEAST: Final = "docs/operations.md lists the least rights"


@dataclass(slots=True)
class Findings:
    """What was found: lines about what is well, and faults."""

    well: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def ok(self, where: str, message: str) -> None:
        self.well.append(f"ok       {where}  {message}")

    def error(self, where: str, message: object) -> None:
        self.faults.append(Fault("error", where, str(message)))


async def ask(configuration: Configuration, roles: Collection[str]) -> Findings:
    """Ask Kafka and Redis on behalf of these parts of the monitor."""
    findings = Findings()
    kafka = [role for role in KAFKA_ROLES if role in roles]
    redis = [role for role in REDIS_ROLES if role in roles]
    if kafka:
        await _ask_kafka(configuration, kafka, findings)
    if redis:
        await _ask_redis(configuration, redis, findings)
    return findings


async def _ask_kafka(configuration: Configuration, roles: Collection[str], findings: Findings) -> None:
    kafka = configuration.settings.kafka
    try:
        connection(kafka)
        missing = await missing_rights(kafka, [role for role in KAFKA_ROLES if role in roles])
        refused = {right.resource for right in missing}
        for right in missing:
            findings.error(
                right.resource,
                f"the user may not {right.operation} {named(kafka, right.resource)!r}, which the "
                f"{_parts(right.roles, roles)} needs ({LEAST}); grant it: {right.granting(kafka)}",
            )
        for key in TOPICS:
            users = {role for right in RIGHTS if right.resource == key for role in right.roles} - {"topics"}
            if not users & set(roles):  # whoever creates topics needs none
                continue
            topic = named(kafka, key)
            try:
                count = await require_topic(kafka, topic)
            except (TopicMissing, TopicForbidden) as fault:
                if key not in refused:  # what may not be described seems not to be there
                    findings.error(key, fault)
            else:
                findings.ok(key, f"{topic} at {kafka.bootstrap}: {count} partition{'' if count == 1 else 's'}")
    except BrokerUnreachable as fault:
        findings.error("kafka.bootstrap", fault)
    except KafkaMisconfigured as fault:
        findings.error("kafka", fault)


async def _ask_redis(configuration: Configuration, roles: Collection[str], findings: Findings) -> None:
    try:
        store = redis_store(configuration)
    except (OSError, ValueError) as fault:
        findings.error("redis", fault)
        return
    try:
        missing = await store.missing_rights([role for role in REDIS_ROLES if role in roles])
        for right in missing:
            who = _parts(right.roles, roles)
            told = f"the user may not {right.command.upper()} the monitor's keys or channel at {store.address}"
            if right.hint is None:
                findings.error("redis.url", f"{told}, which the {who} needs: grant it ({LEAST})")
            else:
                findings.faults.append(Fault("warning", "redis.url", f"{told}: {right.hint} ({LEAST})"))
    except StoreUnavailable as fault:
        findings.error("redis.url", fault)
    else:
        findings.ok("redis.url", f"{store.address} answers")
        if not missing and {"exporter", "report"} & set(roles):
            await _ask_patience(configuration, store, findings)
    finally:
        await store.close()


async def _ask_patience(configuration: Configuration, store: Store, findings: Findings) -> None:
    """Whether a declared patience with the feed would page for nothing, at the volume that is stored."""
    declared = configuration.settings.events.stale_after_seconds
    if declared is None:
        return
    history, now = empty_history(configuration), clock.now()
    try:
        await from_store(history, store)
    except (StoreUnavailable, StoredStateError) as fault:
        findings.error("redis.url", fault)
        return
    newest = max((at for one in history.whole() if (at := one.newest_at(now)) is not None), default=now)
    pace = pace_until(history, newest)
    pages = pages_a_year(pace, declared)
    if pages > MOST_PAGES_A_YEAR:
        findings.faults.append(
            Fault(
                "warning", "events.stale_after_seconds",
                f"{declared:g} s of silence come by chance about {pages:.0f} times a year at the {pace.missions} "
                f"missions of the last {pace.days:.0f} days, and each is a page: leave it out, and the monitor waits "
                f"for as long as that volume asks for ({patience(pace, 12.0) / HOUR:.0f} h from noon on)",
            )
        )  # fmt: skip


def _parts(needed_by: Collection[str], asked: Collection[str]) -> str:
    return " and ".join(role for role in needed_by if role in asked)
