"""What one value may be: refused at its key, with what to write instead."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.settings import ConfigurationError, SecretUnusable, load
from monitor.settings.configuration import KEYS
from monitor.wiring import partition_policy, redis_store, snapshot_terms
from tests.settings.conftest import Write
from tests.settings.finding import errors_of

REFUSED = {
    'access.proxies = ["10.0.0.0/8", "0.0.0.0/0"]': "is everybody, who could then say to be anybody",
    'access.proxies = ["::/0"]': "is everybody",
    'access.proxies = ["proxy.example.org"]': "is neither an address nor a network",
    'access.user_header = "X Forwarded"': "is no name of a header",
    'access.groups_header = "X-Groups:"': "is no name of a header",
    'access.missions_groups = [" a"]': "has blanks before or after it",
    'exporter.access_log = "everything"': "nothing",
    'events.districts = ["oslo", "ost", "oslo"]': "'oslo' is named twice",
    'events.districts = ["national"]': "'national' is the pool of all districts",
    'events.districts = ["Oslo"]': "is no slug",
    'events.districts = ["oslo\\n"]': "is no slug",
    'events.districts = "oslo"': "must be a list of texts",
    "events.districts = [1]": "entry 1: ",
    "events.districts = []": "at least 1",
    'events.settlements = ["urban", "urban"]': "'urban' is named twice",
    'events.settlements = ["name"]': "'name' is a key of its own",
    'events.settlements = ["table", "name"]': "'table', 'name' are a key of its own",
    "events.max_record_bytes = 16777217": "less than or equal to 16777216",
    "events.stale_after_seconds = inf": "finite",
    "events.stale_after_seconds = nan": "greater than",
    "events.max_response_seconds = -inf": "greater than",
    "worker.checkpoint_seconds = 1e300": "at most 1000000000",
    "worker.checkpoint_seconds = true": "not true or false",
    "worker.max_invalid_ratio = nan": "greater than",
    "worker.metrics_port = true": "not true or false",
    "worker.checkpoint_missions = 10_000_000_000": "at most 1000000000",
    'worker.metrics_host = ""': "is empty",
    'exporter.host = ""': "is empty",
    'exporter.host = "127.0.0.1:8080"': "a key of its own",
    'exporter.host = "http://127.0.0.1"': "a key of its own",
    'exporter.host = "[::1]"': "a key of its own",
    "exporter.port = 65536": "65535",
    'exporter.hosts = ["https://board.example.org"]': "a host or an address alone",
    'exporter.hosts = ["localhost", "board.example.org:8080"]': "entry 2: must be a host or an address alone",
    'exporter.hosts = ["board.example.org/monitor"]': "a host or an address alone",
    'exporter.hosts = ["*.example.org"]': "say each name",
    'worker.metrics_hosts = ["worker:8001"]': "a host or an address alone",
    'alertmanager.url = ""': "is empty",
    'alertmanager.url = "alertmanager:9093"': "say http://host:port",
    'alertmanager.url = "ftp://alertmanager:9093"': "say http://host:port",
    'alertmanager.url = "http://"': "names no host",
    'alertmanager.url = "http://alertmanager:0"': "no port from 1 to 65535",
    'alertmanager.url = "http://alertmanager:"': "no port from 1 to 65535",
    'alertmanager.url = "http://alertmanager:70000"': "no port from 1 to 65535",
    'alertmanager.url = "http://me:secret@alertmanager:9093"': "holds a login",
    'alertmanager.url = "http://alertmanager:9093/?x=1"': "holds a ? or #",
    'alertmanager.url = "http://alert manager:9093"': "say http://host:port",
    'alertmanager.url = "http://[::1"': "say http://host:port",
    "ledger.horizon_days = inf": "finite",
    "ledger.horizon_days = 1e9": "a century",
    "ledger.roll_up_days = nan": "greater than",
    "ledger.slice_seconds = 3600.5": "integer",
    'windows.names = ["28d", "tertial", "28d"]': "named twice",
    'kafka.bootstrap = ""': "is empty",
    'kafka.bootstrap = "a:9092,,b:9092"': "address 2 is empty",
    'kafka.bootstrap = "kafka://a:9092"': "security_protocol",
    'kafka.bootstrap = "a:0"': "from 1 to 65535",
    'kafka.bootstrap = "a:9092,b:70000"': "address 2 is not of the form host:port",
    'kafka.bootstrap = "::1:9092"': "brackets around IPv6",
    'kafka.bootstrap = "a:port"': "host:port",
    'kafka.topic = "with blanks"': "is no name of a topic",
    'kafka.topic = ".."': "is no name of a topic",
    f'kafka.topic = "{"x" * 250}"': "at most 249",
    'kafka.group = ""': "is empty",
    'kafka.group = " workers"': "blanks",
    'kafka.group = "a\\nb"': "cannot be seen",
    'kafka.sasl_username = ""': "is empty",
    'kafka.ca_file = ""': "is empty",
    'redis.password_file = ""': "is empty",
    'kafka.topic = "a\\u202eb"': "holds '\\u202e', which cannot be seen",
    'kafka.bootstrap = "a:9092\\u001b"': "cannot be seen",
    'kafka.ca_file = "a\\u0000"': "cannot be seen",
    'targets.directory = "a\\n"': "cannot be seen",
    'exporter.host = "a\\u009b"': "cannot be seen",
    'ledger.timezone = "UTC\\n"': "cannot be seen",
    'ledger.timezone = "localtime"': "another one on each machine",
    'redis.namespace = "a{b}"': "pattern",
    'redis.namespace = "a\\n"': "pattern",
    'targets.directory = ""': "is empty",
}


@pytest.mark.parametrize(("line", "message"), REFUSED.items())
def test_a_value_that_cannot_be_meant_is_refused_at_its_key(write: Write, line: str, message: str) -> None:
    """One fault, and not a traceback when somebody comes to use it."""
    found = errors_of(write(f"{line}\n"))
    key = line.partition(" ")[0]
    assert list(found) == [key]
    assert message in found[key]


@pytest.mark.parametrize("section", ["kafka", "windows", "targets"])
def test_a_section_that_is_no_table_is_told(write: Write, section: str) -> None:
    """`kafka = "x"`, or a list of tables."""
    assert "must be a table" in errors_of(write(f"{section} = 5\n"))[section]
    assert "must be a table" in errors_of(write(f"[[{section}]]\n"))[section]


def test_a_misspelt_key_is_told_with_the_one_that_was_meant(write: Write) -> None:
    """In a section, and the section itself."""
    found = errors_of(write('[kafka]\nbootstarp = "x"\n[exporters]\nport = 1\n'))
    assert "did you mean bootstrap?" in found["kafka.bootstarp"]
    assert "did you mean exporter?" in found["exporters"]


@pytest.mark.parametrize("name", ["MONITOR_REDIS__PASSWORD", "MONITOR_KAFKA__SASL_PASSWORD"])
def test_an_empty_password_in_the_environment_is_an_error(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A login without a password where one was meant; a line break at its end is not part of it."""
    monkeypatch.setenv(name, "")
    assert "is empty" in errors_of(write(""))[name]
    monkeypatch.setenv(name, "hunter2\n")
    found = load(write("")).settings
    secret = found.redis.password or found.kafka.sasl_password
    assert secret is not None
    assert secret.get_secret_value() == "hunter2"


