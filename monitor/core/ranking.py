"""Worst first: the one order in which board and report list areas.

Worst is the area with the gravest miss: by the evidence for it, then by how unlikely its counts are if the target
were met. A district that misses by chance stands behind one that surely misses, however many minutes either takes.
"""

from collections.abc import Iterable
from typing import Final

from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict

_GRAVITY: Final = {Evidence.STRONG: 3, Evidence.WEAK: 2, Evidence.NONE: 1}
_UNKNOWN: Final = 2.0
"""Behind every chance there is."""


def worst_first(verdicts: Iterable[Verdict]) -> tuple[int, float]:
    """A key to sort by: of several verdicts on one area the gravest counts, and the least likely. None: the last."""
    gravest, least = 0, _UNKNOWN
    for verdict in verdicts:
        if verdict.state is State.MISSED:
            gravest = max(gravest, _GRAVITY[verdict.evidence])
        if verdict.state in (State.MET, State.MISSED) and verdict.breach_p_value is not None:
            least = min(least, verdict.breach_p_value)
    return -gravest, least
