"""Our text of metrics is the client library's, byte for byte."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from monitor.exporter.exposition import number, written
from monitor.exporter.scrapes import FORMATS, Format

VALUES = st.one_of(
    st.floats(), st.integers(-(2**60), 2**60).map(float), st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e6])
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\\n"%{},'), max_size=6)


@st.composite
def families(draw: st.DrawFn) -> list[Family]:
    """Gauges and counters; all samples of a family have the same labels."""
    found = []
    for place in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["gauge", "counter"]))
        family = Family(f"figure_{place}", draw(TEXTS), kind)
        labels = draw(st.lists(st.sampled_from(["service", "area", "window", "le"]), unique=True, max_size=3))
        for _ in range(draw(st.integers(0, 3))):
            told = {label: draw(TEXTS) for label in labels}
            family.add_sample(family.name + "_total" * (kind == "counter"), told, draw(VALUES))
        found.append(family)
    return found


@pytest.mark.parametrize("wanted", FORMATS, ids=lambda wanted: f"{wanted.media} {wanted.version}")
@given(families())
@settings(max_examples=40)
def test_the_text_is_the_client_library_s(wanted: Format, known: list[Family]) -> None:
    """Whatever stands in labels and help, in every format that is answered."""

    class Told(Collector):
        def collect(self) -> list[Family]:
            return known

    registry = CollectorRegistry()
    registry.register(Told())
    ours = b"".join(written(known, open_metrics=bool(wanted.end)))
    assert ours + wanted.end == wanted.encode(registry)


@given(VALUES)
def test_a_number_is_written_as_go_does(value: float) -> None:
    """Also the greatest, the least and none."""
    assert number(value) == floatToGoString(value)
