"""YAML as Prometheus' tools read it: mappings, lists and scalars, written for people to review.

Decides the form only: text over several lines, or with quotes in it, stands as a block; what could be read as
something else is quoted. Writes what this package needs and no more; it reads nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN = re.compile(r"[A-Za-z/][\w./+-]*(?:\[[\w]*\])?")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def document(value: Mapping[str, Value], *comment: str) -> str:
    """A whole file, opened by a comment."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment)
    return head + "\n".join(line if line.strip() else "" for line in _lines(value)) + "\n"


def _lines(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{_scalar(key)}:", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            if isinstance(inner, Mapping) and inner:
                first, *rest = _lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
            else:
                yield from _entry("-", inner)
    else:
        raise TypeError(f"no lines in {value!r}")


def _entry(head: str, inner: Value) -> Iterator[str]:
    if isinstance(inner, str) and ("\n" in inner or '"' in inner):
        yield f"{head} |-"
        yield from (f"  {line}" for line in inner.split("\n"))
    elif isinstance(inner, str | int):
        yield f"{head} {_scalar(inner)}"
    elif all(isinstance(one, str | int) for one in inner) and not isinstance(inner, Mapping):
        yield f"{head} [{', '.join(_scalar(one) for one in inner if isinstance(one, str | int))}]"
    elif inner:
        yield head
        yield from (f"  {line}" for line in _lines(inner))
    else:
        yield f"{head} {{}}"


def _scalar(value: str | int) -> str:
    if isinstance(value, bool | int):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and "[" not in value:
        return value
    return json.dumps(value, ensure_ascii=False)
