"""The API: what the core says, in documented JSON, told again only where it changed."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from monitor.core.service import Duty, Objective
from monitor.exporter.areas import AreaAnswer
from monitor.exporter.compliance import Answer, JudgedAnswer, answer
from monitor.exporter.openapi import description
from monitor.exporter.periods import PeriodAnswer
from monitor.exporter.scopes import SCOPES
from monitor.http.problem import CONTENT_TYPE, Problem
from tests.eventually import wait_until
from tests.exporter.invented import published, service
from tests.exporter.serving import Get, served, status_is
from tests.exporter.world import DAY, HOUR, NOW, World, event, missions

Judged = TypeVar("Judged", bound=JudgedAnswer)

API = Path(__file__).parents[2] / "docs" / "api.md"
STALE = 7 * 3600.0


def of(rows: Iterable[Judged] | None, area: str, category: str = "urban") -> list[Judged]:
    """The rows of one area and category."""
    return [row for row in rows or () if (row.area, row.category) == (area, category)]


async def test_json_is_the_snapshot(get: Get) -> None:
    """The answer fits its own schema, field by field, and holds every row."""
    status, text, headers = await get("/api/v1/compliance")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    found = msgspec.json.decode(text, type=Answer)
    assert found.loaded
    assert found.names["oslo"] == "Oslo"
    assert (len(found.standings or ()), len(found.rows or ())) == (39, 39 * 9)
    windows = {row.window: row for row in of(found.rows, "oslo")}
    assert windows["28d"].clocks["response"].measured == 3
    assert windows["last100"].starts_at is None
    requirement = windows["28d"].objectives["requirement"]
    assert (requirement.percentile, requirement.value_seconds, requirement.state) == (80, 1500.0, "missed")
    assert (requirement.judged, requirement.within, requirement.late_budget) == (3, 2, -1)


async def test_an_area_tells_the_same_as_everything_does(get: Get) -> None:
    """Rows and standings are those of the whole answer; the root is an area like any other."""
    whole = msgspec.json.decode((await get("/api/v1/compliance"))[1], type=Answer)
    for area, within in (("oslo", ["national"]), ("national", [])):
        found = msgspec.json.decode((await get(f"/api/v1/areas/{area}"))[1], type=AreaAnswer)
        assert (found.area, found.within, found.name) == (area, within, whole.names[area])
        assert found.rows == [row for row in whole.rows or () if row.area == area]
        assert found.standings == [one for one in whole.standings or () if one.area == area]
        assert [(one.category, one.objective, one.breach) for one in found.alarms or ()] == [
            (category, "requirement", "none") for category in ("urban", "town", "rural")
        ]


def test_any_service_is_told_whole() -> None:
    """Every clock, objective and category that is declared, in its order; a mean has seconds to spare, no share."""
    declared = service(
        {"all": None, "east": "all"},
        {"any": None, "red": "any", "amber": "any"},
        (Objective("late-end", Decimal("99.9"), clock="answer"), Objective("mean", None, Duty.PAGE)),
        ("response", "answer"),
    )
    encoded = msgspec.json.encode(answer(published(declared), {}))
    found = msgspec.json.decode(encoded, type=Answer)
    assert {tuple(row.clocks) for row in found.rows or ()} == {("response", "answer")}
    assert {tuple(row.objectives) for row in found.rows or ()} == {("late-end", "mean")}
    assert list(dict.fromkeys(row.category for row in found.rows or ())) == ["any", "red", "amber"]
    for row in found.rows or ():
        share, mean = row.objectives["late-end"], row.objectives["mean"]
        assert (share.statistic, share.percentile, share.clock) == ("percentile", 99.9, "answer")
        assert (mean.statistic, mean.percentile, mean.within, mean.late_budget) == ("mean", None, None, None)
        assert share.spare_seconds is None
        assert (mean.spare_seconds is None) == (mean.state in ("no_data", "no_target"))
        for clock in row.clocks.values():
            assert clock.unmeasured == sum(clock.unmeasured_by_cause.values())


async def test_weeks_are_local_and_end_with_the_running_one() -> None:
    """Twenty-six Mondays; a mission counts in the week it rang, a week without any has no figures."""
    world = World()
    monday = date(2024, 6, 10)  # NOW is the Wednesday after
    midnight = datetime(2024, 6, 9, 22, 0, tzinfo=UTC).timestamp()
    await world.tell([
        event("just-before", rang=midnight - 60.0, minutes=25.0),
        event("just-after", rang=midnight + 60.0, minutes=9.0),
        *missions(4, late=1, name="old", rang=NOW - 100 * DAY),
        event("the feed lives", district="vest"),
    ])  # fmt: skip
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
    weeks = of(found.weeks, "oslo")
    assert [week.monday for week in weeks] == [monday - timedelta(weeks=back) for back in reversed(range(26))]
    assert [week.running for week in weeks] == [False] * 25 + [True]
    told = [week.objectives["requirement"] for week in weeks]
    assert [(one.judged, one.value_seconds, one.state) for one in told[-3:]] == [
        (0, None, "no_data"),
        (1, 1500.0, "missed"),
        (1, 540.0, "met"),
    ]
    assert sum(week.clocks["response"].measured for week in weeks) == 6


@pytest.mark.parametrize("silent_seconds", [STALE, 7 * DAY])
async def test_a_week_that_was_not_heard_to_its_end_is_no_data(silent_seconds: float) -> None:
    """Neither the running one nor, days later, the one in which the feed fell silent; those before stay judged.

    last week ● heard ┃ this week ● heard, then nothing ┃ ...
    """
    world = World()
    await world.tell([event("before", rang=NOW - 7 * DAY), event("this", minutes=5.0)])
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        world.clock.now += silent_seconds

        async def stale() -> bool:
            return bool(msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer).feed_stale)

        await wait_until(stale, "the feed to be stale")
        found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
    judged = [week.objectives["requirement"] for week in of(found.weeks, "oslo")]
    told = [(one.judged, one.state) for one in judged if one.judged]
    assert told == [(1, "met"), (1, "no_data")]


async def test_what_is_behind_an_areas_figures(get: Get, world: World) -> None:
    """The late of the window that was asked for and of the last year, the longest waits, the hours, the others."""
    await world.tell([event("long-ago", rang=NOW - 100 * DAY + 59.0, minutes=55.0)])

    async def told() -> bool:
        found = msgspec.json.decode((await get("/api/v1/areas/oslo?window=7d"))[1], type=AreaAnswer)
        assert found.closer is not None
        tails = {
            one.window: one for one in found.closer.tails if (one.category, one.objective) == ("urban", "requirement")
        }
        if tails["365d"].judged == tails["7d"].judged:
            return False
        assert [*tails] == ["7d", "365d"]
        assert (tails["365d"].judged, tails["7d"].judged) == (4, 3)
        assert [(one.times, one.missions) for one in tails["365d"].beyond] == [(1.0, 2), (1.5, 1), (2.0, 1)]
        longest = tails["365d"].longest[0]
        began = datetime.fromtimestamp(NOW - 100 * DAY, UTC)
        assert (longest.seconds, longest.at, longest.day) == (3300.0, began, began.date())
        (habits,) = [one for one in found.closer.habits if one.category == "urban"]
        assert (habits.objective, habits.window, habits.sealed) == ("requirement", "365d", 0)
        assert sum(one.missions for one in habits.hours if one.weekday and one.from_hour is not None) == 4
        assert sum(one.missions for one in habits.others) == 4
        assert not found.closer.stages  # the service has one clock
        return True

    await wait_until(told, "the new mission")


async def test_running_periods_are_forecast_or_it_is_said_why_not(get: Get) -> None:
    """Every objective, category and running period once; a history of days is too little: no number is made up."""
    found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
    told = {(one.category, one.objective, one.window): one for one in found.forecasts or ()}
    assert set(told) == {
        (category, objective, window)
        for category in ("urban", "town", "rural")
        for objective in ("requirement", "goal")
        for window in ("month", "tertial", "year")
    }
    assert {(one.chance, one.to_come) for one in told.values()} == {(None, None)}
    assert told["urban", "requirement", "year"].unsaid == "new"


async def test_a_year_of_missions_is_enough_for_a_forecast_on_page_wall_and_api(world: World) -> None:
    """Fourteen months of quick missions: the year will be met, in words and as a number that is not certain."""
    await world.tell([event(f"past-{number}", rang=NOW - HOUR - 2 * DAY * number) for number in reversed(range(210))])
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
        told = {(one.category, one.objective, one.window): one for one in found.forecasts or ()}
        year = told["urban", "requirement", "year"]
        assert year.chance is not None
        assert 0.95 < year.chance < 1.0
        assert "more than 19 in 20" in (await get("/area/oslo"))[1]
        assert "mer enn 19 av 20" in (await get("/area/oslo?lang=nb"))[1]
        assert "more than 19 in 20" in (await get("/?view=wall&window=year"))[1]
        assert "19 in 20" not in (await get("/?view=wall&window=28d"))[1]


async def test_weeks_follow_corrections(get: Get, world: World) -> None:
    """What is kept with a timeline goes when the timeline does."""

    async def measured() -> int:
        found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
        return sum(week.clocks["response"].measured for week in found.weeks or ())

    assert await measured() == 3
    await world.tell([event("m-0", status="cancelled", revision=2, minutes=None)])

    async def fewer() -> bool:
        return await measured() == 2

    await wait_until(fewer, "the cancelled mission to go")


@pytest.mark.parametrize(
    ("name", "measured", "over"), [("2024", 3, False), ("2024-06", 3, False), ("2024-T1", 0, True)]
)
async def test_a_period_is_judged_from_what_is_stored(get: Get, name: str, measured: int, over: bool) -> None:
    """Year, tertial and month, with their local days and whether they are over."""
    found = msgspec.json.decode((await get(f"/api/v1/periods/{name}"))[1], type=PeriodAnswer)
    assert (found.period, found.over, len(found.rows)) == (name, over, 39)
    (oslo,) = of(found.rows, "oslo")
    assert oslo.clocks["response"].measured == measured
    assert oslo.objectives["requirement"].state == ("missed" if measured else "no_data")


async def test_a_period_is_compared_with_the_one_before() -> None:
    """Of the same kind, in the same form; what was not measured then is nothing, and never a zero."""
    world = World()
    await world.tell([*missions(3), *missions(4, late=4, name="old", rang=NOW - 30 * DAY)])
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        found = msgspec.json.decode((await get("/api/v1/periods/2024-06"))[1], type=PeriodAnswer)
        before = msgspec.json.decode((await get("/api/v1/periods/2024-05"))[1], type=PeriodAnswer)
    assert found.previous_period == before.period == "2024-05"
    (oslo,), (then,) = of(found.rows, "oslo"), of(before.rows, "oslo")
    assert oslo.previous is not None
    assert oslo.previous.objectives == then.objectives
    assert [row.previous for row in found.rows if row.area == "vest"] == [None] * 3


async def test_a_running_period_is_no_data_while_the_feed_is_stale(get: Get, world: World) -> None:
    """Nothing that reaches to now is met when nobody knows about now."""
    world.clock.now += STALE

    async def states() -> set[str]:
        found = msgspec.json.decode((await get("/api/v1/periods/2024"))[1], type=PeriodAnswer)
        return (
            {judged.state for one in found.rows for judged in one.objectives.values()} if found.feed_stale else set()
        )

    async def silent() -> bool:
        return await states() == {"no_data", "no_target"}

    await wait_until(silent, "the period to be no data")


async def test_unknown_and_impossible_names_are_told_as_problems(get: Get) -> None:
    """404 and 400 with what to do; nothing of the request is repeated."""
    for path, status, hint in (
        ("/api/v1/areas/atlantis", 404, "use one of national, oslo"),
        ("/api/v1/areas/oslo?window=29d", 400, "use one of 24h, 7d, 28d"),
        ("/api/v1/periods/2024-13", 400, "2024-T1"),
        ("/api/v1/periods/2030", 404, "not begun"),
    ):
        code, text, headers = await get(path)
        found = msgspec.json.decode(text, type=Problem)
        assert (code, found.status, headers["Content-Type"]) == (status, status, CONTENT_TYPE)
        assert hint in found.detail
        assert path.rpartition("/")[2] not in text


async def test_before_the_first_reading_nothing_is_made_up(world: World) -> None:
    """No weeks, no alarms, no periods; never a zero that nobody knows."""
    world.backing.reachable = False
    async with served(world) as get:
        found = msgspec.json.decode((await get("/api/v1/areas/oslo"))[1], type=AreaAnswer)
        assert not found.loaded
        assert (found.rows, found.standings, found.weeks, found.alarms) == (None, None, None, None)
        whole = msgspec.json.decode((await get("/api/v1/compliance"))[1], type=Answer)
        assert (whole.rows, whole.standings) == (None, None)
        assert await status_is(get, "/api/v1/periods/2024", 503)


@pytest.mark.parametrize(
    "path", ["/", "/area/oslo", "/api/v1/compliance", "/api/v1/areas/oslo", "/api/v1/periods/2024"]
)
async def test_what_the_client_has_is_not_sent_again(path: str) -> None:
    """304 for the tag of the present state, whole answers for any other, and after a change."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(3))
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        _, text, headers = await get(path)
        tag = headers["ETag"]
        assert (await get(path, **{"If-None-Match": f'"other", {tag}'}))[:2] == (304, "")
        assert (await get(path, **{"If-None-Match": '"other"'}))[:2] == (200, text)
        await world.tell(missions(2, name="more"))
        await wait_until(lambda: status_is_with(get, path, 200, tag), "another tag")


