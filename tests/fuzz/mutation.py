"""Damage to bytes, seeded: flipped bits, cuts, repeats, splices of two inputs, and tokens that decoders trip over."""

import random
from collections.abc import Iterator, Sequence

TOKENS = (
    b"null", b"true", b"-0", b"1e999", b"NaN", b"9223372036854775808", b"[" * 40, b"{" * 40, b'"\\ud800"', b"\\u0000",
    b"\xff\xfe", b"\xc0\x80", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59", b"2024-02-30T00:00:00Z",
    b"24:00:00", b"+24:00", b"60", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\x7f\xff\xff\xff",
    b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
    b"\x91" * 60, b"\x81\xa1a" * 30, b"\xc1", b"\x00", b"", b'["d"]', b'{"d": []}', b"[]",
)  # fmt: skip
LARGEST_BYTES = 4_096


def mutations(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Endless damaged copies of the seeds, the same for a seed."""
    rng = random.Random(f"fuzz {seed}")  # noqa: S311 - damage, not a secret
    while True:
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            _damage(rng, data, seeds)
        yield bytes(data[:LARGEST_BYTES])


def _damage(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    place = rng.randrange(len(data) + 1)
    end = min(len(data), place + rng.randrange(1, 24))
    match rng.randrange(7):
        case 0 if place < len(data):
            data[place] ^= 1 << rng.randrange(8)
        case 1 if place < len(data):
            data[place] = rng.randrange(256)
        case 2:
            del data[place:end]
        case 3:
            data[place:place] = data[place:end]
        case 4:
            data[place:end] = rng.choice(TOKENS)
        case 5:
            data[place:place] = rng.choice(TOKENS)
        case _:
            other = rng.choice(seeds)
            data[place:] = other[rng.randrange(len(other) + 1) :]
