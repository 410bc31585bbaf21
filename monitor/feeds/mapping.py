"""One record in, its events out: what a source's record says of a mission.

Knows nothing of earlier records: the ledger folds the rows of a mission and judges which is the newer.
"""

from monitor.core.service import Service
from monitor.feeds.declared import Source
from monitor.feeds.rows import Locator, Mapped, Row


class Mapper:
    """Maps the records of one source; stateless."""

    def __init__(self, source: Source, service: Service, places: Locator | None = None) -> None:
        """`places`: the service's layers, where the source gives coordinates."""
        self.source = source
        self._service, self._places = service, places

    def map(self, row: Row) -> Mapped:
        """What a record says. Raises nothing: what is wrong with it is told."""
        raise NotImplementedError
