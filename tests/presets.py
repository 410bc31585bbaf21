"""The services that are shipped, as tests take them."""

from functools import cache
from pathlib import Path

from monitor.core.service import Service
from monitor.settings import load

CONFIG = Path(__file__).parents[1] / "config" / "monitor.toml"


@cache
def police() -> Service:
    """The Norwegian police of 2024."""
    return load(CONFIG).service


def without(service: Service, area: str) -> Service:
    """The service as if an area had never been declared."""
    return Service(
        service.slug,
        tuple(one for one in service.areas if one.slug != area),
        service.categories,
        service.clocks,
        service.objectives,
        service.fields,
        service.names,
    )
