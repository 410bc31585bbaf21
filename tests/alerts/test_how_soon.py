"""How soon an alert can follow what it tells, with the files as shipped."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from monitor.alerts import RULES, files
from monitor.dashboards.sources import sources
from monitor.exporter.refresh import ROLL_CALL_SECONDS
from monitor.worker.life import LIVES_SECONDS

ROOT: Final = Path(__file__).parents[2]
COMPOSED: Final = ROOT / "config" / "compose" / "prometheus.yml"
SHIPPED: Final[dict[str, Any]] = {
    "alone": yaml.safe_load(files()["config/prometheus/prometheus.yml"])["global"],
    "composed": yaml.safe_load(COMPOSED.read_text(encoding="utf-8"))["global"],
}
NO_WORKER: Final = next(rule for rule in RULES if rule.name == "MonitorNoWorker")


def duration(text: str) -> float:
    """Seconds of Prometheus' way to write them."""
    assert text.endswith("s")
    return float(text.removesuffix("s"))


@pytest.mark.parametrize("place", SHIPPED)
def test_no_worker_is_an_alert_within_half_a_minute(place: str) -> None:
    """Sign of life, look of the exporter, scrape and evaluation, each as late as it can be."""
    scrape, evaluation = (duration(SHIPPED[place][f"{what}_interval"]) for what in ("scrape", "evaluation"))
    assert LIVES_SECONDS + ROLL_CALL_SECONDS + scrape + evaluation + NO_WORKER.for_seconds <= 30


def test_grafana_knows_how_often_is_scraped() -> None:
    """Else its rates over "the interval" see one sample and show nothing."""
    intervals = {place: settings["scrape_interval"] for place, settings in SHIPPED.items()}
    assert set(intervals.values()) == {sources()["datasources"][0]["jsonData"]["timeInterval"]}
