"""The address of Redis: which ones are understood, and where the password in one is.

`redis://[user@]host[:port][/database]`, `rediss://` the same with TLS, `unix:///path/of/socket[?db=database]`; of
several servers `redis+sentinel://[user@]host[:port],…/service[/database]`, whose hosts are the sentinels, and
`redis+cluster://[user@]host[:port],…`, some of whose nodes are named; both with TLS as `rediss+…`. What a client
would pass over in silence (a database that is no number) or stumble over (an option that it does not know) is refused
here. No message repeats the address: there may be a password in it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

FORM: Final = "say redis://host:port/database (rediss:// for TLS)"
SENTINEL_FORM: Final = "say redis+sentinel://host:port,host:port,host:port/service (rediss+sentinel:// for TLS)"
CLUSTER_FORM: Final = "say redis+cluster://host:port,host:port,host:port (rediss+cluster:// for TLS)"
LARGEST_PORT: Final = 65_535
_TLS: Final = frozenset({
    "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname",
})  # fmt: skip
OPTIONS: Final = {
    "redis": frozenset[str](),
    "rediss": _TLS,
    "unix": frozenset({"db"}),
    "redis+sentinel": frozenset[str](),
    "rediss+sentinel": _TLS,
    "redis+cluster": frozenset[str](),
    "rediss+cluster": _TLS,
}
"""What may follow the question mark, by scheme."""


def checked(url: str) -> str:
    """The same address. Raises ValueError that says what is wrong with it and what to say instead."""
    if not url.isprintable() or " " in url:
        raise ValueError("holds a space, a line break or another character that no address has: remove it")
    parts = _split(url)
    if parts.scheme not in OPTIONS:
        raise ValueError(f"is no address of a Redis: {FORM}")
    if parts.fragment or url.endswith("#"):
        raise ValueError("holds a #: write it as %23 within a password, else remove it")
    _check_options(parts)
    if parts.scheme == "unix":
        if not parts.path.startswith("/") or parts.path == "/" or parts.netloc.rpartition("@")[2]:
            raise ValueError("names no socket: say unix:///path/of/socket, with three slashes")
        return url
    places = parts.netloc.rpartition("@")[2]
    if has_sentinels(url):
        for place in places.split(","):
            _check_place(place, form=SENTINEL_FORM, default_port=26379)
        if not re.fullmatch(r"/(?![0-9]+$)[\w.-]+(/[0-9]{1,6})?", parts.path):
            raise ValueError(f"names no service after the sentinels, as `SENTINEL MASTERS` calls it: {SENTINEL_FORM}")
        return url
    if is_cluster(url):
        for place in places.split(","):
            _check_place(place, form=CLUSTER_FORM, default_port=6379)
        if parts.path not in ("", "/", "/0"):
            raise ValueError("names a database: a cluster has database 0 alone, remove what follows the hosts")
        return url
    _check_place(places, form=FORM, default_port=6379)
    if not re.fullmatch(r"/?|/[0-9]{1,6}", parts.path):
        raise ValueError(f"the database after the host is no number: {FORM}, with 0 for the first database")
    return url


def _check_place(place: str, *, form: str, default_port: int) -> None:
    """One `host[:port]`."""
    if "," in place:
        raise ValueError(f"names several hosts: {SENTINEL_FORM}; or, of a cluster, {CLUSTER_FORM}")
    try:
        one = urlsplit(f"//{place}")
        host, port = one.hostname, one.port
    except ValueError:
        raise ValueError(
            f"its port is none: say a number from 1 to {LARGEST_PORT}; special characters of a password are "
            "percent-encoded (/ is %2F)"
        ) from None
    if not host:
        raise ValueError(f"names no host: {form}")
    if port == 0 or place.endswith(":"):
        raise ValueError(
            f"its port is none: say a number from 1 to {LARGEST_PORT}, or leave the colon out for {default_port}"
        )


def without_password(url: str) -> tuple[str, str | None]:
    """The address as it may be shown, and the password that stood in it; an unreadable address stays as it is."""
    if "@" not in url:
        return url, None
    try:
        parts = _split(url)
        password = parts.password
    except ValueError:
        return url, None
    if password is None:
        return url, None
    user, place = parts.username or "", parts.netloc.rpartition("@")[2]
    return _joined(parts, f"{user}@{place}" if user else place), unquote(password)


def with_login(url: str, user: str | None, password: str) -> str:
    """The address that a client logs in with; without a `user`, as the one that stands in it."""
    parts = _split(url)
    place = parts.netloc.rpartition("@")[2]
    name = (parts.username or "") if user is None else quote(user, safe="")
    return _joined(parts, f"{name}:{quote(password, safe='')}@{place}")


def with_files(url: str, files: Mapping[str, Path | None]) -> str:
    """The address with the files of TLS by option, where it is one with TLS."""
    parts = _split(url)
    given = {name: str(file) for name, file in files.items() if file is not None}
    if not has_tls(url) or not given:
        return url
    query = "&".join(filter(None, (parts.query, urlencode(given, quote_via=quote))))
    return _joined(parts._replace(query=query), parts.netloc)


def user_of(url: str) -> str | None:
    """The user that stands in an address."""
    return unquote(_split(url).username or "") or None


def options_of(url: str) -> Mapping[str, str]:
    """What follows the question mark."""
    return dict(parse_qsl(_split(url).query))


def has_tls(url: str) -> bool:
    """Whether the store is spoken with over TLS."""
    return _split(url).scheme.startswith("rediss")


def has_sentinels(url: str) -> bool:
    """Whether the address names sentinels, who know where the store is."""
    return _split(url).scheme.endswith("+sentinel")


def is_cluster(url: str) -> bool:
    """Whether the store is spread over the nodes of a cluster."""
    return _split(url).scheme.endswith("+cluster")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # without the cause: it quotes the address
        raise ValueError(f"has brackets that do not close, or hold no IPv6 address: {FORM}") from None


def _joined(parts: SplitResult, netloc: str) -> str:
    """Not `urlunsplit`: it makes unix:/path of unix:///path, which no client reads."""
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}{fragment}"


def _check_options(parts: SplitResult) -> None:
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in given:
        if name not in OPTIONS[parts.scheme]:
            known = ", ".join(sorted(OPTIONS[parts.scheme])) or f"none with {parts.scheme}://"
            raise ValueError(
                f"has an option after the ? that is not understood (known: {known}): remove it; a ? within a "
                "password is written %3F"
            )
        if not value or (name == "db" and not re.fullmatch(r"[0-9]{1,6}", value)):
            raise ValueError(f"its option {name} has no usable value: give one, or remove it")
        if name == "ssl_cert_reqs" and value not in ("none", "optional", "required"):
            raise ValueError("its option ssl_cert_reqs is none, optional or required")
    if len({name for name, _ in given}) < len(given):
        raise ValueError("gives an option twice: keep one")
