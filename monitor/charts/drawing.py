"""A drawing as plain values, and the SVG that it becomes.

A verdict is told by shape as well as by colour: a disc is met, a diamond missed, a square neither; hollow may be
chance. Colours stand in the drawing itself, so that it is whole wherever it is put (a page, a PDF, a file); a page
with another ground restyles the classes. Nothing is styled in place, for a page's policy may forbid it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from monitor.charts.lettering import SIZE
from monitor.charts.scale import Scale
from monitor.core.verdict import State
from monitor.templates import environment

WIDTH: Final = 640
"""Of every drawing, in its own units: a column of A4, or half a screen."""
INK, QUIET, RULE, GROUND = "#14202b", "#51606e", "#d3dae1", "#ffffff"
COLOURS: Final = {State.MET: "#1c6cb0", State.MISSED: "#b23c00"}
"""Blue and orange: told apart by every kind of eye."""
_SHAPES: Final = {
    State.MET: "m-4.3 0a4.3 4.3 0 1 0 8.6 0a4.3 4.3 0 1 0 -8.6 0z",
    State.MISSED: "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",
}
_UNJUDGED: Final = "m-3.8 -3.8h7.6v7.6h-7.6z"
_ARROWS: Final = {
    (False, -1): "l5 -3.5v7z",
    (False, 1): "l-5 -3.5v7z",
    (True, -1): "l-3.5 -5h7z",
    (True, 1): "l-3.5 5h7z",
}
"""From the tip: upright or lying, at the lower or the upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A result with its interval, in the units of an axis; an end that is None is not bounded."""

    value: float
    lower: float | None
    upper: float | None
    state: State
    hollow: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A point as paths, and what a pointer over it is told."""

    state: State
    hollow: bool
    shape: str
    stem: str
    arrows: str
    tip: str

    @property
    def colour(self) -> str:
        """Of its state."""
        return COLOURS.get(self.state, QUIET)


@dataclass(frozen=True, slots=True)
class Bar:
    """A count as a path; `running` has not ended."""

    path: str
    running: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, with what of it stands at (x, y): its start, middle or end; `kind`: tick, heading or name."""

    x: float
    y: float
    anchor: str
    text: str
    kind: str = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One chart; lines are paths. `name` is like no other of its page, `said` tells in words what is shown."""

    name: str
    title: str
    said: str
    height: float
    grid: str
    targets: Sequence[str] = ()
    lines: Sequence[str] = ()
    marks: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()
    texts: Sequence[Text] = field(default_factory=list)

    @property
    def svg(self) -> Markup:
        """As it stands in a page."""
        return Markup(_environment().get_template("chart.svg.jinja").render(drawing=self))  # noqa: S704 - escaped there


def mark(point: Point, place: float, at: Scale, limits: tuple[float, float], *, upright: bool, tip: str = "") -> Mark:
    """A point at its place across the axis; an end that is not bounded, or beyond the limits, is an arrow."""

    def where(along: float) -> str:
        return f"{place} {along}" if upright else f"{along} {place}"

    ends, arrows = [], ""
    for end, edge, side in ((point.lower, limits[0], -1), (point.upper, limits[1], 1)):
        inside = end is not None and limits[0] <= end <= limits[1]
        ends.append(where(at(end if inside and end is not None else edge)))
        if not inside:
            arrows += f"M{ends[-1]}{_ARROWS[upright, side]}"
    return Mark(
        state=point.state,
        hollow=point.hollow,
        shape=f"M{where(at(point.value))}{_SHAPES.get(point.state, _UNJUDGED)}",
        stem=f"M{ends[0]}L{ends[1]}",
        arrows=arrows,
        tip=tip,
    )


@cache
def _environment() -> Environment:
    return environment("monitor.charts", WIDTH=WIDTH, SIZE=SIZE, INK=INK, QUIET=QUIET, RULE=RULE, GROUND=GROUND)
