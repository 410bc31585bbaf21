"""Where a server of a test runs: on loopback, or in a network of its own."""

from dataclasses import dataclass

from monitor.demo.processes import LOOPBACK


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses of a machine, as servers and their tests need them."""

    host: str = LOOPBACK
    """Where others find it."""
    seen_at: str = LOOPBACK
    """Where the test does, whatever lies between the others."""
    within: tuple[str, ...] = ()
    """What a command begins with that is to run there."""


HERE = Place()


class Placed:
    """A server that may run elsewhere."""

    place: Place = HERE
    port: int

    @property
    def address(self) -> str:
        return f"{self.place.seen_at}:{self.port}"
