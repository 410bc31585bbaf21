"""What an address asks the board for: view, window or period, category, order, language.

Decides what is meant where nothing is said. Whatever is unknown is refused with what there is, and never repeated.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeVar

from aiohttp import web

from monitor.board.frame import LOOKS, ORDERS, Judged, View
from monitor.board.rule import Rule
from monitor.core.calendar import HOW_TO_NAME, MONTHS, Period
from monitor.http.negotiation import languages
from monitor.published import Published
from monitor.settings import Configuration
from monitor.words.catalogue import chosen
from monitor.words.speaker import speaker

PREFERRED_WINDOW: Final = "28d"
MISSED_REFRESHES: Final = 2
"""A page that has not heard of so many publications no longer trusts its stream ..."""
GRACE_SECONDS: Final = 15.0
"""... and this much more."""
Name = TypeVar("Name", bound=str)


class Asked:
    """Reads requests, over one configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self._service, self._grid = configuration.service, configuration.grid
        self._rule = Rule(
            configuration.targets, configuration.description, configuration.unverified, configuration.cannot_say
        )
        self.windows = configuration.settings.windows.names
        self.preferred = PREFERRED_WINDOW if PREFERRED_WINDOW in self.windows else self.windows[0]
        self._patience_seconds = MISSED_REFRESHES * configuration.settings.exporter.refresh_seconds + GRACE_SECONDS

    def view(self, request: web.Request, published: Published) -> View:
        """What is asked for; of a period, its rows are still to come. Raises HTTPException."""
        asked = request.query
        today = date.fromordinal(self._grid.day_of(published.snapshot.at))
        view = View(
            published=published,
            say=speaker(chosen(asked.get("lang"), languages(request.headers.get("Accept-Language")))),
            zone=self._grid.zone,
            window=_one_of("window", asked.get("window", self.preferred), self.windows),
            windows=self.windows,
            order=_one_of("order", asked.get("order", ORDERS[0]), ORDERS),
            look=_one_of("view", asked.get("view", "table"), tuple(LOOKS)),
            category=_one_of("category", asked.get("category", ""), ("", *self._service.judged_categories)),
            judged=self._period(asked.get("period"), published, today),
            periods=self._closed(today),
            patience_seconds=self._patience_seconds,
            held_to=self._rule,
        )
        if view.look not in view.looks:
            raise web.HTTPBadRequest(
                text=f"Service {self._service.slug} has no map: its service.toml says with neither tiles nor "
                f"outlines where its areas lie. Use one of {', '.join(view.looks)}.\n"
            )
        return view

    def _period(self, name: str | None, published: Published, today: date) -> Judged | None:
        """A period that has begun."""
        if not name:
            return None
        try:
            period = self._grid.calendar.period(name)
        except ValueError:
            raise web.HTTPBadRequest(text=f"No such period: {HOW_TO_NAME}.\n") from None
        if not published.loaded:
            raise web.HTTPServiceUnavailable(text="The store has not been read yet.\n", headers={"Retry-After": "5"})
        last = date.fromordinal(period.after.toordinal() - 1)
        if today < period.first or not self._service.lasts(self._service.root, period.first, last):
            raise web.HTTPNotFound(text="Nothing is known of the period.\n")
        return Judged(period, over=period.after <= today)

    def against(self, request: web.Request) -> Period | None:
        """The period that another one is compared with, if it is named. Raises HTTPException."""
        try:
            return self._grid.calendar.period(name) if (name := request.query.get("against")) else None
        except ValueError:
            raise web.HTTPBadRequest(text=f"No such period: {HOW_TO_NAME}.\n") from None

    def _closed(self, today: date) -> list[str]:
        """The periods to offer: the last closed one of each kind that is judged to date."""
        calendar = self._grid.calendar
        found = [calendar.previous(calendar.holding(unit, today)) for unit in MONTHS if unit in self.windows]
        return [period.name for period in found if period is not None]


def _one_of(what: str, asked: str, known: Sequence[Name]) -> Name:
    """What is asked for, as it is known."""
    for one in known:
        if one == asked:
            return one
    raise web.HTTPBadRequest(text=f"Unknown {what}: use one of {', '.join(filter(None, known))}.\n")
