"""What can be configured, what is refused, and that a password is never said aloud."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.connection import parse_url

from monitor import settings
from monitor.settings import Configuration, ConfigurationError, load

ROOT = Path(__file__).parents[1]
PASSWORD = "hunter2/æ@:#%41"  # noqa: S105 - everything that a URL could trip over
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in list(os.environ):
        if name.upper().startswith(settings.ENV_PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file beside the real targets."""
    shutil.copytree(ROOT / "config" / "services" / "norwegian-police" / "targets", tmp_path / "targets")

    def written(text: str) -> Path:
        path = tmp_path / "monitor.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def faults_of(path: Path | None) -> dict[str, str]:
    """Where and what is wrong, errors only."""
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert all(fault.where in str(caught.value) for fault in caught.value.faults)
    return {fault.where: fault.message for fault in caught.value.faults if fault.severity == "error"}


def everything(configuration: Configuration) -> str:
    """All that somebody might print or log of a configuration."""
    inner = configuration.settings
    return " ".join(
        f"{one!r} {one!s}" for one in (configuration, inner, inner.redis, inner.kafka, inner.model_dump())
    )


def test_the_shipped_configuration_says_what_the_defaults_say(write: Write) -> None:
    """Nothing in config/monitor.toml differs from leaving it out, and it has warnings only."""
    shipped = load(ROOT / "config" / "monitor.toml")
    assert shipped.settings == load(write("")).settings
    assert {fault.severity for fault in shipped.warnings} <= {"warning"}


def test_every_fault_is_reported_at_once(write: Write) -> None:
    """File, environment and targets in one go: nobody repairs a configuration one error at a time."""
    path = write(
        """
        [kafka]
        partitions = 0
        protocol = "SSL"
        security_protocol = "TLS"
        [exporter]
        port = 70000
        [windows]
        names = ["24h", "fortnight"]
        [redis]
        namespace = "no spaces"
        password = "secret"
        [surplus]
        key = 1
        """
    )
    found = faults_of(path)
    assert {where.removeprefix(f"{path}: ") for where in found} == {
        "kafka.partitions", "kafka.protocol", "kafka.security_protocol", "exporter.port", "windows.names",
        "redis.namespace", "redis.password", "surplus",
    }  # fmt: skip
    assert found[f"{path}: kafka.protocol"].startswith("unknown setting")
    assert "fortnight" in found[f"{path}: windows.names"]


def test_faults_of_the_ledger_and_of_the_targets_come_together(write: Write) -> None:
    """What can only be seen once the settings are read is collected as well."""
    path = write('[ledger]\nslice_seconds = 7\n[targets]\ndirectory = "elsewhere"\n')
    assert list(faults_of(path)) == [f"{path}: ledger.slice_seconds", f"{path}: targets.directory"]


@pytest.mark.parametrize("character", ["\\n", "\\u001b", "\\u009b", "\\u202e", "\\u0000"])
def test_a_name_that_cannot_be_seen_is_an_error(write: Write, character: str) -> None:
    """Topics, groups, addresses and paths are shown in errors and logs, and sent to servers."""
    path = write(
        f'[kafka]\ntopic = "a{character}"\ngroup = "a{character}"\nca_file = "a{character}"\n'
        f'[exporter]\nhost = "a{character}"\n[ledger]\ntimezone = "a{character}"\n'
    )
    found = faults_of(path)
    keys = ("kafka.topic", "kafka.group", "kafka.ca_file", "exporter.host", "ledger.timezone")
    assert found.keys() == {f"{path}: {key}" for key in keys}
    assert all("cannot be seen" in message and message.isprintable() for message in found.values())


def test_a_missing_targets_directory_is_an_error(write: Write) -> None:
    """Nothing could be judged, and everything would read no_target."""
    path = write('[targets]\ndirectory = "nowhere"\n')
    found = faults_of(path)[f"{path}: targets.directory"]
    assert found.startswith(f"{path.parent / 'nowhere'}: no target files")


def test_an_empty_targets_directory_is_an_error(write: Write) -> None:
    """A folder without tables is no better than none."""
    path = write('[targets]\ndirectory = "empty"\n')
    (path.parent / "empty").mkdir()
    found = faults_of(path)[f"{path}: targets.directory"]
    assert found.startswith(f"{path.parent / 'empty'}: no target files")


def test_a_damaged_target_file_is_an_error(write: Write) -> None:
    """By its own name."""
    path = write("")
    (path.parent / "targets" / "2025.toml").write_text("valid_from = ", encoding="utf-8")
    assert any("2025.toml" in where for where in faults_of(path))


