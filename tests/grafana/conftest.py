"""Two running monitors with their Prometheus for all tests of this folder."""

from collections.abc import Iterator

import pytest

from monitor.alerts.pipeline import EXPORTER_JOB, FEED_JOB, WORKER_JOB
from monitor.demo.processes import free_port
from tests.grafana.scene import WORST, Prometheus, monitors, prometheus
from tests.servers.components import require


@pytest.fixture(scope="session")
def worker_ports() -> dict[str, int]:
    """Where the worker's metrics of each service are."""
    return {service: free_port() for service in WORST}


@pytest.fixture(scope="session")
def scraped(tmp_path_factory: pytest.TempPathFactory, worker_ports: dict[str, int]) -> Iterator[Prometheus]:
    """A Prometheus that has seen the running monitors."""
    program = require("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    workers, feeds = list(worker_ports.values()), [free_port() for _ in worker_ports]
    with monitors(workers, feeds) as exporters:
        jobs = {EXPORTER_JOB: exporters, WORKER_JOB: workers, FEED_JOB: feeds}
        with prometheus(program, folder, jobs) as asked:
            yield asked
