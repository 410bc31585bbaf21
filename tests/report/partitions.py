"""A worker without Kafka: lines into a partition, checkpoint by checkpoint, into a store."""

from collections.abc import Sequence

from monitor.core.batch import Batch
from monitor.core.partition import Partition, Policy
from monitor.report.sources import Line
from monitor.store.port import Store


async def stored_in(store: Store, partition: int, policy: Policy, lines: Sequence[bytes], *, now: float) -> None:
    """Apply line by line; a checkpoint after every third."""
    lease, _ = await store.claim(partition)
    state = Partition.start(policy)
    for offset, line in enumerate(lines):
        state.apply(Batch(offset, offset + 1, [Line(offset, line)]), now)
        if offset % 3 == 2 or offset == len(lines) - 1:
            lease = await store.checkpoint(lease, state.checkpoint())
