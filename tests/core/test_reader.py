"""What is an event, what is not, and what each fault is called."""

import json
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.core.ledger import Ledger
from monitor.core.mission import Kind, Limits, Mission, Reason, Rejected, instant
from monitor.core.reader import EventReader
from monitor.core.slices import Grid
from tests.core.police import SERVICE

OSLO = ZoneInfo("Europe/Oslo")
GRID = Grid(OSLO)
READER = EventReader(SERVICE, GRID)
RANG = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
RECORDED = (RANG + timedelta(hours=1)).timestamp()
LEAVE_OUT = object()


def event(**changes: object) -> dict[str, object]:
    """A measured mission; a key may be changed or left out."""
    whole: dict[str, object] = {
        "mission_id": "m-1",
        "revision": 3,
        "district": "oslo",
        "settlement": "urban",
        "urgent": True,
        "status": "closed",
        "ringing_at": "2024-03-01T11:00:00+01:00",
        "dispatched_at": "2024-03-01T11:01:00+01:00",
        "on_scene_at": "2024-03-01T10:07:30Z",
        "recorded_at": "2024-03-01T10:30:00Z",
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not LEAVE_OUT}


def raw(**changes: object) -> bytes:
    """The event as bytes."""
    return json.dumps(event(**changes)).encode()


def refusal(value: bytes | None, recorded: float | None = RECORDED, reader: EventReader = READER) -> Rejected:
    """The rejection of a value that must be rejected."""
    with pytest.raises(Rejected) as caught:
        reader.read(value, recorded)
    return caught.value


def test_a_measured_mission_reads_as_its_place_and_its_response() -> None:
    """Times become epoch seconds and a difference; the series is its number in the catalogue."""
    assert READER.read(raw(), RECORDED) == Mission("m-1", 3, 0, RANG.timestamp(), Kind.MEASURED, 450.0)


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (None, Reason.TOMBSTONE, "cancelled"),
        (b"", Reason.EMPTY, "zero bytes"),
        (b" " * 65_537, Reason.TOO_LARGE, "65537 bytes; the limit is 65536"),
        (b"{", Reason.MALFORMED_JSON, "truncated"),
        (b"    ", Reason.MALFORMED_JSON, "truncated"),
        (b"not json", Reason.MALFORMED_JSON, "malformed"),
        (raw() + b"}", Reason.MALFORMED_JSON, "trailing"),
        (raw() + raw(), Reason.MALFORMED_JSON, "trailing"),
        (raw().replace(b"m-1", b"m\xff1"), Reason.MALFORMED_JSON, "utf-8"),
        (raw().decode().encode("utf-16"), Reason.MALFORMED_JSON, ""),
        (b"[" * 50_000, Reason.MALFORMED_JSON, ""),
        (b'{"surplus":' + b"[" * 9_000 + b"]" * 9_000 + b"}", Reason.MALFORMED_JSON, ""),
        (b"null", Reason.INVALID_FIELD, "`object`"),
        (b"[]", Reason.INVALID_FIELD, "`object`"),
        (b"{}", Reason.INVALID_FIELD, "mission_id"),
        (raw(mission_id=LEAVE_OUT), Reason.INVALID_FIELD, "mission_id"),
        (raw(district=LEAVE_OUT), Reason.INVALID_FIELD, "district"),
        (raw(settlement=LEAVE_OUT), Reason.INVALID_FIELD, "settlement"),
        (raw(urgent=LEAVE_OUT), Reason.INVALID_FIELD, "urgent"),
        (raw(status=LEAVE_OUT), Reason.INVALID_FIELD, "status"),
        (raw(ringing_at=LEAVE_OUT), Reason.INVALID_FIELD, "ringing_at"),
        (raw(on_scene_at=LEAVE_OUT), Reason.INVALID_FIELD, "on_scene_at"),
        (raw(mission_id=""), Reason.INVALID_FIELD, "mission_id"),
        (raw(mission_id="x" * 65), Reason.INVALID_FIELD, "mission_id"),
        (raw(mission_id=7), Reason.INVALID_FIELD, "mission_id"),
        (raw(urgent="yes"), Reason.INVALID_FIELD, "urgent"),
        (raw(urgent=None), Reason.INVALID_FIELD, "urgent"),
        (raw(status="done"), Reason.INVALID_FIELD, "status"),
        (raw(revision=-1), Reason.INVALID_FIELD, "revision"),
        (raw(revision=2**63), Reason.INVALID_FIELD, "revision"),
        (raw(revision=1.5), Reason.INVALID_FIELD, "revision"),
        (raw(excluded=""), Reason.INVALID_FIELD, "excluded"),
        (raw(ringing_at=1709287200), Reason.INVALID_FIELD, "ringing_at"),
        (raw(district="kautokeino"), Reason.UNKNOWN_DISTRICT, "oslo vest"),
        (raw(district="Oslo"), Reason.UNKNOWN_DISTRICT, "oslo vest"),
        (raw(settlement="suburb"), Reason.UNKNOWN_SETTLEMENT, "rural urban"),
        (raw(district="national"), Reason.UNKNOWN_DISTRICT, "oslo vest"),
        (raw(ringing_at="2024-03-01T11:00:00"), Reason.TIME_WITHOUT_OFFSET, "ringing_at"),
        (raw(on_scene_at="2024-03-01T11:07:00"), Reason.TIME_WITHOUT_OFFSET, "on_scene_at"),
        (raw(dispatched_at="2024-03-01T11:01:00"), Reason.TIME_WITHOUT_OFFSET, "dispatched_at"),
        (raw(recorded_at="2024-03-01T11:30:00"), Reason.TIME_WITHOUT_OFFSET, "recorded_at"),
        (raw(ringing_at="yesterday"), Reason.INVALID_TIME, "ringing_at"),
        (raw(ringing_at=""), Reason.INVALID_TIME, "ringing_at"),
        (raw(ringing_at="2024-02-30T11:00:00Z"), Reason.INVALID_TIME, "ringing_at"),
        (raw(on_scene_at="2024-03-01T24:00:00Z"), Reason.INVALID_TIME, "on_scene_at"),
        (raw(ringing_at="2024-03-01T11:05:00.001Z", on_scene_at=None), Reason.IN_THE_FUTURE, "limit is 300 s"),
        (raw(ringing_at=None, recorded_at="2025-03-01T11:00:00Z"), Reason.IN_THE_FUTURE, "limit is 300 s"),
    ],
)
def test_each_fault_has_its_name_and_says_what_was_found(value: bytes | None, reason: Reason, detail: str) -> None:
    """One example per fault: the reason is the label, the detail tells where to look."""
    found = refusal(value)
    assert found.reason is reason
    assert detail in found.detail