def test_targets_lie_beside_the_configuration_unless_said_otherwise(write: Write, tmp_path: Path) -> None:
    """Relative to the file, wherever the program was started; absolute paths stay."""
    assert len(load(write("")).targets.sets) == 1
    (tmp_path / "away").mkdir()
    moved = shutil.move(tmp_path / "targets", tmp_path / "away" / "targets")
    assert len(load(write(f'[targets]\ndirectory = "{moved}"\n')).targets.sets) == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[redis]\npassword = "hunter2"\n', "redis.password"),
        ('[kafka]\nsasl_password = "hunter2"\n', "kafka.sasl_password"),
        ('[redis]\nurl = "redis://:hunter2@example.org:6379/0"\n', "redis.url"),
        ('[redis]\nurl = "redis://user:hunter2@example.org:6379/0"\n', "redis.url"),
    ],
)
def test_secrets_in_the_file_are_refused_without_repeating_them(write: Write, text: str, where: str) -> None:
    """Files are copied, committed and mailed; the environment is not."""
    path = write(text)
    found = faults_of(path)
    assert "a secret in the configuration file" in found[f"{path}: {where}"]
    assert "hunter2" not in str(found)


def test_a_user_without_a_password_in_the_url_is_no_secret(write: Write) -> None:
    """The password comes from the environment and joins it."""
    path = write('[redis]\nurl = "redis://monitor@example.org:6379/0"\n')
    assert load(path).settings.redis.address() == "redis://monitor@example.org:6379/0"


