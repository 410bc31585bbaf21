"""What is asked for, told where a reader of the board asks "what is this target?": the service's rule in sentences.

Decides which thresholds are told: those in force on the day that is shown. What the sources of a rule did not settle
stands beside it, for a number that nobody has verified must not pass for the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from monitor.core.service import Objective, Service, Words, named
from monitor.core.targets import Targets
from monitor.words import names, rules
from monitor.words.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Rule:
    """What a service is held to, and what is not settled about it, in its own words."""

    targets: Targets = field(default_factory=Targets)
    description: Words = field(default_factory=dict)
    unverified: Sequence[str] = ()
    cannot_say: Sequence[str] = ()

    def sentences(self, say: Speaker, service: Service, on: date) -> Sequence[str]:
        """The whole in a line, of which missions it is, where the service says so; then each objective of a day."""
        whole = [told] if (told := named(self.description, say.language, "")) else []
        return [*whole, *rules.sentences(say, service, self.targets.shown(on))]

    def sentence(self, say: Speaker, service: Service, on: date, place: tuple[str, str], objective: Objective) -> str:
        """What an objective asks of one area and category on a day."""
        return rules.sentence(say, service, objective, self.targets.shown(on), place)

    def settled_by(self, say: Speaker, on: date) -> Sequence[str]:
        """Where the thresholds of a day come from, what the sources did not settle, what no declaration can say."""
        source = self.targets.shown(on).source
        told = [say("Source of the thresholds: {source}.", source=source)] if source else []
        told += [f"{names.headed(say(rules.NOT_VERIFIED))}: {one}" for one in self.unverified]
        return told + [f"{names.headed(say(rules.CANNOT_SAY))}: {one}" for one in self.cannot_say]
