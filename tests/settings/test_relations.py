"""What several keys must be together: found at the start, under the name that the user gave."""

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from monitor import alerts
from monitor.alerts.template import template
from monitor.core import windows
from monitor.core.calendar import Unit
from monitor.settings import RELATIONS, Settings, load
from monitor.settings.document import relations_markdown
from monitor.settings.sections import WindowSettings
from tests.docs.blocks import ROOT
from tests.settings.conftest import Write
from tests.settings.finding import errors_of, warnings_of

SASL = '[kafka]\nsecurity_protocol = "SASL_SSL"\n'

ERRORS = {
    "the source is no dead-letter topic": (
        '[kafka]\ntopic = "same"\ndead_letter_topic = "same"\n',
        "kafka.dead_letter_topic",
        "without end",
    ),
    "Kafka takes dots and underscores for the same": (
        '[kafka]\ntopic = "a.b"\ndead_letter_topic = "a_b"\n',
        "kafka.dead_letter_topic",
        "does not tell apart",
    ),
    "a topic may collide with the other's default": (
        '[kafka]\ntopic = "mission-events.dead-letter"\n',
        "kafka.topic",
        "without end",
    ),
    "groups that nobody is believed to tell": (
        '[access]\nmissions_groups = ["auditors"]\n',
        "access.missions_groups",
        "name the proxies that tell them in access.proxies",
    ),
    "metrics apart on the same port": (
        "[exporter]\nport = 8080\nmetrics_port = 8080\n",
        "exporter.metrics_port",
        "give another, or 0",
    ),
    "a heartbeat as long as the session": (
        "[kafka]\nheartbeat_seconds = 8\nsession_timeout_seconds = 8\n",
        "kafka.heartbeat_seconds",
        "between two signs of life",
    ),
    "a session shorter than the default heartbeat": (
        "[kafka]\nsession_timeout_seconds = 1\n",
        "kafka.session_timeout_seconds",
        "kafka.heartbeat_seconds (1.5 s) must be below kafka.session_timeout_seconds (1 s)",
    ),
    "a rebalance shorter than a heartbeat": (
        "[kafka]\nrebalance_timeout_seconds = 1\n",
        "kafka.rebalance_timeout_seconds",
        "too late",
    ),
    "a login by token without one": (
        SASL + 'sasl_mechanism = "OAUTHBEARER"\n',
        "kafka.security_protocol",
        "which logs in: set kafka.sasl_token_file",
    ),
    "a login without user and password": (SASL, "kafka.security_protocol", "set kafka.sasl_username and MONITOR_"),
    "a key without its certificate": (
        '[kafka]\nsecurity_protocol = "SSL"\nkey_file = "client.key"\n',
        "kafka.key_file",
        "set kafka.certificate_file",
    ),
    "a key of Redis without its certificate": (
        '[redis]\nurl = "rediss://host"\nkey_file = "client.key"\n',
        "redis.key_file",
        "set redis.certificate_file",
    ),
    "a user of the sentinels without a password": (
        '[redis]\nurl = "redis+sentinel://a,b,c/main"\nsentinel_username = "monitor"\n',
        "redis.sentinel_username",
        "redis.sentinel_password_file",
    ),
    "a user of Redis without a password": (
        '[redis]\nusername = "monitor"\n',
        "redis.username",
        "redis.password_file",
    ),
    "two users of Redis": (
        '[redis]\nurl = "redis://one@host"\nusername = "other"\npassword_file = "p"\n',
        "redis.url",
        "what redis.username tells",
    ),
    "two authorities of Redis": (
        '[redis]\nurl = "rediss://host?ssl_ca_certs=a.pem"\nca_file = "b.pem"\n',
        "redis.url",
        "what redis.ca_file tells",
    ),
    "events larger than any batch": (
        "[events]\nmax_record_bytes = 8388608\n",
        "events.max_record_bytes",
        "with the batch they come in",
    ),
    "a watchdog quicker than the store's timeout": (
        "[worker]\nwatchdog_seconds = 5\n",
        "worker.watchdog_seconds",
        "the store is slow",
    ),
    "more changes than the ledger holds": (
        "[ledger]\ncapacity = 100\n",
        "ledger.capacity",
        "20000 changed missions",
    ),
    "checkpoints rarer than silence": (
        "[worker]\ncheckpoint_seconds = 21600\n",
        "worker.checkpoint_seconds",
        "between two checkpoints",
    ),
    "refreshes rarer than silence": (
        "[exporter]\nrefresh_seconds = 30\n[events]\nstale_after_seconds = 30\nmax_ahead_seconds = 1\n",
        "exporter.refresh_seconds",
        "verdicts would stay",
    ),
    "one event ahead that hides a silence": (
        "[events]\nmax_ahead_seconds = 21600\n",
        "events.max_ahead_seconds",
        "hide a silence",
    ),
    "windows that alert rules test": (
        '[windows]\nnames = ["7d", "28d"]\n',
        "windows.names",
        "ask for one of quarter, tertial, half_year, and could never fire",
    ),
    "the window that most rules test": (
        '[windows]\nnames = ["7d", "quarter"]\n',
        "windows.names",
        'ask for 28d, and could never fire: add "28d"',
    ),
    "windows that are judged and not told to Prometheus": (
        '[windows]\nmetrics = ["28d", "last100", "month", "year"]\n',
        "windows.metrics",
        "ask for one of quarter, tertial, half_year, and could never fire",
    ),
    "windows of /metrics that nobody judges": (
        '[windows]\nmetrics = ["28d", "last100", "month", "tertial", "year", "3d"]\n',
        "windows.metrics",
        'nobody judges 3d: add "3d" to windows.names',
    ),
}

