"""Which variables are settings, which are nobody's, and how lists are written in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.settings import load
from monitor.settings.configuration import KEYS
from monitor.settings.environment import parse_list, read_environment, variable
from tests.settings.conftest import Write
from tests.settings.finding import errors_of, warnings_of

SERVICE_LINKS = {
    "MONITOR_SERVICE_HOST": "10.0.0.1",
    "MONITOR_SERVICE_PORT": "8080",
    "MONITOR_SERVICE_PORT_HTTP": "8080",
    "MONITOR_PORT": "tcp://10.0.0.1:8080",
    "MONITOR_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "MONITOR_PORT_8080_TCP_PROTO": "tcp",
    "MONITOR_PORT_8080_TCP_PORT": "8080",
    "MONITOR_PORT_8080_TCP_ADDR": "10.0.0.1",
    "MONITOR_EXPORTER_SERVICE_HOST": "10.0.0.1",
    "MONITOR_EXPORTER_SERVICE_PORT": "8080",
    "MONITOR_EXPORTER_PORT": "tcp://10.0.0.1:8080",
    "MONITOR_EXPORTER_PORT_8080_TCP_ADDR": "10.0.0.1",
    "MONITOR_KAFKA_PORT": "tcp://10.0.0.1:9092",
    "MONITOR_REDIS_SERVICE_HOST": "10.0.0.1",
    "MONITOR_WORKER_METRICS_PORT": "udp://10.0.0.1:8001",
}


def test_kubernetes_service_links_stop_nothing_and_are_not_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every pod in a namespace with a service named monitor, or monitor-something, gets them."""
    for name, value in SERVICE_LINKS.items():
        monkeypatch.setenv(name, value)
    assert warnings_of(write("")) == {}
    assert load(write("")).settings == load(write("")).settings.model_copy()


@pytest.mark.parametrize("name", ["MONITOR_VERSION", "MONITOR_BOOTSTRAP", "MONITOR_", "MONITOR_KAFKA", "MONITORING"])
def test_variables_without_the_two_underscores_are_nobodys(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The image's tag of docs/operations.md is one of them; a whole section as JSON is no setting either."""
    monkeypatch.setenv(name, "1.2.3")
    assert warnings_of(write("")) == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MONITOR_KAFKA_BOOTSTRAP", "MONITOR_KAFKA__BOOTSTRAP"),
        ("MONITOR_EXPORTER_PORT", "MONITOR_EXPORTER__PORT"),
        ("MONITOR_CONFG", "MONITOR_CONFIG"),
        ("monitor_config", "MONITOR_CONFIG"),
    ],
)
def test_a_setting_with_an_underscore_missing_is_a_warning(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    """It has no effect, which nobody would guess."""
    monkeypatch.setenv(name, "9092")
    assert meant in warnings_of(write(""))[name]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("MONITOR_KAFKA__BOOTSTARP", "did you mean MONITOR_KAFKA__BOOTSTRAP?"),
        ("MONITOR_KAFAK__TOPIC", "did you mean MONITOR_KAFKA__TOPIC?"),
        ("monitor_kafka__topik", "did you mean MONITOR_KAFKA__TOPIC?"),
        ("MONITOR_QQQ__ZZZ", "docs/configuration.md lists all"),
    ],
)
def test_a_misspelt_setting_is_an_error(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    """The two underscores say that it was meant for us."""
    monkeypatch.setenv(name, "hunter2")
    found = errors_of(write(""))
    assert list(found) == [name]
    assert advice in found[name]
    assert "hunter2" not in str(found)


def test_a_variable_may_be_written_in_small_letters_but_not_twice(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of the two would win is nobody's guess; a fault names it as it was written."""
    monkeypatch.setenv("monitor_kafka__topic", "small")
    assert load(write("")).settings.kafka.topic == "small"
    monkeypatch.setenv("monitor_exporter__port", "many")
    assert list(errors_of(write(""))) == ["monitor_exporter__port"]
    monkeypatch.delenv("monitor_exporter__port")
    monkeypatch.setenv("MONITOR_KAFKA__TOPIC", "large")
    assert "keep one" in errors_of(write(""))["monitor_kafka__topic"]


@pytest.mark.parametrize("text", ['["28d", "tertial"]', "28d,tertial", " 28d , tertial "])
def test_a_list_is_json_or_separated_by_commas(write: Write, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The documents say both."""
    monkeypatch.setenv("MONITOR_WINDOWS__NAMES", text)
    assert load(write("")).settings.windows.names == ("28d", "tertial")


@pytest.mark.parametrize("text", ["", " ", ",", "28d,,tertial", "28d,", "[28d, tertial]", "[1, 2]", "[", "[null]"])
def test_a_list_that_is_none_is_an_error_of_its_variable(
    write: Write, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """With both ways to write it; the rest of the configuration is judged in the same run."""
    monkeypatch.setenv("MONITOR_WINDOWS__NAMES", text)
    monkeypatch.setenv("MONITOR_EXPORTER__PORT", "-1")
    found = errors_of(write(""))
    assert set(found) == {"MONITOR_WINDOWS__NAMES", "MONITOR_EXPORTER__PORT"}
    assert "write" in found["MONITOR_WINDOWS__NAMES"]


def test_districts_by_variable_replace_those_of_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, not one by one; what the targets lack is then told of the variable's districts."""
    monkeypatch.setenv("MONITOR_EVENTS__DISTRICTS", "oslo,nowhere")
    found = errors_of(write('[events]\ndistricts = ["oslo"]\n'))
    assert "use one of national, oslo, nowhere" in found["2024.toml: finnmark"]
    monkeypatch.setenv("MONITOR_EVENTS__DISTRICTS", "oslo,Oslo")
    assert "'Oslo' is no slug" in errors_of(write(""))["MONITOR_EVENTS__DISTRICTS"]
    monkeypatch.setenv("MONITOR_EVENTS__DISTRICTS", "oslo,national")
    assert "'national' is the pool" in errors_of(write(""))["MONITOR_EVENTS__DISTRICTS"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters=",["), min_size=1),
                min_size=1))  # fmt: skip
def test_what_is_joined_by_commas_comes_apart_again(items: list[str]) -> None:
    """With or without blanks."""
    assert parse_list(",".join(items)) == parse_list(" , ".join(items)) == items


@given(st.dictionaries(st.text("MONITR_KAFKATOPIC", min_size=1), st.text()))
def test_no_environment_is_too_strange(environ: dict[str, str]) -> None:
    """Any names and values: settings, faults, or nothing."""
    found = read_environment({f"MONITOR_{name}": value for name, value in environ.items()}, KEYS)
    assert len(found.names) + len(found.faults) <= len(environ)


def test_every_key_has_its_variable() -> None:
    """Read back as what it is, a list as a list."""
    for section, inner in KEYS.items():
        for key, is_list in inner.items():
            found = read_environment({variable(section, key): "a,b"}, KEYS)
            assert found.values == {section: {key: ["a", "b"] if is_list else "a,b"}}
