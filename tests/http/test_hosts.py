"""Names that are not ours are refused: a browser that was led here tells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http.hosts import Hosts

ALL = "0.0.0.0"  # noqa: S104 - nothing is bound here
OURS = [
    ("127.0.0.1", "", "localhost"),
    ("127.0.0.1", "", "LOCALHOST:8080"),
    ("127.0.0.1", "", "localhost.:8080"),
    ("127.0.0.1", "", "127.0.0.1:8080"),
    ("127.0.0.1", "", "[::1]:8080"),
    ("::1", "", "[::1]"),
    ("localhost", "", "localhost:1"),
    ("127.0.0.1", "", None),  # HTTP/1.0: no browser
    ("127.0.0.1", "board.example.org, exporter", "exporter:8080"),
    ("127.0.0.1", "board.example.org, exporter", "Board.Example.org"),
    (ALL, "", "10.1.2.3:8080"),  # a probe in Kubernetes asks by the pod's address
    ("::", "", "[fd00::7]:8080"),
    ("::", "", "10.1.2.3"),
    ("", "", "10.1.2.3"),
    ("192.0.2.7", "", "192.0.2.7:8080"),
    ("192.0.2.7", "", "localhost:8080"),
    ("192.0.2.7", "203.0.113.5", "203.0.113.5:8080"),
    ("exporter.internal", "", "exporter.internal:8080"),
    (ALL, "*", "anything.example"),
]
FOREIGN = [
    ("127.0.0.1", "", "evil.example"),
    ("127.0.0.1", "", "localhost.evil.example"),
    ("127.0.0.1", "", "127.0.0.1.evil.example"),
    ("127.0.0.1", "", "exporter:8080"),
    ("127.0.0.1", "", "10.1.2.3"),
    ("192.0.2.7", "", "192.0.2.8"),
    (ALL, "exporter", "evil.example:8080"),
    (ALL, "exporter", "sub.exporter"),
    (ALL, "", ""),
    ("", "", ""),
    ("", "", "[::1"),
    (ALL, "", "localhost@evil.example"),
    (ALL, "", "evil.example@localhost"),
    (ALL, "", "localhost:80:90"),
    (ALL, "", "localhost:port"),
    (ALL, "", "[::1"),
    (ALL, "", "localhost/evil.example"),
    (ALL, "", "2130706433"),
    (ALL, "", "0x7f.1"),
]


@pytest.mark.parametrize(("bound", "names", "header"), OURS)
def test_our_names_and_addresses_are_answered(bound: str, names: str, header: str | None) -> None:
    """This machine's own always; any address where all are listened at; what is configured."""
    assert Hosts(names.split(", "), bound=bound).allow(header)


@pytest.mark.parametrize(("bound", "names", "header"), FOREIGN)
def test_every_other_name_is_refused(bound: str, names: str, header: str) -> None:
    """Also what only looks like one of ours."""
    assert not Hosts(names.split(", "), bound=bound).allow(header)


@given(st.text())
def test_nothing_that_can_be_said_is_a_fault(header: str) -> None:
    """Whatever a peer sends is answered with yes or no."""
    Hosts(["exporter"], bound="0.0.0.0").allow(header)  # noqa: S104 - nothing is bound here