def test_every_reason_that_a_reader_can_give_is_given_above() -> None:
    """Some are the ledger's, a batch's or of old; no_time needs a record without timestamp; others are shown."""
    marks = test_each_fault_has_its_name_and_says_what_was_found.pytestmark  # type: ignore[attr-defined]
    shown = {reason for _, reason, _ in marks[0].args[1]}
    assert set(Reason) - shown == {
        Reason.LATE, Reason.CONFLICT, Reason.LEDGER_FULL, Reason.BATCH_TOO_LARGE, Reason.BATCH_UNREADABLE,
        Reason.TOO_MANY_ROWS, Reason.NO_TIME, Reason.ARRIVAL_BEFORE_RINGING, Reason.IMPLAUSIBLE_RESPONSE,
    }  # fmt: skip


def test_a_mission_with_no_time_at_all_is_refused_and_any_one_time_places_it() -> None:
    """Without a ringing time the snapshot's own time places a mission, then the record's; with none it has no day."""
    bare = raw(ringing_at=None, on_scene_at=None, recorded_at=LEAVE_OUT, dispatched_at=LEAVE_OUT)
    assert refusal(bare, None).reason is Reason.NO_TIME
    assert READER.read(bare, RECORDED).placed_at == RECORDED
    placed = READER.read(raw(ringing_at=None, on_scene_at=None, status="open"), RECORDED)
    assert (placed.placed_at, placed.kind) == ((RANG + timedelta(minutes=30)).timestamp(), Kind.UNTIMED)
    assert READER.read(raw(), None).placed_at == RANG.timestamp()


def test_an_arrival_without_a_ringing_time_is_no_response() -> None:
    """A response needs both times; one alone leaves the mission unmeasured, not refused, and says what is missing."""
    for missing, kind in (("ringing_at", Kind.NO_BEGIN), ("on_scene_at", Kind.NO_END)):
        mission = READER.read(raw(**{missing: None}), RECORDED)
        assert (mission.kind, mission.times) == (kind, None)
    assert READER.read(raw(ringing_at=None, on_scene_at=None), RECORDED).kind == Kind.NO_BEGIN