def test_addresses_of_brokers_may_have_blanks_between_them(write: Write) -> None:
    """They are taken out, for clients that would not."""
    found = load(write('kafka.bootstrap = "a:9092, b , [::1]:9092"\n')).settings.kafka.bootstrap
    assert found == "a:9092,b,[::1]:9092"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9093", "http://[::1]:9093/", "https://alerts.example.org", "http://a.b:80/alertmanager"]
)
def test_every_form_of_a_web_address_is_accepted(write: Write, url: str) -> None:
    """With or without port, path and TLS."""
    assert load(write(f'[alertmanager]\nurl = "{url}"\n')).settings.alertmanager.url == url


def test_a_login_in_an_address_is_not_repeated(write: Write) -> None:
    """A fault is read by more people than the file."""
    with pytest.raises(ConfigurationError) as caught:
        load(write('[alertmanager]\nurl = "http://me:hunter2@alertmanager:9093"\n'))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::", "localhost", "board.example.org"])  # noqa: S104
def test_every_form_of_a_host_is_accepted(write: Write, host: str) -> None:
    """Names and addresses of both kinds."""
    assert load(write(f'exporter.host = "{host}"\n')).settings.exporter.host == host


LITERALS = [
    '""', '"x"', '"a,b"', '" "', '"\\u0000"', '"é"', '"../x"', '"redis://["', "0", "-1", "7", "true", "inf", "nan",
    "1e308", "-1e308", "99999999999999999999", "[]", "[1]", '["x"]', '["oslo"]', '["7d", "7d"]', "{}", "{a = 1}",
    "2024-01-01", "12:00:00", "[[1]]",
]  # fmt: skip


@pytest.mark.slow
@given(st.dictionaries(
    st.sampled_from([f"{section}.{key}" for section, inner in KEYS.items() for key in inner]),
    st.sampled_from(LITERALS), min_size=1, max_size=6,
))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_value_of_any_key_is_a_traceback(write: Write, lines: dict[str, str]) -> None:
    """Whatever stands at whatever key: a configuration that may be worked with, or faults that name the keys."""
    path = write("".join(f"{key} = {value}\n" for key, value in lines.items()))
    try:
        found = load(path)
    except ConfigurationError as fault:
        errors = [one for one in fault.faults if one.severity == "error"]
        assert errors
        # Districts, classes and windows may be fine in themselves and unknown to the tables of targets.
        assert all(one.where.removeprefix(f"{path}: ") in lines or ".toml: " in one.where for one in errors)
    else:
        assert partition_policy(found).horizon_seconds > 0
        snapshot_terms(found)
        with suppress(SecretUnusable):  # told as such to the command that needs it
            asyncio.run(redis_store(found).close())
