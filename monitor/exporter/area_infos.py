"""What programs are told of areas: their names in English, and what they lie within on a day."""

from datetime import date

from monitor.core.service import Service
from monitor.exporter.collector import AreaInfo
from monitor.words import names
from monitor.words.catalogue import SOURCE
from monitor.words.speaker import speaker


def area_infos(service: Service, day: date) -> dict[str, AreaInfo]:
    """Every area that is judged, by slug."""
    say = speaker(SOURCE)
    return {
        area: AreaInfo(names.area(say, service, area), "".join(service.pools(area, day)[1:2]))
        for area in service.judged_areas
    }
