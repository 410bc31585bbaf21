"""A rule in sentences: whom it concerns, how much, from when to when; what nobody verified is said to be so."""

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.service import Area, Category, Clock, Moment, Objective, Service
from monitor.core.targets import TargetSet
from monitor.settings import load
from monitor.words import rules
from monitor.words.speaker import speaker

CAPPED = (Moment("coded_at"), Moment("connected_at", 240.0))
SERVICE = Service(
    "s",
    areas=(Area("land", names={"en": "the land"}), Area("north", "land"), Area("south", "land")),
    categories=(Category("all"), Category("red", "all", {"en": "red", "nb": "rød"}), Category("green", "all")),
    clocks=(
        Clock("response", CAPPED, (Moment("on_scene_at"),)),
        Clock("travel", (Moment("sent_at"),), (Moment("on_scene_at"),)),
    ),
    objectives=(Objective("p90", 90), Objective("mean", None, clock="travel"), Objective("p99", 99)),
    instants={
        "coded_at": {"en": "the coding", "nb": "kodingen"},
        "connected_at": {"en": "connection", "nb": "oppkoblingen"},
        "on_scene_at": {"en": "the arrival", "nb": "ankomsten"},
    },
)


def told(targets: dict[tuple[str, str], dict[str, float]], language: str = "en", **changed: object) -> list[str]:
    one = replace(TargetSet(date(2024, 1, 1), "a law", targets), **changed)  # type: ignore[arg-type]
    return [*rules.sentences(speaker(language), SERVICE, one)]


def everywhere(category: str, **seconds: float) -> dict[tuple[str, str], dict[str, float]]:
    return {(area, category): seconds for area in SERVICE.judged_areas}


def test_a_capped_begin_and_a_threshold_for_all_is_one_sentence() -> None:
    """As whoever reads the statute would say it; an instant without a name is called by its field."""
    assert told(everywhere("red", p90=480.0, mean=320.0)) == [
        "Red: 90 % within 8 min, from the earliest of the coding and 4 min after connection to the arrival.",
        "Red: mean at most 5 min 20 s, from sent_at to the arrival.",
        "P99: shown, without a threshold, from the earliest of the coding and 4 min after connection to the arrival.",
    ]


@pytest.mark.parametrize(
    ("targets", "head"),
    [
        (everywhere("all", p90=60.0) | everywhere("red", p90=60.0) | everywhere("green", p90=60.0), "All: 90 % "),
        (everywhere("red", p90=60.0) | everywhere("green", p90=60.0), "Red and green: 90 % within 1 min,"),
        ({("land", "red"): {"p90": 60.0}}, "Red (the land): 90 % within 1 min,"),
        ({("north", "red"): {"p90": 60.0}, ("south", "red"): {"p90": 90.0}},
         "Red (north): 90 % within 1 min,"),
        ({("north", "red"): {"p90": 60.0}}, "Red (north): 90 % within 1 min,"),
    ],
)  # fmt: skip
def test_it_says_whom_it_concerns(targets: dict[tuple[str, str], dict[str, float]], head: str) -> None:
    """A pool stands for what lies in it; areas are named where not each is meant, and where two have two numbers."""
    assert told(targets)[0].startswith(head)


def test_two_laws_are_two_sentences_and_the_numbers_of_twelve_districts_are_a_range() -> None:
    """Whoever knows his Land's law finds it; nobody reads a sentence for each district."""
    say = speaker("en")
    laws = load(service="german-hilfsfrist")
    found = [*rules.sentences(say, laws.service, laws.targets.sets[-1])]
    assert any("(Neckar-Odenwald and Stuttgart): 95 % within 12 min, from the alarm" in one for one in found)
    assert any("(Hildesheim and Nienburg/Weser): 95 % within 15 min, from the alarm" in one for one in found)
    districts = load(service="norwegian-police")
    told = [*rules.sentences(say, districts.service, districts.targets.sets[-1])]
    assert [one.partition(", from")[0] for one in told][-1] == "Rural: 80 % within 16 min to 43 min by area"


def test_it_speaks_the_readers_language() -> None:
    """Words, names of instants and lists."""
    assert told(everywhere("red", p90=480.0), "nb")[0] == (
        "Rød: 90 % innen 8 min, fra det tidligste av kodingen og 4 min etter oppkoblingen til ankomsten."
    )


def test_numbers_that_nobody_verified_are_never_the_rule_without_a_word() -> None:
    """Of the thresholds, or of the clock that they are held against."""
    red = everywhere("red", p90=480.0)
    assert told(red, verified=False)[0].endswith(" to the arrival. Not verified.")
    say = speaker("en")
    assert rules.in_short(say, SERVICE, TargetSet(date(2024, 1, 1), "a law", red, verified=False)) == (
        "not verified: red: 90 % within 8 min"
    )
    assert rules.in_short(say, SERVICE, TargetSet(date(2024, 1, 1), "a law", {})) == "shown, without a threshold"
    unsure = replace(SERVICE, clocks=(replace(SERVICE.clocks[0], verified=False), SERVICE.clocks[1]))
    sentences = [*rules.sentences(say, unsure, TargetSet(date(2024, 1, 1), "a law", red))]
    assert sentences[0].endswith("Not verified.")
