"""Why an area changed: page and API say the same of the pair that was asked for, and where nothing is known."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from monitor.core.compared import Gap
from monitor.exporter.why_answer import WhyAnswer
from monitor.http.problem import Problem
from tests.eventually import wait_until
from tests.exporter.serving import Get, served, status_is
from tests.exporter.world import DAY, HOUR, NOW, World, event

WEEKS = 4


def told(share_late: float, first_day: float, name: str, count: int = 400) -> list[dict[str, object]]:
    """Four weeks of missions; of Oslo's so many are late, of the west's a tenth."""
    rng = np.random.default_rng(3)
    begin = NOW - 12 * HOUR + first_day * DAY
    found = []
    for number, rang in enumerate(rng.uniform(begin, begin + 28 * DAY - HOUR, count).tolist()):
        district = ("oslo", "vest")[number % 2]
        late = rng.random() < (share_late if district == "oslo" else 0.1)
        found.append(
            event(f"{name}-{number}", rang=min(rang, NOW - HOUR), minutes=25.0 if late else 8.0, district=district)
        )
    return found


@pytest.fixture
async def asked() -> AsyncIterator[Get]:
    """Oslo got three times as slow four weeks ago."""
    world = World()
    await world.tell([*told(0.15, -56, "before"), *told(0.5, -28, "now"), event("the feed lives")])
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        yield get


async def answer(get: Get, asking: str) -> WhyAnswer:
    status, text, _ = await get(f"/api/v1/why/{asking}")
    assert status == 200, text
    return msgspec.json.decode(text, type=WhyAnswer)


async def test_a_window_is_held_against_as_long_before(asked: Get) -> None:
    """Oslo has all of it, for its missions took longer; parts add up to the change."""
    found = await answer(asked, "national?window=28d")
    assert (found.area, found.period, found.against, found.category) == ("national", "28d", None, None)
    assert found.before_ends_at == found.now_starts_at
    (one,) = found.objectives
    assert (one.objective, one.gap, one.by_hour) == ("requirement", None, True)
    assert one.change is not None
    assert one.causes is not None
    assert one.places is not None
    assert (one.causes["pace"].stands_out, one.causes["mix"].stands_out) == (1, 0)  # type: ignore[index]
    assert [place.area for place in one.places if place.part.stands_out] == ["oslo"]
    assert sum(part.change for part in one.causes.values()) == pytest.approx(one.change.change)
    assert sum(place.part.change for place in one.places) == pytest.approx(one.change.change)


async def test_the_page_says_it_in_three_sentences_and_a_chart(asked: Get) -> None:
    """In every language; the area's page leads to it, and equal counts have equal answers."""
    status, page, _ = await asked("/why/national?window=28d&lang=en")
    assert status == 200
    for sentence in ("Of every 100 missions", "Why: ", "took longer", "Where: Oslo"):
        assert sentence in page
    assert page.count("<svg") == 1
    assert "Hvor: Oslo" in (await asked("/why/national?window=28d&lang=nb"))[1]
    assert "Var: Oslo" in (await asked("/why/national?window=28d&lang=sv"))[1]
    assert "../why/national?" in (await asked("/area/national?lang=en"))[1]
    first, second = [(await answer(asked, "national?window=28d")).objectives for _ in range(2)]
    assert first == second


async def test_a_district_is_told_without_places(asked: Get) -> None:
    """Only causes, of the category that was asked for."""
    found = await answer(asked, "oslo?window=28d&category=urban")
    assert found.category == "urban"
    assert found.objectives[0].places == []
    _, page, _ = await asked("/why/oslo?window=28d&category=urban&lang=en")
    assert "have no measured time" in page


@pytest.mark.parametrize(
    ("asking", "gap", "said"),
    [
        ("period=2024-05", Gap.UNTOLD_BEFORE, "nothing is known of the beginning, or of the end, of 2024-04"),
        ("period=2024-05&against=2023-05", Gap.UNTOLD_BEFORE, "of 2023-05"),
        ("period=2024", Gap.UNTOLD_BEFORE, "of 2023"),
        ("period=2024-04", Gap.UNTOLD_BEFORE, "of 2024-03"),
        ("window=last100", Gap.NOTHING_BEFORE, "there is nothing before it to compare with"),
        ("window=7d&category=rural", Gap.FEW, "too few missions"),
    ],
)
async def test_what_cannot_be_told_is_said(asked: Get, asking: str, gap: Gap, said: str) -> None:
    """In one sentence, and never guessed."""
    found = await answer(asked, f"national?{asking}")
    assert [(one.gap, one.change, one.causes) for one in found.objectives] == [(gap, None, None)]
    _, page, _ = await asked(f"/why/national?{asking}&lang=en")
    assert said in page
    assert "<svg" not in page


async def test_a_running_window_of_a_silent_feed_is_not_explained() -> None:
    """A month that is over is, whatever the feed does."""
    world = World()
    await world.tell([*told(0.15, -56, "before"), *told(0.5, -28, "now")])
    world.clock.now += 7 * DAY
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        assert [one.gap for one in (await answer(get, "national?window=28d")).objectives] == [Gap.SILENT]
        over = await answer(get, "national?period=2024-05&against=2024-04")
        assert [one.gap for one in over.objectives] == [Gap.UNTOLD_BEFORE]
        assert over.now_ends_at == datetime(2024, 5, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asking", "status"),
    [
        ("nowhere", 404), ("oslo?period=2031", 404), ("oslo?period=soon", 400), ("oslo?against=then", 400),
        ("oslo?window=never", 400), ("oslo?category=sea", 400),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem(asked: Get, asking: str, status: int) -> None:
    """As told everywhere else, and nothing of the question is repeated."""
    found, text, _ = await asked(f"/api/v1/why/{asking}")
    assert found == status
    assert msgspec.json.decode(text, type=Problem).status == status
    assert (await asked(f"/why/{asking}"))[0] == status
