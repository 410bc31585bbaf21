"""Why the late share changed: rows equal counting one by one, parts add up, and what is not known is not guessed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import Calendar
from monitor.core.change import Change, Driver, change_of
from monitor.core.compared import Compared, Gap, compared
from monitor.core.history import History
from monitor.core.judged_rows import LATE, OTHERWISE, Limit, Look
from monitor.core.mission import CAUSES, Kind
from monitor.core.rounding import Rounding
from monitor.core.service import Area, Category, Clock, Moment, Objective, Service, Statistic
from monitor.core.windows import Span, span_of
from tests.core.figures import GRID, HOUR, SUPERSEDED, Call, history_of
from tests.core.police import REQUIREMENT, SERVICE
from tests.core.test_tail import SPANS, threshold
from tests.core.worlds import BEGIN, DAYS, FIRST, Told, World, worlds
from tests.core.worlds import GRID as WORLD_GRID
from tests.core.worlds import history_of as history_of_world

DAY = 24 * HOUR
NOW = Span(SUPERSEDED - 15 * DAY, SUPERSEDED - DAY)
BEFORE = Span(NOW.start - 14 * DAY, NOW.start)
"""Both by the first tables: the second come into force a day later."""
LATER = Span(SUPERSEDED, SUPERSEDED + 14 * DAY)


@settings(max_examples=60)
@given(worlds(sealing=False), SPANS, st.data())
def test_rows_equal_counting_one_by_one(world: World, span: Span, data: st.DataObject) -> None:
    """Of any service, area and category; missions that are open for too long are unmeasured."""
    objective, area, limits = drawn(world, data, (100.0, 300.5))
    if objective is None:
        return
    objective = replace(objective, rounding=data.draw(st.sampled_from(Rounding)))
    given_up = data.draw(st.sampled_from([span.start, (span.start + span.end) / 2, span.end]))
    rows = Look(history_of_world(world), area, objective, limits, given_up).rows(span, 1)
    assert rows is not None
    slow = listed(world, area, objective, limits, span, given_up=given_up)
    assert sorted(zip(rows.at.tolist(), *rows.numbers.tolist(), strict=True)) == sorted(slow)


@settings(max_examples=60)
@given(worlds(), st.booleans(), st.data())
def test_sealed_missions_are_counted_as_if_they_were_known(
    world: World, rolled_up: bool, data: st.DataObject
) -> None:
    """By days, with one threshold for all times; who was open when its slice was sealed is unmeasured."""
    objective, area, limits = drawn(world, data, (600.0, 600.0))
    if objective is None:
        return
    objective = replace(objective, rounding=data.draw(st.sampled_from(Rounding)))
    service = replace(
        world.service,
        objectives=tuple(objective if one.slug == objective.slug else one for one in world.service.objectives),
    )
    world = replace(world, service=service)
    tables = {since: dict.fromkeys(table, 600.0) for since, table in world.tables.items()}
    world = replace(world, tables=tables)
    first, after = sorted(data.draw(st.integers(0, DAYS)) for _ in range(2))
    span = Span(*(WORLD_GRID.midnight(FIRST.toordinal() + day) for day in (first, after)))
    rows = Look(history_of_world(world, rolled_up=rolled_up), area, objective, limits, 0.0).rows(span, 1)
    assert rows is not None
    slow = listed(world, area, objective, limits, span, given_up=0.0)
    assert rows.numbers[2:].sum(axis=1).tolist() == [sum(one[at] for one in slow) for at in range(3, 8)]


def drawn(
    world: World, data: st.DataObject, seconds: tuple[float, float]
) -> tuple[Objective | None, str, dict[str, Limit]]:
    """A percentile, an area, and a category for each leaf that judges it."""
    service = world.service
    objectives = [one for one in service.objectives if one.statistic is Statistic.PERCENTILE]
    limits = {
        leaf: Limit(data.draw(st.sampled_from(service.category_pools[leaf])), seconds)
        for leaf in service.leaf_categories
    }
    objective = data.draw(st.sampled_from(objectives)) if objectives else None
    return objective, data.draw(st.sampled_from(service.judged_areas)), limits


def listed(
    world: World, area: str, objective: Objective, limits: dict[str, Limit], span: Span, *, given_up: float
) -> list[tuple[float, ...]]:
    """When, part of the area, category, missions, judged, late, late by the other threshold, sealed."""
    clock = world.service.clock_slugs.index(objective.clock)
    found = []
    for told in world.missions:
        pools = world.service.pools(told.series[0], date.fromordinal(WORLD_GRID.day_of(told.at)))
        if area not in pools or told.series[1] not in limits or not span.start <= told.at < span.end:
            continue
        limit = limits[told.series[1]]
        own = threshold(world, area, limit.pool, objective, told.at)
        state = told.states[clock]
        waits = state in (Kind.OPEN, Kind.UNTIMED) and told.at >= given_up and not told.sealed
        if own is None or waits or state is Kind.EXCLUDED:
            continue
        judged = not isinstance(state, Kind)
        assert judged or state in (*CAUSES, Kind.OPEN, Kind.UNTIMED)
        late, otherwise = (judged and objective.rounding.read(state) > seconds for seconds in (own, limit.seconds[0]))
        part = pools[pools.index(area) - 1] if pools.index(area) else area
        found.append(
            (
                told.at, world.service.judged_areas.index(part), list(limits).index(told.series[1]),
                1, int(judged), int(late), int(otherwise), int(told.sealed),
            )
        )  # fmt: skip
    return found


def span_of_month(month: int) -> Span:
    """Of 2024, local midnight to local midnight."""
    return span_of(Calendar().period(f"2024-{month:02}"), GRID)


def missions(
    rng: np.random.Generator, span: Span, count: int, *, late: float = 0.2, oslo: float = 0.5, urban: float = 0.6,
    unmeasured: float = 0.1, sealed: bool = False, slower: float = 0.0,
) -> list[Call]:  # fmt: skip
    """Missions at random, all that are late far beyond any threshold; of Oslo `slower` more are."""
    made = []
    for at in rng.uniform(span.start, span.end, count).tolist():
        area = "oslo" if rng.random() < oslo else "vest"
        series = (area, "urban" if rng.random() < urban else "rural")
        is_late = rng.random() < late + slower * (area == "oslo")
        kind = Kind.NO_END if rng.random() < unmeasured else Kind.MEASURED
        made.append(Call(series, at, kind, 5000.0 if is_late else 60.0, sealed=sealed))
    return made


def compare(
    made: Sequence[Call], before: Span = BEFORE, now: Span = NOW, area: str = "national", **asked: str
) -> Compared | Gap:
    return explain(history_of(made), before, now, area, **asked)


def explain(
    history: History, before: Span = BEFORE, now: Span = NOW, area: str = "national", **asked: str
) -> Compared | Gap:
    return compared(history, area, REQUIREMENT, before, now, abandoned_before=0.0, **asked)


def explained(found: Compared | Gap) -> Change:
    assert isinstance(found, Compared)
    return change_of(found, np.random.default_rng(1))


def two(seed: int, **changed: float) -> list[Call]:
    """Two fortnights, the second with something changed."""
    rng = np.random.default_rng(seed)
    return [*missions(rng, BEFORE, 900), *missions(rng, NOW, 900, **changed)]  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([{}, {"late": 0.4}, {"oslo": 0.9}, {"unmeasured": 0.4}]))
def test_causes_and_areas_add_up_to_what_changed(seed: int, changed: dict[str, float]) -> None:
    """Counts exactly, as fractions; shares to the last bit but a few. The whole is the official count."""
    made = two(seed, **changed)
    found = explained(compare(made))
    for tally, span in ((found.before, BEFORE), (found.now, NOW)):
        inside = [one for one in made if span.start <= one.at < span.end]
        measured = [one for one in inside if one.kind is Kind.MEASURED]
        assert (tally.judged, tally.unmeasured) == (len(measured), len(inside) - len(measured))
        assert tally.late == sum((one.response or 0.0) > 1500.0 for one in measured)
    for side in ("before", "now"):
        parts = [getattr(one, side) for one in found.areas]
        assert sum((one.excess(80) for one in parts), Fraction(0)) == getattr(found, side).excess(80)
    assert found.change.value == pytest.approx(found.now.share - found.before.share, abs=1e-12)
    assert sum(one.value for one in found.drivers.values()) == pytest.approx(found.change.value, abs=1e-12)
    assert sum(one.change.value for one in found.areas) == pytest.approx(found.change.value, abs=1e-12)
    assert found.drivers[Driver.TARGET] == found.drivers[Driver.TARGET].__class__(0.0, 0.0, 0.0, 0)


def test_the_same_missions_a_fortnight_later_have_no_causes() -> None:
    """Exactly none: no change, no cause, no area."""
    first = missions(np.random.default_rng(5), BEFORE, 600)
    found = explained(compare([*first, *(replace(one, at=one.at + 14 * DAY) for one in first)]))
    assert [one.value for one in (found.change, *found.drivers.values())] == [0.0] * 5
    assert [one.change.value for one in found.areas] == [0.0, 0.0]


def test_what_areas_are_called_changes_nothing() -> None:
    """Oslo's missions in the west, and the west's in Oslo: the parts change places."""
    made = two(7, oslo=0.7, slower=0.2)
    other = {"oslo": "vest", "vest": "oslo"}
    first, second = (
        explained(compare(one))
        for one in (made, [replace(one, series=(other[one.series[0]], one.series[1])) for one in made])
    )
    assert second.change == first.change
    for driver, estimate in first.drivers.items():
        assert second.drivers[driver].value == pytest.approx(estimate.value, abs=1e-12)
    assert [(other[one.area or ""], one.before, one.now) for one in second.areas] == [
        (one.area, one.before, one.now) for one in first.areas
    ]


def test_cells_are_half_days_areas_categories_and_hours() -> None:
    """By local time, and by the pool's own threshold."""
    made = two(11)
    found = compare(made)
    assert isinstance(found, Compared)
    assert (found.areas, found.cells, found.by_hour, len(found.now.strata)) == (["oslo", "vest"], 32, True, 28)
    assert found.now.strata.tolist() == [0, 1] * 14
    slow: Counter[tuple[int, int]] = Counter()
    for one in made:
        if NOW.start <= one.at < NOW.end:
            local = datetime.fromtimestamp(one.at, UTC).astimezone(GRID.zone)
            half = 2 * (local.date() - datetime.fromtimestamp(NOW.start, GRID.zone).date()).days + local.hour // 12
            place = ("oslo", "vest").index(one.series[0]) * 2 + ("urban", "rural").index(one.series[1])
            slow[half, place * 8 + local.hour // 3] += 1
    told = found.now
    assert dict(slow) == dict(
        zip(zip(told.clusters.tolist(), told.cells.tolist(), strict=True), told.missions.tolist(), strict=True)
    )


@pytest.mark.parametrize(
    ("changed", "driver"),
    [({"late": 0.4}, Driver.PACE), ({"unmeasured": 0.1, "oslo": 0.9}, Driver.MIX)],
)
def test_what_was_changed_is_named(changed: dict[str, float], driver: Driver) -> None:
    """Oslo is slower all along, so that missions move there matters."""
    rng = np.random.default_rng(3)
    made = missions(rng, BEFORE, 2500, slower=0.4)
    found = explained(compare([*made, *missions(rng, NOW, 2500, slower=0.4, **changed)]))  # type: ignore[arg-type]
    assert found.drivers[driver].stands_out == 1
    assert found.drivers[driver].value > 0.8 * found.change.value
    assert all(one.stands_out == 0 for other, one in found.drivers.items() if other is not driver)


def test_missions_that_are_no_longer_measured_are_no_pace() -> None:
    """Half of the slow district's arrivals are registered no more: the share falls, and nobody got faster."""
    rng = np.random.default_rng(4)
    made = missions(rng, BEFORE, 2500, slower=0.5)
    now = [
        replace(one, kind=Kind.NO_END) if one.series[0] == "oslo" and rng.random() < 0.5 else one
        for one in missions(rng, NOW, 2500, slower=0.5)
    ]
    found = explained(compare([*made, *now]))
    assert found.drivers[Driver.MISSING].stands_out == -1
    assert found.drivers[Driver.MISSING].value < 0.7 * found.change.value < 0.0
    assert found.drivers[Driver.PACE].stands_out == 0


def test_another_threshold_is_a_cause_of_its_own() -> None:
    """The same times, held against the tables of June: what they cost is the target's, exactly."""
    first = [
        Call(one.series, one.at, one.kind, 1150.0 if (one.response or 0.0) > 100.0 else 60.0)
        for one in missions(np.random.default_rng(5), BEFORE, 600, urban=1.0)
    ]
    later = [replace(one, at=one.at - BEFORE.start + LATER.start) for one in first]
    found = explained(compare([*first, *later], BEFORE, LATER, category="urban"))
    assert (found.before.late > 0, found.now.late) == (True, 0)  # 1100 s until May, 1200 s from June on
    assert found.drivers[Driver.TARGET].value == pytest.approx(found.change.value, abs=1e-12)
    assert found.drivers[Driver.PACE].value == pytest.approx(0.0, abs=1e-12)


def test_sealed_missions_are_explained_without_their_hours() -> None:
    """The parts are the same, by days; only what needs an hour is left out."""
    made = two(21, late=0.4)
    known = explained(compare(made))
    sealed = compare([replace(one, sealed=one.at < NOW.start) for one in made])
    assert isinstance(sealed, Compared)
    assert (sealed.by_hour, sealed.cells, len(sealed.before.strata), sealed.chain) == (False, 4, 14, None)
    found = explained(sealed)
    assert found.before == replace(known.before, sealed=known.before.judged + known.before.unmeasured)
    assert found.change.value == known.change.value
    values = [{one.area: one.change.value for one in told.areas} for told in (found, known)]
    assert values[0] == pytest.approx(values[1])


def test_what_is_not_known_is_not_explained() -> None:
    """Each reason, at its edge."""
    rng = np.random.default_rng(9)
    before, now = missions(rng, BEFORE, 400), missions(rng, NOW, 400)
    assert isinstance(compare([*before, *now]), Compared)
    assert compare(now) is Gap.UNTOLD_BEFORE
    assert compare([one for one in [*before, *now] if one.at >= BEFORE.start + 2 * DAY]) is Gap.UNTOLD_BEFORE
    assert compare([one for one in [*before, *now] if one.at < NOW.end - 2 * DAY]) is Gap.UNTOLD_NOW
    assert compare([*before, *now[:100]]) is Gap.FEW
    quiet = [replace(one, response=60.0) for one in [*before, *now]]
    assert compare(quiet) is Gap.FEW
    later = [replace(one, at=one.at - NOW.start + LATER.start) for one in now]
    assert compare([*before, *later], BEFORE, LATER, area="oslo") is Gap.NO_TARGET  # rural has none from June on
    assert compare([*before, *later], BEFORE, LATER, area="vest", category="rural") is Gap.NO_TARGET
    history = history_of([replace(one, sealed=True) for one in [*before, *later]])
    assert explain(history, BEFORE, LATER) is Gap.TARGET_SEALED
    mean = Objective("mean", None)
    assert compared(history, "national", mean, BEFORE, NOW, abandoned_before=0.0) is Gap.MEAN


def staged(told: list[Told], objective: Objective, threshold: float) -> Compared | Gap:
    """Two fortnights of a service with two stages, a hundred days before `BEGIN`."""
    service = Service(
        "fire",
        areas=(Area("city"), Area("a", "city")),
        categories=(Category("calls"),),
        clocks=tuple(
            Clock(slug, (Moment(first),), (Moment(last),))
            for slug, first, last in (
                ("response", "called", "arrived"),
                ("handling", "called", "rolling"),
                ("travel", "rolling", "arrived"),
            )
        ),
        objectives=(objective,),
    )
    world = World(service, {date(2020, 1, 1): {("city", "calls", objective.slug): threshold}}, told)
    begin, middle = BEGIN - 100 * DAY, BEGIN - 86 * DAY
    return compared(
        history_of_world(world), "city", objective, Span(begin, middle), Span(middle, middle + 14 * DAY),
        abandoned_before=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(("rounding", "late"), [(Rounding.EXACT, 200), (Rounding.TENTH_OF_MINUTE, 400)])
def test_stages_are_late_as_the_rule_reads_the_whole(rounding: Rounding, late: int) -> None:
    """Of 998, 1000 and 1002 seconds against a thousand: 16.7 minutes are more, whatever stages add up to."""
    begin = BEGIN - 100 * DAY
    told = [
        Told(("a", "calls"), begin + 4000.0 * number, (whole, 100.0, whole - 100.0))
        for number in range(600)
        for whole in [998.0 + 2 * (number % 3)]
    ]
    change = explained(staged(told, replace(REQUIREMENT, rounding=rounding), 1000.0))
    assert change.stages is not None
    both = change.stages.before, change.stages.now
    assert sum(one.late for one in both) == late == change.before.late + change.now.late
    assert sum(one.judged for one in both) == 600


def test_stages_add_up_and_the_one_that_took_longer_is_named() -> None:
    """Handling and travel make up the response; handling takes four minutes more. What lacks a stage is left out."""
    rng = np.random.default_rng(8)
    begin = BEGIN - 100 * DAY
    told = []
    for number, at in enumerate(rng.uniform(begin, begin + 28 * DAY, 1600).tolist()):
        slower = 240.0 * (at >= begin + 14 * DAY)
        handling = round(float(rng.uniform(30.0, 90.0)) + slower, 3)
        travel: float | Kind = round(float(rng.uniform(100.0, 700.0)), 3)
        if number % 10 == 0:
            told.append(Told(("a", "calls"), at, (round(handling + 300.0, 3), handling, Kind.NO_END)))
        else:
            told.append(Told(("a", "calls"), at, (round(handling + travel, 3), handling, travel)))  # type: ignore[operator]
    change = explained(staged(told, REQUIREMENT, 600.0))
    stages = change.stages
    assert stages is not None
    assert (stages.before.judged + stages.now.judged, [*stages.stages]) == (1440, ["handling", "travel"])
    parts = [*stages.stages.values(), stages.together, stages.mix]
    assert sum(one.value for one in parts) == pytest.approx(stages.change.value, abs=1e-12)
    assert stages.stages["handling"].value > 0.9 * stages.change.value > 0.1
    assert [one.stands_out for one in stages.stages.values()] == [1, 0]


def test_a_district_has_no_parts() -> None:
    """Only causes."""
    found = explained(compare(two(2, late=0.3), area="oslo"))
    assert (found.areas, found.stages) == ([], None)
    assert SERVICE.root == "national"


def test_the_same_generator_gives_the_same_intervals() -> None:
    """Chance is an argument."""
    found = compare(two(3))
    assert explained(found) == explained(found)


@pytest.mark.parametrize(("rounding", "late"), [(Rounding.EXACT, [0, 0, 1]), (Rounding.TENTH_OF_MINUTE, [0, 1, 1])])
def test_late_is_what_the_rule_reads(rounding: Rounding, late: list[int]) -> None:
    """A thousand seconds are allowed: read to tenths of minutes they are 16.7, which is more; 998 are 16.6."""
    at = NOW.start + HOUR
    made = [Call(("oslo", "urban"), at + number, Kind.MEASURED, 998.0 + 2 * number) for number in range(3)]
    history, objective = history_of(made), replace(REQUIREMENT, rounding=rounding)
    assert history.targets_at("oslo", "urban", objective, np.array([at])).tolist() == [1000.0]
    rows = Look(history, "oslo", objective, {"urban": Limit("urban", (1000.0, 1000.0))}, 0.0).rows(NOW, 1)
    assert rows is not None
    assert rows.numbers[LATE].tolist() == rows.numbers[OTHERWISE].tolist() == late


def test_a_day_is_too_short_to_tell_chance() -> None:
    """However many missions: of two or three half-days nobody knows how half-days differ."""
    for hours in (24, 72):
        now = Span(NOW.end - hours * HOUR, NOW.end)
        before = Span(now.start - hours * HOUR, now.start)
        made = [
            Call(("oslo", "urban"), before.start + 60.0 * number, Kind.MEASURED, 1100.0 if number % 4 else 300.0)
            for number in range(2 * hours * 60)
        ]
        found = compared(history_of(made), "oslo", REQUIREMENT, before, now, abandoned_before=0.0)
        assert found is Gap.FEW


def test_one_day_that_was_told_is_not_a_fortnight() -> None:
    """A feed that was away between the first and the last day: draws without any mission have no share."""
    made = [one for one in two(3) if not BEFORE.start + DAY < one.at < BEFORE.end - DAY]
    assert compared(history_of(made), "national", REQUIREMENT, BEFORE, NOW, abandoned_before=0.0) is Gap.FEW
