"""What a reader of the board is told when he asks what a target is: the rule, in his language, for every preset."""

from dataclasses import replace
from datetime import date

import pytest

from monitor.board.area import area_page
from monitor.board.frame import Judged, View
from monitor.board.matrix import board
from monitor.board.rule import Rule
from monitor.core.calendar import Calendar
from monitor.core.service import named
from monitor.core.targets import Targets, TargetSet
from monitor.core.windows import DEFAULT
from monitor.settings import Configuration, load, service_rooms
from monitor.settings.service import service_names
from monitor.words import rules
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from tests.board.test_pages import Page
from tests.exporter.invented import GRID, published

PRESETS = service_names(service_rooms(None))


def view_of(conf: Configuration, language: Language = "en", rule: Rule | None = None) -> View:
    """What somebody looks at who asks for a service."""
    return View(
        published=published(conf.service), say=speaker(language), zone=GRID.zone, window="28d", windows=DEFAULT,
        held_to=rule or Rule(conf.targets, conf.description, conf.unverified, conf.cannot_say),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_the_board_tells_the_rule_of_every_preset_in_every_language(name: str) -> None:
    """Each sentence, its source, and each point that is not verified or cannot be said."""
    conf = load(service=name)
    for language in LANGUAGES:
        view = view_of(conf, language)
        told = " ".join(Page(board(view)).text["asked"].split())
        wanted = [*rules.sentences(view.say, conf.service, conf.targets.shown(view.today))]
        assert len(wanted) >= len(conf.service.objectives)
        wanted.append(named(conf.description, language, ""))
        wanted += [view.say("Source of the thresholds: {source}.", source=conf.targets.shown(view.today).source)]
        for one in (*wanted, *conf.unverified, *conf.cannot_say):
            assert " ".join(one.split()) in told, f"{language}: {one}"


@pytest.mark.parametrize("name", PRESETS)
def test_the_page_of_an_area_tells_beside_each_objective_what_it_asks_there(name: str) -> None:
    """By the thresholds of that area and category, and that numbers are not verified."""
    conf = load(service=name)
    view, area = view_of(conf), conf.service.root
    page = Page(area_page(view, area, None, drift_threshold=6.5))
    in_force, told = conf.targets.shown(view.today), 0
    for category in conf.service.judged_categories:
        for objective in conf.service.objectives:
            key = f"{category}_{objective.slug}"
            if key in page.text:
                told += 1
                asked = rules.sentence(view.say, conf.service, objective, in_force, (area, category))
                assert asked in page.text[key]
                threshold = in_force.of(area, category).get(objective.slug)
                assert ("without a threshold" in asked) == (threshold is None)
                settled = in_force.verified and conf.service.clock(objective.clock).verified
                assert ("Not verified" in asked) == (threshold is not None and not settled)
    assert told


def test_of_a_period_the_rule_of_its_last_day_is_told() -> None:
    """A reform in the middle of a year: today's threshold on the board of today, last year's on that of last year."""
    conf = load(service="norwegian-amk")
    [series, *_] = [key for key, target in conf.targets.sets[0].targets.items() if target.get("p90")]
    sets = [
        TargetSet(date(2010, 1, 1), "the old law", {series: {"p90": 60.0}}),
        TargetSet(date(2024, 1, 1), "the new law", {series: {"p90": 45.0}}),
    ]
    view = view_of(conf, rule=Rule(Targets(sets)))
    then = replace(view, judged=Judged(Calendar().period("2023"), over=True, rows=[]))
    assert "within 45 s" in " ".join(view.asked)
    assert "within 1 min" in " ".join(then.asked)
    assert view.asked_by == ["Source of the thresholds: the new law."]
    assert then.asked_by == ["Source of the thresholds: the old law."]


def test_a_rule_in_foreign_signs_is_shown_as_text() -> None:
    """What a source calls itself is no markup."""
    conf = load(service="norwegian-amk")
    told = board(view_of(conf, rule=Rule(conf.targets, unverified=["<script>alert(1)</script>"])))
    assert "&lt;script&gt;alert(1)" in told
    assert "<script>alert" not in told
