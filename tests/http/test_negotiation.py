"""Content negotiation as RFC 9110 has it, whatever the header holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http.negotiation import gzip_wanted, languages, media_ranges

CODINGS = [
    ("gzip", True),
    ("GZIP", True),
    ("gzip, deflate, br", True),
    ("br, gzip;q=0.1", True),
    ("*", True),
    ("identity;q=0.5, *;q=0.5", True),
    ("gzip;q=0.5, identity;q=0.5", True),
    (None, False),
    ("", False),
    ("br", False),
    ("gzip;q=0", False),
    ("gzip; q=0.000, *", False),
    ("*;q=0", False),
    ("identity, gzip;q=0.5", False),
    ("gzip;q=x", False),
    ("notgzip", False),
    ("gzipped, x-gz", False),
]


@pytest.mark.parametrize(("header", "wanted"), CODINGS)
def test_gzip_is_sent_to_who_takes_it(header: str | None, wanted: bool) -> None:
    """Refused is refused, also where everything else is welcome; nonsense asks for nothing."""
    assert gzip_wanted(header) is wanted


def test_media_ranges_come_in_the_order_of_their_quality() -> None:
    """The more exact of two that are wanted alike comes first; what is refused does not come."""
    header = 'text/*;q=0.3, a/b;version="1.0.0";q=0.5, c/d;q=0, Text/Plain;q=0.3, e/f;q=9'
    assert [(kind, dict(told)) for kind, told in media_ranges(header)] == [
        ("a/b", {"version": "1.0.0"}),
        ("text/plain", {}),
        ("text/*", {}),
    ]


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_nothing_that_can_be_said_is_a_fault(header: str) -> None:
    """Whatever a peer sends is answered."""
    gzip_wanted(header)
    list(media_ranges(header))
    languages(header)
