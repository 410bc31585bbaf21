"""`if` of a feed file: what must be true of a record. A table is all of it, a list of tables any of them.

A value is compared as text, as a person would read it: `1`, `"1"` and `1.0` are one, and capitals do not matter, as
in a map; a source's own `true` is every word for it. Of a list, any of its values may be what is asked for. `not`
holds of what says nothing, too, but where only what is said may count (`said_alone`): in filters.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from monitor.feeds.declared_types import Condition, Lookup
from monitor.feeds.paths import lookup
from monitor.feeds.rows import Record
from monitor.feeds.values import WORDS_OF, folded, is_null, listed, plain

Test = Callable[[object], bool]
TESTS: Final = ("is", "not", "known", "above", "below", "begins")
_HOW: Final = (
    'write { Disposition = "Cancelled" }, a list for any of several, or a table of ' + ", ".join(TESTS)
)  # fmt: skip


def conditions(raw: object, nulls: frozenset[str], *, said_alone: bool = False) -> tuple[Condition, ...]:
    """The alternatives of an `if`. Raises ValueError, which says what is wrong with it."""
    tables: list[Any] = raw if isinstance(raw, list) else [raw]
    if not tables or not all(isinstance(one, Mapping) and one for one in tables):
        raise ValueError(f"must be a table of paths: {_HOW}")
    return tuple(_all(table, nulls, said_alone) for table in tables)


def _all(table: Mapping[str, Any], nulls: frozenset[str], said_alone: bool) -> Condition:
    asked = [(lookup(path), _test(path, said, nulls, said_alone)) for path, said in table.items()]
    if len(asked) == 1:
        (find, test) = asked[0]
        return lambda record: _holds(record, find, test)
    return lambda record: all(_holds(record, find, test) for find, test in asked)


def _holds(record: Record, find: Lookup, test: Test) -> bool:
    value = find(record)
    if isinstance(value, list):
        return any(test(one) for one in value) if value else test(None)
    return test(value)


def _test(path: str, said: object, nulls: frozenset[str], said_alone: bool) -> Test:
    if not isinstance(said, Mapping):
        return _is(path, said, nulls)
    if not said:
        raise ValueError(f"{path}: asks nothing: {_HOW}")
    if strange := [key for key in said if key not in TESTS]:
        raise ValueError(f"{path}: unknown test {strange[0]!r}: there are {', '.join(TESTS)}")
    tests = [_one(path, key, value, nulls, said_alone) for key, value in said.items()]
    return lambda value: all(test(value) for test in tests)


def _one(path: str, key: str, said: Any, nulls: frozenset[str], said_alone: bool) -> Test:
    match key:
        case "is":
            return _is(path, said, nulls)
        case "not":
            same = _is(path, said, nulls)
            if said_alone:
                return lambda value: not same(value) and not is_null(value, nulls)
            return lambda value: not same(value)
        case "known":
            if not isinstance(said, bool):
                raise ValueError(f"{path}: known must be true or false")  # noqa: TRY004 - told as all faults are
            return lambda value: is_null(value, nulls) is not said
        case "begins":
            if not isinstance(said, str) or not said:
                raise ValueError(f"{path}: begins must be a text")
            begun = said.casefold()
            return lambda value: value is not None and plain(value).casefold().startswith(begun)
        case _:
            limit = _number(said)
            if isinstance(said, bool) or limit is None:
                raise ValueError(f"{path}: {key} must be a number")
            return lambda value: (n := _number(value)) is not None and (n > limit if key == "above" else n < limit)


def _is(path: str, said: object, nulls: frozenset[str]) -> Test:
    words = listed(said)
    if not words or not all(isinstance(one, str | int | float) for one in words):
        raise ValueError(f"{path}: must be compared with texts, numbers, true or false: {_HOW}")
    wanted = {folded(plain(one)) for one in words}
    wanted |= {word for one in words if isinstance(one, bool) for word in WORDS_OF[plain(one)]}
    wanted |= {plainly for plainly, said in WORDS_OF.items() if not wanted.isdisjoint(said)}
    if "" in wanted:  # whatever says nothing is blank, not empty text alone
        return lambda value: is_null(value, nulls) or folded(plain(value)) in wanted
    return lambda value: value is not None and folded(plain(value)) in wanted


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(plain(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
