"""No module knows one service's rule: no P50 and P80, no goal, requirement or settlement class, no nation.

A preset is a folder of declarations (config/services/). What may know one is listed, each with its reason.
"""

import io
import re
import tokenize
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
WORDS: Final = re.compile(
    r"(?<![a-z])(goals?|requirements?|settlements?|national|whole country|p[58]0)(?![a-z0-9])",
    re.IGNORECASE,
)
NUMBERS: Final = {"50", "80"}
_BEFORE: Final = "reads and names the keys that files had before services were declared"
KNOWING: Final = {
    "monitor/core/stored_v1.py": "reads what was stored while there was one service only",
    "monitor/simulator/calibration.py": "is made for the figures that were published for 2024",
    "monitor/settings/configuration.py": _BEFORE,
    "monitor/settings/document.py": _BEFORE,
    "monitor/settings/former.py": _BEFORE,
    "monitor/settings/sections.py": _BEFORE,
    "monitor/settings/values.py": _BEFORE,
    "monitor/settings/service_tables.py": "tells what a root is called that nobody declared",
    "monitor/settings/service_tree.py": "calls a root that nobody declared as it always was",
    "monitor/core/mission.py": "has a reason by the name that counts in Prometheus have had for years",
    "monitor/core/reader.py": "gives a reason by the name that counts in Prometheus have had for years",
}
"""Modules that may know one service's rule, with the reason."""
PLAIN_NUMBERS: Final = {
    "monitor/core/alarm.py": "missions of a level of one's own",
    "monitor/core/forecast.py": "percentiles of which forecasts were held to what came true",
    "monitor/core/partition.py": "fiftieths of a capacity",
    "monitor/core/stats/chosen.py": "what was simulated",
    "monitor/core/stats/mean.py": "missions that are evidence",
    "monitor/worker/shell.py": "a threshold of the garbage collector",
    "monitor/worker/stacks.py": "frames of a stack",
}
"""Files that say 50 or 80 of something else, and of what."""


def knowing(file: Path) -> list[str]:
    """What a file says of one service's rule, with its line."""
    text, place = file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))
    found = [
        f"{place}:{number}: {match[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        for match in WORDS.finditer(line)
    ]
    if file.suffix == ".py" and place not in PLAIN_NUMBERS:
        found += [
            f"{place}:{token.start[0]}: {token.string}"
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.NUMBER and token.string in NUMBERS
        ]
    return found


def files() -> list[Path]:
    """Whatever is read or shown; catalogues hold what these say, and nothing else."""
    return sorted(
        file
        for file in (ROOT / "monitor").rglob("*")
        if file.suffix in {".py", ".jinja", ".js", ".css", ".lua", ".html"}
    )


def test_no_module_knows_one_services_rule() -> None:
    """A service is declared; the program reads what it is told."""
    assert len(files()) > 150
    found = {str(file.relative_to(ROOT)): said for file in files() if (said := knowing(file))}
    known = {place: said for place, said in found.items() if place not in KNOWING}
    assert known == {}
    assert KNOWING.keys() - found.keys() == set(), "these know nothing any more: take them off the list"
    assert [place for place in PLAIN_NUMBERS if not (ROOT / place).is_file()] == []


def test_the_search_finds_what_it_is_for() -> None:
    """It is not blind: words alone and in names, numbers alone and not in others."""
    for said, wanted in (
        ("GOAL_MINUTES", 1), ("the requirement", 1), ("p80_seconds", 1), ('"national"', 1), ("international", 0),
        ("requirements.txt", 1), ("subgoal", 0), ("Settlements", 1),
    ):  # fmt: skip
        assert len(WORDS.findall(said)) == wanted, said
    code = io.StringIO("x = 80 + 8080 + 0.8 + 800")
    numbers = [token.string for token in tokenize.generate_tokens(code.readline) if token.type == tokenize.NUMBER]
    assert [one for one in numbers if one in NUMBERS] == ["80"]
