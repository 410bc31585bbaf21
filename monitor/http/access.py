"""Who may see what: two scopes, and what gives them. Decides; carries nothing out, and reads no file.

Figures name nobody; missions do. A token gives what it was made for; a proxy is believed what it says of its visitor,
where the connection comes from an address that was declared. What is said twice is not believed: somebody in between
understood it differently.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Scope(StrEnum):
    """What an address of the service shows."""

    OPEN = "open"
    """Nothing of the service: whether it lives, and what its pages are drawn with."""
    FIGURES = "figures"
    """Counts, shares and times of many missions, and what the process tells of itself."""
    MISSIONS = "missions"
    """Missions one by one, and whatever names or changes one."""


Scopes = frozenset[Scope]
NONE: Final[Scopes] = frozenset()
ALL: Final[Scopes] = frozenset({Scope.FIGURES, Scope.MISSIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What gives which scope.

    `tokens`: by their digest (`digest_of`). `closed`: figures are for those alone who show something that gives them;
    missions always are. With `figures_groups` empty, every visitor whom a proxy names may see figures; with
    `missions_groups` empty, none may see missions.
    """

    tokens: Mapping[bytes, Scopes]
    proxies: Sequence[Network] = ()
    user_header: str = "X-Forwarded-User"
    groups_header: str = "X-Forwarded-Groups"
    figures_groups: frozenset[str] = frozenset()
    missions_groups: frozenset[str] = frozenset()
    closed: bool = False

    def by_token(self, authorization: Sequence[str]) -> Scopes:
        """What the `Authorization` headers of a request give. Every token is compared with, whichever it is."""
        token = bearer(authorization)
        if token is None:
            return NONE
        asked, given = digest_of(token), NONE
        for digest, scopes in self.tokens.items():
            if hmac.compare_digest(digest, asked):
                given = scopes
        return given

    def by_proxy(self, peer: str, users: Sequence[str], groups: Sequence[str]) -> Scopes:
        """What a proxy's headers give; `peer` is the address that the connection comes from."""
        if not self.believes(peer) or len(users) != 1 or not users[0].strip() or len(groups) > 1:
            return NONE
        named = frozenset(one.strip() for line in groups for one in line.split(",")) - {""}
        given = set[Scope]()
        if named & self.missions_groups:
            given |= ALL
        if not self.figures_groups or named & self.figures_groups:
            given.add(Scope.FIGURES)
        return frozenset(given)

    def believes(self, peer: str) -> bool:
        """Whether an address is a declared proxy's."""
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.proxies)


OPEN_TO_ALL: Final = Rules(tokens={})
"""Where nothing is configured: figures for everybody who can connect, missions for nobody."""


def bearer(authorization: Sequence[str]) -> str | None:
    """The token of the one `Authorization` header; None where there is none, or more than one."""
    if len(authorization) != 1:
        return None
    scheme, _, token = authorization[0].strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def tokens_of(figures: Iterable[str], missions: Iterable[str]) -> dict[bytes, Scopes]:
    """Tokens by digest. Whoever may see missions may see what is made of them."""
    return {digest_of(one): frozenset({Scope.FIGURES}) for one in figures} | {digest_of(one): ALL for one in missions}
