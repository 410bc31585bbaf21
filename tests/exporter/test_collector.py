"""What is exposed is the vocabulary, filled with the snapshot's figures."""

import math
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from monitor import metrics
from monitor.core.mission import Cause
from monitor.core.service import Objective
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.exporter.collector import PublishedCollector
from monitor.published import Published
from monitor.settings.sections import WindowSettings
from tests.exporter import invented
from tests.exporter.conftest import Running
from tests.exporter.world import DAY, HOUR, NOW, World, event, missions, shows
from tests.presets import police

SERVICE = police().slug
Series = tuple[str, frozenset[tuple[str, str]]]

NO_DATA: Final = metrics.VERDICTS[State.NO_DATA, Evidence.NONE]
NO_TARGET: Final = metrics.VERDICTS[State.NO_TARGET, Evidence.NONE]
MAY_BE_MET: Final = metrics.VERDICTS[State.MET, Evidence.NONE]


def registry(published: Published) -> CollectorRegistry:
    """A registry of its own over one state."""
    found = CollectorRegistry()
    found.register(PublishedCollector(published, windows=WindowSettings().exposed))
    return found


def exposed(published: Published) -> dict[Series, float]:
    """Every series with its value, read back from the text format."""
    text = generate_latest(registry(published)).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def value(told: dict[Series, float], metric: metrics.Metric, *labels: str) -> float:
    """One value of an exposition; `labels` without the service's."""
    return told[metric.name, frozenset(zip(metric.labels, (SERVICE, *labels), strict=True))]


async def filled(world: World) -> None:
    """Something of every kind in two partitions."""
    await world.tell(missions(20, late=3))
    await world.tell([event("open", minutes=None), event("out", excluded="exercise")])
    await world.tell([b"{", *missions(5, name="w", district="vest", settlement="rural")], partition=1)


@pytest.fixture
async def published(world: World, running: Running) -> Published:
    """The filled world as published."""
    await filled(world)
    return (await running(world)).published


async def test_vocabulary_and_exposition_are_equal(published: Published) -> None:
    """Every exposed name and label set is in the vocabulary, and all of that is exposed; a mean's where one is."""
    means = invented.published(invented.service({"all": None}, {"any": None}, (Objective("mean", None),)))
    told = {
        (name, frozenset(label for label, _ in labels))
        for shown in (published, means)
        for name, labels in exposed(shown)
    }
    assert told == {(metric.name, frozenset(metric.labels)) for metric in metrics.EXPORTER}


async def test_kinds_and_help_are_the_vocabularys(published: Published) -> None:
    """TYPE and HELP lines say what the vocabulary says."""
    for family in registry(published).collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert (family.documentation, family.type) == (metrics.BY_NAME[name].help, metrics.BY_NAME[name].kind)


def per_series(told: Iterable[Series]) -> Counter[tuple[str, str]]:
    """How many samples each area and category has."""
    labels = [dict(labels) for _, labels in told]
    both = {metrics.AREA, metrics.CATEGORY}
    return Counter((one[metrics.AREA], one[metrics.CATEGORY]) for one in labels if one.keys() >= both)


async def test_a_series_costs_less_than_a_hundred_samples(published: Published) -> None:
    """An area and category with two objectives, in the windows that are told by default; each has as many."""
    counts = per_series(exposed(published))
    assert len(counts) == 39
    (samples,) = set(counts.values())
    assert samples <= 100


async def test_only_the_windows_that_are_chosen_are_told(published: Published) -> None:
    """Whatever else is judged for board and API."""
    found = CollectorRegistry()
    found.register(PublishedCollector(published, windows=("24h", "last100")))
    windows = {
        sample.labels[metrics.WINDOW]
        for family in found.collect()
        for sample in family.samples
        if metrics.WINDOW in sample.labels and sample.name != metrics.RESPONSE_PERIOD_E_VALUE.name
    }
    assert windows == {"24h", "last100"}


async def test_objectives_and_areas_are_told(published: Published) -> None:
    """What a name stands for: duty and percentile of an objective, and what people call an area."""
    told = exposed(published)
    assert value(told, metrics.RESPONSE_OBJECTIVE_INFO, "requirement", "response", "percentile", "80", "page") == 1
    assert value(told, metrics.RESPONSE_OBJECTIVE_INFO, "goal", "response", "percentile", "50", "ticket") == 1
    assert value(told, metrics.RESPONSE_AREA_INFO, "oslo", "", "leaf", "oslo") == 1
    assert value(told, metrics.RESPONSE_CATEGORY_INFO, "urban", "", "leaf", "urban") == 1


