"""Colours and codes of a verdict: what a cell says at a glance, also to the colour-blind, in print and on a wall.

After Okabe and Ito's palette (blue for met, orange to red for missed, paler where the evidence is weaker) and greys
for what is not known. There is no green: nothing here looks like "all is well" by mistake. A sign and a word always
stand beside the colour. Grafana writes dark on what is brighter than 180 of 255 and white on the rest: each ground is
pale or dark enough for either.
"""

from dataclasses import dataclass
from typing import Final

from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.metrics import VERDICTS

BLUE: Final = "#0072B2"
SKY: Final = "#8FD0F5"
PALE_BLUE: Final = "#D2E8F5"
PALE_ORANGE: Final = "#FBE7C6"
ORANGE: Final = "#F5BA45"
VERMILLION: Final = "#B84A00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#707070"
DARK_GREY: Final = "#4A4A4A"
SLATE: Final = "#44546A"
LINES: Final = {ORANGE: "#E69F00", SKY: "#56B4E9", GREY: "#8C8C8C"}
"""Of what is drawn and not written on: stronger, or lighter."""


@dataclass(frozen=True, slots=True)
class Shade:
    """How one verdict with its evidence looks."""

    state: State
    evidence: Evidence | None
    colour: str
    sign: str

    @property
    def code(self) -> int:
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
