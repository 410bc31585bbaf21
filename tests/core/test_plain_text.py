"""What comes from outside is shown as text, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.plain_text import json_line, one_line, shown_bytes, unseen

ATTACKS = [
    "\n",
    "\r",
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x7f",
    "\u202e",
    "\u2028",
    "\u2066",
    "\x00",
    "\ud800",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_moves_a_terminal_is_escaped(attack: str) -> None:
    """Controls of both kinds, turns of direction and line breaks of any alphabet."""
    shown = one_line(f"blåbær – “{attack}” 速い")
    assert attack not in shown
    assert shown.startswith("blåbær – “\\")
    assert shown.endswith("” 速い")
    assert len(shown.splitlines()) == 1


@given(st.text())
def test_whatever_is_shown_is_one_line_and_what_can_be_seen_stays(text: str) -> None:
    """Nothing that is left is a control, and a text without them is itself."""
    shown = one_line(text)
    assert unseen(shown) is None
    assert len(shown.splitlines()) <= 1
    assert (shown == text) == (unseen(text) is None)


@given(st.text(), st.integers(0, 50))
def test_a_text_is_no_longer_than_asked(text: str, longest: int) -> None:
    """Anybody may send a megabyte where a word is expected."""
    assert len(one_line(text, longest=longest)) <= 10 * longest + 1  # an escape takes ten characters at most


@given(st.binary())
def test_bytes_are_shown_whatever_they_are(raw: bytes) -> None:
    """They need not be UTF-8."""
    assert unseen(shown_bytes(raw)) is None


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_json_says_exactly_what_it_was_given(value: dict[str, object]) -> None:
    """A program reads back the very text; a terminal sees none of it."""
    line = json_line(value)
    assert unseen(line) is None
    assert json.loads(line) == value


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_may_hold_nothing_that_cannot_be_seen(attack: str) -> None:
    """The fault names the character, as one that can be seen."""
    problem = unseen(f"Oslo{attack}")
    assert problem is not None
    assert unseen(problem) is None


@pytest.mark.parametrize("name", ["", "Møre og Romsdal", "1\u00a0000", "Ost (Øst) & Co. | #1", "東京"])
def test_names_of_people_and_places_are_names(name: str) -> None:
    """A space that does not break is as good as another."""
    assert unseen(name) is None
    assert one_line(name) == name
