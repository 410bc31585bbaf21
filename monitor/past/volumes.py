"""Moments written down as OpenMetrics with timestamps, in volumes that Prometheus makes blocks of.

What a moment says is what the exporter's collector tells, so names and labels are those of `/metrics`; here each
sample gets its time, and what belongs together is put together: OpenMetrics wants all of a metric in one place. So a
volume is held until it is full, and there are several. None crosses the border of a block of `BLOCK_SECONDS`, so the
blocks made of them do not overlap. Refuses to know figures, and where volumes are kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.utils import floatToGoString

from monitor import metrics
from monitor.core.snapshot import Snapshot
from monitor.exporter.collector import AreaInfo, PublishedCollector
from monitor.metrics import Metric
from monitor.published import Published, StoreState

BLOCK_HOURS: Final = 486
"""The longest block that promtool makes where it may, and that a Prometheus which keeps a year makes, too."""
BLOCK_SECONDS: Final = BLOCK_HOURS * 3600
MOMENTS: Final = 24
"""Of a volume, at most: what is held at a time."""
SUFFIX: Final = ".openmetrics"
_END: Final = "# EOF\n"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_TOLD: Final = frozenset(metric.name for metric in metrics.PAST)

Place = tuple[str, ...]
"""The values of a series' labels, in the order of the metric's."""


def told(snapshot: Snapshot, *, windows: Iterable[str], areas: Mapping[str, AreaInfo]) -> list[Family]:
    """What an exporter would have told then, of all that can be known of the past."""
    published = Published(
        snapshot=snapshot, heads={}, store=StoreState.UP, problem=None, loaded=True, read_at=snapshot.at,
        published_at=snapshot.at,
    )  # fmt: skip
    families = PublishedCollector(published, windows=windows, areas=lambda _: areas).collect()
    return [family for family in families if family.name in _TOLD]


@dataclass(slots=True)
class Volume:
    """Several moments. `points` by metric and series: value and time, in time order."""

    begins: int
    moments: int = 0
    samples: int = 0
    points: dict[str, dict[Place, list[str]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """When it begins, in UTC: names sort as volumes do."""
        return datetime.fromtimestamp(self.begins, UTC).strftime("%Y-%m-%dT%H%M%SZ")

    def add(self, at: int, families: Iterable[Family]) -> None:
        """What was told at a moment (epoch seconds), later than all before."""
        for family in families:
            series = self.points.setdefault(family.name, {})
            for sample in family.samples:
                point = f"{floatToGoString(sample.value)} {at}"  # type: ignore[no-untyped-call]
                series.setdefault(tuple(sample.labels.values()), []).append(point)
            self.samples += len(family.samples)
        self.moments += 1

    def lines(self) -> Iterator[str]:
        """The whole, as OpenMetrics."""
        for name, series in self.points.items():
            metric = metrics.BY_NAME[name]
            yield f"# HELP {name} {metric.help.translate(_ESCAPES)}\n# TYPE {name} {metric.kind}\n"
            for place, points in series.items():
                named = _named(metric, place)
                yield "".join([f"{named} {point}\n" for point in points])
        yield _END


def _named(metric: Metric, place: Place) -> str:
    labels = zip(metric.labels, place, strict=True)
    told = ",".join([f'{label}="{value.translate(_ESCAPES)}"' for label, value in labels])
    return f"{metric.name}{{{told}}}"


def volumes(moments: Iterable[tuple[float, Iterable[Family]]]) -> Iterator[Volume]:
    """Whole volumes of moments (whole epoch seconds) that ascend, one at a time."""
    volume: Volume | None = None
    for moment, families in moments:
        at = int(moment)
        if volume is not None and (
            volume.moments == MOMENTS or at // BLOCK_SECONDS != volume.begins // BLOCK_SECONDS
        ):
            yield volume
            volume = None
        volume = volume or Volume(at)
        volume.add(at, families)
    if volume is not None:
        yield volume