def test_no_data_and_no_target_lie_between_met_and_missed_with_codes_of_their_own() -> None:
    """Neither question finds them; the greatest of several is the worst, no data is worse than met; nothing is 0."""
    for (state, evidence), code in metrics.VERDICTS.items():
        assert (code > metrics.MISSED_ABOVE) == (state is State.MISSED)
        assert (code < metrics.MET_BELOW) == (state is State.MET)
        assert code > 0
        assert state in (State.MET, State.MISSED) or evidence is Evidence.NONE
    decided = {(state, evidence) for state in (State.MET, State.MISSED) for evidence in Evidence}
    assert metrics.VERDICTS.keys() - decided == {(State.NO_DATA, Evidence.NONE), (State.NO_TARGET, Evidence.NONE)}
    assert decided <= metrics.VERDICTS.keys()
    assert len({*metrics.VERDICTS.values()}) == len(metrics.VERDICTS)


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["unread", "empty", "filled"])
async def test_promtool_has_no_complaint(promtool: Path, kind: str, world: World, running: Running) -> None:
    """Prometheus' own linter is silent in every stage of the exporter's life."""
    if kind == "filled":
        await filled(world)
    published = world.refresh().published if kind == "unread" else (await running(world)).published
    judged = subprocess.run(  # noqa: ASYNC221 - a few milliseconds, nothing else runs
        [promtool, "check", "metrics"], input=generate_latest(registry(published)), capture_output=True, check=False
    )
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b"")


async def test_openmetrics_says_the_same(published: Published) -> None:
    """The OpenMetrics format passes its parser and carries the same values."""
    text = generate_openmetrics(registry(published)).decode()
    told = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse_openmetrics(text)
        for sample in family.samples
    }
    assert told == pytest.approx(exposed(published), nan_ok=True)


async def test_every_series_exists_from_the_start(world: World, running: Running) -> None:
    """An empty store gives the same series as a filled one, but for the partitions that are not there."""
    empty = exposed((await running(world)).published)
    await filled(world)
    full = exposed((await running(world)).published)
    assert full.keys() - empty.keys() == {
        (metric.name, frozenset({("service", SERVICE), ("partition", number)}))
        for metric in metrics.EXPORTER
        if metrics.PARTITION in metric.labels
        for number in ("0", "1")
    }
    assert not empty.keys() - full.keys()


async def test_nothing_read_is_not_nothing_there(world: World) -> None:
    """Before the store was read counts are NaN, verdicts no_data, and counters not exposed."""
    unread = exposed(world.refresh().published)
    counters = {metric.name for metric in metrics.EXPORTER if metric.kind == "counter"}
    assert not counters & {name for name, _ in unread}
    assert value(unread, metrics.STORE_UP) == 0
    for (name, labels), told in unread.items():
        if name == metrics.RESPONSE_VERDICT.name:
            without = ("area", "finnmark") in labels and ("category", "urban") in labels
            assert told == (NO_TARGET if without else NO_DATA)
        elif name.startswith("response_missions"):
            assert math.isnan(told)


