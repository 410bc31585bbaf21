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
from io import BytesIO
from typing import Final

import msgspec
from aiohttp import web

from monitor.board.area import area_page
from monitor.board.assets import ASSETS, Asset
from monitor.board.download import about, heads, lines
from monitor.board.frame import POLICY, Judged, Look, View
from monitor.board.map import map_page
from monitor.board.matrix import board
from monitor.board.wall import wall_page
from monitor.board.why import why_page
from monitor.core.alarm import Rules
from monitor.core.calendar import HOW_TO_NAME, Period
from monitor.core.closer import Closer, closer_of
from monitor.core.snapshot import over_period
from monitor.core.weeks import Week, weeks_of
from monitor.core.windows import parse_window
from monitor.core.years import Year, years_of
from monitor.exporter.ahead import Ahead
from monitor.exporter.answers import Answer, Answers, rendered
from monitor.exporter.area_infos import area_infos
from monitor.exporter.areas import area_answer
from monitor.exporter.asked import Asked
from monitor.exporter.closer import closer_answer
from monitor.exporter.collector import AreaInfo
from monitor.exporter.compliance import answer
from monitor.exporter.once import Once
from monitor.exporter.openapi import description
from monitor.exporter.periods import period_answer
from monitor.exporter.refresh import Refresh
from monitor.exporter.why import Why, versus
from monitor.exporter.why_answer import why_answer
from monitor.http.problem import problem
from monitor.published import Published
from monitor.settings import Configuration
from monitor.spreadsheet import Sheet, write

