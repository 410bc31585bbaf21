"""A published state of any service that came along, out of missions that the simulator invents: without servers."""

from datetime import UTC, datetime

from monitor.board.area import area_page
from monitor.board.frame import View
from monitor.board.map import map_page
from monitor.board.matrix import board
from monitor.board.rule import Rule
from monitor.board.wall import wall_page
from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.core.snapshot import take
from monitor.core.stored import read_head
from monitor.published import Published, StoreState
from monitor.settings import Configuration, load
from monitor.simulator import history
from monitor.simulator.worlds import world_of
from monitor.wiring import empty_history, partition_policy, snapshot_terms
from monitor.words.catalogue import Language
from monitor.words.speaker import speaker
from tests.core.events import Shelf
from tests.exporter.world import Rec

NOW = datetime(2026, 9, 15, 12, 0, tzinfo=UTC)
"""A Tuesday, on which every preset's newest thresholds are in force."""
DAYS, MISSIONS_A_SERIES, MOST = 60, 150, 9_000


def shown(name: str) -> tuple[Configuration, Published]:
    """Sixty days of a service."""
    conf = load(service=name)
    service = conf.service
    world = world_of(conf, meets=0.7, missions=min(MOST, MISSIONS_A_SERIES * len(service.told_series)))
    partition, shelf = Partition.start(partition_policy(conf)), Shelf()
    emissions = [one for one in history(end=NOW, days=DAYS, seed=1, world=world) if one.at <= NOW]
    records = [Rec(number, int(one.at.timestamp() * 1000), one.value) for number, one in enumerate(emissions)]
    partition.apply(Batch(0, len(records), records), NOW.timestamp())
    shelf.put(partition.checkpoint())
    assert shelf.head is not None
    known = empty_history(conf)
    known.put(0, read_head(shelf.head), shelf.days)
    snapshot = take(known, snapshot_terms(conf), NOW.timestamp())
    published = Published(
        snapshot=snapshot, heads=known.heads, store=StoreState.UP, problem=None, loaded=True,
        read_at=NOW.timestamp(), published_at=NOW.timestamp(),
    )  # fmt: skip
    return conf, published


def view_of(conf: Configuration, published: Published, language: Language = "en") -> View:
    """What somebody looks at who opens the first page."""
    windows = conf.settings.windows.names
    return View(
        published=published, say=speaker(language), zone=conf.grid.zone, windows=windows,
        window="28d" if "28d" in windows else windows[0],
        held_to=Rule(conf.targets, conf.description, conf.unverified, conf.cannot_say),
    )  # fmt: skip


def pages(conf: Configuration, published: Published, language: Language = "en") -> dict[str, str]:
    """The table, the wall, the root's page, and the map where there is one."""
    view = view_of(conf, published, language)
    found = {"table": board(view), "wall": wall_page(view)}
    found["area"] = area_page(view, conf.service.root, None, drift_threshold=6.5)
    if "map" in view.looks:
        found["map"] = map_page(view)
    return found
