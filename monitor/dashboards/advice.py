"""What an operator does when a part of the pipeline looks wrong, in a few lines of Markdown."""

from collections.abc import Mapping
from typing import Final

from monitor.words.speaker import phrase

ADVICE: Final[Mapping[str, str]] = {
    "advice.keeping_up": phrase(
        """**Lag grows:** more is written than read. Start another worker (at most one per partition); look at the time of a checkpoint to see whether the store is slow.

**One partition only:** its worker hangs or is gone. Restart it: another takes over within 10 s.

**Delay grows without lag:** the source stamps its records late, or clocks differ."""
    ),
    "advice.checkpoints": phrase(
        """**Slow (over 0.5 s):** Redis is busy, its disk is slow, or the network is. Look at its own latency first.

**None while there are events:** the store is away. Workers wait, with bounded memory, and go on by themselves; nothing is lost.

**Far more than two a second and worker:** lower `worker.checkpoint_missions` was set by mistake."""
    ),
    "advice.events": phrase(
        """**Dead letters:** `monitor dead-letters list` shows each with its reason. Correct the source or the configuration (a new area?), then `monitor dead-letters requeue`.

**A burst of one reason:** a release of the source; call its people.

**No events at all:** the feed's banner tells when verdicts turn to "no data"."""
    ),
    "advice.consistency": phrase(
        """**Refused checkpoints:** a worker was thought dead and was not. One now and then is the fence at work; many: raise `kafka.session_timeout_seconds` or give workers more CPU.

**Rebuilt partitions:** the store was empty. If nobody emptied it, check Redis' persistence.

**Lost offsets:** retention was shorter than an outage. Replay from the source: every mission counts once.

**Sealed early:** raise `ledger.capacity` or add partitions."""
    ),
    "advice.feeds": phrase(
        """**Lag grows or stands:** its log names what it waits for: the topic of mission events, or the schema registry. Start it again, or another: they share the partitions.

**It refuses:** `monitor dead-letters list --of TOPIC` shows what and why. Mend the feed file, start the feed again, then `monitor dead-letters requeue --of TOPIC`."""
    ),
    "advice.resources": phrase(
        """**Memory near its limit:** missions tracked tell why. Lower `ledger.horizon_days` or `ledger.capacity`, or share the partitions among more workers.

**The reading grows old:** the store is down or slow; figures stand still but stay right.

**One process missing:** see its log; every process may be restarted at any time."""
    ),
}
