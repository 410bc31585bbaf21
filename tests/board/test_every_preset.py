"""Every service that came along has a full board with its own words, from missions that the simulator invents."""

import re
from functools import cache

import pytest

from monitor.core.verdict import State
from monitor.published import Published
from monitor.settings import Configuration, service_rooms
from monitor.settings.service import service_names
from monitor.words import names
from monitor.words.catalogue import LANGUAGES
from tests.board.simulated import pages, shown, view_of
from tests.board.test_pages import Page

PRESETS = service_names(service_rooms(None))


@cache
def played(name: str) -> tuple[Configuration, Published]:
    """Each is invented once."""
    return shown(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_every_objective_that_judges_has_verdicts_and_every_category_figures(name: str) -> None:
    """For each threshold in force, some area with missions is met or missed; no area is empty all year."""
    conf, published = played(name)
    rows = [row for row in published.snapshot.rows if row.window == "year"]
    asked = {
        (category, slug)
        for (_, category), target in conf.targets.shown(view_of(conf, published).today).targets.items()
        for slug, seconds in target.items()
        if seconds is not None
    }
    judged = {
        (row.category, slug)
        for row in rows
        for slug, verdict in row.verdicts.items()
        if verdict.state in (State.MET, State.MISSED) and verdict.judged
    }
    assert asked <= judged
    measured = {
        (row.area, row.category): max(figures.measured for figures in row.figures.clocks.values()) for row in rows
    }
    assert {series for series, count in measured.items() if not count} == set()
    for clock in conf.service.clocks:
        assert any(row.figures.clocks[clock.slug].measured for row in rows), clock.slug


@pytest.mark.parametrize("name", PRESETS)
def test_the_pages_speak_the_services_own_words_in_every_language(name: str) -> None:
    """Names of service, areas, categories and objectives that judge; no slug in their place, and no hole."""
    conf, published = played(name)
    for language in LANGUAGES:
        view = view_of(conf, published, language)
        found = pages(conf, published, language)
        assert {"table", "wall", "area"} <= found.keys()
        for text in found.values():
            Page(text)  # refuses an id that stands twice, and elements that are not ended
            assert not re.search(r"\bnan\b|\bNone\b(?! of)|\{\w+\}", re.sub(r"<[^>]*>", " ", text))
        table = found["table"]
        assert names.service(view.say, conf.service) in table
        for area in conf.service.judged_areas:
            if conf.service.lasts(area, view.today, view.today):
                assert view.area_named(area) in table
        for category in conf.service.judged_categories:
            told = view.category_named(category)
            assert told in table or names.headed(told) in table
            assert told != category or " " not in told


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_shown_beside_a_threshold_is_written_as_it_is(name: str) -> None:
    """A median without a threshold is told in seconds where the percentile beside it, of the same clock, is."""
    conf, published = played(name)
    view = view_of(conf, published)
    written = {
        objective.slug: view.notation(objective)
        for objective in conf.service.objectives
        if any(target.get(objective.slug) for one in conf.targets.sets for target in one.targets.values())
    }
    for objective in conf.service.objectives:
        beside = {written[one.slug] for one in conf.service.objectives
                  if one.clock == objective.clock and one.slug in written}  # fmt: skip
        if objective.slug not in written and len(beside) == 1:
            assert view.notation(objective) in beside
