"""A small service after the police: two districts, two classes, a goal and a requirement."""

from monitor.core.service import Duty, Objective, Service
from monitor.core.targets import Target

GOAL = Objective("goal", 50, Duty.TICKET)
REQUIREMENT = Objective("requirement", 80, Duty.PAGE)
OBJECTIVES = (GOAL, REQUIREMENT)
SERVICE = Service("police", "national", ("oslo", "vest"), ("urban", "rural"), OBJECTIVES)


BY_PERCENT = {one.percentile: one for one in OBJECTIVES}


def target_of(goal: float | None, requirement: float | None) -> Target:
    """Thresholds in seconds, those that there are."""
    given = {"goal": goal, "requirement": requirement}
    return {slug: seconds for slug, seconds in given.items() if seconds is not None}
