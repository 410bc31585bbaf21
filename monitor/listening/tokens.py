"""The tokens of `[access]`, from the environment and from files that may change while the exporter runs."""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from monitor.core.fault import Fault
from monitor.http.access import Rules, tokens_of
from monitor.http.renewed import Renewed
from monitor.settings import AccessSettings, ConfigurationError
from monitor.settings.files import FileUnusable, read_text

SHORTEST: Final = 24
"""Characters of a token: of fewer it could be guessed. `openssl rand -hex 32` makes 64."""
LARGEST_BYTES: Final = 64 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""As RFC 6750 has them: nothing else goes through a header unharmed."""


class TokensUnusable(ConfigurationError):  # noqa: N818 - named for what happened
    """Tokens cannot be used; `faults` holds everything that is wrong, and no token."""


def rules_of(access: AccessSettings) -> Callable[[], Rules]:
    """The rules as files say them now. Raises TokensUnusable with every fault."""
    renewed = Renewed(lambda: _read(access), TokensUnusable)
    return lambda: renewed.value


def _read(access: AccessSettings) -> tuple[Rules, Sequence[Path]]:
    faults: list[Fault] = []
    figures = _tokens("figures", access.figures_tokens, access.figures_tokens_file, faults)
    missions = _tokens("missions", access.missions_tokens, access.missions_tokens_file, faults)
    if faults:
        raise TokensUnusable(faults)
    rules = Rules(
        tokens=tokens_of(figures, missions),
        proxies=tuple(map(ip_network, access.proxies)),
        user_header=access.user_header,
        groups_header=access.groups_header,
        figures_groups=frozenset(access.figures_groups),
        missions_groups=frozenset(access.missions_groups),
        closed=bool(access.figures_tokens or access.figures_tokens_file or access.proxies),
    )
    return rules, [file for file in (access.figures_tokens_file, access.missions_tokens_file) if file is not None]


def _tokens(scope: str, given: SecretStr | None, file: Path | None, faults: list[Fault]) -> list[str]:
    found = []
    if given is not None:
        found += _usable(given.get_secret_value().split(","), f"MONITOR_ACCESS__{scope.upper()}_TOKENS", faults)
    if file is not None:
        where = f"access.{scope}_tokens_file"
        try:
            lines = read_text(file, LARGEST_BYTES).splitlines()
        except (FileUnusable, UnicodeError) as fault:
            faults.append(Fault("error", where, f"{file}: {fault}"))
        else:
            found += _usable([line for line in lines if line.strip()], f"{where}: {file}", faults)
    return found


def _usable(tokens: Sequence[str], where: str, faults: list[Fault]) -> list[str]:
    """Tokens without the blanks around them."""
    found = [token.strip() for token in tokens]
    if not found:
        faults.append(Fault("error", where, "holds no token: make one with `openssl rand -hex 32`, one a line"))
    for number, token in enumerate(found, 1):
        if len(token) < SHORTEST or not _TOKEN.fullmatch(token):
            faults.append(
                Fault(
                    "error",
                    where,
                    f"token {number} is shorter than {SHORTEST} characters, or holds what none may: "
                    "make one with `openssl rand -hex 32`",
                )
            )
    return found
