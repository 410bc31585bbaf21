"""Alert rules from one definition: what to tell whom, and the files that Prometheus and Alertmanager read.

`response`, `intake` and `pipeline` define the rules, `prometheus` and `alertmanager` write their files. Judging
missions is the core's; a rule only decides when its verdict is worth a page.
"""

from collections.abc import Mapping
from typing import Final

from monitor.alerts import alertmanager, intake, pipeline, prometheus, response
from monitor.alerts.rule import Rule
from monitor.alerts.setup import Setup


def rules(setup: Setup) -> tuple[Rule, ...]:
    """Every alert."""
    missions = (*response.RULES, response.changed(setup.news_seconds))
    return (*missions, intake.overdue(setup.overdue_missions), *intake.RULES, *pipeline.RULES)


RULES: Final[tuple[Rule, ...]] = rules(Setup())
"""As shipped."""


def files(setup: Setup | None = None) -> Mapping[str, str]:
    """The text of each file by its place in the repository; without a setup, as shipped."""
    setup = setup or Setup()
    listed = rules(setup)
    return {
        prometheus.PLACE: prometheus.configuration(setup),
        **prometheus.rule_files(listed, setup),
        alertmanager.PLACE: alertmanager.configuration(listed, setup),
    }
