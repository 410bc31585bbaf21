"""Files of before services were declared: what they said of the service still holds, over what its folder says.

Once, monitor.toml named districts and settlement classes of one kind of service, the police's. A file that still does
means that service with these districts and classes; the one warning says what to write instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from monitor.core.fault import Fault
from monitor.core.service import Area, Category
from monitor.settings.files import FileUnusable, toml_files
from monitor.settings.sections import Settings
from monitor.settings.service import TARGETS, Declared


def _former_keys() -> Iterator[tuple[str, str]]:
    for section, field in Settings.model_fields.items():
        for key, inner in getattr(field.annotation, "model_fields", {}).items():
            if inner.json_schema_extra == {"former": True}:
                yield f"{section}.{key}", inner.description


FORMER: Final = dict(_former_keys())
"""`section.key` of before → what says it now, in the service's folder."""


def former_faults(given: Mapping[str, str], where: str) -> Iterator[Fault]:
    """The warning about the keys of before that are set, each with what the user calls it."""
    if given:
        now = ", ".join(FORMER[key] for key in given)
        yield Fault(
            "warning",
            where,
            f"{', '.join(given.values())}: a service declares this now. It holds as before; to be clear, write a "
            f'folder services/NAME with a service.toml ({now}), and say here service = "NAME"',
        )


def targets_beside(folder: Path) -> Path | None:
    """The folder of tables beside a file that names no service, where there is one: it was read unnamed."""
    try:
        return folder / TARGETS if toml_files(folder / TARGETS) else None
    except FileUnusable:
        return None


def with_former(declared: Declared, settings: Settings) -> Declared:
    """The service as the keys of before change it."""
    service, events = declared.service, settings.events
    if service is not None:
        if events.districts is not None:
            areas = (Area(slug, service.root, names=service.area_names(slug)) for slug in events.districts)
            service = replace(service, areas=(Area(service.root, names=service.area_names(service.root)), *areas))
        if events.settlements is not None:
            known = {one.slug: one.names for one in service.categories}
            categories = (Category(slug, names=known.get(slug, {})) for slug in events.settlements)
            service = replace(service, categories=tuple(categories))
        if events.max_response_seconds is not None:
            longest = events.max_response_seconds
            service = replace(service, clocks=tuple(replace(one, longest_seconds=longest) for one in service.clocks))
        if settings.service.slug is not None:
            service = replace(service, slug=settings.service.slug)
    return replace(
        declared,
        service=service,
        timezone=declared.timezone if settings.ledger.timezone is None else settings.ledger.timezone,
        year_starts=settings.windows.year_starts or declared.year_starts,
    )
