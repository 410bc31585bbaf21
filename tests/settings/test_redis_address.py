"""Redis' address is understood whole, or refused with what to say instead."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.connection import parse_url

from monitor.settings import redis_address

REFUSED = {
    "redis://127.0.0.1:6379/abc": "the database after the host is no number",
    "redis://127.0.0.1:6379/-1": "the database after the host is no number",
    "redis://127.0.0.1:6379/0/1": "the database after the host is no number",
    "redis://127.0.0.1:6379/٣": "the database after the host is no number",
    "redis://127.0.0.1:6379/0?nonsense=1": "not understood",
    "redis://127.0.0.1:6379/0?db=1": "not understood",
    "redis://127.0.0.1:6379/0?nonsense": "not understood",
    "rediss://h/0?ssl_cert_reqs=perhaps": "none, optional or required",
    "rediss://h/0?ssl_ca_certs=": "no usable value",
    "rediss://h/0?ssl_ca_certs=a&ssl_ca_certs=b": "twice",
    "redis://[bad@host:6379/0": "brackets that do not close",
    "redis://[::zz]/0": "brackets that do not close, or hold no IPv6",
    "redis://127.0.0.1:65536/0": "from 1 to 65535",
    "redis://127.0.0.1:0/0": "from 1 to 65535",
    "redis://127.0.0.1:/0": "leave the colon out",
    "redis://127.0.0.1:port/0": "from 1 to 65535",
    "redis://": "names no host",
    "redis:///0": "names no host",
    "redis:127.0.0.1:6379": "names no host",
    "redis://user:pw@/0": "names no host",
    "127.0.0.1:6379": "no address of a Redis",
    "localhost:6379": "no address of a Redis",
    "http://127.0.0.1:6379/0": "no address of a Redis",
    "redis://a:6379,b:6379/0": "names several hosts",
    "redis+sentinel://a,b/0": "names no service",
    "redis+sentinel://a,b": "names no service",
    "redis+sentinel://a,b/": "names no service",
    "redis+sentinel://a,b/main/x": "names no service",
    "redis+sentinel://a,,b/main": "names no host",
    "redis+sentinel:///main": "names no host",
    "redis+sentinel://a:0,b/main": "for 26379",
    "redis+sentinel://a,b:70000/main": "from 1 to 65535",
    "redis+sentinel://a/main?ssl_ca_certs=x": "none with redis+sentinel://",
    "redis+cluster://a,b/1": "database 0 alone",
    "redis+cluster://a,b/main": "database 0 alone",
    "redis+cluster://": "names no host",
    "redis+cluster://a,b:": "for 6379",
    "redis-sentinel://a,b/main": "no address of a Redis",
    "": "no address of a Redis",
    "redis://host/0#1": "holds a #",
    "redis://:pass#word@host/0": "holds a #",
    "redis://:pass/word@host/0": "percent-encoded",
    "redis://:pass?word@host/0": "not understood",
    "redis://host /0": "a space",
    "redis://host/0\n": "a line break",
    "redis://ho\x00st/0": "another character",
    "unix://": "names no socket",
    "unix:///": "names no socket",
    "unix://run/redis.sock": "three slashes",
    "unix:///run/redis.sock?db=x": "no usable value",
}


@pytest.mark.parametrize(("url", "message"), REFUSED.items())
def test_what_a_client_would_misread_is_refused(url: str, message: str) -> None:
    """In words, and without repeating what may hold a password."""
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        redis_address.checked(url)
    for secret in ("pass", "word@", "bad@"):
        assert secret not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    ("url", "host", "port", "database"),
    [
        ("redis://127.0.0.1:6379/0", "127.0.0.1", 6379, 0),
        ("redis://example.org", "example.org", None, None),
        ("redis://example.org/", "example.org", None, None),
        ("redis://monitor@example.org:6380/15", "example.org", 6380, 15),
        ("rediss://[::1]:6380/2", "::1", 6380, 2),
        ("rediss://example.org/1?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required", "example.org", None, 1),
        ("unix:///run/redis.sock?db=3", None, None, 3),
    ],
)
def test_what_is_accepted_means_the_same_to_the_client(
    url: str, host: str | None, port: int | None, database: int | None
) -> None:
    """Redis' own reading agrees; what is left out is its default."""
    read = parse_url(redis_address.checked(url))
    assert (read.get("host"), read.get("port"), read.get("db")) == (host, port, database)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://a/main",
        "redis+sentinel://monitor@a:26379,[::1]:26380,c/the.main-one/3",
        "rediss+sentinel://a,b/main?ssl_ca_certs=/etc/ca.pem",
        "redis+cluster://a:7000,b:7001,[::1]",
        "rediss+cluster://a/0?ssl_check_hostname=false",
    ],
)
def test_several_servers_are_named_in_one_address(url: str) -> None:
    """Sentinels with the service that they watch, or nodes of a cluster; what has TLS says so."""
    assert redis_address.checked(url) == url
    assert redis_address.has_tls(url) == url.startswith("rediss")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["", "monitor"]),
    st.sampled_from(["redis://{}host:6380/2", "rediss://{}[::1]/0", "unix://{}/run/redis.sock"]),
)
def test_a_password_put_in_comes_out_and_leaves_nothing_behind(password: str, user: str, form: str) -> None:
    """Whatever its characters: the client reads it as it was, and the address that is shown has none of it."""
    bare = form.format(f"{user}@" if user else "")
    whole = redis_address.checked(redis_address.with_login(redis_address.checked(bare), None, password))
    assert parse_url(whole)["password"] == password
    assert redis_address.without_password(whole) == (bare, password)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(min_size=1).map(Path))
def test_user_and_files_put_in_are_what_the_client_reads(user: str, file: Path) -> None:
    """Whatever their characters."""
    bare = "rediss://other@host:6380/2?ssl_check_hostname=true"
    whole = redis_address.with_files(redis_address.with_login(bare, user, "pw"), {"ssl_ca_certs": file})
    read = parse_url(whole)
    assert (read["username"], read["password"], read["ssl_ca_certs"]) == (user, "pw", str(file))
    assert (read["host"], read["db"], read["ssl_check_hostname"]) == ("host", 2, True)


@given(st.text())
def test_any_text_is_an_address_or_refused_in_words(text: str) -> None:
    """No other exception, whatever stands there; what is accepted, Redis' client can read."""
    for url in (text, f"redis://{text}", f"redis://host/{text}", f"rediss://host/0?{text}"):
        try:
            accepted = redis_address.checked(url)
        except ValueError as refused:
            assert str(refused)  # noqa: PT017 - which one it is, is the subject
        else:
            parse_url(accepted)
