"""Years beside each other: an objective of one series, and how a year is called that is not wholly known.

A year that runs, or is known in part only, is hollow, and the latter is marked.
"""

from collections.abc import Sequence
from typing import Final

from monitor.charts.drawing import Drawing
from monitor.charts.over_time import Stage, over_time
from monitor.core.service import Objective, Series, Service
from monitor.core.years import Year
from monitor.words import names
from monitor.words.durations import Notation
from monitor.words.speaker import Speaker, phrase

FEWEST: Final = 2
"""Of years: one has nothing to stand beside."""
_NOT_WHOLE: Final = phrase("* Not the whole year is known: missions are told of a part of it only.")


def by_year(
    say: Speaker, service: Service, how: Notation, objective: Objective, *, explained: str, years: Sequence[Year],
    series: Series, name: str,
) -> Drawing | None:  # fmt: skip
    """The chart of a series; None where no year has any measured. `explained`: the objective as it is named."""
    stages = [
        Stage(
            named=year_called(year),
            label=year_called(year),
            running=year.running or not year.whole,
            figures=row.figures,
            verdict=row.verdicts[objective.slug],
        )
        for year in years
        if (row := year.rows.get(series)) is not None
    ]
    if all(stage.value is None for stage in stages):
        return None
    title = say(
        "{objective} by year, {area}, {category}",
        objective=explained,
        area=names.area(say, service, series[0]),
        category=names.category(say, service, series[1]),
    )
    return over_time(say, how, objective, stages, name=name, title=title, shares=False)


def year_called(year: Year) -> str:
    """A year's name, marked where it is not whole."""
    return year.period.name + ("" if year.whole else " *")


def notes(say: Speaker, years: Sequence[Year]) -> list[str]:
    """What the mark means, where any year has it."""
    return [] if all(year.whole for year in years) else [say(_NOT_WHOLE)]