@pytest.mark.parametrize(
    ("arrived", "kind"),
    [("2024-03-01T09:59:59.999999Z", Kind.NEGATIVE), ("2024-03-02T10:00:00.000001Z", Kind.TOO_LONG)],
)
@pytest.mark.parametrize("status", ["open", "closed"])
def test_an_implausible_response_leaves_a_mission_unmeasured_with_its_cause(
    arrived: str, kind: Kind, status: str
) -> None:
    """A mission that happened stays in every denominator: its times are wrong, not its existence."""
    mission = READER.read(raw(on_scene_at=arrived, status=status), RECORDED)
    assert (mission.kind, mission.times, mission.placed_at) == (kind, None, RANG.timestamp())


def test_only_what_counts_as_measured_has_a_response() -> None:
    """A mission that was cancelled, or taken out, keeps no response time that could be counted by mistake."""
    assert READER.read(raw(status="cancelled"), RECORDED).times is None
    assert READER.read(raw(excluded="exercise"), RECORDED).times is None


def test_the_limits_belong_to_what_they_allow() -> None:
    """Zero seconds, exactly the longest plausible response, exactly the allowed lead and the largest record pass."""
    assert READER.read(raw(on_scene_at="2024-03-01T10:00:00Z"), RECORDED).times == 0.0
    assert READER.read(raw(on_scene_at="2024-03-02T10:00:00Z"), RECORDED).times == 86_400.0
    assert READER.read(raw(on_scene_at=None), RANG.timestamp() - 300.0).placed_at == RANG.timestamp()
    assert READER.read(raw() + b" " * (65_536 - len(raw())), RECORDED).mission_id == "m-1"


def test_limits_are_the_readers_own() -> None:
    """A reader with other limits refuses by them."""
    strict = EventReader(SERVICE, GRID, limits=Limits(ahead_seconds=0.0, record_bytes=400))
    assert refusal(raw(on_scene_at=None), RANG.timestamp() - 1.0, strict).reason is Reason.IN_THE_FUTURE
    assert refusal(raw() + b" " * 400, reader=strict).reason is Reason.TOO_LARGE


def test_without_a_record_timestamp_nothing_is_in_the_future() -> None:
    """The core has no clock: only the record's own timestamp can say that a time lies ahead of it."""
    ahead = READER.read(raw(ringing_at="2031-01-01T00:00:00Z", on_scene_at=None, status="open"), None)
    assert ahead.kind == Kind.OPEN


@pytest.mark.parametrize(
    ("changes", "recorded"),
    [
        ({"ringing_at": "0001-01-01T00:00:00+23:59", "on_scene_at": None}, RECORDED),
        ({"ringing_at": "0001-01-01T00:00:00Z", "on_scene_at": None}, RECORDED),
        ({"ringing_at": "9999-12-31T23:59:59-23:59", "on_scene_at": None}, None),
        ({"ringing_at": None, "recorded_at": "9999-12-31T23:59:59Z"}, None),
        ({"ringing_at": None, "recorded_at": LEAVE_OUT}, (2**63 - 1) / 1000),
    ],
)
def test_a_time_that_no_calendar_holds_is_refused_rather_than_passed_on(
    changes: dict[str, object], recorded: float | None
) -> None:
    """Every mission that is read can be placed in a local day: a poisonous time ends here, not in the worker."""
    assert refusal(raw(**changes), recorded).reason is Reason.INVALID_TIME


@pytest.mark.slow
@given(
    st.dictionaries(st.text(string.ascii_letters, min_size=1), st.none() | st.booleans() | st.text() | st.integers())
)
def test_unknown_fields_are_ignored(surplus: dict[str, object]) -> None:
    """A source may send more than the contract names, also under names of its own."""
    more = {key: value for key, value in surplus.items() if key not in {*event(), "excluded"}}
    assert READER.read(raw(**more), RECORDED) == READER.read(raw(), RECORDED)


