"""The board's addresses: pages for people, the files they load, and the figures behind them for programs.

Decides which question gets which answer, and what an unknown one is told. Figures are the published ones; what has
to be computed from the history (weeks, periods) is asked of the refresh loop, which alone may touch it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from monitor.board.area import area_page
from monitor.board.assets import ASSETS, Asset
from monitor.board.frame import ORDERS, POLICY, View
from monitor.board.matrix import board
from monitor.core.alarm import Rules
from monitor.core.calendar import HOW_TO_NAME, Period
from monitor.core.history import History
from monitor.core.snapshot import Row, over_period
from monitor.core.weeks import Week, weeks_of
from monitor.exporter.answers import Answer, Answers, rendered
from monitor.exporter.area_infos import area_infos
from monitor.exporter.areas import area_answer
from monitor.exporter.collector import AreaInfo
from monitor.exporter.compliance import answer
from monitor.exporter.openapi import description
from monitor.exporter.periods import period_answer
from monitor.exporter.refresh import Refresh
from monitor.http.negotiation import languages
from monitor.http.problem import problem
from monitor.published import Published
from monitor.settings import Configuration
from monitor.words.catalogue import chosen
from monitor.words.speaker import speaker

PREFERRED_WINDOW: Final = "28d"
MISSED_REFRESHES: Final = 2
"""A page that has not heard of so many publications no longer trusts its stream ..."""
GRACE_SECONDS: Final = 15.0
"""... and this much more."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"


