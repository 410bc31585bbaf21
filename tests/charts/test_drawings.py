"""Drawings say what they were given: nothing is cut, no label lies on another, nothing is told by colour alone."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from monitor.charts import drawing, lettering
from monitor.charts.drawing import WIDTH, Drawing, Point, Text
from monitor.charts.lettering import LARGEST, fitted, width
from monitor.charts.panels import Panel, Stretch, stacked
from monitor.charts.scale import TIMES, ticks
from monitor.charts.standing import Distance, standing
from monitor.core.verdict import State
from monitor.words.speaker import speaker
from tests.report.reading import read

SAY: Final = speaker("en")
FONT: Final = "DejaVuSans.ttf"

points = st.builds(
    Point,
    value=st.floats(-50, 50),
    lower=st.none() | st.floats(-80, 80),
    upper=st.none() | st.floats(-80, 80),
    state=st.sampled_from(State),
    hollow=st.booleans(),
)
labels = st.text(st.characters(codec="latin-1", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


def left_of(text: Text) -> float:
    taken = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
    return text.x - taken * width(text.text)


def right_of(text: Text) -> float:
    return left_of(text) + width(text.text)


def in_sight(made: Drawing) -> None:
    """Every text lies within the drawing, as large as a page may make it."""
    outside = [text for text in made.texts if left_of(text) < 0 or right_of(text) > WIDTH]
    assert outside == []


def panel(shown: Sequence[Point | None], **changes: object) -> Panel:
    plain = Panel(heading="P90, min", height=120, low=-90.0, high=90.0, ticks=[(0.0, "0")], points=shown)
    return replace(plain, **changes)  # type: ignore[arg-type]


def stretches(count: int) -> list[Stretch]:
    return [Stretch(f"w{number}", f"week {number}") for number in range(count)]


def point(value: float, state: State = State.MET, *, hollow: bool = False) -> Point:
    return Point(value=value, lower=value - 1, upper=None, state=state, hollow=hollow)


@given(st.lists(st.none() | points, min_size=1, max_size=53), st.lists(labels, min_size=1, max_size=5), st.data())
def test_no_label_is_cut_or_lies_on_another(shown: list[Point | None], named: list[str], data: st.DataObject) -> None:
    """Margins come from what stands in them: 1:30:00 at an axis needs more room than 12."""
    under = [data.draw(labels) for _ in shown]
    made = stacked(
        "n", "t", "s", [Stretch(label, "") for label in under],
        [panel(shown, ticks=[(float(place), label) for place, label in enumerate(named)],
               thresholds=[5.0] * len(shown), threshold=named[0])],
    )  # fmt: skip
    in_sight(made)
    below = [text for text in made.texts if text.anchor == "middle"]
    assert below[-1].text == under[-1]
    assert all(right_of(left) <= left_of(right) + 0.2 for left, right in pairwise(below))


@pytest.mark.parametrize("tick", ["12", "10:00:00", "1 234:56:07"])
def test_long_ticks_have_their_room(tick: str) -> None:
    """A tick was cut where its axis had as much room as any other."""
    made = stacked("n", "t", "s", stretches(26), [panel([point(1.0)] * 26, ticks=[(0.0, tick)])])
    in_sight(made)


@given(st.lists(st.tuples(labels, points, labels), min_size=1, max_size=40))
def test_the_names_of_areas_have_their_room(rows: list[tuple[str, Point, str]]) -> None:
    """Short names leave it to the chart, long ones are shortened, and say so; the figures behind are whole."""
    made = standing(
        SAY, [Distance(name * 4, shown, figure, "") for name, shown, figure in rows],
        name="n", title="t", said="s", axis="minutes", figures="P90 / threshold", note="the 40 worst of 52",
    )  # fmt: skip
    in_sight(made)
    assert [text.text for text in made.texts if text.kind == "name" and text.anchor == "start"] == [
        figure for *_, figure in rows
    ]


@given(st.text(st.characters(codec="iso-8859-15", exclude_categories=["C"]), max_size=40))
def test_texts_take_no_more_room_than_is_kept_for_them(text: str) -> None:
    """By the true metrics of the widest font that our pages are shown in."""
    true = ImageFont.truetype(FONT, 100).getlength(text) * LARGEST / 100
    assert width(text) >= true - 0.2


def test_a_text_too_long_ends_in_an_ellipsis() -> None:
    """It never takes more than its room, and one that fits stays whole."""
    assert fitted("Oslo", 60) == "Oslo"
    cut = fitted("Møre og Romsdal politidistrikt", 120)
    assert cut.endswith("…")
    assert width(cut) <= 120


def test_a_stretch_without_missions_is_a_gap() -> None:
    """No mark, no bar, and a line in two pieces: never a zero."""
    shown = [point(1.0), point(2.0), None, point(3.0), point(2.0)]
    counts = Panel(heading="n", height=40, low=0, high=9, ticks=[(0.0, "0")], bars=[4, 5, 0, 2, 1])
    made = stacked("n", "t", "s", stretches(5), [panel(shown), counts])
    assert (len(made.marks), len(made.bars)) == (4, 4)
    assert made.lines[0].count("M") == 2


def test_a_threshold_is_drawn_where_one_was_in_force() -> None:
    """Steps, for it changes with the year; nothing where there was none."""
    made = stacked("n", "t", "s", stretches(4), [panel([None] * 4, thresholds=[None, 5.0, 5.0, 7.0], threshold="7")])
    (path,) = made.targets
    assert path.count("M") == 1
    assert path.count("V") == 1
    assert path.count("H") == 2


def test_an_end_without_bound_is_an_arrow_at_the_edge() -> None:
    """An interval that has no upper end, or goes beyond the chart, does not look as if it ended there."""
    far = Point(value=0.0, lower=-200.0, upper=200.0, state=State.MISSED, hollow=False)
    made = stacked("n", "t", "s", stretches(3), [panel([point(0.0), far, replace(far, lower=-1.0, upper=1.0)])])
    assert [mark.arrows.count("z") for mark in made.marks] == [1, 2, 0]


def test_verdicts_are_told_by_shape() -> None:
    """A reader without colours tells met, missed and everything else apart, and what may be chance."""
    shown = [point(0.0, state) for state in (State.MET, State.MISSED, State.NO_TARGET)]
    made = stacked("n", "t", "s", stretches(3), [panel(shown)])
    shapes = {mark.shape.partition("m")[2] for mark in made.marks}
    assert len(shapes) == 3
    hollow = stacked("n", "t", "s", stretches(1), [panel([point(0.0, hollow=True)])])
    assert f'class="shape hollow" fill="{drawing.GROUND}"' in hollow.svg


def test_a_drawing_is_whole_by_itself_and_can_be_heard() -> None:
    """Title and description by ids of its own; whatever is said is text; no style that a page's policy forbids."""
    evil = "<script>&\"'"
    rows = [Distance(evil, point(1.0), evil, evil)]
    made = standing(SAY, rows, name="n", title=evil, said=evil, axis=evil, figures=evil, note=evil)
    assert "<script" not in made.svg
    svg = read(str(made.svg)).one("svg")
    assert svg.attributes["aria-labelledby"].split() == ["n-title", "n-said"]
    assert svg.one("title", id="n-title").text == svg.one("desc", id="n-said").text == evil
    assert not [one for one in svg.walk() if "style" in one.attributes]
    assert all("fill" in one.attributes or "stroke" in one.attributes for one in svg.all("path"))


