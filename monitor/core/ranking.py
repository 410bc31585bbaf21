"""Which comes first: of an area's objectives the one to tell, of areas the worst, of a tree what lies within what.

The one order in which board, report and dashboards list. Worst is the area with the gravest miss: by the evidence for
it, then by how unlikely its counts are if the target were met. A district that misses by chance stands behind one
that surely misses, however many minutes either takes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from monitor.core.service import by_duty
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict

_GRAVITY: Final = {Evidence.STRONG: 3, Evidence.WEAK: 2, Evidence.NONE: 1}
_UNKNOWN: Final = 2.0
"""Behind every chance there is."""


def leading(verdicts: Mapping[str, Verdict]) -> Verdict:
    """The verdict to tell where there is room for one: of those with a target the first by duty; else of all."""
    ranked = [verdicts[objective.slug] for objective in by_duty(one.objective for one in verdicts.values())]
    return next((one for one in ranked if one.state is not State.NO_TARGET), ranked[0])


def worst_first(verdicts: Iterable[Verdict]) -> tuple[int, float]:
    """A key to sort by: of several verdicts on one area the gravest counts, and the least likely. None: the last."""
    gravest, least = 0, _UNKNOWN
    for verdict in verdicts:
        if verdict.state is State.MISSED:
            gravest = max(gravest, _GRAVITY[verdict.evidence])
        if verdict.state in (State.MET, State.MISSED) and verdict.breach_p_value is not None:
            least = min(least, verdict.breach_p_value)
    return -gravest, least


def as_tree(within: Mapping[str, str | None], key: Callable[[str], Any] = lambda _: 0) -> Iterator[tuple[str, int]]:
    """Each slug and how deep it lies, right below its pool; siblings by `key`, equals in the order given.

    `within`: the pool of each. One whose pool is not among them lies within nothing.
    """
    siblings: dict[str | None, list[str]] = {}
    for slug, pool in within.items():
        siblings.setdefault(pool if pool in within else None, []).append(slug)

    def below(pool: str | None, depth: int) -> Iterator[tuple[str, int]]:
        for slug in sorted(siblings.get(pool, ()), key=key):
            yield slug, depth
            yield from below(slug, depth + 1)

    return below(None, 0)
