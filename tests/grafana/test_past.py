"""A Prometheus that knows nothing but what `monitor history` told draws every chart, over a day and over a year."""

import asyncio
import json
import random
import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import inf
from typing import Any, Final

import pytest

from monitor import clock, metrics
from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.past.command import put_down, retold
from monitor.past.volumes import BLOCK_HOURS
from monitor.report.sources import from_lines
from monitor.wiring import empty_history, partition_policy
from tests.eventually import wait_until
from tests.exporter.world import event
from tests.grafana.dashboards import FILES, load, name_of, panels
from tests.grafana.scene import Prometheus
from tests.grafana.services import FIRE, fire
from tests.servers.components import require

pytestmark = pytest.mark.integration

HOUR: Final = 3600
DAY: Final = 24 * HOUR
RANGES: Final[Mapping[str, tuple[int, int, int]]] = {
    "24 h": (DAY, 60, 22),
    "90 d": (90 * DAY, 2 * HOUR, 85),
    "365 d": (365 * DAY, 6 * HOUR, 355),
}
"""Seconds shown, seconds of a step as Grafana rounds it for a panel of a thousand points, points at least."""
SCRAPE_SECONDS: Final = 15
CHOICE: Final[Mapping[str, str]] = {
    "$service": "fire", "$root": "county", "$clock": "turnout", "$objective": "eight_in_ten", "$area": "hills",
    "$category": ".+", "$window": "28d", "$instance": ".+",
}  # fmt: skip
TOLD: Final = {metric.name for metric in metrics.PAST}
LONGEST_GAP: Final = 25 * HOUR * 1000
"""Milliseconds between two days' ends, where summer time ends."""
Chart = tuple[str, dict[str, Any], str]
"""Where it stands, the panel, and one of its expressions."""


def charts() -> Iterator[Chart]:
    """Whatever is drawn over time, each expression once."""
    seen: set[str] = set()
    for file in FILES:
        for panel in panels(load(file)):
            for target in panel.get("targets", []):
                if not target.get("instant", False) and target["expr"] not in seen:
                    seen.add(target["expr"])
                    yield f"{name_of(file)}: {panel['title']} {target['refId']}", panel, target["expr"]


def of_the_present(expression: str) -> set[str]:
    """The metrics of an expression that tell of the present alone, so that history has none of them."""
    named = set(re.findall(r"\b((?:response|monitor|process)_\w+|ALERTS)\{", expression))
    assert named, expression
    return named - TOLD


PAST: Final = [one for one in charts() if not of_the_present(one[2])]
PRESENT: Final = [one for one in charts() if of_the_present(one[2])]


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes nothing: all it has are blocks made of a year's invented missions."""
    program, promtool = require("prometheus"), require("promtool")
    folder, now, configured = tmp_path_factory.mktemp("past"), clock.now(), fire()
    history, chance = empty_history(configured), random.Random(3)  # noqa: S311 - invented missions
    lines = []
    for number in range(1500):
        area, category = chance.choice(FIRE.told_series)
        rang = now - 380 * DAY * (1500 - number) / 1500
        minutes = chance.choice((6.0, 9.0, 14.0, 25.0, None))
        told = event(str(number), district=area, settlement=category, rang=rang, minutes=minutes)
        lines.append(json.dumps(told | {"status": "closed"}).encode())
    from_lines(history, partition_policy(configured, sealing=False), lines, now=now)
    data, told_here = folder / "data", folder / "told"
    told_here.mkdir()
    for volume in retold(configured, history, since=-inf, now=now):
        put_down(told_here, volume)
    for file in sorted(told_here.iterdir()):
        length = f"--max-block-duration={BLOCK_HOURS}h"
        command = [promtool, "tsdb", "create-blocks-from", "--quiet", "openmetrics", length, file, data]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
    assert len(list(data.glob("*/meta.json"))) == len(list(told_here.iterdir())), "a file is a block"
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    port = free_port()
    arguments = [
        program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=400d", f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn",
    ]  # fmt: skip
    asked = Prometheus(port)
    asked.at = now

    def answers() -> bool:
        child.require_running()
        try:
            return asked.get("status/runtimeinfo") is not None
        except OSError:
            return False

    with Child("prometheus", arguments) as child:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(wait_until(answers, "an answer of Prometheus", timeout_seconds=60))
        yield asked


def drawn(asked: Prometheus, expression: str, over: str) -> list[int]:
    """How many points each series has when Grafana draws it, in a browser whose zone is the service's."""
    seconds, step, _ = RANGES[over]
    offset = datetime.fromtimestamp(asked.at, fire().grid.zone).utcoffset()
    assert offset is not None
    shift = int(offset.total_seconds())

    def aligned(at: float) -> int:
        return int((at + shift) // step * step - shift)

    rate = max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)
    filled = {"$__rate_interval": f"{rate}s", "$__interval": f"{step}s", "$__range": f"{seconds}s", **CHOICE}
    for name, value in filled.items():
        expression = re.sub(re.escape(name) + r"\b", value, expression)
    assert "$" not in re.sub(r'"\$1"', "", expression), expression
    span = {"start": aligned(asked.at - seconds), "end": aligned(asked.at), "step": step}
    return [len(one["values"]) for one in asked.get("query_range", query=expression, **span)["result"]]


@pytest.mark.parametrize("over", RANGES)
@pytest.mark.parametrize("chart", PAST, ids=lambda chart: chart[0])
def test_a_chart_of_the_past_is_full(chart: Chart, over: str, remembering: Prometheus) -> None:
    """Every hour of the last day, and nearly every day of a quarter and of a year, whatever the steps' grid."""
    points = drawn(remembering, chart[2], over)
    least = RANGES[over][2]
    if " offset " in chart[2]:
        return  # a mark where a verdict turned: few, or none
    assert points, f"no data: {chart[2]}"
    assert max(points) >= least, (points, chart[2])


@pytest.mark.parametrize("chart", PAST, ids=lambda chart: chart[0])
def test_lines_are_drawn_from_one_day_to_the_next(chart: Chart) -> None:
    """Points without lines between them are seen by nobody."""
    _, panel, _ = chart
    spans = panel["fieldConfig"]["defaults"]["custom"]["spanNulls"]
    assert spans is True or spans >= LONGEST_GAP, spans


def test_what_has_no_past_is_the_pipeline_and_what_was_in_progress() -> None:
    """Each exception by its reason: the process that told it was not there, or what it told of has ended since."""
    gone = {"response_missions_open", "response_missions_overdue"}
    for where, _, expression in PRESENT:
        named = of_the_present(expression)
        if named & gone:
            assert named <= gone, where
        else:
            assert where.partition(":")[0].endswith("/pipeline"), where
            assert not [name for name in named if name.startswith("response_")], where
    assert PAST
    assert PRESENT
