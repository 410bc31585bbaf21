"""A fire service that shares a Prometheus with the police, and no word."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.targets import Targets, TargetSet
from monitor.settings import Configuration, ExporterSettings, Settings, WindowSettings

FIRE: Final = Service(
    "fire",
    areas=(
        Area("county", names={"en": "The County"}),
        Area("north", "county", names={"en": "North & Coast"}),
        Area("harbour", "north"),
        Area("hills", "north"),
        Area("south", "county"),
    ),
    categories=(Category("any"), Category("house", "any"), Category("forest", "any")),
    clocks=(Clock("turnout", (Moment("ringing_at"),), (Moment("on_scene_at"),)),),
    objectives=(
        Objective("average", None, Duty.TICKET, "turnout"),
        Objective("nine_in_ten", 90, Duty.SHOW, "turnout", names={"en": "Nine in ten"}),
        Objective("eight_in_ten", 80, Duty.PAGE, "turnout"),
    ),
    fields=Fields(area="district", category="settlement", eligible="urgent", required=("ringing_at", "on_scene_at")),
    names={"en": "Fire service"},
)
"""Areas in three storeys, categories in two; objectives of every duty, a mean among them."""


def fire() -> Configuration:
    """Judged by quarters: 20 minutes for nine and eight in ten, 10 on average."""
    settings = Settings(
        exporter=ExporterSettings(refresh_seconds=5),
        windows=WindowSettings(names=("28d", "last100", "month", "quarter", "year")),
    )
    tables = TargetSet(
        valid_from=date(2020, 1, 1),
        source="test",
        targets={
            series: {"nine_in_ten": 1200.0, "eight_in_ten": 1200.0, "average": 600.0} for series in FIRE.judged_series
        },
        area_names={},
    )
    return Configuration(settings, Targets([tables]), Grid(ZoneInfo("Europe/Oslo")), FIRE)
