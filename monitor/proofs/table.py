"""The services that come along as a table: what each judges, how much of it is proved, and what is not settled.

It stands in docs/services.md. Everything is counted from the folders; refuses to know any service.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from monitor.core.service import named
from monitor.proofs.written import read_proofs
from monitor.settings import Configuration
from monitor.words import names
from monitor.words.catalogue import SOURCE
from monitor.words.speaker import speaker

HEADS: Final = ("Service", "Judges", "Proofs", "Not verified", "Cannot be said", "Source")


def rows(configurations: Iterable[Configuration]) -> Iterator[tuple[str, ...]]:
    """A row each; the source is that of the newest thresholds."""
    say = speaker(SOURCE)
    for one in configurations:
        service, written = one.service, read_proofs(one.folder, one.service)
        verdicts = sum(len(period.objectives) for period in written.periods)
        yield (
            f"`{service.slug}`: {named(service.names, 'en', service.slug)}",
            ", ".join(f"{objective.slug} ({names.statistic(say, objective)})" for objective in service.objectives),
            f"{len(written.missions)} missions, {verdicts} verdicts",
            str(len(one.unverified)),
            str(len(one.cannot_say)),
            one.targets.sets[-1].source.replace("|", "/"),
        )
