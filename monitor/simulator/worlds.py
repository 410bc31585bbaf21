"""Which world a service's missions are invented in."""

from monitor.settings import Configuration
from monitor.simulator.calibration import are_published, published
from monitor.simulator.declared import MEETING_SHARE, declared
from monitor.simulator.world import World


def world_of(configuration: Configuration, *, meets: float | None = None, missions: float | None = None) -> World:
    """The published figures where there are any for the service, unless others are asked for; else what it declares.

    `meets`: the share of its series that reach their thresholds. `missions`: how many a year are measured in all.
    """
    service, grid = configuration.service, configuration.grid
    if meets is None and missions is None and are_published(service):
        return published()
    return declared(
        service,
        configuration.targets,
        zone=grid.zone,
        calendar=grid.calendar,
        meets=MEETING_SHARE if meets is None else meets,
        missions=missions,
    )
