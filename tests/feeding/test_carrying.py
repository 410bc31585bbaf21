"""What becomes of one record: events by mission with an order of their own, a letter without names, or nothing."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.batch import RefusedBatch
from monitor.core.mission import Reason
from monitor.feeding.carrying import OFFSET_BITS, Carried, Carrier, Headers, Reading, moment
from monitor.feeds.rows import Mapped, Refusal, Row, Why
from tests.feeding.rules import Rules, Told, carrier, decode, record

NOON = 1_700_000_000_000
LATEST_REVISION = 2**63 - 1


def revisions(carried: Carried) -> list[int | None]:
    return [json.loads(value).get("revision") for _, value in carried.events]


def test_a_record_becomes_events_keyed_by_mission_that_know_their_order() -> None:
    """All events of a record have one place in the order, and say where they stood."""
    found = carrier().carry(record(7, id="a", to="twice"))
    assert [key for key, _ in found.events] == [b"a", b"a-b"]
    assert revisions(found) == [NOON << OFFSET_BITS | 7] * 2
    assert json.loads(found.events[0][1])["place"] == "offset 7"
    assert found.letter is None


def test_an_order_that_the_source_gives_is_left_alone() -> None:
    """Also where a record of it says none: another kind of number would outrank all that follow."""
    assert revisions(carrier(ordered=True).carry(record(7, id="a"))) == [None]


def test_of_a_row_that_a_record_tells_twice_the_last_is_sent_where_the_source_gives_no_order() -> None:
    """Both would have the record's place in the order, and the ledger refuse the later one as a contradiction."""

    class AsTheyCome(Rules):
        def map(self, row: Row) -> Mapped:
            return Mapped([{"mission_id": "a", **row.values}])

    def listed(value: bytes | None, headers: Headers) -> Sequence[Row]:
        del headers
        return [Row(one) for one in json.loads(value or b"[]")]

    value = b'[{"row": "u1"}, {"row": "u2"}, {"row": "u1", "on_scene_at": "12:05"}]'
    for ordered, sent in ((False, ["u2", "u1"]), (True, ["u1", "u2", "u1"])):
        events = Carrier([Reading(listed, AsTheyCome(), ordered)]).carry(Told(7, value)).events
        assert [json.loads(event)["row"] for _, event in events] == sent
        assert "on_scene_at" in json.loads(events[-1][1])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (Told(9, b"{}", NOON), Told(10, b"{}", NOON)),
        (Told(10**12, b"{}", NOON), Told(0, b"{}", NOON + 1)),
        (Told(9, b"{}", None), Told(10, b"{}", None)),
        (Told(9, b"{}", -1), Told(10, b"{}", -1)),
    ],
    ids=["within a millisecond", "in a topic made anew or another partition", "without a time", "with none known"],
)
def test_what_kafka_got_later_is_newer(earlier: Told, later: Told) -> None:
    """By its time, then by its place in the log."""
    assert 0 <= moment(earlier) < moment(later) <= LATEST_REVISION


@given(st.integers(-(2**63), 2**63 - 1) | st.none(), st.integers(0, 2**63 - 1))
def test_a_revision_is_one_of_the_contract_whatever_a_producer_claims(timestamp: int | None, offset: int) -> None:
    """From 0 to 2⁶³−1."""
    assert 0 <= moment(Told(offset, b"{}", timestamp)) <= LATEST_REVISION


def test_a_record_sent_back_keeps_its_place_in_the_order() -> None:
    """What was mended a week later must not outrank what came since."""
    first = Told(3, b"{}", NOON)
    back = [("monitor-requeued", b"1"), ("monitor-offset", b"3"), ("monitor-timestamp", str(NOON).encode())]
    assert moment(Told(99, b"{}", NOON + 10**9, headers=back)) == moment(first)
    for nonsense in ([("monitor-requeued", b"1")], [("monitor-requeued", b"1"), ("monitor-offset", b"x" * 99)]):
        assert moment(Told(99, b"{}", NOON, headers=nonsense)) == moment(Told(99, b"{}", NOON))


def test_what_cannot_be_read_or_mapped_is_a_letter_that_repeats_no_name() -> None:
    """A word of a list is what must be mended; an id, or what could not be decoded, may be anybody's name."""
    torn = carrier().carry(Told(5, b"{"))
    assert torn.letter is not None
    assert (torn.letter.reason, torn.letter.detail, torn.events) == ("unreadable", "unreadable: no JSON", [])
    nameless = carrier().carry(record(5, to="x"))
    assert nameless.letter is not None
    assert (nameless.letter.reason, nameless.letter.detail) == ("no_mission_id", "no_mission_id mission")
    unknown = carrier().carry(record(5, id="a", to="?suburb"))
    assert unknown.letter is not None
    assert unknown.letter.detail == "unknown_word category '?suburb'"


def test_a_batch_that_stays_packed_is_one_letter() -> None:
    """As the worker's."""
    found = carrier().carry(RefusedBatch(3, 9, None, Reason.BATCH_TOO_LARGE, "8 GB"))  # type: ignore[arg-type]
    assert found.letter is not None
    assert (found.letter.reason, found.letter.record.offset) == ("batch_too_large", 9)


def test_a_record_may_tell_nothing_and_be_no_loss() -> None:
    """What a filter passes over, and a tombstone."""
    passed = carrier().carry(record(5, id="a", to="hush"))
    assert (list(passed.events), passed.letter, len(passed.notices)) == ([], None, 1)
    assert carrier().carry(Told(5, None)) == Carried([], None, [])


def test_two_sources_of_one_topic_both_have_their_say() -> None:
    """What one of them cannot map is refused, and what the other tells is told."""

    class Others:
        def map(self, row: Row) -> Mapped:
            return Mapped(refused=[Refusal(Why.NO_ROW, "row", row.place)])

    found = Carrier([Reading(decode, Rules(), ordered=False), Reading(decode, Others(), ordered=False)]).carry(
        record(5, id="a")
    )
    assert [key for key, _ in found.events] == [b"a"]
    assert found.letter is not None
    assert found.letter.reason == "no_row"


def test_a_fault_of_the_program_costs_one_record_and_not_the_feed() -> None:
    """It is a letter that says where, and repeats no value; the feed would else end here at every restart."""

    class Faulty(Rules):
        def map(self, row: Row) -> Mapped:
            if row.values["id"] == "b":
                raise KeyError("Hansen")
            return super().map(row)

    faulty = Carrier([Reading(decode, Faulty(), ordered=False), Reading(decode, Rules(), ordered=False)])
    first, second, third = faulty.carry_all([record(5, id="a"), record(6, id="b"), record(7, id="c")])
    assert first.letter is None is third.letter
    assert second.letter is not None
    assert second.letter.reason == "unforeseen"
    assert second.letter.detail.startswith(
        "unforeseen: a fault of this program, to be reported: KeyError at test_carr"
    )
    assert "Hansen" not in second.letter.detail
    assert [key for key, _ in second.events] == [b"b"]  # what the other source says of it


def test_an_event_that_cannot_be_written_is_a_letter_too() -> None:
    """Also after the mapping: half a character is no UTF-8."""

    class Surrogate(Rules):
        def map(self, row: Row) -> Mapped:
            return Mapped([{"mission_id": f"{row.place}\udc80"}])

    found = Carrier([Reading(decode, Surrogate(), ordered=False)]).carry(record(5, id="a"))
    assert found.letter is not None
    assert (found.letter.reason, list(found.events)) == ("unforeseen", [])
