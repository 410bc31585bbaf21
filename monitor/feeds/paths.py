"""A path of a feed file finds a value in a record: a column's name, keys with points between, or JMESPath.

A record that has the whole path as a key is asked for that first: columns are called `Time (UTC)` and `a.b`, too.
JMESPath (jmespath.org) leads into lists: `units[0].arrived`, `units[].arrived`, `units[?type=='engine'].arrived`.
`@` begins a field of the envelope: `@op`, `@source.lsn`.
"""

from collections.abc import Mapping
from operator import methodcaller
from typing import Final

import jmespath
from jmespath.exceptions import JMESPathError

from monitor.feeds.declared_types import Lookup
from monitor.feeds.rows import Record, Refusal, Refused, Why

LONGEST: Final = 300
_OUTSIDE: Final = frozenset("()|&*?`!<>=")
"""Of a path that is no JMESPath: with one of these and a bracket it was meant to be one."""


def lookup(path: str) -> Lookup:
    """What finds the value. Raises ValueError, which says what is wrong with the path."""
    if not path.strip():
        raise ValueError("names nothing: give a column, or a path like priority.code")
    if len(path) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters: no path is")
    head, rest = _envelope(path)
    if "." not in path and "[" not in path and not _OUTSIDE & set(path):
        return methodcaller("get", path)
    keys = path.split(".")
    if all(_plain(key) for key in keys):
        return _Keys(path, keys)
    try:
        expression = jmespath.compile(rest)
    except (JMESPathError, RecursionError, ValueError) as fault:
        if "[" in rest and _OUTSIDE & set(rest):
            reason = " ".join(str(fault).split())
            raise ValueError(f"{path!r} is no path: {reason}; see jmespath.org") from None
        return methodcaller("get", path)  # a column may be called anything
    return _Expression(path, head, expression)


def is_of_envelope(path: str) -> bool:
    """Whether a path asks the envelope."""
    return path.startswith("@")


def _envelope(path: str) -> tuple[str | None, str]:
    """The key of the record in which an envelope's field stands, and the path from there."""
    if not is_of_envelope(path):
        return None, path
    head, _, rest = path.partition(".")
    return head, rest


def _plain(key: str) -> bool:
    return bool(key) and not any(letter in '[]"' or letter in _OUTSIDE for letter in key)


class _Keys:
    """Keys, one within the other."""

    __slots__ = ("_keys", "_path")

    def __init__(self, path: str, keys: list[str]) -> None:
        self._path, self._keys = path, keys

    def __call__(self, record: Record) -> object:
        if self._path in record:
            return record[self._path]
        value: object = record
        for key in self._keys:
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value


class _Expression:
    """JMESPath."""

    __slots__ = ("_expression", "_head", "_path")

    def __init__(self, path: str, head: str | None, expression: jmespath.parser.ParsedResult) -> None:
        self._path, self._head, self._expression = path, head, expression

    def __call__(self, record: Record) -> object:
        if self._path in record:
            return record[self._path]
        try:
            return self._expression.search(record if self._head is None else record.get(self._head))
        except (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError, AttributeError) as fault:
            detail = type(fault).__name__
            raise Refused(Refusal(Why.UNREADABLE_PATH, self._path, detail=detail)) from None
