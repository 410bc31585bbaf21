"""What a year costs Prometheus: bytes of its blocks per series and day, by the interval it scrapes at.

A day of the police is judged every five minutes, as an exporter would have done, from a year of simulated missions.
Between two of these moments each scrape finds the same. One area's series are written out for each interval and made
into one block by promtool, as a running Prometheus compacts them in the end; what it stores of itself (`up` and its
like), of the workers and of its alerts comes on top.

    monitor simulate --history 400d > year.jsonl
    python benchmarks/retention.py year.jsonl [--area oslo]

Takes about 3 min.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from prometheus_client.utils import floatToGoString

from monitor import metrics
from monitor.core.past import Past
from monitor.exporter.area_infos import area_infos
from monitor.past.volumes import told
from monitor.report.reading import read_missions
from monitor.settings import load
from monitor.wiring import empty_history, snapshot_terms

INTERVALS: Final = (10, 15, 30, 60)
STEP: Final = 300
DAY: Final = 86_400
DAYS_KEPT: Final = 400
NATION: Final = 39
"""Areas and categories of the police, 98 series each at most."""

Points = dict[tuple[str, str], list[tuple[int, str]]]


def judged(file: Path, area: str) -> Points:
    """What the series of an area said on the newest whole day: value by the moment it began to hold."""
    configuration = load(Path("config/monitor.toml"))
    missions, grid = empty_history(configuration), configuration.grid
    with file.open("rb") as events:
        read_missions(configuration, [events], missions)
    past = Past(missions, snapshot_terms(configuration))
    begins = int(grid.midnight(grid.day_of(missions.heads[0].watermark or 0) - 1))
    found: Points = {}
    for at in range(begins, begins + DAY, STEP):
        areas = area_infos(configuration.service, date.fromordinal(grid.day_of(at)))
        for family in told(past.at(at), windows=configuration.settings.windows.exposed, areas=areas):
            for sample in family.samples:
                if sample.labels.get(metrics.AREA) == area:
                    named = ",".join(f'{key}="{value}"' for key, value in sample.labels.items())
                    value = floatToGoString(sample.value)  # type: ignore[no-untyped-call]
                    found.setdefault((family.name, named), []).append((at, value))
    return found


def scraped(points: Points, interval: int) -> Iterator[str]:
    """OpenMetrics of a day."""
    name = ""
    for (metric, labels), held in points.items():
        if metric != name:
            name = metric
            yield f"# TYPE {name} gauge\n"
        for at, value in held:
            yield "".join(f"{name}{{{labels}}} {value} {now}\n" for now in range(at, at + STEP, interval))
    yield "# EOF\n"


def stored(points: Points, interval: int, folder: Path) -> int:
    """Bytes of the one block that a day makes."""
    file, blocks = folder / f"{interval}.openmetrics", folder / f"blocks-{interval}"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(scraped(points, interval))
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "--quiet", "openmetrics", "--max-block-duration=486h",
         str(file), str(blocks)], check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return sum(one.stat().st_size for one in blocks.rglob("*") if one.is_file())


def main() -> None:
    """Print a line for each interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("--area", default="oslo")
    chosen = parser.parse_args()
    points = judged(chosen.events, chosen.area)
    print(f"{len(points)} series of {chosen.area}, one day")
    with tempfile.TemporaryDirectory() as folder:
        for interval in INTERVALS:
            size = stored(points, interval, Path(folder)) / len(points)
            nation = size * NATION * 98 * DAYS_KEPT / 1e9
            print(
                f"every {interval:2} s: {size:6.0f} bytes per series and day, {nation:4.1f} GB for a nation in 400 d"
            )


if __name__ == "__main__":
    main()