LOOKED_BACK: Final = "365d"
"""Over so long hours of the week are compared: fewer missions tell none apart."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
HTML: Final = "text/html; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN: Final[Mapping[Look, Callable[[View], str]]] = {"table": board, "map": map_page, "wall": wall_page}
JSON: Final = "application/json; charset=utf-8"


class Pages:
    """The handlers, over one refresh loop."""

    def __init__(self, configuration: Configuration, refresh: Refresh, *, rules: Rules) -> None:
        self._configuration = configuration
        self._refresh = refresh
        self._threshold = rules.drift_threshold
        self._answers = Answers()
        self._behind = Once[Mapping[str, Closer]]()
        self._service = configuration.service
        self._areas = self._service.judged_areas
        self._asked = Asked(configuration)
        self._ahead = Ahead(configuration, refresh)
        self._why = Why(refresh, self._abandoned_after_seconds)

    def routes(self) -> list[web.RouteDef]:
        """Where everything is found."""
        return [
            web.get("/", self.board),
            web.get("/board.xlsx", self.workbook),
            web.get("/area/{area}", self.area),
            web.get("/why/{area}", self.why),
            web.get("/static/{name}", self.static),
            web.get("/api/v1/compliance", self.compliance),
            web.get("/api/v1/areas/{area}", self.area_figures),
            web.get("/api/v1/periods/{period}", self.period_figures),
            web.get("/api/v1/why/{area}", self.why_figures),
            web.get("/api/v1/openapi.json", self.openapi),
        ]

    async def board(self, request: web.Request) -> web.Response:
        """Areas by categories for one window or period, as a table, a map or a wall."""
        view = self._asked.view(request, self._refresh.published)

        async def make() -> bytes:
            shown = await self._judged(view)
            if view.look == "wall" and view.judged is None:
                shown = replace(shown, ahead=await self._ahead.of_window(view.published, view.window))
            return await asyncio.to_thread(lambda: SHOWN[view.look](shown).encode())

        return await self._page(request, view, "/", make)

    async def workbook(self, request: web.Request) -> web.Response:
        """What the board shows at the same address, for a spreadsheet."""
        view = self._asked.view(request, self._refresh.published)

        async def make() -> bytes:
            shown = await self._judged(view)
            return await asyncio.to_thread(_workbook, shown)

        answer = await self._answers.get(("xlsx", *view.choices.items()), view.published, make, XLSX)
        name = f"{self._service.slug}-{view.judged.period.name if view.judged else view.window}.xlsx"
        return answer.response(request, **{"Content-Disposition": f'attachment; filename="{name}"'})

    async def area(self, request: web.Request) -> web.Response:
        """One area."""
        area = request.match_info["area"]
        if area not in self._areas:
            raise web.HTTPNotFound(text=f"No such area: use one of {', '.join(self._areas)}.\n")
        # A page of what goes on now: of a period it shows nothing, so nothing of it may take a warning away.
        view = replace(self._asked.view(request, self._refresh.published), root="../", judged=None)

        async def make() -> bytes:
            weeks = await self._weeks(area, view.published)
            closer = await self._closer(area, view.published, view.window)
            years = await self._years(area, view.published)
            ahead = await self._ahead.of_area(view.published, area)
            shown = partial(
                area_page, view, area, weeks, closer, drift_threshold=self._threshold, years=years, ahead=ahead
            )
            return await asyncio.to_thread(lambda: shown().encode())

        return await self._page(request, view, area, make)

    async def why(self, request: web.Request) -> web.Response:
        """Why an area changed."""
        area = request.match_info["area"]
        if area not in self._areas:
            raise web.HTTPNotFound(text=f"No such area: use one of {', '.join(self._areas)}.\n")
        view = replace(self._asked.view(request, self._refresh.published), root="../")
        period = view.judged.period if view.judged else None
        against = self._asked.against(request)
        pair = versus(self._configuration.grid, view.published, view.window, period, against)

        async def make() -> bytes:
            found = await self._why.told(area, view.category, pair, view.published)
            return await asyncio.to_thread(lambda: why_page(view, area, found, pair.before_name).encode())

        return await self._page(request, view, f"why {area} {against.name if against else ''}", make)

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
        window = request.query.get("window", self._asked.preferred)
        if window not in self._asked.windows:
            return problem(HTTPStatus.BAD_REQUEST, f"Unknown window: use one of {', '.join(self._asked.windows)}.")

        async def make() -> bytes:
            weeks, closer = await self._weeks(area, published), await self._closer(area, published, window)
            ahead = await self._ahead.of_area(published, area)
            behind = None if closer is None else closer_answer(closer, self._configuration.grid.zone, LOOKED_BACK)
            found = partial(area_answer, published, area, weeks, behind, drift_threshold=self._threshold, ahead=ahead)
            told = self.areas(published)[area]
            within = self._service.pools(area, self._day(published))[1:]
            return await _encoded(lambda: found(name=told.name, within=within))

        return await self._json(request, ("area", area, window), published, make)

    async def period_figures(self, request: web.Request) -> web.Response:
        """A period, judged from what is stored now."""
        published = self._refresh.published
        try:
            period = self._configuration.grid.calendar.period(request.match_info["period"])
        except ValueError:
            return problem(HTTPStatus.BAD_REQUEST, f"No such period: {HOW_TO_NAME}.")
        if not published.loaded:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store has not been read yet.", **{"Retry-After": "5"})
        if self._day(published) < period.first:
            return problem(HTTPStatus.NOT_FOUND, "The period has not begun.")
        previous = self._configuration.grid.calendar.previous(period)

        async def make() -> bytes:
            judged = await self._over(period, published)
            before = (previous, (await self._over(previous, published)).rows) if previous else None
            told = partial(period_answer, published, period, judged.rows, before, self.names(published))
            return await _encoded(lambda: told(over=judged.over))

        return await self._json(request, ("period", period.name), published, make)

    async def why_figures(self, request: web.Request) -> web.Response:
        """Why an area changed, for programs."""
        area, published = request.match_info["area"], self._refresh.published
        if area not in self._areas:
            return problem(HTTPStatus.NOT_FOUND, f"No such area: use one of {', '.join(self._areas)}.")
        try:
            view, against = self._asked.view(request, published), self._asked.against(request)
        except web.HTTPException as fault:
            return problem(HTTPStatus(fault.status), (fault.text or "").strip())
        if not published.loaded:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store has not been read yet.", **{"Retry-After": "5"})
        period = view.judged.period if view.judged else None
        pair = versus(self._configuration.grid, published, view.window, period, against)

        async def make() -> bytes:
            found = await self._why.told(area, view.category, pair, published)
            return await _encoded(lambda: why_answer(published, area, view.category, pair, found))

        key = (
            "why",
            area,
            view.category,
            view.window,
            period.name if period else "",
            against.name if against else "",
        )
        return await self._json(request, key, published, make)

    async def openapi(self, request: web.Request) -> web.Response:
        """The description of all this for programs."""

        async def make() -> bytes:
            return description()

        return await self._json(request, ("openapi",), self._refresh.published, make)

    @property
    def _abandoned_after_seconds(self) -> float:
        return self._configuration.service.longest_seconds

    async def _over(self, period: Period, published: Published) -> Judged:
        """A period that has begun, judged from what is stored now."""
        over = period.after <= self._day(published)
        judge = partial(
            over_period,
            period=period,
            now=published.snapshot.at,
            abandoned_after_seconds=self._abandoned_after_seconds,
            silent=published.snapshot.stale,
        )
        return Judged(period, over, await self._refresh.ask(judge))

    async def _judged(self, view: View) -> View:
        """The view with the rows of its period, if it is of one."""
        if view.judged is None:
            return view
        return replace(view, judged=await self._over(view.judged.period, view.published))

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

    async def _years(self, area: str, published: Published) -> Sequence[Year]:
        """Up to the one that now lies in."""
        if not published.loaded:
            return ()
        last = self._configuration.grid.calendar.holding("year", self._day(published))
        return await self._refresh.ask(
            partial(
                years_of,
                last=last,
                now=published.snapshot.at,
                abandoned_after_seconds=self._abandoned_after_seconds,
                silent=published.snapshot.stale,
                areas=[area],
            )
        )

    async def _closer(self, area: str, published: Published, window: str) -> Mapping[str, Closer] | None:
        """What is behind the figures of a window and of the longest time that the page looks back over.

        It takes longer than a page: all languages, and programs, are told of it from one look.
        """
        if not published.loaded:
            return None
        grid, now = self._configuration.grid, published.snapshot.at
        spans = {name: parse_window(name).span(now, grid) for name in dict.fromkeys((window, LOOKED_BACK))}
        known = {name: span for name, span in spans.items() if span is not None}
        look = partial(closer_of, area=area, spans=known, longest=known[LOOKED_BACK])
        return await self._behind.get((area, window), published, lambda: self._refresh.ask(look))

    async def _page(
        self, request: web.Request, view: View, place: str, make: Callable[[], Awaitable[bytes]]
    ) -> web.Response:
        key = ("page", place, *view.choices.items())
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


def _workbook(view: View) -> bytes:
    file = BytesIO()
    write(file, [Sheet(view.spoken, heads(view), lines(view)), Sheet(view.say("About"), ("", ""), about(view))])
    return file.getvalue()


async def _encoded(make: Callable[[], object]) -> bytes:
    return await asyncio.to_thread(lambda: msgspec.json.encode(make()))