@pytest.mark.parametrize("name", ["MONITOR_KAFAK__BOOTSTRAP", "MONITOR_KAFKA__BOOTSTRAPS", "MONITOR__BOOTSTRAP"])
def test_an_unknown_variable_is_an_error(write: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A misspelt override would otherwise be silently ignored."""
    monkeypatch.setenv(name, "broker:9092")
    assert "unknown setting" in faults_of(write(""))[name]


def test_other_peoples_variables_are_left_alone(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the prefix is ours."""
    monkeypatch.setenv("MONITORING_URL", "x")
    monkeypatch.setenv("KAFKA__BOOTSTRAP", "x")
    assert load(write("")).settings.kafka.bootstrap == "127.0.0.1:9092"


def test_the_environment_wins_over_the_file_key_by_key(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """One key overridden leaves its neighbours as the file says."""
    monkeypatch.setenv("MONITOR_KAFKA__BOOTSTRAP", "from-environment:9092")
    monkeypatch.setenv("MONITOR_WINDOWS__NAMES", '["28d", "tertial"]')
    monkeypatch.setenv("MONITOR_EXPORTER__PORT", "0")
    found = load(write('[kafka]\nbootstrap = "from-file:9092"\ntopic = "from-file"\n')).settings
    assert (found.kafka.bootstrap, found.kafka.topic) == ("from-environment:9092", "from-file")
    assert (found.windows.names, found.exporter.port) == (("28d", "tertial"), 0)


def test_a_fault_in_the_environment_names_the_variable(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for it in the file would look in vain."""
    monkeypatch.setenv("MONITOR_EXPORTER__PORT", "eighty")
    monkeypatch.setenv("MONITOR_KAFKA__SECURITY_PROTOCOL", "TLS")
    assert set(faults_of(write(""))) == {"MONITOR_EXPORTER__PORT", "MONITOR_KAFKA__SECURITY_PROTOCOL"}


def test_the_configuration_file_is_found_by_variable(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """MONITOR_CONFIG names it, and is no unknown variable itself."""
    path = write('[kafka]\ntopic = "named"\n')
    monkeypatch.setenv("MONITOR_CONFIG", str(path))
    found = load()
    assert (found.settings.kafka.topic, found.origin) == ("named", str(path))


def test_a_file_that_is_missing_or_no_toml_is_an_error(write: Write, tmp_path: Path) -> None:
    """With the file named, and what is wrong with it."""
    absent = tmp_path / "absent.toml"
    assert "no such file" in faults_of(absent)[str(absent)]
    path = write("[kafka")
    assert "not valid TOML" in faults_of(path)[str(path)]
    path.write_bytes(b"topic = '\xff'")
    assert "not valid TOML" in faults_of(path)[str(path)]
    assert "cannot be read" in faults_of(tmp_path)[str(tmp_path)]


def test_a_file_that_a_variable_names_is_told_with_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wrote it on the command line."""
    monkeypatch.setenv("MONITOR_CONFIG", str(tmp_path / "absent.toml"))
    assert list(faults_of(None)) == [f"MONITOR_CONFIG: {tmp_path / 'absent.toml'}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slice_seconds = 7", "must divide one hour"),
        ("slice_seconds = 7200", "must divide one hour"),
        ('timezone = "Asia/Kolkata"', "straddles midnight in Asia/Kolkata"),
    ],
)
def test_a_slice_must_fit_the_hour_and_the_zone(write: Write, text: str, message: str) -> None:
    """Both settings are said to be at odds where the slice is set."""
    path = write(f"[ledger]\n{text}\n")
    assert message in faults_of(path)[f"{path}: ledger.slice_seconds"]


def test_a_slice_of_half_an_hour_fits_india(write: Write) -> None:
    """The refusal above says what to choose, and this is it."""
    grid = load(write('[ledger]\ntimezone = "Asia/Kolkata"\nslice_seconds = 1800\n')).grid
    assert (grid.zone.key, grid.seconds) == ("Asia/Kolkata", 1800)


@pytest.mark.parametrize("zone", ["Europe/Olso", "", "../etc/passwd"])
def test_an_unknown_zone_is_an_error(write: Write, zone: str) -> None:
    """Checked against the list, never opened as a file."""
    path = write(f'[ledger]\ntimezone = "{zone}"\n')
    assert "no zone of the tz database" in faults_of(path)[f"{path}: ledger.timezone"]


def test_a_password_is_never_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by repr nor by str nor in a dump, of any section."""
    monkeypatch.setenv("MONITOR_REDIS__PASSWORD", "hunter2")
    monkeypatch.setenv("MONITOR_KAFKA__SASL_PASSWORD", "hunter2")
    found = load(write(""))
    assert "hunter2" not in everything(found)
    assert found.settings.kafka.sasl_password is not None
    assert found.settings.kafka.sasl_password.get_secret_value() == "hunter2"


def test_a_password_is_never_said_in_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is wrong, what a variable holds is not repeated."""
    monkeypatch.setenv("MONITOR_REDIS__PASSWORD", "hunter2")
    monkeypatch.setenv("MONITOR_KAFKA__SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("MONITOR_REDIS__TIMEOUT_SECONDS", "-1")
    assert "hunter2" not in str(faults_of(write("")))
    monkeypatch.setenv("MONITOR_REDIS", "hunter2")
    assert "hunter2" not in str(faults_of(write("")))


def test_a_password_in_the_urls_variable_is_never_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may carry the whole address; it is still nobody's to read."""
    monkeypatch.setenv("MONITOR_REDIS__URL", "redis://:hunter2@127.0.0.1:6379/0")
    found = load(write(""))
    assert found.settings.redis.address() == "redis://:hunter2@127.0.0.1:6379/0"
    assert "hunter2" not in everything(found)


def test_a_password_arrives_as_it_is(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever characters it has: Redis' own reading of the address gives it back, host and user too."""
    monkeypatch.setenv("MONITOR_REDIS__URL", "redis://monitor@example.org:6380/2")
    monkeypatch.setenv("MONITOR_REDIS__PASSWORD", PASSWORD)
    read = parse_url(load(write("")).settings.redis.address())
    assert (read["username"], read["password"], read["host"], read["port"], read["db"]) == (
        "monitor", PASSWORD, "example.org", 6380, 2,
    )  # fmt: skip


def test_a_password_file_is_read_when_the_address_is_needed(write: Write, tmp_path: Path) -> None:
    """Its last line break does not belong to the password; a password in the environment goes before it."""
    (tmp_path / "redis-password").write_text("hunter2\n", encoding="utf-8")
    found = load(write(f'[redis]\npassword_file = "{tmp_path / "redis-password"}"\n'))
    assert found.settings.redis.address() == "redis://:hunter2@127.0.0.1:6379/0"
    assert "hunter2" not in everything(found)


def test_the_environments_password_goes_before_the_files(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment wins here as everywhere."""
    (tmp_path / "redis-password").write_text("old\n", encoding="utf-8")
    monkeypatch.setenv("MONITOR_REDIS__PASSWORD", "new")
    found = load(write(f'[redis]\npassword_file = "{tmp_path / "redis-password"}"\n'))
    assert found.settings.redis.address() == "redis://:new@127.0.0.1:6379/0"


def test_a_password_file_that_cannot_be_read_is_an_oserror(write: Write, tmp_path: Path) -> None:
    """The command that needs it says so; a check of the configuration elsewhere still passes."""
    found = load(write(f'[redis]\npassword_file = "{tmp_path / "absent"}"\n'))
    with pytest.raises(OSError, match="absent"):
        found.settings.redis.address()


def test_limits_come_from_the_settings(write: Write) -> None:
    """The core's limits are the configured ones."""
    found = load(write("[events]\nmax_response_seconds = 7200\nmax_ahead_seconds = 1\nmax_record_bytes = 99\n"))
    assert (found.limits.ahead_seconds, found.limits.record_bytes) == (1.0, 99)
    assert found.service.longest_seconds == 7200.0


def test_the_series_are_every_district_with_every_class(write: Write) -> None:
    """In the configured order."""
    series = load(write("")).service.told_series
    assert series[:4] == (("oslo", "urban"), ("oslo", "town"), ("oslo", "rural"), ("ost", "urban"))
    assert len(series) == len(set(series)) == 36


def test_every_message_says_what_to_do_in_words(write: Write) -> None:
    """No address of a library's documentation, no type of Python's."""
    path = write('[kafka]\nsession_timeout_seconds = "soon"\n[ledger]\ncapacity = -1\nhorizon_days = 0\n')
    for message in faults_of(path).values():
        assert not re.search(r"https?://|<class|pydantic", message)
