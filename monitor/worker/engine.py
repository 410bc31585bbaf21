"""Faust's application as we need it: groups, rebalancing and flow control, and nothing else of Faust.

Decides every setting that differs from Faust's own. Refuses to know what the records mean.
"""

from collections.abc import Mapping
from typing import Any, Final

import faust
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from yarl import URL

from monitor.kafka.clients import connection
from monitor.settings import KafkaSettings

REQUEST_SECONDS: Final = 20.0
METADATA_SECONDS: Final = 20
"""After so long at most, partitions that were added to the topic are shared out."""


class Engine(faust.App):
    """Faust's application, without the folder for tables that we have none of: a container may be read-only."""

    def _create_directories(self) -> None:
        pass


def engine(kafka: KafkaSettings) -> Engine:
    """An application for one worker of the consumer group, without agents. Raises KafkaMisconfigured."""
    return Engine(
        kafka.group,
        broker=[URL(f"kafka://{address}") for address in kafka.bootstrap.split(",")],
        broker_session_timeout=kafka.session_timeout_seconds,
        broker_rebalance_timeout=kafka.rebalance_timeout_seconds,
        broker_heartbeat_interval=kafka.heartbeat_seconds,
        broker_request_timeout=request_seconds(kafka),
        broker_credentials=credentials(connection(kafka)),
        consumer_auto_offset_reset="none",  # where to go on is never guessed: see transport
        consumer_metadata_max_age_ms=METADATA_SECONDS * 1000,
        stream_buffer_maxsize=4,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        autodiscover=False,
    )


def request_seconds(kafka: KafkaSettings) -> float:
    """How long a broker may take over a request.

    One that a network has cut off in silence is waited for so long, and so is the news of who leads its partitions
    now. Joining the group takes as long as the slowest member does to hand over.
    """
    return max(REQUEST_SECONDS, 2 * kafka.session_timeout_seconds, 2 * kafka.rebalance_timeout_seconds)


def credentials(connection: Mapping[str, Any]) -> OAuthCredentials | SASLCredentials | SSLCredentials | None:
    """Faust's form of aiokafka's connection arguments; None for a plain connection."""
    context = connection.get("ssl_context")
    if "sasl_oauth_token_provider" in connection:
        return OAuthCredentials(oauth_cb=connection["sasl_oauth_token_provider"], ssl_context=context)
    if "sasl_mechanism" in connection:
        return SASLCredentials(
            mechanism=connection["sasl_mechanism"],
            username=connection["sasl_plain_username"],
            password=connection["sasl_plain_password"],
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None
