"""Lengths of time for people: in a sentence with their units, in a column in the notation that suits its thresholds.

No notation carries a value over its threshold by rounding: where that would happen, more decimals are shown. Decides
which notation an objective has; refuses to know which objectives there are. Everything is given in seconds.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from monitor.core.rounding import Rounding
from monitor.words.speaker import NONE, Speaker, phrase

MINUTE: Final = 60
HOUR: Final = 3600
_ROUND: Final = 5 * MINUTE
"""Half a minute up or down is little beside thresholds from here on."""
_LONG: Final = 2 * HOUR
"""Nobody reads 172 minutes."""
_BRIEF: Final = 2 * MINUTE
_MOST_DIGITS: Final = 6


class Notation(Enum):
    """How the values of one objective are written in columns and charts."""

    MINUTES = phrase("min")
    """Whole minutes, as official tables print them, with the decimals that decide beside them."""
    SECONDS = phrase("s")
    CLOCK = phrase("min:s")
    """5:20, and 1:05:00 where it takes hours."""

    @property
    def unit(self) -> int:
        """Seconds in one of what is written."""
        return MINUTE if self is Notation.MINUTES else 1

    @property
    def digits(self) -> int:
        """Decimals of a value."""
        return {Notation.MINUTES: 2, Notation.SECONDS: 1, Notation.CLOCK: 0}[self]


def notation(thresholds: Iterable[float | None]) -> Notation:
    """The notation of values that are held against these thresholds.

    >>> notation([420.0, 900.0]), notation([10.0, None]), notation([320.0, 900.0]), notation([])
    (<Notation.MINUTES: 'min'>, <Notation.SECONDS: 's'>, <Notation.CLOCK: 'min:s'>, <Notation.CLOCK: 'min:s'>)
    """
    known = [one for one in thresholds if one is not None]
    if known and min(known) >= _ROUND and max(known) <= _LONG and all(one % MINUTE == 0 for one in known):
        return Notation.MINUTES
    return Notation.SECONDS if known and max(known) <= _BRIEF else Notation.CLOCK


def exactly(
    say: Speaker,
    how: Notation,
    seconds: float,
    threshold: float | None,
    *,
    exact: bool,
    rounding: Rounding = Rounding.EXACT,
) -> str:
    """A value with its decimals, and more where rounding would carry it to or over the threshold.

    Where the rule itself rounds, it is the value that is judged.
    """
    digits = how.digits if rounding is Rounding.EXACT else min(how.digits, 1)
    return _marked(say, how, rounding.read(seconds), threshold, digits, exact=exact)


def briefly(
    say: Speaker,
    how: Notation,
    seconds: float,
    threshold: float | None,
    *,
    exact: bool,
    rounding: Rounding = Rounding.EXACT,
) -> str:
    """The same with one decimal at most, where it needs no more: for a figure that is read from afar."""
    return _marked(say, how, rounding.read(seconds), threshold, min(how.digits, 1), exact=exact)


def _marked(say: Speaker, how: Notation, seconds: float, threshold: float | None, least: int, *, exact: bool) -> str:
    return f"{'' if exact else '≈ '}{_written(say, how, seconds, _digits(how, seconds, threshold, least))}"


def plainly(say: Speaker, how: Notation, seconds: float | None) -> str:
    """A threshold: with decimals only where it has any."""
    if seconds is None:
        return NONE
    return say.plain(seconds / how.unit) if how is not Notation.CLOCK else _clock(say, seconds, _least(seconds))


def aimed(say: Speaker, how: Notation, seconds: float) -> str:
    """The same with its unit, where the notation does not show it: 120 min, 45 s, 5:20."""
    shown = plainly(say, how, seconds)
    return shown if how is Notation.CLOCK else f"{shown} {say(how.value)}"


def measured(say: Speaker, how: Notation, seconds: float) -> str:
    """The same with its unit in any case: 120 min, 45 s, 5:20 min."""
    return with_unit(say, how, plainly(say, how, seconds))


def with_unit(say: Speaker, how: Notation, written: str) -> str:
    """What is written in a notation, with its unit: where others stand beside it, 5:20 alone may be hours.

    >>> from monitor.words.speaker import speaker
    >>> [with_unit(speaker("en"), Notation.CLOCK, one) for one in ("5:20", "1:05:00")]
    ['5:20 min', '1:05:00 h']
    """
    if how is Notation.SECONDS:
        return say("{number} s", number=written)
    return say("{number} h", number=written) if written.count(":") > 1 else say("{number} min", number=written)


def between(say: Speaker, how: Notation, lower: float | None, upper: float | None) -> str:
    """An interval; an open end is said, not left out."""
    digits = min(how.digits, 1)
    ends = [None if end is None else _written(say, how, end, digits) for end in (lower, upper)]
    if ends == [None, None]:
        return NONE
    if ends[1] is None:
        return f"≥ {ends[0]}"
    return f"≤ {ends[1]}" if ends[0] is None else f"{ends[0]}–{ends[1]}"


def signed(say: Speaker, how: Notation, seconds: float, digits: int | None = None) -> str:
    """A difference: with its sign, but for 0."""
    if how is not Notation.CLOCK:
        return say.signed(seconds / how.unit, how.digits if digits is None else digits)
    shown = _clock(say, abs(seconds), 0)
    return shown if round(abs(seconds)) == 0 else f"{'+' if seconds > 0 else '−'}{shown}"


def lasting(say: Speaker, seconds: float, threshold: float | None = None) -> str:
    """A length of time in a sentence: 45 s, 5 min 20 s, 1 h 30 min; exact enough not to touch the threshold."""
    digits = _least(seconds) if threshold is None else _digits(Notation.CLOCK, seconds, threshold)
    rest = abs(round(seconds, digits))
    hours, minutes = int(rest // HOUR), int(rest % HOUR // MINUTE)
    rest = round(rest % MINUTE, digits)
    told = [say("{number} h", number=hours)] if hours else []
    told += [say("{number} min", number=minutes)] if minutes else []
    told += [say("{number} s", number=say.number(rest, digits))] if rest or not told else []
    return ("−" if seconds < 0 else "") + " ".join(told)


def _digits(how: Notation, seconds: float, threshold: float | None, least: int | None = None) -> int:
    digits = how.digits if least is None else least
    while threshold is not None and digits < _MOST_DIGITS:
        if (seconds > threshold) == (round(seconds / how.unit, digits) > threshold / how.unit):
            break
        digits += 1
    return digits


def _least(seconds: float) -> int:
    """As many decimals as a length of time was given with, to the microsecond."""
    return next((digits for digits in range(_MOST_DIGITS) if round(seconds, digits) == seconds), _MOST_DIGITS)


def _written(say: Speaker, how: Notation, seconds: float, digits: int) -> str:
    return _clock(say, seconds, digits) if how is Notation.CLOCK else say.number(seconds / how.unit, digits)


def _clock(say: Speaker, seconds: float, digits: int) -> str:
    rounded = round(seconds, digits)
    minutes, rest = divmod(rounded, MINUTE)
    hours, minutes = divmod(int(minutes), MINUTE)
    last = say.number(rest, digits).rjust(digits + 3 if digits else 2, "0")
    return f"{hours}:{minutes:02}:{last}" if hours else f"{minutes}:{last}"
