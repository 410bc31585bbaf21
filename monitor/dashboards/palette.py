"""Colours and codes of a verdict: what a cell says at a glance, also to the colour-blind, in print and on a wall.

Okabe and Ito's palette (blue for met, orange to red for missed, paler where the evidence is weaker) and greys for
what is not known. There is no green: nothing here looks like "all is well" by mistake. A sign and a word always
stand beside the colour.
"""

from dataclasses import dataclass
from typing import Final

from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.metrics import VERDICTS

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
PALE_BLUE: Final = "#B9D9EB"
PALE_ORANGE: Final = "#F6D9A8"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#8C8C8C"
DARK_GREY: Final = "#5A5A5A"
SLATE: Final = "#44546A"


@dataclass(frozen=True, slots=True)
class Shade:
    """How one verdict with its evidence looks."""

    state: State
    evidence: Evidence | None
    colour: str
    sign: str

    @property
    def code(self) -> float:
        """Its value in PromQL."""
        return VERDICTS[self.state, self.evidence or Evidence.NONE]


SHADES: Final = (
    Shade(State.NO_TARGET, None, DARK_GREY, "–"),
    Shade(State.NO_DATA, None, GREY, "?"),
    Shade(State.MET, Evidence.STRONG, BLUE, "✔"),
    Shade(State.MET, Evidence.WEAK, SKY, "✔"),
    Shade(State.MET, Evidence.NONE, PALE_BLUE, "✔"),
    Shade(State.MISSED, Evidence.NONE, PALE_ORANGE, "✖"),
    Shade(State.MISSED, Evidence.WEAK, ORANGE, "✖"),
    Shade(State.MISSED, Evidence.STRONG, VERMILLION, "✖"),
)
"""From least to most to do, as the legend has them."""
