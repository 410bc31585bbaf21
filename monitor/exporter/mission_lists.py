"""`/api/v1/missions`: the missions behind a figure, one by one, for those who may see them.

Decides what may be asked, how long a list gets, and how many are made at a time: each is read from the store anew, so
that nothing of a mission is kept here. Refuses to know who asks; `scopes` says that not everybody may.
"""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from monitor.core.calendar import HOW_TO_NAME
from monitor.core.listing import Asked, Question, Roll
from monitor.core.service import by_duty
from monitor.core.stored import StoredStateError, read_head
from monitor.core.windows import span_of
from monitor.http.problem import problem
from monitor.missions.told import Told, Value
from monitor.settings import Configuration
from monitor.store.port import Store, StoreUnavailable

MOST: Final = 10_000
"""Missions in an answer; how many more there are is said."""
WAITING: Final = 4
"""Lists that are asked for at once: one is made, the others wait."""
JSON: Final = "application/json; charset=utf-8"


class MissionsAnswer(msgspec.Struct):
    """The list behind a figure. `sealed` missions are in the figure and known by themselves no more.

    `columns` names what each of `missions` holds: seconds, slugs, local time with its offset. Beyond the longest list
    they are `left_out`; the worst come first where they were late, else the oldest. `without_threshold` missions
    could not be late, for where they were asked about the objective has none; `with_threshold`: pools of theirs that
    have one, as area and category.
    """

    service: str
    period: str
    question: str
    objective: str
    sealed: int
    left_out: int
    without_threshold: int
    with_threshold: list[tuple[str, str]]
    columns: list[str]
    missions: list[list[str | float | None]]


class MissionLists:
    """Lists of one exporter, over the store itself."""

    def __init__(self, configuration: Configuration, store: Store, clock: Callable[[], float]) -> None:
        self._configuration = configuration
        self._store = store
        self._clock = clock
        self._turn = asyncio.Lock()
        self._asking = 0

    async def handle(self, request: web.Request) -> web.Response:
        """One list. What is wrong with the question is told as problem details, and not repeated."""
        try:
            period, asked = self._asked(request)
        except ValueError as fault:
            return problem(HTTPStatus.BAD_REQUEST, str(fault))
        if self._asking >= WAITING:
            detail = "Other lists are being made: ask again in a few seconds."
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, **{"Retry-After": "5"})
        self._asking += 1
        try:
            async with self._turn:
                body = await asyncio.to_thread(self._encoded, await self._roll(asked), period)
        except (StoreUnavailable, StoredStateError):
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot be read.", **{"Retry-After": "5"})
        finally:
            self._asking -= 1
        return web.Response(body=body, headers={"Content-Type": JSON})

    async def _roll(self, asked: Asked) -> Roll:
        """Everything that is stored, looked through away from the loop. Raises StoreUnavailable, StoredStateError."""
        roll = Roll(self._configuration.service, self._configuration.targets, self._configuration.grid, asked)
        for partition in await self._store.partitions():
            change = await self._store.changes_since(partition, 0)
            if change is not None:
                await asyncio.to_thread(roll.put, partition, read_head(change.head), change.days)
        return roll

    def _asked(self, request: web.Request) -> tuple[str, Asked]:
        """The period's name, and what is asked of it. Raises ValueError with what to ask instead."""
        service, grid, query = self._configuration.service, self._configuration.grid, request.query
        objectives = {one.slug: one for one in service.objectives}
        slug = _known(query, "objective", tuple(objectives))
        objective = by_duty(service.objectives)[0] if slug is None else objectives[slug]
        question = _known(query, "question", tuple(Question)) or Question.LATE
        if question == Question.LATE and objective.percentile is None:
            raise ValueError("A mean has no late missions: name a percentile as the objective.")
        try:
            period = grid.calendar.period(query.get("period", ""))
        except ValueError:
            raise ValueError(f"No such period: {HOW_TO_NAME}.") from None
        span = span_of(period, grid)
        if self._clock() < span.start:
            raise ValueError("The period has not begun.")
        return period.name, Asked(
            Question(question), objective, span, self._clock() - service.longest_seconds,
            area=_known(query, "area", service.judged_areas),
            category=_known(query, "category", service.judged_categories),
        )  # fmt: skip

    def _encoded(self, roll: Roll, period: str) -> bytes:
        service, asked = self._configuration.service, roll.asked
        told = Told.of(asked.question, asked.objective, service, self._configuration.grid.zone, roll.listed)
        kept = Told(service, asked.objective, told.zone, told.missions[:MOST])
        return msgspec.json.encode(
            MissionsAnswer(
                service.slug, period, asked.question.value, asked.objective.slug, roll.sealed,
                max(0, len(roll.listed) - MOST), roll.aimless, sorted(roll.aimed), told.columns,
                [list(map(_plain, row)) for row in kept.values()],
            )
        )  # fmt: skip


def _plain(value: Value) -> str | float | None:
    return value if isinstance(value, str | float | int) or value is None else value.isoformat()


def _known(query: Mapping[str, str], name: str, known: tuple[str, ...]) -> str | None:
    """What is asked for, as it is known. Raises ValueError."""
    asked = query.get(name)
    if asked is None:
        return None
    for one in known:
        if one == asked:
            return one
    raise ValueError(f"Unknown {name}: use one of {', '.join(known)}.")
