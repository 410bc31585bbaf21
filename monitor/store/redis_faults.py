"""What a Redis client's errors mean to the monitor: unavailable (and what to check), or keys of somebody else.

Whatever a server refuses may be granted later, so no answer of a server ends a process. Decides the wording; knows
nothing of keys. Never shows a password: the address is made of host and port alone.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import exceptions
from redis.asyncio.sentinel import MasterNotFoundError

from monitor import certificates
from monitor.core.stored import StoredStateError
from monitor.store.port import StoreUnavailable

_RIGHTS: Final = "refuses this user a right (ACL): `monitor check --connect` names what is missing"

_TLS: Final = "whether it speaks TLS (rediss://) or not (redis://)"
"""Whoever takes one for the other hears nothing, or loses the connection: neither says why."""
_RESET: Final = (
    ". Where it speaks TLS and does so each time, it asks for a client certificate: Set redis.certificate_file, and "
    "redis.key_file where the key lies apart"
)
"""A server that refuses a certificate says so and goes; what we had sent meanwhile may take its word away."""
_OTHER: Final = "refuses a request: check its version (6.2 or newer) and its log"

_ADVICE: Final[tuple[tuple[type[Exception], str], ...]] = (
    (exceptions.AuthenticationError, "refuses the login: check user and password in the store's URL"),
    (exceptions.NoPermissionError, _RIGHTS),
    (exceptions.BusyLoadingError, "is still loading its data: it answers when that is done"),
    (exceptions.ReadOnlyError, "is a read-only replica: point the store's URL at the primary"),
    (exceptions.OutOfMemoryError, "is out of memory: raise maxmemory, or give it a server of its own"),
    (exceptions.AskError, "is a node of a cluster and passes the question on: say redis+cluster:// in redis.url"),
    (exceptions.ClusterError, "is a cluster that is not serving: check its nodes"),
    (exceptions.SlotNotCoveredError, "is a cluster that is not serving: check its nodes"),
    (MasterNotFoundError, "has no master now: check its sentinels, their quorum, and redis.url"),
    (exceptions.TimeoutError, f"does not answer in time: check its load, the network in between, and {_TLS}"),
    (exceptions.ConnectionError, f"cannot be reached: check that it runs, its place in the store's URL, and {_TLS}"),
)
"""The first that fits speaks; subclasses come before their bases."""

_REPLIES: Final = {
    "DB": "has no database of that number (16 unless it is told otherwise, 0 to 15): correct the end of redis.url",
    "OOM": "is out of memory: raise maxmemory, or give it a server of its own",
    "MISCONF": "cannot write to its disk and refuses changes: check its log and disk",
    "NOREPLICAS": "lacks the replicas that it requires: check them",
    "BUSY": "is busy with a script: wait, or look at its slow log",
    "READONLY": "is a read-only replica: point the store's URL at the primary",
    "LOADING": "is still loading its data: it answers when that is done",
    "NOPERM": _RIGHTS,
    "ACL": _RIGHTS,
    "user executing the script can't": _RIGHTS,
    "Unknown Redis command": "does not know a command: it must not be renamed, nor the server older than 6.2",
    "Unknown command": "does not know a command: it must not be renamed, nor the server older than 6.2",
    "unknown command": "does not know a command: it must not be renamed, nor the server older than 6.2",
    "Script killed": "had a script of ours killed: it is tried again; look at the server's slow log",
}
"""Replies without a class of their own, some of them wrapped in a script's error, by what they contain."""


def is_refused(fault: exceptions.ResponseError) -> bool:
    """Whether an answer says that this user may not, or that there is no such command."""
    return isinstance(fault, exceptions.NoPermissionError) or "unknown command" in str(fault).lower()


def is_state(fault: exceptions.ResponseError) -> bool:
    """Whether an answer speaks of the server (out of memory, a replica, …), not of the request."""
    return not is_refused(fault) and _advice(fault) != _OTHER


@contextmanager
def told_plainly(address: str) -> Iterator[None]:
    """Turn what redis-py raises inside into StoreUnavailable, or StoredStateError for keys of somebody else."""
    try:
        yield
    except exceptions.DataError:
        raise  # a fault of this program: nothing was sent
    except (exceptions.RedisError, exceptions.RedisClusterException) as fault:
        if "WRONGTYPE" in str(fault):
            raise StoredStateError(
                f"Redis at {address} holds keys of another program under this namespace: choose another, or delete "
                f"them ({fault})"
            ) from fault
        raise StoreUnavailable(_told(address, fault)) from fault
    except (OSError, TimeoutError) as fault:
        raise StoreUnavailable(f"Redis at {address} cannot be reached: check that it runs ({fault})") from fault


def _told(address: str, fault: Exception) -> str:
    cause: BaseException | None = fault
    hint = ""
    while cause is not None:
        if isinstance(cause, ConnectionResetError):
            hint = _RESET
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason, advice = certificates.not_accepted(cause, place="redis.url", authority="redis.ca_file")
            return f"Redis at {address} {reason}. {advice}"
        if isinstance(cause, ssl.SSLError) and certificates.asks_for_one(cause):
            return (
                f"Redis at {address} asks for a client certificate, and got none that it trusts ({cause.reason}). "
                "Set redis.certificate_file, and redis.key_file where the key lies apart, to one that it trusts."
            )
        cause = cause.__cause__ or cause.__context__
    return f"Redis at {address} {_advice(fault)} ({fault}){hint}"


def _advice(fault: Exception) -> str:
    if "Cluster mode is not enabled" in str(fault):
        return "is no cluster: say redis:// in redis.url, or redis+sentinel:// where sentinels watch it"
    if isinstance(fault, exceptions.RedisClusterException) and isinstance(fault.__cause__, exceptions.RedisError):
        return _advice(fault.__cause__)  # no node could be asked, and this is why the last one could not
    for kind, advice in _ADVICE:
        if isinstance(fault, kind):
            return advice
    text = re.sub(r"-(?=[A-Z])", " ", str(fault))  # in a script's error the code is written with its dash
    return next(
        (advice for code, advice in _REPLIES.items() if re.search(rf"\b{re.escape(code)}\b", text)),
        _OTHER,
    )
