"""What a service and its parts are called, in a speaker's language: as declared, else in English, else by their slug.

One thing has one name: the pool of all areas is the root area, wherever it is named.
"""

from monitor.core.service import Objective, Service, named
from monitor.words.speaker import Speaker


def service(say: Speaker, declared: Service) -> str:
    """The organisation."""
    return named(declared.names, say.language, declared.slug)


def area(say: Speaker, declared: Service, slug: str) -> str:
    """An area, wherever in the tree; one that is not declared (any more) is its slug."""
    return named(declared.area_names(slug), say.language, slug)


def category(say: Speaker, declared: Service, slug: str) -> str:
    """A category; one that is not declared (any more) is its slug."""
    return named(declared.category_names(slug), say.language, slug)


def clock(say: Speaker, declared: Service, slug: str) -> str:
    """A clock."""
    return named(declared.clock(slug).names, say.language, slug)


def objective(say: Speaker, declared: Objective) -> str:
    """An objective."""
    return named(declared.names, say.language, declared.slug)


def statistic(say: Speaker, declared: Objective) -> str:
    """What is held against the threshold: P90, P99.9, or the mean."""
    if declared.percentile is None:
        return say("mean")
    return f"P{say.plain(float(declared.percentile))}"


def headed(text: str) -> str:
    """A name as a heading, or as a sentence's first word."""
    return text[:1].upper() + text[1:]
