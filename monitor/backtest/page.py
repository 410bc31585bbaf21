"""A backtest as one HTML page: when somebody was told, on what evidence, and how the series went on.

Everything is plain text that the template escapes; the stylesheet is the report's. No script, nothing loaded from
elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from monitor.alerts.rule import Severity
from monitor.backtest import text, words
from monitor.backtest.document import Backtest, Outcome, Told, WhatIf
from monitor.charts.drawing import Drawing
from monitor.charts.episodes import Row, Spell, episodes
from monitor.charts.over_time import Stage, over_time
from monitor.core.service import Objective, Series
from monitor.core.windows import span_of
from monitor.templates import environment
from monitor.words import durations, names
from monitor.words.catalogue import Language
from monitor.words.speaker import Speaker, speaker

MOST_ROWS: Final = 60
"""Series in the chart: those that are told of first."""
MOST_CHARTS: Final = 12


def as_html(found: Backtest, language: Language) -> str:
    """The whole page; equal backtests give equal bytes."""
    say = speaker(language)
    style = environment("monitor.report", "static").get_template("report.css").render()
    return (
        _environment()
        .get_template("backtest.html.jinja")
        .render(
            page=Page(found, say),
            found=found,
            say=say,
            style=Markup(style),  # noqa: S704 - a file of this program
        )
    )


@cache
def _environment() -> Environment:
    return environment("monitor.backtest", words=words, text=text, Severity=Severity)


@dataclass(frozen=True, slots=True)
class Page:
    """What the template asks for."""

    found: Backtest
    say: Speaker

    def other(self, number: int) -> Outcome | None:
        """The one that an outcome is compared with."""
        return self.found.outcomes[1 - number] if len(self.found.outcomes) > 1 else None

    def named(self, series: Series) -> str:
        """Area and category."""
        area, category = series
        return f"{names.area(self.say, self.found.service, area)}, " + names.category(
            self.say, self.found.service, category
        )

    def told(self, number: int) -> Drawing | None:
        """Who was told when, and for how long; None where nobody was."""
        say, found, outcome = self.say, self.found, self.found.outcomes[number]
        by_series: dict[Series, list[Told]] = {}
        for one in (*outcome.of(Severity.PAGE), *outcome.of(Severity.TICKET)):
            by_series.setdefault((one.episode.area, one.episode.category), []).append(one)
        if not by_series:
            return None
        shown = [*by_series][:MOST_ROWS]
        rows = [
            Row(self.named(series), [self._spell(one) for one in by_series[series]])
            for series in found.service.judged_series
            if series in shown
        ]
        months = [
            (span_of(month, found.grid).start, say.month(month.first)[:3])
            for month in found.grid.calendar.months(found.period)
        ] or [(found.span.start, found.period.name)]
        title = say("Who would have been told, {period}", period=found.period.name)
        return episodes(
            rows,
            (found.span.start, span_of(found.period, found.grid).end),
            months,
            name=f"told-{number}",
            title=title,
            said=" ".join(f"{row.name}: {'; '.join(spell.tip for spell in row.spells)}." for row in rows),
        )

    def months(self) -> list[tuple[Drawing, list[str]]]:
        """Month by month, the series in which somebody was paged, with when that was; the first of them."""
        found = self.found
        drawn: list[tuple[Drawing, list[str]]] = []
        for series, months in found.months.items():
            for objective in found.watched:
                pages = self.pages(series, objective)
                if pages and len(months) > 1 and len(drawn) < MOST_CHARTS:
                    drawn.append((self._by_month(series, objective), pages))
        return drawn

    def pages(self, series: Series, objective: Objective) -> list[str]:
        """When each page of a series came and went, by the first parameters."""
        return [
            f"{words.minute(self.found, one.episode.begin)} – {words.until(self.say, self.found, one)}"
            for one in self.found.outcomes[0].of(Severity.PAGE)
            if (one.episode.area, one.episode.category) == series and one.episode.objective == objective.slug
        ]

    def asked(self) -> list[list[WhatIf]]:
        """What was asked of thresholds, question by question."""
        return [
            [*group]
            for _, group in groupby(
                self.found.what_ifs, key=lambda one: (one.objective.slug, one.would_be.target_seconds)
            )
        ]

    def compared(self) -> list[Sequence[str]]:
        """A head, then a line for each figure of the parameters side by side."""
        say, outcomes = self.say, self.found.outcomes
        lines: list[Sequence[str]] = [["", *(words.named(say, one) for one in outcomes)]]
        lines += [
            [say("Pages"), *(say.count(len(one.of(Severity.PAGE))) for one in outcomes)],
            [
                say("Pages after which the objective was missed"),
                *(say.count(words.right(one.of(Severity.PAGE))) for one in outcomes),
            ],
            [say("Tickets"), *(say.count(len(one.of(Severity.TICKET))) for one in outcomes)],
        ]
        if all(one.calm is not None for one in outcomes):
            lines.append([say("False pages a year (95 %)"), *(words.false_pages(say, one) for one in outcomes)])
        if all(one.falls is not None for one in outcomes):
            lines.append([say("Missions to the page"), *(words.missions_to_page(say, one) for one in outcomes)])
            lines.append([say("Falls found"), *(say.share(words.found_share(one)) for one in outcomes)])
        return lines

    def _spell(self, one: Told) -> Spell:
        episode = one.episode
        severity = self.say(words.SEVERITIES[episode.severity])
        tip = f"{words.minute(self.found, episode.begin)}: {severity}, {words.what(self.say, self.found, episode)}"
        return Spell(
            begin=episode.told_at or episode.begin,
            end=episode.end,
            grave=episode.severity is Severity.PAGE,
            tip=f"{tip}, {words.stood_on(self.say, one.evidence)}",
        )

    def _by_month(self, series: Series, objective: Objective) -> Drawing:
        say, found = self.say, self.found
        stages = [
            Stage(
                named=say.month_and_year(month.first),
                label=say.month(month.first)[:3],
                running=span_of(month, found.grid).end > found.span.end,
                figures=row.figures,
                verdict=row.verdicts[objective.slug],
            )
            for month, row in found.months[series]
        ]
        how = durations.notation([stage.verdict.target_seconds for stage in stages])
        name = f"months-{series[0]}-{series[1]}-{objective.slug}"
        title = f"{self.named(series)}: {names.objective(say, objective)}"
        return over_time(say, how, objective, stages, name=name, title=title)
