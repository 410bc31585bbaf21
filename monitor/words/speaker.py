"""A speaker of one language: texts, numbers and dates as its readers write them.

`say("no data")` is the text in the speaker's language; the English text is its key. What a table holds to be said
later is marked with `phrase`, so that it gets into the catalogues. Decimal signs, names of months and the order of a
date are Unicode's (CLDR, by Babel); in every language thousands stand apart by a narrow space and a minus is a true
one, as in print.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from gettext import NullTranslations
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton

from monitor.words.catalogue import SOURCE, Language, translations

NONE: Final = "–"
"""Where there is no figure."""
_THOUSANDS: Final = "\N{NARROW NO-BREAK SPACE}"
_MINUS: Final = "−"
_IN_CONTEXT: Final = "\x04"
"""As gettext parts a context from its text."""
_LOCALES: Final = {SOURCE: "en_GB"}
"""English as it is written this side of the Atlantic: 31 December 2024."""


def phrase(text: str) -> str:
    """A text that is said later: the text itself, marked for the catalogues."""
    return text


def phrase_as(context: str, text: str) -> str:
    """A phrase that other languages may say otherwise in this context, such as shorter in a cell."""
    return f"{context}{_IN_CONTEXT}{text}"


_WINDOWS: Final[Mapping[str, str]] = {
    "week": phrase("this week"),
    "month": phrase("this month"),
    "quarter": phrase("this quarter"),
    "tertial": phrase("this tertial"),
    "half_year": phrase("this half-year"),
    "year": phrase("this year"),
}
_LAST: Final = phrase("last {number} missions")
_MONDAY: Final = date(2024, 1, 1)
_DAY: Final = timedelta(days=1)
_NEVER: Final = phrase("never")
# translators: day, month and time in little space, in the letters of Unicode's TR 35
_MOMENT: Final = phrase("dd MMM HH:mm:ss")
_ROLLING: Final[Mapping[str, str]] = {"h": phrase("{number} h"), "d": phrase("{number} d")}


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """Says everything in one language."""

    language: Language
    locale: Locale
    translations: NullTranslations
    decimal: str

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return str(self.locale.get_language_name(self.locale)).capitalize()

    def __call__(self, text: str, /, **figures: object) -> str:
        """The English text in this language, with the figures in its blanks."""
        said = self.translations.gettext(text).rpartition(_IN_CONTEXT)[2]
        return said.format(**figures) if figures else said

    def several(self, one: str, many: str, count: int) -> str:
        """So many of something: the English forms name `{count}`; a language has as many as it needs."""
        return self.translations.ngettext(one, many, count).format(count=self.count(count))

    def number(self, value: float, digits: int = 1) -> str:
        """A number with so many decimals."""
        written = f"{value:,.{digits}f}".replace(",", _THOUSANDS).replace("-", _MINUS)
        return written if self.decimal == "." else written.replace(".", self.decimal)

    def count(self, value: int) -> str:
        """A whole number."""
        return self.number(value, 0)

    def signed(self, value: float, digits: int = 0) -> str:
        """A number whose sign matters: always with one, but for 0."""
        shown = self.number(value, digits)
        if not any(digit in "123456789" for digit in shown):
            return shown.removeprefix(_MINUS)
        return f"+{shown}" if value > 0 else shown

    def towards(self, score: float, limit: float) -> tuple[str, str]:
        """A score and the limit that it must reach, to the decimals that the limit has, at least one. The score is
        rounded down, so that it reads as reached only when it is.
        """  # noqa: D205 - one sentence
        digits = max(1, -int(Decimal(repr(limit)).as_tuple().exponent))
        down = Decimal(repr(score)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_FLOOR)
        return self.number(float(down), digits), self.number(limit, digits)

    def plain(self, value: float | None) -> str:
        """A number with decimals only where it has any, such as a target in minutes."""
        return NONE if value is None else f"{value:g}".replace(".", self.decimal)

    def share(self, ratio: float | None) -> str:
        """A share in percent."""
        return NONE if ratio is None else f"{self.number(100 * ratio)} %"

    def day(self, day: date) -> str:
        """A day, written out."""
        return format_date(day, "long", self.locale)

    def month(self, day: date) -> str:
        """The name of the month."""
        return format_date(day, "LLLL", self.locale)

    def month_and_year(self, day: date) -> str:
        """The month with its year."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def weekday(self, number: int) -> str:
        """The name of a day of the week, Monday being 0."""
        return format_date(_MONDAY + number * _DAY, "cccc", self.locale)

    def minute(self, moment: datetime) -> str:
        """A moment, to the minute."""
        return f"{self.day(moment.date())} {moment:%H:%M}"

    def moment(self, seconds: float | None, zone: ZoneInfo) -> str:
        """A moment (epoch seconds) of these days in the zone, to the second."""
        if seconds is None:
            return self(_NEVER)
        moment = datetime.fromtimestamp(seconds, zone)
        return format_datetime(moment, self(_MOMENT), tzinfo=zone, locale=self.locale)

    def window(self, label: str) -> str:
        """A window's label as words: `28d` is "28 d", `last100` "last 100 missions"."""
        if label in _WINDOWS:
            return self(_WINDOWS[label])
        if label.startswith("last"):
            return self(_LAST, number=label.removeprefix("last"))
        if label[-1] in _ROLLING and label[:-1].isdigit():
            return self(_ROLLING[label[-1]], number=label[:-1])
        return label


@cache
def speaker(language: Language) -> Speaker:
    """Who speaks the language. Raises FileNotFoundError where there is no catalogue of it."""
    said = translations(language)
    locale = Locale.parse(_LOCALES.get(language, language))
    return Speaker(language, locale, said, locale.number_symbols["latn"]["decimal"])
