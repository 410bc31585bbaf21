"""What is found wrong with a configuration: where, and what to do about it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong; an error forbids the use, a warning asks for a second look."""

    severity: Literal["error", "warning"]
    where: str
    message: str
