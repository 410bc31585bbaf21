"""Which Avro schemas are not read with: those of which a few bytes could keep a reader busy, or end it.

fastavro reads in C, level by level: a type that holds itself lets twenty kilobytes go five thousand levels deep,
and the process is gone, without an error that anybody could catch. A list of what takes no bytes has no end that its
bytes would tell, and records of records that take none double with each level. Refuses to know values.
"""

from collections.abc import Mapping
from typing import Any, Final

MOST_LEVELS: Final = 64
"""Of records and lists in one another: a mission's call has three or four."""

MOST_FREE: Final = 64
"""Values that one value is made of and that take no byte: a record that is always there is one, a null another."""

Named = Mapping[str, Any]
"""Definitions of types by their full names, as `fastavro.parse_schema` gathers them."""


class UnboundedSchema(ValueError):  # noqa: N818 - named for what it is
    """A schema that no value is read with; the message says why."""


def require_bounded(schema: Any, named: Named) -> None:
    """Raises UnboundedSchema where values of a parsed schema could be endless, or endlessly deep."""
    try:
        levels = _levels(schema, named, {})
    except RecursionError as fault:
        raise UnboundedSchema(f"its types lie in one another more than {MOST_LEVELS} deep") from fault
    if levels > MOST_LEVELS:
        raise UnboundedSchema(f"its types lie in one another more than {MOST_LEVELS} deep")
    nothing: dict[str, bool] = {}
    if any(_weightless(one, named, nothing) for one in (schema, *named.values())):
        raise UnboundedSchema("a list of what takes no bytes has no end")
    free: dict[str, int] = {}
    if any(_free(one, named, free) > MOST_FREE for one in (schema, *named.values())):
        raise UnboundedSchema(f"a value of it would be made of more than {MOST_FREE} others that take no bytes")


def _levels(schema: Any, named: Named, known: dict[str, int | None]) -> int:
    """How deep values may go; `known` by name, None of those that are being looked at."""
    if isinstance(schema, list):
        return max([_levels(one, named, known) for one in schema], default=0)
    if isinstance(schema, str):
        if schema not in named:
            return 0
        if schema not in known:
            return _levels(named[schema], named, known)
        levels = known[schema]
        if levels is None:
            raise UnboundedSchema("a type of it holds itself: no bound says how deep a value goes")
        return levels
    if not isinstance(schema, dict):
        return 0
    name = schema.get("name")
    if isinstance(name, str):
        known[name] = None
    inner = [schema.get("items"), schema.get("values"), schema.get("type"), *_types_of_fields(schema)]
    levels = 1 + max([_levels(one, named, known) for one in inner], default=0)
    if isinstance(name, str):
        known[name] = levels
    return levels


def _weightless(schema: Any, named: Named, known: dict[str, bool]) -> bool:
    """Whether a list in it has items of no bytes: a few bytes could then say that there are 2⁶⁰ of them.

    An empty record, or a fixed of none, is such an item as well.
    """
    if isinstance(schema, list):
        return any(_weightless(one, named, known) for one in schema)
    if not isinstance(schema, dict):
        return False
    items = schema.get("items")
    if schema.get("type") == "array" and _is_nothing(items, named, known):
        return True
    inner = [items, schema.get("values"), schema.get("type"), *_types_of_fields(schema)]
    return any(_weightless(one, named, known) for one in inner)


def _is_nothing(schema: Any, named: Named, known: dict[str, bool]) -> bool:
    """Whether a value of it takes no byte; `known` by name, for a chain of types doubles with each link."""
    if isinstance(schema, str) and schema in named:
        if schema not in known:
            known[schema] = _is_nothing(named[schema], named, known)
        return known[schema]
    if isinstance(schema, dict):
        kind = schema.get("type")
        if kind == "fixed":
            return not schema.get("size")
        if kind in {"record", "error"}:
            return all(_is_nothing(one, named, known) for one in _types_of_fields(schema))
        return _is_nothing(kind, named, known)
    return bool(schema == "null")


def _free(schema: Any, named: Named, known: dict[str, int]) -> int:
    """How many values one is made of beyond one for each byte that it takes at least; items of lists have theirs.

    A union pays a byte for the choice, so what may be missing is not free.
    """
    if isinstance(schema, list):
        return max([0, *(_free(one, named, known) - 1 for one in schema)])
    if isinstance(schema, str) and schema in named:
        if schema not in known:
            known[schema] = _free(named[schema], named, known)
        return known[schema]
    if isinstance(schema, dict):
        kind = schema.get("type")
        if kind in {"record", "error"}:
            return 1 + sum(_free(one, named, known) for one in _types_of_fields(schema))
        if kind in {"array", "map"}:
            return 0
        return int(_is_nothing(schema, named, {})) if kind == "fixed" else _free(kind, named, known)
    return int(schema == "null")


def _types_of_fields(schema: Mapping[str, Any]) -> list[Any]:
    return [one.get("type") for one in schema.get("fields", ())]
