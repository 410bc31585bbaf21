"""What was told of whom, and for how long: a row for each series, a mark where an alert began, a stem while it fired.

Decides scale, margins and shapes. The order is the caller's, and so are the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from monitor.charts.drawing import WIDTH, Drawing, Mark, Point, Text, mark
from monitor.charts.lettering import apart, fitted, widest
from monitor.charts.scale import Scale, scale
from monitor.core.verdict import State

_ROW: Final = 22.5
_TOP: Final = 10
_NAMES: Final = WIDTH / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """An alert from `begin` to `end` (None: it still fires); `grave` is a page, everything else a ticket."""

    begin: float
    end: float | None
    grave: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Row:
    """A series by its name, and what was told of it."""

    name: str
    spells: Sequence[Spell]


def episodes(
    rows: Sequence[Row],
    span: tuple[float, float],
    parts: Sequence[tuple[float, str]],
    *,
    name: str,
    title: str,
    said: str,
) -> Drawing:
    """The chart of at least one row over a span; `parts` of it by their begins and names."""
    left = round(min(widest([row.name for row in rows]), _NAMES) + 10, 1)
    right = WIDTH - 14
    bottom = _TOP + _ROW * len(rows)
    x = scale(*span, left, right)
    heights = [round(_TOP + _ROW * (number + 0.5), 1) for number in range(len(rows))]
    edges = [*(begin for begin, _ in parts), span[1]]
    middles = [round((x(begin) + x(end)) / 2, 1) for begin, end in pairwise(edges)]
    labels = [label for _, label in parts]
    texts = [
        Text(left - 8, y + 4, "end", fitted(row.name, left - 8), "name") for y, row in zip(heights, rows, strict=True)
    ]
    texts += [Text(middles[one], bottom + 15, "middle", labels[one]) for one in apart(middles, labels)]
    return Drawing(
        name=name,
        title=title,
        said=said,
        height=bottom + 22,
        grid="".join(f"M{x(edge)} {_TOP}V{bottom}" for edge in edges)
        + "".join(f"M{left} {y}H{right}" for y in heights),
        marks=[
            _mark(spell, y, x, span)
            for y, row in zip(heights, rows, strict=True)
            for spell in sorted(row.spells, key=lambda one: one.grave)  # pages on top
        ],
        texts=texts,
    )


def _mark(spell: Spell, y: float, x: Scale, span: tuple[float, float]) -> Mark:
    state = State.MISSED if spell.grave else State.NO_DATA
    point = Point(value=spell.begin, lower=spell.begin, upper=spell.end, state=state, hollow=not spell.grave)
    return mark(point, y, x, span, upright=False, tip=spell.tip)