@pytest.mark.parametrize("name", ["revision", "dispatched_at", "recorded_at", "excluded"])
def test_optional_fields_may_be_missing_or_null(name: str) -> None:
    """Null says the same as nothing."""
    assert READER.read(raw(**{name: LEAVE_OUT}), RECORDED) == READER.read(raw(**{name: None}), RECORDED)


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=300)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - the offset comes from the next two
    st.integers(0, 86_400_000_000),
    OFFSETS | st.just(OSLO),
    OFFSETS | st.just(OSLO),
)
@example(datetime(2024, 3, 31, 0, 59, 59), 600_000_001, OSLO, OSLO)  # noqa: DTZ001
@example(datetime(2024, 10, 27, 0, 59, 59), 600_000_001, OSLO, OSLO)  # noqa: DTZ001
def test_the_response_is_exact_to_the_microsecond_whatever_the_offsets(
    rang: datetime, microseconds: int, here: timezone | ZoneInfo, there: timezone | ZoneInfo
) -> None:
    """Two local times of different offsets, also across a change of the clocks, differ by their true distance."""
    start = rang.replace(tzinfo=UTC)
    end = start + timedelta(microseconds=microseconds)
    value = raw(ringing_at=start.astimezone(here).isoformat(), on_scene_at=end.astimezone(there).isoformat())
    mission = READER.read(value, None)
    assert mission.placed_at == start.timestamp()
    assert mission.times is not None
    assert round(mission.times * 1_000_000) == microseconds


@pytest.mark.parametrize("digits", ["9999995", "9999999", "999999999", "9" * 400])
@pytest.mark.parametrize("name", ["ringing_at", "recorded_at"])
def test_no_digit_moves_a_mission_into_the_next_year(digits: str, name: str) -> None:
    """A program that writes ten millionths of a second counts in the year that it wrote: nothing is rounded up."""
    value = raw(**{"ringing_at": None, "on_scene_at": None, name: f"2024-12-31T23:59:59.{digits}+01:00"})
    placed = READER.read(value, None).placed_at
    assert placed == datetime(2024, 12, 31, 22, 59, 59, 999_999, UTC).timestamp()


@settings(max_examples=300)
@given(st.integers(0, 3 * 10**9), st.integers(0, 1200 * 10**9), st.integers(7, 9))
@example(999_999_999, 600 * 10**9, 9)
@example(10**9, 600 * 10**9 - 1, 9)
def test_digits_beyond_the_microsecond_make_no_mission_late(start: int, length: int, decimals: int) -> None:
    """Whatever is cut or rounded: a response within a target of whole seconds stays within it. In nanoseconds."""

    def written(nanoseconds: int) -> str:
        second = RANG + timedelta(seconds=nanoseconds // 10**9)
        return f"{second:%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9:09}"[: 20 + decimals] + "Z"

    unit = 10 ** (9 - decimals)
    start, end = start // unit * unit, (start + length) // unit * unit
    mission = READER.read(raw(ringing_at=written(start), on_scene_at=written(end)), None)
    assert mission.times is not None
    assert mission.placed_at // 1 == RANG.timestamp() + start // 10**9
    assert abs(mission.times - (end - start) / 10**9) < 2e-6
    assert mission.times <= -((start - end) // 10**9)


@pytest.mark.parametrize("fraction", ["", ".0", ".25", ".9999999"])
def test_second_sixty_is_the_end_of_its_minute(fraction: str) -> None:
    """It stays in its day and year, and nothing that follows it comes to lie before it."""
    mission = READER.read(raw(ringing_at=f"2016-12-31T23:59:60{fraction}Z", on_scene_at="2017-01-01T00:00:00Z"), None)
    assert mission.placed_at == datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC).timestamp()
    assert mission.times == pytest.approx(1e-6)
    assert READER.read(raw(on_scene_at=f"2024-03-01T10:07:60{fraction}Z"), None).times == pytest.approx(480.0)


@pytest.mark.parametrize(
    ("written", "revision"), [("3.0", 3), ("3e0", 3), ("-0", 0), ("-0.0", 0), ("9007199254740993.0", 2**53 + 1)]
)
def test_a_whole_number_is_whole_however_it_is_written(written: str, revision: int) -> None:
    """As JSON Schema has it; and exactly, also where a float could not tell it from its neighbour."""
    value = raw(revision=LEAVE_OUT)[:-1] + f', "revision": {written}}}'.encode()
    assert READER.read(value, RECORDED).revision == revision


@pytest.mark.parametrize("written", ["1e999999999", "-1e999999999", "1e-999999999", "1e99999999999999999999"])
def test_a_number_of_any_size_is_refused_at_once(written: str) -> None:
    """A few bytes can name a number that would fill the memory if it were worked out."""
    value = raw(revision=LEAVE_OUT)[:-1] + f', "revision": {written}}}'.encode()
    assert refusal(value).reason is Reason.INVALID_FIELD


SCALARS: list[Callable[[bytes, int, int], bytes]] = [
    lambda value, at, byte: value[:at] + bytes((byte,)) + value[at + 1 :],
    lambda value, at, byte: value[:at] + bytes((byte,)) + value[at:],
    lambda value, at, _: value[:at] + value[at + 1 :],
    lambda value, at, _: value[:at],
    lambda value, at, byte: value[:at] + value[at : at + byte] * 2 + value[at + byte :],
]


@pytest.mark.slow
@settings(max_examples=1500)
@given(
    st.lists(st.tuples(st.sampled_from(SCALARS), st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
    st.none() | st.just(RECORDED),
)
def test_whatever_is_read_is_a_mission_that_can_be_placed_or_a_rejection(
    mutations: list[tuple[Callable[[bytes, int, int], bytes], int, int]], recorded: float | None
) -> None:
    """Damaged bytes of a valid event never raise anything but a named rejection, here or in the ledger."""
    value = raw(excluded="exercise")
    for mutate, at, byte in mutations:
        value = mutate(value, at % (len(value) + 1), byte)
    try:
        mission = READER.read(value, recorded)
    except Rejected as fault:
        assert fault.reason in Reason  # noqa: PT017 - a rejection is one of two good outcomes
        assert fault.detail  # noqa: PT017
    else:
        Ledger(GRID).apply(mission)


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(event(excluded="exercise"))),
    st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.integers()) | st.text(),
)
def test_a_field_of_any_json_type_is_read_or_rejected(name: str, value: object) -> None:
    """No value of any field raises anything but a named rejection."""
    try:
        READER.read(msgspec.json.encode(event(excluded="exercise") | {name: value}), RECORDED)
    except Rejected as fault:
        assert fault.reason in Reason  # noqa: PT017 - a rejection is one of two good outcomes


