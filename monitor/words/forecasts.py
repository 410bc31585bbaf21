"""A forecast in words: in about how many of ten such cases the target is met at the end, or why nobody can say.

Never a certainty, and never more digits than a forecast has.
"""

from collections.abc import Mapping
from typing import Final

from monitor.core.forecast import Forecast, Unsaid
from monitor.words.speaker import NONE, Speaker, phrase, phrase_as

_LIKELY: Final = phrase("about {count} in 10")
_NEARLY: Final = phrase("more than 19 in 20")
_HARDLY: Final = phrase("fewer than 1 in 20")
_EDGE: Final = 0.05
_UNSAID: Final[Mapping[Unsaid, str]] = {
    Unsaid.NO_TARGET: NONE,
    Unsaid.UNPROVEN: phrase_as("no forecast", "no forecast for this kind of objective"),
    Unsaid.NO_DATA: phrase("no data"),
    Unsaid.NEW: phrase_as("no forecast", "known for less than a year"),
    Unsaid.FEW: phrase_as("no forecast", "too few missions"),
}


def likely(say: Speaker, forecast: Forecast | None) -> str:
    """The chance, or why there is none; a dash where nothing is to be forecast."""
    if forecast is None:
        return NONE
    if forecast.chance is None:
        return NONE if forecast.unsaid is None else say(_UNSAID[forecast.unsaid])
    if forecast.chance > 1.0 - _EDGE:
        return say(_NEARLY)
    if forecast.chance < _EDGE:
        return say(_HARDLY)
    return say(_LIKELY, count=min(9, max(1, round(10 * forecast.chance))))