async def status_is_with(get: Get, path: str, status: int, tag: str) -> bool:
    """Whether the path answers so to who has the tag."""
    return (await get(path, **{"If-None-Match": tag}))[0] == status


async def test_compressed_and_plain_answers_are_the_same(world: World) -> None:
    """Both name the same content, and each says how it is encoded."""
    await world.tell(missions(3))
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        _, plain, headers = await get("/api/v1/openapi.json", **{"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in headers
        _, told, compressed = await get("/api/v1/openapi.json", **{"Accept-Encoding": "gzip"})
        assert (told, compressed["Content-Encoding"], compressed["ETag"]) == (plain, "gzip", headers["ETag"])


def test_the_description_fits_the_answers() -> None:
    """Every path and schema is there, and every reference leads somewhere."""
    found = msgspec.json.decode(description())
    assert set(found["paths"]) == {path for path in SCOPES if path.startswith("/api/")} - {"/api/v1/openapi.json"}
    schemas = found["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', description().decode())) <= set(schemas)
    expected = {
        "Answer",
        "AreaAnswer",
        "MissionsAnswer",
        "PeriodAnswer",
        "StreamEvent",
        "Problem",
        "RowAnswer",
        "WindowRow",
        "WeekRow",
    }
    assert expected <= set(schemas)


def test_every_address_and_field_is_in_the_document() -> None:
    """docs/api.md explains whatever a client can receive."""
    text = API.read_text(encoding="utf-8")
    found = msgspec.json.decode(description())
    fields = {name for schema in found["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert [path for path in found["paths"] if f"`{path}`" not in text] == []
    assert sorted(field for field in fields if f"`{field}`" not in text) == []
