"""Text from outside as text: nothing in it moves a cursor, breaks a line, or turns the reading direction.

Decides what a person is shown instead, in every output of every command and in the log, and what a name in a
configuration may not hold. Refuses to know where a text is shown; what markdown, HTML or CSV make of a character is
their own affair.
"""

import json
from typing import Any, Final
from unicodedata import category

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, marks of direction and other formatting, halves of characters, the unassigned, breaks of lines."""
ELLIPSIS: Final = "…"


def one_line(text: str, *, longest: int | None = None) -> str:
    r"""The text with everything unseen escaped as in Python, and cut to `longest` characters where that is given.

    >>> one_line("late\n\x1b]0;owned\x07 blåbær")
    'late\\n\\x1b]0;owned\\x07 blåbær'
    """
    if longest is not None and len(text) > longest:
        text = text[:longest] + ELLIPSIS
    if text.isprintable():
        return text
    return "".join(one.encode("unicode_escape").decode() if category(one) in _UNSEEN else one for one in text)


def shown_bytes(raw: bytes) -> str:
    """Bytes as one line of text; what is no UTF-8 is escaped, too."""
    return one_line(raw.decode("utf-8", "backslashreplace"))


def json_line(value: Any) -> str:
    r"""One line of JSON that says exactly `value`, with everything unseen in it as an escape of JSON's own.

    >>> json_line({"reason": "late\u202e"})
    '{"reason": "late\\u202e"}'
    """
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(one)[1:-1] if category(one) in _UNSEEN else one for one in text)


def unseen(text: str) -> str | None:
    r"""What keeps a text from being a name, in words; None where nothing does.

    >>> unseen("Kripos\nOslo")
    "holds '\\n', which cannot be seen: remove it"
    """
    if text.isprintable():
        return None
    found = next((one for one in text if category(one) in _UNSEEN), None)
    return None if found is None else f"holds {found!r}, which cannot be seen: remove it"
