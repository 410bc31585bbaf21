"""Forecasts of the running periods, for pages and programs: asked of the refresh loop, once for all who ask.

Decides when they are made anew: those of an area with every publication that somebody looks at; those of all areas,
for a wall, once an hour, some series at a time: nobody's figures wait for them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from monitor.core.calendar import MONTHS, Period, Unit
from monitor.core.forecast import Forecast, Forecasts, forecasts_of
from monitor.core.service import Series
from monitor.exporter.once import Once
from monitor.exporter.refresh import Refresh
from monitor.published import Published
from monitor.settings import Configuration

AT_A_TIME: Final = 100
"""Series of a wall: a tenth of a second or two."""
KEPT_SECONDS: Final = 3_600.0


class Ahead:
    """Asks, over one refresh loop."""

    def __init__(self, configuration: Configuration, refresh: Refresh) -> None:
        self._service, self._grid, self._refresh = configuration.service, configuration.grid, refresh
        self._units = [unit for unit in MONTHS if unit in configuration.settings.windows.names]
        self._of_area = Once[Mapping[str, Forecasts]]()
        self._making = asyncio.Lock()
        self._of_window: dict[Unit, tuple[tuple[str, bool, float], Forecasts]] = {}

    async def of_area(self, published: Published, area: str) -> Mapping[str, Forecasts]:
        """By the name of the window, of those that are periods; nothing before the first reading."""
        if not published.loaded:
            return {}
        return await self._of_area.get(area, published, partial(self._asked, published, area))

    async def of_window(self, published: Published, window: str) -> Forecasts:
        """Of all areas, up to an hour old; nothing of a window that is no period, or has no end."""
        unit = next((one for one in self._units if one == window), None)
        if unit is None or not published.loaded:
            return {}
        period, now = self._running(published, unit), published.snapshot.at
        key = (period.name, published.snapshot.stale, now // KEPT_SECONDS)
        async with self._making:  # whoever comes meanwhile waits for the same
            known = self._of_window.get(unit)
            if known is None or known[0] != key:
                series, told = self._service.judged_series, dict[Series, Mapping[str, Forecast]]()
                for start in range(0, len(series), AT_A_TIME):
                    told.update(await self._ask(published, period, series[start : start + AT_A_TIME]))
                known = self._of_window[unit] = key, told
        return known[1]

    async def _asked(self, published: Published, area: str) -> Mapping[str, Forecasts]:
        series = [(area, category) for category in self._service.judged_categories]
        return {unit: await self._ask(published, self._running(published, unit), series) for unit in self._units}

    async def _ask(self, published: Published, period: Period, series: Sequence[Series]) -> Forecasts:
        question = partial(
            forecasts_of, period=period, series=series, now=published.snapshot.at,
            abandoned_after_seconds=self._service.longest_seconds, silent=published.snapshot.stale,
        )  # fmt: skip
        return await self._refresh.ask(question)

    def _running(self, published: Published, unit: Unit) -> Period:
        day = date.fromordinal(self._grid.day_of(published.snapshot.at))
        return self._grid.calendar.holding(unit, day)
