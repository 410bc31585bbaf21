"""What one value may be, whatever its key: numbers that are numbers, names that can be printed, addresses.

Each refusal says what to write instead. Refuses to know keys and where values come from.
"""

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from monitor.core import windows
from monitor.core.plain_text import unseen

LARGEST: Final = 1_000_000_000
"""Of any number: so many seconds are 31 years. What is larger overflows a clock far from here."""
LARGEST_DAYS: Final = 36_525
LARGEST_PORT: Final = 65_535
TOPIC_CHARACTERS: Final = 249
"""Kafka's own limit."""
LONGEST_SLUG: Final = 40
RESERVED_AREAS: Final = frozenset({"default", "name", "valid_from", "errata", "source", "districts"})
RESERVED_CATEGORIES: Final = frozenset({"default", "name", "table", "not_applicable"})
RESERVED_OBJECTIVES: Final = frozenset({"name", "table", "not_applicable"})
"""Slugs that mean something else in the tables of targets."""


def _number(value: Any) -> Any:
    """`port = true` would otherwise be port 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004 - pydantic tells ValueErrors
    return value


def _conceivable(value: float) -> float:
    if value > LARGEST:
        raise ValueError(f"cannot be meant: give at most {LARGEST}")
    return value


def _days(value: float) -> float:
    if value > LARGEST_DAYS:
        raise ValueError(f"cannot be meant: give at most {LARGEST_DAYS} days, a century")
    return value


def visible(text: str) -> str:
    """The text, where nothing in it breaks a line, moves a cursor or turns the reading around. Raises ValueError."""
    if problem := unseen(text):
        raise ValueError(problem)
    return text


def plain(text: str) -> str:
    """The text, where it can be printed on a line and has no blanks around. Raises ValueError."""
    if not visible(text):
        raise ValueError("is empty: give a value, or remove the key or variable for the default")
    if text != text.strip():
        raise ValueError("has blanks before or after it: remove them")
    return text


def _plain_if_any(text: str | None) -> str | None:
    return None if text is None else plain(text)


def _secret(secret: SecretStr | None) -> SecretStr | None:
    """Without a line break at its end, which is nobody's password but many a file's."""
    if secret is None:
        return None
    value = secret.get_secret_value().removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise ValueError("is empty: give the password, or remove the variable where there is none")
    return SecretStr(value)


def _path(value: Any) -> Any:
    """An empty text would be the current folder."""
    if value == "":
        raise ValueError("is empty: give a path, or remove the key or variable for the default")
    if isinstance(value, str):
        visible(value)
    return value


def _topic(name: str) -> str:
    visible(name)
    if not re.fullmatch(rf"[A-Za-z0-9._-]{{1,{TOPIC_CHARACTERS}}}", name) or name in (".", ".."):
        raise ValueError(
            f"is no name of a topic: use letters, digits, dot, hyphen and underscore, at most {TOPIC_CHARACTERS}"
        )
    return name


def _host(name: str) -> str:
    plain(name)
    if re.fullmatch(r"[^:]*:[0-9]*|\[.*\]:?[0-9]*", name) or re.search(r"[/@ ]", name):
        raise ValueError("must be a host or an address alone, like 127.0.0.1 or ::1: the port has a key of its own")
    return name


def _host_asked_for(name: str) -> str:
    _host(name)
    if "*" in name and name != "*":
        raise ValueError("names a whole domain: say each name, or * alone for any")
    return name


def _web_address(address: str) -> str:
    """An address of a web service. Raises ValueError, which repeats nothing of it: a login may stand there."""
    plain(address)
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ValueError("its brackets hold no IPv6 address: say http://host:port, or https://host") from None
    if parts.scheme not in ("http", "https") or not address.isprintable() or " " in address:
        raise ValueError("is no address of a web service: say http://host:port, or https://host")
    if "@" in parts.netloc:
        raise ValueError("holds a login, which would be shown with it: none is sent; remove what stands before the @")
    if "?" in address or "#" in address:
        raise ValueError("holds a ? or #: say http://host:port, and the path that all there begins with")
    try:
        named = parts.hostname and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.netloc.endswith(":"):
        raise ValueError(f"names no host, or no port from 1 to {LARGEST_PORT}: say http://host:port")
    return address


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(plain(text), strict=False)
    except ValueError:
        raise ValueError("is neither an address nor a network: say 10.0.0.5, 10.0.0.0/24 or fd00::/64") from None
    if network.prefixlen == 0:
        raise ValueError("is everybody, who could then say to be anybody: name the proxies' addresses")
    return str(network)


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", plain(name)):
        raise ValueError("is no name of a header: use letters, digits and hyphens")
    return name


def _brokers(addresses: str) -> str:
    """The same with the blanks around each taken out. Raises ValueError."""
    found = [address.strip() for address in visible(addresses).split(",")]
    for number, address in enumerate(found, 1):
        which = "" if len(found) == 1 else f"address {number} "
        if not address:
            raise ValueError(f"{which}is empty: say host:port, several separated by commas")
        if "://" in address or re.search(r"[/@ ]", address):
            raise ValueError(f"{which}must be host:port alone; the protocol has a key of its own, security_protocol")
        read = re.fullmatch(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?", address)
        if read is None or (read[1] is not None and not 1 <= int(read[1]) <= LARGEST_PORT):
            raise ValueError(
                f"{which}is not of the form host:port, with a port from 1 to {LARGEST_PORT} and brackets around IPv6"
            )
    return ",".join(found)


def is_slug(name: str) -> bool:
    """Whether a name can stand in addresses, files, labels and columns as it is."""
    return len(name) <= LONGEST_SLUG and re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) is not None


def _slug(name: str) -> str:
    if not is_slug(name):
        raise ValueError(
            f"{name!r} is no slug: use small letters a to z, digits, hyphens and underscores, at most "
            f"{LONGEST_SLUG}, a letter or digit first"
        )
    return name


def _slugs(names: tuple[str, ...]) -> tuple[str, ...]:
    return distinct(tuple(map(_slug, names)))


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, where each stands once. Raises ValueError: what is named twice would be counted twice."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(f"{_listed(twice)} named twice, and would be counted twice: remove the second")
    return names


def _districts(names: tuple[str, ...]) -> tuple[str, ...]:
    return _not_reserved(names, RESERVED_AREAS | {"national"}, "the pool of all districts, or a key of the targets")


def _settlements(names: tuple[str, ...]) -> tuple[str, ...]:
    return _not_reserved(names, RESERVED_CATEGORIES, "a key of its own in the tables of targets")


def _not_reserved(names: tuple[str, ...], reserved: frozenset[str], why: str) -> tuple[str, ...]:
    ours = [name for name in names if name in reserved]
    if ours:
        raise ValueError(f"{_listed(ours)} {why}: choose another slug")
    return names


def _windows(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        windows.parse_window(name)
    if len(set(names)) != len(names):
        raise ValueError("a window is named twice: remove the second")
    return names


def _listed(names: Iterable[str]) -> str:
    quoted = [repr(name) for name in names]
    return f"{', '.join(quoted)} {'is' if len(quoted) == 1 else 'are'}"


Positive = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False), AfterValidator(_conceivable)]
Days = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False), AfterValidator(_days)]
Ratio = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_number), Field(gt=0), AfterValidator(_conceivable)]
Port = Annotated[int, BeforeValidator(_number), Field(ge=0, le=LARGEST_PORT)]
Visible = Annotated[str, AfterValidator(visible)]
Text = Annotated[str, AfterValidator(plain)]
OptionalText = Annotated[str | None, AfterValidator(_plain_if_any)]
Secret = Annotated[SecretStr | None, AfterValidator(_secret)]
File = Annotated[Path | None, BeforeValidator(_path)]
Folder = Annotated[Path, BeforeValidator(_path)]
Topic = Annotated[str, AfterValidator(_topic)]
Host = Annotated[str, AfterValidator(_host)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Hosts = tuple[Annotated[str, AfterValidator(_host_asked_for)], ...]
Networks = tuple[Annotated[str, AfterValidator(_network)], ...]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Texts = tuple[Annotated[str, AfterValidator(plain)], ...]
Brokers = Annotated[str, AfterValidator(_brokers)]
Slug = Annotated[str, AfterValidator(_slug)]
Slugs = Annotated[tuple[str, ...], AfterValidator(_slugs)]
Districts = Annotated[Slugs, AfterValidator(_districts)]
Settlements = Annotated[Slugs, AfterValidator(_settlements)]
Windows = Annotated[tuple[str, ...], AfterValidator(_windows)]
