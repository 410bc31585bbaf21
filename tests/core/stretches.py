"""Sealed stretches of one clock, made from what they must say."""

from collections.abc import Sequence

from monitor.core.digest import Backend
from monitor.core.mission import Kind, Mission
from monitor.core.sealing import seal
from monitor.core.slices import Aggregate


def stretch(
    *,
    responses: Sequence[float],
    series: int = 0,
    start: float = 0.0,
    end: float = 3600.0,
    unmeasured: int = 0,
    excluded: int = 0,
    targets: Sequence[float | None] = (),
    backend: Backend = "fastdigest",
) -> Aggregate:
    """`unmeasured` missions closed without an end; of `targets` (seconds, None where there is none) by place."""
    kinds = [Kind.NO_END] * unmeasured + [Kind.EXCLUDED] * excluded
    missions = [
        *(Mission(f"m{n}", None, series, start, Kind.MEASURED, float(one)) for n, one in enumerate(responses)),
        *(Mission(f"u{n}", None, series, start, kind, None) for n, kind in enumerate(kinds)),
    ]
    thresholds = [(place, target, 0) for place, target in enumerate(targets) if target is not None]
    return seal(missions, series=series, start=start, end=end, thresholds=thresholds, backend=backend)
