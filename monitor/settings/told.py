"""What pydantic found, in our words: where, what, and what to do."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_IN_WORDS: Final = {
    "tuple_type": 'must be a list of texts: write ["a", "b"]',
    "model_type": "must be a table: write [section] on a line, and its keys below",
    "finite_number": "must be a finite number",
    "string_type": "must be a text, in quotes",
    "missing": "is missing: add it",
}
"""What pydantic says in words of its own."""
Model = TypeVar("Model", bound=BaseModel)


def unknown(name: str, known: Collection[str], *, kind: str, where: str) -> str:
    """What is said of a name that is none of the known."""
    near = get_close_matches(name, known, n=1)
    return f"unknown {kind}: remove it or correct its name; {f'did you mean {near[0]}?' if near else where}"


def in_words(error: Any) -> str:
    """What one finding of pydantic's says, in words for whoever wrote the value."""
    message: str = _IN_WORDS.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ")


def read_table(model: type[Model], raw: Mapping[str, Any]) -> tuple[Model | None, list[tuple[str, str]]]:
    """What can be used of a table, and every (key, message) that cannot; None where nothing can."""
    left, faults = dict(raw), list[tuple[str, str]]()
    while True:
        try:
            return model.model_validate(left), faults
        except ValidationError as fault:
            found = list(_faults(model, fault))
            # Of a table that lacks what was set aside, only its keys can be judged, not what they are together.
            faults += [one for one in found if one not in faults and (one[0] or not faults)]
            dropped = {key.partition(".")[0] for key, _ in found} & left.keys()
            left = {key: value for key, value in left.items() if key not in dropped}
            if not dropped or any(field.is_required() for key, field in _written(model).items() if key not in left):
                return None, faults


def _written(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a table as people write them."""
    return {field.alias or key: field for key, field in model.model_fields.items()}


def _faults(model: type[BaseModel], fault: ValidationError) -> Iterator[tuple[str, str]]:
    for error in fault.errors(include_url=False, include_input=False):
        path = [str(part) for part in error["loc"]]
        known = _written(model)
        if len(path) > 1 and (inner := known[path[0]].annotation) and hasattr(inner, "model_fields"):
            known = _written(cast("type[BaseModel]", inner))
        if error["type"] == "extra_forbidden":
            where = f"there are {', '.join(known)}"
            yield ".".join(path), unknown(path[-1], list(known), kind="key", where=where)
        else:
            yield ".".join(path[:2]), in_words(error)
