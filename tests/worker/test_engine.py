"""Settings of the engine that follow from the group's."""

import pytest

from monitor.settings import KafkaSettings
from monitor.worker.engine import request_seconds


@pytest.mark.parametrize(("session", "rebalance"), [(8.0, 10.0), (6.0, 10.0), (45.0, 10.0), (8.0, 300.0)])
def test_a_request_outlasts_a_session_and_a_handover(session: float, rebalance: float) -> None:
    """Else no member could wait for the others; a broker that is cut off in silence is waited for no longer."""
    kafka = KafkaSettings(session_timeout_seconds=session, rebalance_timeout_seconds=rebalance, heartbeat_seconds=1.0)
    assert request_seconds(kafka) > max(session, rebalance)
    assert request_seconds(kafka) <= max(20.0, 2 * session, 2 * rebalance)
