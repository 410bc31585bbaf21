"""The rights that each part needs in Redis: one table, for the documentation, for tests, and to be asked for.

A right is proved by a call that needs it and changes nothing: an argument that the command itself refuses, for that
is looked at only after the right; a key that is not there. What has to be written is taken away again.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from monitor.store.layout import Keys

Role = Literal["worker", "exporter", "report"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Deployment = Literal["sentinel", "cluster"]

Call = tuple[str | int, ...]
_SCRATCH: Final = "check"
"""In place of a partition's number: no key of a partition is touched."""


@dataclass(frozen=True, slots=True)
class Right:
    """One command, as an ACL names it. `hint`: what is worse without it, where things go on."""

    command: str
    roles: tuple[Role, ...]
    probe: Callable[[Keys], Call]
    hint: str | None = None
    of: Deployment | None = None
    """Where alone it is needed."""


def _head(keys: Keys) -> str:
    return keys.head(_SCRATCH)


def _days(keys: Keys) -> str:
    return keys.days(_SCRATCH)


def _list(keys: Keys) -> str:
    return keys.day(_SCRATCH, 1)


_ALL: Final = ROLES
_WORKER: Final[tuple[Role, ...]] = ("worker",)
_READERS: Final[tuple[Role, ...]] = ("exporter", "report")
_LIVING: Final[tuple[Role, ...]] = ("worker", "exporter")
_UNSEEN: Final = "nobody sees whether a worker runs"

RIGHTS: Final = (
    Right("ping", _ALL, lambda _: ("PING",)),
    Right("hmget", _ALL, lambda keys: ("HMGET", _head(keys), "sequence")),
    Right("zcard", _ALL, lambda keys: ("ZCARD", _days(keys))),
    Right("zrange", _ALL, lambda keys: ("ZRANGE", _days(keys), 0, 0)),
    Right("zrangebyscore", _ALL, lambda keys: ("ZRANGEBYSCORE", _days(keys), 0, 0)),
    Right("lrange", _ALL, lambda keys: ("LRANGE", _list(keys), 0, 0)),
    Right("scard", _READERS, lambda keys: ("SCARD", keys.registry)),
    Right("smembers", _READERS, lambda keys: ("SMEMBERS", keys.registry)),
    Right("subscribe", ("exporter",), lambda keys: ("SUBSCRIBE", keys.channel), "changes are found more slowly"),
    Right("evalsha", _WORKER, lambda _: ("EVALSHA", "0" * 40, 0)),
    Right("script|load", _WORKER, lambda _: ("SCRIPT", "LOAD", "return 1")),
    Right("time", _WORKER, lambda _: ("TIME",)),
    Right("del", _WORKER, lambda keys: ("DEL", _head(keys))),
    Right("hset", _WORKER, lambda keys: ("HSET", _head(keys), "a", "b", "a field without a value")),
    Right("zadd", _WORKER, lambda keys: ("ZADD", _days(keys), "no number", "a")),
    Right("zrem", _WORKER, lambda keys: ("ZREM", _days(keys), "a")),
    Right("llen", _WORKER, lambda keys: ("LLEN", _list(keys))),
    Right("lindex", _WORKER, lambda keys: ("LINDEX", _list(keys), 0)),
    Right("ltrim", _WORKER, lambda keys: ("LTRIM", _list(keys), "no number", 0)),
    Right("rpush", _WORKER, lambda keys: ("RPUSH", _list(keys), "a")),
    Right("sadd", _WORKER, lambda keys: ("SADD", keys.registry, 0)),  # every topic has a partition 0
    Right("sismember", _WORKER, lambda keys: ("SISMEMBER", keys.registry, 0)),
    Right("publish", _WORKER, lambda keys: ("PUBLISH", keys.channel, 0), "readers find changes more slowly"),
    Right("hlen", _LIVING, lambda keys: ("HLEN", keys.workers), _UNSEEN),
    Right("hgetall", _LIVING, lambda keys: ("HGETALL", keys.workers), _UNSEEN),
    Right("hdel", _WORKER, lambda keys: ("HDEL", keys.workers, _SCRATCH), _UNSEEN),
    Right("pexpire", _WORKER, lambda keys: ("PEXPIRE", _head(keys), 1), _UNSEEN),
    Right("time", ("exporter",), lambda _: ("TIME",), _UNSEEN),
    Right(
        "role", _ALL, lambda _: ("ROLE",), "a master that has become a replica is read as if it were one", "sentinel"
    ),
    Right("cluster|slots", _ALL, lambda _: ("CLUSTER", "SLOTS"), of="cluster"),
    Right("command", _ALL, lambda _: ("COMMAND",), of="cluster"),
)


def rights_for(roles: Collection[Role], deployment: Deployment | None = None) -> list[Right]:
    """What these roles need, on one server or where it is deployed otherwise."""
    return [right for right in RIGHTS if set(right.roles) & set(roles) and right.of in (None, deployment)]


def taking_away(right: Right, keys: Keys) -> Sequence[Call]:
    """What ends the effect of a probe; each suffices, for one of them may be refused, too."""
    return (("DEL", _list(keys)), ("LTRIM", _list(keys), 1, 0)) if right.command == "rpush" else ()


def acl_rules(namespace: str, role: Role, deployment: Deployment | None = None) -> list[str]:
    """The least that a user of this role needs, in the words of ACL SETUSER. `namespace` with the topic."""
    keys = Keys(namespace)
    needed = [f"+{right.command}" for right in rights_for([role], deployment)]
    return ["resetkeys", "resetchannels", "-@all", f"~{keys.head('*')[: -len('head')]}*", f"~{keys.registry}",
            f"~{keys.workers}", f"&{keys.channel}", *needed]  # fmt: skip
