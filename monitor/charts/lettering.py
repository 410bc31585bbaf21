"""How much room a text takes, before anybody has drawn it.

Nobody knows the reader's fonts, so a text is taken to be as wide as in DejaVu Sans, the widest of those that pages of
ours are shown in. Decides margins, and which labels fit beside each other.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

SIZE: Final = 12.0
"""Of all texts, in the units of a drawing."""
LARGEST: Final = 17.0
"""To what a page may enlarge them on a small screen: margins have room for it."""
_ELLIPSIS: Final = "…"
_WIDTHS: Final = {
    character: width
    for width, characters in {
        0.35: "IJijl,./:;\\| ·",
        0.4: "()-[]ft",
        0.55: "!r'\"*_`csz?–†",
        0.65: "FLkvxy0123456789$",
        0.85: "&DGHOQ#+<=>^w~−≥≤≈×ÐÒÓÔÕÖØ",
        0.9: "M",
        1.1: "%@WŴmÆæŒœ—…",
    }.items()
    for character in characters
}
"""In ems, by DejaVu Sans, rounded up; of what is not named, a letter has 0.8, and a sign 1.05."""
_LETTER, _SIGN = 0.8, 1.05
_FULL: Final = 1.4


def width(text: str, size: float = LARGEST) -> float:
    """How wide a text is at most, at a size of letters."""
    return size * sum(map(_em, text))


def widest(texts: Sequence[str], size: float = LARGEST) -> float:
    """The width of the widest; 0 where there is none."""
    return max((width(text, size) for text in texts), default=0.0)


def fitted(text: str, room: float) -> str:
    """The text, or as much of its beginning as there is room for, with an ellipsis."""
    if width(text) <= room:
        return text
    while text and width(text + _ELLIPSIS) > room:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def apart(places: Sequence[float], texts: Sequence[str]) -> list[int]:
    """Which texts, centred at their places, are shown so that none touches another: every so many, and the last."""
    for step in range(1, len(texts) + 1):
        chosen = list(range(len(texts) - 1, -1, -step))[::-1]
        halves = [width(texts[one]) / 2 for one in chosen]
        spans = [(places[one] - half, places[one] + half) for one, half in zip(chosen, halves, strict=True)]
        if all(left[1] <= right[0] for left, right in pairwise(spans)):
            return chosen
    return []


def _em(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return _FULL
    return _LETTER if character.isalpha() else _SIGN
