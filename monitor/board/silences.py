"""What is silenced, in words: of what nobody is told, until when, and what that hides now.

Decides how much of it a page says: who looks must see that something is held back, and need not read all of it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from monitor.core.service import Service
from monitor.core.silences import Hidden, Matcher, Silence, Silenced
from monitor.words import names
from monitor.words.speaker import Speaker

MOST: Final = 5
MOST_OF_A_WALL: Final = 2
MOST_HIDDEN: Final = 3
"""Of what one silence hides; a wall only counts them."""
LONGEST: Final = 60
"""Of a stranger's text so many letters are shown."""


def sentences(
    told: Silenced | None, say: Speaker, service: Service, moment: Callable[[float], str], *, wall: bool = False
) -> list[str]:
    """One for each silence, and one for those that there is no room for; none where nothing is silenced."""
    if told is None:
        return []
    if not told.known:
        return [say("Alertmanager has given no answer: which alerts are silenced is not known.")]
    most = MOST_OF_A_WALL if wall else MOST
    found = [_sentence(one, say, service, moment, wall=wall) for one in told.silences[:most]]
    if left := len(told.silences) - len(found):
        found.append(say.several("{count} more silence is in force.", "{count} more silences are in force.", left))
    return found


def _sentence(silence: Silence, say: Speaker, service: Service, moment: Callable[[float], str], *, wall: bool) -> str:
    what = ", ".join(_matched(silence.matchers, say, service))
    if silence.ends_at is None:
        begun = say("Silenced without an end: {what}.", what=what)
    else:
        begun = say("Silenced until {moment}: {what}.", moment=moment(silence.ends_at), what=what)
    if not silence.hidden:
        return " ".join((begun, say("No alert is held back now.")))
    count = len(silence.hidden)
    held = say.several("{count} alert is held back", "{count} alerts are held back", count)
    if wall:
        return f"{begun} {held}."
    listed = "; ".join(_alert(one, say, service) for one in silence.hidden[:MOST_HIDDEN])
    return f"{begun} {held}: {listed}{'; …' if count > MOST_HIDDEN else '.'}"


def _matched(matchers: Sequence[Matcher], say: Speaker, service: Service) -> Iterator[str]:
    """Areas and categories by their names; that it is of this service goes without saying."""
    for one in matchers:
        if one.plain and one.name == "service" and one.value == service.slug:
            if len(matchers) == 1:
                yield names.service(say, service)
        elif one.plain and one.name == "area" and one.value:
            yield _shown(names.area(say, service, one.value))
        elif one.plain and one.name == "category" and one.value:
            yield _shown(names.category(say, service, one.value))
        else:
            yield _shown(one.value if one.plain and one.name == "alertname" else str(one))


def _alert(one: Hidden, say: Speaker, service: Service) -> str:
    where = [names.area(say, service, one.area)] if one.area else []
    where += [names.category(say, service, one.category)] if one.category else []
    return _shown(one.alert) + (f" ({_shown(', '.join(where))})" if where else "")


def _shown(text: str) -> str:
    """As much as there is room for; what moves a cursor, or turns the reading around, is not carried out."""
    seen = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: LONGEST + 1])
    return seen if len(seen) <= LONGEST else f"{seen[:LONGEST]}…"
