"""Panels over the same stretches of time, one under the other: results with their thresholds, shares, counts.

Decides scales, margins (by what stands in them) and which labels are shown. Refuses to know units and words. A
stretch without missions is a gap in every line, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from monitor.charts.drawing import WIDTH, Bar, Drawing, Mark, Point, Text, mark
from monitor.charts.lettering import SIZE, apart, widest
from monitor.charts.scale import Scale, scale

_TOP: Final = 24
_GAP: Final = 34
"""Room for the heading of the next panel."""
_UNDER: Final = 24
"""Room for the names of the stretches."""
_BESIDE: Final = 8
_BAR: Final = 0.7
"""Width of a bar, as a share of its stretch's."""
_FEW: Final = 8
"""Stretches up to which every figure stands beside its mark."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time: its name under the axis, what a pointer over its marks is told, whether it still runs."""

    label: str
    tip: str
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Points over each stretch, or bars; None is a gap. `ticks`: values with their names, from the lowest up.

    `thresholds` are drawn as steps, `threshold` names the last of them; `figures` are the texts of the points.
    """

    heading: str
    height: int
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    points: Sequence[Point | None] = ()
    bars: Sequence[int] = ()
    thresholds: Sequence[float | None] = ()
    threshold: str = ""
    figures: Sequence[str] = ()


def stacked(name: str, title: str, said: str, stretches: Sequence[Stretch], panels: Sequence[Panel]) -> Drawing:
    """The panels as one drawing."""
    labels = [one.label for one in stretches]
    half = widest(labels) / 2
    left = round(_BESIDE + max(half, widest([named for panel in panels for _, named in panel.ticks])), 1)
    right = round(WIDTH - _BESIDE - max(half, widest([panel.threshold for panel in panels])), 1)
    width = (right - left) / len(stretches)
    columns = _Columns(stretches, [round(left + width * number, 1) for number in range(len(stretches) + 1)])
    texts: list[Text] = []
    grid, targets, lines, marks, bars = "", [], [], [], []
    top = _TOP
    for panel in panels:
        bottom = top + panel.height
        y = scale(panel.low, panel.high, bottom, top)
        grid += "".join(f"M{left} {y(value)}H{right}" for value, _ in panel.ticks) + f"M{left} {bottom}H{right}"
        texts.append(Text(left, top - 9, "start", panel.heading, "heading"))
        texts += [Text(left - 6, y(value) + 4, "end", named) for value, named in panel.ticks]
        targets.append(columns.steps(panel.thresholds, y))
        if panel.threshold:
            last = next(value for value in reversed(panel.thresholds) if value is not None)
            texts.append(Text(right + 6, y(last) + 4, "start", panel.threshold, "name"))
        lines.append(columns.line(panel.points, y))
        marks += columns.marks(panel, y)
        bars += columns.bars(panel.bars, y, bottom)
        texts += columns.figures(panel, y)
        top = bottom + _GAP
    under = top - _GAP + _UNDER
    texts += [Text(columns.middles[one], under - 8, "middle", labels[one]) for one in apart(columns.middles, labels)]
    return Drawing(
        name=name, title=title, said=said, height=under, grid=grid, targets=targets, lines=lines, marks=marks,
        bars=bars, texts=texts,
    )  # fmt: skip


class _Columns:
    """Where the stretches stand; `edges` are one more."""

    def __init__(self, stretches: Sequence[Stretch], edges: Sequence[float]) -> None:
        self.stretches, self.edges = stretches, edges
        self.middles = [round((begin + end) / 2, 1) for begin, end in pairwise(edges)]

    def steps(self, thresholds: Sequence[float | None], y: Scale) -> str:
        path, before, column = "", None, 0
        for threshold, same in groupby(thresholds):
            begin, column = column, column + len(list(same))
            if threshold is not None:
                path += f"M{self.edges[begin]} {y(threshold)}" if before is None else f"V{y(threshold)}"
                path += f"H{self.edges[column]}"
            before = threshold
        return path

    def line(self, points: Sequence[Point | None], y: Scale) -> str:
        """Through neighbours."""
        placed = list(zip(self.middles, points, strict=False))
        return "".join(
            f"M{x} {y(one.value)}L{other_x} {y(other.value)}"
            for (x, one), (other_x, other) in pairwise(placed)
            if one is not None and other is not None
        )

    def marks(self, panel: Panel, y: Scale) -> list[Mark]:
        limits = panel.low, panel.high
        return [
            mark(point, x, y, limits, upright=True, tip=stretch.tip)
            for x, point, stretch in zip(self.middles, panel.points, self.stretches, strict=False)
            if point is not None
        ]

    def bars(self, counts: Sequence[int], y: Scale, bottom: float) -> list[Bar]:
        width = round(_BAR * (self.edges[1] - self.edges[0]), 1)
        return [
            Bar(f"M{round(x - width / 2, 1)} {bottom}V{y(count)}h{width}V{bottom}z", stretch.running, stretch.tip)
            for x, count, stretch in zip(self.middles, counts, self.stretches, strict=False)
            if count
        ]

    def figures(self, panel: Panel, y: Scale) -> list[Text]:
        """What each mark says, and each bar, where there are few."""
        if len(self.stretches) > _FEW:
            return []
        beside = zip(self.middles, panel.points, panel.figures, strict=False)
        told = [Text(x + 8, y(one.value) - 5, "start", text, "name") for x, one, text in beside if one is not None]
        above = zip(self.middles, panel.bars, panel.figures, strict=False)
        return told + [Text(x, round(y(count) - SIZE / 4, 1), "middle", text) for x, count, text in above if count]