async def test_values_are_the_snapshots(published: Published) -> None:
    """Row by row, each sample is the figure that the snapshot holds; what does not exist is NaN."""
    told = exposed(published)

    def one(metric: metrics.Metric, *labels: str) -> float:
        return value(told, metric, *labels)

    def same(found: float, expected: float | None) -> bool:
        return math.isnan(found) if expected is None else found == expected

    shown = [row for row in published.snapshot.rows if row.window in WindowSettings().exposed]
    assert len(shown) == 39 * 5
    for row in shown:
        place = (row.area, row.category, row.window)
        (clock,), series = row.figures.clocks.items(), (row.area, row.category)
        assert one(metrics.RESPONSE_MISSIONS_MEASURED, *series, clock[0], row.window) == clock[1].measured
        if row.span is not None:
            unmeasured = one(metrics.RESPONSE_MISSIONS_UNMEASURED, *series, clock[0], row.window)
            assert unmeasured == clock[1].unmeasured_total
            assert one(metrics.RESPONSE_MISSIONS_EXCLUDED, *place) == row.figures.excluded
        for slug, verdict in row.verdicts.items():
            judged = (row.area, row.category, slug, row.window)
            assert same(one(metrics.RESPONSE_TIME_SECONDS, *judged), row.figures.values[slug])
            assert same(one(metrics.RESPONSE_TIME_LOWER_SECONDS, *judged), row.figures.intervals[slug].lower)
            assert same(one(metrics.RESPONSE_TIME_UPPER_SECONDS, *judged), row.figures.intervals[slug].upper)
            if row.window in ("month", "tertial", "year"):
                assert same(one(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *judged), verdict.late_budget)
            assert one(metrics.RESPONSE_MISSIONS_JUDGED, *judged) == verdict.judged
            assert one(metrics.RESPONSE_MISSIONS_WITHIN_TARGET, *judged) == verdict.within
            code = one(metrics.RESPONSE_VERDICT, *judged)
            assert code == metrics.VERDICTS[verdict.state, verdict.evidence]
    for standing in published.snapshot.standings:
        series = (standing.area, standing.category)
        assert one(metrics.RESPONSE_MISSIONS_OPEN, *series) == standing.in_progress.open
        assert one(metrics.RESPONSE_MISSIONS_OVERDUE, *series) == standing.in_progress.overdue
        alarm, page = standing.alarms["requirement"], (*series, "requirement")
        assert one(metrics.RESPONSE_BREACH_LEVEL, *page) == ["none", "warning", "breach"].index(alarm.level)
        assert one(metrics.RESPONSE_BREACH_P_VALUE, *page) == alarm.window_p_value
        assert same(one(metrics.RESPONSE_LAST_MISSION_TIMESTAMP_SECONDS, *series), standing.last_rang_at)


async def test_known_missions_give_known_figures(published: Published) -> None:
    """20 missions, 3 of them late: requirement met with one to spare, and the one still open is overdue."""
    told, urban = exposed(published), ("oslo", "urban")
    assert value(told, metrics.RESPONSE_TIME_SECONDS, *urban, "requirement", "28d") == 480.0
    assert value(told, metrics.RESPONSE_VERDICT, *urban, "requirement", "28d") == MAY_BE_MET
    assert value(told, metrics.RESPONSE_LATE_BUDGET_MISSIONS, *urban, "requirement", "month") == 1
    assert value(told, metrics.RESPONSE_MISSIONS_WITHIN_TARGET, *urban, "requirement", "28d") == 17
    assert value(told, metrics.RESPONSE_MISSIONS_JUDGED, *urban, "requirement", "28d") == 20
    assert value(told, metrics.RESPONSE_MISSIONS_EXCLUDED, *urban, "28d") == 1
    assert value(told, metrics.RESPONSE_MISSIONS_OVERDUE, *urban) == 1
    assert value(told, metrics.RESPONSE_MISSIONS_MEASURED, "national", "rural", "response", "28d") == 5
    assert value(told, metrics.RESPONSE_TIME_TARGET_SECONDS, *urban, "requirement") == 1200
    assert math.isnan(value(told, metrics.RESPONSE_TIME_TARGET_SECONDS, "finnmark", "urban", "requirement"))
    assert value(told, metrics.EVENTS, "new") == 27
    assert value(told, metrics.DEAD_LETTERS, "malformed_json") == 1
    assert value(told, metrics.DEAD_LETTERS, "late") == 0
    assert value(told, metrics.NEXT_OFFSET, "1") == 6
    assert value(told, metrics.MISSIONS_TRACKED) == 27


def test_unmeasured_missions_are_told_by_cause() -> None:
    """For each clock, in the alert's window: whatever may be, also where there are none; together it is the whole."""
    declared = invented.service(
        {"all": None}, {"any": None}, (Objective("mean", None), Objective("p9", 90, clock="answer")),
        ("response", "answer"),
    )  # fmt: skip
    published = invented.published(declared)
    told, by_cause = exposed(published), metrics.RESPONSE_MISSIONS_UNMEASURED_BY_CAUSE
    found: dict[str, dict[str, float]] = {}
    for (name, labels), count in told.items():
        if name == by_cause.name:
            found.setdefault(dict(labels)["clock"], {})[dict(labels)["cause"]] = count
    (row,) = [row for row in published.snapshot.rows if row.window == metrics.UNMEASURED_WINDOW]
    assert found.keys() == row.figures.clocks.keys()
    for clock, counts in found.items():
        expected = {cause: row.figures.clocks[clock].unmeasured.get(cause, 0) for cause in Cause}
        assert counts == {cause: n for cause, n in expected.items() if cause not in ("unknown", "too_short")}
        whole = told[
            metrics.RESPONSE_MISSIONS_UNMEASURED.name,
            frozenset({
                "service": "invented", "area": "all", "category": "any", "clock": clock, "window": row.window,
            }.items()),
        ]  # fmt: skip
        assert whole == sum(counts.values()) > 0


