"""The short staging: every lane at once for a minute, every figure compared."""

import pytest

from tests.chaos import faults
from tests.chaos.driver import run

PLAN = (
    (faults.worker_killed_after_letters, faults.worker_frozen, faults.worker_killed_after_checkpoint),
    (faults.feed_killed_after_delivery, faults.feed_added_and_removed),
    (
        faults.broker_killed, faults.brokers_cut_off, faults.brokers_cut_off_from_each_other,
        faults.dead_letters_unwritable, faults.partitions_added,
    ),
    (
        faults.redis_killed, faults.redis_command_refused, faults.redis_out_of_memory, faults.redis_disk_full,
        faults.redis_slow, faults.redis_replaced_by_replica, faults.redis_emptied, faults.redis_cut_off,
    ),
)  # fmt: skip
"""By lane, in order; `make chaos` draws from all kinds."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


async def test_whatever_is_staged_the_report_is_the_brute_force_account() -> None:
    """Workers, brokers and Redis fail at once; in the end no figure differs and no promise is broken."""
    outcome = await run(seed=20, duration_seconds=0, plan=PLAN)
    assert outcome.sound, outcome.table()
    assert outcome.staged.total() == sum(map(len, PLAN))
