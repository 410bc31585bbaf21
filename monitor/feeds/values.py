"""Values of records as texts: what a person would read in the cell, which words mean nothing, what becomes a slug."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

NULLS: Final = frozenset({"", "null", "none", "na", "n/a", "nan", "nat", "nil", "\\n"})
"""Words for "not known", in small letters, that sources write; a feed may give others."""
TRUTHS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
"""How yes and no are written, in small letters."""
WORDS_OF: Final[Mapping[str, Sequence[str]]] = {
    plainly: [word for word, meant in TRUTHS.items() if meant is truth]
    for plainly, truth in (("true", True), ("false", False))
}
"""What `true` and `false` may be called: a program wrote them, and means any of these words."""
_LARGEST_WHOLE: Final = 10**18
_WITH_POINT: Final = re.compile(r"(?:-(?=0+\.)|)(-?[0-9]+)\.0+")
"""A whole number as programs write it that know none: `1.0`."""
_UNDECOMPOSED: Final = str.maketrans({"ø": "o", "æ": "ae", "å": "a", "ß": "ss", "ð": "d", "þ": "th", "ł": "l"})


def plain(value: object) -> str:
    """A value as a text, without spaces around it; a whole number without its point.

    >>> plain(990000031.0), plain(Decimal("1.50")), plain(True), plain("  B03 ")
    ('990000031', '1.50', 'true', 'B03')
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST_WHOLE else f"{Decimal(value):e}"
    if isinstance(value, float):
        value = Decimal(str(value))
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < _LARGEST_WHOLE and value == int(value):
        return str(int(value))
    return "" if value is None else str(value)


def folded(text: str) -> str:
    """A text as it is compared: without spaces around it, in small letters, a whole number without its point.

    >>> folded(" B03 "), folded("1.0"), folded("-0.00"), folded("1.50"), folded("v1.0")
    ('b03', '1', '0', '1.50', 'v1.0')
    """
    text = text.strip().casefold()
    if text[-1:] == "0" and "." in text and (whole := _WITH_POINT.fullmatch(text)):
        return whole[1]
    return text


def is_null(value: object, nulls: frozenset[str]) -> bool:
    """Whether a value says nothing."""
    if isinstance(value, str):
        return folded(value) in nulls
    if value is None or value in ([], {}):
        return True
    return not isinstance(value, list | Mapping) and folded(plain(value)) in nulls  # 0 is "0", as people read it


def listed(value: object) -> list[object]:
    """The values of a list, or the one value."""
    return value if isinstance(value, list) else [value]


def slug_of(text: str) -> str:
    """The slug that a service would give a word: small letters, digits, `-` and `_`.

    >>> slug_of("Øst / B03"), slug_of("P1")
    ('ost-b03', 'p1')
    """
    flat = unicodedata.normalize("NFKD", text.strip().lower().translate(_UNDECOMPOSED))
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else " "
        for letter in flat
        if not unicodedata.combining(letter)
    )
    return "-".join(kept.split())
