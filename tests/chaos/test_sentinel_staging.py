"""A short staging with the store under three sentinels: two masters at once, and one that dies alone."""

import pytest

from tests.chaos import several
from tests.chaos.driver import run

PLAN = ((), (), (), (several.master_cut_off, several.replica_behind))
"""By lane, in order."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


async def test_whatever_a_fail_over_forgets_the_report_is_the_brute_force_account() -> None:
    """Workers go on at a master that was cut off, another dies with checkpoints that it alone had: none differs."""
    outcome = await run(seed=23, duration_seconds=0, plan=PLAN, store="sentinel")
    assert outcome.sound, outcome.table()
    assert outcome.staged.total() == sum(map(len, PLAN))
    assert int(outcome.figures["confirmed checkpoints lost, and seen"]) > 0
