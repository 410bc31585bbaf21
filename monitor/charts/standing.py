"""Things beside each other, each with its interval: areas by their distance from their threshold, parts of a change.

Decides scale, margins and shapes. The order is the caller's, and so are the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor.charts.drawing import WIDTH, Drawing, Point, Text, mark
from monitor.charts.lettering import fitted, widest, width
from monitor.charts.scale import scale, ticks
from monitor.words.speaker import Speaker

_ROW: Final = 22.5
_TOP: Final = 24
_TICKS: Final = 7
_NAMES: Final = WIDTH / 3
"""As much room as names get, at most."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A row: its name, its point as distance from zero, and what stands behind it; a heading has no point."""

    name: str
    point: Point | None
    figure: str = ""
    tip: str = ""


def standing(
    say: Speaker, rows: Sequence[Distance], *, name: str, title: str, said: str, axis: str, figures: str, note: str
) -> Drawing:
    """The chart of at least one row; `figures` stands over the figures, `note` at the foot."""
    left = round(min(widest([row.name for row in rows if row.point]), _NAMES) + 10, 1)
    right = round(WIDTH - 10 - max(widest([row.figure for row in rows]), width(figures)), 1)
    bottom = _TOP + _ROW * len(rows)
    low, high = _limits([row.point for row in rows if row.point])
    x = scale(low, high, left, right)
    marked = ticks(low, high, most=_TICKS)
    heights = [round(_TOP + _ROW * (number + 0.5), 1) for number in range(len(rows))]
    texts = [Text(right + 8, _TOP - 8, "start", figures)]
    for y, row in zip(heights, rows, strict=True):
        if row.point is None:
            texts.append(Text(2, y + 4, "start", row.name, "heading"))
            continue
        texts.append(Text(left - 8, y + 4, "end", fitted(row.name, left - 8), "name"))
        texts.append(Text(right + 8, y + 4, "start", row.figure, "name"))
    texts += [
        Text(x(tick), bottom + 14, "middle", say.signed(tick, 0 if tick == int(tick) else 1)) for tick in marked
    ]
    texts.append(Text(round((left + right) / 2, 1), bottom + 30, "middle", axis))
    if note:
        texts.append(Text(WIDTH - 2, bottom + 30, "end", note))
    return Drawing(
        name=name,
        title=title,
        said=said,
        height=bottom + 36,
        grid="".join(f"M{x(tick)} {_TOP}V{bottom}" for tick in marked) + f"M{left} {bottom}H{right}",
        targets=[f"M{x(0)} {_TOP}V{bottom}"],
        marks=[
            mark(row.point, y, x, (low, high), upright=False, tip=row.tip)
            for y, row in zip(heights, rows, strict=True)
            if row.point
        ],
        texts=texts,
    )


def _limits(points: Sequence[Point]) -> tuple[float, float]:
    """Room for every result, and for intervals as far as they do not push everything else together."""
    results = [point.value for point in points]
    ends = [end for point in points for end in (point.lower, point.upper) if end is not None]
    most = max(1.0, *(abs(result) for result in results))
    low, high = min(*results, *ends, -1.0), max(*results, *ends, 1.0)
    return max(low, -1.6 * most) - 0.06 * most, min(high, 1.6 * most) + 0.06 * most