def test_a_mean_has_seconds_to_spare_instead_of_late_missions() -> None:
    """And no count within target; a percentile has those, and no seconds."""
    declared = invented.service({"all": None}, {"any": None}, (Objective("mean", None), Objective("p9", 90)))
    published = invented.published(declared)
    objectives: dict[str, set[str]] = {}
    for name, labels in exposed(published):
        if "objective" in dict(labels):
            objectives.setdefault(name, set()).add(dict(labels)["objective"])
    assert objectives[metrics.RESPONSE_SPARE_SECONDS.name] == {"mean"}
    assert objectives[metrics.RESPONSE_LATE_BUDGET_MISSIONS.name] == {"p9"}
    assert objectives[metrics.RESPONSE_MISSIONS_WITHIN_TARGET.name] == {"p9"}
    assert objectives[metrics.RESPONSE_VERDICT.name] == {"mean", "p9"}
    told = exposed(published)
    for row in published.snapshot.rows:
        if row.window == "year":
            labels = {"service": "invented", "area": "all", "category": "any", "objective": "mean", "window": "year"}
            spare = told[metrics.RESPONSE_SPARE_SECONDS.name, frozenset(labels.items())]
            assert spare == row.verdicts["mean"].spare_seconds
    assert metrics.RESPONSE_BREACH_LEVEL.name not in objectives, "no objective pages"


async def test_a_window_by_count_has_no_unmeasured_missions(published: Published) -> None:
    """Unmeasured and excluded missions have no place among the newest measured ones, so they are not told there."""
    for name, labels in exposed(published):
        if name in (metrics.RESPONSE_MISSIONS_UNMEASURED.name, metrics.RESPONSE_MISSIONS_EXCLUDED.name):
            assert dict(labels)["window"] != "last100"


@pytest.mark.parametrize("silent_days", [None, 1])
async def test_no_data_is_never_met(silent_days: int | None, world: World, running: Running) -> None:
    """Neither an empty store nor a feed that fell silent shows any target as met or missed."""
    if silent_days is not None:
        await filled(world)
        world.clock.now += silent_days * DAY
    refresh = await running(world)
    await shows(refresh, 0 if silent_days is None else 20)
    told = exposed(refresh.published)
    assert value(told, metrics.FEED_STALE) == 1
    codes = [one for (name, _), one in told.items() if name == metrics.RESPONSE_VERDICT.name]
    assert {*codes} == {NO_DATA, NO_TARGET}
    assert codes.count(NO_TARGET) == 2 * 5, "Finnmark has no cities, and so no target for them"


async def test_moments_are_told_as_moments(published: Published) -> None:
    """Timestamps are Unix time: of the newest record, mission, snapshot and reading."""
    told = exposed(published)
    assert value(told, metrics.LAST_RECORD_TIMESTAMP_SECONDS) == NOW
    assert value(told, metrics.SNAPSHOT_TIMESTAMP_SECONDS) == NOW
    assert value(told, metrics.STORE_READ_TIMESTAMP_SECONDS) == NOW
    assert value(told, metrics.WATERMARK_TIMESTAMP_SECONDS, "0") == NOW - 3600


async def test_what_nobody_would_otherwise_notice_is_counted(world: World, running: Running) -> None:
    """Three records ahead of their time, two missions that changed years, none left out."""
    await world.tell([event("a"), event("b", rang=NOW - HOUR - 366 * DAY)])
    await world.tell([event("a", minutes=9.0)], at=NOW + 366 * DAY)
    await world.tell([b"{", event("c")], partition=1, at=NOW + 301.0)
    await world.tell([event("b"), event("a", rang=NOW - HOUR - 366 * DAY)])
    told = exposed((await running(world)).published)
    assert value(told, metrics.RECORDS_AHEAD) == 3
    assert value(told, metrics.MOVED_ACROSS_PERIODS) == 2
    assert value(told, metrics.MISSIONS_LEFT_OUT) == 0


async def test_missions_left_out_are_counted(published: Published) -> None:
    """Of all districts that are not configured."""
    doubtful = replace(published, snapshot=replace(published.snapshot, left_out={"one": 3, "other": 4}))
    assert value(exposed(doubtful), metrics.MISSIONS_LEFT_OUT) == 7
