"""Two running monitors with their Prometheus for all tests of this folder."""

from collections.abc import Iterator

import pytest

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
    workers = list(worker_ports.values())
    with monitors(workers) as ports, prometheus(program, folder, ports, workers) as asked:
        yield asked