@given(st.floats(0, 1e5), st.floats(0.5, 1e5), st.sampled_from([(), TIMES]))
def test_ticks_are_round_few_and_within(low: float, more: float, steps: Sequence[float]) -> None:
    """Always the same distance apart."""
    found = ticks(low, low + more, most=5, steps=steps)
    assert len(found) <= 5
    assert all(low - 1e-6 <= one <= low + more + 1e-6 for one in found)
    apart = {round(right - left, 5) for left, right in pairwise(found)}
    assert len(apart) <= 1


def luminance(colour: str) -> float:
    linear = linear_of(colour)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def linear_of(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


@pytest.mark.parametrize("colour", [drawing.INK, drawing.QUIET, *drawing.COLOURS.values()])
def test_texts_and_marks_stand_out_from_their_ground(colour: str) -> None:
    """A contrast of 4.5 to 1, as WCAG asks for texts; hollow marks are thin lines, and no easier to see."""
    assert (luminance(drawing.GROUND) + 0.05) / (luminance(colour) + 0.05) >= 4.5


BLINDNESS: Final = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
"""Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB."""


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_differ_for_every_kind_of_eye(kind: str) -> None:
    """Met, missed and neither: far apart in Lab (a difference of 2 is just seen) for those who see two colours."""
    seen = [lab([sum(map(float.__mul__, row, linear_of(one))) for row in BLINDNESS[kind]])
            for one in (*drawing.COLOURS.values(), drawing.QUIET)]  # fmt: skip
    for one, other in combinations(seen, 2):
        assert sum((left - right) ** 2 for left, right in zip(one, other, strict=True)) ** 0.5 > 15


def lab(linear: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = (min(max(part, 0.0), 1.0) for part in linear)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_labels_are_thinned_from_the_newest() -> None:
    """Of 26 weeks every so many is named, and always the last."""
    chosen = lettering.apart([float(20 * place) for place in range(26)], ["12.12."] * 26)
    assert chosen[-1] == 25
    assert len({right - left for left, right in pairwise(chosen)}) == 1
