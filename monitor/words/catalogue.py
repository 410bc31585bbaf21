"""The languages there are, and the catalogue of each: read from its `.po` file, without a compiled one beside it.

A language is one file: put `de.po` into the folder, and board, report and dashboards offer German.
"""

import io
from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = str
"""The code of a language, as Babel and browsers write it."""

SOURCE: Final[Language] = "en"
"""The language that the code is written in; it needs no catalogue."""
ENDING: Final = ".po"
_NEAREST: Final = {"no": "nb", "nn": "nb"}
"""Norwegian without a form, and nynorsk: bokmål is nearer than English."""


def _folder() -> Traversable:
    return files(__package__) / "locale"


def _languages() -> tuple[Language, ...]:
    found = (file.name.removesuffix(ENDING) for file in _folder().iterdir() if file.name.endswith(ENDING))
    return (SOURCE, *sorted(found))


LANGUAGES: Final[tuple[Language, ...]] = _languages()
"""Every language there is, English first."""


def parsed(text: str, language: Language) -> Catalog:
    """The catalogue that a `.po` file's text holds. Raises PoFileError."""
    return read_po(io.StringIO(text), locale=language, abort_invalid=True)


@cache
def translations(language: Language) -> NullTranslations:
    """What turns an English text into one of the language. What is marked as fuzzy stays English."""
    if language == SOURCE:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, parsed((_folder() / f"{language}{ENDING}").read_text(encoding="utf-8"), language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def chosen(wanted: str | None, accepted: Iterable[str]) -> Language:
    """The language of a request: what it asks for, else the first known of those accepted, else English."""
    if wanted in LANGUAGES:
        return str(wanted)
    nearest = (_NEAREST.get(tag, tag) for tag in accepted)
    return next((language for language in nearest if language in LANGUAGES), SOURCE)
