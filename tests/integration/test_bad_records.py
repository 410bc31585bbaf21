"""Records that are no valid events, between good ones: each refused by name, none in the way, none lost."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.structs import ConsumerRecord

from tests.integration.station import Record, Station, event, measured_of, row_of
from tests.integration.test_replay import everything

GOOD = 12
TWO_DISTRICTS = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
"""A configuration that knows oslo and troms only."""
LARGE = b'{"mission_id": "big", "note": "' + b"x" * 5_000_000 + b'"}'

pytestmark = pytest.mark.integration


def bad_records(now: datetime) -> list[tuple[str, Record]]:
    """Reason and record, for every way an event can be wrong that a source has been seen to find."""
    ahead = (now + timedelta(days=365)).isoformat()
    return [
        ("malformed_json", (b"b1", b'{"mission_id": "b1", ')),
        ("malformed_json", (b"b2", b"\xff\xfe\x00")),
        ("unknown_district", event("b3", district="atlantis")),
        ("unknown_settlement", event("b4", settlement="village")),
        ("time_without_offset", event("b5", ringing_at="2024-05-01T12:00:00")),
        ("invalid_time", event("b6", on_scene_at="noon")),
        ("in_the_future", event("b9", ringing_at=ahead, on_scene_at=ahead)),
        ("invalid_field", event("b10", urgent="yes")),
        ("too_large", (b"big", LARGE)),
        ("empty", (b"b12", b"")),
        ("tombstone", (b"g1", None)),
        ("conflict", event("g2", on_scene_at="2024-05-01T12:30:00+02:00")),
        ("late", event("b15", ringing_at="2021-05-01T12:00:00+02:00", on_scene_at="2021-05-01T12:40:00+02:00")),
    ]


def good_records(now: datetime) -> list[Record]:
    """Missions of five minutes each; the newest one moves the line before which slices are sealed."""
    rang = now - timedelta(hours=1)
    recent = event("now", ringing_at=rang.isoformat(), on_scene_at=(rang + timedelta(minutes=5)).isoformat())
    return [event(f"g{number}") for number in range(GOOD)] + [recent]


async def test_each_bad_record_is_a_dead_letter_with_its_reason_and_bytes_and_the_stream_goes_on(
    station: Station,
) -> None:
    """Good and bad interleaved: figures of the good ones, letters of the bad ones, and requeued ones come back."""
    station.settings["MONITOR_LEDGER__HORIZON_DAYS"] = "1800"
    now = datetime.now(UTC)
    bad, good = bad_records(now), good_records(now)
    # A late one corrects a mission that was sealed: in its partition, by the newest. Everything else lies in between.
    (_, recent), late = good.pop(), bad.pop()[1]
    key = late[0]
    old = event("b15", ringing_at="2021-05-01T12:00:00+02:00", on_scene_at="2021-05-01T12:30:00+02:00")
    sent = await station.produce([old, (key, recent)])
    worker = station.worker()
    interleaved = [record for pair in zip(good, [one for _, one in bad], strict=False) for record in pair]
    rest = [one for _, one in bad[len(good) :]]
    sent += await station.produce([*interleaved, *rest, late, event("last")])
    await station.all_stored(sent)

    wanted = {record: reason for reason, record in [*bad, ("late", late)]}
    wanted[b"big", None] = wanted.pop((b"big", LARGE))  # no event is as large: it stays where it was
    (raw,) = (await everything(station.broker.bootstrap, station.dead_letter_topic, 1)).values()
    assert {(one.key, one.value): reason_of(one) for one in raw} == wanted
    assert all(dict(one.headers)["monitor-topic"] == station.topic.encode() for one in raw)
    listed = await station.dead_letters()
    assert Counter(one["reason"] for one in listed) == Counter(wanted.values())
    assert all(one["detail"] for one in listed)
    heads = (await station.heads()).values()
    counted = sum((Counter(head.dead_letters) for head in heads), Counter())
    assert counted == Counter(wanted.values())
    row = row_of(await station.report("2024"), "oslo", "urban")
    assert row["clocks"]["response"]["measured"] == GOOD + 1
    assert {one["value_seconds"] for one in row["objectives"].values()} == {300.0}

    result = await station.run("dead-letters", "requeue", "--all")
    assert result.exit_code == 1, result.output
    back = len(wanted) - 1
    assert f"{back} sent back to {station.topic}, 0 sent back before, 1 refused" in result.stdout
    await station.all_stored(sent + back)
    listed = await station.dead_letters()
    again = Counter(one["reason"] for one in listed if not one["requeued"])
    assert again == Counter(wanted.values())
    assert row_of(await station.report("2024"), "oslo", "urban") == row
    assert await worker.stopped() == 0


async def test_a_dead_letter_counts_once_its_cause_is_mended(kafka_station: Station) -> None:
    """A district unknown to the configuration becomes known: requeue sends the event back, and it is counted."""
    sent = await kafka_station.produce([event("a"), event("b", district="vest")])
    worker = kafka_station.worker("before", CONFIG=str(TWO_DISTRICTS))
    await kafka_station.all_stored(sent)
    assert [one["reason"] for one in await kafka_station.dead_letters()] == ["unknown_district"]
    assert await worker.stopped() == 0
    kafka_station.worker("after")
    result = await kafka_station.run("dead-letters", "requeue", "--reason", "unknown_district")
    assert "1 sent back" in result.stdout, result.output
    await kafka_station.all_stored(sent + 1)
    report = await kafka_station.report("2024")
    assert [measured_of(report, area, "urban") for area in ("oslo", "vest")] == [1, 1]


def reason_of(record: ConsumerRecord) -> str:
    """The reason in the headers."""
    return dict(record.headers)["monitor-reason"].decode()
