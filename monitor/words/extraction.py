"""Keeps the catalogues in step with the code: `monitor generate` writes them anew, and says what a translator owes.

Finds what is said (`say`, `several`, `phrase`, `phrase_as`) in code and templates. What English no longer says leaves
the catalogues; a text that changed keeps its old translation, marked as fuzzy, until somebody has looked.
"""

import io
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from monitor.words.catalogue import ENDING, LANGUAGES, SOURCE, Language, parsed

FOLDER: Final = "monitor/words/locale"
_PACKAGES: Final = ("alerts", "backtest", "board", "charts", "dashboards", "missions", "report", "words")
_METHODS: Final = [("**.py", "python"), ("**.jinja", "jinja2.ext:babel_extract")]
_KEYWORDS: Final[dict[str, Any]] = {
    "say": None,
    "phrase": None,
    "phrase_as": ((1, "c"), 2),
    "several": (1, 2),
    "text": None,  # of alerts, with `Way`
    "Way": None,
}
_NOTE: Final = "translators:"
_DATED: Final = (
    '"Report-Msgid-Bugs-To',
    '"POT-Creation-Date',
    '"PO-Revision-Date',
    '"Generated-By',
    '"Last-Translator',
    '"Language-Team',
)
_WIDTH: Final = 116


def catalogues(root: Path) -> Mapping[str, str]:
    """Every catalogue as it has to be now, by its place under `root`."""
    said = messages(root)
    return {place: _updated(root / place, language, said) for language, place in _places().items()}


def owed(texts: Mapping[str, str]) -> list[str]:
    """What is wrong in catalogues (`catalogues`), a line each: no translation, a doubtful one, other blanks."""
    return [
        f"{place}: {fault}: {_first(message)!r}"
        for language, place in _places().items()
        for message in parsed(texts[place], language)
        if message.id and (fault := _fault(message))
    ]


def messages(root: Path) -> Catalog:
    """Everything that is said, in English."""
    catalog = Catalog(locale=SOURCE)
    for package in _PACKAGES:
        folder = root / "monitor" / package
        for file, _line, text, comments, context in extract_from_dir(
            folder, _METHODS, keywords=_KEYWORDS, comment_tags=[_NOTE], strip_comment_tags=True
        ):
            place = f"monitor/{package}/{Path(file).as_posix()}"
            catalog.add(text, None, [(place, 0)], auto_comments=comments, context=context)
    return catalog


def _places() -> Mapping[Language, str]:
    return {language: f"{FOLDER}/{language}{ENDING}" for language in LANGUAGES if language != SOURCE}


def _updated(file: Path, language: Language, said: Catalog) -> str:
    catalog = parsed(file.read_text(encoding="utf-8"), language)
    catalog.update(said)
    catalog.project, catalog.version = "response-time-monitor", ""
    catalog.header_comment = (
        f"# What the monitor says, in {catalog.locale.english_name if catalog.locale else language}."
    )
    out = io.BytesIO()
    write_po(out, catalog, width=_WIDTH, ignore_obsolete=True, include_lineno=False)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_DATED))


def _fault(message: Message) -> str | None:
    forms = _forms(message.string or "")
    if not all(form.strip() for form in forms):
        return "no translation"
    if message.fuzzy:
        return "doubtful (fuzzy)"
    if any(_blanks(form) != _blanks(_first(message)) for form in forms):
        return "other blanks than in English"
    return None


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _first(message: Message) -> str:
    return _forms(message.id)[0]


def _blanks(text: str) -> set[str]:
    return set(_named(text))


def _named(text: str) -> Iterator[str]:
    for _, name, _, _ in string.Formatter().parse(text):
        if name is not None:
            yield name