WARNINGS = {
    "a login at sentinels that are not named": (
        '[redis]\nsentinel_password_file = "sentinel"\n',
        "redis.sentinel_password_file",
        "redis.url names no sentinels",
    ),
    "a heartbeat that may be lost once": ("[kafka]\nheartbeat_seconds = 4\n", "kafka.heartbeat_seconds", "a third"),
    "a session that brokers refuse": (
        "[kafka]\nsession_timeout_seconds = 5\n",
        "kafka.session_timeout_seconds",
        "group.min.session.timeout.ms",
    ),
    "a login that is never sent": ('[kafka]\nsasl_username = "monitor"\n', "kafka.sasl_username", "never sends it"),
    "a token in the clear": (
        '[kafka]\nsecurity_protocol = "SASL_PLAINTEXT"\nsasl_mechanism = "OAUTHBEARER"\nsasl_token_file = "t"\n',
        "kafka.security_protocol",
        "the token travels in clear",
    ),
    "a token that is never sent": ('[kafka]\nsasl_token_file = "t"\n', "kafka.sasl_token_file", "never sends it"),
    "an authority without TLS": ('[kafka]\nca_file = "ca.pem"\n', "kafka.ca_file", "without TLS"),
    "a certificate without TLS": ('[kafka]\ncertificate_file = "a.pem"\n', "kafka.certificate_file", "without TLS"),
    "an authority of Redis without TLS": ('[redis]\nca_file = "ca.pem"\n', "redis.ca_file", "say rediss://"),
    "a store whose certificate nobody looks at": (
        '[redis]\nurl = "rediss://host?ssl_cert_reqs=none"\n',
        "redis.url",
        "ssl_cert_reqs is none: whoever stands between",
    ),
    "a store whose name nobody looks at": (
        '[redis]\nurl = "rediss://host?ssl_check_hostname=False"\n',
        "redis.url",
        "whoever stands between",
    ),
    "less than a year of missions": ("[ledger]\nhorizon_days = 365\n", "ledger.horizon_days", "366 days"),
    "windows that are cut in a day that is one piece": (
        "[ledger]\nhorizon_days = 366\n[windows]\nnames = " + json.dumps([*windows.DEFAULT, "500d"]) + "\n",
        "windows.names",
        "500d reach back",
    ),
    "windows that only texts and panels name": (
        '[windows]\nnames = ["28d", "tertial"]\n',
        "windows.names",
        "last100, year",
    ),
    "one port twice": ("[worker]\nmetrics_port = 8080\n", "worker.metrics_port", "exporter.port (8080)"),
    "one port twice, once everywhere": (
        '[worker]\nmetrics_port = 8080\nmetrics_host = "0.0.0.0"\n',
        "worker.metrics_port",
        "exporter.port (8080)",
    ),
}


@pytest.mark.parametrize(("text", "where", "message"), ERRORS.values(), ids=ERRORS)
def test_keys_that_contradict_each_other_are_an_error(write: Write, text: str, where: str, message: str) -> None:
    """One fault, at the key that the user set, that says why and what to do."""
    found = errors_of(write(text))
    assert list(found) == [where]
    assert message in found[where]


@pytest.mark.parametrize(("text", "where", "message"), WARNINGS.values(), ids=WARNINGS)
def test_what_is_seldom_meant_is_a_warning(write: Write, text: str, where: str, message: str) -> None:
    """It stops nothing, and is told."""
    found = warnings_of(write(text))
    assert list(found) == [where]
    assert message in found[where]


def test_the_password_in_clear_and_the_second_password_are_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login without TLS sends the password to whoever listens; of two passwords one is not read."""
    monkeypatch.setenv("MONITOR_KAFKA__SASL_PASSWORD", "hunter2")
    found = warnings_of(
        write(
            '[kafka]\nsecurity_protocol = "SASL_PLAINTEXT"\nsasl_username = "monitor"\nsasl_password_file = "file"\n'
        )
    )
    assert "travels in clear" in found["kafka.security_protocol"]
    assert "MONITOR_KAFKA__SASL_PASSWORD is set as well" in found["kafka.sasl_password_file"]
    assert "hunter2" not in str(found)


def test_the_shipped_configuration_breaks_no_rule(write: Write) -> None:
    """Neither errors nor warnings, from the file or from the defaults."""
    assert warnings_of(ROOT / "config" / "monitor.toml") == warnings_of(write("")) == {}


def test_a_horizon_before_a_clock_may_end_is_an_error(write: Write) -> None:
    """The service's clocks and the ledger are declared apart, and must fit."""
    found = errors_of(write("[ledger]\nhorizon_days = 0.5\n"))
    assert "while a unit may still arrive" in found["ledger.horizon_days"]


