"""Fenced blocks of the documents, with the words after their opening fence."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: `info` is what stands after the fence, like `sh run`."""

    file: str
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def documents() -> list[Path]:
    """The README and everything in docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks() -> list[Block]:
    """All blocks of all documents, in order."""
    found = []
    for file in documents():
        text = file.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(str(file.relative_to(ROOT)), line, match[1].strip(), match[2]))
    return found


def words() -> str:
    """Everything the documents say."""
    return "\n".join(file.read_text(encoding="utf-8") for file in documents())
