"""What an operator reads when a broker goes away: one line, and one when it is back."""

import logging

import pytest
from aiokafka.errors import NodeNotReadyError

from monitor.worker import outage


async def test_many_complaints_are_one_line_and_the_end_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's own lines stay away; a second outage is told again."""
    monkeypatch.setattr(outage, "QUIET_SECONDS", 0.0)
    caplog.set_level(logging.INFO)
    client = logging.getLogger("aiokafka.conn")
    async with outage.outages_told():
        (listener,) = [one for one in logging.getLogger("aiokafka").handlers if isinstance(one, outage.Outage)]
        for _ in range(2):
            for node in range(50):
                client.error("Unable connect to node with id %d", node)
            client.info("all is well")
            listener.look()
            listener.look()
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(" (")[0].split(":")[0] for line in told] == [
        "a broker is away or refuses", "the brokers are back",
    ] * 2  # fmt: skip
    assert "Unable connect to node with id 0" in told[0]


async def test_futures_the_client_leaves_behind_are_no_news_and_others_are(caplog: pytest.LogCaptureFixture) -> None:
    """Only the broker's absence is hidden, never a fault of ours."""
    async with outage.outages_told():
        for fault in (NodeNotReadyError(), ValueError("ours")):
            logging.getLogger("asyncio").error("never retrieved", exc_info=fault)
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("ours",)]


async def test_a_fault_of_the_client_itself_is_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A bug of the library is no absent broker: it went unseen while partitions stood still."""
    async with outage.outages_told():
        client = logging.getLogger("aiokafka.consumer.fetcher")
        for fault in (NodeNotReadyError(), ConnectionResetError(), AssertionError("inactive")):
            client.error("Unexpected error in fetcher routine", exc_info=fault)
    (told,) = [record for record in caplog.records if record.exc_info]
    assert told.levelno == logging.ERROR
    assert told.getMessage() == "the Kafka client failed: Unexpected error in fetcher routine"
    assert told.exc_info is not None
    assert isinstance(told.exc_info[1], AssertionError)
