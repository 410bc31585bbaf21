"""A small service after the police: two districts, two classes, a goal and a requirement."""

from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.targets import Target

GOAL = Objective("goal", 50, Duty.TICKET)
REQUIREMENT = Objective("requirement", 80, Duty.PAGE)
OBJECTIVES = (GOAL, REQUIREMENT)
SERVICE = Service(
    "police",
    areas=(Area("national"), Area("oslo", "national"), Area("vest", "national")),
    categories=(Category("urban"), Category("rural")),
    clocks=(Clock("response", (Moment("ringing_at"),), (Moment("on_scene_at"),)),),
    objectives=OBJECTIVES,
    fields=Fields(
        area="district",
        category="settlement",
        eligible="urgent",
        instants=("dispatched_at",),
        required=("ringing_at", "on_scene_at"),
    ),
)


BY_PERCENT = {one.percentile: one for one in OBJECTIVES}


def target_of(goal: float | None, requirement: float | None) -> Target:
    """Thresholds in seconds, those that there are."""
    given = {"goal": goal, "requirement": requirement}
    return {slug: seconds for slug, seconds in given.items() if seconds is not None}
