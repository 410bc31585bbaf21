"""Damaged bytes, hundreds of thousands of them: a named rejection or a value, never anything else."""

import time
import tracemalloc
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import mutations
from tests.fuzz.targets import EVENTS, TARGETS, Target

SECONDS_EACH = 5.0
LARGEST_GROWTH_BYTES = 8 * 1024 * 1024


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_damaged_bytes_end_in_declared_exceptions_only(target: Target) -> None:
    """As many seeded mutations as fit into a few seconds; `python -m tests.fuzz` goes on for longer."""
    until = time.monotonic() + SECONDS_EACH
    taken = tried = 0
    for data in mutations(target.seeds, seed=1):
        try:
            taken += target.feed(data)
        except BaseException as fault:
            fault.add_note(f"{target.name} of {data!r}")
            raise
        tried += 1
        if tried % 500 == 0 and time.monotonic() > until:
            break
    assert tried > taken > 0


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_damaged_length_makes_a_decoder_take_memory(target: Target) -> None:
    """A few bytes that promise gigabytes are refused before anything of that size is made."""
    tracemalloc.start()
    try:
        for number, data in enumerate(mutations(target.seeds, seed=2)):
            target.feed(data)
            if number == 3_000:
                break
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LARGEST_GROWTH_BYTES


@given(st.binary(max_size=300) | st.sampled_from(EVENTS))
@settings(max_examples=500, deadline=None)
def test_any_bytes_at_all_end_in_declared_exceptions_only(data: bytes) -> None:
    """Not only damaged good input: anything."""
    for target in TARGETS:
        target.feed(data)
        for version, kind in product((b"\x01", b"\x02"), (b"H", b"E", b"A")):
            target.feed(version + kind + data)
