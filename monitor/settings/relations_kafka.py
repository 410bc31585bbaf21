"""What the keys of Kafka's section must be together."""

from typing import Final

from monitor.settings.relation import Name, Relation, below, key_alone, one_password
from monitor.settings.sections import Settings

BROKERS_SESSION: Final = (6, 1_800)
"""Seconds that a broker accepts unless told otherwise: group.min.session.timeout.ms, group.max.session.timeout.ms."""
_LOGIN: Final = (
    "kafka.security_protocol",
    "kafka.sasl_username",
    "kafka.sasl_password",
    "kafka.sasl_password_file",
    "kafka.sasl_token_file",
)


def _same_topic(settings: Settings, name: Name) -> str | None:
    topic, dead = settings.kafka.topic, settings.kafka.dead_letter_topic
    if topic == dead:
        return (
            f"is the same as {name('kafka.topic')}: each dead letter would come back as an event and be refused "
            "again, without end; name another topic"
        )
    if topic.replace(".", "_") == dead.replace(".", "_"):
        return f"differs from {name('kafka.topic')} in . and _ alone, which Kafka does not tell apart: name another"
    return None


def _seldom_heartbeat(settings: Settings, name: Name) -> str | None:
    kafka = settings.kafka
    if kafka.session_timeout_seconds / 3 < kafka.heartbeat_seconds < kafka.session_timeout_seconds:
        return (
            f"is more than a third of {name('kafka.session_timeout_seconds')}: one sign of life that gets lost costs "
            "a worker its partitions; give less"
        )
    return None


def _unusual_session(settings: Settings, name: Name) -> str | None:
    del name
    least, most = BROKERS_SESSION
    if least <= settings.kafka.session_timeout_seconds <= most:
        return None
    return (
        f"brokers accept {least} to {most} s unless told otherwise (group.min.session.timeout.ms and "
        "group.max.session.timeout.ms): a worker could not join"
    )


def _sasl_incomplete(settings: Settings, name: Name) -> str | None:
    kafka = settings.kafka
    if not kafka.security_protocol.startswith("SASL"):
        return None
    wanted = (
        [("kafka.sasl_token_file", kafka.sasl_token_file is not None)]
        if kafka.sasl_mechanism == "OAUTHBEARER"
        else [
            ("kafka.sasl_username", kafka.sasl_username is not None),
            ("MONITOR_KAFKA__SASL_PASSWORD or kafka.sasl_password_file", _has_sasl_password(settings)),
        ]
    )
    missing = [said for said, given in wanted if not given]
    if not missing:
        return None
    return (
        f"{name('kafka.security_protocol')} is {kafka.security_protocol}, which logs in: set {' and '.join(missing)}"
    )


def _has_sasl_password(settings: Settings) -> bool:
    return settings.kafka.sasl_password is not None or settings.kafka.sasl_password_file is not None


def _sasl_unused(settings: Settings, name: Name) -> str | None:
    kafka = settings.kafka
    given = kafka.sasl_username or kafka.sasl_token_file or _has_sasl_password(settings)
    if kafka.security_protocol.startswith("SASL") or not given:
        return None
    return (
        f"there is a login, but {name('kafka.security_protocol')} is {kafka.security_protocol}, which never sends "
        "it: say SASL_SSL, or remove it"
    )


def _files_unused(settings: Settings, name: Name) -> str | None:
    kafka = settings.kafka
    if kafka.security_protocol.endswith("SSL") or not (kafka.ca_file or kafka.certificate_file or kafka.key_file):
        return None
    return (
        f"is not used: {name('kafka.security_protocol')} is {kafka.security_protocol}, without TLS; say SSL or "
        "SASL_SSL, or remove the file"
    )


def _batch_below_event(settings: Settings, name: Name) -> str | None:
    batch, event = settings.kafka.max_batch_bytes, settings.events.max_record_bytes
    if batch > event:
        return None
    return (
        f"is {batch}, no more than {name('events.max_record_bytes')} ({event}): the largest events would be refused "
        "with the batch they come in; give several times as many"
    )


def _password_in_clear(settings: Settings, name: Name) -> str | None:
    kafka = settings.kafka
    if kafka.security_protocol == "SASL_PLAINTEXT" and kafka.sasl_mechanism == "OAUTHBEARER":
        return "the token travels in clear, and whoever reads it is us: say SASL_SSL"
    if kafka.security_protocol == "SASL_PLAINTEXT" and kafka.sasl_mechanism == "PLAIN":
        return f"the password travels in clear: say SASL_SSL, or a SCRAM mechanism in {name('kafka.sasl_mechanism')}"
    return None


KAFKA: Final = (
    Relation(
        "error", ("kafka.dead_letter_topic", "kafka.topic"),
        "two topics, which differ in more than `.` and `_`", _same_topic,
    ),
    Relation(
        "error", ("kafka.heartbeat_seconds", "kafka.session_timeout_seconds"), "heartbeat < session",
        below(
            "kafka.heartbeat_seconds", "kafka.session_timeout_seconds",
            "a worker would lose its partitions between two signs of life; a third of it is usual",
        ),
    ),
    Relation(
        "warning", ("kafka.heartbeat_seconds", "kafka.session_timeout_seconds"), "heartbeat ≤ a third of session",
        _seldom_heartbeat,
    ),
    Relation(
        "error", ("kafka.heartbeat_seconds", "kafka.rebalance_timeout_seconds"), "heartbeat < rebalance",
        below(
            "kafka.heartbeat_seconds", "kafka.rebalance_timeout_seconds",
            "a worker hears of a rebalance with its heartbeat, and would always hear too late",
        ),
    ),
    Relation(
        "warning", ("kafka.session_timeout_seconds",), "within what brokers accept by default, 6 s to 30 min",
        _unusual_session,
    ),
    Relation("error", _LOGIN, "with `SASL_…`: a user and a password, or a token", _sasl_incomplete),
    Relation("warning", _LOGIN, "with a user, a password or a token: `SASL_…`", _sasl_unused),
    Relation(
        "warning", ("kafka.ca_file", "kafka.certificate_file", "kafka.key_file", "kafka.security_protocol"),
        "with a CA or a certificate: `SSL` or `SASL_SSL`", _files_unused,
    ),
    Relation(
        "error", ("kafka.key_file", "kafka.certificate_file"), "with a key: its certificate", key_alone("kafka")
    ),
    Relation(
        "error", ("kafka.max_batch_bytes", "events.max_record_bytes"), "batch > the largest event",
        _batch_below_event,
    ),
    Relation(
        "warning", ("kafka.security_protocol", "kafka.sasl_mechanism"), "`PLAIN` and tokens travel under TLS",
        _password_in_clear,
    ),
    Relation(
        "warning", ("kafka.sasl_password_file", "kafka.sasl_password"), "one of the two",
        one_password("kafka", "sasl_password"),
    ),
)  # fmt: skip
