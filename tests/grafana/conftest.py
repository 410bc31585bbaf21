"""One running monitor with its Prometheus for all tests of this folder."""

from collections.abc import Iterator

import pytest

from monitor.demo.processes import free_port
from tests.grafana.scene import Prometheus, exporter_and_worker, prometheus
from tests.servers.components import require


@pytest.fixture(scope="session")
def worker_port() -> int:
    """Where the worker's metrics are."""
    return free_port()


@pytest.fixture(scope="session")
def scraped(tmp_path_factory: pytest.TempPathFactory, worker_port: int) -> Iterator[Prometheus]:
    """A Prometheus that has seen the running monitor."""
    program = require("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    with exporter_and_worker(worker_port) as port, prometheus(program, folder, port, worker_port) as asked:
        yield asked
