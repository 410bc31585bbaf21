"""The files that a page needs besides itself, each under an address that names its content.

So a browser may keep them for ever and still never shows a page with a script of another version.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_TYPES: Final = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: the name in its address, its type, its bytes."""

    name: str
    content_type: str
    body: bytes

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/static/{self.name}"


def _load(stem: str, ending: str) -> Asset:
    body = (files(__package__) / "static" / f"{stem}.{ending}").read_bytes()
    return Asset(f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}", _TYPES[ending], body)


SCRIPT: Final = _load("board", "js")
STYLE: Final = _load("board", "css")
STACKED: Final = _load("stacked", "css")
"""For screens too narrow for the matrix: how narrow, depends on its columns."""
MAP: Final = _load("map", "css")
FLAT: Final = _load("flat", "css")
"""For screens too narrow for the columns of a map."""
WALL: Final = _load("wall", "css")
TURNING: Final = _load("wall", "js")
ICON: Final = _load("icon", "svg")
ASSETS: Final[Mapping[str, Asset]] = MappingProxyType(
    {asset.name: asset for asset in (SCRIPT, TURNING, STYLE, STACKED, MAP, FLAT, WALL, ICON)}
)