def test_two_hosts_may_use_one_port(write: Write) -> None:
    """Two addresses of a machine have ports of their own."""
    assert warnings_of(write('[worker]\nmetrics_port = 8080\nmetrics_host = "10.0.0.7"\n')) == {}


def test_a_variable_that_breaks_a_rule_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks in the file would look in vain; the other key is told by the name that the user gave it, too."""
    monkeypatch.setenv("MONITOR_KAFKA__SESSION_TIMEOUT_SECONDS", "6")
    found = errors_of(write("[kafka]\nheartbeat_seconds = 6\n"))
    assert found["kafka.heartbeat_seconds"].startswith(
        "kafka.heartbeat_seconds (6 s) must be below MONITOR_KAFKA__SESSION_TIMEOUT_SECONDS (6 s)"
    )
    monkeypatch.setenv("MONITOR_KAFKA__DEAD_LETTER_TOPIC", "mission-events")
    assert "MONITOR_KAFKA__DEAD_LETTER_TOPIC" in errors_of(write(""))


def test_a_key_that_cannot_be_used_hides_no_broken_rule(write: Write) -> None:
    """Everything in one run: what a bad key has nothing to do with is judged without it."""
    found = errors_of(
        write(
            '[kafka]\ntopic = "same"\ndead_letter_topic = "same"\nheartbeat_seconds = "often"\n'
            '[redis]\nurl = "redis://host/abc"\n[ledger]\ncapacity = 5\nslice_seconds = 7\ntimezone = "Europe/Olso"\n'
            '[events]\ndistricts = ["oslo", "oslo"]\n[targets]\ndirectory = "nowhere"\n'
        )
    )
    assert set(found) == {
        "kafka.dead_letter_topic", "kafka.heartbeat_seconds", "redis.url", "ledger.capacity", "ledger.timezone",
        "events.districts", "targets.directory",
    }  # fmt: skip
    assert "did you mean Europe/Oslo?" in found["ledger.timezone"]


def test_every_rule_is_broken_by_a_test_and_told_in_the_documents(write: Write) -> None:
    """A rule added without either is noticed here."""
    document = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert relations_markdown() in document
    assert len(RELATIONS) == len({(relation.keys, relation.rule) for relation in RELATIONS})
    broken = set()
    for text, _, _ in [*ERRORS.values(), *WARNINGS.values()]:
        settings = _settings_of(write(text))
        broken |= {relation.rule for relation in RELATIONS if relation.broken(settings, str) is not None}
    untested = {relation.rule for relation in RELATIONS} - broken
    assert untested == {"one of the two"}  # a test of its own: it needs the environment


def _settings_of(path: Path) -> Settings:
    return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_the_windows_that_alert_rules_test_are_those_that_must_be_configured() -> None:
    """Read from the rules' own expressions: a rule over another window would be one that never fires."""
    tested = {name for rule in alerts.RULES for name in re.findall(r'window="(\w+)"', rule.expression)}
    assert tested == set(windows.ALERTED)
    any_of = {name for rule in alerts.RULES for name in re.findall(r'window=~"([\w|]+)"', rule.expression)}
    assert any_of == {"|".join(windows.PARTS)}


def test_the_windows_that_texts_and_panels_name_are_told() -> None:
    """Texts of alerts, and every dashboard that is shipped."""
    texts = "".join(template(one, rule.labels) for rule in alerts.RULES for one in (rule.summary, rule.description))
    panels = [file.read_text(encoding="utf-8") for file in (ROOT / "grafana").rglob("*.json")]
    named = set(re.findall(r'window(?:="|=\\")(\w+)', texts + " ".join(panels)))
    assert named == set(windows.NAMED)
    any_of = {one for group in re.findall(r'window=~\\"([\w|]+)', " ".join(panels)) for one in group.split("|")}
    assert any_of == set(get_args(Unit)) >= set(windows.PARTS)


def test_every_default_window_keeps_the_rules_alive() -> None:
    """The defaults hold what rules, texts and panels need; a service by quarters is told by quarters."""
    assert {*windows.ALERTED, *windows.NAMED} <= set(windows.DEFAULT)
    assert WindowSettings().exposed == ("28d", "last100", "month", "tertial", "year")
    assert WindowSettings(names=("28d", "last100", "quarter", "year")).exposed == (
        "28d",
        "last100",
        "quarter",
        "year",
    )
    assert load(ROOT / "config" / "monitor.toml").settings.windows.names == windows.DEFAULT


@pytest.mark.parametrize("part", windows.PARTS)
def test_one_official_part_of_the_year_is_enough(write: Write, part: str) -> None:
    """Whichever the service reports by."""
    assert warnings_of(write(f'[windows]\nnames = ["28d", "last100", "{part}", "year"]\n')) == {}