class Pages:
    """The handlers, over one refresh loop."""

    def __init__(self, configuration: Configuration, refresh: Refresh, *, rules: Rules) -> None:
        self._configuration = configuration
        self._refresh = refresh
        self._threshold = rules.drift_threshold
        self._answers = Answers()
        self._service = configuration.service
        self._areas = self._service.judged_areas
        self._patience_seconds = MISSED_REFRESHES * configuration.settings.exporter.refresh_seconds + GRACE_SECONDS

    def routes(self) -> list[web.RouteDef]:
        """Where everything is found."""
        return [
            web.get("/", self.board),
            web.get("/area/{area}", self.area),
            web.get("/static/{name}", self.static),
            web.get("/api/v1/compliance", self.compliance),
            web.get("/api/v1/areas/{area}", self.area_figures),
            web.get("/api/v1/periods/{period}", self.period_figures),
            web.get("/api/v1/openapi.json", self.openapi),
        ]

    async def board(self, request: web.Request) -> web.Response:
        """Areas by categories for one window."""
        view = self._view(request)

        async def make() -> bytes:
            return await asyncio.to_thread(lambda: board(view).encode())

        return await self._page(request, view, "/", make)

    async def area(self, request: web.Request) -> web.Response:
        """One area."""
        area = request.match_info["area"]
        if area not in self._areas:
            raise web.HTTPNotFound(text=f"No such area: use one of {', '.join(self._areas)}.\n")
        view = replace(self._view(request), root="../")

        async def make() -> bytes:
            weeks = await self._weeks(area, view.published)
            shown = partial(area_page, view, area, weeks, drift_threshold=self._threshold)
            return await asyncio.to_thread(lambda: shown().encode())

        return await self._page(request, view, area, make)

    async def static(self, request: web.Request) -> web.Response:
        """A file of the pages, for ever the same."""
        asset = ASSETS.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(text="No such file.\n")
        return _file(asset).response(request, **{"Cache-Control": FOR_EVER})

    async def compliance(self, request: web.Request) -> web.Response:
        """The published state."""
        published = self._refresh.published

        async def make() -> bytes:
            return await _encoded(lambda: answer(published, self.names(published)))

        return await self._json(request, ("compliance",), published, make)

    async def area_figures(self, request: web.Request) -> web.Response:
        """One area with its weeks."""
        area, published = request.match_info["area"], self._refresh.published
        if area not in self._areas:
            return problem(HTTPStatus.NOT_FOUND, f"No such area: use one of {', '.join(self._areas)}.")

        async def make() -> bytes:
            weeks = await self._weeks(area, published)
            found = partial(area_answer, published, area, weeks, drift_threshold=self._threshold)
            told = self.areas(published)[area]
            within = self._service.pools(area, self._day(published))[1:]
            return await _encoded(lambda: found(name=told.name, within=within))

        return await self._json(request, ("area", area), published, make)

    async def period_figures(self, request: web.Request) -> web.Response:
        """A period, judged from what is stored now."""
        published = self._refresh.published
        try:
            period = self._configuration.grid.calendar.period(request.match_info["period"])
        except ValueError:
            return problem(HTTPStatus.BAD_REQUEST, f"No such period: {HOW_TO_NAME}.")
        if not published.loaded:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store has not been read yet.", **{"Retry-After": "5"})
        now = published.snapshot.at
        today = self._day(published)
        if today < period.first:
            return problem(HTTPStatus.NOT_FOUND, "The period has not begun.")

        over, previous = period.after <= today, self._configuration.grid.calendar.previous(period)

        async def make() -> bytes:
            def rows(of: Period, *, silent: bool) -> Callable[[History], Sequence[Row]]:
                return partial(
                    over_period,
                    period=of,
                    now=now,
                    abandoned_after_seconds=self._abandoned_after_seconds,
                    silent=silent,
                )

            judged = await self._refresh.ask(rows(period, silent=published.snapshot.stale and not over))
            before = (previous, await self._refresh.ask(rows(previous, silent=False))) if previous else None
            told = partial(period_answer, published, period, judged, before, self.names(published))
            return await _encoded(lambda: told(over=over))

        return await self._json(request, ("period", period.name), published, make)

    async def openapi(self, request: web.Request) -> web.Response:
        """The description of all this for programs."""

        async def make() -> bytes:
            return description()

        return await self._json(request, ("openapi",), self._refresh.published, make)

    @property
    def _abandoned_after_seconds(self) -> float:
        return self._configuration.service.longest_seconds

    async def _weeks(self, area: str, published: Published) -> Mapping[str, Sequence[Week]] | None:
        if not published.loaded:
            return None
        return await self._refresh.ask(
            partial(
                weeks_of,
                area=area,
                now=published.snapshot.at,
                abandoned_after_seconds=self._abandoned_after_seconds,
                heard_until=published.snapshot.heard_until,
            )
        )

    def _view(self, request: web.Request) -> View:
        """What is asked for. Raises HTTPBadRequest."""
        windows = self._configuration.settings.windows.names
        window = request.query.get("window", PREFERRED_WINDOW if PREFERRED_WINDOW in windows else windows[0])
        if window not in windows:
            raise web.HTTPBadRequest(text=f"Unknown window: use one of {', '.join(windows)}.\n")
        wanted = request.query.get("order", ORDERS[0])
        order = next((known for known in ORDERS if known == wanted), None)
        if order is None:
            raise web.HTTPBadRequest(text=f"Unknown order: use one of {', '.join(ORDERS)}.\n")
        language = chosen(request.query.get("lang"), languages(request.headers.get("Accept-Language")))
        published = self._refresh.published
        return View(
            published=published,
            say=speaker(language),
            zone=self._configuration.grid.zone,
            window=window,
            windows=windows,
            order=order,
            patience_seconds=self._patience_seconds,
        )

    async def _page(
        self, request: web.Request, view: View, place: str, make: Callable[[], Awaitable[bytes]]
    ) -> web.Response:
        key = ("page", place, view.window, view.order, view.say.language)
        found = await self._answers.get(key, view.published, make, HTML)
        headers = {"Content-Security-Policy": POLICY, "Content-Language": view.say.language}
        return found.response(request, **headers)

    async def _json(
        self, request: web.Request, key: tuple[str, ...], published: Published, make: Callable[[], Awaitable[bytes]]
    ) -> web.Response:
        return (await self._answers.get(key, published, make, JSON)).response(request)

    def names(self, published: Published) -> dict[str, str]:
        """What areas are called, for programs."""
        return {area: told.name for area, told in self.areas(published).items()}

    def areas(self, published: Published) -> dict[str, AreaInfo]:
        """What programs are told of each area: its name in English, and what it lies within today."""
        return area_infos(self._service, self._day(published))

    def _day(self, published: Published) -> date:
        return date.fromordinal(self._configuration.grid.day_of(published.snapshot.at))


@cache
def _file(asset: Asset) -> Answer:
    return rendered(asset.body, asset.content_type)


async def _encoded(make: Callable[[], object]) -> bytes:
    return await asyncio.to_thread(lambda: msgspec.json.encode(make()))
