"""What is kept of a dead letter, and that all of them together stay small however much comes in."""

from monitor.core.batch import Batch, DeadLetter, RefusedBatch
from monitor.core.mission import Reason
from monitor.worker.letters import Letters
from tests.core.events import Rec, Snap, policy
from tests.worker.desk import Desk

LARGEST = policy().limits.record_bytes
BATCH = RefusedBatch(10, 89, 1234, Reason.BATCH_TOO_LARGE, "22000 bytes that unpack to more")


def letter(value: bytes | None, key: bytes | None = b"k") -> DeadLetter:
    return DeadLetter(Rec(7, 1234, value, key), Reason.MALFORMED_JSON, "what was found")


def kept(one: DeadLetter) -> DeadLetter:
    letters = Letters()
    letters.add([one], largest_bytes=LARGEST)
    (found,) = letters.take()
    return found


def test_a_letter_is_kept_as_it_is_up_to_the_largest_event() -> None:
    """Whatever could be counted once its cause is mended can be sent back: bytes and key unchanged."""
    one = letter(b"x" * LARGEST, b"k" * LARGEST)
    assert kept(one) is one


def test_a_larger_value_or_key_goes_without_both() -> None:
    """No event is as large; where it came from, why, and the beginning of its key stay."""
    for one in (letter(b"x" * (LARGEST + 1), b"k" * 2000), letter(b"x", b"k" * (LARGEST + 1))):
        left = kept(one)
        assert (left.record.value, left.record.key) == (None, b"k" * len(left.record.key or b""))
        assert len(left.record.key or b"") == 1024
        assert (left.record.offset, left.record.timestamp, left.reason) == (7, 1234, one.reason)


def test_a_batch_is_a_letter_that_tells_its_offsets() -> None:
    """It has no value and no key; the last offset is its identity."""
    left = kept(DeadLetter(BATCH, BATCH.reason, BATCH.detail))
    assert (left.record.offset, left.record.timestamp, left.record.key, left.record.value) == (89, 1234, None, None)
    assert left.detail == "offsets 10 to 89: 22000 bytes that unpack to more"


def test_letters_weigh_by_their_bytes_too() -> None:
    """One for each, and one more for each KiB: so their number and their bytes are bounded by one limit."""
    letters = Letters()
    letters.add([letter(b""), letter(b"x" * 10_240), letter(b"x" * 10_000_000)], largest_bytes=LARGEST)
    assert letters.weight == 1 + 11 + 1
    assert len(letters.take()) == 3
    assert (letters.weight, letters.take()) == (0, [])


async def test_large_letters_fill_a_partition_before_many_do() -> None:
    """With the dead-letter topic away, bytes stop the intake as numbers do."""
    desk = Desk(missions=1000)
    await desk.take()
    records = [Rec(offset, None, b"x" * LARGEST) for offset in range(20)]
    await desk.keeper.handle(0, Batch(0, 20, records))
    assert desk.keeper.due() == [0]  # 20 letters of 64 KiB weigh 1,300


async def test_a_refused_batch_is_one_letter_counted_once_in_the_state_it_belongs_to() -> None:
    """Among good records, across a crash after the letters: one count, its offsets covered, nothing else touched."""
    desk = Desk()
    good = Snap("a", 1, "oslo", "urban", True, "closed", 10, 300, False, 20).encode()
    records = [Rec(9, None, good), BATCH, Rec(90, None, good)]
    for _ in range(2):  # the second time after a crash, from what was stored: nothing
        await desk.take()
        await desk.keeper.handle(0, Batch(0, 91, records))
        letters = desk.keeper.kept[0].letters
        assert letters.weight == 1
    await desk.keeper.checkpoint(0)
    head = desk.keeper.kept[0].partition.head
    assert (head.next_offset, head.dead_letters) == (91, {"batch_too_large": 1})
    assert head.outcomes == {"new": 1, "duplicate": 1}
    assert desk.box.put_letters == [(0, 89, "batch_too_large")]
    # Told again, as after a rebalance: below the next offset, it is passed over.
    await desk.keeper.handle(0, Batch(0, 91, records))
    assert head.dead_letters == {"batch_too_large": 1}
