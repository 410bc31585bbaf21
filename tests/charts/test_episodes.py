"""A chart of alerts shows each as long as it lasted, pages over tickets, and what still fires as an arrow."""

import re

from monitor.charts.drawing import WIDTH, Drawing
from monitor.charts.episodes import Row, Spell, episodes
from monitor.core.verdict import State

PAGE = Spell(begin=25.0, end=50.0, grave=True, tip="a page")
TICKET = Spell(begin=10.0, end=None, grave=False, tip="a ticket")


def drawn(*rows: Row) -> Drawing:
    return episodes(rows, (0.0, 100.0), [(0.0, "Jan"), (50.0, "Feb")], name="told", title="Told", said="All of it")


def test_a_spell_is_as_long_as_it_lasted() -> None:
    """A quarter of the span, on the scale of the months' lines."""
    drawing = drawn(Row("Oslo", [PAGE]))
    (mark,) = drawing.marks
    begin, end = (float(number) for number in re.findall(r"[ML]([0-9.]+)", mark.stem))
    january, february, over = (float(number) for number in re.findall(r"M([0-9.]+) [0-9.]+V", drawing.grid))
    assert (february - january) / 2 == end - begin
    assert end == february
    assert over < WIDTH
    assert (mark.state, mark.hollow, mark.arrows, mark.tip) == (State.MISSED, False, "", "a page")


def test_what_still_fires_reaches_the_edge_with_an_arrow() -> None:
    """A ticket is a hollow mark, and a page lies over it."""
    ticket, page = drawn(Row("Oslo", [PAGE, TICKET])).marks
    assert (ticket.state, ticket.hollow, page.state) == (State.NO_DATA, True, State.MISSED)
    assert ticket.arrows
    assert not page.arrows


def test_every_row_has_its_name_and_fits_the_page() -> None:
    """However long it is."""
    drawing = drawn(Row("Oslo", [PAGE]), Row("A" * 200, [TICKET]))
    names = [text.text for text in drawing.texts if text.kind == "name"]
    assert names[0] == "Oslo"
    assert names[1].endswith("…")
    assert {text.text for text in drawing.texts if text.kind == "tick"} == {"Jan", "Feb"}
    assert "All of it" in drawing.svg
