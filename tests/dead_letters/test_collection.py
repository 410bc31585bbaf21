"""Anybody who may write into the topic may write anything: it is read, or counted as foreign, and never believed."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.plain_text import unseen
from monitor.dead_letters.collection import Collection, DeadLetter, Source
from monitor.dead_letters.command import _fields, _table

TRUE = {
    "monitor-reason": b"late",
    "monitor-detail": b"its slice is sealed",
    "monitor-topic": b"mission-events",
    "monitor-partition": b"3",
    "monitor-offset": b"1042",
    "monitor-timestamp": b"1700000000123",
}


@dataclass(frozen=True, slots=True)
class Rec:
    """A record as it comes from the topic."""

    headers: list[tuple[str, bytes | None]]
    key: bytes | None = b"k"
    value: bytes | None = b"{"


def taken(**changes: bytes | None) -> Collection:
    """What becomes of one record whose headers are partly other ones; `topic=…` stands for `monitor-topic`."""
    collection = Collection()
    collection.take(Rec(list((TRUE | {f"monitor-{name}": value for name, value in changes.items()}).items())))
    return collection


def only(collection: Collection) -> DeadLetter:
    (letter,) = collection.letters.values()
    return letter


def test_a_dead_letter_as_the_worker_writes_it_is_read_whole() -> None:
    """The measure of what follows."""
    letter = only(taken())
    assert letter.source == Source("mission-events", 3, 1042)
    assert (letter.reason, letter.timestamp) == ("late", "2023-11-14T22:13:20.123+00:00")


@pytest.mark.parametrize(
    "stamp", [str(2**62).encode(), str(2**63 - 1).encode(), b"9" * 5_000, b"-1", b"1e3", b" 7", b""]
)
def test_a_time_of_no_calendar_is_no_time(stamp: bytes) -> None:
    """The letter is there all the same."""
    assert only(taken(timestamp=stamp)).timestamp is None


def test_the_last_millisecond_of_the_calendar_is_a_time() -> None:
    """The limit belongs to what it allows."""
    assert only(taken(timestamp=b"253402300799999")).timestamp == "9999-12-31T23:59:59.999+00:00"
    assert only(taken(timestamp=b"253402300800000")).timestamp is None


@pytest.mark.parametrize("name", ["partition", "offset"])
@pytest.mark.parametrize(
    "number", [b"9" * 5_000, str(2**63).encode(), b"-1", b"1_0", b" 1", b"1\n", b"0x1", "١".encode(), b"", None]
)
def test_what_is_no_place_in_a_topic_makes_a_record_foreign(name: str, number: bytes | None) -> None:
    """Nothing could be found there, and nothing is sent back to it."""
    collection = taken(**{name: number})
    assert (collection.foreign, collection.letters) == (1, {})


HEADER = st.none() | st.binary(max_size=40) | st.integers(-(2**70), 2**70).map(lambda number: str(number).encode())


@given(
    st.lists(st.tuples(st.sampled_from([*TRUE, "monitor-requeued", "monitor-truncated", "other"]), HEADER)),
    st.none() | st.binary(),
    st.none() | st.binary(),
)
def test_any_headers_are_read_and_shown_as_one_line_each(
    headers: list[tuple[str, bytes | None]], key: bytes | None, value: bytes | None
) -> None:
    """In any number and order, beside or instead of the true ones; no line is added, no control gets through."""
    collection = Collection()
    collection.take(Rec([*TRUE.items(), *headers], key, value))
    collection.take(Rec(headers, key, value))
    letters = list(collection.letters.values())
    table = _table(letters, collection, show_value=True)
    assert len(table.splitlines()) == (len(letters) + 1 if letters else 0)
    assert all(unseen(line) is None for line in table.splitlines())
    for letter in letters:
        _fields(letter, collection, show_value=True)


def test_one_long_header_does_not_widen_the_table_without_end() -> None:
    """A megabyte of reason is cut: every other line would be padded to it."""
    collection = taken(reason=b"r" * 1_000_000, detail=b"d" * 1_000_000)
    assert len(_table(list(collection.letters.values()), collection, show_value=False)) < 5_000
