"""A second, slower opinion: the final state of each mission and nearest-rank figures, from the events alone."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.simulator import Emission

Snapshot = dict[str, Any]
Series = tuple[str, str]


def read(emissions: Iterable[Emission]) -> list[Snapshot]:
    return [json.loads(one.value) for one in emissions]


def final_states(snapshots: Iterable[Snapshot]) -> dict[str, Snapshot]:
    """The snapshot with the highest revision of each mission."""
    final: dict[str, Snapshot] = {}
    for one in snapshots:
        known = final.get(one["mission_id"])
        if known is None or one["revision"] > known["revision"]:
            final[one["mission_id"]] = one
    return final


def counts(one: Snapshot) -> bool:
    return one["urgent"] and one["status"] != "cancelled" and "excluded" not in one


def response_minutes(one: Snapshot) -> float:
    passed = datetime.fromisoformat(one["on_scene_at"]) - datetime.fromisoformat(one["ringing_at"])
    return passed.total_seconds() / 60


def is_measured(one: Snapshot) -> bool:
    return counts(one) and one["ringing_at"] is not None and one["on_scene_at"] is not None


def measured(final: dict[str, Snapshot]) -> dict[Series, list[float]]:
    """Response times in minutes per district and class."""
    series: defaultdict[Series, list[float]] = defaultdict(list)
    for one in final.values():
        if is_measured(one):
            series[one["district"], one["settlement"]].append(response_minutes(one))
    return dict(series)


def unmeasured(final: dict[str, Snapshot]) -> list[Snapshot]:
    return [one for one in final.values() if counts(one) and one["status"] == "closed" and not is_measured(one)]


def nearest_rank(values: list[float], percent: int) -> float:
    """The ceil(p*n)-th smallest value."""
    return sorted(values)[-(-percent * len(values) // 100) - 1]


def half_up(value: float) -> int:
    return math.floor(value + 0.5)
