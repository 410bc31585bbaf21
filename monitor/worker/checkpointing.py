"""When a partition's changes are due to be stored. A decision only: somebody else stores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """Due after `seconds` with anything to store, or at once when `missions` have changed."""

    seconds: float
    missions: int

    def due(self, *, changed: int, since_seconds: float) -> bool:
        """Whether to store now; `since_seconds` is the age of the oldest thing not yet stored."""
        return changed >= self.missions or since_seconds >= self.seconds

    def along(self, *, since_seconds: float) -> bool:
        """Whether to store now because another partition is stored: readers then see both in one go.

        What has waited for less than half the time waits on, or a slow store would be written to more often.
        """
        return since_seconds >= self.seconds / 2

    def full(self, *, changed: int) -> bool:
        """Whether to take nothing more in until a checkpoint has succeeded, so that memory stays bounded."""
        return changed >= 2 * self.missions
