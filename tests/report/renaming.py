"""A report as if something were called otherwise."""

from dataclasses import replace

from monitor.report.document import Report


def renamed(report: Report, area: str, name: str) -> Report:
    """The report with another name of an area, in every language."""
    areas = [replace(one, names={"en": name}) if one.slug == area else one for one in report.service.areas]
    return replace(report, service=replace(report.service, areas=tuple(areas)))
