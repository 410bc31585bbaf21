"""Builds the parts of the core, and the store, from a configuration: the one place where the two meet."""

from monitor.core.history import History
from monitor.core.partition import Policy
from monitor.core.service import DAY_SECONDS
from monitor.core.snapshot import Terms
from monitor.core.windows import parse_window
from monitor.settings import Configuration
from monitor.store.redis import RedisStore


def partition_policy(configuration: Configuration, *, sealing: bool = True) -> Policy:
    """How partitions are kept; without `sealing` every mission stays exact however old (reports from files)."""
    ledger = configuration.settings.ledger
    return Policy(
        grid=configuration.grid,
        service=configuration.service,
        targets=configuration.targets,
        limits=configuration.limits,
        horizon_seconds=ledger.horizon_days * DAY_SECONDS if sealing else None,
        capacity=ledger.capacity if sealing else 2**62,
        roll_up_seconds=ledger.roll_up_days * DAY_SECONDS,
        backend=ledger.digest_backend,
    )


def empty_history(configuration: Configuration) -> History:
    """A read side that knows nothing yet."""
    return History(
        configuration.grid,
        configuration.targets,
        configuration.service,
        backend=configuration.settings.ledger.digest_backend,
    )


def snapshot_terms(configuration: Configuration) -> Terms:
    """What the published snapshot is taken with."""
    return Terms(
        windows=tuple(parse_window(name) for name in configuration.settings.windows.names),
        stale_after_seconds=configuration.settings.events.stale_after_seconds,
        abandoned_after_seconds=configuration.service.longest_seconds,
    )


def redis_store(configuration: Configuration) -> RedisStore:
    """The store that the settings name. Raises OSError where a password file cannot be read."""
    redis = configuration.settings.redis
    return RedisStore(
        redis.address(),
        namespace=f"{redis.namespace}:{configuration.settings.kafka.topic}",
        timeout_seconds=redis.timeout_seconds,
        sentinel_login=redis.sentinel_login(),
    )