PERSONAL = "Kari Nordmann 01019012345"


@pytest.mark.parametrize("name", sorted(event(excluded="exercise")))
@pytest.mark.parametrize("shape", ["text", "list", "key"])
def test_a_rejection_never_repeats_what_the_event_said(name: str, shape: str) -> None:
    """Details go to headers, logs and a command's output: they name fields, never values, which may be personal."""
    shapes: dict[str, object] = {"text": PERSONAL, "list": [PERSONAL], "key": {PERSONAL: PERSONAL}}
    value = raw(**{name: shapes[shape]})
    try:
        READER.read(value, RECORDED)
    except Rejected as fault:
        assert "Nordmann" not in fault.detail  # noqa: PT017 - mission_id and excluded may be any text
        assert "0101" not in fault.detail  # noqa: PT017
    else:
        assert (name, shape) in {("mission_id", "text"), ("excluded", "text")}


def test_a_malformed_event_is_not_quoted_either() -> None:
    """What is no JSON at all is described by position, not by content."""
    for value in (b'{"mission_id": "' + PERSONAL.encode(), PERSONAL.encode(), raw(mission_id=PERSONAL)[:-1] + b",}"):
        found = refusal(value)
        assert found.reason is Reason.MALFORMED_JSON
        assert "Nordmann" not in str(found)


def test_a_name_that_is_given_twice_counts_as_the_last() -> None:
    """As JSON readers have it everywhere: whichever names come before, known or not."""
    twice = raw().replace(b'"district": "oslo"', b'"district": "kautokeino", "district": "vest"')
    assert READER.read(twice, RECORDED).series == READER.index["vest", "urban"]
    twice = raw().replace(b'"revision": 3', b'"revision": "three", "revision": 3')
    assert READER.read(twice, RECORDED).revision == 3
    twice = raw().replace(b'"settlement": "urban"', b'"settlement": "urban", "settlement": "suburb"')
    assert refusal(twice).reason is Reason.UNKNOWN_SETTLEMENT


def test_names_beside_another_fault_are_not_what_is_reported() -> None:
    """An unknown district is the fault only of an event that is otherwise as it must be."""
    assert refusal(raw(district="kautokeino", urgent="yes")).reason is Reason.INVALID_FIELD
    assert refusal(raw(district="kautokeino", ringing_at="soon")).reason is Reason.INVALID_TIME
    assert refusal(raw(district="kautokeino") + b"}").reason is Reason.MALFORMED_JSON
    assert refusal(raw(), reader=EventReader(SERVICE, GRID, {})).reason is Reason.UNKNOWN_DISTRICT


@given(st.floats(-2e9, 2e9))
def test_an_instant_is_the_aware_time_of_its_seconds(seconds: float) -> None:
    """Epoch seconds come back from the time they name, to the microsecond."""
    assert abs(instant(seconds).timestamp() - seconds) < 1e-6
    assert instant(seconds).tzinfo is UTC
